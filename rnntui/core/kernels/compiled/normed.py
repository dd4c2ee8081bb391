"""A layer with layer normalisation in C, as one operation of autograd: what `layer_norm.h` is called with.

What the input adds is normalised by the library beforehand, for the whole sequence: of indices a table with a row for
each symbol, of values a row for each step and sequence. The compiled pass looks rows up, so it sees indices alone.

T  time steps     B  batch     d  inputs     n  hidden units     u  n, padded to whole registers
R  rows of the table
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnntui.core.cells import State
from rnntui.core.cells.layer_norm import LayerNormLSTM, Normed, normalised
from rnntui.core.kernels.compiled.layer import SHAPES, LayerPass, Weights, as_gates_lie
from rnntui.core.kernels.compiled.library import CompiledLibrary


def run(library: CompiledLibrary, cell: Normed, x: Tensor, state: State, mask: Tensor | None) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; `mask`, `(B, n)`, multiplies h where it enters the next step's products.

    Raises `IndexError` for an index that is none.
    """
    T, B = x.shape[:2]
    is_index = not x.is_floating_point()
    table = _table(library, cell, None if is_index else x.reshape(T * B, cell.d))
    parameters = (table, Weights.of(cell).W_h, cell.gain_state, *_beside(cell))
    keeps = torch.is_grad_enabled() and any(part.requires_grad for part in (*parameters, *state))
    made = NormedPass(library, type(cell), T, B, len(table), cell.n, keeps=keeps)
    outputs, *after = _Normed.apply(  # type: ignore[no-untyped-call]
        made, len(state), mask, x if is_index else None, *state, *parameters
    )
    return outputs, tuple(after)


def _beside(cell: Normed) -> tuple[Tensor, ...]:
    """Parameters that act after the norms: of an LSTM those of its cell state, of a GRU what it adds to the candidate's
    share of the state.
    """
    if isinstance(cell, LayerNormLSTM):
        return cell.gain_cell, cell.shift_cell
    b_gh = Weights.of(cell).b_gh
    return () if b_gh is None else (b_gh,)


def _table(library: CompiledLibrary, cell: Normed, x: Tensor | None) -> Tensor:
    """What inputs and bias add to the gates, of values `(R, d)` or of each symbol: `(R, gates n)`, gate by gate, or,
    where there is no padding, as the kernel reads it, so that nothing as large as a batch is put in another order.
    """
    weights, shape = Weights.of(cell), SHAPES[type(cell)]
    parts: list[Tensor] = [weights.W_x, cell.gain_input, weights.b]
    if library.padded(cell.n) == cell.n:
        parts = [as_gates_lie(library, part, shape) for part in parts]
    W_x, gain, b = parts
    products = W_x.T if x is None else x @ W_x.T
    widths = [gates * cell.n for gates in cell.together]
    if len(widths) == 1:
        return normalised(products, gain, b)
    parts_by_norm = zip(*(torch.split(part, widths, -1) for part in (products, gain, b)), strict=True)
    return torch.cat([normalised(*part) for part in parts_by_norm], 1)


def of_step(library: CompiledLibrary, cell: Normed, *, indices: bool) -> "NormedPass":
    """A layer as it is now, for one step of one sequence: of values, with what normalises them."""
    weights = Weights.of(cell)
    made = NormedPass(library, type(cell), 1, 1, cell.d if indices else 1, cell.n, keeps=False)
    table = _table(library, cell, None) if indices else made.row(weights.b)
    made.pack_table(table, weights.W_h, cell.gain_state, *_beside(cell))
    if not indices:
        made.pack_input(weights.W_x, cell.gain_input)
    return made


