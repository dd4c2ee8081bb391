"""What a curve does, in words: curves whose course is known, with noise and without."""

import math
import random

import pytest

from rnntui.plain.trend import FEWEST, trend
from rnntui.runs.history import Column


def column(values: list[float], capacity: int = 16_384) -> Column:
    made = Column(capacity)
    made.extend(range(1, len(values) + 1), values)
    return made


def noisy(values: list[float], spread: float, seed: int = 1) -> list[float]:
    draw = random.Random(seed)
    return [value + draw.gauss(0, spread) for value in values]


FALL = [4.4 - 2.5 * min(1.0, k / 2_500) for k in range(3_000)]


@pytest.mark.parametrize("seed", range(20))
def test_a_fall_that_ends_in_a_level_is_told_with_its_figures(seed: int) -> None:
    said = trend("loss", column(noisy(FALL, 0.1, seed)))
    assert said.startswith("loss fell from 4.3")  # the mean of the first twentieth
    assert "to 1.9" in said or "to 1.89" in said
    assert "over 3,000 steps, level since 2," in said
    since = int(said.rpartition(" ")[2].replace(",", ""))
    assert 2_400 <= since <= 2_600


def test_a_fall_that_goes_on_is_no_level() -> None:
    assert trend("loss", column([4.0 - k / 1_000 for k in range(2_000)])) == (
        "loss fell from 3.95 to 2.05 over 2,000 steps"
    )
    assert trend("accuracy", column(noisy([k / 400 for k in range(400)], 0.02))).startswith("accuracy rose from 0.0")


@pytest.mark.parametrize("seed", range(20))
def test_noise_about_a_constant_is_a_level(seed: int) -> None:
    said = trend("loss", column(noisy([2.0] * 2_000, 0.3, seed)))
    assert said.startswith(("loss is level at 2", "loss is level at 1.9")), said
    assert said.endswith("over 2,000 steps")
    assert trend("loss", column([2.0] * 50)) == "loss is level at 2 over 50 steps"


@pytest.mark.parametrize("seed", range(20))
def test_a_curve_that_turns_is_told_with_its_turn(seed: int) -> None:
    values = [4.0 - k / 500 for k in range(1_000)] + [2.0 + k / 1_000 for k in range(1_000)]
    said = trend("loss", column(noisy(values, 0.05, seed)))
    assert said.startswith("loss fell from 3.")
    assert ", then rose to 2.9" in said
    assert said.endswith("by step 2,000")
    turned = int(said.partition("by step ")[2].partition(", then")[0].replace(",", ""))
    assert 900 <= turned <= 1_200


def test_a_peak_between_two_equal_ends_is_a_turn() -> None:
    said = trend("loss", column([abs(k - 500) / -500 for k in range(1_001)]))
    assert "rose from" in said
    assert "then fell to" in said


def test_steps_without_a_finite_value_are_left_out() -> None:
    values = [math.nan if k % 3 == 0 else value for k, value in enumerate(FALL)]
    assert "fell from 4.3" in trend("loss", column(values))
    few = [math.nan] * 1_000 + [1.0] * (FEWEST - 1)
    assert trend("loss", column(few)) == "loss: too few values for a trend yet, 7 of the 8 that it takes"
    assert "too few" in trend("loss", Column())


def test_a_column_that_was_merged_tells_the_same() -> None:
    said = trend("loss", column(FALL, capacity=256))
    assert "fell from 4.3" in said
    assert "level since 2," in said
