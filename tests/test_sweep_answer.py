"""What a sweep says while it runs: how far each line solves its task, which settings are best, and what fell back."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import screen_text
from test_sweep_screen import SOLVED, UNSOLVED, Still
from textual.pilot import Pilot

from rnntui.sweeps import answer
from rnntui.sweeps.folder import Result
from rnntui.sweeps.plan import Plan, find, read
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.chart.picture import ROLE
from rnntui.tui.sweep import run_cell
from rnntui.tui.sweep.bars_figure import rows_of_bars
from rnntui.tui.sweep.live_answer import LiveAnswer
from rnntui.tui.sweep.runs_grid import RunsGrid
from rnntui.tui.sweep.screen import SweepScreen, detail_rows

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")
LENGTHS = "[base]\nhidden = 8\ndevice = 'cpu'\n[axes]\ncell = ['rnn', 'lstm']\nlength = [3, 5, 9]\nseed = [0, 1]\n"


def plan(content: str = LENGTHS) -> Plan:
    return read(content, "few", "few.toml")


def fallen() -> Result:
    return Result("finished", 900, 0.1, 0.5, 0.99, 0.5, solved_at=321, seconds=5.0)


def statuses(pool: Still) -> list[Any]:
    return list(pool.statuses.values())


def said(pool: Still) -> str:
    of, every = pool.sweep.plan, statuses(pool)
    return answer.in_words(of, every, answer.lines_of(of, every))


def test_the_axes_are_those_of_the_figure_or_the_first_that_will_do() -> None:
    assert answer.axes_of(plan()) == ("length", "cell")
    assert answer.axes_of(plan("[axes]\nlr = [0.1, 0.01]\n")) == ("lr", "")
    assert answer.axes_of(plan("[axes]\ncell = ['rnn', 'lstm']\n")) == ("", "cell")
    assert answer.axes_of(plan("[axes]\nseed = [0, 1]\n")) == ("", "")


def test_a_line_solves_its_task_up_to_the_first_place_where_most_of_its_runs_do_not() -> None:
    pool = Still(plan())
    assert said(pool) == ""
    pool.say("rnn-length3-seed0", SOLVED, state="finished")
    assert said(pool) == "length solved: rnn up to 3, lstm not known yet"
    pool.say("rnn-length3-seed1", UNSOLVED, state="finished")
    for length in (5, 9):
        pool.say(f"rnn-length{length}-seed0", UNSOLVED, state="finished")
        for seed in (0, 1):
            pool.say(f"lstm-length{length}-seed{seed}", SOLVED, state="finished")
    pool.say("lstm-length3-seed0", UNSOLVED, state="finished")
    words = said(pool)
    assert words == "length solved: rnn up to 3 (1 of 2 runs), lstm none"


def test_a_run_that_lost_what_it_had_solved_is_not_counted_and_has_a_sign_of_its_own() -> None:
    pool = Still(plan())
    pool.say("rnn-length3-seed0", fallen(), state="finished")
    status = pool.statuses["rnn-length3-seed0"]
    assert run_cell.look(status) == "fallen"
    assert run_cell.sign(status) == "↓"
    assert run_cell.lines(status, 20, 1)[0].startswith("0.50 ↓ at 321")
    assert said(pool).startswith("length solved: rnn none")


def test_means_are_over_seeds_and_runs_in_training_count_with_what_they_have() -> None:
    pool = Still(plan())
    pool.say("rnn-length3-seed0", SOLVED, state="finished")  # 0.97 on fresh examples
    pool.say("rnn-length3-seed1", state="running", step=10, accuracy=0.03)
    rnn, lstm = answer.lines_of(pool.sweep.plan, statuses(pool))
    assert (rnn.name, lstm.name) == ("rnn", "lstm")
    assert rnn.means() == [(3.0, pytest.approx(0.5))]
    assert lstm.means() == []


def test_a_cell_has_the_score_of_the_chart_that_on_fresh_examples_once_it_is_known() -> None:
    pool = Still(plan("[base]\nhidden = 8\ndevice = 'cpu'\n[axes]\nlr = [0.1, 0.2, 0.3]\n"))
    pool.say("lr0.1", SOLVED, state="finished", accuracy=0.99)  # 0.97 on fresh examples
    pool.say("lr0.2", state="running", step=10, accuracy=0.25)
    assert [run_cell.said_score(status) for status in statuses(pool)] == ["0.97", "0.25", ""]
    (line,) = answer.lines_of(pool.sweep.plan, statuses(pool))
    assert line.means() == [(0.1, 0.97), (0.2, 0.25)]


def test_where_nothing_lies_along_numbers_the_best_settings_are_named() -> None:
    pool = Still(plan("[base]\nhidden = 8\ndevice = 'cpu'\n[axes]\ncell = ['rnn', 'lstm']\nseed = [0, 1]\n"))
    pool.say("rnn-seed0", UNSOLVED, state="finished")
    pool.say("lstm-seed0", SOLVED, state="finished")
    assert said(pool) == ("best accuracy so far: cell lstm: 0.970; cell rnn: 0.000")


def test_settings_that_diverged_are_not_the_best() -> None:
    pool = Still(plan("[base]\nhidden = 8\ndevice = 'cpu'\n[axes]\ncell = ['rnn', 'lstm']\nseed = [0, 1]\n"))
    pool.say("rnn-seed0", UNSOLVED, state="finished")
    pool.say("lstm-seed0", SOLVED, state="diverged")
    assert said(pool) == "best accuracy so far: cell rnn: 0.000"


def test_along_a_setting_that_makes_no_task_harder_the_best_settings_are_named() -> None:
    pool = Still(plan("[base]\nhidden = 8\ndevice = 'cpu'\n[axes]\ncell = ['rnn', 'lstm']\nlr = [0.1, 0.01]\n"))
    for name, result in zip(list(pool.statuses), (UNSOLVED, SOLVED, UNSOLVED, fallen()), strict=True):
        pool.say(name, result, state="finished")
    assert said(pool) == (
        "best accuracy so far: cell rnn, lr 0.01: 0.970; cell lstm, lr 0.01: 0.500; cell rnn, lr 0.1: 0.000"
    )


def test_of_texts_the_fewest_bits_are_best(corpus: Path) -> None:
    content = f"[base]\ntask = 'text'\ncorpus = '{corpus}'\nhidden = 8\ndevice = 'cpu'\n[axes]\nlr = [0.1, 0.01]\n"
    pool = Still(plan(content))
    for name, bits in zip(list(pool.statuses), (2.5, 2.25), strict=True):
        pool.say(name, Result("finished", 100, 2.0, 0.4, None, 0.4, bits_per_character=bits), state="finished")
    words = said(pool)
    assert words.startswith("best bits per character so far: lr 0.01: 2.250; lr 0.1: 2.500")


def test_of_all_seeds_the_mean_and_the_ends_are_said() -> None:
    pool = Still(plan())
    pool.say("rnn-length3-seed0", SOLVED, state="finished")
    of = pool.statuses["rnn-length3-seed0"]
    assert answer.over_seeds(of, statuses(pool)) == ""
    pool.say("rnn-length5-seed1", UNSOLVED, state="finished")  # of another length
    assert answer.over_seeds(of, statuses(pool)) == ""
    pool.say("rnn-length3-seed1", fallen(), state="finished")
    assert answer.over_seeds(of, statuses(pool)) == "mean 0.735, 0.500 to 0.970 (2 seeds)"


@pytest.mark.parametrize("size", [(100, 40), (120, 36), (200, 60)])
async def test_the_chart_has_ticks_and_letters_where_runs_are_and_nowhere_else(size: tuple[int, int]) -> None:
    pool = Still(plan(LENGTHS.replace("3, 5, 9", "5, 8")))
    for name in ("rnn-length5-seed0", "rnn-length8-seed0", "lstm-length5-seed0", "lstm-length8-seed0"):
        pool.say(name, SOLVED, state="finished")
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=size) as pilot:
        await settled(pilot, screen)
        plot = screen.query_one(LiveAnswer).plot
        await until(pilot, lambda: plot.picture is not None)
        assert (plot.picture.steps.low, plot.picture.steps.high) == (5, 8)
        assert [word for word in plot.picture.rows()[-1].split() if word != "length"] == ["5", "8"]
        assert plot.picture.rows()[-2].count("┬") == 2
        (lettered,) = [row for row in plot.picture.rows()[1:-2] if "a" in row]
        assert re.fullmatch(r"[^ab]*ab[^ab]+ab *", lettered), lettered


async def test_points_of_several_seeds_have_bars_and_the_place_of_the_selected_run_is_read_out() -> None:
    pool = Still(plan())
    for length, scores in ((3, (0.9, 0.5)), (5, (0.4, 0.2)), (9, (0.3, 0.1))):
        for seed, score in enumerate(scores):
            pool.say(f"rnn-length{length}-seed{seed}", replace(SOLVED, test_accuracy=score), state="finished")
            pool.say(f"lstm-length{length}-seed{seed}", replace(SOLVED, test_accuracy=score / 2), state="finished")
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot, screen)
        plot, grid = screen.query_one(LiveAnswer).plot, screen.query_one(RunsGrid)

        def reads(words: str) -> bool:
            return plot.picture is not None and plot.picture.rows()[0].startswith(f"accuracy  {words}")

        await until(pilot, lambda: reads("length 3  a rnn 0.700 (0.500 to 0.900)  b lstm 0.350 (0.250 to 0.450)"))
        assert all((plot.picture.roles == ROLE[f"{letter}-band"]).any() for letter in "ab")
        assert plot.series[0].column.bins.length == 6
        grid.selected = "lstm-length9-seed1"
        await until(pilot, lambda: reads("length 9  a rnn 0.200 (0.100 to 0.300)  b lstm 0.100 (0.0500 to 0.150)"))
        await pilot.hover(LiveAnswer, offset=(10, 3))
        await until(pilot, lambda: reads("length 3"))
        for _ in range(3):
            screen.tick()
            await pilot.pause(0.01)
            assert reads("length 3")
        await pilot.hover(RunsGrid)
        await until(pilot, lambda: reads("length 9"))


async def test_a_selected_run_without_a_score_has_no_place_to_be_read_out_even_at_0() -> None:
    pool = Still(plan("[base]\ndevice = 'cpu'\n[axes]\nclip = [0.1, 1.0, 10.0, 0.0]\n"))
    for clip in ("0.1", "1", "10"):
        pool.say(f"clip{clip}", SOLVED, state="finished")
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot, screen)
        answer = screen.query_one(LiveAnswer)

        def reads(words: str) -> bool:
            return answer.plot.picture is not None and words in answer.plot.picture.rows()[0]

        await until(pilot, lambda: reads("clip 0.1"))
        screen.query_one(RunsGrid).selected = "clip0"
        await until(pilot, lambda: not reads("clip 0.1"))
        assert answer.plot.cursor is None
        pool.say("clip0", SOLVED, state="finished")  # it has one now
        await until(pilot, lambda: reads("clip 0"))


async def test_points_of_one_seed_have_no_bars() -> None:
    pool = Still(plan(LENGTHS.replace("seed = [0, 1]", "seed = [0]")))
    for name in pool.statuses:
        pool.say(name, SOLVED, state="finished")
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot, screen)
        plot = screen.query_one(LiveAnswer).plot
        await until(pilot, lambda: plot.picture is not None)
        assert not any((plot.picture.roles == ROLE[f"{letter}-band"]).any() for letter in "ab")
        assert len({tuple(curve.dot) for curve in plot.picture.curves}) == 1, "at the same places"


async def test_where_bars_have_no_room_the_line_of_the_selected_run_has_them() -> None:
    pool = Still(plan(LENGTHS.replace("3, 5, 9", ", ".join(map(str, range(3, 103))))))
    for k, name in enumerate(pool.statuses):
        pool.say(name, replace(SOLVED, test_accuracy=k % 4 / 4), state="finished")
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot, screen)
        plot, grid = screen.query_one(LiveAnswer).plot, screen.query_one(RunsGrid)

        def ranged() -> str:
            return "".join(letter for letter in "ab" if (plot.picture.roles == ROLE[f"{letter}-band"]).any())

        await until(pilot, lambda: plot.picture is not None and ranged() == "a")
        grid.selected = "lstm-length3-seed1"
        await until(pilot, lambda: ranged() == "b")


def test_what_is_known_over_seeds_has_room_before_what_a_run_took() -> None:
    told, over_seeds = (
        "lstm-seed0 · solved · 140/300 steps\nloss 0.32 · accuracy 0.998 · took 3 s",
        "mean 0.5, 0.2 to 0.7",
    )
    assert detail_rows(told, over_seeds, 60)[0].endswith("140/300 steps · mean 0.5, 0.2 to 0.7")
    assert detail_rows(told, over_seeds, 40)[1:] == ["mean 0.5, 0.2 to 0.7 · loss 0.32", "accuracy 0.998 · took 3 s"]
    assert detail_rows(told, over_seeds, 24)[1:] == ["loss 0.32", "accuracy 0.998", "took 3 s"]
    assert detail_rows(told, over_seeds, 26)[1:] == ["mean 0.5, 0.2 to 0.7", "loss 0.32 · accuracy 0.998"]


async def test_rates_far_apart_stand_at_their_logarithms_and_are_named_as_they_are() -> None:
    pool = Still(plan("[base]\ndevice = 'cpu'\n[axes]\ncell = ['rnn', 'lstm']\nlr = [0.0001, 0.001, 0.01, 0.1]\n"))
    for rate in ("0.0001", "0.001", "0.01", "0.1"):
        pool.say(f"rnn-lr{rate}", SOLVED, state="finished")
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot, screen)
        plot = screen.query_one(LiveAnswer).plot
        await until(pilot, lambda: plot.picture is not None)
        places = [plot.picture.dot_of(math.log10(rate)) for rate in (0.0001, 0.001, 0.01, 0.1)]
        assert np.ptp(np.diff(places)) <= 1  # as far from each other
        assert {"0.0001", "0.001", "0.01", "0.1"} <= set(plot.picture.rows()[-1].split())
        assert "lr 0.0001" in plot.picture.rows()[0]


@pytest.mark.parametrize(("size", "has_chart", "has_words"), [((100, 40), True, True), ((80, 24), False, True)])
async def test_the_screen_draws_it_where_there_is_room(size: tuple[int, int], has_chart: bool, has_words: bool) -> None:
    pool = Still(plan())
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=size) as pilot:
        await settled(pilot, screen)
        live = screen.query_one(LiveAnswer)
        pool.say("rnn-length3-seed0", SOLVED, state="finished")
        pool.say("rnn-length5-seed0", UNSOLVED, state="finished")
        await until(pilot, lambda: "rnn up to 3" in str(live.words.content))
        assert (live.plot.display, live.words.display) == (has_chart, has_words)
        if has_chart:
            await until(pilot, lambda: live.plot.picture is not None)
            assert [series.label for series in live.plot.series] == ["rnn", "lstm"]
            column = live.plot.series[0].column
            assert list(column.bins.mean[: column.bins.length]) == [0.97, 0.0]


async def test_on_a_low_screen_there_are_bars_for_a_chart_and_counts_are_never_cut() -> None:
    pool = Still(plan())
    pool.say("rnn-length3-seed0", SOLVED, state="finished")
    pool.say("rnn-length5-seed0", fallen(), state="finished")
    pool.say("rnn-length9-seed0", UNSOLVED, state="finished")
    pool.say("lstm-length3-seed0", SOLVED, state="finished")
    pool.say("lstm-length5-seed0", state="diverged")
    pool.say("lstm-length9-seed0", state="running", accuracy=0.2)
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, screen)
        bars = "accuracy along length 3 to 9 (▁ 0 █ 1)  rnn █▅▁  lstm █ ▂"
        await until(pilot, lambda: bars in screen_text.dump(screen))
        counts = "· 6 waiting  ▄ 1 running  ✓ 2 solved  ↓ 1 fell back  ○ 1 unsolved  ! 1 diverged"
        await until(pilot, lambda: "· 6  ▄ 1  ✓ 2  ↓ 1  ○ 1  ! 1" in screen_text.dump(screen))
        await pilot.resize_terminal(100, 24)
        await until(pilot, lambda: counts in screen_text.dump(screen))
        await pilot.resize_terminal(100, 40)
        await until(pilot, lambda: bars not in screen_text.dump(screen))


async def test_no_run_gets_out_of_sight_for_bars() -> None:
    pool = Still(find("optimizers"))  # its 90 runs just have room
    pool.say("adam-lr0.1-seed0", SOLVED, state="finished")
    app = ViewerApp(screen := SweepScreen(pool))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot, screen)
        live = screen.query_one(LiveAnswer)
        await until(pilot, lambda: live.rows_of_bars and "best accuracy so far" in str(live.words.content))
        assert len(screen.query_one(RunsGrid).in_sight) == len(pool.statuses)
        await pilot.resize_terminal(80, 26)
        await until(pilot, lambda: "accuracy at lr 0.1 (▁ 0 █ 1)  adam █" in screen_text.dump(screen))
        assert len(screen.query_one(RunsGrid).in_sight) == len(pool.statuses)


def test_bars_that_no_row_has_room_for_are_fewer_and_what_is_left_out_has_a_sign() -> None:
    lines = [(name, [(float(k), k / 20) for k in range(21)]) for name in ("rnn", "lstm", "gru", "phased-lstm")]
    rows = rows_of_bars("bits", "lr", lines, 60, is_share=False).plain.split("\n")
    assert rows[0].startswith("bits along lr 0 to 20 (▁ 0 █ 1)  rnn ▁")
    assert "phased-lstm ▁" in rows[1]
    assert len(rows) == 2
    rows = rows_of_bars("bits", "lr", lines * 2, 40, is_share=False).plain.split("\n")
    assert rows[1].endswith("…")


async def settled(pilot: Pilot[int], screen: SweepScreen) -> None:
    await until(pilot, lambda: pilot.app.screen is screen and screen.is_whole)


async def until(pilot: Pilot[int], condition: Any) -> None:
    for _ in range(3_000):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("it did not come about")
