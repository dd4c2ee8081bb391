"""What libraries print goes to the log pane, never across the screen.

Textual draws through `sys.__stderr__`. While the screen is open that is a copy of the terminal, and the file
descriptors 1 and 2, which C++ writes to as well, lead into a pipe that a thread reads.
"""

import os
import sys
import threading
from collections import deque
from types import TracebackType

KEPT = 1_000  # lines


class Stray:
    """A context in which prints and warnings of any thread, and of C++, become `lines`."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.count = 0  # lines so far
        self._restore: list[tuple[int, int]] = []  # descriptor, copy of what it was
        self._python = (sys.__stdout__, sys.__stderr__)
        self._reader: threading.Thread | None = None

    def __enter__(self) -> "Stray":
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self._restore = [(number, os.dup(number)) for number in (1, 2)]
        terminal = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace", newline="")
        sys.__stdout__ = sys.__stderr__ = terminal  # type: ignore[misc]
        out, into = os.pipe()
        for number in (1, 2):
            os.dup2(into, number)
        os.close(into)
        self._reader = threading.Thread(target=self._read, args=(out,), name="stray output", daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        terminal = sys.__stderr__
        sys.__stdout__, sys.__stderr__ = self._python  # type: ignore[misc]
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number, copy in self._restore:
            os.dup2(copy, number)
            os.close(copy)
        if terminal is not None:
            terminal.close()

    def _read(self, out: int) -> None:
        with os.fdopen(out, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self.lines.append(line.rstrip("\n"))
                self.count += 1
