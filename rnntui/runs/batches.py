"""What a row of metrics says of the batches of training that it is of, as a bin of a curve."""

import math
from typing import Literal

from msgspec import UNSET

from rnntui.runs.history import Column
from rnntui.schemas import MetricsRow, number

BatchFigure = Literal["loss", "accuracy", "gradient_norm"]


def add_batches(column: Column, at: int, row: MetricsRow, figure: BatchFigure, unit: float = 1.0) -> None:
    """Add to a column, at `at`, all batches since the row before; that of its step alone where no more is known.

    `unit` is that of the column, in the row's.
    """
    own = number(getattr(row, figure)) / unit
    values = row.range_of(figure)
    if row.batches is UNSET or values is None:
        column.append(at, own)
    else:
        least, mean, greatest, geometric = (number(value) / unit for value in values)
        log = math.log(geometric) if geometric > 0 else math.nan
        column.append_range(at, row.batches.count, least, mean, greatest, log, own)


def is_clipped(norm: float, clip: float) -> bool:
    """Whether a clip acts on a gradient by its norm before, one that is not finite too; 0 is no clipping."""
    return clip > 0 and not norm <= clip


def mean_of_batches(row: MetricsRow, figure: BatchFigure) -> float:
    """The mean of all batches since the row before; NaN where none was finite."""
    values = row.range_of(figure)
    return number(getattr(row, figure)) if values is None else values[1]
