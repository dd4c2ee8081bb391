"""A question with a one-line answer, over the screen."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from rnntui.safe import shown_text


class AskNumber(ModalScreen[float | None]):
    """Asks for a number above 0, or, with `or_zero`, of at least 0; `None` where the user left without one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="ask.cancel", tooltip="Leave it as it is")
    ]

    def __init__(self, question: str, value: str, *, or_zero: bool = False) -> None:
        super().__init__()
        self._question, self._value, self._or_zero = question, value, or_zero

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(shown_text(self._question), markup=False)
            yield Input(self._value, type="number", compact=True)
            yield Label("Enter takes it, Esc leaves it as it is", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            value = float(event.value)
        except ValueError:
            value = -1.0
        if (value > 0 or (value == 0 and self._or_zero)) and value < float("inf"):
            self.dismiss(value)
        else:
            least = "of at least 0" if self._or_zero else "above 0"
            self.query_one(".hint", Label).update(f"it must be a number {least}")
