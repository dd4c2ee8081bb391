"""Draws a chart: braille curves over a faint band, dotted baselines and marks, quiet axes, a line of words.

No loop runs over cells, dots or bins: the trainer's thread waits while this one computes.
"""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from rnntui.tui.chart.axis import (
    LEAST_LOG,
    Axis,
    Floats,
    second_labels,
    step_axis,
    step_labels,
    tick_labels,
    ticks,
    usual_range,
    value_axis,
)
from rnntui.tui.chart.binning import CurveColumns, Places, reduce
from rnntui.tui.chart.dots import BRAILLE, Dots, cells, crosses, joined, runs, trace
from rnntui.tui.chart.legend import write_first_line
from rnntui.tui.chart.picture import BLANK, ROLE, Picture, PlotArea, empty_picture
from rnntui.tui.chart.series import LETTERS, Chart, Series, plain

LEAST_WIDTH, LEAST_HEIGHT = 8, 2
GUTTER_FROM, WORDS_FROM, LABELS_FROM, BASELINE_FROM = 16, 3, 5, 9  # columns; rows
GUTTER = 5  # columns, wider for long labels
UNUSUAL = 10  # the tenth part of a band's edge may lie outside of the axis
DASHES = {"third": (6, 4), "fourth": (4, 2)}  # period and length, in dots
LETTERS_APART = 24  # columns at least between two letters on a line
BAND, LINE, LABEL = 1, 2, 3  # what stands in a cell; 0 is nothing that a label would hide
COLUMNS_A_MARK = 8  # where there are more marks, each is a tick at the bottom and no line through the curves


def draw(
    chart: Chart, width: int, height: int, *, before: Axis | None = None, cursor: int | None = None
) -> Picture | None:
    """The picture of a chart whose series have at least one bin; `None` where there is no room for it.

    `before` is the vertical axis of the picture before, which is kept while it serves. `cursor` is the column of
    cells, counted from the left of the frame, whose values are read out.
    """
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return None
    picture = _measure(chart, width, height, before)
    busy = _draw_curves(picture, chart)
    _write_letters(picture, chart)
    _say_what_is_not_drawn(picture, chart)
    _label_baselines(picture, chart, busy)
    _label_marks(picture, chart, busy)
    _draw_value_axis(picture)
    _draw_step_axis(picture, second_labels if chart.look.along == "seconds" else step_labels)
    if cursor is not None:
        cursor = min(max(cursor, 0), picture.frame.columns - 1)
        _draw_cursor(picture, cursor)
    if picture.frame.top:
        write_first_line(picture, chart, cursor)
    return picture


# --- what is where --------------------------------------------------------------------------------------------------


def _measure(chart: Chart, width: int, height: int, before: Axis | None) -> Picture:
    """Axes and curves, on a picture that is still blank."""
    steps, gutter, smoothing = _steps(chart), GUTTER, chart.look.smoothing
    while True:
        frame = _frame(width, height, gutter)
        curves = [reduce(line.column.bins, steps, frame.dots[1], smoothing * line.step_length) for line in chart.series]
        picture = empty_picture(width, height, frame, steps, _values(chart, curves, before), curves)
        longest = max((len(label) for _, label in _value_ticks(picture)), default=0)
        if not frame.left or longest < gutter:
            return picture
        gutter = longest + 1


def _steps(chart: Chart) -> Axis:
    filled = [bins for line in chart.series if (bins := line.column.bins).length]
    first = min(bins.step[0] for bins in filled)
    last = max(bins.step[bins.length - 1] for bins in filled)
    return step_axis(first, last, chart.look.zoom)


def _frame(width: int, height: int, gutter: int) -> PlotArea:
    left = gutter if width >= max(GUTTER_FROM, 2 * gutter) else 0
    top = int(height >= WORDS_FROM)
    below = int(height >= LABELS_FROM) + int(height >= BASELINE_FROM)
    return PlotArea(left, top, width - left, height - top - below)


