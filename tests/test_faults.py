"""A disk that fails, or a process that ends, at any file operation: nothing is lost, and no name is dead.

A part of the cases of `python bench/faults.py`, which forks a process for each: in a process of its own, for it must
have no threads.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
