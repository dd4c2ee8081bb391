"""RNN, LSTM and GRU with layer normalisation (Ba, Kiros and Hinton 2016), `--layer-norm`.

    LN(a; γ) = γ ⊙ (a − mean(a)) / √(var(a) + ε)

over the numbers of one sequence at one step. What the input adds and what the state adds are normalised each by
itself, with gains of their own, before the bias: so neither is small because its weights begin small, which is what
holds up the first thousand steps of a network that reads characters. Gains begin at 1.

x  input (B, d)     h  output (B, n)     c  cell state (B, n)
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from rnntui.core.cells import MaskedCell, State, masked
from rnntui.core.cells.gru import GRU
from rnntui.core.cells.lstm import LSTM
from rnntui.core.cells.vanilla import VanillaRNN

EPSILON = 1e-5  # ε, torch's


def normalised(a: Tensor, gain: Tensor, shift: Tensor | None = None) -> Tensor:
    """LN(a; gain) + shift over the last dimension."""
    return nn.functional.layer_norm(a, a.shape[-1:], gain, shift, EPSILON)


class Normed(MaskedCell):
    """What the three share: gains that begin at 1, and none of which an initialisation draws.

    `together` is how many gates each norm is over, in the order in which their matrices are stacked.
    """

    together: ClassVar[tuple[int, ...]]
    gain_input: nn.Parameter
    gain_state: nn.Parameter

    drawn_here: ClassVar[frozenset[str]] = frozenset({"gain_input", "gain_state", "gain_cell", "shift_cell"})

    def draw(self, steps: int, generator: torch.Generator) -> None:
        for letter, tensor in self.letters():
            if letter in self.drawn_here:
                tensor.fill_(float(letter != "shift_cell"))


class LayerNormRNN(Normed, VanillaRNN):
    """h(t) = tanh(LN(W_hx x(t)) + LN(W_hh h(t-1)) + b_h)"""

    together = (1,)

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.gain_input, self.gain_state = nn.Parameter(torch.ones(n)), nn.Parameter(torch.ones(n))

    def step(self, x: Tensor, state: State, t: int | Tensor, mask: Tensor | None = None) -> tuple[Tensor, State]:
        (h,) = masked(state, mask)
        from_input = normalised(x @ self.W_hx.T, self.gain_input, self.b_h)
        h = torch.tanh(from_input + normalised(h @ self.W_hh.T, self.gain_state))
        return h, (h,)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return VanillaRNN.parameter_count(d, n) + 2 * n


class LayerNormLSTM(Normed, LSTM):
    """i, f, o = σ(a),  g = tanh(a),  a = LN(W_x x(t)) + LN(W_h h(t-1)) + b, over the numbers of all four gates;
    c(t) = g ⊙ i + c(t-1) ⊙ f,  h(t) = tanh(LN(c(t)) + shift) ⊙ o
    """

    together = (4,)

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.gain_input, self.gain_state = nn.Parameter(torch.ones(4 * n)), nn.Parameter(torch.ones(4 * n))
        self.gain_cell, self.shift_cell = nn.Parameter(torch.ones(n)), nn.Parameter(torch.zeros(n))

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        a = normalised(x @ self.W_x.T, self.gain_input, self.b) + normalised(state[0] @ self.W_h.T, self.gain_state)
        i, f, g, o = a.chunk(4, dim=1)
        return {"i": torch.sigmoid(i), "f": torch.sigmoid(f), "g": torch.tanh(g), "o": torch.sigmoid(o)}

    def step(self, x: Tensor, state: State, t: int | Tensor, mask: Tensor | None = None) -> tuple[Tensor, State]:
        i, f, g, o = self.gates(x, masked(state, mask)).values()
        c = g * i + state[1] * f
        h = torch.tanh(normalised(c, self.gain_cell, self.shift_cell)) * o
        return h, (h, c)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return LSTM.parameter_count(d, n) + 10 * n


class LayerNormGRU(Normed, GRU):
    """A GRU whose r and z are normalised together and whose candidate is by itself, as in the paper."""

    together = (2, 1)

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.gain_input, self.gain_state = nn.Parameter(torch.ones(3 * n)), nn.Parameter(torch.ones(3 * n))

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        (h,), n = state, 2 * self.n
        enter, keep = x @ self.W_x.T, h @ self.W_h.T
        both = normalised(enter[:, :n], self.gain_input[:n], self.b[:n])
        r, z = torch.sigmoid(both + normalised(keep[:, :n], self.gain_state[:n])).chunk(2, dim=1)
        from_state = normalised(keep[:, n:], self.gain_state[n:], self.b_gh)
        g = torch.tanh(normalised(enter[:, n:], self.gain_input[n:], self.b[n:]) + r * from_state)
        return {"r": r, "z": z, "g": g}

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return GRU.parameter_count(d, n) + 6 * n
