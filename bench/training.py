"""Steps per second of rnntui, headless, over those of the plain script in `plain.py`: `python bench/training.py`.

Both train in this process, on equal threads, in turns of about a second, so that a drift of the machine's speed
meets both. rnntui writes its run folder as always; held-out scoring is outside the measurement.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import plain
from machine import write

from rnntui.config import default_threads, make_settings
from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run

TURNS, TURN_SECONDS = 12, 1.0
CASES = {
    "text": ("text", {"sample_every": 100}, 0.97),
    "palindrome LSTM": ("palindrome", {"cell": "lstm"}, 1.0),
    "palindrome RNN": ("palindrome", {"cell": "rnn"}, 1.2),
    "noise LSTM": ("noise", {}, 1.0),
    "frequency LSTM": ("frequency", {}, 1.0),
}


def main() -> None:
    figures = {}
    for name, (task, given, bar) in CASES.items():
        ratios = measure(task, given)
        figures[name] = {"ratio": statistics.median(ratios), "bar": bar, "turns": sorted(ratios)}
        print(f"{name}: {statistics.median(ratios):.3f} times the plain script (bar {bar})")
    write("training", {"threads": default_threads(), "steps per second, rnntui over plain": figures})


def measure(task: str, given: dict[str, object]) -> list[float]:
    """The ratio of each turn."""
    with tempfile.TemporaryDirectory() as folder:
        settings = make_settings(
            task,
            {**given, "steps": 10**9, "validate_every": 0, "corpus": corpus()}
            if task == "text"
            else {**given, "steps": 10**9},
        )
        run = Run.create(Path(folder), None, settings)
        trainer = open_trainer(run)
        if task == "text":
            other = plain.text(trainer.learner.task.training, trainer.learner.task.input_size)
        elif task == "palindrome":
            other = plain.palindromes(settings.cell)
        else:
            other = {"noise": plain.noise, "frequency": plain.frequency}[task]()
        reports = (len(report.steps) for report in trainer)
        steps = (1 for _ in other)
        for warm_up in (reports, steps):
            speed(warm_up)
        return [speed(reports) / speed(steps) for _ in range(TURNS)]


def corpus() -> str:
    """Anna Karenina where it lies beside the project, else the built-in."""
    beside = Path(__file__).parents[2] / "shared" / "corpora" / "anna.txt"
    return str(beside) if beside.exists() else "pydoc"


def speed(counts: Iterator[int]) -> float:
    """Steps per second over a turn."""
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < TURN_SECONDS:
        steps += next(counts)
    return steps / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
