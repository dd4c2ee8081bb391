"""Settings that may be changed while a run trains, as functions of the step alone (`docs/spec.md` 7).

A dial's changes are the journal's rows, so its value at a step is the same whether the change was typed just now or
is replayed after a crash.
"""

import math

from rnntui.config import Settings
from rnntui.runs import changes
from rnntui.schemas import JournalRow

EVENTS = ("learning_rate", "clip", "temperature")  # the journal's names of the dials


class Dials:
    """Learning rate, clip and temperature of each step: settings, what was changed since, and the rate's decay."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._changes: dict[str, list[tuple[int, float]]] = {event: [] for event in EVENTS}

    def replay(self, rows: list[JournalRow]) -> None:
        """Take the changes from a journal's rows."""
        self._changes = {event: changes(rows, event) for event in EVENTS}

    def change(self, event: str, step: int, value: float) -> None:
        """Change a dial after `step`; later changes, of a course that was left, are dropped."""
        kept = [change for change in self._changes[event] if change[0] < step]
        self._changes[event] = [*kept, (step, value)]

    def next_change(self, step: int) -> float:
        """The first step after `step` at which a dial changes or the rate decays; infinity where there is none."""
        every = self._settings.lr_decay_every
        decay = step + every - step % every if self._settings.lr_decay != 1 else math.inf
        return min([decay, *(at for changes in self._changes.values() for at, _ in changes if at > step)])

    def learning_rate(self, step: int) -> float:
        """The rate of the step after `step`: the setting or the newest change, decayed since then."""
        base, since = self._newest("learning_rate", step, self._settings.lr)
        every = self._settings.lr_decay_every
        return float(base * self._settings.lr_decay ** (step // every - since // every))

    def clip(self, step: int) -> float:
        """The largest gradient norm of the step after `step`; 0 turns clipping off."""
        return self._newest("clip", step, self._settings.clip)[0]

    def temperature(self, step: int) -> float:
        """The temperature of the sample written after `step`."""
        return self._newest("temperature", step, self._settings.temperature)[0]

    def _newest(self, event: str, step: int, setting: float) -> tuple[float, int]:
        for at, value in reversed(self._changes[event]):
            if at <= step:
                return value, at
        return setting, 0
