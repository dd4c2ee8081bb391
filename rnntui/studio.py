"""What the gate studio starts from: the gate's parameters with what each does, the presets, the stretch of time.

What is typed is checked here, for the command line and the screen alike. Standard library only.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from rnntui.gate import Gate

Name = Literal["period", "shift", "ratio", "leak"]

# Experiment 5 of `SPEC.md`: τ, s and r_on of the source's four panels.
SOURCE = (Gate(5, 1, 1), Gate(5, 0.2, 1), Gate(5, 1, 0.5), Gate(1, 1, 1))
FIRST = Gate(5, 1, 0.5)  # where nothing is given
SHOWN_STEPS, SHOWN_PERIODS = 20.0, 4  # the stretch of time to begin with: so many steps, or periods if these are longer

LATEST = 1e9  # time steps
NARROWEST = 1e-9  # of the greater end, the shortest stretch of time: below it moments run into each other
COARSE, FINER = 20, 10  # steps on a slider, at least, or of a logarithmic one in a decade; fine steps in one of these


@dataclass(frozen=True)
class Parameter:
    """One of the gate's numbers: what it is called, what it does, what it may be, and the ends of its slider."""

    name: Name
    field: Literal["tau", "s", "r_on", "leak"]
    letter: str
    does: str
    least: float
    most: float
    slider: tuple[float, float]
    log: bool = False

    def of(self, gate: Gate) -> float:
        """Its value."""
        return float(getattr(gate, self.field))

    def put(self, gate: Gate, value: float) -> Gate:
        """The gate with another value, the nearest that is allowed."""
        return replace(gate, **{self.field: min(max(value, self.least), self.most)})

    def ends(self, gate: Gate) -> tuple[float, float]:
        """Between what its slider runs; the shift's over one period."""
        return (0.0, gate.tau) if self.name == "shift" else self.slider

    def share(self, gate: Gate) -> float:
        """Where the value stands on the slider, from 0 to 1."""
        low, high = map(self._scaled, self.ends(gate))
        return min(max((self._scaled(self.of(gate)) - low) / (high - low), 0.0), 1.0)

    def slid(self, gate: Gate, share: float) -> Gate:
        """The gate with the slider at a place from 0 to 1; the value is rounded to the fine step there."""
        low, high = map(self._scaled, self.ends(gate))
        value = low + min(max(share, 0.0), 1.0) * (high - low)
        value = 10**value if self.log else value
        return self.put(gate, _rounded(value, self._step(gate, value) / FINER))

    def moved(self, gate: Gate, direction: int, *, fine: bool) -> Gate:
        """The gate one step further: the value becomes the next multiple of the step."""
        value = self.of(gate)
        step = self._step(gate, value, direction) / (FINER if fine else 1)
        place = value / step
        near = round(place)
        if abs(place - near) < 1e-6:
            return self.put(gate, _rounded((near + direction) * step, step))
        return self.put(gate, _rounded((math.ceil(place) if direction > 0 else math.floor(place)) * step, step))

    def read(self, text: str, called: str) -> float:
        """The number typed; `called` is how the sentence names it. Raises `ValueError` for what it may not be."""
        value = _number(text)
        if not self.least <= value <= self.most:
            if self.name == "period" and ":" in text:
                raise ValueError(f"{called} is one number here, one gate has one period: not {text!r}")
            raise ValueError(f"{called} must be a number from {self.least:g} to {self.most:g}, not {text!r}")
        return value

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def _step(self, gate: Gate, value: float, direction: int = 1) -> float:
        """A coarse step: round, and of a logarithmic slider in proportion to the decade of the value."""
        if self.log:
            inside = value * (1 + 1e-9 * direction)  # from 10 downwards the steps are those of 1 to 10
            return float(10.0 ** (math.floor(math.log10(inside)) + 1)) / COARSE
        low, high = self.ends(gate)
        most = (high - low) / COARSE
        power = float(10.0 ** math.floor(math.log10(most)))
        return max(m * power for m in (1, 2, 5) if m * power <= most * (1 + 1e-9))


PARAMETERS = (
    Parameter("period", "tau", "τ", "time steps from one opening to the next", 1e-6, LATEST, (1.0, 1000.0), log=True),
    Parameter("shift", "s", "s", "time step at which it begins to open", -LATEST, LATEST, (0.0, 1.0)),
    Parameter("ratio", "r_on", "r_on", "share of the period in which it is open", 1e-6, 1e6, (0.001, 2.0), log=True),
    Parameter("leak", "leak", "α", "how far it opens while it is closed", 0.0, 1.0, (0.0, 1.0)),
)


@dataclass(frozen=True)
class Stretch:
    """The time that is shown, in steps."""

    low: float
    high: float

    @property
    def length(self) -> float:
        return self.high - self.low

    def zoomed(self, factor: float, around: float) -> "Stretch":
        """The same with a moment kept at its place; above 1 less time is shown. As it is where that goes too far."""
        found = Stretch(around - (around - self.low) / factor, around + (self.high - around) / factor)
        return found if found.is_sane else self

    def panned(self, share: float) -> "Stretch":
        """Later by a share of its length."""
        by = share * self.length
        found = Stretch(self.low + by, self.high + by)
        return found if found.is_sane else self

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
    end = _read_time("--to", high) if high else begin + usual.length
    if end <= begin:
        raise ValueError(f"--to must be after --from: {end:g} is not after {begin:g}")
    stretch = Stretch(begin, end)
    if not stretch.is_sane:
        raise ValueError(f"--from {begin:g} --to {end:g}: a time must be at most {LATEST:g}, and the two further apart")
    return stretch


def _read_time(option: str, text: str) -> float:
    time = _number(text)
    if not abs(time) <= LATEST:
        raise ValueError(f"{option} must be a number of time steps up to {LATEST:g}, not {text!r}")
    return time


def _number(text: str) -> float:
    """The number; what is none is NaN."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _rounded(value: float, step: float) -> float:
    """The nearest multiple of a step, free of the digits that a sum of steps leaves."""
    return round(round(value / step) * step, max(0, 2 - math.floor(math.log10(step))))
