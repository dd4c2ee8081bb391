"""A stretch of time, as a gate's chart shows it: zoomed, panned, and read from what was typed.

Its moments can always be told apart as floating-point numbers. Standard library only.
"""

import math
from dataclasses import dataclass

from rnntui.gate import Gate

SHOWN_STEPS, SHOWN_PERIODS = 20.0, 4  # to begin with: so many steps, or so many periods where these are longer
LATEST = 1e9  # time steps
NARROWEST = 1e-9  # of the greater end, the shortest stretch


@dataclass(frozen=True)
class Stretch:
    """The time that is shown, in steps."""

    low: float
    high: float

    @property
    def length(self) -> float:
        return self.high - self.low

    def zoomed(self, factor: float, around: float) -> "Stretch":
        """The same with a moment kept at its place; above 1 less time is shown. As it is where that goes too far.

        Time before 0 comes into sight only by panning: what would show it begins at 0.
        """
        zoomed = Stretch(around - (around - self.low) / factor, around + (self.high - around) / factor)
        if zoomed.low < 0 <= self.low:
            zoomed = Stretch(0.0, zoomed.length)
        return zoomed if zoomed.is_sane else self

    def panned(self, share: float) -> "Stretch":
        """Later by a share of its length."""
        by = share * self.length
        panned = Stretch(self.low + by, self.high + by)
        return panned if panned.is_sane else self

    @property
    def is_sane(self) -> bool:
        """Whether it is within bounds, and its moments can be told apart."""
        greatest = max(abs(self.low), abs(self.high))
        return greatest <= LATEST and self.length >= NARROWEST * max(greatest, 1.0)


def stretch_for(gate: Gate) -> Stretch:
    """The stretch of time to begin with: from 0 on, twenty steps, or four periods where these are longer."""
    return Stretch(0.0, min(max(SHOWN_STEPS, SHOWN_PERIODS * gate.tau), LATEST))


def read_stretch(low: str, high: str, gate: Gate) -> Stretch:
    """What `--from` and `--to` say; empty is as `stretch_for` has it. Raises `ValueError` for no stretch of time."""
    usual = stretch_for(gate)
    begin = _read_time("--from", low) if low else usual.low
    end = _read_time("--to", high) if high else min(begin + usual.length, LATEST)
    if end <= begin:
        raise ValueError(f"--to must be after --from: {end:.12g} is not after {begin:.12g}")
    stretch = Stretch(begin, end)
    if not stretch.is_sane:
        raise ValueError(f"--from and --to are too close together at this distance: {begin:.12g} and {end:.12g}")
    return stretch


def _read_time(option: str, text: str) -> float:
    time = number(text)
    if not abs(time) <= LATEST:
        raise ValueError(f"{option} must be a number of time steps up to 1e9, not {text!r}")
    return time


def number(text: str) -> float:
    """The number typed; what is none is NaN."""
    try:
        return float(text)
    except ValueError:
        return math.nan
