"""Settings that may be changed while a run trains, as functions of the step alone (`docs/spec.md` 7).

A dial's changes are the journal's rows, so its value at a step is the same whether the change was typed just now or
is replayed after a crash. The total number of steps, to which a falling rate is stretched, is such a dial too.
"""

import math
from collections.abc import Iterable

from msgspec import UNSET

from rnntui.config import FALLING, Settings
from rnntui.runs import changes
from rnntui.schemas import JournalRow

EVENTS = ("learning_rate", "clip", "temperature")  # the journal's names of the dials
TOTAL = "steps"  # and of the total; with what it was `before`


def follows_total(settings: Settings) -> bool:
    """Whether the learning rate of a step depends on the total number of steps."""
    return settings.schedule in FALLING or 0 < settings.warmup < 1


class Dials:
    """Learning rate, clip and temperature of each step: settings, what was changed since, and the rate's schedule."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._first_total = settings.steps
        self._changes: dict[str, list[tuple[int, float]]] = {event: [] for event in (*EVENTS, TOTAL)}

    def replay(self, rows: Iterable[JournalRow], first_total: int | None = None) -> None:
        """Take the changes from a journal's rows; `first_total` is the total before the first of them, if none says."""
        rows = list(rows)
        before = [row.before for row in rows if row.event == TOTAL and row.before is not UNSET]
        self._first_total = before[0] if before else first_total or self._settings.steps
        self._changes = {event: changes(rows, event) for event in (*EVENTS, TOTAL)}

    def change(self, event: str, step: int, value: float) -> None:
        """Change a dial after `step`; later changes, of a course that was left, are dropped."""
        kept = [change for change in self._changes[event] if change[0] < step]
        self._changes[event] = [*kept, (step, value)]

    def next_change(self, step: int) -> float:
        """The first step after `step` at which a dial is changed or a stepwise rate decays; infinity: there is none.

        A rate that falls a little at each step, or rises so, has no such steps.
        """
        s, every = self._settings, self._settings.lr_decay_every
        decay = step + every - step % every if s.schedule == "step" and s.lr_decay != 1 else math.inf
        return min([decay, *(at for changes in self._changes.values() for at, _ in changes if at > step)])

    def learning_rate(self, step: int) -> float:
        """The rate of the step after `step`: the setting, warmed up, or the newest change; it has fallen since then."""
        base, since = self._newest("learning_rate", step, self._settings.lr)
        if self._settings.schedule == "step":
            every = self._settings.lr_decay_every
            rate = base * self._settings.lr_decay ** (step // every - since // every)
        else:
            total = self.total(step)
            fallen = self._height(since, total)  # 0 at the end alone, from where it falls no more
            rate = base * self._height(step, total) / fallen if fallen else base
        return float(rate if self._changed_by(step) else rate * self._warmth(step))

    def total(self, step: int) -> int:
        """The total number of steps that is in force after `step`."""
        return int(self._newest(TOTAL, step, self._first_total)[0])

    @property
    def newest_total(self) -> int:
        """The total that was in force last."""
        return int(self._changes[TOTAL][-1][1]) if self._changes[TOTAL] else self._first_total

    def course(self, step: int) -> str:
        """What the rate of the step after `step` does at each step: `warm-up`, `cosine` or `linear`; else empty."""
        if step < self._warmup_steps(self.total(step)) and not self._changed_by(step):
            return "warm-up"
        falls = self._settings.schedule in FALLING and step >= self._begin(self.total(step))
        return self._settings.schedule if falls else ""

    def clip(self, step: int) -> float:
        """The largest gradient norm of the step after `step`; 0 turns clipping off."""
        return self._newest("clip", step, self._settings.clip)[0]

    def temperature(self, step: int) -> float:
        """The temperature of the sample written after `step`."""
        return self._newest("temperature", step, self._settings.temperature)[0]

    # --- the schedule ---------------------------------------------------------------------------------------------

    def _height(self, step: int, total: int) -> float:
        """The share of the rate to which a falling one has come after `step`, of so many steps in all; else 1."""
        if self._settings.schedule not in FALLING:
            return 1.0
        begin = self._begin(total)
        p = min(1.0, max(0.0, (step - begin) / (total - begin)))
        return 1 - p if self._settings.schedule == "linear" else (1 + math.cos(math.pi * p)) / 2

    def _begin(self, total: int) -> int:
        """The step after which a falling rate falls, before the last."""
        return min(total - 1, max(self._warmup_steps(total), round(self._settings.hold * total)))

    def _warmth(self, step: int) -> float:
        """The share of the rate to which it has risen in the step after `step`."""
        warmup = self._warmup_steps(self.total(step))
        return (step + 1) / warmup if step < warmup else 1.0

    def _warmup_steps(self, total: int) -> int:
        warmup = self._settings.warmup
        return round(warmup * total) if warmup < 1 else int(warmup)

    def _changed_by(self, step: int) -> bool:
        """Whether the rate was changed by hand: it is what was typed from then on, so its warm-up is over."""
        return any(at <= step for at, _ in self._changes["learning_rate"])

    def _newest(self, event: str, step: int, setting: float) -> tuple[float, int]:
        for at, value in reversed(self._changes[event]):
            if at <= step:
                return value, at
        return setting, 0
