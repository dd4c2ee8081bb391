"""The views into a network as they are drawn: nothing open is missed, colours are not needed, keys step through."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import screen_text
from textual.pilot import Pilot
from tiny import PATIENCE, new_run, palindrome, text

from rnntui.config import Settings, make_settings
from rnntui.probes import GateActivity, Gates, Rhythm, Rhythms, View
from rnntui.runs import folder
from rnntui.sessions.training import TrainingSession
from rnntui.tui.chart import raster
from rnntui.tui.chart.histogram import mirrored
from rnntui.tui.chart.raster_view import Sheet
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.training.gates import ROLES, GatesView, are_alike, banded, bounds, coverage, stretched
from rnntui.tui.training.messages import Messages
from rnntui.tui.training.rhythms import RhythmsView
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.training.view import RunView

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")


# Rasters


def test_a_cell_has_the_mean_or_the_maximum_of_its_values() -> None:
    values = np.arange(24.0).reshape(4, 6)
    np.testing.assert_array_equal(raster.binned(values, 2, 3, "mean"), [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]])
    np.testing.assert_array_equal(raster.binned(values, 2, 3, "maximum"), [[7, 9, 11], [19, 21, 23]])
    np.testing.assert_array_equal(raster.binned(values, 1, 4, "maximum"), [[18, 20, 21, 23]])


def test_few_units_are_drawn_equally_high_and_few_steps_fill_the_width() -> None:
    assert raster.binned(np.array([[1.0, 2.0], [3.0, 4.0]]), 5, 5, "mean").tolist() == [
        [1, 1, 1, 2, 2],
        [1, 1, 1, 2, 2],
        [3, 3, 3, 4, 4],
        [3, 3, 3, 4, 4],
    ]


@pytest.mark.parametrize("unit", [0, 99, 199])
@pytest.mark.parametrize("step", [0, 500, 999])
def test_one_narrow_opening_among_many_is_never_missed(unit: int, step: int) -> None:
    k = np.zeros((200, 1000))
    k[unit, step] = 1e-3
    shown = raster.shades(raster.levels(raster.binned(k, 7, 40, "maximum"), 0, 1, 5, "maximum"))
    assert "".join(shown).count("░") == 1
    assert shown[unit * 7 // 200][step * 40 // 1000] == "░"


def test_the_shades_run_from_blank_to_full_and_say_what_is_no_number() -> None:
    values = np.array([[0.0, 0.25, 0.5, 0.75, 1.0, 2.0, -1.0, math.nan]])
    assert raster.shades(raster.levels(values, 0, 1, 5, "mean")) == [" ░▒▓██ ?"]
    assert raster.shades(raster.levels(np.array([[-1.0, 0.0, 1.0]]), -1, 1, 5, "mean")) == [" ▒█"]


def test_bars_run_over_the_steps_from_low_to_high() -> None:
    assert raster.bars(np.array([-1.0, 0.0, 1.0, 1.0]), -1, 1, 4) == "▁▅██"
    assert raster.bars(np.array([0.0, 1.0, 1.0, 1.0]), 0, 1, 2) == "▅█"
    assert raster.bars(np.array([0.0, math.nan]), 0, 1, 2) == "▁?"


def test_halves_are_pairs_of_rows_and_an_odd_last_one_stands_alone() -> None:
    upper, lower = raster.halves(np.array([[1], [2], [3]]))
    assert (upper.tolist(), lower.tolist()) == ([[1], [3]], [[2], [-1]])


def test_a_hole_of_one_step_is_marked_on_its_column() -> None:
    holes = np.zeros(1000, dtype=bool)
    holes[[0, 501, 999]] = True
    assert raster.hole_marks(holes, 10) == "▲────▲───▲"


def test_a_time_step_has_a_whole_number() -> None:
    for steps in (1, 2, 3, 4, 5):
        labels = raster.time_labels(steps, 72).split()
        assert labels == [str(step) for step in range(1, steps + 1)]


@pytest.mark.parametrize("steps", [1, 2, 7, 50, 1000])
def test_the_time_axis_is_as_wide_as_the_raster_and_begins_at_one(steps: int) -> None:
    for columns in (12, 40, 133):
        line = raster.time_labels(steps, columns)
        assert len(line) == columns
        assert line.split()[0] == "1"


@pytest.mark.parametrize("steps", [1, 3, 10, 39, 40])
def test_each_character_that_was_read_stands_below_the_shades_of_its_step(steps: int) -> None:
    read = "abcdefghijklmnopqrstuvwxyz0123456789ABCD"[:steps]
    line = raster.read_labels(read, 40)
    columns = raster.binned(np.arange(float(steps))[None], 1, 40, "mean")[0]  # the step of each column
    assert line.replace(" ", "") == read
    assert [read[int(columns[k])] for k, character in enumerate(line) if character != " "] == list(read)


@pytest.mark.parametrize("columns", [12, 29, 51, 73, 160])
@pytest.mark.parametrize("steps", [1, 7, 29, 30, 51, 1_000])
def test_each_step_has_as_many_columns_as_the_next_or_each_column_as_many_steps(steps: int, columns: int) -> None:
    used = raster.even_columns(steps, columns)
    assert columns / 2 < used <= columns or steps > columns
    step_of = raster.binned(np.arange(1.0, steps + 1)[None], 1, used, "maximum")[0]  # the last one of each column
    assert len(step_of) == used
    widths = np.unique(step_of, return_counts=True)[1]
    assert len(set(widths)) == 1
    assert len(set(np.diff(step_of, prepend=0)[:-1] if steps > columns else [1])) <= 1
    assert len(raster.time_labels(steps, used)) == used


def test_blanks_are_seen_and_a_wide_character_has_one_column() -> None:
    assert raster.read_labels("a b\nc\t漢\x1b", 8) == "a␣b↵c→··"


def test_values_are_bars_over_all_columns_and_too_many_characters_are_none() -> None:
    assert raster.read_labels("▁█", 6) == "▁▁▁███"
    assert raster.read_labels("▁█▁█", 2) == "▅▅"
    assert raster.read_labels("abcd", 3) == ""
    assert raster.read_labels("", 3) == ""


def test_as_many_steps_are_shown_as_have_room_for_what_was_read_unless_most_would_be_missing() -> None:
    assert raster.steps_shown("x" * 100, 100, 73) == 73
    assert raster.steps_shown("x" * 100, 100, 100) == 100
    assert raster.steps_shown("x" * 100, 100, 49) == 100
    assert raster.steps_shown("▃" * 100, 100, 73) == 100
    assert raster.steps_shown("", 100, 73) == 100


# Histograms


def test_histograms_mirror_each_other_where_the_values_are_the_same() -> None:
    values = np.array([1.0, 1.0, 1.0, 1.0, 10.0, 100.0])
    drawn = mirrored(values, values, 16, 1, log=True)
    assert drawn.tallest == 4
    assert drawn.above == ["⣿⣿      ⣀⣀    ⣀⣀"]
    assert drawn.below == ["⣿⣿      ⠉⠉    ⠉⠉"]
    assert drawn.axis.startswith("1.00 ─")
    assert drawn.axis.endswith("─ 100")


def test_the_start_is_told_from_now_by_its_side() -> None:
    drawn = mirrored(np.full(9, 3.0), np.full(9, 1.0), 8, 2, log=False)
    assert [row.strip() for row in (*drawn.above, *drawn.below)] == ["⣿"] * 4
    assert {row.index("⣿") for row in drawn.above} == {7}
    assert {row.index("⣿") for row in drawn.below} == {0}


@pytest.mark.parametrize("values", [[0.05] * 4, [math.nan, 1.0], [math.inf, math.nan], [0.0, 0.0], [-3.0, 2.0]])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    drawn = mirrored(np.array(values), np.array(values[:1]), 20, 3, log=True)
    assert {len(row) for row in (*drawn.above, drawn.axis, *drawn.below)} == {20}


# The views, over what a worker would have left


def opening(letter: str, layer: int = 1, units: int = 4, steps: int = 8) -> GateActivity:
    low = -1.0 if letter == "g" else 0.0
    values = np.linspace(low, 1, steps * units).reshape(steps, units)
    ends = np.arange(1.0, units + 1) * 10 if letter == "k" else values.mean(0)[::-1]
    return GateActivity(layer, letter, values, ends, values.mean(1), values.std(1))


def gates(letters: str, layers: int = 1, steps: int = 8, units: int = 4) -> Gates:
    holes = np.array([True] + [False] * (steps - 1))
    found = tuple(opening(letter, layer, units, steps) for layer in range(1, layers + 1) for letter in letters)
    return Gates(1234, found, dict.fromkeys(range(1, layers + 1), holes) if "k" in letters else {}, steps)


def rhythms(layers: int) -> Rhythms:
    start = {"period": np.array([10.0, 20, 30]), "shift": np.array([1.0, 2, 3]), "ratio": np.full(3, 0.05)}
    now = {**start, "period": 2 * start["period"]}
    made = [Rhythm(k, now, start, ("period", "shift"), np.zeros(40, dtype=bool)) for k in range(1, layers + 1)]
    return Rhythms(1234, tuple(made))


class Seen:
    """The app, its one pane, and what stands in its views."""

    def __init__(self, app: RnntuiApp, pilot: Pilot[int]) -> None:
        self.app, self.press, self.pause, self.resize = app, pilot.press, pilot.pause, pilot.resize_terminal
        self.pilot = pilot
        self.pane = app.laboratory.query_one(TaskPane)

    def view(self, kind: type[RunView]) -> Any:
        """The pane's view of that kind."""
        return self.pane.query_one(kind)

    async def dump(self) -> str:
        """The screen as text, after a tick of its clock."""
        self.app.laboratory.tick()
        await self.pause(0.01)
        return screen_text.dump(self.app.screen)

    async def hides(self, words: str) -> None:
        """Wait until the screen shows these words no more."""
        deadline = time.monotonic() + PATIENCE
        while words in (text := await self.dump()):
            assert time.monotonic() < deadline, text
            await self.pause(0.01)

    async def shows(self, words: str) -> None:
        """Wait until the screen shows these words."""
        deadline = time.monotonic() + PATIENCE
        while words not in (text := await self.dump()):
            assert time.monotonic() < deadline, text
            await self.pause(0.01)


