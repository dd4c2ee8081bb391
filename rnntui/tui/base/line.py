"""A line to type or paste any text into."""

from typing import Literal

from rich.highlighter import Highlighter
from rich.text import Text
from textual import events
from textual.suggester import Suggester
from textual.widgets import Input

from rnntui.tui.base.glyphs import glyph
from rnntui.tui.base.labels import NEWLINE

LONGEST = 10_000  # characters: a longer line would hold up the screen at every key
SHOWN = {"\n": NEWLINE}


class LineInput(Input):
    """An input that shows a `↵` for a newline, and a `·` for each other character that a terminal would obey, hide or
    draw otherwise than another. Its value keeps them.

    Pasted newlines become `newline`; where that is empty the line can hold none, and takes the first line that is not
    blank. What is left out of a pasted text is said.
    """

    def __init__(
        self,
        value: str = "",
        *,
        newline: str = "",
        placeholder: str = "",
        suggester: Suggester | None = None,
        type: Literal["integer", "number", "text"] = "text",
        id: str | None = None,
        compact: bool = True,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            highlighter=_Shown(),
            suggester=suggester,
            type=type,
            max_length=LONGEST,
            id=id,
            compact=compact,
        )
        self._newline = newline

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        start, end = sorted(self.selection)
        text, said = self._on_one_line(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        room = LONGEST - len(self.value) + (end - start)
        if len(text) > room:
            said = too_long("a line", LONGEST, len(text) - room)
        self.replace(text[:room], start, end)
        if said:
            self.app.notify(said, severity="warning")

    def _on_one_line(self, text: str) -> tuple[str, str]:
        """A pasted text as the line can hold it, and what is left out, in words."""
        if self._newline:
            return text.replace("\n", self._newline), ""
        lines = [line for line in text.split("\n") if line.strip()] or [""]
        return lines[0], f"of {len(lines):,} lines pasted only the first is used" if len(lines) > 1 else ""


def too_long(what: str, holds: int, left_out: int) -> str:
    """That a pasted text was cut, a sentence."""
    return f"{what} holds at most {holds:,} characters: the last {left_out:,} pasted are left out"


class _Shown(Highlighter):
    def highlight(self, text: Text) -> None:
        text.plain = "".join(SHOWN.get(typed) or (typed if glyph(typed).text == typed else "·") for typed in text.plain)
