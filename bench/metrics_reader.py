"""CPU seconds to read 1,000,000 rows of metrics, now and at an earlier commit: as the curves read them, and as rows.

Both versions in turns, each turn in a process of its own: `python bench/metrics_reader.py`. The earlier one is taken
out of the repository's history, so this needs a clone that has it; `--rows` and `--before` take others.
"""

import argparse
import io
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from machine import write

BEFORE = "caa0252"  # rows were taken apart by the standard library's json, and checked by whoever used them
ROWS, TURNS = 1_000_000, 3
ROOT = Path(__file__).parents[1]

READ = """
import sys, time
from pathlib import Path
import rnntui
from rnntui.runs.tail import Follower
from rnntui.runs import Run

assert rnntui.__file__.startswith(sys.argv[4])
run = Run(Path(sys.argv[1]))
rows = run.metrics if hasattr(run, "metrics") else lambda: run.rows("metrics.jsonl")
began = time.process_time()
if sys.argv[2] == "curves":
    assert Follower(run.path / "metrics.jsonl").read().last_step == int(sys.argv[3])
else:
    assert sum(1 for row in rows()) == int(sys.argv[3])
print(time.process_time() - began)
"""
READERS = {"curves": "Follower.read", "rows": "the rows of a Run"}


def main() -> None:
    """Measure and write `results/metrics_reader.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--before", default=BEFORE, metavar="COMMIT")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(Path(folder) / "run", given.rows)
        versions = {"before": take_out(given.before, Path(folder) / "before"), "after": ROOT}
        seconds: dict[str, dict[str, list[float]]] = {what: {name: [] for name in versions} for what in READERS}
        for _ in range(TURNS):
            for what in READERS:
                for name, place in versions.items():
                    seconds[what][name].append(measure(place, run, what, given.rows))
    figures = {
        what: {name: statistics.median(turns) for name, turns in by_version.items()}
        for what, by_version in seconds.items()
    }
    ratios = {what: medians["before"] / medians["after"] for what, medians in figures.items()}
    for what, medians in figures.items():
        print(
            f"{READERS[what]:<18} {medians['before']:.2f} s before, {medians['after']:.2f} s after: "
            f"{ratios[what]:.2f} times"
        )
    told = {"rows": given.rows, "before": given.before, "CPU seconds, median": figures, "each turn": seconds}
    write("metrics_reader", {**told, "before over after": ratios})


def make_run(path: Path, rows: int) -> Path:
    """A folder of a run with so many rows as the recorder writes them, a held-out loss in each hundredth."""
    path.mkdir()
    rng = random.Random(0)
    with open(path / "metrics.jsonl", "w", encoding="utf-8") as out:
        for step in range(1, rows + 1):
            loss = 0.3 + 2.0 * math.exp(-step / rows * 5) + 0.1 * rng.random()
            row = {"format": 1} if step == 1 else {}
            row |= {"step": step, "loss": loss, "accuracy": rng.random(), "gradient_norm": rng.random()}
            row |= {"learning_rate": 0.001, "seconds": 0.002 * step}
            if step % 100 == 0:
                row |= {"validation_loss": loss, "validation_accuracy": rng.random()}
            out.write(json.dumps(row) + "\n")
    return path


def take_out(commit: str, into: Path) -> Path:
    """The package as it was at a commit."""
    packed = subprocess.run(
        ["git", "-C", str(ROOT), "archive", commit, "rnntui"], check=True, stdout=subprocess.PIPE
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(into, filter="data")
    return into


def measure(place: Path, run: Path, what: str, rows: int) -> float:
    """CPU seconds of one reading by the package in that place."""
    words = [sys.executable, "-c", READ, str(run), what, str(rows), str(place)]
    there = {"cwd": run, "env": {**os.environ, "PYTHONPATH": str(place)}}  # not this repository's package
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, **there)
    return float(done.stdout)


if __name__ == "__main__":
    main()
