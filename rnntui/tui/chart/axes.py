"""The axes of a chart: ticks with their labels, what the horizontal one counts, and on it the lane of events."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from rnntui.runs.history import CurveMark
from rnntui.tui.chart.axis import Axis, second_labels, step_labels, ticks
from rnntui.tui.chart.measure import value_ticks
from rnntui.tui.chart.picture import Picture
from rnntui.tui.chart.series import NAMES_ALONG, Chart, SeriesStyle, plain

SIGNS = {"lr": "◆", "clip": "◇", "steps": "▸", "back": "↶", "diverged": "✗"}  # the gravest last
OTHER_SIGN = "◆"
FEWEST_LABELS = 2  # of a horizontal axis, for one of them to give way to its name
_Labels = Sequence[tuple[int, str]]  # where each begins, and what it says
ON_AXIS = tuple(map(ord, " ─┬"))  # what a sign may stand in place of


def draw_axes(picture: Picture, chart: Chart) -> None:
    """Draw both axes, as far as there is room."""
    _draw_value_axis(picture, chart)
    frame, last = picture.frame, len(picture.characters) - 1
    below = frame.top + frame.rows
    names = NAMES_ALONG.get(chart.look.along, (chart.look.along,))
    has_line = below < last
    is_named_on_line = has_line and not chart.has_lane
    ticks_at: Sequence[int] = _tick_columns(picture, chart.look)
    if below <= last:
        ticks_at = _write_step_labels(picture, chart, last, ticks_at, () if is_named_on_line else names)
    if has_line:
        corner = "╰" if frame.left else ""
        picture.write(below, frame.left - len(corner), corner + "─" * frame.columns, "axis")
        picture.characters[below, ticks_at] = ord("┬")
    if is_named_on_line:
        name = next((name for name in names if 2 * len(name) < frame.columns), "")
        _name_on_line(picture, below, name, ticks_at)
    if chart.has_lane and below <= last:
        _draw_lane(picture, chart, below)


def _name_on_line(picture: Picture, row: int, name: str, ticks_at: Sequence[int]) -> None:
    """Write what the axis counts at its end, or before the last ticks, so that it hides none in the right half."""
    middle = picture.frame.left + picture.frame.columns // 2
    for end in (picture.width, *sorted(ticks_at, reverse=True)):
        text = f" {name}" if end == picture.width else f" {name} "
        begin = end - len(text)
        if begin >= middle and not any(begin <= tick < end for tick in ticks_at):
            break
    else:
        begin, text = picture.width - len(name) - 1, f" {name}"
    if name:
        picture.write(row, begin, text, "note")


def sign(mark: CurveMark) -> str:
    """The sign of an event, by the first word of its label."""
    return SIGNS.get(kind(mark), OTHER_SIGN)


def kind(mark: CurveMark) -> str:
    """What was changed, in a word."""
    return mark.label.partition(" ")[0]


def _draw_value_axis(picture: Picture, chart: Chart) -> None:
    frame = picture.frame
    if not frame.left:
        return
    picture.characters[frame.top : frame.top + frame.rows, frame.left - 1] = ord("│")
    for value, label in value_ticks(picture, chart):
        if (row := picture.row_of(value)) is not None:
            picture.write(frame.top + row // 4, 0, f"{label:>{frame.left - 1}}┤", "axis")


def _step_ticks(picture: Picture, look: SeriesStyle) -> list[float]:
    if look.tested:
        return [place for place in look.tested if picture.steps.low <= place <= picture.steps.high]
    most = min(max(2, picture.frame.columns // 7), 8)
    if look.has_logarithms:
        counted = Axis(look.counted(picture.steps.low), look.counted(picture.steps.high), log=True)
        return [math.log10(value) for value in ticks(counted, most)]
    every = ticks(picture.steps, most)
    whole = [value for value in every if value == round(value)]
    return whole if len(whole) > 1 else every  # between 5 and 6 digits there is nothing


def _tick_columns(picture: Picture, look: SeriesStyle) -> list[int]:
    return [picture.frame.left + (picture.dot_of(value) or 0) // 2 for value in _step_ticks(picture, look)]


def _write_step_labels(
    picture: Picture, chart: Chart, row: int, ticks_at: Sequence[int], names: Sequence[str]
) -> Sequence[int]:
    """The labels of the ticks, and behind them what they count, by the longest name that has room there; the ticks that
    are left. One may give way to a name, with its label.
    """
    labels = _step_labels(chart.look, _step_ticks(picture, chart.look))
    placed = _placed(labels, ticks_at, picture.width)
    shorter = placed if chart.look.tested else placed[:-1]  # a place that was tested keeps its label
    begin, name, left = _named((placed, shorter), names, picture.width)
    for at, label in left:
        picture.write(row, at, label, "axis")
    picture.write(row, begin, name, "note")
    return ticks_at[: len(ticks_at) - (len(placed) - len(left))]


def _named(labels: Sequence[_Labels], names: Sequence[str], width: int) -> tuple[int, str, _Labels]:
    """Where a name begins, the name, and the labels beside it, all or fewer, two at least: the longest that has room
    behind them; else the shortest before the last one of all that leaves room; empty where none does.
    """
    every, *_ = labels
    for name in names:
        for left in labels:
            if _has_room(name, left, width) and (left is every or len(left) >= FEWEST_LABELS):
                return width - len(name), name, left
    return *_named_between(every, names[-1] if names else ""), every


def _has_room(name: str, placed: _Labels, width: int) -> bool:
    """Whether a name has room behind the labels, a blank between them."""
    return width - len(name) >= (placed[-1][0] + len(placed[-1][1]) + 1 if placed else 0)


def _named_between(placed: _Labels, name: str) -> tuple[int, str]:
    """Where a name begins that stands before the last label that leaves room, and the name; empty where none does."""
    ends = [0, *(begin + len(label) + 1 for begin, label in placed)]
    for free, (begin, _) in zip(reversed(ends[:-1]), reversed(placed), strict=True):
        if begin - 1 - len(name) >= free:
            return begin - 1 - len(name), name
    return 0, ""


def _step_labels(look: SeriesStyle, values: list[float]) -> list[str]:
    if look.has_logarithms:
        return [f"{look.counted(value):g}" for value in values]
    return (second_labels if look.along == "seconds" else step_labels)(values)


def _placed(labels: list[str], columns: Sequence[int], room: int) -> list[tuple[int, str]]:
    """Where labels begin that stand under their columns within so much room; those that would touch are left out."""
    placed, free = [], 0
    for label, column in zip(labels, columns, strict=True):
        begin = min(max(column - len(label) // 2, 0), room - len(label))
        if begin >= free and begin <= column < begin + max(2, len(label)) + 1:
            placed.append((begin, label))
            free = begin + len(label) + 1
    return placed


def _draw_lane(picture: Picture, chart: Chart, row: int) -> None:
    """A sign for each event on the axis, the gravest where several share a column; beside it a word for each kind of
    event there, or for the gravest, where they fit.
    """
    signs = list(SIGNS.values())
    events = [(dot // 2, mark) for mark in chart.marks if (dot := picture.dot_of(mark.step)) is not None]
    events.sort(key=lambda event: signs.index(sign(event[1])))
    by_column: dict[int, list[CurveMark]] = {}  # the gravest first
    for column, mark in reversed(events):
        by_column.setdefault(picture.frame.left + column, []).append(mark)
    for column, end in itertools.pairwise([*sorted(by_column), picture.frame.left + picture.frame.columns]):
        if picture.characters[row, column] in ON_AXIS:
            picture.write(row, column, sign(by_column[column][0]), "mark")
        kinds = list(dict.fromkeys(plain(kind(mark)) for mark in by_column[column]))
        for word in (", ".join(kinds), kinds[0]):
            if column + len(word) + 1 < end and _is_free(picture, row, column + 1, len(word)):
                picture.write(row, column + 1, word, "mark")
                break


def _is_free(picture: Picture, row: int, column: int, length: int) -> bool:
    """Whether a word would hide nothing but the line of the axis."""
    there = picture.characters[row, column : column + length + 1]
    return bool(np.isin(there, ON_AXIS[:2]).all())
