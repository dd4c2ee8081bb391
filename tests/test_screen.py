"""The screen, driven by its keys: each does what it says, any text is safe, and watching changes nothing."""

import math
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import screen_text
from command import rnntui, said
from msgspec import structs, to_builtins
from rich.cells import cell_len
from textual import events as happening
from textual.binding import Binding
from textual.geometry import Offset, Size
from textual.pilot import Pilot
from textual.selection import Selection
from textual.widget import Widget
from textual.widgets import Footer, Input, Markdown, Select, Switch
from tiny import PATIENCE, again, events, new_run, palindrome, text

from rnntui.config import make_settings, settings_of, with_captions
from rnntui.core.training import trainer as training
from rnntui.core.training.trainer import Trainer, open_trainer
from rnntui.runs import Run, folder, making, next_commands
from rnntui.schemas import Origin
from rnntui.sessions import training as working
from rnntui.sessions.contract import Answer, TrainingSample
from rnntui.sessions.soundness import is_lost
from rnntui.sessions.training import TrainingSession
from rnntui.specs import TASKS
from rnntui.text.sanitize import is_seen
from rnntui.tui.base import own_keys
from rnntui.tui.base.application import Application
from rnntui.tui.base.captured_output import CapturedOutput
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.window import SMOOTHINGS, ZOOMS
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.dialogs.ask import AskNumber
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.dialogs.help import Help
from rnntui.tui.training import form as forms
from rnntui.tui.training.app import RnntuiApp, open_screen
from rnntui.tui.training.form import NewRunForm
from rnntui.tui.training.form_row import FormRow
from rnntui.tui.training.generation import KEPT, Generation
from rnntui.tui.training.heading import Heading, PaneTab, tabs_of
from rnntui.tui.training.horizon import HorizonView
from rnntui.tui.training.messages import Messages
from rnntui.tui.training.panes import moved
from rnntui.tui.training.screen import Laboratory
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.training.text_commands import NO_TEXT
from rnntui.tui.training.text_panes import TextPanes
from rnntui.tui.training.what_next import keys_that_help
from rnntui.tui.writing_room.page_view import PageView
from rnntui.tui.writing_room.time_machine import TimeMachine

UNSAFE = "[bold]b[/] [/] \x1b[31mred \u202edorw\u202c \x07\x9b2J \t| 漢字 e\u0301 \u200bzero"


pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")


