"""What a vertical axis has to hold, so that charts of one task beside each other can share theirs."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

LEAST = 1e-300  # length of a range: below it numbers lose their digits
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
