"""The map of a sweep's frontier: what was tried, coloured by the share of the seeds that solved it."""

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rnntui.plots import COLOURS, drawing, entitle, panels
from rnntui.plots.lines import FigureLine, tell_apart
from rnntui.plots.scale import label
from rnntui.sweeps.table import Group

EDGE = COLOURS[1]
NAME_WIDTH = 14  # characters of a variant's name before it is folded
BRIGHT = 0.6  # share from which on viridis wants dark letters


def frontier(
    files: Sequence[Path], groups: Sequence[Group], *, y: str = "length", share: float = 0.8, title: str = ""
) -> None:
    """A map of the values of `y` that were tried (rows) and the variants (columns): `k/n` of the seeds solved it.

    A thick edge is each variant's frontier: the largest value solved in at least that share, as all smaller ones are.
    """
    lines = tell_apart((group.point for group in groups), "variant", (y,))
    values = sorted({group.point[y] for group in groups})
    width, height = max(4.0, 2.4 + 1.15 * len(lines)), max(3.0, 1.8 + 0.32 * len(values))
    with drawing(*files, width=width, height=height) as figure:
        (ax,) = panels(figure)
        cells = {(values.index(g.point[y]), _column(lines, g)): g for g in groups}
        _map(ax, cells, len(values), len(lines))
        for column in range(len(lines)):
            _edge(ax, column, reached({row: g for (row, at), g in cells.items() if at == column}, share))
        _name_axes(ax, lines, values, y)
        edge = Line2D([], [], color=EDGE, linewidth=3, label=f"solved in at least {share:.0%} of the seeds")
        figure.legend(handles=[edge], loc="outside lower center")
        entitle(figure, title)


def reached(groups: dict[int, Group], share: float) -> int | None:
    """The last row solved in at least that share, as all rows before it that were tried; `None` where there is none."""
    last = None
    for row in sorted(groups):
        if (groups[row].share_solved or 0.0) < share - 1e-9:
            break
        last = row
    return last


def _column(lines: Sequence[FigureLine], group: Group) -> int:
    return next(line.number for line in lines if line.has(group.point))


def _map(ax: Axes, cells: dict[tuple[int, int], Group], rows: int, columns: int) -> None:
    """The coloured cells; what was not tried, or gave no result, stays blank."""
    shares = np.full((rows, columns), math.nan)
    for place, group in cells.items():
        if (solved := group.share_solved) is not None:
            shares[place] = solved
            ink = "black" if solved > BRIGHT else "white"
            ax.text(place[1], place[0], f"{len(group.solved_at)}/{group.runs}", ha="center", va="center", color=ink)
    image = ax.pcolormesh(
        np.arange(columns + 1) - 0.5,
        np.arange(rows + 1) - 0.5,
        np.ma.masked_invalid(shares),
        vmin=0,
        vmax=1,
        cmap="viridis",
        edgecolors="white",
    )
    ax.grid(visible=False)
    if ax.figure is not None:
        ax.figure.colorbar(image, ax=ax, label="share of the seeds that solved it")


def _edge(ax: Axes, column: int, row: int | None) -> None:
    if row is not None:
        ax.plot([column - 0.46, column + 0.46], [row + 0.5, row + 0.5], color=EDGE, linewidth=3)


def _name_axes(ax: Axes, lines: Sequence[FigureLine], values: Sequence[float], y: str) -> None:
    ax.set_xticks(range(len(lines)), [textwrap.fill(line.name, NAME_WIDTH) for line in lines])
    ax.set_yticks(range(len(values)), [label(value) for value in values])
    ax.set(xlabel=", ".join(label(axis) for axis in lines[0].place) if lines else "", ylabel=label(y))
    ax.tick_params(length=0)
