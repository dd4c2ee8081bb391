"""What differs by cell, task and optimizer, in one spec each.

A new one is a file in `core/` and an entry of `cells.py`, `tasks.py` or `optimizers.py` here.

Everything else asks the spec and never for a name, so that what is added is trained, shown, compared and swept as what
was there before. Standard library only: help and the first frame come before anything heavy is loaded.
"""

from rnntui.specs.cells import CELLS, CellSpec, cell_cost, cell_name, recurrent_products
from rnntui.specs.optimizers import OPTIMIZERS, OptimizerSpec, optimizers_with
from rnntui.specs.tasks import (
    BITS,
    LATCH_NOTE,
    NATS,
    SQUARED_ERROR,
    TASKS,
    LossUnit,
    PresetRule,
    TaskSpec,
    bits,
    presets,
    tasks_with,
)

__all__ = [
    "BITS",
    "CELLS",
    "LATCH_NOTE",
    "NATS",
    "OPTIMIZERS",
    "SQUARED_ERROR",
    "TASKS",
    "CellSpec",
    "LossUnit",
    "OptimizerSpec",
    "PresetRule",
    "TaskSpec",
    "bits",
    "cell_cost",
    "cell_name",
    "optimizers_with",
    "presets",
    "recurrent_products",
    "tasks_with",
]
