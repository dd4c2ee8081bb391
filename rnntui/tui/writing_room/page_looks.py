"""By what each character of a row is drawn: who wrote it, its shade, and what marks it out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rnntui.tui.base.glyphs import Drawn
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.page_layout import Layout
from rnntui.tui.writing_room.page_shades import Shading, shades


class CharacterStyle(NamedTuple):
    """What decides on the style of a character; `part` is one of `given`, `written`, `left-out`."""

    part: str
    shade: int = 0
    is_longest: bool = False
    is_marked: bool = False
    is_selected: bool = False
    is_cursor: bool = False


@dataclass(frozen=True)
class Emphasis:
    """What of a page is marked out, in positions; `marked` are stretches."""

    shading: Shading
    longest: Collection[int]
    marked: Sequence[tuple[int, int]]
    selected: Collection[int]
    cursor: int | None


def looks(page: Page, layout: Layout, row: int, drawn: Sequence[Drawn], emphasis: Emphasis) -> list[CharacterStyle]:
    """How each character of a row looks; one that joins another looks like that."""
    start, end = layout.row(row)
    given, left_out = (flags[start:end].ljust(end - start, b"\0") for flags in (page.given, page.left_out))
    shade = shades(page, emphasis.shading, start, end)
    marked = {k for low, high in emphasis.marked for k in range(max(low, start), min(high, end))}
    joins, cursor = _joins(drawn, page.text[start:end]), emphasis.cursor
    here = joins[cursor - start] if cursor is not None and start <= cursor < end else None
    looks_of_row = []
    for k in joins:
        part, at = "left-out" if left_out[k] else "given" if given[k] else "written", start + k
        is_longest, is_selected = at in emphasis.longest, at in emphasis.selected
        looks_of_row.append(CharacterStyle(part, shade[k], is_longest, at in marked, is_selected, k == here))
    return looks_of_row


def _joins(drawn: Sequence[Drawn], text: str) -> list[int]:
    """For each character of a row the one it is drawn with: a mark joins the one before, all others are themselves."""
    joins: list[int] = []
    for k, (shape, character) in enumerate(zip(drawn, text, strict=True)):
        joins.append(joins[-1] if joins and not shape.cells and character != "\n" else k)
    return joins
