"""A network that goes on learning from the text that it reads: dynamic evaluation (Krause and others 2018).

The text is cut into segments of L characters. When all characters of one are known, one gradient step on it is taken,
and the next is predicted with the weights after it (`docs/spec.md` 4). Invariant: a state holds its weights, and these
follow from the characters read before alone; a character is predicted before any gradient has seen it. To the bit that
holds for one number of threads: the products over a whole segment are the library's, whose sums may go by it.

θ  weights `(P,)`     θ_g  the trained ones     g  the gradient of a segment's mean loss     r  the root mean square of
g over segments that the trained network wrote itself
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnntui.core.generation.predictor import Logits
from rnntui.core.generation.sampler import Writer
from rnntui.core.generation.telling import Tell, silence
from rnntui.core.kernels import compiled
from rnntui.core.kernels.compiled import gradient
from rnntui.core.kernels.compiled.gradient import Gradient
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Carried, Model
from rnntui.core.tasks import Batch
from rnntui.core.tasks.text import times_from
from rnntui.core.training.optim import flatten, gather_gradients
from rnntui.runs.networks import Adaptation
from rnntui.system.memory import FLOAT32

WRITTEN = 300  # segments that the trained network writes, for r
EPSILON = 0.1  # ε, as a share of the mean of r


class SegmentGradient:
    """The gradient of a model's mean loss on a segment: `gradient`, `(P,)`, at the weights `theta`, `(P,)`."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.theta = flatten(model)
        assert self.theta.grad is not None
        self.gradient: Tensor = self.theta.grad
        self._parameters = tuple(model.parameters())
        self._compiled = (
            Gradient(compiled.library(model.kernel.instructions), model, self.gradient)
            if model.kernel.instructions and gradient.serves(model)
            else None
        )
        self._masks = torch.Generator()  # of which nothing is drawn: there is no dropout

    def __call__(self, segment: "Segment", state: Carried) -> Carried:
        """Work out the gradient of a segment read in a state; the state after it."""
        batch = segment.batch()
        if self._compiled is not None:
            self._compiled(batch, state, self._masks)
            return self._compiled.state()
        logits, after = self.model(batch.inputs, state, batch.times)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten())
        with self.model.own_code:
            gather_gradients(loss, self._parameters, self.theta)
        return tuple(tuple(part.detach() for part in layer) for layer in after)


@dataclass(frozen=True)
class Segment:
    """Characters by index, one more than are predicted, the first of them the text's number `begin`."""

    characters: tuple[int, ...]
    begin: int

    def batch(self) -> Batch:
        """All but the last to be read, all but the first to be predicted, `(L, 1)` each."""
        characters = torch.tensor(self.characters).unsqueeze(1)
        times = times_from(self.begin, len(self.characters) - 1, characters.device)
        return Batch(characters[:-1].contiguous(), characters[1:].contiguous(), times)


@dataclass(frozen=True)
class _Weights:
    """Weights, and the network that has them."""

    theta: Tensor
    network: Snapshot


@dataclass(frozen=True)
class _State:
    """`read` are the segment's characters so far, `begin` how many the text has before them; `carried` is the state
    before them as the model has it, `inner` that after them as the network that steps has it.
    """

    weights: _Weights
    inner: Any
    carried: Carried
    read: tuple[int, ...] = ()
    begin: int = 0


class AdaptingNetwork:
    """A predictor that adapts to what it reads. It works on the model, which nobody else may use from then on.

    Measuring r takes some seconds of a large network: `tell` hears how far that has come.
    """

    def __init__(self, model: Model, how: Adaptation, tell: Tell = silence) -> None:
        self._how = how
        trained = Snapshot(model)
        self._gradient = SegmentGradient(model)
        theta = self._gradient.theta.detach().clone()
        r = root_mean_square(self._gradient, trained, how.length, tell)
        self._placed = theta  # the weights that the model has now
        self._trained = _Weights(theta, trained)
        self._steps, self._decays = rates(how, r)
        self.initial_state = _State(self._trained, trained.initial_state, model.initial_state(1))
        self.state_bytes = 2 * FLOAT32 * theta.numel()  # once as a vector, once as the kernels read them

    def step(self, index: int, state: _State, /) -> tuple[Logits, _State]:
        """The logits of the next character, after one more: by the weights adapted to all whole segments before it.

        Raises `ValueError` where the weights have left all bounds.
        """
        if len(state.read) == self._how.length:
            state = self._learn(state, index)
        logits, inner = state.weights.network.step(index, state.inner)
        if state.weights is not self._trained and not np.isfinite(logits).all():
            raise ValueError(
                f"--adapt-rate {self._how.rate:g} is too high: the adapted weights are no numbers any more"
            )
        return logits, replace(state, inner=inner, read=(*state.read, index))

    def _learn(self, state: _State, index: int) -> _State:
        """The state once the last character of a segment is known: other weights, and a new segment begins."""
        at, theta = self._gradient, state.weights.theta
        if self._placed is not theta:
            at.theta.detach().copy_(theta)
        carried = at(Segment((*state.read, index), state.begin), state.carried)
        if self._how.decay:
            theta = torch.lerp(theta, self._trained.theta, self._decays)
        self._placed = adapted = torch.addcmul(theta, self._steps, at.gradient, value=-1.0)
        at.theta.detach().copy_(adapted)
        weights = _Weights(adapted, Snapshot(at.model))
        return _State(weights, state.inner, carried, begin=state.begin + len(state.read))


def rates(how: Adaptation, r: Tensor) -> tuple[Tensor, Tensor]:
    """What the gradient is multiplied by in a step, and the share of the way back to θ_g, `(P,)` each.

    η / (r + ε) and λ min(r / mean r, 1/λ), ε being `EPSILON` times the mean of r: θ ← θ − η g/(r + ε) + λ … (θ_g − θ).
    """
    mean = r.mean()
    return how.rate / (r + EPSILON * mean), (how.decay * r / mean).clamp(max=1.0)


def root_mean_square(at: SegmentGradient, network: Snapshot, length: int, tell: Tell = silence) -> Tensor:
    """r, `(P,)`: over `WRITTEN` segments of a text that the trained network draws at temperature 1 from seed 0.

    Krause and others take it over the training text. What the network expects of its own writing is the same but for
    noise (the diagonal of Fisher's information), and needs nothing but its weights.
    """
    squares = torch.zeros_like(at.gradient)
    carried = at.model.initial_state(1)
    for number, segment in enumerate(_written(network, at.model.W_ph.shape[0], length)):
        tell(number / WRITTEN)
        carried = at(segment, carried)
        squares.addcmul_(at.gradient, at.gradient)
    return squares.div_(WRITTEN).sqrt_()


def _written(network: Snapshot, size: int, length: int) -> Iterator[Segment]:
    writer = Writer(network, [""] * size, 0, temperature=1.0)
    characters = [writer.draw()]
    for begin in range(0, WRITTEN * length, length):
        characters = [characters[-1], *(writer.draw() for _ in range(length))]
        yield Segment(tuple(characters), begin)
