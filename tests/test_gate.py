"""The time gate in plain numbers: its joints, its course in closed form, and what the command says and draws of it."""

import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import TINY, as_json, done, refused, rnntui, run_named
from hypothesis import assume, given
from hypothesis import strategies as st

from rnntui import runs
from rnntui.gate import Gate
from rnntui.gate.openings import (
    number_of_openings,
    opening,
    opening_in_words,
    openings,
    opens_within,
    reach_of_openness,
    reach_of_phase,
    seen,
    share_in_words,
    steps_in_words,
    times_in_words,
)
from rnntui.gate.parameters import PARAMETERS, REPORT
from rnntui.gate.stretch import LATEST, NARROWEST, Stretch, stretch_for

EPSILON = 2.0**-52
UP, DOWN = math.inf, -math.inf
QUARTER = Gate(tau=4, s=0, r_on=0.5)  # every joint is exact in binary: φ = t/4, k = t, then 2 - t, then closed

numbers = st.floats(-50, 50)
gates = st.builds(Gate, st.floats(0.05, 100), numbers, st.floats(0.001, 3), st.one_of(st.just(0.0), st.floats(0.01, 1)))


def stretches(gate: Gate, begin: float, periods: float) -> tuple[float, float]:
    return begin, begin + periods * gate.tau


# The gate itself


@pytest.mark.parametrize(
    ("t", "phi", "k", "is_open"),
    [
        (0.0, 0.0, 0.0, True),
        (1e-300, 2.5e-301, 1e-300, True),
        (0.5, 0.125, 0.5, True),
        (math.nextafter(1.0, DOWN), (1 - EPSILON / 2) / 4, 1 - EPSILON / 2, True),
        (1.0, 0.25, 1.0, True),
        (math.nextafter(1.0, UP), (1 + EPSILON) / 4, 1 - EPSILON, True),
        (1.5, 0.375, 0.5, True),
        (math.nextafter(2.0, DOWN), (2 - EPSILON) / 4, EPSILON, True),
        (2.0, 0.5, 0.0, False),
        (math.nextafter(2.0, UP), (2 + 2 * EPSILON) / 4, 0.0, False),
        (3.0, 0.75, 0.0, False),
        (math.nextafter(4.0, DOWN), 1 - EPSILON / 2, 0.0, False),
        (4.0, 0.0, 0.0, True),
        (math.nextafter(4.0, UP), EPSILON, 4 * EPSILON, True),
        (9.0, 0.25, 1.0, True),
        (-3.0, 0.25, 1.0, True),
        (-1.0, 0.75, 0.0, False),
    ],
)
def test_phase_and_openness_at_and_around_each_joint(t: float, phi: float, k: float, is_open: bool) -> None:
    assert QUARTER.phase(t) == phi
    assert QUARTER.openness(t) == k
    assert QUARTER.is_open(t) is is_open
    assert Gate(4, 100, 0.5).openness(t + 100) == pytest.approx(k, abs=1e-13)


@pytest.mark.parametrize("t", [-5e-324, -1e-20, math.nextafter(0.0, DOWN)])
def test_a_quotient_that_rounds_to_one_counts_as_zero(t: float) -> None:
    assert (t % 4) / 4 == 1.0
    assert QUARTER.phase(t) == 0.0
    assert Gate(4, 0, 0.5, leak=0.5).openness(t) == 0.0


@pytest.mark.parametrize(
    ("r_on", "t", "k"),
    [(1.0, 2, 1.0), (1.0, 3, 0.5), (1.5, 3, 1.0), (1.5, 3.5, 2 - 1.75 / 1.5), (2.0, 3, 0.75), (3.0, 2, 1 / 3)],
)
def test_a_ratio_of_one_and_more_never_closes(r_on: float, t: float, k: float) -> None:
    gate = Gate(4, 0, r_on, leak=0.5)
    assert gate.openness(t) == pytest.approx(k, rel=1e-15)
    assert all(gate.is_open(t / 16) for t in range(-100, 100))


def test_a_leak_is_the_phase_times_alpha_while_closed_and_nothing_else() -> None:
    leaky = Gate(4, 0, 0.5, leak=0.5)
    assert [leaky.openness(t) for t in (2, 3, math.nextafter(4, DOWN), 4)] == [0.25, 0.375, 0.5 - EPSILON / 4, 0.0]
    assert all(leaky.openness(t) == QUARTER.openness(t) for t in (0, 0.5, 1, 1.5, math.nextafter(2.0, DOWN)))


