"""The first line of a chart: title and legend, or the values measured at the cursor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnntui.text import format
from rnntui.tui.chart.axis import shown
from rnntui.tui.chart.binning import CurveColumns
from rnntui.tui.chart.ends import placed_ends
from rnntui.tui.chart.measure import smoothing_steps
from rnntui.tui.chart.picture import Picture, Run
from rnntui.tui.chart.series import LETTERS, ON_STEPS, ROLES, Chart, Role, Series, SeriesStyle

# Told apart without colours too.
SAMPLES = {"training": "⠤⠤", "held-out": "⠴⠦", "third": "⠤⠄", "fourth": "⠄⠄"} | {letter: letter for letter in LETTERS}

SHORT_NAMES = {"training": "train", "averaged": "avg"}

HIDDEN = "○"  # before a series that is not drawn
NOT_FINITE = "? not finite"
LARGE = 1e15  # from here on a whole number along an axis is written with a power of ten


@dataclass(frozen=True)
class Spelling:
    """How much of the legend is written: the title or its first word, names, and the newest values of some roles."""

    title: str = "whole"  # or `word`
    names: str = "whole"  # or `short`, `none`
    values: Sequence[str] = ROLES
    gap: str = "  "  # before each line


def write_first_line(picture: Picture, chart: Chart, cursor: int | None) -> None:
    """Write the line; shorter where there is little room."""
    pieces = [piece for piece, _ in _legend(picture, chart)] if cursor is None else _readout(picture, chart, cursor)
    used = picture.write_runs(0, pieces)
    note = next((note for note in _notes(picture, chart) if used + 2 + len(note) <= picture.width), "")
    picture.write(0, picture.width - len(note), note, "note")


def entry_at(picture: Picture, chart: Chart, column: int) -> Series | None:
    """The series whose entry in the legend stands at a column of cells."""
    end = 0
    for (text, _), series in _legend(picture, chart):
        begin, end = end, end + len(text)
        if end > picture.width and begin:
            return None  # it was left out, and all behind it
        if begin <= column < end:
            return series
    return None


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


def _legend(picture: Picture, chart: Chart) -> list[tuple[Run, Series | None]]:
    """The title, and each series with its newest value where that does not stand at its end: in the first of the
    spellings that has room, the last one else. A rare one without a value is left out. Those that are hidden
    keep their places, and baselines that lie outside come last.
    """
    spellings = [_spelled(picture, chart, spelling) for spelling in _spellings(chart)]
    fits = (pieces for pieces in spellings if _length([piece for piece, _ in pieces]) <= picture.width)
    entries = next(fits, spellings[-1])
    return [*entries, *((piece, None) for piece in _baselines_outside(picture, chart))]


def _spellings(chart: Chart) -> Iterator[Spelling]:
    """From long to short: of several lines that have no letters the names are the last to go."""
    yield Spelling()
    if len(chart.series) + len(chart.hidden) > 1 and not any(series.role in LETTERS for series in chart.series):
        for title in ("whole", "word"):
            yield Spelling(title, "short")
        yield Spelling("word", "short", gap=" ")
        for roles in (("training", "held-out"), ("held-out",), ()):
            yield Spelling("word", "short", roles, " ")
        yield Spelling("word", "none")
    yield Spelling(names="none")


def _spelled(picture: Picture, chart: Chart, spelling: Spelling) -> list[tuple[Run, Series | None]]:
    """Along another axis than that of the training a value is that at the line's end, and says so; without its name a
    series stands only if it has a value.
    """
    title = _title(picture, chart) if spelling.title == "whole" else _first_word(chart)
    pieces: list[tuple[Run, Series | None]] = [((title, "title"), None)]
    at_ends = placed_ends(picture, chart)
    drawn = {series.label: number for number, series in enumerate(chart.series)}
    places = {label: place for place, label in enumerate(chart.order)}
    for series in sorted([*chart.series, *chart.hidden], key=lambda each: places.get(each.label, 0)):
        if series in chart.hidden:
            name = _spelt(series.label, "short" if spelling.names == "none" else spelling.names)
            pieces.append(((f"{spelling.gap}{HIDDEN} {name}", "note"), series))
            continue
        number = drawn[series.label]
        curve = picture.curves[number]
        if not len(curve.dot) and (series.is_rare or spelling.names == "none"):
            continue  # the first evaluation, or the first averaged weights, are yet to come
        name = series.label if series.label != chart.title else ""  # which says it already
        newest = shown(float(series.line(curve)[-1])) if len(curve.dot) else format.DASH
        if len(curve.dot) and chart.look.along not in ON_STEPS:
            newest += f" at {_place(chart.look, float(curve.step[-1]))}"
        words = [SAMPLES[series.role], _spelt(name, spelling.names)]
        if spelling.names == "none" or (number not in at_ends and series.role in spelling.values):
            words.append(newest)
        pieces.append(((f"{spelling.gap}{' '.join(filter(None, words))}", f"{series.role}-text"), series))
    return pieces


def _spelt(name: str, names: str) -> str:
    """The name of a line where names are written `whole`, `short` or, then empty, not at all (`none`)."""
    return {"whole": name, "short": SHORT_NAMES.get(name, name), "none": ""}[names]


def _title(picture: Picture, chart: Chart) -> str:
    """What the vertical axis shows, and whether it is logarithmic."""
    return f"{chart.title} (log)" if picture.values.log else chart.title


def _first_word(chart: Chart) -> str:
    return chart.title.partition(" ")[0].rstrip(",")


def _length(pieces: list[Run]) -> int:
    return sum(len(text) for text, _ in pieces)


def _baselines_outside(picture: Picture, chart: Chart) -> Iterator[Run]:
    for baseline in chart.baselines:
        if not picture.values.low <= baseline.value <= picture.values.high:
            arrow = "▴" if baseline.value > picture.values.high else "▾"
            yield f"  {arrow} {baseline.label} {baseline.value:.3g}", "baseline"


def _readout(picture: Picture, chart: Chart, cursor: int) -> list[Run]:
    """The step, what was changed there, and the values; in a narrow chart in short."""
    step, events = step_at(picture, cursor), _events(picture, chart, cursor)
    title, place = (f"{_title(picture, chart)}  ", "title"), (_place(chart.look, step), "cursor")
    here, roles = list(_unsmoothed(picture, chart, cursor)), chart.look.barred
    values, barred, one_barred = (list(_measured(picture, chart, cursor, of)) for of in ((), roles, roles[:1]))
    first_word = (f"{_first_word(chart)} ", "title")
    bare = (_number(chart.look, step), "cursor") if chart.look.along != "seconds" else place
    choices = (
        [title, place, *events, *barred, *here],
        [title, place, *events, *one_barred],
        [title, place, *events, *values],
        [first_word, place, *events, *values],
        [first_word, bare, *events, *values],
        *([first_word, bare, *events, *_measured(picture, chart, cursor, (), names)] for names in ("short", "none")),
    )
    return next((choice for choice in choices if _length(choice) <= picture.width), choices[-1])


def _events(picture: Picture, chart: Chart, cursor: int) -> list[Run]:
    """The marks in the column of the cursor, or else beside it."""
    near = [(abs(dot // 2 - cursor), mark) for mark in chart.marks if (dot := picture.dot_of(mark.step)) is not None]
    closest = min((distance for distance, _ in near), default=2)
    return [
        (f"  {mark.label}{f' at {mark.step:,}' if chart.has_lane else ''}", "mark")
        for distance, mark in near
        if distance == closest <= 1
    ]


def _place(look: SeriesStyle, step: float) -> str:
    """A place on the horizontal axis."""
    if look.along == "seconds":
        return f"{step / 1_000:,.1f} s"
    return f"{look.along} {_number(look, step)}"


def _number(look: SeriesStyle, step: float) -> str:
    value = look.counted(step)
    if look.has_logarithms:
        return f"{value:g}"  # as at the ticks
    return f"{value:,.0f}" if value == round(value) and abs(value) < LARGE else shown(value)


def _measured(
    picture: Picture, chart: Chart, cursor: int, barred: Sequence[Role], names: str = "whole"
) -> Iterator[Run]:
    """The lines' values, of some roles with the least and the highest there, behind their names: `whole`, `short`, or
    `none`, which leaves what they look like.
    """
    for series, curve, k in _at(picture, chart, cursor):
        at = f" at {curve.step[k]:,.0f}" if series.role == "held-out" and names == "whole" else ""
        value = float(series.line(curve)[k])
        said = shown(value) if np.isfinite(value) else NOT_FINITE
        if series.is_rare and chart.look.along not in ON_STEPS and _is_elsewhere(picture, curve, k, cursor):
            said = format.DASH
        elif series.role in barred:
            at = _between(curve, k)
        name = _spelt(series.label, names)
        words = [SAMPLES[series.role], name] if series.role in LETTERS else [name or SAMPLES[series.role]]
        yield f"  {' '.join(filter(None, words))} {said}{at}", f"{series.role}-text"


def _is_elsewhere(picture: Picture, curve: CurveColumns, k: int, cursor: int) -> bool:
    """Whether a column is of another place than the one that is read out."""
    per_dot = (picture.steps.high - picture.steps.low) / (picture.frame.dots[1] - 1)
    return abs(float(curve.step[k]) - step_at(picture, cursor)) >= per_dot


def _between(curve: CurveColumns, k: int) -> str:
    """The least and the highest value of a column; empty where it has one alone."""
    low, high = float(curve.minimum[k]), float(curve.maximum[k])
    return f" ({shown(low)} to {shown(high)})" if low < high else ""


def _unsmoothed(picture: Picture, chart: Chart, cursor: int) -> Iterator[Run]:
    """What was measured there before smoothing."""
    for series, curve, k in _at(picture, chart, cursor):
        if chart.look.bands and not series.is_rare and np.isfinite(curve.mean[k]):
            yield f"  here {shown(float(curve.mean[k]))}{_between(curve, k)}", "note"


def _at(picture: Picture, chart: Chart, cursor: int) -> list[tuple[Series, CurveColumns, int]]:
    """Each series with its place nearest to the cursor."""
    pairs = zip(chart.series, picture.curves, strict=True)
    return [(series, curve, k) for series, curve in pairs if (k := nearest(curve, cursor)) is not None]


def _notes(picture: Picture, chart: Chart) -> Iterator[str]:
    """How the series are drawn, the longest first."""
    look, notes = chart.look, ["own axis"] if chart.look.has_own_axis else []
    if look.zoom > 1:
        notes.append(f"last {look.zoom:,.0f} steps")
    elif look.zoom < 1:
        notes.append(f"last {look.zoom:.0%}")
    if window := _window(picture, chart):
        notes.append(window)
    while notes:
        yield " · ".join(notes)
        notes.pop()


def _window(picture: Picture, chart: Chart) -> str:
    """Over how much the lines are smoothed, and by which mean; empty where they are not, as over one step.

    In the same words whatever the room: charts of several widths stand in one frame.
    """
    if all(series.is_rare for series in chart.series):
        return ""
    window, mean = smoothing_steps(chart, picture.steps), "geometric mean" if picture.values.log else "mean"
    if chart.look.along == "seconds" and chart.look.smoothing < 1:
        return f"{window / 1_000:,.1f} s {mean}" if window > 1 else ""
    steps = round(window)
    return f"{steps:,}-step {mean}" if steps > 1 else ""
