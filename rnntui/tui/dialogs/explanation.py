"""A page over a screen that explains what is seen there."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Words


class Explanation(Dialog[bool]):
    """A text in Markdown; the result is true where the keys are wanted next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("explanation", "leave,about", "cancel", "close", "Back to the screen", show=True),
        bound("explanation", "help", "help", "keys", "The keys of the screen", show=True),
    ]

    def __init__(self, text: str, *, has_keys: bool = True) -> None:
        """`has_keys` offers the list of the keys from here."""
        super().__init__()
        self.text, self._has_keys = text, has_keys

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog wide"):
            yield Markdown(self.text)
            yield Words(f"Esc: back{' · ?: the keys' if self._has_keys else ''}", classes="hint")

    def why_useless(self, action: str) -> str:
        return "" if self._has_keys or action != "help" else "here the keys stand in the last line"

    def action_help(self) -> None:
        self.close(self._has_keys)
