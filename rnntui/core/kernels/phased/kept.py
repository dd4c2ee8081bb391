"""The values that the forward pass keeps for the backward pass, and the gradients that this returns.

M  pairs of a step and a unit that is open at it     m  those of one step
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Weights = tuple[Tensor, Tensor, Tensor]  # W_x, W_h, b of the cell

PARTS = 7  # of an open pair: i, f, o, g, s = tanh c, then c and h before the step


def room_for(M: int, B: int, like: Tensor) -> Tensor:
    """Memory for the values of M open pairs, `(7MB,)`, each step's part being `(7, m, B)`."""
    return like.new_empty(PARTS * M * B)


def turned(view: Tensor) -> Tensor:
    """A copy of a transposed or cut view, row after row."""
    return view.clone(memory_format=torch.contiguous_format)


class Asked(NamedTuple):
    """Which gradients are needed besides the weights'."""

    x: bool
    state: bool
    k: bool


class Outer(NamedTuple):
    """∂L/∂ of the outputs, the last h and the last c; `None` is zero."""

    outputs: Tensor | None
    h: Tensor | None
    c: Tensor | None


class Gradients(NamedTuple):
    """∂L/∂ of the inputs; `None` if not needed."""

    x: Tensor | None
    h: Tensor | None
    c: Tensor | None
    W_x: Tensor
    W_h: Tensor
    b: Tensor
    k: Tensor | None
