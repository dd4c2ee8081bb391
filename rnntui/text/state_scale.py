"""How a character is shaded by the state of a unit: blue below 0, orange above; one scale for screen and pictures.

Standard library only. Without colours the height of a bar says it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rnntui.text.bars import BARS
from rnntui.text.signed import signed

STEPS = 4  # of each colour
# On white paper, with dark text on each in a contrast of at least 4.5: from -STEPS to STEPS.
COLOURS = ("#5b9ce6", "#84b4ec", "#adcdf3", "#d6e6f9", "#ffffff", "#fbdfc4", "#f7c08a", "#f4a04f", "#f08014")
UNKNOWN = " "
BOTH_SIDES = 0.15  # of the larger side: where the smaller one is at least that, zero is in the middle
ABOUT_ZERO = 0.005  # of the larger end: what is less counts as 0
BEYOND = 0.02  # of the values lie beyond either end, so that a few of them do not leave the others pale


@dataclass(frozen=True)
class StateScale:
    """A scale from `low` to `high`, one of which has the deepest shade of its side; 0 has none."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "StateScale":
        """From the least to the greatest value but for the outermost; with zero in the middle where they are on both
        sides of it.
        """
        ordered = sorted(value for value in values if math.isfinite(value))
        few = int(BEYOND * len(ordered))
        scale = cls.within(ordered[few : len(ordered) - few])
        if -scale.low * scale.high > 0 and min(-scale.low, scale.high) >= BOTH_SIDES * max(-scale.low, scale.high):
            end = max(-scale.low, scale.high)
            return cls(-end, end)
        return scale

    @classmethod
    def within(cls, values: Iterable[float]) -> "StateScale":
        """From the least to the greatest of the values that are finite."""
        finite = [value for value in values if math.isfinite(value)] or [0.0]
        return cls(min(finite), max(finite))

    def shade(self, value: float) -> int | None:
        """The shade of a value: -STEPS to STEPS, 0 for 0; `None` where it is not finite.

        Where all values are on one side of 0, its shades are spread over them.
        """
        return None if not math.isfinite(value) else self._shade(min(max(value, self.low), self.high))

    def _shade(self, value: float) -> int:
        least, most = sorted((abs(self.low), abs(self.high)))
        if self.high <= self.low or self._is_zero(value):
            return 0
        if self._is_zero(self.low) or self._is_zero(self.high) or self.low < 0 < self.high:
            return round(STEPS * value / most)
        steps = 1 + round((STEPS - 1) * (abs(value) - least) / (most - least))
        return steps if value > 0 else -steps

    def _is_zero(self, value: float) -> bool:
        return abs(value) <= ABOUT_ZERO * max(abs(self.low), abs(self.high))

    @property
    def shades(self) -> range:
        """The shades from one end to the other."""
        return range(self._shade(self.low), self._shade(self.high) + 1)

    def bar(self, value: float, bars: str = BARS) -> str:
        """A bar as high as the value."""
        if not math.isfinite(value):
            return UNKNOWN
        return bars[min(len(bars) - 1, int(self._share(value) * len(bars)))]

    def ends(self, values: Iterable[float] = ()) -> tuple[str, str]:
        """The ends in words: `−0.7`, `+0.7`, and `0` for what is about that. Where some of the values lie beyond either
        end, so that its shade stands for them too, both say so: `≤−0.7`, `≥+0.7`.
        """
        low, high = ("0" if self._is_zero(end) else signed(end, ".2g") for end in (self.low, self.high))
        is_beyond = any(value < self.low or value > self.high for value in values)
        return (f"≤{low}", f"≥{high}") if is_beyond else (low, high)

    def _share(self, value: float) -> float:
        return 0.5 if self.high <= self.low else max(0.0, min(1.0, (value - self.low) / (self.high - self.low)))
