"""Fast paths: each runs one layer over all time steps and computes what the cell's own loop computes.

A kernel is a module with `run(cell, x, state, times) -> (outputs, state)` and `refuses(cell) -> str`, which says why
it does not serve a cell where that lies (empty where it does). `x` is `(T, B)` indices or `(T, B, d)` values,
`outputs` is `(T, B, n)`.
"""

from torch import Tensor, zeros

from rnntui.core.cells import Cell


def as_values(x: Tensor, cell: Cell) -> Tensor:
    """Indices `(T, B)` as one-hot values `(T, B, d)`; values as they are."""
    if x.is_floating_point():
        return x
    like = next(cell.parameters())
    hot = zeros(*x.shape, cell.d, dtype=like.dtype, device=x.device)
    return hot.scatter_(-1, x.unsqueeze(-1), 1.0)
