"""Draws a chart: braille curves over a faint band, dotted baselines, quiet axes, a line of words.

A held-out line is dashed, and has a cross on each of its points: it is told from the training without colours.

No loop runs over cells, dots or bins: the trainer's thread waits while this one computes.
"""

from collections.abc import Iterable

import numpy as np

from rnntui.tui.chart.axes import draw_axes
from rnntui.tui.chart.axis import Axis
from rnntui.tui.chart.bars import bars, set_apart
from rnntui.tui.chart.binning import Places
from rnntui.tui.chart.dots import BRAILLE, Dots, cells, crosses, joined, runs, trace
from rnntui.tui.chart.ends import label_ends
from rnntui.tui.chart.labels import LINE, label_baselines, label_marks
from rnntui.tui.chart.legend import write_first_line
from rnntui.tui.chart.measure import measured, scaled
from rnntui.tui.chart.picture import BLANK, ROLE, Picture
from rnntui.tui.chart.series import LETTERS, Chart, Role

LEAST_WIDTH, LEAST_HEIGHT = 8, 2
STRIPE = 2  # cells of each colour, where two lines of held-out scores run through the same
DASHES = {"held-out": (8, 6), "third": (6, 4), "fourth": (4, 2)}  # period and length, in dots
LETTERS_APART = 24  # columns at least between two letters on a line
BAND = 1  # stands in a cell, as `LINE` may; 0 is nothing that a label would hide


def draw(
    chart: Chart, width: int, height: int, *, before: Axis | None = None, cursor: int | None = None
) -> Picture | None:
    """The picture of a chart whose series have at least one bin; `None` where there is no room for it.

    `before` is the vertical axis of the picture before, which is kept while it serves. `cursor` is the column of
    cells, counted from the left of the frame, whose values are read out.
    """
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return None
    picture = set_apart(measured(chart, width, height, before), chart)
    busy = _draw_curves(picture, chart)
    _write_letters(picture, chart)
    _mark_gaps(picture, chart)
    _say_what_is_not_drawn(picture, chart)
    label_baselines(picture, chart, busy)
    if not chart.has_lane:
        label_marks(picture, chart, busy)
    label_ends(picture, chart)
    draw_axes(picture, chart)
    if cursor is not None:
        cursor = min(max(cursor, 0), picture.frame.columns - 1)
        _draw_cursor(picture, cursor)
    if picture.frame.top:
        write_first_line(picture, chart, cursor)
    return picture


# --- curves ---------------------------------------------------------------------------------------------------------


def _draw_curves(picture: Picture, chart: Chart) -> Places:
    """Draw bands, then baselines and marks, then lines, each over what is before it; what stands in each cell."""
    frame = picture.frame
    bits = np.zeros((frame.rows, frame.columns), dtype=np.uint32)
    roles = np.zeros((frame.rows, frame.columns), dtype=np.uint8)
    busy = np.zeros((frame.rows, frame.columns), dtype=np.intp)
    bands = [*_bands(picture, chart), *bars(picture, chart)]
    layers = ((BAND, bands), (0, _dotted(picture, chart)), (LINE, _lines(picture, chart)))
    rare = [ROLE[series.role] for series in chart.series if series.is_rare]
    by_turns = np.arange(frame.columns) // STRIPE % 2 == 0
    for weight, layer in layers:
        own = np.zeros_like(bits)
        for role, dots in layer:
            drawn = cells(dots)
            own |= drawn
            taken = drawn > 0
            if ROLE[role] in rare:
                taken &= ~(by_turns & np.isin(roles, rare))
            roles[taken] = ROLE[role]
        np.copyto(bits, own, where=own > 0)
        busy[own > 0] = weight
    inside = np.s_[frame.top : frame.top + frame.rows, frame.left : frame.left + frame.columns]
    picture.characters[inside] = np.where(bits > 0, bits + BRAILLE, BLANK)
    picture.roles[inside] = roles
    _point_outside(picture, chart)
    return busy


