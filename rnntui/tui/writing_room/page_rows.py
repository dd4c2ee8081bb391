"""A row of a page as it is drawn: its characters by their looks, and behind them the cursor or that it is written."""

from collections.abc import Callable
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from rnntui.tui.base.labels import NEWLINE
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.page_layout import Layout
from rnntui.tui.writing_room.page_looks import CharacterStyle, Emphasis, looks

WRITING = "▌"


def drawn_row(
    page: Page, layout: Layout, row: int, emphasis: Emphasis, style_of: Callable[[CharacterStyle], Style]
) -> Strip:
    """A row, as long as its text."""
    drawn = layout.drawn(row)
    styles = looks(page, layout, row, drawn, emphasis)
    segments = [
        Segment("".join(shape.text for _, shape in run), style_of(look))
        for look, run in groupby(zip(styles, drawn, strict=True), key=lambda pair: pair[0])
    ]
    strip = Strip([segment for segment in segments if segment.text])
    behind = _behind(page, layout, row, emphasis.cursor)
    if behind is None:
        return strip
    mark, look = behind  # on the last cell, where the row is full
    return Strip([*strip.crop(0, layout.width), Segment(mark, style_of(look))])


def _behind(page: Page, layout: Layout, row: int, cursor: int | None) -> tuple[str, CharacterStyle] | None:
    """What stands behind the text of a row: the cursor, or that it is being written."""
    start, end = layout.row(row)
    is_last = row == layout.height - 1
    if cursor is not None and start <= cursor == end - (not is_last):
        is_newline = not is_last and page.text[cursor] == "\n"
        if is_last or is_newline:
            return NEWLINE if is_newline else " ", CharacterStyle("written", is_cursor=True)
    return (WRITING, CharacterStyle("given")) if is_last and page.phase == "writing" else None
