"""The parts of a measurement, each in a process of its own: one that fails, dies or hangs keeps none from the next.

A process is a copy of this one (a fork), so that what was imported is not imported again. Invariant: this process
itself never asks for a GPU, for a copy of one that did could not use it.
"""

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

FORK = multiprocessing.get_context("fork")
LAST_LINES = 6  # of a traceback
Figures = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What was asked on the command line: the device, and whether networks are tiny and turns short."""

    device: str
    quick: bool


@dataclass(frozen=True)
class Part:
    """A part, the seconds that it may take, and the generator of its figures: what it gave before it failed is kept."""

    name: str
    limit: float
    measure: Callable[[Asked], Iterator[Figures]]


@dataclass
class Outcome:
    """What came of a part; `status` is `done`, `failed`, `over its limit` or `not begun`, and `trouble` says why."""

    name: str
    status: str = "done"
    seconds: float = 0.0
    trouble: str = ""
    figures: Figures = field(default_factory=dict)


def run_all(parts: Sequence[Part], asked: Asked, seconds: float) -> Iterator[Outcome]:
    """The outcome of each part, one after the other, in so many seconds at most."""
    until = time.monotonic() + seconds
    for part in parts:
        left = until - time.monotonic()
        if left > 0:
            yield run(part, asked, min(part.limit, left))
        else:
            yield Outcome(part.name, "not begun", trouble="no time was left")


def run(part: Part, asked: Asked, limit: float) -> Outcome:
    """Run a part in a process of its own, which is ended, with all that it started, after `limit` seconds."""
    began, outcome = time.monotonic(), Outcome(part.name)
    receiving, sending = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_work, args=(part, asked, sending))
    process.start()
    sending.close()
    assert process.pid is not None
    try:
        outcome.status, outcome.trouble = _listen(receiving, outcome.figures, began + limit)
        if outcome.status == "died":
            process.join()
            outcome.status, outcome.trouble = "failed", f"its process died, with status {process.exitcode}"
    finally:
        receiving.close()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it started too
        process.kill()
        process.join(10)  # one that hangs in a driver cannot be ended, and is left
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _listen(receiving: Connection, figures: Figures, until: float) -> tuple[str, str]:
    """Take in figures until the part is over; its status and trouble."""
    while receiving.poll(max(0.0, until - time.monotonic())):
        try:
            said = receiving.recv()
        except EOFError:
            return "died", ""
        if isinstance(said, tuple):
            return said
        figures.update(said)
    return "over its limit", "it was ended when its time was up"


def _work(part: Part, asked: Asked, sending: Connection) -> None:
    os.setsid()  # a group of its own, to be ended as one
    try:
        for figures in part.measure(asked):
            sending.send(figures)
    except Exception:  # the parent tells it and goes on to the next part
        sending.send(("failed", "\n".join(traceback.format_exc().strip().splitlines()[-LAST_LINES:])))
    else:
        sending.send(("done", ""))
