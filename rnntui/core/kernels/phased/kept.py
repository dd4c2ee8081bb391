"""What goes from the forward to the backward pass, and what comes out of that.

M  pairs of a step and a unit that is open at it     m  those of one step
"""

from typing import NamedTuple

from torch import Tensor

Weights = tuple[Tensor, Tensor, Tensor]  # W_x, W_h, b of the cell


class Kept(NamedTuple):
    """What the backward pass needs of the open pairs, step after step: memory in proportion to their number."""

    gates: Tensor  # (4MB,), a step's part being (4, m, B): i, f, o, g
    c_0: Tensor  # (M, B), before the step
    h_0: Tensor  # (M, B), before the step
    tanh_c: Tensor  # (M, B), after it

    @classmethod
    def of(cls, M: int, B: int, like: Tensor) -> "Kept":
        """Room for M open pairs."""
        return cls(like.new_empty(4 * M * B), *(like.new_empty(M, B) for _ in range(3)))


class Asked(NamedTuple):
    """Which gradients are asked for beside the weights'."""

    x: bool
    state: bool
    k: bool


class Outer(NamedTuple):
    """∂L/∂ of the outputs, the last h and the last c; `None` is zero."""

    outputs: Tensor | None
    h: Tensor | None
    c: Tensor | None


class Gradients(NamedTuple):
    """∂L/∂ of what went in; `None` where it was not asked for."""

    x: Tensor | None
    h: Tensor | None
    c: Tensor | None
    W_x: Tensor
    W_h: Tensor
    b: Tensor
    k: Tensor | None
