"""The scale of the shades of a page: every shade has its meaning beside it, in the style that characters have."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.style import Style
from textual.app import ComposeResult
from textual.color import Color
from textual.pilot import Pilot
from textual.screen import Screen
from tiny import wait_for_screen

from rnntui.probes import UnitName, UnitStates
from rnntui.text.state_scale import STEPS, StateScale
from rnntui.text.surprisal_scale import LEAST
from rnntui.tui.base.contrast import TEXT, contrast
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.writing_room.page import Page, Recall
from rnntui.tui.writing_room.page_shades import OF_UNIT, Shading, shades
from rnntui.tui.writing_room.page_view import PageView
from rnntui.tui.writing_room.shade_scale import MEMORY, PROBABILITY, SCALES, SURPRISAL, Scale, ShadeScale, scale_of

UNIT = UnitName(1, "h", 2)
STATES = UnitStates(UNIT, StateScale(-1, 1), (-1.0, 0.0, 1.0))


class Both(Screen[None]):
    """A scale above a page."""

    def compose(self) -> ComposeResult:
        yield ShadeScale()
        yield PageView()


@asynccontextmanager
async def scale_above(page: Page) -> AsyncIterator[tuple[Pilot[int], ShadeScale, PageView]]:
    screen = Both()
    async with ViewerApp(screen).run_test(size=(120, 20)) as pilot:
        await wait_for_screen(pilot, lambda: screen.is_mounted and screen.query(PageView))
        scale, view = screen.query_one(ShadeScale), screen.query_one(PageView)
        view.show(page)
        await pilot.pause()
        yield pilot, scale, view


Look = tuple[object, bool, bool, bool]


def look(style: Style | None) -> Look:
    assert style is not None
    return style.bgcolor, bool(style.reverse), bool(style.italic), bool(style.bold)


def looks_of(scale: ShadeScale) -> list[Look]:
    """How each step is drawn."""
    drawn = [segment.style for segment in scale.render_line(0) for _ in segment.text]
    text, offset, found = str(scale.render()), 0, []
    steps = scale._steps(scale._scale)
    start = text.index(scale._scale.low) + len(scale._scale.low) + 1
    for words, _ in steps:
        found.append(look(drawn[start + offset]))
        offset += len(words)
    return found


def test_where_a_shade_begins_is_where_the_page_begins_it() -> None:
    assert [words.strip() for words, _ in SURPRISAL.steps] == ["0", "½", "1", "2", "3", "4", "6", "8+"]
    page = Page(text="abcdefgh", bits=(0.0, *LEAST))
    assert shades(page, "surprisal", 0, 8) == [shade for _, shade in SURPRISAL.steps]
    shares = [int(words) / 100 for words, _ in PROBABILITY.steps]
    page = Page(text="abcdefgh", bits=tuple(-math.log2(share + 0.01) for share in shares))
    assert shades(page, "probability", 0, 8) == [shade for _, shade in PROBABILITY.steps]
    runs = [int(words) if words.strip() else 0 for words, _ in MEMORY.steps]
    assert shades(Page(text="abcdefgh", recall=Recall("", runs)), "memory", 0, 8) == [k for _, k in MEMORY.steps]
    assert shades(Page(text="abcdefgh", recall=Recall("", [0, *(n - 1 for n in runs[1:])])), "memory", 1, 8) == [
        *range(7)
    ]


def test_the_scale_of_a_unit_has_the_ends_of_the_page_or_says_what_is_wrong() -> None:
    scale = scale_of("unit", UNIT, STATES)
    assert (scale.name, scale.low, scale.high) == ("unit 1 h 2", "−1", "+1")
    assert [shade for _, shade in scale.steps] == [*range(OF_UNIT - STEPS, OF_UNIT + STEPS + 1)]
    assert scale_of("unit", UNIT, None) == Scale("unit 1 h 2")
    lacks = UnitStates(UNIT, StateScale(0, 0), (), problem="has no unit")
    assert scale_of("unit", UNIT, lacks).name == "the network has no unit"
    assert scale_of("none", None, None).name == "not shaded"


async def test_as_much_of_a_scale_is_shown_as_there_is_room_for() -> None:
    async with scale_above(Page()) as (_, scale, _):
        seen = []
        for room in (80, 56, 45, 36, 26, 6):
            taken = scale.show(SURPRISAL, room)
            seen.append(str(scale.render()))
            assert taken == scale.render().cell_len <= room
        steps = " 0  ½  1  2  3  4  6  8+ "
        assert seen[:5] == [
            f"surprisal in bits: expected {steps} unexpected",
            f"surprisal: expected {steps} unexpected",
            f"surprisal in bits {steps}",
            f"surprisal {steps}",
            steps,
        ]
        assert seen[5].endswith("…")
        scale.show(scale_of("unit", UNIT, STATES), 20)
        assert str(scale.render()).strip().startswith("−1 "), "shades without words always have their ends"


@pytest.mark.parametrize("colours", ["truecolor", "standard", "none"])
@pytest.mark.parametrize("shading", ["surprisal", "probability", "unit"])
async def test_a_step_of_the_scale_looks_as_the_character_that_has_its_shade(
    monkeypatch: pytest.MonkeyPatch, shading: Shading, colours: str
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm" if colours == "standard" else "xterm-256color")
    monkeypatch.setenv("COLORTERM", "" if colours == "standard" else "truecolor")
    if colours == "none":
        monkeypatch.setenv("NO_COLOR", "1")
    low, high = (-1.0, 1.0) if shading == "unit" else (0.0, 12.0)
    page = Page(text="ab", bits=(low, high), states=UnitStates(UNIT, StateScale(-1, 1), (low, high)))
    async with scale_above(page) as (pilot, scale, view):
        view.shading = shading
        scale.show(scale_of(shading, UNIT, page.states), 80)
        await wait_for_screen(pilot, lambda: scale.size.width > 20)
        drawn = [look(segment.style) for segment in view.render_line(0) for _ in segment.text][:2]
        steps = looks_of(scale)
        assert drawn == [steps[0], steps[-1]], "what is unlikely has one colour, whether in bits or in per cent"
        assert steps[0] != steps[-1]


async def test_without_colours_no_ink_is_that_of_a_shade_which_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with scale_above(Page(text="abcdefgh", bits=(0.0, *LEAST))) as (_, _, view):
        view.shading = "surprisal"
        ground = view.background_colors[1]
        for style in [segment.style for segment in view.render_line(0) for _ in segment.text][:8]:
            assert style is not None
            assert contrast(Color.from_rich_color(style.color), ground) >= TEXT


def test_every_shading_of_one_character_has_a_scale_that_names_its_ends() -> None:
    for name, scale in SCALES.items():
        assert scale.name
        assert (name == "none") == (not scale.low and not scale.high and not scale.steps)
