"""A disk that fails, or a process that ends, at any file operation: nothing is lost, and no name is dead.

A part of the cases of `python bench/faults.py`, which forks a process for each: in a process of its own, for it must
have no threads.
"""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import specimens
from command import TINY, done, rnntui

from rnntui import runs
from rnntui.sweeps import plan as plans
from rnntui.sweeps.folder import Sweep
from rnntui.system import operations

BENCH = Path(__file__).parents[1] / "bench" / "faults.py"
SCENARIOS = ("train", "resume", "rm", "corpora add")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="where a descriptor leads is not told")
def test_a_fault_at_any_file_operation_loses_nothing() -> None:
    words = [part for name in SCENARIOS for part in ("--scenario", name)]
    tried = subprocess.run(
        [sys.executable, str(BENCH), "--every", "53", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(BENCH.parents[1])},
    )
    assert tried.returncode == 0, tried.stdout
    assert all(f"{name}: " in tried.stdout for name in SCENARIOS)


def test_a_removal_that_fails_at_its_last_operation_leaves_the_name_free(monkeypatch: pytest.MonkeyPatch) -> None:
    Sweep.open(runs.folder(), "two", plans.read(specimens.PLAN, "two", "two")).close()

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(operations, "remove_folder", fail)
        assert rnntui("runs rm two --yes").exit_code == 1
    assert not (runs.folder() / "two").exists()
    done(f"train palindrome --name two --headless --steps 1 {TINY}")
