"""The list of all runs, which `rnntui` alone opens: what is found, told, opened, resumed and begun there."""

import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import screen_text
from command import done, refused
from made_up_runs import made_up
from test_detach import nobody_left
from test_end_to_end import Terminal, curve, left_clean, open_terminal
from textual.pilot import Pilot
from textual.widgets import Input
from tiny import PATIENCE, palindrome, text, trained

from rnntui.config import as_dict
from rnntui.runs import METRICS, RESULT, Run, folder
from rnntui.runs.files import as_json
from rnntui.schemas import FiguresState, MetricsRow, ResultFile
from rnntui.sessions.viewed import ViewedSession
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.plan import read
from rnntui.system import output, user_config
from rnntui.tui.chart.plot import Plot
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.dialogs.help import Help
from rnntui.tui.dialogs.key_list import KeyList
from rnntui.tui.home.app import HomeApp
from rnntui.tui.home.laboratory import OpenedRuns
from rnntui.tui.home.preview import Preview
from rnntui.tui.home.run_line import WIDTHS, columns
from rnntui.tui.home.run_list import RunList
from rnntui.tui.home.screen import HomeScreen
from rnntui.tui.home.side_preview import SidePreview
from rnntui.tui.home.sweep import OpenedSweep
from rnntui.tui.training.horizon import HorizonView

__all__ = ["nobody_left", "open_terminal"]  # fixtures
pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")
PLAN = "[base]\nhidden = 8\nlength = 3\nbatch = 4\n[axes]\ncell = ['rnn', 'gru']\n"


class Seen:
    """The app, its pilot, and what a test looks at."""

    def __init__(self, app: HomeApp, pilot: Pilot[int]) -> None:
        self.app, self.home, self.pilot = app, app.home, pilot

    @property
    def runs(self) -> RunList:
        return self.home.query_one(RunList)

    @property
    def names(self) -> list[str]:
        return [found.name for found in self.runs.rows]

    @property
    def here(self) -> str:
        """The name of the run under the cursor."""
        found = self.runs.here
        return "" if found is None else found.name

    async def until(self, condition: Callable[[], object], what: object = "it") -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come about\n{self.dump()}"
            await self.pilot.pause(0.01)

    async def shows(self, *words: str) -> None:
        """Wait until the screen shows all of these."""
        await self.until(lambda: all(word in self.dump() for word in words), words)

    async def opened(self, kind: type[Any]) -> Any:
        """The screen of this kind, once it is on top."""
        await self.until(lambda: isinstance(self.app.screen, kind), kind)
        return self.app.screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    def dump(self) -> str:
        return screen_text.dump(self.app.screen)


@asynccontextmanager
async def home(size: tuple[int, int] = (120, 36), root: Path | None = None) -> AsyncIterator[Seen]:
    app = HomeApp(root or folder())
    async with app.run_test(size=size, notifications=True) as pilot:
        seen = Seen(app, pilot)
        await seen.until(lambda: app.home.catalogue.is_all_known)
        await seen.until(lambda: len(seen.names) == len(app.home.catalogue.listed.found))
        yield seen
    for session in app.home.sessions:
        session.stop()
        assert session.join(PATIENCE)


def of_several_tasks() -> None:
    made_up(folder(), "solved", changed=50.0, figures=FiguresState(solved_at=101, recent_accuracy=(1.0,)))
    made_up(
        folder(),
        "book",
        "text",
        step=2_000,
        changed=40.0,
        lr=0.5,
        corpus="anna",
        sample="He said that he",
        figures=FiguresState(best=(1.5179, 1_000), validation_loss=1.6),
    )
    made_up(folder(), "burst", step=10, diverged=True, changed=30.0)


# What is seen


async def test_what_became_of_a_run_is_said_whole_on_a_narrow_screen() -> None:
    made_up(folder(), "a-name-that-is-rather-long", step=1_000, diverged=True, cell="rnn")
    made_up(folder(), "older", changed=1.0)
    async with home((80, 16)) as seen:
        await seen.shows("a-name-that-is-rather-long · step 1,000 of", "diverged: its loss is not finite")
        await seen.shows("R resumes it from its newest checkpoint", "RNN 128", "not solved")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36), (200, 60)])
async def test_runs_of_several_tasks_each_have_a_line_with_their_figure(size: tuple[int, int]) -> None:
    of_several_tasks()
    async with home(size) as seen:
        await seen.shows("✓ solved", "1.000 @101", "‖ book", "2.19 bits", "! burst", "2,000/3,000")
        assert "3 runs" in seen.dump()


