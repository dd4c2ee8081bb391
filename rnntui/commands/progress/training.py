"""Progress of a headless run, on standard error: a bar on a terminal, else a line now and then.

Neither starts a thread, and neither can fail: a broken pipe must not end the training, so output that cannot be
written is dropped.
"""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rnntui.runs.status import RunStatus
from rnntui.system.output import has_bars, say
from rnntui.text.format import duration, figure, share
from rnntui.text.sanitize import shown_text

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_SECONDS = 10.0  # between lines, and between samples that are shown
BAR_SECONDS = 0.2  # between two drawings of the bar


@dataclass(frozen=True)
class TrainingStatus:
    """The progress of a headless run. `doing` is what it does besides training, empty while it trains."""

    run: RunStatus
    doing: str = ""
    has_accuracy: bool = True  # of its task

    @property
    def time_left(self) -> str:
        """In words, at the present speed."""
        return duration(self.run.seconds_left) if self.run.steps_per_second else "?"

    def __str__(self) -> str:
        run = self.run
        figures = f"loss {figure(run.loss)}" + (f"  accuracy {share(run.accuracy)}" if self.has_accuracy else "")
        speed = f"{run.steps_per_second or 0:,.0f} steps/s  {self.time_left} left"
        return f"{run.name}  step {run.step:,}/{run.steps:,}  {figures}  {speed}  {self.doing}".rstrip()


class TrainingDisplay(Protocol):
    """Shows the progress of a run."""

    def show(self, status: TrainingStatus) -> None:
        """Called after each report."""

    def say(self, sentence: str) -> None:
        """A line that stays."""

    def close(self) -> None:
        """The last that was shown stays."""


def display() -> TrainingDisplay:
    """A bar where standard error is a terminal, else lines."""
    return TrainingBar() if has_bars() else TrainingLines()


class TrainingLines:
    """A line every ten seconds and at the end."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()
        self._unsaid: TrainingStatus | None = None

    def show(self, status: TrainingStatus) -> None:
        self._unsaid = status
        if time.monotonic() - self._said_at >= LINE_SECONDS:
            self.close()

    def say(self, sentence: str) -> None:
        say(sentence)

    def close(self) -> None:
        if self._unsaid is not None:
            say(str(self._unsaid))
        self._said_at, self._unsaid = time.monotonic(), None


class TrainingBar:
    """Rich's progress bar, drawn when a report comes and not by a thread of its own."""

    def __init__(self) -> None:
        self._drawn_at = -math.inf
        self._progress = _rich_progress()
        self._task = self._progress.add_task("", total=None, figures="", visible=False)
        self._progress.start()

    def show(self, status: TrainingStatus) -> None:
        now, run = time.monotonic(), status.run
        if now - self._drawn_at < BAR_SECONDS and run.step < run.steps:
            return
        self._drawn_at = now
        speed = f"{run.steps_per_second or 0:,.0f}/s  {status.time_left} left"
        accuracy = f"  acc {share(run.accuracy)}" if status.has_accuracy else ""
        figures = f"loss {figure(run.loss)}{accuracy}  {status.doing or speed}"
        self._progress.update(
            self._task,
            description=shown_text(run.name),
            completed=run.step,
            total=run.steps,
            figures=f"{run.step:,}/{run.steps:,}  {figures}",
            visible=True,
        )
        self._progress.refresh()

    def say(self, sentence: str) -> None:
        from rich.text import Text

        self._progress.console.print(Text(shown_text(sentence)), soft_wrap=True)

    def close(self) -> None:
        self._progress.refresh()
        self._progress.stop()


def _rich_progress() -> "Progress":
    from rich.progress import BarColumn

    from rnntui.commands.progress.bars import bar, figures

    return bar(BarColumn(bar_width=8), figures(), auto_refresh=False)
