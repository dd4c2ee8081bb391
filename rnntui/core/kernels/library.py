"""The library's kernels over the same named parameters: oneDNN and torch's loops on a CPU, cuDNN on CUDA.

They have two biases where the equations have one: the second is zero and untrained, but for the GRU's candidate.
"""

import torch
from torch import Tensor

from rnntui.core.cells import Cell, State
from rnntui.core.cells.gru import GRU
from rnntui.core.cells.lstm import LSTM
from rnntui.core.cells.vanilla import VanillaRNN
from rnntui.core.kernels import as_values

# layers, dropout, training (keeps what the backward pass needs), bidirectional, batch first
_PLAIN = (1, 0.0, True, False, False)


def refuses(cell: Cell) -> str:
    """Why the library has no kernel for this cell; empty where it has one."""
    if type(cell) not in (LSTM, GRU, VanillaRNN):
        return f"torch has no kernel for {type(cell).__name__}"
    return ""


def name(cell: Cell) -> str:
    """The kernel's name: oneDNN runs the float32 LSTM on a CPU, torch's own loops the rest there."""
    like = next(cell.parameters())
    if like.device.type == "cuda":
        return "cuDNN"
    if like.device.type == "cpu" and isinstance(cell, LSTM) and like.dtype == torch.float32 and _has_onednn():
        return "oneDNN"
    return "torch"


def run(cell: Cell, x: Tensor, state: State, times: Tensor | None = None) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; these cells do not use the times."""
    x, h = as_values(x, cell.d, state[0]), state[0].unsqueeze(0)
    if isinstance(cell, LSTM):
        weights = [cell.W_x, cell.W_h, cell.b, torch.zeros_like(cell.b)]
        outputs, h, c = torch.lstm(x, (h, state[1].unsqueeze(0)), weights, True, *_PLAIN)
        return outputs, (h[0], c[0])
    if isinstance(cell, GRU):
        second = torch.cat([torch.zeros(2 * cell.n, dtype=x.dtype, device=x.device), cell.b_gh])
        outputs, h = torch.gru(x, h, [cell.W_x, cell.W_h, cell.b, second], True, *_PLAIN)
        return outputs, (h[0],)
    assert isinstance(cell, VanillaRNN)
    weights = [cell.W_hx, cell.W_hh, cell.b_h, torch.zeros_like(cell.b_h)]
    outputs, h = torch.rnn_tanh(x, h, weights, True, *_PLAIN)
    return outputs, (h[0],)


def _has_onednn() -> bool:
    return bool(torch.backends.mkldnn.enabled and torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
