"""Gradient horizons as a figure: how much of the gradient is left at each lag, on a logarithmic scale."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from rnntui.plots import GREY, colour, drawing, panels
from rnntui.plots.paper import Paper, printed
from rnntui.plots.run_axes import LEGEND_LINE

LEAST = 1e-8  # of the norm at lag 0: nothing of interest lies below
PANEL = 5.2  # cm

NamedHorizon = tuple[str, Sequence[float], int]  # name, norms by lag, effective memory


def draw_horizons(file: Path, horizons: Sequence[NamedHorizon], least: float) -> None:
    """One curve for each network, of its name, norms by lag and effective memory; norms are relative to lag 0.

    `least` is the share of lag 0 at which effective memory ends.
    """
    with drawing(file) as figure:
        (axes,) = panels(figure)
        _draw_panel(axes, horizons, least)
        axes.legend()


def draw_printed(file: Path, paper: Paper, horizons: Sequence[NamedHorizon], least: float) -> None:
    """The same for print, the legend below."""
    with printed(file, paper, [PANEL], beside=LEGEND_LINE * len(horizons)) as figure:
        (axes,) = panels(figure)
        _draw_panel(axes, horizons, least)
        figure.legend(loc="outside lower center")


def _draw_panel(axes: Axes, horizons: Sequence[NamedHorizon], least: float) -> None:
    axes.axhline(least, color=GREY, linestyle=":", linewidth=1)
    axes.annotate(f"{least:.0%}", (1, least), xycoords=("axes fraction", "data"), va="bottom", ha="right", color=GREY)
    for number, (name, norms, memory) in enumerate(horizons):
        _draw_curve(axes, colour(number), name, norms, memory)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:g}")  # the usual one writes markup
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(bottom=max(LEAST, axes.get_ylim()[0]))
    axes.set_xlabel("lag T − t, steps")
    axes.set_ylabel("‖∂L/∂s(t)‖ relative to lag 0")


def _draw_curve(axes: Axes, shade: str, name: str, norms: Sequence[float], memory: int) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.asarray(norms) / norms[0]
    left = np.where((left > 0) & np.isfinite(left), left, np.nan)
    label = f"{name}: effective memory {memory:,} of {len(norms) - 1:,}"
    label = f" {label}" if label.startswith("_") else label  # a leading underscore would hide it from the legend
    axes.plot(left, color=shade, label=label)
    axes.plot([memory], left[[memory]], "o", color=shade)
