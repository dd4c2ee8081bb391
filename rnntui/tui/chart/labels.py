"""What is written into a chart: names of baselines and marks where the least is hidden, the lines' newest values."""

from collections.abc import Sequence

import numpy as np

from rnntui.tui.chart.binning import Places
from rnntui.tui.chart.measure import end_label
from rnntui.tui.chart.picture import Picture
from rnntui.tui.chart.series import Chart, plain

LINE, LABEL = 2, 3  # what stands in a cell


def label_baselines(picture: Picture, chart: Chart, busy: Places) -> None:
    """Name each baseline on its own line, or beside it, where the least is hidden."""
    for baseline in chart.baselines:
        row = picture.row_of(baseline.value)
        text = f" {plain(baseline.label)} {baseline.value:.3g} "
        spare = picture.frame.columns - len(text)
        if row is None or spare < len(text):
            continue
        rows = [r for r in (row // 4, row // 4 - 1, row // 4 + 1) if 0 <= r < picture.frame.rows]
        _label(picture, text, "baseline", busy, [(r, c) for r in rows for c in (spare, spare // 2, 0)])


def label_marks(picture: Picture, chart: Chart, busy: Places) -> None:
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


def label_ends(picture: Picture, chart: Chart) -> None:
    """The newest value of each line to the right of the frame: in the order of values, each as near to its own height
    as the others leave room. One that the axis cannot show stands at the bottom.
    """
    frame = picture.frame
    if not frame.right:
        return
    ends = [
        (float(series.line(curve)[-1]), text, series.role)
        for series, curve in zip(chart.series, picture.curves, strict=True)
        if (text := end_label(series, curve))
    ]
    ends = sorted(ends[: frame.rows], key=lambda end: -end[0])
    heights = picture.heights(np.array([value for value, *_ in ends]))
    wanted = np.where(np.isnan(heights), frame.rows - 1, np.floor(heights / 4))
    for row, (_, text, role) in zip(apart(wanted.astype(int).tolist(), frame.rows), ends, strict=True):
        picture.write(frame.top + row, frame.left + frame.columns + 1, text, f"{role}-text")


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
