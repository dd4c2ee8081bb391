"""Preempts, cancels and kills jobs of a sweep on SLURM, and its own process: `python bench/slurm.py`.

At random moments, by the commands of `tests/slurm_commands.py`, which stand in for SLURM's, with two jobs at a time.
Then the same sweep is trained by processes of this machine, and results, table, figure and rows are compared, as in
`cluster.py`.
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
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from cluster import LOOK_SECONDS, differences
from machine import RESULTS, describe

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import slurm_commands
from ray_nodes import held_twice

PREEMPTED, CANCELLED, KILLED, DRIVER = "jobs preempted", "jobs cancelled", "nodes killed", "sweep's process killed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--steps", type=int, default=12_000, help="of each run")
    parser.add_argument("--events", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=float, default=6.0, help="mean seconds between events")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = compare(Path(place), asked)
    print(json.dumps(found, indent=1))
    content = {"machine": describe(), "two jobs at a time": found}
    (RESULTS / "slurm.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def compare(place: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Train the sweep twice and compare."""
    words = f"sweep --cell rnn,lstm --length 5 --seeds {asked.runs // 2} --steps {asked.steps} --hidden 8 --batch 4"
    names = {f"{cell}-seed{seed}" for cell in ("rnn", "lstm") for seed in range(asked.runs // 2)}
    command = [sys.executable, "-m", "rnntui", *words.split(), "--save-every", "500", "--name", "sweep", "--headless"]
    start = [*command, "--runs", str(place / "there"), "--on", "slurm", "--workers", "2"]
    slurm, chance, twice = place / "slurm", random.Random(asked.seed), set()
    os.environ |= slurm_commands.install(slurm, room=2)
    events: Counter[str] = Counter()
    began = time.monotonic()
    next_at = began + 10
    driver = subprocess.Popen(start)
    try:
        while driver.poll() is None:
            twice |= set(held_twice(names, place))
            if events.total() < asked.events and time.monotonic() >= next_at:
                event = chance.choice((PREEMPTED, CANCELLED, KILLED, DRIVER))
                if event == DRIVER:
                    driver.kill()
                    driver.wait()
                    time.sleep(4 * chance.random())
                    driver = subprocess.Popen(start)
                if event == DRIVER or strike(slurm, event, chance):
                    events[event] += 1
                    print(f"{event} after {time.monotonic() - began:.0f} s", flush=True)
                    next_at = time.monotonic() + 2 + chance.expovariate(1 / asked.every)
            time.sleep(LOOK_SECONDS)
        seconds = time.monotonic() - began
    finally:
        driver.kill()
        slurm_commands.end(slurm)
    subprocess.run([*command, "--runs", str(place / "here")], check=True)
    return {
        "runs": len(names),
        "steps": asked.steps,
        **dict(sorted(events.items())),
        "jobs": len(slurm_commands.jobs(slurm)),
        "seconds": round(seconds),
        "exit status": driver.returncode,
        **differences(place / "there" / "sweep", place / "here" / "sweep", names),
        "runs held twice at once": sorted(twice),
    }


def strike(slurm: Path, event: str, chance: random.Random) -> bool:
    """Have that happen to a job that runs, if one does."""
    running = [job for job in slurm_commands.jobs(slurm) if slurm_commands.state(slurm, job) == "RUNNING"]
    if not running:
        return False
    job = chance.choice(running)
    if event == PREEMPTED:
        for name in ("SIGTERM", "SIGUSR2"):
            subprocess.run(["scancel", job, "--signal", name], check=True)
    elif event == CANCELLED:
        subprocess.run(["scancel", job], check=True)
    else:
        slurm_commands.state(slurm, job, "NODE_FAIL")
        for pid in slurm_commands.processes(slurm, job):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return True


if __name__ == "__main__":
    main()
