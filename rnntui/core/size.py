"""How large a network is, computed before any memory is taken: what cannot fit is refused at once.

A system that promises more memory than it has ends the process that uses it, without a word. Sizes are at least these:
real ones are larger, so that what is refused could not have been trained.
"""

from typing import TYPE_CHECKING, cast

import torch

from rnntui.config import Settings
from rnntui.core import load_class
from rnntui.core.tasks import load_task
from rnntui.specs import CELLS
from rnntui.system.memory import FLOAT32, memory

if TYPE_CHECKING:
    from rnntui.core.cells import Cell

OPTIMIZER = 2  # copies that training holds beside the weights, at least: gradients, and the weights as they were


def weights(settings: Settings) -> int:
    """Trained parameters of the layers, input and read-out left out; 0 for a cell of a user's own."""
    if settings.cell not in CELLS:
        return 0
    cell = cast("type[Cell]", load_class(CELLS[settings.cell].path, "--cell"))
    return settings.layers * cell.parameter_count(1, settings.hidden)


def parameters(settings: Settings, inputs: int, outputs: int) -> int:
    """Trained parameters of the layers and the read-out of a network for a task with so many inputs and outputs."""
    kind, n = cast("type[Cell]", load_class(CELLS[settings.cell].path, "--cell")), settings.hidden
    with torch.device("meta"):  # shapes alone, whatever their size
        layers = [kind.of(settings, n if k else inputs, n) for k in range(settings.layers)]
    trained = sum(weight.numel() for layer in layers for weight in layer.parameters())
    return trained + outputs * (n + 1)


def sizes(settings: Settings) -> tuple[int, int]:
    """Inputs and outputs of a network for a task that has no text."""
    task = load_task(settings, torch.device("cpu"))
    return task.input_size, task.output_size


def check_weights(settings: Settings, copies: int = 1) -> None:
    """Raise `ValueError` for a network whose weights, so often, are more than this machine's memory holds."""
    count = weights(settings)
    if copies * count * FLOAT32 > memory():
        raise ValueError(
            f"--hidden {settings.hidden} and --layers {settings.layers} make {count:,} weights, more than this "
            f"machine's memory of {memory() >> 30} GiB holds: lower one of them"
        )
