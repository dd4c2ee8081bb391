"""Dialogs over a screen."""

from textual.events import Resize
from textual.screen import ModalScreen

from rnntui.tui.base.footer import Keys
from rnntui.tui.base.screen import SMALLEST, LabScreen, Result
from rnntui.tui.base.styles import styles_of


class Dialog(LabScreen[Result], ModalScreen[Result]):
    """A dialog over the screen, with its keys in the last line; Esc closes it without a result."""

    DEFAULT_CSS = styles_of(__file__)

    def on_mount(self) -> None:
        """Called beside a subclass's own; one that is composed anew has the line among its widgets."""
        if not self.query(Keys):
            self.mount(Keys())

    def on_resize(self, event: Resize) -> None:
        """Called beside a subclass's own."""
        self.set_class(event.size.height < SMALLEST[1], "without-keys")

    def action_cancel(self) -> None:
        """Close without a result."""
        self.close(None)
