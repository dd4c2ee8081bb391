"""How a process ends: its exit status, and signals.

A signal is only noted when it arrives: acting inside the handler could interrupt a save half-way, so the loop acts on
it between two reports.
"""

import signal
from types import FrameType, TracebackType
from typing import Any

FAILED, DIVERGED, BY_SIGNAL = 1, 3, 128  # exit statuses; the signal's number is added to the last
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
        if self.caught is None:
            self.caught = signal.Signals(number)
