"""The curves of runs for print: loss and accuracy in training and held out, of the averaged weights, and baselines.

One run has a colour for each kind of curve; of several each has a look of its own, and marks tell the kinds apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rnntui.plots import COLOURS, GREY, panels
from rnntui.plots.lines import FigureLine
from rnntui.plots.paper import Paper, printed, share_x
from rnntui.plots.run_axes import (
    MeasuredCurve,
    draw_baselines,
    draw_smoothed,
    height_of_legend,
    legend_below,
    log_axis,
    looks_of,
    runs_in_legend,
    step_axis,
)

PANEL = 4.6  # cm
KINDS = ("training", "held out", "averaged")
OF_ONE = {"training": COLOURS[0], "held out": COLOURS[1], "averaged": COLOURS[3]}
MARKS = {"training": "", "held out": "o", "averaged": "D"}
MOST_MARKS = 40  # along a line
FEW = 4  # runs up to which what was measured is drawn behind the mean


@dataclass(frozen=True)
class KindOfCurve:
    """One curve of a run: `training`, `held out` or `averaged`."""

    kind: str
    measured: MeasuredCurve


@dataclass(frozen=True)
class CurvesOfRun:
    """The curves of one run, the steps it has come to, and what the legend calls it."""

    name: str
    last_step: int
    loss: Sequence[KindOfCurve]
    accuracy: Sequence[KindOfCurve] = ()


@dataclass(frozen=True)
class CurvesPanel:
    """What a panel shows; `baselines` by name, `has_all` of 0 to 1."""

    title: str
    curves: Sequence[tuple[int, KindOfCurve]]  # each with the number of its run
    baselines: Mapping[str, float] = field(default_factory=dict)
    is_log: bool = False
    has_all: bool = False


def draw_curves(
    file: Path, paper: Paper, runs: Sequence[CurvesOfRun], shown: Sequence[CurvesPanel], smooth: int
) -> None:
    """Draw the panels; `smooth` is the number of steps of the trailing mean of what was measured in training."""
    rows, columns = (1, len(shown)) if paper.is_wide else (len(shown), 1)
    looks = looks_of([run.name for run in runs])
    below = height_of_legend(_entries(looks, shown), paper)
    with printed(file, paper, [PANEL] * rows, columns, below) as figure:
        last = max(run.last_step for run in runs)
        for ax, panel in zip(panels(figure), shown, strict=True):
            _draw_panel(ax, panel, smooth, looks)
            step_axis(ax, last)
        share_x(figure, rows)
        legend_below(figure, _entries(looks, shown), paper)


def _draw_panel(ax: Axes, panel: CurvesPanel, smooth: int, looks: Sequence[FigureLine]) -> None:
    for number, curve in panel.curves:
        look: dict[str, Any] = {"color": looks[number].colour, "linestyle": looks[number].dashes}
        if len(looks) == 1:
            look["color"] = OF_ONE[curve.kind]
        values: Sequence[float] = curve.measured.values
        if curve.kind == "training":
            values = draw_smoothed(ax, curve.measured, smooth, look["color"], is_faint=len(looks) <= FEW)
        mark = MARKS[curve.kind] or ("o" if len(values) == 1 else "")
        ax.plot(curve.measured.steps, values, marker=mark, markevery=max(1, len(values) // MOST_MARKS), **look)
    draw_baselines(ax, panel.baselines)
    ax.set_ylabel(panel.title)
    if panel.is_log:
        log_axis(ax)
    elif panel.has_all:
        ax.set_ylim(0, 1.03)


def _entries(looks: Sequence[FigureLine], shown: Sequence[CurvesPanel]) -> list[Line2D]:
    """What the legend has: the kinds of curves, and the runs where there are several."""
    there = {curve.kind for panel in shown for _, curve in panel.curves}
    kinds = [kind for kind in KINDS if kind in there]
    if len(looks) == 1:
        return [Line2D([], [], color=OF_ONE[kind], marker=MARKS[kind], label=kind) for kind in kinds]
    of_kinds = [Line2D([], [], color=GREY, marker=MARKS[kind], label=kind) for kind in kinds if len(kinds) > 1]
    return [*runs_in_legend(looks), *of_kinds]
