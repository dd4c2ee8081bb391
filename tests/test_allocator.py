"""What the system's memory allocator is asked for: a step's memory serves the next step."""

import platform
import subprocess
import sys

import pytest

STEPS = """
import resource
import torch
from rnntui.core.device import prepare

prepare(torch.device("cpu"), 1)
W = torch.randn(256, 256, requires_grad=True)
x = torch.randn(4_000, 256)
for step in range(30):
    if step == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.tanh(torch.tanh(x @ W) @ W).square().mean().backward()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to keep memory")
def test_a_step_through_autograd_takes_no_new_pages_from_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, timeout=120, check=True)
    assert float(done.stdout) < 500  # without it some 2,000, twice a piece of 4 MB; the heap may still grow
