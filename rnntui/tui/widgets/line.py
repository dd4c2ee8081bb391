"""A line to type or paste any text into."""

from rich.highlighter import Highlighter
from rich.text import Text
from textual.suggester import Suggester
from textual.widgets import Input

from rnntui.tui.glyphs import glyph


class Line(Input):
    """An input that shows a `·` for each character that a terminal would obey, hide or draw otherwise than another.

    Its value keeps them.
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        suggester: Suggester | None = None,
        id: str | None = None,
        compact: bool = True,
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, highlighter=_Shown(), suggester=suggester, id=id, compact=compact
        )


class _Shown(Highlighter):
    def highlight(self, text: Text) -> None:
        text.plain = "".join(each if glyph(each).text == each else "·" for each in text.plain)
