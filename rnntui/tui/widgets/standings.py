"""The table of the runs that are compared: letter, settings that differ, last figures."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable

from rnntui.safe import shown_text

PLAIN = Style()


class Standings(DataTable[Text]):
    """A row a run. It is told the words; enter or space on a row asks to draw that run's line, or to take it off."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "toggle_line", "line", id="standings.toggle", tooltip="Draw this run's line, or take it off")
    ]

    class Toggled(Message):
        """The line of a run is wanted, or no more."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, titles: Sequence[str], rows: Sequence[Sequence[str]], *, id: str | None = None) -> None:
        super().__init__(cursor_type="row", id=id)
        self._to_right = [False, *(title.startswith(">") for title in titles)]
        self._titles = ["", *(title.removeprefix(">") for title in titles)]
        self._words = [["", *row] for row in rows]
        self.fixed_columns = 2

    def on_mount(self) -> None:
        for place, title in enumerate(self._titles):
            self.add_column(self._cell(place, title), key=str(place))
        for number, words in enumerate(self._words):
            self.add_row(*(self._cell(*each) for each in enumerate(words)), key=str(number))

    def tell(self, number: int, words: Sequence[str]) -> None:
        """Show where a run stands."""
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
            self.update_cell(str(number), str(place), self._cell(place, word, style), update_width=True)

    def _cell(self, place: int, word: str, style: Style = PLAIN) -> Text:
        return Text(shown_text(word), style=style, justify="right" if self._to_right[place] else "left")
