"""A question with a one-line answer that is checked before it is taken, over the screen."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Words
from rnntui.tui.base.styles import styles_of
from rnntui.tui.dialogs.answer_input import AnswerInput


class AskText(Dialog[str | None]):
    """Asks for a text; `check` raises `ValueError` with a sentence for one that will not do.

    Pasted newlines become `newline`. The result is `None` where the user left without an answer.
    """

    DEFAULT_CSS = styles_of(__file__)
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("ask-text", "leave", "cancel", "cancel", "Keep it unchanged", show=True)
    ]

    def __init__(self, question: str, text: str, check: Callable[[str], object], *, newline: str = "") -> None:
        super().__init__()
        self._question, self._text, self._check, self._newline = question, text, check, newline

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self._question, classes="question")
            yield AnswerInput(self._text, newline=self._newline)
            yield Words("Enter accepts, Esc cancels", classes="hint")

    def say(self, words: str) -> None:
        """Put words below the answer."""
        self.query_one(".hint", Words).update(words)

    def take(self, text: str) -> None:
        """Close with an answer that was checked."""
        self.close(text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        try:
            self._check(text)
        except ValueError as error:
            self.say(str(error))
        else:
            self.take(text)
