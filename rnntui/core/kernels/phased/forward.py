"""The forward pass of the open units on a CPU: what a closed unit holds is not touched.

i, f, g, o  gates, (m, B) each     k  openness, (m, 1)     c̃, h̃  what a wholly open unit would come to
c_0, h_0  the state before the step
"""

import numpy as np
import torch
from torch import Tensor

from rnntui.core.cells import State
from rnntui.core.kernels.phased.desk import Array, Desk, Room
from rnntui.core.kernels.phased.kept import Kept, Weights
from rnntui.core.kernels.phased.openings import Openings


@np.errstate(all="ignore")  # a run that diverges says so itself
def forward(
    openings: Openings, x: Tensor, state: State, weights: Weights, k: Tensor, keep: bool
) -> tuple[Tensor, State, Kept]:
    """Outputs `(T, B, n)`, the last state, and what `backward` needs, if it is to be kept; `k` is `(M,)`."""
    T, B = x.shape[:2]
    desk = Desk(openings, x, state[0], weights, halved=True)
    kept = Kept.of(len(openings.units) if keep else openings.most, B, k)
    unit_step = _Step(desk, state[1], kept, k)
    outputs = k.new_empty(T, B, desk.n)
    output: Array = outputs.numpy()
    room = None
    for t, (first, last) in enumerate(desk.bounds):
        if first < last:
            desk.read(t)
            if room is None or not openings.again[t]:
                units = desk.units[first:last]
                room = desk.open(units)
            unit_step(room, units, first, last, first if keep else 0)
        output[t] = desk.h
    h, c = torch.from_numpy(desk.h.copy()), torch.from_numpy(unit_step.c.T.copy())
    return outputs, (h, c), kept


class _Step:
    """One step of the open units."""

    def __init__(self, desk: Desk, c: Tensor, kept: Kept, k: Tensor) -> None:
        self.c: Array = c.numpy().T.copy()  # (n, B)
        self._z, self._z_T = desk.flat_z, desk.z_.T
        self._gates, self._c_0, self._h_0, self._tanh_c = (part.numpy() for part in kept)
        self._k: Array = k.numpy()[:, None]
        self._closed = 1 - self._k
        self._half = np.array(0.5, self._k.dtype)

    def __call__(self, room: Room, units: Array, first: int, last: int, at: int) -> None:
        """The open pairs from `first` to `last`; what is kept of them begins at `at`."""
        m, B = room.u.shape
        end, u, v, k, closed = at + m, room.u, room.v, self._k[first:last], self._closed[first:last]
        c_0, h_0, tanh_c = self._c_0[at:end], self._h_0[at:end], self._tanh_c[at:end]
        gates = self._gates[4 * at * B : 4 * end * B].reshape(4, m, B)

        torch.mm(room.W_, self._z_T, out=room.a_)
        np.tanh(room.a, gates)
        np.multiply(gates[:3], self._half, gates[:3])
        np.add(gates[:3], self._half, gates[:3])
        i, f, o, g = gates

        self.c.take(units, 0, c_0, "clip")
        np.multiply(g, i, u)
        np.multiply(c_0, f, v)
        np.add(u, v, u)  # c̃
        np.multiply(u, k, u)
        np.multiply(c_0, closed, v)
        np.add(u, v, u)  # c
        self.c[units] = u

        self._z.take(room.h_at, None, h_0, "clip")
        np.tanh(u, tanh_c)
        np.multiply(tanh_c, o, u)  # h̃
        np.multiply(u, k, u)
        np.multiply(h_0, closed, v)
        np.add(u, v, u)  # h
        self._z[room.h_at] = u
