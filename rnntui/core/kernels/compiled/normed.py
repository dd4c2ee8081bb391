"""A layer of LSTMs with layer normalisation in C, as one operation of autograd: what `layer_norm.h` is called with.

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
from rnntui.core.cells.layer_norm import LayerNormLSTM, normalised
from rnntui.core.kernels.compiled.layer import SHAPES, LayerPass, as_gates_lie
from rnntui.core.kernels.compiled.library import CompiledLibrary

SHAPE = SHAPES[LayerNormLSTM]
GATES = SHAPE.gates


def run(
    library: CompiledLibrary, cell: LayerNormLSTM, x: Tensor, state: State, mask: Tensor | None
) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; `mask`, `(B, n)`, multiplies h where it enters the next step's products.

    Raises `IndexError` for an index that is none.
    """
    T, B = x.shape[:2]
    is_index = not x.is_floating_point()
    table = _table(library, cell, None if is_index else x.reshape(T * B, cell.d))
    given = (table, cell.W_h, cell.gain_state, cell.gain_cell, cell.shift_cell, *state)
    keeps = torch.is_grad_enabled() and any(part.requires_grad for part in given)
    made = NormedPass(library, T, B, len(table), cell.n, keeps=keeps)
    outputs, h, c = _Normed.apply(made, mask, x if is_index else None, *given)  # type: ignore[no-untyped-call]
    return outputs, (h, c)


def _table(library: CompiledLibrary, cell: LayerNormLSTM, x: Tensor | None) -> Tensor:
    """What inputs and bias add to the gates, of values `(R, d)` or of each symbol: `(R, 4 n)`, gate by gate, or, where
    there is no padding, as the kernel reads it, so that nothing as large as a batch is put in another order.
    """
    parts: list[Tensor] = [cell.W_x, cell.gain_input, cell.b]
    if library.padded(cell.n) == cell.n:
        parts = [as_gates_lie(library, part, SHAPE) for part in parts]
    W_x, gain, b = parts
    return normalised(W_x.T if x is None else x @ W_x.T, gain, b)


def of_step(library: CompiledLibrary, cell: LayerNormLSTM, *, indices: bool) -> "NormedPass":
    """A layer as it is now, for one step of one sequence: of values, with what normalises them."""
    made = NormedPass(library, 1, 1, cell.d if indices else 1, cell.n, keeps=False)
    table = _table(library, cell, None) if indices else made.row(cell.b)
    made.pack_table(table, cell.W_h, cell.gain_state, cell.gain_cell, cell.shift_cell)
    if not indices:
        made.pack_input(cell.W_x, cell.gain_input)
    return made