def _bands(picture: Picture, chart: Chart) -> Iterable[tuple[str, Dots]]:
    """All that was measured in each column, filled between points that lie apart: a line may run beside it."""
    rows, columns = picture.frame.dots
    for series, curve in zip(chart.series, picture.curves, strict=True):
        if series.is_rare or not chart.look.bands:
            continue
        low = np.where(curve.maximum > 0, np.maximum(curve.minimum, picture.values.low), curve.minimum)
        top, bottom = (joined(curve.dot, picture.heights(edge), columns) for edge in (curve.maximum, low))
        dots = trace(joined(curve.dot, picture.heights(curve.mean), columns), rows)
        yield f"{series.role}-band", dots | runs(np.rint(top), np.rint(bottom), rows)


def _dotted(picture: Picture, chart: Chart) -> Iterable[tuple[str, Dots]]:
    vertical, horizontal = (np.zeros(picture.frame.dots, dtype=np.bool_) for _ in range(2))
    if not chart.has_lane:
        vertical[::2, [dot for mark in chart.marks if (dot := picture.dot_of(mark.step)) is not None]] = True
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
        period, length = DASHES.get(series.role, (1, 1))
        dots = dots & (np.arange(columns) % period < length)
        if series.is_rare:
            held_out.append((series.role, dots))
            points.append((series.role, crosses(curve.dot, heights, rows, columns)))
        else:
            others.append((series.role, dots))
    return [*held_out, *others, *points]


def _point_outside(picture: Picture, chart: Chart) -> None:
    """An arrow at the border wherever a line leaves the axis, as one of values without a logarithm does."""
    frame = picture.frame
    for series, curve in zip(chart.series, picture.curves, strict=True):
        line = series.line(curve)
        share = picture.values.share(line)
        for out, row, arrow in (
            (share > 1 + 1e-9, frame.top, ord("▴")),
            ((share < -1e-9) | (np.isfinite(line) & np.isnan(share)), frame.top + frame.rows - 1, ord("▾")),
        ):
            columns = frame.left + curve.dot[out & (curve.dot >= 0)] // 2
            picture.characters[row, columns] = arrow
            picture.roles[row, columns] = ROLE[series.role]


def _write_letters(picture: Picture, chart: Chart) -> None:
    """Each lettered line bears its letter every so often, where the others do not; a short one at its end. Where few
    places were tested it stands on each of these.
    """
    if chart.look.tested:
        _letter_points(picture, chart)
        return
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


def _letter_points(picture: Picture, chart: Chart) -> None:
    """The letter of a line on each of its points, those of one cell side by side."""
    frame = picture.frame
    by_cell: dict[tuple[int, int], list[Role]] = {}
    for series, curve in zip(chart.series, picture.curves, strict=True):
        heights = picture.heights(series.line(curve))
        there = np.isfinite(heights) & (curve.dot >= 0)
        cells_of = zip(np.rint(heights[there]).astype(int) // 4, curve.dot[there] // 2, strict=True)
        for row, column in cells_of:
            by_cell.setdefault((int(row), int(column)), []).append(series.role)
    for (row, column), letters in by_cell.items():
        begin = max(0, min(column, frame.columns - len(letters)))
        for k, letter in enumerate(letters[: frame.columns]):
            picture.write(frame.top + row, frame.left + begin + k, letter, letter)


def _mark_gaps(picture: Picture, chart: Chart) -> None:
    """A question mark at the bottom of each gap, where a line's values were not finite."""
    frame = picture.frame
    for series, curve in zip(chart.series, picture.curves, strict=True):
        missing = ~np.isfinite(curve.mean) & (curve.dot >= 0)
        begins = np.flatnonzero(missing & ~np.append(False, missing[:-1]))
        ends = np.flatnonzero(missing & ~np.append(missing[1:], False))
        columns = frame.left + (curve.dot[begins] + curve.dot[ends]) // 4
        picture.characters[frame.top + frame.rows - 1, columns] = ord("?")
        picture.roles[frame.top + frame.rows - 1, columns] = ROLE[f"{series.role}-text"]


def _say_what_is_not_drawn(picture: Picture, chart: Chart) -> None:
    """Say why there is no line, if there is none."""
    lines = [series.line(curve) for series, curve in zip(chart.series, picture.curves, strict=True)]
    if any(len(scaled(line, picture.values.log)) for line in lines):
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
