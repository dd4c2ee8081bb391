"""Steps per second of two processes that train one network over those of one, each on one thread.

    python bench/parallel.py

The network is that of long texts, two LSTM layers of 512 units, and the batch is 64 sequences of 100 characters: two
ranks have 32 each. One process and two take turns; while one trains the others wait. On a machine that does other work
too, the ratio of times says little: that of the processor time of a step leaves out what others took, and also what
the ranks waited for each other, so the truth on an idle machine is at most that.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from machine import write

from rnntui.config import make_settings

SETTINGS = {
    "corpus": "pydoc",
    "layers": 2,
    "hidden": 512,
    "length": 100,
    "batch": 64,
    "steps": 1_000_000,
    "threads": 1,
    "device": "cpu",
    "validate_every": 0,
    "sample_every": 0,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4, help="of a turn")
    parser.add_argument("--as-rank", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.as_rank:
        be_rank()
        return
    load = os.getloadavg()[0]
    alone, together = begin(1), begin(2)
    turn(alone[0], 1), turn(together[0], 1)  # what is made at the first step
    turns = [(turn(alone[0], asked.steps), turn(together[0], asked.steps)) for _ in range(asked.turns)]
    for process in (*alone, *together):
        process.stdin.close()  # type: ignore[union-attr]
    for process in (*alone, *together):
        process.wait()
    figures = {
        what: [one[what] / two[what] for one, two in turns] for what in ("seconds", "processor seconds of rank 0")
    }
    for what, ratios in figures.items():
        shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{what} of a step, one process over two: {statistics.median(ratios):.2f} (turns {shown})")
    print(f"load of the machine before: {load:.1f}")
    report = {what: {"median": statistics.median(ratios), "turns": ratios} for what, ratios in figures.items()}
    write("parallel", {"load before": load, "a step of one process over one of two ranks": report})


def begin(size: int) -> list["subprocess.Popen[str]"]:
    """So many processes that train one network, as torchrun starts them; one is started as always."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "TORCHELASTIC_RUN_ID": f"bench-{port}"}
    how_many = {"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
    return [
        subprocess.Popen(
            [sys.executable, __file__, "--as-rank"],
            env={
                **os.environ,
                **({**where, **how_many, "RANK": str(rank), "LOCAL_RANK": str(rank)} if size > 1 else {}),
                "OMP_NUM_THREADS": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]


def turn(process: "subprocess.Popen[str]", steps: int) -> dict[str, float]:
    """What a step took, on average over so many."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{steps}\n")
    process.stdin.flush()
    took: dict[str, float] = json.loads(process.stdout.readline())
    return took


def be_rank() -> None:
    """Train as many steps as each line of standard input says, and answer with what a step took."""
    from rnntui.commands.follow import follow
    from rnntui.core.training.trainer import Trainer
    from rnntui.system.world import world

    here, ranks = world(), None
    if here is not None:
        if here.rank:
            sys.exit(follow(here))
        from rnntui.core.training.leading import lead

        ranks = lead(here)
    trainer = Trainer(make_settings("text", SETTINGS, "report"), ranks=ranks)
    trainer.stride_length = lambda: 1  # type: ignore[method-assign]
    trained = count(iter(trainer))
    for line in sys.stdin:
        began, used, steps = time.perf_counter(), time.process_time(), 0
        while steps < int(line):
            steps += next(trained)
        took = (time.perf_counter() - began, time.process_time() - used)
        told = {"seconds": took[0] / steps, "processor seconds of rank 0": took[1] / steps}
        print(json.dumps(told), flush=True)


def count(reports: Iterator[Any]) -> Iterator[int]:
    """Steps of each report."""
    for report in reports:
        yield len(report.steps)


if __name__ == "__main__":
    main()
