"""What one unit does while a network reads and writes: its state after each character of a text that grows."""

import math
from collections.abc import Sequence

from rnntui.core.generation.ensemble import Ensemble
from rnntui.core.generation.predictor import Predictor
from rnntui.core.kernels.single import Snapshot
from rnntui.probes import UnitName, UnitStates
from rnntui.text.state_scale import StateScale

NAMES = ("h", "c")  # of the parts of a state; others are s3, s4, …


class UnitTrace:
    """The states of a unit of a network, of an ensemble its first one's; NaN at characters that it lacks.

    Raises `ValueError`, in a sentence about the network, where it has no such unit.
    """

    def __init__(self, network: Predictor, unit: UnitName) -> None:
        first = snapshot_of(network)
        self._network, self._state = first, first.initial_state
        self._layer, self._part, self._unit = unit.layer - 1, part_of(unit.state), unit.unit - 1
        layers = first.parts(first.initial_state)
        if not (0 <= self._layer < len(layers) and self._part < len(layers[self._layer])):
            raise ValueError(f"has no state {unit.state} in a layer {unit.layer}")
        if not 0 <= self._unit < len(layers[self._layer][self._part]):
            raise ValueError(f"has no unit {unit.unit} in layer {unit.layer}")
        self.states: list[float] = []

    def follow(self, indices: Sequence[int]) -> None:
        """Read what is new of a text, by the vocabulary's indices; -1 is left out."""
        for index in indices[len(self.states) :]:
            if index < 0:
                self.states.append(math.nan)
                continue
            _, self._state = self._network.step(index, self._state)
            self.states.append(float(self._network.parts(self._state)[self._layer][self._part][self._unit]))


def snapshot_of(network: Predictor) -> Snapshot:
    """The network whose units are looked at: of an ensemble its first. Raises `ValueError` where it adapts."""
    first = network.members[0] if isinstance(network, Ensemble) else network
    if not isinstance(first, Snapshot):
        raise ValueError("has no units to look at while it adapts")
    return first


class WatchedUnit:
    """The states of a unit on a page that grows. The scale is made anew only once the page is twice as long: each time
    all of it is drawn again.
    """

    def __init__(self, network: Predictor, unit: UnitName) -> None:
        self._unit = unit
        self._trace: UnitTrace | None = None
        self._scale, self._scaled_at = StateScale(-1.0, 1.0), 0
        self._problem = ""
        try:
            self._trace = UnitTrace(network, unit)
        except ValueError as error:
            self._problem = str(error)

    def follow(self, indices: Sequence[int]) -> UnitStates:
        """What the unit did after each character so far."""
        if self._trace is None:
            return UnitStates(self._unit, self._scale, problem=self._problem)
        self._trace.follow(indices)
        states = tuple(self._trace.states)
        if len(states) >= 2 * self._scaled_at:
            self._scale, self._scaled_at = StateScale.of(states), len(states)
        return UnitStates(self._unit, self._scale, states)


def part_of(state: str) -> int:
    """The place of a state among the parts of a cell's: 0 of `h`; a large one for what is none."""
    if state in NAMES:
        return NAMES.index(state)
    number = int(state[1:]) if state[:1] == "s" and state[1:].isdecimal() and len(state) < 4 else 0
    return number - 1 if number > len(NAMES) else 1 << 30