@pytest.fixture
def gently(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training by single steps, some hundred a second, so that most of the time is the screen's."""
    reports, tick = Trainer.__iter__, threading.Event()

    def slowly(trainer: Trainer) -> Iterator[training.Report]:
        for report in reports(trainer):
            yield report
            tick.wait(0.008)

    monkeypatch.setattr(Trainer, "__iter__", slowly)
    monkeypatch.setattr(training, "STRIDE_SECONDS", 0.0)


class Seen:
    """The app, its pilot, and what a test looks at."""

    def __init__(self, app: RnntuiApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot, self.laboratory = app, pilot, app.laboratory

    async def until(self, condition: Callable[[], object], what: object = "it") -> None:
        """Return as soon as the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come about\n{self.dump()}"
            await self.pilot.pause(0.01)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, line: str) -> None:
        """Paste a line into what has the focus."""
        self.app.focused.post_message(happening.Paste(line))
        await self.pilot.pause(0.01)

    async def shows(self, *words: str) -> None:
        """Wait until the screen shows all of these."""
        await self.until(lambda: all(word in self.dump() for word in words), words)

    def dump(self) -> str:
        """The screen as text."""
        return screen_text.dump(self.app.screen)

    @property
    def session(self) -> TrainingSession:
        return self.laboratory.sessions[0]

    @property
    def pane(self) -> TaskPane:
        return self.laboratory.query(TaskPane).first(TaskPane)

    @property
    def generation(self) -> Generation:
        return self.laboratory.query_one(Generation)

    @property
    def messages(self) -> Messages:
        return self.laboratory.query_one(Messages)

    def lines(self) -> list[str]:
        """What stands in the generation pane, scrolled out of sight or not."""
        return [line.plain for line in self.generation.lines]


@asynccontextmanager
async def laboratory(
    *runs: Run, size: tuple[int, int] = (80, 24), captured: CapturedOutput | None = None
) -> AsyncIterator[Seen]:
    """The app on these runs; its workers end with it."""
    app = RnntuiApp(runs, folder(), captured)
    try:
        async with app.run_test(size=size) as pilot:
            yield Seen(app, pilot)
    finally:
        for session in app.laboratory.every_session:
            session.stop()
            assert session.join(30)


async def go_back(seen: Seen) -> None:
    """Press `b` and say yes to what it costs."""
    await seen.press("b")
    await seen.until(lambda: isinstance(seen.app.screen, Choose))
    await seen.shows("y  go back", "Esc  stay")
    await seen.press("y")


def is_at_work(seen: Seen) -> bool:
    return all(session.status.run.step > 0 for session in seen.laboratory.sessions)


async def test_a_finished_run_that_was_to_be_resumed_with_others_is_named_on_the_screen() -> None:
    finished = new_run(palindrome(), "done")
    finished.unlock()
    run = new_run(palindrome(steps=100_000), "mine")
    app = RnntuiApp([run], folder())
    app.laboratory.said_first = [next_commands.why_not_shown(finished)]
    async with app.run_test(size=(120, 36)) as pilot:
        seen = Seen(app, pilot)
        await seen.shows("1 message (w)")
        sentence = "done is finished and not opened: `rnntui compare done` shows its curves"
        assert screen_text.notices(app) == [sentence]
        await seen.press("w")
        await seen.shows(sentence)
    for session in app.laboratory.every_session:
        session.stop()
        assert session.join(30)


async def test_the_heading_adds_up_the_speeds_of_like_networks_alone() -> None:
    for hidden, is_added in ((8, True), (4, False)):
        sizes = enumerate((8, hidden))
        runs = [new_run(palindrome(steps=100_000, hidden=units), f"{hidden}-{k}") for k, units in sizes]
        async with laboratory(*runs, size=(120, 36)) as seen:
            await seen.until(lambda: is_at_work(seen))
            await seen.shows("2 runs")
            await seen.shows("/s ─")
            if is_added:
                await seen.shows("steps/s")
            else:
                await seen.pilot.pause(1.5)
                assert "steps/s" not in seen.dump()


# Keys of the main screen


@pytest.mark.usefixtures("gently")
async def test_space_pauses_every_run_and_goes_on(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus))) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press("space")
        await seen.until(lambda: all(s.status.run.state == "paused" for s in seen.laboratory.sessions))
        await seen.shows("· paused")
        steps = [session.status.run.step for session in seen.laboratory.sessions]
        await seen.press("space")
        await seen.until(
            lambda: all(s.status.run.step > step for s, step in zip(seen.laboratory.sessions, steps, strict=True))
        )
        await seen.press("space", "space")
        await seen.until(lambda: events(seen.session.run) == ["pause", "go_on"] * 2)


async def test_space_pressed_again_before_the_run_has_paused_lets_it_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    reports, goes = Trainer.__iter__, threading.Event()
    goes.set()

    def held(trainer: Trainer) -> Iterator[training.Report]:
        for report in reports(trainer):
            assert goes.wait(PATIENCE)
            yield report

    monkeypatch.setattr(Trainer, "__iter__", held)
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        goes.clear()
        try:
            await seen.press("space")
            await seen.shows("space go on")  # the next one does that, though it has not paused yet
            await seen.press("space")
        finally:
            goes.set()
        await seen.until(lambda: events(seen.session.run) == ["pause", "go_on"])


@pytest.mark.parametrize(("loss", "is_red"), [(1e9, True), (0.5, False)])
async def test_a_run_that_ends_worse_than_guessing_has_the_frame_of_what_went_wrong(loss: float, is_red: bool) -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press("space")
        await seen.until(lambda: seen.session.status.run.state == "paused")
        status = seen.session.status
        ended = replace(status.run, state="finished", loss=loss, guess=2.3)
        seen.session.status = replace(status, run=ended, sentence="finished")
        await seen.until(lambda: seen.pane.has_class("finished"))
        assert seen.pane.has_class("wrong") is is_red


async def test_a_run_that_comes_to_its_end_on_the_screen_far_above_guessing_has_that_frame_too() -> None:
    wild = palindrome(optimizer="sgd", lr=1e30, clip=1e30, init="normal", steps=30)
    async with laboratory(new_run(wild)) as seen:
        await seen.until(lambda: seen.pane.has_class("finished"))
        assert seen.session.status.run.guess == pytest.approx(math.log(10))
        assert seen.pane.has_class("wrong")


async def test_the_charts_of_a_pane_end_at_one_step_however_fast_it_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[Plot, object]] = []
    draw = Plot._draw_chart

    def followed_by_steps(plot: Plot, size: Size) -> None:
        draw(plot, size)
        if plot.picture is not None:
            drawn.append((plot, plot.picture.steps))
        for column in (seen.session.curves.loss, seen.session.curves.accuracy):
            column.append(int(column.newest_step) + 100, 0.5)

    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press("space")
        await seen.shows("· paused")
        charts, newest = (seen.pane.loss, seen.pane.accuracy), seen.session.curves.accuracy.newest_step
        await seen.until(lambda: all(plot.picture and plot.picture.curves[0].step[-1] == newest for plot in charts))
        await seen.until(lambda: all(plot._look.until == newest for plot in charts))
        monkeypatch.setattr(Plot, "_draw_chart", followed_by_steps)
        for column in (seen.session.curves.loss, seen.session.curves.accuracy):
            column.append(int(column.newest_step) + 100, 0.5)
        await seen.until(lambda: len(drawn) >= 8)
        after = {loss: of_accuracy for (plot, loss), (_, of_accuracy) in pairwise(drawn) if plot is seen.pane.loss}
        assert len(after) >= 3
        assert all(loss == of_accuracy for loss, of_accuracy in after.items())


@pytest.mark.usefixtures("gently")
async def test_space_pauses_what_trains_beside_a_run_that_has_finished() -> None:
    async with laboratory(new_run(palindrome(steps=2), "short"), new_run(palindrome(), "long")) as seen:
        short, long = seen.laboratory.sessions
        await seen.until(lambda: short.status.run.state == "finished" and long.status.run.step > 0)
        await seen.press("space")
        await seen.until(lambda: long.status.run.state == "paused")
        await seen.press("space")
        await seen.until(lambda: long.status.run.state == "running")
        assert (events(long.run), events(short.run)) == (["pause", "go_on"], [])


@pytest.mark.usefixtures("gently")
async def test_s_writes_a_checkpoint_of_each_run(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus))) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press("s")
        await seen.until(lambda: all(s.status.saved_step for s in seen.laboratory.sessions))
        for session in seen.laboratory.sessions:
            assert session.run.steps_saved(whole=True) == [0, session.status.saved_step]


@pytest.mark.usefixtures("gently")
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_is_written_says_whose_it_is_where_several_runs_write(corpus: Path, size: tuple[int, int]) -> None:
    async with laboratory(new_run(text(corpus)), new_run(text(corpus)), new_run(palindrome()), size=size) as seen:
        first, second = (session.run.name for session in seen.laboratory.sessions[:2])
        for key, name in (("1", first), ("2", second), ("1", first)):
            await seen.press(key)
            await seen.shows(f"─ {name} · answers at temperature 0.5")
            if size[0] == 120:
                await seen.shows(f"how {name} writes")


@pytest.mark.usefixtures("gently")
async def test_t_plus_and_minus_change_the_temperature_shown_and_used(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus))) as seen:
        await seen.shows("generation · answers at temperature 0.5")
        for key, temperature in (("t", "1"), ("t", "2"), ("t", "0"), ("minus", "0"), ("plus", "0.1"), ("=", "0.2")):
            await seen.press(key)
            await seen.shows(f"generation · answers at temperature {temperature} ")
        await seen.until(lambda: events(seen.session.run) == ["temperature"] * 6)
        assert seen.session.marks == []  # a temperature changes nothing that the charts show
        seen.session.temperature = 9.85
        await seen.press("+", "+")
        await seen.shows("generation · answers at temperature 9.9")


@pytest.mark.usefixtures("gently")
@pytest.mark.parametrize(("key", "event", "shown"), [("l", "learning_rate", "0.001"), ("C", "clip", "10")])
async def test_l_and_c_ask_for_a_number_and_take_it(key: str, event: str, shown: str) -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press(key)
        await seen.until(lambda: isinstance(seen.app.screen, AskNumber))
        await seen.shows(f"{event.replace('_', ' ')} of {seen.session.run.name}")
        line = seen.app.screen.query_one(Input)
        assert line.value == shown
        zero, least = (("0", "1e-999"), "above 0") if key == "l" else ((), "of at least 0")
        for nonsense in ("", "-1", "1e", "1e999", *zero):
            line.value = nonsense
            await seen.press("enter")
            await seen.shows(f"it must be a number {least}")
        line.value = ""
        await seen.press(*"a0.q25", "enter")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
        await seen.until(lambda: getattr(seen.session.status, event) == 0.25)
        assert events(seen.session.run) == [event]
        await seen.press(key, "9", "escape")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
        await seen.press("s")
        await seen.until(lambda: "save" in events(seen.session.run))
        assert events(seen.session.run) == [event, "save"]


@pytest.mark.usefixtures("gently")
@pytest.mark.parametrize("key", ["l", "C"])
async def test_enter_with_the_number_unchanged_changes_and_records_nothing(key: str) -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press(key)
        await seen.until(lambda: isinstance(seen.app.screen, AskNumber))
        await seen.press("enter")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
        await seen.press("s")  # what is asked later is done later
        await seen.until(lambda: events(seen.session.run))
        assert events(seen.session.run) == ["save"]
        assert seen.session.marks == []


@pytest.mark.usefixtures("gently")
async def test_only_a_rate_a_clip_and_going_back_are_marked_in_the_charts(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus, save_every=1))) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press("space", "s", "t", "+", "space")
        for key in ("l", "C"):
            await seen.press(key)
            await seen.until(lambda: isinstance(seen.app.screen, AskNumber))
            seen.app.screen.query_one(Input).value = "0.5"
            await seen.press("enter")
            await seen.until(lambda: seen.app.screen is not seen.laboratory or len(events(seen.session.run)) > 5)
            if isinstance(seen.app.screen, Choose):
                await seen.press("y")
        await seen.until(lambda: {"learning_rate", "clip"} <= set(events(seen.session.run)))
        seen.session.go_back()
        await seen.until(lambda: "go_back" in events(seen.session.run) and seen.session.status.run.state == "paused")
        assert {"pause", "save", "temperature", "go_on"} <= set(events(seen.session.run))
        await seen.until(lambda: [mark.label for mark in seen.session.marks][-1].startswith("back from "))
        assert {mark.label.split()[0] for mark in seen.session.marks} <= {"lr", "clip", "back"}
        for plot in (seen.pane.loss, seen.pane.accuracy):
            await seen.until(lambda plot=plot: plot.marks == tuple(seen.session.marks))


@pytest.mark.usefixtures("gently")
async def test_a_clip_of_0_switches_clipping_off() -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press("C")
        await seen.until(lambda: isinstance(seen.app.screen, AskNumber))
        await seen.shows("(0 turns clipping off)")
        seen.app.screen.query_one(Input).value = "0"
        await seen.press("enter")
        await seen.until(lambda: seen.session.status.clip == 0.0)
        assert events(seen.session.run) == ["clip"]


async def test_a_rate_asked_for_while_it_loads_starts_from_an_empty_line(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, open_trainer = threading.Event(), training.open_trainer
    monkeypatch.setattr(training, "open_trainer", lambda run: loaded.wait(30) and open_trainer(run))
    async with laboratory(new_run(palindrome())) as seen:
        await seen.press("l")
        await seen.until(lambda: isinstance(seen.app.screen, AskNumber))
        assert seen.app.screen.query_one(Input).value == ""
        await seen.press(*"0.5", "enter")
        loaded.set()
        await seen.until(lambda: seen.session.status.learning_rate == 0.5)


@pytest.mark.usefixtures("gently")
async def test_a_slash_leads_to_the_seed_line_enter_sends_it_and_escape_leaves(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus))) as seen:
        line = seen.laboratory.query_one("#seed", Input)
        await seen.press("slash", *"squiz t/")
        assert seen.app.focused is line
        assert line.value == "squiz t/"  # keys are letters here, no commands
        assert not isinstance(seen.app.screen, Help)
        await seen.press("enter")
        assert line.value == ""
        await seen.until(lambda: seen.session.answers)
        assert (seen.session.answers[0].prompt, seen.session.answers[0].temperature) == ("squiz t/", 0.5)
        await seen.until(lambda: seen.session.answers[0].text)
        answer = seen.session.answers[0]
        await seen.until(lambda: f"{answer.step:,}  answer at 0.5    squiz t/" in "\n".join(seen.lines()))
        await seen.press("enter")  # nothing typed, nothing asked
        await seen.press("escape")
        assert seen.app.focused is seen.pane
        assert events(seen.session.run) == []
        assert len(seen.session.answers) == 1


@pytest.mark.usefixtures("gently")
async def test_a_sentence_typed_faster_than_the_screen_keeps_up_is_no_row_of_commands(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus))) as seen:
        for character in "/no quizzes, small talk":
            seen.app.post_message(
                happening.Key({"/": "slash", " ": "space", ",": "comma"}.get(character, character), character)
            )
        line = seen.laboratory.query_one("#seed", Input)
        await seen.until(lambda: line.value == "no quizzes, small talk")
        assert seen.app.screen is seen.laboratory
        assert seen.pane.loss.zoom == ZOOMS[0]
        assert seen.app.is_running


@pytest.mark.usefixtures("gently")
async def test_a_run_without_text_has_no_seed_line() -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.shows("loss, nats")
        await seen.press("slash", "t", "+", "W")
        assert set(screen_text.notices(seen.app)) == {own_keys.said(NO_TEXT)}
        assert seen.app.focused is seen.pane
        assert seen.app.screen is seen.laboratory
        assert "generation" not in seen.dump()
        assert "prompt" not in seen.dump()
        footer = seen.dump().split("\n")[-1]
        assert not {"write", "prompt", "temperature"} & set(footer.split())
        await seen.press("s")
        await seen.until(lambda: events(seen.session.run))
        assert events(seen.session.run) == ["save"]


@pytest.mark.usefixtures("gently")
async def test_zoom_scale_and_smoothing_change_every_chart(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus))) as seen:
        plots = list(seen.laboratory.query(".loss, .accuracy").results(Plot))
        assert len(plots) == 4
        for zoom in (*ZOOMS[1:], ZOOMS[0]):
            await seen.press("z")
            assert {plot.zoom for plot in plots} == {zoom}
        smoothing = plots[0].smoothing
        await seen.press("left_square_bracket")
        assert {plot.smoothing for plot in plots} == {SMOOTHINGS[SMOOTHINGS.index(smoothing) - 1]}
        await seen.press(*["right_square_bracket"] * 10)
        assert {plot.smoothing for plot in plots} == {SMOOTHINGS[-1]}
        await seen.press(*["left_square_bracket"] * 10)
        assert {plot.smoothing for plot in plots} == {SMOOTHINGS[0]}
        for is_log in (True, False):
            await seen.press("L")
            panes = seen.laboratory.query(TaskPane)
            assert {(pane.loss.log_scale, pane.accuracy.log_scale) for pane in panes} == {(is_log, False)}


@pytest.mark.usefixtures("gently")
@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_g_shows_how_far_back_the_gradient_reaches_and_hides_it_again(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(working, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(working, "LOOK_SHARE", 1e9)  # however long the first look took
    forgetful = palindrome(length=12, init="uniform")  # its gradient falls below 1 % from the first step on
    async with laboratory(new_run(forgetful), new_run(text(corpus)), size=size) as seen:
        await seen.press("g")
        await seen.shows("horizon · memory ", " of 11", "1 % ", "bits per character")
        horizon, (session, other) = seen.pane.query_one(HorizonView).plot, seen.laboratory.sessions
        assert seen.dump().count("accuracy  ") == (2 if size[1] > 24 else 1)
        assert horizon.size.height >= 4
        assert [series.column.bins.length for series in horizon.series] == [12]
        assert other.horizon is None
        first = session.horizon.step
        await seen.until(lambda: session.horizon.step > first)
        horizon.focus()
        await seen.press("right")
        await seen.shows("lag 11")
        await seen.press("g")
        await seen.until(lambda: "horizon" not in seen.dump())
        await seen.until(lambda: session.horizon is None)


@pytest.mark.usefixtures("gently")
async def test_m_enlarges_the_selected_pane_and_escape_brings_the_others_back(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus))) as seen:
        first, second = seen.laboratory.query(TaskPane)
        second.focus()
        await seen.until(lambda: second.has_class("selected"))
        width = second.size.width
        await seen.press("m")
        await seen.until(lambda: seen.laboratory.maximized is second)
        await seen.until(lambda: second.size.width > 1.5 * width)
        await seen.until(lambda: "loss, nats" not in seen.dump())
        await seen.press("1")
        await seen.until(lambda: seen.laboratory.maximized is first)
        await seen.shows("loss, nats")
        await seen.press("2")
        await seen.shows("bits per character")
        await seen.until(lambda: "loss, nats" not in seen.dump())
        await seen.press("escape")
        await seen.shows("loss, nats", "bits per character")
        await seen.press("m", "m")
        await seen.until(lambda: seen.laboratory.maximized is None)
        assert seen.laboratory.selected() is second
        first.loss.focus()
        await seen.until(lambda: seen.laboratory.selected() is first)


async def test_the_other_pane_comes_back_where_the_layout_was_asked_for_too_early(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus))) as seen:
        first, second = seen.laboratory.query(TaskPane)
        await seen.press("2", "m")
        await seen.until(lambda: seen.laboratory.maximized is second)
        await seen.press("1", "2")  # while none has a place on the grid
        await seen.until(lambda: seen.laboratory.maximized is second and not seen.laboratory.panes.size)
        await seen.until(lambda: not seen.laboratory._layout_widgets)  # or scrolling lays out all, not what is seen
        seen.laboratory._refresh_layout(scroll=True)  # what scrolling does
        seen.laboratory.minimize()
        assert seen.laboratory.panes.size  # works out a layout in which all are shown already
        await seen.until(lambda: first.display and second.display)


async def test_the_arrows_of_a_pane_read_its_loss_chart() -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: seen.session.status.run.step > 20)
        await seen.press("space")
        await seen.shows("· paused")
        loss, newest = seen.pane.loss, seen.session.curves.loss.newest_step
        await seen.until(lambda: loss.picture and loss.picture.curves[0].step[-1] == newest)
        await seen.until(lambda: (loss._data(), loss._settings()) == loss._drawn)  # nothing is drawn any more
        for key, end in (("home", 0), ("end", -1), ("left", -1)):
            seen.pane.focus()
            await seen.until(lambda: seen.laboratory.focused is seen.pane)
            seen.pane.loss.cursor = None
            await seen.press(key)
            await seen.until(lambda: seen.pane.loss.cursor is not None)
            assert seen.laboratory.focused is seen.pane.loss
            assert seen.pane.loss.picture is not None
            assert seen.pane.loss.cursor == seen.pane.loss._ends(seen.pane.loss.picture)[end]


async def test_a_prompt_typed_over_an_enlarged_pane_leaves_that_run_the_selected_one(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus)), size=(120, 36)) as seen:
        first, second = seen.laboratory.query(TaskPane)
        await seen.press("1", "m")
        await seen.until(lambda: seen.laboratory.maximized is first)
        await seen.press("slash")
        await seen.until(lambda: seen.laboratory.maximized is None and second.display)
        await seen.pilot.pause()
        assert seen.laboratory.selected() is first


@pytest.mark.usefixtures("gently")
async def test_b_goes_back_to_the_checkpoint_with_its_curves_samples_and_answers(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus, sample_every=10, save_every=20))) as seen:
        await seen.until(lambda: (seen.session.status.saved_step or 0) >= 20)
        await seen.press("space")
        await seen.until(lambda: seen.session.status.run.state == "paused")
        saved = seen.session.status.saved_step
        seen.session.ask("green", 0.0)
        await seen.until(lambda: any("green" in line for line in seen.lines()))
        for step in (saved + 10, saved + 20):  # samples of a course that will be left
            seen.session.samples = (*seen.session.samples, TrainingSample(step, "left behind", 0.0))
            await seen.until(lambda step=step: any(line.startswith(f"{step:>7,}") for line in seen.lines()))
        await go_back(seen)
        await seen.until(lambda: seen.session.status.sentence.startswith(f"back at step {saved}"))
        await seen.until(lambda: not any("left behind" in line for line in seen.lines()))
        assert any("green" in line for line in seen.lines())
        await seen.press("space")
        await seen.until(lambda: any(line.startswith(f"{saved + 10:>7,}  ") for line in seen.lines()))
        assert [line[:9] for line in seen.lines()].count(f"{saved:>7,}  ") >= 1
        assert seen.pane.loss.series[0].column is seen.session.curves.loss


@pytest.mark.usefixtures("gently")
async def test_b_offers_the_checkpoint_before_a_change_that_destroyed_the_network_first() -> None:
    async with laboratory(new_run(palindrome(save_every=10**8, clip=0.0)), size=(60, 20)) as seen:
        session = seen.session
        await seen.until(lambda: session.status.run.step > 110)
        session.save()
        await seen.until(lambda: session.status.saved_step)
        good = session.status.saved_step
        session.change("learning_rate", 1e6)
        await seen.until(lambda: is_lost(session))
        session.save()
        await seen.until(lambda: session.status.saved_step != good)
        newest = session.status.saved_step
        assert newest
        await seen.until(lambda: session.status.run.step > newest)  # or there is nothing to go back from to the newest
        session.pause(True)
        await seen.until(lambda: session.status.run.state == "paused")
        await seen.press("b")
        await seen.until(lambda: isinstance(seen.app.screen, Choose))
        await seen.shows(
            f"y  go back to step {good:,}, before lr 0.001 → 1e+06", f"2  go back to step {newest:,}, newest"
        )
        await seen.shows("Esc  stay")
        await seen.press("y")
        await seen.until(lambda: session.status.sentence.startswith(f"back at step {good}"))


async def test_b_on_a_finished_run_says_that_there_is_nothing_to_go_on_with() -> None:
    async with laboratory(new_run(palindrome(steps=5))) as seen:
        await seen.until(lambda: seen.session.status.run.state == "finished")
        await seen.press("b")
        await seen.until(lambda: screen_text.notices(seen.app))
        (note,) = screen_text.notices(seen.app)
        assert note.endswith("is finished: there is nothing to continue")


@pytest.mark.usefixtures("gently")
async def test_w_shows_the_messages_and_the_heading_counts_those_unread() -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        assert not seen.messages.display
        seen.messages.say("mind the gap")
        assert seen.messages.unread == 1
        await seen.shows("1 message (w)")
        await seen.press("w")
        await seen.shows("mind the gap")
        assert seen.messages.unread == 0
        await seen.press("w")
        assert not seen.messages.display


async def test_question_mark_explains_the_screen_and_its_keys_and_goes_again() -> None:
    async with laboratory(new_run(palindrome())) as seen:
        for key in ("escape", "question_mark"):
            await seen.press("question_mark")
            await seen.until(lambda: isinstance(seen.app.screen, Help))
            await seen.shows("space  pause", "z      zoom", "type to find a key", "Esc: back")
            assert "pane 1" not in seen.dump(), "there is no other one"
            await seen.press(key)
            await seen.until(lambda: seen.app.screen is seen.laboratory)


async def test_help_finds_a_key_by_words_and_enter_or_a_click_runs_it() -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.press("question_mark")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        await seen.press(*"enlarge")
        await seen.shows("Enlarge the selected pane")
        assert "zoom" not in seen.dump()
        await seen.press("enter")
        await seen.until(lambda: seen.laboratory.maximized is not None)
        await seen.press("question_mark")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        await seen.shows("0      every pane")
        row = next(k for k, line in enumerate(screen_text.rows(seen.app.screen)) if "0      every pane" in line)
        await seen.pilot.click(offset=(screen_text.rows(seen.app.screen)[row].index("every pane"), row))
        await seen.until(lambda: seen.laboratory.maximized is None)


async def test_arrows_select_a_key_and_words_that_fit_none_are_said() -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.press("question_mark")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        await seen.press("down", "down")
        await seen.shows("Change the learning rate")
        await seen.press("right")
        await seen.shows("Zoom out again")
        await seen.press(*"juggle")
        await seen.shows("no key does that here")
        await seen.press("enter")
        assert isinstance(seen.app.screen, Help)


async def test_i_explains_the_selected_run_and_what_is_seen(corpus: Path) -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: seen.session.status.memory > 50 << 20)
        await seen.press("i")
        await seen.until(lambda: isinstance(seen.app.screen, Explanation))
        explained = seen.app.screen.query_one(Markdown).source
        assert explained.startswith(f"# `{seen.session.run.name}`")
        assert " · **length 3** · " in explained
        assert "# What you see" in explained
        assert re.search(r"its process holds [\d.]+ [MG]iB", explained)
        assert "Gradient horizon" not in explained
        await seen.press("question_mark")
        await seen.until(lambda: isinstance(seen.app.screen, Help))
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
        await seen.press("i", "i")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
        await seen.press("g")
        await seen.until(lambda: seen.pane.views.shown is not None)
        await seen.press("i")
        await seen.until(lambda: isinstance(seen.app.screen, Explanation))
        assert "# Gradient horizon\n\nThis shows why a network forgets" in seen.app.screen.query_one(Markdown).source


@pytest.mark.usefixtures("gently")
@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_the_keys_that_leave_save_first(key: str) -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press(key)
        await seen.until(lambda: not seen.app.is_running)
        assert seen.app.return_value == 0
    assert seen.session.status.run.state == "stopped"
    assert seen.session.run.steps_saved(whole=True)[-1] == seen.session.status.run.step > 0


@pytest.mark.usefixtures("gently")
async def test_ctrl_q_leaves_from_a_dialog_and_from_the_seed_line(corpus: Path) -> None:
    for key in ("l", "slash"):
        async with laboratory(new_run(text(corpus))) as seen:
            await seen.press(key, "ctrl+q")
            await seen.until(lambda: not seen.app.is_running)
            assert seen.app.return_value == 0


@pytest.mark.usefixtures("gently")
async def test_ctrl_c_copies_what_is_selected_and_stays(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus, sample_every=0))) as seen:
        await seen.until(lambda: is_at_work(seen))
        seen.session.samples = (TrainingSample(7, "copy [me] 漢字", 0.0),)
        await seen.until(lambda: seen.lines() == ["      7  temperature 0    copy [me] 漢字"])
        seen.laboratory.selections = {seen.generation: Selection(Offset(26, 0), Offset(37, 0))}
        await seen.press("ctrl+c")
        await seen.until(lambda: seen.app.clipboard)
        assert seen.app.clipboard == "copy [me] 漢"
        assert seen.app.is_running
        seen.laboratory.clear_selection()
        await seen.press("ctrl+c")
        await seen.until(lambda: not seen.app.is_running)


@pytest.mark.usefixtures("gently")
async def test_the_mouse_selects_text_of_the_network(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus, sample_every=0))) as seen:
        await seen.until(lambda: is_at_work(seen))
        seen.session.samples = (TrainingSample(7, "first", 0.0), TrainingSample(8, "second", 0.0))
        await seen.until(lambda: "second" in "".join(seen.lines()))
        await seen.pilot.mouse_down(Generation, offset=(27, 1))
        await seen.pilot.hover(Generation, offset=(32, 2))
        await seen.pilot.mouse_up(Generation, offset=(32, 2))
        await seen.until(lambda: seen.laboratory.get_selected_text())
        assert seen.laboratory.get_selected_text().startswith("first\n      8  temperature 0    sec")


# Bindings


SCREENS = (Laboratory, AskNumber, Choose, NewRunForm, Help, Plot, Application)


def test_every_binding_has_an_id_of_its_own_a_label_and_a_tooltip() -> None:
    bindings = [binding for owner in SCREENS for binding in owner.BINDINGS if isinstance(binding, Binding)]
    assert len(bindings) == sum(len(owner.BINDINGS) for owner in SCREENS)
    for binding in bindings:
        assert binding.id, binding
        assert binding.description, binding
        assert binding.tooltip, binding
    # Pause and go on are one key by turns, and one action to whoever gives it another.
    assert len({binding.id for binding in bindings}) == len(bindings) - 1
    assert len({(binding.id, binding.action) for binding in bindings}) == len(bindings)


@pytest.mark.usefixtures("gently")
async def test_the_command_palette_has_every_binding_and_runs_it(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus))) as seen:
        commands = list(seen.app.get_system_commands(seen.laboratory))
        inactive = {"laboratory.all-panes", "laboratory.bring-back", "laboratory.every-pane", "laboratory.no-text"}
        idle = {
            "go_on",
            "resume_lost",
            *(f"choose({number})" for number in range(9)),
            *(f"view({name!r})" for name in ("layer", "shade", "state", "order", "feature", "exact")),
        }  # there is one run, it goes, and no view of it is open
        assert not [command for command in commands if command.title.startswith("pane 2")]
        for binding in (
            *(binding for binding in Laboratory.BINDINGS if binding.id not in inactive and binding.action not in idle),
            Application.BINDINGS[2],
        ):
            title = f"{binding.description} ("
            found = [
                command
                for command in commands
                if (command.help, command.title.startswith(title)) == (binding.tooltip, True)
            ]
            assert len(found) == 1, binding
        assert len([command for command in commands if command.title.startswith("quit")]) == 1
        smoother = next(command for command in commands if command.title.startswith("smoother"))
        assert smoother.title == "smoother (])"
        before = seen.pane.loss.smoothing
        smoother.callback()
        await seen.until(lambda: seen.pane.loss.smoothing > before)
        await seen.press("ctrl+p", *"enlarge")
        await seen.shows("Enlarge the selected pane")
        await seen.press("enter")
        await seen.until(lambda: seen.laboratory.maximized is seen.pane)


# The first frame


FIRST_FRAME = """
import asyncio, builtins, sys, threading
from pathlib import Path
sys.path.append(sys.argv[3])
import screen_text

class Held:
    "Torch's import waits until the test lets it go; other imports do not wait for it."
    may_go, asked, imported = threading.Event(), threading.Event(), builtins.__import__
    def __call__(self, name, *rest, **what):
        if name.partition(".")[0] == "torch" and not self.may_go.is_set():
            self.asked.set()
            assert self.may_go.wait(60)
        return type(self).imported(name, *rest, **what)

held = Held()
builtins.__import__ = held
from rnntui.config import make_settings
from rnntui.runs import Run
from rnntui.tui.training.app import RnntuiApp, open_screen
from rnntui.tui.base.application import Application
from rnntui.sessions.training import TrainingSession

painted = []
start = TrainingSession.start
def first(session):
    painted.append(screen_text.dump(app.screen))
    assert not held.asked.is_set() and not {"torch", "numpy"} & set(sys.modules)
    start(session)
TrainingSession.start = first

async def main():
    global app
    tiny = {"hidden": 8, "length": 3, "batch": 4, "threads": 1, "device": "cpu", "corpus": sys.argv[2]}
    run = Run.create(Path(sys.argv[1]), "first", make_settings("text", tiny))
    app = RnntuiApp([run], Path(sys.argv[1]))
    session = app.laboratory.sessions[0]
    async with app.run_test(size=(100, 30)) as pilot:
        while not held.asked.is_set():
            await pilot.pause(0.01)
        pane = app.laboratory.query("TaskPane").first()
        await pilot.press("z", "t", "slash", *"green", "enter", "escape", "space")
        assert pane.loss.zoom == 0.5
        assert session.temperature == 1.0
        await pilot.press("q")
        while app.is_running:
            await pilot.pause(0.01)
    assert "torch" not in sys.modules
    assert not session.join(0)
    held.may_go.set()
    assert session.join(60)
    assert session.status.run.state == "stopped" and session.status.saved_step == 0, session.status

asyncio.run(main())
print(painted[0])
"""


def test_the_first_frame_comes_before_torch_and_keys_are_taken_while_it_loads(corpus: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", FIRST_FRAME, str(tmp_path / "runs"), str(corpus), str(Path(__file__).parent)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env={**os.environ, "COLUMNS": "100"})
    assert done.returncode == 0, done.stderr[-3_000:]
    for word in (
        "rnntui",
        "loading PyTorch",
        "bits per character",
        "accuracy",
        "generation",
        "type a prompt",
    ):
        assert word in done.stdout


# Sizes and colours


@pytest.mark.usefixtures("gently")
@pytest.mark.parametrize("size", [(80, 24), (160, 45), (200, 60)])
async def test_everything_is_there_at_any_size_that_will_do(corpus: Path, size: tuple[int, int]) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus, sample_every=5)), size=size) as seen:
        await seen.until(lambda: seen.session.status.run.step > 5)
        await seen.shows("rnntui · 2 runs", "loss, nats", "bits ", "accuracy", "answers at temperature 0.5")
        await seen.shows("type a prompt", "pause", "quit", "/100", "lr 0.00")
        await seen.until(lambda: sum(0x2800 < ord(character) < 0x2900 for character in seen.dump()) > 20, "a curve")
        rows = seen.dump().split("\n")
        assert len(rows) == size[1]
        assert {cell_len(row) for row in rows} == {size[0]}
        assert seen.laboratory.query_one(Footer).region.bottom == size[1]


@pytest.mark.usefixtures("gently")
async def test_the_smallest_screen_still_has_curves_text_the_seed_line_and_the_way_out(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus, sample_every=5)), size=(60, 16)) as seen:
        await seen.shows("loss, nats", "accuracy", "type a prompt", "quit")
        await seen.shows(" 1 palin", " 2 text")
        await seen.until(lambda: sum(0x2800 < ord(character) < 0x2900 for character in seen.dump()) > 20, "a curve")
        await seen.press("2")
        await seen.shows("bits per character", "accuracy", "generation")
        assert "loss, nats" not in seen.dump()
        await seen.pilot.click(Heading, offset=(3, 0))
        await seen.shows("loss, nats")
        await seen.until(lambda: "generation" not in seen.dump(), "room for the curves of what writes nothing")
        assert " · cpu" in seen.dump().split("\n")[0]
        await seen.press("slash")
        await seen.shows("generation", "bits per character")


@pytest.mark.usefixtures("gently")
async def test_on_a_low_wide_screen_what_is_written_stays_beside_a_run_that_writes_nothing(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus)), size=(100, 18)) as seen:
        await seen.press("1", "slash")
        await seen.shows("loss, nats", "bits per character", "generation")
        assert seen.laboratory.selected() is seen.laboratory.query(TaskPane)[0]


@pytest.mark.parametrize("width", [20, 58, 78])
@pytest.mark.parametrize("count", [2, 5, 12])
def test_the_tabs_have_a_digit_and_as_much_of_each_name_as_there_is_room(width: int, count: int) -> None:
    panes = [PaneTab(f"palindrome-with-a-name-{k}", k < 2, k == 1) for k in range(count)]
    tabs = tabs_of(panes, width)
    assert len(tabs) == count
    assert [text.split()[0] for text, _ in tabs[:9]] == [str(k + 1) for k in range(min(count, 9))]
    assert [style for _, style in tabs[:3]] == ["bold", "reverse", "not bold $text-muted"][:count]
    assert sum(len(text) for text, _ in tabs) <= width or count * 4 > width
    if width == 78 and count == 5:
        assert all(text.strip().endswith(str(k)) for k, (text, _) in enumerate(tabs))


@pytest.mark.usefixtures("gently")
async def test_a_screen_too_small_says_so_and_comes_back_when_enlarged(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus)), size=(40, 10)) as seen:
        await seen.shows("40×10 is too small", "Training continues")
        assert "bits per character" not in seen.dump()
        await seen.until(lambda: is_at_work(seen))
        await seen.press("s")
        await seen.until(lambda: seen.session.status.saved_step)
        await seen.pilot.resize_terminal(100, 30)
        await seen.shows("bits per character", "type a prompt", "quit")
        assert "too small" not in seen.dump()
        await seen.pilot.resize_terminal(59, 30)
        await seen.shows("59×30 is too small")


@pytest.mark.usefixtures("gently")
async def test_without_colours_it_shows_the_same_words_in_shades_of_grey(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with laboratory(new_run(text(corpus))) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.shows("bits per character", "generation", "type a prompt", "quit")
        styles = [s.style for strip in screen_text.strips(seen.app.screen) for s in strip if s.style]
        colours = {colour.triplet for style in styles for colour in (style.color, style.bgcolor) if colour}
        assert len(colours) > 3
        assert all(colour is None or colour.red == colour.green == colour.blue for colour in colours)


# Any text is safe


def all_shown(seen: Seen) -> bool:
    return all(is_seen(character) or character == "\n" for character in seen.dump())


@pytest.mark.usefixtures("gently")
async def test_what_a_corpus_holds_a_network_writes_or_a_user_types_is_only_text(
    make_corpus: Callable[..., Path],
) -> None:
    corpus = make_corpus(("green bottles " * 60 + UNSAFE) * 20, "[bold]x\x1b[31m\u202e.txt")
    async with laboratory(new_run(text(corpus, sample_every=0)), size=(108, 40)) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.shows("text · [bold]x\\x1b[31m\\u202e ·")
        seen.session.samples = (TrainingSample(10, UNSAFE, 0.0),)
        await seen.shows("[bold]b[/] [/] \\x1b[31mred \\u202edorw\\u202c \\x07\\x9b2J", "漢字 e\u0301 \\u200bzero")
        await seen.press("slash")
        await seen.write(UNSAFE)
        await seen.shows("> [bold]b[/] [/] ·[31mred ·dorw· ·2J ·| 漢字 e\u0301 ·zero")
        assert all_shown(seen)
        await seen.press("enter")
        await seen.until(lambda: seen.session.answers)
        assert seen.session.answers[0].prompt == UNSAFE
        assert seen.session.answers[0].left_out == ""
        await seen.until(lambda: "\n".join(seen.lines()).count("\\x1b[31mred") == 2)
        seen.laboratory.query_one(Messages).say(UNSAFE)
        await seen.press("escape", "w")
        await seen.until(lambda: seen.dump().count("\\x1b[31mred") == 3)
        assert all_shown(seen)
        for width in (100, 61):
            await seen.pilot.resize_terminal(width, 30)
            await seen.until(lambda width=width: {cell_len(row) for row in seen.dump().split("\n")} == {width})
            await seen.shows("\\x1b[31mred \\u202edorw\\u202c")
            assert all_shown(seen)


@pytest.mark.usefixtures("gently", "short_form")
async def test_names_with_markup_and_control_characters_are_text_in_the_form_too(
    make_corpus: Callable[..., Path],
) -> None:
    corpus = make_corpus(name="[bold]x\x1b[31m\u202e.txt")
    async with laboratory(new_run(text(corpus)), size=(160, 50)) as seen:
        line = (await in_form(seen)).query_one("#corpus", Input)
        assert line.value == str(corpus)
        line.focus()
        await seen.until(lambda: seen.app.focused is line)
        await seen.press("end")
        await seen.shows("[bold]x·[31m·.txt")
        assert all_shown(seen)
        line.value = "./none [red]\x1b[31m"
        await seen.press("ctrl+s")
        await seen.shows("no corpus", "none [red]\\x1b[31m")
        assert all_shown(seen)


# What the network writes


def full_of_samples(seen: Seen, count: int) -> None:
    first = len(seen.session.samples) + 1
    new = [TrainingSample(k, f"sample {k}", 0.0) for k in range(first, count + 1)]
    seen.session.samples = (*seen.session.samples, *new)


@pytest.mark.usefixtures("gently")
async def test_the_pane_follows_the_newest_sample_but_stays_where_one_scrolled_back_to(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus, sample_every=0))) as seen:
        await seen.until(lambda: is_at_work(seen))
        full_of_samples(seen, 100)
        await seen.shows("sample 100")
        seen.generation.focus()
        await seen.press("up")
        await seen.until(lambda: seen.generation.scroll_offset.y == seen.generation.max_scroll_y - 1)
        top = seen.generation.scroll_offset.y
        full_of_samples(seen, 120)
        await seen.until(lambda: len(seen.lines()) == 120)
        assert seen.generation.scroll_offset.y == top
        assert "sample 120" not in seen.dump()
        await seen.press("end")
        await seen.shows("sample 120")
        full_of_samples(seen, 130)
        await seen.shows("sample 130")


@pytest.mark.usefixtures("gently")
@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
async def test_the_first_row_of_the_generation_says_of_which_step_it_is_wherever_in_a_sample_it_lies(
    corpus: Path, size: tuple[int, int]
) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus, sample_every=0)), size=size) as seen:
        session = seen.laboratory.sessions[1]
        await seen.until(lambda: session.status.run.step > 0)
        seen.laboratory.action_choose(1)
        session.samples = tuple(TrainingSample(step, "many words of one sample " * 12, 0.5) for step in (700, 1_800))
        await seen.until(lambda: seen.generation.scroll_offset.y > 0)
        lines = seen.lines()
        for top in range(seen.generation.scroll_offset.y, -1, -1):
            seen.generation.scroll_to(y=top, animate=False, immediate=True)
            step = "1,800" if any("1,800" in line for line in lines[: top + 1]) else "  700"
            first = seen.generation.render_line(0).text
            assert re.match(rf"  {step}  temp(erature)? 0.5 [ …]", first), first
            assert first.rstrip().endswith(lines[top].rstrip()[-10:]), "the words stay where they were"


@pytest.mark.usefixtures("gently")
async def test_what_one_reads_stays_in_place_when_the_oldest_samples_go(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus, sample_every=0))) as seen:
        await seen.until(lambda: is_at_work(seen))
        full_of_samples(seen, KEPT)
        await seen.shows(f"sample {KEPT}")
        seen.generation.scroll_to(y=100, animate=False)
        await seen.until(lambda: seen.generation.scroll_offset.y == 100)
        await seen.shows("sample 101 ")
        kept = tuple(seen.session.samples)
        for k in range(1, 8):
            kept = (*kept[1:], TrainingSample(KEPT + k, f"sample {KEPT + k}", 0.0))
            seen.session.samples = kept
            await seen.until(lambda k=k: seen.lines()[-1].startswith(f"{KEPT + k:>7,}"))
        assert len(seen.lines()) == KEPT
        assert seen.generation.scroll_offset.y == 93
        await seen.shows("sample 101 ")


@pytest.mark.usefixtures("gently")
async def test_an_answer_in_progress_stays_below_new_samples_and_is_followed_by_them_when_done(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus, sample_every=0))) as seen:
        await seen.until(lambda: is_at_work(seen))
        answer = Answer("Tell me", 0.5, 3, text=" more")
        seen.session.answers.append(answer)
        await seen.until(lambda: seen.lines() == ["      3  answer at 0.5    Tell me more▌"])
        full_of_samples(seen, 2)
        await seen.until(lambda: len(seen.lines()) == 3)
        assert seen.lines() == [
            "      1  temperature 0    sample 1",
            "      2  temperature 0    sample 2",
            "      3  answer at 0.5    Tell me more▌",
        ]
        answer.text += " and more"
        await seen.until(lambda: seen.lines()[-1] == "      3  answer at 0.5    Tell me more and more▌")
        answer.is_done = True
        await seen.until(lambda: seen.lines()[-1] == "      3  answer at 0.5    Tell me more and more")
        seen.session.samples = (*seen.session.samples, TrainingSample(9, "last", 0.0))
        await seen.until(lambda: seen.lines()[-1] == "      9  temperature 0    last")
        seen.session.answers.append(
            Answer("€", 0.5, 9, problem="none of its characters is in the corpus", is_done=True)
        )
        seen.session.answers.append(Answer("a€", 0.5, 9, left_out="€", text="b", is_done=True))
        await seen.until(
            lambda: (
                [line[26:] for line in seen.lines()[-2:]]
                == ["€  (none of its characters is in the corpus)", "a€b  (left out: €)"]
            )
        )


@pytest.mark.usefixtures("gently")
async def test_long_lines_are_wrapped_anew_when_the_width_changes(corpus: Path) -> None:
    words = " ".join(f"word{k}" for k in range(40))
    async with laboratory(new_run(text(corpus, sample_every=0)), size=(80, 40)) as seen:
        await seen.until(lambda: is_at_work(seen))
        seen.session.samples = (TrainingSample(5, words + "x" * 300, 0.0), TrainingSample(6, "end", 0.0))
        await seen.until(lambda: seen.lines()[-1:] == ["      6  temperature 0    end"])
        for width, label in ((100, 26), (70, 19)):
            await seen.pilot.resize_terminal(width, 40)
            await seen.until(lambda width=width: max(map(cell_len, seen.lines())) in range(width - 15, width - 1))
            assert (
                "".join(line[label:].replace(" ", "") for line in seen.lines()[:-1])
                == words.replace(" ", "") + "x" * 300
            )


# The form


@pytest.fixture
def short_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form with the settings that the tests type alone: with all of them it takes a while to come up."""
    few = {"cell", "hidden", "length", "batch", "lr", "init", "corpus", "device", "threads"}
    monkeypatch.setattr(
        forms, "settings_of", lambda task: [setting for setting in settings_of(task) if setting.name in few]
    )


async def in_form(seen: Seen) -> NewRunForm:
    await seen.press("n")
    await seen.until(lambda: isinstance(seen.app.screen, NewRunForm))
    form = seen.app.screen
    assert isinstance(form, NewRunForm)
    await seen.until(lambda: form.is_whole, "the form")
    return form


@pytest.mark.usefixtures("gently")
async def test_the_form_has_every_setting_of_each_task_as_the_run_has_it() -> None:
    async with laboratory(new_run(palindrome(lr=0.125, cell="gru"))) as seen:
        form = await in_form(seen)
        for task in TASKS:
            form.query_one("#task", Select).value = task
            fields = [setting.name for setting in settings_of(task)]
            await seen.until(lambda fields=fields: all(form.query(f"#{name}") for name in fields))
            shown_rows = [row for row in form.query(FormRow) if row.display]
            await seen.until(lambda rows=shown_rows: all(row.query_one(".name").size.height for row in rows))
            shown = [e.id for e in form.query("Input, Select, Switch") if e.id not in FOR_ALL]
            assert shown == fields
            expected = vars(seen.session.settings if task == "palindrome" else making.settings(task, {}))
            for name in fields:
                editor = form.query_one(f"#{name}")
                value = editor.value if isinstance(editor, Select | Switch | Input) else None
                wanted = "" if expected[name] is None else expected[name]  # what is not given
                assert str(value) == str(wanted), name
            assert {row.query_one(".name").size.height for row in form.query(FormRow) if row.display} == {1}
            assert [row.hint for row in shown_rows if not row.hint] == []
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
        assert len(seen.laboratory.sessions) == 1


@pytest.mark.usefixtures("gently")
async def test_the_form_shows_what_applies_marks_what_differs_and_sums_up() -> None:
    async with laboratory(new_run(palindrome(hidden=128)), size=(110, 44)) as seen:
        form = await in_form(seen)
        rows = {row.setting: row for row in form.query(FormRow)}
        await seen.until(lambda: not rows["period"].display and not rows["momentum"].display)
        await seen.until(lambda: seen.session.status.run.step > 0)  # the library is loaded by now
        form.query_one("#cell", Input).value = "phased"
        await seen.until(lambda: rows["period"].display)
        form.query_one("#optimizer", Select).value = "momentum"
        await seen.until(lambda: rows["momentum"].display)
        form.query_one("#momentum", Input).value = "0.9"
        form.query_one("#cell", Input).value = "lstm"
        form.query_one("#hidden", Input).value = "64"
        await seen.until(lambda: not rows["period"].display)
        await seen.shows("• hidden", " 19,850 parameters")
        form.query_one("#hidden", Input).value = "128"
        await seen.shows("  hidden", " 72,458 parameters", f"{seen.session.settings.steps:,} steps")
        assert {switch.render().plain for switch in form.query(Switch)} <= {"[x] on", "[ ] off"}
        await seen.press("escape")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)], ids=str)
