"""Shows what libraries print in the message pane; written to the terminal, it would garble the screen.

Textual draws through `sys.__stderr__`. While the screen is open that is a copy of the terminal, and the file
descriptors 1 and 2, which C++ code writes to as well, lead into a pipe. A thread reads the pipe: unread, it would fill
up and block whoever prints.
"""

import os
import signal
import sys
import threading
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

from rnntui.system.output import is_in_browser, steadfast

KEPT = 1_000  # lines
# Textual takes them and keeps them: after its end they would set up a screen that is gone, and fail.
JOB_CONTROL = (signal.SIGTSTP, signal.SIGCONT)


class CapturedOutput:
    """A context in which prints and warnings of any thread, and of C++, become `lines`.

    What Textual draws is lost, not raised, once the terminal hung up: its writer must live for the app to end.
    """

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT)  # the reader takes them from the left
        self._restore: list[tuple[int, int]] = []  # descriptor, copy of what it was
        self._python = (sys.__stdout__, sys.__stderr__)
        self._terminal: TextIO | None = None
        self._job_control: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "CapturedOutput":
        _flush()
        self._job_control = {number: signal.getsignal(number) for number in JOB_CONTROL}
        self._restore = [(number, os.dup(number)) for number in (1, 2)]
        if os.isatty(1) or is_in_browser():
            terminal = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace", newline="")
            self._terminal = steadfast(terminal)
            sys.__stdout__ = sys.__stderr__ = self._terminal  # type: ignore[misc, assignment]
        out, into = os.pipe()
        for number in (1, 2):
            os.dup2(into, number)
        os.close(into)
        threading.Thread(target=self._read, args=(out,), name="captured output", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.__stdout__, sys.__stderr__ = self._python  # type: ignore[misc]
        _flush()
        for stop_or_go_on, handler in self._job_control.items():
            signal.signal(stop_or_go_on, handler)
        for number, copy in self._restore:
            os.dup2(copy, number)
            os.close(copy)
        if self._terminal is not None:
            self._terminal.flush()
            with suppress(OSError):
                self._terminal.close()

    @property
    def is_hung_up(self) -> bool:
        """Whether the terminal was closed while the screen was open."""
        return self._terminal is not None and not is_in_browser() and not os.isatty(self._terminal.fileno())

    def _read(self, out: int) -> None:
        with os.fdopen(out, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self.lines.append(line.rstrip("\n"))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
