"""What a run's folder tells of its course up to a step, before its network is there: PyTorch takes seconds to load.

Invariant: it reads only, and what it says is replaced by what the trainer finds when it opens the run.
"""

import math
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from rnntui.runs import rows_in_force
from rnntui.runs.logged import clip_at, clips_of
from rnntui.runs.status import worst_guess
from rnntui.schemas import number
from rnntui.sessions.contract import SAMPLES_KEPT, Session, TrainingCurves, TrainingSample
from rnntui.sessions.marks import marks_of

if TYPE_CHECKING:
    from rnntui.runs import Run
    from rnntui.schemas import JournalRow
    from rnntui.schemas.base import Real
    from rnntui.schemas.runs import FiguresState


class Merit(Protocol):
    """Figures of merit, of a checkpoint's file or of a trainer; `best` is loss and step of the best checkpoint."""

    @property
    def best(self) -> tuple[float, int] | None: ...
    @property
    def best_accuracy(self) -> float | None: ...
    @property
    def solved_at(self) -> int | None: ...
    @property
    def validation_loss(self) -> float | None: ...
    @property
    def averaged_validation_loss(self) -> float | None: ...


def curves_on_disk(run: "Run", unit: float, clip: float) -> TrainingCurves:
    """The curves of the steps whose rows were written; `unit` is that of their losses, in nats, `clip` the settings'.

    Raises `ValueError` where the rows cannot be read.
    """
    curves, clips = TrainingCurves(), clips_of(run, clip)
    for row in run.metrics():
        curves.add(row, unit, clip_at(clips, row.step))
    return curves


def samples_on_disk(run: "Run") -> tuple[TrainingSample, ...]:
    """The newest samples that were written. Raises `ValueError` as `curves_on_disk`."""
    newest = deque(run.samples(), maxlen=SAMPLES_KEPT)
    return tuple(TrainingSample(row.step, row.text, row.warmth, row.surprisal) for row in newest)


def journal_until(run: "Run", step: int) -> "list[JournalRow]":
    """What was changed up to a step, and counts still. Raises `ValueError` as `curves_on_disk`."""
    return [row for row in rows_in_force(run.events()) if row.step <= step]


def show_what_was_reached(session: Session) -> None:
    """Have a session show the course up to the checkpoint that its run goes on from; nothing where there is none.

    Raises `ValueError` as `curves_on_disk`.
    """
    run, step, settings, unit = session.run, session.run.reached_step(), session.settings, session.spec.unit.size
    if not step:
        return
    curves = curves_on_disk(run, unit, settings.clip).until(step)
    samples = tuple(sample for sample in samples_on_disk(run) if sample.step <= step)
    state = run.state(step)
    guessers = run.config().baselines
    session.baselines = {name: (loss / unit, number(share)) for name, (loss, share) in guessers.items()}
    session.curves, session.samples = curves, samples
    session.marks = marks_of(journal_until(run, step), settings)
    known = {**_reached_at(state.figures), "seconds": state.seconds, "guess": worst_guess(guessers)}
    session.status = replace(session.status, run=replace(session.status.run, **known))  # type: ignore[arg-type]


def _reached_at(figures: "FiguresState") -> "dict[str, Real | int]":
    """The figures of merit of a checkpoint, by the names of `RunStatus`."""
    return figures_reached(figures, _mean(figures.recent_loss), _mean(figures.recent_accuracy))


def figures_reached(figures: Merit, loss: float, accuracy: float) -> "dict[str, Real | int]":
    """Figures of merit by the names of `RunStatus`, with the smoothed loss and accuracy, NaN where there are none."""
    best, best_step = figures.best or (None, None)
    return {
        "loss": loss if math.isfinite(loss) else None,
        "accuracy": accuracy if math.isfinite(accuracy) else None,
        "held_out_loss": figures.validation_loss,
        "averaged_loss": figures.averaged_validation_loss,
        "best_loss": best,
        "best_step": best_step,
        "best_accuracy": figures.best_accuracy,
        "solved_at": figures.solved_at,
    }


def _mean(values: "tuple[Real, ...]") -> float:
    known = [number(value) for value in values]
    return math.fsum(known) / len(known) if known else math.nan
