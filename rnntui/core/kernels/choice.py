"""Which kernel runs a cell: a rule over the cell, its device and its type.

Never timing: a run must choose the same kernel, and so the same rounding, every time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType

from torch import Tensor

from rnntui.core.cells import Cell, State
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.kernels import compiled, library, loop, phased, sequence, vanilla_cpu
from rnntui.core.kernels.compiled.library import INSTRUCTIONS

FAST: dict[str, tuple[ModuleType, ...]] = {  # by `--kernel`: the first that serves is taken
    "auto": (sequence, compiled, vanilla_cpu, phased, library),
    "compiled": (compiled,),
    "library": (sequence, vanilla_cpu, phased, library),
}
KEPT = "the run was trained with it before"


@dataclass(frozen=True)
class Kernel:
    """A way to run one layer, its name for people, and why no faster one was chosen: empty if there is none, or where
    it was asked for.

    `instructions` is the instruction set of a compiled kernel, empty for another.
    """

    name: str
    run: Callable[..., tuple[Tensor, State]]  # of cell, inputs, state and times, and of the recurrent state's mask
    why: str = ""
    instructions: str = ""


def choose(cell: Cell, setting: str, own_times: bool = False, recorded: str = "", masked: bool = False) -> Kernel:
    """The kernel that `--kernel auto|compiled|library|reference` means for a cell on its present device.

    `own_times`: each sequence of a batch has its own times, which matters only to time gates. `recorded` is the
    name of the kernel that a run was trained with, which `auto` takes again where it is to be had, and `compiled` with
    its instruction set. `masked`: the
    recurrent state is to be masked (`--dropout-recurrent`).
    Raises `ValueError` where `compiled` or `library` is asked for and none serves.
    """
    if setting == "reference" or (setting == "auto" and recorded == loop.NAME):
        return Kernel(loop.NAME, loop.run, "--kernel reference" if setting == "reference" else KEPT)
    why = phased.OWN_TIMES if own_times and isinstance(cell, PhasedLSTM) else ""
    serving = [] if why else [module for module in FAST[setting] if not module.refuses(cell)]
    kernels = [_of(module, cell) for module in serving if not masked or _masks(module, cell)]
    if recorded and setting in ("auto", "compiled") and kernels:
        kernels = [kernel for kernel in (*kernels, *_other_instructions(cell)) if kernel.name == recorded] or kernels
    if kernels:
        return replace(kernels[0], why=_why_not_compiled(cell, kernels[0])) if setting == "auto" else kernels[0]
    if serving:
        why = f"{serving[0].name(cell)}, which would serve, has no --dropout-recurrent"
    why = why or (compiled if setting == "compiled" else library).refuses(cell)
    if setting != "auto":
        raise ValueError(f"--kernel {setting}: {why}; take auto")
    return Kernel(loop.NAME, loop.run, why)


def _why_not_compiled(cell: Cell, taken: Kernel) -> str:
    """Why a cell that compiled kernels are there for is run by another; else empty."""
    missing = compiled.missing()
    return missing if not taken.instructions and missing == compiled.refuses(cell) else ""


def _of(module: ModuleType, cell: Cell) -> Kernel:
    instructions = compiled.library().instructions if module is compiled else ""
    return Kernel(module.name(cell), module.run, instructions=instructions)


def _masks(module: ModuleType, cell: Cell) -> bool:
    """Whether a kernel that serves a cell can mask its recurrent state, as the loop can."""
    return module is compiled and compiled.masks(cell)


def _other_instructions(cell: Cell) -> Iterator[Kernel]:
    """The compiled kernels in narrower instruction sets that this processor has too: their bits differ."""
    if compiled.refuses(cell):
        return
    for instructions in INSTRUCTIONS:
        if compiled.has(instructions):
            run = partial(compiled.run, instructions=instructions)
            yield Kernel(f"{compiled.NAME}, {instructions}", run, instructions=instructions)
