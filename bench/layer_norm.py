"""What layer normalisation costs a step of training: `python bench/layer_norm.py`.

An LSTM, GRU or RNN with `--layer-norm`, by the compiled kernel and by the loop of its equations, over one without, by
the compiled kernel: a whole step of text, forward, backward, clipping and Adam, on one thread. All take turns in one
process; what is counted is processor time, and the median of the turns.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from machine import write

from rnntui.config import make_settings
from rnntui.core.training.learner import Learner
from rnntui.specs import CELLS

SIZES: tuple[dict[str, int], ...] = (
    {"layers": 1, "hidden": 256, "batch": 16, "length": 32},
    {"layers": 2, "hidden": 128, "batch": 64, "length": 30},
    {"layers": 2, "hidden": 256, "batch": 32, "length": 64},
    {"layers": 2, "hidden": 512, "batch": 32, "length": 64},
)
CONTENDERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "normalised": {"layer_norm": True},
    "normalised, loop": {"layer_norm": True, "kernel": "reference"},
}
TURNS, STEPS = 7, 4
ALPHABET = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ.,;:!?-'\n0123456789"


def main() -> None:
    torch.set_num_threads(1)
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        drawn = torch.randint(len(ALPHABET), (300_000,), generator=torch.Generator().manual_seed(0))
        text.write_text("".join(ALPHABET[k] for k in drawn), encoding="utf-8")
        for cell, size in [(cell, size) for cell, spec in CELLS.items() if spec.normed for size in SIZES]:
            name = "{cell}, {layers} × {hidden}, T {length}, B {batch}".format(cell=CELLS[cell].name, **size)
            rows[name] = found = measure(text, cell, size)
            over = {contender: round(ms / found["plain"], 2) for contender, ms in found.items()}
            print(f"{name}: {found['plain']:.1f} ms a step without; over that {over}", flush=True)
    write("layer_norm", {"ms a step": rows})


def measure(text: Path, cell: str, size: dict[str, int]) -> dict[str, float]:
    """Milliseconds of processor time a step, by contender."""
    given = {
        "corpus": str(text),
        "cell": cell,
        "device": "cpu",
        "threads": 1,
        "stateful": True,
        "optimizer": "adam",
        **size,
    }
    learners = {name: Learner(make_settings("text", {**given, **more})) for name, more in CONTENDERS.items()}
    turns: dict[str, list[float]] = {name: [] for name in learners}
    for turn in range(TURNS + 1):
        for name, learner in learners.items():
            began = time.process_time()
            for _ in range(STEPS):
                learner.train_one(0.001, 1.0)
            if turn:  # the first warms caches up
                turns[name].append(1_000 * (time.process_time() - began) / STEPS)
    return {name: round(statistics.median(seconds), 2) for name, seconds in turns.items()}


if __name__ == "__main__":
    main()
