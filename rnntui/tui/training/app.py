"""The application: it opens runs on a screen, lets them save when it ends, and prints their state on the terminal.

Nothing heavy is imported here: the first frame is painted before a worker loads torch.
"""

from collections.abc import Sequence
from pathlib import Path

from rnntui.runs import Run, next_commands
from rnntui.system.output import say
from rnntui.system.signals import BY_SIGNAL, DIVERGED, FAILED, Signals
from rnntui.tui.base.application import Application
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.ending import unheard_keys
from rnntui.tui.training.screen import Laboratory
from rnntui.tui.training.session import Session


class RnntuiApp(Application):
    """The training screen with the sessions of one or more runs."""

    def __init__(
        self, runs: Sequence[Run], root: Path, captured: CapturedOutput | None = None, signals: Signals | None = None
    ) -> None:
        self.laboratory = Laboratory([Session(run) for run in runs], root, captured)
        super().__init__(self.laboratory, captured, signals)

    def leave(self, status: int) -> None:
        """Tell the workers to save and end, and exit with a status."""
        for session in self.laboratory.sessions:
            session.stop()
        super().leave(status)


@unheard_keys()
def open_screen(runs: Sequence[Run], root: Path) -> int:
    """Show runs (locked by the caller) until the user leaves; the exit status.

    However the screen ends, the workers save first. Raises `ValueError` where a run's settings will not do, as the
    command line shows a user's mistake, and `RuntimeError` where the screen itself failed.
    """
    captured = CapturedOutput()
    with Signals() as signals:
        app = RnntuiApp(runs, root, captured, signals)
        try:
            with captured:
                status = app.run() or 0
        finally:
            _wait_for_workers(app.laboratory.every_session)
        if signals.caught is not None:
            status = BY_SIGNAL + signals.caught
    status = _farewell(app.laboratory, status)
    app.check_failure(status)
    return status


def _wait_for_workers(sessions: Sequence[Session]) -> None:
    for session in sessions:
        session.stop()
        if not session.join(0.3):
            waiting = (
                "PyTorch to finish loading" if session.status.run.state == "loading" else "its step and checkpoint"
            )
            say(f"{session.run.name}: waiting for {waiting} …")
            session.join()


def _farewell(laboratory: Laboratory, status: int) -> int:
    """Print each run's state and the command that resumes it; returns the exit status."""
    saved: list[Run] = []
    for session in laboratory.every_session:
        now, name = session.status, session.run.name
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
        elif now.saved_step is not None:
            saved.append(session.run)
            way_on = f"{next_commands.resumed_by([session.run])} resumes it"
            say(f"{name}: saved at step {now.saved_step:,} of {now.run.steps:,}; {way_on}")
    if len(saved) > 1:
        say(next_commands.all_resumed_by(saved))
    return status
