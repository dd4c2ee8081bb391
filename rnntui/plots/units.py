"""A passage of a text as a figure, once for each unit, each character on a ground of the unit's state."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from rnntui.plots import drawing, entitle, panels
from rnntui.plots.paper import Paper, printed
from rnntui.text.in_columns import in_columns
from rnntui.text.state_scale import COLOURS, StateScale

ACROSS = 80  # columns of a line; for print it follows the width
LINE, ABOVE = 0.22, 0.5  # inches of a line, and of a panel beside its lines
SIZE = 8  # points of a character
PRINTED_SIZE, PRINTED_COLUMN, PRINTED_LINE = 5.5, 0.125, 0.3  # points; cm of a column and a line in print
PRINTED_ABOVE, PRINTED_TITLE, OF_SCALE = 0.55, 0.5, 1.0  # cm beside the lines, for the title, beside the columns
DIVERGING = LinearSegmentedColormap.from_list("states", COLOURS)

UnitColumn = tuple[str, Sequence[float]]  # a heading, and a state for each character


def draw_units(file: Path, title: str, passage: str, units: Sequence[UnitColumn]) -> None:
    """A panel for each unit: the passage, shaded from blue (below zero) to orange, and the scale."""
    places = _places(passage, ACROSS)
    with drawing(file, rows=len(units), height=ABOVE + LINE * (places[-1][1] + 1)) as figure:
        entitle(figure, title)
        for axes, (heading, states) in zip(panels(figure), units, strict=True):
            _draw_unit(figure, axes, heading, places, states, ACROSS, SIZE)


def draw_printed(file: Path, paper: Paper, title: str, passage: str, units: Sequence[UnitColumn]) -> None:
    """The same for print, the passage as one paragraph."""
    across = int((paper.width - OF_SCALE) / PRINTED_COLUMN)
    places = _places(passage, across, is_paragraph=True)
    height = PRINTED_ABOVE + PRINTED_LINE * (places[-1][1] + 1)
    with printed(file, paper, [height] * len(units), beside=PRINTED_TITLE) as figure:
        entitle(figure, title)
        for axes, (heading, states) in zip(panels(figure), units, strict=True):
            _draw_unit(figure, axes, heading, places, states, across, PRINTED_SIZE)


def _places(passage: str, across: int, *, is_paragraph: bool = False) -> list[tuple[int, int, str, int]]:
    """Column, line, what is written and its width, of each character; a newline ends its line, but in a paragraph."""
    places, column, line = [], 0, 0
    for character, (written, width) in zip(passage, in_columns(passage), strict=True):
        if column + width > across:
            column, line = 0, line + 1
        places.append((column, line, "" if written.isspace() else written, width))
        column += width
        if character == "\n" and not is_paragraph:
            column, line = 0, line + 1
    return places


def _draw_unit(
    figure: Figure,
    axes: Axes,
    heading: str,
    places: Sequence[tuple[int, int, str, int]],
    states: Sequence[float],
    across: int,
    size: float,
) -> None:
    lines = places[-1][1] + 1
    ends = StateScale.of(states)
    grounds = np.full((lines, across), np.nan)
    for (column, line, written, width), state in zip(places, states, strict=True):
        grounds[line, column : column + width] = state if math.isfinite(state) else np.nan
        axes.text(column + width / 2, line + 0.5, written, family="monospace", size=size, ha="center", va="center")
    scale = Normalize(ends.low, ends.high)
    axes.pcolormesh(grounds, cmap=DIVERGING, norm=scale)
    axes.set_xlim(0, across)
    axes.set_ylim(lines, 0)
    axes.set_axis_off()
    axes.set_title(heading, size=size + 1, loc="left")
    figure.colorbar(ScalarMappable(scale, DIVERGING), ax=axes, fraction=0.02, pad=0.01)
