"""Shading by one unit in the writing room: its states are the network's own, and every page tells them as it grows."""

import math
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import screen_text
import torch
from test_page import seen
from test_units import CELLS, letters, network
from test_writing_room import done, hinted, writing_room
from test_writing_thread import PROMPT
from textual.pilot import Pilot
from textual.widgets import Input
from tiny import wait_for_screen

from rnntui.core.analysis.units.features import measure_features
from rnntui.core.analysis.units.states import groups, states_at
from rnntui.core.analysis.units.survey import UnitComparison
from rnntui.core.generation import unit_ranking
from rnntui.core.generation.ensemble import Ensemble
from rnntui.core.generation.loading import read_text_model
from rnntui.core.generation.predictor import Predictor
from rnntui.core.generation.unit_ranking import NONE_MOVES, TOO_SHORT, rank_units
from rnntui.core.generation.unit_trace import UnitTrace, WatchedUnit, part_of
from rnntui.core.kernels.single import Snapshot
from rnntui.gate import Gate
from rnntui.gate.stretch import Stretch
from rnntui.probes import RankedUnit, UnitName, UnitRanking, UnitStates
from rnntui.runs import Run
from rnntui.text.state_scale import STEPS, StateScale
from rnntui.text.surprisal_scale import SHADES
from rnntui.tui.base.signed_shades import grounds
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.gate.screen import GateScreen
from rnntui.tui.writing_room.choose_unit import ChooseUnit
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.page_shades import OF_UNIT, changed_from, shades
from rnntui.tui.writing_room.page_writer import NO_TEXT, PageWriter
from rnntui.tui.writing_room.ranked_units import NOTHING, RankedUnits
from rnntui.tui.writing_room.shade_scale import ShadeScale

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")

UNIT = UnitName(1, "h", 2)


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_traced_are_the_states_of_the_equations(cell: str) -> None:
    model, text = network(cell), letters(60)
    chosen = groups(model)
    expected = states_at(model, text, chosen, 0, 60)
    for group in chosen:
        trace = UnitTrace(Snapshot(model), UnitName(group.layer, group.state, 3))
        trace.follow(text[:20].tolist())
        trace.follow(text.tolist())
        np.testing.assert_allclose(trace.states, expected[:, group.first + 2], atol=2e-6)


def test_what_the_network_lacks_has_no_state_and_what_it_has_not_is_said() -> None:
    network_of_writing = Snapshot(network())
    trace = UnitTrace(Ensemble([network_of_writing, network_of_writing]), UNIT)
    trace.follow([1, -1, 2])
    assert math.isnan(trace.states[1])
    assert trace.states[2] != trace.states[0]
    for unit, problem in (
        (UnitName(3, "h", 1), "has no state h in a layer 3"),
        (UnitName(1, "s3", 1), "has no state s3 in a layer 1"),
        (UnitName(1, "x", 1), "has no state x in a layer 1"),
        (UnitName(1, "c", 10), "has no unit 10 in layer 1"),
    ):
        assert WatchedUnit(network_of_writing, unit).follow([1]).problem == problem
    assert [part_of(name) for name in ("h", "c", "s3", "s12")] == [0, 1, 2, 11]
    assert all(part_of(name) > 1_000 for name in ("s0", "s1", "s2", "s", "", "s1234"))


def test_the_scale_stays_until_the_page_is_twice_as_long() -> None:
    watched = WatchedUnit(Snapshot(network()), UNIT)
    scales = [watched.follow([k % 11 for k in range(count)]).scale for count in (10, 19, 20, 39)]
    assert scales[0] == scales[1]
    assert scales[2] == scales[3]


