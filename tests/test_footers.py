"""The last line of every screen: whole entries at any width, the ways out and the help always among them."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
import screen_text
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Footer, Static
from tiny import new_run, palindrome, text

from rnntui.gate import Gate
from rnntui.gate.stretch import stretch_for
from rnntui.runs import Run, folder
from rnntui.runs.writers import Sampling
from rnntui.sessions.training import TrainingSession
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.plan import find
from rnntui.sweeps.pool import Pool
from rnntui.tui.base.application import bound_commands
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.screen import LabScreen, is_useless
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.dialogs.ask import AskNumber
from rnntui.tui.dialogs.ask_text import AskText
from rnntui.tui.dialogs.choose import Choose
from rnntui.tui.dialogs.edit_text import EditText
from rnntui.tui.dialogs.explanation import Explanation
from rnntui.tui.dialogs.help import Help
from rnntui.tui.gate.screen import GateScreen
from rnntui.tui.home.app import HomeApp
from rnntui.tui.sweep.failures import Failures
from rnntui.tui.sweep.screen import SweepScreen
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.writing_room.choose_unit import ChooseUnit
from rnntui.tui.writing_room.prompts import Prompts
from rnntui.tui.writing_room.screen import WritingRoom
from rnntui.tui.writing_room.sources import checkpoint
from rnntui.tui.writing_room.time_machine import TimeMachine
from rnntui.tui.writing_room.writing_thread import WritingThread

KEPT = ("escape", "i", "q", "question_mark")
SIZES = ((60, 16), (80, 24), (120, 36), (200, 60))


def of_palindrome(run: Run) -> RnntuiApp:
    return RnntuiApp([new_run(palindrome())], folder())


def of_text(run: Run) -> RnntuiApp:
    return RnntuiApp([new_run(palindrome()), new_run(text(Path("small.txt")))], folder())


def writing_room(run: Run) -> App[int]:
    return ViewerApp(WritingRoom([checkpoint(run, 3)], [Sampling(0.5)], Prompts(folder()), prompt="so"))


def prompting(run: Run) -> App[int]:
    return ViewerApp(WritingRoom([checkpoint(run, 3)], [Sampling(0.5)], Prompts(folder())))


def time_machine(run: Run) -> App[int]:
    return ViewerApp(TimeMachine(run, Sampling(0.0), "so", 0, 40))


def comparing(run: Run) -> App[int]:
    return ViewerApp(CompareScreen([run]))


def gate_studio(run: Run) -> App[int]:
    gate = Gate(5.0, 1.0, 0.5, 0.0)
    return ViewerApp(GateScreen(gate, stretch_for(gate)))


def all_runs(run: Run) -> App[int]:
    return HomeApp(folder())


def sweeping(run: Run) -> App[int]:
    return ViewerApp(SweepScreen(Pool(Sweep.open(folder(), "s", find("lengths")), 1)))


OPENED = {
    opening.__name__: opening
    for opening in (
        *(of_palindrome, of_text, writing_room, prompting, time_machine),
        *(comparing, gate_studio, all_runs, sweeping),
    )
}


@pytest.fixture(autouse=True)
def nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker is needed for a footer."""
    for worker in (TrainingSession, WritingThread):
        monkeypatch.setattr(worker, "start", lambda worker: None)
    monkeypatch.setattr(Pool, "poll", lambda pool: None)


def offered(screen: Screen[None]) -> dict[str, str]:
    """What could stand in the footer: the key that an entry sends, and the entry."""
    found: dict[str, tuple[str, str]] = {}
    for active in screen.active_bindings.values():
        if active.binding.show and not is_useless(screen, active):
            shown = f"{screen.app.get_key_display(active.binding)} {active.binding.description}"
            found.setdefault(active.binding.action, (active.binding.key, shown))
    return dict(found.values())


def last_row(screen: Screen[None]) -> str:
    return screen_text.rows(screen)[-1]


