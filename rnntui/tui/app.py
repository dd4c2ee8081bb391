"""The application: it opens runs on a screen, ends them properly, and says farewell on the terminal.

Nothing heavy is imported here: the first frame is painted before a worker loads torch.
"""

import signal
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from rnntui.commands import farewell
from rnntui.endings import BY_SIGNAL, DIVERGED, FAILED, Signals
from rnntui.output import say
from rnntui.runs import Run
from rnntui.tui.looking import HEED_SECONDS, bound_commands
from rnntui.tui.screens.laboratory import Laboratory
from rnntui.tui.session import Session
from rnntui.tui.stray import Stray


class RnntuiApp(App[int]):
    """One screen, the laboratory, over the sessions of one or more runs."""

    TITLE = "rnntui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+q",
            "quit",
            "Quit",
            id="app.quit-always",
            show=False,
            priority=True,
            tooltip="Save and exit, from anywhere",
        ),
        Binding("ctrl+c", "quit", "Quit", id="app.quit-or-copy", show=False, tooltip="Copy a selection, else exit"),
    ]

    def __init__(
        self, runs: Sequence[Run], root: Path, stray: Stray | None = None, signals: Signals | None = None
    ) -> None:
        super().__init__()
        self._stray, self._signals = stray, signals
        self.laboratory = Laboratory([Session(run) for run in runs], root, stray)

    def on_mount(self) -> None:
        self.push_screen(self.laboratory)
        self.set_interval(HEED_SECONDS, self._heed)

    def _heed(self) -> None:
        """Leave where a signal was caught, or the terminal is gone."""
        if self._signals is not None and self._signals.caught is not None:
            self.leave(BY_SIGNAL + self._signals.caught)
        elif self._stray is not None and self._stray.is_hung_up:
            self.leave(BY_SIGNAL + signal.SIGHUP)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every binding of the screen, by its tooltip, so that the palette has them all."""
        yield from super().get_system_commands(screen)
        yield from bound_commands(self, screen)

    @property
    def failure(self) -> Exception | None:
        """What the screen itself failed of."""
        return self._exception

    async def action_quit(self) -> None:
        self.leave(0)

    def leave(self, status: int) -> None:
        """Tell the workers to save and end, and exit with a status."""
        for session in self.laboratory.sessions:
            session.stop()
        self.exit(status)


def open_screen(runs: Sequence[Run], root: Path) -> int:
    """Show runs (locked by the caller) until the user leaves; the exit status.

    However the screen ends, the workers save first. Raises `ValueError` where a run's settings will not do, as the
    command line shows a user's mistake, and `RuntimeError` where the screen itself failed.
    """
    stray = Stray()
    with Signals() as signals:
        app = RnntuiApp(runs, root, stray, signals)
        try:
            with stray:
                status = app.run() or 0
        finally:
            _wait_for_workers(app.laboratory.every_session)
        if signals.caught is not None:
            status = BY_SIGNAL + signals.caught
    status = _farewell(app.laboratory, status)
    if app.failure is not None and status < BY_SIGNAL:
        raise RuntimeError(f"the screen failed: {type(app.failure).__name__}: {app.failure}") from app.failure
    return status


def _wait_for_workers(sessions: Sequence[Session]) -> None:
    for session in sessions:
        session.stop()
        if not session.join(0.3):
            waiting = "PyTorch to finish loading" if session.status.phase == "loading" else "the checkpoint"
            say(f"{session.run.name}: waiting for {waiting} …")
            session.join()


def _farewell(laboratory: Laboratory, status: int) -> int:
    """Say where each run stands and how it is resumed; the exit status."""
    saved: list[Run] = []
    for session in laboratory.every_session:
        now, name = session.status, session.run.name
        if now.phase == "refused":
            if session in laboratory.first_sessions and session.error is not None:
                raise session.error
            say(f"{name}: {now.sentence}")
        elif now.phase == "failed":
            say(f"{name}: {now.sentence}")
            status = status or FAILED
        elif now.phase == "diverged":
            way_on = farewell.after_divergence(session.run, now.learning_rate, now.saved_step or 0)
            say(f"{name}: diverged after step {now.step:,}; {way_on}")
            status = status or DIVERGED
        elif now.phase == "finished":
            say(f"{name}: finished after {now.step:,} steps; {farewell.next_of_finished(session.run)}")
        elif now.saved_step is not None:
            saved.append(session.run)
            way_on = f"{farewell.resumed_by([session.run])} resumes it"
            say(f"{name}: saved at step {now.saved_step:,} of {now.steps:,}; {way_on}")
    if len(saved) > 1:
        say(farewell.all_resumed_by(saved))
    return status
