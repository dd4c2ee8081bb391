"""A cell whose gradient is known beforehand: h(t) = ρ Q h(t-1) + W_hx x(t), Q orthogonal: norms fall as ρ^lag."""

import torch
from torch import Tensor, nn

from rnntui.core.cells import Cell, State

RHO = 0.8


class Fading(Cell):
    """The linear recurrence; Q is what makes the columns of W_hh orthonormal, in any precision."""

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.W_hx = nn.Parameter(torch.zeros(n, d))
        self.W_hh = nn.Parameter(torch.zeros(n, n))

    def step(self, x: Tensor, state: State, t: int | Tensor) -> tuple[Tensor, State]:
        (h,) = state
        Q = torch.linalg.qr(self.W_hh.detach()).Q
        h = RHO * h @ Q.T + x @ self.W_hx.T
        return h, (h,)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return n * (d + n)
