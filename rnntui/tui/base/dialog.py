"""Boxes over a screen that ask something."""

from textual.screen import ModalScreen

from rnntui.tui.base.screen import LabScreen, Result
from rnntui.tui.base.styles import styles_of


class Dialog(LabScreen[Result], ModalScreen[Result]):
    """A box over the screen; Esc leaves it without a result."""

    DEFAULT_CSS = styles_of(__file__)

    def action_cancel(self) -> None:
        """Change nothing."""
        self.close(None)
