"""What `gpu.py` measures of a row of `rows.py`: steps per second and peak memory of rnntui and of the plain script.

    rnntui              as it trains: float32 without TF32, deterministic algorithms, no captured graph
    rnntui with TF32    the same, but for cuDNN's products
    plain               the script of `plain.py`: torch.nn, cuDNN by torch's own defaults, which take TF32
    plain, captured     its step as one CUDA graph; on CUDA alone
    rnntui on the CPU   on one thread

The clock is the wall's: each reads a loss from the device before it goes on, so no work is left undone when a turn
ends. One after the other, the graph last: what a failed capture leaves behind is nobody's.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import torch
import torch._dynamo  # which torch's optimizers load at their first step: once, for the processes of all rows
from contenders import Contender, of_plain, of_rnntui
from parts import Asked, Figures, Part
from rows import ROWS, Row, settings_of, training

from rnntui.core.training.trainer import Trainer

SECONDS = 45.0  # for a row
TURNS, TURN_SECONDS = 3, 0.7
QUICK = {"hidden": 8, "batch": 4}
QUICK_TURN_SECONDS = 0.05
QUICK_ROWS = 2
TINY_LENGTH = 5
OWN, OWN_TF32, PLAIN, CAPTURED, ON_CPU = "rnntui", "rnntui with TF32", "plain", "plain, captured", "rnntui on the CPU"


@dataclass(frozen=True)
class Way:
    """A contender that is made when its turn comes.

    `by_defaults`: as torch is by itself, not as rnntui sets it. `is_first`: what is on the device before is its own.
    """

    make: Callable[[], Contender]
    by_defaults: bool = False
    tf32: bool = False
    is_first: bool = False


def parts(quick: bool) -> list[Part]:
    """A part for each row; of a quick measurement the first of each task of section 1."""
    rows = [ROWS[0], ROWS[2]] if quick else ROWS
    return [Part(f"row {row.name}", SECONDS, partial(measure, row)) for row in rows]


def measure(row: Row, asked: Asked) -> Iterator[Figures]:
    """The kernel, then steps per second, peak MiB and, where one could not be measured, the reason, way by way."""
    small = {**QUICK, "length": TINY_LENGTH} if asked.quick else {}
    figures: dict[str, Figures] = {"steps per second": {}, "peak MiB": {}, "not measured": {}}
    with ExitStack() as opened:
        trainer = opened.enter_context(training(settings_of(row, device=asked.device, **small)))
        on_cpu = opened.enter_context(training(settings_of(row, **small)))
        yield {"kernel": trainer.learner.model.kernel.name, "kernel on the CPU": on_cpu.learner.model.kernel.name}
        for name, way in ways(trainer, on_cpu).items():
            try:
                speed, peak = try_out(way, trainer.learner.device, QUICK_TURN_SECONDS if asked.quick else TURN_SECONDS)
            except Exception as error:  # the reason stands in the table, and the next way is measured
                figures["not measured"][name] = f"{type(error).__name__}: {error}".splitlines()[0]
            else:
                figures["steps per second"][name], figures["peak MiB"][name] = speed, peak
            yield figures


def ways(trainer: Trainer, on_cpu: Trainer) -> dict[str, Way]:
    """Who takes part, in turn."""
    own = of_rnntui(trainer)  # one training, which goes on
    found = {OWN: Way(lambda: own, is_first=True), PLAIN: Way(lambda: of_plain(trainer), by_defaults=True)}
    if trainer.learner.device.type == "cuda":
        found[OWN_TF32] = Way(lambda: own, tf32=True)
        found[ON_CPU] = Way(lambda: of_rnntui(on_cpu))
        found[CAPTURED] = Way(lambda: of_plain(trainer, captured=True), by_defaults=True)
    return found


def try_out(way: Way, device: torch.device, seconds: float) -> tuple[float, float | None]:
    """Steps per second, the median of some turns after one to warm up, and MiB of the device at most, if it counts."""
    on_cuda = device.type == "cuda"
    before = _held(device) if on_cuda and not way.is_first else 0
    contender = way.make()
    next(contender.steps)  # rnntui prepares its arithmetic here
    torch.use_deterministic_algorithms(on_cuda and not way.by_defaults)
    torch.backends.cudnn.allow_tf32 = way.by_defaults or way.tf32
    contender.speed(seconds, time.perf_counter)
    speed = statistics.median(contender.speed(seconds, time.perf_counter) for _ in range(TURNS))
    return speed, (torch.cuda.max_memory_allocated(device) - before) / 2**20 if on_cuda else None


def _held(device: torch.device) -> int:
    """Bytes that are in use now; the peak is looked for from here on."""
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_allocated(device)
