"""Metric columns that grow with training and never past a fixed size.

A column holds bins of minimum, mean and maximum. When `CAPACITY` bins are full, neighbours are merged in pairs, so a
million steps cost what a thousand cost. The training thread appends, the screen reads, with no lock: a merge makes new
arrays and swaps them in by one assignment, and a reader takes `column.bins` once.
"""

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

CAPACITY = 16_384


@dataclass(frozen=True)
class CurveMark:
    """A change made at a step, which the curves show."""

    step: int
    label: str


class Bins:
    """Arrays of equal length of which the first `length` entries are filled; each entry is one bin."""

    FIELDS = ("count", "log", "maximum", "mean", "minimum", "step")
    __slots__ = ("length", *FIELDS)

    def __init__(self, capacity: int) -> None:
        self.length = 0
        self.step = array("d", bytes(8 * capacity))  # last step of the bin
        self.count = array("d", bytes(8 * capacity))  # finite values in the bin
        self.minimum = array("d", bytes(8 * capacity))
        self.mean = array("d", bytes(8 * capacity))
        self.maximum = array("d", bytes(8 * capacity))
        self.log = array("d", bytes(8 * capacity))  # mean of the natural logarithms of those above 0, NaN without any

    def put(
        self, k: int, step: float, count: float, minimum: float, mean: float, maximum: float, log: float = math.nan
    ) -> None:
        """Write bin `k`."""
        self.step[k], self.count[k], self.log[k] = step, count, log
        self.minimum[k], self.mean[k], self.maximum[k] = minimum, mean, maximum


@dataclass(frozen=True)
class ColumnPiece:
    """What a column has from bin `first` on, for its copy in another process: `held` has the arrays of `Bins.FIELDS`
    one behind the other, doubles in this machine's order.
    """

    first: int
    values_per_bin: int
    values_in_last: int
    appended: int
    last: float | None
    held: bytes

    @property
    def length(self) -> int:
        """The bins that the column has with it."""
        return self.first + len(self.held) // (8 * len(Bins.FIELDS))


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

    @property
    def newest_step(self) -> float:
        """The last step that has a value; minus infinity before the first."""
        bins = self.bins
        return bins.step[bins.length - 1] if bins.length else -math.inf

    def append(self, step: int, value: float) -> None:
        """Add the value of one step; steps come in ascending order."""
        self._add(step, _single(value), value)

    def append_range(
        self, step: int, count: int, least: float, mean: float, greatest: float, log: float, last: float
    ) -> None:
        """Add what `count` values came to that end with that of `step`, `last`: they are one bin, as one value is.

        `log` is the mean of the natural logarithms of those above 0, NaN without any.
        """
        self._add(step, (float(count), least, mean, greatest, log), last)

    def extend(self, steps: Iterable[int], values: Iterable[float]) -> None:
        """Add the values of several steps."""
        for step, value in zip(steps, values, strict=True):
            self.append(step, value)

    def mean_over_steps(self) -> float | None:
        """The mean of all values, each as often as there are steps since the one before; `None` without any."""
        bins, total, steps, last = self.bins, 0.0, 0.0, 0.0
        for k in range(bins.length):
            since, last = bins.step[k] - last, bins.step[k]
            if bins.count[k]:
                total += bins.mean[k] * since
                steps += since
        return total / steps if steps else None

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

    def piece(self, known: ColumnPiece | None = None) -> ColumnPiece:
        """What is new to who has all up to a piece: the last bin of it may have grown, and all may have been merged."""
        while True:
            bins, per_bin, in_last = self.bins, self._values_per_bin, self._values_in_last
            appended, last, length = self.appended, self.last, self.bins.length
            is_same = known is not None and known.values_per_bin == per_bin and known.length <= length
            first = max(0, known.length - 1) if known is not None and is_same else 0
            held = b"".join(getattr(bins, name)[first:length].tobytes() for name in Bins.FIELDS)
            if bins is self.bins and per_bin == self._values_per_bin:  # nothing was merged meanwhile
                return ColumnPiece(first, per_bin, in_last, appended, last, held)

    def take(self, piece: ColumnPiece) -> None:
        """Become the column that a piece was taken from, of which this one has all that the piece does not.

        Raises `ValueError` for one that does not follow.
        """
        count, is_new = piece.length - piece.first, piece.values_per_bin != self._values_per_bin
        if len(piece.held) != 8 * len(Bins.FIELDS) * count or piece.length > self._capacity:
            raise ValueError("a piece of a curve has another size than it says")
        if piece.first > (0 if is_new else self.bins.length):
            raise ValueError("a piece of a curve does not follow the one before")
        bins = Bins(self._capacity) if is_new else self.bins
        for k, name in enumerate(Bins.FIELDS):
            values = array("d", piece.held[8 * k * count : 8 * (k + 1) * count])
            getattr(bins, name)[piece.first : piece.length] = values
        bins.length, self.bins = piece.length, bins
        self._values_per_bin, self._values_in_last = piece.values_per_bin, piece.values_in_last
        self.last, self.appended = piece.last, piece.appended

    def _add(self, step: int, values: "_Bin", last: float) -> None:
        bins = self.bins
        if self._values_in_last < self._values_per_bin and bins.length:
            k = bins.length - 1
            bins.put(k, step, *_merged(_bin(bins, k), values))
            self._values_in_last += 1
        else:
            if bins.length == self._capacity:
                bins = self._merge_pairs()
            k = bins.length
            bins.put(k, step, *values)
            bins.length = k + 1
            self._values_in_last = 1
        self.last = last
        self.appended += 1

    def _merge_pairs(self) -> Bins:
        old, new = self.bins, Bins(self._capacity)
        for k in range(old.length // 2):
            new.put(k, old.step[2 * k + 1], *_merged(_bin(old, 2 * k), _bin(old, 2 * k + 1)))
        new.length = old.length // 2
        self._values_per_bin *= 2
        self.bins = new
        return new


_Bin = tuple[float, float, float, float, float]  # count, minimum, mean, maximum, log


def _bin(bins: Bins, k: int) -> _Bin:
    return bins.count[k], bins.minimum[k], bins.mean[k], bins.maximum[k], bins.log[k]


def _single(value: float) -> _Bin:
    if not math.isfinite(value):
        return 0.0, math.nan, math.nan, math.nan, math.nan
    return 1.0, value, value, value, math.log(value) if value > 0 else math.nan


def _merged(a: _Bin, b: _Bin) -> _Bin:
    if not a[0]:
        return b
    if not b[0]:
        return a
    count = a[0] + b[0]
    share = b[0] / count
    log = b[4] if math.isnan(a[4]) else a[4] if math.isnan(b[4]) else a[4] + (b[4] - a[4]) * share
    return count, min(a[1], b[1]), a[2] + (b[2] - a[2]) * share, max(a[3], b[3]), log
