"""An application around a screen that only reads: it trains nothing and has nothing to save."""

from textual.screen import Screen

from rnntui.system.signals import BY_SIGNAL, Signals
from rnntui.tui.base.application import Application
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.ending import unheard_keys


class ViewerApp(Application):
    """Shows a screen until the user leaves."""


@unheard_keys()
def look_at(screen: Screen[None]) -> int:
    """Show a screen until the user leaves; the exit status. Raises `RuntimeError` where the screen failed."""
    with Signals() as signals, CapturedOutput() as captured:
        app = ViewerApp(screen, captured, signals)
        status = app.run() or 0
    if signals.caught is not None:
        return BY_SIGNAL + signals.caught
    app.check_failure(status)
    return status