def test_a_state_is_a_shade_below_or_above_its_middle() -> None:
    states = UnitStates(UNIT, StateScale(-1, 1), (-1.0, 0.0, 1.0, math.nan))
    page = Page(text="abcde", states=states)
    assert shades(page, "unit", 0, 5) == [OF_UNIT - STEPS, OF_UNIT, OF_UNIT + STEPS, 0, 0]
    assert OF_UNIT - STEPS == SHADES
    assert shades(Page(text="ab"), "unit", 0, 2) == [0, 0]
    grown = Page(text="abcde", states=UnitStates(UNIT, StateScale(-1, 1), (*states.states, 0.5)))
    assert changed_from(page, Page(text="abcde")) == 0
    assert changed_from(page, Page(text="abcde", states=UnitStates(UNIT, StateScale(-2, 2), states.states))) == 0
    bits = (0.0,) * 5
    assert (
        changed_from(Page(text="abcde", bits=bits, states=states), Page(text="abcde", bits=bits, states=grown.states))
        == 0
    )


async def test_the_low_are_blue_and_the_high_orange_and_without_colours_they_differ_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states = UnitStates(UNIT, StateScale(-1, 1), (-1.0, 0.0, 1.0, -0.1))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    async with seen(Page(text="abcd", states=states)) as shown:
        shown.view.shading = "unit"
        found = {name: segment.style.bgcolor for segment in shown.segments(0) for name in segment.text if segment.style}
        low, high = found["a"].get_truecolor(), found["c"].get_truecolor()
        assert low.blue > low.red
        assert high.red > high.blue
        assert found["b"] == found["d"]
    monkeypatch.setenv("NO_COLOR", "1")
    async with seen(Page(text="abcd", states=states)) as shown:
        shown.view.shading = "unit"
        assert (shown.styled("italic"), shown.styled("reverse")) == ("a", "c")


@pytest.mark.parametrize("colours", ["truecolor", "standard", ""])
async def test_every_ground_is_read(monkeypatch: pytest.MonkeyPatch, colours: str) -> None:
    async with seen(Page(text="a")) as shown:
        monkeypatch.setattr(type(shown.pilot.app.console), "color_system", colours or None)
        monkeypatch.setattr(shown.pilot.app, "no_color", not colours)
        styles = grounds(shown.pilot.app, shown.view.background_colors[1])
        assert set(styles) == set(range(-STEPS, STEPS + 1))
        assert styles[-STEPS] != styles[STEPS] != styles[0]


def test_a_unit_is_typed_as_lists_name_it() -> None:
    assert UnitName.typed(" 1  h 5 ") == UnitName(1, "h", 5)
    assert UnitName.typed(str(UnitName(2, "c", 37))) == UnitName(2, "c", 37)
    for wrong in ("", "1 h", "h 1 5", "0 h 1", "1 h x", "1 h 5 6", f"1 h {'9' * 5_000}"):
        assert UnitName.typed(wrong) is None


async def typed_unit(pilot: Pilot[int], words: str) -> None:
    """Ask for the units of the page, and once they are listed type one."""
    await pilot.press("r")
    await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)
    await type_words(pilot, words)
    await pilot.press("enter")


async def type_words(pilot: Pilot[int], words: str) -> None:
    await pilot.press(*("space" if character == " " else character for character in words))


def listed(pilot: Pilot[int]) -> RankedUnits:
    return pilot.app.screen.query_one(RankedUnits)


NAMES = [UnitName(1, "h", 15), UnitName(1, "h", 1), UnitName(2, "c", 1), UnitName(1, "h", 12)]
FOLLOWED = ["inside quotes", "vowel", "position in line", "vowel"]
UNITS = (RankedUnit(name, follows, 0.9) for name, follows in zip(NAMES, FOLLOWED, strict=True))
RANKED = UnitRanking(tuple(UNITS), 300, 300)


@asynccontextmanager
async def choosing(
    ranking: UnitRanking | str, size: tuple[int, int] = (80, 24), chosen: UnitName | None = None
) -> AsyncIterator[tuple[Pilot[int], list[Any]]]:
    """The dialog over a screen, and what it came to."""
    app, results = ViewerApp(GateScreen(Gate(5, 1, 0.5), Stretch(0, 20))), list[Any]()
    async with app.run_test(size=size) as pilot:
        app.push_screen(ChooseUnit(chosen, lambda: ranking), results.append)
        await wait_for_screen(pilot, lambda: isinstance(app.screen, ChooseUnit) and app.screen.is_whole)
        if isinstance(ranking, UnitRanking):
            await wait_for_screen(pilot, lambda: listed(pilot).is_known)
        yield pilot, results
    assert app.failure is None


