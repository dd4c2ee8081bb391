"""How large a network is, computed before any memory is taken: what cannot fit is refused at once.

A system that promises more memory than it has ends the process that uses it, without a word. Sizes are at least these:
real ones are larger, so that what is refused could not have been trained.
"""

from typing import TYPE_CHECKING, cast

from rnntui.config import Settings
from rnntui.core import load_class
from rnntui.specs import CELLS
from rnntui.system.memory import FLOAT32, memory

if TYPE_CHECKING:
    from rnntui.core.cells import Cell

OPTIMIZER = 2  # copies that training holds beside the weights, at least: gradients, and the weights as they were


def weights(settings: Settings) -> int:
    """Trained parameters of the layers, input and read-out left out; 0 for a cell of a user's own."""
    if settings.cell not in CELLS:
        return 0
    cell = cast("type[Cell]", load_class(CELLS[settings.cell].path_of(settings.layer_norm), "--cell"))
    return settings.layers * cell.parameter_count(1, settings.hidden)


def check_weights(settings: Settings, copies: int = 1) -> None:
    """Raise `ValueError` for a network whose weights, so often, are more than this machine's memory holds."""
    count = weights(settings)
    if copies * count * FLOAT32 > memory():
        raise ValueError(
            f"--hidden {settings.hidden} and --layers {settings.layers} make {count:,} weights, more than this "
            f"machine's memory of {memory() >> 30} GiB holds: lower one of them"
        )
