"""How a character is shaded by the state of a unit: blue is low, orange high; one scale for screen and pictures.

Standard library only. Without colours the height of a bar says it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = 4  # of each colour
# On white paper, with dark text on each in a contrast of at least 4.5: from -STEPS to STEPS.
COLOURS = ("#5b9ce6", "#84b4ec", "#adcdf3", "#d6e6f9", "#ffffff", "#fbdfc4", "#f7c08a", "#f4a04f", "#f08014")
BARS = "▁▂▃▄▅▆▇█"
UNKNOWN = " "
BOTH_SIDES = 0.15  # of the larger side: where the smaller one is at least that, zero is in the middle
BEYOND = 0.02  # of the values lie beyond either end, so that a few of them do not leave the others pale


@dataclass(frozen=True)
class StateScale:
    """A scale from `low`, the deepest blue, to `high`."""

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
        """The shade of a value: -STEPS to STEPS; `None` where it is not finite."""
        return None if not math.isfinite(value) else round(STEPS * (2 * self._share(value) - 1))

    def bar(self, value: float) -> str:
        """A bar as high as the value."""
        if not math.isfinite(value):
            return UNKNOWN
        return BARS[min(len(BARS) - 1, int(self._share(value) * len(BARS)))]

    def ends(self) -> tuple[str, str]:
        """The ends in words: `-0.7`, `+0.7`."""
        return f"{self.low:+.2g}", f"{self.high:+.2g}"

    def _share(self, value: float) -> float:
        return 0.5 if self.high <= self.low else max(0.0, min(1.0, (value - self.low) / (self.high - self.low)))
