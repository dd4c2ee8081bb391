"""The chart's numbers and dots: axes, reduction, lines, labels and exact sizes."""

import math
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from rnntui.runs.history import Column, CurveMark
from rnntui.tui.chart.axis import (
    Axis,
    shown,
    shown_apart,
    step_axis,
    step_labels,
    tick_labels,
    ticks,
    value_axis,
)
from rnntui.tui.chart.binning import reduce
from rnntui.tui.chart.dots import cells, crosses, joined, trace
from rnntui.tui.chart.drawing import draw
from rnntui.tui.chart.ends import apart, placed_ends
from rnntui.tui.chart.extent import Extent, shared
from rnntui.tui.chart.legend import column_at, step_at
from rnntui.tui.chart.measure import measured, usual_range
from rnntui.tui.chart.picture import ROLE, ROLES, Picture
from rnntui.tui.chart.raster import even_columns, per_cell, read_labels
from rnntui.tui.chart.series import Chart, ChartBaseline, Series, SeriesStyle, plain
from rnntui.tui.chart.window import SMOOTHINGS

NAN = math.nan


def column_of(values, first=1, every=1, capacity=16_384):
    column = Column(capacity)
    column.extend(range(first, first + every * len(values), every), values)
    return column


def chart_of(values, *, baselines=(), marks=(), **look):
    return Chart("loss", (Series("training", column_of(values)),), tuple(baselines), tuple(marks), SeriesStyle(**look))


def drawn(chart, width=60, height=16, **options) -> Picture:
    picture = draw(chart, width, height, **options)
    assert picture is not None
    return picture


def dots_of(picture, role=None):
    """The picture's dots as booleans, of one role or of all."""
    frame = picture.frame
    inside = np.s_[frame.top : frame.top + frame.rows, frame.left : frame.left + frame.columns]
    codes = picture.characters[inside].astype(int) - 0x2800
    codes = np.where((codes >= 0) & (codes < 256), codes, 0)
    if role is not None:
        codes = np.where(picture.roles[inside] == ROLE[role], codes, 0)
    dots = np.zeros(frame.dots, dtype=bool)
    for bit, (down, across) in enumerate([(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1)]):
        dots[down::4, across::2] = codes >> bit & 1
    return dots


# --- dots -----------------------------------------------------------------------------------------------------------


def lit(dots):
    return {(int(y), int(x)) for y, x in zip(*np.nonzero(dots), strict=True)}


def test_a_level_line_is_one_dot_thin():
    assert lit(trace(np.full(6, 2.3), 8)) == {(2, x) for x in range(6)}


def test_a_diagonal_is_one_dot_a_column():
    assert lit(trace(np.arange(8.0), 8)) == {(k, k) for k in range(8)}


def test_a_jump_is_a_vertical_stroke_shared_by_both_columns():
    assert lit(trace(np.array([0.0, 7.0]), 8)) == {(y, 0) for y in range(4)} | {(y, 1) for y in range(4, 8)}


@given(st.lists(st.floats(0, 31), min_size=2, max_size=40))
def test_a_line_has_no_hole(heights):
    dots = trace(np.array(heights), 32)
    for k in range(len(heights) - 1):
        here, after = np.flatnonzero(dots[:, k]), np.flatnonzero(dots[:, k + 1])
        assert min(abs(a - b) for a in (here[0], here[-1]) for b in (after[0], after[-1])) <= 1 or (
            here[0] <= after[-1] and after[0] <= here[-1]
        )
        assert dots[round(heights[k]), k]


def test_a_nan_interrupts_the_line():
    assert lit(trace(np.array([1.0, NAN, 3.0]), 4)) == {(1, 0), (3, 2)}


def test_points_are_joined_but_not_across_a_gap():
    full = joined(np.array([0, 4, 6, 8]), np.array([0.0, 4.0, NAN, 2.0]), 10)
    np.testing.assert_array_equal(full, [0, 1, 2, 3, 4, NAN, NAN, NAN, 2, NAN])


def test_a_line_comes_in_from_left_of_the_frame():
    np.testing.assert_array_equal(joined(np.array([-2, 2]), np.array([0.0, 4.0]), 4), [2, 3, 4, NAN])


def test_braille_bits_are_those_of_the_standard():
    dots = np.zeros((4, 16), dtype=bool)
    for cell, (y, x) in enumerate([(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1)]):
        dots[y, 2 * cell + x] = True
    assert cells(dots).tolist() == [[1, 2, 4, 8, 16, 32, 64, 128]]


def test_crosses_stand_apart_and_the_newest_point_has_one():
    dots = crosses(np.arange(40), np.full(40, 4.0), 8, 40)
    centres = np.flatnonzero(dots[3])
    assert centres[-1] == 39
    assert np.diff(centres).min() >= 5


# --- reduction ------------------------------------------------------------------------------------------------------


values_with_gaps = st.lists(
    st.one_of(st.floats(-1e3, 1e3), st.sampled_from([NAN, math.inf, -math.inf])), min_size=1, max_size=120
)


@given(values_with_gaps, st.sampled_from([1, 3, 10, 30, 100]))
def test_smoothed_is_the_mean_of_the_finite_values_of_the_steps_around(values, smoothing):
    n = len(values)
    curve = reduce(column_of(values).bins, Axis(1, n + 1), n + 1, smoothing)
    assert curve.step.tolist() == list(range(1, n + 1))
    for k in range(n):
        far = max(0.0, min((smoothing - 1) / 2, k)) if smoothing > 1 else 0.0  # of an even window the ends count half
        window = [(v, min(1, far + 1 - abs(j - k))) for j, v in enumerate(values) if abs(j - k) < far + 1]
        window = [(v, weight) for v, weight in window if math.isfinite(v) and weight > 0]
        if math.isfinite(values[k]):
            expected = sum(v * weight for v, weight in window) / sum(weight for _, weight in window)
            assert curve.smoothed[k] == pytest.approx(expected, abs=1e-9)
        else:
            assert math.isnan(curve.smoothed[k])


def test_a_window_reaches_beyond_the_part_that_is_shown():
    bins = column_of(np.random.default_rng(1).standard_normal(1_000).tolist()).bins
    whole, end = reduce(bins, Axis(1, 1_000), 1_000, 100), reduce(bins, Axis(501, 1_000), 500, 100)
    np.testing.assert_allclose(end.smoothed[1:], whole.smoothed[500:], atol=1e-12)


@given(values_with_gaps, st.integers(2, 30))
def test_a_dot_column_has_minimum_mean_and_maximum_of_its_steps(values, dots):
    curve = reduce(column_of(values).bins, Axis(0, len(values)), dots, 1)
    edges = [(k - 0.5) * (len(values) / (dots - 1)) for k in range(dots + 1)]
    for k, dot in enumerate(curve.dot):
        mine = [v for s, v in enumerate(values, 1) if edges[dot] <= s < edges[dot + 1] and math.isfinite(v)]
        if mine:
            got = curve.minimum[k], curve.mean[k], curve.maximum[k]
            assert got == pytest.approx((min(mine), sum(mine) / len(mine), max(mine)), abs=1e-9)
        else:
            assert np.isnan([curve.minimum[k], curve.mean[k], curve.maximum[k], curve.smoothed[k]]).all()


def test_merging_history_keeps_extremes_and_means_of_dot_columns():
    values = np.random.default_rng(0).standard_normal(1024).tolist()
    steps = Axis(0, 1024)
    merged, whole = column_of(values, capacity=256), column_of(values)
    a, b = reduce(merged.bins, steps, 9, 1), reduce(whole.bins, steps, 9, 1)
    assert merged.bins.length < whole.bins.length
    np.testing.assert_array_equal(a.dot, b.dot)
    np.testing.assert_allclose(a.mean, b.mean, atol=0.1)
    assert (a.minimum.min(), a.maximum.max()) == (b.minimum.min(), b.maximum.max())


def test_merged_bins_that_windows_do_not_cut_give_exactly_the_means_of_unmerged_ones():
    values = np.random.default_rng(3).standard_normal(1024).tolist()
    merged, whole = column_of(values, capacity=512), column_of(values)
    assert merged.bins.length < whole.bins.length
    steps = Axis(2, 1024)  # dot columns 2 steps wide, at even steps, as the merged bins are
    a, b = reduce(merged.bins, steps, 512, 100), reduce(whole.bins, steps, 512, 100)
    np.testing.assert_allclose(a.smoothed[:-1], b.smoothed[b.step % 2 == 0][: len(a.step) - 1], atol=1e-12)


