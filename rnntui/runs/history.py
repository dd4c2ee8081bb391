"""Metric columns that grow with training and never past a fixed size.

A column holds bins of minimum, mean and maximum. When `CAPACITY` bins are full, neighbours are merged in pairs, so a
million steps cost what a thousand cost. The training thread appends, the screen reads, with no lock: a merge makes new
arrays and swaps them in by one assignment, and a reader takes `column.bins` once.
"""

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable

CAPACITY = 16_384


class Bins:
    """Arrays of equal length of which the first `length` entries are filled; each entry is one bin."""

    FIELDS = ("count", "maximum", "mean", "minimum", "step")
    __slots__ = ("length", *FIELDS)

    def __init__(self, capacity: int) -> None:
        self.length = 0
        self.step = array("d", bytes(8 * capacity))  # last step of the bin
        self.count = array("d", bytes(8 * capacity))  # finite values in the bin
        self.minimum = array("d", bytes(8 * capacity))
        self.mean = array("d", bytes(8 * capacity))
        self.maximum = array("d", bytes(8 * capacity))

    def put(self, k: int, step: float, count: float, minimum: float, mean: float, maximum: float) -> None:
        """Write bin `k`."""
        self.step[k], self.count[k] = step, count
        self.minimum[k], self.mean[k], self.maximum[k] = minimum, mean, maximum


class Column:
    """One metric over the steps. Values that are not finite leave a bin with `count` 0 and NaN: a gap."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        assert capacity >= 2
        assert capacity % 2 == 0
        self._capacity = capacity
        self._values_per_bin = 1
        self._values_in_last = 1
        self.bins = Bins(capacity)
        self.last: float | None = None  # newest value
        self.appended = 0  # values so far: tells a reader whether anything is new

    def append(self, step: int, value: float) -> None:
        """Add the value of one step; steps come in ascending order."""
        bins = self.bins
        if self._values_in_last < self._values_per_bin and bins.length:
            self._add_to_last(bins, step, value)
        else:
            if bins.length == self._capacity:
                bins = self._merge_pairs()
            k = bins.length
            bins.put(k, step, *_single(value))
            bins.length = k + 1
            self._values_in_last = 1
        self.last = value
        self.appended += 1

    def extend(self, steps: Iterable[int], values: Iterable[float]) -> None:
        """Add the values of several steps."""
        for step, value in zip(steps, values, strict=True):
            self.append(step, value)

    def until(self, step: int) -> "Column":
        """A copy of the column up to a step, without a bin that reaches past it."""
        bins, kept = self.bins, Column(self._capacity)
        length = bisect_right(bins.step, step, 0, bins.length)
        for name in Bins.FIELDS:
            getattr(kept.bins, name)[:length] = getattr(bins, name)[:length]
        kept.bins.length = length
        kept._values_per_bin = kept._values_in_last = self._values_per_bin
        kept.appended = length * self._values_per_bin
        kept.last = bins.mean[length - 1] if length else None
        return kept

    def _add_to_last(self, bins: Bins, step: int, value: float) -> None:
        k = bins.length - 1
        bins.put(k, step, *_merged(_bin(bins, k), _single(value)))
        self._values_in_last += 1

    def _merge_pairs(self) -> Bins:
        old, new = self.bins, Bins(self._capacity)
        for k in range(old.length // 2):
            new.put(k, old.step[2 * k + 1], *_merged(_bin(old, 2 * k), _bin(old, 2 * k + 1)))
        new.length = old.length // 2
        self._values_per_bin *= 2
        self.bins = new
        return new


_Bin = tuple[float, float, float, float]  # count, minimum, mean, maximum


def _bin(bins: Bins, k: int) -> _Bin:
    return bins.count[k], bins.minimum[k], bins.mean[k], bins.maximum[k]


def _single(value: float) -> _Bin:
    return (1.0, value, value, value) if math.isfinite(value) else (0.0, math.nan, math.nan, math.nan)


def _merged(a: _Bin, b: _Bin) -> _Bin:
    if not a[0]:
        return b
    if not b[0]:
        return a
    count = a[0] + b[0]
    return count, min(a[1], b[1]), a[2] + (b[2] - a[2]) * b[0] / count, max(a[3], b[3])
