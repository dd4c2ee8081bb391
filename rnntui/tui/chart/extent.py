"""What a vertical axis has to hold, so that charts of one task beside each other can share theirs.

They share one as long as each can be read on it: a run that is not yet solved would be a level line at the top of the
axis of one that is. A line that is level stays, but among powers of ten: where it lies beside the others is what it
tells. Who shares with whom, and what they share, changes seldom: one reads a curve by where it stood.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Self

LEAST = 1e-300  # length of a range: below it numbers lose their digits
TO_STAY, TO_JOIN = 1 / 6, 1 / 3  # of what charts have in common that each has to fill
STAYS_LEVEL, LEVEL = 0.2, 0.1  # of its greatest value that a level line changes by at most, and one that joins
POWER = 10  # times its lower end: the upper one of an axis on which a level line says nothing
PARTS = 10  # of a range or of a power of ten: ends move by so much, so that charts are not drawn anew for less
ROOM = 0.2  # of the range, for the next values
LEAST_FILLED = 0.4  # of what is shared that charts together fill


@dataclass(frozen=True)
class Extent:
    """The least and the largest value, and whether the axis is logarithmic."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def of_all(cls, extents: Iterable["Extent"]) -> "Extent | None":
        """The least one that holds them all, logarithmic where any is; `None` where there is none."""
        known = list(extents)
        log = any(extent.log for extent in known)
        lows = [extent.low for extent in known if extent.low > 0 or not log]
        highs = [extent.high for extent in known if extent.high > 0 or not log]
        return cls(min(lows), max(highs), log) if lows and highs else None

    def settled(self) -> Self:
        """The ends moved outwards to round places."""
        if self.log:
            low, high = (math.log10(end) * PARTS for end in (self.low, self.high))
            low, high = 10.0 ** (math.floor(low) / PARTS), 10.0 ** (math.ceil(high) / PARTS)
        else:
            length = self.high - self.low
            if not LEAST < length < math.inf:
                return self
            unit = 10.0 ** math.floor(math.log10(length)) / PARTS
            low, high = math.floor(self.low / unit) * unit, math.ceil(self.high / unit) * unit
        return type(self)(min(low, self.low), max(high, self.high), self.log)

    def beyond(self, before: "Extent") -> "Extent":
        """The same with room for the next values on the side where it has left one before it."""
        low, high = self.low, self.high
        if self.log:
            factor = (high / low) ** ROOM
            return Extent(
                low / factor if low < before.low else low, high * factor if high > before.high else high, True
            )
        room = ROOM * (high - low)
        return Extent(below(low, room) if low < before.low else low, high + room if high > before.high else high)

    def part_of(self, whole: "Extent") -> float:
        """How much of an axis of another extent it fills."""
        low, high = max(self.low, whole.low), min(self.high, whole.high)
        if whole.low >= whole.high:
            return 1.0
        if high <= low:
            return 0.0
        if whole.log:
            return math.log(high / low) / math.log(whole.high / whole.low)
        return (high - low) / (whole.high - whole.low)

    def is_read_on(self, whole: "Extent", least: float, level: float = LEVEL) -> bool:
        """Whether it fills so much of an axis, or is a level line where the height of one tells something."""
        is_level = self.high - self.low <= level * max(abs(self.low), abs(self.high))
        return self.part_of(whole) >= least or (is_level and not (whole.log and whole.high >= POWER * whole.low))


def below(low: float, more: float) -> float:
    """So much below a value, but for one above 0 not below that."""
    return low - more if low < 0 else max(low - more, 0.0)


def shared(extents: Sequence[Extent], now: Sequence[Extent | None]) -> list[Extent | None]:
    """What each of some charts shares with others, by what it has to hold and what it shares `now`; `None` where it
    can share with none.

    Those that share now do so as long as each can be read on it. Of the others those that fit each other best join.
    """
    groups = _that_stay(extents, now)
    while pairs := [(fit, a, b) for a, b in combinations(groups, 2) if (fit := _fit(extents, a + b)) >= TO_JOIN]:
        _, a, b = max(pairs)
        groups = [*(group for group in groups if group not in (a, b)), sorted(a + b)]
    found: list[Extent | None] = [None] * len(extents)
    for group in groups:
        whole = _held([extents[k] for k in group], [now[k] for k in group]) if len(group) > 1 else None
        for k in group:
            found[k] = whole
    return found


def _that_stay(extents: Sequence[Extent], now: Sequence[Extent | None]) -> list[list[int]]:
    """The numbers of the charts that share now and are still read on what they have in common, and each other alone."""
    groups = []
    for extent in set(now) - {None}:
        group = [k for k, each in enumerate(now) if each == extent]
        while (whole := Extent.of_all(extents[k] for k in group)) is not None:
            stay = [k for k in group if extents[k].is_read_on(whole, TO_STAY, STAYS_LEVEL)]
            if stay == group:
                groups.append(group)
                break
            group = stay
    together = {k for group in groups for k in group}
    return sorted([*groups, *([k] for k in range(len(extents)) if k not in together)])


def _fit(extents: Sequence[Extent], group: Sequence[int]) -> float:
    """The least part of what these have in common that one of them fills; a level line fills it where it tells
    something.
    """
    whole = Extent.of_all(extents[k] for k in group)
    if whole is None:
        return 0.0
    return min(1.0 if extents[k].is_read_on(whole, 1.0) else extents[k].part_of(whole) for k in group)


def _held(extents: Sequence[Extent], now: Sequence[Extent | None]) -> Extent | None:
    """What these share: what some do now while it holds them all without much waste, else with room for more."""
    whole = Extent.of_all(extents)
    before = next((extent for extent in now if extent is not None), None)
    if whole is None or before is None or before.log != whole.log:
        return None if whole is None else whole.settled()
    if before.low <= whole.low and whole.high <= before.high and whole.part_of(before) >= LEAST_FILLED:
        return before
    return whole.beyond(before).settled()
