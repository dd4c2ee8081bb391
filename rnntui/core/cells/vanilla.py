"""The vanilla (Elman) RNN of `docs/spec.md` 1.

x  input (B, d)     h  hidden state and output (B, n)
"""

import torch
from torch import Tensor, nn

from rnntui.core.cells import MaskedCell, State, masked


class VanillaRNN(MaskedCell):
    """h(t) = tanh(W_hx x(t) + W_hh h(t-1) + b_h)"""

    latching = "W_hh"

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.W_hx = nn.Parameter(torch.zeros(n, d))
        self.W_hh = nn.Parameter(torch.zeros(n, n))
        self.b_h = nn.Parameter(torch.zeros(n))

    def step(self, x: Tensor, state: State, t: int | Tensor, mask: Tensor | None = None) -> tuple[Tensor, State]:
        (h,) = masked(state, mask)
        h = torch.tanh(x @ self.W_hx.T + h @ self.W_hh.T + self.b_h)
        return h, (h,)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return n * (d + n + 1)
