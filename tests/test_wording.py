"""Numbers in words: the same on the screen, in the tables and in the lines of a headless run."""

import math

import pytest

from rnntui import wording


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
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("number", "words"), [(2.30258, "2.3"), (1.25e-5, "1.25e-05"), (3.4e38, "3.4e+38"), (math.nan, "–"), (None, "–")]
)
def test_a_figure_has_three_digits_at_any_size(number: float | None, words: str) -> None:
    assert wording.figure(number) == words


@pytest.mark.parametrize(("number", "words"), [(1.0, "1.000"), (0.0975, "0.098"), (math.nan, "–"), (None, "–")])
def test_an_accuracy_has_three_decimals(number: float | None, words: str) -> None:
    assert wording.share(number) == words
