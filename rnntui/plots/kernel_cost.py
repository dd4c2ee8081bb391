"""How many times faster a kernel is than the library's, over units and batch: a map for each cell and length."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from rnntui.plots import GREY, drawing, panels

COLOURS = "RdBu"  # red where the library is faster, blue where the kernel is
STRONGEST = 4.0  # the ratio from which on, and its inverse, the colours do not change
DARK = 2.5  # and that from which on white letters are read better than black


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a pass forward and backward through one layer, by the kernel's name; none where too large."""

    cell: str  # as people write it
    n: int
    T: int
    B: int
    milliseconds: Mapping[str, float]


def ratios(files: Sequence[Path], costs: Sequence[Cost], kernel: str, library: str = "library") -> None:
    """The library's milliseconds over the kernel's: a row for each cell that it serves, a column for each length."""
    cells = list(dict.fromkeys(cost.cell for cost in costs if kernel in cost.milliseconds))
    lengths = sorted({cost.T for cost in costs})
    with drawing(*files, columns=len(lengths), rows=len(cells), width=4.2, height=3.4) as figure:
        axes = iter(panels(figure))
        for cell in cells:
            for T in lengths:
                ax = next(axes)
                _map(ax, [cost for cost in costs if (cost.cell, cost.T) == (cell, T)], kernel, library)
                ax.set_title(f"{cell}, {T:,} time steps", fontsize="medium")
        figure.suptitle(f"How many times faster than the library: {kernel}, forward and backward, one layer on a CPU")


def _map(ax: Axes, costs: Sequence[Cost], kernel: str, library: str) -> None:
    units, batches = sorted({cost.n for cost in costs}), sorted({cost.B for cost in costs})
    values: Any = np.full((len(units), len(batches)), math.nan)
    for cost in costs:
        if cost.milliseconds:
            ratio = cost.milliseconds[library] / cost.milliseconds[kernel]
            values[units.index(cost.n), batches.index(cost.B)] = ratio
    bound = math.log(STRONGEST)
    ax.imshow(np.log(values), cmap=COLOURS, vmin=-bound, vmax=bound, origin="lower", aspect="auto")
    for (y, x), ratio in np.ndenumerate(values):
        is_known = not math.isnan(ratio)
        ink = GREY if not is_known else "white" if max(ratio, 1 / ratio) > DARK else "black"
        ax.text(x, y, f"{ratio:.2f}" if is_known else "–", ha="center", va="center", fontsize="small", color=ink)
    ax.grid(visible=False)
    ax.set_xticks(range(len(batches)), [f"{size:,}" for size in batches])
    ax.set_yticks(range(len(units)), [f"{size:,}" for size in units])
    ax.set(xlabel="batch", ylabel="hidden units")
    ax.label_outer()