@pytest.mark.parametrize(
    ("typed", "keys", "taken"),
    [
        ("", [], NAMES[0]),
        ("", ["down", "down"], NAMES[2]),
        ("", ["down"] * 9 + ["up"], NAMES[2]),
        ("", ["pagedown", "pageup"], NAMES[0]),
        ("VOWEL", [], NAMES[1]),
        ("vowel", ["down"], NAMES[3]),
        ("line position", [], NAMES[2]),
        ("1 h 1", [], NAMES[1]),
        ("1 h 1", ["down"], NAMES[0]),
        ("1 H 15", [], NAMES[0]),
        ("1 h 7", [], UnitName(1, "h", 7)),
        ("1 h 7", ["down"], UnitName(1, "h", 7)),
    ],
)
async def test_what_is_selected_is_taken(typed: str, keys: list[str], taken: UnitName) -> None:
    async with choosing(RANKED) as (pilot, results):
        await type_words(pilot, typed)
        await pilot.press(*keys)
        assert listed(pilot).selected == taken
        assert len(re.findall(r"▸ \d", screen_text.dump(pilot.app.screen))) == 1
        await pilot.press("enter")
        await wait_for_screen(pilot, lambda: results == [taken])


async def test_each_row_says_what_a_unit_follows_and_how_well() -> None:
    async with choosing(RANKED, chosen=NAMES[2]) as (pilot, _):
        shown = screen_text.dump(pilot.app.screen)
        assert "what units follow in 300 characters of this page" in shown
        for unit in RANKED.units:
            assert re.search(rf"{unit.name} +{unit.follows} +{re.escape(f'{unit.r:+.2f}')}", shown)
        assert "▸ 2 c 1" in shown, "the one of before"
        await type_words(pilot, "3 h 3")
        await wait_for_screen(pilot, lambda: re.search("▸ 3 h 3 +– +–", screen_text.dump(pilot.app.screen)))
    async with choosing(replace(RANKED, of=5_000)) as (pilot, _):
        assert "what units follow in its last 300 characters" in screen_text.dump(pilot.app.screen)


async def test_what_is_waited_for_and_why_there_is_nothing_is_said() -> None:
    async with choosing("reading the page, 40%") as (pilot, results):
        await wait_for_screen(pilot, lambda: "reading the page, 40%" in screen_text.dump(pilot.app.screen))
        await type_words(pilot, "vowel")
        await pilot.press("enter")
        assert "is not a layer" not in screen_text.dump(pilot.app.screen), "nobody knows yet"
        await pilot.press(*["backspace"] * 5)
        await type_words(pilot, "1 c 3")
        await pilot.press("enter")
        await wait_for_screen(pilot, lambda: results == [UnitName(1, "c", 3)])
    async with choosing(UnitRanking(problem="a\x1b[31m file")) as (pilot, _):
        shown = screen_text.dump(pilot.app.screen)
        assert "\x1b" not in shown
        assert "file" in shown
        assert "↑ ↓" not in shown, "there is nothing to choose"


@pytest.mark.parametrize("typed", ["x" * 3_000, "1 h " + "9" * 5_000, "no such"])
async def test_what_names_no_unit_is_said_in_a_row_or_two(typed: str) -> None:
    async with choosing(RANKED) as (pilot, results):
        pilot.app.screen.query_one(Input).value = typed
        await wait_for_screen(pilot, lambda: NOTHING in screen_text.dump(pilot.app.screen))
        await pilot.press("enter")
        await hinted(pilot, "is not a layer, a state and a number")
        assert listed(pilot).size.height > 5
        assert not results


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (30, 16), (60, 16)])
async def test_a_unit_is_seen_and_taken_in_a_small_terminal(size: tuple[int, int]) -> None:
    async with choosing(RANKED, (80, 24)) as (pilot, results):
        await pilot.resize_terminal(*size)
        await wait_for_screen(pilot, lambda: "▸ 1 h 15" in screen_text.dump(pilot.app.screen))
        await pilot.press("down", "enter")
        await wait_for_screen(pilot, lambda: results == [NAMES[1]])


