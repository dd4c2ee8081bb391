"""What a vertical axis has to hold, so that charts of one task beside each other can share theirs.

They share one as long as each can be read on it: a run that is not yet solved would be a level line at the top of the
axis of one that is. A line that is level on a linear axis stays: where it lies beside the others is what it tells.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

LEAST = 1e-300  # length of a range: below it numbers lose their digits
LEAST_FILLED, TO_JOIN = 1 / 4, 1 / 3  # of an axis that a chart has to fill: of the one that it has, and of another
SAME = 1 / 2  # the part of an axis from which on it is the one that a chart has
LEVEL = 0.1  # of its greatest value that a level line changes by at most
PARTS = 10  # of a range or of a power of ten: ends move by so much, so that charts are not drawn anew for less


@dataclass(frozen=True)
class Extent:
    """The least and the largest value, and whether the axis is logarithmic."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def of_all(cls, extents: Iterable["Extent"]) -> Self | None:
        """One that holds them all, logarithmic where any is; `None` where there is none."""
        known = list(extents)
        if not known:
            return None
        log = any(extent.log for extent in known)
        lows = [extent.low for extent in known if extent.low > 0 or not log]
        highs = [extent.high for extent in known if extent.high > 0 or not log]
        return cls(min(lows), max(highs), log)._settled() if lows and highs else None

    def _settled(self) -> Self:
        """The ends moved outwards to round places."""
        if self.log:
            low, high = (math.log10(end) * PARTS for end in (self.low, self.high))
            return type(self)(10.0 ** (math.floor(low) / PARTS), 10.0 ** (math.ceil(high) / PARTS), log=True)
        length = self.high - self.low
        if not LEAST < length < math.inf:
            return self
        unit = 10.0 ** math.floor(math.log10(length)) / PARTS
        low, high = math.floor(self.low / unit) * unit, math.ceil(self.high / unit) * unit
        return type(self)(min(low, self.low), max(high, self.high))

    def part_of(self, whole: "Extent") -> float:
        """How much of an axis of another extent it fills."""
        low, high = max(self.low, whole.low), min(self.high, whole.high)
        if high <= low:
            return 0.0
        if whole.log:
            return math.log(high / low) / math.log(whole.high / whole.low)
        return (high - low) / (whole.high - whole.low)

    @property
    def is_level(self) -> bool:
        return self.high - self.low <= LEVEL * max(abs(self.low), abs(self.high))


def shared(extents: Sequence[Extent], axes: Sequence[Extent]) -> list[Extent | None]:
    """What each of some charts shares with others, by what it has to hold and the axis that it has now; `None` where it
    can share with none. Those that would fill little of the common axis are left to share among themselves.
    """
    whole = Extent.of_all(extents)
    if whole is None or len(extents) < 2:
        return [None] * len(extents)
    least = [LEAST_FILLED if axis.part_of(whole) >= SAME else TO_JOIN for axis in axes]
    pairs = zip(extents, least, strict=True)
    fills = [part.part_of(whole) >= least or (part.is_level and not whole.log) for part, least in pairs]
    if all(fills):
        return [whole] * len(extents)
    found: list[Extent | None] = [None] * len(extents)
    for does_fill in (True, False) if any(fills) else ():
        numbers = [k for k, fill in enumerate(fills) if fill is does_fill]
        among = shared([extents[k] for k in numbers], [axes[k] for k in numbers])
        for k, extent in zip(numbers, among, strict=True):
            found[k] = extent
    return found
