"""What a curve does, as a sentence: how far it fell or rose, whether it turned, and since when it is level.

The values are put into up to 20 groups of consecutive steps, and the means of these are compared. A difference counts
where it is above three standard errors of such a mean; these come from the differences of neighbouring values, whose
median a slow change of the curve hardly moves (von Neumann 1941). Standard library only.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from rnntui.runs.history import Column
from rnntui.text import format

GROUPS = 20
FEWEST = 8  # values of which something can be said
ERRORS = 3.0  # standard errors that a difference needs to count
SMALL = 0.05  # of the whole range: what changes by less is level, whatever the noise
TURN = 0.1  # of the whole range, by which a curve has to come back for it to have turned
LEAST_LEVEL = 3  # groups at the end that are called a level
NORMAL = 0.6745  # median of the absolute value of a standard normal variable


@dataclass(frozen=True)
class _Group:
    """Consecutive values: the first and last of their steps, and their mean."""

    first: int
    last: int
    mean: float


def trend(name: str, column: Column) -> str:
    """A sentence about the finite values of a curve: `loss fell from 4.4 to 1.9 over 3,000 steps, level since 2,500`.

    The figures are means of the first and of the last twentieth of the values, or of the group before a turn.
    """
    steps, values = _finite(column)
    if len(values) < FEWEST:
        return f"{name}: too few values for a trend yet, {len(values)} of the {FEWEST} that it takes"
    groups, error = _grouped(steps, values)
    means = [group.mean for group in groups]
    least = max(ERRORS * math.sqrt(2) * error, SMALL * (max(means) - min(means)))
    over = f"over {format.counted(steps[-1] - steps[0] + 1, 'step')}"
    turn = _turn(groups, least)
    ends = [groups[0], *([groups[turn]] if turn else []), groups[-1]]
    if not turn and abs(means[-1] - means[0]) <= least:
        is_level = max(means) - min(means) <= 2 * least
        how = "is level" if is_level else "goes up and down without a trend"
        return f"{name} {how} at {format.figure(fmean(means))} {over}"
    first, last = ends[0], ends[1]
    sentence = f"{name} {_went(first, last)} from {format.figure(first.mean)} to {format.figure(last.mean)}"
    if turn:
        end = ends[2]
        then = f"then {_went(last, end)} to {format.figure(end.mean)} by step {end.last:,}"
        return f"{sentence} by step {last.last:,}, {then}"
    since = _level_since(groups, least)
    return f"{sentence} {over}" + ("" if since is None else f", level since {since:,}")


def _finite(column: Column) -> tuple[list[int], list[float]]:
    bins = column.bins
    kept = [k for k in range(bins.length) if bins.count[k] and math.isfinite(bins.mean[k])]
    return [int(bins.step[k]) for k in kept], [bins.mean[k] for k in kept]


def _grouped(steps: list[int], values: list[float]) -> tuple[list[_Group], float]:
    """The groups, of sizes that differ by one at most, and the standard error of their means."""
    count = min(GROUPS, len(values) // 2)
    edges = [k * len(values) // count for k in range(count + 1)]
    groups = [_Group(steps[a], steps[b - 1], fmean(values[a:b])) for a, b in pairwise(edges)]
    deviation = median(abs(b - a) for a, b in pairwise(values)) / (NORMAL * math.sqrt(2))
    return groups, deviation / math.sqrt(len(values) / count)


def _turn(groups: list[_Group], least: float) -> int:
    """The group at which the curve turned, its farthest from a line between both ends; 0 where it did not."""
    means = [group.mean for group in groups]
    needed = max(least, TURN * (max(means) - min(means)))
    for farthest in (means.index(min(means)), means.index(max(means))):
        differences = means[farthest] - means[0], means[farthest] - means[-1]
        if min(map(abs, differences)) > needed:
            return farthest
    return 0


def _went(first: _Group, last: _Group) -> str:
    return "fell" if last.mean < first.mean else "rose"


def _level_since(groups: list[_Group], least: float) -> int | None:
    """The step from which on every group is near the mean of the last ones."""
    means = [group.mean for group in groups]
    level = fmean(means[-LEAST_LEVEL:])
    since = len(groups)
    while since and abs(means[since - 1] - level) <= least / 2:
        since -= 1
    return groups[since].first if len(groups) - since >= LEAST_LEVEL else None
