"""The backward pass of the open units on a CPU: it reconstructs earlier states, so no history of h and c is needed.

With dh and dc, the gradients of the state after a step from later steps and the output, an open unit has (s = tanh c)

    dh̃ = k dh     do = dh̃ s     dc += dh̃ o (1 - s²)     dc̃ = k dc     di = dc̃ g     df = dc̃ c_0     dg = dc̃ i
    dk = Σ_B dh (h̃ - h_0) + dc (c̃ - c_0)     dh_0 = dh - dh̃ + Wᵀ δ     dc_0 = dc - dc̃ + f dc̃

δ being the gradients of the gates' arguments, by σ' = σ - σ² and tanh' = 1 - tanh². A closed unit passes dh and dc on
unchanged.
"""

import numpy as np
import torch
from numpy import add, multiply, subtract
from torch import Tensor

from rnntui.core.kernels.phased import rows
from rnntui.core.kernels.phased.kept import PARTS, Array, Asked, Gradients, Outer, Weights, turned
from rnntui.core.kernels.phased.openings import Openings
from rnntui.core.kernels.phased.slots import fetch, put
from rnntui.core.kernels.phased.workspace import Room, Workspace


@np.errstate(all="ignore")  # a run that diverges says so itself
def backward(
    openings: Openings, x: Tensor, h: Tensor, weights: Weights, k: Tensor, kept: Tensor, outer: Outer, asked: Asked
) -> Gradients:
    """Gradients from those of the outputs and of the last state; `h` is the last."""
    workspace = Workspace(openings, x, h, weights, halved=False)
    step = _BackwardStep(workspace, k, kept, outer, asked.k)
    d_output: Array | None = None if outer.outputs is None else outer.outputs.numpy()
    dx = x.new_zeros(x.shape) if asked.x else None
    moves, x_part = openings.moves, slice(workspace.n, workspace.n + workspace.d)
    for t in range(len(workspace.bounds) - 1, -1, -1):
        first, last = workspace.bounds[t]
        if d_output is not None:
            add(step.dh, d_output[t], step.dh)
        if first < last:
            workspace.read(t)
            units = workspace.units[first:last]
            room = workspace.open(units, moves.go[t])
            step(room, units, first, last, moves.go[t])
            put(room.dW, units, moves.come[t], step.dW)
            if dx is not None:
                torch.mm(room.a_.T, room.W_[:, x_part], out=dx[t])
    dW_x, dW_h, db = rows.unstack(torch.from_numpy(step.dW).view(workspace.n, 4, -1), workspace.d)
    dh, dc = (step.dh_, turned(step.dc_.T)) if asked.state else (None, None)
    return Gradients(dx, dh, dc, dW_x, dW_h, db, torch.from_numpy(step.dk) if asked.k else None)


class _BackwardStep:
    """One step back of the open units."""

    def __init__(self, workspace: Workspace, k: Tensor, kept: Tensor, outer: Outer, k_asked: bool) -> None:
        B, n = len(workspace.z), workspace.n
        self.dh_ = k.new_zeros(B, n) if outer.h is None else turned(outer.h)
        self.dh: Array = self.dh_.numpy()
        self.dc_ = k.new_zeros(n, B) if outer.c is None else turned(outer.c.T)
        self.dc: Array = self.dc_.numpy()
        self.dW: Array = k.new_zeros(n, 4 * workspace.K).numpy()
        self.dk: Array = np.zeros(len(k), self.dh.dtype)
        self._dh_at = np.arange(n)[:, None] + n * np.arange(B)
        self._z, self._z_, self._flat_dh = workspace.flat_z, workspace.z_, self.dh.reshape(-1)
        self._kept, self._width, self._k_asked = kept.numpy(), PARTS * B, k_asked
        self._k: Array = k.numpy()[:, None]
        self._one = np.array(1.0, self._k.dtype)

    def __call__(self, room: Room, units: Array, first: int, last: int, coming: Array | None) -> None:
        """The open pairs from `first` to `last`, with the rows of ∂L/∂W in the slots `coming`."""
        k, width, one = self._k[first:last], self._width, self._one
        kept = self._kept[first * width : last * width].reshape(PARTS, last - first, -1)
        i_f, i_f_o, o_s, g_c_0, i_f_o_g_s = kept[:2], kept[:3], kept[2:5:2], kept[3:6:2], kept[:5]
        dh, dc, v = room.dh, room.dc, room.v
        fetch(self._dh_at, units, coming, room.dh_at)
        fetch(self.dW, units, coming, room.dW)

        self._z[room.h_at] = kept[6]
        self._flat_dh.take(room.dh_at, None, dh, "clip")
        self.dc.take(units, 0, dc, "clip")
        multiply(i_f_o_g_s, i_f_o_g_s, room.slopes)
        subtract(i_f_o, room.slopes_i_f_o, room.slopes_i_f_o)
        subtract(one, room.slopes_g_s, room.slopes_g_s)

        multiply(dh, k, v)  # dh̃
        multiply(o_s, v, room.d_s_o)
        multiply(room.d_s, room.slopes_s, room.d_s)
        add(dc, room.d_s, dc)
        if self._k_asked:
            multiply(i_f, g_c_0, room.d_g_c)
            self._find_dk(room, kept, self.dk[first:last])
        subtract(dh, v, dh)
        self._flat_dh[room.dh_at] = dh

        multiply(dc, k, v)  # dc̃
        multiply(g_c_0, v, room.d_i_f)
        multiply(i_f, v, room.d_g_c)
        subtract(dc, v, dc)
        add(dc, room.d_c, dc)
        self.dc[units] = dc

        multiply(room.d_i_f_o_g, room.slopes_i_f_o_g, room.a)
        room.dW_.addmm_(room.a_, self._z_)
        self.dh_.addmm_(room.a_.T, room.W_h_)

    def _find_dk(self, room: Room, kept: Array, dk: Array) -> None:
        """dk = Σ_B dc (g i + c_0 f - c_0) + dh (s o - h_0), the products of the gates being in the room"""
        add(room.d_g, room.d_c, room.c_open)
        multiply(kept[4], kept[2], room.h_open)
        subtract(room.c_h_open, kept[5:], room.c_h_open)
        multiply(room.c_h_open, room.dc_dh, room.c_h_open)
        add.reduce(room.c_h_open, axis=(0, 2), out=dk)
