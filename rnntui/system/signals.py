"""How a process ends: its exit status, and signals.

A signal is only noted when it arrives: acting inside the handler could interrupt a save half-way, so the loop acts on
it between two reports.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType, TracebackType
from typing import Any

FAILED, DIVERGED, BY_SIGNAL = 1, 3, 128  # exit statuses; the signal's number is added to the last
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOMENT = 0.3  # seconds until something is said of a signal that has not been acted on


class Signals:
    """While open, INT, TERM and HUP are noted instead of obeyed; one that was ignored (nohup) stays ignored.

    Once one was noted the process is on its way out, and a second must not cut it short: they are noted to the end.
    """

    def __init__(self) -> None:
        self.caught: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Signals":
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.caught is None:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.note(number)

    def note(self, number: int) -> None:
        """Take a key for the signal that it stands for."""
        if self.caught is None:
            self.caught = signal.Signals(number)


@contextmanager
def acknowledged(say: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Of the first signal that comes while this is open and is still open after a moment, `say` is called.

    It is called in a thread of its own: the handlers of Python wait until the interpreter has its turn, which in a
    kernel that works on a long sequence is after many seconds. Of the main thread alone.
    """
    arrivals, entrance = os.pipe()
    os.set_blocking(entrance, False)
    ended = Event()

    def wait() -> None:
        while number := os.read(arrivals, 1):
            if number[0] in SIGNALS:
                if not ended.wait(MOMENT):
                    say(signal.Signals(number[0]))
                return

    thread = Thread(target=wait, name="signals", daemon=True)
    before = signal.set_wakeup_fd(entrance, warn_on_full_buffer=False)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        os.close(entrance)
        thread.join()
        os.close(arrivals)