def _values(chart: Chart, curves: Sequence[CurveColumns], before: Axis | None) -> Axis:
    """The vertical axis: around the lines, most of the bands, and each baseline that at most doubles it."""
    log = chart.look.log
    if chart.look.y_range is not None and not log:
        return Axis(*chart.look.y_range)
    ends = [
        end
        for series, curve in zip(chart.series, curves, strict=True)
        for end in _ends(series, curve, log, chart.look.bands)
    ]
    if not ends:
        return Axis(0.1, 1.0, log=True) if log else Axis(0.0, 1.0)
    low, high = min(ends), max(ends)
    spread = high - low
    for value in _scaled(np.array([baseline.value for baseline in chart.baselines], dtype=np.float64), log).tolist():
        if max(high, value) - min(low, value) <= 2 * spread:
            low, high = min(low, value), max(high, value)
    if log:
        low, high = math.exp(low), math.exp(high)
    return value_axis(low, high, log, before)


def _ends(series: Series, curve: CurveColumns, log: bool, bands: bool) -> list[float]:
    """Values that the axis shall hold, as logarithms if it is logarithmic."""
    line = _scaled(series.line(curve), log)
    if not len(line):
        return []
    start = _scaled(np.array([curve.start]), log)
    ends = [*usual_range(line, float(start[0] if len(start) else line[0]))]
    for edge in () if series.is_rare or not bands else (curve.minimum, curve.maximum):
        ordered = np.sort(_scaled(edge, log))
        rare = len(ordered) // UNUSUAL
        ends += [float(ordered[rare]), float(ordered[-1 - rare])] if len(ordered) else []
    return ends


def _scaled(values: Floats, log: bool) -> Floats:
    usable = np.isfinite(values) & (values >= LEAST_LOG) if log else np.isfinite(values)
    return np.log(values[usable]) if log else values[usable]


# --- curves ---------------------------------------------------------------------------------------------------------


def _draw_curves(picture: Picture, chart: Chart) -> Places:
    """Draw bands, then baselines and marks, then lines, each over what is before it; what stands in each cell."""
    frame = picture.frame
    bits = np.zeros((frame.rows, frame.columns), dtype=np.uint32)
    roles = np.zeros((frame.rows, frame.columns), dtype=np.uint8)
    busy = np.zeros((frame.rows, frame.columns), dtype=np.intp)
    layers = ((BAND, _bands(picture, chart)), (0, _dotted(picture, chart)), (LINE, _lines(picture, chart)))
    for weight, layer in layers:
        own = np.zeros_like(bits)
        for role, dots in layer:
            drawn = cells(dots)
            own |= drawn
            roles[drawn > 0] = ROLE[role]
        np.copyto(bits, own, where=own > 0)
        busy[own > 0] = weight
    inside = np.s_[frame.top : frame.top + frame.rows, frame.left :]
    picture.characters[inside] = np.where(bits > 0, bits + BRAILLE, BLANK)
    picture.roles[inside] = roles
    _point_outside(picture, chart)
    return busy


def _bands(picture: Picture, chart: Chart) -> Iterable[tuple[str, Dots]]:
    """What was measured: from minimum to maximum, joined through the means."""
    rows, columns = picture.frame.dots
    for series, curve in zip(chart.series, picture.curves, strict=True):
        if series.is_rare or not chart.look.bands:
            continue
        dots = trace(joined(curve.dot, picture.heights(curve.mean), columns), rows)
        low = np.where(curve.maximum > 0, np.maximum(curve.minimum, picture.values.low), curve.minimum)
        top, bottom = np.rint(picture.heights(curve.maximum)), np.rint(picture.heights(low))
        there = curve.dot >= 0
        dots[:, curve.dot[there]] |= runs(top[there], bottom[there], rows)
        yield f"{series.role}-band", dots


