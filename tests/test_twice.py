"""Every key of every screen and dialog, sent twice at once, and Enter and Escape likewise: each acts once.

Nothing trains here: the workers are not started, so that what a key does is all that happens.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.binding import Binding
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input
from tiny import new_run, palindrome, text, wait_for_screen

from rnntui.config import settings_of
from rnntui.gate import Gate
from rnntui.gate.stretch import stretch_for
from rnntui.probes import RankedUnit, UnitName, UnitRanking
from rnntui.runs import METRICS, Run, folder
from rnntui.runs.writers import Sampling
from rnntui.schemas.runs import MetricsRow
from rnntui.sessions.alerts import Alerts
from rnntui.sessions.training import TrainingSession
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.plan import read
from rnntui.sweeps.pool import Pool
from rnntui.tui.base.application import Application
from rnntui.tui.base.main_screen import MainScreen
from rnntui.tui.base.screen import LabScreen
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.dialogs.ask import AskNumber
from rnntui.tui.dialogs.ask_figure import AskFigure
from rnntui.tui.dialogs.ask_text import AskText
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.dialogs.edit_text import EditText
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.dialogs.help import Help
from rnntui.tui.gate.screen import GateScreen
from rnntui.tui.home.laboratory import OpenedRuns
from rnntui.tui.home.opening_screen import OpeningScreen
from rnntui.tui.home.screen import HomeScreen
from rnntui.tui.home.sweep import OpenedSweep
from rnntui.tui.sweep.failures import Failures
from rnntui.tui.sweep.screen import SweepScreen
from rnntui.tui.training import form as forms
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.training.form import NewRunForm
from rnntui.tui.training.form_editors import FormEditors
from rnntui.tui.training.run_commands import RunCommands
from rnntui.tui.training.screen import Laboratory
from rnntui.tui.training.text_commands import TextCommands
from rnntui.tui.writing_room.choose_unit import ChooseUnit
from rnntui.tui.writing_room.prompts import Prompts
from rnntui.tui.writing_room.screen import WritingRoom
from rnntui.tui.writing_room.sources import checkpoint
from rnntui.tui.writing_room.time_machine import TimeMachine
from rnntui.tui.writing_room.writing_commands import WritingCommands
from rnntui.tui.writing_room.writing_thread import WritingThread

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness", "nothing_works")


@pytest.fixture
def nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread trains or writes, no process is started, and Ctrl-Z does not stop the tests."""
    monkeypatch.setattr(TrainingSession, "start", lambda session: None)
    monkeypatch.setattr(WritingThread, "start", lambda writing_thread: None)
    monkeypatch.setattr(Pool, "poll", lambda pool: None)
    monkeypatch.setattr("os.killpg", lambda group, number: None)
    few = ("cell", "hidden", "lr", "init")  # of the settings: a form with all of them takes a while to come up
    monkeypatch.setattr(
        forms, "settings_of", lambda task: [setting for setting in settings_of(task) if setting.name in few]
    )


def recorded() -> Run:
    """A run with a row of metrics."""
    run = new_run(palindrome())
    run.append(METRICS, MetricsRow(step=10, loss=2.0, accuracy=0.1, gradient_norm=1.0, learning_rate=0.1))
    return run


def writing_room(corpus: Path) -> WritingRoom:
    return WritingRoom([checkpoint(new_run(text(corpus)))], [Sampling(0.5)], Prompts(folder()))


def sweep() -> SweepScreen:
    plan = read("[axes]\nlength = [3, 4]\n", "few", "few.toml")
    return SweepScreen(Pool(Sweep.open(folder(), None, plan)))


