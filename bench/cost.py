"""What kernels cost by units, length and batch, beside the library's: `python bench/cost.py KERNEL …`.

A kernel is named by its module in `rnntui/core/kernels/`: `library`, `loop`, `compiled`, …; without a name, all
that `--kernel auto` may take. What is timed is one layer forward and backward, float32, one thread, its inputs ten
digits as indices, gradients of all parameters of the loss Σ outputs ⊙ weight, asked for as a product with the Jacobian.
All take turns in one process; what is counted is CPU time, and the median of the turns. Sizes whose matrix products
come to more than `--most` thousand million operations are left out. What `--json` holds of other sizes stays there, so
that a part can be measured at a time.

`--figure` draws `docs/results/kernels/` anew from what was measured last.
"""

import argparse
import importlib
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import torch
from machine import RESULTS, describe

from rnntui.core import load_class
from rnntui.core.cells import Cell
from rnntui.core.kernels import choice
from rnntui.plots.kernel_cost import Cost, ratios
from rnntui.specs import CELLS

DIGITS, TURNS, TURN_SECONDS = 10, 5, 0.02
UNITS, LENGTHS, BATCHES = (32, 64, 128, 256, 512, 1_024), (10, 100, 1_000), (1, 4, 16, 64, 256)
MOST = 300.0  # thousand million operations: a pass of some seconds
FOLDER = Path(__file__).parents[1] / "docs" / "results" / "kernels"
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kernels", nargs="*", metavar="KERNEL")
    parser.add_argument("--cell", type=_words, default=tuple(GATES), metavar="CELL,…")
    parser.add_argument("--n", type=_numbers, default=UNITS, metavar="N,…", help="hidden units")
    parser.add_argument("--length", type=_numbers, default=LENGTHS, metavar="T,…", help="time steps")
    parser.add_argument("--batch", type=_numbers, default=BATCHES, metavar="B,…", help="sequences in a batch")
    parser.add_argument("--most", type=float, default=MOST, metavar="10⁹", help="operations of a pass")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--figure", action="store_true", help="draw what was measured last, and measure nothing")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where table and figures go")
    parser.add_argument("--json", type=Path, default=RESULTS / "cost.json", help="where the figures of all turns go")
    asked = parser.parse_args()
    if not asked.figure:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        kernels = load(["library", *(name for name in asked.kernels or served() if name != "library")])
        costs = {_size(cost): cost for cost in kept(asked.json)}
        for cell, T, n, B in itertools.product(asked.cell, asked.length, asked.n, asked.batch):
            is_small = operations(cell, n, T, B) <= asked.most * 1e9
            cost = Cost(CELLS[cell].name, n, T, B, measure(cell, n, T, B, kernels, asked.turns) if is_small else {})
            print(told(cost), flush=True)
            if is_small or _size(cost) not in costs:
                costs[_size(cost)] = cost
            in_order = [asdict(costs[size]) for size in sorted(costs)]
            found = {"machine": describe(), "kernels": list(kernels), "costs": in_order}
            asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    found = json.loads(asked.json.read_text(encoding="utf-8"))
    show(asked.folder, found["kernels"], [Cost(**cost) for cost in found["costs"]])


def kept(path: Path) -> list[Cost]:
    """What was measured before."""
    return [Cost(**cost) for cost in json.loads(path.read_text(encoding="utf-8"))["costs"]] if path.exists() else []


def _size(cost: Cost) -> tuple[str, int, int, int]:
    return cost.cell, cost.T, cost.n, cost.B


def show(folder: Path, kernels: Sequence[str], costs: Sequence[Cost]) -> None:
    """Write the table, and a figure for each kernel that is not the library's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(table(kernels, costs), encoding="utf-8")
    for kernel in kernels[1:]:
        ratios([folder / f"{kernel}.svg"], costs, kernel)


def table(kernels: Sequence[str], costs: Iterable[Cost]) -> str:
    """Milliseconds of each size and kernel, and how many times faster than the library the fastest is."""
    lines = [
        f"| cell | units | steps | batch | {', ms | '.join(kernels)}, ms | library over the best |",
        "|---|" + "---:|" * (4 + len(kernels)),
    ]
    for cost in costs:
        if spent := cost.milliseconds:
            times = [f"{spent[kernel]:.3g}" if kernel in spent else "–" for kernel in kernels]
            best = spent["library"] / min(spent.values())
            lines.append(f"| {cost.cell} | {cost.n:,} | {cost.T:,} | {cost.B} | {' | '.join(times)} | {best:.2f} |")
    return "\n".join(lines) + "\n"


def served() -> list[str]:
    """The modules of the kernels that `--kernel auto` may take for these cells."""
    kinds = [load_class(CELLS[cell].path, "--cell")(DIGITS, 2) for cell in GATES]
    return [module.__name__.rpartition(".")[2] for module in choice.FAST["auto"] if not all(map(module.refuses, kinds))]


def load(names: Iterable[str]) -> dict[str, ModuleType]:
    """The kernels' modules by name. Raises `ModuleNotFoundError` where there is none."""
    return {name: importlib.import_module(f"rnntui.core.kernels.{name}") for name in names}


def measure(cell: str, n: int, T: int, B: int, kernels: dict[str, ModuleType], turns: int) -> dict[str, float]:
    """Milliseconds of a pass by each kernel that serves the cell: medians of turns, in turn."""
    layer: Cell = load_class(CELLS[cell].path, "--cell")(DIGITS, n)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-(n**-0.5), n**-0.5, generator=torch.Generator().manual_seed(n))
    x, weight = torch.randint(DIGITS, (T, B)), torch.randn(T, B, n)
    ways = {
        name: way(layer, x, weight, kernel.run)
        for name, kernel in kernels.items()
        if not getattr(kernel, "refuses", lambda _: "")(layer)
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns + 1):
        for name, work in ways.items():
            spent = seconds_of(work)
            if turn:
                seconds[name].append(spent)
    return {name: 1e3 * statistics.median(turns) for name, turns in seconds.items()}


def way(layer: Cell, x: torch.Tensor, weight: torch.Tensor, run: Callable[..., object]) -> Callable[[], object]:
    """A pass forward and backward."""
    parameters, state = list(layer.parameters()), layer.initial_state(x.shape[1])
    return lambda: torch.autograd.grad(run(layer, x, state, None)[0], parameters, weight)  # type: ignore[index]


def seconds_of(work: Callable[[], object]) -> float:
    """CPU seconds of a pass, over as many as fill a turn."""
    began, count = time.process_time(), 0
    while not count or time.process_time() - began < TURN_SECONDS:
        work()
        count += 1
    return (time.process_time() - began) / count


def operations(cell: str, n: int, T: int, B: int) -> float:
    """Of the recurrent matrix products: forward, backward, and the gradient of the weights."""
    return 3.0 * 2 * GATES[cell] * n * n * B * T


def told(cost: Cost) -> str:
    """A line while one waits."""
    spent = ", ".join(f"{kernel} {ms:.3g} ms" for kernel, ms in cost.milliseconds.items()) or "too large"
    return f"{cost.cell}, n {cost.n}, T {cost.T}, B {cost.B}: {spent}"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


if __name__ == "__main__":
    main()
