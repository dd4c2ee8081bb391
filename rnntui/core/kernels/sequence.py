"""Cells that compute whole sequences themselves, so that this kernel only calls them."""

from typing import cast

from torch import Tensor

from rnntui.core.cells import Cell, SequenceCell, State
from rnntui.core.kernels import as_values

NAME = "whole sequences"


def name(cell: Cell) -> str:
    """The kernel's name for people."""
    return NAME


def refuses(cell: Cell) -> str:
    """Why it cannot run a cell; empty if it can."""
    return "" if isinstance(cell, SequenceCell) else "the cell is one step of a recurrence"


def run(cell: Cell, x: Tensor, state: State, times: Tensor | None = None) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state."""
    return cast("SequenceCell", cell).sequence(as_values(x, cell.d, state[0]), state, times)
