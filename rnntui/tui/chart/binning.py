"""A metric column reduced to one value for each dot column of a chart, whatever its length.

Every dot shows the trailing mean over the last `smoothing` steps, or over the steps that fall on its own column where
those are more. Sums run over each window afresh: differences of running sums would lose the small values that follow
a loss of 1e30.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnntui.runs.history import Bins
from rnntui.tui.chart.axis import Axis, Floats

if TYPE_CHECKING:
    from array import array

Places = NDArray[np.intp]


@dataclass(frozen=True)
class CurveColumns:
    """The dot columns on which steps fall, ascending; NaN where none of a column's values is finite.

    The first one is negative where a bin lies before the axis: a line comes in from there.
    """

    dot: Places
    step: Floats  # last step of the column
    mean: Floats
    minimum: Floats
    maximum: Floats
    smoothed: Floats
    start: float  # mean of the first bin shown


def reduce(bins: Bins, steps: Axis, dots: int, smoothing: float) -> CurveColumns:
    """The curve of a column's bins on `dots` columns, the first one at `steps.low` and the last at `steps.high`."""
    step = _filled(bins.step, bins.length)
    width = (steps.high - steps.low) / (dots - 1)
    edges = np.searchsorted(step, steps.low + (np.arange(dots + 1) - 0.5) * width)
    dot = np.flatnonzero(edges[1:] > edges[:-1])
    first, end = edges[dot], edges[dot + 1]  # the bins of each column
    if edges[0] > 0:
        dot = np.append(min(-1, round((step[edges[0] - 1] - steps.low) / width)), dot)
        first, end = np.append(edges[0] - 1, first), np.append(edges[0], end)
    if not len(dot):
        none = np.empty(0)
        return CurveColumns(dot, none, none, none, none, none, np.nan)

    used = max(0, int(np.searchsorted(step, step[first[0]] - smoothing)) - 2)  # the first bin that a window may need
    columns = (bins.step, bins.count, bins.minimum, bins.mean, bins.maximum)
    step, count, low, mean, high = (_filled(column, int(end[-1]))[used:] for column in columns)
    return _reduced(dot, first - used, end - used, step, count, low, mean, high, smoothing)


def _filled(values: "array[float]", length: int) -> Floats:
    """The first entries of an array, without a copy."""
    return np.frombuffer(values)[:length]


def _reduced(
    dot: Places,
    first: Places,
    end: Places,
    step: Floats,
    count: Floats,
    low: Floats,
    mean: Floats,
    high: Floats,
    smoothing: float,
) -> CurveColumns:
    finite = count > 0
    counts, totals = np.append(count, 0.0), np.zeros(len(count) + 1)
    np.multiply(count, mean, out=totals[:-1], where=finite if not finite.all() else True)
    here = np.add.reduceat(counts, first)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(here > 0, np.add.reduceat(totals, first) / here, np.nan)
        smoothed = np.where(here > 0, _trailing(step, totals, counts, first, end, smoothing), np.nan)
    minimum, maximum = np.fmin.reduceat(low, first), np.fmax.reduceat(high, first)
    start = first[0] + int(finite[first[0] :].argmax())  # of the first bin that has a value, if any has
    return CurveColumns(dot, step[end - 1], own, minimum, maximum, smoothed, float(mean[start]))


def _trailing(step: Floats, totals: Floats, counts: Floats, first: Places, end: Places, smoothing: float) -> Floats:
    """Means over the windows that end with bins `end - 1`; a bin that a window cuts counts by its share of steps."""
    before = np.append(step[0] - max(counts[0], 1.0), step)  # before[k]: the step at which bin k begins
    low = np.minimum(before[first], np.maximum(step[end - 1] - smoothing, before[0]))
    cut = np.searchsorted(step, low, side="right")
    share = (step[cut] - low) / (step[cut] - before[cut])
    blocks = first if first[0] == 0 else np.append(0, first)  # the columns, and what comes before them
    total, count = (_sums_of_windows(values, blocks, cut + 1, end) + share * values[cut] for values in (totals, counts))
    return np.asarray(total / count, dtype=np.float64)


def _sums_of_windows(values: Floats, blocks: Places, first: Places, end: Places) -> Floats:
    """Sums over `first <= k < end` where each window ends with a block: its part of its first block, then whole ones.

    Wide windows overlap in whole blocks, which are summed up once.
    """
    sums = np.append(np.add.reduceat(values[:-1], blocks), 0.0)
    begun = np.searchsorted(blocks, first, side="right") - 1
    ends = np.append(blocks[1:], end[-1])
    last = np.arange(len(blocks) - len(end), len(blocks))
    return _sums(values, first, np.minimum(ends[begun], end)) + _sums(sums, begun + 1, last + 1)


def _sums(values: Floats, first: Places, end: Places) -> Floats:
    """Sums over `first <= k < end`, which may overlap and be empty; `values` ends with one that none takes in."""
    pairs = np.stack([first, np.maximum(first, end)], axis=1).ravel()
    return np.where(end > first, np.add.reduceat(values, pairs)[::2], 0.0)
