"""A warm start: the weights of another run, put into a network whose characters may be others.

A character that both have keeps its columns of the first layer's input matrices, W_…x, and its row of the read-out,
W_ph and b_p. One that is new keeps what the initialisation drew for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from msgspec import UNSET
from torch import Tensor

from rnntui.core.model import Model
from rnntui.core.training import checkpoint
from rnntui.runs import Run
from rnntui.runs.files import ORIGIN
from rnntui.schemas import Origin, RunConfig

READ_OUT = ("W_ph", "b_p")


@dataclass(frozen=True)
class WarmStart:
    """The weights that a run begins with, by their letters; `what` is how sentences call them."""

    origin: Origin
    weights: dict[str, Tensor]
    what: str

    def put_into(self, model: Model, vocabulary: Sequence[str]) -> None:
        """Give a network that was initialised these weights; `vocabulary` is what its inputs and outputs stand for.

        Raises `ValueError`, naming the tensor, where one is not there, of another shape or not finite.
        """
        known = self.origin.vocabulary
        here = {character: k for k, character in enumerate(vocabulary)}
        shared = [(here[character], k) for k, character in enumerate(known) if character in here]
        to, of = torch.tensor(shared, dtype=torch.int64).reshape(-1, 2).unbind(1)
        for name, tensor in model.letters():
            along = _along(name, tensor) if known else None
            stored = self._checked(name, tensor, along)
            if along is None:
                tensor.copy_(stored)
            else:
                tensor.index_copy_(along, to, stored.index_select(along, of).to(tensor.dtype))

    def _checked(self, name: str, tensor: Tensor, along: int | None) -> Tensor:
        """The stored tensor of a letter; it may have another number of characters along a dimension."""
        if name not in self.weights:
            raise ValueError(f"{self.what} do not fit: they have no tensor {name}")
        stored, wanted = self.weights[name], list(tensor.shape)
        if along is not None:
            wanted[along] = len(self.origin.vocabulary)
        if list(stored.shape) != wanted:
            raise ValueError(f"{self.what} do not fit: {name} has shape {list(stored.shape)} there, not {wanted}")
        if not torch.isfinite(stored).all():
            raise ValueError(f"{self.what} are damaged: {name} is not all finite numbers")
        return stored


def _along(name: str, tensor: Tensor) -> int | None:
    """The dimension of a letter's tensor that runs over characters; `None` where none does."""
    if name in READ_OUT:
        return 0
    return 1 if name.startswith("0.") and name.endswith("x") and tensor.dim() == 2 else None


def of_run(run: Run, config: RunConfig) -> WarmStart | None:
    """What a run without a checkpoint begins with; `None` where it has one, or its weights are drawn.

    Raises `ValueError` where the file of the weights is gone or was changed.
    """
    if config.origin is UNSET or run.steps_saved(whole=True):
        return None
    what = f"the weights of run {config.origin.run!r} that run {run.name!r} begins with"
    try:
        weights = checkpoint.read_tensors_of(run.path / ORIGIN, what, config.origin.sha256)
    except checkpoint.BadTensors as error:
        raise ValueError(f"{what} are damaged: {ORIGIN} {error}; --from starts such a run anew") from None
    return WarmStart(config.origin, weights, what)
