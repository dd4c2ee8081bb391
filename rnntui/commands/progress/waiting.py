"""Progress of a wait of unknown length: a bar on standard error if that is a terminal, else lines.

Work done within a second shows nothing and does not load Rich, so that quick commands stay quick and quiet. A wait that
reports no fraction is named at once and erased again.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from rnntui.system.output import has_bars, say, steadfast
from rnntui.text.sanitize import shown_text

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

FIRST_SECONDS = 1.0  # until anything is shown
LINE_SECONDS = 10.0  # between lines
ERASED = "\x1b[K"  # from the cursor to the end of its line
BAR_SECONDS = 0.1  # between two drawings of the bar
MEASURING = "measuring the network before it adapts"


class Wait:
    """Shows the fraction done that it is called with, while the context is open. It starts no thread."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next_at = time.monotonic() + FIRST_SECONDS
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> "Wait":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar[0].stop()

    def __call__(self, share: float) -> None:
        is_terminal = has_bars()
        now = time.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + (BAR_SECONDS if is_terminal else LINE_SECONDS)
        if not is_terminal:
            say(f"{self._what}: {share:.0%}")
            return
        if self._bar is None:
            self._bar = _bar(self._what)
        progress, task = self._bar
        progress.update(task, completed=share)
        progress.refresh()


@contextmanager
def named(what: str) -> Iterator[None]:
    """While open, the last line of a terminal says what is being waited for; nothing is written elsewhere."""
    if not has_bars():
        yield
        return
    _put(f"{shown_text(what)} …")
    try:
        yield
    finally:
        _put(f"\r{ERASED}")


def _put(text: str) -> None:
    print(text, end="", file=steadfast(sys.stderr), flush=True)


def reading(name: str) -> Wait:
    """Progress of making a token file from a large corpus."""
    return Wait(f"reading {name or 'the corpus'} into a token file, once")


def _bar(what: str) -> "tuple[Progress, TaskID]":
    from rich.progress import BarColumn, TaskProgressColumn, TimeRemainingColumn

    from rnntui.commands.progress.bars import bar

    progress = bar(BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), auto_refresh=False, transient=True)
    task = progress.add_task(shown_text(what), total=1.0)
    progress.start()
    return progress, task
