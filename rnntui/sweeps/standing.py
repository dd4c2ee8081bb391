"""How a sweep stands, as the process that drives it writes it once a second for whoever looks on: `standing.json`.

What came out of the runs is in their own folders, and this file says nothing of them but which are at work. What a
killed process left is of no meaning: whether a sweep is driven is known by its lock.
"""

import os
import socket
import time
from contextlib import suppress
from dataclasses import replace
from typing import ClassVar

import msgspec
from msgspec import Struct

from rnntui.runs.files import SWEEP_LOCK, as_json
from rnntui.schemas import decoding
from rnntui.schemas.base import Count, File, Real, Step
from rnntui.sweeps.folder import STANDING, Sweep
from rnntui.sweeps.pool import TOLD, JobStatus, Pool, ended, waiting
from rnntui.system.lock import Lock

WRITE_SECONDS = 1.0  # from one writing to the next
WRITING_SHARE = 0.01  # of a core that it takes at most, however many runs there are
NEWS_KEPT = 20  # sentences


class AtWork(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run in training."""

    step: Step = 0
    accuracy: Real = None
    loss: Real = None
    steps_per_second: Real = None
    node: str = ""


class StandingFile(File, frozen=True, kw_only=True):
    """`standing.json`: the process that drives the sweep, what it waits for, and the runs that are at work."""

    VERSION: ClassVar[int] = 1
    pid: Count
    host: str
    since: float
    doing: str = ""
    device: str = ""
    size: str = ""
    steps_per_second: Real = None
    seconds_left: Real = None
    running: dict[str, AtWork] = msgspec.field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    news: tuple[str, ...] = ()
    said: Count = 0  # sentences of news so far

    @property
    def is_here(self) -> bool:
        """Whether the process is one of this machine."""
        return self.host == socket.gethostname()


class StandingWriter:
    """Writes the file for a pool, now and then; a disk that does not take it is no reason to stop."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._since, self._write_at = time.time(), 0.0
        self._news: tuple[str, ...] = ()
        self._said = 0

    def tell(self, news: list[str]) -> None:
        """Add what has happened, and write the file if it is time to."""
        self._news, self._said = (*self._news, *news)[-NEWS_KEPT:], self._said + len(news)
        now = time.monotonic()
        if now >= self._write_at:
            began = time.thread_time()
            with suppress(OSError, ValueError):
                self._pool.sweep.folder.replace(STANDING, as_json(self._content().as_content()))
            self._write_at = now + max(WRITE_SECONDS, (time.thread_time() - began) / WRITING_SHARE)

    def close(self) -> None:
        """Nobody drives the sweep from now on."""
        with suppress(OSError, ValueError):
            self._pool.sweep.folder.remove_file(STANDING)

    def _content(self) -> StandingFile:
        pool = self._pool
        statuses = pool.statuses.items()
        return StandingFile(
            pid=os.getpid(),
            host=socket.gethostname(),
            since=self._since,
            doing=pool.doing,
            device=pool.device,
            size=pool.size,
            steps_per_second=pool.steps_per_second,
            seconds_left=pool.seconds_left,
            running={status.job.name: _at_work(status) for status in pool.running},
            dropped=tuple(name for name, status in statuses if status.run.state == "dropped"),
            news=self._news,
            said=self._said,
        )


def _at_work(status: JobStatus) -> AtWork:
    return AtWork(**{name: getattr(status.run, name) for name in TOLD}, node=status.node)


def read(sweep: Sweep) -> StandingFile | None:
    """How a sweep stands that a process drives now; `None` where none does, or it has not said so yet."""
    if not is_driven(sweep):
        return None
    with suppress(ValueError):
        return decoding.read(sweep.path / STANDING, StandingFile, f"sweep {sweep.name!r}")
    return None


def is_driven(sweep: Sweep) -> bool:
    """Whether some process holds the sweep."""
    return Lock(sweep.path / SWEEP_LOCK, f"sweep {sweep.name!r}").is_held()


class WatchedPool:
    """A sweep that another process drives, as its files tell it: what a screen needs of a pool."""

    failure: Exception | None = None

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.statuses: dict[str, JobStatus] = {}
        self.doing = self.device = self.size = ""
        self.steps_per_second, self.seconds_left = 0.0, float("nan")
        self.is_driven, self.is_over = True, False  # whether a process drives it, and whether nothing is left to do
        self._read_at, self._said = 0.0, -1
        self._news: list[str] = []
        self._renew(None)

    def news(self) -> list[str]:
        """What has happened since the last call, a sentence each."""
        news, self._news = self._news, []
        return news

    def poll(self) -> None:
        """Read the files, if it is time to."""
        now = time.monotonic()
        if now < self._read_at:
            return
        began = time.monotonic()
        found = read(self.sweep)
        was_driven, self.is_driven = self.is_driven, found is not None or is_driven(self.sweep)
        with suppress(OSError):
            self.sweep.refresh()
        self._renew(found)
        if was_driven and not self.is_driven and not self.is_over:
            self._news.append("the process that drove the sweep has ended: its runs are saved")
        self._read_at = now + max(WRITE_SECONDS, 10 * (time.monotonic() - began))  # a tenth of the time at most

    def _renew(self, found: StandingFile | None) -> None:
        running = {} if found is None else found.running
        dropped = set() if found is None else {*found.dropped}
        statuses = {}
        for job in self.sweep.jobs():
            status, result = waiting(job), self.sweep.results.get(job.name)
            if result is not None:
                status = ended(status, result)
            elif (at_work := running.get(job.name)) is not None:
                told = {name: getattr(at_work, name) for name in TOLD}
                status = replace(status, run=replace(status.run, state="running", **told), node=at_work.node)
            elif job.name in dropped:
                status = replace(status, run=replace(status.run, state="dropped"))
            statuses[job.name] = status
        self.statuses, self.is_over = statuses, not self.sweep.wanted()
        if found is None:
            waits = "waiting for the process that drives it" if self.is_driven else "no process drives it now"
            self.doing, self.steps_per_second, self.seconds_left = waits, 0.0, float("nan")
            return
        self.doing, self.device, self.size = found.doing, found.device, found.size
        self.steps_per_second = found.steps_per_second or 0.0
        self.seconds_left = float("nan") if found.seconds_left is None else found.seconds_left
        if self._said < 0:
            self._said = found.said
        elif found.said > self._said:
            self._news += found.news[-min(NEWS_KEPT, found.said - self._said) :]
            self._said = found.said
