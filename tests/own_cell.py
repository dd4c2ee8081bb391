"""A cell that a user might write, for `--cell own_cell:Leaky`."""

import torch
from torch import Tensor, nn

from rnntui.core.cells import Cell, State


class Leaky(Cell):
    """A user's own cell: h(t) = (1 - a) ⊙ h(t-1) + a ⊙ tanh(W_x x + W_hh h(t-1) + b),  a = σ(b_a)"""

    keep_bias = "b_a"

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.W_x = nn.Parameter(torch.zeros(n, d))
        self.W_hh = nn.Parameter(torch.zeros(n, n))
        self.b = nn.Parameter(torch.zeros(n))
        self.b_a = nn.Parameter(torch.zeros(n))

    def step(self, x: Tensor, state: State, t: int | Tensor) -> tuple[Tensor, State]:
        (h,) = state
        a = torch.sigmoid(self.b_a)
        h = (1 - a) * h + a * torch.tanh(x @ self.W_x.T + h @ self.W_hh.T + self.b)
        return h, (h,)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return n * (d + n + 2)


class Failing(Cell):
    """A cell that cannot be trained."""

    def __init__(self, d: int, n: int) -> None:
        raise RuntimeError("no such luck")
