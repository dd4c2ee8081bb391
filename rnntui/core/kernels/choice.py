"""Which kernel runs a cell: a rule over the cell, its device and its type, never a matter of timing."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from rnntui.core.cells import Cell, State
from rnntui.core.kernels import library, loop, vanilla_cpu

FAST = (vanilla_cpu, library)  # the first that serves is taken


@dataclass(frozen=True)
class Kernel:
    """A way to run one layer, its name for people, and why no faster one was taken (empty where one was)."""

    name: str
    run: Callable[[Cell, Tensor, State, Tensor | None], tuple[Tensor, State]]
    why: str = ""


def choose(cell: Cell, setting: str) -> Kernel:
    """The kernel that `--kernel auto|fused|reference` names for a cell where it now lies.

    Raises `ValueError` where `fused` is asked for and none serves.
    """
    if setting == "reference":
        return Kernel(loop.NAME, loop.run, "--kernel reference")
    for fast in FAST:
        if not fast.refuses(cell):
            return Kernel(fast.name(cell), fast.run)
    why = FAST[-1].refuses(cell)
    if setting == "fused":
        raise ValueError(f"--kernel fused: {why}; take auto")
    return Kernel(loop.NAME, loop.run, why)
