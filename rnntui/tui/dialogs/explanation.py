"""A page over a screen that explains what is seen there."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound


class Explanation(Dialog[None]):
    """A text in Markdown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("explanation", "leave,about", "cancel", "close", "Back to the screen", show=True)
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog wide"):
            yield Markdown(self.text)
