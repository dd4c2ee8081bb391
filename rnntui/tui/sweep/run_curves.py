"""The courses of a sweep's runs in small: some values of each, read from its files in a thread while it is in sight.

Invariant: a course is replaced as a whole, and only by the thread that reads.
"""

from collections.abc import Iterable
from functools import partial

from rnntui.config import spec
from rnntui.runs import METRICS, overview
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.pool import JobStatus

WITHOUT = ("waiting", "dropped")  # runs that have no rows

Course = tuple[float, ...]


class RunCurves:
    """`courses` by the names of the runs: the accuracy, of what cannot be solved the loss, from first to newest."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self.courses: dict[str, Course] = {}
        self._read_at: dict[str, tuple[str, int]] = {}  # state and step

    def stale(self, statuses: Iterable[JobStatus]) -> list[JobStatus]:
        """Those that have gone on since they were read."""
        return [
            status
            for status in statuses
            if status.run.state not in WITHOUT and self._read_at.get(status.job.name) != _mark(status)
        ]

    def read(self, statuses: Iterable[JobStatus]) -> None:
        """Read the courses of these runs; a few small reads each."""
        for status in statuses:
            value = partial(overview.judged_by, spec(status.job.settings))
            self._read_at[status.job.name] = _mark(status)
            self.courses[status.job.name] = overview.curve(self._sweep.run(status.job).path / METRICS, value)


def _mark(status: JobStatus) -> tuple[str, int]:
    return status.run.state, status.run.step