def _dotted(picture: Picture, chart: Chart) -> Iterable[tuple[str, Dots]]:
    vertical, horizontal = (np.zeros(picture.frame.dots, dtype=np.bool_) for _ in range(2))
    dots = [dot for mark in chart.marks if (dot := picture.dot_of(mark.step)) is not None]
    height = 4 if COLUMNS_A_MARK * len(dots) > picture.frame.columns else len(vertical)
    vertical[-height::2, dots] = True
    for baseline in chart.baselines:
        if (row := picture.row_of(baseline.value)) is not None:
            horizontal[row, ::2] = True
    return ("mark", vertical), ("baseline", horizontal)


def _lines(picture: Picture, chart: Chart) -> Iterable[tuple[str, Dots]]:
    """The lines, those of held-out series first, and last the crosses on these."""
    rows, columns = picture.frame.dots
    held_out, others, points = [], [], []
    for series, curve in zip(chart.series, picture.curves, strict=True):
        heights = picture.heights(series.line(curve))
        dots = trace(joined(curve.dot, heights, columns), rows)
        if series.is_rare:
            held_out.append((series.role, dots))
            points.append((series.role, crosses(curve.dot, heights, rows, columns)))
        else:
            period, length = DASHES.get(series.role, (1, 1))
            others.append((series.role, dots & (np.arange(columns) % period < length)))
    return [*held_out, *others, *points]


def _point_outside(picture: Picture, chart: Chart) -> None:
    """An arrow at the border wherever a line leaves the axis."""
    frame = picture.frame
    for series, curve in zip(chart.series, picture.curves, strict=True):
        share = picture.values.share(series.line(curve))
        for out, row, arrow in (
            (share > 1 + 1e-9, frame.top, ord("▴")),
            (share < -1e-9, frame.top + frame.rows - 1, ord("▾")),
        ):
            columns = frame.left + curve.dot[out & (curve.dot >= 0)] // 2
            picture.characters[row, columns] = arrow
            picture.roles[row, columns] = ROLE[series.role]


