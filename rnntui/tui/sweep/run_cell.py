"""The content of one run's cell: its accuracy, its state as a colour and a sign, and more if there is room."""

import math
from collections.abc import Sequence

from rich.cells import set_cell_size

from rnntui.config import spec
from rnntui.sweeps.answer import accuracy_or_loss
from rnntui.sweeps.pool import JobStatus
from rnntui.text import format
from rnntui.text.bars import BARS, sparkline

SIGNS = {
    "waiting": "·",
    "running": "▄",
    "solved": "✓",
    "fallen": "↓",
    "finished": "○",
    "diverged": "!",
    "failed": "✗",
    "dropped": "-",
}
INDENT = " " * 4  # under the accuracy
FEWEST_BARS, MOST_BARS = 4, 8  # of a course in a cell
OVER = ("solved", "fallen", "finished", "diverged", "failed")  # looks of runs that are done with


def look(status: JobStatus) -> str:
    """How a run is shown: its state, or `solved` where it finished and solved its task, `fallen` where it lost it."""
    result = status.result
    if status.run.state != "finished" or result is None or not result.is_solved:
        return status.run.state
    return "fallen" if result.is_fallen else "solved"


def sign(status: JobStatus) -> str:
    """One character that tells the state without colours; of a running run, how far it is."""
    if status.run.state != "running":
        return SIGNS[look(status)]
    share = status.run.step / max(1, status.run.steps)
    return BARS[min(len(BARS) - 1, int(share * len(BARS)))]


def seconds_left(status: JobStatus) -> float:
    """Seconds left for a run in training, at its present speed; NaN for any other."""
    return status.run.seconds_left if status.run.state == "running" else math.nan


def lines(status: JobStatus, width: int, height: int, course: Sequence[float] = ()) -> list[str]:
    """The cell's `height` lines, each of exactly `width` terminal cells; `course` are values of its curve."""
    first = said_score(status)
    first, further = f"{first:4} {sign(status)}", _further(status)
    at_once = [first, *further[:1]]
    room = width - (len(_joined(at_once, width)) if height == 1 else len(INDENT)) - 1
    curve = [bars] if (bars := _bars(status, course, room)) else []
    said = [[*at_once, *curve, *further[1:]]] if height == 1 else [at_once, [INDENT, *curve, *further[1:]]]
    shown = [_joined(parts, width) for parts in said] + [""] * height
    return [set_cell_size(line, width) for line in shown[:height]]


def _bars(status: JobStatus, course: Sequence[float], room: int) -> str:
    """The course in small where there is room for enough of it, else nothing."""
    if room < FEWEST_BARS:
        return ""
    return sparkline(course, min(MOST_BARS, room), is_share=spec(status.job.settings).can_be_solved)


def said_score(status: JobStatus) -> str:
    """The number in the cell, in as many digits as it has room for; empty before there is one."""
    known = accuracy_or_loss(status)
    if not math.isfinite(known):
        return ""
    return f"{known:.2f}" if spec(status.job.settings).has_accuracy else f"{known:.2g}"


def _further(status: JobStatus) -> list[str]:
    """Further facts, the most useful first."""
    result, how = status.result, look(status)
    if how == "running":
        share, speed = f"{status.run.step / max(1, status.run.steps):.0%}", status.run.steps_per_second or 0.0
        moving = [f"{format.count(speed)}/s", f"{format.duration(seconds_left(status))} left"]
        return [share, *(moving if speed > 0 else [])]
    if result is None:
        return ["not needed" if how == "dropped" else how]
    said = f"at {result.solved_at:,}" if how in ("solved", "fallen") else ending(status) if how == "finished" else how
    return [said, *([f"took {format.duration(result.seconds)}"] if result.seconds else [])]


def ending(status: JobStatus) -> str:
    """The end of a run that did not solve its task: a text never does, and after too few steps it is unknown."""
    is_known = status.result is not None and status.result.is_solved is not None
    return "unsolved" if is_known and spec(status.job.settings).can_be_solved else "finished"


def _joined(parts: list[str], width: int) -> str:
    """As many of the parts as fit, the first ones first."""
    line = parts[0]
    for part in parts[1:]:
        if len(line) + 1 + len(part) > width:
            break
        line = f"{line} {part}"
    return line
