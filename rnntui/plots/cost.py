"""What a pass through the Phased LSTM costs, against the open ratio and against the length, on logarithmic axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes

from rnntui.plots import GREY, colour, drawing, entitle, panels

DASHES = ("--", ":", "-.")
SHOWN = 0.05  # the open ratio of the panel over lengths


@dataclass(frozen=True)
class Costs:
    """Milliseconds of a pass forward and backward: of the kernel by length and open ratio, of rivals by length."""

    n: int
    B: int
    ratios: Sequence[float]
    lengths: Sequence[int]
    kernel: dict[str, list[float]]  # by length
    rivals: dict[str, list[float | None]]  # by name; none where it was not measured


def cost(files: Sequence[Path], costs: Costs) -> None:
    """Microseconds a time step over r_on, a line for each T (left), and milliseconds a pass over T (right)."""
    with drawing(*files, columns=2, width=5.5) as figure:
        left, right = panels(figure)
        _over_ratios(left, costs)
        _over_lengths(right, costs)
        entitle(figure, f"Phased LSTM, {costs.n} units, batch {costs.B}: forward and backward on one CPU thread")


def _over_ratios(ax: Axes, costs: Costs) -> None:
    for number, T in enumerate(costs.lengths):
        microseconds = [1e3 * ms / T for ms in costs.kernel[str(T)]]
        ax.plot(costs.ratios, microseconds, marker="o", markersize=3, color=colour(number), label=f"length {T:,}")
    middle = len(costs.lengths) // 2
    for dashes, (name, of_lengths) in zip(DASHES, costs.rivals.items(), strict=False):
        level = 1e3 * (of_lengths[middle] or math.nan) / costs.lengths[middle]
        ax.axhline(level, color=GREY, linestyle=dashes, label=f"{_title(name)}, length {costs.lengths[middle]:,}")
    full = 1e3 * costs.kernel[str(costs.lengths[middle])][-1] / costs.lengths[middle]
    ax.plot(costs.ratios, [full * ratio for ratio in costs.ratios], color=GREY, linewidth=0.8, label="in proportion")
    ax.set(xlabel="open ratio r_on", ylabel="µs a time step")
    _scale(ax, costs.ratios)
    ax.legend(fontsize="x-small", loc="lower right")


def _over_lengths(ax: Axes, costs: Costs) -> None:
    at = list(costs.ratios).index(SHOWN)
    kernel = [costs.kernel[str(T)][at] for T in costs.lengths]
    ax.plot(
        costs.lengths, kernel, marker="o", markersize=3, color=colour(0), label=f"open units only, r_on = {SHOWN:g}"
    )
    for dashes, (name, of_lengths) in zip(DASHES, costs.rivals.items(), strict=False):
        ax.plot(costs.lengths, [ms or math.nan for ms in of_lengths], color=GREY, linestyle=dashes, label=_title(name))
    ax.set(xlabel="length, time steps", ylabel="ms a pass")
    _scale(ax, costs.lengths)
    ax.legend(fontsize="x-small", loc="lower right")


def _scale(ax: Axes, values: Sequence[float]) -> None:
    """Logarithmic axes, the values that were measured along x."""
    ax.set(xscale="log", yscale="log")
    ax.set_xticks(values, [f"{value:,g}" for value in values])
    ax.minorticks_off()
    ax.yaxis.set_major_formatter("{x:,g}")


def _title(rival: str) -> str:
    return {"loop, k": "dense loop, gate beforehand", "nn.LSTM": "torch.nn.LSTM"}.get(rival, rival)
