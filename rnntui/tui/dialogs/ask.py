"""A question with a one-line answer, over the screen."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from rnntui.tui.base.dialog import Dialog
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Caption, Words
from rnntui.tui.dialogs.answer_input import AnswerInput
from rnntui.tui.dialogs.choose import Choose


class AskNumber(Dialog[float]):
    """Asks for a number above 0, or, with `or_zero`, of at least 0; `None` where the user left without one, or with the
    same as before.

    `doubt` says what is unusual about a number, or nothing; such a one is taken only after a question.
    """

    BINDINGS: ClassVar[list[BindingType]] = [bound("ask", "leave", "cancel", "cancel", "Keep it unchanged", show=True)]

    def __init__(
        self, question: str, value: str, *, or_zero: bool = False, doubt: Callable[[float], str] = lambda value: ""
    ) -> None:
        super().__init__()
        self._question, self._value, self._or_zero, self._doubt = question, value, or_zero, doubt

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Caption(self._question)
            yield AnswerInput(self._value, type="number")
            yield Words("Enter accepts, Esc cancels", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text and text == self._value:
            self.close(None)
            return
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not (value > 0 or (value == 0 and self._or_zero)) or value == float("inf"):
            least = "of at least 0" if self._or_zero else "above 0"
            self.query_one(".hint", Words).update(f"it must be a number {least}")
        elif doubt := self._doubt(value):
            self.ask(Choose(doubt, {"y": "use it anyway"}), lambda key: self.close(value) if key else None)
        else:
            self.close(value)
