"""Ctrl-Z and `fg`: the process stops with the terminal as the shell left it, and comes back as it was.

Textual acts inside Python's signal handlers, where the thread that draws may be in the middle of writing and then
waits for itself, and it sets up its threads anew at every SIGCONT. Here handlers only note what came; the event loop
acts on it, and only what was set aside is set up again.
"""

import asyncio
import os
import signal
import termios
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from textual.driver import Driver

ARRIVAL_SECONDS = 0.1  # until a SIGCONT that let the process go on has been noted, at most


class JobControl:
    """Stops and goes on with a driver; `redraw` is called whenever the process goes on.

    A stop that was ignored when the process began stays ignored. Of a process that no shell looks after, the system
    drops the stop, and it goes on at once.
    """

    def __init__(self, redraw: Callable[[], object]) -> None:
        self._redraw = redraw
        self._is_obeyed = signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN
        self._driver: Driver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_to_stop = self._is_group_to_stop = False
        self._has_gone_on = threading.Event()
        self._modes: list[Any] | None = None  # of the terminal while the screen has it

    def begin(self, driver: Driver | None) -> None:
        """Take both signals from the driver; called within the event loop."""
        if driver is None or not driver.can_suspend:
            return
        self._driver, self._loop = driver, asyncio.get_running_loop()
        self._modes = terminal_modes()
        signal.signal(signal.SIGCONT, self._note_continue)
        self._obey()

    def suspend(self) -> None:
        """Stop the process and all of its group, as a terminal does."""
        if self._loop is not None and self._is_obeyed:
            self._is_to_stop = self._is_group_to_stop = True
            self._loop.call_soon(self._heed)

    def _obey(self) -> None:
        signal.signal(signal.SIGTSTP, self._note_stop if self._is_obeyed else signal.SIG_IGN)

    def _note_stop(self, number: int, frame: FrameType | None) -> None:
        assert self._loop is not None
        self._is_to_stop = True
        self._loop.call_soon_threadsafe(self._heed)

    def _note_continue(self, number: int, frame: FrameType | None) -> None:
        """Of a stop that was not yet heeded nothing is left, as POSIX has it."""
        assert self._loop is not None
        self._is_to_stop = self._is_group_to_stop = False
        self._has_gone_on.set()
        self._loop.call_soon_threadsafe(self._heed)

    def _heed(self) -> None:
        """Do what was last asked for; asked several times, it is done once."""
        if self._is_to_stop:
            self._stop()
        elif self._has_gone_on.is_set():
            self._go_on()

    def _stop(self) -> None:
        assert self._driver is not None
        self._driver.suspend_application_mode()
        if self._is_to_stop:  # else a SIGCONT came meanwhile
            self._stop_until_in_front()
        self._take_terminal()

    def _go_on(self) -> None:
        """After a SIGSTOP, of which nobody is told, or a SIGCONT that was not needed.

        A shell sets its own modes when something stops, and nothing typed would arrive; where nobody did, what is
        typed already is not thrown away. In the background the terminal is the shell's, and setting it up would fail.
        """
        assert self._driver is not None
        if self._is_obeyed and not is_in_front():
            self._stop_until_in_front()
        self._has_gone_on.clear()
        if terminal_modes() == self._modes:
            self._redraw()
        else:
            self._driver.suspend_application_mode()
            self._take_terminal()

    def _take_terminal(self) -> None:
        assert self._driver is not None
        self._has_gone_on.clear()
        self._driver.resume_application_mode()
        self._modes = terminal_modes()
        self._redraw()

    def _stop_until_in_front(self) -> None:
        """Stop again at each SIGCONT that lets the process run in the background (`bg`)."""
        if self._is_group_to_stop:
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # the others first
            os.killpg(os.getpgrp(), signal.SIGTSTP)
        while True:
            self._has_gone_on.clear()
            _stop_once()
            self._has_gone_on.wait(ARRIVAL_SECONDS)
            if is_in_front() or not self._has_gone_on.is_set():
                break  # where no SIGCONT came, the stop was dropped
        self._obey()
        self._is_to_stop = self._is_group_to_stop = False


def _stop_once() -> None:
    """Stop the process by SIGTSTP; asked to stop from outside meanwhile, it still needs one SIGCONT alone.

    The stop is held back until its action is the system's: a SIGCONT after another's stop takes back what is held.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
    signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)  # to this very thread, where it is held
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})  # stops before the call returns


def is_in_front() -> bool:
    """Whether the process may draw: `bg` lets it run, but not on the terminal."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:  # no terminal any more
        return True


def terminal_modes() -> list[Any] | None:
    """Those of the terminal that is typed on; `None` where there is none."""
    try:
        return termios.tcgetattr(0)
    except termios.error:  # no terminal any more
        return None
