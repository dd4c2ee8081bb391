"""The plain PyTorch script in a process of its own, with OpenMP as it is by itself, which is set once a process."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from contenders import of_plain
from rows import Row, settings_of, training

from rnntui.entry import SPINS


@dataclass
class Elsewhere:
    """A contender at the other end of a pipe."""

    pipe: Connection

    def speed(self, seconds: float, clock: Callable[[], float]) -> float:
        """Steps per second over a turn of so many seconds by a clock that any process can read, at least one step."""
        self.pipe.send((seconds, clock))
        return self.pipe.recv()


@contextmanager
def elsewhere(row: Row, threads: int) -> Iterator[Elsewhere]:
    """The script of a row while it is wanted. Raises `EOFError` from `speed` where its process failed."""
    here, there = multiprocessing.Pipe()
    spins = os.environ.pop(SPINS[0], None)
    try:
        process = multiprocessing.get_context("spawn").Process(target=_train, args=(there, row, threads), daemon=True)
        process.start()
    finally:
        if spins is not None:
            os.environ[SPINS[0]] = spins
    there.close()
    try:
        yield Elsewhere(here)
    finally:
        here.close()
        process.join()


def _train(pipe: Connection, row: Row, threads: int) -> None:
    with training(settings_of(row, threads)) as trainer:
        contender = of_plain(trainer)
        while True:
            try:
                seconds, clock = pipe.recv()
            except EOFError:
                return
            pipe.send(contender.speed(seconds, clock))
