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


def test_the_light_modules_load_no_typer_and_no_rich() -> None:
    light = (
        *("config", "runs", "history", "corpora.catalogue", "corpora.decoding", "corpora.rulers", "safe", "begin"),
        *("lock", "comparison", "following", "standing", "gate"),
        *("sweeps.plan", "sweeps.folder", "sweeps.pool", "sweeps.search", "sweeps.table", "sweeps.best"),
    )
    imports = "; ".join(f"import rnntui.{module}" for module in light)
    assert loaded_by(imports).isdisjoint({*HEAVY, "typer", "rich"})


def test_the_command_line_is_built_without_rich() -> None:
    assert "rich" not in loaded_by("import rnntui.cli")


def test_the_screens_that_look_on_and_the_figures_load_no_torch() -> None:
    modules = (
        *("tui.looking", "tui.sweeping", "tui.screens.compare", "plots.sweep", "plots.curves", "commands.report"),
        *("tui.screens.gate", "tui.widgets.gate_drawing", "plots.gate", "commands.gate"),
    )
    assert "torch" not in loaded_by("; ".join(f"import rnntui.{module}" for module in modules))


def test_core_knows_no_terminal() -> None:
    everything = "import pkgutil, importlib, rnntui.core\n" + (
        "for each in pkgutil.walk_packages(rnntui.core.__path__, 'rnntui.core.'): importlib.import_module(each.name)"
    )
    loaded = loaded_by(everything)
    assert "torch" in loaded
    assert loaded.isdisjoint({"textual", "typer", "rich", "rnntui.cli", "rnntui.tui"})
