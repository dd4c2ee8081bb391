"""The content of one run's cell: its accuracy, its state as a colour and a sign, and more if there is room."""

import math

from rich.cells import set_cell_size

from rnntui.config import spec
from rnntui.schemas import number
from rnntui.sweeps.pool import JobStatus
from rnntui.text import format

PROGRESS = "▁▂▃▄▅▆▇█"
SIGNS = {
    "waiting": "·",
    "running": "▄",
    "solved": "✓",
    "finished": "○",
    "diverged": "!",
    "failed": "✗",
    "dropped": "-",
}
INDENT = " " * 4  # under the accuracy
OVER = ("solved", "finished", "diverged", "failed")  # looks of runs that are done with


def look(standing: JobStatus) -> str:
    """How a run is shown: its state, or `solved` where it finished and solved its task."""
    result = standing.result
    return (
        "solved" if standing.run.state == "finished" and result is not None and result.is_solved else standing.run.state
    )


def sign(standing: JobStatus) -> str:
    """One character that tells the state without colours; of a running run, how far it is."""
    if standing.run.state != "running":
        return SIGNS[look(standing)]
    share = standing.run.step / max(1, standing.run.steps)
    return PROGRESS[min(len(PROGRESS) - 1, int(share * len(PROGRESS)))]


def accuracy(standing: JobStatus) -> float:
    """On fresh examples once these are known, else smoothed; NaN before there is one."""
    result = standing.result
    if result is not None and result.test_accuracy is not None:
        return result.test_accuracy
    return number(standing.run.accuracy)


def seconds_left(standing: JobStatus) -> float:
    """Of a run that trains, by its own speed; NaN otherwise."""
    return standing.run.seconds_left if standing.run.state == "running" else math.nan


def lines(standing: JobStatus, width: int, height: int) -> list[str]:
    """The cell's `height` lines, each of exactly `width` terminal cells."""
    first = _score(standing)
    first, further = f"{first:4} {sign(standing)}", _further(standing)
    said = [[first, *further]] if height == 1 else [[first, *further[:1]], [INDENT, *further[1:]]]
    shown = [_joined(parts, width) for parts in said] + [""] * height
    return [set_cell_size(line, width) for line in shown[:height]]


def _score(standing: JobStatus) -> str:
    """The accuracy, of a regression the loss; empty before there is one."""
    if spec(standing.job.settings).has_accuracy:
        known = accuracy(standing)
        return f"{known:.2f}" if math.isfinite(known) else ""
    fresh = None if standing.result is None else standing.result.test_loss
    loss = number(standing.run.loss) if fresh is None else fresh
    return f"{loss:.2g}" if math.isfinite(loss) else ""


def _further(standing: JobStatus) -> list[str]:
    """What else there is to say, the most telling first."""
    result, how = standing.result, look(standing)
    if how == "running":
        share, speed = f"{standing.run.step / max(1, standing.run.steps):.0%}", standing.run.steps_per_second or 0.0
        moving = [f"{format.count(speed)}/s", f"{format.duration(seconds_left(standing))} left"]
        return [share, *(moving if speed > 0 else [])]
    if result is None:
        return ["not needed" if how == "dropped" else how]
    said = f"at {result.solved_at:,}" if how == "solved" else ending(standing) if how == "finished" else how
    return [said, *([f"took {format.duration(result.seconds)}"] if result.seconds else [])]


def ending(standing: JobStatus) -> str:
    """What a run that was not solved came to: a text never is, and of too few steps it is not known."""
    is_known = standing.result is not None and standing.result.is_solved is not None
    return "unsolved" if is_known and spec(standing.job.settings).can_be_solved else "finished"


def _joined(parts: list[str], width: int) -> str:
    """As many of the parts as fit, the first ones first."""
    line = parts[0]
    for part in parts[1:]:
        if len(line) + 1 + len(part) > width:
            break
        line = f"{line} {part}"
    return line