class NormedPass(LayerPass):
    """Buffers of one layer over a sequence whose inputs are rows of a table, `(R, gates n)`, and the passes."""

    def __init__(
        self, library: CompiledLibrary, kind: type[Normed], T: int, B: int, R: int, n: int, *, keeps: bool
    ) -> None:
        super().__init__(library, kind, T, B, R, n, indices=True, keeps=keeps, once=True)
        u, kept, width = self.u, T if keeps else 1, self.shape.gates * self.u
        self._valid = torch.zeros(u)
        self._valid[:n] = 1.0
        self._gain, self._cell = torch.empty(width), torch.zeros(2, u)
        self._normed, self._stats = torch.empty(kept, B, width), torch.empty(kept, B, 3)
        self._point(
            valid=self._valid, gain=self._gain, cell_gain=self._cell[0], cell_shift=self._cell[1],
            normed=self._normed, stats=self._stats,
        )  # fmt: skip

    def pack_table(self, table: Tensor, W_h: Tensor, gain: Tensor, *beside: Tensor) -> None:
        """Take a table and the parameters: W_h, the gain of the state, and what acts after the norms."""
        n, u = self.n, self.u
        if u == n:
            self._point(entrance=table)
            self._table = table  # which is not copied
        else:
            self.entrance.copy_(self._as_gates_lie(table.T).T)
        self._gain.copy_(self._as_gates_lie(gain))
        for own, part in zip(self._cell if self.c is not None else (self.b_gh,), beside, strict=False):
            own[:n] = part
        self.library.pack(W_h.data_ptr(), n, n, self.shape.gates, u, self.wh.data_ptr())

    def row(self, part: Tensor) -> Tensor:
        """A bias, `(gates n,)`, as it is now, as a table of one row."""
        return (self._as_gates_lie(part) if self.u == self.n else part).clone().view(1, -1)

    def pack_input(self, W_x: Tensor, gain: Tensor) -> None:
        """Take what values are multiplied by, `(gates n, d)`, and the gain of it."""
        d = W_x.shape[1]
        self.wx, self._gain_input = torch.empty(d * self.shape.gates * self.u), self._as_gates_lie(gain).clone()
        self.library.pack(W_x.data_ptr(), d, self.n, self.shape.gates, self.u, self.wx.data_ptr())
        self.call.d = d
        self._point(wx=self.wx, gain_input=self._gain_input)

    def _as_parameter(self, rows: Tensor) -> Tensor:
        """Rows as the gates lie, `(gates u, …)`, as those of a parameter, `(gates n, …)`."""
        out = rows.new_empty(self.shape.gates * self.n, *rows.shape[1:])
        self._by_gate(rows, out)
        return out

    def run(self, index: Tensor | None, state: State, mask: Tensor | None) -> None:
        """Run over the rows of the table that `index`, `(T, B)`, names, or over each of them once, from a state."""
        self._is_each = index is None
        self._run(torch.arange(self.T * self.B).view(self.T, self.B) if index is None else index, state, mask)

    def _make_backward(self) -> None:
        """Gradients are written where the gates and what is normalised were kept: no more memory is passed over."""
        super()._make_backward()
        self.dgates = self._normed.view(-1, self.shape.gates * self.u)
        self._point(dgates=self.dgates)

    def run_back(
        self, W_h: Tensor, of_outputs: Tensor | None, last: tuple[Tensor | None, ...], beside: int
    ) -> tuple[Tensor, ...]:
        """∂L/∂ of the table, W_h, the gain of the state, and the `beside` parameters that act after the norms."""
        n, u, T, B, width = self.n, self.u, self.T, self.B, self.shape.gates * self.u
        if self._has_backward:
            raise RuntimeError("a second backward pass: the first has written over what it would need")
        da = self.gates.view(T * B, width)
        dgain, dcell = torch.zeros(B, width), torch.zeros(B, 2, u)
        self._point(da=da, dgain=dgain, dcell=dcell)
        self._run_back(W_h, of_outputs, last)
        sums = da
        if not self._is_each:
            sums = self._sums.zero_()
            self.library.add_rows(da.data_ptr(), len(da), width, width, self.x.data_ptr(), sums.data_ptr())
        dW_h = torch.empty_like(W_h)
        self._products(*self._around_products(), dW_h)
        of_table = sums if u == n else self._as_parameter(sums.T).T
        return of_table, dW_h, self._as_parameter(dgain.sum(0)), *dcell.sum(0)[:beside, :n]


class _Normed(torch.autograd.Function):
    """A layer for autograd; each call has its own buffers, which live as long as its graph."""

    @staticmethod
    def forward(
        ctx: Any, normed: NormedPass, states: int, mask: Tensor | None, index: Tensor | None, *given: Tensor
    ) -> tuple[Tensor, ...]:
        parameters = given[states:]
        normed.pack_table(*(part.detach().contiguous() for part in parameters))
        normed.run(index, given[:states], mask)
        ctx.normed = normed
        ctx.save_for_backward(*parameters[1:])  # which notices weights that were changed in between
        ctx.set_materialize_grads(False)
        return normed.outputs, *normed.state()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_outputs: Tensor | None, *last: Tensor | None) -> tuple[Tensor | None, ...]:
        normed, (W_h, _, *beside) = ctx.normed, ctx.saved_tensors
        gradients = normed.run_back(W_h.contiguous(), of_outputs, last, len(beside))
        return None, None, None, None, *normed.state_gradient(), *gradients
