"""After the screen: keys that are pressed while what trains is saved are neither echoed nor left for the shell."""

import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from textual.driver import Driver

from rnntui.tui.base.job_control import is_in_front, terminal_modes

LOCAL = 3  # place of the local modes among those of a terminal


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
