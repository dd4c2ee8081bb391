"""The ground of a score in a sweep's grid: the further from the screen's own, the better the score.

It is grey, since the colours are those of the states; where there are no more than sixteen, it is left out.
"""

import math
from collections.abc import Iterable

from rich.style import Style
from textual.color import Color

from rnntui.config import spec
from rnntui.sweeps.answer import accuracy_or_loss
from rnntui.sweeps.pool import JobStatus
from rnntui.tui.base.contrast import ink

LEVELS = 9  # the first is the screen's own ground
MOST = 0.42  # of the way from the ground to the colour of text: one ink is read on all levels

Ends = tuple[float, float]  # the worst score and the best


def ends_of(statuses: Iterable[JobStatus]) -> Ends:
    """From 0 to 1 where a task can be solved, else the worst and the best score so far; NaN where there are none."""
    every = list(statuses)
    if not every:
        return math.nan, math.nan
    task = spec(every[0].job.settings)
    if task.can_be_solved:
        return 0.0, 1.0
    scores = [known for status in every if math.isfinite(known := accuracy_or_loss(status))] or [math.nan]
    return (min(scores), max(scores)) if task.has_accuracy else (max(scores), min(scores))


def level(status: JobStatus, ends: Ends) -> int:
    """From 0 to `LEVELS - 1`; 0 without a score, or where all are alike."""
    worst, best = ends
    if worst == best or not math.isfinite(share := (accuracy_or_loss(status) - worst) / (best - worst)):
        return 0
    return round(min(1.0, max(0.0, share)) * (LEVELS - 1))


def shades(ground: Color, text: Color) -> list[Style]:
    """A style for each level, the first empty."""
    mixed = [ground.blend(text, MOST * k / (LEVELS - 1), 1.0) for k in range(1, LEVELS)]
    return [Style(), *(Style(color=ink(shade).rich_color, bgcolor=shade.rich_color) for shade in mixed)]