async def test_below_is_more_about_the_run_under_the_cursor() -> None:
    of_several_tasks()
    async with home() as seen:
        await seen.shows("solved · step 3,000 of 3,000", "LSTM 128, all else as --preset short", "solved at step 101")
        await seen.press("down")
        await seen.shows("book · step 2,000 of 3,000 · stopped: R resumes it", "lr 0.5", "best 2.19 bits at step 1,000")
        await seen.shows("wrote “He said that he”")


async def test_an_empty_folder_says_what_to_do() -> None:
    async with home((60, 16)) as seen:
        await seen.shows("There is no run in", "n opens a form", "rnntui train")
        await seen.press("enter", "R", "c", "x", "down", "end", "pagedown", "o", "escape", "delete")
        assert seen.app.screen is seen.home


async def test_a_folder_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with home(root=tmp_path / "file") as seen:
        await seen.shows("a part of its path, is a")


async def test_what_would_garble_a_terminal_is_drawn_as_what_it_is() -> None:
    made_up(folder(), "a\x1b[31mb\nc")
    made_up(folder(), "wide-漢字-" + "x" * 90)
    broken = made_up(folder(), "broken")
    (broken.path / "config.json").write_text("{")
    async with home() as seen:
        await seen.shows("a\\x1b[31mb↵c", "✗ broken", "wide-漢字-xx", "…")
        assert "\x1b" not in seen.dump()
        row = next(k for k, name in enumerate(seen.names) if name == "broken")
        await seen.press("home", *["down"] * row, "enter")
        await seen.until(lambda: any("damaged" in note for note in screen_text.notices(seen.app)))


async def test_runs_come_go_and_change_while_one_looks() -> None:
    gone = made_up(folder(), "gone", changed=5.0)
    made_up(folder(), "stays", step=10, changed=4.0)
    async with home() as seen:
        await seen.press("down")
        made_up(folder(), "comes")
        shutil.rmtree(gone.path)
        await seen.until(lambda: seen.names == ["comes", "stays"])
        assert seen.here == "stays", "the cursor stays on its run"
        held = Run(folder() / "stays")
        held.lock()
        await seen.shows("● stays")
        held.unlock()
        await seen.shows("‖ stays")


# Finding


async def test_each_key_of_the_filter_acts_at_once_and_escape_shows_all_again() -> None:
    of_several_tasks()
    async with home() as seen:
        await seen.press("slash", "b")
        assert set(seen.names) == {"book", "burst"}
        await seen.press("o")
        assert seen.names == ["book"]
        await seen.press("q")
        await seen.shows("no run has 'boq': Esc shows all 3 again")
        await seen.press("space", "x")
        await seen.shows("no run has 'boq' and 'x': Esc")
        for _ in range(8):
            await seen.press("space", "y")
        await seen.shows("no run has 'boq', 'x', 'y', 'y', … and 6 more: Esc shows all 3 again")
        await seen.press("escape")
        assert len(seen.names) == 3
        assert isinstance(seen.app.focused, RunList)


async def test_enter_and_down_lead_from_the_filter_to_the_runs_it_found() -> None:
    of_several_tasks()
    async with home() as seen:
        for key in ("enter", "down"):
            await seen.press("slash", "l", "s", "t", "m")
            assert isinstance(seen.app.focused, Input)
            await seen.press(key)
            assert isinstance(seen.app.focused, RunList)
            assert len(seen.names) == 3
            await seen.press("escape")


async def test_the_order_is_said_and_changed() -> None:
    of_several_tasks()
    async with home() as seen:
        assert "newest first" in seen.dump()
        assert seen.names == ["solved", "book", "burst"]
        await seen.press("o")
        await seen.shows("by name")
        assert seen.names == ["book", "burst", "solved"]


# Opening


async def test_a_finished_run_is_looked_into_and_escape_comes_back(corpus: Path) -> None:
    trained(text(corpus, steps=30), "mine")
    async with home() as seen:
        await seen.press("enter")
        laboratory = await seen.opened(OpenedRuns)
        (session,) = laboratory.sessions
        assert isinstance(session, ViewedSession)
        await seen.until(lambda: session.views)
        await seen.press("g")
        await seen.until(lambda: isinstance(laboratory.selected().views.shown, HorizonView) and session.seen)
        await seen.press("slash", *"green", "enter")
        await seen.until(lambda: session.answers and session.answers[0].text)
        await seen.press("escape")
        assert isinstance(seen.app.screen, OpenedRuns), "it leaves the line first"
        await seen.press("m", "escape")
        assert isinstance(seen.app.screen, OpenedRuns), "then the enlarged pane"
        await seen.press("escape")
        await seen.opened(HomeScreen)
        await seen.until(lambda: session.join(0))


