"""Progress of something countable, on standard error: a bar on a terminal, else a line now and then.

Like `progress.py` it starts no thread, cannot fail, and leaves nothing of the bar behind.
"""

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rnntui.system.output import has_bars, say
from rnntui.text.format import duration

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_SECONDS = 10.0  # between lines
BAR_SECONDS = 0.2  # between two drawings of the bar


class Counting:
    """Counts up to a total while it is open, and says what is left at the present speed."""

    def __init__(self, doing: str, total: int) -> None:
        self._doing, self._total, self._done = doing, total, 0
        self._began = self._shown_at = time.monotonic()
        self._bar = _bar() if has_bars() else None

    def __enter__(self) -> "Counting":
        if self._bar is not None:
            self._task = self._bar.add_task(self._doing, total=self._total, figures="")
            self._bar.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, count: int) -> None:
        """Count so many more as done."""
        self._done += count
        now = time.monotonic()
        if now - self._shown_at >= (LINE_SECONDS if self._bar is None else BAR_SECONDS):
            self._shown_at = now
            self._show(now - self._began)

    def _show(self, seconds: float) -> None:
        left = f"{duration(seconds * (self._total - self._done) / self._done)} left"
        figures = f"{self._done:,}/{self._total:,}  {left}"
        if self._bar is None:
            say(f"{self._doing}  {figures}")
        else:
            self._bar.update(self._task, completed=self._done, figures=figures)
            self._bar.refresh()


def _bar() -> "Progress":
    from rich.progress import BarColumn

    from rnntui.commands.progress.bars import bar, figures

    return bar(BarColumn(bar_width=24), figures(), auto_refresh=False, transient=True)
