"""How soon the list of 5,000 runs is on the screen, and how soon a key of its filter is echoed.

The runs are made up. The list is opened in a pseudo-terminal of 160 × 45 by this file, which notes when its imports
are done: what comes after them is the first frame. Keys are typed while the files of the runs are still being read, and
each narrows the list down. Seconds of processor time stand beside those of the clock, which a busy machine stretches;
they are known on Linux alone. `python bench/home.py`
"""

import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pexpect
from machine import write

RUNS, TURNS, KEYS = 5_000, 10, 200
GREEK = "αβγδεζηθικλμνξο"
FIRST = "one-00000"  # the name of the newest run


def make(root: Path) -> None:
    """The runs: of two tasks and four cells, stopped and finished, a third of them with all of the letters."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from made_up_runs import made_up

    from rnntui.schemas import FiguresState

    now = time.time()
    for k in range(RUNS):
        of_text, name = k % 2 == 1, FIRST if k == 0 else f"{GREEK if k % 3 == 1 else 'run'}-{k:05}"
        figures = FiguresState(best=(1.5 + k / RUNS, 2_000), validation_loss=1.6) if of_text else FiguresState()
        cell, corpus = ("rnn", "gru", "lstm", "phased")[k % 4], {"corpus": "anna"} if of_text else {}
        task, step = ("text" if of_text else "palindrome"), (3_000 if k % 5 else 1_000)
        made_up(root, name, task, cell=cell, figures=figures, step=step, changed=now - 60 * k, **corpus)


def main() -> None:
    """Measure and write `results/home.json`."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "runs")
        starts = [start(folder) for _ in range(TURNS)]
        with opened(folder) as process:
            process.expect_exact(FIRST, timeout=60)
            before = processor_seconds(process.pid)
            delays = sorted(echoes(process))
            per_key = (processor_seconds(process.pid) - before) / KEYS
    imports, frames, worked = (statistics.median(each) for each in zip(*starts, strict=True))
    p99 = delays[int(0.99 * (len(delays) - 1))]
    print(f"imports {imports:.2f} s, then the first frame of {RUNS:,} runs within {frames:.2f} s (bar 0.5 s)")
    print(f"of the processor {worked:.2f} s a start, {1e3 * per_key:.0f} ms a key")
    print(f"keys of the filter echoed within {1e3 * p99:.0f} ms at the 99th percentile (bar 100 ms)")
    figures = {
        "runs": RUNS,
        "imports s": imports,
        "first frame s": frames,
        "first frame bar s": 0.5,
        "first frame, processor s": worked,
        "first frames": sorted(frame for _, frame, _ in starts),
        "load": os.getloadavg()[0],
        "keys": {
            "processor ms": 1e3 * per_key,
            "median ms": 1e3 * statistics.median(delays),
            "99th percentile ms": 1e3 * p99,
            "bar ms": 100,
        },
    }
    write("home", figures)


def start(folder: str) -> tuple[float, float, float]:
    """Seconds from the start of a process to the end of its imports, from there to the first line of the list, and how
    many of these are the processor's.
    """
    noted = Path(folder) / "imported"
    noted.unlink(missing_ok=True)
    began = time.monotonic()
    with opened(folder) as process:
        while not (noted.exists() and noted.read_text()):
            read(process)
        before = processor_seconds(process.pid)
        process.expect_exact(FIRST, timeout=60)
        seen, worked = time.monotonic(), processor_seconds(process.pid) - before
    imported = float(noted.read_text())
    return imported - began, seen - imported, worked


def processor_seconds(pid: int) -> float:
    """What a process has taken of the processor, NaN where the system does not tell."""
    with suppress(OSError):
        taken = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, taken)) / os.sysconf("SC_CLK_TCK")
    return math.nan


def echoes(process: pexpect.spawn) -> Iterator[float]:
    """Seconds from each key to its echo: capitals, since the names of the runs have small letters."""
    process.send("/")
    for k in range(KEYS):
        letter = GREEK[k % len(GREEK)].upper()
        began = time.perf_counter()
        process.send(letter)
        while letter not in read(process):
            assert time.perf_counter() - began < 10, "it is not echoed"
        yield time.perf_counter() - began
        until = time.perf_counter() + 0.05
        while time.perf_counter() < until:
            read(process)
        if letter == GREEK[-1].upper():
            process.send("\x15")  # clears the line
            until = time.perf_counter() + 0.5
            while time.perf_counter() < until:
                read(process)


def read(process: pexpect.spawn) -> str:
    """What there is to read, as a terminal does."""
    with suppress(pexpect.TIMEOUT):
        return process.read_nonblocking(65536, timeout=0.02)
    return ""


def opened(folder: str) -> AbstractContextManager[pexpect.spawn]:
    """The list in a pseudo-terminal."""
    from screen import in_terminal  # not for the process that is measured

    return in_terminal([__file__, folder])


def open_list(folder: Path) -> None:
    """What the measured process does: the imports of the command, a note of the time, and the list."""
    import rnntui.cli
    from rnntui.sessions.alerts import Alerts
    from rnntui.tui.home.app import open_home

    assert rnntui.cli
    (folder / "imported").write_text(str(time.monotonic()))
    open_home(folder / "runs", Alerts())


if __name__ == "__main__":
    open_list(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
