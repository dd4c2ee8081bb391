"""One step of one sequence in numpy, for generation.

At batch 1 a step is a few products of a matrix and a vector, and torch's overhead for starting them costs more than
they do. σ(z) = (1 + tanh(z/2))/2, so with the gates' rows halved beforehand one tanh serves all gates. Of a Phased
LSTM the open units alone are worked on.
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from rnntui.core.cells import Cell
from rnntui.core.cells.gru import GRU
from rnntui.core.cells.lstm import LSTM
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.cells.vanilla import VanillaRNN
from rnntui.core.kernels import compiled
from rnntui.core.kernels.compiled.layer import SHAPES
from rnntui.core.kernels.compiled.step import make_step, parts_of
from rnntui.core.model import Model

Vector = np.ndarray[Any, np.dtype[np.float32]]
Vectors = tuple[Any, ...]  # a layer's state, its output first; a Phased LSTM's ends with the time
Network = Callable[[int, Any], tuple[Vector, Any]]
_Layer = Callable[[int | Vector, Vectors], Vectors]  # (input: an index, or values from a layer below; state) -> state


class Snapshot:
    """A network as it was at one step: the weights are copied, so that training can continue.

    `step(index, state)` gives the logits `(o,)` after one more character and the state after it. A state is small;
    `parts(state)` are the parts of each layer's, `(n,)` each, the output first.
    """

    state_bytes = 0

    def __init__(self, model: Model) -> None:
        self.step: Network
        self.initial_state: Any  # which nobody looks into
        self.parts: Callable[[Any], tuple[tuple[Vector, ...], ...]]
        states = [cell.states for cell in model.cells]
        if model.kernel.instructions and type(model.cells[0]) in SHAPES:
            library = compiled.library(model.kernel.instructions)
            self.step, self.initial_state = make_step(library, model)
            self.parts = partial(parts_of, library, [(cell.n, cell.states) for cell in model.cells])
        elif all(type(cell) in _LAYERS for cell in model.cells):
            self.step, self.initial_state = _in_numpy(model)
            self.parts = lambda state: tuple(layer[:k] for layer, k in zip(state, states, strict=True))
        else:
            self.step, self.initial_state = _in_torch(model)
            self.parts = lambda state: tuple(tuple(part[0].numpy() for part in layer) for layer in state[1])


def _in_numpy(model: Model) -> tuple[Network, tuple[Vectors, ...]]:
    layers = [_LAYERS[type(cell)](cell) for cell in model.cells]
    W_phT, b_p = _array(model.W_ph).T.copy(), _array(model.b_p)

    def step(index: int, state: tuple[Vectors, ...]) -> tuple[Vector, tuple[Vectors, ...]]:
        x: int | Vector = index
        after = []
        for layer, layer_state in zip(layers, state, strict=True):
            after.append(layer(x, layer_state))
            x = after[-1][0]
        return x @ W_phT + b_p, tuple(after)

    return step, tuple(_zeros(cell) for cell in model.cells)


def _zeros(cell: Cell) -> Vectors:
    zeros = tuple(np.zeros(cell.n, np.float32) for _ in range(cell.states))
    return (*zeros, 0) if isinstance(cell, PhasedLSTM) else zeros


def _entrance(W_x: Vector, b: Vector) -> Callable[[int | Vector], Vector]:
    """The part of the gates' arguments from input and bias."""
    W_xT = W_x.T.copy()
    table = W_xT + b  # row k: what the one-hot input k and the bias add
    return lambda x: table[x] if isinstance(x, int) else x @ W_xT + b


def _in_torch(model: Model) -> tuple[Network, tuple[Any, ...]]:
    with model.own_code:
        model = copy.deepcopy(model).place("cpu")

    @torch.inference_mode()
    def step(index: int, state: tuple[Any, ...]) -> tuple[Vector, tuple[Any, ...]]:
        read, layers = state
        times = torch.tensor([read + 1], dtype=torch.float64)
        logits, layers = model(torch.tensor([[index]]), layers, times)
        return logits.flatten().numpy(), (read + 1, layers)

    return step, (0, model.initial_state(1))