async def test_a_unit_is_clicked() -> None:
    async with choosing(RANKED) as (pilot, results):
        await pilot.click(RankedUnits, offset=(4, 3))
        await wait_for_screen(pilot, lambda: results == [NAMES[2]])


async def test_units_are_listed_by_what_they_follow_on_the_page(text_run: Run) -> None:
    async with writing_room(text_run, text_run, prompt=PROMPT, length=400, size=(120, 40)) as (pilot, screen):
        await done(pilot, screen)
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)
        ranking, page = screen.writing_thread.ranking, screen.page
        assert isinstance(ranking, UnitRanking)
        assert ranking.characters == len(page.text)
        model = read_text_model(text_run).model
        names = [unit.name for unit in ranking.units]
        assert len(set(names)) == len(names)
        assert set(names) == {
            UnitName(group.layer, group.state, k + 1) for group in groups(model) for k in range(group.count)
        }
        await pilot.press("down", "enter")
        await wait_for_screen(pilot, lambda: screen.page.states is not None and screen.page.states.unit == names[1])
        assert all(view.shading == "unit" for view in screen.pages.views)
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)
        assert listed(pilot).selected == names[1]


async def test_a_ranking_that_nobody_waits_for_is_given_up_and_shows_nowhere(
    text_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def slow(writer: PageWriter) -> Iterator[float | UnitRanking]:
        begun.append(number := len(begun))
        while number == 0:
            yield 0.5
        yield RANKED

    monkeypatch.setattr(PageWriter, "rank_units", slow)
    async with writing_room(text_run, prompt=PROMPT) as (pilot, screen):
        await done(pilot, screen)
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: "reading the page, 50%" in screen_text.dump(pilot.app.screen))
        before = len(screen.page.text)
        screen.writing_thread.go_on()
        await wait_for_screen(pilot, lambda: len(screen.page.text) > before)  # it writes meanwhile
        await pilot.press("escape")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen)
        assert screen.writing_thread.ranking == 0.0
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)
        assert begun == [0, 1]
        screen.writing_thread.error = ValueError("gone")
        await pilot.press("escape")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)


async def test_where_nothing_is_written_it_says_so_and_a_unit_can_be_typed(text_run: Run) -> None:
    async with writing_room(text_run) as (pilot, screen):
        await pilot.press("escape")
        await typed_unit(pilot, "1 c 3")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen)
        assert screen.pages.views[0].shading == "unit"
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: NO_TEXT in screen_text.dump(pilot.app.screen))


def ranked(network: Predictor, text: str, indices: Sequence[int]) -> UnitRanking:
    *_, found = rank_units(network, text, indices)
    assert isinstance(found, UnitRanking)
    return found


SYMBOLS = "ab cd, Ef.\n"


@pytest.mark.parametrize("cell", CELLS)
def test_a_page_ranks_its_units_as_the_survey_of_the_equations_does(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_ranking, "MOST_READ", 700)
    model = network(cell)
    indices = letters(900).tolist()
    text = "".join(SYMBOLS[index] for index in indices)
    chosen = groups(model)
    features = measure_features(text).at(np.arange(200, 900))
    comparison = UnitComparison(features)
    comparison.add(states_at(model, torch.tensor(indices), chosen, 200, 900))
    survey = comparison.survey(chosen)

    def r(unit: RankedUnit) -> float:
        group = next(each for each in chosen if (each.layer, each.state) == (unit.name.layer, unit.name.state))
        return float(survey.r[group.first + unit.name.unit - 1, features.names.index(unit.follows)])

    ranking = ranked(Snapshot(model), text, indices)
    assert (ranking.characters, ranking.of) == (700, 900)
    assert [unit.r for unit in ranking.units] == pytest.approx([r(unit) for unit in ranking.units], abs=2e-4)
    firsts = list(dict.fromkeys(each.column for each in survey.best_units()))
    assert len(ranking.units) == chosen[-1].first + chosen[-1].count
    best = sorted((abs(each.r) for each in survey.best_units()), reverse=True)
    assert abs(ranking.units[0].r) == pytest.approx(best[0], abs=2e-4)
    others = [abs(unit.r) for unit in ranking.units[len(firsts) :]]
    assert others == sorted(others, reverse=True)


