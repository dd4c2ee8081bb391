"""Measurements in a network while it trains: its gradient horizon, gates and weights, and its time gates' settings.

Invariant: training is not affected. The batch is drawn separately, the same at every step; generators, the position in
the text and the carried state are left alone. Dropout is off. A measurement yields `None` until it is done, so that the
caller can stop it or hear commands between the parts, and finally its result.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rnntui import gate
from rnntui.core.analysis.gate_activity import has_gates, holes_of, watch_gates
from rnntui.core.analysis.gradients import horizon
from rnntui.core.analysis.units.watching import read_aside
from rnntui.core.analysis.weight_figures import weigh
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.model import Model
from rnntui.core.tasks.text import TextTask
from rnntui.core.training.learner import Learner
from rnntui.probes import Gates, GradientHorizon, Insight, ReadingQuestion, Rhythm, Rhythms, View

if TYPE_CHECKING:
    from rnntui.probes import Marks, Values


def views(model: Model) -> tuple[View, ...]:
    """What can be seen of a network: of any the gradient horizon, the weights and the units, and gates of their own."""
    available: list[View] = ["horizon"]
    if any(map(has_gates, model.cells)):
        available.append("gates")
    if any(isinstance(cell, PhasedLSTM) for cell in model.cells):
        available.append("rhythms")
    return (*available, "weights", "reading")


def look(view: View, learner: Learner, step: int, question: ReadingQuestion | None = None) -> Iterator[Insight | None]:
    """Measure a view of a network after a step of its training, the reading with a question; `None` until it is there.

    Raises `ValueError` for a question that has no answer.
    """
    if view == "reading":
        return read_aside(learner, step, question)
    measure = {"horizon": _reach, "gates": _gates, "rhythms": _rhythms, "weights": weigh}
    return measure[view](learner, step)


def _reach(learner: Learner, step: int) -> Iterator[GradientHorizon | None]:
    norms = []
    for norm in horizon.probe(learner):
        norms.append(norm)
        yield None
    yield GradientHorizon(step, tuple(norms), horizon.effective_memory(norms), horizon.LEFT * norms[0])


def _gates(learner: Learner, step: int) -> Iterator[Gates | None]:
    """The gates over some examples."""
    vocabulary = learner.task.vocabulary if isinstance(learner.task, TextTask) else None
    return watch_gates(learner.model, *horizon.few_aside(learner), step, vocabulary)


@torch.no_grad()
def _rhythms(learner: Learner, step: int) -> Iterator[Rhythms | None]:
    yield None
    model = learner.model
    closed = dict(holes_of(model, horizon.few_aside(learner)[0]))
    layers = [_rhythm(k, cell, closed[k]) for k, cell in enumerate(model.cells, 1) if isinstance(cell, PhasedLSTM)]
    yield Rhythms(step, tuple(layers))


def _rhythm(layer: int, cell: PhasedLSTM, closed: "Marks") -> Rhythm:
    now = dict(zip(gate.PARAMETERS, (cell.tau, cell.s, cell.r_on), strict=True))
    start = dict(zip(gate.PARAMETERS, (cell.tau_0, cell.s_0, cell.r_0), strict=True))
    return Rhythm(layer, _arrays(now), _arrays(start), cell.learned, closed)


def _arrays(tensors: dict[str, Tensor]) -> "dict[str, Values]":
    """Copies, for what is shown must not change with the training."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}