GATE = Gate(5, 1, 0.5)
SCREENS: dict[str, Callable[[Path], LabScreen[None]]] = {
    "compare": lambda corpus: CompareScreen([recorded()]),
    "gate": lambda corpus: GateScreen(GATE, stretch_for(GATE)),
    "writing room": writing_room,
    "time machine": lambda corpus: TimeMachine(new_run(text(corpus)), Sampling(0.5), "", 0, 10),
    "sweep": lambda corpus: sweep(),
    "home": lambda corpus: HomeScreen(folder(), None, Alerts()),
}
DIALOGS: dict[str, Callable[[], Screen[object]]] = {
    "number": lambda: AskNumber("how much", "1"),
    "text": lambda: AskText("what", "this", str),
    "figure": lambda: AskFigure("figure.svg", lambda file: None),
    "edit": lambda: EditText("edit", "some text"),
    "choose": lambda: Choose("which", {"a": "this", "b": "that"}),
    "failures": lambda: Failures([]),
    "unit": lambda: ChooseUnit(None, lambda: UnitRanking((RankedUnit(UnitName(1, "h", 2), "vowel", 0.5),), 100)),
    "help": lambda: Help([]),
    "explanation": lambda: Explanation("a page"),
    "form": lambda: NewRunForm(palindrome(), folder()),
}


@asynccontextmanager
async def opened(app: Application) -> AsyncIterator[Pilot[int]]:
    """The app on its first screen; it must end without a failure."""
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_for_screen(pilot, lambda: app.screen is app.first and is_whole(app))
        yield pilot
    assert app.failure is None


def is_whole(app: Application) -> bool:
    return not isinstance(app.screen, LabScreen) or app.screen.is_whole


async def at_once(pilot: Pilot[int], *keys: str) -> None:
    """Send keys before any of them is heard, and wait until all have been."""
    app = pilot.app
    assert isinstance(app, Application)
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))
    heard: list[str] = []
    app.call_later(heard.append, "all")
    await wait_for_screen(pilot, lambda: heard and is_whole(app))
    await pilot.pause(0.01)
    await pilot.pause(0.01)


def keys_of(screen: Screen[object]) -> Iterator[str]:
    """Every key that is bound on a screen and on its widgets, but for those that quit."""
    bound = [binding for node in (screen, *screen.query("*")) for owner in type(node).__mro__ for binding in of(owner)]
    quitting = [binding for binding in bound if binding.action in ("quit", "app.quit", "detach")]
    quits = {key for binding in quitting for key in binding.key.split(",")} | {"ctrl+c"}
    yield from dict.fromkeys(key for binding in bound for key in binding.key.split(",") if key not in quits)


def of(owner: type) -> list[Binding]:
    return [binding for binding in vars(owner).get("BINDINGS", ()) if isinstance(binding, Binding)]


async def back_to(screen: Screen[object], pilot: Pilot[int]) -> None:
    """Close whatever lies over a screen, as one would."""
    while screen in pilot.app.screen_stack and (top := pilot.app.screen) is not screen:
        top.dismiss()
        await wait_for_screen(pilot, lambda top=top: pilot.app.screen is not top)


