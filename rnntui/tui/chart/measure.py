"""What is where on a chart: the columns and rows of its parts, its two axes, and the curves reduced to dot columns."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rnntui.tui.chart.axis import (
    LEAST_LOG,
    MOST,
    ROOM,
    Axis,
    Floats,
    shown,
    step_axis,
    tick_labels,
    ticks,
    value_axis,
)
from rnntui.tui.chart.binning import FURTHEST, CurveColumns, reduce
from rnntui.tui.chart.extent import Extent
from rnntui.tui.chart.picture import Picture, PlotArea, empty_picture
from rnntui.tui.chart.raster import even_columns, per_cell
from rnntui.tui.chart.series import LETTERS, ON_STEPS, Chart, Series, SeriesStyle

GUTTER_FROM, WORDS_FROM, LABELS_FROM, LANE_FROM, BASELINE_FROM = 16, 3, 5, 6, 9  # columns; rows
GUTTER = 5  # columns, wider for long labels
ENDS_FROM = 56  # columns from which on the lines' newest values stand at their ends
ENDS = 8  # columns that these take, wider for long ones
RARE = 0.02  # share of values that may be outliers
OUTLIER = 3.0  # times the usual range: what lies further out is drawn at the border
UNUSUAL = 10  # the tenth part of a band's edge may lie outside of the axis
FEW_ROWS = 5  # of a chart: on fewer the lines have them all
MOST_GROWTH, LEAST_GROWTH = 2.0, 1.25  # times the range of the lines that an axis may have for a baseline
EARLY = 0.05  # the part of a course that its first steps are
CROWDED, STAYS_CROWDED = 1 / 3, 1 / 2  # the part of the axis that is little for all other steps
FAR = 10  # times the greatest of the other values
BECOMES_LOG, STAYS_LOG = 100, 30  # times the least value: the greatest one of an axis that is logarithmic of itself


def measured(chart: Chart, width: int, height: int, before: Axis | None) -> Picture:
    """A picture of the axes and curves that is still blank; `before` is the vertical axis of the one before."""
    gutter, ends = max(GUTTER, chart.look.gutter), max(ENDS, chart.look.ends)
    while True:
        frame = _frame(chart, width, height, gutter, ends)
        steps = _steps(chart, frame.columns)
        smoothing = smoothing_steps(chart, steps)
        may_be_log = chart.look.log is not False
        curves = [
            reduce(line.column.bins, steps, frame.dots[1], _window(chart, line, smoothing), may_be_log)
            for line in chart.series
        ]
        is_log = _is_log(chart, curves, before) if chart.look.log is None else chart.look.log
        log = is_log if chart.look.log is not None or chart.look.shares is None else chart.look.shares.log
        curves = [curve.on_logarithmic_axis() for curve in curves] if log else curves
        values, extent = _values(chart, curves, steps, before, frame.rows, log=log, is_log=is_log)
        picture = empty_picture(width, height, frame, steps, values, curves, extent)
        longest = max((len(label) for _, label in value_ticks(picture, chart)), default=0)
        newest = max(map(len, map(end_label, chart.series, curves)), default=0)
        if (not frame.left or longest < gutter) and (not frame.right or newest < ends):
            return replace(picture, margins=(max(GUTTER, longest + 1), max(ENDS, newest + 1)))
        gutter, ends = max(gutter, longest + 1), max(ends, newest + 1)


def smoothing_steps(chart: Chart, steps: Axis) -> float:
    """The length of the window of a mean: a share in what the horizontal axis counts, else in steps; 1 is none.

    Where there are steps further before the axis than a window reaches, it is as long as that.
    """
    asked, shown = chart.look.smoothing, steps.high - steps.low
    if asked < 1:
        return max(1.0, asked * shown)
    if steps.high - _course(chart)[0] <= FURTHEST * shown:
        return asked
    return max(1.0, min(asked, 2 * FURTHEST * shown / max(line.step_length for line in chart.series)))


def value_ticks(picture: Picture, chart: Chart) -> list[tuple[float, str]]:
    """The ticks of the vertical axis, with their labels; none where there can be no value."""
    rows = max(2, picture.frame.rows)
    values = ticks(picture.values, min(1 + rows // 2, 2 + rows // 3))
    if chart.look.y_range is not None:
        low, high = chart.look.y_range
        values = [value for value in values if low - 1e-9 <= value <= high + 1e-9]
    return list(zip(values, tick_labels(values), strict=True))


def end_label(series: Series, curve: CurveColumns) -> str:
    """The newest value of a line; empty where it has none."""
    return shown(float(series.line(curve)[-1])) if len(curve.dot) and np.isfinite(series.line(curve)[-1]) else ""


def scaled(values: Floats, log: bool) -> Floats:
    """The values that such an axis can show, as it measures them."""
    usable = np.abs(values) <= MOST
    if log:
        usable &= values >= LEAST_LOG
    return np.log(values[usable]) if log else values[usable]


def _window(chart: Chart, line: Series, smoothing: float) -> float:
    return smoothing * line.step_length if chart.look.smoothing > 1 else smoothing


def _steps(chart: Chart, columns: int) -> Axis:
    if places := chart.look.places:
        length = columns * per_cell(places, columns) if columns < places else places
        half_a_dot = length / columns / 4
        return Axis(0.5 + half_a_dot, length + 0.5 - half_a_dot)
    first, last = _course(chart)
    if chart.look.is_tight and first < last:
        return Axis(first, last)
    return step_axis(first, last, chart.look.zoom)


def _course(chart: Chart) -> tuple[float, float]:
    """The first and the last step of the lines, shown or not."""
    filled = [bins for line in chart.series if (bins := line.column.bins).length]
    first = min(bins.step[0] for bins in filled)
    last = max(bins.step[bins.length - 1] for bins in filled)
    return first, min(last, chart.look.until) if chart.look.until >= first else last


def _frame(chart: Chart, width: int, height: int, gutter: int, ends: int) -> PlotArea:
    left = gutter if width >= max(GUTTER_FROM, 2 * gutter) else 0
    is_lettered = any(series.role in LETTERS for series in chart.series)
    right = ends if chart.look.has_ends and width >= ENDS_FROM and not is_lettered and not chart.look.places else 0
    top = int(height >= WORDS_FROM)
    has_events = chart.has_lane and bool(chart.marks)
    below = int(height >= LABELS_FROM) + int(height >= (LANE_FROM if has_events else BASELINE_FROM))
    columns = width - left - right
    if places := chart.look.places:
        columns = even_columns(places, columns)
    return PlotArea(left, top, columns, height - top - below, right)


def _values(
    chart: Chart,
    curves: Sequence[CurveColumns],
    steps: Axis,
    before: Axis | None,
    rows: int,
    *,
    log: bool,
    is_log: bool,
) -> tuple[Axis, Extent | None]:
    """The vertical axis: around the lines, most of the bands, each baseline that at most doubles it, or on a low chart
    hardly lengthens it, and what the chart shares with others; and what it would hold without these.
    """
    look = chart.look
    if look.is_fixed and look.y_range is not None:
        return value_axis(*look.y_range, False, None, rows), None
    own = _range(chart, curves, log)
    if own is None:
        return (Axis(0.1, 1.0, log=True) if log else Axis(0.0, 1.0)), None
    low, high = own
    if look.along in ON_STEPS and not log:
        low, high = _range_less_the_beginning(chart, curves, own, steps, before)
    spread = high - low
    for value in scaled(np.array([baseline.value for baseline in chart.baselines], dtype=np.float64), log).tolist():
        if max(high, value) - min(low, value) <= (MOST_GROWTH if rows >= FEW_ROWS else LEAST_GROWTH) * spread:
            low, high = min(low, value), max(high, value)
    if log:
        low, high = math.exp(low), math.exp(high)
    extent = Extent(low, high, is_log)
    if look.shares is not None and (look.shares.low > 0 or not log):
        low, high = min(low, look.shares.low), max(high, look.shares.high)
    room = ROOM if look.shares is None else 0.0  # that of each chart would be another
    return value_axis(low, high, log, before, rows, room), extent


def _is_log(chart: Chart, curves: Sequence[CurveColumns], before: Axis | None) -> bool:
    """Whether the lines span powers of ten: an axis that is logarithmic stays so for somewhat less.

    A loss that was learned so well that it is 0 has no place on it, and does not undo it; one below 0 does.
    """
    if chart.look.y_range is not None:
        return False
    lines = np.concatenate([series.line(curve) for series, curve in zip(chart.series, curves, strict=True)])
    finite = lines[np.abs(lines) <= MOST]
    positive = finite[finite >= LEAST_LOG]
    if not len(positive) or (finite < 0).any():
        return False
    least = STAYS_LOG if before is not None and before.log else BECOMES_LOG
    return bool(positive.max() >= least * positive.min())


def _range_less_the_beginning(
    chart: Chart, curves: Sequence[CurveColumns], whole: tuple[float, float], steps: Axis, before: Axis | None
) -> tuple[float, float]:
    """The range of all but the first steps, where what these change by would leave the rest of a course few rows.

    One that falls to far less than it began with keeps them: its fall is what there is to see. So does the part of a
    course in which the first steps of the whole are not shown.
    """
    low, high = whole
    first, last = _course(chart)
    begin = first + EARLY * (last - first)
    later = _range(chart, curves, False, begin) if steps.low < begin else None
    if later is None or max(abs(low), abs(high)) > FAR * max(map(abs, later)):
        return whole
    is_left_out = before is not None and not before.log and (low < before.low or high > before.high)
    return later if later[1] - later[0] < (STAYS_CROWDED if is_left_out else CROWDED) * (high - low) else whole


def _range(
    chart: Chart, curves: Sequence[CurveColumns], log: bool, begin: float = -math.inf
) -> tuple[float, float] | None:
    """The least and the greatest value that the axis shall hold from a step on, as logarithms if it is logarithmic."""
    pairs = zip(chart.series, curves, strict=True)
    ends = [end for series, curve in pairs for end in _ends(series, curve, log, chart.look, begin)]
    return (min(ends), max(ends)) if ends else None


def _ends(series: Series, curve: CurveColumns, log: bool, look: SeriesStyle, begin: float) -> list[float]:
    """Values of a line that the axis shall hold, from a step on, or all where it ends before or is exact."""
    is_cut = len(curve.step) and curve.step[-1] >= begin and not series.exact
    late = curve.step >= begin if is_cut else np.s_[:]
    line = scaled(series.line(curve)[late], log)
    if not len(line):
        return []
    if series.exact:
        return [float(scaled(curve.minimum, log).min()), float(scaled(curve.maximum, log).max())]
    start = scaled(np.array([curve.start]), log) if math.isinf(begin) else line
    ends = [*usual_range(line, float(start[0] if len(start) else line[0]))]
    has_band = series.role in look.barred or (look.bands and not series.is_rare)
    for edge in (curve.minimum[late], curve.maximum[late]) if has_band else ():
        ordered = np.sort(scaled(edge, log))
        rare = len(ordered) // UNUSUAL
        ends += [float(ordered[rare]), float(ordered[-1 - rare])] if len(ordered) else []
    return ends


def usual_range(values: Floats, start: float) -> tuple[float, float]:
    """Minimum and maximum, less the few outliers that would flatten the rest; `start` is never one of them."""
    ordered = np.sort(values)
    rare = int(RARE * len(ordered))
    low, high = min(ordered[rare], start), max(ordered[-1 - rare], start)
    room = OUTLIER * (high - low)
    least, most = min(float(ordered[0]), start), max(float(ordered[-1]), start)
    return (least if least >= low - room else float(low)), (most if most <= high + room else float(high))
