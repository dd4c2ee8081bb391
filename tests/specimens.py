"""Small real runs and sweeps, trained in a few seconds, of which copies are damaged."""

import shutil
from pathlib import Path
from typing import Any

from rnntui.config import make_settings
from rnntui.core import worker
from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run
from rnntui.sweeps import plan as plans
from rnntui.sweeps.folder import Sweep

TINY: dict[str, Any] = {"hidden": 8, "length": 3, "batch": 4, "threads": 1, "device": "cpu"}
STEPS = 12
OFTEN: dict[str, Any] = {**TINY, "steps": STEPS, "save_every": 4, "log_every": 1}

PLAN = f"""
[base]
task = "palindrome"
cell = "rnn"
hidden = 8
batch = 4
steps = {STEPS}
device = "cpu"
[axes]
length = [3, 4]
"""
SYNTAX_PLAN = f"""
[base]
task = "text"
layers = 1
hidden = 8
length = 5
batch = 4
steps = {STEPS}
device = "cpu"
[axes]
corpus = ["LATEX"]
seed = [0, 1]
[syntax]
samples = 2
length = 10
prompt = 5
temperatures = [0, 1]
"""
LATEX = "".join(f"Let $x_{k}$ be \\emph{{{k}}}.\n\n" for k in range(90))
NAMES = ("lstm", "text", "phased", "sweep", "syntax")  # what is damaged
HEALTHY = "healthy"


class NoDesk:
    """The parent of a sweep's worker that wants all and hears nothing."""

    is_heard = False

    def is_wanted(self, name: str) -> bool:
        return True

    def say(self, **message: Any) -> None:
        pass


def make(root: Path) -> Path:
    """The folder of the runs, made under `root` beside the text that they learn."""
    runs, corpus = root / "runs", root / "latex.txt"
    root.mkdir(parents=True, exist_ok=True)
    corpus.write_text(LATEX, encoding="utf-8")
    train(runs, "lstm", "palindrome", cell="lstm")
    train(runs, "text", "text", corpus=str(corpus), layers=1, sample_every=6, validate_every=4)
    train(runs, "phased", "palindrome", cell="phased")
    train_sweep(runs, "sweep", PLAN)
    train_sweep(runs, "syntax", SYNTAX_PLAN.replace("LATEX", str(corpus)))
    shutil.copytree(runs / "lstm", runs / HEALTHY)
    return runs


def train(runs: Path, name: str, task: str, **given: Any) -> Run:
    """A run that was trained to its end; nobody holds it."""
    run = Run.create(runs, name, make_settings(task, {**OFTEN, **given}))
    for _ in open_trainer(run):
        pass
    run.unlock()
    return run


def train_sweep(runs: Path, name: str, plan: str) -> None:
    """A sweep whose runs were all trained, in this process."""
    sweep = Sweep.open(runs, name, plans.read(plan, name, name))
    deaf: Any = NoDesk()
    for job in sweep.plan.jobs():
        result = worker.train(sweep.path, job.name, job.settings, deaf, deaf, job.syntax)
        assert result is not None
    sweep.close()
