"""Steps per second of a sweep with two workers over those of one run alone on one thread: `python bench/sweep.py`.

Each turn trains one run alone and then two side by side, the same network and the same number of steps; what counts is
the time that the runs spent in training, from their own results.
"""

import statistics
import tempfile
from pathlib import Path
from typing import Any

from machine import write

from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.plan import Plan, checked
from rnntui.sweeps.pool import Pool

TURNS = 3
STEPS = {"rnn": 4_000, "lstm": 1_600}


def main() -> None:
    figures: dict[str, Any] = {}
    for cell, steps in STEPS.items():
        turns = [ratio(cell, steps) for _ in range(TURNS)]
        print(f"{cell}: {statistics.median(turns):.2f} times (turns {', '.join(f'{turn:.2f}' for turn in turns)})")
        figures[cell] = {"median": statistics.median(turns), "turns": turns}
    write("sweep", {"two workers over one run alone, steps/s": figures})


def ratio(cell: str, steps: int) -> float:
    """Speed of two runs side by side, added up, over that of one alone."""
    return speed(cell, steps, runs=2) / speed(cell, steps, runs=1)


def speed(cell: str, steps: int, runs: int) -> float:
    """Steps per second of so many runs on as many workers, added up."""
    base = {"task": "palindrome", "cell": cell, "steps": steps, "threads": 1, "device": "cpu"}
    plan = checked(Plan("bench", "bench", base, {"seed": list(range(runs))}))
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep.open(Path(folder), None, plan)
        pool = Pool(sweep, workers=runs)
        while not pool.is_over:
            pool.poll()
            pool.wait(0.5)
        pool.close()
        sweep.close()
        return sum(result.step / result.seconds for result in sweep.results.values() if result.seconds)


if __name__ == "__main__":
    main()
