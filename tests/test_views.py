"""What a key opens below the curves: no key does two things unseen, and what needs no network opens without one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import screen_text
from textual.pilot import Pilot
from tiny import new_run, palindrome, wait_for_screen

from rnntui.probes import NetworkWeights
from rnntui.runs import folder
from rnntui.runs.history import CurveMark
from rnntui.runs.status import RunState
from rnntui.sessions.training import TrainingSession
from rnntui.sessions.watched import WatchedSession
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import Series
from rnntui.tui.training import keys, views
from rnntui.tui.training.app import LaboratoryApp, RnntuiApp
from rnntui.tui.training.gates import GatesView
from rnntui.tui.training.horizon import HorizonView
from rnntui.tui.training.reading import ReadingView
from rnntui.tui.training.screen import Laboratory
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.training.view import RunView, ViewKey

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")


def view_with(*of: ViewKey) -> type[RunView]:
    return type("Mine", (RunView,), {"KEYS": of})


@pytest.mark.parametrize(
    ("means", "what"),
    [
        ("enlarge", "Enlarge the selected pane"),
        ("type", "Type a prompt"),
        ("more", "Raise the temperature by 0.1"),
        ("number 5", "Select and show the pane with that number"),
        ("gate", "Show the gates"),
        ("left", "Read an earlier step"),
        ("suspend", "Back to the shell"),
        ("copy,write", "Open the writing room"),
    ],
)
def test_a_key_that_is_taken_is_an_error_which_names_both(means: str, what: str) -> None:
    taken = [*Laboratory.BINDINGS, *keys.everywhere()]
    with pytest.raises(AssertionError, match=f"^Mine: '{means}' is taken: .*{what}"):
        keys.of_views([view_with(ViewKey(means, "mine", "Show mine"))], taken)


def test_a_key_that_the_grammar_does_not_have_is_an_error_that_names_the_table() -> None:
    with pytest.raises(AssertionError, match="no key means 'juggle': the table is in rnntui"):
        keys.of_views([view_with(ViewKey("juggle", "mine", "Show mine"))], [])


def test_two_views_may_share_a_key_that_is_one_to_the_letter_and_no_other() -> None:
    shared = ViewKey("detach", "mine", "Show mine")
    assert len(keys.of_views([view_with(shared), view_with(shared)], [])) == 1
    with pytest.raises(AssertionError, match=r"^Mine: 'detach' is taken: Show mine"):
        keys.of_views([view_with(shared), view_with(ViewKey("detach", "yours", "Show yours"))], [])


def test_two_keys_of_one_name_are_an_error_for_the_palette_would_leave_one_out() -> None:
    with pytest.raises(AssertionError, match="another key is called 'zoom' already"):
        keys.of_views([view_with(ViewKey("copy", "zoom", "Show mine"))], Laboratory.BINDINGS)
    mine, yours = ViewKey("copy", "norm", "Show mine"), ViewKey("pace", "norm", "Show yours")
    with pytest.raises(AssertionError, match="another key is called 'norm' already"):
        keys.of_views([view_with(mine), view_with(yours)], Laboratory.BINDINGS)


class CurveView(RunView):
    """A view that needs no network."""

    def __init__(self, session: TrainingSession) -> None:
        super().__init__(session)
        self.plot = Plot("a curve of mine")
        self.over_steps = (self.plot,)

    def connect(self) -> None:
        self.plot.show([Series("training", self.session.curves.gradient_norm)])


def set_state(session: TrainingSession, state: RunState) -> None:
    """As if its worker had said so."""
    session.status = replace(session.status, run=replace(session.status.run, state=state))


@asynccontextmanager
async def in_state(monkeypatch: pytest.MonkeyPatch, state: RunState) -> AsyncIterator[tuple[TaskPane, Pilot[Any]]]:
    """The pane of a run that no worker trains, with a curve of its own behind the horizon."""
    monkeypatch.setattr(TrainingSession, "start", lambda session: None)
    monkeypatch.setattr(views, "VIEWS", {"gradient horizon": HorizonView, "curve of mine": CurveView})
    run = new_run(palindrome())
    app = RnntuiApp([run], folder())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        (session,) = app.laboratory.sessions
        set_state(session, state)
        await pilot.pause()
        yield app.laboratory.selected(), pilot
    run.unlock()


@pytest.mark.parametrize("state", ["failed", "stopped"])
async def test_of_a_run_that_is_gone_the_curves_can_still_be_seen_and_closed(
    monkeypatch: pytest.MonkeyPatch, state: RunState
) -> None:
    async with in_state(monkeypatch, state) as (pane, pilot):
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: isinstance(pane.views.shown, CurveView))
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: pane.views.shown is None)


async def test_what_was_open_when_the_run_failed_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with in_state(monkeypatch, "running") as (pane, pilot):
        pane.session.views = ("horizon",)
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: isinstance(pane.views.shown, HorizonView))
        set_state(pane.session, "failed")
        await wait_for_screen(pilot, lambda: "has failed before" in pane.query_one(HorizonView).plot.waiting)
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: pane.views.shown is None)


async def test_a_view_opened_just_before_the_run_failed_waits_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    async with in_state(monkeypatch, "running") as (pane, pilot):
        pane.session.views = ("horizon",)
        pane.session.seen = NetworkWeights(1, (), ())  # what the view before had measured: no worker replaces it
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: isinstance(pane.views.shown, HorizonView))
        set_state(pane.session, "failed")
        await wait_for_screen(pilot, lambda: "has failed before" in pane.query_one(HorizonView).plot.waiting)


async def test_a_view_says_why_it_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    async with in_state(monkeypatch, "running") as (pane, pilot):
        pane.session.views = ("horizon",)
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: isinstance(pane.views.shown, HorizonView))
        pane.session.why_unseen = "the gradient horizon cannot be measured: out of memory"
        await wait_for_screen(pilot, lambda: "out of memory" in screen_text.dump(pane.app.screen))


async def test_why_a_view_cannot_be_measured_stays_whole_with_what_helps_until_it_is_opened_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with in_state(monkeypatch, "running") as (pane, pilot):
        pane.session.views = ("horizon",)
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: isinstance(pane.views.shown, HorizonView))
        why = "the gradient horizon cannot be measured: out of memory: stop other processes, or do less at once"
        pane.session.why_unseen = why
        words = f"{why}; closed and opened again, the view is measured anew"
        await wait_for_screen(pilot, lambda: is_said(words, pane))
        pane.session.why_unseen = ""
        await pilot.press("g", "g", "g")
        await wait_for_screen(pilot, lambda: "measuring how far back" in screen_text.dump(pane.app.screen))


def is_said(words: str, pane: TaskPane) -> bool:
    """Whether these words stand on the screen, though not on one row."""
    return words in " ".join(screen_text.dump(pane.app.screen).replace("│", " ").split())


async def test_a_window_on_the_files_alone_says_in_a_view_that_it_has_no_network_and_what_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WatchedSession, "start", lambda session: None)
    run = new_run(palindrome())
    app = LaboratoryApp([WatchedSession(run)], TrainingSession, folder())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        pane = app.laboratory.selected()
        shows_it = "`rnntui attach palindrome-lstm-1` shows it, on the machine that trains the run"
        for key, view in (("g", HorizonView), ("G", GatesView), ("r", ReadingView)):
            await pilot.press(key)
            await wait_for_screen(pilot, lambda view=view: isinstance(pane.views.shown, view))
            await wait_for_screen(pilot, lambda: is_said(shows_it, pane))
            await pilot.press("g")
            await wait_for_screen(pilot, lambda: pane.views.shown is None)
        set_state(pane.session, "stopped")
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: is_said("with the network of a checkpoint", pane))
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: pane.views.shown is None)
    run.unlock()


async def test_charts_of_a_view_zoom_smooth_mark_and_point_as_the_loss_does(monkeypatch: pytest.MonkeyPatch) -> None:
    async with in_state(monkeypatch, "running") as (pane, pilot):
        session, plot = pane.session, pane.query_one(CurveView).plot
        for column in (session.curves.loss, session.curves.gradient_norm):
            column.extend(range(1, 101), [1.0] * 100)
        await pilot.press("g")
        await wait_for_screen(pilot, lambda: plot.picture is not None and pane.loss.picture is not None)
        session.marks.append(CurveMark(50, "lr 0.1"))
        await wait_for_screen(pilot, lambda: plot.marks == pane.loss.marks == (CurveMark(50, "lr 0.1"),))
        await pilot.press("z", "left_square_bracket")
        await wait_for_screen(pilot, lambda: (plot.zoom, plot.smoothing) == (0.5, 0.01))
        pane.loss.focus()
        await pilot.press("right")
        await wait_for_screen(
            pilot, lambda: plot.cursor is not None and plot.pointed_step() == pane.loss.pointed_step()
        )
        plot.focus()
        await pilot.press("home")
        await wait_for_screen(pilot, lambda: pane.loss.cursor == plot.cursor)
