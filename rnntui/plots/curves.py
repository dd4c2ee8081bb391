"""Curves over each other, of one metric over steps or seconds. Each has a label of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnntui.plots import GREY, drawing, panels
from rnntui.plots.lines import tell_apart
from rnntui.plots.smoothing import trailing_mean

FEW = 6  # labels that a legend within the panel has room for
LONG = 25  # labels in a column of a legend beside it
BANDED = 4  # labels up to which what was measured is drawn behind the lines


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
    return replace(curve, y=trailing_mean(steps, curve.y, over).tolist(), raw=curve.y)


def draw(
    files: Sequence[Path],
    curves: Sequence[Curve],
    *,
    x_label: str,
    y_label: str,
    log: bool = False,
    y_range: tuple[float, float] | None = None,
    baselines: Mapping[str, float] | None = None,
) -> None:
    """Draw the curves; `baselines` are values to compare with, dotted horizontal lines."""
    with drawing(*files) as figure:
        (ax,) = panels(figure)
        _lines(ax, curves)
        for name, value in (baselines or {}).items():
            ax.axhline(value, color=GREY, linestyle=":", linewidth=1.2, label=name)
        ax.set(xlabel=x_label, ylabel=y_label)
        if log:
            ax.set_yscale("log")
        elif y_range is not None:
            ax.set_ylim(*y_range)
        _legend(figure, ax, len(curves))


def _lines(ax: Axes, curves: Sequence[Curve]) -> None:
    looks = tell_apart([{"run": curve.label} for curve in curves], "run", ())
    for curve, look in zip(curves, looks, strict=True):
        if len(curve.raw) and len(curves) <= BANDED:
            ax.plot(curve.x, curve.raw, color=look.colour, linewidth=0.7, alpha=0.3)
    for curve, look in zip(curves, looks, strict=True):
        marker = "o" if len(curve.x) == 1 else ""
        ax.plot(
            curve.x, curve.y, color=look.colour, linestyle=look.dashes, linewidth=1.4, marker=marker, label=look.name
        )


def _legend(figure: Figure, ax: Axes, curves: int) -> None:
    """One entry a curve and a baseline; beside the panel where there are many."""
    if curves <= FEW:
        ax.legend()
    else:
        figure.legend(loc="outside right upper", fontsize="small", ncols=1 + curves // LONG)
