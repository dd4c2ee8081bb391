"""The strips of a chart: kept where they are equal, what stands there without data, and how a line's colour is used."""

import textwrap
from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Size
from textual.strip import Strip

from rnntui.tui.base.colours import GREY, SILVER
from rnntui.tui.base.contrast import LINE, TEXT, ink, towards
from rnntui.tui.chart.series import plain

LEAST_WIDTH, LEAST_HEIGHT = 8, 2
BAND = 0.3  # of a line's colour is in the band behind it, or as much more as a line needs to be seen


def kept(before: list[Strip], now: list[Strip]) -> list[Strip]:
    """The new strips, but the old one, with its caches, wherever the two are equal."""
    if len(before) != len(now):
        return now
    return [old if old == new else new for old, new in zip(before, now, strict=True)]


def waiting(size: Size, title: str, words: str, style: Callable[[str], Style]) -> list[Strip]:
    """The title, and what is waited for in the middle, in as many rows as it needs; nothing where there is no room."""
    if size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT:
        return []
    rows = [Strip([Segment(" " * size.width, style("note"))], size.width)] * size.height
    lines = textwrap.wrap(plain(words), size.width)[: size.height - 1]
    first = max(1, (size.height - len(lines) + 1) // 2)
    for y, line in enumerate(lines, first):
        rows[y] = Strip([Segment(line.center(size.width), style("note"))], size.width)
    rows[0] = Strip([Segment(plain(title)[: size.width].ljust(size.width), style("title"))], size.width)
    return rows


def fainter(style: Style, *, has_few_colours: bool = False) -> Style:
    """The style of a band, from that of its line: as faint as a line may be; of sixteen colours, which have no fainter
    ones, the grey nearest to the ground.
    """
    ground, line = _ground(style), Color.from_rich_color(style.color)
    if has_few_colours:
        return style + Style(color=GREY if ground.brightness < 0.5 else SILVER)
    mixed = towards(ground.blend(line, BAND, 1.0), line, ground, LINE)
    return style + Style(color=mixed.rich_color)


def readable(style: Style) -> Style:
    """The style of words in a line's colour."""
    ground = _ground(style)
    mixed = towards(Color.from_rich_color(style.color), ink(ground), ground, TEXT)
    return style + Style(color=mixed.rich_color)


def _ground(style: Style) -> Color:
    return Color.from_rich_color(style.bgcolor)
