"""Curves over each other, of one metric over steps or seconds; also several panels of them.

Curves of one label are repetitions of one thing (its seeds): they share a colour and a line in the legend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rnntui.plots import COLOURS, GREY, colour, drawing, panels

Floats = NDArray[np.float64]

FEW = 6  # labels that a legend within the panel has room for
LONG = 25  # labels in a column of a legend beside it
BANDED = 4  # labels up to which what was measured is drawn behind the lines
DASHES = ("-", "--", ":", "-.")  # one a round of the colours
COLUMNS = 3  # panels side by side


@dataclass(frozen=True)
class Curve:
    """A line of points; `raw` is what was measured, of the same x, to be drawn faintly behind it."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    raw: Sequence[float] = ()


def smoothed(curve: Curve, steps: Sequence[float], over: int) -> Curve:
    """The curve with its trailing mean over so many steps as its line and itself behind; `steps` are its points'."""
    if over <= 1 or not len(curve.y):
        return curve
    return replace(curve, y=_trailing(np.asarray(steps, float), np.asarray(curve.y, float), over).tolist(), raw=curve.y)


def _trailing(step: Floats, value: Floats, over: int) -> Floats:
    """Means over the values of the steps in (step - over, step], NaN where none is finite."""
    first = np.searchsorted(step, step - over, side="right")
    windows = np.stack([first, np.arange(1, len(step) + 1)], axis=1).ravel()
    finite = np.isfinite(value)
    totals = np.add.reduceat(np.append(np.where(finite, value, 0.0), 0.0), windows)[::2]
    counts = np.add.reduceat(np.append(finite, False).astype(float), windows)[::2]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(totals / counts, dtype=np.float64)


def draw(
    files: Sequence[Path],
    groups: Mapping[str, Sequence[Curve]],
    *,
    x_label: str,
    y_label: str,
    log: bool = False,
    y_range: tuple[float, float] | None = None,
    rulers: Mapping[str, float] | None = None,
) -> None:
    """Draw each group of curves in a panel under its title; a label has one colour in all of them.

    `rulers` are values to compare with, dotted horizontal lines.
    """
    labels = list(dict.fromkeys(curve.label for curves in groups.values() for curve in curves))
    columns = min(COLUMNS, len(groups))
    size = {"width": 8.0, "height": 4.5} if columns == 1 else {"width": 4.6, "height": 3.4}
    with drawing(*files, columns=columns, rows=-(-len(groups) // columns), **size) as figure:
        axes = panels(figure)
        for ax, (title, curves) in zip(axes, groups.items(), strict=False):
            _lines(ax, curves, labels)
            _rulers(ax, rulers or {})
            ax.set(title=title, xlabel=x_label, ylabel=y_label)
            if log:
                ax.set_yscale("log")
            elif y_range is not None:
                ax.set_ylim(*y_range)
        for ax in axes[len(groups) :]:
            ax.set_axis_off()
        _legend(figure, axes, len(labels), len(groups))


def _lines(ax: Axes, curves: Sequence[Curve], labels: Sequence[str]) -> None:
    for curve in curves:
        number = labels.index(curve.label)
        if len(curve.raw) and len(labels) <= BANDED:
            ax.plot(curve.x, curve.raw, color=colour(number), linewidth=0.7, alpha=0.3)
    named = set()
    for curve in curves:
        number = labels.index(curve.label)
        how: dict[str, Any] = {"linestyle": DASHES[number // len(COLOURS) % len(DASHES)], "linewidth": 1.4}
        if len(curve.x) == 1:
            how["marker"] = "o"
        ax.plot(
            curve.x,
            curve.y,
            color=colour(number),
            label="_" if curve.label in named else _shown(curve.label),
            **how,
        )
        named.add(curve.label)


def _rulers(ax: Axes, rulers: Mapping[str, float]) -> None:
    for name, value in rulers.items():
        ax.axhline(value, color=GREY, linestyle=":", linewidth=1.2, label=_shown(name))


def _shown(label: str) -> str:
    """The label as matplotlib lists it: one that begins with `_` would be left out."""
    return f" {label}" if label.startswith("_") else label


def _legend(figure: Figure, axes: Sequence[Axes], labels: int, groups: int) -> None:
    """One entry a label and a ruler; beside or below the panels where there are many."""
    named = {word: handle for ax in axes for handle, word in zip(*ax.get_legend_handles_labels(), strict=True)}
    if groups == 1 and labels <= FEW:
        axes[0].legend(named.values(), named)
    elif groups == 1:
        columns = 1 + labels // LONG
        figure.legend(named.values(), named, loc="outside right upper", fontsize="small", ncols=columns)
    else:
        figure.legend(named.values(), named, loc="outside lower center", ncols=min(labels, FEW))
