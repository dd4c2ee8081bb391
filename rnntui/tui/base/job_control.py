"""Ctrl-Z and `fg`: the process stops with the terminal as the shell left it, and comes back as it was.

Textual acts inside Python's signal handlers, where the thread that draws may be in the middle of writing and then
waits for itself, and it sets up its threads anew at every SIGCONT. Here both signals are callbacks of the event loop,
and only what was set aside is set up again.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable

from textual.driver import Driver


class JobControl:
    """Stops and goes on with a driver; `redraw` is called whenever the process goes on.

    Signals that were ignored when the process began stay ignored. Of a process that no shell looks after, the system
    drops the stop, and it goes on at once.
    """

    def __init__(self, redraw: Callable[[], object]) -> None:
        self._redraw = redraw
        self._is_obeyed = signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN
        self._driver: Driver | None = None
        self._is_asked = False

    def begin(self, driver: Driver | None) -> None:
        """Take both signals from the driver; called within the event loop."""
        if driver is None or not driver.can_suspend:
            return
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCONT, self._redraw)
        if self._is_obeyed:
            self._driver = driver
            loop.add_signal_handler(signal.SIGTSTP, self._stop)
        else:
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)

    def suspend(self) -> None:
        """Stop the process and all of its group, as a terminal does; asked again before that, it is asked once."""
        if self._driver is not None and not self._is_asked:
            self._is_asked = True
            os.killpg(os.getpgrp(), signal.SIGTSTP)

    def _stop(self) -> None:
        assert self._driver is not None
        loop = asyncio.get_running_loop()
        self._driver.suspend_application_mode()
        loop.remove_signal_handler(signal.SIGTSTP)  # what it does by default is to stop
        while True:
            # To this very thread: it stops before the call returns.
            signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
            if _is_in_front():
                break
        loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._is_asked = False
        self._driver.resume_application_mode()
        self._redraw()


def _is_in_front() -> bool:
    """Whether the process may draw: `bg` lets it run, but not on the terminal."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp() or os.getppid() == 1
    except OSError:  # no terminal any more
        return True
