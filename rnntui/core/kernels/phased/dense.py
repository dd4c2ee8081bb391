"""All units at every step, with their openness computed beforehand: for a GPU, which runs behind the host.

Only the device knows which units are open. To leave the closed ones out, the host would have to
read the gate at every training step, and could no longer queue one step while the last is computed.
"""

import torch
from torch import Tensor

from rnntui.core.cells import State
from rnntui.core.cells.phased import PhasedLSTM, openness, phase
from rnntui.core.kernels import as_values

NAME = "dense: the device's gates are not read"


def run(cell: PhasedLSTM, x: Tensor, state: State, times: Tensor | None = None) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; `times` is `(T,)`, or `(T, B)` where each sequence has its own."""
    if times is None:
        times = torch.arange(1, len(x) + 1, dtype=cell.tau_0.dtype, device=cell.tau_0.device)
    k = openness(phase(times, cell.tau, cell.s), cell.r_on, cell.leak).to(cell.b.dtype)  # (T, n) or (T, B, n)
    entering = torch.nn.functional.linear(as_values(x, cell.d, state[0]), cell.W_x, cell.b)  # (T, B, 4n)
    (h, c), outputs = state, []
    for a, k_t in zip(entering.unbind(0), k.unbind(0), strict=True):
        i, f, g, o = torch.addmm(a, h, cell.W_h.T).chunk(4, 1)
        c = k_t * (torch.tanh(g) * torch.sigmoid(i) + c * torch.sigmoid(f)) + (1 - k_t) * c
        h = k_t * (torch.tanh(c) * torch.sigmoid(o)) + (1 - k_t) * h
        outputs.append(h)
    return torch.stack(outputs), (h, c)
