"""All that is to be known of rnntui on a GPU, in one command and under 9 minutes: `python bench/gpu.py`.

    device              what it is, versions, and how the arithmetic is set
    cuda tests          `pytest -m cuda`, in the files that have such tests
    no stride waits     torch refuses whatever waits for the device while steps are trained (`gpu_training.py`)
    training            palindromes and text as the screen trains them, their losses against the CPU's (1e-3 nats
                        in the first ten steps)
    rows                steps per second of each row of `rows.py` against nn.LSTM, nn.GRU and nn.RNN, with and without a
                        captured graph, and against the CPU (`gpu_rows.py`)

A part that fails or runs over its limit is told with its last lines, and the next goes on. rnntui captures no graph.
The figures go to `bench/results/gpu.json`, which is written anew after each part, and in words to `gpu.md` beside it.
Nothing here needs textual; where rnntui is not installed, `PYTHONPATH=. python bench/gpu.py` does it. With
`--device cpu --quick` the command itself is tried, in seconds, on tiny networks.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import gpu_rows
import gpu_training
import torch
from gpu_rows import CAPTURED, ON_CPU, OWN, OWN_TF32, PLAIN
from machine import RESULTS, describe
from parts import Asked, Figures, Outcome, Part, run_all

from rnntui.core.device import prepare, resolve

MINUTES = 9.0
ROOT = Path(__file__).parents[1]
DEVICE_SECONDS, TESTS_SECONDS = 60.0, 150.0
HAS_CUDA_TESTS = re.compile(r"mark\.cuda\b")
COUNTED = re.compile(r"(\d+) (passed|failed|skipped|error)")


def main() -> None:
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # so that to ask whether there is a GPU spoils no fork
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="tiny networks, to try the command itself")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all parts together")
    parser.add_argument("--only", default="", metavar="PART", help="parts whose name has this in it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures go; all on CUDA: bench/results/")
    asked = parser.parse_args()
    path = asked.json or (None if asked.quick or asked.only or asked.device == "cpu" else RESULTS / "gpu.json")
    parts = [part for part in all_parts(asked.quick) if asked.only in part.name]
    outcomes: list[Outcome] = []
    for outcome in run_all(parts, Asked(asked.device, asked.quick), 60 * asked.minutes):
        outcomes.append(outcome)
        print(sentence(outcome), flush=True)
        if path:
            keep(path, asked.device, outcomes)
    print("\n" + table(outcomes))
    sys.exit(any(outcome.status != "done" for outcome in outcomes))


def all_parts(quick: bool) -> list[Part]:
    """What is done, in turn."""
    first = [Part("device", DEVICE_SECONDS, tell_device), Part("cuda tests", TESTS_SECONDS, run_tests)]
    return [*first, *gpu_training.parts(), *gpu_rows.parts(quick)]


# The device and the tests


def tell_device(asked: Asked) -> Iterator[Figures]:
    """The machine, versions, and the arithmetic as `core.device.prepare` sets it. Raises `ValueError` without it."""
    device = resolve(asked.device)
    prepare(device, threads=1)
    arithmetic = {
        "TF32 in products (torch.backends.cuda.matmul.allow_tf32)": torch.backends.cuda.matmul.allow_tf32,
        "TF32 in cuDNN (torch.backends.cudnn.allow_tf32)": torch.backends.cudnn.allow_tf32,
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
    }
    yield {"machine": describe(), "torch": torch.__version__, "arithmetic": arithmetic}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        yield {
            "name": properties.name,
            "memory GiB": round(properties.total_memory / 2**30, 1),
            "capability": f"{properties.major}.{properties.minor}",
            "CUDA": torch.version.cuda,
            "cuDNN": torch.backends.cudnn.version(),
        }
        torch.ones(3, device=device).sum().item()  # it computes


def run_tests(asked: Asked) -> Iterator[Figures]:
    """How many tests with the mark `cuda` passed, failed and were skipped. Raises `AssertionError` for a failure."""
    tests = sorted((ROOT / "tests").glob("test_*.py"))
    files = [path for path in tests if HAS_CUDA_TESTS.search(path.read_text(encoding="utf-8"))]
    options = ["-q", "-m", "cuda", "-rfE", "--tb=line", "--continue-on-collection-errors"]
    command = [sys.executable, "-m", "pytest", *options, "--override-ini", "addopts=--strict-markers", *map(str, files)]
    surroundings = {**os.environ, "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
    ended = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    lines = ended.stdout.strip().splitlines()
    counts = {what: int(number) for number, what in COUNTED.findall(lines[-1] if lines else "")}
    yield {"files": [path.name for path in files], "counts": counts, "last lines": lines[-12:]}
    assert ended.returncode == 0, "\n".join(lines[-4:] or ended.stderr.strip().splitlines()[-4:])
    assert asked.device == "cpu" or counts.get("passed"), "no test ran"


# In words


def keep(path: Path, device: str, outcomes: list[Outcome]) -> None:
    """Write the figures, and what they say beside them."""
    machine = next((outcome.figures["machine"] for outcome in outcomes if "machine" in outcome.figures), {})
    held = {"machine": machine, "device": device, "parts": [asdict(outcome) for outcome in outcomes]}
    path.write_text(json.dumps(held, indent=2) + "\n", encoding="utf-8")
    told = "\n".join(sentence(outcome) for outcome in outcomes)
    path.with_suffix(".md").write_text(f"{told}\n\n{table(outcomes)}\n", encoding="utf-8")


def sentence(outcome: Outcome) -> str:
    """What came of a part, for people."""
    figures = outcome.figures
    said = f"- {outcome.name}: {outcome.status}, {outcome.seconds:g} s"
    if "counts" in figures:
        said += ". " + (", ".join(f"{number} {what}" for what, number in figures["counts"].items()) or "no tests")
    if "name" in figures:
        said += f". {figures['name']}, {figures['memory GiB']} GiB, torch {figures['torch']}, cuDNN {figures['cuDNN']}"
    if "arithmetic" in figures:
        said += ". " + ", ".join(f"{what}: {'on' if on else 'off'}" for what, on in figures["arithmetic"].items())
    if "networks" in figures:
        said += f". {figures['networks']} networks" + _listed(
            {", ".join(k): why for why, k in figures["waits"].items()}
        )
    if "difference" in figures:
        said += f". The loss differs from the CPU's by {_by_step(figures['difference'])} steps"
    for other in ("difference of the CPU's library kernel", "difference with TF32"):
        if other in figures:
            said += f"; {other}: {_by_step(figures[other])}"
    if figures.get("not measured"):
        said += ". Not measured" + _listed(figures["not measured"])
    if outcome.trouble:
        said += "\n" + "\n".join(f"      {line}" for line in outcome.trouble.splitlines())
    return said


def _by_step(differences: dict[int, float]) -> str:
    return ", ".join(f"{value:.1g} after {step}" for step, value in differences.items())


def _listed(named: dict[str, str]) -> str:
    return "".join(f"\n      {name}: {why}" for name, why in named.items())


HEAD = """\
| row | kernel | steps/s | over plain | over plain, captured | over the CPU | with TF32 | peak MiB | plain's |
|---|---|---:|---:|---:|---:|---:|---:|---:|"""


def table(outcomes: list[Outcome]) -> str:
    """The rows; each ratio is rnntui's steps per second over those of the other."""
    rows = [line(outcome) for outcome in outcomes if "steps per second" in outcome.figures]
    return "\n".join([HEAD, *rows]) if rows else "No row was measured."


def line(outcome: Outcome) -> str:
    """A line of the table; a dash where there is no figure."""
    speeds, peaks = outcome.figures["steps per second"], outcome.figures["peak MiB"]

    def ratio(a: str, b: str) -> str:
        return f"{speeds[a] / speeds[b]:.2f}" if a in speeds and b in speeds else "–"

    def peak(name: str) -> str:
        return f"{peaks[name]:,.0f}" if peaks.get(name) is not None else "–"

    own = f"{speeds[OWN]:,.0f}" if OWN in speeds else "–"
    ratios = [ratio(OWN, PLAIN), ratio(OWN, CAPTURED), ratio(OWN, ON_CPU), ratio(OWN_TF32, OWN)]
    name = outcome.name.removeprefix("row ")
    return f"| {' | '.join([name, outcome.figures['kernel'], own, *ratios, peak(OWN), peak(PLAIN)])} |"


if __name__ == "__main__":
    main()
