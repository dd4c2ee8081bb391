"""Who trains in `training.py`: rnntui, the plain PyTorch script, JAX, and the matrix products alone, in one process.

Each counts the steps it has done whenever it is asked to go on. Batches are part of a step for rnntui and the scripts,
each drawn in its own way; the products have none.
"""

import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import plain
import products
import torch

from rnntui.config import Settings, time_steps
from rnntui.core.training.trainer import Trainer

TRIALS, TRIAL_SECONDS = 3, 0.2  # of each way to write the JAX script; the fastest counts
JAX_ON_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


@dataclass
class Contender:
    """A training that goes on at each `next`, which gives the steps it did, on so many threads of torch."""

    steps: Iterator[int]
    threads: int = 1

    def speed(self, seconds: float, clock: Callable[[], float]) -> float:
        """Steps per second over a turn of so many seconds, at least one step."""
        torch.set_num_threads(self.threads)
        began, steps = clock(), 0
        while not steps or clock() - began < seconds:
            steps += next(self.steps)
        return steps / (clock() - began)


def of_rnntui(trainer: Trainer) -> Contender:
    """The trainer's whole path: batches, steps, rows of metrics, samples, checkpoints."""
    return Contender(_steps(trainer), trainer.settings.threads)


def _steps(trainer: Trainer) -> Iterator[int]:
    """Steps of each report. Raises `RuntimeError` for a run that diverged: it would take no step any more."""
    for report in trainer:
        if report.divergence is not None:
            raise RuntimeError(f"the row cannot be measured: {report.divergence}")
        yield len(report.steps)


def of_plain(trainer: Trainer, captured: bool = False) -> Contender:
    """The plain PyTorch script of the trainer's task and sizes on its device, as a captured graph where asked."""
    s, task = trainer.settings, trainer.learner.task
    place = plain.Place(trainer.learner.device, captured)
    if s.task == "text":
        steps = plain.text(task.training, task.input_size, s.cell, s.length, s.batch, s.hidden, place)
    elif s.task == "palindrome":
        steps = plain.palindromes(s.cell, s.length, s.batch, s.hidden, place)
    elif s.task == "noise":
        steps = plain.noise(s.length, s.spacing, s.batch, s.hidden, place)
    else:
        steps = plain.frequency(s.length, s.batch, s.hidden, place)
    return Contender((1 for _ in steps), s.threads)


def of_products(trainer: Trainer) -> Contender:
    """The matrix products of a step and nothing else."""
    s, task = trainer.settings, trainer.learner.task
    sizes = (s.cell, s.layers, task.input_size, s.hidden, task.output_size, time_steps(s), s.batch)
    steps = products.of(*sizes, every=task.readout == "every", indices=s.task != "frequency")
    return Contender((1 for _ in steps), s.threads)


def load_jax(threads: int) -> ModuleType | None:
    """`jax_script`, with jax on this many threads until the process ends; `None` where jax is not installed.

    Its pools are as large as the cores that the process may use when they are made, so there are as few for that time.
    """
    if find_spec("jax") is None:
        return None
    assert "jax" not in sys.modules
    os.environ["JAX_PLATFORMS"] = "cpu"
    if threads == 1:
        os.environ["XLA_FLAGS"] = JAX_ON_ONE_THREAD
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if cores:
        os.sched_setaffinity(0, sorted(cores)[:threads])
    jax = importlib.import_module("jax")
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # so that what a step costs falls into its turn
    jax.devices()
    if cores:
        os.sched_setaffinity(0, cores)
    return importlib.import_module("jax_script")


def of_jax(script: Any, trainer: Trainer) -> tuple[dict[str, Contender], str]:
    """The script with one step of the scan at a time, and the fastest way to write it, with its name."""
    contenders, speeds = {}, {}
    for unroll in (1, 2, 5, 10):
        for entering in ("lookup", "one-hot"):
            way = script.Way(unroll, entering)
            contenders[way] = Contender((1 for _ in _jax_steps(script, trainer, way)), trainer.settings.threads)
            next(contenders[way].steps)  # compiled
    for way, contender in contenders.items():
        speeds[way] = max(contender.speed(TRIAL_SECONDS, time.process_time) for _ in range(TRIALS))
    best = max(speeds, key=lambda way: speeds[way])
    return {"JAX, unroll 1": contenders[script.Way()], "JAX, best": contenders[best]}, str(best)


def _jax_steps(script: Any, trainer: Trainer, way: Any) -> Iterator[Any]:
    s, task = trainer.settings, trainer.learner.task
    if s.task == "text":
        draw = script.windows(task.training.numpy(), s.length, s.batch)
    else:
        draw = script.palindromes(s.length, s.batch)
    weights = script.draw_weights(s.cell, s.layers, task.input_size, s.hidden, task.output_size)
    return script_of(script, s, task.readout == "every").train(weights, draw, way)


def script_of(script: Any, settings: Settings, every: bool) -> Any:
    """The JAX script with the settings of a run."""
    decay = settings.lr_decay if settings.lr_decay_every == 5_000 else 1.0
    return script.Script(settings.cell, every, settings.clip, settings.lr, decay, settings.optimizer)
