"""Boxes over a screen that ask something."""

from textual.screen import ModalScreen

from rnntui.tui.base.screen import LabScreen, Result


class Dialog(LabScreen[Result], ModalScreen[Result]):
    """A box over the screen; Esc leaves it without a result."""

    def action_cancel(self) -> None:
        """Leave all as it is."""
        self.close(None)
