"""The figures of all pages below one another, so that networks are compared by looking down a column."""

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room import titles
from rnntui.tui.writing_room.figures import FigureColumn, columns_of
from rnntui.tui.writing_room.page import Page

HEADS = 2  # rows above the pages' own
GAP, GROUP_GAP = 2, 4  # cells between columns, and between groups of them
LEAST_TITLE = 16  # cells of a page's title
NETWORK = "network"


class FiguresTable(Widget):
    """Shows pages whose figures are known; columns that have no room are left out, the last ones first."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"figurestable--{name}" for name in ("head", "title", "figure")}

    def __init__(self) -> None:
        super().__init__()
        self._titles: list[str] = []
        self._columns: list[FigureColumn] = []

    def show(self, pages: Sequence[Page]) -> None:
        """Show the figures of pages."""
        titles, columns = [drawn_text(page.title) for page in pages], columns_of(list(pages))
        if (titles, columns) != (self._titles, self._columns):
            self._titles, self._columns = titles, columns
            self.styles.height = HEADS + len(titles)
            self.refresh()

    def render(self) -> Text:
        groups = self._fitting(self.size.width)
        title = min(max(map(len, (NETWORK, *self._titles))), self.size.width - sum(map(_width, groups)))
        named = [name if len(name) <= title else titles.within(name, title) for name in self._titles]
        rows = [("", "head"), (NETWORK, "head"), *((name, "title") for name in named)]
        table = [Text(words.ljust(title), self._role(role)) for words, role in rows]
        for group in groups:
            self._write(table, group)
        for row in table:
            row.rstrip()
        return Text("\n", no_wrap=True, overflow="ellipsis").join(table)

    def _write(self, table: list[Text], group: Sequence[FigureColumn]) -> None:
        """Append a group of columns to the rows, its name above them."""
        table[0].append(" " * GROUP_GAP + group[0].group.ljust(_width(group) - GROUP_GAP), self._role("head"))
        for k, column in enumerate(group):
            gap = " " * (GAP if k else GROUP_GAP)
            for row, words in zip(table[1:], (column.name, *column.cells), strict=True):
                row.append(f"{gap}{words:>{column.width}}", self._role("head" if row is table[1] else "figure"))
        room = _width(group) - _width(group, named=False)
        for row in table[1:]:
            row.append(" " * room)

    def _fitting(self, width: int) -> list[list[FigureColumn]]:
        """The columns that there is room for, by their groups."""
        columns = list(self._columns)
        while columns:
            groups = [list(its) for _, its in groupby(columns, key=lambda column: column.group)]
            if sum(map(_width, groups)) <= width - LEAST_TITLE:
                return groups
            columns.pop()
        return []

    def _role(self, name: str) -> Style:
        return self.get_component_rich_style(f"figurestable--{name}", partial=True)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()


def _width(group: Sequence[FigureColumn], *, named: bool = True) -> int:
    """What columns take with the gaps before them, under the name of their group."""
    columns = GROUP_GAP + sum(column.width for column in group) + GAP * (len(group) - 1)
    return max(columns, GROUP_GAP + len(group[0].group)) if named else columns