@asynccontextmanager
async def still(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, *views: View, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Seen]:
    """The laboratory on a run that no worker trains; the session has these views."""
    monkeypatch.setattr(TrainingSession, "start", lambda session: None)
    run = new_run(settings)
    app = RnntuiApp([run], folder())
    app.laboratory.sessions[0].views = views
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Seen(app, pilot)
    run.unlock()


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


PHASED = make_settings("noise", {"cell": "phased", "hidden": 4, "layers": 2})


@pytest.mark.parametrize("size", [(60, 16), (120, 36)])
async def test_a_pause_that_waits_for_a_long_step_is_said(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with still(monkeypatch, PHASED, size=size) as seen:
        session = seen.pane.session
        session.status = replace(session.status, run=replace(session.status.run, state="running", step=7))
        await seen.shows("left")
        await seen.press("space")
        await seen.shows("pausing after this step")
        await seen.press("space")
        await seen.hides("pausing")
        await seen.press("space")
        await seen.shows("pausing after this step")
        session.status = replace(session.status, run=replace(session.status.run, state="paused"))
        await seen.hides("pausing")


@pytest.mark.usefixtures("colours")
async def test_g_goes_through_the_views_and_only_the_one_shown_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[View | None] = []
    monkeypatch.setattr(TrainingSession, "watch", lambda session, view, **more: watched.append(view))
    async with still(monkeypatch, PHASED, "horizon", "gates", "rhythms") as seen:
        session = seen.pane.session
        await seen.press("g", "g")
        await seen.shows("measuring the gates")
        session.seen = gates("kifgo", layers=2)
        for words in (
            "[k] i f g o · time gate: a unit changes only while it is open",
            "no unit is open at 1 of 8 time steps (12.5%) · layer 1/2 · step 1,234",
            "  gaps ▲▲▲▲▲▲▲▲───────",
            "    10 ",
            "period ",
            "    40 ",
        ):
            await seen.shows(words)
        session.seen = gates("k", steps=600, units=60)
        await seen.shows("no unit is open at 1 of 600 time steps (0.2%) · max of 5 units × 9 steps")
        await seen.press("g")
        await seen.shows("measuring the time gates")
        session.seen = rhythms(2)
        for words in (
            "above the line now, below it at the start",
            "period τ · 20 → 40",
            "shift s · 2 → 2",
            "  ratio r_on ",
            "  fixed at 0.05 ",
        ):
            await seen.shows(words)
        text = await seen.dump()
        assert "0.0475" not in text
        assert "some unit is open at each of 40 time steps · layer 1/2" in text
        await seen.press("u")
        await seen.shows("layer 2/2")
        await seen.press("g")
        text = await seen.dump()
        assert not seen.pane.has_class("with-view")
        assert not seen.pane.views.has_class("tall")
        assert "time gates ·" not in text
        assert "accuracy" in text
    assert watched == ["horizon", "gates", "rhythms", None]


@pytest.mark.usefixtures("colours")
async def test_capital_g_shows_the_gates_and_steps_through_them_and_u_through_the_layers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with still(monkeypatch, PHASED, "horizon", "gates", "rhythms") as seen:
        await seen.press("G")
        seen.pane.session.seen = gates("kifgo", layers=2)
        for menu in ("[k] i f g o", "k [i] f g o", "k i [f] g o", "k i f [g] o"):
            await seen.shows(menu)
            text = await seen.dump()
            assert ROLES[menu[menu.index("[") + 1]] in text
            assert "layer 1/2" in text
            await seen.press("G")
        await seen.press("u")
        await seen.shows("k i f g [o]")
        text = await seen.dump()
        assert "layer 2/2" in text
        await seen.press("G")
        await seen.shows("[k] i f g o")
        text = await seen.dump()
        assert "layer 1/2" in text
        seen.pane.session.seen = gates("kifgo", layers=2)
        await seen.press("G")
        await seen.shows("k [i] f g o")


@pytest.mark.usefixtures("colours")
async def test_a_gru_shows_mean_and_spread_below_its_raster_along_the_same_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with still(monkeypatch, palindrome(cell="gru"), "horizon", "gates", size=(160, 45)) as seen:
        await seen.press("G", "G")
        seen.pane.session.seen = gates("rzg")
        await seen.dump()
        await seen.press("G")
        await seen.shows("r [z] g · update gate: open, it keeps the state")
        text = await seen.dump()
        assert "z on average, and its spread" in text
        view = seen.view(GatesView)
        assert view.means.region.x == view.raster.region.x
        assert view.means.region.y == view.raster.region.bottom
        await seen.press("g")
        await seen.hides("update gate")
        await seen.press("g", "g", "g")
        await seen.hides("update gate")


@pytest.mark.usefixtures("colours")
async def test_what_was_read_stands_below_the_raster_and_the_chart_below_has_its_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = "Happy families are all alike; every unhappy family is unhappy in its own way. "
    async with still(monkeypatch, palindrome(cell="gru"), "horizon", "gates", size=(80, 24)) as seen:
        await seen.press("G")
        seen.pane.session.seen = replace(gates("rzg", steps=20), read=read[:20])
        text = await seen.dump()
        assert "".join(next(line for line in text.splitlines() if "│input " in line).split()[1:])[:-1] == (
            "Happy␣families␣are␣a"
        )
        await seen.resize(80, 60)
        seen.pane.session.seen = replace(gates("rzg", steps=78), read=read)
        await seen.shows("first 71 of 78 time steps")
        lines = (await seen.dump()).splitlines()
        (axis,) = (line for line in lines if "│ input " in line)
        assert axis == f"│ input {read[:70].replace(' ', '␣')}…│", "it says that the text goes on"
        view = seen.view(GatesView)
        picture = view.means.picture
        assert picture.frame.left == 7
        assert picture.frame.columns == 71
        assert [picture.dot_of(step) // 2 for step in range(1, 72)] == list(range(71))
        await seen.resize(200, 60)
        await seen.shows(" ".join(read.replace(" ", "␣")))
        frame = view.means.picture.frame
        assert (frame.left, frame.columns) == (7, 2 * 78)
        assert [view.means.picture.dot_of(step) // 4 for step in range(1, 79)] == list(range(78))
        assert view.means.series[0].column.newest_step == 78


async def test_without_colours_the_shades_are_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with still(monkeypatch, palindrome(cell="gru"), "horizon", "gates") as seen:
        await seen.press("G")
        seen.pane.session.seen = gates("rzg")
        await seen.shows("0   ░░▒▒▓█ 1")
        text = await seen.dump()
        assert "│0.55 " in text  # the first unit's mean
        assert "│0.45 " in text  # the last one's
        (mean,) = (line for line in text.splitlines() if line.startswith("│mean ▁"))
        assert mean.rstrip(" │").endswith("█")
        assert "│   ± ▁" in text or "│   ± ▂" in text
        rows = [line for line in text.splitlines() if "░" in line and "▓" in line and "reset" not in line]
        assert len(rows) == 4  # units


async def test_v_stretches_the_shades_over_the_values_there_are_which_alike_ones_are_of_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with still(monkeypatch, palindrome(cell="gru"), "horizon", "gates") as seen:
        await seen.press("v")
        await seen.shows("no gates are shown yet")
        await seen.press("G")
        made = opening("z")
        alike = replace(made, units=0.45 + 0.1 * made.units)
        seen.pane.session.seen = Gates(1, (alike,), {}, 8)
        await seen.shows("[z] · update gate: open, it keeps the state · stretched")
        await seen.press("v")
        await seen.shows("0   ░░▒▒▓█ 1")
        await seen.press("v")
        await seen.shows("[z] · update gate: open, it keeps the state · stretched")
        text = await seen.dump()
        assert "0.45   ░░▒▒▓█ 0.55" in text
        assert all(any(shade * 9 in line for line in text.splitlines()) for shade in "░▒▓█")
        await seen.press("v")
        await seen.hides("stretched")


def test_a_stretched_candidate_is_symmetric_about_0_and_what_is_all_alike_is_not_stretched() -> None:
    def ends(values: list[float], low: float) -> tuple[float, float]:
        found = stretched(Sheet(("",), ("",), np.array([values]), low, 1.0, "mean", ("", "")))
        return found.low, found.high

    assert ends([-0.2, 0.1], -1.0) == (-0.2, 0.2)
    assert ends([0.25, math.nan, 0.5], 0.0) == (0.25, 0.5)
    assert ends([0.5, 0.5], 0.0) == (0.0, 1.0)
    assert ends([0.0], -1.0) == (-1.0, 1.0)
    assert ends([math.nan], 0.0) == (0.0, 1.0)


def test_a_few_values_apart_do_not_leave_the_rest_in_one_shade() -> None:
    values = np.full((10, 100), 0.5)
    values[:, ::2] = 0.52
    values[0, :4] = 0.95
    shown = Sheet(("z",), ("",), values, 0.0, 1.0, "mean", ("", ""))
    assert are_alike(shown)
    assert (stretched(shown).low, stretched(shown).high) == (0.5, 0.52)
    values[0] = 0.95  # a tenth of them
    assert not are_alike(replace(shown, values=values))


async def test_the_footer_names_the_views_and_the_temperature_only_where_a_network_writes(
    monkeypatch: pytest.MonkeyPatch, corpus: Path
) -> None:
    async with still(monkeypatch, palindrome()) as seen:
        await seen.shows(" g views")
        footer = (await seen.dump()).splitlines()[-1]
        assert "temperature" not in footer
        assert "prompt" not in footer
        await seen.press("question_mark")
        await seen.shows("g      views")
    async with still(monkeypatch, text(corpus), size=(120, 36)) as seen:
        await seen.shows(" g views")
        footer = (await seen.dump()).splitlines()[-1]
        assert "t temperature" in footer
        assert "/ prompt" in footer


async def test_a_long_message_is_wrapped_to_the_width_and_anew_when_that_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = [f"word{k}" for k in range(16)]
    async with still(monkeypatch, palindrome()) as seen:
        messages = seen.app.laboratory.query_one(Messages)
        messages.say(" ".join(words))
        await seen.press("w")
        messages.say("[bold]" + "漢" * 60)
        for width in (80, 120):
            await seen.resize(width, 24)
            await seen.shows("word15 ")
            rows = await seen.dump()
            assert all(word in rows for word in words), rows
            assert rows.count("漢") == 60, rows
        assert len(messages.lines) == 3


async def test_a_cell_without_gates_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with still(monkeypatch, palindrome(cell="own_cell:Leaky"), "horizon") as seen:
        await seen.press("G")
        await seen.shows("8 has no gates to show")
        await seen.press("g", "g")
        assert seen.pane.views.shown is None
        await seen.press("u")
        await seen.shows("there is no other layer")


async def test_views_asked_for_while_the_network_is_being_made_open_once_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with still(monkeypatch, palindrome(cell="lstm", layers=2)) as seen:
        await seen.press("G", "u", "g")
        await seen.shows("still loading the network")
        assert seen.pane.views.shown is None
        await seen.press("G")
        seen.pane.session.views = ("horizon", "gates")
        await seen.shows("measuring the gates")
        text = await seen.dump()
        assert "has no gates" not in text
        assert "there is no other layer" not in text
        await seen.press("g")
        assert seen.pane.views.shown is None


@pytest.mark.usefixtures("colours")
async def test_every_view_fits_every_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    async with still(monkeypatch, PHASED, "horizon", "gates", "rhythms", size=(60, 16)) as seen:
        for size in ((60, 16), (200, 60)):
            await seen.resize(*size)
            seen.pane.views.shown = seen.view(GatesView)
            seen.pane.session.seen = gates("kifgo")
            await seen.shows("no unit is open at 1 of 8 time steps")
            text = await seen.dump()
            assert "▲" in text
            seen.pane.views.shown = seen.view(RhythmsView)
            seen.pane.session.seen = rhythms(1)
            await seen.shows("period τ")
            text = await seen.dump()
            assert "⣿" in text
            assert {len(line) for line in text.splitlines()} == {size[0]}


async def test_a_phased_network_in_training_shows_its_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"cell": "phased", "hidden": 4, "length": 3, "spacing": 4, "batch": 4, "threads": 1, "device": "cpu"}
    app = RnntuiApp([new_run(make_settings("noise", {**small, "steps": 10**8}))], folder())
    (session,) = app.laboratory.sessions
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            seen = Seen(app, pilot)
            for words in ("gradient horizon · memory", "[k] i f g o", "period τ", "reading · layer 1 · "):
                await seen.press("g")
                await seen.shows(words)
            await seen.press("g")
            await seen.shows("W_hh[i] · largest |λ|")
            await seen.press("g")
            assert seen.pane.views.shown is None
    finally:
        session.stop()
        assert session.join(30)


# Words


def test_a_candidate_is_between_minus_one_and_one_and_a_gate_between_zero_and_one() -> None:
    assert bounds(opening("g")) == (-1.0, 1.0)
    assert bounds(opening("f")) == (0.0, 1.0)


def test_the_band_is_a_spread_to_either_side_of_the_mean() -> None:
    made = replace(opening("f"), spread=np.full(8, 0.2))
    bins = banded(made, 8).bins
    assert bins.length == 8
    np.testing.assert_allclose(bins.maximum[:8], np.minimum(made.mean + 0.2, 1.0))  # no gate is open by more
    np.testing.assert_allclose(bins.minimum[:8], np.maximum(made.mean - 0.2, 0.0))
    assert 0.0 in bins.minimum[:8]
    assert banded(made, 3).bins.length == 3


def test_coverage_is_said_in_words() -> None:
    holes = np.zeros(1000, dtype=bool)
    assert coverage(holes) == "some unit is open at each of 1,000 time steps"
    holes[:34] = True
    assert coverage(holes) == "no unit is open at 34 of 1,000 time steps (3.4%)"