async def test_several_runs_are_opened_beside_each_other_and_compared() -> None:
    for name in ("a", "b", "c"):
        trained(palindrome(steps=20), name)
    async with home() as seen:
        await seen.press("x", "x")
        assert "2 chosen" in seen.dump()
        await seen.press("c")
        compared = await seen.opened(CompareScreen)
        assert len(compared.watched) == 2
        await seen.press("escape")
        await seen.opened(HomeScreen)
        await seen.press("enter")
        laboratory = await seen.opened(OpenedRuns)
        assert len(laboratory.sessions) == 2
        await seen.press("escape")
        await seen.opened(HomeScreen)
        assert not seen.runs.chosen


async def test_keys_of_training_are_not_in_the_footer_where_a_run_is_only_looked_at() -> None:
    made_up(folder(), "one")
    async with home((80, 24)) as seen:
        await seen.press("enter")
        opened = await seen.opened(OpenedRuns)
        await seen.shows("n new run z zoom")
        await seen.until(lambda: "steps/s" not in seen.dump(), "that nothing is left to train")
        footer = screen_text.rows(seen.app.screen)[-1]
        assert footer.startswith("n new run z zoom"), "and it has no checkpoint to look into"
        assert not {"pause", "rate", "save", "detach", "back"} & set(footer.split())
        for key in ("space", "s", "l", "C", "b"):
            await seen.press(key)
            assert seen.app.screen is opened
            assert screen_text.notices(seen.app) == [
                "run one is finished, and is only looked at: nothing of it is trained"
            ]
            seen.app.clear_notifications()
        await seen.pilot.resize_terminal(250, 24)
        await seen.shows("m enlarge L log scale w messages")
        assert "pause" not in screen_text.rows(seen.app.screen)[-1]


async def test_the_list_offers_to_resume_what_can_be_resumed_alone() -> None:
    made_up(folder(), "half", step=1_000)
    made_up(folder(), "one")
    async with home((120, 24)) as seen:

        def is_offered() -> bool:
            return "R resume" in screen_text.rows(seen.app.screen)[-1]

        for name, is_left in (("half", True), ("one", False), ("half", True)):
            await seen.press("up" if seen.names.index(name) == 0 else "down")
            await seen.until(lambda: seen.here == name and is_offered() == is_left, name)  # noqa: B023


async def test_the_help_of_a_run_that_is_only_looked_at_lists_no_key_of_training_and_says_why() -> None:
    made_up(folder(), "one")
    async with home() as seen:
        await seen.press("enter")
        await seen.opened(OpenedRuns)
        await seen.until(lambda: "steps/s" not in seen.dump(), "that nothing is left to train")
        await seen.press("question_mark")
        help = await seen.opened(Help)
        labels = {entry.label for entry in help.query_one(KeyList).entries}
        offered = {
            command.title.partition(" (")[0] for command in seen.app.get_system_commands(seen.app.screen_stack[-2])
        }
        assert "zoom" in offered
        assert not {"pause", "views", "clip", "save", "pane 1", "pane 2", "palette"} & offered
        assert {"new run", "zoom", "compare"} <= labels
        assert not labels & {"pause", "rate", "save", "detach", "go back", "clip", "end", "resume"}
        await seen.press(*"pause")
        await seen.shows("run one is finished, and is only looked at")
        await seen.press(*"tea")
        await seen.shows("no key does that here")


async def test_a_stopped_run_is_opened_after_a_question() -> None:
    made_up(folder(), "half", step=1_000)
    async with home() as seen:
        await seen.press("enter")
        await seen.opened(Choose)
        await seen.shows("Run half has stopped at step 1,000 of", "y  resume", "l  only look")
        await seen.press("escape")
        await seen.opened(HomeScreen)
        await seen.press("enter")
        await seen.opened(Choose)
        await seen.press("l")
        await seen.opened(OpenedRuns)
        await seen.press("escape")
        await seen.opened(HomeScreen)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
async def test_what_is_asked_of_a_run_that_diverged_stands_over_its_curves(size: tuple[int, int]) -> None:
    made_up(folder(), "burst", step=1_000, diverged=True)
    async with home(size) as seen:
        await seen.press("enter")
        await seen.opened(Choose)
        await seen.shows("burst · palindrome", "loss, nats", "Run burst has diverged", "y  resume", "l  only look")
        await seen.press("escape")
        await seen.opened(HomeScreen)
        await seen.shows("burst")
        assert "Run burst" not in seen.dump()


