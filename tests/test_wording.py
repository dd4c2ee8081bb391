"""Numbers in words: the same on the screen, in the tables and in the lines of a headless run."""

import math

import pytest

from rnntui.text import format


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (5_960, "99 min"),
        (7_200, "2.0 h"),
        (9e5, "10.4 days"),
        (math.inf, "–"),
        (math.nan, "–"),
    ],
)
def test_times_are_said_in_words(seconds: float, words: str) -> None:
    assert format.duration(seconds) == words


@pytest.mark.parametrize(
    ("number", "words"), [(2.30258, "2.3"), (1.25e-5, "1.25e-5"), (3.4e38, "3.4e38"), (math.nan, "–"), (None, "–")]
)
def test_a_figure_has_three_digits_at_any_size(number: float | None, words: str) -> None:
    assert format.figure(number) == words


@pytest.mark.parametrize(("number", "words"), [(1.0, "1.000"), (0.0975, "0.098"), (math.nan, "–"), (None, "–")])
def test_an_accuracy_has_three_decimals(number: float | None, words: str) -> None:
    assert format.share(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(2.3118, "2.312"), (-0.5, "-0.500"), (99999.5, "99999.500"), (1e30, "1e30"), (math.inf, "–"), (None, "–")],
)
def test_a_figure_without_a_bound_has_decimals_as_long_as_they_tell_something(number: float | None, words: str) -> None:
    assert format.decimals(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.25, "0.25"), (99.4, "99.4"), (932, "932"), (9_999, "9,999"), (10_000, "10k"), (12_400, "12.4k"),
        (1.2e6, "1.2M"), (-3e9, "-3G"), (2e12, "2e12"), (math.inf, "–"),
    ],
)  # fmt: skip
def test_a_count_has_a_letter_from_ten_thousand_on(number: float, words: str) -> None:
    assert format.count(number) == words


@pytest.mark.parametrize("number", [0, 1e-30, 999.9, 1e4, 1.5e6, 1e11, 1e30, -1e300])
def test_no_count_is_long(number: float) -> None:
    assert len(format.count(number)) <= 10
    assert len(format.duration(abs(number))) <= 14


def test_a_list_ends_after_twelve_and_says_how_many_more_there_are() -> None:
    words = [str(k) for k in range(1_012)]
    assert format.listed(words) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … and 1,000 more"
    assert format.listed(words[:12], " ") == "0 1 2 3 4 5 6 7 8 9 10 11"
    assert format.listed(words, most=2) == "0, 1, … and 1,010 more"
    assert format.listed([]) == ""


def test_a_perplexity_that_no_number_holds_is_none() -> None:
    assert format.perplexity(math.log(7.0)) == pytest.approx(7.0)
    assert format.perplexity(709.0) is not None
    assert [format.perplexity(nats) for nats in (710.0, math.inf, math.nan, None)] == [None] * 4


def test_a_difference_that_means_nothing_is_not_told_in_powers_of_ten() -> None:
    assert format.bits_apart(0.2134) == "0.213 bits per character"
    assert format.bits_apart(8.58e-05) == "less than 0.001 bits per character"
