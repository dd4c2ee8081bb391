"""A run's steps on a line of dots, two to a cell, and its losses there.

Steps are on a logarithmic axis, since most is learned early. The same dots serve marks, the curve and the mouse.
"""

from collections.abc import Sequence

import numpy as np

from rnntui.runs.history import Column
from rnntui.tui.chart.axis import Axis, Floats


def axis_of(steps: Sequence[int]) -> Axis:
    """A logarithmic axis from the first step to the last; step 0, which has no logarithm, stands at its beginning."""
    positive = [step for step in steps if step > 0]
    low, high = float(min(positive, default=1)), float(max(positive, default=1))
    if len(positive) < len(steps):
        low /= 2
    return Axis(low, high if high > low else 2 * low, log=True)


def dots_of(steps: Sequence[int], axis: Axis, columns: int) -> list[int]:
    """The column of dots, two to a cell, of each step."""
    shares = axis.share(np.maximum(np.array(steps, dtype=np.float64), axis.low))
    return [round(float(share) * (2 * columns - 1)) for share in shares]


def means_along(column: Column, axis: Axis, columns: int, smoothing: float = 0.0) -> Floats:
    """The mean of a metric at each of `2 · columns` dots: NaN where none of its steps falls.

    `smoothing` is the share of the axis around a dot over which the mean is taken.
    """
    bins, dots = column.bins, 2 * columns
    step, mean, count = (np.array(values[: bins.length]) for values in (bins.step, bins.mean, bins.count))
    inside = (count > 0) & (step >= axis.low) & (step <= axis.high)
    dot = np.rint(axis.share(step[inside]) * (dots - 1)).astype(np.intp)
    sums, counts = (np.bincount(dot, weights, dots) for weights in ((mean * count)[inside], count[inside]))
    has_own = counts > 0
    window = np.ones(1 + 2 * min(round(smoothing * dots / 2), (dots - 1) // 2))
    total, number = (np.convolve(values, window, "same") for values in (sums, counts))
    means: Floats = np.divide(total, number, out=np.full(dots, np.nan), where=has_own)
    return means
