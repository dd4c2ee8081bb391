"""The Phased LSTM without the arithmetic of its closed units (`docs/spec.md` 6).

φ(t) does not depend on the data, so which units are open at each step is known before the sequence is read. Closed
units take part in no product, forward or backward, and the equations hold exactly for them: c and h pass
through to the bit, and no gradient reaches their gates. With a leak no unit is ever closed. That is so on a CPU; on
CUDA all units are computed at every step (`dense`), so that the host need not read the gate.
"""

import torch
from torch import Tensor

from rnntui.core.cells import Cell, State
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.kernels import loop
from rnntui.core.kernels.phased import dense
from rnntui.core.kernels.phased.function import recur
from rnntui.core.kernels.phased.openings import find

OWN_TIMES = "each sequence has its own times, so its units are open at different steps"


def refuses(cell: Cell) -> str:
    """Why this kernel cannot run the cell; empty if it can. All sequences of a batch must have the same times."""
    if type(cell) is not PhasedLSTM:
        return "the open-units kernel is for the Phased LSTM only"
    if cell.b.dtype not in (torch.float32, torch.float64):
        return "the open-units kernel is for float32 and float64"
    return ""


def name(cell: Cell) -> str:
    """The kernel's name, which says what is computed: a leak keeps every unit open."""
    assert isinstance(cell, PhasedLSTM)
    if not _is_on_cpu(cell):
        return dense.NAME
    return "dense: a leak keeps every unit open" if cell.leak else "open units only"


def run(cell: Cell, x: Tensor, state: State, times: Tensor | None = None) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; times `(T, B)`, of each sequence its own, are the loop's."""
    assert isinstance(cell, PhasedLSTM)
    if times is not None and times.dim() > 1:
        return loop.run(cell, x, state, times)
    if not _is_on_cpu(cell):
        return dense.run(cell, x, state, times)
    openings, k = find(cell, len(x), times)
    return recur(openings, x, state, cell.W_x, cell.W_h, cell.b, k.to(cell.b.dtype))


def _is_on_cpu(cell: PhasedLSTM) -> bool:
    return cell.b.device.type == "cpu"


def refuse_device(cell: Cell, device: torch.device) -> None:
    """Raise `ValueError` for a device that cannot hold the cell: time gates are in float64, which MPS lacks."""
    if isinstance(cell, PhasedLSTM) and device.type == "mps":
        raise ValueError("--device mps: time gates are computed in float64, which it lacks; take --device cpu")