async def test_the_help_of_the_field_that_has_the_focus_is_there_in_full(size: tuple[int, int]) -> None:
    async with laboratory(new_run(palindrome()), size=size) as seen:
        form = await in_form(seen)
        for name in ("from", "cell", "dropout_between", "optimizer", "lr", "threads", "kernel"):
            form.query_one(f"#{name}").focus()
            await seen.until(lambda name=name: form.query_one(f"#{name}").has_focus)
            said = with_captions(next(row.hint for row in form.query(FormRow) if row.setting == name))
            await seen.until(lambda said=said: " ".join(said.split()) in shown_in(seen, form.query_one("#hint")), said)
            assert "--" not in shown_in(seen, form.query_one("#hint"))
        await seen.press("escape")


def shown_in(seen: Seen, widget: Widget) -> str:
    """What is on the screen where a widget is, lines joined."""
    x, y, width, height = widget.content_region
    lines = seen.dump().split("\n")[y : y + height]
    return " ".join(" ".join(line[x : x + width] for line in lines).split())


async def test_what_does_not_apply_any_more_is_not_asked_of_the_run() -> None:
    async with laboratory(new_run(palindrome()), size=(110, 44)) as seen:
        form = await in_form(seen)
        form.query_one("#cell", Input).value = "phased"
        form.query_one("#period", Input).value = "2:9"
        form.query_one("#cell", Input).value = "lstm"
        form.query_one("#name", Input).value = "new"
        await seen.press("ctrl+s")
        await seen.until(lambda: isinstance(seen.app.screen, Choose))
        await seen.press("b")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
        assert [session.run.name for session in seen.laboratory.sessions][-1] == "new"
        assert seen.laboratory.sessions[-1].settings.cell == "lstm"


