"""The curves that runs logged, laid over each other: loss and accuracy; gradient norm and learning rate."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnntui.commands.plot.request import PlotRequest
from rnntui.runs.comparison import Compared, Comparison
from rnntui.runs.logged import LoggedCurves, LoggedMetric, clips_of, curves_of, share_of_logged
from rnntui.system.output import say
from rnntui.text.ellipsis import elided
from rnntui.text.format import counted

if TYPE_CHECKING:
    from rnntui.plots.run_curves import CurvesOfRun, CurvesPanel, KindOfCurve

LONGEST_LABEL = 36  # characters of a run's name in a legend
SMOOTHED_OVER = 100  # the part of all steps that curves are smoothed over
LOSSES: dict[str, LoggedMetric] = {
    "training": "loss",
    "held out": "validation_loss",
    "averaged": "averaged_validation_loss",
}
ACCURACIES: dict[str, LoggedMetric] = {
    "training": "accuracy",
    "held out": "validation_accuracy",
    "averaged": "averaged_validation_accuracy",
}


def label(entry: Compared) -> str:
    """What a figure calls a run."""
    return elided(entry.label, LONGEST_LABEL)


def why_no_curves(entry: Compared) -> str:
    """Why a run has no curves; empty where it has some."""
    return "" if curves_of(entry.run).last_step else f"run {entry.run.name!r} has logged no row yet"


def draw_curves(file: Path, comparison: Comparison, entries: Sequence[Compared], request: PlotRequest) -> None:
    """Loss and, where the task has one, accuracy. Raises `ValueError` where `--log` leaves nothing."""
    from rnntui.plots import run_curves
    from rnntui.plots.paper import Paper

    read = [_read(entry) for entry in entries]
    runs = [_of_run(entry, logged, comparison) for entry, logged in zip(entries, read, strict=True)]
    panels = [_panel(comparison, runs, "loss", is_log=request.log)]
    if comparison.spec.has_accuracy:
        panels.append(_panel(comparison, runs, "accuracy"))
    if request.log:
        _check_log(value for run in runs for curve in run.loss for value in curve.measured.values)
    run_curves.draw_curves(file, Paper(request.width), runs, panels, smoothed_over(read, request))


def draw_gradient(file: Path, comparison: Comparison, entries: Sequence[Compared], request: PlotRequest) -> None:
    """The norm of the gradient before clipping, the clip, and the learning rate."""
    from rnntui.plots import run_gradient
    from rnntui.plots.paper import Paper

    read = [_read(entry) for entry in entries]
    runs = []
    for entry, logged in zip(entries, read, strict=True):
        norms, clips = logged.curves["gradient_norm"], clips_of(entry.run, entry.settings.clip)
        rates = logged.curves["learning_rate"].values
        runs.append(
            run_gradient.GradientOfRun(
                label(entry),
                logged.last_step,
                norms,
                rates,
                clips,
                share_of_logged(logged, clips),
            )
        )
    run_gradient.draw_gradients(file, Paper(request.width), runs, smoothed_over(read, request))


def smoothed_over(read: Iterable[LoggedCurves], request: PlotRequest) -> int:
    """The number of steps to smooth over: what was asked for, else a hundredth of all."""
    return request.smooth or max(1, max(logged.last_step for logged in read) // SMOOTHED_OVER)


def _read(entry: Compared) -> LoggedCurves:
    """The curves of a run; damaged rows are left out, with a note."""
    logged = curves_of(entry.run)
    if logged.damage:
        say(f"{entry.label}: {logged.damage}")
    return logged


def _of_run(entry: Compared, logged: LoggedCurves, comparison: Comparison) -> "CurvesOfRun":
    from rnntui.plots.run_curves import CurvesOfRun

    accuracy = _kinds(logged, ACCURACIES) if comparison.spec.has_accuracy else []
    return CurvesOfRun(label(entry), logged.last_step, _kinds(logged, LOSSES, comparison.losses_in), accuracy)


def _kinds(logged: LoggedCurves, metrics: dict[str, LoggedMetric], unit: float = 1.0) -> "list[KindOfCurve]":
    from rnntui.plots.run_curves import KindOfCurve

    curves = {kind: logged.curves[metric].in_unit(unit) for kind, metric in metrics.items()}
    return [KindOfCurve(kind, curve) for kind, curve in curves.items() if curve.steps]


def _panel(
    comparison: Comparison, runs: "Sequence[CurvesOfRun]", metric: str, *, is_log: bool = False
) -> "CurvesPanel":
    from rnntui.plots.run_curves import CurvesPanel

    is_loss = metric == "loss"
    return CurvesPanel(
        comparison.title("loss" if is_loss else "accuracy"),
        [(number, curve) for number, run in enumerate(runs) for curve in (run.loss if is_loss else run.accuracy)],
        comparison.baselines("loss" if is_loss else "accuracy"),
        is_log,
        has_all=not is_loss and not comparison.spec.holds_out,
    )


def _check_log(values: Iterable[float]) -> None:
    """Say what a logarithmic scale leaves out. Raises `ValueError` if nothing is left to draw."""
    finite = [value for value in values if math.isfinite(value)]
    hidden = sum(value <= 0 for value in finite)
    if hidden == len(finite):
        raise ValueError("--log: no loss is above 0, and a logarithmic scale shows no other values")
    if hidden:
        say(f"--log: {hidden:,} of {counted(len(finite), 'value')} left out: not above 0")
