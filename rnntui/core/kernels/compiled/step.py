"""One step of one sequence: a whole network, read-out included, in one call.

Why: at batch 1 a step is a few products of a matrix and a vector; numpy's overhead for a dozen operations costs
as much as those products.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnntui.core.cells import Cell
from rnntui.core.cells.layer_norm import Normed
from rnntui.core.kernels.compiled import normed
from rnntui.core.kernels.compiled.layer import SHAPES, LayerPass, Weights
from rnntui.core.kernels.compiled.library import CompiledLibrary, CompiledNetwork, Layer
from rnntui.core.model import Model

Vector = NDArray[np.float32]
ROOM = 11  # numbers a unit of the widest layer, that a step works in
Step = Callable[[int, Vector], tuple[Vector, Vector]]


def parts_of(
    library: CompiledLibrary, layers: Sequence[tuple[int, int]], state: Vector
) -> tuple[tuple[Vector, ...], ...]:
    """The parts of each layer's state, `(n,)` each, as views of a state that `make_step`'s function gave.

    `layers` have each layer's n, and how many parts its state has.
    """
    parts, begin = [], 0
    for n, states in layers:
        width = library.padded(n)
        parts.append(tuple(state[begin + k * width :][:n] for k in range(states)))
        begin += states * width
    return tuple(parts)


@torch.no_grad()
def make_step(library: CompiledLibrary, model: Model) -> tuple[Step, Vector]:
    """A network as it is now, for writing: a function of an index and a state that gives the logits `(o,)` and the
    state after it, and the state to begin with. States are never written over. All layers are of one compiled cell.
    """
    cells = model.cells
    kind = type(cells[0])
    passes = [_packed(library, cell, indices=k == 0) for k, cell in enumerate(cells)]
    outputs, n = model.W_ph.shape
    padded = library.padded(outputs)
    panels, bias = torch.empty(padded * n), torch.zeros(padded)
    library.pack(model.W_ph.data_ptr(), n, outputs, 1, padded, panels.data_ptr())
    bias[:outputs] = model.b_p
    calls = (Layer * len(passes))(*(layer.call for layer in passes))
    network = CompiledNetwork(
        cell=SHAPES[kind].number,
        count=len(passes),
        outputs=padded,
        layers=calls,
        panels=panels.data_ptr(),
        bias=bias.data_ptr(),
    )
    kept: tuple[Any, ...] = (passes, panels, bias, calls)  # what the pointers point to
    size, room = sum(layer.u * cells[0].states for layer in passes), ROOM * max(layer.u for layer in passes)

    def step(index: int, state: Vector, _: tuple[Any, ...] = kept) -> tuple[Vector, Vector]:
        if not 0 <= index < cells[0].d:
            raise IndexError(f"an input is not among the {cells[0].d} symbols")
        after, logits, work = np.empty(size, np.float32), np.empty(padded, np.float32), np.empty(room, np.float32)
        library.step(network, index, state.ctypes.data, after.ctypes.data, logits.ctypes.data, work.ctypes.data)
        return logits[:outputs], after

    return step, np.zeros(size, np.float32)


def _packed(library: CompiledLibrary, cell: Cell, *, indices: bool) -> LayerPass:
    """A layer with the weights of a cell as they are now."""
    if isinstance(cell, Normed):
        return normed.of_step(library, cell, indices=indices)
    layer = LayerPass(library, type(cell), 1, 1, cell.d, cell.n, indices=indices, keeps=False)
    layer.pack(Weights.of(cell))
    return layer
