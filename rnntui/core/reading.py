"""A run's network for reading: its weights from a checkpoint, without corpus, optimizer or lock."""

from dataclasses import dataclass, replace

from rnntui.core import checkpoint
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model
from rnntui.runs import Run


@dataclass(frozen=True)
class Reading:
    """A text network as it was after `step`, on the CPU, and the characters that its outputs stand for."""

    network: Snapshot
    vocabulary: str
    step: int


def read_network(run: Run, step: int | None = None) -> Reading:
    """The network of a text run at its newest checkpoint, or at that of `step`; weights alone are enough.

    Raises `ValueError` for a run that learned no text, a step that was not kept and a checkpoint that is damaged.
    """
    settings = run.settings()
    if settings.task != "text":
        raise ValueError(f"run {run.name!r} learned {settings.task}s, not text: it has nothing to write")
    saved = run.steps_saved(whole=False)
    if step is not None and step not in saved:
        raise ValueError(
            f"--step {step}: run {run.name!r} keeps {', '.join(f'step {each}' for each in saved) or 'none'}"
        )
    at = checkpoint.newest(run, whole=False) if step is None else step
    vocabulary = run.config().get("data", {}).get("vocabulary")
    if not vocabulary:
        raise ValueError(f"run {run.name!r} is damaged: config.json has no vocabulary")
    plain = replace(settings, kernel="auto", dropout=0.0)
    model = Model(plain, len(vocabulary), len(vocabulary), "every")
    checkpoint.read_weights(run, at, model)
    return Reading(Snapshot(model), vocabulary, at)
