"""The optimizers on the ravine: the paths follow from the rules, and what is printed follows from the paths."""

import math
from pathlib import Path

import pytest
from command import as_json, done, refused, rnntui

from rnntui.core.analysis.ravine import START, Descent, descend, descents, f
from rnntui.specs import OPTIMIZERS

X, Y = START


def test_sgd_shrinks_x_and_y_by_their_own_factors() -> None:
    path = descend("sgd", 20, lr=0.95)
    for k, (x, y) in enumerate(path.points):
        assert x == pytest.approx(X * (1 - 0.95 / 10) ** k, rel=1e-12)
        assert y == pytest.approx(Y * (1 - 0.95 * 2) ** k, rel=1e-12)


@pytest.mark.parametrize(("lr", "bounces"), [(0.3, 0), (0.95, 20)])
def test_sgd_bounces_at_every_step_above_one_over_the_curvature_and_never_below(lr: float, bounces: int) -> None:
    assert descend("sgd", 20, lr).bounces == bounces


def test_a_path_that_touches_the_floor_and_turns_back_has_not_crossed_it() -> None:
    assert Descent("sgd", 0.5, ((9.0, -1.0), (8.0, 0.0), (7.0, -1.0))).bounces == 0
    assert Descent("sgd", 0.5, ((9.0, -1.0), (8.0, 0.0), (7.0, 1.0))).bounces == 1


def test_sgd_leaves_from_two_over_the_curvature_on() -> None:
    assert f(*descend("sgd", 20, lr=1.01).points[-1]) > f(*START)
    assert f(*descend("sgd", 20, lr=0.99).points[-1]) < f(*START)


def test_momentum_carries_nine_tenths_of_the_step_before() -> None:
    (x0, y0), (x1, y1), (x2, y2) = descend("momentum", 2).points
    lr = OPTIMIZERS["momentum"].ravine_rate
    assert x2 - x1 == pytest.approx(0.9 * (x1 - x0) - lr * x1 / 10)
    assert y2 - y1 == pytest.approx(0.9 * (y1 - y0) - lr * 2 * y1)


def test_momentum_crosses_the_valley_at_the_frequency_of_its_swing() -> None:
    # cos ω = (1 + μ − 2 lr)/(2 √μ) for the y of f: half a turn a crossing
    lr, mu = OPTIMIZERS["momentum"].ravine_rate, 0.9
    omega = math.acos((1 + mu - 2 * lr) / (2 * math.sqrt(mu)))
    assert descend("momentum", 200).bounces == pytest.approx(200 * omega / math.pi, abs=1)


@pytest.mark.parametrize(("optimizer", "length"), [("adagrad", 1.5), ("rmsprop", 1.5), ("adam", 0.2)])
def test_the_first_adaptive_step_is_as_long_in_x_as_in_y(optimizer: str, length: float) -> None:
    x, y = descend(optimizer, 1).points[1]
    assert (x - X, Y - y) == pytest.approx((length, length), rel=1e-6)


def test_adamw_differs_from_adam_by_its_decay() -> None:
    (x, y), (x_w, y_w) = (descend(name, 1).points[1] for name in ("adam", "adamw"))
    decay = 0.01 * OPTIMIZERS["adamw"].ravine_rate
    assert (x_w, y_w) == pytest.approx((x - decay * X, y - decay * Y), rel=1e-9)


def test_all_arrive_within_the_fifty_steps_of_the_figure() -> None:
    assert all(path.arrived_at is not None for path in descents(50))


def test_json_holds_the_paths_and_what_follows_from_them() -> None:
    for found in as_json("ravine --steps 20"):
        heights = [f(x, y) for x, y in found["path"]]
        assert found["path"][0] == list(START)
        assert len(heights) == 21
        assert found["f_after_10"] == heights[10]
        assert found["f_after_30"] is None  # the path is shorter
        assert found["arrived_at"] == next((k for k, height in enumerate(heights) if height < 0.01), None)


def test_the_table_has_a_line_for_each_optimizer() -> None:
    header, *lines = done("ravine").splitlines()
    assert " ".join(header.split()) == "optimizer learning rate f after 10 f after 30 f < 0.01 at step bounces"
    assert [line.split()[0] for line in lines] == list(OPTIMIZERS)
    assert lines[0].split()[1] == "0.95"
    assert lines[0].split()[-1] == "50"


def test_the_figure_names_each_optimizer_and_its_rate(tmp_path: Path) -> None:
    file = tmp_path / "ravine.svg"
    result = rnntui(f"ravine --figure {file} --steps 5")
    assert result.exit_code == 0
    assert result.stdout == ""
    drawn = file.read_text()
    assert all(f"{name}, lr {optimizer.ravine_rate:g}" in drawn for name, optimizer in OPTIMIZERS.items())
    assert "after 5 steps" in drawn


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--figure ravine.gif", "'ravine.gif': a figure must be a .svg, .png or .pdf file"),
        ("--figure nowhere/ravine.svg", "there is no folder 'nowhere'"),
        ("--steps 0", "--steps must be from 1 to 100,000, not 0"),
        ("--steps 1000000", "--steps must be from 1 to 100,000, not 1000000"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_sentence(options: str, sentence: str) -> None:
    assert sentence in refused(f"ravine {options}")
