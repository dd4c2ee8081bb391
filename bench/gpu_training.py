"""What `gpu.py` asks of training: do the losses follow the CPU's, and does a step ever wait for the device?

Both trainings are the screen's: a run folder, a thread of its own, and `for report in trainer`. The batches are drawn
on the CPU for both, since generators of different devices draw different numbers; the weights always are.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from parts import Asked, Figures, Part

from rnntui.config import Settings, make_settings
from rnntui.core.tasks import Batch, load_task
from rnntui.core.training import trainer as trainer_module
from rnntui.core.training.learner import Learner, StateSnapshot, stream
from rnntui.core.training.trainer import Trainer, open_trainer
from rnntui.runs import Run
from rnntui.specs import CELLS, OPTIMIZERS, TASKS

TRAINING_SECONDS, READS_SECONDS = 60.0, 60.0
TASKS_COMPARED = ("palindrome", "text")
STEPS, QUICK_STEPS = 100, 10
LOOKED_AT = (1, 10, 100)
TOLERANCE = 1e-3  # nats
# Steps whose losses are to agree. A rounding grows along a training: after 100 steps of text the losses of two kernels
# on one CPU are some 0.03 nats apart.
JUDGED = 10
TINY = {"hidden": 8, "length": 5, "batch": 4}
STRIDE = 3  # steps


def parts() -> list[Part]:
    """A training of each task, and whether a stride reads the device."""
    compared = [Part(f"training {task}", TRAINING_SECONDS, partial(compare, task)) for task in TASKS_COMPARED]
    return [Part("no stride waits", READS_SECONDS, find_waits), *compared]


# Losses


def compare(task: str, asked: Asked) -> Iterator[Figures]:
    """Differences of the losses from the CPU's: of the CPU's other kernel, of the device, and of that with TF32.

    Raises `AssertionError` where that of a step that is judged is above the tolerance, as rnntui trains.
    """
    small = {**TINY, "steps": QUICK_STEPS} if asked.quick else {"steps": STEPS}
    given: dict[str, Any] = {"threads": 1, **small, **({"corpus": "pydoc"} if task == "text" else {})}
    on_cpu = make_settings(task, {**given, "device": "cpu"})
    reference = losses(on_cpu)
    yield {"loss on the CPU": _at_steps(reference)}
    found = losses(make_settings(task, {**given, "device": asked.device}))
    apart = _apart(found, reference)
    yield {"loss": _at_steps(found), "difference": _at_steps(apart)}
    yield {
        "difference of the CPU's library kernel": _at_steps(
            _apart(losses(replace(on_cpu, kernel="library")), reference)
        )
    }
    if asked.device != "cpu":
        with_tf32 = losses(make_settings(task, {**given, "device": asked.device}), tf32=True)
        yield {"difference with TF32": _at_steps(_apart(with_tf32, reference))}
    beyond = [step for step, value in enumerate(apart[:JUDGED], 1) if not value <= TOLERANCE]
    assert not beyond, f"the loss of step {beyond[0]} is {apart[beyond[0] - 1]:.2g} nats from the CPU's"


def _apart(some: list[float], others: list[float]) -> list[float]:
    return [abs(a - b) for a, b in zip(some, others, strict=True)]


def losses(settings: Settings, tf32: bool = False) -> list[float]:
    """The loss of each step of a whole run, trained in a thread of its own. Raises what the training raises."""
    found: list[float] = []
    troubles: list[Exception] = []

    def work(folder: Path) -> None:
        try:
            trainer = open_trainer(Run.create(folder, None, settings))
            draw_on_cpu(trainer)
            for report in trainer:
                found.extend(report.loss)
        except Exception as error:  # raised where the thread is waited for
            troubles.append(error)

    with tempfile.TemporaryDirectory() as folder, _taking_tf32() if tf32 else nullcontext():
        thread = threading.Thread(target=work, args=(Path(folder),))
        thread.start()
        thread.join()
    if troubles:
        raise troubles[0]
    return found


def draw_on_cpu(trainer: Trainer) -> None:
    """Let a trainer's batches be those of a run on the CPU."""
    learner = trainer.learner
    task, generator = load_task(trainer.settings, torch.device("cpu")), stream("cpu", trainer.settings.seed, "batches")

    def batch(_: torch.Generator) -> Batch:
        drawn = task.batch(generator)
        return replace(drawn, inputs=drawn.inputs.to(learner.device), targets=drawn.targets.to(learner.device))

    learner.task.batch = batch  # type: ignore[method-assign]


@contextmanager
def _taking_tf32() -> Iterator[None]:
    """Let cuDNN's products be TF32 in a trainer that begins to train."""
    prepare = trainer_module.prepare

    def prepare_and_take(device: torch.device, threads: int) -> None:
        prepare(device, threads)
        torch.backends.cudnn.allow_tf32 = True

    with patch.object(trainer_module, "prepare", prepare_and_take):
        yield


def _at_steps(values: list[float]) -> dict[int, float]:
    return {step: values[step - 1] for step in LOOKED_AT if step <= len(values)}


# Waiting


def find_waits(asked: Asked) -> Iterator[Figures]:
    """Train a stride of tiny networks while torch refuses each operation that would wait for the device.

    Raises `AssertionError` where one waits. On a CPU nothing does: there it only shows that all can be trained.
    """
    refused: dict[str, list[str]] = {}
    names = networks(asked.quick)
    for name, given in names.items():
        try:
            _stride(Learner(make_settings(given.pop("task"), {**TINY, "threads": 1, "device": asked.device, **given})))
        except Exception as error:  # told with the others'
            refused.setdefault(f"{type(error).__name__}: {error}".splitlines()[0], []).append(name)
    yield {"networks": len(names), "waits": refused}
    assert not refused, f"{sum(map(len, refused.values()))} of {len(names)} networks cannot train a stride so"


def networks(quick: bool) -> dict[str, dict[str, Any]]:
    """Each task with each cell and kernel, each cell that can be normalised so, and each optimizer."""
    chosen = product(TASKS, CELLS, ("auto", "reference"))
    found = {f"{t}, {c}, {k}": {"task": t, "cell": c, "kernel": k} for t, c, k in chosen}
    normed = [cell for cell, spec in CELLS.items() if spec.normed]
    found |= {f"palindrome, {c}, normalised": {"task": "palindrome", "cell": c, "layer_norm": True} for c in normed}
    found |= {f"optimizer {name}": {"task": "palindrome", "optimizer": name} for name in OPTIMIZERS}
    for given in found.values():
        if given["task"] == "text":
            given["corpus"] = "pydoc"
    return dict(list(found.items())[::8]) if quick else found


def _stride(learner: Learner) -> None:
    """Train what a stride trains, after a step in which libraries make what they keep."""
    dial = learner.settings
    learner.train_one(dial.lr, dial.clip)
    with _no_waits() if learner.device.type == "cuda" else nullcontext():
        StateSnapshot(learner).refresh()
        for _ in range(STRIDE):
            learner.train_one(dial.lr, dial.clip)


@contextmanager
def _no_waits() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")