class NormedPass(LayerPass):
    """Buffers of one layer over a sequence whose inputs are rows of a table, `(R, 4 n)`, and the passes over them."""

    def __init__(self, library: CompiledLibrary, T: int, B: int, R: int, n: int, *, keeps: bool) -> None:
        super().__init__(library, LayerNormLSTM, T, B, R, n, indices=True, keeps=keeps, once=True)
        u, kept = self.u, T if keeps else 1
        self._valid = torch.zeros(u)
        self._valid[:n] = 1.0
        self._gain, self._cell = torch.empty(GATES * u), torch.zeros(2, u)
        self._normed, self._stats = torch.empty(kept, B, GATES * u), torch.empty(kept, B, 3)
        self._point(
            valid=self._valid, gain=self._gain, cell_gain=self._cell[0], cell_shift=self._cell[1],
            normed=self._normed, stats=self._stats,
        )  # fmt: skip

    def pack_table(self, table: Tensor, W_h: Tensor, *gains: Tensor) -> None:
        """Take a table and the parameters: W_h, and the gains of state and cell and the cell's shift."""
        n, u = self.n, self.u
        if u == n:
            self._point(entrance=table)
            self._table = table  # which is not copied
        else:
            self.entrance.copy_(self._as_gates_lie(table.T).T)
        self._gain.copy_(self._as_gates_lie(gains[0]))
        self._cell[0, :n], self._cell[1, :n] = gains[1], gains[2]
        self.library.pack(W_h.data_ptr(), n, n, GATES, u, self.wh.data_ptr())

    def row(self, part: Tensor) -> Tensor:
        """A bias, `(4 n,)`, as a table of one row."""
        return (self._as_gates_lie(part) if self.u == self.n else part).view(1, -1)

    def pack_input(self, W_x: Tensor, gain: Tensor) -> None:
        """Take what values are multiplied by, `(4 n, d)`, and the gain of it."""
        d = W_x.shape[1]
        self.wx, self._gain_input = torch.empty(d * GATES * self.u), self._as_gates_lie(gain)
        self.library.pack(W_x.data_ptr(), d, self.n, GATES, self.u, self.wx.data_ptr())
        self.call.d = d
        self._point(wx=self.wx, gain_input=self._gain_input)

    def _as_parameter(self, rows: Tensor) -> Tensor:
        """Rows as the gates lie, `(4 u, …)`, as those of a parameter, `(4 n, …)`."""
        out = rows.new_empty(GATES * self.n, *rows.shape[1:])
        self._by_gate(rows, out)
        return out

    def run(self, index: Tensor | None, state: State, mask: Tensor | None) -> None:
        """Run over the rows of the table that `index`, `(T, B)`, names, or over each of them once, from a state."""
        self._is_each = index is None
        self._run(torch.arange(self.T * self.B).view(self.T, self.B) if index is None else index, state, mask)

    def _make_backward(self) -> None:
        """Gradients are written where the gates and what is normalised were kept: no more memory is passed over."""
        super()._make_backward()
        self.dgates = self._normed.view(-1, GATES * self.u)
        self._point(dgates=self.dgates)

    def run_back(
        self, W_h: Tensor, of_outputs: Tensor | None, dh: Tensor | None, dc: Tensor | None
    ) -> tuple[Tensor, ...]:
        """∂L/∂ of the table, W_h, the gains of state and cell, and the cell's shift."""
        n, u, T, B = self.n, self.u, self.T, self.B
        if self._has_backward:
            raise RuntimeError("a second backward pass: the first has written over what it would need")
        da = self.gates.view(T * B, GATES * u)
        dgain, dcell = torch.zeros(B, GATES * u), torch.zeros(B, 2, u)
        self._point(da=da, dgain=dgain, dcell=dcell)
        self._run_back(W_h, of_outputs, (dh, dc))
        sums, width = da, GATES * u
        if not self._is_each:
            sums = self._sums.zero_()
            self.library.add_rows(da.data_ptr(), len(da), width, width, self.x.data_ptr(), sums.data_ptr())
        dW_h = torch.empty_like(W_h)
        self._products(*self._around_products(), dW_h)
        of_cell = dcell.sum(0)[:, :n]
        of_table = sums if u == n else self._as_parameter(sums.T).T
        return of_table, dW_h, self._as_parameter(dgain.sum(0)), of_cell[0], of_cell[1]


class _Normed(torch.autograd.Function):
    """A layer for autograd; each call has its own buffers, which live as long as its graph."""

    @staticmethod
    def forward(
        ctx: Any, normed: NormedPass, mask: Tensor | None, index: Tensor | None, *given: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        table, W_h, *gains = (part.detach().contiguous() for part in given[:5])
        normed.pack_table(table, W_h, *gains)
        normed.run(index, given[5:], mask)
        ctx.normed = normed
        ctx.save_for_backward(*given[1:5])  # which notices weights that were changed in between
        ctx.set_materialize_grads(False)
        h, c = normed.state()
        return normed.outputs, h, c

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, of_outputs: Tensor | None, dh: Tensor | None, dc: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        normed, (W_h, *_) = ctx.normed, ctx.saved_tensors
        gradients = normed.run_back(W_h.contiguous(), of_outputs, dh, dc)
        return None, None, None, *gradients, *normed.state_gradient()
