"""What the kernel of open units costs, beside its rivals: `python bench/phased.py`, `--figure` draws what was measured.

Forward and backward, float32, one thread, gradients of all parameters of the loss Σ outputs ⊙ weight, asked for as a
product with the Jacobian, so that the loss itself costs nobody anything. All take turns in one process; what is
counted is the process's CPU time, which on one thread is its time on a machine that does nothing else.

in Python  the open units over torch's products and numpy, which the compiled kernel came after; where nothing is
           compiled it is the kernel, and has no rival of its name
loop       the cell as its equations, step by step
loop, k    the same loop with the gate computed for all steps beforehand: no straw man
nn.LSTM    `torch.nn.LSTM` of that size
"""

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from lines import Line, seconds_by_line
from machine import RESULTS, describe, write
from torch import Tensor, nn

from rnntui.config import Settings
from rnntui.core.cells.phased import PhasedLSTM, openness, phase
from rnntui.core.kernels import compiled, loop, phased
from rnntui.core.kernels.phased.openings import find
from rnntui.core.model import Model
from rnntui.gate import PARAMETERS
from rnntui.plots.cost import Costs, cost

D, TURNS = 10, 5  # input values, turns of each
FIGURE = Path(__file__).parents[1] / "docs" / "results" / "phased" / "cost.svg"
# n, B, T, r_on, and the bars: times the loop, times nn.LSTM
CASES = [
    (512, 64, 300, 0.05, 12.0, 9.0),
    (128, 64, 500, 0.05, 4.0, 3.0),
    (512, 64, 300, 0.2, 4.0, 3.5),
    (128, 64, 100, 1.0, 1.0, None),
    (512, 64, 30, 1.0, 1.0, None),
    (128, 64, 100, 1.5, 1.0, None),
]
RATIOS, LENGTHS, SIZE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0), (100, 300, 1_000, 3_000, 10_000), (128, 32)
KERNEL = phased if compiled.missing() else compiled
LONGEST_LOOP = 3_000  # what autograd keeps of a longer one takes gigabytes
MEMORY = [(128, 32, 10_000, 0.05), (128, 32, 10_000, 0.2), (128, 32, 10_000, 1.0)]
PARTS = {
    "finding the open units": r"openings\.py|slots\.py:(?!fetch|put)",
    "products": r"torch\.mm|addmm_",
    "outputs": r"output\[t\]",
    "rows and states moved": r"slots\.py|fetch\(|put\(|\.take\(|\] = |\.read\(|\.open\(|workspace\.py:(open|__call__)",
    "weights stacked, memory": r"rows\.py|workspace\.py|__init__",
    "element-wise": r"multiply|subtract|add\(|add\.reduce|tanh",
}


