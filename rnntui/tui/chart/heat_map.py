"""A square matrix of numbers with a sign as a square of shades: from below, through 0, to above.

An entry is as many half cells high as it is cells wide; where there are none a shade stands for a square of entries.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnntui.probes import farthest
from rnntui.tui.chart.axis import shown
from rnntui.tui.chart.raster import FINE, SHADES, Levels, levels

BEYOND = 0.01  # of the entries may lie beyond the ends of the scale
SCALE_COLUMNS = 8


@dataclass(frozen=True)
class HeatMap:
    """The levels of each half cell, or of each cell where characters carry them, and those of the scale.

    A shade stands for a square of `entries` × `entries`; `ends` are the numbers at the scale's ends.
    """

    shades: Levels
    scale: Levels
    ends: tuple[str, str]
    entries: int


def heat_map(matrix: NDArray[np.floating[Any]], rows: int, *, has_colours: bool) -> HeatMap:
    """The matrix in so many rows of cells at most, and twice as many columns."""
    most = 2 * rows if has_colours else rows
    square = farthest(matrix, most)
    square = square.repeat(most // len(square), 0).repeat(most // len(square), 1)
    reach = float(np.quantile(np.abs(matrix), 1 - BEYOND, method="higher")) or 1.0
    count = FINE if has_colours else len(SHADES)
    drawn = levels(square if has_colours else square.repeat(2, 1), -reach, reach, count, "mean")
    scale = np.arange(SCALE_COLUMNS) * (count - 1) // (SCALE_COLUMNS - 1)
    return HeatMap(drawn, scale, (shown(-reach), shown(reach)), -(-len(matrix) // most))
