"""`bench/gpu.py` tried on the CPU: every part has a result, without textual, and a part that fails stops no other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NO_SCREEN = """
import sys

class Refuses:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "textual" or name == "rnntui.tui":
            raise ModuleNotFoundError(f"no {name} here")

sys.meta_path.insert(0, Refuses())
"""
BROKEN = """
import os, signal, threading
from parts import Asked, Part, run_all

def fails(asked):
    yield {"before": 1}
    raise ValueError("on purpose")

def hangs(asked):
    yield {"before": 2}
    threading.Event().wait()

def dies(asked):
    yield {"before": 3}
    os.kill(os.getpid(), signal.SIGKILL)

def works(asked):
    yield {"device": asked.device}
    yield {"more": True}

parts = [Part("fails", 60, fails), Part("hangs", 1, hangs), Part("dies", 60, dies), Part("works", 60, works)]
for outcome in run_all(parts, Asked("cpu", True), 100):
    print([outcome.name, outcome.status, outcome.trouble, outcome.figures])
for outcome in run_all(parts, Asked("cpu", True), 0):
    print([outcome.name, outcome.status, outcome.trouble, outcome.figures])
"""


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """Those of a machine without textual, for every interpreter that starts in them."""
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "sitecustomize.py").write_text(NO_SCREEN)
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path / "before"), str(ROOT)))}


def test_a_quick_measurement_has_a_result_of_each_part_without_textual(
    tmp_path: Path, surroundings: dict[str, str]
) -> None:
    refused = subprocess.run(
        [sys.executable, "-c", "import textual"], env=surroundings, capture_output=True, check=False
    )
    assert b"no textual here" in refused.stderr
    command = [sys.executable, str(ROOT / "bench" / "gpu.py"), "--device", "cpu", "--quick"]
    ended = subprocess.run(
        [*command, "--json", str(tmp_path / "gpu.json")], env=surroundings, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    held = json.loads((tmp_path / "gpu.json").read_text())
    assert {part["name"]: part["status"] for part in held["parts"]} == dict.fromkeys(
        (
            "device",
            "cuda tests",
            "no stride waits",
            "training palindrome",
            "training text",
            "row text 2×128 T30",
            "row palindrome LSTM T10",
        ),
        "done",
    )
    check_figures({part["name"]: part["figures"] for part in held["parts"]})
    assert held["machine"]["torch"]
    words = (tmp_path / "gpu.md").read_text()
    assert ended.stdout.strip().endswith(words.strip()[-200:])
    assert "| palindrome LSTM T10 | " in words


def check_figures(figures: dict[str, dict[str, Any]]) -> None:
    assert figures["device"]["arithmetic"]["deterministic algorithms"] is False  # CUDA's alone
    assert len(figures["cuda tests"]["files"]) >= 4  # each can be collected without textual
    assert figures["cuda tests"]["counts"]
    assert figures["no stride waits"]["networks"] > 3
    for task in ("palindrome", "text"):
        training = figures[f"training {task}"]
        assert training["difference"] == {"1": 0.0, "10": 0.0}
        assert max(training["difference of the CPU's library kernel"].values()) < 1e-3
    for row in ("row text 2×128 T30", "row palindrome LSTM T10"):
        assert figures[row]["steps per second"].keys() == {"rnntui", "plain"}
        assert all(speed > 0 for speed in figures[row]["steps per second"].values())
        assert figures[row]["not measured"] == {}


def test_a_part_that_fails_hangs_or_dies_is_told_and_the_next_goes_on(surroundings: dict[str, str]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", BROKEN],
        env={**surroundings, "PYTHONPATH": str(ROOT / "bench")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    fails, hangs, dies, works, *late = told
    assert "'failed'" in fails
    assert "ValueError: on purpose" in fails
    assert "{'before': 1}" in fails
    assert hangs.startswith("['hangs', 'over its limit', 'it was ended when its time was up', ")
    assert dies == "['dies', 'failed', 'its process died, with status -9', {'before': 3}]"
    assert works == "['works', 'done', '', {'device': 'cpu', 'more': True}]"
    assert len(late) == 4
    assert all("'not begun', 'no time was left', {}" in line for line in late)
