"""Figures of a sweep's accuracies: along one of its axes, and as curves over the steps.

The data are places on the sweep's axes, the seed left out, and numbers; nothing here knows of runs on disk.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from rnntui.config import WINDOW
from rnntui.plots import GREY, drawing, entitle, panels, scale
from rnntui.plots.frontier import frontier
from rnntui.plots.lines import FigureLine, Point, accuracy_axis, legend, tell_apart
from rnntui.plots.smoothing import trailing_mean
from rnntui.sweeps.table import Group

__all__ = ["AccuracyCurve", "accuracy", "curves", "frontier"]

ACROSS = 3  # panels side by side
SPREAD = 0.005  # of the x axis, between the single runs of one value


@dataclass(frozen=True)
class AccuracyCurve:
    """The logged accuracies of one run, of single batches; `point` is its place on the axes but the seed."""

    point: Point
    steps: Sequence[int]  # ascending
    accuracy: Sequence[float]


def accuracy(
    files: Sequence[Path],
    groups: Sequence[Group],
    *,
    x: str,
    line: str = "",
    panel: str = "",
    chance: float | None = None,
    title: str = "",
) -> None:
    """Accuracy on fresh examples, of a regression the loss, along the axis `x`: a line through the means, single runs,
    chance, and the reference.

    What others measured are open diamonds. Words along the axis have bars for means and nothing between them. Axes that
    are neither `x` nor `panel` tell lines apart, `line` first.
    """
    points = [group.point for group in groups]
    is_scale = scale.are_numbers(point[x] for point in points)
    lines, where = tell_apart(points, line, (x, panel)), scale.place(point[x] for point in points)
    with _figure(files, points, panel, title) as (figure, parts):
        for ax, part in parts:
            for drawn in lines:
                own = [group for group in groups if drawn.has(group.point) and part.items() <= group.point.items()]
                _means(ax, drawn, [(where[group.point[x]], group) for group in own], len(lines), is_joined=is_scale)
            scale.mark(ax, where)
            if any(group.in_loss for group in groups):
                ax.set(xlabel=scale.label(x), ylabel="loss on fresh examples", ylim=(0.0, None))
            else:
                _finish(ax, scale.label(x), "accuracy on fresh examples", chance)
        legend(figure, lines, _notes(groups), chance)


def curves(
    files: Sequence[Path],
    runs: Sequence[AccuracyCurve],
    *,
    line: str = "",
    panel: str = "",
    chance: float | None = None,
    window: int = WINDOW,
    title: str = "",
) -> None:
    """Smoothed accuracy over the steps, a thin line a run, a panel for each value of `panel`.

    Axes but `panel` tell lines apart, `line` first. `window` is in steps; 0 leaves the accuracies as they are.
    """
    points = [run.point for run in runs]
    lines = tell_apart(points, line, (panel,))
    with _figure(files, points, panel, title) as (figure, parts):
        for ax, part in parts:
            for run in runs:
                if part.items() <= run.point.items():
                    _curve(ax, next(drawn for drawn in lines if drawn.has(run.point)), run, window)
            ax.set_xlim(0, 1.02 * max((run.steps[-1] for run in runs if run.steps), default=1))
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            _finish(ax, "step", "smoothed accuracy" if window else "accuracy", chance)
        legend(figure, lines, [], chance)


@contextmanager
def _figure(
    files: Sequence[Path], points: Sequence[Point], panel: str, title: str
) -> Iterator[tuple[Figure, list[tuple[Axes, Point]]]]:
    """A panel for each value of that axis, with the part of the sweep that belongs on it; else one for all."""
    parts: list[Point] = (
        [{panel: value} for value in dict.fromkeys(point[panel] for point in points)] if panel else [{}]
    )
    across = min(ACROSS, max(1, len(parts)))
    width, height = (8.0, 4.8) if len(parts) < 2 else (4.4, 3.4)
    with drawing(*files, columns=across, rows=max(1, -(-len(parts) // across)), width=width, height=height) as figure:
        axes = panels(figure)
        entitle(figure, title)
        yield figure, list(zip(axes, parts, strict=False))
        for ax in axes[len(parts) :]:
            ax.set_axis_off()
        for number, (ax, part) in enumerate(zip(axes, parts, strict=False)):
            ax.set_title(", ".join(f"{scale.label(axis)} {scale.label(value)}" for axis, value in part.items()))
            if number % across:  # the panel to the left has the labels
                ax.tick_params(labelleft=False)
                ax.set_ylabel("")
            if number + across < len(parts):  # the panel below has them
                ax.tick_params(labelbottom=False)
                ax.set_xlabel("")


def _means(ax: Axes, line: FigureLine, groups: Sequence[tuple[float, Group]], lines: int, *, is_joined: bool) -> None:
    """One line of means, its single runs beside each other, and what others measured."""
    groups = sorted(groups, key=lambda placed: placed[0])
    means = [math.nan if group.mean is None else group.mean for _, group in groups]
    look: dict[str, Any] = {"linestyle": line.dashes, "linewidth": 1.8} if is_joined else MEAN
    ax.plot([at for at, _ in groups], means, color=line.colour, **look)
    for at, group in groups:
        for scores, mark in ((group.scores, RUN), (group.reference, REFERENCE)):
            xs = [at + SPREAD * offset for offset in _offsets(len(scores), line.number, lines)]
            ax.plot(xs, scores, color=line.colour, linestyle="", **mark)


def _offsets(runs: int, number: int, lines: int) -> list[float]:
    """Where the runs of a line stand about their value: runs in order of seed, lines a little apart."""
    of_line = (number - (lines - 1) / 2) / max(1, lines)
    return [k - (runs - 1) / 2 + of_line for k in range(runs)]


MEAN: dict[str, Any] = {"linestyle": "", "marker": "_", "markersize": 22, "markeredgewidth": 1.8}
RUN: dict[str, Any] = {"marker": "o", "markersize": 4, "alpha": 0.55, "markeredgewidth": 0}
REFERENCE: dict[str, Any] = {"marker": "D", "markersize": 6, "markerfacecolor": "none", "markeredgewidth": 1}


def _notes(groups: Sequence[Group]) -> list[Line2D]:
    """What the legend says of the marks."""
    notes = [Line2D([], [], color=GREY, linestyle="", label="one run", **RUN)]
    if any(group.reference for group in groups):
        notes.append(Line2D([], [], color=GREY, linestyle="", label="reference", **REFERENCE))
    return notes


def _curve(ax: Axes, line: FigureLine, run: AccuracyCurve, window: int) -> None:
    drawn = trailing_mean(run.steps, run.accuracy, window) if window else run.accuracy
    ax.plot(run.steps, drawn, color=line.colour, linestyle=line.dashes, linewidth=0.9, alpha=0.85)


def _finish(ax: Axes, x: str, y: str, chance: float | None) -> None:
    accuracy_axis(ax, chance)
    ax.set(xlabel=x, ylabel=y)
