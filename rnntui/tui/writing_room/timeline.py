"""A run's training as a timeline: a mark for each checkpoint, faint dots for samples, pointers at two steps.

Steps are on a logarithmic axis, since most is learned early. Nothing is shown by colour alone.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.axis import Axis, ticks
from rnntui.tui.chart.dots import BRAILLE, cells
from rnntui.tui.writing_room.stops import Stop

LINE, CHECKPOINT, PRESENT, BEFORE = "─", "●", "◆", "◇"
BETWEEN = "–"  # two steps
HERE, THERE = "▼", "▽"  # stand above the present step and the one it is compared with
MARGIN = 1  # columns to either side
LABEL_ROOM = 12  # columns that a label of the axis has at least
Row = list[tuple[str, str]]  # a character and its role for each column


def axis_of(steps: Sequence[int]) -> Axis:
    """A logarithmic axis from the first step to the last; step 0, which has no logarithm, stands at its beginning."""
    positive = [step for step in steps if step > 0]
    low, high = float(min(positive, default=1)), float(max(positive, default=1))
    if len(positive) < len(steps):
        low /= 2
    return Axis(low, high if high > low else 2 * low, log=True)


def dots_of(steps: Sequence[int], axis: Axis, columns: int) -> list[int]:
    """The column of dots, two to a cell, of each step."""
    shares = axis.share(np.maximum(np.array(steps, dtype=np.float64), axis.low))
    return [round(float(share) * (2 * columns - 1)) for share in shares]


class Timeline(Widget):
    """Shows the stops and marks two of them; a click asks for the nearest stop."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    ROLES: ClassVar[tuple[str, ...]] = ("line", "checkpoint", "sample", "present", "before", "label")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{role}" for role in ROLES}

    class Picked(Message):
        """A stop was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, stops: Sequence[Stop]) -> None:
        super().__init__()
        self._stops = stops
        self._axis = axis_of([stop.step for stop in stops])
        self._at: int | None = None
        self._before: int | None = None
        self._with_samples = True
        self._rows: list[Row] = []

    def point(self, at: int | None, before: int | None, *, samples: bool) -> None:
        """Point at the stop of a place and at the one that it is compared with; show samples or leave them out."""
        self._at, self._before, self._with_samples = at, before, samples
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    # --- drawing ----------------------------------------------------------------------------------------------------

    @property
    def _columns(self) -> int:
        return max(1, self.size.width - 2 * MARGIN)

    def _column(self, place: int | None) -> int | None:
        return None if place is None else dots_of([self._stops[place].step], self._axis, self._columns)[0] // 2

    def _draw(self) -> None:
        """All rows; those that there is no room for are not asked for."""
        self._rows = [self._pointers(), self._line(), self._samples(), self._labels()]
        self.refresh()

    def _pointers(self) -> Row:
        row = _blank(self._columns)
        ends = [
            (column, self._stops[place].step, sign, role)
            for place, sign, role in ((self._before, THERE, "before"), (self._at, HERE, "present"))
            if place is not None and (column := self._column(place)) is not None
        ]
        for column, _, sign, role in ends:
            row[column] = sign, role
        _label(row, [(column, f"{step:,}", role) for column, step, _, role in sorted(ends)])
        return row

    def _line(self) -> Row:
        row: Row = [(LINE, "line")] * self._columns
        steps = [stop.step for stop in self._stops if stop.is_checkpoint]
        for dot in dots_of(steps, self._axis, self._columns):
            row[dot // 2] = CHECKPOINT, "checkpoint"
        for place, sign, role in ((self._before, BEFORE, "before"), (self._at, PRESENT, "present")):
            column = self._column(place)
            if place is not None and column is not None and self._stops[place].is_checkpoint:
                row[column] = sign, role
        return row

    def _samples(self) -> Row:
        steps = [stop.step for stop in self._stops if not stop.is_checkpoint and self._with_samples]
        dots = np.zeros((4, 2 * self._columns), dtype=np.bool_)
        dots[0, dots_of(steps, self._axis, self._columns)] = True
        row: Row = [(chr(BRAILLE + int(bits)) if bits else " ", "sample") for bits in cells(dots)[0]]
        for place, role in ((self._before, "before"), (self._at, "present")):
            column = self._column(place)
            if place is not None and column is not None and not self._stops[place].is_checkpoint:
                row[column] = row[column][0], role
        return row

    def _labels(self) -> Row:
        row = _blank(self._columns)
        values = [value for value in ticks(self._axis, max(1, self._columns // LABEL_ROOM)) if value >= 1]
        free = 0
        for value in values:
            label = f"{value:,.0f}"
            column = dots_of([round(value)], self._axis, self._columns)[0] // 2
            start = max(0, min(column - len(label) // 2, self._columns - len(label)))
            if start >= free:
                _write(row, start, label, "label")
                free = start + len(label) + 1
        return row

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        styles = {role: self.get_component_rich_style(f"timeline--{role}") for role in self.ROLES}
        margin = Segment(" " * MARGIN, self.rich_style)
        drawn = [Segment(sign, styles[role]) for sign, role in self._rows[y]]
        return Strip([margin, *drawn]).simplify().crop_extend(0, self.size.width, self.rich_style)

    # --- the mouse --------------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        dot = 2 * (event.x - MARGIN)
        places = [k for k, stop in enumerate(self._stops) if stop.is_checkpoint or self._with_samples]
        if event.y < 2:  # on the line, not on the dots below
            places = [k for k in places if self._stops[k].is_checkpoint] or places
        if places:
            dots = dots_of([self._stops[k].step for k in places], self._axis, self._columns)
            _, place = min((abs(its_dot - dot), k) for its_dot, k in zip(dots, places, strict=True))
            self.post_message(self.Picked(place))


def _blank(columns: int) -> Row:
    return [(" ", "label")] * columns


def _write(row: Row, start: int, words: str, role: str) -> None:
    row[start : start + len(words)] = [(sign, role) for sign in words]


def _label(row: Row, ends: Sequence[tuple[int, str, str]]) -> None:
    """Words beside one or two signs, of each its column, words and role: outside of the two, or all on one side."""
    first, last = ends[0] if ends else None, ends[-1] if ends else None
    if first is None or last is None:
        return
    after = last[0] + 2
    if len(ends) == 2 and first[0] - 1 - len(first[1]) >= 0 and after + len(last[1]) <= len(row) and first[0] < last[0]:
        _write(row, first[0] - 1 - len(first[1]), first[1], first[2])
        _write(row, after, last[1], last[2])
        return
    parts = [(first[1], first[2])]
    if len(ends) == 2:
        parts += [(f" {BETWEEN} ", "label"), (last[1], last[2])]
    length = sum(len(words) for words, _ in parts)
    start = after if after + length <= len(row) else first[0] - 1 - length
    for words, role in parts if start >= 0 else []:
        _write(row, start, words, role)
        start += len(words)
