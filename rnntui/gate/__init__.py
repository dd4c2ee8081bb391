"""The time gate of the Phased LSTM in plain numbers (`docs/spec.md` 1): what is typed of it, and its exact shape.

    φ(t) = ((t - s) mod τ)/τ     k(t) = 2φ/r_on, then 2 - 2φ/r_on, then 0, with joints at r_on/2 and r_on

`core/cells/phased.py` has the same for tensors, with gradients. Standard library only.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PARAMETERS = ("period", "shift", "ratio")  # as they are named on the command line: τ, s, r_on
NO_PARAMETER = "none"
SHORTEST, LONGEST = 1e-6, 1e9  # periods in time steps that float64 tells apart; no shift is longer either
ROUNDING = 2.0**-49  # of the greatest number that a time is computed from


Point = tuple[float, float]
Shape = tuple[Point, ...]  # straight pieces over one period: φ and value of each corner, φ from 0 to 1
SAWTOOTH: Shape = ((0.0, 0.0), (1.0, 1.0))  # φ itself


@dataclass(frozen=True)
class Gate:
    """One unit's gate: period `tau` and shift `s` in time steps, open ratio `r_on`, and `leak` (α, 0 is none)."""

    tau: float
    s: float
    r_on: float
    leak: float = 0.0

    def phase(self, t: float) -> float:
        """φ(t), 0 ≤ φ < 1; a quotient that rounds to 1 counts as 0."""
        quotient = ((t - self.s) % self.tau) / self.tau
        return 0.0 if quotient >= 1 else quotient

    def openness(self, t: float) -> float:
        """k(t); αφ while the unit is closed."""
        phi = self.phase(t)
        if phi < self.r_on / 2:
            return 2 * phi / self.r_on
        if phi < self.r_on:
            return 2 - 2 * phi / self.r_on
        return self.leak * phi

    def is_open(self, t: float) -> bool:
        """Whether φ < r_on; at φ = 0 too, where k = 0."""
        return self.phase(t) < self.r_on

    @property
    def shape(self) -> Shape:
        """k over one period; where it jumps, two corners at one φ."""
        r_on, leak = self.r_on, self.leak
        corners = [(0.0, 0.0)]
        if r_on / 2 < 1:
            corners.append((r_on / 2, 1.0))
        if r_on < 1:
            corners.append((r_on, 0.0))
            if leak:
                corners.append((r_on, leak * r_on))
        return (*corners, (1.0, self._at_the_end()))

    def corners(self, low: float, high: float) -> Iterator[Point]:
        """k as straight pieces between `low` and `high`: time and k of each corner, where k jumps two at one time.

        Raises `ValueError` where the range is not finite.
        """
        return self._pieces(self.shape, self.openness, low, high)

    def sawtooth(self, low: float, high: float) -> Iterator[Point]:
        """φ as straight pieces, likewise."""
        return self._pieces(SAWTOOTH, self.phase, low, high)

    def _pieces(self, shape: Shape, value: Callable[[float], float], low: float, high: float) -> Iterator[Point]:
        """What is nearer to an end than rounding can tell lies on it, so that no jump there is missed or made up."""
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError("the time axis must be finite")
        near = ROUNDING * max(abs(low), abs(high), abs(self.s), self.tau)
        begins = [k for time, k in self._joints(shape, low, low) if abs(time - low) <= near]
        before = low, begins[-1] if begins else value(low)
        yield before
        for time, k in self._joints(shape, low, high):
            corner = high if abs(time - high) <= near else time, k
            if low + near < time <= high + near and corner != before:
                yield corner
                before = corner
        if before[0] < high:
            yield high, value(high)

    def _joints(self, shape: Shape, low: float, high: float) -> Iterator[Point]:
        """The corners of the periods from that of `low` to that of `high`, and of one more on either side."""
        first, last = (math.floor((end - self.s) / self.tau) for end in (low, high))
        for period in range(first - 1, last + 2):
            for phi, value in shape:
                yield self.start(period + 1) if phi == 1 else self.start(period) + phi * self.tau, value

    def start(self, period: int) -> float:
        """When a period begins; number 0 begins at the shift."""
        return self.s + period * self.tau

    def _at_the_end(self) -> float:
        """What k comes to as φ goes to 1."""
        if self.r_on >= 2:
            return 2 / self.r_on
        return 2 - 2 / self.r_on if self.r_on >= 1 else self.leak


def read_periods(text: str, steps: int) -> tuple[float, float]:
    """The lowest and highest period of `--period LOW:HIGH` or of one number; empty is 10 to the larger of 100 and T.

    Raises `ValueError` for anything else.
    """
    if not text:
        return 10.0, float(max(100, steps))
    words = text.split(":")
    try:
        low, high = float(words[0]), float(words[-1])
    except ValueError:
        low = high = math.nan
    if len(words) > 2 or not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"--period must be LOW:HIGH or one number of time steps, such as 10:100, not {text!r}")
    if low <= 0 or high <= 0:
        raise ValueError(f"--period must be above 0, not {text}")
    if not (SHORTEST <= low <= LONGEST and SHORTEST <= high <= LONGEST):
        raise ValueError(f"--period must be from {SHORTEST:g} to {LONGEST:g} time steps, not {text}")
    if low > high:
        raise ValueError(f"--period {text}: the lowest period comes first: {high:g}:{low:g}")
    return low, high


def read_shift(text: str) -> float | None:
    """The shift of `--shift`; empty is `None`: anywhere in the period. Raises `ValueError` for what is no number."""
    if not text:
        return None
    try:
        shift = float(text)
    except ValueError:
        shift = math.nan
    if not math.isfinite(shift):
        raise ValueError(f"--shift must be a number of time steps, not {text!r}")
    if abs(shift) > LONGEST:
        raise ValueError(f"--shift must be from {-LONGEST:g} to {LONGEST:g} time steps, not {text}")
    return shift


def read_learned(text: str) -> tuple[str, ...]:
    """The gate's parameters that `--learn` names, in the order of `PARAMETERS`.

    Raises `ValueError` for a name that is none of them.
    """
    words = [word.strip() for word in text.replace("+", ",").split(",")]
    if words == [NO_PARAMETER]:
        return ()
    for word in words:
        if word not in PARAMETERS:
            raise ValueError(
                f"--learn {text!r}: name some of {', '.join(PARAMETERS)}, separated by commas or +, or none"
            )
    return tuple(name for name in PARAMETERS if name in words)
