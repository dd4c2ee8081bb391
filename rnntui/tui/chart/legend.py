"""The first line of a chart: title and legend, or the values measured at the cursor."""

from collections.abc import Iterator

import numpy as np

from rnntui.text.format import DASH
from rnntui.tui.chart.axis import shown
from rnntui.tui.chart.binning import CurveColumns
from rnntui.tui.chart.picture import Picture, Run
from rnntui.tui.chart.series import LETTERS, Chart, SeriesStyle

# Told apart without colours too.
SAMPLES = {"training": "⠤⠤", "held-out": "⠴⠦", "third": "⠤⠄", "fourth": "⠄⠄"} | {letter: letter for letter in LETTERS}


def write_first_line(picture: Picture, chart: Chart, cursor: int | None) -> None:
    """Write the line; shorter where there is little room."""
    used = picture.write_runs(0, _legend(picture, chart) if cursor is None else _readout(picture, chart, cursor))
    note = _note(chart)
    if used + 2 + len(note) <= picture.width:
        picture.write(0, picture.width - len(note), note, "note")


def step_at(picture: Picture, cursor: int) -> float:
    """The measured step nearest to a column of cells."""
    share = (2 * cursor + 0.5) / (picture.frame.dots[1] - 1)
    step = picture.steps.low + share * (picture.steps.high - picture.steps.low)
    near = [float(curve.step[k]) for curve in picture.curves if (k := nearest(curve, cursor)) is not None]
    return min(near, key=lambda measured: abs(measured - step), default=step)


def nearest(curve: CurveColumns, cursor: int) -> int | None:
    """The index in `curve` of the dot column nearest to a column of cells, whose right dots come first."""
    return int(np.argmin(np.abs(curve.dot - 2 * cursor - 1))) if len(curve.dot) else None


def column_at(picture: Picture, step: float) -> int:
    """The column of cells of a step, the first or last one for a step outside of the axis."""
    inside = min(max(step, picture.steps.low), picture.steps.high)
    return (picture.dot_of(inside) or 0) // 2


def _legend(picture: Picture, chart: Chart) -> list[Run]:
    """Each series with its newest value; where that is too long without its label, and only if it has a value.

    Baselines that lie outside come last.
    """
    full, short = [(chart.title, "title")], [(chart.title, "title")]
    for series, curve in zip(chart.series, picture.curves, strict=True):
        newest = shown(float(series.line(curve)[-1])) if len(curve.dot) else DASH
        full.append((f"  {SAMPLES[series.role]} {series.label} {newest}", f"{series.role}-text"))
        if len(curve.dot):
            short.append((f"  {SAMPLES[series.role]} {newest}", f"{series.role}-text"))
    return [*(full if _length(full) <= picture.width else short), *_baselines_outside(picture, chart)]


def _length(pieces: list[Run]) -> int:
    return sum(len(text) for text, _ in pieces)


def _baselines_outside(picture: Picture, chart: Chart) -> Iterator[Run]:
    for baseline in chart.baselines:
        if not picture.values.low <= baseline.value <= picture.values.high:
            arrow = "▴" if baseline.value > picture.values.high else "▾"
            yield f"  {arrow} {baseline.label} {baseline.value:.3g}", "baseline"


def _readout(picture: Picture, chart: Chart, cursor: int) -> list[Run]:
    said = [(_place(chart.look, step_at(picture, cursor)), "cursor"), *_measured(picture, chart, cursor)]
    for mark in chart.marks:
        if (dot := picture.dot_of(mark.step)) is not None and abs(dot // 2 - cursor) <= 1:
            said.append((f"  {mark.label}", "mark"))
    titled = [(f"{chart.title}  ", "title"), *said]
    return titled if _length(titled) <= picture.width else said


def _place(look: SeriesStyle, step: float) -> str:
    """A place on the horizontal axis."""
    return f"{step / 1_000:,.1f} s" if look.along == "seconds" else f"{look.along} {step:,.0f}"


def _measured(picture: Picture, chart: Chart, cursor: int) -> Iterator[Run]:
    """The lines' values, then what was measured there before smoothing."""
    measured = [
        (series, curve, k)
        for series, curve in zip(chart.series, picture.curves, strict=True)
        if (k := nearest(curve, cursor)) is not None
    ]
    for series, curve, k in measured:
        at = f" at {curve.step[k]:,.0f}" if series.role == "held-out" else ""
        yield f"  {series.label} {shown(float(series.line(curve)[k]))}{at}", f"{series.role}-text"
    for series, curve, k in measured:
        if chart.look.bands and not series.is_rare:
            low, high = float(curve.minimum[k]), float(curve.maximum[k])
            between = f" ({shown(low)} to {shown(high)})" if low < high else ""
            yield f"  here {shown(float(curve.mean[k]))}{between}", "note"


def _note(chart: Chart) -> str:
    """How the series are drawn."""
    look, notes = chart.look, []
    if look.log:
        notes.append("log")
    if look.zoom > 1:
        notes.append(f"last {look.zoom:,.0f} steps")
    elif look.zoom < 1:
        notes.append(f"last {look.zoom:.0%}")
    if look.smoothing > 1 and not all(series.is_rare for series in chart.series):
        notes.append(f"mean of {look.smoothing:,}")
    return " · ".join(notes)
