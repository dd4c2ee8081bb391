"""The application around the list of runs: at its end it says which runs go on without it."""

from pathlib import Path

from rnntui.runs import next_commands
from rnntui.sessions.alerts import Alerts
from rnntui.system.output import say
from rnntui.system.signals import BY_SIGNAL, Signals
from rnntui.tui.base.application import Application
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.ending import unheard_keys
from rnntui.tui.home.screen import HomeScreen


class HomeApp(Application):
    """The list of runs, and over it what is opened there."""

    def __init__(
        self,
        root: Path,
        captured: CapturedOutput | None = None,
        signals: Signals | None = None,
        alerts: Alerts | None = None,
    ) -> None:
        self.home = HomeScreen(root, captured, alerts)
        super().__init__(self.home, captured, signals)

    def leave(self, status: int) -> None:
        """Let go of what is looked at, and exit with a status."""
        for session in self.home.sessions:
            session.stop()
        super().leave(status)


@unheard_keys()
def open_home(root: Path, alerts: Alerts) -> int:
    """Show the runs of a folder until the user leaves; the exit status. Raises `RuntimeError` if the screen failed."""
    with Signals() as signals, CapturedOutput() as captured:
        app = HomeApp(root, captured, signals, alerts)
        app.home.catalogue.start()  # while the screen is put together
        status = app.run() or 0
        for session in app.home.sessions:
            session.stop()
            session.join()
    for run in app.home.begun:
        if run.is_held():
            say(f"{run.name}: {next_commands.trains_on(run)}")
    if signals.caught is not None:
        return BY_SIGNAL + signals.caught
    app.check_failure(status)
    return status