async def test_a_dialog_lies_over_the_screen_that_it_is_about() -> None:
    of_several_tasks()
    async with home() as seen:
        await seen.press("delete")
        await seen.opened(Choose)
        await seen.shows("Permanently delete the run solved?", "burst", "book")


async def test_a_sweep_is_opened_in_its_own_screen() -> None:
    Sweep.open(folder(), "grid", read(PLAN, "grid", "grid")).close()
    made_up(folder(), "other", changed=1.0)
    async with home() as seen:
        await seen.shows("▦ grid", "0/2 runs")
        await seen.press("R")
        assert "rnntui sweep grid` resumes it" in screen_text.notices(seen.app)[-1]
        await seen.press("enter")
        await seen.opened(OpenedSweep)
        await seen.shows("no process drives it")
        await seen.press("escape")
        await seen.opened(HomeScreen)
        await seen.press("x", "x", "enter")
        assert "a sweep is opened alone" in screen_text.notices(seen.app)[-1]


async def test_too_many_runs_for_a_screen_are_refused() -> None:
    for k in range(10):
        made_up(folder(), f"r{k}")
    async with home() as seen:
        await seen.press(*["x"] * 10, "enter")
        assert "10 runs are chosen, and a screen has room for 9" in screen_text.notices(seen.app)[-1]


# Deleting


async def test_a_run_is_deleted_after_a_question_and_one_in_use_never() -> None:
    for name in ("a", "b", "c"):
        made_up(folder(), name)
    held = Run(folder() / "c")
    held.lock()
    async with home() as seen:
        await seen.press("o", "home")
        assert seen.names == ["a", "b", "c"]
        await seen.press("delete")
        await seen.opened(Choose)
        await seen.press("escape")
        assert (folder() / "a").is_dir()
        await seen.press("home", "x", "x", "delete")
        await seen.shows("Permanently delete 2 runs: a, b?")
        await seen.press("y")
        await seen.until(lambda: seen.names == ["c"])
        assert not (folder() / "a").exists()
        await seen.press("delete")
        await seen.until(lambda: any("in use by another process" in note for note in screen_text.notices(seen.app)))
        assert (folder() / "c").is_dir()
    held.unlock()


async def test_a_link_to_a_run_is_not_asked_about_and_stays_with_what_it_leads_to(tmp_path: Path) -> None:
    made = made_up(tmp_path / "elsewhere", "real")
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "link").symlink_to(made.path)
    async with home() as seen:
        await seen.until(lambda: seen.names == ["link"])
        await seen.press("delete")
        await seen.until(lambda: any("'link' is a link to" in note for note in screen_text.notices(seen.app)))
        assert isinstance(seen.app.screen, HomeScreen)
    assert made.path.is_dir()


# The command


def test_without_a_terminal_it_prints_the_help_and_before_a_command_its_folder_is_refused() -> None:
    assert "Usage" in done("")
    assert "--runs goes behind the command: rnntui runs" in refused("--runs here runs")


def test_alone_in_a_terminal_it_lists_the_runs_and_resumes_one_that_trains_on(
    open_terminal: Callable[..., Terminal], nobody_left: None
) -> None:
    trained(palindrome(steps=20), "mine")
    config = (folder() / "mine/config.json").read_text()
    (folder() / "mine/config.json").write_text(config.replace('"steps": 20', '"steps": 100000000'))
    terminal = open_terminal(f"--runs {folder()}")
    terminal.until(lambda: "‖ mine" in terminal.shown, "the run")
    terminal.type("R")
    terminal.until(lambda: "space pause" in terminal.shown and curve(terminal) > 40, "a curve")
    terminal.type("\x1b")
    terminal.until(lambda: "● mine" in terminal.shown, "the list")
    terminal.type("q")
    assert terminal.status() == 0
    assert left_clean(terminal)
    assert "mine: it trains on; `rnntui attach mine` shows it" in terminal.shown
    assert Run(folder() / "mine").is_held()


@pytest.mark.parametrize("size", [(200, 50), (120, 36)])
async def test_where_there_is_room_the_curve_of_the_run_stands_beside_the_list_or_below(size: tuple[int, int]) -> None:
    of_several_tasks()
    async with home(size=size) as seen:
        side = seen.home.query_one(SidePreview)
        plot = side.query_one(Plot)
        await seen.until(lambda: plot.picture is not None, "the curve")
        assert plot.title == "accuracy"
        assert (plot.picture.curves[0].step[0], plot.picture.curves[0].step[-1]) == (75, 3_000)
        await seen.press("down")
        await seen.shows("wrote “He said that he”", "differs from --preset report in", "lr 0.5", "bits per character")
        assert not seen.home.query_one(Preview).display


