"""A question with a one-line answer that is checked before it is taken, over the screen."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from rnntui.safe import shown_text


class AskText(ModalScreen[str | None]):
    """Asks for a text; `check` raises `ValueError` with a sentence for one that will not do.

    The result is `None` where the user left without an answer.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="ask-text.cancel", tooltip="Leave it as it is")
    ]

    def __init__(self, question: str, text: str, check: Callable[[str], object]) -> None:
        super().__init__()
        self._question, self._text, self._check = question, text, check

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(shown_text(self._question), markup=False)
            yield Input(self._text, compact=True)
            yield Label("Enter takes it, Esc leaves it as it is", classes="hint", markup=False)

    def say(self, words: str) -> None:
        """Put words below the answer."""
        self.query_one(".hint", Label).update(shown_text(words))

    def take(self, text: str) -> None:
        """Close with an answer that was checked."""
        self.dismiss(text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        try:
            self._check(text)
        except ValueError as error:
            self.say(str(error))
        else:
            self.take(text)
