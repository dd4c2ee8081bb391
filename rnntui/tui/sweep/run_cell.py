"""The content of one run's cell: its accuracy, its state as a colour and a sign, and more if there is room."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

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
INDENT = " " * 5  # under the accuracy
FEWEST_BARS, MOST_BARS = 4, 8  # of a course in a cell
MOST_LINES = 4  # of a cell
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
    first = f"{said_score(status):4} {sign(status)}"
    shown = _laid(first, _further(status), lambda room: _bars(status, course, room), width, height) + [""] * height
    return [set_cell_size(line, width) for line in shown[:height]]


@lru_cache(maxsize=1024)
def told(width: int, height: int) -> int:
    """How much of what there is to say of a solved run is seen in a cell of that size, in characters."""
    parts = _laid("0.97 ✓", ["at 1,672", "took 3 min"], lambda room: BARS[-1] * _count(room), width, height)
    return sum(len(line.replace(" ", "")) for line in parts[:height])


def lines_of_use(width: int) -> int:
    """The fewest lines in which a cell of that width says as much as it can."""
    return min(range(1, MOST_LINES + 1), key=lambda height: (-told(width, height), height))


def _laid(first: str, further: Sequence[str], bars: Callable[[int], str], width: int, height: int) -> list[str]:
    """The lines of what there is to say, the most useful first; what is wider than the cell is left out."""
    at_once = [first, *further[:1]]
    if height == 1:
        curve = [drawn] if (drawn := bars(width - len(_joined(at_once, width)) - 1)) else []
        return [_joined([*at_once, *curve, *further[1:]], width)]
    is_wide = len(" ".join(at_once)) <= width
    indent = INDENT if is_wide else ""
    room = width - len(indent)
    parts = [*([] if is_wide else further[:1]), bars(room), *further[1:]]
    rows = format.in_rows([part for part in parts if 0 < len(part) <= room], room, 1, len)
    return [" ".join(at_once) if is_wide else first, *(indent + " ".join(row) for row in rows)]


def _bars(status: JobStatus, course: Sequence[float], room: int) -> str:
    """The course in small where there is room for enough of it, else nothing."""
    count = _count(room)
    return sparkline(course, count, is_share=spec(status.job.settings).can_be_solved) if count else ""


def _count(room: int) -> int:
    """How many bars so many columns have room for."""
    return min(MOST_BARS, room) if room >= FEWEST_BARS else 0


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
