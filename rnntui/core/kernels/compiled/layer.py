"""One layer over a sequence, forward and backward, on its own buffers: the arguments of the compiled kernels.

T  time steps     B  batch     d  inputs     n  hidden units     u  n, padded to whole registers
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnntui.core.cells import Cell, State
from rnntui.core.cells.gru import GRU
from rnntui.core.cells.layer_norm import LayerNormGRU, LayerNormLSTM, LayerNormRNN
from rnntui.core.cells.lstm import LSTM
from rnntui.core.cells.vanilla import VanillaRNN
from rnntui.core.kernels.compiled.library import CompiledLibrary, Layer


@dataclass(frozen=True)
class Shape:
    """What differs by cell: its number in `kernels.c`, gates, numbers kept a unit, blocks of gradients a unit, whether
    these lie in tiles as the gates do, in whose place they are written, and whether it is normalised (`normed.py`).
    """

    number: int
    gates: int
    kept: int
    blocks: int
    tiled: bool = False
    normed: bool = False


SHAPES: dict[type[Cell], Shape] = {
    LSTM: Shape(0, 4, 4, 4, tiled=True),
    GRU: Shape(1, 3, 4, 4),
    VanillaRNN: Shape(2, 1, 0, 1),
    LayerNormLSTM: Shape(3, 4, 4, 4, tiled=True, normed=True),
    LayerNormGRU: Shape(4, 3, 3, 3, normed=True),
    LayerNormRNN: Shape(5, 1, 1, 1, normed=True),
}


def as_gates_lie(library: CompiledLibrary, weight: Tensor, shape: Shape) -> Tensor:
    """Rows of a parameter, `(gates n, …)`, gate by gate, as the gates of a cell lie, `(gates u, …)`."""
    gates, n, more = shape.gates, len(weight) // shape.gates, weight.shape[1:]
    u = library.padded(n)
    if u > n:
        weight = torch.nn.functional.pad(weight.view(gates, n, *more), (*[0, 0] * len(more), 0, u - n))
    if shape.tiled:
        weight = weight.reshape(gates, -1, library.lanes, *more).transpose(0, 1)
    return weight.reshape(gates * u, *more)


SHARED = 15_000_000  # multiplications of a pass from which on its batch is shared among threads


def threads_for(multiplications: int) -> int:
    """Threads that a pass is worth: to start one takes as long as many a short pass. It changes no bit."""
    return torch.get_num_threads() if multiplications >= SHARED else 1


@dataclass(frozen=True)
class Weights:
    """A cell's parameters, or their gradients, as the kernels take them: `(gates n, d)`, `(gates n, n)`, `(gates n,)`
    and, of a GRU, `b_gh`, `(n,)`.
    """

    W_x: Tensor
    W_h: Tensor
    b: Tensor
    b_gh: Tensor | None = None

    @classmethod
    def of(cls, cell: Cell) -> "Weights":
        """The present parameters of a cell."""
        match cell:
            case GRU():
                return cls(cell.W_x, cell.W_h, cell.b, cell.b_gh)
            case LSTM():
                return cls(cell.W_x, cell.W_h, cell.b)
            case VanillaRNN():
                return cls(cell.W_hx, cell.W_hh, cell.b_h)
        raise TypeError(f"no compiled kernel for {type(cell).__name__}")


class LayerPass:
    """Buffers of one layer for sequences of `T` steps of `B` sequences, and the passes over them.

    They may be used again once their contents are no longer needed. `keeps`: whether a backward pass will follow;
    `once`: it will not follow twice. `indices`: whether the inputs are indices, of which `drop` is the share that
    dropout takes away. The outputs are `h[1:]`, `(T, B, u)`, whose units from n on are zero. `call` is what the kernels
    are given.
    """

    def __init__(
        self,
        library: CompiledLibrary,
        kind: type[Cell],
        T: int,
        B: int,
        d: int,
        n: int,
        *,
        indices: bool,
        keeps: bool = True,
        once: bool = False,
        drop: float = 0.0,
    ) -> None:
        self._in_place = once and (SHAPES[kind].tiled or SHAPES[kind].normed)
        self.library, self.shape, self.indices, self.keeps = library, SHAPES[kind], indices, keeps
        self.T, self.B, self.d, self.n = T, B, d, n
        u = self.u = library.padded(n)
        shape, kept = self.shape, T if keeps else 1
        self._scale, self._symbols = 1 / (1 - drop), d + 1 if drop else d  # one more where an input may be dropped
        self.entrance = torch.empty(self._symbols if indices else 1, shape.gates * u)
        self.wx = None if indices else torch.empty(d * shape.gates * u)
        self.wh = torch.empty(n * shape.gates * u)
        self.b_gh = torch.zeros(u)
        self.h = torch.empty(T + 1, B, u)
        self.c = torch.empty(kept + 1 if keeps else 1, B, u) if issubclass(kind, LSTM) else None
        self.gates = torch.empty(kept, B, shape.kept, u)
        self.call = Layer(T=T, B=B, d=d, n=n, units=u, keeps=keeps)
        self._point(entrance=self.entrance, wx=self.wx, wh=self.wh, bh=self.b_gh, h=self.h, c=self.c, gates=self.gates)
        self.h_masked: Tensor | None = None
        self._has_backward = self._is_entered = False
        self.fresh = True

    def _point(self, **buffers: Tensor | None) -> None:
        for name, buffer in buffers.items():
            setattr(self.call, name, None if buffer is None else buffer.data_ptr())

    def pack(self, weights: Weights) -> None:
        """Pack the weights into the layout that a forward pass reads."""
        n, u, lib, sizes = self.n, self.u, self.library, (self.d, self.n, self.shape.gates, self.u)
        if self.indices:
            W_x = weights.W_x * self._scale if self._symbols > self.d else weights.W_x
            lib.pack_entrance(W_x.data_ptr(), weights.b.data_ptr(), *sizes, self.entrance.data_ptr())
        if self.wx is not None:
            lib.pack(weights.W_x.data_ptr(), *sizes, self.wx.data_ptr())
        if not self.indices or self._symbols > self.d:  # what enters where there is no symbol
            lib.pack_entrance(None, weights.b.data_ptr(), *sizes, self.entrance[-1].data_ptr())
        if weights.b_gh is not None:
            self.b_gh[:n] = weights.b_gh
        lib.pack(weights.W_h.data_ptr(), n, n, self.shape.gates, u, self.wh.data_ptr())

    def forward(
        self,
        weights: Weights,
        x: Tensor,
        state: State | None,
        mask: Tensor | None = None,
        mask_of_x: Tensor | None = None,
    ) -> None:
        """Run over inputs `x`, `(T, B)` indices or `(T, B, d)` values whose rows may lie apart, from a state; `None` is
        zeros. `mask`, `(B, n)`, multiplies h where it enters the next step's products; `mask_of_x`, `(T, B)`, is that
        of inputs that are indices. Raises `IndexError` for an index that is none.
        """
        self.pack(weights)
        self._run(x, state, mask, mask_of_x)

    def _run(self, x: Tensor, state: State | None, mask: Tensor | None = None, mask_of_x: Tensor | None = None) -> None:
        if self.indices:
            x = x.contiguous()
            if self.library.outside(x.data_ptr(), x.numel(), self.d) < x.numel():
                raise IndexError(f"an input is not among the {self.d} symbols")
            if mask_of_x is not None:
                x = torch.where(mask_of_x > 0, x, self.d)
            self.call.index = x.data_ptr()
        else:
            if x.stride(-1) != 1 or x.stride(0) != x.stride(1) * self.B:
                x = x.contiguous()
            self.call.x, self.call.x_stride = x.data_ptr(), x.stride(1)
        if state is not None or not self.fresh or not self._is_entered:  # zeros stay where they are
            self._enter(self.h[0], None if state is None else state[0])
            if self.c is not None:
                self._enter(self.c[0], None if state is None else state[1])
        self._mask_state(mask)
        self._is_entered = self.keeps
        self.x, self.fresh = x, state is None
        self.call.fresh = self.fresh
        self.library.forward(self.shape.number, self.call, self._threads())

    def _mask_state(self, mask: Tensor | None) -> None:
        """Let the kernels multiply h by a mask where it enters their products; `None`: leave it as it is."""
        if mask is None:
            self.h_masked = None
        else:
            if self.h_masked is None:
                self.mask, self.h_masked = torch.zeros(self.B, self.u), torch.empty_like(self.h)
            self.mask[:, : self.n] = mask
            torch.mul(self.h[0], self.mask, out=self.h_masked[0])
        self._point(mask=None if self.h_masked is None else self.mask, h_masked=self.h_masked)

    def _threads(self) -> int:
        return threads_for(self.T * self.B * self.shape.gates * self.n * self.n)

    def _enter(self, buffer: Tensor, state: Tensor | None) -> None:
        if state is None or (self.u > self.n and state.shape[1] < self.u):
            buffer.zero_()
        if state is not None:
            buffer[:, : state.shape[1]] = state

    @property
    def outputs(self) -> Tensor:
        """h(1) … h(T), `(T, B, n)`, a view."""
        return self.h[1:, :, : self.n]

    def state(self) -> State:
        """The state after the last step, copies, `(B, n)` each."""
        h = self.h[self.T, :, : self.n].clone()
        return (h,) if self.c is None else (h, self.c[-1, :, : self.n].clone())

    def backward(
        self, weights: Weights, of_outputs: Tensor | None, last: Sequence[Tensor | None] = (None, None)
    ) -> None:
        """Gradients of the gates' arguments, from those of the outputs, `(T, B, n)` or `(T, B, u)`, and those of
        the last state, `(B, n)` each.
        """
        self._run_back(weights.W_h, of_outputs, last)

    def _run_back(self, W_h: Tensor, of_outputs: Tensor | None, last: Sequence[Tensor | None]) -> None:
        if not self._has_backward:
            self._make_backward()
        lib, n, u, shape = self.library, self.n, self.u, self.shape
        lib.pack_back(W_h.data_ptr(), n, shape.gates, u, shape.tiled, self._wback.data_ptr())
        if shape.tiled and not self._in_place:
            self.dgates.copy_(self.gates.view(self.dgates.shape))
        if of_outputs is not None and of_outputs.shape[-1] != u:
            padded = of_outputs.new_zeros(self.T, self.B, u)
            padded[..., :n] = of_outputs
            of_outputs = padded
        if of_outputs is not None:
            of_outputs = of_outputs.contiguous()
        self._enter(self.dh, last[0])
        if self.c is not None:
            self._enter(self.dc, last[1])
        self._point(dh_each=of_outputs)
        lib.backward(shape.number, self.call, self._threads())

    def _make_backward(self) -> None:
        u, shape = self.u, self.shape
        self._wback = torch.empty(shape.gates * u * u)
        self.dh, self.dc = torch.empty(self.B, u), torch.empty(self.B, u)
        width = shape.blocks * u
        self.dgates = self.gates.view(-1, width) if self._in_place else torch.empty(self.T * self.B, width)
        self._point(wback=self._wback, dh=self.dh, dc=self.dc, dgates=self.dgates)
        self._sums = torch.empty(self._symbols if self.indices else 0, shape.gates * u)
        self._has_backward = True

    def _around_products(self) -> tuple[Tensor, Tensor]:
        """∂L/∂ of what came out of the state's products, and the h that went in, a row for each step and sequence."""
        first = self.B if self.fresh else 0  # h(0) = 0 adds nothing
        h = self.h if self.h_masked is None else self.h_masked
        return self.dgates[first:], h[: self.T].view(-1, self.u)[first:, : self.n]

    def gradients(self, out: Weights) -> None:
        """Write ∂L/∂ of the weights into `out`, after a backward pass."""
        u, blocks = self.u, self.shape.blocks
        after, before = self._around_products()
        if out.b_gh is None:
            self._products(after, before, out.W_h)
        else:  # the candidate's gradient as h sees it is the last block
            n = self.n
            self._products(after[:, : 2 * u], before, out.W_h[: 2 * n])
            self._products(after[:, 3 * u :], before, out.W_h[2 * n :])
            out.b_gh.copy_(self.dgates[:, 3 * u : 3 * u + n].sum(0))
        entering = self._entering
        if not self.indices:
            x = self.x.as_strided((self.T * self.B, self.d), (self.x.stride(1), 1))
            self._products(entering, x, out.W_x)
            self._by_gate(entering.sum(0), out.b)
            return
        sums = self._sums.zero_()
        self.library.add_rows(
            self.dgates.data_ptr(),
            len(self.dgates),
            blocks * u,
            self.shape.gates * u,
            self.x.data_ptr(),
            sums.data_ptr(),
        )
        self._by_gate(sums[: self.d].T, out.W_x)
        if self._symbols > self.d:
            out.W_x.mul_(self._scale)
        self._by_gate(sums.sum(0), out.b)

    @property
    def _entering(self) -> Tensor:
        """∂L/∂ of the inputs' part of the gates' arguments, `(T B, gates u)`."""
        return self.dgates[:, : self.shape.gates * self.u]

    def _products(self, gates: Tensor, values: Tensor, out: Tensor) -> None:
        """gatesᵀ values, `(gates u, ·)`, by gate and without the padding units."""
        if self.u == self.n and not self.shape.tiled:
            torch.mm(gates.T, values, out=out)
        else:
            self._by_gate(gates.T @ values, out)

    def _by_gate(self, rows: Tensor, out: Tensor) -> None:
        """Rows as the gates lie, `(gates u, …)`, as those of a parameter, `(gates n, …)`."""
        n, u, more = self.n, self.u, rows.shape[1:]
        if not self.shape.tiled:
            out.view(-1, n, *more).copy_(rows.reshape(-1, u, *more)[:, :n])
            return
        lanes = self.library.lanes
        tiles = rows.reshape(-1, self.shape.gates, lanes, *more).transpose(0, 1)
        if u == n:
            out.view(self.shape.gates, -1, lanes, *more).copy_(tiles)
        else:
            out.view(-1, n, *more).copy_(tiles.reshape(-1, u, *more)[:, :n])

    def _as_gates_lie(self, weight: Tensor) -> Tensor:
        """Rows of a parameter, `(gates n, ·)`, as the gates lie, `(gates u, ·)`."""
        return as_gates_lie(self.library, weight, self.shape)

    def input_gradient(self, weights: Weights) -> Tensor:
        """∂L/∂x, `(T, B, d)`, after a backward pass."""
        return (self._entering @ self._as_gates_lie(weights.W_x)).view(self.T, self.B, self.d)

    def state_gradient(self) -> State:
        """∂L/∂ of the state before the first step, `(B, n)` each; of one that was given."""
        parts = (self.dh,) if self.c is None else (self.dh, self.dc)
        return tuple(part[:, : self.n] for part in parts)