# Its course in closed form


def test_the_corners_of_a_period_are_its_joints() -> None:
    assert list(QUARTER.corners(0.0, 5.0)) == [(0, 0), (1, 1), (2, 0), (4, 0), (5, 1)]
    leaky = Gate(4, 0, 0.5, leak=0.5)
    assert list(leaky.corners(0.5, 4.0)) == [(0.5, 0.5), (1, 1), (2, 0), (2, 0.25), (4, 0.5), (4, 0)]
    assert list(Gate(4, 0, 1.0, leak=0.5).corners(0.0, 4.0)) == [(0, 0), (2, 1), (4, 0)]
    assert list(Gate(4, 0, 2.0).corners(0.0, 4.0)) == [(0, 0), (4, 1), (4, 0)]
    assert list(QUARTER.corners(2.0, 2.0 + 1e-9)) == [(2, 0), (2 + 1e-9, 0)]
    assert list(QUARTER.sawtooth(1.0, 5.0)) == [(1, 0.25), (4, 1), (4, 0), (5, 0.25)]


def test_a_joint_that_rounding_puts_on_the_other_side_of_an_end_is_still_there() -> None:
    gate = Gate(0.05, 0, 2)
    assert gate.openness(1.0) > 0.999  # a new period begins there, but 1.0 % 0.05 is all but 0.05
    assert list(gate.corners(1.0, 1.04)) == [(1, 0), (1.04, pytest.approx(0.8))]


@given(gates, numbers, st.floats(0.01, 5), st.lists(st.floats(0, 1), min_size=20, max_size=20))
def test_between_corners_openness_is_the_straight_line(
    gate: Gate, begin: float, periods: float, shares: list[float]
) -> None:
    low, high = stretches(gate, begin, periods)
    corners = list(gate.corners(low, high))
    assert all(before[0] <= after[0] for before, after in itertools.pairwise(corners))
    steepest = 2 / (gate.tau * min(gate.r_on, 1))
    for share in shares:
        t = low + share * (high - low)
        (t0, k0), (t1, k1) = next(pair for pair in itertools.pairwise(corners) if t <= pair[1][0])
        if min(t - t0, t1 - t) > 1e-12 * max(1, abs(t)):  # nearer to a jump, rounding decides which side it is on
            line = k0 + (k1 - k0) * (t - t0) / (t1 - t0)
            assert gate.openness(t) == pytest.approx(line, abs=1e-9 + 1e-12 * steepest * max(1, abs(t)))


@given(gates, numbers, st.floats(0.001, 5))
def test_what_is_reached_is_what_the_corners_reach(gate: Gate, begin: float, periods: float) -> None:
    low, high = stretches(gate, begin, periods)
    joints = [time for time, _ in gate.corners(low - gate.tau, high + gate.tau)]
    assume(all(abs(time - end) > 1e-9 for time in joints for end in (low, high)))  # rounding decides what is within
    near = 1e-9 * (1 + 100 / (gate.tau * min(gate.r_on, 1)))
    for reach, corners in ((reach_of_openness, gate.corners), (reach_of_phase, gate.sawtooth)):
        values = [value for _, value in corners(low, high)]
        assert reach(gate, low, high) == pytest.approx((min(values), max(values)), abs=near)


@pytest.mark.parametrize("ratio", [1e-3, 1e-6])
@pytest.mark.parametrize(("low", "high"), [(0.0, 20.0), (0.0, 12_345.6), (1e6, 1e6 + 77)])
def test_of_stretches_side_by_side_each_peak_is_in_exactly_one(ratio: float, low: float, high: float) -> None:
    gate = Gate(9.7, 0.3, ratio)
    edges = [low + (high - low) * k / 4999 for k in range(5000)]
    hit = [reach_of_openness(gate, *pair)[1] == 1 for pair in itertools.pairwise(edges)]
    peaks = [one.peak for one in openings(gate, low, high) if low < one.peak <= high]
    assert sum(hit) == len(peaks) > 0
    assert sum(opens_within(gate, *pair) for pair in itertools.pairwise(edges)) >= len(peaks)


