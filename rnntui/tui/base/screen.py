"""What all screens share: they close once and open one dialog at a time, even if a key is pressed twice.

A key that repeats, a double click or two fast Enters send a message again while the screen is already on its way out,
or already under another one.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import ActiveBinding
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Footer, Input

SMALLEST = (60, 16)  # columns and rows of a terminal that has room for a screen
Result = TypeVar("Result")
Answer = TypeVar("Answer")
ANSWERS = (Input.Submitted, Button.Pressed)  # messages by which one answers


class LabScreen(Screen[Result]):
    """A screen whose first `close` decides; from then on it hears no answer and takes no command.

    Closed while another screen lies over it, it goes when that one does: it never takes another screen away. Closed
    while it is still being put together, it goes when it is whole: parts that miss their neighbours fail.
    """

    is_closed: bool = False
    is_whole: bool = False
    _is_gone: bool = False
    _result: Result | None = None

    @property
    def leading_actions(self) -> tuple[str, ...]:
        """Its own actions that come first in the footer now, shown there elsewhere or not."""
        return ()

    def why_useless(self, action: str) -> str:
        """A sentence that says why one of its own actions would do nothing now; empty where it does something. Footer,
        help and command palette leave out those that do nothing.
        """
        return ""

    @property
    def is_listening(self) -> bool:
        """Whether it takes input: it is neither closed nor covered by another screen."""
        return self.is_active and not self.is_closed

    def close(self, result: Result | None = None) -> None:
        """Close with a result; later calls do nothing."""
        self.dismiss(result)

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        if self.is_closed:
            return AwaitComplete()
        self.is_closed, self._result = True, result
        return self._go()

    def _go(self) -> AwaitComplete:
        if self.is_closed and self.is_active and self.is_whole and not self._is_gone:
            self._is_gone = True
            return super().dismiss(self._result)
        return AwaitComplete()

    def on_screen_suspend(self) -> None:
        """Its keys do nothing while another screen takes them."""
        self._show_keys(False)

    def on_screen_resume(self) -> None:
        """Close now, if it was closed while another screen covered it."""
        self._show_keys(True)
        self._go()

    def _show_keys(self, shown: bool) -> None:
        for footer in self.query(Footer):
            footer.visible = shown

    def on_mount(self) -> None:
        """Close now, if it was closed before it was mounted."""
        self.is_whole = True
        self._go()

    def ask(self, screen: Screen[Answer], take: Callable[[Answer | None], Any] | None = None) -> None:
        """Open a screen over this one, and only one; `take` gets its result."""
        if self.is_listening:
            self.app.push_screen(screen, take)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.is_closed

    async def _on_message(self, message: Message) -> None:
        if self.is_listening or not isinstance(message, ANSWERS):
            await super()._on_message(message)


def is_useless(screen: Screen[Any], each: ActiveBinding) -> bool:
    """Whether a key's action is one of the screen's own that would only say why it cannot be done now."""
    return isinstance(screen, LabScreen) and each.node is screen and bool(screen.why_useless(each.binding.action))
