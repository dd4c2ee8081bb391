"""What a sweep of many short runs costs beside their training: `python bench/sweep_overhead.py`.

200 runs of about a second each by two worker processes. The ideal is the seconds that the runs themselves say they
trained (`result.json`), shared among the workers; against it stands how long each worker lived from the moment it was
ready, with PyTorch loaded, to the end of the last run. So all that is no step of training is overhead: making the
folder, checkpoints flushed to disk, 10,000 fresh examples that the finished network is measured on, the pool, and the
wait for the last run. Beside other work on the machine the clock counts that, too; so the same is given by processor
time, that of the workers and of the process that drives them over that of the same steps alone.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import write

from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.plan import Plan, checked
from rnntui.sweeps.pool import Pool

WORKERS = 2
BASE = {"task": "palindrome", "cell": "lstm", "hidden": 64, "batch": 32, "length": 10, "threads": 1, "device": "cpu"}
TRIED = 1_000  # steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--step-alone", action="store_true", help="processor seconds of a step, and of the measuring")
    asked = parser.parse_args()
    if asked.step_alone:
        print(*step_alone())
        return
    words = subprocess.run([sys.executable, __file__, "--step-alone"], check=True, capture_output=True, text=True)
    step, fresh = map(float, words.stdout.split())
    figures = measure(asked.runs, round(1 / step), step, fresh)
    for name, value in figures.items():
        print(f"{name}: {value}")
    write("sweep_overhead", figures)


def step_alone() -> tuple[float, float]:
    """Processor seconds of a step of training, and of measuring a network on fresh examples, without anything else."""
    from rnntui.core.training.evaluate import evaluate
    from rnntui.core.training.trainer import Trainer
    from rnntui.core.worker import FRESH

    trainer = Trainer(_plan(1, TRIED).jobs()[0].settings)
    began = time.process_time()
    for _ in trainer:
        pass
    trained = time.process_time()
    evaluate(trainer.learner, FRESH)
    return (trained - began) / TRIED, time.process_time() - trained


def measure(runs: int, steps: int, step: float, fresh: float) -> dict[str, Any]:
    """One sweep from beginning to end; `step` and `fresh` as `step_alone` found them."""
    ready: dict[int, tuple[float, float]] = {}  # when each worker began, and the processor time it had taken by then
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep.open(Path(folder), None, _plan(runs, steps))
        driving = time.process_time()
        pool = Pool(sweep, workers=WORKERS)
        while len(sweep.results) < runs:
            pool.poll()
            for worker in pool._workers:
                if worker.device:
                    ready.setdefault(worker.pid, (time.monotonic(), _processor(worker.pid)))
            pool.wait(0.5)
        ended, driving = time.monotonic(), time.process_time() - driving
        worked = sum(_processor(pid) - before for pid, (_, before) in ready.items())
        pool.close()
        sweep.close()
        training = sum(result.seconds for result in sweep.results.values() if result.seconds)
    lived = sum(ended - at for at, _ in ready.values())
    return {
        "runs": runs,
        "steps of each": steps,
        "seconds of training a run, by the clock": round(training / runs, 2),
        "times the ideal, by the clock": round(lived / training, 3),
        "processor seconds of training a run": round(steps * step, 2),
        "times the ideal, by processor time": round((worked + driving) / (runs * steps * step), 3),
        "of that the fresh examples": round(fresh / (steps * step), 3),
        "driver's share of a core": round(driving / (ended - min(at for at, _ in ready.values())), 4),
        "load of the machine": round(os.getloadavg()[0], 1),
    }


def _plan(runs: int, steps: int) -> Plan:
    return checked(Plan("bench", "bench", {**BASE, "steps": steps}, {"seed": list(range(runs))}))


def _processor(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
