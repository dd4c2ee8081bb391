"""The run under the cursor in words: how it stands, its figures, and of one that is unsolved what *solved* asks for."""

import math

from rnntui.config import SOLVED, WINDOW, spec
from rnntui.schemas import number
from rnntui.sweeps.folder import Result
from rnntui.sweeps.pool import JobStatus
from rnntui.text import format
from rnntui.text.sanitize import shown_text
from rnntui.tui.sweep import run_cell
from rnntui.tui.sweep.failures import GRAVE, reason


def detail(status: JobStatus) -> str:
    """Details of one run, on two lines or more."""
    look = run_cell.look(status)
    first = [status.job.name, run_cell.ending(status) if look == "finished" else look]
    first.append(f"{status.run.step:,}/{status.run.steps:,} steps")
    if look == "running" and status.node:
        first.append(f"on {shown_text(status.node)}")
    if look == "running" and status.run.steps_per_second:
        first.append(f"{format.count(status.run.steps_per_second)} steps/s")
        first.append(f"{format.duration(run_cell.seconds_left(status))} left")
    return f"{' · '.join(first)}\n{' · '.join(_figures(status))}"


def _figures(status: JobStatus) -> list[str]:
    if status.run.state in GRAVE:
        return [reason(status)]
    result = status.result
    loss = number(status.run.loss) if result is None or result.loss is None else result.loss
    figures = [f"loss {format.figure(loss)}"] if math.isfinite(loss) else []
    if status.run.accuracy is not None:
        figures.append(f"accuracy {status.run.accuracy:.3f}")
    if result is not None and result.test_accuracy is not None:
        kind = "held-out" if spec(status.job.settings).holds_out else "test"
        figures.append(f"{kind} accuracy {result.test_accuracy:.3f}")
    if result is not None and result.test_loss is not None:
        figures.append(f"test loss {format.figure(result.test_loss)}")
    if result is not None and result.bits_per_character is not None:
        figures.append(f"{result.bits_per_character:.3f} bits per character")
    if result is not None and result.solved_at is not None:
        figures.append(f"solved at {result.solved_at:,}")
    elif result is not None and run_cell.ending(status) == "unsolved":
        figures.append(_why_unsolved(result))
    if result is not None and result.seconds is not None:
        figures.append(f"took {format.duration(result.seconds)}")
    return figures


def _why_unsolved(result: Result) -> str:
    """What it would have had to reach at some step, and what it did: fresh examples may be all right without."""
    asked = f"solved asks for {SOLVED} over {WINDOW} batches"
    best = result.best_accuracy
    return asked if best is None else f"{asked}: its best is {math.floor(best * 1000) / 1000:.3f}"  # not up to it
