"""A note for users who sample from a network that has learned nothing yet, or less than character frequencies."""

from collections.abc import Iterable
from contextlib import suppress

from rnntui.runs import Run
from rnntui.specs import BITS
from rnntui.system.output import say

GUESSING = "unigram"  # what counting characters reaches


def tell(networks: Iterable[tuple[Run, int]]) -> None:
    """Note on standard error, once for each run and step, that its samples cannot be better than noise."""
    for name, sentence in dict.fromkeys((run.name, _sentence(run, step)) for run, step in networks):
        if sentence:
            say(f"{name}: {sentence}")


def _sentence(run: Run, step: int) -> str:
    if step == 0:
        return "the network has not been trained yet (step 0): it writes noise"
    with suppress(ValueError, OSError):  # what cannot be read says so elsewhere
        loss, guessing = _loss(run, step), run.config().baselines.get(GUESSING)
        if loss is not None and guessing is not None and loss >= guessing[0]:
            bits, baseline = (f"{BITS.of(nats):.2f}" for nats in (loss, guessing[0]))
            return (
                f"the network of step {step:,} predicts no better than character counts ({bits} bits per "
                f"character, {GUESSING} baseline {baseline}): what it writes is little more than noise"
            )
    return ""


def _loss(run: Run, step: int) -> float | None:
    """The newest held-out loss at that checkpoint, else the mean of its last batches, nats; `None`: not known."""
    figures = run.state(step).figures
    if figures.held_out_loss is not None:
        return figures.held_out_loss
    recent = [loss for loss in figures.recent_loss if loss is not None]
    return sum(recent) / len(recent) if recent else None
