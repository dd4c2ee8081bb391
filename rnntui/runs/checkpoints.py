"""The folder `checkpoints/` of a run: one folder a step, and which of them are kept.

Invariant: a checkpoint that has its name is complete and on disk. Whole ones can be gone on from; others keep the
weights alone.
"""

import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rnntui.disk import flush

KEPT = 3  # newest whole checkpoints
WHOLE = "optimizer.safetensors"  # what a whole checkpoint has and the weights alone have not
NAME = re.compile(r"step-\d{8,}")


def is_milestone(step: int) -> bool:
    """Whether the weights of this step are kept for ever: 1, 2, 5 × 10^k from 100 on."""
    return step >= 100 and re.fullmatch("[125]0*", str(step)) is not None


def next_milestone(step: int) -> int:
    """The first milestone after a step."""
    power = 10 ** (len(str(step)) - 1)
    return next(n for n in (100, power, 2 * power, 5 * power, 10 * power) if n > step and is_milestone(n))


def name(step: int) -> str:
    """The name of the checkpoint after `step`."""
    return f"step-{step:08d}"


def saved(folder: Path, *, whole: bool) -> list[int]:
    """Steps with a checkpoint, ascending; `whole` leaves out those that keep the weights alone."""
    return sorted(step for step in _steps(folder) if not whole or _is_whole(folder, step))


def newest(folder: Path) -> int | None:
    """The newest step with a whole checkpoint; `None` where there is none."""
    return next((step for step in sorted(_steps(folder), reverse=True) if _is_whole(folder, step)), None)


def _steps(folder: Path) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(each.removeprefix("step-")) for each in os.listdir(folder) if NAME.fullmatch(each)]
    return []


def _is_whole(folder: Path, step: int) -> bool:
    return os.path.exists(f"{folder}/{name(step)}/{WHOLE}")


def write(folder: Path, step: int, fill: Callable[[Path], None]) -> None:
    """Let `fill` fill a folder and give it its name once all of it is on disk.

    A whole checkpoint of that step is kept as it is: the state after a step is what it is. Raises `OSError` where the
    disk is full, and then leaves nothing behind.
    """
    if _is_whole(folder, step):
        return
    final, temporary = folder / name(step), folder / f".{name(step)}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        fill(temporary)
        for file in temporary.iterdir():
            flush(file)
        flush(temporary)
        if final.exists():  # weights alone: the new one holds them too
            final.rename(_old(final))
        temporary.rename(final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    shutil.rmtree(_old(final), ignore_errors=True)
    flush(folder)


def prune(folder: Path, best: int | None) -> None:
    """Keep the newest whole checkpoints, the best, and the weights alone at milestones."""
    for stale in folder.glob(".*"):
        shutil.rmtree(stale, ignore_errors=True)
    for step in saved(folder, whole=True)[:-KEPT]:
        if step == best:
            continue
        checkpoint = folder / name(step)
        if is_milestone(step):
            (checkpoint / WHOLE).unlink()
        else:
            shutil.rmtree(checkpoint.rename(_old(checkpoint)))


def _old(checkpoint: Path) -> Path:
    """Its name while it is being deleted."""
    return checkpoint.with_name(f".old-{checkpoint.name}")
