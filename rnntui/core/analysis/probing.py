"""Measurements in a network while it trains: its gradient horizon, its gates, and the settings of its time gates.

Invariant: training is not affected. The batch is drawn separately, the same at every step; generators, the position in
the text and the carried state are left alone. Dropout is off. A measurement yields `None` until it is done, so that the
caller can stop it or hear commands between the parts, and finally its result.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rnntui import gate
from rnntui.core.analysis.gate_coverage import holes
from rnntui.core.analysis.gradients import horizon
from rnntui.core.analysis.gradients.networks import values
from rnntui.core.analysis.units.watching import read_aside
from rnntui.core.cells import Cell
from rnntui.core.cells.phased import PhasedLSTM, openness, phase
from rnntui.core.model import Carried, Model
from rnntui.core.tasks import Batch
from rnntui.core.training.learner import Learner
from rnntui.probes import (
    TIME_GATE,
    GateActivity,
    Gates,
    GradientHorizon,
    Insight,
    ReadingQuestion,
    Rhythm,
    Rhythms,
    View,
)

if TYPE_CHECKING:
    from rnntui.probes import Marks, Values

STEPS = 1_000  # of a sequence, from its beginning, that gates are watched over


def views(model: Model) -> tuple[View, ...]:
    """What can be seen of a network: the gradient horizon and the units of any, the gates of cells that name theirs."""
    available: list[View] = ["horizon"]
    if any(type(cell).gates is not Cell.gates for cell in model.cells):
        available.append("gates")
    if any(isinstance(cell, PhasedLSTM) for cell in model.cells):
        available.append("rhythms")
    available.append("reading")
    return tuple(available)


def look(view: View, learner: Learner, step: int, question: ReadingQuestion | None = None) -> Iterator[Insight | None]:
    """Measure a view of a network after a step of its training, the reading with a question; `None` until it is there.

    Raises `ValueError` for a question that has no answer.
    """
    if view == "reading":
        return read_aside(learner, step, question)
    return {"horizon": _reach, "gates": _gates, "rhythms": _rhythms}[view](learner, step)


def _reach(learner: Learner, step: int) -> Iterator[GradientHorizon | None]:
    norms = []
    for norm in horizon.probe(learner):
        norms.append(norm)
        yield None
    yield GradientHorizon(step, tuple(norms), horizon.effective_memory(norms), horizon.LEFT * norms[0])


@torch.no_grad()
def _gates(learner: Learner, step: int) -> Iterator[Gates | None]:
    """The gates over the first `STEPS` steps of some examples; the units of the first of these."""
    model = learner.model
    batch, state = horizon.few_aside(learner)
    traces: _Traces = defaultdict(_Trace)
    for t, x in enumerate(values(model, batch.inputs[:STEPS])):
        state = _step(model, x, state, t + 1 if batch.times is None else batch.times[t], traces)
        yield None
    openings = []
    for place, trace in traces.items():
        openings.append(trace.opening(*place, model))
        yield None
    yield Gates(step, tuple(openings), dict(_holes(model, batch)), len(batch.inputs))


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


@torch.no_grad()
def _rhythms(learner: Learner, step: int) -> Iterator[Rhythms | None]:
    yield None
    model = learner.model
    closed = dict(_holes(model, horizon.few_aside(learner)[0]))
    layers = [_rhythm(k, cell, closed[k]) for k, cell in enumerate(model.cells, 1) if isinstance(cell, PhasedLSTM)]
    yield Rhythms(step, tuple(layers))


def _rhythm(layer: int, cell: PhasedLSTM, closed: "Marks") -> Rhythm:
    now = dict(zip(gate.PARAMETERS, (cell.tau, cell.s, cell.r_on), strict=True))
    start = dict(zip(gate.PARAMETERS, (cell.tau_0, cell.s_0, cell.r_0), strict=True))
    return Rhythm(layer, _arrays(now), _arrays(start), cell.learned, closed)


def _arrays(tensors: dict[str, Tensor]) -> "dict[str, Values]":
    """Copies, for what is shown must not change with the training."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


def _holes(model: Model, batch: Batch) -> "Iterator[tuple[int, Marks]]":
    """The layers with time gates, and for each where in the first sequence of a batch no unit is open, `(T,)`."""
    times = batch.times
    if times is None:
        times = torch.arange(1, len(batch.inputs) + 1, dtype=torch.float64)
    for layer, cell in enumerate(model.cells, 1):
        if isinstance(cell, PhasedLSTM):
            yield layer, holes(cell, times if times.dim() == 1 else times[:, 0]).numpy()
