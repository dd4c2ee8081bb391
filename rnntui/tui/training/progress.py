"""How far a run is: a gauge and figures in the lower border of its pane, each as far as there is room."""

from rnntui.runs.status import RunStatus
from rnntui.text import format
from rnntui.tui.training.verdict import ENDED_BADLY

DONE, HALF, LEFT = "━", "╸", "─"  # told apart without colours: what is left looks like the border
SHORTEST, LONGEST = 6, 24  # cells of the gauge
SPARE = 12  # cells of it, from which on there is room for a third figure
PAUSING = "pausing after this step"
AROUND = 4  # cells of the border that no words take


def progress(run: RunStatus, width: int, *, is_pausing: bool = False) -> list[tuple[str, str]]:
    """Pieces with their styles, for a border of so many cells: two figures, in short where there is
    little room, a gauge, and a third figure."""
    room, known = width - AROUND, _figures(run, is_pausing)
    short = [f"{format.count(run.step)}/{format.count(run.steps)}", *known[1:2]]
    for figures, least in ((known, SPARE), (known[:2], SHORTEST), (short, SHORTEST)):
        said = " · ".join(figures)
        cells = min(room - len(said) - 1, LONGEST)
        if cells >= least and run.steps:
            done, left = gauge(run.step / run.steps, cells)
            return [(done, "$error" if run.state in ENDED_BADLY else "$training"), (left, "$frame"), (f" {said}", "")]
    return [(format.fitting(known, room) or f"{run.step:,}", "")]


def gauge(share: float, cells: int) -> tuple[str, str]:
    """What is done of so many cells, and what is left: full only at the end."""
    halves = int(min(max(share, 0.0), 1.0) * 2 * cells)
    done = DONE * (halves // 2) + HALF * (halves % 2)
    return done, LEFT * (cells - len(done))


def _figures(run: RunStatus, is_pausing: bool) -> list[str]:
    """The steps, then what one asks next: how long it takes still, or took."""
    steps = f"{run.step:,}/{run.steps:,}"
    if is_pausing:
        return [steps, PAUSING]
    if run.state == "running":
        return [steps, f"{format.duration(run.seconds_left)} left", f"{format.count(run.steps_per_second or 0.0)}/s"]
    took = f" in {format.duration(run.seconds)}" if run.state == "finished" and run.seconds else ""
    return [steps, f"{run.state}{took}"]
