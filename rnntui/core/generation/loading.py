"""A run's network for generation and scoring: its weights from a checkpoint, without corpus, optimizer or lock.

So it can be read while the run trains, and after its corpus is gone.
"""

from dataclasses import dataclass, replace

from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model
from rnntui.core.training import checkpoint
from rnntui.runs import Run, weights
from rnntui.runs.checkpoints import AVERAGED
from rnntui.runs.writers import check_kept, vocabulary_of
from rnntui.system import consent


@dataclass(frozen=True)
class TextNetwork:
    """A text network as it was after `step`, on the CPU, and the characters that its outputs stand for.

    `weights` says whether they are the `raw` or the `averaged` ones, where there are both.
    """

    network: Snapshot
    vocabulary: str
    step: int
    weights: str = ""


def read_network(run: Run, step: int | None = None, option: str = "--at") -> TextNetwork:
    """The network of a text run at its newest checkpoint, or at that of `step`; weights alone are enough.

    Of raw and averaged weights it has those that were asked for, else the better (`runs.weights`).
    Raises `ValueError` for a run that learned no text, a step that was not kept (`option` is what named it) and
    a checkpoint that is damaged.
    """
    vocabulary = vocabulary_of(run)
    at = _chosen(run, step, option)
    model, _ = read_model(run, len(vocabulary), len(vocabulary), "every", at)
    if (taken := weights.taken(run, at)) == weights.AVERAGED:
        checkpoint.read_weights(run, at, model, AVERAGED)
    return TextNetwork(Snapshot(model), vocabulary, at, taken)


def read_model(run: Run, input_size: int, output_size: int, readout: str, step: int | None = None) -> tuple[Model, int]:
    """The model of any run, on the CPU and without dropout, and the step of its checkpoint; sizes are its task's.

    Raises `ValueError` as `read_network` does.
    """
    consent.check(run.settings().cell, f"run {run.name!r}")
    at = _chosen(run, step, "--at")
    checkpoint.check_size(run, at, run.settings())
    with run.naming_its_cell_file():
        model = Model(replace(run.settings(), kernel="auto", dropout=0.0), input_size, output_size, readout)
    checkpoint.read_weights(run, at, model)
    return model, at


def _chosen(run: Run, step: int | None, option: str) -> int:
    """The step of the newest checkpoint, or the one asked for, if it was kept."""
    if step is not None:
        check_kept(run, step, option)
    return checkpoint.newest(run, whole=False) if step is None else step
