"""It opens at once: a fresh interpreter loads nothing heavy before it is needed."""

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy", "textual", "matplotlib", "pooch", "safetensors", "requests")


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after some code."""
    look = f"import sys, json\n{code}\nprint('\\n' + json.dumps(list(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    return set(json.loads(output.splitlines()[-1]))


def typed(command: str) -> str:
    return f"""
from rnntui.cli import app
try:
    app({command.split()!r}, prog_name="rnntui")
except SystemExit as left:
    assert left.code == 0, left.code
"""


@pytest.mark.parametrize("command", ["--help", "--version", "train --help", "runs", "corpora", "sweep", "sweep --help"])
def test_what_needs_no_network_loads_no_torch(command: str) -> None:
    assert loaded_by(typed(command)).isdisjoint(HEAVY)


@pytest.mark.parametrize("command", ["--help", "train --help", "compare --help"])
def test_help_loads_nothing_that_only_a_command_at_work_needs(command: str) -> None:
    at_work = ("commands.launch", "commands.front_end", "runs.comparison", "runs.making", "runs.origin")
    assert loaded_by(typed(command)).isdisjoint(f"rnntui.{module}" for module in at_work)


def test_the_light_modules_load_no_typer_and_no_rich() -> None:
    light = (
        *(
            "config",
            "runs",
            "runs.history",
            "corpora.catalogue",
            "corpora.decoding",
            "corpora.baselines",
            "text.sanitize",
        ),
        *("system.lock", "runs.comparison", "runs.tail", "runs.status", "gate", "commands.launch"),
        *("sweeps.plan", "sweeps.folder", "sweeps.pool", "sweeps.search", "sweeps.table", "sweeps.best"),
    )
    imports = "; ".join(f"import rnntui.{module}" for module in light)
    assert loaded_by(imports).isdisjoint({*HEAVY, "typer", "rich"})


def test_the_command_line_is_built_without_rich() -> None:
    assert "rich" not in loaded_by("import rnntui.cli")


def test_the_screens_that_look_on_and_the_figures_load_no_torch() -> None:
    modules = (
        *(
            "tui.base.viewer",
            "tui.sweep.app",
            "tui.compare.screen",
            "plots.sweep",
            "plots.curves",
            "commands.sweep_report",
        ),
        *("tui.gate.screen", "tui.gate.drawing", "plots.gate", "commands.gate"),
    )
    assert "torch" not in loaded_by("; ".join(f"import rnntui.{module}" for module in modules))


TRAINING = """
import pkgutil, importlib, rnntui.core
for each in pkgutil.walk_packages(rnntui.core.__path__, "rnntui.core."):
    importlib.import_module(each.name)
from rnntui.config import Settings
from rnntui.core.training.learner import StateSnapshot, Learner
from rnntui.specs import OPTIMIZERS

for optimizer in OPTIMIZERS:
    learner = Learner(Settings(optimizer=optimizer, hidden=4, length=2, batch=2, threads=1, device="cpu"))
    kept = StateSnapshot(learner)
    learner.train_one(0.1, 1.0)
    kept.restore()
"""


@pytest.fixture(scope="module")
def loaded_by_training() -> set[str]:
    """What is loaded once all of core was, and a network of each optimizer took a step and its state back."""
    loaded = loaded_by(TRAINING)
    assert "torch" in loaded
    return loaded


def test_core_knows_no_terminal(loaded_by_training: set[str]) -> None:
    assert loaded_by_training.isdisjoint({"textual", "typer", "rich", "rnntui.cli", "rnntui.tui"})


def test_training_begins_and_goes_on_without_torchs_compiler(loaded_by_training: set[str]) -> None:
    assert loaded_by_training.isdisjoint({"torch._dynamo", "sympy"})
