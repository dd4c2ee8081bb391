"""Figures of merit, the same everywhere (`docs/spec.md` 3): smoothed, solved at, best."""

import math
from collections import deque

from rnntui.config import SOLVED, WINDOW
from rnntui.core.tasks import Validation
from rnntui.core.training.patience import Patience
from rnntui.schemas import FiguresState, is_better, number


class Figures:
    """What a run has reached so far. `best` is (loss, step) of the best checkpoint.

    *Smoothed* takes a full window of 100 batches: of a run of fewer steps it is not known whether it solved its task.
    """

    def __init__(self) -> None:
        self._loss: deque[float] = deque(maxlen=WINDOW)
        self._accuracy: deque[float] = deque(maxlen=WINDOW)
        self.solved_at: int | None = None
        self.best: tuple[float, int] | None = None
        self.best_accuracy: float | None = None  # highest smoothed accuracy over a full window
        self.validation_loss: float | None = None  # newest, nats
        self.validation_accuracy: float | None = None
        self.patience = Patience()
        self.averaged_validation_loss: float | None = None  # the same of the averaged weights, where there are any
        self.averaged_validation_accuracy: float | None = None

    def follow(self, first_step: int, loss: list[float], accuracy: list[float]) -> None:
        """Take in the batches of the steps from `first_step` on."""
        for step, (a, b) in enumerate(zip(loss, accuracy, strict=True), first_step):
            self._loss.append(a)
            self._accuracy.append(b)
            if len(self._accuracy) == WINDOW:
                accuracy_now = self.smoothed_accuracy
                if math.isfinite(accuracy_now):  # a regression has none
                    self.best_accuracy = max(accuracy_now, self.best_accuracy or 0.0)
                if self.solved_at is None and accuracy_now >= SOLVED:
                    self.solved_at = step

    @property
    def smoothed_loss(self) -> float:
        """Mean loss of the last 100 batches, nats; NaN before the first."""
        return _mean(self._loss)

    @property
    def full_loss(self) -> float | None:
        """Mean loss over a full window, nats; `None` before there is one."""
        return self.smoothed_loss if len(self._loss) == WINDOW else None

    @property
    def smoothed_accuracy(self) -> float:
        """Mean accuracy of the last 100 batches; NaN before the first."""
        return _mean(self._accuracy)

    def take(self, validation: Validation) -> None:
        """Take in a whole scoring of what is held out."""
        self.validation_loss, self.validation_accuracy = validation.loss, validation.accuracy
        self.averaged_validation_loss = validation.averaged_loss
        self.averaged_validation_accuracy = validation.averaged_accuracy

    @property
    def average_is_better(self) -> bool:
        """Whether the averaged weights did better than the weights themselves when both were scored last."""
        return is_better(self.averaged_validation_loss, self.validation_loss)

    @property
    def held_out_loss(self) -> float:
        """The newest held-out loss, nats, of the averaged weights where they did better; NaN before the first."""
        loss = self.averaged_validation_loss if self.average_is_better else self.validation_loss
        return number(loss)

    @property
    def held_out_accuracy(self) -> float | None:
        """The accuracy of the same evaluation and the same weights, a share; `None` before the first."""
        return self.averaged_validation_accuracy if self.average_is_better else self.validation_accuracy

    def reaches(self, accuracy: float) -> bool:
        """Whether the smoothed accuracy, over a full window, is at least this high."""
        return len(self._accuracy) == WINDOW and self.smoothed_accuracy >= accuracy

    def improves(self, loss: float, step: int) -> bool:
        """Whether a loss is the best so far; if so it is remembered with its step."""
        if math.isfinite(loss) and (self.best is None or loss < self.best[0]):
            self.best = (loss, step)
            return True
        return False

    def forget_best_but(self, steps: list[int]) -> None:
        """Let another checkpoint become the best where that one is not kept any more, as after going back."""
        if self.best is not None and self.best[1] not in steps:
            self.best = None

    def state(self) -> FiguresState:
        """All of it, for `state.json`."""
        return FiguresState(
            recent_loss=tuple(self._loss),
            recent_accuracy=tuple(accuracy if math.isfinite(accuracy) else None for accuracy in self._accuracy),
            solved_at=self.solved_at,
            best=self.best,
            best_accuracy=self.best_accuracy,
            validation_loss=self.validation_loss,
            validation_accuracy=self.validation_accuracy,
            lowest_held_out=self.patience.lowest if math.isfinite(self.patience.lowest) else None,
            without_gain=self.patience.without_gain,
            averaged_validation_loss=self.averaged_validation_loss,
            averaged_validation_accuracy=self.averaged_validation_accuracy,
        )

    def restore(self, state: FiguresState) -> None:
        """Restore such a state."""
        self._loss.extend(map(number, state.recent_loss))
        self._accuracy.extend(map(number, state.recent_accuracy))
        self.solved_at, self.best, self.best_accuracy = state.solved_at, state.best, state.best_accuracy
        self.validation_loss, self.validation_accuracy = state.validation_loss, state.validation_accuracy
        lowest = state.lowest_held_out
        if lowest is None and state.validation_loss is not None and state.best is not None:
            lowest = state.best[0]  # as before it was kept
        self.patience.restore(lowest, state.without_gain)
        self.averaged_validation_loss = state.averaged_validation_loss
        self.averaged_validation_accuracy = state.averaged_validation_accuracy


def _mean(values: deque[float]) -> float:
    return sum(values) / len(values) if values else math.nan
