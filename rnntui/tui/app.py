"""The application: it opens runs on a screen, ends them properly, and says farewell on the terminal.

Nothing heavy is imported here: the first frame is painted before a worker loads torch.
"""

import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from rnntui.runs import Run
from rnntui.tui.screens.laboratory import Laboratory
from rnntui.tui.session import Session
from rnntui.tui.stray import Stray

SIGNALS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}
DIVERGED, FAILED = 3, 1


class RnntuiApp(App[int]):
    """One screen, the laboratory, over the sessions of one or more runs."""

    TITLE = "rnntui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", id="app.quit-always", show=False, priority=True, tooltip="Save and exit"),
        Binding("ctrl+c", "quit", "Quit", id="app.quit-or-copy", show=False, tooltip="Copy a selection, else exit"),
    ]

    def __init__(self, runs: Sequence[Run], root: Path, stray: Stray | None = None) -> None:
        super().__init__()
        self.laboratory = Laboratory([Session(run) for run in runs], root, stray)

    def on_mount(self) -> None:
        self.push_screen(self.laboratory)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every binding of the screen, by its tooltip, so that the palette has them all."""
        yield from super().get_system_commands(screen)
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.tooltip and active.enabled:
                action, node = binding.action, active.node
                yield SystemCommand(
                    f"{binding.description} ({binding.key})",
                    binding.tooltip,
                    lambda action=action, node=node: self.call_later(self.run_action, action, node),
                )

    async def action_quit(self) -> None:
        self.leave(0)

    def leave(self, status: int) -> None:
        """Tell the workers to save and end, and exit with a status."""
        for session in self.laboratory.sessions:
            session.stop()
        self.exit(status)


def open_screen(runs: Sequence[Run], root: Path) -> int:
    """Show runs (locked by the caller) until the user leaves; the exit status.

    Raises `ValueError` where a run's settings will not do, as the command line shows a user's mistake.
    """
    with Stray() as stray:
        app = RnntuiApp(runs, root, stray)
        status = _run_with_signals(app)
    _wait_for_workers(app.laboratory.every_session)
    return _farewell(app.laboratory.every_session, status)


def _run_with_signals(app: RnntuiApp) -> int:
    def leave(number: int, frame: object) -> None:
        app.call_from_thread(app.leave, SIGNALS[signal.Signals(number)])

    def leave_from_thread(number: int, frame: object) -> None:
        threading.Thread(target=leave, args=(number, frame), daemon=True).start()

    before = {number: signal.signal(number, leave_from_thread) for number in SIGNALS}
    try:
        return app.run() or app.return_code or 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_workers(sessions: Sequence[Session]) -> None:
    for session in sessions:
        session.stop()
        if not session.join(0.3):
            waiting = "PyTorch to finish loading" if session.status.phase == "loading" else "the checkpoint"
            _say(f"{session.run.name}: waiting for {waiting} …")
            session.join()


def _farewell(sessions: Sequence[Session], status: int) -> int:
    """Say where each run stands and how to go on with it; the exit status."""
    for session in sessions:
        now, name = session.status, session.run.name
        if now.phase == "refused" and session.error is not None:
            raise session.error
        if now.phase == "failed":
            _say(f"{name}: {now.sentence}")
            status = status or FAILED
        elif now.phase == "diverged":
            way_on = f"`rnntui resume {name} --lr RATE` goes on from step {now.saved_step}"
            _say(f"{name}: diverged after step {now.step:,}; {way_on}")
            status = status or DIVERGED
        elif now.phase == "finished":
            _say(f"{name}: finished after {now.step:,} steps")
        elif now.saved_step is not None:
            _say(f"{name}: saved at step {now.saved_step:,} of {now.steps:,}; `rnntui resume {name}` goes on")
    return status


def _say(sentence: str) -> None:
    with suppress(OSError):  # the terminal is gone
        print(sentence, file=sys.stderr, flush=True)
