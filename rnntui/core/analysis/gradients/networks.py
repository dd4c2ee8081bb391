"""Networks for gradient measurements, untrained or from a run, each with a batch of its task.

They are in float64 on the CPU, so that rounding does not hide gradients at long lags.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from rnntui import corpora
from rnntui.config import Settings, spec, time_steps, without_dropout
from rnntui.core.device import prepare
from rnntui.core.generation.loading import read_model
from rnntui.core.kernels import as_values
from rnntui.core.model import Model
from rnntui.core.tasks import Batch, Task, load_task
from rnntui.core.training.learner import stream
from rnntui.runs import Run
from rnntui.schemas import CorpusFacts


@dataclass(frozen=True)
class Network:
    """A model, a batch from the beginning of its sequences, and the step of its checkpoint (0 for fresh weights)."""

    model: Model
    batch: Batch
    step: int


def fresh(settings: Settings) -> Network:
    """A network as it is before step 1. Raises `ValueError` where the cell or the initialisation will not do."""
    task = _task(settings)
    return _network(drawn(settings, task), task, 0)


def drawn(settings: Settings, task: Task) -> Model:
    """The model of a run as its settings draw it, on the CPU: the same each time."""
    model = Model(_plain(settings), task.input_size, task.output_size, task.readout)
    model.initialise(settings.init, time_steps(settings), stream("cpu", settings.seed, "weights"), settings.input_scale)
    return model


def trained(run: Run, given: Mapping[str, Any], at: int | None = None) -> Network:
    """The network of a run at a checkpoint (`None`: the newest), with a batch of the settings `given`, such as length.

    Raises `ValueError` where there is no checkpoint, and where the run's text has changed or is gone.
    """
    settings = replace(run.settings(), stateful=False, **given)
    if spec(settings).has_corpus:
        settings = replace(settings, corpus=corpora.place_of_run(run))
    task = _task(settings, run.config().data)
    model, step = read_model(run, task.input_size, task.output_size, task.readout, at)
    return _network(model, task, step)


def draw_aside(task: Task, seed: int) -> Batch:
    """A batch that is the same whenever it is drawn; the task stays where it is in its text."""
    position = task.position()
    batch = task.batch(stream(task.device, seed, "horizon"))
    task.seek(position)
    return batch


def values(model: Model, inputs: Tensor) -> Tensor:
    """Inputs as the lowest layer takes them, `(T, B, d)`, of the weights' type."""
    return as_values(inputs, model.cells[0].d, model.b_p).to(model.b_p.dtype)


def _task(settings: Settings, facts: CorpusFacts | None = None) -> Task:
    device = torch.device("cpu")
    prepare(device, settings.threads)
    return load_task(settings, device, facts)


def _network(model: Model, task: Task, step: int) -> Network:
    return Network(model.double(), draw_aside(task, task.settings.seed), step)


def _plain(settings: Settings) -> Settings:
    return replace(without_dropout(settings), kernel="reference")