def test_rows_ten_steps_apart_are_averaged_over_steps_not_rows():
    values = [float(k) for k in range(20)]  # steps 10, 20, ... 200
    curve = reduce(column_of(values, first=10, every=10).bins, Axis(0, 200), 21, 110)
    assert curve.smoothed[12] == pytest.approx(np.mean(values[7:18]))
    assert curve.smoothed[-1] == pytest.approx(np.mean(values[-6:]))


def test_a_spike_of_1e30_leaves_no_trace_after_its_window():
    values = [0.5] * 100 + [1e30] + [0.5] * 300
    curve = reduce(column_of(values).bins, Axis(0, 400), 401, 10)
    assert curve.smoothed[:90] == pytest.approx(0.5)
    assert curve.smoothed[120:] == pytest.approx(0.5)


@given(
    st.lists(st.floats(-12, 3).map(lambda power: 10.0**power) | st.sampled_from([0.0, -1.0, NAN]), min_size=2),
    st.sampled_from(SMOOTHINGS),
    st.booleans(),
)
def test_at_any_smoothing_a_line_lies_within_what_was_measured_in_the_steps_around(values, smoothing, log):
    values = values * 20
    picture = drawn(chart_of(values, log=log, smoothing=smoothing))
    (curve,), steps = picture.curves, picture.steps
    np.testing.assert_array_equal(np.isfinite(curve.mean), np.isfinite(curve.smoothed))
    a_dot = (steps.high - steps.low) / (picture.frame.dots[1] - 1)
    around = max(1.0, smoothing % 1 * (steps.high - steps.low)) / 2 + a_dot
    at, measured = np.arange(1, len(values) + 1), np.array(values)
    for dot, line in zip(curve.dot, curve.smoothed, strict=True):
        away = np.abs(at - steps.low - dot * a_dot)
        least = min(around - 2 * a_dot, (dot - curve.dot[0] - 1) * a_dot)  # it is short at the first steps
        inside, window = (measured[np.isfinite(measured) & (away <= reach)] for reach in (least, around))
        window = window[window > 0] if log and (inside > 0).any() else window
        if np.isfinite(line):
            low, high = float(window.min()), float(window.max())
            assert low - 1e-9 * abs(low) <= line <= high + 1e-9 * abs(high)


def test_the_band_is_of_what_was_measured_alone_where_a_line_runs_beside_it():
    values = np.append(np.full(500, 1.0), np.full(500, 3.0)).tolist()
    picture = drawn(chart_of(values, y_range=(0.0, 4.0), smoothing=0.1))
    band, frame = dots_of(picture, "training-band"), picture.frame
    far = [dot for dot in range(frame.dots[1]) if abs(dot - (picture.dot_of(500) or 0)) > 2]
    rows = {int(row) for row in np.nonzero(band[:, far])[0]}
    assert all(min(abs(row - (picture.row_of(value) or 0)) for value in (1.0, 3.0)) <= 3 for row in rows)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_at_any_smoothing_a_steep_line_runs_where_it_was_measured(smoothing):
    share = np.arange(3_000) / 3_000
    (fall,) = drawn(chart_of((10 ** (-6 * share)).tolist(), log=True, smoothing=smoothing), width=100).curves
    np.testing.assert_allclose(np.log10(fall.smoothed), np.log10(fall.mean), atol=0.16)
    np.testing.assert_allclose(np.log10(fall.smoothed[:-15]), np.log10(fall.mean[:-15]), atol=0.02)
    (fall,) = drawn(chart_of((1 - share).tolist(), log=False, smoothing=smoothing), width=100).curves
    np.testing.assert_allclose(fall.smoothed, fall.mean, atol=0.027)
    np.testing.assert_allclose(fall.smoothed[:-15], fall.mean[:-15], atol=2e-3)


def test_on_a_logarithmic_axis_no_plateau_is_about_a_spike_and_0_counts_for_nothing():
    values = [1e-3, 0.0] * 500
    values[500] = 1.0
    (curve,) = drawn(chart_of(values, log=True, smoothing=0.1), width=100).curves
    assert curve.maximum.max() == 1.0
    assert 1e-3 * (1 - 1e-6) <= curve.smoothed.min() <= curve.smoothed.max() < 1.3e-3


def test_bins_before_the_axis_are_left_out_but_one_that_the_line_comes_from():
    curve = reduce(column_of([float(k) for k in range(1, 101)]).bins, Axis(51, 100), 50, 1)
    assert curve.dot.tolist() == list(range(-1, 50))
    assert curve.mean.tolist() == [float(k) for k in range(50, 101)]


# --- axes -----------------------------------------------------------------------------------------------------------


@given(st.floats(-1e3, 1e3), st.floats(0.1, 1e6), st.integers(4, 60))
def test_an_axis_holds_its_values_and_its_ticks_stand_at_even_rows(low, length, rows):
    axis = value_axis(low, low + length, False, None, rows)
    assert axis.low <= low + 1e-6 * length
    assert axis.high >= low + length * (1 - 1e-6)
    assert axis.high - axis.low <= 2.3 * length, "not much of it is empty"
    at = [round((1 - float(axis.share(np.array([tick]))[0])) * (4 * rows - 1)) // 4 for tick in ticks(axis, rows)]
    assert len(at) >= 2
    assert len({a - b for a, b in pairwise(at)}) == 1


def test_below_0_an_axis_has_room_for_the_next_values_too():
    axes = [value_axis(-1.0, 0.0, False, None, 12)]
    for k in range(500):
        axes.append(value_axis(-1.0 - k / 100, 0.0, False, axes[-1], 12))
    assert len(set(axes)) < 15
    assert value_axis(0.0, 1.0, False, Axis(0.1, 0.5, rows=12), 12).low == 0, "but none below 0 for values above"
    for level in (-5.0, -1e-7, 5.0):
        axis = value_axis(level, level, False, None, 12)
        assert 0.05 < float(axis.share(np.array([level]))[0]) < 0.95


@given(st.floats(-12, 3), st.floats(2.01, 12), st.integers(2, 60))
def test_powers_of_ten_stand_at_even_rows(low, decades, rows):
    axis = value_axis(10.0**low, 10.0 ** (low + decades), True, None, rows)
    assert math.log10(axis.high / axis.low) <= 2.5 * decades, "not much of it is empty"
    assert axis.low <= 10.0**low * (1 + 1e-6)
    assert axis.high >= 10.0 ** (low + decades) * (1 - 1e-6)
    values = [tick for tick in ticks(axis, rows) if math.log10(tick) == pytest.approx(round(math.log10(tick)))]
    at = [round((1 - float(axis.share(np.array([tick]))[0])) * (4 * rows - 1)) // 4 for tick in values]
    assert len({a - b for a, b in pairwise(at)}) <= 1


@given(st.floats(-12, 3), st.floats(2.01, 7), st.integers(4, 60))
def test_a_logarithmic_axis_ends_near_its_values_however_tall_and_its_ticks_are_1_2_3_or_5_times_a_power(
    low, decades, rows
):
    axis = value_axis(10.0**low, 10.0 ** (low + decades), True, None, rows)
    assert rows < 12 or decades >= 0.6 * math.log10(axis.high / axis.low)
    values = ticks(axis, rows)
    assert 2 <= len(values) <= 2 + rows // 2
    assert {f"{value:.3e}"[0] for value in values} <= set("1235")


def test_the_top_of_a_tall_logarithmic_chart_is_not_left_empty():
    axis = value_axis(0.003, 2.3, True, None, 30)
    assert 0.002 < axis.low <= 0.003
    assert 2.3 <= axis.high < 5
    labels = tick_labels(ticks(axis, 10))
    assert labels == ["0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]


def test_bounds_of_a_short_logarithmic_axis_are_1_2_or_5_times_a_power_of_ten():
    axis = value_axis(0.03, 2.3, True, None, 12)
    assert (axis.low, axis.high, axis.log) == (0.02, 5.0, True)


@pytest.mark.parametrize("value", [0.0, 1.0, -2.5, 1e-12, 3e38])
def test_a_single_value_has_an_axis_that_holds_it(value):
    axis = value_axis(value, value, False, None, 12)
    assert axis.low < axis.high
    assert axis.low <= value <= axis.high


def test_the_axis_sits_still_until_values_leave_it_or_fill_little_of_it():
    axis = value_axis(0.0, 2.4, False, None, 12)
    assert axis.high < 3
    assert value_axis(0.1, axis.high, False, axis, 12) is axis
    assert value_axis(0.1, 1.4, False, axis, 12) is axis
    assert value_axis(0.1, 3.1, False, axis, 12).high > 3
    assert value_axis(0.1, 0.9, False, axis, 12).high < 1.5
    assert value_axis(0.1, 1.4, False, axis, 13) is not axis


@pytest.mark.parametrize("rows", [4, 5, 6, 8, 12, 20, 40])
def test_the_axis_of_values_that_fall_moves_some_times_alone(rows):
    axes = [value_axis(6.0, 6.6, False, None, rows)]
    for low in np.linspace(6.0, 1.7, 1_000).tolist():
        axes.append(value_axis(low, 6.6, False, axes[-1], rows))
    assert sum(before is not axis for before, axis in pairwise(axes)) <= 12
    axes = [value_axis(0.01, 2.3, True, None, rows)]
    for power in np.linspace(-2.0, -9.0, 1_000).tolist():
        axes.append(value_axis(10.0**power, 2.3, True, axes[-1], rows))
    assert sum(before is not axis for before, axis in pairwise(axes)) <= 12


def test_few_outliers_do_not_flatten_the_rest_but_the_start_of_a_course_does_not_count_as_one():
    course = np.linspace(2.3, 0.1, 200)
    course[3] = 300.0
    assert usual_range(course, 2.3) == (pytest.approx(0.1), pytest.approx(2.3, rel=0.05))
    solved_early = np.full(200, 0.01)
    solved_early[0] = 2.3
    assert usual_range(solved_early, 2.3) == (0.01, 2.3)


def test_ticks_are_round_and_labels_tell_them_apart():
    values = ticks(Axis(0, 2.5), 6)
    assert tick_labels(values) == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]
    assert tick_labels(ticks(Axis(0, 2.5), 3)) == ["0", "1", "2"]
    assert tick_labels(ticks(Axis(0.02, 5, log=True), 4)) == ["0.1", "1"]
    assert tick_labels(ticks(Axis(0.02, 5, log=True), 8)) == ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([0, 500, 1000], ["0", "0.5k", "1k"]),
        ([1000, 1200, 1400], ["1k", "1.2k", "1.4k"]),
        ([0, 5, 10], ["0", "5", "10"]),
        ([0, 500_000, 1_000_000], ["0", "0.5M", "1M"]),
        ([1_234_200, 1_234_400], ["1.2342M", "1.2344M"]),
    ],
)
def test_step_labels(steps, expected):
    assert step_labels(steps) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0301, "0.0301"),
        (2.302, "2.30"),
        (0.0, "0.00"),
        (123.4, "123"),
        (NAN, "–"),
        (1.5e-5, "1.5e-5"),
        (1e30, "1e30"),
    ],
)
def test_values_have_three_digits(value, expected):
    assert shown(value) == expected


