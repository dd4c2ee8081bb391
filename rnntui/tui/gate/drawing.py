"""Draws a gate over a stretch of time: k(t) in front of φ(t), whole steps as dots, open time as a thick axis.

Each column of dots shows all that k reaches in its time, in closed form: no opening is too narrow to be drawn.
"""

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from rnntui.gate import Gate
from rnntui.gate.openings import opens_within, reach_of_openness, reach_of_phase
from rnntui.gate.stretch import Stretch
from rnntui.tui.chart.axis import Axis, Floats, ticks
from rnntui.tui.chart.dots import BRAILLE, Dots, cells, runs
from rnntui.tui.chart.picture import BLANK, ROLE, Picture, PlotArea, Run, empty_picture

# What stands for these among the roles of a chart's picture.
OPENNESS, PHASE, STEP = "training", "training-band", "held-out"

GUTTER = 5  # columns
LEAST_WIDTH, LEAST_HEIGHT = 16, 5
TIME = "t"  # what the horizontal axis shows, as in the titles
HALF_FROM = 5  # rows
CELLS_A_STEP = 1.5  # at least, for whole steps to be marked
STEEP = 0.25  # of a period: a column of dots that holds more of φ shows all of it, else one dot
PEAK_APART = 0.02  # how much more k reaches within the cell than at the cursor for it to be said

Reach = Callable[[Gate, float, float], tuple[float, float]]


