"""The themes: what is read, what is told apart by whom, and how a theme is chosen and kept."""

import math
from itertools import combinations, pairwise
from typing import Any

import pytest
from colour_vision import DEFICIENCIES, difference, seen
from rich._palettes import STANDARD_PALETTE
from rich.color import Color as RichColour
from rich.color import ColorSystem
from screen_text import strips
from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input, Select
from textual.widgets._select import SelectCurrent
from tiny import wait_for_screen

from rnntui.gate import Gate
from rnntui.gate.stretch import Stretch
from rnntui.runs.history import Column
from rnntui.system import user_config
from rnntui.text.state_scale import STEPS
from rnntui.tui.base.colours import OF_SIXTEEN, THEMES, Colours
from rnntui.tui.base.contrast import LINE, TEXT, contrast, ink, luminance
from rnntui.tui.base.signed_shades import grounds
from rnntui.tui.base.themes import ThemedApp, made
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import LETTERS, ROLES, Series
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.gate.screen import GateScreen

EVERY = {**THEMES, **{f"{n} of sixteen": c for n, c in OF_SIXTEEN.items()}}
MEANINGS = ("training", "held_out", "third", "reached", "wrong", "warning", "selection")  # side by side on a screen
BESIDE = (  # axis numbers and what is gone from a text are quiet, borders are frames
    *(("quiet", name) for name in ("training", "held_out", "third")),
    *(("frame", name) for name in ("training", "held_out", "wrong", "selection")),
)
APART = 15.0  # CIEDE2000
APART_OF_SIXTEEN = 6.5  # as far as sixteen colours go; what was reached and what is wrong bear a sign, too
KINDS = ["", *DEFICIENCIES]


def hue(name: str) -> Color:
    return Color.parse(name)


@pytest.fixture(params=EVERY)
def colours(request: pytest.FixtureRequest) -> Colours:
    return EVERY[request.param]


@pytest.fixture(params=THEMES)
def full(request: pytest.FixtureRequest) -> Colours:
    return THEMES[request.param]


# --- what the checks themselves compute -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [  # of the test data of Sharma, Wu and Dalal
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_of_colours_is_that_of_the_published_examples(one, other, expected) -> None:
    assert difference(one, other) == pytest.approx(expected, abs=1e-4)


def test_contrast_runs_from_1_to_21() -> None:
    assert contrast(hue("#000000"), hue("#FFFFFF")) == pytest.approx(21.0)
    assert contrast(hue("#777777"), hue("#777777")) == 1.0
    assert contrast(hue("#777777"), hue("#FFFFFF")) == pytest.approx(4.48, abs=0.005)


def test_red_and_green_are_alike_to_who_lacks_a_cone_for_them() -> None:
    red, green = hue("#B05030"), hue("#707020")
    ordinary, deuteranopic = (difference(seen(red, kind), seen(green, kind)) for kind in ("", "deuteranopia"))
    assert deuteranopic < ordinary / 2


# --- the colours ------------------------------------------------------------------------------------------------------


def test_text_has_the_contrast_of_text(colours: Colours) -> None:
    for ground in (colours.ground, colours.surface, colours.panel):
        for text in (colours.foreground, colours.quiet, colours.selection):
            assert contrast(hue(text), hue(ground)) >= TEXT
    assert contrast(hue(colours.third), hue(colours.ground)) >= TEXT, "what is new in the time machine"


def test_what_is_said_in_a_colour_is_read(full: Colours) -> None:
    for name in ("training", "third", "reached", "wrong", "warning"):
        assert contrast(hue(getattr(full, name)), hue(full.ground)) >= TEXT, name


def test_lines_have_the_contrast_of_lines(colours: Colours) -> None:
    for line in (*(getattr(colours, name) for name in (*MEANINGS, "fourth", "frame")), *colours.lines):
        assert contrast(hue(line), hue(colours.ground)) >= LINE, line


def test_the_high_contrast_is_seven() -> None:
    chosen = THEMES["high-contrast"]
    for name in (*MEANINGS, "foreground", "quiet", "frame"):
        assert contrast(hue(getattr(chosen, name)), hue(chosen.ground)) >= 7, name


def apart(one: str, other: str) -> float:
    """How different two colours are to whom they are most alike."""
    return min(difference(seen(hue(one), kind), seen(hue(other), kind)) for kind in KINDS)


def test_what_colours_mean_is_told_apart_by_everybody(full: Colours) -> None:
    for one, other in (*combinations(MEANINGS, 2), *BESIDE):
        assert apart(getattr(full, one), getattr(full, other)) >= APART, (one, other)