def test_openings_say_when_the_gate_opens_peaks_and_closes() -> None:
    gate = Gate(5, 1, 0.5)
    found = [(one.opens, one.peak, one.closes) for one in openings(gate, 0, 12)]
    assert found == [(1, 2.25, 3.5), (6, 7.25, 8.5), (11, 12.25, 13.5)]
    assert [one.opens for one in openings(gate, 3, 6)] == [1, 6]  # one that lasts, and one that begins
    assert list(openings(gate, 3.5, 5.9)) == []
    assert [one.opens for one in openings(gate, -6, 0)] == [
        -9 + 5,
    ]
    never_closed = opening(Gate(5, 1, 1.5), 0)
    assert (never_closed.opens, never_closed.peak, never_closed.closes) == (1, 4.75, 6)


@given(gates, st.integers(-20, 20))
def test_an_opening_knows_what_whole_steps_see_of_it(gate: Gate, period: int) -> None:
    one = opening(gate, period)
    assume(all(abs(end - round(end)) > 1e-9 for end in (one.opens, one.closes)))
    inside = range(math.floor(one.opens) - 1, math.ceil(one.closes) + 2)
    steps = [t for t in inside if one.opens < t < one.closes]
    assert one.steps == len(steps)
    assert one.seen == pytest.approx(max(map(gate.openness, steps), default=0.0), abs=1e-9)


@given(gates, numbers, st.floats(0.01, 5))
def test_openings_are_counted_without_being_listed(gate: Gate, begin: float, periods: float) -> None:
    low, high = stretches(gate, begin, periods)
    assert number_of_openings(gate, low, high) == len(list(openings(gate, low, high)))


def test_whole_steps_see_a_gate_only_where_something_passes() -> None:
    assert seen(Gate(10, 0.2, 0.05), 1, 1000).number == 0  # open from 0.2 to 0.7 of every ten
    assert seen(Gate(10, 0, 0.05), 1, 1000).number == 0  # at t = 10 it begins to open: k = 0
    assert seen(Gate(10, 0.2, 0.05), 1, 1000).misses_openings
    leaky = seen(Gate(10, 0.2, 0.05, leak=0.5), 1, 1000)
    assert (leaky.number, leaky.leaking, leaky.misses_openings) == (1000, 1000, True)
    assert leaky.greatest == pytest.approx(0.5 * 0.98)
    found = seen(Gate(10, 0.75, 0.05), 1, 1000)
    assert (found.number, found.leaking, found.greatest) == (100, 0, pytest.approx(1.0))
    assert not found.misses_openings


def test_in_words() -> None:
    narrow = Gate(10, 0.2, 0.05)
    assert share_in_words(narrow) == "open 5 % of the time"
    assert opening_in_words(narrow, 0.5) == "from t = 0.2 to 0.7, next from 10.2"
    assert opening_in_words(narrow, 0.8) == "from t = 10.2 to 10.7, next from 20.2"
    assert share_in_words(Gate(5, 1, 1)) == "never closed"
    assert opening_in_words(Gate(5, 1, 1), 0) == "k = 1 at t = 3.5, next at 8.5"


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (Gate(10, 0.2, 0.05), "k = 0 at every whole step from 1 to 1,000: steps miss it"),
        (Gate(5, 1, 0.5), "k > 0 at 400 of the whole steps 1 to 1,000; at most 0.8"),
        (Gate(5, 1, 1), "k > 0 at 800 of the whole steps 1 to 1,000; at most 0.8"),  # open at every one, k = 0 at some
        (
            Gate(5, 1, 0.5, 0.1),
            "k > 0 at 800 of the whole steps 1 to 1,000, through the leak alone at 400; at most 0.8",
        ),
        (
            Gate(10, 0.2, 0.05, 0.1),
            "k > 0 at 1,000 of the whole steps 1 to 1,000 through the leak alone: steps miss the openings",
        ),
    ],
)
def test_whole_steps_in_words_tell_openings_and_leak_apart(gate: Gate, words: str) -> None:
    assert steps_in_words(seen(gate, 1, 1000)) == words


def test_times_have_as_many_digits_as_tell_them_apart() -> None:
    assert times_in_words(1, 2.25, 3.5) == ["1", "2.25", "3.5"]
    assert times_in_words(1 / 3, 2 / 3) == ["0.3333333", "0.6666667"]
    assert times_in_words(-999_999_999, -999_999_997.75) == ["-999999999", "-999999997.75"]
    assert times_in_words(0, 0, 0) == ["0", "0", "0"]
    assert opening_in_words(Gate(5, 1, 0.5), 1e9) == "from t = 1000000001 to 1000000003.5, next from 1000000006"
    tiny = opening(Gate(1e-6, 0, 1e-3), 10**15)
    assert len(set(times_in_words(tiny.opens, tiny.peak, tiny.closes))) == len({tiny.opens, tiny.peak, tiny.closes})


