"""The gate's parameters as the screen shows them: what each does and may be, how a slider moves it; and the presets.

What is typed is checked here, for the command line and the screen alike. Standard library only.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from rnntui.gate import Gate
from rnntui.gate.stretch import LATEST, number

Name = Literal["period", "shift", "ratio", "leak"]

# Experiment 5 of `docs/spec.md` 5: τ, s and r_on of the report's four panels.
REPORT = (Gate(5.0, 1.0, 1.0), Gate(5.0, 0.2, 1.0), Gate(5.0, 1.0, 0.5), Gate(1.0, 1.0, 1.0))
FIRST = REPORT[2]  # where nothing is given
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
        value = number(text)
        if not self.least <= value <= self.most:
            if self.name == "period" and ":" in text:
                raise ValueError(f"{called} {text}: here it is for one gate, so it must be one number")
            raise ValueError(
                f"{called} must be a number from {_short(self.least)} to {_short(self.most)}, not {text!r}"
            )
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
    Parameter("ratio", "r_on", "r_on", "share of the period in which it is open", 1e-6, 1.0, (0.001, 1.0), log=True),
    Parameter("leak", "leak", "α", "k = αφ while closed", 0.0, 1.0, (0.0, 1.0)),
)


def _rounded(value: float, step: float) -> float:
    """The nearest multiple of a step, free of the digits that a sum of steps leaves."""
    return round(round(value / step) * step, max(0, 2 - math.floor(math.log10(step))))


def _short(bound: float) -> str:
    return f"{bound:g}".replace("e+0", "e").replace("e-0", "e-")
