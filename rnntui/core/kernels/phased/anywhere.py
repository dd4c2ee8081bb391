"""The open units alone in plain torch operations, for any device: the arithmetic of `forward` and `backward`.

Where each operation has to be started on a device, as on CUDA, their number decides and not their size: what is
saved is arithmetic and memory, and nothing is claimed of the time.
"""

from itertools import pairwise

import torch
from torch import Tensor

from rnntui.core.cells import State
from rnntui.core.kernels import as_values
from rnntui.core.kernels.phased import rows
from rnntui.core.kernels.phased.kept import PARTS, Asked, Gradients, Outer, Weights, room_for, turned
from rnntui.core.kernels.phased.openings import Openings


def forward(
    openings: Openings, x: Tensor, state: State, weights: Weights, k: Tensor, keep: bool
) -> tuple[Tensor, State, Tensor]:
    """Outputs `(T, B, n)`, the last state, and what `backward` needs, if it is to be kept; `k` is `(M,)`."""
    W_x, W_h, b = weights
    (T, B), n, d = x.shape[:2], W_h.shape[1], W_x.shape[1]
    W, values = rows.stack(W_x, W_h, b, halved=False), as_values(x, d, k)
    z, c = _begin(state[0], n, d), turned(state[1].T)
    kept = room_for(len(openings.units) if keep else openings.most, B, k)
    outputs = k.new_empty(T, B, n)
    for t, (first, last) in enumerate(pairwise(openings.bounds)):
        if first < last:
            z[:, n : n + d] = values[t]
            units, at = openings.units[first:last], first if keep else 0
            _step(
                W.index_select(0, units).flatten(0, 1),
                units,
                z,
                c,
                k[first:last, None],
                _part(kept, at, last - first, B),
            )
        outputs[t] = z[:, :n]
    return outputs, (turned(z[:, :n]), turned(c.T)), kept


def _step(W: Tensor, units: Tensor, z: Tensor, c: Tensor, k: Tensor, kept: Tensor) -> None:
    """One step of the open units, `W` `(4m, K)` being their rows."""
    i, f, o, g = torch.mm(W, z.T).view(len(units), 4, -1).unbind(1)
    i, f, o, g = i.sigmoid(), f.sigmoid(), o.sigmoid(), g.tanh()
    c_0, h_0 = c.index_select(0, units), z.index_select(1, units).T
    c_open = k * (g * i + c_0 * f) + (1 - k) * c_0
    s = c_open.tanh()
    c.index_copy_(0, units, c_open)
    z.index_copy_(1, units, (k * (s * o) + (1 - k) * h_0).T)
    torch.stack([i, f, o, g, s, c_0, h_0], out=kept)


def backward(
    openings: Openings, x: Tensor, h: Tensor, weights: Weights, k: Tensor, kept: Tensor, outer: Outer, asked: Asked
) -> Gradients:
    """Gradients from those of the outputs and of the last state; `h` is the last."""
    W_x, W_h, b = weights
    n, d = W_h.shape[1], W_x.shape[1]
    W, values = rows.stack(W_x, W_h, b, halved=False), as_values(x, d, k)
    z, dW, dk = _begin(h, n, d), torch.zeros_like(W), torch.zeros_like(k)
    dz, dc = torch.zeros_like(z), k.new_zeros(n, len(h))
    dx = torch.zeros_like(values) if asked.x else None
    if outer.h is not None:
        dz[:, :n] += outer.h
    if outer.c is not None:
        dc += outer.c.T
    for t, (first, last) in reversed(list(enumerate(pairwise(openings.bounds)))):
        if outer.outputs is not None:
            dz[:, :n] += outer.outputs[t]
        if first == last:
            continue
        z[:, n : n + d] = values[t]
        units, part = openings.units[first:last], _part(kept, first, last - first, len(h))
        z.index_copy_(1, units, part[6].T)
        delta, dk[first:last] = _step_back(units, dz, dc, k[first:last, None], part)
        dW.index_add_(0, units, torch.mm(delta, z).view(-1, 4, z.shape[1]))
        dz[:, n:] = 0.0
        dz.addmm_(delta.T, W.index_select(0, units).flatten(0, 1))
        if dx is not None:
            dx[t] = dz[:, n : n + d]
    dW_x, dW_h, db = rows.unstack(dW, d)
    dh0, dc0 = (dz[:, :n].contiguous(), dc.T.contiguous()) if asked.state else (None, None)
    return Gradients(dx, dh0, dc0, dW_x, dW_h, db, dk if asked.k else None)


def _step_back(units: Tensor, dz: Tensor, dc_all: Tensor, k: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
    """δ `(4m, B)` and ∂L/∂k `(m,)`; takes what is the gates' own out of dz and dc."""
    i, f, o, g, s, c_0, h_0 = kept
    dh, dc = dz.index_select(1, units).T, dc_all.index_select(0, units)
    dh_open = k * dh
    dc = dc + dh_open * o * (1 - s * s)
    dc_open = k * dc
    dk = (dh * (s * o - h_0) + dc * (g * i + c_0 * f - c_0)).sum(1)
    dz.index_copy_(1, units, ((1 - k) * dh).T)
    dc_all.index_copy_(0, units, (1 - k) * dc + dc_open * f)
    delta = torch.stack(
        [
            dc_open * g * i * (1 - i),
            dc_open * c_0 * f * (1 - f),
            dh_open * s * o * (1 - o),
            dc_open * i * (1 - g * g),
        ],
        dim=1,
    )
    return delta.flatten(0, 1), dk


def _begin(h: Tensor, n: int, d: int) -> Tensor:
    """z, `(B, K)`, before an input is entered."""
    z = h.new_zeros(len(h), rows.columns(n, d))
    z[:, :n], z[:, n + d] = h, 1.0
    return z


def _part(kept: Tensor, first: int, m: int, B: int) -> Tensor:
    """What is kept of m open pairs, `(7, m, B)`."""
    width = PARTS * B
    return kept[first * width : (first + m) * width].view(PARTS, m, B)
