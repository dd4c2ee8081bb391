"""The vanilla RNN on a CPU with its own backward pass (`docs/spec.md` 2).

Torch's tanh RNN there is a loop of recorded operations. Here one product a step goes each way, and the gradients of
the weights are one product each at the end, over all steps at once.

    a  = W_hx x + b_h     h(t) = tanh(a(t) + W_hh h(t-1))
    δ(t) = (1 - h(t)²) ⊙ ∂L/∂h(t)     ∂L/∂h(t-1) = W_hhᵀ δ(t) + what the output at t-1 adds
"""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnntui.core.cells import Cell, State
from rnntui.core.cells.vanilla import VanillaRNN


def refuses(cell: Cell) -> str:
    """Why this kernel cannot run the cell; empty if it can."""
    if type(cell) is not VanillaRNN:
        return "the hand-written backward pass is for the vanilla RNN only"
    if next(cell.parameters()).device.type != "cpu":
        return "the hand-written backward pass is for the CPU"
    return ""


def name(cell: Cell) -> str:
    return "own backward pass"


def run(cell: Cell, x: Tensor, state: State, times: Tensor | None = None) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; these cells do not use the times."""
    assert isinstance(cell, VanillaRNN)
    outputs, h = _VanillaRNN.apply(x, state[0], cell.W_hx, cell.W_hh, cell.b_h)  # type: ignore[no-untyped-call]
    return outputs, (h,)


class _VanillaRNN(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, h0: Tensor, W_hx: Tensor, W_hh: Tensor, b_h: Tensor) -> tuple[Tensor, Tensor]:
        T, B = x.shape[:2]
        H = h0.new_empty(T + 1, B, len(b_h))  # h(0), h(1), …, h(T)
        H[0] = h0
        a = H[1:]
        if x.is_floating_point():
            torch.add(x @ W_hx.T, b_h, out=a)
        else:
            torch.index_select(W_hx.T + b_h, 0, x.flatten(), out=a.view(T * B, -1))
        for h_before, h in pairwise(H.unbind(0)):
            h.addmm_(h_before, W_hh.T).tanh_()
        ctx.save_for_backward(x, H, W_hx, W_hh)
        ctx.set_materialize_grads(False)
        return H[1:], H[T].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dH: Tensor | None, dh_last: Tensor | None) -> tuple[Tensor | None, ...]:
        x, H, W_hx, W_hh = ctx.saved_tensors
        T, B = x.shape[:2]
        delta = torch.empty_like(H[1:])
        h, delta_at = H.unbind(0), delta.unbind(0)
        dh = _sum(None if dH is None else dH[T - 1], dh_last)
        for t in range(T - 1, -1, -1):
            torch.ops.aten.tanh_backward.grad_input(dh, h[t + 1], grad_input=delta_at[t])
            if t == 0 and not ctx.needs_input_grad[1]:
                dh = None
            elif t and dH is not None:
                dh = torch.addmm(dH[t - 1], delta_at[t], W_hh)
            else:
                dh = delta_at[t] @ W_hh
        rows = delta.view(T * B, -1)  # (TB, n)
        dW_hh = rows.T @ H[:-1].view(T * B, -1)
        if x.is_floating_point():
            dW_hx = rows.T @ x.reshape(T * B, -1)
            dx = delta @ W_hx if ctx.needs_input_grad[0] else None
        else:
            dW_hx = rows.new_zeros(W_hx.shape[::-1]).index_add_(0, x.flatten(), rows).T
            dx = None
        return dx, dh, dW_hx, dW_hh, rows.sum(0)


def _sum(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    return b if a is None else a if b is None else a + b
