"""Metric columns: bins of minimum, mean and maximum that never outgrow their size."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnntui.runs.history import Bins, Column

VALUES = st.lists(
    st.one_of(st.floats(-1e6, 1e6, allow_subnormal=False), st.sampled_from([math.nan, math.inf, -math.inf]))
)
Rows = list[tuple[float, float, float, float, float]]


def filled(values: list[float], capacity: int) -> Column:
    column = Column(capacity)
    column.extend(range(10, 10 * len(values) + 10, 10), values)
    return column


def rows(bins: Bins) -> Rows:
    return [(bins.step[k], bins.count[k], bins.minimum[k], bins.mean[k], bins.maximum[k]) for k in range(bins.length)]


def brute_force(values: list[float], capacity: int) -> Rows:
    """Bins of the smallest power of two of values at which all of them fit."""
    size = 1
    while math.ceil(len(values) / size) > capacity:
        size *= 2
    found = []
    for begin in range(0, len(values), size):
        part = values[begin : begin + size]
        finite = [value for value in part if math.isfinite(value)]
        mean = math.fsum(finite) / len(finite) if finite else math.nan
        low, high = (min(finite), max(finite)) if finite else (math.nan, math.nan)
        found.append((10.0 * (begin + len(part)), float(len(finite)), low, mean, high))
    return found


@given(VALUES, st.sampled_from([2, 4, 8, 64]))
def test_a_column_is_what_brute_force_makes_of_all_its_values(values: list[float], capacity: int) -> None:
    column = filled(values, capacity)
    expected = brute_force(values, capacity)
    assert len(rows(column.bins)) == len(expected)
    for found, wanted in zip(rows(column.bins), expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-6, nan_ok=True)
    assert column.appended == len(values)


def test_below_capacity_each_value_has_a_bin_of_its_own() -> None:
    assert rows(filled([3.0, 1.0, 2.0], 4).bins) == [(10, 1, 3, 3, 3), (20, 1, 1, 1, 1), (30, 1, 2, 2, 2)]


def test_a_full_column_merges_neighbours_and_goes_on() -> None:
    assert rows(filled([1.0, 3.0, 5.0, 9.0, 2.0], 4).bins) == [(20, 2, 1, 2, 3), (40, 2, 5, 7, 9), (50, 1, 2, 2, 2)]


def test_a_column_keeps_its_size_however_many_values_come() -> None:
    column = Column(16)
    for step in range(1, 5_000):
        column.append(step, float(step))
        assert column.bins.length <= 16
        assert len(column.bins.mean) == 16
    assert sum(column.bins.count[: column.bins.length]) == 4_999
    assert column.last == 4_999.0


def test_values_that_are_not_finite_are_gaps_and_do_not_spoil_their_neighbours() -> None:
    found = rows(filled([1.0, math.nan, math.inf, -math.inf, 4.0], 4).bins)
    assert found[0] == (20, 1, 1, 1, 1)
    assert found[1][:2] == (40, 0)
    assert all(math.isnan(value) for value in found[1][2:])
    assert found[2] == (50, 1, 4, 4, 4)


def test_a_reader_keeps_the_picture_it_took_before_a_merge() -> None:
    column = filled([1.0, 2.0, 3.0, 4.0], 4)
    taken = column.bins
    before = rows(taken)
    column.extend(range(50, 200, 10), [9.0] * 15)
    assert rows(taken) == before
    assert column.bins is not taken
    assert rows(column.bins) == brute_force([1.0, 2.0, 3.0, 4.0] + [9.0] * 15, 4)


@given(VALUES, st.sampled_from([2, 4, 8, 64]), st.integers(0, 100), VALUES)
def test_a_column_up_to_a_step_has_the_bins_that_end_by_then_and_grows_on(
    values: list[float], capacity: int, until: int, more: list[float]
) -> None:
    column = filled(values, capacity)
    before = rows(column.bins)
    kept = column.until(10 * until)
    wanted = [row for row in before if row[0] <= 10 * until]
    assert repr(rows(kept.bins)) == repr(wanted)
    kept.extend(range(10_000, 10_000 + len(more)), more)
    assert kept.bins.length <= capacity
    if more:
        assert kept.bins.step[kept.bins.length - 1] == 10_000 + len(more) - 1
    assert repr(rows(column.bins)) == repr(before), "the column itself stays"
