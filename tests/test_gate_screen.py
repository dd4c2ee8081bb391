"""The gate studio by keys and mouse: values move, time is zoomed, nothing narrow is lost, a figure is saved."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import screen_text
from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Footer, Input, Static

from rnntui.gate import Gate
from rnntui.gate.openings import openings
from rnntui.gate.parameters import REPORT
from rnntui.gate.stretch import Stretch, stretch_for
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.chart.picture import BLANK, ROLE
from rnntui.tui.dialogs.ask_figure import AskFigure
from rnntui.tui.dialogs.ask_text import AskText
from rnntui.tui.dialogs.help import Help
from rnntui.tui.gate import drawing
from rnntui.tui.gate.chart import GateChart
from rnntui.tui.gate.screen import GateScreen
from rnntui.tui.gate.slider import BEFORE, GAP, VALUE, GateSlider

START = Gate(5, 1, 0.5)
NARROW = Gate(10, 0.2, 0.05)


class Studio:
    """The screen under test."""

    def __init__(self, pilot: Pilot[int], screen: GateScreen) -> None:
        self.pilot, self.screen = pilot, screen

    @property
    def gate(self) -> Gate:
        return self.screen.gate

    @property
    def stretch(self) -> Stretch:
        return self.screen.chart.stretch

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    def said(self, where: str) -> str:
        return str(self.screen.query_one(f"#{where}", Static).content)

    def rows(self, widget: type[GateChart | GateSlider] = GateChart) -> list[str]:
        found = self.screen.query(widget).first()
        return [strip.text for strip in found.render_lines(Region(0, 0, *found.size))]

    async def type(self, text: str) -> None:
        """Answer a question in place of what stands there."""
        self.pilot.app.screen.query_one(Input).value = text
        await self.press("enter")


@asynccontextmanager
async def studio(
    gate: Gate = START, stretch: Stretch | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Studio]:
    screen = GateScreen(gate, stretch or stretch_for(gate))
    async with ViewerApp(screen).run_test(size=size) as pilot:
        await pilot.pause()
        yield Studio(pilot, screen)


def asked(open_studio: Studio) -> str:
    """The question of the box, as far as it is in sight."""
    question = open_studio.pilot.app.screen.query_one(".question", Static)
    assert question.screen.query_one(".dialog").content_region.contains_region(question.region)
    return str(question.content)


def columns_with_openings(rows: list[str]) -> set[int]:
    """The columns of the chart in which the axis is thick."""
    (axis,) = (row for row in rows if "╰" in row)
    return {column for column, sign in enumerate(axis) if sign in "━┯"}


async def test_arrows_move_the_selected_value_and_with_shift_a_tenth_as_far() -> None:
    async with studio() as open_studio:
        await open_studio.press("right", "shift+left")
        assert open_studio.gate == Gate(5.45, 1, 0.5)
        await open_studio.press("down", "left", "down", "end", "down", "right")
        assert open_studio.gate == Gate(5.45, 0.8, 1.0, 0.05)
        assert "τ = 5.45, s = 0.8, r_on = 1, α = 0.05" in open_studio.said("heading")
        await open_studio.press("D")
        assert open_studio.gate == START


async def test_number_keys_take_the_gates_of_the_source() -> None:
    async with studio(NARROW) as open_studio:
        for key, gate in zip("1234", REPORT, strict=True):
            await open_studio.press(key)
            assert open_studio.gate == gate
            assert open_studio.said("heading").endswith(f" · preset {key} of 4")


async def test_a_value_is_typed_exactly_and_a_bad_one_refused_in_words() -> None:
    async with studio() as open_studio:
        await open_studio.press("enter")
        assert isinstance(open_studio.pilot.app.screen, AskText)
        assert "τ: time steps from one opening to the next" in asked(open_studio)
        await open_studio.type("-3 [b]")
        assert open_studio.gate == START
        hint = open_studio.pilot.app.screen.query_one(".hint", Static)
        assert str(hint.content) == "period must be a number from 1e-6 to 1e9, not '-3 [b]'"
        await open_studio.type("12.3456789")
        assert open_studio.gate == Gate(12.3456789, 1, 0.5)


async def test_the_words_tell_when_it_opens_and_that_whole_steps_may_miss_it() -> None:
    async with studio(NARROW) as open_studio:
        assert open_studio.said("opening").strip() == "open 5 % of the time: from t = 0.2 to 0.7, next from 10.2"
        assert "k = 0 at every whole step" in open_studio.said("steps")
        assert "● k > 0 ○ k = 0" in open_studio.rows()[0]
        assert open_studio.screen.query_one("#steps").has_class("unseen")
        assert not any("●" in row for row in open_studio.rows()[1:])
        assert sum(row.count("○") for row in open_studio.rows()[1:]) == 41
        await open_studio.press("3")
        assert "k > 0 at 400 of the whole steps" in open_studio.said("steps")
        assert not open_studio.screen.query_one("#steps").has_class("unseen")
        assert any("●" in row for row in open_studio.rows()[1:])


@pytest.mark.parametrize("length", [20.0, 333.0, 5_000.0, 1e6])
def test_a_very_narrow_opening_is_drawn_at_any_zoom(length: float) -> None:
    gate, stretch = Gate(97, 0.3, 1e-7), Stretch(0.1, 0.1 + length)
    picture = drawing.draw(gate, stretch, 85, 24)
    assert picture is not None
    drawn = picture.roles[1, 5:] == ROLE[drawing.OPENNESS]
    peaks = (one.peak for one in openings(gate, stretch.low, stretch.high))
    expected = {min(int((peak - stretch.low) / length * 80), 79) for peak in peaks}
    assert set(np.flatnonzero(drawn & (picture.characters[1, 5:] != BLANK)).tolist()) == expected


async def test_zooming_into_an_opening_shows_its_slopes_and_its_moments() -> None:
    async with studio(Gate(10, 0.2, 1e-5), Stretch(0.0, 40.0)) as open_studio:
        assert len(columns_with_openings(open_studio.rows())) == 4
        open_studio.screen.chart.stretch = Stretch(0.19998, 0.20012)
        slopes = [len(row[5:].split()) for row in open_studio.rows()[2:-3]]
        assert slopes == [2] * len(slopes)  # one way up and one way down
        assert 50 <= len(columns_with_openings(open_studio.rows())) < 75
        assert "0.20004" in open_studio.rows()[-1]


def wheel_up(chart: GateChart, column: int, *, shift: bool) -> events.MouseScrollUp:
    """The wheel turned away from the user over a column of the chart."""
    return events.MouseScrollUp(chart, 5 + column, 3, 0, 0, 0, shift, False, False)


async def test_keys_and_wheel_zoom_and_pan_and_f_shows_the_beginning() -> None:
    async with studio() as open_studio:
        await open_studio.press("z", "full_stop")
        assert open_studio.stretch == Stretch(7.5, 17.5)
        await open_studio.press("comma", "Z", "Z")
        assert open_studio.stretch == Stretch(0, 40)
        await open_studio.press("0")
        assert open_studio.stretch == Stretch(0, 20)
        chart = open_studio.screen.chart
        for shift, expected in ((False, Stretch(0, 16)), (True, Stretch(-1.6, 14.4))):
            chart.post_message(wheel_up(chart, column=0, shift=shift))
            await open_studio.pilot.pause()
            assert open_studio.stretch.low == pytest.approx(expected.low, abs=0.1)
            assert open_studio.stretch.length == pytest.approx(16)


async def test_the_readout_follows_pointer_and_keys() -> None:
    async with studio() as open_studio:
        await open_studio.pilot.hover(GateChart, offset=(5 + 37, 5))
        await open_studio.pilot.pause()
        assert open_studio.rows()[0].startswith("t = 10   φ = 0.8   k = 0   closed")
        assert "from t = 11 to 13.5, next from 16" in open_studio.said("opening")
        open_studio.screen.chart.focus()
        await open_studio.press("home", "right")
        t = open_studio.screen.chart.moment
        assert t is not None
        assert open_studio.rows()[0].startswith(f"t = {t:g}   φ = {START.phase(t):.4g}   k = {START.openness(t):.4g}")
        assert any("│" in row[5:] for row in open_studio.rows())
        await open_studio.press("escape")
        assert open_studio.rows()[0].startswith("⠤⠤ k(t)")


async def test_sliders_and_chart_follow_the_mouse_while_its_button_is_down() -> None:
    async with studio() as open_studio:
        pilot, screen = open_studio.pilot, open_studio.screen
        slider, track = screen.query_one("#ratio", GateSlider), BEFORE + VALUE + GAP
        await pilot.click("#ratio", offset=(track, 0))
        assert open_studio.gate.r_on == 0.001
        assert slider.has_focus
        await pilot.mouse_down("#ratio", offset=(track + 3, 0))
        await pilot.mouse_up("#leak", offset=(track + slider.track_length + 30, 0))  # it may slip off the line
        assert open_studio.gate == Gate(5, 1, 1.0)
        await pilot.hover("#ratio", offset=(track, 0))
        assert open_studio.gate == Gate(5, 1, 1.0)
        await pilot.mouse_down(GateChart, offset=(60, 5))
        await pilot.mouse_up(GateChart, offset=(45, 5))
        assert open_studio.stretch == Stretch(4, 24)
        await pilot.hover(GateChart, offset=(20, 5))
        assert open_studio.stretch == Stretch(4, 24)


async def test_s_saves_the_figure_of_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gate.svg").touch()
    async with studio(NARROW) as open_studio:
        await open_studio.press("s")
        assert open_studio.pilot.app.screen.query_one(Input).value == "gate-2.svg"  # never over another
        await open_studio.press("enter")
        await open_studio.pilot.app.workers.wait_for_complete()
        assert "τ = 10, s = 0.2, r_on = 0.05" in (tmp_path / "gate-2.svg").read_text()
        assert open_studio.pilot.app.screen is open_studio.screen


async def test_it_fills_the_terminal_and_says_what_is_too_small() -> None:
    async with studio(size=(160, 45)) as open_studio:
        screen = open_studio.screen
        for size in ((160, 45), (80, 24), (60, 16)):
            await open_studio.pilot.resize_terminal(*size)
            shown = [child for child in screen.children if child.display]
            assert sum(child.region.height for child in shown) == size[1]
            assert screen.chart.size.width == size[0]
            assert all(len(open_studio.said(line)) <= size[0] for line in ("heading", "opening", "steps"))
            says = "from one opening to the next"
            assert (says in open_studio.rows(GateSlider)[0]) is (size[0] >= 80)
            assert screen.query_one("#explained").display is (size[0] < 80)
            assert says in open_studio.said("explained")
        assert screen.focused is not None
        await open_studio.press("4", "end")
        await open_studio.press("down", "down", "down", "end")
        assert open_studio.said("heading") == " rnntui gate · τ = 1000, s = 1, r_on = 1, α = 1"
        footer = screen.query_one(Footer)
        keys = {entry.key_display: entry.region for entry in footer.query("FooterKey")}
        assert all(footer.region.contains_region(keys[key]) for key in "?q")
        await open_studio.press("up", "enter")
        assert "r_on: share of the period in which it is open" in asked(open_studio)
        await open_studio.press("escape")
        await open_studio.pilot.resize_terminal(59, 15)
        assert "59×15 is too small" in open_studio.said("too-small")
        assert not screen.chart.display


async def test_the_box_stays_open_with_what_cannot_be_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.svg").mkdir()
    async with studio() as open_studio:
        await open_studio.press("s")
        for name, sentence in (
            ("", "a figure needs a name, such as gate.svg or gate.png"),
            ("nowhere/gate.svg", "'nowhere/gate.svg': there is no folder 'nowhere'"),
            ("folder.svg", "'folder.svg' is a folder: name a file in it"),
        ):
            await open_studio.type(name)
            await open_studio.pilot.app.workers.wait_for_complete()
            box = open_studio.pilot.app.screen
            assert str(box.query_one(".hint", Static).content) == sentence
            assert box.query_one(Input).value == name
        assert isinstance(box, AskFigure)
        await open_studio.press("escape")
        assert open_studio.pilot.app.screen is open_studio.screen


@pytest.mark.parametrize("fault", ["", "the disk is full"])
async def test_what_becomes_of_a_figure_is_said_where_its_box_was_left(fault: str) -> None:
    is_left = threading.Event()

    def draw(path: Path) -> None:
        assert is_left.wait(60)
        if fault:
            raise ValueError(fault)

    async with studio() as open_studio:
        app = open_studio.pilot.app
        app.push_screen(AskFigure("late.svg", draw))
        await open_studio.press("enter", "escape")
        assert app.screen is open_studio.screen
        is_left.set()
        while not screen_text.notices(app):
            await open_studio.pilot.pause()
        assert screen_text.notices(app) == [fault or "drawn: late.svg"]
        assert app.screen is open_studio.screen


def test_every_binding_has_an_id_a_label_and_a_tooltip() -> None:
    bindings = [binding for owner in (GateScreen, GateChart, GateSlider, AskText) for binding in owner.BINDINGS]
    assert all(
        isinstance(binding, Binding) and binding.id and binding.description and binding.tooltip for binding in bindings
    )
    assert len({binding.id for binding in bindings}) == len(bindings)


async def test_help_explains_and_q_leaves() -> None:
    async with studio() as open_studio:
        await open_studio.press("question_mark")
        assert isinstance(open_studio.pilot.app.screen, Help)
        await open_studio.press("escape", "q")
        assert open_studio.pilot.app.return_value == 0
