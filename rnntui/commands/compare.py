"""`rnntui compare` without a screen: a table, a figure, JSON.

Imported inside the command, since Rich is slow to load.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rnntui.commands.tables import print_table
from rnntui.config import nearest
from rnntui.runs import Run
from rnntui.runs.comparison import Compared, Comparison, compare
from rnntui.runs.status_table import RECENT, status_of, titles, words
from rnntui.runs.tail import AXES, METRICS, Axis, Follower, Metric
from rnntui.specs import bits
from rnntui.system import output
from rnntui.system.output import as_json, say
from rnntui.text.format import counted

LEFT_OUT = (("steps/s",), ("state",), ("averaged",), ("best held-out", "best mean loss"))  # in a narrow terminal


@dataclass(frozen=True)
class View:
    """Which curves to show, and how; `smooth` is the number of steps that each mean is over."""

    metric: Metric = "loss"
    by: Axis = "step"
    smooth: int = RECENT
    log: bool = False


def view(metric: str, by: str, smooth: int, *, log: bool) -> View:
    """The view for these options. Raises `ValueError`, naming the option, for an unknown value."""
    for option, word, known in (("--metric", metric, METRICS), ("--by", by, AXES)):
        if word not in known:
            raise ValueError(f"{option} {word!r} is unknown{nearest(word, known)}: there are {', '.join(known)}")
    if smooth < 1:
        raise ValueError(f"--smooth must be at least 1 step, not {smooth}")
    return View(cast("Metric", metric), cast("Axis", by), smooth, log)


def show(found: Sequence[Run], wanted: View, file: Path | None, *, headless: bool, wants_json: bool) -> int:
    """Compare runs on the screen where there is a terminal, else as a table, JSON or figure; the exit status."""
    compared = compare(found)
    for sentence in compared.left_out:
        say(f"left out: {sentence}")
    if file is not None:
        _draw(file, compared, wanted)
    if wants_json:
        print(as_json(_facts(compared)))
    elif file is not None:
        say(f"drawn: {file}")
    elif headless or not output.is_terminal():
        _print_table(compared)
    else:
        from rnntui.tui.base.viewer import look_at
        from rnntui.tui.compare.screen import CompareScreen

        return look_at(CompareScreen(found, wanted.metric, wanted.by, wanted.smooth, log=wanted.log))
    return 0


def _read(one: Compared, losses_in: float) -> Follower:
    """A run's curves; damaged parts of its file are left out, with a note."""
    follower = one.follower(losses_in).read()
    if follower.damage:
        say(f"{one.label}: {follower.damage}")
    return follower


# --- table ----------------------------------------------------------------------------------------------------------


def _print_table(compared: Comparison) -> None:
    rows = [words(compared, entry, status_of(entry)) for entry in compared.compared]
    print_table(titles(compared), rows, leave_out=LEFT_OUT)


# --- JSON -----------------------------------------------------------------------------------------------------------


def _facts(compared: Comparison) -> dict[str, Any]:
    return {
        "task": compared.task,
        "differing": compared.differing,
        "runs": [_run_facts(compared, entry) for entry in compared.compared],
    }


def _run_facts(compared: Comparison, entry: Compared) -> dict[str, Any]:
    """A run's figures, differing settings and curves; losses are nats."""
    status = status_of(entry)
    return {
        "name": status.name,
        "path": str(entry.run.path),
        "state": status.state,
        "step": status.step,
        "steps": status.steps,
        "loss": status.loss,
        "accuracy": status.accuracy,
        "best_loss": status.best_loss,
        "best_accuracy": status.best_accuracy,
        "held_out_loss": status.held_out_loss,
        "solved_at": status.solved_at,
        "best_step": status.best_step,
        "early_ending": status.early_ending or None,
        "speed": status.steps_per_second,
        "held_out_bits": bits(status.held_out_loss),
        "averaged_held_out_loss": status.averaged_loss,
        "averaged_held_out_bits": bits(status.averaged_loss),
        "settings": compared.values(entry),
        "curves": _curves(entry),
    }


def _curves(entry: Compared) -> dict[str, dict[str, list[float]]]:
    """The curves of each metric that has any, as lists of one length."""
    tracks = _read(entry, losses_in=1.0).tracks
    points = {metric: list(track.points()) for metric, track in tracks.items()}
    return {
        metric.replace("-", "_"): {name: [point[k] for point in curve] for k, name in enumerate((*AXES, "value"))}
        for metric, curve in points.items()
        if curve
    }


# --- figure ---------------------------------------------------------------------------------------------------------


def _draw(file: Path, compared: Comparison, wanted: View) -> None:
    """Draw the curves of one metric. Raises `ValueError` where no run has any that can be drawn."""
    from rnntui.plots import curves

    drawn = []
    for entry in compared.compared:
        track = _read(entry, compared.losses_in).tracks[wanted.metric]
        points = list(track.points())
        step, seconds, value = zip(*points, strict=True) if points else ((), (), ())
        curve = curves.Curve(entry.label, step if wanted.by == "step" else seconds, value)
        drawn.append(curve if wanted.metric == "held-out" else curves.smoothed(curve, step, wanted.smooth))
    if not any(len(curve.x) for curve in drawn):
        raise ValueError(f"--metric {wanted.metric}: none of these runs has logged it yet")
    _check_drawable([value for curve in drawn for value in curve.y], wanted)
    curves.draw(
        [file],
        drawn,
        x_label="step" if wanted.by == "step" else "seconds of training",
        y_label=compared.title(wanted.metric),
        log=wanted.log,
        y_range=(0.0, 1.02) if wanted.metric == "accuracy" else None,
        baselines=compared.baselines(wanted.metric),
    )


def _check_drawable(values: Sequence[float], wanted: View) -> None:
    """Say what a logarithmic scale leaves out. Raises `ValueError` if nothing is left to draw."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        raise ValueError(f"--metric {wanted.metric}: none of the logged values is finite")
    hidden = sum(value <= 0 for value in finite) if wanted.log else 0
    if hidden == len(finite):
        raise ValueError(f"--log: no {wanted.metric} is above 0, and a logarithmic scale shows no other values")
    if hidden:
        say(f"--log: {hidden:,} of {counted(len(finite), 'value')} left out: not above 0")
