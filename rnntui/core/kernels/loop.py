"""The reference: the cell's own equations, step by step. Every other kernel is tested against it."""

from functools import partial

import torch
from torch import Tensor

from rnntui.core.cells import Cell, MaskedCell, State
from rnntui.core.kernels import as_values
from rnntui.system.user_code import BrokenContract

NAME = "reference loop"
WANTED = "the output (B, n) and the state, a tuple of tensors (B, n)"


def run(
    cell: Cell, x: Tensor, state: State, times: Tensor | None = None, mask: Tensor | None = None
) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; without `times`, t is 1, 2, …, T.

    `mask`, `(B, n)`, multiplies h where it enters a step's products: of one of rnntui's own cells.
    """
    step = cell.step if mask is None else partial(_masked(cell).step, mask=mask)
    outputs = []
    for t, x_t in enumerate(as_values(x, cell.d, state[0])):
        returned = step(x_t, state, t + 1 if times is None else times[t])
        if not cell.is_checked:
            check(cell, returned, x_t.shape[0])
        output, state = returned
        outputs.append(output)
    return torch.stack(outputs), state


def _masked(cell: Cell) -> MaskedCell:
    assert isinstance(cell, MaskedCell), f"{type(cell).__name__} takes no mask"
    return cell


def check(cell: Cell, returned: object, batch: int) -> None:
    """Raise `BrokenContract` if the first step of a cell did not return what a cell must.

    Otherwise the error would appear later with another message, or never.
    """
    match returned:
        case (Tensor() as output, tuple((Tensor(), *_) as state)):
            pass
        case _:
            raise BrokenContract(f"must return from step {WANTED}, and returned {_in_words(returned)}")
    shapes = [tuple(part.shape) if isinstance(part, Tensor) else part for part in (output, *state)]
    if len(state) != cell.states or set(shapes) != {(batch, cell.n)}:
        wanted = f"{WANTED}: here {(batch, cell.n)} and {cell.states} of {(batch, cell.n)} (states = {cell.states})"
        raise BrokenContract(f"must return from step {wanted}; it returned {_in_words(returned)}")
    cell.is_checked = True


def _in_words(returned: object) -> str:
    """Describe a value: the shape of a tensor, else its type."""
    match returned:
        case Tensor():
            return f"{tuple(returned.shape)}"
        case tuple() | list():
            return f"({', '.join(map(_in_words, returned))})"
    return type(returned).__name__
