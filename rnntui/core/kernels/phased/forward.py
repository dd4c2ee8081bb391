"""The forward pass of the open units on a CPU; the state of a closed unit is not touched.

i, f, g, o  gates, (m, B) each     k  openness, (m, 1)     s  tanh c
c_0, h_0  the state before the step     c̃, h̃  the new state of a fully open unit
"""

import numpy as np
import torch
from numpy import add, multiply, tanh
from torch import Tensor

from rnntui.core.cells import State
from rnntui.core.kernels.phased.kept import PARTS, Array, Weights, room_for, turned
from rnntui.core.kernels.phased.openings import Openings
from rnntui.core.kernels.phased.workspace import Room, Workspace


@np.errstate(all="ignore")  # a run that diverges says so itself
def forward(
    openings: Openings, x: Tensor, state: State, weights: Weights, k: Tensor, keep: bool
) -> tuple[Tensor, State, Tensor]:
    """Outputs `(T, B, n)`, the last state, and what `backward` needs, if it is to be kept; `k` is `(M,)`."""
    T, B = x.shape[:2]
    workspace = Workspace(openings, x, state[0], weights, halved=True)
    kept = room_for(len(openings.units) if keep else openings.most, B, k)
    step = _ForwardStep(workspace, state[1], kept, k)
    outputs = k.new_empty(T, B, workspace.n)
    output: Array = outputs.numpy()
    for t, (first, last) in enumerate(workspace.bounds):
        if first < last:
            workspace.read(t)
            units = workspace.units[first:last]
            room = workspace.open(units, openings.moves.come[t])
            step(room, units, first, last, first if keep else 0)
        output[t] = workspace.h
    return outputs, (turned(workspace.z_[:, : workspace.n]), turned(step.c_.T)), kept


class _ForwardStep:
    """One step of the open units."""

    def __init__(self, workspace: Workspace, c: Tensor, kept: Tensor, k: Tensor) -> None:
        self.c_ = turned(c.T)  # (n, B)
        self.c: Array = self.c_.numpy()
        self._z, self._z_T, self._width = workspace.flat_z, workspace.z_.T, PARTS * len(workspace.z)
        self._kept: Array = kept.numpy()
        self._k: Array = k.numpy()[:, None]
        self._closed = 1 - self._k
        self._half = np.array(0.5, self._k.dtype)

    def __call__(self, room: Room, units: Array, first: int, last: int, at: int) -> None:
        """The open pairs from `first` to `last`; what is kept of them begins at the place of pair `at`."""
        m, width, half, k, closed = last - first, self._width, self._half, self._k[first:last], self._closed[first:last]
        kept = self._kept[at * width : (at + m) * width].reshape(PARTS, m, -1)
        i_f, i_f_o, g_c_0 = kept[:2], kept[:3], kept[3:6:2]
        o, s, c_0, h_0 = kept[2], kept[4], kept[5], kept[6]
        u, v = room.u, room.u_2

        torch.mm(room.W_, self._z_T, out=room.a_)
        tanh(room.a, kept[:4])
        multiply(i_f_o, half, i_f_o)
        add(i_f_o, half, i_f_o)

        self.c.take(units, 0, c_0, "clip")
        multiply(i_f, g_c_0, room.pair)
        add(u, v, u)  # c̃
        multiply(u, k, u)
        multiply(c_0, closed, v)
        add(u, v, u)  # c
        self.c[units] = u

        self._z.take(room.h_at, None, h_0, "clip")
        tanh(u, s)
        multiply(s, o, u)  # h̃
        multiply(u, k, u)
        multiply(h_0, closed, v)
        add(u, v, u)  # h
        self._z[room.h_at] = u
