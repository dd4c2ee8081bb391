"""Cells that compute whole sequences themselves, so that this kernel only calls them."""

from typing import cast

from torch import Tensor

from rnntui.core.cells import Cell, SequenceCell, State
from rnntui.core.kernels import as_values

NAME = "whole sequences"


def name(cell: Cell) -> str:
    """What people read."""
    return NAME


def refuses(cell: Cell) -> str:
    """Why it does not serve a cell; empty where it does."""
    return "" if isinstance(cell, SequenceCell) else "the cell is one step of a recurrence"


def run(cell: Cell, x: Tensor, state: State, times: Tensor | None = None) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state."""
    return cast("SequenceCell", cell).sequence(as_values(x, cell.d, state[0]), state, times)
