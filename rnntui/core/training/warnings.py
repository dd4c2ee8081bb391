"""What a trainer warns of during training: each problem once, and again when it is a thousand times worse.

So a warning is not drowned by its own repetitions.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rnntui.config import FAR_ABOVE, WINDOW
from rnntui.core.training.metrics import Figures
from rnntui.specs import SQUARED_ERROR, LossUnit
from rnntui.text.format import figure

AGAIN = 1_000.0  # times worse, until it is said again


@dataclass(frozen=True)
class Alarm:
    """Something that does not look sane; `excess` is how many times it is beyond its bound."""

    what: str
    excess: float
    sentence: str

    @property
    def level(self) -> int:
        """How often `AGAIN` goes into the excess, and one."""
        if not 0 < self.excess < math.inf:
            return 1_000
        return 1 + max(0, int(math.log(self.excess) / math.log(AGAIN) + 1e-9))


class Alarms:
    """What was said so far."""

    def __init__(self, known: Iterable[Alarm] = ()) -> None:
        self._said: dict[str, int] = {}
        self.new(known)

    def new(self, alarms: Iterable[Alarm]) -> list[str]:
        """The sentences of those that were not said before, or not of that level."""
        worse = [alarm for alarm in alarms if alarm.level > self._said.get(alarm.what, 0)]
        self._said |= {alarm.what: alarm.level for alarm in worse}
        return [alarm.sentence for alarm in worse]


def loss_alarms(figures: Figures, guess: float, unit: LossUnit, *, is_over: bool) -> list[Alarm]:
    """The losses that are far above that of a guesser, `guess`, who takes each answer for as likely.

    That of the last batches counts once there are 100, or the run is over.
    """
    measured, who = (
        (" nats", "uniform guessing gives") if unit != SQUARED_ERROR else ("", "always predicting the mean gives")
    )
    recent = figures.smoothed_loss if is_over else figures.full_loss
    known = {f"mean of the last {WINDOW} batches": recent, "held-out part": figures.validation_loss}
    return [
        Alarm(
            f"loss, {of}",
            loss / guess / FAR_ABOVE,
            f"worse than guessing: a loss of {figure(loss)}{measured} ({of}), where {who} {guess:.3g}; a "
            f"lower learning rate or clip may help",
        )
        for of, loss in known.items()
        if loss is not None and guess > 0 and loss > FAR_ABOVE * guess
    ]
