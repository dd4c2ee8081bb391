"""Dialogs over a screen."""

from textual.screen import ModalScreen

from rnntui.tui.base.screen import LabScreen, Result
from rnntui.tui.base.styles import styles_of


class Dialog(LabScreen[Result], ModalScreen[Result]):
    """A dialog over the screen; Esc closes it without a result."""

    DEFAULT_CSS = styles_of(__file__)

    def action_cancel(self) -> None:
        """Close without a result."""
        self.close(None)
