"""Which checkpoint of a text run writes and is scored where none was named: the best, where the newest is worse."""

from contextlib import suppress
from dataclasses import dataclass

from rnntui.config import spec
from rnntui.runs import weights
from rnntui.runs.record import Record
from rnntui.runs.steps import NEWEST, OPTION, At, step_at
from rnntui.specs import BITS
from rnntui.text.format import bits_apart


@dataclass(frozen=True)
class Better:
    """The best checkpoint of a run, and the newest, whose newest held-out loss is so many nats higher."""

    step: int
    newest: int
    nats: float

    def in_words(self) -> str:
        """`step 3,000, the best: the newest, step 9,000, is 0.21 bits worse`."""
        worse = f"{bits_apart(BITS.of(self.nats))} worse on the held-out text"
        return f"step {self.step:,}, the best: the newest, step {self.newest:,}, is {worse}"

    def sentence(self) -> str:
        """The same, with what takes the newest."""
        return f"{self.in_words()}; {OPTION} {NEWEST} takes it"


def better(run: Record) -> Better | None:
    """The best checkpoint where the newest is worse; `None` where it is not, or is not known to be.

    Where raw or averaged weights were asked for, these are compared at the two steps; else the better of both is.
    What cannot be read is no reason to fail here: whoever reads the checkpoint says so.
    """
    with suppress(ValueError, OSError):
        saved = run.steps_saved(whole=False)
        if not saved or not spec(run.recorded_settings()).holds_out:
            return None
        figures = run.state(saved[-1]).figures
        if figures.best is None or figures.best[1] not in saved[:-1]:
            return None
        loss, step = figures.best
        lowest = weights.held_out_loss(run, run.state(step).figures) if run.asked_weights else loss
        newest = weights.held_out_loss(run, figures)
        if lowest is not None and newest is not None and lowest < newest:
            return Better(step, saved[-1], newest - lowest)
    return None


def taken_at(run: Record, at: At, option: str = OPTION) -> tuple[int | None, str]:
    """The step of the checkpoint that writes or is scored (`None`: the newest), and a sentence where that is news.

    Raises `ValueError` as `step_at` does.
    """
    if at is None and (found := better(run)) is not None:
        return found.step, found.sentence()
    return step_at(run, at, option), ""
