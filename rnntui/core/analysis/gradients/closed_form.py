"""The vanilla RNN's gradients in closed form, the loss at the last step only: `docs/spec.md` 2, with its letters.

T  time steps     B  batch     d  input features     n  hidden units     o  outputs
Gradients are those of the mean over the batch. Written from the formulas alone: autograd is what it is compared with.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from rnntui.config import Settings
from rnntui.core.analysis.gradients.networks import fresh, values
from rnntui.core.cells.vanilla import VanillaRNN
from rnntui.core.model import Model

TOLERANCE = 1e-10  # the largest relative error that rounding explains in float64

Gradients = dict[str, Tensor]  # by the letter of the parameter


@torch.no_grad()
def closed_form(model: Model, x: Tensor, y: Tensor) -> Gradients:
    """The gradients of a one-layer vanilla RNN for inputs `(T, B, d)` and targets `(B,)`, from the formulas."""
    W_hx, W_hh, b_h, W_ph, b_p = _parameters(model).values()
    h = [x.new_zeros(x.shape[1], len(b_h))]  # h(0), then h(t) at place t, (B, n)
    for x_t in x:
        h.append(torch.tanh(x_t @ W_hx.T + h[-1] @ W_hh.T + b_h))
    y_hat = torch.softmax(h[-1] @ W_ph.T + b_p, dim=-1)

    delta_p = (y_hat - one_hot(y, len(b_p))) / len(y)  # (B, o)
    dL_dh = delta_p @ W_ph  # ∂L/∂h(T)
    dL_dW_hh, dL_dW_hx, dL_db_h = torch.zeros_like(W_hh), torch.zeros_like(W_hx), torch.zeros_like(b_h)
    for t in range(len(x), 0, -1):
        delta = (1 - h[t] ** 2) * dL_dh  # δ(t)
        dL_dW_hh += delta.T @ h[t - 1]
        dL_dW_hx += delta.T @ x[t - 1]
        dL_db_h += delta.sum(0)
        dL_dh = delta @ W_hh  # ∂L/∂h(t-1)
    return {
        "W_hx": dL_dW_hx,
        "W_hh": dL_dW_hh,
        "b_h": dL_db_h,
        "W_ph": delta_p.T @ h[-1],
        "b_p": delta_p.sum(0),
    }


def by_autograd(model: Model, x: Tensor, y: Tensor) -> Gradients:
    """The same gradients as torch finds them, through the cell's own loop and the read-out."""
    logits, _ = model(x, model.initial_state(x.shape[1]))
    parameters = _parameters(model)
    return dict(zip(parameters, torch.autograd.grad(cross_entropy(logits, y), [*parameters.values()]), strict=True))


def relative_error(a: Tensor, b: Tensor) -> float:
    """`‖a − b‖/‖b‖`; 0 where both are zero, infinite where only b is."""
    difference, size = float(torch.linalg.vector_norm(a - b)), float(torch.linalg.vector_norm(b))
    return difference / size if size else torch.inf if difference else 0.0


def relative_errors(settings: Settings) -> dict[str, float]:
    """How far the closed form is from autograd for each parameter, on fresh weights and one batch, in float64.

    Raises `ValueError` for settings of anything but one layer of the vanilla RNN.
    """
    if settings.layers != 1:
        raise ValueError(f"--layers {settings.layers}: the closed form is for one layer")
    network = fresh(settings)
    x, y = values(network.model, network.batch.inputs), network.batch.targets
    ours, torchs = closed_form(network.model, x, y), by_autograd(network.model, x, y)
    return {letter: relative_error(ours[letter], torchs[letter]) for letter in torchs}


def _parameters(model: Model) -> dict[str, Tensor]:
    (cell,) = model.cells
    assert isinstance(cell, VanillaRNN)
    return {"W_hx": cell.W_hx, "W_hh": cell.W_hh, "b_h": cell.b_h, "W_ph": model.W_ph, "b_p": model.b_p}
