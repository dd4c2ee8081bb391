"""The weights as rows of one product: a unit's row of a gate times z = [h, x, 1] is the gate's argument.

    rows (n, 4, K)  =  [W_h | W_x | b | 0]  of the gates i, f, o, g of each unit

K is rounded up to whole cache lines. σ(a) = (1 + tanh(a/2))/2: with the rows of i, f, o halved one tanh serves all.
"""

from torch import Tensor

WIDTH = 16  # columns that K is a multiple of
ORDER = [0, 1, 3, 2]  # i, f, o, g of the cell's i, f, g, o; its own inverse


def columns(n: int, d: int) -> int:
    """K, the width of z."""
    return -(-(n + d + 1) // WIDTH) * WIDTH


def stack(W_x: Tensor, W_h: Tensor, b: Tensor, *, halved: bool) -> Tensor:
    """The rows, `(n, 4, K)`, from the cell's `(4n, d)`, `(4n, n)` and `(4n,)`."""
    n, d = W_h.shape[1], W_x.shape[1]
    rows = W_h.new_zeros(n, 4, columns(n, d))
    for gate, place in enumerate(ORDER):
        own = slice(place * n, (place + 1) * n)
        rows[:, gate, :n] = W_h[own]
        rows[:, gate, n : n + d] = W_x[own]
        rows[:, gate, n + d] = b[own]
    if halved:
        rows[:, :3] *= 0.5
    return rows


def unstack(rows: Tensor, d: int) -> tuple[Tensor, Tensor, Tensor]:
    """W_x, W_h and b in the cell's order from rows `(n, 4, K)` that were not halved."""
    n = len(rows)
    dW_x, dW_h, db = rows.new_empty(4 * n, d), rows.new_empty(4 * n, n), rows.new_empty(4 * n)
    for gate, place in enumerate(ORDER):
        own = slice(place * n, (place + 1) * n)
        dW_h[own] = rows[:, gate, :n]
        dW_x[own] = rows[:, gate, n : n + d]
        db[own] = rows[:, gate, n + d]
    return dW_x, dW_h, db