def _vanilla(cell: VanillaRNN) -> _Layer:
    enter, W_hhT = _entrance(_array(cell.W_hx), _array(cell.b_h)), _array(cell.W_hh).T.copy()

    def layer(x: int | Vector, state: Vectors) -> Vectors:
        return (np.tanh(enter(x) + state[0] @ W_hhT),)

    return layer


def _lstm(cell: LSTM) -> _Layer:
    n = cell.n
    order = np.r_[0 : 2 * n, 3 * n : 4 * n, 2 * n : 3 * n]  # i, f, o, then g
    half = np.r_[np.full(3 * n, 0.5), np.ones(n)].astype(np.float32)[:, None]
    enter = _entrance(half * _array(cell.W_x)[order], half[:, 0] * _array(cell.b)[order])
    W_hT = (half * _array(cell.W_h)[order]).T.copy()

    def layer(x: int | Vector, state: Vectors) -> Vectors:
        h, c = state
        z = np.tanh(enter(x) + h @ W_hT)
        gates = z[: 3 * n] * 0.5 + 0.5
        c = z[3 * n :] * gates[:n] + c * gates[n : 2 * n]
        return np.tanh(c) * gates[2 * n :], c

    return layer


def _gru(cell: GRU) -> _Layer:
    n = cell.n
    half = np.r_[np.full(2 * n, 0.5), np.ones(n)].astype(np.float32)[:, None]
    enter = _entrance(half * _array(cell.W_x), half[:, 0] * _array(cell.b))
    W_hT, b_gh = (half * _array(cell.W_h)).T.copy(), _array(cell.b_gh)

    def layer(x: int | Vector, state: Vectors) -> Vectors:
        (h,) = state
        a, u = enter(x), h @ W_hT
        gates = np.tanh(a[: 2 * n] + u[: 2 * n]) * 0.5 + 0.5
        g = np.tanh(a[2 * n :] + gates[:n] * (u[2 * n :] + b_gh))
        return (g + gates[n:] * (h - g),)

    return layer


def _phased(cell: PhasedLSTM) -> _Layer:
    W_x, W_h, b = (_by_unit(part) for part in (cell.W_x, cell.W_h, cell.b))  # (n, 4, …)
    tau, s, r_on = (letter.detach().cpu().numpy().copy() for letter in (cell.tau, cell.s, cell.r_on))
    leak = cell.leak

    @np.errstate(all="ignore")  # a gate that has gone astray shows in the logits
    def layer(x: int | Vector, state: Vectors) -> Vectors:
        h, c, t = state
        t += 1
        phi = np.remainder(t - s, tau) / tau
        phi[phi >= 1] = 0.0
        k = np.where(phi < r_on, np.minimum(2 * phi / r_on, 2 - 2 * phi / r_on), leak * phi)
        units = k.nonzero()[0]  # at k = 0 nothing changes
        k_open, h, c = k[units].astype(np.float32), h.copy(), c.copy()
        W_x_open = W_x[units, :, x] if isinstance(x, int) else W_x[units] @ x
        z = np.tanh(W_h[units] @ h + W_x_open + b[units, :])
        i, f, o = 0.5 * z[:, :3].T + 0.5
        c[units] = k_open * (z[:, 3] * i + c[units] * f) + (1 - k_open) * c[units]
        h[units] = k_open * (np.tanh(c[units]) * o) + (1 - k_open) * h[units]
        return h, c, t

    return layer


def _by_unit(stacked: torch.Tensor) -> Vector:
    """Rows of the gates i, f, o, g of each unit, `(n, 4, …)`, those of i, f, o halved."""
    i, f, g, o = _array(stacked).reshape(4, len(stacked) // 4, *stacked.shape[1:])
    return np.stack([0.5 * i, 0.5 * f, 0.5 * o, g], axis=1)


def _array(tensor: torch.Tensor) -> Vector:
    return tensor.detach().to("cpu", torch.float32).numpy().copy()


_LAYERS: dict[type[Cell], Callable[[Any], _Layer]] = {VanillaRNN: _vanilla, LSTM: _lstm, GRU: _gru, PhasedLSTM: _phased}
