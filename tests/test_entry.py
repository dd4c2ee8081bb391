"""What is set for a process before PyTorch is loaded: how its threads wait for one another."""

import os
import subprocess
import sys

import pytest

SET = """
import os, sys
from rnntui.entry import share_cores
share_cores()
assert "torch" not in sys.modules
print({name: os.environ[name] for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY") if name in os.environ})
"""


def environment(**given: str) -> dict[str, str]:
    """This process's, with these of OpenMP's variables alone."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}, **given}


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({}, {"GOMP_SPINCOUNT": "10000"}),
        ({"GOMP_SPINCOUNT": "5"}, {"GOMP_SPINCOUNT": "5"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
    ],
)
def test_what_the_user_has_set_of_waiting_threads_stands(given: dict[str, str], after: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", SET], env=environment(**given), capture_output=True, text=True)
    assert done.stdout.strip() == str(after), done.stderr


def test_the_library_has_heard_of_it_when_the_command_has_loaded_it() -> None:
    """GNU's OpenMP says at its beginning what it was told."""
    command = [sys.executable, "-m", "rnntui", "doctor"]
    asked = environment(OMP_DISPLAY_ENV="verbose")
    done = subprocess.run(command, env=asked, capture_output=True, text=True, timeout=120)
    if "GOMP_SPINCOUNT" not in done.stderr:
        pytest.skip("PyTorch's OpenMP is not GNU's here")
    assert "GOMP_SPINCOUNT = '10000'" in done.stderr