class Beneath(LabScreen[None]):
    """A screen that keeps what the screens over it came to."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[object] = []


@pytest.mark.parametrize("name", SCREENS)
async def test_each_key_of_a_screen_twice_at_once_acts_once(name: str, corpus: Path) -> None:
    app = ViewerApp(beneath := Beneath())
    async with opened(app) as pilot:
        beneath.ask(screen := SCREENS[name](corpus))
        await wait_for_screen(pilot, lambda: is_whole(app))
        for key in list(keys_of(screen)):
            if screen.is_closed:
                beneath.ask(screen := SCREENS[name](corpus))
                await wait_for_screen(pilot, lambda: is_whole(app))
            await at_once(pilot, key, key)
            assert app.is_running, key
            assert 2 <= len(app.screen_stack) <= 4, key
            await back_to(screen, pilot)


async def test_each_key_of_the_laboratory_twice_at_once_acts_once(corpus: Path) -> None:
    app = RnntuiApp([new_run(palindrome()), new_run(text(corpus))], folder())
    async with opened(app) as pilot:
        for key in list(keys_of(app.first)):
            await at_once(pilot, key, key)
            assert app.is_running, key
            assert 2 <= len(app.screen_stack) <= 3, key
            await back_to(app.first, pilot)


@pytest.mark.parametrize("name", DIALOGS)
async def test_a_dialog_closes_once_whatever_is_sent_twice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder().parent)
    app = ViewerApp(beneath := Beneath())
    async with opened(app) as pilot:
        keys = [*keys_of(DIALOGS[name]()), "a", "enter", "escape"]
        for key, waits in [*((key, True) for key in keys), ("enter", False), ("escape", False)]:
            beneath.results.clear()
            beneath.ask(DIALOGS[name](), beneath.results.append)
            if waits:  # until it is whole
                await wait_for_screen(pilot, lambda: is_whole(app))
            await at_once(pilot, key, key)
            assert app.is_running
            assert len(beneath.results) <= 1, key
            await back_to(beneath, pilot)
            await wait_for_screen(pilot, lambda: len(beneath.results) == 1)
            if key == "escape":
                assert beneath.results == [None]


@pytest.mark.parametrize("answer", ["Enter in a line", "the button", "ctrl+s"])
async def test_a_form_that_is_sent_twice_starts_one_run(answer: str) -> None:
    app = RnntuiApp([new_run(palindrome(), "old")], folder())
    async with opened(app) as pilot:
        laboratory = app.laboratory
        await at_once(pilot, "n", "n")
        form = app.screen
        assert isinstance(form, NewRunForm)
        await send(pilot, form, answer)
        await wait_for_screen(pilot, lambda: isinstance(app.screen, Choose))
        await at_once(pilot, "b", "b")
        await wait_for_screen(pilot, lambda: app.screen is laboratory and len(laboratory.sessions) == 2)
        assert len(app.screen_stack) == 2
        assert sorted(path.name for path in folder().iterdir()) == ["old", "palindrome-lstm-1"]
        assert [pane.session.run.name for pane in laboratory.panes.all] == ["old", "palindrome-lstm-1"]
        assert laboratory.selected().session.run.name == "palindrome-lstm-1"


async def send(pilot: Pilot[int], form: NewRunForm, answer: str) -> None:
    """Start the run, twice at once."""
    if answer == "the button":
        button = form.query_one("#start", Button)
        for _ in range(2):
            button.post_message(Button.Pressed(button))
    elif answer == "ctrl+s":
        await at_once(pilot, "ctrl+s", "ctrl+s")
    else:
        form.query_one("#name", Input).focus()
        await at_once(pilot, "enter", "enter")


async def test_leaving_while_a_form_is_still_being_put_together_is_no_failure() -> None:
    for keys in (("n", "ctrl+q"), ("n", "escape", "q"), ("q", "q"), ("d", "d")):
        app = RnntuiApp([new_run(palindrome())], folder())
        async with app.run_test(size=(100, 30)) as pilot:
            await wait_for_screen(pilot, lambda app=app: app.screen is app.first)
            for key in keys:
                app.post_message(events.Key(key, None))
            await wait_for_screen(pilot, lambda app=app: not app.is_running)
        assert app.failure is None, keys
        assert app.return_value == 0


def test_all_screens_are_walked() -> None:
    from rnntui.tui.base.dialog import Dialog

    def under(kind: type) -> set[type]:
        return {descendant for child in kind.__subclasses__() for descendant in (child, *under(child))}

    walked = {Laboratory, CompareScreen, GateScreen, WritingRoom, TimeMachine, SweepScreen, HomeScreen, Beneath, Dialog}
    asked = {AskNumber, AskText, AskFigure, EditText, Choose, Failures, NewRunForm, Help, Explanation, ChooseUnit}
    halves = {
        MainScreen,
        RunCommands,
        TextCommands,
        WritingCommands,
        OpeningScreen,
        OpenedRuns,
        OpenedSweep,
        FormEditors,
    }
    every = (screen for screen in under(LabScreen) - halves if screen.__module__.startswith(("rnntui.", __name__)))
    assert {screen for screen in every if "[" not in screen.__name__} == walked | asked
