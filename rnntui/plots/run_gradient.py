"""The norm of the gradient with the clip, and the learning rate, over the steps, for print."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes

from rnntui.plots import COLOURS, GREY, panels
from rnntui.plots.lines import FigureLine
from rnntui.plots.paper import Paper, printed, share_x
from rnntui.plots.run_axes import (
    MeasuredCurve,
    draw_smoothed,
    height_of_legend,
    legend_below,
    log_axis,
    looks_of,
    runs_in_legend,
    step_axis,
)

PANEL = 4.2  # cm
FEW = 4  # runs up to which what was measured is drawn behind the mean


@dataclass(frozen=True)
class GradientOfRun:
    """What one run logged. `clips`: the steps after which the clip was another, from 0 on, and what it was (0: none).

    `share_clipped` is the share of the batches on whose gradient it acted, `None` where there was no clipping.
    """

    name: str
    last_step: int
    norms: MeasuredCurve
    rates: Sequence[float]
    clips: Sequence[tuple[int, float]]
    share_clipped: float | None = None


def draw_gradients(file: Path, paper: Paper, runs: Sequence[GradientOfRun], smooth: int) -> None:
    """Draw the norm before clipping on a logarithmic scale, and the learning rate beside or below it."""
    rows, columns = (1, 2) if paper.is_wide else (2, 1)
    looks = looks_of([run.name for run in runs])
    below = height_of_legend(runs_in_legend(looks), paper)
    with printed(file, paper, [PANEL] * rows, columns, below) as figure:
        norm, rate = panels(figure)
        last = max(run.last_step for run in runs)
        for run, look in zip(runs, looks, strict=True):
            _draw_norm(norm, run, look, smooth, len(runs))
            rate.plot(run.norms.steps, run.rates, color=look.colour, linestyle=look.dashes, drawstyle="steps-pre")
        if any(value > 0 for run in runs for value in run.norms.values):
            log_axis(norm)
        norm.set_ylabel("‖∇‖ before clipping")
        rate.set_ylabel("learning rate")
        rate.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        rate.set_ylim(bottom=0)
        step_axis(norm, last)
        step_axis(rate, last)
        share_x(figure, rows)
        legend_below(figure, runs_in_legend(looks), paper)


def _draw_norm(ax: Axes, run: GradientOfRun, look: FigureLine, smooth: int, runs: int) -> None:
    values = draw_smoothed(ax, run.norms, smooth, look.colour, is_faint=runs <= FEW)
    ax.plot(run.norms.steps, values, color=look.colour, linestyle=look.dashes, marker="o" if len(values) == 1 else "")
    _draw_clip(ax, run, COLOURS[1] if runs == 1 else look.colour, is_named=runs == 1)


def _draw_clip(ax: Axes, run: GradientOfRun, shade: str, *, is_named: bool) -> None:
    """A line at the clip for as long as it was that one."""
    ends = [step for step, _ in run.clips[1:]] + [run.last_step]
    for (start, clip), end in zip(run.clips, ends, strict=True):
        if clip > 0:
            ax.plot([start, end], [clip, clip], color=shade, linestyle=":", linewidth=0.9)
    clip = run.clips[-1][1]
    if is_named and clip > 0 and run.share_clipped is not None:
        how_often = f"acted at {run.share_clipped:.1%} of the steps" if run.share_clipped else "never acted"
        words = f"clip {clip:g}, {how_often}"
        ax.annotate(words, (1, clip), xycoords=("axes fraction", "data"), ha="right", va="bottom", color=GREY, size=6)
