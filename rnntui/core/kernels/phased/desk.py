"""The memory that one pass over a sequence on a CPU works in: the running state, and room for the open units.

Element-wise work is numpy's, whose calls cost a fraction of torch's, in memory that it shares with torch's products.
Nothing made of the weights outlives a pass, since the optimizer changes them in place.

z  [h, x, 1] of each example, (B, K)     m  units open at a step     rows (4n, K)
"""

from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnntui.core.kernels.phased import rows
from rnntui.core.kernels.phased.kept import Weights
from rnntui.core.kernels.phased.openings import Openings

Array = np.ndarray[Any, np.dtype[Any]]


class Room:
    """Arrays for m open units, cut from memory that rooms of other sizes use too; `…_` are tensors on the same."""

    def __init__(self, m: int, B: int, K: int, places: Array, numbers: Array) -> None:
        self.h_at, self.dh_at, self.row_at = _cut(places, (m, B), (m, B), (4, m))
        self.W, self.dW, self.a, self.b, self.u, self.v, self.w, self.x = _cut(
            numbers, (4 * m, K), (4 * m, K), (4, m, B), (3, m, B), (m, B), (m, B), (m, B), (m, B)
        )
        self.W_, self.dW_ = torch.from_numpy(self.W), torch.from_numpy(self.dW)
        self.a_ = torch.from_numpy(self.a).view(4 * m, B)
        self.flat_row_at = self.row_at.reshape(4 * m)

    @staticmethod
    def sizes(m: int, B: int, K: int) -> tuple[int, int]:
        """How many places and numbers it takes."""
        return m * (2 * B + 4), m * (8 * K + 11 * B)


class Desk:
    """z, the rows, and the room of the units that are open now."""

    def __init__(self, openings: Openings, x: Tensor, h: Tensor, weights: Weights, *, halved: bool) -> None:
        W_x, W_h, b = weights
        self.n, self.d, B = W_h.shape[1], W_x.shape[1], len(h)
        self.K = rows.columns(self.n, self.d)
        self.rows: Array = rows.stack(W_x, W_h, b, halved=halved).view(4 * self.n, self.K).numpy()
        self.z_ = W_h.new_zeros(B, self.K)
        self.z: Array = self.z_.numpy()
        self.h, self.flat_z = self.z[:, : self.n], self.z.reshape(-1)
        self.h[...] = h.numpy()
        self.z[:, self.n + self.d] = 1.0
        self._enter = _Hot(x, self.n, self.z) if not x.is_floating_point() else _Values(x, self.n, self.z)
        self.units: Array = openings.units.numpy()
        self.bounds = list(pairwise(openings.bounds))
        self._begins = self.K * np.arange(B)  # where each example's row of z begins
        self._gates = self.n * np.arange(4)[:, None]  # where each gate's rows begin
        places, numbers = Room.sizes(openings.most, B, self.K)
        self._places, self._numbers = np.empty(places, np.int64), W_h.new_empty(numbers).numpy()
        self._rooms: dict[int, Room] = {}

    def read(self, t: int) -> None:
        """Let z hold x of step t."""
        self._enter(t)

    def open(self, units: Array) -> Room:
        """Room for these units, with their rows; what the last room held is gone."""
        m = len(units)
        room = self._rooms.get(m)
        if room is None:
            room = self._rooms[m] = Room(m, len(self.z), self.K, self._places, self._numbers)
        np.add(units[:, None], self._begins, room.h_at)
        np.add(units, self._gates, room.row_at)
        self.rows.take(room.flat_row_at, 0, room.W, "clip")
        return room


class _Values:
    """Enters inputs `(T, B, d)` into z."""

    def __init__(self, x: Tensor, n: int, z: Array) -> None:
        self._x: Array = x.detach().numpy()
        self._part = z[:, n : n + x.shape[2]]

    def __call__(self, t: int) -> None:
        self._part[...] = self._x[t]


class _Hot:
    """Enters inputs `(T, B)` into z as one-hot values."""

    def __init__(self, x: Tensor, n: int, z: Array) -> None:
        self._places: Array = x.numpy() + (n + z.shape[1] * np.arange(len(z)))
        self._last, self._z = self._places[0], z.reshape(-1)

    def __call__(self, t: int) -> None:
        self._z[self._last] = 0.0
        self._last = self._places[t]
        self._z[self._last] = 1.0


def _cut(memory: Array, *shapes: tuple[int, ...]) -> list[Array]:
    """Arrays of these shapes, one after the other."""
    ends = np.cumsum([prod(shape) for shape in shapes])
    parts = np.split(memory[: ends[-1]], ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
