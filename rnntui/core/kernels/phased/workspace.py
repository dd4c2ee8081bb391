"""The working memory of one pass over a sequence on a CPU: the running state, and buffers for the open units.

Element-wise work is numpy's, whose calls cost a fraction of torch's, in memory that it shares with torch's products.
Nothing made of the weights outlives a pass, since the optimizer changes them in place.

z  [h, x, 1] of each example, (B, K)     m  units open at a step     rows (n, 4K)
"""

from itertools import pairwise

import numpy as np
from torch import Tensor

from rnntui.core.kernels.phased import rows
from rnntui.core.kernels.phased.kept import Array, Weights
from rnntui.core.kernels.phased.openings import Openings
from rnntui.core.kernels.phased.slots import fetch

SCRATCH = 15  # (m, B) each


class Bases:
    """Memory for the largest number of units open at once."""

    def __init__(self, most: int, B: int, K: int, like: Tensor) -> None:
        self.B, self.K = B, K
        self.h_at, self.dh_at = np.empty((2, most, B), np.int64)
        self.W, self.dW = like.new_empty(most, 4 * K), like.new_empty(most, 4 * K)
        self.a, self.scratch = like.new_empty(most * 4 * B), like.new_empty(SCRATCH * most * B)


class Room:
    """Views for m open units. Rows and places begin at the same address for every m, so they stay as m changes."""

    def __init__(self, m: int, bases: Bases, n: int) -> None:
        B, K = bases.B, bases.K
        self.h_at, self.dh_at = bases.h_at[:m], bases.dh_at[:m]  # where their h lies in z, and in ∂L/∂h
        self.W, self.dW = bases.W[:m].numpy(), bases.dW[:m].numpy()
        self.W_, self.dW_ = bases.W[:m].view(4 * m, K), bases.dW[:m].view(4 * m, K)
        self.W_h_ = self.W_[:, :n]
        self.a_ = bases.a[: m * 4 * B].view(4 * m, B)  # arguments of the gates i, f, o, g, or ∂L/∂ of them
        self.a: Array = self.a_.numpy().reshape(m, 4, B).transpose(1, 0, 2)
        scratch: Array = bases.scratch[: SCRATCH * m * B].numpy().reshape(SCRATCH, m, B)
        self._name(scratch[:5], scratch[5:10])
        self.dc_dh, self.dc, self.dh = scratch[10:12], scratch[10], scratch[11]
        self.c_h_open, self.c_open, self.h_open = scratch[12:14], scratch[12], scratch[13]
        self.pair, self.u, self.u_2, self.v = scratch[:2], scratch[0], scratch[1], scratch[14]

    def _name(self, d: Array, slopes: Array) -> None:
        """Parts of ∂L/∂ of i, f, o, g, c_0 (that of s lies where f comes later) and of the slopes of i, f, o, g, s."""
        self.d_i_f_o_g, self.d_i_f, self.d_s_o, self.d_g_c = d[:4], d[:2], d[1:3], d[3:]
        self.d_s, self.d_g, self.d_c = d[1], d[3], d[4]
        self.slopes, self.slopes_i_f_o_g, self.slopes_i_f_o = slopes, slopes[:4], slopes[:3]
        self.slopes_g_s, self.slopes_s = slopes[3:], slopes[4]


class Workspace:
    """z, the rows, and the room of the units that are open now."""

    def __init__(self, openings: Openings, x: Tensor, h: Tensor, weights: Weights, *, halved: bool) -> None:
        W_x, W_h, b = weights
        self.n, self.d, B = W_h.shape[1], W_x.shape[1], len(h)
        self.K = rows.columns(self.n, self.d)
        self.rows: Array = rows.stack(W_x, W_h, b, halved=halved).view(self.n, 4 * self.K).numpy()
        self.z_ = W_h.new_zeros(B, self.K)
        self.z: Array = self.z_.numpy()
        self.h, self.flat_z = self.z[:, : self.n], self.z.reshape(-1)
        self.h[...] = h.numpy()
        self.z[:, self.n + self.d] = 1.0
        self.read = _Values(x, self.n, self.z) if x.is_floating_point() else _Hot(x, self.n, self.z)
        self.units: Array = openings.units.numpy()
        self.bounds = list(pairwise(openings.bounds))
        self._h_at = np.arange(self.n)[:, None] + self.K * np.arange(B)
        self._bases = Bases(openings.most, B, self.K, W_h)
        self._rooms: dict[int, Room] = {}

    def open(self, units: Array, coming: Array | None) -> Room:
        """Room for these units, with the rows and places of those in the slots `coming`; the others' lie there."""
        m = len(units)
        if m not in self._rooms:
            self._rooms[m] = Room(m, self._bases, self.n)
        room = self._rooms[m]
        fetch(self._h_at, units, coming, room.h_at)
        fetch(self.rows, units, coming, room.W)
        return room


class _Values:
    """Lets z hold the inputs `(T, B, d)` of a step."""

    def __init__(self, x: Tensor, n: int, z: Array) -> None:
        self._x: Array = x.numpy()
        self._part = z[:, n : n + x.shape[2]]

    def __call__(self, t: int) -> None:
        self._part[...] = self._x[t]


class _Hot:
    """Lets z hold the inputs `(T, B)` of a step as one-hot values."""

    def __init__(self, x: Tensor, n: int, z: Array) -> None:
        self._places: Array = x.numpy() + (n + z.shape[1] * np.arange(len(z)))
        self._last, self._z = self._places[0], z.reshape(-1)

    def __call__(self, t: int) -> None:
        self._z[self._last] = 0.0
        self._last = self._places[t]
        self._z[self._last] = 1.0
