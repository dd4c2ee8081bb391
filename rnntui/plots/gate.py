"""The time gate as a figure: k(t) with φ(t) behind it, exact between its joints, a panel for each gate."""

import itertools
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rnntui.gate import Gate, Point
from rnntui.gate.openings import reach_of_openness, reach_of_phase, title
from rnntui.plots import COLOURS, GREY, drawing, panels

LINE, JOINT, STEP = COLOURS[0], COLOURS[0], COLOURS[1]
MARKED = 100  # periods up to which joints are marked
DRAWN = 400  # periods up to which each line is drawn; above, all that is reached in a strip is filled
STRIPS = 1000
STEPS_MARKED = 200
MANY = 2  # panels a row


def draw(file: Path, gates: Sequence[Gate], low: float, high: float) -> None:
    """Draw the gates between two times, each in a panel of its own."""
    columns = min(len(gates), MANY)
    width, height = (8.0, 3.4) if columns == 1 else (5.0, 2.3)
    rows = math.ceil(len(gates) / columns)
    with drawing(file, columns=columns, rows=rows, width=width, height=height) as figure:
        for axes, gate in zip(panels(figure), gates, strict=False):
            _panel(axes, gate, low, high)
        for axes in panels(figure)[len(gates) :]:
            axes.set_axis_off()
        handles, labels = panels(figure)[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))


def _panel(axes: Axes, gate: Gate, low: float, high: float) -> None:
    periods = (high - low) / gate.tau
    if periods <= DRAWN:
        _lines(axes, gate, low, high)
    else:
        _envelopes(axes, gate, low, high)
    if periods <= MARKED:
        _joints(axes, gate, low, high)
    if high - low <= STEPS_MARKED:
        steps = range(math.ceil(low), math.floor(high) + 1)
        seen = [gate.openness(t) for t in steps]
        axes.plot(steps, seen, "o", color=STEP, markersize=4, label="k at whole steps", zorder=3, clip_on=False)
    axes.set(xlim=(low, high), ylim=(0, 1.04), title=title(gate), xlabel="time t, steps", ylabel="k(t), φ(t)")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.label_outer()


def _lines(axes: Axes, gate: Gate, low: float, high: float) -> None:
    axes.plot(*_broken(gate.corners(low, high)), color=LINE, linewidth=1.6, label="k(t)", zorder=2.5)
    axes.plot(*_broken(gate.sawtooth(low, high)), color=GREY, linestyle="--", linewidth=0.9, label="φ(t)")


def _broken(corners: Iterable[Point]) -> tuple[list[float], list[float]]:
    """Times and values with a gap wherever the value jumps."""
    times: list[float] = []
    values: list[float] = []
    for time, value in corners:
        if times and time == times[-1]:
            times.append(time)
            values.append(math.nan)
        times.append(time)
        values.append(value)
    return times, values


def _envelopes(axes: Axes, gate: Gate, low: float, high: float) -> None:
    """All that k and φ reach, filled strip by strip."""
    edges = np.linspace(low, high, STRIPS + 1).tolist()
    for reach, shade, label in ((reach_of_openness, LINE, "k(t)"), (reach_of_phase, GREY, "φ(t)")):
        least, most = zip(*(reach(gate, *strip) for strip in itertools.pairwise(edges)), strict=True)
        alpha, order = (1.0, 2.5) if shade == LINE else (0.25, 2.0)
        axes.fill_between(
            edges,
            [*least, least[-1]],
            [*most, most[-1]],
            step="post",
            color=shade,
            alpha=alpha,
            zorder=order,
            linewidth=0.5,
            label=label,
        )


def _joints(axes: Axes, gate: Gate, low: float, high: float) -> None:
    joints = [corner for corner in gate.corners(low, high) if low < corner[0] < high]
    if joints:
        axes.plot(
            *zip(*joints, strict=True),
            "o",
            color=JOINT,
            markerfacecolor="white",
            markersize=4.5,
            label="joints",
            clip_on=False,
        )
