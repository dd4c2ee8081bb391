"""The table of the runs that are compared: letter, settings that differ, last figures."""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import DataTable

from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.styles import styles_of

PLAIN = Style()
AT_ONCE = 200  # rows that are added in one go
NAME = 1  # the column of the runs' names
NAMES_SHARE, LEAST_NAME = 0.3, 16  # of the screen's width, and in cells: longer names give way in their middle


_key = partial(bound, "standings")


class Standings(DataTable[Text]):
    """One row for each run. Enter or space on a row asks to draw that run's curve, or to remove it."""

    DEFAULT_CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("choose,do", "toggle_line", "line", "Draw or remove this run's line", show=True),
        _key("left", "cursor_left", "columns before", "Show the column before those that are seen"),
        _key("right", "cursor_right", "columns beyond", "Show the column behind those that are seen"),
        _key("home", "scroll_home", "first columns", "Show the first columns"),
        _key("end", "scroll_end", "last columns", "Show the last columns"),
    ]

    class Toggled(Message):
        """The curve of a run should be drawn, or removed."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class Scrolled(Message):
        """Other columns are seen."""

    def __init__(self, titles: Sequence[str], rows: Sequence[Sequence[str]], longest: Sequence[str]) -> None:
        """`longest` is a row as wide as rows become: columns keep their widths."""
        super().__init__(cursor_type="row")
        self._to_right = [False, *(title.startswith(">") for title in titles)]
        self._titles = ["", *(title.removeprefix(">") for title in titles)]
        self._words = [["", *row] for row in rows]
        columns = zip(self._titles, ["a", *longest], *self._words, strict=True)
        self._widths = [max(cell_len(shown_text(word)) for word in column) for column in columns]
        self.fixed_columns = 2
        self.before = self.beyond = 0  # columns out of sight to the left and to the right

    def on_mount(self) -> None:
        room = max(LEAST_NAME, int(NAMES_SHARE * self.app.size.width))
        self._widths[NAME] = min(self._widths[NAME], room)
        for place, (title, width) in enumerate(zip(self._titles, self._widths, strict=True)):
            self.add_column(self._cell(place, title), key=str(place), width=width)
        self.grow()

    def on_resize(self) -> None:
        self._show_whole_columns()

    def action_cursor_left(self) -> None:
        self._begin_with(self.before - 1)

    def action_cursor_right(self) -> None:
        self._begin_with(self.before + bool(self.beyond))

    def action_scroll_home(self) -> None:
        self._begin_with(0)

    def action_scroll_end(self) -> None:
        self._begin_with(len(self._widths))

    def _begin_with(self, column: int) -> None:
        """Show the columns from one on, behind the fixed ones; no later one than is needed to see the last."""
        self.before = column
        self._show_whole_columns()
        self.post_message(self.Scrolled())

    def _show_whole_columns(self) -> None:
        """Give the last column that is seen whole the room that is left, so that none is cut; count those beyond."""
        spans, room = [width + 2 * self.cell_padding for width in self._widths], self.scrollable_content_region.width
        room -= sum(spans[: self.fixed_columns])
        spans = spans[self.fixed_columns :]
        last_page = max(0, len(spans) - _fitting(reversed(spans), room))
        self.before = max(0, min(self.before, last_page, len(spans) - 1))
        whole = max(1, _fitting(spans[self.before :], room))
        end = self.before + whole
        self.beyond = len(spans) - end
        widths = list(self._widths)
        if self.before or self.beyond:
            widths[self.fixed_columns + end - 1] += max(0, room - sum(spans[self.before : end]))
        if [column.width for column in self.ordered_columns] != widths:
            for column, width in zip(self.ordered_columns, widths, strict=True):
                column.width = width
            self._clear_caches()
            self._require_update_dimensions = True
            self.refresh(layout=True)
        self.call_after_refresh(self.scroll_to, sum(spans[: self.before]), animate=False, force=True)

    def grow(self) -> None:
        """Add the next rows; thousands at once would hold up the screen."""
        for number in range(self.row_count, min(self.row_count + AT_ONCE, len(self._words))):
            self.add_row(*(self._cell(*placed) for placed in enumerate(self._words[number])), key=str(number))

    def tell(self, number: int, words: Sequence[str]) -> None:
        """Show the status of a run."""
        for place, word in enumerate(words, 1):
            self._put(number, place, word)

    def mark(self, number: int, letter: str, style: Style) -> None:
        """Show the letter of a run's line, empty where it has none."""
        self._put(number, 0, letter, style)

    def action_toggle_line(self) -> None:
        if self.is_valid_row_index(self.cursor_row):
            self.post_message(self.Toggled(self.cursor_row))

    def _put(self, number: int, place: int, word: str, style: Style = PLAIN) -> None:
        if self._words[number][place] != word:
            self._words[number][place] = word
            if number >= self.row_count:
                return
            self.update_cell(str(number), str(place), self._cell(place, word, style))

    def _cell(self, place: int, word: str, style: Style = PLAIN) -> Text:
        shown = shown_text(word)
        if place == NAME:
            shown = elided(shown, self._widths[NAME])
        return Text(shown, style=style, justify="right" if self._to_right[place] else "left")


def _fitting(spans: Iterable[int], room: int) -> int:
    """How many of the first columns fit."""
    return sum(used <= room for used in accumulate(spans))
