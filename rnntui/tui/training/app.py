"""The application: it opens runs on a screen, lets them save when it ends, and prints their state on the terminal.

Nothing heavy is imported here: the first frame is painted before a worker loads torch.
"""

import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rnntui.runs import Run, next_commands
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.attached import AttachedSession
from rnntui.sessions.contract import OVER, OnHangup, Session
from rnntui.sessions.detaching import detach
from rnntui.sessions.training import TrainingSession
from rnntui.sessions.watched import WatchedSession
from rnntui.system.failures import explain
from rnntui.system.output import say
from rnntui.system.signals import BY_SIGNAL, DIVERGED, FAILED, Signals
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


def open_screen(runs: Sequence[Run], root: Path, *, on_hangup: OnHangup = "stop", alerts: Alerts | None = None) -> int:
    """Show runs (locked by the caller), which this process trains, until the user leaves; the exit status.

    Raises as `_show`. With `on_hangup` they are given to processes of their own when the terminal is closed.
    """
    return _show(lambda captured, signals: RnntuiApp(runs, root, captured, signals, alerts), on_hangup)


def open_attached(runs: Sequence[Run], root: Path) -> int:
    """Show runs that other processes train until the user leaves; they train on. Raises as `_show`."""
    sessions = [AttachedSession(run) for run in runs]
    return _show(lambda captured, signals: LaboratoryApp(sessions, _begin_detached, root, captured, signals))


def open_watched(runs: Sequence[Run], root: Path) -> int:
    """Show runs as their files have them, until the user leaves. Raises as `_show`."""
    sessions = [WatchedSession(run) for run in runs]
    return _show(lambda captured, signals: LaboratoryApp(sessions, _begin_detached, root, captured, signals))


def _begin_detached(run: Run) -> Session:
    """A new run that a process of its own trains, and a window on it."""
    run.unlock()
    detach(run).close()
    return AttachedSession(run)


@unheard_keys()
def _show(make: Callable[[CapturedOutput, Signals], LaboratoryApp], on_hangup: OnHangup = "stop") -> int:
    """Show the screen until the user leaves; the exit status.

    However it ends, what this process trains is saved first. Raises `ValueError` where a run's settings will not do, as
    the command line shows a user's mistake, and `RuntimeError` where the screen itself failed.
    """
    captured = CapturedOutput()
    with Signals() as signals:
        app = make(captured, signals)
        laboratory = app.laboratory
        try:
            with captured:
                status = app.run() or 0
        finally:
            _wait_for_workers(laboratory.every_session)
        if signals.caught is not None:
            status = BY_SIGNAL + signals.caught
    is_hung_up = status == BY_SIGNAL + signal.SIGHUP
    if laboratory.is_detaching or (is_hung_up and on_hangup == "detach"):
        given = [session for session in laboratory.every_session if _is_to_give(session)]
    else:
        given = []
    status = _farewell(laboratory, status, given)
    status = max(status, *(_give(session, laboratory) for session in given)) if given else status
    app.check_failure(status)
    return status


def _is_to_give(session: Session) -> bool:
    return session.is_of_this_process and session.status.run.state == "stopped"


def _give(session: Session, laboratory: Laboratory) -> int:
    """Give a run that was saved to a process of its own, and say so; the exit status."""
    began, run = time.monotonic(), session.run
    say(f"{run.name}: starting the process that trains it on …")
    try:
        alerts = session.alerts if isinstance(session, TrainingSession) else None
        detached = detach(run, paused=session in laboratory.paused, alerts=alerts)
    except (ValueError, OSError) as error:
        say(f"{run.name}: {explain(error)}; {next_commands.resumed_by([run])} resumes it")
        return FAILED
    detached.close()
    seconds = time.monotonic() - began
    say(f"{run.name}: {next_commands.trains_on(run, detached.pid)} (given over in {seconds:.1f} s)")
    return 0


def _wait_for_workers(sessions: Sequence[Session]) -> None:
    for session in sessions:
        session.stop()
        if not session.join(0.3) and session.is_of_this_process:
            waiting = (
                "PyTorch to finish loading" if session.status.run.state == "loading" else "its step and checkpoint"
            )
            say(f"{session.run.name}: waiting for {waiting} …")
        session.join()


def _farewell(laboratory: Laboratory, status: int, given: Sequence[Session]) -> int:
    """Print each run's state and what can be done next, but for those that are given away; returns the exit status."""
    saved: list[Run] = []
    for session in laboratory.every_session:
        now, name = session.status, session.run.name
        if session in given:
            continue
        if now.run.state == "refused":
            if session in laboratory.first_sessions and session.error is not None:
                raise session.error
            say(f"{name}: {now.sentence}")
        elif now.run.state == "failed":
            say(f"{name}: {now.sentence}")
            status = status or FAILED
        elif now.run.state == "diverged":
            way_on = next_commands.after_divergence(session.run, now.learning_rate, now.saved_step or 0)
            say(f"{name}: diverged after step {now.run.step:,}; {way_on}")
            status = status or DIVERGED
        elif now.run.state == "finished":
            early = f", {now.run.early_ending}" if now.run.early_ending else ""
            remark = f", {now.remark}" if now.remark else ""
            ended = f"finished after {now.run.step:,} steps{early}{remark}"
            say(f"{name}: {ended}; {next_commands.next_of_finished(session.run)}")
        elif session.looks_only:
            say(f"{name}: {now.run.state} at step {now.run.step:,} of {now.run.steps:,} when last looked at")
        elif not session.is_of_this_process and now.run.state not in OVER:
            say(f"{name}: step {now.run.step:,} of {now.run.steps:,}; {next_commands.trains_on(session.run)}")
        elif now.saved_step is not None:
            saved.append(session.run)
            way_on = f"{next_commands.resumed_by([session.run])} resumes it"
            say(f"{name}: saved at step {now.saved_step:,} of {now.run.steps:,}; {way_on}")
    if len(saved) > 1:
        say(next_commands.all_resumed_by(saved))
    return status
