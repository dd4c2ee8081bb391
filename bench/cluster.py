"""Kills nodes of a Ray cluster, or the sweep's own process, at random moments: `python bench/cluster.py [--driver]`.

Two nodes of one core each on this machine, without a shared folder (`--no-shared`) unless `--shared` is given. A sweep
of `--runs` short runs is trained while nodes are killed, all processes of one at once by SIGKILL, and others take their
place; or while the sweep's process is killed and started again. Then the same sweep is trained by processes of this
machine, and results, table and figure are compared; seconds, which no two trainings share, are left out.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from machine import write

from rnntui.sweeps.table import CSV

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from ray_nodes import Nodes, held_twice, results_of, rows_of  # of the tests, which kill one node

LOOK_SECONDS = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=48)
    parser.add_argument("--steps", type=int, default=16_000, help="of each run")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--driver", action="store_true", help="kill the sweep's own process instead of nodes")
    parser.add_argument("--shared", action="store_true", help="nodes write into the sweep's folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=float, default=12.0, help="mean seconds between kills")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = compare(Path(place), asked)
    print(json.dumps(found, indent=1))
    key = f"{'driver' if asked.driver else 'nodes'}, {'shared' if asked.shared else 'no shared folder'}"
    write("cluster", {key: found}, keeps_others=True)


def compare(place: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Train the sweep twice and compare."""
    words = f"sweep --cell rnn,lstm --length 5 --seeds {asked.runs // 2} --steps {asked.steps} --hidden 16 --batch 16"
    nodes = Nodes(2)
    environment = {**os.environ, "RAY_ADDRESS": nodes.address}
    on = ["--on", "ray:auto", "--shared" if asked.shared else "--no-shared"]
    command = [sys.executable, "-m", "rnntui", *words.split(), "--save-every", "200", "--name", "sweep", "--headless"]
    cluster, here = place / "cluster", place / "here"
    start = [*command, "--runs", str(cluster), *on]
    chance, twice, kills = random.Random(asked.seed), set(), 0
    names = {f"{cell}-seed{seed}" for cell in ("rnn", "lstm") for seed in range(asked.runs // 2)}
    began = time.monotonic()
    next_at = began + 20 + chance.expovariate(1 / asked.every)
    driver = subprocess.Popen(start, env=environment)
    try:
        while driver.poll() is None or (asked.driver and driver.returncode == -signal.SIGKILL):
            twice |= set(held_twice(names))
            if driver.returncode is not None:
                driver = subprocess.Popen(start, env=environment)
            elif kills < asked.kills and time.monotonic() >= next_at:
                kills += 1
                print(f"kill {kills} after {time.monotonic() - began:.0f} s", flush=True)
                driver.kill() if asked.driver else nodes.kill(chance.randrange(2))
                driver.wait() if asked.driver else None
                next_at = time.monotonic() + (12 if asked.driver else 0) + chance.expovariate(1 / asked.every)
            time.sleep(LOOK_SECONDS)
        seconds = time.monotonic() - began
    finally:
        nodes.close()
    subprocess.run([*command, "--runs", str(here)], check=True)
    return {
        "runs": len(names),
        "steps": asked.steps,
        "kills": kills,
        "seconds": round(seconds),
        "exit status": driver.returncode,
        **differences(cluster / "sweep", here / "sweep", names),
        "runs held twice at once": sorted(twice),
    }


def differences(there: Path, here: Path, names: Collection[str]) -> dict[str, Any]:
    """What of two trainings of one sweep is alike: results, table and figure, and the rows of each run."""
    runs = [(rows_of(there / name), rows_of(here / name)) for name in sorted(names)]
    return {
        "same": {name: _content(there / name) == _content(here / name)
                 for name in ("results.csv", "table.md", "figure.svg")},
        "runs lost": sum(not rows for rows, _ in runs),
        "runs with changed rows": sum(rows != others for rows, others in runs),
    }  # fmt: skip


def _content(file: Path) -> object:
    """What a file of results says; of a table that has them, without the seconds."""
    if file.name == CSV:
        return results_of(file.parent)
    return [line for line in file.read_text(encoding="utf-8").splitlines() if " of training, " not in line]


if __name__ == "__main__":
    main()