@given(st.floats(1e-30, 1e30), st.floats(1.0000001, 1e6), st.integers(2, 12), st.booleans())
def test_ticks_lie_on_the_axis_ascend_and_are_not_too_many(low, factor, at_most, log):
    axis = replace(value_axis(low, low * factor, log, None, 12), tick=0.0)
    values = ticks(axis, at_most)
    assert len(values) <= at_most
    assert all(axis.low * (1 - 1e-6) <= v <= axis.high * (1 + 1e-6) for v in values)
    assert values == sorted(set(values))
    assert len(set(tick_labels(values))) == len(values)


@given(
    st.floats(1, 10).map(lambda digits: round(digits, 3)),
    st.integers(-12, 12),
    st.sampled_from([0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9]),
    st.integers(1, 30),
)
def test_a_label_says_its_value_and_no_two_are_alike_however_small_the_range(mantissa, power, share, rows):
    high = mantissa * 10.0**power
    axis = value_axis(high * (1 - share) if share else 0.0, high, False, None, rows)
    values = ticks(axis, 2 + rows // 3)
    labels = tick_labels(values)
    assert len(set(labels)) == len(labels)
    gap = min((b - a for a, b in pairwise(values)), default=math.inf)
    for value, label in zip(values, labels, strict=True):
        assert abs(float(label.replace(",", "")) - value) <= min(1e-3 * axis.high, gap / 100), (values, labels)


@given(st.floats(0, 100), st.floats(0.1, 100), st.integers(2, 6))
def test_an_axis_has_two_ticks_at_least(low, length, at_most):
    assert 2 <= len(ticks(Axis(low, low + length), at_most)) <= at_most


def test_of_two_labels_alone_0_is_no_rounded_value():
    assert tick_labels([0.0, 0.01]) == ["0", "0.01"]
    assert tick_labels([0.0, 0.005, 0.01]) == ["0.000", "0.005", "0.010"]
    assert tick_labels([0.12345, 0.1235]) == ["0.12345", "0.12350"]
    assert tick_labels([0.0, 2e-5, 4e-5]) == ["0", "2e-5", "4e-5"]
    assert tick_labels([123_400.0, 123_500.0]) == ["1.234e5", "1.235e5"]
    assert shown_apart(0.12341, 0.12342) == ("0.12341", "0.12342")


@given(st.integers(1, 10**7), st.sampled_from([1.0, 0.5, 0.2, 0.1, 1000.0]))
def test_the_newest_step_is_on_the_axis_near_its_end(last, zoom):
    axis = step_axis(1, last, zoom)
    assert axis.low <= last <= axis.high
    assert axis.high - last <= max(10, 0.15 * (axis.high - axis.low))


# --- the picture ----------------------------------------------------------------------------------------------------


def test_a_falling_line_runs_from_the_upper_left_to_the_lower_right():
    picture = drawn(chart_of([20.0 - k for k in range(21)], smoothing=1, y_range=(0.0, 20.0)))
    dots = dots_of(picture, "training")
    first, last = (picture.dot_of(step) for step in (1, 21))
    assert dots[picture.row_of(20.0), first]
    assert dots[-1, last]
    assert not dots[:, :first].any()
    assert not dots[:, last + 1 :].any()


def test_a_gap_stays_a_gap():
    values = [1.0] * 10 + [NAN] * 10 + [1.0] * 10
    picture = drawn(chart_of(values, smoothing=1))
    dots = dots_of(picture, "training")
    from_, to = picture.dot_of(10), picture.dot_of(21)
    assert dots[:, from_].any()
    assert dots[:, to].any()
    assert not dots[:, from_ + 1 : to].any()


def test_values_that_a_logarithm_lacks_are_gaps():
    values = [1.0] * 10 + [0.0] * 5 + [-1.0] * 5 + [10.0] * 10
    picture = drawn(chart_of(values, smoothing=1, log=True))
    dots = dots_of(picture, "training")
    from_, to = picture.dot_of(10), picture.dot_of(21)
    assert not dots[:, from_ + 1 : to].any()
    assert dots[:, :from_].any()
    assert dots[:, to:].any()


def test_on_a_logarithmic_axis_each_power_of_ten_is_as_high():
    picture = drawn(chart_of([1.0, 10.0, 100.0], log=True, smoothing=1), height=40)
    rows = [picture.row_of(value) for value in (1.0, 10.0, 100.0)]
    assert rows[0] - rows[1] == pytest.approx(rows[1] - rows[2], abs=1)


def test_values_beyond_a_fixed_axis_are_drawn_at_its_border_with_an_arrow():
    picture = drawn(chart_of([0.5] * 20 + [3.0] * 20, smoothing=1, y_range=(0.0, 1.0)))
    top = picture.rows()[picture.frame.top]
    assert "▴" in top
    under = drawn(chart_of([0.5] * 20 + [-3.0] * 20, smoothing=1, y_range=(0.0, 1.0)))
    assert "▾" in under.rows()[under.frame.top + under.frame.rows - 1]


def test_a_baseline_is_dotted_at_its_value_and_named():
    picture = drawn(chart_of([0.9] * 30, baselines=[ChartBaseline("chance", 0.1)], y_range=(0.0, 1.0), smoothing=1))
    row = picture.row_of(0.1)
    dots = dots_of(picture, "baseline")
    assert np.flatnonzero(dots.any(axis=1)).tolist() == [row]
    assert dots[row, 0:40:2].all()
    assert not dots[row, 1::2].any()
    assert "chance 0.1" in picture.rows()[picture.frame.top + row // 4]


def test_a_baseline_far_outside_is_named_in_the_legend():
    picture = drawn(chart_of([0.02, 0.03, 0.025] * 30, baselines=[ChartBaseline("chance", 2.303)], smoothing=1))
    assert picture.values.high < 1
    assert "▴ chance 2.3" in picture.rows()[0]


def test_marks_of_another_axis_than_the_steps_are_lines_and_are_named():
    picture = drawn(chart_of([0.9] * 100, marks=[CurveMark(50, "memory")], y_range=(0.0, 1.0), along="lag"))
    dots = dots_of(picture, "mark")
    assert np.flatnonzero(dots.any(axis=0)).tolist() == [picture.dot_of(50)]
    assert any("memory" in row for row in picture.rows())


@given(
    st.lists(st.tuples(st.integers(1, 1_000), st.integers(1, 12)), min_size=2, max_size=40),
    st.integers(8, 220),
    st.integers(2, 40),
)
def test_labels_of_marks_never_touch_at_any_width(given, width, height):
    marks = [CurveMark(step, f"<{'m' * length}>") for step, length in sorted(given)]
    picture = drawn(chart_of([k % 7 for k in range(1_000)], marks=marks, along="lag"), width=width, height=height)
    for row in picture.rows()[picture.frame.top :]:
        assert "><" not in row
        said = re.findall(r"<m*>?|<?m*>", row)
        assert all(label.startswith("<") and label.endswith(">") for label in said), "a label is whole or not there"


def test_the_band_reaches_from_minimum_to_maximum_and_never_hides_the_line():
    values = [0.1, 0.9] * 2000
    picture = drawn(chart_of(values, y_range=(0.0, 1.0)))
    band, line = dots_of(picture, "training-band"), dots_of(picture, "training")
    rows = np.flatnonzero(band.any(axis=1))
    assert (rows[0], rows[-1]) == (picture.row_of(0.9), picture.row_of(0.1))
    middle = picture.row_of(0.5)
    assert line[middle - 1 : middle + 2, 5:90].any(axis=0).all()


def test_two_lines_in_one_cell_share_its_dots():
    a, b = Series("a", column_of([0.0] * 50)), Series("b", column_of([0.1] * 50), "third")
    alone = dots_of(drawn(Chart("", (a,), look=SeriesStyle(y_range=(0.0, 4.0), smoothing=1))))
    both = drawn(Chart("", (a, b), look=SeriesStyle(y_range=(0.0, 4.0), smoothing=1)))
    assert (dots_of(both) & alone).sum() == alone.sum()
    assert dots_of(both).sum() > alone.sum()


def test_of_two_held_out_lines_in_the_same_cells_both_are_seen():
    lines = [
        Series(role, column_of([2.0 + apart] * 50, first=10, every=10), role, rare=True)
        for role, apart in (("held-out", 0.0), ("third", 0.01))
    ]
    picture = drawn(Chart("", tuple(lines), look=SeriesStyle(y_range=(0.0, 4.0))))
    seen = [dots_of(picture, role).any(axis=0).sum() for role in ("held-out", "third")]
    assert min(seen) > 0.3 * max(seen) > 0


def test_held_out_points_are_marked_and_joined_by_dashes():
    held_out = Series("held-out", column_of([4.0, 3.0, 2.0], first=100, every=100), "held-out")
    picture = drawn(Chart("", (held_out,), look=SeriesStyle(y_range=(0.0, 5.0))))
    dots = dots_of(picture, "held-out")
    y, x = picture.row_of(3.0), picture.curves[0].dot[1]
    assert dots[y - 1 : y + 2, x].all()
    assert dots[y, x - 1 : x + 2].all()
    there = dots[:, picture.dot_of(100) : picture.dot_of(300)].any(axis=0)
    gaps = [len(gap) for gap in "".join(map(str, there.astype(int))).split("1") if gap]
    assert gaps
    assert max(gaps) <= 2
    assert there.mean() > 0.7


@pytest.mark.parametrize(("role", "has_gaps"), [("training", False), ("held-out", True)])
def test_a_held_out_line_is_told_from_the_training_without_colours(role, has_gaps):
    series = Series("a", column_of([1.0, 1.0, 1.0], first=0, every=150), role)
    picture = drawn(Chart("", (series,), look=SeriesStyle(y_range=(0.0, 2.0), smoothing=1)))
    there = dots_of(picture, role)[:, picture.dot_of(0) : picture.dot_of(300)].any(axis=0)
    assert there.all() != has_gaps


def test_zoom_shows_the_last_part():
    values = [float(k) for k in range(10_000)]
    tenth = drawn(chart_of(values, zoom=0.1))
    assert tenth.steps.low == pytest.approx(9000, abs=100)
    thousand = drawn(chart_of(values, zoom=1000.0))
    assert thousand.steps == tenth.steps
    assert tenth.values.low > 8000
    assert drawn(chart_of(values)).steps.low == 0


def test_the_legend_has_labels_and_how_it_is_drawn():
    first = drawn(chart_of([2.0] * 1_000, log=True, zoom=0.5), width=80).rows()[0]
    assert first.startswith("loss (log)  ⠤⠤ training ")
    assert first.endswith("last 50% · 10-step geometric mean")
    assert drawn(chart_of([2.0] * 1_000), width=80).rows()[0].endswith(" 20-step mean")


def test_the_legend_says_a_window_as_long_as_it_is():
    values = np.random.default_rng(0).standard_normal(10_000)
    picture = drawn(chart_of(values.tolist(), smoothing=10_000, zoom=1_000.0), width=80)
    shown = picture.steps.high - picture.steps.low
    assert picture.rows()[0].endswith(f" {4 * shown:,.0f}-step mean")
    assert picture.curves[0].smoothed[-1] == pytest.approx(values[-round(2 * shown) :].mean(), abs=2e-3)
    assert drawn(chart_of(values[:20].tolist(), smoothing=100), width=80).rows()[0].endswith(" 100-step mean")


@pytest.mark.parametrize(("width", "said"), [(42, "20-step mean"), (24, ""), (80, "20-step mean")])
def test_how_it_is_drawn_is_said_as_far_as_there_is_room(width, said):
    first = drawn(chart_of([2.0] * 1_000), width=width).rows()[0]
    assert first.rstrip().endswith(said)
    assert said or "mean" not in first


@pytest.mark.parametrize("width", [50, 80])
def test_what_is_not_scored_yet_is_not_in_the_legend_before_its_first_value(width):
    training, held_out, averaged = Series("training", column_of([2.0] * 100)), Column(), Column()
    rare = Series("held-out", held_out, "held-out"), Series("averaged", averaged, "third", rare=True)
    chart = Chart("loss", (training, *rare))
    first = drawn(chart, width=width).rows()[0]
    assert "averaged" not in first
    assert "held-out" not in first
    held_out.append(100, 1.75)
    averaged.append(100, 1.5)
    first = drawn(chart, width=width).rows()[0]
    assert "⠴⠦ held-out" in first or width == 50
    assert "⠤⠄ averaged" in first or width == 50


def three_lines(title="bits per character"):
    values = {"training": 1.74, "held-out": 1.91, "averaged": 1.90}
    roles = ("training", "held-out", "third")
    lines = (
        Series(name, column_of([2.0, value]), role, rare=role == "third")
        for role, (name, value) in zip(roles, values.items(), strict=True)
    )
    return Chart(title, tuple(lines), look=SeriesStyle(smoothing=1))


@pytest.mark.parametrize("title", ["bits per character", "accuracy"])
@pytest.mark.parametrize("width", [36, 38, 42, 46, 55, 60, 90])
def test_a_narrow_legend_gives_up_title_and_values_before_the_names(width, title):
    words = drawn(three_lines(title), width=width).rows()[0].split()
    assert "held-out" in words
    assert {"training", "train"} & {*words}
    assert {"averaged", "avg"} & {*words}
    assert words[0] == title.split()[0]


def test_a_line_that_is_called_as_its_chart_is_named_once():
    for width in (34, 80):
        first = drawn(Chart("learning rate", (Series("learning rate", column_of([0.5] * 9)),)), width=width).rows()[0]
        assert first.count("learning rate") == 1


def test_of_newest_values_that_of_the_held_out_text_is_the_last_to_go():
    rows = [drawn(three_lines(), width=width).rows()[0].rstrip() for width in (50, 46, 40, 35)]
    assert rows == [
        "bits  ⠤⠤ train 1.74  ⠴⠦ held-out 1.91  ⠤⠄ avg 1.90",
        "bits ⠤⠤ train 1.74 ⠴⠦ held-out 1.91 ⠤⠄ avg",
        "bits ⠤⠤ train ⠴⠦ held-out 1.91 ⠤⠄ avg",
        "bits ⠤⠤ train ⠴⠦ held-out ⠤⠄ avg",
    ]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_name_of_an_axis_on_its_line_hides_no_tick(width):
    column = column_of([1.0, 2.0], first=5, every=5)
    look = SeriesStyle(smoothing=1, along="length", is_tight=True, tested=(5.0, 10.0))
    line = drawn(Chart("score", (Series("a", column, "a", rare=True),), look=look), width=width).rows()[-2]
    assert (line.count("┬"), line.count(" length ")) == (2, 1)
    assert line.endswith(" length ┬")


@pytest.mark.parametrize("steps", [10, 60, 70])
def test_lines_that_the_mean_of_one_step_leaves_as_they_are_are_not_called_smoothed(steps):
    first = drawn(chart_of([2.0] * steps), width=80).rows()[0]
    assert "mean" not in first


def test_along_the_seconds_lines_are_smoothed_over_seconds():
    series = Series("training", column_of([2.0] * 101, first=0, every=1_000))
    first = drawn(Chart("loss", (series,), look=SeriesStyle(along="seconds")), width=80).rows()[0]
    assert first.endswith("2.0 s mean")


def test_the_newest_values_stand_at_the_ends_of_their_lines_or_in_the_legend():
    values = [2.0 - k / 1_000 for k in range(1_000)]
    held_out = Series("held-out", column_of(values[::100], every=100), "held-out")
    chart = replace(chart_of(values, smoothing=1), series=(*chart_of(values).series, held_out))
    picture = drawn(chart, width=80)
    ends = {row: text[-8:].strip() for row, text in enumerate(picture.rows()) if text[-8:].strip() in ("1.00", "1.10")}
    assert sorted(ends.values(), reverse=True) == ["1.10", "1.00"], "the higher one on top"
    assert picture.rows()[0].rstrip().endswith("held-out")
    assert "training 1.00  ⠴⠦ held-out 1.10" in drawn(chart, width=50).rows()[0]


def ends_of(picture):
    """What stands to the right of the frame, from the top, behind its leaders."""
    right = picture.frame.left + picture.frame.columns
    rows = picture.rows()[picture.frame.top : picture.frame.top + picture.frame.rows]
    return [(row, float(text[right + 1 :])) for row, text in enumerate(rows) if text[right:].strip()]


@given(st.lists(st.sampled_from([0.0, 1e-310, 1e-9, 0.584, 0.59, 0.592, 0.6, 2.0, 1e9, NAN]), min_size=1, max_size=4))
@pytest.mark.parametrize("log", [None, True, False])
def test_newest_values_stand_in_their_order_beside_their_lines_or_in_the_legend(log, last):
    roles = ("training", "held-out", "third", "fourth")
    lines = [Series(role, column_of([2.0, 0.01, value]), role) for role, value in zip(roles, last, strict=False)]
    chart = Chart("loss", tuple(lines), look=SeriesStyle(log=log, smoothing=1))
    for height in (8, 16, 40):
        picture = drawn(chart, width=120, height=height)
        ends, legend = ends_of(picture), picture.rows()[0]
        assert [value for _, value in ends] == sorted((value for _, value in ends), reverse=True)
        placed = placed_ends(picture, chart)
        assert len(placed) == len(ends)
        for number, (series, value) in enumerate(zip(lines, last, strict=False)):
            assert (f"{series.label} {shown(value)}" in legend) == (number not in placed), (legend, ends)
            if number in placed:
                row, moved = placed[number]
                height_of = float(picture.heights(np.array([value]))[0])
                own = picture.frame.rows - 1 if math.isnan(height_of) else int(height_of // 4)
                assert (row, float(shown(value))) in ends
                assert row - own == moved
                right = picture.frame.left + picture.frame.columns
                assert picture.rows()[picture.frame.top + row][right] == {-1: "╱", 0: " ", 1: "╲"}[moved]


def test_of_three_newest_values_at_the_bottom_the_one_without_a_row_beside_its_line_goes_into_the_legend():
    last = {"training": 0.0, "held-out": 0.01, "third": 0.02}
    lines = tuple(Series(role, column_of([6.0, value]), role) for role, value in last.items())
    picture = drawn(Chart("loss", lines, look=SeriesStyle(log=False, smoothing=1)), width=80, height=8)
    bottom = picture.frame.rows - 1
    assert ends_of(picture) == [(bottom - 1, 0.01), (bottom, 0.0)]
    assert "training  ⠴⠦ held-out  ⠤⠄ third 0.0200" in picture.rows()[0]


@given(st.lists(st.integers(0, 9), max_size=8).map(sorted))
def test_rows_are_apart_as_near_to_those_wanted_as_can_be(wanted):
    rows = apart(wanted, 10)
    assert rows == sorted(set(rows))
    assert all(0 <= row < 10 for row in rows)
    if len(set(wanted)) == len(wanted):
        assert rows == wanted


@pytest.mark.parametrize("zeros", [60, 500, 990])
def test_a_loss_that_is_0_at_last_keeps_its_logarithmic_axis_and_stands_at_the_bottom(zeros):
    chart = chart_of([2.0 * 0.98**k for k in range(1_000)] + [0.0] * zeros, log=None, smoothing=1)
    picture = drawn(chart, width=80)
    assert picture.values.log
    assert ends_of(picture) == [(picture.frame.rows - 1, 0.0)]
    bottom = picture.rows()[picture.frame.top + picture.frame.rows - 1]
    assert bottom[column_at(picture, 1_000 + zeros) + picture.frame.left] == "▾"
    assert not drawn(chart_of([2.0, 1e-3, -1.0] * 100, log=None)).values.log, "below 0 there is no logarithm"


@pytest.mark.parametrize("newest", [6.98e-10, 1.23e-120, 12_345.0, 0.5])
def test_the_newest_value_is_written_whole_however_long(newest):
    picture = drawn(chart_of([newest] * 100, smoothing=1), width=80)
    assert any(row.split()[-1:] == [shown(newest)] for row in picture.rows())


def test_a_mean_over_a_share_of_what_is_shown_is_over_as_many_steps():
    values = np.random.default_rng(0).standard_normal(10_000).tolist()
    whole = drawn(chart_of(values, smoothing=0.1)).curves[0].smoothed[-1]
    assert whole == pytest.approx(np.mean(values[-500:]), abs=0.02)
    tenth = drawn(chart_of(values, smoothing=0.1, zoom=0.1)).curves[0].smoothed[-1]
    assert tenth == pytest.approx(np.mean(values[-50:]), abs=0.05)


# --- what the axes say ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("along", "name"), [("step", "step"), ("time step", "time step"), ("seconds", "seconds")])
def test_the_horizontal_axis_is_named(along, name):
    assert any(row.rstrip().endswith(name) for row in drawn(chart_of([1.0] * 100, along=along), width=70).rows()[-2:])


def test_a_name_is_shorter_where_there_is_little_room_and_labels_stay():
    drawings = [drawn(chart_of([1.0] * 20, along="lag"), width=width).rows() for width in (70, 34, 20)]
    for rows, name in zip(drawings, (" steps back from the last →", " steps back →", " back →"), strict=True):
        assert rows[-2].endswith(name)
        assert len(re.findall(r"\d+", rows[-1])) >= 2
    low = drawn(chart_of([1.0] * 20, along="lag"), width=60, height=6).rows()[-1]
    assert low.endswith(" back →")
    assert len(re.findall(r"\d+", low)) >= 2


@pytest.mark.parametrize("steps", [700, 1_000, 4_321])
def test_every_tick_of_the_steps_has_its_number_beside_the_name_of_the_axis(steps):
    for width in range(20, 121):
        line, labels = drawn(chart_of([1.0] * steps), width=width).rows()[-2:]
        assert line.count("┬") == len(re.findall(r"[\d.]+k?", labels)), (line, labels)
        assert labels.split().count("step") == 1, labels


def test_an_axis_over_two_powers_of_ten_is_logarithmic_of_itself_and_says_so():
    falling = [2.0 * 0.99**k for k in range(1_000)]
    picture = drawn(chart_of(falling, log=None), width=80)
    assert picture.values.log
    assert picture.rows()[0].startswith("loss (log) ")
    assert not drawn(chart_of(falling, log=False)).values.log
    assert not drawn(chart_of(falling[:300], log=None)).values.log
    assert not drawn(chart_of(falling, log=None, y_range=(0.0, 1.0))).values.log, "an accuracy"


def test_an_axis_that_became_logarithmic_stays_so_for_somewhat_less():
    fifty = [2.0 * 0.98 ** (k / 5) for k in range(1_000)]
    before = value_axis(0.01, 2.0, True, None, 12)
    assert not drawn(chart_of(fifty, log=None)).values.log
    assert drawn(chart_of(fifty, log=None), before=before).values.log


@pytest.mark.parametrize("height", [5, 6, 8, 12, 16, 30])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_fall_of_the_first_steps_leaves_the_rest_of_a_long_course_its_rows(height, sign):
    course = sign * (1.7 + 4.9 / np.arange(1, 2_001) ** 0.75)
    picture = drawn(chart_of(course.tolist(), log=None, smoothing=1), width=80, height=height)
    rest = np.ptp(course[120:])
    assert rest >= 0.4 * (picture.values.high - picture.values.low)
    border = picture.frame.top + (0 if sign > 0 else picture.frame.rows - 1)
    assert picture.rows()[border][picture.frame.left] == ("▴" if sign > 0 else "▾")


def test_a_fall_to_far_less_and_one_that_leaves_the_rest_many_rows_are_wholly_on_the_axis():
    solved = np.append(np.linspace(2.3, 0.02, 50), np.full(1_950, 0.02))
    assert drawn(chart_of(solved.tolist(), log=False, smoothing=1)).values.high >= 2.3
    falling = np.append(np.linspace(6.6, 3.6, 100), np.linspace(3.6, 1.7, 1_900))
    whole = drawn(chart_of(falling.tolist(), smoothing=1)).values
    assert whole.high >= 6.6
    without = Axis(1.5, 4.0, rows=whole.rows)
    assert drawn(chart_of(falling.tolist(), smoothing=1), before=without).values is without, "it is not to and fro"


def test_a_rise_of_the_first_steps_leaves_the_rest_its_rows_too():
    course = np.append(np.linspace(0.0, 0.9, 60), np.tile([0.9, 0.94], 970)).tolist()
    axis = drawn(chart_of(course, smoothing=1)).values
    assert axis.low > 0.8


@pytest.mark.parametrize("height", [8, 16])
def test_what_is_set_and_not_measured_is_wholly_on_its_axis(height):
    rate = np.append(np.linspace(1e-5, 5e-4, 50), np.full(1_950, 5e-4))
    rate[1_000:1_010] = 5e-3
    series = Series("learning rate", column_of(rate.tolist()), exact=True)
    axis = drawn(Chart("learning rate", (series,), look=SeriesStyle(smoothing=1)), height=height).values
    assert axis.low <= 1e-5
    assert axis.high >= 5e-3


def test_in_a_part_of_a_course_nothing_is_left_out_but_the_first_steps_of_the_whole():
    course = np.append(np.full(1_040, 2.0), 0.5 + 0.05 * np.random.default_rng(0).random(960)).tolist()
    assert drawn(chart_of(course, zoom=0.5, smoothing=1)).values.high >= 2.0
    assert drawn(chart_of(course, zoom=1_000.0, smoothing=1)).values.high >= 2.0
    early = np.append(np.full(40, 2.0), 0.5 + 0.05 * np.random.default_rng(0).random(1_960)).tolist()
    assert drawn(chart_of(early, smoothing=1)).values.high < 1.0
    assert drawn(chart_of(early, zoom=1_990.0, smoothing=1)).values.high < 1.0


def test_an_accuracy_follows_its_values_where_it_is_zoomed_or_meant_to():
    values = [0.55 + 0.02 * (k % 2) for k in range(1_000)]
    fixed = drawn(chart_of(values, y_range=(0.0, 1.0))).values
    assert fixed.low == 0
    assert 1 <= fixed.high < 1.5
    for how in ({"zoom": 0.5}, {"follows": True}):
        axis = drawn(chart_of(values, y_range=(0.0, 1.0), **how)).values
        assert 0.5 < axis.low < axis.high < 0.62


def test_no_tick_stands_where_there_can_be_no_value():
    for height in range(5, 40):
        picture = drawn(chart_of([1.0] * 50, y_range=(0.0, 1.0), follows=height % 2 == 0), height=height)
        numbers = [float(found[0]) for row in picture.rows() if (found := re.findall(r"([\d.]+)┤", row))]
        assert numbers, height
        assert max(numbers) <= 1


def test_a_gap_bears_a_question_mark_and_the_readout_says_why():
    values = [1.0] * 40 + [NAN] * 20 + [1.0] * 40
    chart = chart_of(values, smoothing=1)
    picture = drawn(chart, width=80)
    bottom = picture.rows()[picture.frame.top + picture.frame.rows - 1]
    assert bottom.count("?") == 1
    assert bottom.index("?") - picture.frame.left == pytest.approx(column_at(picture, 50), abs=1)
    assert "training ? not finite" in drawn(chart, width=80, cursor=column_at(picture, 50)).rows()[0]


def test_a_band_is_filled_between_points_that_lie_apart():
    column = Column(32)
    for k in range(10):
        column.append(k + 1, 0.5)
        column.bins.put(k, k + 1, 1.0, 0.2, 0.5, 0.8)
    look = SeriesStyle(smoothing=1, y_range=(0.0, 1.0))
    picture = drawn(Chart("", (Series("mean", column),), look=look), width=50)
    band = dots_of(picture, "training-band") | dots_of(picture, "training")
    first, last = picture.dot_of(1), picture.dot_of(10)
    assert band[picture.row_of(0.7), first : last + 1].all()


# --- the lane of events -----------------------------------------------------------------------------------------------


EVENTS = [CurveMark(20, "lr 0.001 → 0.0002"), CurveMark(50, "clip 5 → 1"), CurveMark(80, "diverged")]


def test_an_axis_ends_where_it_is_told_to():
    ends = [drawn(chart_of([1.0] * steps, until=until)).steps for steps, until in ((140, 100), (100, math.inf))]
    assert ends[0] == ends[1]
    assert drawn(chart_of([1.0] * 140, until=0)).steps == drawn(chart_of([1.0] * 140)).steps, "before its first step"


def test_events_stand_on_the_axis_and_no_line_crosses_the_curve():
    picture = drawn(chart_of([1.0] * 100, marks=EVENTS), width=80)
    lane = picture.rows()[picture.frame.top + picture.frame.rows]
    assert re.findall(r"◆lr|◇clip|✗diverged", lane) == ["◆lr", "◇clip", "✗diverged"]
    for mark, sign in zip(EVENTS, "◆◇✗", strict=True):
        assert lane.index(sign) == picture.frame.left + column_at(picture, mark.step)
    assert not dots_of(picture, "mark").any()


def test_the_readout_says_what_was_changed_and_when():
    plain_picture = drawn(chart_of([1.0] * 100, marks=EVENTS), width=100)
    picture = drawn(chart_of([1.0] * 100, marks=EVENTS), width=100, cursor=column_at(plain_picture, 20))
    assert "lr 0.001 → 0.0002 at 20" in picture.rows()[0]
    assert "clip" not in picture.rows()[0]
    assert any("│" in row[picture.frame.left :] for row in picture.rows()[1:])


@pytest.mark.parametrize("height", [6, 8, 9, 16])
@pytest.mark.parametrize("width", [16, 30, 60, 200])
def test_forty_events_keep_their_signs_and_words_never_touch(width, height):
    marks = [CurveMark(k * 25, ("lr 0.1 → 0.2", "clip 1 → 2", "back")[k % 3]) for k in range(40)]
    picture = drawn(chart_of([1.0] * 1_000, marks=marks), width=width, height=height)
    lane = picture.rows()[picture.frame.top + picture.frame.rows]
    columns = {picture.frame.left + picture.dot_of(mark.step) // 2 for mark in marks}
    assert all(lane[column] in "◆◇↶" for column in columns)
    assert not re.search(r"[a-z][◆◇↶]|[a-z]{5}", lane.replace("step", "")), lane


def test_of_events_in_one_column_all_are_named_where_there_is_room():
    marks = [CurveMark(510, "clip 1 → 5"), CurveMark(511, "lr 0.1 → 0.2")]
    assert "◇clip, lr" in drawn(chart_of([1.0] * 1_000, marks=marks), width=120).rows()[-2]
    beside = [*marks, CurveMark(580, "lr 0.2 → 0.1")]
    assert "◇clip───◆" in drawn(chart_of([1.0] * 1_000, marks=beside), width=120).rows()[-2]


def test_of_events_in_one_column_the_gravest_is_seen():
    marks = [CurveMark(500, "diverged"), CurveMark(501, "lr 0.1 → 0.2")]
    lane = drawn(chart_of([1.0] * 1_000, marks=marks)).rows()[-2]
    assert "✗" in lane
    assert "◆" not in lane


def test_a_run_without_a_value_has_a_dash_in_the_legend_or_is_left_out_of_a_narrow_one():
    chart = Chart("loss", (Series("a", column_of([2.0] * 10), "a"), Series("b", Column(), "b")))
    assert "b b –" in drawn(chart, width=50).rows()[0]
    for width in range(8, 80):
        first = drawn(chart, width=width).rows()[0]
        assert (" b" in first) == ("b –" in first), width


def test_a_value_in_the_legend_that_is_not_the_newest_says_where_it_is():
    column = Column()
    column.extend(range(30), [1.0] * 29 + [0.25])
    chart = Chart("memory", (Series("norm", column),), look=SeriesStyle(smoothing=1, along="lag"))
    assert "norm 0.250 at lag 29" in drawn(chart, width=50).rows()[0]
    assert "at" not in drawn(replace(chart, look=replace(chart.look, along="step")), width=50).rows()[0]
    for width in range(8, 90):
        first = drawn(chart, width=width).rows()[0]
        assert ("0.250" in first) == ("0.250 at lag 29" in first), width


@pytest.mark.parametrize("width", [16, 24, 32, 48, 80])
def test_the_readout_names_its_chart_however_narrow_it_is(width):
    chart = replace(chart_of([1.0] * 1_000, marks=EVENTS), title="bits per character")
    assert drawn(chart, width=width, cursor=3).rows()[0].startswith("bits ")


@pytest.mark.parametrize(("width", "names"), [(52, True), (60, True), (90, True), (34, False)])
def test_the_readout_gives_up_the_names_of_lines_last(width, names):
    words = drawn(three_lines(), width=width, cursor=20).rows()[0].split()
    assert ({"held-out"} <= {*words} and bool({"train", "training"} & {*words})) == names, words


@pytest.mark.parametrize("count", [1, 10, 30, 73])
def test_along_the_places_of_a_raster_each_step_lies_under_its_character(count):
    read = "".join(chr(97 + k % 26) for k in range(count))
    column = column_of([float(k % 2) for k in range(count)])
    look = SeriesStyle(smoothing=1, along="time step", places=count, gutter=7)
    picture = drawn(Chart("mean", (Series("mean", column),), look=look), width=80, height=10)
    assert (picture.frame.left, picture.frame.columns) == (7, 73 // count * count)
    stands = [k for k, character in enumerate(read_labels(read, picture.frame.columns)) if character != " "]
    assert [abs(picture.dot_of(k + 1) // 2 - stands[k]) <= 1 for k in range(count)] == [True] * count
    assert len({after - before for before, after in pairwise(stands)}) <= 1, "no character has a gap that others lack"
    assert "time step" in "".join(picture.rows()[-2:])


@pytest.mark.parametrize("places", [74, 100, 1_000])
def test_a_chart_under_a_raster_has_its_columns_also_where_each_is_several_places(places):
    column = column_of([1.0] * places)
    look = SeriesStyle(smoothing=1, along="time step", places=places, gutter=7)
    picture = drawn(Chart("mean", (Series("mean", column),), look=look), width=80, height=10)
    assert picture.frame.columns == even_columns(places, 73) < 73
    each, curve = per_cell(places, 73), picture.curves[0]
    last = {int(dot) // 2: int(step) for dot, step in zip(curve.dot, curve.step, strict=True)}
    assert last == {k: min(places, (k + 1) * each) for k in range(picture.frame.columns)}


@pytest.mark.parametrize("width", range(8, 60))
def test_a_title_is_never_cut_within_a_word(width):
    title = "memory 12 of 19 · norm of it"
    row = drawn(replace(chart_of([1.0] * 20), title=title), width=width).rows()[0]
    words = row.partition("⠤")[0].split()
    assert words
    assert words == title.split()[: len(words)]


def test_the_readout_says_step_smoothed_and_raw_values():
    chart = chart_of([0.0, 1.0] * 500, smoothing=100, marks=[CurveMark(500, "paused")])
    plain_picture = drawn(chart, width=100)
    cursor = column_at(plain_picture, 500)
    picture = drawn(chart, width=100, cursor=cursor)
    first = picture.rows()[0]
    assert f"step {step_at(picture, cursor):,.0f}" in first
    assert "training 0.50" in first
    assert "(0.00 to 1.00)" in first
    assert "paused" in first
    assert (picture.roles == ROLE["cursor"]).any()


def test_labels_are_plain_text_one_cell_a_character():
    assert plain("a\x1b[31m\tb\u202e漢é\u0301") == "a·[31m·b··é·"
    odd = "[bold]\x1b[2J漢"
    column = column_of([1.0] * 20)
    chart = Chart(odd, (Series(odd, column),), (ChartBaseline(odd, 1.0),), (CurveMark(10, odd),))
    for row in drawn(chart, width=120).rows():
        assert "\x1b" not in row
        assert cell_len(row) == 120
    assert "[bold]·[2J·" in drawn(chart, width=120).rows()[0]


wild = st.lists(
    st.one_of(st.floats(-1e38, 1e38), st.floats(0, 3), st.sampled_from([NAN, math.inf, 0.0, 1e-30])),
    min_size=1,
    max_size=60,
)


@given(
    wild,
    st.integers(1, 90),
    st.integers(1, 30),
    st.booleans(),
    st.sampled_from([1.0, 0.2, 10.0]),
    st.none() | st.integers(-5, 100),
)
@settings(max_examples=200)
def test_every_row_has_exactly_the_width_whatever_is_drawn(values, width, height, log, zoom, cursor):
    held_out = Series("held-out", column_of(values[::7], first=7, every=7), "held-out")
    chart = Chart(
        "loss",
        (Series("training", column_of(values)), held_out),
        (ChartBaseline("chance", 2.3), ChartBaseline("none", NAN)),
        (CurveMark(3, "lr"), CurveMark(10**6, "later")),
        SeriesStyle(log=log, zoom=zoom),
    )
    picture = draw(chart, width, height, cursor=cursor)
    if width < 8 or height < 2:
        assert picture is None
        return
    rows = picture.rows()
    assert len(rows) == height
    assert all(cell_len(row) == width for row in rows)
    for row, runs in zip(rows, picture.runs(), strict=True):
        assert "".join(text for text, _ in runs) == row
        assert all(role in ROLES for _, role in runs)


def test_small_charts_still_draw_the_curve():
    chart = chart_of([1.0 / k for k in range(1, 100)])
    for width, height in ((20, 4), (8, 2), (15, 3), (200, 2)):
        assert dots_of(drawn(chart, width, height)).any()


def test_a_million_steps_are_drawn_from_a_bounded_number_of_bins():
    column = column_of([1.0] * 5_000, capacity=1024)
    picture = drawn(Chart("", (Series("training", column),)))
    assert column.bins.length <= 1024
    assert picture.curves[0].step[-1] == 5_000
    assert len(picture.curves[0].dot) <= picture.frame.dots[1]


# --- axes that charts share -----------------------------------------------------------------------------------------


def test_charts_that_share_an_axis_hold_the_values_of_each_and_are_logarithmic_where_one_is():
    falling = chart_of([2.0 * 0.99**k for k in range(1_000)], log=None, smoothing=1)
    level = chart_of([2.0 + k % 2 for k in range(1_000)], log=None, smoothing=1)
    alone = [drawn(chart) for chart in (falling, level)]
    assert [picture.values.log for picture in alone] == [True, False]
    shared = Extent.of_all([picture.extent for picture in alone])
    together = [drawn(replace(chart, look=replace(chart.look, shares=shared))) for chart in (falling, level)]
    assert together[0].values == together[1].values
    assert together[0].values.log
    assert together[0].values.low <= 1e-4
    assert together[0].values.high >= 3.0
    assert Extent.of_all([picture.extent for picture in together]).high == pytest.approx(shared.high), (
        "it does not creep"
    )


@given(st.lists(st.tuples(st.floats(-10, 1e9), st.floats(0, 1e9), st.booleans()), min_size=1, max_size=5))
def test_an_extent_of_all_holds_each_and_moves_by_a_tenth_alone(ends):
    extents = [Extent(low, low + length, log and low > 0) for low, length, log in ends]
    whole = Extent.of_all(extents)
    assert whole is not None or all(extent.high <= 0 for extent in extents)
    settled = None if whole is None else whole.settled()
    if settled is not None and not settled.log:
        assert all(settled.low <= extent.low <= extent.high <= settled.high for extent in extents)
    if settled is not None and settled.log:
        assert settled.low > 0
        assert all(settled.low <= extent.low for extent in extents if extent.low > 0)
    assert Extent.of_all([]) is None


SOLVED, SLOW, LATER, STUCK = Extent(1e-9, 2.4, True), Extent(1.5, 2.4), Extent(1.7, 2.4), Extent(2.29, 2.33)


def all_of(*extents):
    return Extent.of_all(extents).settled()


def test_charts_that_fill_little_of_a_common_axis_share_one_of_their_own():
    extents, alone = [SOLVED, SLOW, SLOW, LATER], [None] * 4
    assert shared(extents, alone) == [None, *[all_of(SLOW, LATER)] * 3]
    assert not all_of(SLOW, LATER).log
    assert shared([SOLVED, SLOW], [None] * 2) == [None, None]
    assert shared([SLOW, LATER], [None] * 2) == [all_of(SLOW, LATER)] * 2
    assert shared([SLOW], [None]) == [None]
    assert shared([SLOW], [SLOW]) == [None]
    assert shared([], []) == []


def test_of_several_groups_each_shares_its_own_axis_where_none_fills_a_common_one():
    one, ten = Extent(0, 1), Extent(10, 11)
    assert shared([one, one, Extent(5, 6), ten], [None] * 4) == [one, one, None, None]
    assert shared([one, ten, one, ten], [None] * 4) == [one, ten, one, ten]


def test_a_level_line_stays_where_its_height_tells_something():
    assert shared([SLOW, STUCK], [None] * 2) == [all_of(SLOW, STUCK)] * 2
    assert shared([SOLVED, STUCK, STUCK], [None] * 3) == [None, STUCK.settled(), STUCK.settled()]
    for level in (Extent(2.30, 2.31, log=True), Extent(0.001, 0.001, log=True)):
        found = shared([level, level], [None] * 2)
        assert found[0] is not None
        assert found[0] == found[1]
        assert shared([level, level], found) == found
    two = [Extent(2.30, 2.31, log=True), Extent(1.2, 2.4, log=True)]
    assert None not in shared(two, [None] * 2), "no power of ten"


def test_charts_share_an_axis_until_one_can_hardly_be_read_on_it():
    whole = Extent(0.0, 10.0)
    for fills, joins, stays in ((0.1, False, False), (0.3, False, True), (0.6, True, True)):
        extents = [whole, Extent(1.0, 1.0 + 10 * fills)]
        assert shared(extents, [None] * 2) == [whole if joins else None] * 2
        assert shared(extents, [whole] * 2) == [whole if stays else None] * 2
    nearly_level = [whole, Extent(8.5, 10.0)]
    assert shared(nearly_level, [None] * 2) == [None] * 2
    assert shared(nearly_level, [whole] * 2) == [whole] * 2, "it is level by turns"


def test_what_is_shared_moves_with_room_for_the_next_values_and_not_for_less():
    now = Extent(0.0, 1.0)
    assert shared([Extent(0.4, 1.0), Extent(0.5, 1.0)], [now] * 2) == [now] * 2
    assert shared([Extent(0.8, 1.0), Extent(0.9, 1.0)], [now] * 2)[0].low > 0.5, "most of it is empty"
    assert shared([Extent(0.4, 1.01), Extent(0.5, 1.0)], [now] * 2)[0].high >= 1.1
    assert shared([Extent(-0.1, 1.0), Extent(0.0, 1.0)], [now] * 2)[0].low <= -0.3
    powers = Extent(1e-4, 1.0, log=True)
    found = shared([Extent(5e-5, 1.0, log=True), powers], [powers] * 2)[0]
    assert found.low <= 1e-5
    assert found.high == pytest.approx(1.0)


@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(1.0, 1e6), st.booleans()), min_size=2, max_size=6))
def test_no_chart_shares_an_axis_that_it_cannot_be_read_on(ends):
    extents = [Extent(low, low * factor, log) for low, factor, log in ends]
    found = shared(extents, [None] * len(extents))
    for extent, each in zip(extents, found, strict=True):
        if each is not None:
            whole = Extent.of_all(e for e, other in zip(extents, found, strict=True) if other == each)
            assert each.low <= extent.low * (1 + 1e-9)
            assert each.high >= extent.high * (1 - 1e-9)
            assert extent.is_read_on(whole, 1 / 3)
    assert shared(extents, found) == found


def course_of_a_run(random, steps=3_000):
    """A made-up loss: it falls at once, or late, or like a power, or never; noisy, with a spike now and then."""
    at, kind, floor = np.arange(steps), random.integers(4), 10 ** random.uniform(-6, 0.2)
    if kind == 0:
        loss = floor + 2.3 * np.exp(-at / random.uniform(50, 1_500))
    elif kind == 1:
        loss = floor + 2.3 / (1 + np.exp(np.clip((at - random.uniform(200, 2_800)) / random.uniform(5, 300), -50, 50)))
    elif kind == 2:
        loss = np.full(steps, random.uniform(1.5, 2.3))
    else:
        loss = floor + 2.3 * (1 + at / random.uniform(5, 100)) ** -random.uniform(0.3, 1.5)
    loss *= np.exp(random.uniform(0.02, 0.4) * random.standard_normal(steps))
    spikes = random.random(steps) < random.uniform(0, 0.003)
    return np.where(spikes, loss * random.uniform(1, 10), loss)


@pytest.mark.parametrize("seed", [6, 7, 9, 11, 13, 14, 17, 19, 21, 23, 25, 27])
def test_while_they_train_charts_seldom_leave_or_join_a_common_axis(seed):
    random, every, count = np.random.default_rng(seed), 20, 2 + seed % 2
    courses = [course_of_a_run(random) for _ in range(count)]
    speeds = [1.0, *random.choice([1.0, 0.7], count - 1)]
    columns = [Column() for _ in courses]
    look, axes, shares = SeriesStyle(log=None), [None] * count, [None] * count
    turns, moves = [0] * count, [0] * count
    for end in range(every, 3_001, every):
        pictures = []
        for k, (column, course, speed) in enumerate(zip(columns, courses, speeds, strict=True)):
            begin, last = int(speed * (end - every)), int(speed * end)
            column.extend(range(begin + 1, last + 1), course[begin:last].tolist())
            chart = Chart("loss", (Series("training", column),), look=replace(look, shares=shares[k]))
            pictures.append(measured(chart, 80, 12, axes[k]))
        found = shared([picture.extent for picture in pictures], shares)
        if end > every:
            turns = [n + ((a is None) != (b is None)) for n, a, b in zip(turns, shares, found, strict=True)]
            moves = [n + (p.values != axis) for n, p, axis in zip(moves, pictures, axes, strict=True)]
        axes, shares = [picture.values for picture in pictures], found
    assert max(turns) <= 3
    assert max(moves) < 20


def test_a_chart_that_can_share_with_none_says_so():
    assert drawn(chart_of([1.0] * 100, has_own_axis=True)).rows()[0].endswith("own axis · 2-step mean")


@pytest.mark.parametrize("log", [None, True, False])
@pytest.mark.parametrize("low", [0.0, 1e-320, 1e-45, 2.0, 1.6e308])
def test_numbers_at_the_end_of_all_that_there_are_are_drawn_somehow(low, log):
    """Such a loss comes from a damaged file alone: the rest of the chart is drawn as if it were not there."""
    values = [1.7e308 / (k + 1) for k in range(40)] + [low]
    picture = drawn(chart_of(values, log=log, smoothing=1), width=80)
    assert len(picture.rows()) == picture.frame.top + picture.frame.rows + 2
    beside = chart_of([2.0 / (k + 1) for k in range(40)] + [1.7e308], log=log, smoothing=1)
    assert drawn(beside, width=80).values.high < 1e3


def test_a_number_that_is_rounded_to_a_thousand_is_written_like_one():
    assert [shown(value) for value in (999.4, 999.96, 99.96, 0.9996, -999.7)] == [
        "999",
        "1,000",
        "100",
        "1.00",
        "-1,000",
    ]


def test_labels_of_powers_of_ten_have_one_digit():
    labels = tick_labels(ticks(value_axis(1e1, 1e19, True, None, 24), 6))
    assert all(re.fullmatch(r"1(,000|e\d+)", label) for label in labels[1:]), labels


@pytest.mark.parametrize(("height", "is_on_axis"), [(6, False), (12, True)])
def test_a_low_chart_has_its_rows_for_the_lines_and_a_far_baseline_in_its_legend(height, is_on_axis):
    values = [2.0 + 1.2 * math.exp(-k / 300) for k in range(1_000)]
    chart = chart_of(values, baselines=(ChartBaseline("bigram", 3.9),))
    picture = drawn(chart, height=height)
    assert (picture.row_of(3.9) is not None) is is_on_axis
    assert ("▴ bigram 3.9" in picture.rows()[0]) is not is_on_axis


@pytest.mark.parametrize("rows", range(9, 31))
def test_an_accuracy_of_1_has_little_above_it(rows):
    axis = value_axis(0.0, 1.0, False, None, rows)
    assert axis.high <= 1.32