@pytest.mark.parametrize("open_app", OPENED.values(), ids=OPENED)
async def test_a_footer_has_whole_entries_the_way_out_and_the_help(
    open_app: Callable[[Run], App[int]], text_run: Run
) -> None:
    app = open_app(text_run)
    async with app.run_test(size=SIZES[0]) as pilot:
        for size in SIZES:
            await pilot.resize_terminal(*size)
            for _ in range(5):
                await pilot.pause()
            every = offered(app.screen)
            entries = [entry.key for entry in app.screen.query_one(Footer).query("FooterKey")]
            if len(entries) < len(every):
                every["question_mark"] = "? more"
            assert last_row(app.screen).strip() == " ".join(every[key] for key in entries)
            last = [key for key in ("i", "q", "question_mark") if key in every]
            assert entries[len(entries) - len(last) :] == last, "where one looks for them"
            assert {key for key in every if key in KEPT} <= set(entries)
            assert any(key in entries for key in ("q", "escape"))
            others = [key for key in every if key not in KEPT]
            shown = [key for key in entries if key not in KEPT]
            assert shown == others[: len(shown)], "what is dropped stands last"
            if len(shown) < len(others):
                longer = " ".join(every[key] for key in [*entries, others[len(shown)]])
                assert cell_len(longer) > size[0], "another one would have fit"


async def test_at_80_columns_a_new_run_is_offered_and_an_enlarged_pane_says_how_to_get_back(text_run: Run) -> None:
    app = of_text(text_run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "n new run" in last_row(app.screen)
        await pilot.press("m")
        await pilot.resize_terminal(60, 16)
        for _ in range(5):
            await pilot.pause()
        assert "esc all panes" in last_row(app.screen)


ASKED = {
    "number": (lambda: AskNumber("rate", "0.1"), "⏎ accept esc cancel"),
    "text": (lambda: AskText("feature", "a", str), "⏎ accept esc cancel"),
    "choice": (lambda: Choose("which", {"y": "go back", "2": "go on"}, otherwise="stay"), "y go back 2 go on esc stay"),
    "editor": (lambda: EditText("text", "a"), "^s take esc cancel"),
    "page": (lambda: Explanation("a page"), "esc close ? keys"),
    "page alone": (lambda: Explanation("a page", has_keys=False), "esc close"),
    "keys": (lambda: Help([]), "⏎ run esc close"),
    "unit": (lambda: ChooseUnit(None, lambda: "reading"), "⏎ shade by it esc cancel"),
    "failures": (lambda: Failures([]), "esc close"),
    "palette": (CommandPalette, ""),
}


@pytest.mark.parametrize("size", [(60, 16), (120, 36)])
@pytest.mark.parametrize(("dialog", "keys"), ASKED.values(), ids=ASKED)
async def test_a_dialog_has_its_own_keys_in_place_of_those_that_do_nothing_while_it_is_open(
    dialog: Callable[[], Screen[object]], keys: str, size: tuple[int, int], text_run: Run
) -> None:
    app = of_palindrome(text_run)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        before = last_row(app.screen)
        assert "l rate" in before
        app.push_screen(dialog())
        for _ in range(5):
            await pilot.pause()
        assert last_row(app.screen).strip() == keys or not (keys or "l rate" in last_row(app.screen))
        await pilot.press("escape")
        for _ in range(5):
            await pilot.pause()
        assert last_row(app.screen) == before


@pytest.mark.parametrize("size", SIZES)
async def test_while_one_types_the_footer_says_what_enter_and_escape_do(text_run: Run, size: tuple[int, int]) -> None:
    for app, enter in ((of_text(text_run), "ask"), (writing_room(text_run), "write")):
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.press("slash")
            for _ in range(5):
                await pilot.pause()
            assert last_row(app.screen).split("esc ")[0] == f"⏎ {enter} "
            assert "esc back to the keys" in last_row(app.screen)


async def test_a_footer_is_made_once_for_a_width(text_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    compose = Keys.compose

    def counted(footer: Keys) -> ComposeResult:
        yield from compose(footer)
        made.append(footer.app.size.width)

    monkeypatch.setattr(Keys, "compose", counted)
    app = of_text(text_run)
    async with app.run_test(size=(80, 24)) as pilot:
        for width in (60, 120):
            await pilot.pause()
            made.clear()
            await pilot.resize_terminal(width, 24)
            for _ in range(20):
                await pilot.pause()
            assert made == [width]


class OfAWidget(Static, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("b", "do", "of the widget", tooltip="Of the widget")]

    def action_do(self) -> None: ...


class Useless(LabScreen[None]):
    """Its own action does nothing now; one of a widget has the same name."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "do", "of the screen", tooltip="Of the screen")]

    def compose(self) -> ComposeResult:
        yield OfAWidget()

    def why_useless(self, action: str) -> str:
        return "it cannot be done"


async def test_the_palette_leaves_out_what_is_useless_of_the_screen_alone() -> None:
    app = ViewerApp(Useless())
    async with app.run_test() as pilot:
        await pilot.pause()
        offered = {command.help for command in bound_commands(app, app.screen)}
        assert "Of the widget" in offered
        assert "Of the screen" not in offered
