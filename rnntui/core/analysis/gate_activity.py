"""What the gates of a network do while it reads a batch, step by step, by the cells' own equations."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rnntui.core.analysis.gate_coverage import holes
from rnntui.core.analysis.gradients.networks import values
from rnntui.core.analysis.units.sequences import first_of
from rnntui.core.cells import Cell
from rnntui.core.cells.phased import PhasedLSTM, openness, phase
from rnntui.core.model import Carried, Model
from rnntui.core.tasks import Batch
from rnntui.probes import TIME_GATE, GateActivity, Gates

if TYPE_CHECKING:
    from rnntui.probes import Marks

STEPS = 1_000  # of a sequence, from its beginning, that gates are watched over


def has_gates(cell: Cell | type[Cell]) -> bool:
    """Whether a cell names its gates."""
    kind = cell if isinstance(cell, type) else type(cell)
    return kind.gates is not Cell.gates


@torch.no_grad()
def watch_gates(
    model: Model, batch: Batch, state: Carried, step: int, vocabulary: Sequence[str] | None = None
) -> Iterator[Gates | None]:
    """The gates over the first `STEPS` steps of a batch; the units of its first example. `None` until they are there.

    `state` is the one before step 1 of the batch, `step` the training step that the network is of, and `vocabulary`
    that of a text.
    """
    traces: _Traces = defaultdict(_Trace)
    for t, x in enumerate(values(model, batch.inputs[:STEPS])):
        state = _step(model, x, state, t + 1 if batch.times is None else batch.times[t], traces)
        yield None
    openings = []
    for place, trace in traces.items():
        openings.append(trace.opening(*place, model))
        yield None
    read = first_of(batch, vocabulary)[:STEPS]
    yield Gates(step, tuple(openings), dict(holes_of(model, batch)), len(batch.inputs), read)


def holes_of(model: Model, batch: Batch) -> "Iterator[tuple[int, Marks]]":
    """The layers with time gates, and for each where in the first sequence of a batch no unit is open, `(T,)`."""
    times = batch.times
    if times is None:
        times = torch.arange(1, len(batch.inputs) + 1, dtype=torch.float64)
    for layer, cell in enumerate(model.cells, 1):
        if isinstance(cell, PhasedLSTM):
            yield layer, holes(cell, times if times.dim() == 1 else times[:, 0]).numpy()


class _Trace:
    """One gate of one layer, step by step."""

    def __init__(self) -> None:
        self._units: list[Tensor] = []  # of the first example, (n,) each
        self._mean: list[Tensor] = []
        self._spread: list[Tensor] = []

    def append(self, opened: Tensor) -> None:
        """Take in a gate at a step, `(B, n)`, or `(n,)` where it is the same for all."""
        self._units.append(opened.reshape(-1, opened.shape[-1])[0].clone())
        self._mean.append(opened.mean())
        self._spread.append(opened.std(correction=0))

    def opening(self, layer: int, letter: str, model: Model) -> GateActivity:
        """The gate as it is shown."""
        units, cell = torch.stack(self._units), model.cells[layer - 1]
        if letter == TIME_GATE and isinstance(cell, PhasedLSTM):
            sorted_by, order = cell.tau.sort()
        else:
            sorted_by, order = units.mean(0).sort(descending=True)
        return GateActivity(
            layer,
            letter,
            units[:, order].cpu().numpy(),
            sorted_by.cpu().numpy(),
            torch.stack(self._mean).cpu().numpy(),
            torch.stack(self._spread).cpu().numpy(),
        )


_Traces = defaultdict[tuple[int, str], _Trace]  # by layer and letter


def _step(model: Model, x: Tensor, state: Carried, t: int | Tensor, traces: _Traces) -> Carried:
    """The state after one more step, whose gates the traces take in."""
    after = []
    for layer, (cell, before) in enumerate(zip(model.cells, state, strict=True), 1):
        if isinstance(cell, PhasedLSTM):
            traces[layer, TIME_GATE].append(openness(phase(t, cell.tau, cell.s), cell.r_on, cell.leak))
        with model.own_code:
            opened = cell.gates(x, before)
            x, now = cell.step(x, before, t)
        for letter, gate_opened in opened.items():
            traces[layer, letter].append(gate_opened)
        after.append(now)
    return tuple(after)