FOR_ALL = ("task", "preset", "name", "from")  # fields of the form that are no settings
WRONG = {  # settings as typed, and what is said of them
    "hidden must be a whole number, not 'many'": {"hidden": "many"},
    "length must be at least 1, not 0": {"length": "0"},
    "lr must be above 0, not -1.0": {"lr": "-1"},
    "lr must be a number, not nan": {"lr": "nan"},
    "init chrono sets a forget gate's bias": {"cell": "rnn", "init": "chrono"},
    "name '../x' cannot be a run's name": {"name": "../x"},
    "name 'taken' is taken": {"name": "taken"},
    "corpus 'short' has 6 characters": {"corpus": "short"},
    "no run 'nobody'": {"from": "nobody"},
    "from taken@7: run 'taken' has no checkpoint of step 7": {"from": "taken@7"},
    "no corpus '/no/such/place'": {"corpus": "/no/such/place"},
}


@pytest.mark.usefixtures("gently", "short_form")
async def test_a_wrong_value_is_said_and_starts_nothing(make_corpus: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    make_corpus("abcabc", "corpora/short.txt")
    async with laboratory(new_run(text(make_corpus()), "taken")) as seen:
        form = await in_form(seen)
        for sentence, given in WRONG.items():
            editors = {name: form.query_one(f"#{name}") for name in given}
            before = {name: editor.value for name, editor in editors.items()}
            for name, value in given.items():
                editors[name].value = value
            await seen.press("ctrl+s")
            if "name" in given:  # asked once all else is right
                await seen.until(lambda: isinstance(seen.app.screen, Choose))
                await seen.press("b")
            await seen.shows(sentence)
            for name, value in before.items():
                editors[name].value = value
        assert seen.app.screen is form
        assert [session.run.name for session in seen.laboratory.sessions] == ["taken"]
        assert [path.name for path in folder().iterdir()] == ["taken"]
        assert seen.session.is_going


@pytest.mark.usefixtures("gently")
async def test_a_new_run_takes_the_place_of_one_of_its_task_when_one_says_so(corpus: Path) -> None:
    async with laboratory(new_run(palindrome(), "old"), new_run(text(corpus), "book")) as seen:
        await seen.until(lambda: is_at_work(seen))
        old = seen.session
        await seen.press("m")
        form = await in_form(seen)
        form.query_one("#hidden", Input).value = "6"
        form.query_one("#name", Input).value = "new"
        form.query_one("#start").press()
        await seen.shows("Run old is training; it would be saved and stopped")
        await seen.press("r")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
        await seen.until(lambda: [p.session.run.name for p in seen.laboratory.query(TaskPane)] == ["new", "book"])
        new = seen.laboratory.query(TaskPane).first(TaskPane).session
        assert new.settings.hidden == 6
        assert seen.laboratory.maximized is None
        await seen.until(lambda: new.status.run.step > 0)
        await seen.until(lambda: old.join(0))
        assert old.status.run.state == "stopped"
        assert old.run.steps_saved(whole=True)[-1] == old.status.run.step > 0
        assert not old.run.is_held()
        assert new.run.is_held()
        assert {session.run.name for session in seen.laboratory.sessions} == {"new", "book"}
        await seen.shows("RNN" if new.settings.cell == "rnn" else "LSTM 6")
        await seen.press("space")
        await seen.until(lambda: new.status.run.state == "paused")


@pytest.mark.usefixtures("gently")
async def test_the_form_takes_the_network_over_from_a_run_to_begin_with(make_corpus: Callable[..., Path]) -> None:
    known, other = make_corpus(), make_corpus("new Ünicode, and more of it\n" * 30, "other.txt")
    given = {"cell": "gru", "hidden": 6, "layers": 2, "lower": True, "steps": 1}
    run = new_run(text(known, **given), "book")
    trainer = open_trainer(run)
    list(trainer)
    run.unlock()
    async with laboratory(new_run(text(other), "first")) as seen:
        form = await in_form(seen)
        form.query_one("#from", Input).focus()
        await seen.press(*"book")
        await seen.press("tab")
        await seen.until(lambda: form.query_one("#hidden", Input).value == "6")
        shown = {name: form.query_one(f"#{name}") for name in ("cell", "layers", "lower", "corpus")}
        assert [str(getattr(e, "value", None)) for e in shown.values()] == ["gru", "2", "True", str(other)]
        form.query_one("#hidden", Input).value = "7"
        await seen.press("ctrl+s")
        await seen.shows("hidden 7 contradicts run 'book', whose network has hidden 6")
        form.query_one("#hidden", Input).value = "6"
        await seen.press("ctrl+s")
        await seen.until(lambda: isinstance(seen.app.screen, Choose))
        await seen.press("b")
        await seen.until(lambda: len(seen.laboratory.query(TaskPane)) == 2)
        new = seen.laboratory.sessions[1]
        await seen.until(lambda: new.status.run.step > 0)
        assert new.run.config().origin == Origin(
            run="book",
            step=1,
            sha256=run.state(1).sha256["model.safetensors"],
            vocabulary="".join(sorted(set(known.read_text().lower()))),
        )
        assert any("begins with the weights of run 'book', step 1" in note for note in new.notes)


@pytest.mark.parametrize("begins", [False, True], ids=["anew", "with another run"])
async def test_settings_follow_the_size_of_another_corpus_but_for_what_was_typed_or_taken_over(
    make_corpus: Callable[..., Path], begins: bool
) -> None:
    large, small = (
        make_corpus("all work and no play; " * 6_000, "large.txt"),
        make_corpus("no play; " * 2_500, "small.txt"),
    )
    usual, other = (making.settings("text", {"corpus": str(corpus)}) for corpus in (large, small))
    assert usual.hidden != other.hidden
    assert usual.steps != other.steps
    known = new_run(text(large, hidden=usual.hidden, layers=usual.layers, steps=1), "known")
    list(open_trainer(known))
    known.unlock()
    async with laboratory(new_run(palindrome(), "one")) as seen:
        form = NewRunForm(usual, folder())
        await seen.app.push_screen(form)
        await seen.until(lambda: form.query("#corpus"))
        names = ("from", "corpus", "lr", "hidden", "steps")
        fields = {name: form.query_one(f"#{name}", Input) for name in names}
        fields["lr"].value = "0.125"
        fields["from"].focus()
        fields["from"].value = "known" if begins else ""
        fields["corpus"].focus()
        await seen.until(lambda: fields["corpus"].has_focus)
        fields["corpus"].value = str(small)
        fields["lr"].focus()
        await seen.until(lambda: fields["steps"].value == str(other.steps))
        assert fields["hidden"].value == str(usual.hidden if begins else other.hidden)
        assert fields["lr"].value == "0.125"
        await seen.press("escape")


async def test_a_preset_fills_the_fields_of_the_form_and_leaves_what_was_typed(
    make_corpus: Callable[..., Path],
) -> None:
    corpus = make_corpus("all work and " * 3_000)
    begun = make_settings("text", {"corpus": str(corpus), "seed": 7, "steps": 9}, "report")
    tiny, quick = (making.settings("text", {"corpus": str(corpus)}, preset) for preset in ("tiny", "quick"))
    assert tiny.steps != quick.steps
    async with laboratory(new_run(palindrome(), "one")) as seen:
        form = NewRunForm(begun, folder())
        await seen.app.push_screen(form)
        await seen.until(lambda: form.query("#corpus"))
        preset, corpus_field = form.query_one("#preset", Select), form.query_one("#corpus", Input)
        fields = {name: form.query_one(f"#{name}", Input) for name in ("steps", "layers", "lr", "seed", "corpus")}
        fields["lr"].value = "0.125"
        for name, wanted in (("tiny", tiny), ("quick", quick)):
            preset.value = name
            await seen.until(lambda wanted=wanted: fields["steps"].value == str(wanted.steps))
            assert fields["layers"].value == str(wanted.layers)
            assert (fields["lr"].value, fields["seed"].value, corpus_field.value) == ("0.125", "7", str(corpus))
            assert form.query_one("#optimizer", Select).value == "adam"
        form.query_one("#task", Select).value = "palindrome"
        await seen.until(lambda: form.query("#input"))
        form.query_one("#preset", Select).value = "carry"
        await seen.until(lambda: form.query_one("#recurrent", Select).value == "orthogonal")
        assert form.query_one("#cell", Input).value == "rnn"
        await seen.press("escape")


@pytest.mark.usefixtures("gently", "short_form")
async def test_a_run_of_another_task_comes_beside_and_brings_the_seed_line(corpus: Path) -> None:
    async with laboratory(new_run(palindrome(), "one")) as seen:
        form = await in_form(seen)
        form.query_one("#task", Select).value = "text"
        await seen.until(lambda: form.query("#corpus"))
        small = {"corpus": str(corpus), "hidden": "5", "batch": "4", "length": "3", "threads": "1"}
        for name, value in small.items():
            form.query_one(f"#{name}", Input).value = value
        await seen.press("ctrl+s")
        await seen.until(lambda: len(seen.laboratory.query(TaskPane)) == 2)
        await seen.shows("bits per character", "loss, nats", "type a prompt")
        assert seen.laboratory.sessions[1].run.name == "text-lstm-1"
        await seen.until(lambda: seen.laboratory.selected().session is seen.laboratory.sessions[1])
        await seen.until(lambda: is_at_work(seen))


@pytest.mark.usefixtures("gently", "short_form")
async def test_a_run_of_the_form_that_is_refused_says_why_and_leaves_the_others_alone(corpus: Path) -> None:
    async with laboratory(new_run(palindrome(), "one"), new_run(text(corpus))) as seen:
        form = await in_form(seen)
        form.query_one("#device", Input).value = "cuda:99"
        await seen.press("ctrl+s")
        await seen.until(lambda: isinstance(seen.app.screen, Choose))
        await seen.press("b")
        await seen.until(lambda: [s.status.run.state for s in seen.laboratory.every_session].count("refused") == 1)
        await seen.shows("device cuda:99")
        step = seen.session.status.run.step
        await seen.until(lambda: seen.session.status.run.step > step)
        assert seen.app.is_running


# Messages


@pytest.mark.usefixtures("gently")
async def test_messages_show_the_newest_line_however_the_pane_changes() -> None:
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: is_at_work(seen))
        for number in range(40):
            seen.messages.say(f"line {number}")
        await seen.press("w")
        await seen.shows("line 39")
        for height in (12, 3, 6):
            seen.messages.styles.height = height
            await seen.until(lambda: seen.messages.size.height == height - 2, height)  # noqa: B023
            await seen.shows("line 39")


