"""The reference: the cell's own equations, one step after the other."""

import torch
from torch import Tensor

from rnntui.core.cells import Cell, State
from rnntui.core.kernels import as_values

NAME = "reference loop"


def run(cell: Cell, x: Tensor, state: State, times: Tensor | None = None) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; without `times`, t is 1, 2, …, T."""
    outputs = []
    for t, x_t in enumerate(as_values(x, cell.d, state[0])):
        output, state = cell.step(x_t, state, t + 1 if times is None else times[t])
        outputs.append(output)
    return torch.stack(outputs), state
