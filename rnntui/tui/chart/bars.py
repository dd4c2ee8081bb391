"""Bars through the points of lines that stand at a few places: each from the least to the highest value measured there.

The points of all lines at a place, and their bars, stand beside each other in the order of the lines, a column of cells
each. Where there is no room for that at every place, one line has bars alone.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rnntui.tui.chart.binning import Places
from rnntui.tui.chart.dots import Dots, runs
from rnntui.tui.chart.picture import Picture
from rnntui.tui.chart.series import Chart

BETWEEN = 1  # columns of cells at least between the points of two places


def set_apart(picture: Picture, chart: Chart) -> Picture:
    """The points of each place beside each other, if lines have bars and there is room for all."""
    if not chart.look.barred:
        return picture
    count, columns = len(picture.curves), picture.frame.columns

    def first(dot: Places) -> Places:
        return np.clip(dot // 2 - (count - 1) // 2, 0, columns - count)

    places = np.unique(np.concatenate([curve.dot[curve.dot >= 0] // 2 for curve in picture.curves]))
    if np.diff(first(2 * places)).min(initial=columns) < count + BETWEEN:
        return picture
    curves = (
        replace(curve, dot=np.where(curve.dot < 0, curve.dot, 2 * (first(curve.dot) + number)))
        for number, curve in enumerate(picture.curves)
    )
    return replace(picture, curves=tuple(curves))


def bars(picture: Picture, chart: Chart) -> Iterator[tuple[str, Dots]]:
    """Dots of the lines that have bars, as the bands of others: two wide, from minimum to maximum."""
    if not chart.look.barred:
        return
    rows, columns = picture.frame.dots
    barred = chart.look.barred if _are_apart(picture) else chart.look.barred[:1]
    for series, curve in zip(chart.series, picture.curves, strict=True):
        if series.role in barred:
            top, bottom = np.full(columns, np.nan), np.full(columns, np.nan)
            there = curve.dot >= 0
            for half in (0, 1):
                dot = curve.dot[there] // 2 * 2 + half
                top[dot] = np.rint(picture.heights(curve.maximum[there]))
                bottom[dot] = np.rint(picture.heights(curve.minimum[there]))
            yield f"{series.role}-band", runs(top, bottom, rows)


def _are_apart(picture: Picture) -> bool:
    """Whether no two lines have points in one column of cells."""
    columns = np.concatenate([np.unique(curve.dot[curve.dot >= 0] // 2) for curve in picture.curves])
    return len(np.unique(columns)) == len(columns)
