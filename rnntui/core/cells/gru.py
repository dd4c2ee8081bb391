"""The GRU of `docs/spec.md` 1 (Cho et al. 2014) in torch's variant: the reset gate acts after the recurrent product.

x  input (B, d)     h  hidden state and output (B, n)
r  reset gate       z  update gate: open, it keeps the state       g  candidate
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from rnntui.core.cells import MaskedCell, State, masked


class GRU(MaskedCell):
    """h(t) = (1 - z) ⊙ g + z ⊙ h(t-1),  g = tanh(W_gx x + b_gx + r ⊙ (W_gh h(t-1) + b_gh))

    The gates' matrices are stacked in the order r, z, g that the library kernels expect.
    """

    blocks: ClassVar[dict[str, tuple[str, ...]]] = {
        "W_x": ("W_rx", "W_zx", "W_gx"),
        "W_h": ("W_rh", "W_zh", "W_gh"),
        "b": ("b_r", "b_z", "b_gx"),
    }
    latching = "W_gh"
    keep_bias = "b_z"

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.W_x = nn.Parameter(torch.zeros(3 * n, d))
        self.W_h = nn.Parameter(torch.zeros(3 * n, n))
        self.b = nn.Parameter(torch.zeros(3 * n))
        self.b_gh = nn.Parameter(torch.zeros(n))

    def gates(self, x: Tensor, state: State) -> dict[str, Tensor]:
        (h,) = state
        W_rx, W_zx, W_gx = self.W_x.chunk(3)
        W_rh, W_zh, W_gh = self.W_h.chunk(3)
        b_r, b_z, b_gx = self.b.chunk(3)
        r = torch.sigmoid(x @ W_rx.T + h @ W_rh.T + b_r)
        z = torch.sigmoid(x @ W_zx.T + h @ W_zh.T + b_z)
        g = torch.tanh(x @ W_gx.T + b_gx + r * (h @ W_gh.T + self.b_gh))
        return {"r": r, "z": z, "g": g}

    def step(self, x: Tensor, state: State, t: int | Tensor, mask: Tensor | None = None) -> tuple[Tensor, State]:
        (h,) = state
        _, z, g = self.gates(x, masked(state, mask)).values()
        h = (1 - z) * g + z * h
        return h, (h,)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return n * (3 * d + 3 * n + 4)