def _write_letters(picture: Picture, chart: Chart) -> None:
    """Each lettered line bears its letter every so often, where the others do not; a short one at its end."""
    frame = picture.frame
    lettered = [pair for pair in zip(chart.series, picture.curves, strict=True) if pair[0].role in LETTERS]
    apart = max(LETTERS_APART, 3 * len(lettered))
    for number, (series, curve) in enumerate(lettered):
        heights = joined(curve.dot, picture.heights(series.line(curve)), frame.dots[1])[1::2]
        there = np.flatnonzero(np.isfinite(heights))
        columns = there[(there - 1) % apart == number * apart // len(lettered)]
        columns = columns if len(columns) else there[-1:]
        rows = frame.top + np.rint(heights[columns]).astype(np.intp) // 4
        picture.characters[rows, frame.left + columns] = ord(series.role)
        picture.roles[rows, frame.left + columns] = ROLE[series.role]


def _say_what_is_not_drawn(picture: Picture, chart: Chart) -> None:
    """Say why there is no line, if there is none."""
    lines = [series.line(curve) for series, curve in zip(chart.series, picture.curves, strict=True)]
    if any(len(_scaled(line, chart.look.log)) for line in lines):
        return
    has_any = any(np.isfinite(line).any() for line in lines)
    why = "no value above 0: L switches to a linear scale" if has_any else "no finite value here"
    row, room = picture.frame.top + picture.frame.rows // 2, picture.frame.columns
    picture.write(row, picture.frame.left + max(0, (room - len(why)) // 2), why[:room], "note")


def _draw_cursor(picture: Picture, cursor: int) -> None:
    frame = picture.frame
    column = np.s_[frame.top : frame.top + frame.rows, frame.left + cursor]
    free = (picture.characters[column] == BLANK) | (picture.roles[column] == ROLE["mark"])
    picture.characters[column] = np.where(free, ord("│"), picture.characters[column])
    picture.roles[column] = np.where(free, ROLE["cursor"], picture.roles[column])


# --- axes -----------------------------------------------------------------------------------------------------------


def _value_ticks(picture: Picture) -> list[tuple[float, str]]:
    rows = max(2, picture.frame.rows)
    values = ticks(picture.values, min(1 + rows // 2, 2 + rows // 3))
    return list(zip(values, tick_labels(values), strict=True))


def _draw_value_axis(picture: Picture) -> None:
    frame = picture.frame
    if not frame.left:
        return
    picture.characters[frame.top : frame.top + frame.rows, frame.left - 1] = ord("│")
    for value, label in _value_ticks(picture):
        if (row := picture.row_of(value)) is not None:
            picture.write(frame.top + row // 4, 0, f"{label:>{frame.left - 1}}┤", "axis")


def _draw_step_axis(picture: Picture, labels: Callable[[list[float]], list[str]]) -> None:
    frame, last = picture.frame, len(picture.characters) - 1
    below = frame.top + frame.rows
    if below > last:
        return
    values = ticks(picture.steps, min(max(2, frame.columns // 7), 8))
    columns = [frame.left + (picture.dot_of(value) or 0) // 2 for value in values]
    if below < last:
        corner = "╰" if frame.left else ""
        picture.write(below, frame.left - len(corner), corner + "─" * frame.columns, "axis")
        picture.characters[below, columns] = ord("┬")
    free = 0
    for label, column in zip(labels(values), columns, strict=True):
        begin = min(max(column - len(label) // 2, 0), picture.width - len(label))
        if begin >= free:
            picture.write(last, begin, label, "axis")
            free = begin + len(label) + 1


# --- labels ---------------------------------------------------------------------------------------------------------


def _label_baselines(picture: Picture, chart: Chart, busy: Places) -> None:
    """Name each baseline on its own line, or beside it, where the least is hidden."""
    for baseline in chart.baselines:
        row = picture.row_of(baseline.value)
        text = f" {plain(baseline.label)} {baseline.value:.3g} "
        spare = picture.frame.columns - len(text)
        if row is None or spare < len(text):
            continue
        rows = [r for r in (row // 4, row // 4 - 1, row // 4 + 1) if 0 <= r < picture.frame.rows]
        _label(picture, text, "baseline", busy, [(r, c) for r in rows for c in (spare, spare // 2, 0)])


def _label_marks(picture: Picture, chart: Chart, busy: Places) -> None:
    """Name marks beside their lines, at the top or the bottom, the newest first while there is room."""
    for mark in reversed(chart.marks):
        dot = picture.dot_of(mark.step)
        text = plain(mark.label)
        spare = picture.frame.columns - len(text)
        if dot is None or not text or spare < len(text):
            continue
        columns = [c for c in (dot // 2 + 1, dot // 2 - len(text)) if 0 <= c <= spare]
        _label(picture, text, "mark", busy, [(r, c) for r in (0, picture.frame.rows - 1) for c in columns])


def _label(picture: Picture, text: str, role: str, busy: Places, places: Sequence[tuple[int, int]]) -> None:
    """Write at the place that hides the least, the first of equals; nowhere if each would hide a line or a label."""
    hidden = [_hidden(busy[row], column, len(text)) for row, column in places]
    if not hidden or min(hidden) >= LINE:
        return
    row, column = places[hidden.index(min(hidden))]
    picture.write(picture.frame.top + row, picture.frame.left + column, text, role)
    busy[row, column : column + len(text)] = LABEL


def _hidden(busy: Places, column: int, length: int) -> int:
    """The most that a label would hide; a label right beside it counts as hidden, since the two would read as one."""
    beside = busy[max(0, column - 1) : column + length + 1]
    return LABEL if (beside == LABEL).any() else int(busy[column : column + length].max())