async def test_what_the_worker_prints_warns_of_or_writes_below_python_is_in_the_messages(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    reports = Trainer.__iter__

    def noisy(trainer: Trainer) -> Iterator[training.Report]:
        print("a print of", 3, "words [bold]")
        print("half a line", end="")
        print(", the other half", file=sys.stdout)
        warnings.warn("a warning \x1b[31m", stacklevel=1)
        os.write(2, b"below Python \x1b[2J\n")
        os.write(1, b"and on the other descriptor\n")
        return reports(trainer)

    def show(message: Warning, category: type[Warning], file: str, line: int, *_: object) -> None:
        sys.stderr.write(warnings.formatwarning(message, category, file, line))  # as Python does, but not pytest

    monkeypatch.setattr(Trainer, "__iter__", noisy)
    monkeypatch.setattr(warnings, "showwarning", show)
    with CapturedOutput() as captured:
        async with laboratory(new_run(palindrome()), captured=captured) as seen:
            wanted = [
                "a print of 3 words [bold]",
                "half a line, the other half",
                "below Python \\x1b[2J",
                "and on the other descriptor",
            ]
            await seen.until(lambda: set(wanted) <= set(seen.messages.lines))
            await seen.until(lambda: any("UserWarning: a warning \\x1b[31m" in line for line in seen.messages.lines))
            await seen.press("w")
            await seen.shows(wanted[-1])
            assert all_shown(seen)
    assert capfd.readouterr() == ("", "")


def test_after_the_screen_prints_go_where_they_went_before(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.__stderr__
    with CapturedOutput():
        os.write(2, b"stray\n")
    os.write(2, b"not stray\n")
    assert capfd.readouterr().err == "not stray\n"
    assert sys.__stderr__ is before


@pytest.mark.usefixtures("gently")
async def test_notes_on_a_resumed_run_are_messages_once(corpus: Path) -> None:
    run = new_run(text(corpus))
    run.write_config(structs.replace(run.config(), device="a quantum computer"))
    async with laboratory(run) as seen:
        await seen.until(lambda: seen.messages.lines)
        await seen.until(lambda: is_at_work(seen))
        assert len(seen.messages.lines) == 1
        assert "recorded on a quantum computer" in seen.messages.lines[0]


# Resumed, refused, diverged, broken


@pytest.mark.usefixtures("gently")
async def test_a_resumed_run_shows_its_earlier_curves_samples_and_marks(corpus: Path) -> None:
    first = TrainingSession(new_run(text(corpus, sample_every=20, validate_every=20)))
    first.start()
    async with laboratory(new_run(palindrome())) as seen:
        await seen.until(lambda: first.status.run.step >= 45)
    first.pause(True)
    first.stop()
    assert first.join(30)
    run = again(first.run)
    async with laboratory(run) as seen:
        await seen.until(lambda: is_at_work(seen))
        await seen.press("space")
        await seen.until(lambda: seen.session.status.run.state == "paused")
        written = [f"{sample.step:>7,}" for sample in first.samples]
        await seen.until(lambda: [line[:7] for line in seen.lines() if line[:7].strip()][: len(written)] == written)
        await seen.until(lambda: seen.pane.loss.picture is not None)
        training_curve, held_out = seen.pane.loss.picture.curves
        assert min(training_curve.step) == 10
        assert min(held_out.step) == 20


@pytest.mark.usefixtures("gently")
async def test_a_divergence_is_said_whole_and_marked(corpus: Path) -> None:
    settings = palindrome(optimizer="sgd", lr=1e38)
    async with laboratory(new_run(settings), new_run(text(corpus)), size=(80, 24)) as seen:
        await seen.until(lambda: seen.session.status.run.state == "diverged")
        words = f"{seen.session.status.sentence}{keys_that_help(seen.session.status)}".split()
        await seen.until(lambda: all(word in seen.dump() for word in words), words)
        assert "goes back to a checkpoint, then l or C, then space" in " ".join(words)
        await seen.shows("· diverged")
        assert seen.laboratory.sessions[1].is_going
        await go_back(seen)
        await seen.shows("· paused", "back at step 0", "l sets", "space", "resumes")


@pytest.mark.usefixtures("gently")
async def test_space_goes_on_with_a_run_that_diverged() -> None:
    async with laboratory(new_run(palindrome(optimizer="sgd", lr=1e38)), size=(80, 24)) as seen:
        await seen.until(lambda: seen.session.status.run.state == "diverged")
        await seen.shows("space go on")
        await seen.press("space")
        await seen.until(lambda: [mark.label for mark in seen.session.marks].count("diverged") == 2)


@pytest.fixture
def on_screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[RnntuiApp]]:
    """Lets the commands open the screen though there is no terminal; the apps that were run."""
    apps, run = [], RnntuiApp.run

    def headless(app: RnntuiApp) -> int | None:
        apps.append(app)
        return run(app, headless=True, size=(80, 24))

    monkeypatch.setattr(RnntuiApp, "run", headless)
    monkeypatch.setattr("rnntui.system.output.is_terminal", lambda: True)
    yield apps
    for app in apps:
        for session in app.laboratory.every_session:
            assert session.join(0)
            assert not session.run.is_held()


TYPED = "--hidden 8 --length 3 --batch 4 --threads 1 --name mine"


def test_a_run_that_is_refused_leaves_the_screen_with_a_sentence_and_no_folder(on_screen: list[RnntuiApp]) -> None:
    result = rnntui(f"train palindrome {TYPED} --device cuda:99")
    assert result.exit_code == 2
    assert "--device cuda:99" in said(result)
    assert not (folder() / "mine").exists()
    assert len(on_screen) == 1


def test_a_run_that_finishes_says_so_when_one_leaves(
    on_screen: list[RnntuiApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_when(monkeypatch, "finished")
    result = rnntui(f"train palindrome {TYPED} --steps 20 --device cpu")
    assert result.exit_code == 0
    assert "mine: finished after 20 steps" in said(result)


def leave_when(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """Has `q` pressed as soon as the first run is in that state."""
    tick = Laboratory.tick

    def watch(screen: Laboratory) -> None:
        tick(screen)
        if screen.sessions[0].status.run.state == state:
            screen.app.call_later(screen.app.run_action, "quit")

    monkeypatch.setattr(Laboratory, "tick", watch)


def test_a_diverged_run_ends_with_status_3_and_the_step_to_go_on_from(
    on_screen: list[RnntuiApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_when(monkeypatch, "diverged")
    result = rnntui(f"train palindrome {TYPED} --optimizer sgd --lr 1e38 --device cpu")
    assert result.exit_code == 3
    assert "`rnntui resume mine --lr 0.001` resumes from the checkpoint of step 0" in said(result)


async def test_the_messages_say_why_a_run_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(run: Run, step: int, write: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Run, "write_checkpoint", full)
    async with laboratory(new_run(palindrome(steps=20), "mine")) as seen:
        await seen.until(lambda: seen.session.status.run.state == "failed")
        await seen.press("w")
        await seen.until(lambda: any("mine: the disk is full" in line for line in seen.messages.lines))
        assert seen.messages.unread == 0


def test_a_run_that_fails_says_why_and_ends_with_status_1(
    on_screen: list[RnntuiApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(run: Run, step: int, write: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Run, "write_checkpoint", full)
    leave_when(monkeypatch, "failed")
    result = rnntui(f"train palindrome {TYPED} --device cpu")
    assert result.exit_code == 1
    assert "mine: the disk is full" in said(result)


def test_a_screen_that_breaks_saves_the_run_and_says_what_broke(
    on_screen: list[RnntuiApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = Laboratory.tick

    def broken(screen: Laboratory) -> None:
        tick(screen)
        if screen.sessions[0].status.run.step > 5:
            raise ValueError("a widget of ours is broken")

    monkeypatch.setattr(Laboratory, "tick", broken)
    run = new_run(palindrome())
    with pytest.raises(RuntimeError, match="the screen failed: ValueError: a widget of ours is broken"):
        open_screen([run], folder())
    assert run.steps_saved(whole=True)[-1] > 5


# Promise 1


@pytest.mark.parametrize(("task", "stride"), [("palindrome", 7), ("text", None)])
async def test_watching_changes_nothing(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, task: str, stride: int | None
) -> None:
    few = {"steps": 200, "log_every": 1, "save_every": 50}
    settings = palindrome(**few) if task == "palindrome" else text(corpus, sample_every=10, validate_every=60, **few)
    alone = new_run(settings)
    for _ in training.open_trainer(alone):
        pass
    alone.unlock()
    if stride is not None:
        monkeypatch.setattr(Trainer, "stride_length", lambda trainer: stride)
    monkeypatch.setattr(working, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(working, "LOOK_SHARE", 1e9)  # after every stride
    async with laboratory(new_run(settings), new_run(palindrome(steps=50))) as seen:
        session = seen.session
        await seen.press("m", "z", "g")
        for step in (20, 90):
            await seen.until(lambda step=step: session.status.run.step >= step)
            session.ask("green bottles", 1.0) if session.spec.generates else session.save()
            await seen.press("space")
            await seen.until(lambda: session.status.run.state in ("paused", "finished"))
            await seen.press("s", "t", "L", "space")
            await seen.until(lambda: session.status.run.state != "paused")
        await seen.press("escape")
        await seen.until(lambda: session.status.run.state == "finished")
        await seen.until(lambda: session.horizon is not None)
    assert rows(session.run) == rows(alone)
    assert len(rows(alone)) == 200
    assert model(session.run) == model(alone)


def rows(run: Run) -> list[dict[str, Any]]:
    return [{name: value for name, value in to_builtins(row).items() if name != "seconds"} for row in run.metrics()]


def model(run: Run) -> bytes:
    return (run.checkpoint(200) / "model.safetensors").read_bytes()


# The mouse


async def test_the_wheel_over_a_chart_zooms_and_goes_no_further_than_the_ends() -> None:
    async with laboratory(new_run(palindrome()), size=(120, 36)) as seen:
        plot = seen.pane.loss
        await seen.until(lambda: plot.picture is not None)
        for closer, zooms in (
            (happening.MouseScrollUp, [0.5, 0.2, 0.1, 1000.0, 1000.0]),
            (happening.MouseScrollDown, [0.1]),
        ):
            for zoom in zooms:
                plot.post_message(wheel(closer))
                await seen.until(lambda zoom=zoom: plot.zoom == seen.pane.accuracy.zoom == zoom)
        await seen.press("Z", "Z")
        assert plot.zoom == 0.5


def wheel(kind: type[happening.MouseEvent]) -> happening.MouseEvent:
    return kind(None, 5, 5, 0, 0, 0, False, False, False)


async def test_two_clicks_enlarge_a_pane_and_two_more_show_the_others() -> None:
    async with laboratory(new_run(palindrome()), new_run(palindrome()), size=(120, 36)) as seen:
        pane = seen.laboratory.panes.all[1]
        await seen.pilot.click(pane.verdict, times=2)
        await seen.until(lambda: seen.laboratory.maximized is pane)
        await seen.pilot.click(pane.verdict, times=2)
        await seen.until(lambda: seen.laboratory.maximized is None)


async def test_the_border_between_two_panes_is_dragged_and_the_one_above_the_text(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus)), size=(120, 36)) as seen:
        left, right = seen.laboratory.panes.all
        assert (left.size.width, right.size.width) == (58, 58)
        await drag(seen, (59, 5), (80, 5))
        await seen.until(lambda: (left.outer_size.width, right.outer_size.width) == (81, 39))
        await drag(seen, (80, 5), (118, 5))
        await seen.until(lambda: right.outer_size.width == 20)
        written = seen.laboratory.query_one(TextPanes)
        top = written.region.y
        await drag(seen, (10, top), (10, top - 4))
        await seen.until(lambda: written.region.y == top - 4)


async def drag(seen: "Seen", begin: tuple[int, int], end: tuple[int, int]) -> None:
    await seen.pilot.mouse_down(offset=begin)
    await seen.pilot.hover(offset=end)
    await seen.pilot.mouse_up(offset=end)


def test_a_border_stays_between_its_neighbours() -> None:
    assert moved([0, 60, 120], 0, 81, 20) == [81, 39]
    assert moved([0, 60, 120], 0, 119, 20) == [100, 20]
    assert moved([2, 20, 38, 60], 1, 30, 6) == [18, 10, 30]
    assert moved([0, 18, 36], 0, 30, 20) == [18, 18]


# From here to other screens


async def test_c_draws_the_runs_of_the_selected_ones_task_over_each_other(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(palindrome()), new_run(text(corpus))) as seen:
        await seen.until(lambda: all(session.status.run.step for session in seen.laboratory.sessions))
        await seen.until(lambda: all(next(iter(s.run.metrics()), None) for s in seen.laboratory.sessions))
        await seen.press("c")
        await seen.until(lambda: isinstance(seen.app.screen, CompareScreen))
        assert len(seen.app.screen.watched) == 2
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.laboratory)


async def test_t_in_capitals_opens_the_time_machine_on_the_text_run(corpus: Path) -> None:
    async with laboratory(new_run(text(corpus))) as seen:
        await seen.until(lambda: seen.session.status.run.step)
        await seen.press("T")
        await seen.until(lambda: isinstance(seen.app.screen, TimeMachine))
        await seen.shows("─ step ")
        present = seen.app.screen.query_one("#present", PageView)
        await seen.until(lambda: len(present.page.text) > 0.5 * present.size.width * present.size.height)
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.laboratory)