# What is moved and typed


@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize("gate", [*REPORT, Gate(10, 0, 0.1, 0.5), Gate(997.3, 123.456, 1e-4)])
def test_every_move_goes_on_in_its_direction(gate: Gate, fine: bool) -> None:
    for parameter in PARAMETERS:
        down, up = (parameter.of(parameter.moved(gate, direction, fine=fine)) for direction in (-1, 1))
        value = parameter.of(gate)
        assert down < value or value == parameter.least == down
        assert value < up or value == parameter.most == up


@pytest.mark.parametrize("gate", [*REPORT, Gate(10, 0, 0.1, 0.5)])
def test_a_move_and_the_one_back_leave_all_as_it_was(gate: Gate) -> None:
    for parameter in PARAMETERS:
        if parameter.of(gate) < parameter.most:
            assert parameter.moved(parameter.moved(gate, 1, fine=False), -1, fine=False) == gate


def test_no_move_leaves_what_is_allowed() -> None:
    for parameter in PARAMETERS:
        for direction, end in ((-1, parameter.least), (1, parameter.most)):
            gate = parameter.put(QUARTER, end)
            assert parameter.of(parameter.moved(gate, direction, fine=False)) == end


@given(gates, st.floats(-0.5, 1.5))
def test_a_slider_stands_where_it_was_put(gate: Gate, share: float) -> None:
    for parameter in PARAMETERS:
        assert parameter.share(parameter.slid(gate, share)) == pytest.approx(min(max(share, 0), 1), abs=0.03)


@given(st.lists(st.tuples(st.sampled_from([0.5, 2.0, 1.25, 100.0]), st.floats(0, 1)), max_size=60))
def test_zoom_and_pan_keep_moments_apart_and_within_bounds(moves: list[tuple[float, float]]) -> None:
    stretch = stretch_for(QUARTER)
    for factor, share in moves:
        stretch = stretch.zoomed(factor, stretch.low + share * stretch.length).panned(share - 0.5)
        assert stretch.length >= NARROWEST * max(abs(stretch.low), abs(stretch.high))
        assert max(abs(stretch.low), abs(stretch.high)) <= LATEST


def test_a_zoom_keeps_the_moment_under_the_pointer() -> None:
    assert Stretch(10, 20).zoomed(2, 12) == Stretch(11, 16)
    assert Stretch(10, 20).zoomed(0.5, 12) == Stretch(8, 28)
    assert Stretch(0, 20).zoomed(0.5, 10) == Stretch(0, 40)  # no time before 0 that was not asked for


# The command


def test_the_figure_of_the_report_has_its_four_gates(tmp_path: Path) -> None:
    file = tmp_path / "gate.svg"
    result = rnntui(f"gate --preset report --figure {file}")
    assert result.exit_code == 0
    assert result.stdout == ""
    drawn = file.read_text()
    for gate in ("s = 1, r_on = 1", "s = 0.2, r_on = 1", "s = 1, r_on = 0.5"):
        assert f"τ = 5, {gate}" in drawn
    assert "τ = 1, s = 1, r_on = 1" in drawn


@pytest.mark.parametrize("options", ["--leak 0.1", "--period 1e-6", "--period 0.1 --to 100", "--from -3.7 --to -3.6"])
def test_any_gate_can_be_drawn(options: str, tmp_path: Path) -> None:
    file = tmp_path / "gate.png"
    assert rnntui(f"gate --figure {file} {options}").exit_code == 0
    assert file.read_bytes().startswith(b"\x89PNG")


def test_without_a_terminal_it_says_when_the_gate_opens() -> None:
    first, second, titles, *rows = done("gate --period 10 --shift 0.2 --ratio 0.05 --to 100").splitlines()
    assert first == "τ = 10, s = 0.2, r_on = 0.05: open 5 % of the time"
    assert "k = 0 at every whole step" in second
    assert titles.split("  ") == ["opens", "peaks at", "closes", "whole steps", "k at the best step"]
    assert [row.split() for row in rows[:2]] == [["0.2", "0.45", "0.7", "0", "0"], ["10.2", "10.45", "10.7", "0", "0"]]
    assert len(rows) == 10
    assert done("gate --period 1 --ratio 0.5 --to 99.9").splitlines()[-1] == "and 88 more up to t = 99.9"


