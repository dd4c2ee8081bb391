"""Shading by one unit in the writing room: its states are the network's own, and every page tells them as it grows."""

import math
import re

import numpy as np
import pytest
import screen_text
import torch
from test_page import seen
from test_units import CELLS, letters, network
from test_writing_room import done, hinted, writing_room
from test_writing_thread import PROMPT
from textual.pilot import Pilot
from tiny import wait_for_screen

from rnntui.core.analysis.units.features import measure_features
from rnntui.core.analysis.units.states import groups, states_at
from rnntui.core.analysis.units.survey import UnitComparison
from rnntui.core.generation.ensemble import Ensemble
from rnntui.core.generation.loading import read_text_model
from rnntui.core.generation.unit_ranking import NONE_MOVES, NOTHING_YET, rank_units
from rnntui.core.generation.unit_trace import UnitTrace, WatchedUnit, part_of
from rnntui.core.kernels.single import Snapshot
from rnntui.probes import UnitName, UnitStates
from rnntui.runs import Run
from rnntui.text.state_scale import STEPS, StateScale
from rnntui.text.surprisal_scale import SHADES
from rnntui.tui.base.signed_shades import grounds
from rnntui.tui.writing_room.choose_unit import ChooseUnit
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.page_shades import OF_UNIT, changed_from, shades
from rnntui.tui.writing_room.page_writer import NO_TEXT
from rnntui.tui.writing_room.ranked_units import RankedUnits
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
    assert [UnitName.typed(wrong) for wrong in ("", "1 h", "h 1 5", "0 h 1", "1 h x", "1 h 5 6")] == [None] * 6


async def typed_unit(pilot: Pilot[int], words: str) -> None:
    """Ask for the units of the page, and once they are listed type one."""
    await pilot.press("r")
    await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)
    await pilot.press(*("space" if character == " " else character for character in words), "enter")


def listed(pilot: Pilot[int]) -> RankedUnits:
    return pilot.app.screen.query_one(RankedUnits)


async def test_units_are_listed_by_what_they_follow_on_the_page(text_run: Run) -> None:
    async with writing_room(text_run, text_run, prompt=PROMPT, length=400, size=(120, 40)) as (pilot, screen):
        await done(pilot, screen)
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)
        read, page = read_text_model(text_run), screen.page
        ranking = screen.writing_thread.ranking
        assert ranking is not None
        assert ranking.characters == len(page.text)
        assert f"in {len(page.text)} characters of this page" in screen_text.dump(pilot.app.screen)
        first, second = ranking.units[:2]
        shown = screen_text.dump(pilot.app.screen)
        for unit in (first, second):
            assert re.search(rf"{unit.name} +{re.escape(unit.follows)} +{re.escape(f'{unit.r:+.2f}')}", shown)
        model = read.model
        assert {unit.name for unit in ranking.units} == {
            UnitName(group.layer, group.state, k + 1) for group in groups(model) for k in range(group.count)
        }
        await pilot.press("down")
        assert listed(pilot).selected == second.name
        await pilot.press("pagedown", "pageup", "up", "up")
        assert listed(pilot).selected == first.name
        await pilot.press(*second.follows.split()[0])
        await wait_for_screen(pilot, lambda: listed(pilot).selected != first.name or first.follows == second.follows)
        chosen = listed(pilot).selected
        await pilot.press("enter")
        await wait_for_screen(pilot, lambda: screen.page.states is not None and screen.page.states.unit == chosen)
        assert all(view.shading == "unit" for view in screen.pages.views)


async def test_a_unit_is_clicked_and_the_one_of_before_is_selected(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, length=400, size=(80, 24)) as (pilot, screen):
        await done(pilot, screen)
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)
        await pilot.click(RankedUnits, offset=(4, 3))
        ranking = screen.writing_thread.ranking
        assert ranking is not None
        third = ranking.units[2].name
        await wait_for_screen(pilot, lambda: screen.page.states is not None and screen.page.states.unit == third)
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, ChooseUnit) and listed(pilot).is_known)
        assert listed(pilot).selected == third


async def test_where_nothing_is_written_it_says_so_and_a_unit_can_be_typed(text_run: Run) -> None:
    async with writing_room(text_run) as (pilot, screen):
        await pilot.press("escape")
        await typed_unit(pilot, "1 c 3")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen)
        assert screen.pages.views[0].shading == "unit"
        await pilot.press("r")
        await wait_for_screen(pilot, lambda: NO_TEXT in screen_text.dump(pilot.app.screen))


@pytest.mark.parametrize("cell", CELLS)
def test_a_page_ranks_its_units_as_the_survey_of_the_equations_does(cell: str) -> None:
    model = network(cell)
    indices = letters(700).tolist()
    text = "".join("ab cd, Ef.\n"[index % 11] for index in indices)
    chosen = groups(model)
    comparison = UnitComparison(features := measure_features(text))
    comparison.add(states_at(model, torch.tensor(indices), chosen, 0, len(indices)))
    survey = comparison.survey(chosen)
    ranking = rank_units(Snapshot(model), text, indices)
    firsts = survey.best_units()
    for expected, unit in zip(firsts, ranking.units, strict=False):
        assert unit.follows in features.names
        assert unit.r == pytest.approx(expected.r, abs=2e-4)
    strengths = [abs(unit.r) for unit in ranking.units[len({each.column for each in firsts}) :]]
    assert len(ranking.units) >= len(firsts)
    assert strengths == sorted(strengths, reverse=True) or len(firsts) != len({each.column for each in firsts})


def test_what_the_network_lacks_is_left_out_and_what_cannot_be_ranked_is_said() -> None:
    snapshot, indices = Snapshot(network()), [k % 11 for k in range(300)]
    text = "".join("ab cd, Ef.\n"[index] for index in indices)
    whole = rank_units(snapshot, text, indices)
    gaps = [-1 if k % 50 == 49 else index for k, index in enumerate(indices)]
    assert rank_units(snapshot, text, gaps).characters == 294
    assert rank_units(Ensemble([snapshot, snapshot]), text, indices) == whole
    assert rank_units(snapshot, text, indices, lambda: False).units == ()
    for little, read in (("", []), ("a", [1]), ("ab", [-1, -1]), ("aaa", [1, 1, 1])):
        assert rank_units(snapshot, little, read).problem == NOTHING_YET
    with torch.no_grad():
        broken = network()
        broken.b_p.fill_(float("nan"))
        for parameter in broken.parameters():
            parameter.fill_(float("nan"))
    assert rank_units(Snapshot(broken), text, indices).problem == NONE_MOVES


async def test_u_shades_every_page_by_a_unit_and_v_leaves_it(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, size=(120, 24)) as (pilot, screen):

        def scale() -> str:
            return str(screen.query_one(ShadeScale).render())

        await done(pilot, screen)
        await pilot.press("v", "v", "v")
        assert "not shaded" in scale()  # by no unit yet
        await typed_unit(pilot, "zz")
        await hinted(pilot, "'zz' is no layer, state and number")
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
        await wait_for_screen(pilot, lambda: re.search(r"unit 1 h 2: [+-]\S+ +[+-]", scale()))
        assert screen.pages.views[0].shading == "unit"
        await pilot.press("space")
        await wait_for_screen(pilot, lambda: len(screen.page.text) > len(page.text))
        await wait_for_screen(pilot, lambda: len(screen.page.states.states) == len(screen.page.text))
        await pilot.press("v")
        assert "not shaded" in scale()
        await typed_unit(pilot, "9 h 2")
        await wait_for_screen(pilot, lambda: "the network has no state h in a layer 9" in scale())
