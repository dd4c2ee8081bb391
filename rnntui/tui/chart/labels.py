"""What is written into a chart: names of baselines and marks, where the least is hidden."""

from collections.abc import Sequence

from rnntui.tui.chart.binning import Places
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
