"""Resident memory of a run after many steps over that after few: it must not grow beyond the bounded history.

A tiny network trains in the screen's worker, with its columns, rows and checkpoints: `python bench/memory.py`.
"""

import resource
import tempfile
import time
from pathlib import Path

from machine import write

from rnntui.config import make_settings
from rnntui.runs import Run
from rnntui.runs.history import CAPACITY
from rnntui.sessions.training import TrainingSession

AT = (2 * CAPACITY, 6 * CAPACITY, 10 * CAPACITY)  # the columns are full by the first


def main() -> None:
    settings = make_settings(
        "palindrome", {"cell": "rnn", "hidden": 4, "length": 1, "batch": 2, "steps": 10**9, "log_every": 100}
    )
    with tempfile.TemporaryDirectory() as folder:
        session = TrainingSession(Run.create(Path(folder), None, settings))
        session.start()
        resident = {steps: megabytes_at(session, steps) for steps in AT}
        session.stop()
        session.join()
    first, *_, last = resident.values()
    for steps, megabytes in resident.items():
        print(f"{steps:>9,} steps: {megabytes:.1f} MB")
    print(f"{last / first:.3f} times after five times the steps")
    write("memory", {"resident MB by step": resident, "last over first": last / first})


def megabytes_at(session: TrainingSession, steps: int) -> float:
    """Peak resident memory once the session has done its steps."""
    while session.status.run.step < steps:
        assert session.error is None, session.error
        time.sleep(0.1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
