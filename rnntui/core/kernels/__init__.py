"""Fast paths: each runs one layer over all time steps and computes what the cell's own loop computes.

A kernel is a module with `run(cell, x, state, times) -> (outputs, state)` and `refuses(cell) -> str`, which says why
it cannot run a cell on its present device (empty if it can). `times` is `None` for 1, 2, …, T, or `(T,)`, or `(T, B)`
if each sequence has its own; only time gates use it. `x` is `(T, B)` indices or `(T, B, d)` values, `outputs` is
`(T, B, n)`. The loop, and the compiled kernels of the cells that `compiled.masks` names, also take a `mask`, `(B, n)`,
that multiplies h where it enters the products of a step (`--dropout-recurrent`).

Each computes the loop's function, not its roundings. In float32 outputs and gradients agree with the loop to 1e-5 of
their norm where the network is well conditioned. Where gradients grow along the sequence both the loop and a kernel
lose digits, and a kernel, which sums in another order, may lose up to a digit more: on the cases that
`tests/test_kernels.py` watches a gradient errs by at most 1e-3 of the largest, and by at most ten times what the loop
does. A new kernel has to meet the same bounds.
"""

from torch import Tensor, zeros


def as_values(x: Tensor, d: int, like: Tensor) -> Tensor:
    """Indices `(T, B)` as one-hot values `(T, B, d)` of `like`'s type and device; values unchanged."""
    if x.is_floating_point():
        return x
    hot = zeros(*x.shape, d, dtype=like.dtype, device=x.device)
    return hot.scatter_(-1, x.unsqueeze(-1), 1.0)
