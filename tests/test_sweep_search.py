"""The frontier of a search: doubling, then halving the gap; always decided from the results alone."""

from hypothesis import given
from hypothesis import strategies as st

from rnntui.schemas import Search
from rnntui.sweeps import search
from rnntui.sweeps.plan import Plan, Point, at, read

TEXT = """
[variants.A]
cell = "rnn"
[variants.B]
cell = "lstm"
[axes]
seed = [0, 1, 2, 3, 4]
[search]
start = 8
limit = 64
share = 0.8
"""


def find_frontier(start: int, limit: int, true_frontier: int) -> tuple[int | None, dict[int, bool]]:
    bounds, outcome = Search("length", start, limit, 1.0), {}
    while (value := search.next_value(bounds, outcome)) is not None:
        assert value not in outcome
        outcome[value] = value <= true_frontier
    return search.frontier(bounds, outcome), outcome


@given(st.integers(1, 200), st.integers(0, 500), st.integers(0, 2000))
def test_the_search_ends_within_a_tenth_of_the_true_frontier(start: int, more: int, true: int) -> None:
    limit = start + more
    found, outcome = find_frontier(start, limit, true)
    best = min(true, limit)
    assert (found is None) == (best == 0)
    if found is not None:
        assert best - max(1, best * search.GAP) <= found <= best
    assert len(outcome) <= 20


def test_the_values_double_then_halve_the_gap() -> None:
    _, outcome = find_frontier(50, 1000, 230)
    assert list(outcome) == [50, 100, 200, 400, 300, 250, 225, 237]


def test_a_round_is_decided_as_soon_as_it_is_certain() -> None:
    plan = read(TEXT, "f", "f")
    a, b = search.groups(plan)
    name = "{}-length8-seed{}".format
    two_failed = {name("A", seed): False for seed in (0, 1)}
    assert search.outcomes(plan, a, two_failed) == {8: False}
    assert search.outcomes(plan, b, two_failed) == {}
    four_solved = {name("A", seed): True for seed in range(4)}
    assert search.outcomes(plan, a, four_solved) == {8: True}
    one_open = {name("A", seed): seed > 0 for seed in range(4)}
    assert search.outcomes(plan, a, one_open) == {}


def test_both_searches_go_on_side_by_side_and_the_missing_seed_of_a_solved_round_comes_later() -> None:
    plan = read(TEXT, "f", "f")
    assert [job.name for job in search.wanted(plan, {})[:4]] == [
        "A-length8-seed0",
        "B-length8-seed0",
        "A-length8-seed1",
        "B-length8-seed1",
    ]
    solved = {f"A-length8-seed{seed}": True for seed in range(4)}
    names = [job.name for job in search.wanted(plan, solved) if job.name.startswith("A")]
    assert names == [*(f"A-length16-seed{seed}" for seed in range(5)), "A-length8-seed4"]


def test_nothing_is_wanted_once_the_limit_is_solved() -> None:
    plan = read(TEXT, "f", "f")
    solved = {f"{v}-length{n}-seed{s}": True for v in "AB" for n in (8, 16, 32, 64) for s in range(5)}
    assert search.wanted(plan, solved) == []
    assert len(search.known(plan, solved)) == 40


def test_a_failed_run_decides_nothing_and_is_not_asked_for_again() -> None:
    """Out of memory is no proof that a length cannot be learned: the search waits instead of going down."""
    plan = read(TEXT, "f", "f")
    (a, _) = search.groups(plan)
    failed: dict[str, bool | None] = {f"{v}-length8-seed{s}": None if s < 2 else True for v in "AB" for s in range(5)}
    assert search.outcomes(plan, a, failed) == {}
    assert search.wanted(plan, failed) == []
    assert search.outcomes(plan, a, {**failed, "A-length8-seed0": True}) == {8: True}


def test_long_names_of_a_search_tell_its_values_apart() -> None:
    plan = read(TEXT.replace("variants.A", f"variants.{'A' * 98}"), "f", "f")
    (a, _) = search.groups(plan)
    assert len(set(_names(plan, a, 8) + _names(plan, a, 16))) == 10


def _names(plan: Plan, group: list[Point], length: int) -> list[str]:
    return [plan.job(at(point, "length", length)).name for point in group]


def test_a_share_that_no_binary_number_is_asks_for_no_run_more() -> None:
    """0.28 × 25 is a little more than 7 in floating point."""
    plan = read(f"[axes]\nseed = {list(range(25))}\n[search]\nstart = 8\nlimit = 64\nshare = 0.28", "f", "f")
    (a,) = search.groups(plan)
    names = _names(plan, a, 8)
    assert search.outcomes(plan, a, {name: k < 7 for k, name in enumerate(names)})[8]
    assert not search.outcomes(plan, a, {name: k < 6 for k, name in enumerate(names)})[8]
