"""The gradients of a network's matrices, now and at the start: how their sizes are distributed, and their norm.

L is the loss of a batch that is drawn aside, the same for both, from the initial state and without dropout. It is
carried back a step at a time, from state to state, so that the caller can hear commands in between.

w  an entry of a matrix     h  what the top layer puts out     s  the state that a step hands to the next
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from rnntui.core.analysis.gradients.horizon import few_aside, unrolled
from rnntui.core.analysis.gradients.networks import drawn
from rnntui.core.model import Model
from rnntui.core.tasks import Batch, Task
from rnntui.core.training.learner import Learner
from rnntui.probes import READ_OUT, LayerGradients

if TYPE_CHECKING:
    from rnntui.probes import Values

LEAST, MOST = -20, 8  # powers of ten: sizes beyond them are counted with the first and the last bin
IN_A_POWER = 4  # bins

_started: "WeakKeyDictionary[Learner, dict[str, Values]]" = WeakKeyDictionary()


def gradient_figures(learner: Learner) -> Iterator[tuple[LayerGradients, ...] | None]:
    """The gradients of each layer and of the read-out; `None` between the steps."""
    batch, _ = few_aside(learner)
    now: dict[str, Values] = {}
    for found in gradients_by_layer(learner.model, batch, learner.task):
        now = found or now
        yield None
    if learner.is_drawn and learner not in _started:
        start: dict[str, Values] = {}
        for found in gradients_by_layer(drawn(learner.settings, learner.task), _on_cpu(batch), learner.task):
            start = found or start
            yield None
        _started[learner] = start
    started = _started.get(learner, {})
    yield tuple(_counted(name, gradient, started.get(name)) for name, gradient in now.items())


def gradients_by_layer(model: Model, batch: Batch, task: Task) -> "Iterator[dict[str, Values] | None]":
    """∂L/∂w of all that is a matrix, by layer, flat, as `weights_by_layer` has the weights; `None` until then."""
    steps = []
    for step in unrolled(model, batch, model.initial_state(batch.inputs.shape[1])):
        steps.append(step)
        yield None

    answers = steps[-1:] if model.readout == "last" else steps
    h = torch.stack([after[-1][0].detach() for _, after in answers]).requires_grad_()  # (1 or T, B, n)
    logits = linear(h, model.W_ph, model.b_p)
    loss, _ = task.loss_and_accuracy(logits[0] if model.readout == "last" else logits, batch.targets)
    dL_dh, dL_dW_ph = torch.autograd.grad(loss, (h, model.W_ph))
    heard = list(dL_dh)

    layers = [[parameter for parameter in cell.parameters() if parameter.dim() == 2] for cell in model.cells]
    matrices = [parameter for layer in layers for parameter in layer]
    dL_dw = [torch.zeros_like(parameter) for parameter in matrices]
    dL_ds = [torch.zeros_like(part) for layer in steps[-1][1] for part in layer]
    top = len(dL_ds) - len(steps[-1][1][-1])  # the place of the top layer's h
    while steps:
        before, after = ([part for layer in state for part in layer] for state in steps.pop())
        if heard:
            dL_ds[top] = dL_ds[top] + heard.pop()
        with model.own_code:
            found = torch.autograd.grad(after, [*before, *matrices], dL_ds, materialize_grads=True)
        dL_ds = list(found[: len(before)])
        for whole, part in zip(dL_dw, found[len(before) :], strict=True):
            whole += part
        yield None
    yield _flat(layers, dL_dw) | {READ_OUT: dL_dW_ph.reshape(-1).cpu().numpy()}


def _flat(layers: list[list[torch.nn.Parameter]], gradients: list[Tensor]) -> "dict[str, Values]":
    left = iter(gradients)
    by_layer = {f"layer {number}": [next(left).reshape(-1) for _ in layer] for number, layer in enumerate(layers, 1)}
    return {name: torch.cat(parts).cpu().numpy() for name, parts in by_layer.items() if parts}


def _on_cpu(batch: Batch) -> Batch:
    times = None if batch.times is None else batch.times.cpu()
    return Batch(batch.inputs.cpu(), batch.targets.cpu(), times, batch.fresh)


def _counted(name: str, now: "Values", start: "Values | None") -> LayerGradients:
    """The bins from the first that has any to the last; what is 0 or not finite is in none."""
    counts = [_counts(each) for each in ([now] if start is None else [now, start])]
    filled = np.flatnonzero(sum(counts)) if counts else np.zeros(0, int)
    first, end = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 1)
    low, high = (LEAST + place / IN_A_POWER for place in (first, end))
    return LayerGradients(
        name,
        low,
        high,
        counts[0][first:end],
        np.zeros(0) if start is None else counts[1][first:end],
        _norm(now),
        math.nan if start is None else _norm(start),
        float((now == 0).mean()),
    )


def _counts(gradient: "Values") -> "Values":
    sizes = np.abs(gradient[np.isfinite(gradient) & (gradient != 0)].astype(np.float64))
    places = np.clip(np.floor((np.log10(sizes) - LEAST) * IN_A_POWER), 0, (MOST - LEAST) * IN_A_POWER - 1)
    return np.bincount(places.astype(np.intp), minlength=(MOST - LEAST) * IN_A_POWER).astype(np.float64)


def _norm(gradient: "Values") -> float:
    # By torch, with the run's own threads: NumPy's would take every core.
    return float(torch.linalg.vector_norm(torch.from_numpy(gradient), dtype=torch.float64))
