"""A question with a one-line answer, over the screen."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from rnntui.safe import shown_text


class AskNumber(ModalScreen[float | None]):
    """Asks for a positive number; the result is `None` where the user left without one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="ask.cancel", tooltip="Leave it as it is")
    ]

    def __init__(self, question: str, value: str) -> None:
        super().__init__()
        self._question, self._value = question, value

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(shown_text(self._question), markup=False)
            yield Input(self._value, type="number", compact=True)
            yield Label("Enter takes it, Esc leaves it as it is", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            value = float(event.value)
        except ValueError:
            value = 0.0
        if value > 0 and value < float("inf"):
            self.dismiss(value)
        else:
            self.query_one(".hint", Label).update("it must be a number above 0")
