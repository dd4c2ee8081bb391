"""What runs take of memory over what was reckoned before their first step: `python bench/memory_needs.py`.

Each trains some steps, scores, writes its checkpoints in a process of its own, forked once all libraries are loaded;
its peak of resident memory is measured over what the process had before the run was opened. Linux.
"""

import ctypes
import gc
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from machine import write

from rnntui.config import make_settings
from rnntui.core.training import memory_needs
from rnntui.core.training.trainer import Trainer, open_trainer
from rnntui.runs import Run

CHARACTERS = 120_000
FEW, MANY = 60, 2_000  # distinct ones


def cases(few: str, many: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tasks and settings, each of which takes at least some 100 MB."""
    small = {"hidden": 128, "length": 100, "batch": 512, "corpus": few}
    for kernel in ("compiled", "library", "reference"):
        for cell in ("rnn", "lstm", "gru"):
            yield "palindrome", {"cell": cell, "hidden": 128, "length": 400, "batch": 256, "kernel": kernel}
            for layers in (1, 3):
                yield "text", {**small, "cell": cell, "layers": layers, "kernel": kernel}
        yield "text", {"hidden": 16, "length": 50, "batch": 256, "layers": 1, "kernel": kernel, "corpus": many}
        yield "text", {**small, "hidden": 130, "layers": 2, "kernel": kernel, "dropout": 0.3}
    for ratio in (0.05, 0.5):
        yield "text", {**small, "cell": "phased", "layers": 1, "ratio": ratio}
    yield "text", {**small, "cell": "phased", "layers": 1, "batch": 64, "kernel": "reference"}
    for optimizer in ("sgd", "rmsprop", "adam"):
        for kernel in ("compiled", "library"):
            wide = {"hidden": 1_500, "length": 2, "batch": 2, "optimizer": optimizer, "init": "uniform"}
            yield "palindrome", {**wide, "kernel": kernel}
    yield "palindrome", {**wide, "cell": "rnn", "hidden": 3_000, "init": "orthogonal", "recurrent": "orthogonal"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        texts = [corpus(Path(folder), kinds) for kinds in (FEW, MANY)]
        list(Trainer(make_settings("text", {"hidden": 8, "length": 5, "steps": 2, "threads": 1, "corpus": texts[0]})))
        rows = [row(task, given) for task, given in cases(*texts)]
    shares = [row["reckoned / measured"] for row in rows]
    print(f"reckoned over measured: {min(shares):.2f} to {max(shares):.2f}")
    write("memory_needs", {"rows": rows, "least": min(shares), "most": max(shares)})
    sys.exit(max(shares) > 1)


def corpus(folder: Path, kinds: int) -> str:
    """A text of so many distinct characters."""
    rng = random.Random(0)
    drawn = "".join(chr(0x4E00 + rng.randrange(kinds)) for _ in range(CHARACTERS))
    path = folder / f"{kinds}.txt"
    path.write_text(drawn + "".join(chr(0x4E00 + kind) for kind in range(kinds)))
    return str(path)


def row(task: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a run takes and what was reckoned, in MB."""
    measured = in_a_fork(task, given)
    share = measured["reckoned"] / measured["peak"]
    name = ", ".join(f"{name} {value}" for name, value in given.items() if name != "corpus")
    print(f"{share:.2f}  {measured['peak'] / 1e6:7.0f} MB  {measured['ms']:.1f} ms  {task}: {name}", flush=True)
    return {
        "run": f"{task}: {name}",
        "measured MB": round(measured["peak"] / 1e6),
        "reckoned / measured": round(share, 3),
        "check ms": round(measured["ms"], 2),
    }


def in_a_fork(task: str, given: dict[str, Any]) -> dict[str, float]:
    """The peak of a run's memory, what was reckoned, and what the check took of CPU."""
    reader, writer = os.pipe()
    if not os.fork():
        os.write(writer, json.dumps(measure(task, given)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer: dict[str, float] = json.loads(file.read())
    os.wait()
    return answer


def measure(task: str, given: dict[str, Any]) -> dict[str, float]:
    settings = make_settings(task, {"steps": 3, "threads": 1, **given})
    with tempfile.TemporaryDirectory() as folder:
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        before = status("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak is that of now
        trainer = open_trainer(Run.create(Path(folder), None, settings))
        for _ in trainer:
            pass
        peak = status("VmHWM") - before
    learner = trainer.learner
    began = time.process_time()
    for _ in range(10):
        memory_needs.check(settings, learner.task, learner.model, learner.device)
        memory_needs.free_on(learner.device)
    seconds = (time.process_time() - began) / 10
    needed = memory_needs.parts(settings, learner.task, learner.model, learner.device)
    return {"peak": peak, "reckoned": sum(part.bytes for part in needed), "ms": seconds * 1e3}


def status(name: str) -> int:
    """Bytes that the system tells of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
