"""Shaded rasters: an array of values as cells of the screen, darker where they are larger.

A cell that covers several values takes their mean, or their maximum where nothing that is open may be missed.
`halves` has two rows a cell and needs colours; `shades` carries five levels in its characters alone.
"""

import itertools
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnntui.text.bars import BARS
from rnntui.text.in_columns import standing
from rnntui.tui.chart.axis import Axis, step_labels, ticks

Values = NDArray[np.floating[Any]]  # (U, T): units, time steps
Levels = NDArray[np.intp]  # -1 where there is no number
How = Literal["mean", "maximum"]

SHADES = " ░▒▓█"
FINE = 17  # levels that colours tell apart
UNKNOWN = "?"
HOLE = "▲"
LABEL_COLUMNS = 9  # a label of the time axis has, at least
LEAST_SHOWN = 0.5  # of the steps: for fewer the characters that were read give way to numbers


def binned(values: Values, rows: int, columns: int, how: How) -> Values:
    """Values `(U, T)` on at most `rows` × `columns` cells.

    Units fill the rows in whole multiples, so that each is as high as the next; time fills the columns, evenly where
    these are `even_columns`.
    """
    units = len(values)
    rows = min(rows, units * max(1, rows // units))
    return _along(_along(values, rows, 0, how), columns, 1, how)


def even_columns(steps: int, columns: int) -> int:
    """How many of the columns are used, so that each step has as many as the next, or each column as many steps.

    Only the last column may stand for fewer steps.
    """
    if columns >= steps:
        return steps * (columns // steps)
    return -(-steps // per_cell(steps, columns))


def per_cell(count: int, cells: int) -> int:
    """How many values the fullest of the cells has."""
    return -(-count // max(1, cells))


def _along(values: Values, cells: int, axis: int, how: How) -> Values:
    count = values.shape[axis]
    each = per_cell(count, cells)
    is_even = axis == 1 and cells < count and (cells - 1) * each < count
    first = np.arange(cells) * each if is_even else np.arange(cells) * count // cells
    if cells >= count:
        return np.asarray(np.take(values, first, axis))
    if how == "maximum":
        return np.asarray(np.maximum.reduceat(values, first, axis))
    width = np.diff(np.append(first, count))
    return np.asarray(np.add.reduceat(values, first, axis) / (width[:, None] if axis == 0 else width))


def levels(values: Values, low: float, high: float, count: int, how: How) -> Levels:
    """Each value as one of `count` levels from `low` to `high`; for `maximum` only `low` itself is level 0."""
    share = np.clip((values - low) / (high - low), 0.0, 1.0) * (count - 1)
    known = np.isfinite(share)
    whole = np.where(known, np.ceil(share - 1e-9) if how == "maximum" else np.rint(share), -1)
    return whole.astype(np.intp)


def shades(shown: Levels) -> list[str]:
    """Rows of shade characters for levels below five."""
    glyphs = SHADES + UNKNOWN  # the last serves -1
    return ["".join(glyphs[level] for level in row) for row in shown.tolist()]


def halves(shown: Levels) -> tuple[Levels, Levels]:
    """The levels of the upper and the lower half of each cell; an odd last row is followed by an unknown one."""
    if len(shown) % 2:
        shown = np.append(shown, np.full_like(shown[:1], -1), axis=0)
    return shown[::2], shown[1::2]


def bars(values: Values, low: float, high: float, columns: int) -> str:
    """A row of bars for values `(T,)`, each the mean of its steps, from `low` to `high`."""
    shown = levels(_along(values[None], columns, 1, "mean")[0], low, high, len(BARS), "mean")
    return "".join((BARS + UNKNOWN)[level] for level in shown.tolist())


def hole_marks(holes: NDArray[np.bool_], columns: int) -> str:
    """A mark on each column of the time axis that contains a step at which no unit is open."""
    there = _along(holes.astype(np.float64)[None], columns, 1, "maximum")[0] > 0
    return "".join(HOLE if hole else "─" for hole in there.tolist())


def steps_shown(read: str, steps: int, columns: int) -> int:
    """How many of the steps are shown on so many columns: all of them, or as many as have room for what was read."""
    is_cut = bool(read) and not _are_bars(read) and columns < steps and columns >= LEAST_SHOWN * steps
    return columns if is_cut else steps


def read_labels(read: str, columns: int) -> str:
    """What was read, each character in the middle of the columns of its step; values are bars over all of them.

    Empty where nothing is known, or where the steps are more than the columns.
    """
    if not read:
        return ""
    steps = len(read)
    if _are_bars(read):
        heights = np.array([BARS.index(bar) for bar in read], dtype=np.float64)
        return bars(heights, 0.0, len(BARS) - 1.0, columns)
    if steps > columns:
        return ""
    line = [" "] * columns
    for place, character in zip(middles(steps, columns), standing(read), strict=True):
        line[place] = character
    return "".join(line)


def middles(steps: int, columns: int) -> list[int]:
    """The column in the middle of those of each step, where each step has one."""
    first = [-(-step * columns // steps) for step in range(steps + 1)]
    return [(begin + end - 1) // 2 for begin, end in itertools.pairwise(first)]


def _are_bars(read: str) -> bool:
    return set(read) <= set(BARS)


def time_labels(steps: int, columns: int) -> str:
    """Round numbers of time steps under the columns on which they lie; the steps are 1 … `steps`."""
    marks = sorted({1.0, *ticks(Axis(1, max(2, steps)), max(1, columns // LABEL_COLUMNS))})
    marks = [mark for mark in marks if mark <= steps and mark.is_integer()]
    line, free = [" "] * columns, 0
    for mark, label in zip(marks, ["1", *step_labels(marks[1:])], strict=True):
        column = int((mark - 1) * columns / steps if columns >= steps else (mark - 1) // per_cell(steps, columns))
        begin = min(max(column - len(label) // 2, 0), columns - len(label))
        if begin >= free:
            line[begin : begin + len(label)] = label
            free = begin + len(label) + 1
    return "".join(line)
