"""The backward pass of the open units on a CPU: it undoes the sequence, so no history of h and c is needed.

With what reaches dh and dc from later steps and from the output, an open unit has

    dh̃ = k dh     do = dh̃ tanh c     dc += dh̃ o (1 - tanh² c)     dc̃ = k dc     di = dc̃ g     df = dc̃ c_0     dg = dc̃ i
    dk = Σ_B dh (h̃ - h_0) + dc (c̃ - c_0)      dh_0 = (1 - k) dh + Wᵀ δ      dc_0 = (1 - k) dc + f dc̃

δ being the gradients of the gates' arguments; a closed unit hands dh and dc on as they are.
"""

import numpy as np
import torch
from torch import Tensor

from rnntui.core.kernels.phased import rows
from rnntui.core.kernels.phased.desk import Array, Desk, Room
from rnntui.core.kernels.phased.kept import Asked, Gradients, Kept, Outer, Weights
from rnntui.core.kernels.phased.openings import Openings


@np.errstate(all="ignore")
def backward(
    openings: Openings, x: Tensor, h: Tensor, weights: Weights, k: Tensor, kept: Kept, outer: Outer, asked: Asked
) -> Gradients:
    """Gradients from those of the outputs and of the last state; `h` is the last."""
    desk = Desk(openings, x, h, weights, halved=False)
    unit_step = _Step(desk, k, kept, asked)
    dh, dc = unit_step.dh, unit_step.dc
    d_outputs, dh_last, dc_last = (None if part is None else part.numpy() for part in outer)
    if dh_last is not None:
        dh += dh_last
    if dc_last is not None:
        dc += dc_last.T
    dx = x.new_zeros(x.shape) if asked.x else None
    room = None
    for t in range(len(desk.bounds) - 1, -1, -1):
        first, last = desk.bounds[t]
        if d_outputs is not None:
            np.add(dh, d_outputs[t], dh)
        if first == last:
            continue
        desk.read(t)
        is_new = room is None or not openings.again[t + 1]
        if is_new:
            if room is not None:
                unit_step.close(room)
            units = desk.units[first:last]
            room = desk.open(units)
        assert room is not None
        unit_step(room, units, first, last, is_new)
        if dx is not None:
            torch.mm(room.a_.T, room.W_[:, desk.n : desk.n + desk.d], out=dx[t])
    if room is not None:
        unit_step.close(room)
    dW_x, dW_h, db = rows.unstack(torch.from_numpy(unit_step.dW).view(4, desk.n, -1), desk.d)
    dh0, dc0 = (torch.from_numpy(dh), torch.from_numpy(dc.T.copy())) if asked.state else (None, None)
    dk = torch.from_numpy(unit_step.dk) if asked.k else None
    return Gradients(dx, dh0, dc0, dW_x, dW_h, db, dk)


class _Step:
    """One step back of the open units."""

    def __init__(self, desk: Desk, k: Tensor, kept: Kept, asked: Asked) -> None:
        B = len(desk.z)
        self.dh_ = k.new_zeros(B, desk.n)
        self.dh: Array = self.dh_.numpy()
        self.dc: Array = k.new_zeros(desk.n, B).numpy()
        self.dW: Array = k.new_zeros(4 * desk.n, desk.K).numpy()
        self.dk: Array = k.new_zeros(len(k)).numpy()
        self._asked, self._n = asked, desk.n
        self._begins = desk.n * np.arange(B)
        self._z, self._z_, self._flat_dh = desk.flat_z, desk.z_, self.dh.reshape(-1)
        self._gates, self._c_0, self._h_0, self._tanh_c = (part.numpy() for part in kept)
        self._k: Array = k.numpy()[:, None]
        self._closed = 1 - self._k
        self._one = np.array(1.0, self._k.dtype)

    def __call__(self, room: Room, units: Array, first: int, last: int, is_new: bool) -> None:
        m, B = room.u.shape
        k, closed = self._k[first:last], self._closed[first:last]
        c_0, h_0, tanh_c = self._c_0[first:last], self._h_0[first:last], self._tanh_c[first:last]
        gates = self._gates[4 * first * B : 4 * last * B].reshape(4, m, B)
        i, f, o, g = gates
        di, df, do, dg = delta = room.a
        dh, dc, v, w, slopes = room.u, room.w, room.v, room.x, room.b
        dh_at = np.add(units[:, None], self._begins, room.dh_at)

        self._z[room.h_at] = h_0
        self._flat_dh.take(dh_at, None, dh, "clip")
        self.dc.take(units, 0, dc, "clip")
        if self._asked.k:
            np.multiply(tanh_c, o, v)
            np.subtract(v, h_0, v)
            np.multiply(v, dh, w)
        np.multiply(dh, k, v)  # dh̃
        np.multiply(v, tanh_c, do)
        np.multiply(v, o, v)
        np.multiply(tanh_c, tanh_c, di)
        np.subtract(self._one, di, di)
        np.multiply(v, di, v)
        np.add(dc, v, dc)
        np.multiply(dh, closed, dh)
        self._flat_dh[dh_at] = dh
        if self._asked.k:
            np.multiply(g, i, u := dh)
            np.multiply(c_0, f, v)
            np.add(u, v, u)
            np.subtract(u, c_0, u)
            np.multiply(u, dc, u)
            np.add(w, u, w)
            np.add.reduce(w, axis=1, out=self.dk[first:last])
        np.multiply(dc, k, v)  # dc̃
        np.multiply(v, g, di)
        np.multiply(v, c_0, df)
        np.multiply(v, i, dg)
        np.multiply(v, f, v)
        np.multiply(dc, closed, dc)
        np.add(dc, v, dc)
        self.dc[units] = dc
        np.multiply(gates[:3], gates[:3], slopes)
        np.subtract(gates[:3], slopes, slopes)
        np.multiply(delta[:3], slopes, delta[:3])
        np.multiply(g, g, v)
        np.subtract(self._one, v, v)
        np.multiply(dg, v, dg)
        if is_new:
            torch.mm(room.a_, self._z_, out=room.dW_)
        else:
            room.dW_.addmm_(room.a_, self._z_)
        self.dh_.addmm_(room.a_.T, room.W_[:, : self._n])

    def close(self, room: Room) -> None:
        self.dW[room.flat_row_at] += room.dW
