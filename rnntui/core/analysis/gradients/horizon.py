"""The gradient horizon: `‖∂L/∂s(t)‖` against the lag `T - t`, for any cell and any number of layers (`docs/spec.md` 2).

s is the whole state that one step hands to the next: every tensor of every layer, as inputs independent of each
other (an LSTM's h and c). L is the loss at the last step only. Each step is a graph of its own from state to state,
so the gradient is carried back a lag at a time: ∂L/∂s(t-1) = (∂s(t)/∂s(t-1))ᵀ ∂L/∂s(t).
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear, mse_loss

from rnntui.core.analysis.gradients.networks import draw_aside, values
from rnntui.core.model import Carried, Model
from rnntui.core.tasks import Batch
from rnntui.core.training.learner import Learner

LEFT = 0.01  # of the gradient at lag 0: what a network still hears
EXAMPLES = 32  # of a batch that a network in training is probed with


def horizon(model: Model, batch: Batch, state: Carried) -> Iterator[float]:
    """The norm at lag 0, 1, …, T - 1: each example's own gradient, averaged over the batch.

    `state` is the one before step 1. Weights must stay as they are until the last norm is taken.
    """
    steps = list(unrolled(model, batch, state))
    _, last = steps[-1]
    h = last[-1][0].detach().requires_grad_()
    targets = batch.targets[-1] if batch.targets.dim() == 2 else batch.targets
    answers = linear(h, model.W_ph, model.b_p)
    if targets.is_floating_point():  # a regression
        loss = mse_loss(answers.squeeze(-1), targets, reduction="sum")
    else:
        loss = cross_entropy(answers, targets, reduction="sum")
    (dL_dh,) = torch.autograd.grad(loss, h)
    gradient = [torch.zeros_like(part) for part in _parts(last)]
    gradient[-len(last[-1])] = dL_dh  # the read-out sees the top layer's h alone
    yield _norm(gradient)
    while len(steps) > 1:
        before, after = steps.pop()
        with model.own_code:
            gradient = list(torch.autograd.grad(_parts(after), _parts(before), gradient, materialize_grads=True))
        yield _norm(gradient)


def effective_memory(norms: Sequence[float]) -> int:
    """The largest lag at which a horizon is still above 1 % of its value at lag 0; 0 where nothing is."""
    return max((lag for lag, norm in enumerate(norms) if norm > LEFT * norms[0]), default=0)


def probe(learner: Learner) -> Iterator[float]:
    """The horizon of a network in training, on a batch of its own that is the same at every step.

    Training is left as it was: its generators, its place in the text, its carried state. Dropout is off.
    """
    return horizon(learner.model, *few_aside(learner))


def few_aside(learner: Learner) -> tuple[Batch, Carried]:
    """The first `EXAMPLES` of a batch that is drawn aside, or of this process's part of it, and the state before it."""
    batch = draw_aside(learner.task, learner.settings.seed)
    state = learner.model.initial_state(batch.inputs.shape[1]) if batch.fresh else learner.carried
    count = min(EXAMPLES, len(state[0][0]))
    return batch.of(slice(count)), tuple(tuple(part[:count] for part in layer) for layer in state)


def unrolled(model: Model, batch: Batch, state: Carried) -> Iterator[tuple[Carried, Carried]]:
    """The state before and after each step, cut off from the step before."""
    for t, x_t in enumerate(values(model, batch.inputs)):
        before = tuple(tuple(part.detach().requires_grad_() for part in layer) for layer in state)
        state = model.step(x_t, before, t + 1 if batch.times is None else batch.times[t])
        yield before, state


def _parts(state: Carried) -> list[Tensor]:
    return [part for layer in state for part in layer]


def _norm(gradient: Sequence[Tensor]) -> float:
    """The mean over the examples of the norm over all else; in float64, for squares of small numbers."""
    whole = torch.cat([part.flatten(1) for part in gradient], dim=1).cpu().double()  # (B, …)
    return float(torch.linalg.vector_norm(whole, dim=1).mean())