def test_json_has_the_gate_its_openings_and_its_corners() -> None:
    found = as_json("gate --period 4 --shift 0 --ratio 0.5 --leak 0.5 --from 0.5 --to 4")
    assert (found["period"], found["shift"], found["ratio"], found["leak"]) == (4, 0, 0.5, 0.5)
    assert found["open_share"] == 0.5
    assert found["openings"][0] == {"opens": 0, "peak": 1, "closes": 2, "steps": 1, "seen": 1}
    assert found["corners"] == [[0.5, 0.5], [1, 1], [2, 0], [2, 0.25], [4, 0.5], [4, 0]]
    assert found["whole_steps"] == {"first": 1, "last": 1000, "number": 750, "leaking": 500, "greatest": 1}


def test_json_of_the_preset_has_the_four_gates_in_the_reports_order() -> None:
    found = as_json("gate --preset report")
    assert [(gate["period"], gate["shift"], gate["ratio"]) for gate in found] == [
        (5, 1, 1),
        (5, 0.2, 1),
        (5, 1, 0.5),
        (1, 1, 1),
    ]
    counts = {"first", "last", "number", "leaking", "steps"}
    assert {type(value) for key, value in leaves(found) if key in counts} == {int}
    assert {type(value) for key, value in leaves(found) if key not in counts} == {float}


def leaves(found: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Each value of a JSON document, with the key that it stands under."""
    if isinstance(found, dict | list):
        for inner, value in found.items() if isinstance(found, dict) else ((key, gate) for gate in found):
            yield from leaves(value, inner)
    else:
        yield key, found


def test_a_figure_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "folder.svg"
    folder.mkdir()
    assert f"--figure '{folder}' is a folder" in refused(f"gate --figure {folder}")


def test_a_ratio_above_1_is_refused_of_a_new_run_and_read_of_an_earlier_one() -> None:
    phased = f"train noise {TINY} --steps 2 --headless --cell phased"
    assert "--ratio must be at most 1, which is open all the time, not 2" in refused(f"{phased} --ratio 2")
    assert not runs.folder().exists()
    done(f"{phased} --ratio 1 --name early")
    run = run_named("early")
    config = json.loads((run.path / "config.json").read_text())
    config["settings"]["ratio"] = 2.0
    (run.path / "config.json").write_text(json.dumps(config))
    assert "2: of an earlier version, and never closed; a new run takes at most 1" in done("runs show early")
    done("resume early --steps 3 --headless")
    assert run.newest_state().step == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--period 5:10", "--period 5:10: here it is for one gate, so it must be one number"),
        ("--period 0", "--period must be a number from 1e-6 to 1e9, not '0'"),
        ("--period -5", "--period must be a number from 1e-6 to 1e9, not '-5'"),
        ("--period nan", "--period must be a number"),
        ("--period inf", "--period must be a number"),
        ("--period ''", "--period must be a number"),
        ("--shift inf", "--shift must be a number from -1e9 to 1e9, not 'inf'"),
        ("--shift '[b]1'", "not '[b]1'"),
        ("--ratio 0", "--ratio must be a number from 1e-6 to 1, not '0'"),
        ("--ratio 2", "--ratio must be a number from 1e-6 to 1, not '2'"),
        ("--ratio half", "not 'half'"),
        ("--leak 1.5", "--leak must be a number from 0 to 1, not '1.5'"),
        ("--leak -0.1", "--leak must be a number from 0 to 1, not '-0.1'"),
        ("--from 5 --to 5", "--to must be after --from: 5 is not after 5"),
        ("--to -1", "--to must be after --from: -1 is not after 0"),
        ("--from nan", "--from must be a number of time steps up to 1e9, not 'nan'"),
        ("--to 1e10", "--to must be a number of time steps up to 1e9, not '1e10'"),
        ("--from 1 --to 1.0000000001", "--from and --to are too close"),
        ("--preset sauce", "--preset 'sauce' is unknown: there is report"),
        ("--preset report --period 5 --ratio 1", "leave out --period and --ratio"),
        ("--period 1e-6 --json", "20,000,001 openings"),
        ("--figure gate.gif", "'gate.gif': a figure must be a .svg, .png or .pdf file"),
    ],
)
def test_what_no_gate_can_have_is_said_in_one_sentence(options: str, sentence: str) -> None:
    assert sentence in refused(f"gate {options}")
