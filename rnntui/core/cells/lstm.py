"""The LSTM of `docs/spec.md` 1 (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

x  input (B, d)     h  output (B, n)     c  cell state (B, n)
i  input gate       f  forget gate       g  modulated input      o  output gate
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from rnntui.core.cells import MaskedCell, State, masked


class LSTM(MaskedCell):
    """c(t) = g ⊙ i + c(t-1) ⊙ f,  h(t) = tanh(c(t)) ⊙ o

    The gates' matrices are stacked in the order i, f, g, o that the library kernels expect.
    """

    blocks: ClassVar[dict[str, tuple[str, ...]]] = {
        "W_x": ("W_ix", "W_fx", "W_gx", "W_ox"),
        "W_h": ("W_ih", "W_fh", "W_gh", "W_oh"),
        "b": ("b_i", "b_f", "b_g", "b_o"),
    }
    keep_bias, write_bias, orthogonal_keep = "b_f", "b_i", 1.0
    states = 2

    latching: ClassVar[str | None] = "W_gh"

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.W_x = nn.Parameter(torch.zeros(4 * n, d))
        self.W_h = nn.Parameter(torch.zeros(4 * n, n))
        self.b = nn.Parameter(torch.zeros(4 * n))

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        h = state[0]
        W_ix, W_fx, W_gx, W_ox = self.W_x.chunk(4)
        W_ih, W_fh, W_gh, W_oh = self.W_h.chunk(4)
        b_i, b_f, b_g, b_o = self.b.chunk(4)
        g = torch.tanh(x @ W_gx.T + h @ W_gh.T + b_g)
        i = torch.sigmoid(x @ W_ix.T + h @ W_ih.T + b_i)
        f = torch.sigmoid(x @ W_fx.T + h @ W_fh.T + b_f)
        o = torch.sigmoid(x @ W_ox.T + h @ W_oh.T + b_o)
        return {"i": i, "f": f, "g": g, "o": o}

    def step(self, x: Tensor, state: State, t: int | Tensor, mask: Tensor | None = None) -> tuple[Tensor, State]:
        i, f, g, o = self.gates(x, masked(state, mask)).values()
        c = g * i + state[1] * f
        h = torch.tanh(c) * o
        return h, (h, c)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return 4 * n * (1 + d + n)
