"""Which kernel runs a cell: a rule over the cell, its device and its type, never a matter of timing."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from rnntui.core.cells import Cell, State
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.kernels import library, loop, phased, sequence, vanilla_cpu

FAST = (sequence, vanilla_cpu, phased, library)  # the first that serves is taken


@dataclass(frozen=True)
class Kernel:
    """A way to run one layer, its name for people, and why no faster one was taken (empty where one was)."""

    name: str
    run: Callable[[Cell, Tensor, State, Tensor | None], tuple[Tensor, State]]
    why: str = ""


def choose(cell: Cell, setting: str, own_times: bool = False) -> Kernel:
    """The kernel that `--kernel auto|fused|reference` names for a cell where it now lies.

    `own_times`: each sequence of a batch has times of its own, which matters to time gates alone. Raises `ValueError`
    where `fused` is asked for and none serves.
    """
    if setting == "reference":
        return Kernel(loop.NAME, loop.run, "--kernel reference")
    why = phased.OWN_TIMES if own_times and isinstance(cell, PhasedLSTM) else ""
    for fast in () if why else FAST:
        if not fast.refuses(cell):
            return Kernel(fast.name(cell), fast.run)
    why = why or library.refuses(cell)
    if setting == "fused":
        raise ValueError(f"--kernel fused: {why}; take auto")
    return Kernel(loop.NAME, loop.run, why)