async def test_below_the_list_the_curve_has_room_beside_what_a_long_run_wrote() -> None:
    made_up(folder(), "book", "text", sample="He said that " * 50, corpus="anna")
    async with home(size=(80, 34)) as seen:
        plot = seen.home.query_one(SidePreview).query_one(Plot)
        await seen.until(lambda: plot.picture is not None, "the curve")
        assert plot.size.height >= 4
        await seen.shows("wrote “He said that", "…”")


@pytest.mark.parametrize("size", [(100, 30), (120, 30), (80, 24), (200, 20)])
async def test_below_a_short_list_there_is_the_curve_on_a_low_screen_too(size: tuple[int, int]) -> None:
    of_several_tasks()
    async with home(size=size) as seen:
        plot = seen.home.query_one(SidePreview).query_one(Plot)
        await seen.until(lambda: plot.picture is not None, "the curve")
        assert plot.size.height >= 4
        assert len(seen.runs.in_sight) == len(seen.names)
        for k in range(size[1] - 7 - 8 - 3 + 1):
            made_up(folder(), f"more{k}")
        await seen.until(lambda: not seen.home.query_one(SidePreview).display, "a list without the curve")


async def test_curves_of_rows_below_one_another_do_not_melt_into_one() -> None:
    for name in ("one", "two"):
        made_up(folder(), name, "text", corpus="anna")
    async with home(size=(120, 17)) as seen:
        await seen.shows("▇▂")
        assert "█" not in "".join(line for line in seen.dump().splitlines() if "LSTM" in line)


async def test_a_selected_sweep_says_what_came_out_of_it() -> None:
    sweep = Sweep.open(folder(), "grid", read(PLAN, "grid", "grid"))
    reached = {"state": "finished", "step": 1_500, "loss": 0.1, "test_accuracy": 0.97, "solved_at": 321, "seconds": 5.0}
    for job in sweep.jobs():
        result = ResultFile(settings=as_dict(job.settings), **reached)
        (sweep.path / job.name).mkdir(exist_ok=True)
        (sweep.path / job.name / RESULT).write_bytes(as_json(result.as_content()))
    sweep.close()
    async with home() as seen:
        await seen.shows("2 of 2 runs ended", "best accuracy so far: cell rnn: 0.970; cell gru: 0.970")


@pytest.mark.parametrize("size", [(120, 17), (200, 17), (60, 34)])
async def test_where_there_is_none_it_is_not_read(size: tuple[int, int]) -> None:
    of_several_tasks()
    async with home(size=size) as seen:
        await seen.shows("accuracy 1.000, solved at step 101")
        assert not seen.home.query_one(SidePreview).display
        assert seen.home.catalogue.course(seen.runs.rows[0]) is None


async def test_the_curve_goes_on_with_its_run() -> None:
    run = made_up(folder(), "one", step=30, rows=3)
    run.lock()
    async with home(size=(200, 50)) as seen:
        plot = seen.home.query_one(SidePreview).query_one(Plot)
        await seen.until(lambda: plot.picture is not None and plot.picture.curves[0].step[-1] == 30, "the curve")
        run.append(METRICS, MetricsRow(step=40, loss=1.0, accuracy=0.5, gradient_norm=1.0, learning_rate=0.1))
        await seen.until(lambda: plot.picture.curves[0].step[-1] == 40, "the new row")
    run.unlock()


def test_a_theme_before_the_command_is_the_one_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_config, "_asked_for", {})
    assert "there is no terminal" in refused("--theme light resume x")
    assert "no run 'x'" in refused("resume x")  # the one before is forgotten
    monkeypatch.setattr(output, "draws_screens", lambda: True)
    assert "must be dark or light" in refused("--theme mauve resume x")
    assert "no run 'x'" in refused("--theme light resume x")
    assert user_config.chosen("theme") == "light"
    assert "rnntui runs opens none" in refused("--theme light runs")
    assert "--headless opens none" in refused("--theme light train --headless")


def test_one_long_name_takes_no_column_from_the_list() -> None:
    usual, long = columns(118, 17), columns(118, 98)
    assert {name for name, _ in long.others} == {name for name, _ in usual.others} == set(WIDTHS)
    assert 17 < long.name <= 0.3 * 118
    assert columns(60, 17).name == 17
