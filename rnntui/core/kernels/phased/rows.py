"""The weights as rows of one product: unit j's row of a gate times z = [h, x, 1] is the gate's argument.

    rows (4, n, K)  =  [W_h | W_x | b | 0]  of the gates i, f, o, g

K is rounded up to whole cache lines. σ(a) = (1 + tanh(a/2))/2: with the rows of i, f, o halved one tanh serves all.
"""

from torch import Tensor

WIDTH = 16  # columns that K is a multiple of
ORDER = [0, 1, 3, 2]  # i, f, o, g of the cell's i, f, g, o; its own inverse


def columns(n: int, d: int) -> int:
    """K, the width of z."""
    return -(-(n + d + 1) // WIDTH) * WIDTH


def stack(W_x: Tensor, W_h: Tensor, b: Tensor, *, halved: bool) -> Tensor:
    """The rows, `(4, n, K)`, from the cell's `(4n, d)`, `(4n, n)` and `(4n,)`."""
    n, d = W_h.shape[1], W_x.shape[1]
    rows = W_h.new_zeros(4, n, columns(n, d))
    for gate, place in enumerate(ORDER):
        own = slice(place * n, (place + 1) * n)
        rows[gate, :, :n] = W_h[own]
        rows[gate, :, n : n + d] = W_x[own]
        rows[gate, :, n + d] = b[own]
    if halved:
        rows[:3] *= 0.5
    return rows


def unstack(rows: Tensor, d: int) -> tuple[Tensor, Tensor, Tensor]:
    """W_x, W_h and b in the cell's order from rows that were not halved."""
    n = rows.shape[1]
    rows = rows[ORDER].view(4 * n, -1)
    return rows[:, n : n + d].contiguous(), rows[:, :n].contiguous(), rows[:, n + d].clone()
