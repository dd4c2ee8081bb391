"""The recurrence of the open units as one autograd operation with its own backward pass."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnntui.core.cells import State
from rnntui.core.kernels.phased import cpu
from rnntui.core.kernels.phased.kept import Asked, Outer
from rnntui.core.kernels.phased.openings import Openings


def recur(
    openings: Openings,
    x: Tensor,
    state: State,
    W_x: Tensor,
    W_h: Tensor,
    b: Tensor,
    k: Tensor,
) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; `k` is `(M,)`, the openness of the open pairs, of the weights' type.

    Without autograd nothing is kept.
    """
    inputs = x, *state, W_x, W_h, b, k
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in inputs):
        outputs, h, c = _OpenUnits.apply(openings, *inputs)  # type: ignore[no-untyped-call]
        return outputs, (h, c)
    x, h, c, W_x, W_h, b, k = (tensor.detach() for tensor in inputs)
    outputs, after, _ = cpu.forward(openings, x, (h, c), (W_x, W_h, b), k, keep=False)
    return outputs, after


class _OpenUnits(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, openings: Openings, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, h, c, W_x, W_h, b, k = (tensor.detach() for tensor in inputs)
        outputs, (h, c), kept = cpu.forward(openings, x, (h, c), (W_x, W_h, b), k, keep=True)
        x, _, _, W_x, W_h, b, k = inputs
        ctx.save_for_backward(x, h, W_x, W_h, b, k, kept)
        ctx.openings = openings
        ctx.set_materialize_grads(False)
        return outputs, h, c

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *outer: Tensor | None) -> tuple[Tensor | None, ...]:
        x, h, W_x, W_h, b, k, kept = (tensor.detach() for tensor in ctx.saved_tensors)
        x_asked, h_asked, c_asked, _, _, _, k_asked = ctx.needs_input_grad[1:]
        asked = Asked(x_asked, h_asked or c_asked, k_asked)
        gradients = cpu.backward(ctx.openings, x, h, (W_x, W_h, b), k, kept, Outer(*outer), asked)
        return None, *gradients
