"""`--recurrent orthogonal`: W_hh stays a multiple of an orthogonal matrix while it learns (`docs/spec.md` 7).

W  W_hh (n, n)     A  skew-symmetric (n, n)     T  steps of a sequence
g  singular values of W     s  scale of the first layer's inputs

The optimizer takes its step on other coordinates than the weights: A, where W = W₀ Cay(A/T) and W₀ is the matrix before
the step, so that A begins at 0 each time (a dynamic trivialization: Lezcano and Martínez-Rubio 2019; the Cayley
transform: Helfrich, Willmott and Ye 2018); and, of the first layer, W_hx/s and b_h/s. So any optimizer serves, and
beside the weights there is nothing to remember but what it does.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnntui.config import FREE, Settings, time_steps
from rnntui.core.cells import carrying
from rnntui.core.model import Model

SAME = 1e-4  # of g: less is rounding


@dataclass(frozen=True)
class RecurrentWeights:
    """A weight and its gradient, as they lie in θ; in coordinates between `enter` and `leave`."""

    weight: Tensor
    gradient: Tensor


class OrthogonalSteps:
    """The steps of a network whose recurrent matrices keep their singular values.

    `enter` puts the coordinates and their gradients in the place of the weights and theirs, and `leave`, after the
    optimizer's step, the weights in the place of the coordinates. Neither asks the device for a number.
    """

    def __init__(self, model: Model, theta: nn.Parameter, settings: Settings) -> None:
        places = {name: _weights(tensor, theta) for name, tensor in model.letters()}
        steps, is_carry = time_steps(settings), settings.init == "carry"
        self._steps = steps
        self._gain = carrying.gain(steps) if is_carry else 1.0
        self._scale = settings.input_scale * (carrying.input_scale(steps) if is_carry else 1.0)
        self._rotated = [place for name, place in places.items() if name.endswith(".W_hh")]
        self._scaled = [places["0.W_hx"], places["0.b_h"]]
        self._before = [place.weight.clone() for place in self._rotated]  # W₀
        self._one = torch.eye(settings.hidden, dtype=theta.dtype, device=theta.device)

    def enter(self) -> None:
        """The coordinates and their gradients, in place."""
        for place, before in zip(self._rotated, self._before, strict=True):
            before.copy_(place.weight)
            along = before.T @ place.gradient  # ∂L/∂A for any A, times T
            place.gradient.copy_((along - along.T) / (2 * self._steps))
            place.weight.zero_()
        for place in self._scaled:
            place.gradient.mul_(self._scale)
            place.weight.div_(self._scale)

    def leave(self) -> None:
        """The weights, in place."""
        for place, before in zip(self._rotated, self._before, strict=True):
            half = (place.weight - place.weight.T) / (4 * self._steps)
            # (1 − A/2T)⁻¹ (1 + A/2T), orthogonal for every skew A; it always exists, so nothing is to be checked.
            turn = torch.linalg.solve_ex(self._one - half, self._one + half)[0]
            place.weight.copy_(self._polished(before @ turn))
        for place in self._scaled:
            place.weight.mul_(self._scale)

    def _polished(self, W: Tensor) -> Tensor:
        """The matrix without what rounding added up to: a Newton step towards the nearest g times orthogonal one."""
        Q = W / self._gain
        return self._gain * (1.5 * Q - 0.5 * Q @ (Q.T @ Q))


def rescaling(model: Model, settings: Settings) -> Iterator[str]:
    """A sentence where the first step brings W_hh to another g than the weights come with: g falls with T."""
    if settings.recurrent == FREE or settings.init != "carry":
        return
    g = carrying.gain(time_steps(settings))
    for name, W in model.letters():
        before = float(torch.linalg.matrix_norm(W)) / math.sqrt(len(W)) if name == "0.W_hh" else g
        if abs(before / g - 1) > SAME:
            yield (
                f"W_hh was {before:.4f} times an orthogonal matrix there, and is {g:.4f} times one from the first step "
                f"on, as --init carry has it for --length {settings.length}"
            )


def _weights(tensor: Tensor, theta: nn.Parameter) -> RecurrentWeights:
    """Where a view of θ lies, and its part of θ's gradient."""
    assert theta.grad is not None
    start = tensor.storage_offset()
    return RecurrentWeights(tensor, theta.grad[start : start + tensor.numel()].view(tensor.shape))
