"""One step of one sequence in numpy: what generation runs on.

At batch 1 a step is a few products of a matrix and a vector, and what torch needs to launch them costs more than
they do. σ(z) = (1 + tanh(z/2))/2, so with the gates' rows halved beforehand one tanh serves all gates.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from rnntui.core.cells import Cell
from rnntui.core.cells.gru import GRU
from rnntui.core.cells.lstm import LSTM
from rnntui.core.cells.vanilla import VanillaRNN
from rnntui.core.model import Model

Vector = np.ndarray[Any, np.dtype[np.float32]]
Vectors = tuple[Vector, ...]
Network = Callable[[int, tuple[Any, ...]], tuple[Vector, tuple[Any, ...]]]
_Layer = Callable[[Vector, Vectors], Vectors]  # (what input and bias add to the gates, state) -> state
_Prepared = tuple[Vector, Vector, _Layer]  # W_xᵀ (d, gates · n), b (gates · n,), the layer


class Snapshot:
    """A network as it was at one step: weights copied, so that training may go on.

    `step(index, state)` gives the logits `(o,)` after one more character and the state after it.
    """

    def __init__(self, model: Model) -> None:
        self.step: Network
        if all(type(cell) in _LAYERS for cell in model.cells):
            self.step, self.initial_state = _in_numpy(model)
        else:
            self.step, self.initial_state = _in_torch(model)


def _in_numpy(model: Model) -> tuple[Network, tuple[Vectors, ...]]:
    layers = [_LAYERS[type(cell)](cell) for cell in model.cells]
    W_phT, b_p = _array(model.W_ph).T.copy(), _array(model.b_p)
    W_xT, b, lowest = layers[0]
    table, upper = W_xT + b, layers[1:]  # row k: what the one-hot input k and the bias add

    def step(index: int, state: tuple[Vectors, ...]) -> tuple[Vector, tuple[Vectors, ...]]:
        after = [lowest(table[index], state[0])]
        for (W_xT, b, layer), layer_state in zip(upper, state[1:], strict=True):
            after.append(layer(after[-1][0] @ W_xT + b, layer_state))
        return after[-1][0] @ W_phT + b_p, tuple(after)

    zeros = tuple(tuple(np.zeros(cell.n, np.float32) for _ in range(cell.states)) for cell in model.cells)
    return step, zeros


def _in_torch(model: Model) -> tuple[Network, tuple[Any, ...]]:
    model = copy.deepcopy(model).place("cpu")

    @torch.inference_mode()
    def step(index: int, state: tuple[Any, ...]) -> tuple[Vector, tuple[Any, ...]]:
        read, layers = state
        times = torch.tensor([read + 1], dtype=torch.float64)
        logits, layers = model(torch.tensor([[index]]), layers, times)
        return logits.flatten().numpy(), (read + 1, layers)

    return step, (0, model.initial_state(1))


def _vanilla(cell: VanillaRNN) -> _Prepared:
    W_hhT = _array(cell.W_hh).T.copy()

    def layer(a: Vector, state: Vectors) -> Vectors:
        return (np.tanh(a + state[0] @ W_hhT),)

    return _array(cell.W_hx).T.copy(), _array(cell.b_h), layer


def _lstm(cell: LSTM) -> _Prepared:
    n = cell.n
    order = np.r_[0 : 2 * n, 3 * n : 4 * n, 2 * n : 3 * n]  # i, f, o, then g
    half = np.r_[np.full(3 * n, 0.5), np.ones(n)].astype(np.float32)[:, None]
    W_hT = (half * _array(cell.W_h)[order]).T.copy()

    def layer(a: Vector, state: Vectors) -> Vectors:
        h, c = state
        z = np.tanh(a + h @ W_hT)
        gates = z[: 3 * n] * 0.5 + 0.5
        c = z[3 * n :] * gates[:n] + c * gates[n : 2 * n]
        return np.tanh(c) * gates[2 * n :], c

    return (half * _array(cell.W_x)[order]).T.copy(), half[:, 0] * _array(cell.b)[order], layer


def _gru(cell: GRU) -> _Prepared:
    n = cell.n
    half = np.r_[np.full(2 * n, 0.5), np.ones(n)].astype(np.float32)[:, None]
    W_hT, b_gh = (half * _array(cell.W_h)).T.copy(), _array(cell.b_gh)

    def layer(a: Vector, state: Vectors) -> Vectors:
        (h,) = state
        u = h @ W_hT
        gates = np.tanh(a[: 2 * n] + u[: 2 * n]) * 0.5 + 0.5
        g = np.tanh(a[2 * n :] + gates[:n] * (u[2 * n :] + b_gh))
        return (g + gates[n:] * (h - g),)

    return (half * _array(cell.W_x)).T.copy(), half[:, 0] * _array(cell.b), layer


def _array(tensor: torch.Tensor) -> Vector:
    return tensor.detach().to("cpu", torch.float32).numpy().copy()


_LAYERS: dict[type[Cell], Callable[[Any], _Prepared]] = {VanillaRNN: _vanilla, LSTM: _lstm, GRU: _gru}
