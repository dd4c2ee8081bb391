"""Which checkpoint of a text run writes and is scored where none was named: the best, where the newest is worse."""

from contextlib import suppress
from dataclasses import dataclass

from rnntui.config import spec
from rnntui.runs.record import Record
from rnntui.runs.steps import NEWEST, OPTION, At, step_at
from rnntui.specs import BITS
from rnntui.text.format import figure


@dataclass(frozen=True)
class Better:
    """The best checkpoint of a run, and the newest, whose newest held-out loss is so many nats higher."""

    step: int
    newest: int
    nats: float

    def in_words(self) -> str:
        """`step 3,000, the best: the newest, step 9,000, is 0.21 bits worse`."""
        worse = f"{figure(BITS.of(self.nats))} bits per character worse on the held-out text"
        return f"step {self.step:,}, the best: the newest, step {self.newest:,}, is {worse}"

    def sentence(self) -> str:
        """The same, with what takes the newest."""
        return f"{self.in_words()}; {OPTION} {NEWEST} takes it"


def better(run: Record) -> Better | None:
    """The best checkpoint where the newest is worse; `None` where it is not, or is not known to be.

    The best is that of the better of raw and averaged weights, so where either was asked for it is not known.

    What cannot be read is no reason to fail here: whoever reads the checkpoint says so.
    """
    with suppress(ValueError, OSError):
        saved = run.steps_saved(whole=False)
        if not saved or run.asked_weights or not spec(run.recorded_settings()).holds_out:
            return None
        figures = run.state(saved[-1]).figures
        newest = figures.held_out_loss
        if figures.best is None or newest is None:
            return None
        loss, step = figures.best
        if step in saved and step != saved[-1] and newest > loss:
            return Better(step, saved[-1], newest - loss)
    return None


def taken_at(run: Record, at: At, option: str = OPTION) -> tuple[int | None, str]:
    """The step of the checkpoint that writes or is scored (`None`: the newest), and a sentence where that is news.

    Raises `ValueError` as `step_at` does.
    """
    if at is None and (found := better(run)) is not None:
        return found.step, found.sentence()
    return step_at(run, at, option), ""
