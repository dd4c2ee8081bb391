"""A run's network for generation and scoring: its weights from a checkpoint, without corpus, optimizer or lock.

So it can be read while the run trains, and after its corpus is gone.
"""

from dataclasses import dataclass, replace

from rnntui.config import without_dropout
from rnntui.core.generation.adaptation import AdaptingNetwork
from rnntui.core.generation.ensemble import joined
from rnntui.core.generation.predictor import Predictor
from rnntui.core.generation.telling import Tell, of_part, silence
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model
from rnntui.core.training import checkpoint
from rnntui.runs import Run, weights
from rnntui.runs.checkpoints import AVERAGED
from rnntui.runs.networks import Adaptation, NetworkSpec
from rnntui.runs.writers import check_kept, common_vocabulary, vocabulary_of
from rnntui.system import consent


@dataclass(frozen=True)
class TextNetwork:
    """A text network as it was after `step`, on the CPU, and the characters that its outputs stand for.

    `weights` says whether they are the `raw` or the `averaged` ones, where there are both. Of an ensemble both are
    those of its first member, and `others` those of the rest.
    """

    network: Predictor
    vocabulary: str
    step: int
    weights: str = ""
    others: tuple[tuple[int, str], ...] = ()

    @property
    def checkpoints(self) -> tuple[tuple[int, str], ...]:
        """Step and weights of each member."""
        return ((self.step, self.weights), *self.others)


def read_predictor(spec: NetworkSpec, option: str = "--at", tell: Tell = silence) -> TextNetwork:
    """The network that a spec names: of one run or an ensemble, as trained or adapting to what it reads.

    `tell` hears how much of what an adapting one measures first is done.

    Raises `ValueError` as `read_network` does, and for members whose vocabularies differ.
    """
    common_vocabulary(spec)  # before anything is measured
    first, *others = loaded = [
        read_network(member.run, member.step, option, spec.adaptation, of_part(tell, number, len(spec.members)))
        for number, member in enumerate(spec.members)
    ]
    vocabularies, names = [each.vocabulary for each in loaded], [member.run.name for member in spec.members]
    network = joined([each.network for each in loaded], vocabularies, names)
    return replace(first, network=network, others=tuple((each.step, each.weights) for each in others))


def read_network(
    run: Run,
    step: int | None = None,
    option: str = "--at",
    adaptation: Adaptation | None = None,
    tell: Tell = silence,
) -> TextNetwork:
    """The network of a text run at its newest checkpoint, or at that of `step`; weights alone are enough. With
    `adaptation` it adapts to what it reads, and `tell` hears how much of what it measures first is done.

    Of raw and averaged weights it has those that were asked for, else the better (`runs.weights`).
    Raises `ValueError` for a run that learned no text, a step that was not kept (`option` is what named it) and
    a checkpoint that is damaged.
    """
    read = read_text_model(run, step, option)
    network = Snapshot(read.model) if adaptation is None else AdaptingNetwork(read.model, adaptation, tell)
    return TextNetwork(network, read.vocabulary, read.step, read.weights)


@dataclass(frozen=True)
class TextModel:
    """The model of a text run; the rest as of a `TextNetwork`."""

    model: Model
    vocabulary: str
    step: int
    weights: str


def read_text_model(run: Run, step: int | None = None, option: str = "--at") -> TextModel:
    """The model of a text run with the weights that `read_network` takes. Raises as that."""
    vocabulary = vocabulary_of(run)
    at = _chosen(run, step, option)
    model, _ = read_model(run, len(vocabulary), len(vocabulary), "every", at)
    if (taken := weights.taken(run, at)) == weights.AVERAGED:
        checkpoint.read_weights(run, at, model, AVERAGED)
    return TextModel(model, vocabulary, at, taken)


def read_model(run: Run, input_size: int, output_size: int, readout: str, step: int | None = None) -> tuple[Model, int]:
    """The model of any run, on the CPU and without dropout, and the step of its checkpoint; sizes are its task's.

    Raises `ValueError` as `read_network` does.
    """
    consent.check(run.settings().cell, f"run {run.name!r}")
    at = _chosen(run, step, "--at")
    checkpoint.check_size(run, at, run.settings())
    model = _made(run, input_size, output_size, readout)
    checkpoint.read_weights(run, at, model)
    return model, at


def _made(run: Run, input_size: int, output_size: int, readout: str) -> Model:
    """A run's model before it has its weights, on the CPU and without dropout."""
    with run.naming_its_cell_file():
        return Model(replace(without_dropout(run.settings()), kernel="auto"), input_size, output_size, readout)


def lent_network(run: Run, held: bytes, step: int, taken: str) -> TextNetwork:
    """The network of a run in training as another process lent it: a file of its weights, their step, and which of both
    they are. Raises `ValueError` where they do not fit the run.
    """
    consent.check(run.settings().cell, f"run {run.name!r}")
    vocabulary = vocabulary_of(run)
    model = _made(run, len(vocabulary), len(vocabulary), "every")
    checkpoint.read_lent_weights(held, model, f"the network lent of run {run.name!r}")
    return TextNetwork(Snapshot(model), vocabulary, step, taken)


def _chosen(run: Run, step: int | None, option: str) -> int:
    """The step of the newest checkpoint, or the one asked for, if it was kept."""
    if step is not None:
        check_kept(run, step, option)
    return checkpoint.newest(run, whole=False) if step is None else step
