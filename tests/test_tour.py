"""The tour of the training screen: once for each user, a key a step, and what a solved task offers next."""

from pathlib import Path

import pytest
from test_end_to_end import TINY, Terminal, open_terminal
from test_screen import gently, laboratory
from textual.widgets import Input
from tiny import new_run, palindrome, text

from rnntui.system import user_state
from rnntui.tui.base import own_keys
from rnntui.tui.training.form import NewRunForm
from rnntui.tui.training.tour import FAREWELL, STEPS, Tour

__all__ = ["gently", "open_terminal"]  # fixtures


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_the_first_time_is_remembered(state: Path) -> None:
    assert user_state.is_first("tour")
    assert not user_state.is_first("tour")
    assert user_state.is_first("other")
    assert (state / "rnntui" / "tour").is_file()


def test_where_nothing_can_be_kept_no_time_is_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert not user_state.is_first("tour")


@pytest.mark.usefixtures("gently")
async def test_each_step_ends_with_its_key(corpus: Path) -> None:
    async with laboratory(new_run(palindrome()), new_run(text(corpus)), size=(80, 24)) as seen:
        tour = seen.laboratory.query_one(Tour)
        assert not tour.is_on
        tour.begin(writes=True)
        await seen.shows("tour 1/5", "press space", "(Esc ends it)")
        await seen.until(lambda: seen.laboratory.sessions[0].status.run.step > 1)
        await seen.press("space")
        await seen.shows("tour 2/5", "press /", "(Esc ends it)")
        await seen.press("slash")
        await seen.until(lambda: seen.laboratory.is_typing and "(Esc ends it)" not in seen.dump())
        await seen.shows("tour 2/5")
        await seen.press("escape")  # leaves the prompt line, not the tour
        await seen.shows("tour 3/5", "press g", "(Esc ends it)")
        await seen.press("g")
        await seen.shows("tour 4/5", "press m", "(Esc ends it)")
        await seen.press("m")
        await seen.until(lambda: seen.laboratory.maximized is not None)
        await seen.press("escape")
        await seen.shows("tour 5/5", "press ?", "(Esc ends it)")
        await seen.press("question_mark")
        await seen.until(lambda: not tour.is_on)
        await seen.press("escape")
        await seen.shows(own_keys.said(FAREWELL))
        await seen.until(lambda: tour.has_class("absent"))


async def test_escape_ends_it_and_without_a_text_no_prompt_is_asked_for() -> None:
    async with laboratory(new_run(palindrome()), size=(110, 34)) as seen:
        tour = seen.laboratory.query_one(Tour)
        tour.begin(writes=False)
        await seen.shows(f"tour 1/{len(STEPS) - 1}")
        await seen.press("escape")
        await seen.until(lambda: tour.has_class("absent"))
        assert not tour.is_on


def test_the_first_start_shows_it_and_no_other(open_terminal: type[Terminal], state: Path) -> None:
    for name, shows in (("one", True), ("two", False)):
        terminal = open_terminal(f"train palindrome {TINY} --steps 100000000 --name {name}")
        terminal.until(lambda terminal=terminal: "lr 0.0005 ·" in terminal.shown, "that it trains")
        assert ("tour 1/4" in terminal.shown) == shows
        terminal.type("q")
        assert terminal.status() == 0


async def test_on_a_screen_without_room_it_waits_until_it_can_be_seen(state: Path) -> None:
    async with laboratory(new_run(palindrome()), size=(80, 16)) as seen:
        tour = seen.laboratory.query_one(Tour)
        tour.offer(writes=False)
        await seen.until(lambda: seen.session.status.run.step > 0, "that it trains")
        assert not tour.is_on
        assert not (state / "rnntui").exists()
        await seen.pilot.resize_terminal(80, 24)
        await seen.shows("tour 1/4")
        assert (state / "rnntui" / "tour").is_file()


async def test_a_solved_task_is_offered_twice_as_long() -> None:
    easy = palindrome(hidden=32, length=2, batch=32, optimizer="adam", lr=0.01)
    async with laboratory(new_run(easy), size=(120, 40)) as seen:
        await seen.until(lambda: seen.session.status.run.solved_at is not None, "a solved task")
        await seen.shows("✓ solved at", "n: twice as long?")
        await seen.press("n")
        await seen.until(lambda: isinstance(seen.app.screen, NewRunForm) and seen.app.screen.is_whole)
        assert seen.app.screen.query_one("#length", Input).value == "4"
        await seen.press("escape")


async def test_one_that_is_not_solved_is_offered_as_it_is() -> None:
    async with laboratory(new_run(palindrome(length=6)), size=(120, 40)) as seen:
        seen.session.pause(True)
        await seen.press("n")
        await seen.until(lambda: isinstance(seen.app.screen, NewRunForm) and seen.app.screen.is_whole)
        assert seen.app.screen.query_one("#length", Input).value == "6"
        await seen.press("escape")
