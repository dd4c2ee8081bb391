"""Which weights of a checkpoint write and are scored: those of training (`raw`) or their average (`averaged`).

Where none were asked for it is the average, if it did better on the held-out text when both were scored last.
"""

import os
from collections.abc import Iterable

from rnntui.runs.checkpoints import AVERAGED as FILE
from rnntui.runs.record import Record
from rnntui.schemas import FiguresState
from rnntui.specs import BITS
from rnntui.text.format import bits_apart

RAW, AVERAGED = "raw", "averaged"
WEIGHTS = (RAW, AVERAGED)
OPTION = "--weights"


def ask(runs: Iterable[Record], weights: str | None) -> None:
    """Have runs be read with these weights, whatever is better. Raises `ValueError` for a word that is neither."""
    if weights is None:
        return
    if weights not in WEIGHTS:
        raise ValueError(f"{OPTION} must be {' or '.join(WEIGHTS)}, not {weights!r}")
    for run in runs:
        run.asked_weights = weights


def taken(run: Record, step: int) -> str:
    """The weights of a checkpoint that are read, `raw` or `averaged`; empty where it has the raw ones alone.

    Raises `ValueError` where averaged ones were asked for and there are none, and as `Record.state`.
    """
    if not os.path.exists(run.checkpoint(step) / FILE):
        if run.asked_weights == AVERAGED:
            raise ValueError(
                f"{OPTION} {AVERAGED}: {run.checkpoint_in_words(step)} has none; a run that was started with --average "
                "keeps them"
            )
        return ""
    return run.asked_weights or (AVERAGED if run.state(step).figures.average_is_better else RAW)


def held_out_loss(run: Record, figures: FiguresState) -> float | None:
    """The held-out loss, nats, of the weights that were asked for, else of the better of both; `None` is not known."""
    match run.asked_weights:
        case "raw":
            return figures.validation_loss
        case "averaged":
            return figures.averaged_validation_loss
    return figures.held_out_loss


def sentence(run: Record, step: int, weights: str) -> str:
    """That the averaged weights are taken though none were asked for, and how much better they are; else empty."""
    if weights != AVERAGED or run.asked_weights:
        return ""
    figures = run.state(step).figures
    raw, averaged = figures.validation_loss, figures.averaged_validation_loss
    assert raw is not None
    assert averaged is not None
    gain = f"{bits_apart(BITS.of(raw - averaged))} better on the held-out text"
    return f"the averaged weights of step {step:,}, {gain} than the raw ones; {OPTION} {RAW} takes those"


def in_words(step: int, weights: str) -> str:
    """`step 20,000`, or `step 20,000, averaged weights`."""
    return f"step {step:,}, {weights} weights" if weights == AVERAGED else f"step {step:,}"
