"""Progress of a sweep without a screen, on standard error: bars on a terminal, else a line now and then."""

import math
import time
from collections.abc import Sequence
from itertools import islice
from typing import Protocol

from rich.progress import BarColumn, Progress, TaskID

from rnntui.commands.progress.bars import bar, figures
from rnntui.commands.progress.training import BAR_SECONDS, LINE_SECONDS
from rnntui.config import WINDOW, spec
from rnntui.sweeps.folder import Result
from rnntui.sweeps.pool import JobStatus, Pool
from rnntui.system.output import has_bars, say
from rnntui.text.format import counted, duration, figure, share
from rnntui.text.sanitize import shown_text

KEPT_LINES = 4  # of the terminal for the bar of the whole and what is said


class SweepDisplay(Protocol):
    """Shows the state of a sweep."""

    def show(self, pool: Pool, news: Sequence[str] = ()) -> None:
        """Called after each turn; `news` has happened in it."""

    def say(self, sentence: str) -> None:
        """A line that stays."""

    def close(self, pool: Pool) -> None:
        """The last that was shown stays."""


def display() -> SweepDisplay:
    """Bars where standard error is a terminal, else lines."""
    return SweepBars() if has_bars() else SweepLines()


class Ended:
    """The runs that ended since the last look."""

    def __init__(self) -> None:
        self._told: int | None = None  # how many

    def new(self, pool: Pool) -> list[JobStatus]:
        """Those that ended; at the first look none, for they ended in an earlier process."""
        told, self._told = self._told, len(pool.sweep.results)
        names = [] if told is None else islice(pool.sweep.results, told, None)
        return [pool.statuses[name] for name in names if name in pool.statuses]


class SweepLines:
    """A line for each run that ended, and the state of the whole sweep every ten seconds."""

    def __init__(self) -> None:
        self._said_at, self._ended = time.monotonic(), Ended()

    def show(self, pool: Pool, news: Sequence[str] = ()) -> None:
        for sentence in (*news, *map(ending, self._ended.new(pool))):
            say(sentence)
        if time.monotonic() - self._said_at >= LINE_SECONDS:
            self._said_at = time.monotonic()
            say(whole(pool))

    def say(self, sentence: str) -> None:
        say(sentence)

    def close(self, pool: Pool) -> None:
        self.show(pool, pool.news())
        say(whole(pool))


class SweepBars:
    """A bar for the whole and one for each run at work, as many as there is room for."""

    def __init__(self) -> None:
        self._drawn_at, self._ended = -math.inf, Ended()
        self._progress = _rich_progress()
        self._whole = self._progress.add_task("", total=None, figures="")
        self._bars: dict[str, TaskID] = {}
        self._progress.start()

    def show(self, pool: Pool, news: Sequence[str] = ()) -> None:
        for sentence in (*news, *map(ending, self._ended.new(pool))):
            self.say(sentence)
        if time.monotonic() - self._drawn_at < BAR_SECONDS:
            return
        self._drawn_at = time.monotonic()
        self._draw(pool)

    def _draw(self, pool: Pool) -> None:
        done, known = len(pool.sweep.results), len(pool.statuses)
        self._progress.update(
            self._whole,
            description=shown_text(pool.sweep.name),
            completed=done,
            total=known,
            figures=f"{done}/{counted(known, 'run')}  {pace(pool)}",
        )
        room = max(1, self._progress.console.height - KEPT_LINES)
        running = {status.job.name: status for status in pool.running[:room]}
        for name in set(self._bars) - set(running):
            self._progress.remove_task(self._bars.pop(name))
        for name, status in running.items():
            if name not in self._bars:
                self._bars[name] = self._progress.add_task(shown_text(name), total=status.run.steps, figures="")
            run = status.run
            has_accuracy = spec(status.job.settings).has_accuracy
            reached = f"acc {share(run.accuracy)}" if has_accuracy else f"loss {figure(run.loss)}"
            figures = f"{run.step:,}/{run.steps:,}  {reached}  {run.steps_per_second or 0:,.0f}/s{on(status)}"
            self._progress.update(self._bars[name], completed=run.step, figures=figures)
        self._progress.refresh()

    def say(self, sentence: str) -> None:
        from rich.text import Text

        self._progress.console.print(Text(shown_text(sentence)), soft_wrap=True)

    def close(self, pool: Pool) -> None:
        self._drawn_at = -math.inf
        self.show(pool, pool.news())
        self._progress.stop()


def whole(pool: Pool) -> str:
    """The state of the sweep, in one line."""
    failed = sum(result.state == "failed" for result in pool.sweep.results.values())
    failures, known = f", {failed} failed" if failed else "", counted(len(pool.statuses), "run")
    size = f"  {pool.size}" if pool.size else ""
    return f"{pool.sweep.name}  {len(pool.sweep.results)} of {known}{failures}  {pace(pool)}{size}".rstrip()


def on(status: JobStatus) -> str:
    """Where a run is trained, where that is not this machine."""
    return f"  on {shown_text(status.node)}" if status.node else ""


def pace(pool: Pool) -> str:
    """Speed and time left, or what the sweep waits for."""
    if not pool.steps_per_second:
        return pool.doing
    left = pool.seconds_left
    return f"{pool.steps_per_second:,.0f} steps/s" + (f"  {duration(left)} left" if math.isfinite(left) else "")


def ending(status: JobStatus) -> str:
    """How a run ended, in a line."""
    result = status.result
    assert result is not None
    if result.state == "failed":
        return f"{status.job.name}  failed: {result.reason}"
    if spec(status.job.settings).holds_out:
        return f"{status.job.name}  {result.state} at step {result.step:,}  {_on_held_out(result)}{_reason(result)}"
    if not spec(status.job.settings).has_accuracy:
        loss = (
            f"test loss {figure(result.test_loss)}" if result.test_loss is not None else f"loss {figure(result.loss)}"
        )
        return f"{status.job.name}  {result.state} at step {result.step:,}  {loss}{_reason(result)}"
    solved = f"solved at step {result.solved_at:,}" if result.solved_at is not None else _unsolved(result)
    is_fresh = result.test_accuracy is not None  # on examples that it was not trained on, else of the last batches
    accuracy = f"test accuracy {share(result.test_accuracy)}" if is_fresh else f"accuracy {share(result.accuracy)}"
    return f"{status.job.name}  {result.state} at step {result.step:,}  {accuracy}  {solved}{_reason(result)}"


def _on_held_out(result: Result) -> str:
    """The held-out result of a text network, which never counts as solved."""
    if result.test_accuracy is None:
        return f"accuracy {share(result.accuracy)}"
    bits = f"  {figure(result.bits_per_character)} bits per character" if result.bits_per_character else ""
    return f"held-out accuracy {share(result.test_accuracy)}{bits}"


def _unsolved(result: Result) -> str:
    return "not solved" if result.is_solved is False else f"solved: not measured (it takes {WINDOW} steps)"


def _reason(result: Result) -> str:
    return f"  {result.reason}" if result.reason else ""


def _rich_progress() -> Progress:
    return bar(BarColumn(bar_width=16), figures(), auto_refresh=False)
