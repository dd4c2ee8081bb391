"""How a screen ends: by `q`, by a signal, or because the terminal was closed; and what happens to keys from then on.

Those that are pressed while what trains is saved are neither echoed nor left for the shell.
"""

import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import RenderableType
from textual.driver import Driver

from rnntui.system.signals import BY_SIGNAL, Signals
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.base.job_control import is_in_front, terminal_modes
from rnntui.tui.base.screen import LabScreen
from rnntui.tui.base.themes import ThemedApp

HEED_SECONDS = 0.1  # from one look at the signals and the terminal to the next
LOCAL = 3  # place of the local modes among those of a terminal


class EndingApp(ThemedApp[int]):
    """An application that ends once its screen is whole, with the exit status as its result.

    Subclasses call `heed` every `HEED_SECONDS`.
    """

    def __init__(self, captured: CapturedOutput | None = None, signals: Signals | None = None) -> None:
        super().__init__()
        self._captured, self._signals = captured, signals

    async def action_quit(self) -> None:
        self.leave(0)

    def heed(self) -> None:
        """Leave if a signal was caught or the terminal was closed."""
        if self._signals is not None and self._signals.caught is not None:
            self.leave(BY_SIGNAL + self._signals.caught)
        elif self._captured is not None and self._captured.is_hung_up:
            self.leave(BY_SIGNAL + signal.SIGHUP)

    def leave(self, status: int) -> None:
        """Exit with a status, once the screen on top is whole."""
        if isinstance(self.screen, LabScreen) and not self.screen.is_whole:
            self.set_timer(HEED_SECONDS, lambda: self.leave(status))
        else:
            self.exit(status)

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """End the screen; keys are not echoed any more, for the process may yet have something to save."""
        leave_without_echo(self._driver)
        super().exit(result, return_code, message)

    @property
    def failure(self) -> Exception | None:
        """The exception with which the screen itself failed."""
        return self._exception

    def check_failure(self, status: int) -> None:
        """Raise `RuntimeError` if the screen itself failed and no signal ended it."""
        if self.failure is not None and status < BY_SIGNAL:
            raise RuntimeError(f"the screen failed: {type(self.failure).__name__}: {self.failure}") from self.failure


@contextmanager
def unheard_keys() -> Iterator[None]:
    """At the end the terminal is as it was before, and what was typed since the screen closed is dropped.

    In the background the terminal is the shell's, and left alone.
    """
    modes = terminal_modes()
    try:
        yield
    finally:
        if modes is not None and is_in_front():
            with suppress(termios.error):  # no terminal any more
                termios.tcsetattr(0, termios.TCSAFLUSH, modes)


def leave_without_echo(driver: Driver | None) -> None:
    """Let a driver leave the terminal as it found it, but for the echo."""
    modes = getattr(driver, "attrs_before", None)
    if modes is not None:
        modes[LOCAL] &= ~termios.ECHO
