"""Two histograms over one axis: one upwards, one downwards, so that they are told apart without colours.

Both have the same bins and the same scale of counts.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnntui.tui.chart.axis import shown_apart
from rnntui.tui.chart.dots import BRAILLE, Dots, cells

Values = NDArray[np.floating[Any]]

FEWEST_BINS = 8  # at most twice the root of the number of values, but no fewer
NARROW = 0.05  # of a value: the range around values that are all alike


@dataclass(frozen=True)
class Mirrored:
    """Rows of text: the upper histogram, the axis with the values at its ends, the lower one."""

    above: list[str]
    axis: str
    below: list[str]
    tallest: int  # how many the tallest bar counts


def mirrored(above: Values, below: Values, columns: int, rows: int, *, log: bool) -> Mirrored:
    """The histograms of two samples of numbers, each of `rows` rows; what is not finite is left out.

    `log` has bins of equal ratio, where all values are above 0.
    """
    above, below = above[np.isfinite(above)], below[np.isfinite(below)]
    edges = bins(np.append(above, below), min(columns, max(FEWEST_BINS, round(2 * math.sqrt(len(above))))), log)
    up, down = (np.histogram(np.clip(sample, edges[0], edges[-1]), edges)[0].astype(float) for sample in (above, below))
    return of_counts(up, down, float(edges[0]), float(edges[-1]), columns, rows)


def of_counts(above: Values, below: Values, start: float, end: float, columns: int, rows: int) -> Mirrored:
    """The same of samples that were counted already, in bins of one width from `start` to `end`; one may be empty."""
    counts = [_fewer(np.asarray(count), 2 * columns) for count in (above, below)]
    most = max(1, *(int(count.max(initial=0)) for count in counts))
    up, down = (_bars(count / most if len(count) else np.zeros(1), columns, rows) for count in counts)
    low, high = shown_apart(start, end)
    line = f"{low} {'─' * max(0, columns - len(low) - len(high) - 2)} {high}"[:columns]
    return Mirrored(_text(up[::-1]), line, _text(down), most)


def bins(values: Values, count: int, log: bool) -> Values:
    """The edges of the bins, around all values: the more values there are, the finer."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    log = log and low > 0
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = NARROW * abs(low) or 1.0
        low, high = low - room, high + room
    return np.geomspace(low, high, count + 1) if log else np.linspace(low, high, count + 1)


def _fewer(counts: Values, most: int) -> Values:
    """The counts of so many bins at most, each of as many of the given ones."""
    each = -(-len(counts) // most)
    if each <= 1:
        return counts
    return np.asarray(np.add.reduceat(counts, np.arange(0, len(counts), each)))


def _bars(shares: Values, columns: int, rows: int) -> Dots:
    """Bars from the first row of dots on; a bin that holds anything has a dot."""
    heights = np.ceil(shares * 4 * rows - 1e-9)
    of_dot = np.arange(2 * columns) * len(shares) // (2 * columns)
    return np.asarray(np.arange(4 * rows)[:, None] < heights[of_dot], dtype=np.bool_)


def _text(dots: Dots) -> list[str]:
    bits = cells(dots)
    return ["".join(chr(BRAILLE + bit) if bit else " " for bit in row) for row in bits.tolist()]