@pytest.mark.parametrize("name", OF_SIXTEEN)
def test_of_sixteen_colours_those_are_taken_that_are_told_apart(name: str) -> None:
    colours = OF_SIXTEEN[name]
    for one, other in combinations(MEANINGS, 2):
        least = APART if {one, other} == {"training", "held_out"} else APART_OF_SIXTEEN
        assert apart(getattr(colours, one), getattr(colours, other)) >= least, (one, other)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_what_is_wrong_is_red(name: str) -> None:
    """Neither maroon nor pink nor orange; that of the high contrast is paler, for the sake of its contrast."""
    lightness, a, b = seen(hue(THEMES[name].wrong))
    assert 40 <= lightness <= 60
    assert math.hypot(a, b) >= 65
    assert 15 <= math.degrees(math.atan2(b, a)) <= 45


def test_lines_over_each_other_are_told_apart(full: Colours) -> None:
    assert min(apart(*pair) for pair in combinations(full.lines, 2)) >= APART


@pytest.mark.parametrize("theme", THEMES)
async def test_low_and_high_states_are_told_apart_and_read(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    app = Bench()
    app.begin_with(theme)
    async with app.run_test(size=(80, 12)):
        shades = grounds(app, hue(THEMES[theme].ground))
        for shade, style in shades.items():
            ink, ground = map(Color.from_rich_color, (style.color, style.bgcolor))
            assert contrast(ink, ground) >= TEXT, shade
        ends = [Color.from_rich_color(shades[shade].bgcolor).hex for shade in (-STEPS, STEPS)]
        assert apart(*ends) >= APART
        assert all(apart(end, THEMES[theme].ground) >= APART for end in ends)


@pytest.mark.parametrize("name", EVERY)
def test_what_is_written_on_a_shade_is_read(name: str) -> None:
    for shade in EVERY[name].shades:
        assert contrast(ink(hue(shade)), hue(shade)) >= TEXT, shade


def test_lines_over_each_other_are_eight_of_sixteen_colours() -> None:
    for colours in OF_SIXTEEN.values():
        assert len(set(colours.lines)) == len(LETTERS) == 8


def test_sixteen_colours_are_met_exactly() -> None:
    for colours in OF_SIXTEEN.values():
        names = [value for value in vars(colours).values() if isinstance(value, str)]
        for name in (*names, *colours.lines, *colours.shades):
            number = hue(name).rich_color.downgrade(ColorSystem.STANDARD).number
            assert number is not None
            assert STANDARD_PALETTE[number] == hue(name).rich_color.triplet


@pytest.mark.parametrize("deficiency", ["", *DEFICIENCIES])
def test_the_shades_of_a_raster_rise_for_everybody(full: Colours, deficiency: str) -> None:
    lightness = [seen(hue(shade), deficiency)[0] for shade in full.shades]
    assert len(lightness) == 17
    assert lightness == sorted(lightness, reverse=not full.is_dark)


def test_in_256_colours_shades_rise_but_for_what_is_not_seen(full: Colours) -> None:
    rounded = [hue(s).rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor() for s in full.shades]
    lights = [luminance(Color.from_rich_color(RichColour.from_triplet(triplet))) for triplet in rounded]
    rising = lights if full.is_dark else lights[::-1]
    assert all(after > before - 0.03 for before, after in pairwise(rising))
    assert len(set(lights)) >= 12


# --- on the screen ----------------------------------------------------------------------------------------------------


class Bench(ThemedApp[None]):
    def __init__(self) -> None:
        super().__init__()
        column = Column()
        column.extend(range(200), [k % 7 + 1.0 for k in range(200)])
        self.plot = Plot("loss", [Series("training", column), Series("held-out", column, "held-out")])

    def compose(self):
        yield self.plot


@pytest.mark.parametrize("theme", user_config.THEMES)
async def test_every_part_of_a_chart_is_read(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    app = Bench()
    app.begin_with(theme)
    async with app.run_test(size=(80, 12)):
        for role in ROLES[:4]:
            for suffix, least in (("", LINE), ("-band", LINE), ("-text", TEXT)):
                style = app.plot._style(f"{role}{suffix}")
                assert contrast(*map(Color.from_rich_color, (style.color, style.bgcolor))) >= least, (role, suffix)
        for role in ("axis", "title", "note", "baseline", "mark", "cursor"):
            style = app.plot._style(role)
            assert contrast(*map(Color.from_rich_color, (style.color, style.bgcolor))) >= TEXT, role


@pytest.mark.parametrize("theme", THEMES)
async def test_without_colours_what_is_said_in_one_is_read_as_well(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    app = Bench()
    app.begin_with(theme)
    async with app.run_test(size=(80, 12)):
        ground = hue(app.theme_variables["background"]).monochrome
        for name in ("training", "third", "success", "error", "warning", "quiet"):
            shown = hue(app.theme_variables[name]).monochrome
            assert contrast(shown, ground) >= TEXT, name


@pytest.mark.parametrize("theme", OF_SIXTEEN)
async def test_in_sixteen_colours_a_band_is_grey_and_no_line_is_drowned_in_it(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    app = Bench()
    app.begin_with(theme)
    async with app.run_test(size=(80, 12)):
        for role in ROLES[:3]:
            band, line, ground = (
                colour.downgrade(ColorSystem.STANDARD).number
                for style in [app.plot._style(f"{role}-band")]
                for colour in (style.color, app.plot._style(role).color, style.bgcolor)
            )
            assert band in (7, 8), "white and bright black, which are greys"
            assert len({band, line, ground}) == 3, role


@pytest.mark.parametrize("theme", user_config.THEMES)
async def test_code_in_an_explanation_is_no_warning_and_nothing_wrong(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    app = ViewerApp(gate_screen())
    app.begin_with(theme)
    async with app.run_test(size=(100, 30)) as pilot:
        app.push_screen(Explanation("`--lr` is the learning rate"))
        styles = list[Any]()

        def are_styled() -> bool:
            styles[:] = [segment.style for strip in strips(app.screen) for segment in strip if "--lr" in segment.text]
            return bool(styles)

        await wait_for_screen(pilot, are_styled)
        (style,) = styles
        assert Color.from_rich_color(style.color).hex == hue(THEMES[theme].foreground).hex
        assert contrast(*map(Color.from_rich_color, (style.color, style.bgcolor))) >= TEXT


async def test_there_are_these_themes_and_no_others() -> None:
    app = Bench()
    async with app.run_test():
        assert tuple(app.available_themes) == user_config.THEMES == tuple(THEMES) == tuple(OF_SIXTEEN)
        assert app.theme == "dark"


@pytest.mark.parametrize(("term", "expected"), [("xterm", OF_SIXTEEN), ("xterm-256color", THEMES)])
def test_where_there_are_sixteen_colours_a_theme_has_those(
    term: str, expected: dict[str, Colours], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM", raising=False)
    assert Bench().available_themes == {name: made(name, colours) for name, colours in expected.items()}


# --- choosing one -----------------------------------------------------------------------------------------------------


def gate_screen() -> GateScreen:
    return GateScreen(Gate(5, 1, 0.5), Stretch(0, 20))


async def test_a_theme_that_is_chosen_on_the_screen_is_kept_and_the_next_one_begins_with_it() -> None:
    app = ViewerApp(gate_screen())
    async with app.run_test() as pilot:
        assert not user_config.path().exists()
        app.theme = "light"
        await pilot.pause()
    assert user_config.get("theme") == "light"
    assert ViewerApp(gate_screen()).theme == "light"


def test_an_option_comes_before_the_file_and_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_config, "_asked_for", {})
    user_config.keep("theme", "light")
    user_config.choose("theme", "high-contrast")
    assert ViewerApp(gate_screen()).theme == "high-contrast"
    assert user_config.get("theme") == "light"


def test_keeping_a_theme_leaves_all_else_in_the_file() -> None:
    file = user_config.path()
    file.parent.mkdir(parents=True)
    file.write_text('# mine\nnotify = "bell"\ntheme = "dark"  # by day: light\n')
    user_config.keep("theme", "light")
    assert file.read_text() == '# mine\nnotify = "bell"\ntheme = "light"  # by day: light\n'
    file.write_text('notify = "bell"')
    user_config.keep("theme", "light")
    assert file.read_text() == 'notify = "bell"\ntheme = "light"\n'


async def test_a_file_that_cannot_be_written_is_said_and_the_theme_changes_all_the_same() -> None:
    user_config.path().mkdir(parents=True)
    with pytest.raises(ValueError, match="is a folder, not a file"):
        ViewerApp(gate_screen())
    user_config.path().rmdir()
    app = ViewerApp(gate_screen())
    async with app.run_test() as pilot:
        user_config.path().mkdir()
        app.theme = "light"
        await pilot.pause()
        assert app.theme == "light"
        assert any("the theme is not kept" in note.message for note in app._notifications)


class Fields(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Input("0.5")
        yield Select([("adam", "adam")], value="adam")
        yield Horizontal(Input("0.9"), classes="unused")


@pytest.mark.parametrize(("term", "is_underlined"), [("xterm", True), ("xterm-256color", False)])
async def test_a_field_is_seen_as_one_where_its_ground_is_that_of_all_else(
    term: str, is_underlined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM", raising=False)
    app = ViewerApp(Fields())
    async with app.run_test() as pilot:
        await wait_for_screen(pilot, lambda: isinstance(app.screen, Fields) and app.screen.query(SelectCurrent))
        for field in (app.screen.query_one(Input), app.screen.query_one(SelectCurrent)):
            assert bool(field.visual_style.underline) is is_underlined
        assert bool(app.screen.query_one(".unused Input").visual_style.dim) is is_underlined, (
            "else the form's own rule says"
        )
        assert (app.theme_variables["surface"] == app.theme_variables["background"]) is is_underlined