# Memory first: a new process counts the peak of the one that started it as its own.
PARTS_MEASURED = ("memory", "cases", "cost")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figure", action="store_true", help="draw docs/results/phased/cost.svg from the results")
    parser.add_argument("--only", choices=PARTS_MEASURED, default="", help="measure this alone; the rest stays")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of each case")
    parser.add_argument("--cases", type=Path, metavar="FILE", help="measure the cases alone, and write them there")
    parser.add_argument("--peak", nargs=4, metavar=("N", "B", "T", "R_ON"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if asked.peak:
        n, B, T, r_on = asked.peak
        print(peak(int(n), int(B), int(T), float(r_on)))
        return
    if asked.cases:
        found = {"machine": describe(), "cases": [case(*sizes, asked.turns) for sizes in CASES]}
        asked.cases.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        return
    if not asked.figure:
        ways = {"memory": memory, "cases": lambda: [case(*sizes, asked.turns) for sizes in CASES], "cost": grid}
        for part in [asked.only] if asked.only else PARTS_MEASURED:
            found = ways[part]()
            results = json.loads((RESULTS / "phased.json").read_text(encoding="utf-8"))
            write("phased", {**results, "machine": describe(), part: found})
    results = json.loads((RESULTS / "phased.json").read_text(encoding="utf-8"))
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    cost([FIGURE], Costs(**results["cost"]))


# Ratios


def case(n: int, B: int, T: int, r_on: float, bar: float, lstm_bar: float | None, number: int) -> dict[str, object]:
    """The ratios of one size, gate fixed and learned, how far they are from the floor, and where the time goes."""
    print(f"\nn {n}, B {B}, T {T}, r_on {r_on:g}", flush=True)
    found: dict[str, object] = {
        "n": n,
        "B": B,
        "T": T,
        "r_on": r_on,
        "bars": {"in Python": 1.0, "loop": bar, "nn.LSTM": lstm_bar},
    }
    for name, learn in (("gate fixed", ()), ("gate learned", PARAMETERS)):
        cell = make_cell(n, T, r_on, learn)
        ways = {
            "kernel": way(cell, B, T, KERNEL.run),
            **({"in Python": way(cell, B, T, phased.run)} if KERNEL is compiled else {}),
            "loop": way(cell, B, T, loop.run),
            "loop, k": way(cell, B, T, gate_beforehand),
            "nn.LSTM": lstm(n, B, T),
        }
        seconds = turns(ways, number)
        over = {
            rival: statistics.median(a / b for a, b in zip(seconds[rival], seconds["kernel"], strict=True))
            for rival in list(ways)[1:]
        }
        share = len(find(cell, T, None)[1]) / (T * n)
        found[name] = {
            "times faster than": over,
            "kernel ms": 1e3 * statistics.median(seconds["kernel"]),
            "open share": share,
            "floor, times less arithmetic": 1 / share,
            "reached of the floor": over["loop, k"] * share,
            "parts in Python": parts(way(cell, B, T, phased.run)),
        }
        ratios = ", ".join(f"{ratio:.2f}× {rival}" for rival, ratio in over.items())
        print(f"  {name}: {ratios} (bars 1× in Python, {bar:g}× loop, {lstm_bar or '–'}× nn.LSTM)")
        print(f"    floor {1 / share:.1f}×, reached {over['loop, k'] * share:.0%} of it by the loop with k")
        print(
            "    " + ", ".join(f"{part} {share:.0%}" for part, share in found[name]["parts in Python"].items()),
            flush=True,
        )
    return found


def make_cell(n: int, T: int, r_on: float, learn: tuple[str, ...]) -> PhasedLSTM:
    generator = torch.Generator().manual_seed(n + T)
    cell = PhasedLSTM(D, n, learn=learn, period=(10.0, max(100.0, float(T))), ratio=r_on)
    with torch.no_grad():
        for weights in (cell.W_x, cell.W_h, cell.b):
            weights.uniform_(-(n**-0.5), n**-0.5, generator=generator)
    cell.draw(T, generator)
    return cell


def way(cell: PhasedLSTM, B: int, T: int, run: Callable[..., tuple[Tensor, object]]) -> Callable[[], object]:
    """A pass forward and backward over fixed random inputs."""
    x, weight = torch.randn(T, B, D), torch.randn(T, B, cell.n)
    parameters = list(cell.parameters())
    return lambda: torch.autograd.grad(run(cell, x, cell.initial_state(B))[0], parameters, weight)


def lstm(n: int, B: int, T: int) -> Callable[[], object]:
    module, x, weight = nn.LSTM(D, n), torch.randn(T, B, D), torch.randn(T, B, n)
    return lambda: torch.autograd.grad(module(x)[0], list(module.parameters()), weight)


def gate_beforehand(cell: PhasedLSTM, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The dense loop with k of all steps and units from one call."""
    times = torch.arange(1, len(x) + 1, dtype=torch.float64)
    k_all = openness(phase(times, cell.tau, cell.s), cell.r_on).to(x.dtype)  # (T, n)
    (h, c), outputs = state, []
    for x_t, k in zip(x.unbind(0), k_all.unbind(0), strict=True):
        i, f, g, o = cell.gates(x_t, (h, c)).values()
        c = k * (g * i + c * f) + (1 - k) * c
        h = k * (torch.tanh(c) * o) + (1 - k) * h
        outputs.append(h)
    return torch.stack(outputs), (h, c)


def turns(ways: dict[str, Callable[[], object]], number: int) -> dict[str, list[float]]:
    """CPU seconds of each, in turns; the first turn is for warming up."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(number + 1):
        for name, work in ways.items():
            began = time.process_time()
            work()
            if turn:
                seconds[name].append(time.process_time() - began)
    return seconds


def parts(work: Callable[[], object]) -> dict[str, float]:
    """The share of the time of the kernel in Python that each kind of line takes, largest first."""
    spent = dict.fromkeys([*PARTS, "Python between"], 0.0)
    for line, seconds in seconds_by_line(work, "kernels/phased").items():
        spent[part_of(line)] += seconds
    total = sum(spent.values())
    return {part: spent[part] / total for part in sorted(spent, key=lambda part: -spent[part])}


def part_of(line: Line) -> str:
    told = f"{Path(line.path).name}:{line.function} {line.text}"
    return next((part for part, pattern in PARTS.items() if re.search(pattern, told)), "Python between")


# Memory


def memory() -> list[dict[str, float]]:
    """Peak resident memory of a process that does one training step, and of one that has only imported torch."""
    found = []
    for n, B, T, r_on in MEMORY:
        command = [sys.executable, __file__, "--peak", str(n), str(B), str(T), str(r_on)]
        before, after = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
        found.append({"n": n, "B": B, "T": T, "r_on": r_on, "MiB before": before, "MiB at most": after})
        print(f"n {n}, B {B}, T {T:,}, r_on {r_on:g}: {after:,.0f} MiB at most, {before:,.0f} before", flush=True)
    return found


def peak(n: int, B: int, T: int, r_on: float) -> str:
    """MiB before and at most during a training step: index inputs, gate learned, cross-entropy at every time step."""
    model = Model(Settings(cell="phased", hidden=n, ratio=r_on, period=f"10:{max(100, T)}"), D, D, "every")
    model.initialise("orthogonal", T, torch.Generator().manual_seed(0))
    inputs, targets = torch.randint(D, (2, T, B))
    before = resident()
    logits, _ = model(inputs, model.initial_state(B))
    nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
    return f"{before} {resident()}"


def resident() -> float:
    """MiB of this process at most; Linux hands `ru_maxrss` on from the process that started this one, VmHWM not."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# Cost over r_on and T


def grid() -> dict[str, object]:
    """Milliseconds of each r_on and T, and of the rivals at each T: one turn of all at a time, then medians."""
    n, B = SIZE
    kernel, rivals = {}, {"nn.LSTM": [], "loop, k": []}
    for T in LENGTHS:
        ways = {str(r_on): way(make_cell(n, T, r_on, ()), B, T, KERNEL.run) for r_on in RATIOS}
        ways["nn.LSTM"] = lstm(n, B, T)
        if T <= LONGEST_LOOP:
            ways["loop, k"] = way(make_cell(n, T, 0.05, ()), B, T, gate_beforehand)
        seconds = turns(ways, 1 if T > 3_000 else 3)
        median = {name: 1e3 * statistics.median(turns) for name, turns in seconds.items()}
        kernel[str(T)] = [median[str(r_on)] for r_on in RATIOS]
        for rival in rivals:
            rivals[rival].append(median.get(rival))
        print(f"T {T:,}: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in median.items()), flush=True)
    return {"n": n, "B": B, "ratios": RATIOS, "lengths": LENGTHS, "kernel": kernel, "rivals": rivals}


if __name__ == "__main__":
    main()