def draw(gate: Gate, stretch: Stretch, width: int, height: int, cursor: int | None = None) -> Picture | None:
    """The picture, or `None` where there is no room; `cursor` is the column of cells that is read out."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return None
    frame = PlotArea(GUTTER, 1, width - GUTTER, height - 3)
    axes = Axis(stretch.low, stretch.high), Axis(0.0, 1.0)
    picture = empty_picture(width, height, frame, *axes, ())
    _draw_lines(picture, gate, stretch)
    _draw_steps(picture, gate, stretch)
    _draw_value_axis(picture)
    _draw_time_axis(picture, gate, stretch)
    if cursor is None:
        picture.write_runs(0, _legend(picture, stretch))
    else:
        _draw_cursor(picture, cursor)
        picture.write_runs(0, _readout(gate, stretch, frame.columns, cursor))
    return picture


def edges(stretch: Stretch, columns: int) -> list[float]:
    """The moments between so many columns, the two ends included."""
    inside = [stretch.low + stretch.length * (k / columns) for k in range(columns)]
    return [*inside, stretch.high]


def moment(stretch: Stretch, columns: int, column: int) -> float:
    """The roundest moment within a column: a whole step where there is one."""
    width = stretch.length / columns
    low = stretch.low + column * width
    unit = 10.0 ** min(math.floor(math.log10(width)), 0)
    for spacing in (1.0, unit * 10, unit * 5, unit * 2, unit):
        time = math.ceil(low / spacing) * spacing
        if time < low + width:
            return round(time, max(0, 1 - math.floor(math.log10(unit))))
    return low


# --- lines ----------------------------------------------------------------------------------------------------------


def _draw_lines(picture: Picture, gate: Gate, stretch: Stretch) -> None:
    frame = picture.frame
    inside = np.s_[frame.top : frame.top + frame.rows, frame.left :]
    for role, dots in ((PHASE, _phase(picture, gate, stretch)), (OPENNESS, _openness(picture, gate, stretch))):
        bits = cells(dots)
        picture.characters[inside] = np.where(bits > 0, bits + BRAILLE, picture.characters[inside])
        picture.roles[inside] = np.where(bits > 0, ROLE[role], picture.roles[inside])


def _openness(picture: Picture, gate: Gate, stretch: Stretch) -> Dots:
    """A line as thin as it can be without a gap."""
    top, bottom = _heights(picture, gate, stretch, reach_of_openness)
    middle = np.rint((top + bottom) / 2)
    return runs(np.fmin(np.ceil(top), middle), np.fmax(np.floor(bottom), middle), picture.frame.dots[0])


def _phase(picture: Picture, gate: Gate, stretch: Stretch) -> Dots:
    """A dotted line that falls without a trace; all that is reached where many periods share a column."""
    rows, columns = picture.frame.dots
    top, bottom = _heights(picture, gate, stretch, reach_of_phase)
    if stretch.length / columns > STEEP * gate.tau:
        checks = (np.arange(rows)[:, None] + np.arange(columns)) % 4 == 0
        dots: Dots = runs(np.ceil(top), np.floor(bottom), rows) & checks
        return dots
    middle = np.rint((top + bottom) / 2)
    falls = bottom - top > rows / 2
    middle[falls] = np.nan
    dotted: Dots = runs(middle, middle, rows) & (np.arange(columns) % 2 == 0)
    return dotted


def _heights(picture: Picture, gate: Gate, stretch: Stretch, reach: Reach) -> tuple[Floats, Floats]:
    """Rows of dots of the greatest and the least value in each column of dots."""
    moments = edges(stretch, picture.frame.dots[1])
    reached = np.array([reach(gate, *pair) for pair in itertools.pairwise(moments)])
    return picture.heights(reached[:, 1]), picture.heights(reached[:, 0])


def _draw_steps(picture: Picture, gate: Gate, stretch: Stretch) -> None:
    """A full dot on each whole step at which k > 0, an empty one else."""
    frame = picture.frame
    if not _has_steps(picture, stretch):
        return
    for t in range(math.ceil(stretch.low), math.floor(stretch.high) + 1):
        k = gate.openness(t)
        column = min(int((t - stretch.low) / stretch.length * frame.columns), frame.columns - 1)
        row = (picture.row_of(k) or 0) // 4
        picture.write(frame.top + row, frame.left + column, "●" if k > 0 else "○", STEP)


def _has_steps(picture: Picture, stretch: Stretch) -> bool:
    return stretch.length * CELLS_A_STEP <= picture.frame.columns


# --- axes -----------------------------------------------------------------------------------------------------------


def _draw_value_axis(picture: Picture) -> None:
    frame = picture.frame
    picture.characters[frame.top : frame.top + frame.rows, frame.left - 1] = ord("│")
    for value in (0.0, 0.5, 1.0) if frame.rows >= HALF_FROM else (0.0, 1.0):
        row = picture.row_of(value)
        assert row is not None
        picture.write(frame.top + row // 4, 0, f"{value:>{frame.left - 1}.1f}┤", "axis")


def _draw_time_axis(picture: Picture, gate: Gate, stretch: Stretch) -> None:
    frame, below = picture.frame, picture.frame.top + picture.frame.rows
    picture.write(below, frame.left - 1, "╰", "axis")
    for column, (begin, end) in enumerate(itertools.pairwise(edges(stretch, frame.columns))):
        is_open = opens_within(gate, begin, end)
        picture.write(below, frame.left + column, "━" if is_open else "─", OPENNESS if is_open else "axis")
    picture.write(below + 1, 0, TIME, "axis")
    free = len(TIME) + 1
    for value, label in _time_labels(picture):
        column = frame.left + (picture.dot_of(value) or 0) // 2
        picture.characters[below, column] = ord("┯" if picture.characters[below, column] == ord("━") else "┬")
        begin = min(max(column - len(label) // 2, free), picture.width - len(label))
        if begin >= free and begin <= column < begin + len(label):
            picture.write(below + 1, begin, label, "axis")
            free = begin + len(label) + 1


def _time_labels(picture: Picture) -> list[tuple[float, str]]:
    """Round moments with just the digits that tell neighbours apart; fewer where they are long."""
    at_most = max(2, picture.frame.columns // 8)
    while True:
        values = ticks(picture.steps, at_most)
        gap = min((b - a for a, b in itertools.pairwise(values)), default=picture.steps.high - picture.steps.low)
        decimals = max(0, math.ceil(-math.log10(gap) - 1e-9))
        labels = [f"{value:,.{decimals}f}" for value in values]
        if at_most <= 2 or sum(len(label) + 2 for label in labels) <= picture.frame.columns:
            return list(zip(values, labels, strict=True))
        at_most -= 1


# --- the first line -------------------------------------------------------------------------------------------------


def _legend(picture: Picture, stretch: Stretch) -> Iterator[Run]:
    yield "⠤⠤ k(t)", OPENNESS
    yield "  ⠄⠄ φ(t)", PHASE
    if _has_steps(picture, stretch):
        yield "  ● k > 0 ○ k = 0 at whole steps", STEP
    else:
        yield "  whole steps: zoom in", "note"


def _draw_cursor(picture: Picture, cursor: int) -> None:
    frame = picture.frame
    column = np.s_[frame.top : frame.top + frame.rows, frame.left + min(max(cursor, 0), frame.columns - 1)]
    free = (picture.characters[column] == BLANK) | (picture.roles[column] == ROLE[PHASE])
    picture.characters[column] = np.where(free, ord("│"), picture.characters[column])
    picture.roles[column] = np.where(free, ROLE["cursor"], picture.roles[column])


def _readout(gate: Gate, stretch: Stretch, columns: int, cursor: int) -> Iterator[Run]:
    """Time, φ and k under the cursor, and what k reaches beside it in the same cell."""
    t, width = moment(stretch, columns, cursor), stretch.length / columns
    k, low = gate.openness(t), stretch.low + cursor * width
    yield f"t = {t:.12g}", "cursor"
    yield f"   φ = {gate.phase(t):.4g}", "cursor"
    yield f"   k = {k:.4g}", OPENNESS
    yield f"   {'open' if gate.is_open(t) else 'closed'}", OPENNESS if gate.is_open(t) else "note"
    greatest = reach_of_openness(gate, low, low + width)[1]
    if greatest > k + PEAK_APART:
        yield f"   (up to {greatest:.3g} within this column)", "note"
