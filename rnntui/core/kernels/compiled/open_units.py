"""The open units of a Phased LSTM in C, as one operation of autograd: what `phased.h` is called with.

T  time steps     B  batch     d  inputs     n  hidden units     M  pairs of a step and a unit that is open at it
u, p  n and B, padded to whole registers
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnntui.core.cells import State
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.kernels import phased
from rnntui.core.kernels.compiled import layer
from rnntui.core.kernels.compiled.library import CompiledLibrary, OpenUnits
from rnntui.core.kernels.phased.kept import PARTS
from rnntui.core.kernels.phased.openings import Openings, find

MANY = 6_000  # open units of a step times sequences, from which on the baseline's narrow registers lose to the library


def run(
    library: CompiledLibrary, cell: PhasedLSTM, x: Tensor, state: State, times: Tensor | None
) -> tuple[Tensor, State]:
    """Outputs `(T, B, n)` and the last state; `times` is `(T,)`, or `None` for 1, 2, …, T.

    Many of them on narrow registers are left to the kernel in Python, whose products are the library's.
    Raises `IndexError` for an index that is none.
    """
    openings, k = find(cell, len(x), times, arranged=False)
    if library.instructions == "baseline" and len(openings.units) * x.shape[1] >= MANY * len(x):
        return phased.run(cell, x, state, times)
    given = x, *state, cell.W_x, cell.W_h, cell.b, k.to(cell.b.dtype)
    keeps = torch.is_grad_enabled() and any(part.requires_grad for part in given)
    outputs, h, c = _OpenUnits.apply(_Pass(library, openings, keeps), *given)  # type: ignore[no-untyped-call]
    return outputs, (h, c)


class _OpenUnits(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, open_pass: "_Pass", *given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, h, c, *weights = (part.detach().contiguous() for part in given)
        open_pass.forward(x, h, c, *weights)
        ctx.open_pass = open_pass
        ctx.save_for_backward(given[0], *given[3:])  # which notices what was changed in between
        ctx.set_materialize_grads(False)
        h, c = open_pass.state()
        return open_pass.outputs, h, c

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, of_outputs: Tensor | None, dh: Tensor | None, dc: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        x, *weights = (part.detach().contiguous() for part in ctx.saved_tensors)
        needs = ctx.needs_input_grad
        return None, *ctx.open_pass.backward(x, *weights, of_outputs, dh, dc, asks_x=needs[1], asks_k=needs[7])


class _Pass:
    """One pass over a sequence and, where it `keeps` it, what the way back needs of it."""

    def __init__(self, library: CompiledLibrary, openings: Openings, keeps: bool) -> None:
        self._library, self._openings, self._keeps = library, openings, keeps

    def forward(self, x: Tensor, h: Tensor, c: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, k: Tensor) -> None:
        """Run over inputs `x`, `(T, B)` indices or `(T, B, d)` values; `k` is `(M,)`, how open each pair is."""
        library, openings, (T, B), (n, d) = self._library, self._openings, x.shape[:2], (W_h.shape[1], W_x.shape[1])
        u, padded, pairs = library.padded(n), library.padded(B), len(openings.units)
        if not x.is_floating_point() and library.outside(x.data_ptr(), x.numel(), d) < x.numel():
            raise IndexError(f"an input is not among the {d} symbols")
        self._h, self._c = torch.empty(T + 1, B, u), _by_unit(c, padded)
        self._h[0, :, :n], self._h[:, :, n:] = h, 0.0
        self._kept = torch.empty(pairs * PARTS * B if self._keeps else 0)
        self._call = OpenUnits(
            T=T, B=B, d=d, n=n, units=u, inputs=library.padded(d), padded=padded, most=openings.most,
            keeps=self._keeps, x_stride=d,
        )  # fmt: skip
        self._threads = layer.threads_for(4 * pairs * B * n)
        room = torch.empty((4 * openings.most + d + n) * padded)
        self._point(x, W_x, W_h, b, k, h=self._h, c=self._c, room=room, kept=self._kept)
        library.open_forward(self._call, self._threads)

    def _point(self, x: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, k: Tensor, **buffers: Tensor | None) -> None:
        """Let the call point to what goes in, and to buffers by name."""
        indices = not x.is_floating_point()
        named = {"index" if indices else "x": x, "wx": W_x, "wh": W_h, "b": b, "k": k}
        named |= {"bounds": self._openings.bounds_tensor, "open": self._openings.units}
        for name, buffer in (named | buffers).items():
            setattr(self._call, name, None if buffer is None else buffer.data_ptr())

    @property
    def outputs(self) -> Tensor:
        """h(1) … h(T), `(T, B, n)`, a view."""
        return self._h[1:, :, : self._call.n]

    def state(self) -> State:
        """The last state, copies, `(B, n)` each."""
        return self._h[-1, :, : self._call.n].clone(), _by_sequence(self._c, self._call.B)

    def backward(
        self,
        x: Tensor,
        W_x: Tensor,
        W_h: Tensor,
        b: Tensor,
        k: Tensor,
        of_outputs: Tensor | None,
        dh: Tensor | None,
        dc: Tensor | None,
        *,
        asks_x: bool,
        asks_k: bool,
    ) -> tuple[Tensor | None, ...]:
        """∂L/∂ of x, h(0), c(0), W_x, W_h, b and k, from those of the outputs and of the last state."""
        call, threads = self._call, self._threads
        n, u, B, indices = call.n, call.units, call.B, not x.is_floating_point()
        call.spread = threads > 1
        pairs = len(k) if call.spread else call.most
        dwx = torch.zeros(4 * n, call.d if indices else call.inputs)
        dwh, db, dk = torch.zeros(4 * n, u), torch.zeros(4 * n), torch.zeros(len(k)) if asks_k else None
        dx = torch.zeros(call.T, B, call.inputs) if asks_x else None
        dh = torch.zeros(B, u) if dh is None else _padded(dh, u).clone()
        dc = torch.zeros(n, call.padded) if dc is None else _by_unit(dc, call.padded)
        of_outputs = None if of_outputs is None else _padded(of_outputs, u).contiguous()
        rooms = {
            "delta": torch.empty(pairs * 4 * B),
            "share": torch.empty(pairs * B),
            "room": torch.empty(call.most * call.padded),
        }
        self._point(x, W_x, W_h, b, k, dh_each=of_outputs, dh=dh, dc=dc, dwx=dwx, dwh=dwh, db=db, dk=dk, dx=dx, **rooms)
        self._library.open_backward(call, threads)
        dx = None if dx is None else dx[:, :, : call.d]
        return dx, dh[:, :n], _by_sequence(dc, B), dwx[:, : call.d], dwh[:, :n], db, dk


def _padded(rows: Tensor, width: int) -> Tensor:
    """Rows `(…, n)` with zeros behind, `(…, width)`."""
    return torch.nn.functional.pad(rows, (0, width - rows.shape[-1])) if rows.shape[-1] < width else rows


def _by_unit(state: Tensor, width: int) -> Tensor:
    """`(B, n)` as `(n, width)`, with zeros behind."""
    turned = torch.zeros(state.shape[1], width)
    turned[:, : len(state)] = state.T
    return turned


def _by_sequence(turned: Tensor, B: int) -> Tensor:
    """The other way, a copy."""
    return turned[:, :B].T.contiguous()
