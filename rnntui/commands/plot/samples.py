"""What a network wrote while it trained, and what it reads, as figures."""

import math
from collections.abc import Sequence
from pathlib import Path

from rnntui.commands.plot.curves import label
from rnntui.commands.plot.request import PlotRequest
from rnntui.runs.comparison import Compared, Comparison
from rnntui.runs.course import course_of
from rnntui.schemas import SampleRow


def why_no_samples(entry: Compared) -> str:
    """Why a run has no samples; empty where it has."""
    return "" if next(entry.run.samples(), None) is not None else f"run {entry.run.name!r} has written no sample"


def draw_samples(file: Path, comparison: Comparison, entries: Sequence[Compared], request: PlotRequest) -> None:
    """The course of the samples, with their steps and temperatures."""
    from rnntui.plots import run_samples
    from rnntui.plots.paper import Paper

    (entry,) = entries
    chosen = course_of(list(entry.run.samples()))
    printed = [run_samples.PrintedSample(f"{row.step:,}", _temperature(row), row.text) for row in chosen]
    run_samples.draw_samples(file, Paper(request.width), printed)


def draw_reading(file: Path, comparison: Comparison, entries: Sequence[Compared], request: PlotRequest) -> None:
    """What was held out, or of other tasks sequences, shaded by the units that follow a feature of it best."""
    from rnntui.commands import units
    from rnntui.commands.units_report import as_columns
    from rnntui.plots.paper import Paper
    from rnntui.plots.units import draw_printed
    from rnntui.runs.better import taken_at
    from rnntui.runs.networks import NetworkSpec

    (entry,) = entries
    network = NetworkSpec(entry.run, *taken_at(entry.run, request.at))
    found = units.find_units(network, None, units.UnitsRequest())
    title = f"{label(entry)} · step {found.read.step:,}"
    columns = as_columns(found, found.by_feature[: units.PRINTED])
    draw_printed(file, Paper(request.width), title, found.passage.text, columns)


def _temperature(row: SampleRow) -> str:
    return "" if math.isnan(row.warmth) else f"{row.warmth:g}"
