"""An LSTM with layer normalisation (Ba, Kiros and Hinton 2016), for the trial in `layer-norm.toml`.

    a = LN(W_x x) + LN(W_h h) + b,  gates and g from a,  c(t) = g ⊙ i + c(t-1) ⊙ f,  h(t) = tanh(LN(c(t))) ⊙ o

LN has a gain of its own each time, and for c a shift too; gains begin at 1.
"""

import torch
from torch import nn

from rnntui.core.cells import Cell


class LayerNormLSTM(Cell):
    states = 2
    blocks = {  # noqa: RUF012
        "W_x": ("W_ix", "W_fx", "W_gx", "W_ox"),
        "W_h": ("W_ih", "W_fh", "W_gh", "W_oh"),
        "b": ("b_i", "b_f", "b_g", "b_o"),
    }
    keep_bias, write_bias = "b_f", "b_i"
    drawn_here = frozenset({"gain_x", "gain_h", "gain_c", "shift_c"})

    def __init__(self, d, n):
        super().__init__(d, n)
        self.W_x = nn.Parameter(torch.zeros(4 * n, d))
        self.W_h = nn.Parameter(torch.zeros(4 * n, n))
        self.b = nn.Parameter(torch.zeros(4 * n))
        self.gain_x = nn.Parameter(torch.ones(4 * n))
        self.gain_h = nn.Parameter(torch.ones(4 * n))
        self.gain_c = nn.Parameter(torch.ones(n))
        self.shift_c = nn.Parameter(torch.zeros(n))

    def step(self, x, state, t):
        h, c = state
        a = (
            nn.functional.layer_norm(x @ self.W_x.T, (4 * self.n,), self.gain_x)
            + nn.functional.layer_norm(h @ self.W_h.T, (4 * self.n,), self.gain_h)
            + self.b
        )
        i, f, g, o = a.chunk(4, dim=1)
        c = torch.tanh(g) * torch.sigmoid(i) + c * torch.sigmoid(f)
        h = torch.tanh(nn.functional.layer_norm(c, (self.n,), self.gain_c, self.shift_c)) * torch.sigmoid(o)
        return h, (h, c)

    @staticmethod
    def parameter_count(d, n):
        return 4 * n * (1 + d + n) + 10 * n