def test_what_the_network_lacks_is_left_out_and_what_cannot_be_ranked_is_said() -> None:
    snapshot, indices = Snapshot(network()), [k % 11 for k in range(300)]
    text = "".join(SYMBOLS[index] for index in indices)
    whole = ranked(snapshot, text, indices)
    gaps = [-1 if k % 50 == 49 else index for k, index in enumerate(indices)]
    assert ranked(snapshot, text, gaps).characters == 294
    assert ranked(Ensemble([snapshot, snapshot]), text, indices) == whole
    shares = [told for told in rank_units(snapshot, text, indices) if isinstance(told, float)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for little, read in (("", []), ("a", [1]), ("ab", [-1, -1]), ("aaa", [1, 1, 1])):
        assert ranked(snapshot, little, read).problem == TOO_SHORT
    broken = network()
    with torch.no_grad():
        for parameter in broken.parameters():
            parameter.fill_(float("nan"))
    assert ranked(Snapshot(broken), text, indices).problem == NONE_MOVES


@pytest.mark.parametrize("width", [60, 80])
async def test_the_scale_keeps_its_name_before_the_heading_its_words(text_run: Run, width: int) -> None:
    async with writing_room(text_run, prompt=PROMPT, size=(width, 24)) as (pilot, screen):

        def scale() -> str:
            return str(screen.query_one(ShadeScale).render())

        await done(pilot, screen)
        for name in ("surprisal", "probability", "memory"):
            assert name in scale() or width < 80
            await pilot.press("v")
        await typed_unit(pilot, "1 h 2")
        await wait_for_screen(pilot, lambda: "unit 1 h 2" in scale())


async def test_u_shades_every_page_by_a_unit_and_v_leaves_it(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, size=(120, 24)) as (pilot, screen):

        def scale() -> str:
            return str(screen.query_one(ShadeScale).render())

        await done(pilot, screen)
        await pilot.press("v", "v", "v")
        assert "not shaded" in scale()  # by no unit yet
        await typed_unit(pilot, "zz")
        await hinted(pilot, "'zz' is not a layer, a state and a number")
        await pilot.press("escape")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen)
        await typed_unit(pilot, "1 h 2")
        await wait_for_screen(pilot, lambda: screen.page.states is not None)
        read = read_text_model(text_run)
        page = screen.page
        indices = [read.vocabulary.index(character) for character in page.text]
        chosen = groups(read.model, layer=1, state="h")
        expected = states_at(read.model, torch.tensor(indices), chosen, 0, len(indices))[:, 1]
        assert page.states is not None
        np.testing.assert_allclose(page.states.states, expected, atol=2e-6)
        await wait_for_screen(pilot, lambda: re.search(r"unit 1 h 2: ≤?[+−]\S+ +≥?[+−]", scale()))
        assert screen.pages.views[0].shading == "unit"
        await pilot.press("space")
        await wait_for_screen(pilot, lambda: len(screen.page.text) > len(page.text))
        await wait_for_screen(pilot, lambda: len(screen.page.states.states) == len(screen.page.text))
        await pilot.press("v")
        assert "not shaded" in scale()
        await typed_unit(pilot, "9 h 2")
        await wait_for_screen(pilot, lambda: "the network has no state h in a layer 9" in scale())
