"""Where the runs of a sweep are trained: one module here for each kind of place.

The pool decides which run is trained next; a place starts workers, says how many there may be, and carries what pool
and worker say to each other, lines of JSON as in `rnntui.core.worker`. The run folder stays the only truth: a place
moves work, never results.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rnntui.sweeps.plan import Job


@dataclass(frozen=True)
class WorkerEnd:
    """Why a worker ended, a sentence; `is_lost` where its machine or its engine took it, and not what it trained."""

    reason: str
    is_lost: bool = False


class Worker(Protocol):
    """A process that can train up to `most` runs side by side; `slots` is how many it is given, one at first."""

    slots: int
    most: int
    jobs: dict[str, Job]  # what it is at work on, by name
    device: str  # cpu or cuda, once it has loaded what it trains with
    refusal: Exception | None  # why it could not
    node: str  # the machine, where it is not this one

    @property
    def is_leaving(self) -> bool:
        """Whether it was told to save and end."""

    def give(self, job: Job, folder: Path) -> None:
        """Send it a job to train in that folder."""

    def drop(self, name: str) -> None:
        """Tell it to save and drop a job that is no longer needed."""

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        """Its messages since the last call, and whether more can follow; never waits."""

    def close(self) -> None:
        """Tell it to save and end."""

    def end(self) -> WorkerEnd:
        """Wait for its end."""


class Place(Protocol):
    """What starts workers."""

    def room(self, workers: Sequence[Worker], wanted: int) -> int:
        """How many workers there are to be, of those there are, for so many runs that are wanted."""

    def bears_no_more_than(self, workers: int) -> None:
        """Called when one could not begin beside so many."""

    def start(self, number: int, slots: int) -> Worker:
        """Start a worker, the `number`-th of this pool, for up to so many runs side by side."""

    def wait(self, seconds: float) -> None:
        """Sleep until a worker has something to say, at most so long."""

    def waiting(self) -> str:
        """What is waited for before anything can be trained, a phrase; nothing where nothing is."""

    def news(self) -> list[str]:
        """What has happened to the place since the last call, a sentence each."""

    def size(self) -> str:
        """How large the place is, in words; nothing where it is this machine."""

    def close(self) -> None:
        """Called once no worker is left."""
