"""What a timeline shows: a run's losses as the course on which one walks, with a mark for each checkpoint.

    bits  ⢆           ▽ 500      ▼ 1,000
     4┤    ⠑⠢⡀
     2┤      ●⠤⠤⠤⠤●⠤⠤⠤◇⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤◆⠤⠤⠤⠤⠤⠤⠤● training 1.60
      ╰──────┬────┬────┬─┬──┬─┬─┬┬─┬┬┬┬┬┬┬
            100  200  500      1,000

Without losses, or in too few rows for them, the marks stand on a straight line. Nothing is shown by colour alone: the
held-out loss is dashed and has a cross on each of its points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnntui.runs.tail import LOSSES, Metric, Track
from rnntui.text import format
from rnntui.tui.chart.axis import Axis, Floats, tick_labels, ticks, value_axis
from rnntui.tui.chart.dots import cells, crosses, joined, trace
from rnntui.tui.chart.drawing import DASHES
from rnntui.tui.chart.ends import LEADERS
from rnntui.tui.writing_room.stops import Stop
from rnntui.tui.writing_room.timeline_axis import axis_of, dots_of, means_along
from rnntui.tui.writing_room.timeline_grid import Grid, spread

LINE, CHECKPOINT, PRESENT, BEFORE, SAMPLE = "─", "●", "◆", "◇", "┬"
HERE, THERE = "▼", "▽"  # stand above the present step and the one it is compared with
STEM = "┊"  # from a pointer above the curve down to a sample on the axis
UNIT = "bits"
CURVE_FROM = (24, 6)  # columns and rows from which on there is room for a curve
BELOW = 2  # rows of the axis and its labels
STEP = "step"  # what the axis shows, where a gutter has room to say it
LABEL_ROOM = 12  # columns that a label of the axis has at least
ENDS_FROM = 60  # columns from which on the lines' names and last values stand at their ends
NAMES: dict[Metric, str] = {"loss": "training", "held-out": "held out"}
ROLES: dict[Metric, str] = {"loss": "training", "held-out": "held-out"}
SMOOTHING: dict[Metric, float] = {"loss": 0.03, "held-out": 0.0}  # share of the axis over which a line is a mean


@dataclass(frozen=True)
class Pointers:
    """The places of the stops that are pointed at: the present one, the one it is compared with."""

    at: int | None = None
    before: int | None = None
    samples: bool = True  # whether they are shown


class TimelinePicture:
    """A timeline in `width` by `height` cells; `left`, `columns` and `line` are where its axis is."""

    def __init__(
        self, stops: Sequence[Stop], tracks: dict[Metric, Track], pointers: Pointers, width: int, height: int
    ) -> None:
        self.grid = Grid(width, height)
        self._stops, self._pointers = stops, pointers
        self._axis = axis_of([stop.step for stop in stops])
        self.left, self.columns, self.line = 0, width, min(1, height - 1)
        curves = {metric: tracks[metric] for metric in LOSSES if width >= CURVE_FROM[0] and height >= CURVE_FROM[1]}
        rows = self._draw_curves({metric: track for metric, track in curves.items() if self._is_seen(track)})
        self._draw_axis()
        self._draw_marks(rows or [self.line] * (2 * self.columns))

    def place_at(self, x: int, y: int) -> int | None:
        """The place of the stop nearest to a cell; beside the axis, which bears the samples, of a checkpoint."""
        places = [k for k, stop in enumerate(self._stops) if stop.is_checkpoint or self._pointers.samples]
        if y != self.line:
            places = [k for k in places if self._stops[k].is_checkpoint] or places
        far = [(abs(dot - 2 * (x - self.left)), not self._stops[k].is_checkpoint, k) for k, dot in self._dots(places)]
        return min(far)[-1] if far else None

    def _dots(self, places: Sequence[int]) -> list[tuple[int, int]]:
        """Places of stops, each with its dot on the axis."""
        steps = [self._stops[place].step for place in places]
        return list(zip(places, dots_of(steps, self._axis, self.columns), strict=True))

    # --- the course ---------------------------------------------------------------------------------------------------

    def _is_seen(self, track: Track) -> bool:
        return bool(np.isfinite(means_along(track.by_step, self._axis, self.columns)).any())

    def _means(self, metric: Metric, track: Track) -> Floats:
        return means_along(track.by_step, self._axis, self.columns, SMOOTHING[metric])

    def _draw_curves(self, tracks: dict[Metric, Track]) -> list[int]:
        """Draw the losses and their axis; the row of the first one at each dot, none where there is no loss."""
        if not tracks:
            return []
        rows = len(self.grid.rows) - 1 - BELOW  # above them is a row for pointers
        means = [self._means(metric, track) for metric, track in tracks.items()]
        finite = np.concatenate([its[np.isfinite(its)] for its in means])
        values = value_axis(float(finite.min()), float(finite.max()), False, None, rows)
        self._draw_values(values, rows)
        ends = [
            f"{NAMES[metric]} {format.decimals(its[np.isfinite(its)][-1], 2)}"
            for metric, its in zip(tracks, means, strict=True)
        ]
        self.columns = self.grid.columns - self.left
        self.columns -= 1 + max(map(len, ends)) if self.grid.columns >= ENDS_FROM else 0
        self.line = 1 + rows
        lines = [self._draw_curve(metric, track, values, rows) for metric, track in reversed(tracks.items())][::-1]
        if self.columns + self.left < self.grid.columns:
            last = [its[-1] for its in lines]
            for metric, row, own, end in zip(tracks, spread(last, self.line), last, ends, strict=True):
                self.grid.write(row, self.left + self.columns, LEADERS[row - own] + end, f"{ROLES[metric]}-text")
        return lines[0]

    def _draw_values(self, values: Axis, rows: int) -> None:
        """The vertical axis, and above it the unit."""
        there = ticks(values, max(2, rows // 2))
        labels = tick_labels(there)
        self.left = 1 + max(map(len, (UNIT, *labels)))
        for row in range(1, 1 + rows):
            self.grid.write(row, self.left - 1, "│", "line")
        for label, height in zip(labels, _heights(np.array(there), values, rows), strict=True):
            self.grid.write(1 + round(height) // 4, 0, f"{label:>{self.left - 1}}┤", "label")
        self.grid.write(1 + rows, self.left - 1, "╰", "line")
        self.grid.write(0, 0, f"{UNIT:>{self.left - 1}}", "label")

    def _draw_curve(self, metric: Metric, track: Track, values: Axis, rows: int) -> list[int]:
        """Draw a loss; its row at each dot, beyond its ends that of the nearest one."""
        means = self._means(metric, track)
        there = np.flatnonzero(np.isfinite(means))
        heights = _heights(means[there], values, rows)
        dots = trace(joined(there, heights, len(means)), 4 * rows)
        if metric == "held-out":
            period, length = DASHES["held-out"]
            dots = dots & (np.arange(len(means)) % period < length)
            dots |= crosses(there, heights, 4 * rows, len(means))
        self.grid.dots(1, self.left, cells(dots), ROLES[metric])
        return [1 + round(height) // 4 for height in np.interp(np.arange(len(means)), there, heights).tolist()]

    # --- the line and what stands on it -------------------------------------------------------------------------------

    def _draw_axis(self) -> None:
        """The line with the samples on it, and labels of its steps below."""
        self.grid.write(self.line, self.left, LINE * self.columns, "line")
        samples = [k for k, stop in enumerate(self._stops) if not stop.is_checkpoint and self._pointers.samples]
        for _, dot in self._dots(samples):
            self.grid.write(self.line, self.left + dot // 2, SAMPLE, "sample")
        if self.left > len(STEP):
            self.grid.write(self.line + 1, 0, f"{STEP:>{self.left - 1}}", "label")
        free = 0
        for value in ticks(self._axis, max(1, self.columns // LABEL_ROOM)):
            label, column = f"{value:,.0f}", dots_of([round(value)], self._axis, self.columns)[0] // 2
            start = max(0, min(column - len(label) // 2, self.columns - len(label)))
            if start >= free and value >= 1:
                self.grid.write(self.line + 1, self.left + start, label, "label")
                free = start + len(label) + 1

    def _draw_marks(self, rows: Sequence[int]) -> None:
        """A mark for each checkpoint, in the row that belongs to its dot, and the pointers with their steps."""
        for _, dot in self._dots([k for k, stop in enumerate(self._stops) if stop.is_checkpoint]):
            self.grid.write(rows[dot], self.left + dot // 2, CHECKPOINT, "checkpoint")
        ends = ((self._pointers.before, BEFORE, THERE, "before"), (self._pointers.at, PRESENT, HERE, "present"))
        labels = []
        for place, sign, pointer, role in ends:
            for _, dot in self._dots([] if place is None else [place]):
                stop, row, column = self._stops[place or 0], rows[dot], self.left + dot // 2
                self.grid.write(row if stop.is_checkpoint else self.line, column, sign, role)
                self.grid.write(row - 1, column, pointer, role)
                if not stop.is_checkpoint:
                    for below in filter(lambda y: self.grid.is_free(y, column, 1), range(row + 1, self.line)):
                        self.grid.write(below, column, STEM, role)
                labels.append((row - 1, column, f"{stop.step:,}", role))
        for label in labels[::-1]:
            self.grid.label(*label)


def _heights(values: Floats, axis: Axis, rows: int) -> Floats:
    """How many dots below the top each value lies."""
    return np.clip((1 - axis.share(values)) * (4 * rows - 1), 0, 4 * rows - 1)
