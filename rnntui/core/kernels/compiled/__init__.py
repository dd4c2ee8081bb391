"""Own kernels in C for the LSTM, the GRU, the vanilla RNN and the Phased LSTM in float32 on a CPU.

Why: a library's kernel runs a matrix product and then passes over its result again and again; at the sizes trained
here the passes cost as much as the products. `tiles.h` keeps a tile of gates in registers from the product to the
state, packs the weights once a sequence, looks up inputs that are indices, and splits a batch among threads without a
barrier, since sequences are independent. The products over whole sequences are left to the library, which is best
there. Of a Phased LSTM only the open units are computed (`open_units.py`).
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnntui.core.cells import Cell, State
from rnntui.core.cells.layer_norm import Normed
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.kernels import loop
from rnntui.core.kernels.compiled import normed, open_units
from rnntui.core.kernels.compiled.layer import SHAPES, LayerPass, Weights
from rnntui.core.kernels.compiled.library import INSTRUCTIONS, CompiledLibrary, load

NAME = "compiled"


def refuses(cell: Cell) -> str:
    """Why no compiled kernel can run a cell on its present device; empty if one can.

    None runs a Phased LSTM on sequences with different times.
    """
    if type(cell) not in (*SHAPES, PhasedLSTM):
        return f"no compiled kernel for {type(cell).__name__}"
    like = next(cell.parameters())
    if like.device.type != "cpu" or like.dtype != torch.float32:
        return "the compiled kernels are for float32 on a CPU"
    return missing()


def masks(cell: Cell) -> bool:
    """Whether the kernel of a cell that is served can mask its recurrent state."""
    return type(cell) in SHAPES


def name(cell: Cell) -> str:
    """The kernel's name for people, with its instruction set, on which rounding depends."""
    return f"{NAME}, {library().instructions}"


def has(instructions: str) -> bool:
    """Whether there are kernels for that instruction set on this machine."""
    return isinstance(load(instructions), CompiledLibrary)


def missing() -> str:
    """Why there are no compiled kernels on this machine; empty if there are."""
    loaded = load()
    return loaded if isinstance(loaded, str) else ""


def instruction_sets() -> list[str]:
    """The instruction sets with kernels on this machine, the default first."""
    if missing():
        return []
    first = library().instructions
    return [first, *(narrower for narrower in INSTRUCTIONS if narrower != first and has(narrower))]


def library(instructions: str = "") -> CompiledLibrary:
    """The loaded library. Only if nothing is `missing`."""
    loaded = load(instructions)
    assert isinstance(loaded, CompiledLibrary), loaded
    return loaded


def run(
    cell: Cell,
    x: Tensor,
    state: State,
    times: Tensor | None = None,
    mask: Tensor | None = None,
    *,
    instructions: str = "",
) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; a Phased LSTM with times `(T, B)` is run by the loop.

    `mask`, `(B, n)`, multiplies h where it enters the next step's products; a Phased LSTM takes none. Raises
    `IndexError` for an index that is none.
    """
    if isinstance(cell, PhasedLSTM):
        if times is not None and times.dim() > 1:
            return loop.run(cell, x, state, times)
        return open_units.run(library(instructions), cell, x, state, times)
    if isinstance(cell, Normed):
        return normed.run(library(instructions), cell, x, state, mask)
    weights = Weights.of(cell)
    given = (*state, weights.W_x, weights.W_h, weights.b, *(() if weights.b_gh is None else (weights.b_gh,)))
    keeps = torch.is_grad_enabled() and any(part.requires_grad for part in (x, *given))
    (T, B), is_index = x.shape[:2], not x.is_floating_point()
    layer = LayerPass(library(instructions), type(cell), T, B, cell.d, cell.n, indices=is_index, keeps=keeps)
    outputs, *after = _Layer.apply(layer, len(state), mask, x, *given)  # type: ignore[no-untyped-call]
    return outputs, tuple(after)


class _Layer(torch.autograd.Function):
    """A layer for autograd; each call has its own buffers, which live as long as its graph."""

    @staticmethod
    def forward(
        ctx: Any, layer: LayerPass, states: int, mask: Tensor | None, x: Tensor, *parts: Tensor
    ) -> tuple[Tensor, ...]:
        weights = parts[states:]
        layer.forward(Weights(*weights), x, parts[:states], mask)
        ctx.layer = layer
        ctx.save_for_backward(*weights)  # which notices weights that were changed in between
        ctx.set_materialize_grads(False)
        return layer.outputs, *layer.state()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_outputs: Tensor | None, *last: Tensor | None) -> tuple[Tensor | None, ...]:
        layer, weights = ctx.layer, Weights(*ctx.saved_tensors)
        layer.backward(weights, of_outputs, last)
        gradients = [torch.empty_like(part) for part in ctx.saved_tensors]
        layer.gradients(Weights(*gradients))
        dx = layer.input_gradient(weights) if ctx.needs_input_grad[3] else None
        return None, None, None, dx, *layer.state_gradient(), *gradients
