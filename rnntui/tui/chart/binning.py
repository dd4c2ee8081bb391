"""A metric column reduced to one value for each dot column of a chart, whatever its length.

Every dot shows the mean over a window of `smoothing` steps around its column, or over the column's own steps where
those are more. A window lies to both sides: a line is not late against what was measured. At the first steps it is as
short as what there is before them, at the newest it ends with these. On a logarithmic axis the mean is the geometric
one, the mean of what is seen there: an arithmetic one stays near its highest value for the length of the window.

Sums run over each window afresh: differences of running sums would lose the small values that follow a loss of 1e30.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnntui.runs.history import Bins
from rnntui.tui.chart.axis import Axis, Floats

if TYPE_CHECKING:
    from array import array

Places = NDArray[np.intp]

FURTHEST = 2  # times the length of the axis that a window reaches beyond it


@dataclass(frozen=True)
class CurveColumns:
    """The dot columns on which steps fall, ascending; NaN where none of a column's values is finite.

    The first one is negative where a bin lies before the axis: a line comes in from there. `geometric` is the smoothed
    line of a logarithmic axis, of the values above 0; it is `smoothed` where there are none.
    """

    dot: Places
    step: Floats  # last step of the column
    mean: Floats
    minimum: Floats
    maximum: Floats
    smoothed: Floats
    geometric: Floats
    start: float  # mean of the first bin shown

    def on_logarithmic_axis(self) -> "CurveColumns":
        """The same with geometric means for its smoothed line."""
        return replace(self, smoothed=self.geometric)


def reduce(bins: Bins, steps: Axis, dots: int, smoothing: float, may_be_log: bool = False) -> CurveColumns:
    """The curve of a column's bins on `dots` columns, the first one at `steps.low` and the last at `steps.high`.

    A smoothing of 1 is none. Without `may_be_log` there are no geometric means.
    """
    step = _filled(bins.step, bins.length)
    width = (steps.high - steps.low) / (dots - 1)
    weights = _weights(min(smoothing / width, 2 * FURTHEST * dots) if smoothing > 1 else 1.0)
    reach = len(weights) // 2  # columns before the axis that windows take in
    edges = np.searchsorted(step, steps.low + (np.arange(-reach, dots + 1) - 0.5) * width)
    filled = np.flatnonzero(edges[1:] > edges[:-1])
    dot, first, end = filled - reach, edges[filled], edges[filled + 1]  # and the bins of each column
    if edges[0] > 0 and not (len(dot) and dot[0] < 0):
        dot = np.append(min(-1, round((step[edges[0] - 1] - steps.low) / width)), dot)
        first, end = np.append(edges[0] - 1, first), np.append(edges[0], end)
    if not len(dot):
        none = np.empty(0)
        return CurveColumns(dot, none, none, none, none, none, none, np.nan)

    columns = (bins.count, bins.minimum, bins.mean, bins.maximum, bins.log)
    count, low, mean, high, log = (_filled(column, int(end[-1]))[first[0] :] for column in columns)
    blocks, place = first - first[0], np.maximum(dot, -reach - 1)
    reduced = _reduced(weights, place - place[0], blocks, count, low, mean, high, log if may_be_log else None)
    shown = max(0, int(np.searchsorted(dot, 0)) - 1)  # one column before the axis at most
    begin = int(blocks[shown])
    start = mean[begin + int((count[begin:] > 0).argmax())]  # of the first bin that has a value, if any has
    own, minimum, maximum, smoothed, geometric = (values[shown:] for values in reduced)
    last = step[end[shown:] - 1]
    return CurveColumns(dot[shown:], last, own, minimum, maximum, smoothed, geometric, float(start))


def _filled(values: "array[float]", length: int) -> Floats:
    """The first entries of an array, without a copy."""
    return np.frombuffer(values)[:length]


def _weights(columns: float) -> Floats:
    """How much of each column a window of so many takes in, its own the middle one."""
    half = max(columns, 1.0) / 2
    reach = math.ceil(half - 0.5 - 1e-9)
    return np.minimum(half + 0.5 - np.abs(np.arange(-reach, reach + 1)), 1.0)


def _reduced(
    weights: Floats,
    place: Places,
    first: Places,
    count: Floats,
    low: Floats,
    mean: Floats,
    high: Floats,
    log: Floats | None,
) -> tuple[Floats, ...]:
    """From `mean` to `geometric` of columns at these places, from 0 on, that begin with bins `first`."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        counts, totals = _sums(first, count > 0, count, mean)
        own = totals / counts
        smoothed = _means(weights, place, counts, totals)
        geometric = smoothed
        if log is not None:
            geometric = np.exp(_means(weights, place, *_sums(first, np.isfinite(log), count, log)))
            geometric = np.where(np.isfinite(geometric), geometric, smoothed)
        gaps = np.where(counts > 0, 0.0, np.nan)
    return own, np.fmin.reduceat(low, first), np.fmax.reduceat(high, first), smoothed + gaps, geometric + gaps


def _sums(first: Places, usable: NDArray[np.bool_], count: Floats, values: Floats) -> tuple[Floats, Floats]:
    """How many values each column has in its usable bins, and their sum."""
    if not usable.all():
        count, values = np.where(usable, count, 0.0), np.where(usable, values, 0.0)
    return np.add.reduceat(count, first), np.add.reduceat(count * values, first)


def _means(weights: Floats, place: Places, counts: Floats, totals: Floats) -> Floats:
    """The mean of the window around each column."""
    count, total = (_sums_of_windows(weights, place, values) for values in (counts, totals))
    return np.asarray(total / count, dtype=np.float64)


def _sums_of_windows(weights: Floats, place: Places, values: Floats) -> Floats:
    """Weighted sums around each place; around the first ones as far to the right as there is something to the left."""
    reach = len(weights) // 2
    there = np.zeros(place[-1] + 1 + 2 * reach)
    there[place] = values
    sums = np.convolve(there, weights)[reach:]
    sums[:reach] = np.cumsum(there[: 2 * reach])[::2]
    return np.asarray(sums[place], dtype=np.float64)
