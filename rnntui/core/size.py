"""How large a network and its batches are, told before any memory is taken: what cannot fit is refused at once.

A system that promises more memory than it has ends the process that uses it, without a word. Sizes are at least these:
real ones are larger, so that what is refused could not have been trained.
"""

import os
from typing import TYPE_CHECKING, cast

from rnntui.config import Settings, time_steps
from rnntui.core import load_class
from rnntui.specs import CELLS

if TYPE_CHECKING:
    from rnntui.core.cells import Cell

BYTES = 4  # of a float32
OPTIMIZER = 2  # copies that training holds beside the weights, at least: gradients, and the weights as they were


def weights(settings: Settings) -> int:
    """Trained parameters of the layers, input and read-out left out; 0 for a cell of a user's own."""
    if settings.cell not in CELLS:
        return 0
    cell = cast("type[Cell]", load_class(CELLS[settings.cell].path, "--cell"))
    return settings.layers * cell.parameter_count(1, settings.hidden)


def check_weights(settings: Settings, copies: int = 1) -> None:
    """Raise `ValueError` for a network whose weights, so often, are more than this machine's memory holds."""
    count = weights(settings)
    if copies * count * BYTES > memory():
        raise ValueError(
            f"--hidden {settings.hidden} and --layers {settings.layers} make {count:,} weights, more than this "
            f"machine's memory of {memory() >> 30} GiB holds: lower one of them"
        )


def check_batch(settings: Settings) -> None:
    """Raise `ValueError` for batches whose states, one a time step, are more than this machine's memory holds."""
    values = time_steps(settings) * settings.batch * settings.hidden * settings.layers
    if values * BYTES > memory():
        raise ValueError(
            f"--batch {settings.batch}, --length {settings.length}, --hidden {settings.hidden} and --layers "
            f"{settings.layers} make {values:,} values a batch, more than this machine's memory of "
            f"{memory() >> 30} GiB holds: lower one of them"
        )


def memory() -> int:
    """Bytes of memory that this machine has; a bound that no machine reaches where it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 1 << 50
