"""A text of many lines that is edited whole and checked before it is taken, over the screen."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.glyphs import glyph
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption, Words
from rnntui.tui.base.line import too_long
from rnntui.tui.base.styles import styles_of

HINT = "Ctrl+S or F2 accepts, Esc cancels"
UNSEEN = "·"
LONGEST = 100_000  # characters: a longer text would hold up the screen at every key
PRIVATE_USE = range(0xF0000, 0xFFFFE)


class EditText(Dialog[str | None]):
    """Edits a text; `check` raises `ValueError` with a sentence for one that will not do.

    What a terminal would obey or hide, or draw otherwise than another, is drawn as a `·` and kept as it is. The result
    is `None` where the user left.
    """

    DEFAULT_CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        # Two, since a terminal may keep Ctrl+S to itself; before the editor, whose keys they might become.
        bound("edit-text", "accept", "take", "take", "Continue from this text", show=True, priority=True),
        bound("edit-text", "leave", "cancel", "cancel", "Keep it unchanged", show=True),
    ]

    def __init__(self, title: str, text: str, check: Callable[[str], object] = bool) -> None:
        super().__init__()
        self._title, self._text, self._check = title, text, check

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Caption(self._title, classes="title")
            yield Editor(self._text)
            yield Words(HINT, classes="hint")

    def on_mount(self) -> None:
        editor = self.query_one(Editor)
        editor.focus()
        editor.move_cursor(editor.document.end)

    def action_take(self) -> None:
        text = self.query_one(Editor).whole_text
        try:
            self._check(text)
        except ValueError as error:
            self.query_one(".hint", Words).update(str(error))
        else:
            self.close(text)


class Editor(TextArea):
    """A text area for any text: characters that a terminal would obey or hide, or that would end a line here and are
    no newline, have stand-ins in its document, which are drawn as a `·`.
    """

    def __init__(self, text: str) -> None:
        self._stand_ins: dict[int, int] = {}
        self._unseen: dict[int, int] = {}
        self._free = (code for code in PRIVATE_USE if chr(code) not in text)
        super().__init__(self._with_stand_ins(text), soft_wrap=True, tab_behavior="focus", compact=True)

    @property
    def whole_text(self) -> str:
        """The text, with what the stand-ins stand for."""
        return self.text.translate(self._unseen)

    @property
    def selected_text(self) -> str:
        return super().selected_text.translate(self._unseen)

    def edit(self, edit: Edit) -> EditResult:
        text = edit.text.replace("\r\n", "\n").replace("\r", "\n")
        replaced = self.document.get_text_range(*sorted((edit.from_location, edit.to_location)))
        room = max(0, LONGEST - len(self.text) + len(replaced))
        if len(text) > room:
            self.app.notify(too_long("a text here", LONGEST, len(text) - room), severity="warning")
        edit.text = self._with_stand_ins(text[:room])
        result = super().edit(edit)
        return replace(result, replaced_text=result.replaced_text.translate(self._unseen))  # which may be cut out

    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        line.plain = "".join(UNSEEN if ord(character) in self._unseen else character for character in line.plain)
        return line

    def _with_stand_ins(self, text: str) -> str:
        if text.isascii() and text.isprintable():
            return text
        for character in {*text} - {"\n", "\t"}:
            code = ord(character)
            if glyph(character).text != character and code not in self._stand_ins and code not in self._unseen:
                stand_in = next(self._free)
                self._stand_ins[code], self._unseen[stand_in] = stand_in, code
        return text.translate(self._stand_ins)
