"""What the weights of a network look like: its recurrent matrices and their spectra, histograms, the size of a step.

W  a recurrent matrix (n, n), one for each gate     λ  its eigenvalues     σ  its singular values
θ  all parameters of a layer, biases included       Δθ  what the newest step added to them
"""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from rnntui.core.analysis.gradient_figures import gradient_figures
from rnntui.core.analysis.gradients.networks import drawn
from rnntui.core.model import Model
from rnntui.core.training.learner import Learner
from rnntui.probes import MOST_SHADES, MOST_UNITS, READ_OUT, LayerWeights, NetworkWeights, RecurrentBlock, farthest

if TYPE_CHECKING:
    from rnntui.probes import LayerGradients, Values

BINS = 64  # of a histogram

_started: "WeakKeyDictionary[Learner, dict[str, Values]]" = WeakKeyDictionary()


def weigh(learner: Learner, step: int) -> Iterator[NetworkWeights | None]:
    """The weights of a network after a step, and their gradients; `None` between the parts of the measurement."""
    blocks = []
    for layer, letter, matrix in recurrent_matrices(learner.model):
        blocks.append(spectrum(layer, letter, matrix))
        yield None
    started = start_of(learner)
    yield None
    ratios, layers = update_ratios(learner), []
    for name, weights in weights_by_layer(learner.model).items():
        layers.append(_layer(name, weights, started.get(name), ratios.get(name, math.nan)))
        yield None
    gradients: tuple[LayerGradients, ...] = ()
    for found in gradient_figures(learner):
        gradients = found or gradients
        yield None
    yield NetworkWeights(step, tuple(blocks), tuple(layers), gradients)


# --- spectra --------------------------------------------------------------------------------------------------------


def recurrent_matrices(model: Model) -> Iterator[tuple[int, str, Tensor]]:
    """Layer, from 1, letter and value of each matrix that takes a state to a gate: those whose letter ends with `h`."""
    for layer, cell in enumerate(model.cells, 1):
        for letter, tensor in cell.letters():
            if tensor.dim() == 2 and letter.endswith("h") and tensor.shape == (cell.n, cell.n):
                yield layer, letter, tensor


def spectrum(layer: int, letter: str, matrix: Tensor) -> RecurrentBlock:
    """λ, the largest |λ| and the largest σ of a matrix; of one that is too large, or not finite, none."""
    W = matrix.detach().cpu().double()
    shown = shown_matrix(W.numpy())
    if len(W) > MOST_UNITS or shown is None:
        return RecurrentBlock(layer, letter, len(W), np.empty((0, 2)), math.nan, math.nan, shown)
    eigenvalues = torch.linalg.eigvals(W)  # by torch, with the run's own threads: NumPy's would take every core
    together = torch.view_as_real(eigenvalues).numpy()
    largest, stretch = float(eigenvalues.abs().max()), float(torch.linalg.svdvals(W)[0])
    return RecurrentBlock(layer, letter, len(W), together, largest, stretch, shown)


def shown_matrix(W: "Values") -> "Values | None":
    """The matrix as `RecurrentBlock` has it: by the norm of each unit's weights, to it and from it."""
    if not np.isfinite(W).all():
        return None
    order = np.argsort(-np.sqrt((W**2).sum(0) + (W**2).sum(1)), kind="stable")
    return farthest(W[np.ix_(order, order)], MOST_SHADES).astype(np.float32)


# --- histograms -----------------------------------------------------------------------------------------------------


def weights_by_layer(model: Model) -> "dict[str, Values]":
    """All that is a matrix, by layer, flat: `layer 1`, …, and the read-out."""
    flat = {
        f"layer {number}": [tensor for _, tensor in cell.letters() if tensor.dim() == 2]
        for number, cell in enumerate(model.cells, 1)
    } | {READ_OUT: [model.W_ph.detach()]}
    return {
        name: torch.cat([tensor.reshape(-1) for tensor in tensors]).cpu().numpy()
        for name, tensors in flat.items()
        if tensors
    }


def start_of(learner: Learner) -> "dict[str, Values]":
    """The same before step 1, drawn again as they were; empty where the run began with the weights of another.

    With `--recurrent orthogonal` they are those that were drawn, before the first step made W_hh orthogonal.
    """
    if not learner.is_drawn:
        return {}
    if learner not in _started:
        _started[learner] = weights_by_layer(drawn(learner.settings, learner.task))
    return _started[learner]


def _layer(name: str, now: "Values", start: "Values | None", ratio: float) -> LayerWeights:
    """What is not finite is in no bin."""
    values = [now] if start is None else [now, start]
    finite = np.concatenate([each[np.isfinite(each)] for each in values])
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if high <= low:
        low, high = low - 1.0, high + 1.0
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(each[np.isfinite(each)], edges)[0].astype(np.float64) for each in values]
    deviations = [float(each.std(dtype=np.float64)) for each in values]
    if start is None:
        counts.append(np.zeros(0))
        deviations.append(math.nan)
    return LayerWeights(name, low, high, counts[0], counts[1], deviations[0], deviations[1], ratio)


# --- the size of a step ---------------------------------------------------------------------------------------------


def update_ratios(learner: Learner) -> dict[str, float]:
    """‖Δθ‖ / ‖θ‖ of the newest step, by layer, θ as it was before; empty where that was not kept."""
    before = learner.before
    if before is None:
        return {}
    after, ratios = learner.theta.detach(), {}
    for name, places in places_by_layer(learner).items():
        old = torch.cat([before[place] for place in places]).double()
        new = torch.cat([after[place] for place in places]).double()
        norm = float(torch.linalg.vector_norm(old))
        ratios[name] = float(torch.linalg.vector_norm(new - old)) / norm if norm else math.nan
    return ratios


def places_by_layer(learner: Learner) -> Mapping[str, list[slice]]:
    """Where the parameters of each layer, and of the read-out, lie in θ."""
    places: dict[str, list[slice]] = {f"layer {number}": [] for number in range(1, len(learner.model.cells) + 1)}
    places[READ_OUT] = []
    start = 0
    for name, parameter in learner.model.named_parameters():
        end = start + parameter.numel()
        layer = name.split(".")
        places[f"layer {int(layer[1]) + 1}" if layer[0] == "layers" else READ_OUT].append(slice(start, end))
        start = end
    return places
