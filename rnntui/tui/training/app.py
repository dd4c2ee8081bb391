"""The application: it opens runs on a screen, lets them save when it ends, and prints their state on the terminal.

Nothing heavy is imported here: the first frame is painted before a worker loads torch.
"""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from rnntui.runs import Run
from rnntui.sessions import ending
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.attached import AttachedSession, begin_detached
from rnntui.sessions.contract import OnHangup, Session
from rnntui.sessions.training import TrainingSession
from rnntui.sessions.watched import WatchedSession
from rnntui.system.signals import BY_SIGNAL, Signals
from rnntui.tui.base.application import Application
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.ending import unheard_keys
from rnntui.tui.training.screen import Laboratory


class LaboratoryApp(Application):
    """The training screen with sessions, wherever they are trained; `begin` makes one of a new run, locked."""

    def __init__(
        self,
        sessions: Sequence[Session],
        begin: Callable[[Run], Session],
        root: Path,
        captured: CapturedOutput | None = None,
        signals: Signals | None = None,
    ) -> None:
        self.laboratory = Laboratory(list(sessions), root, captured, begin)
        super().__init__(self.laboratory, captured, signals)

    def leave(self, status: int) -> None:
        """Let all sessions go, those of this process to save and end, and exit with a status."""
        for session in self.laboratory.sessions:
            session.stop()
        super().leave(status)


class RnntuiApp(LaboratoryApp):
    """The training screen with runs that this process trains."""

    def __init__(
        self,
        runs: Sequence[Run],
        root: Path,
        captured: CapturedOutput | None = None,
        signals: Signals | None = None,
        alerts: Alerts | None = None,
    ) -> None:
        def begin(run: Run) -> Session:
            return TrainingSession(run, alerts=alerts)

        super().__init__([begin(run) for run in runs], begin, root, captured, signals)
        self.laboratory.notifies = "off" if alerts is None else alerts.notify


def open_screen(
    runs: Sequence[Run],
    root: Path,
    *,
    on_hangup: OnHangup = "stop",
    alerts: Alerts | None = None,
    said: Sequence[str] = (),
) -> int:
    """Show runs (locked by the caller), which this process trains, until the user leaves; the exit status.

    Raises as `_show`. With `on_hangup` they are given to processes of their own when the terminal is closed; `said` are
    sentences to begin with.
    """

    def make(captured: CapturedOutput, signals: Signals) -> LaboratoryApp:
        app = RnntuiApp(runs, root, captured, signals, alerts)
        app.laboratory.said_first = list(said)
        return app

    return _show(make, on_hangup)


def open_attached(runs: Sequence[Run], root: Path) -> int:
    """Show runs that other processes train until the user leaves; they train on. Raises as `_show`."""
    sessions = [AttachedSession(run) for run in runs]
    return _show(lambda captured, signals: LaboratoryApp(sessions, begin_detached, root, captured, signals))


def open_watched(runs: Sequence[Run], root: Path) -> int:
    """Show runs as their files have them, until the user leaves. Raises as `_show`."""
    sessions = [WatchedSession(run) for run in runs]
    return _show(
        lambda captured, signals: LaboratoryApp(sessions, begin_detached, root, captured, signals), has_tour=False
    )


@unheard_keys()
def _show(
    make: Callable[[CapturedOutput, Signals], LaboratoryApp], on_hangup: OnHangup = "stop", *, has_tour: bool = True
) -> int:
    """Show the screen until the user leaves, with a tour at the first start; the exit status.

    However it ends, what this process trains is saved first. Raises `ValueError` where a run's settings will not do, as
    the command line shows a user's mistake, and `RuntimeError` where the screen itself failed.
    """
    captured = CapturedOutput()
    with Signals() as signals:
        app = make(captured, signals)
        laboratory = app.laboratory
        laboratory.has_tour = has_tour
        try:
            with captured:
                status = app.run() or 0
        finally:
            ending.wait_for(laboratory.every_session)
        if signals.caught is not None:
            status = BY_SIGNAL + signals.caught
    is_hung_up = status == BY_SIGNAL + signal.SIGHUP
    status = ending.end(
        laboratory.every_session,
        status,
        first=laboratory.first_sessions,
        gives=laboratory.is_detaching or (is_hung_up and on_hangup == "detach"),
        paused=laboratory.paused,
    )
    app.check_failure(status)
    return status
