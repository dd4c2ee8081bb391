"""The paths of the optimizers over the contours of the ravine: a small panel for each."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from rnntui.plots import COLOURS, GREY, drawing, panels

Point = tuple[float, float]

COLUMNS = 3
# Where the paths go, with some room: x and y of the corners.
LEFT, RIGHT, BOTTOM, TOP = -8.0, 4.0, -2.6, 2.6
LEVELS = tuple(0.01 * 2.5**k for k in range(8))  # heights of the contours, from arrived to the start
PATH, BEGIN, END = COLOURS[0], COLOURS[1], COLOURS[2]


def draw(file: Path, f: Callable[[Any, Any], Any], paths: Mapping[str, Sequence[Point]]) -> None:
    """Draw each path, a point a step, under its title; `f` gives the height, of arrays too."""
    rows = -(-len(paths) // COLUMNS)
    with drawing(file, columns=COLUMNS, rows=rows, width=4.0, height=2.4) as figure:
        axes = panels(figure)
        for ax, (title, points) in zip(axes, paths.items(), strict=False):
            _contours(ax, f)
            _path(ax, points)
            ax.set(title=title, xlabel="x", ylabel="y", xlim=(LEFT, RIGHT), ylim=(BOTTOM, TOP))
            ax.label_outer()
        for ax in axes[len(paths) :]:
            ax.set_axis_off()
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))


def _contours(ax: Axes, f: Callable[[Any, Any], Any]) -> None:
    x, y = np.meshgrid(np.linspace(LEFT, RIGHT, 241), np.linspace(BOTTOM, TOP, 121))
    ax.grid(visible=False)
    ax.contour(x, y, f(x, y), levels=LEVELS, colors=GREY, linewidths=0.6, alpha=0.7)


def _path(ax: Axes, points: Sequence[Point]) -> None:
    xs, ys = zip(*points, strict=True)
    ax.plot(xs, ys, color=PATH, linewidth=0.9, marker=".", markersize=3.5, label="a step")
    ax.plot(xs[0], ys[0], color=BEGIN, marker="s", linestyle="", label="start")
    ax.plot(xs[-1], ys[-1], color=END, marker="X", linestyle="", label=f"after {len(points) - 1:,} steps")
