"""What figures of runs have in common: the axis of steps, smoothed curves, baselines, and the legend below."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from rnntui.plots import GREY
from rnntui.plots.lines import FigureLine, tell_apart
from rnntui.plots.paper import Paper
from rnntui.plots.smoothing import trailing_mean

LEGEND_LINE, CHARACTER, HANDLE = 0.36, 0.125, 1.1  # cm of a line of the legend, a character of it, and what is before


def step_axis(ax: Axes, last_step: int) -> None:
    """Let x be the steps of a training, from 0 to its last."""
    ax.set_xlim(0, max(1, last_step))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_xlabel("step")


def log_axis(ax: Axes) -> None:
    """Let y be logarithmic; what is not above 0 is a gap."""
    ax.set_yscale("log", nonpositive="mask")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")  # the usual one writes markup


class MeasuredCurve(Protocol):
    """What was measured at steps: the mean of some batches and their range; NaN is a gap."""

    @property
    def steps(self) -> Sequence[int]: ...
    @property
    def values(self) -> Sequence[float]: ...
    @property
    def least(self) -> Sequence[float]: ...
    @property
    def greatest(self) -> Sequence[float]: ...


def draw_smoothed(ax: Axes, curve: MeasuredCurve, over: int, shade: str, *, is_faint: bool) -> Sequence[float]:
    """The trailing mean of a curve over so many steps; what was measured is drawn behind it where `is_faint`."""
    if over <= 1 or not len(curve.values):
        return curve.values
    if is_faint:
        faint: dict[str, Any] = {"color": shade, "linewidth": 0.4, "alpha": 0.3, "zorder": 1.5}
        if any(least < greatest for least, greatest in zip(curve.least, curve.greatest, strict=True)):
            ax.fill_between(curve.steps, curve.least, curve.greatest, **{**faint, "alpha": 0.2})
        else:
            ax.plot(curve.steps, curve.values, **faint)
    return [float(mean) for mean in trailing_mean(curve.steps, curve.values, over)]


def draw_baselines(ax: Axes, baselines: Mapping[str, float]) -> None:
    """Dotted lines, each with its name at its end."""
    for name, value in baselines.items():
        ax.axhline(value, color=GREY, linestyle=":", linewidth=0.9)
        ax.annotate(name, (1, value), xycoords=("axes fraction", "data"), ha="right", va="bottom", color=GREY, size=6)


def looks_of(names: Sequence[str]) -> list[FigureLine]:
    """How the line of each run looks."""
    return tell_apart([{"run": name} for name in names], "run", ())


def runs_in_legend(looks: Sequence[FigureLine]) -> list[Line2D]:
    """An entry of the legend for each run."""
    return [Line2D([], [], color=look.colour, linestyle=look.dashes, label=look.name) for look in looks]


def legend_below(figure: Figure, entries: Sequence[Line2D], paper: Paper) -> None:
    """Name the lines below the panels, where there is more than one to tell apart."""
    if len(entries) > 1:
        figure.legend(handles=list(entries), loc="outside lower center", ncols=across(_labels(entries), paper))


def height_of_legend(entries: Sequence[Line2D], paper: Paper) -> float:
    """How high that legend is, cm."""
    return LEGEND_LINE * -(-len(entries) // across(_labels(entries), paper)) if len(entries) > 1 else 0.0


def across(labels: Sequence[str], paper: Paper) -> int:
    """How many entries of a legend with these labels stand beside each other."""
    room = int(paper.width / (HANDLE + CHARACTER * max(map(len, labels), default=0)))
    return max(1, min(len(labels), room))


def _labels(entries: Sequence[Line2D]) -> list[str]:
    return [str(entry.get_label()) for entry in entries]
