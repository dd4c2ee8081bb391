"""The line where prompts are typed: it remembers them, and takes a pasted text whole."""

from typing import ClassVar

from textual.binding import BindingType

from rnntui.tui.base.grammar import bound
from rnntui.tui.base.line import LineInput
from rnntui.tui.writing_room.prompts import Prompts


class PromptLine(LineInput):
    """`↑` and `↓` go through the history; newlines of a pasted text are kept."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("prompt", "up", "earlier", "earlier", "Previous prompt"),
        bound("prompt", "down", "later", "later", "Next prompt"),
        bound("prompt", "do", "submit", "write", "Let all networks continue this prompt", show=True),
        bound(
            "prompt",
            "leave",
            "screen.leave",
            "back to the keys",
            "Leave the line, so that keys are commands again",
            show=True,
            name="leave",
        ),
    ]

    def __init__(self, prompts: Prompts, value: str = "") -> None:
        super().__init__(
            value,
            newline="\n",
            placeholder="type a prompt; Enter alone starts from a random character",
            id="prompt",
        )
        self._prompts = prompts

    def action_earlier(self) -> None:
        self._take(self._prompts.earlier(self.value))

    def action_later(self) -> None:
        self._take(self._prompts.later())

    def _take(self, text: str) -> None:
        self.value = text
        self.cursor_position = len(text)
