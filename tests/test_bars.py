"""Bars from the least to the highest value through the points of lines: where they stand, and of which lines."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from rnntui.runs.history import Column
from rnntui.tui.chart.drawing import draw
from rnntui.tui.chart.picture import ROLE, Picture
from rnntui.tui.chart.series import LETTERS, Chart, Role, Series, SeriesStyle

Scores = dict[float, list[float]]
TWO: list[Scores] = [{5: [0.9, 0.7, 1.0], 8: [0.5, 0.5], 20: [0.6]}, {5: [0.2, 0.4], 8: [0.1, 0.9], 20: [0.3, 0.3]}]


def chart(lines: Sequence[Scores], roles: Sequence[Role], y_range: tuple[float, float] | None = (0.0, 1.0)) -> Chart:
    series = []
    for role, scores in zip(LETTERS, lines, strict=False):
        column = Column()
        for place, values in scores.items():
            column.extend([place] * len(values), values)  # type: ignore[list-item]
        series.append(Series(f"line {role}", column, role, rare=True))
    tested = tuple(sorted({place for scores in lines for place in scores}))
    look = SeriesStyle(
        y_range=y_range, along="length", bands=False, is_tight=True, smoothing=1, tested=tested, barred=tuple(roles)
    )
    return Chart("accuracy", tuple(series), look=look)


def drawn(chart: Chart, width: int = 80, height: int = 40, **options: int) -> Picture:
    picture = draw(chart, width, height, **options)
    assert picture is not None
    return picture


def barred(picture: Picture, role: Role) -> dict[int, tuple[float, float]]:
    """The columns of cells with a bar of a line, and the values of its ends: within a row of cells."""
    frame = picture.frame
    rows, columns = np.nonzero(picture.roles == ROLE[f"{role}-band"])
    filled = picture.characters[rows, columns] > 0x2800
    rows, columns = rows[filled] - frame.top, columns[filled] - frame.left
    ends = {}
    for column in np.unique(columns):
        of = 4 * rows[columns == column]
        high, low = (1 - np.array([of.min(), of.max() + 3]) / (frame.dots[0] - 1)) * picture.values.high
        ends[int(column)] = (float(low), float(high))
    return ends


def test_a_bar_goes_from_the_least_to_the_highest_value_of_each_point_that_has_several() -> None:
    picture = drawn(chart(TWO, "ab"))
    a, b = barred(picture, "a"), barred(picture, "b")
    cell = 4 / picture.frame.dots[0] * picture.values.high
    assert list(a.values()) == [(pytest.approx(0.7, abs=cell), pytest.approx(1.0, abs=cell))]
    assert list(b.values()) == [
        (pytest.approx(0.2, abs=cell), pytest.approx(0.4, abs=cell)),
        (pytest.approx(0.1, abs=cell), pytest.approx(0.9, abs=cell)),
    ]


def test_bars_and_letters_of_one_place_stand_beside_each_other() -> None:
    lines = [{place: [0.3 + k / 50, 0.5 + k / 50, 0.7 + k / 50] for place in (5.0, 8.0, 12.0)} for k in range(8)]
    picture = drawn(chart(lines, LETTERS))
    columns = [sorted(barred(picture, role)) for role in LETTERS]
    assert [len(of) for of in columns] == [3] * 8
    for one, other in pairwise(columns):
        assert [after - before for before, after in zip(one, other, strict=True)] == [1] * 3
    for role, of in zip(LETTERS, columns, strict=True):
        lettered = np.nonzero((picture.characters == ord(role)) & (picture.roles == ROLE[role]))[1]
        assert sorted(set(lettered - picture.frame.left)) == of


@pytest.mark.parametrize("roles", ["ab", "ba"])
def test_where_bars_have_no_room_beside_each_other_the_first_line_has_them_alone(roles: Sequence[Role]) -> None:
    lines = [{float(place): [0.2 + k / 5, 0.6 + k / 5] for place in range(40)} for k in range(2)]
    picture = drawn(chart(lines, roles))
    assert barred(picture, roles[0])
    assert not barred(picture, roles[1])
    wide = drawn(chart(lines, roles), width=160)
    assert len(barred(wide, "a")) == len(barred(wide, "b")) == 40


def test_points_stay_at_their_places_where_no_line_has_bars() -> None:
    picture = drawn(chart(TWO, ""))
    assert not barred(picture, "a") | barred(picture, "b")
    one, other = picture.curves
    assert one.dot.tolist() == other.dot.tolist() == [picture.dot_of(place) for place in (5, 8, 20)]


def test_the_axis_holds_the_bars() -> None:
    lines = [{5.0: [1.0, 5.0], 8.0: [2.0, 2.2]}]
    assert drawn(chart(lines, "a", None)).values.high >= 5.0
    assert drawn(chart(lines, "", None)).values.high < 5.0


def test_the_readout_has_the_ends_of_as_many_bars_as_fit() -> None:
    every = " accuracy  length 5  a line a 0.867 (0.700 to 1.00)  b line b 0.300 (0.200 to 0.400)"
    first = " accuracy  length 5  a line a 0.867  b line b 0.300 (0.200 to 0.400)"
    none = " accuracy  length 5  a line a 0.867  b line b 0.300"
    for width, words in ((len(every), every), (len(every) - 2, first), (len(first) - 2, none)):
        assert drawn(chart(TWO, "ba"), width=width, cursor=0).rows()[0].rstrip() == words[1:]


def test_a_line_without_a_value_at_the_place_that_is_read_has_a_dash() -> None:
    lines = [TWO[0], {5.0: [0.2, 0.4]}]
    assert drawn(chart(lines, "ab"), cursor=999).rows()[0].split()[-4:] == ["b", "line", "b", "–"]
