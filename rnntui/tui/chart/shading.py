"""Shades as colours, two to a cell: one above the other in half blocks."""

from itertools import groupby
from typing import TYPE_CHECKING

from rich.color import Color as Colour
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Hue

from rnntui.tui.chart.sketch import Row

if TYPE_CHECKING:
    from rnntui.tui.chart.raster import Levels


def both_sides(below: Hue, ground: Hue, above: Hue) -> list[Colour]:
    """A colour for each level of values with a sign, through the ground; last the ground, for what is not known."""
    from rnntui.tui.chart.raster import FINE

    signed = [2 * k / (FINE - 1) - 1 for k in range(FINE)]
    blended = [ground.blend(above if share > 0 else below, abs(share), 1.0) for share in signed]
    return [colour.rich_color for colour in (*blended, ground)]


def half_blocks(upper: "Levels", lower: "Levels", colours: list[Colour]) -> Row:
    """A row of cells of two levels each, in these colours."""
    pairs = zip(upper.tolist(), lower.tolist(), strict=True)
    return [_run(above, below, len(list(run)), colours) for (above, below), run in groupby(pairs)]


def _run(above: int, below: int, count: int, colours: list[Colour]) -> Segment:
    """Cells of two levels; level 0 is left blank, so that the raster can be read where it was copied as text."""
    if above == below:
        return Segment((" " if above <= 0 else "█") * count, Style(color=colours[above], bgcolor=colours[above]))
    if above <= 0:
        return Segment("▄" * count, Style(color=colours[below], bgcolor=colours[above]))
    return Segment("▀" * count, Style(color=colours[above], bgcolor=colours[below]))
