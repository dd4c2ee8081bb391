"""The newest value of each line, to the right of the frame: in the row of its line's end, or in the one above or below.

A value that is moved by a row has a leader to the end of its line. One that would be moved further would stand at
another number of the axis, or at another line: it is left to the legend.
"""

from collections.abc import Sequence

import numpy as np

from rnntui.tui.chart.measure import end_label
from rnntui.tui.chart.picture import Picture
from rnntui.tui.chart.series import Chart

FURTHEST = 1  # rows from the end of a line to its value
LEADERS = {-1: "╱", 0: " ", 1: "╲"}  # from a line to its value, by the rows that this is further down


def label_ends(picture: Picture, chart: Chart) -> None:
    """Write the values that `placed_ends` has a place for."""
    frame = picture.frame
    for number, (row, moved) in placed_ends(picture, chart).items():
        series, curve = chart.series[number], picture.curves[number]
        text = LEADERS[moved] + end_label(series, curve)
        picture.write(frame.top + row, frame.left + frame.columns, text, f"{series.role}-text")


def placed_ends(picture: Picture, chart: Chart) -> dict[int, tuple[int, int]]:
    """The row of each value that has one, by the number of its series, and how many rows below its line's end that is.

    They stand in the order of values. One that the axis cannot show belongs to the bottom.
    """
    frame = picture.frame
    if not frame.right:
        return {}
    lines = enumerate(zip(chart.series, picture.curves, strict=True))
    values = {number: float(series.line(curve)[-1]) for number, (series, curve) in lines if end_label(series, curve)}
    numbers = sorted(values, key=lambda number: -values[number])
    heights = picture.heights(np.array([values[number] for number in numbers]))
    wanted = dict(
        zip(numbers, np.where(np.isnan(heights), frame.rows - 1, heights // 4).astype(int).tolist(), strict=True)
    )
    while numbers:
        rows = apart([wanted[number] for number in numbers], max(frame.rows, len(numbers)))
        moved = {number: row - wanted[number] for number, row in zip(numbers, rows, strict=True)}
        furthest = max(numbers, key=lambda number: (abs(moved[number]), number))
        if len(numbers) <= frame.rows and abs(moved[furthest]) <= FURTHEST:
            return {number: (wanted[number] + moved[number], moved[number]) for number in numbers}
        numbers.remove(furthest)
    return {}


def apart(wanted: Sequence[int], rows: int) -> list[int]:
    """A row of its own, of `rows`, for each of as many at most, near to the one wanted; wanted ones ascend."""
    groups: list[list[int]] = []  # of rows wanted; each group takes rows side by side
    first: list[int] = []
    for row in wanted:
        groups.append([row])
        first.append(row)
        while True:
            group = groups[-1]
            middle = sum(row - k for k, row in enumerate(group)) / len(group)
            first[-1] = min(max(round(middle), 0), rows - len(group))
            if len(groups) < 2 or first[-2] + len(groups[-2]) <= first[-1]:
                break
            groups[-2:], first[-2:] = [[*groups[-2], *group]], first[-2:-1]
    return [begin + k for begin, group in zip(first, groups, strict=True) for k in range(len(group))]
