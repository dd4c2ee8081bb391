"""Words on the screens: none bypasses what makes them safe, and what is pasted is kept whole or said to be cut."""

import ast
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import screen_text
from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input
from tiny import new_run, palindrome, text, wait_for_screen

import rnntui.tui
from rnntui.core.kernels import loop
from rnntui.runs import Run, folder
from rnntui.runs.history import Column
from rnntui.runs.status import RunStatus
from rnntui.sessions.contract import Answer, TrainingSample
from rnntui.sessions.training import TrainingSession
from rnntui.text import format
from rnntui.text.sanitize import is_seen
from rnntui.tui.base.labels import one_line
from rnntui.tui.base.line import LONGEST, LineInput
from rnntui.tui.base.themes import ThemedApp
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.chart.drawing import draw
from rnntui.tui.chart.series import Chart, Series, SeriesStyle
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.compare.standings import Standings
from rnntui.tui.dialogs.edit_text import LONGEST as LONGEST_TEXT
from rnntui.tui.dialogs.edit_text import Editor
from rnntui.tui.training import task_pane
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.training.course import SampleCourse
from rnntui.tui.training.generation import Generation
from rnntui.tui.training.panes import grid
from rnntui.tui.training.progress import progress
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.training.text_panes import TextPanes
from rnntui.tui.training.verdict import fitting, verdict
from rnntui.tui.training.what_next import card, harder_than
from rnntui.tui.writing_room.prompt_line import PromptLine
from rnntui.tui.writing_room.prompts import Prompts

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")

TUI = Path(rnntui.tui.__file__).parent
LABELS = TUI / "base" / "labels.py"
TITLES = ("border_title", "border_subtitle")
SAFE = ("one_line", "content", "styled")
HOSTILE = "cells:[bold]\x1b]52;c;aGk=\x07\u202eX"


@pytest.fixture
def nothing_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingSession, "start", lambda session: None)


# --- none bypasses what makes words safe ------------------------------------------------------------------------------


def written() -> Iterator[tuple[str, ast.AST]]:
    """All that is written in the modules of the screens, but for the one that makes words safe."""
    for path in sorted(TUI.rglob("*.py")):
        if path != LABELS:
            yield from (
                (str(path.relative_to(TUI)), node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            )


def called(node: ast.AST) -> str:
    """The name of what is called, `""` where it is no call."""
    function = node.func if isinstance(node, ast.Call) else None
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def test_no_screen_makes_a_text_of_its_own() -> None:
    made = [(name, called(node)) for name, node in written()]
    assert [call for call in made if call[1] in ("Content", "Static", "Label", "from_markup")] == []
    assert ("training/task_pane.py", "Words") in made


def pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is assigned to what, each of a row of targets by itself."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=True)
        else:
            yield target, node.value


def test_every_title_is_one_line_of_safe_text_or_stands_in_the_program() -> None:
    titles = [
        (name, value)
        for name, node in written()
        if isinstance(node, ast.Assign)
        for target, value in pairs(node)
        if getattr(target, "attr", "") in TITLES
    ]
    assert len(titles) >= 8
    assert [
        target for target, value in titles if not isinstance(value, ast.Constant) and called(value) not in SAFE
    ] == []


@pytest.mark.usefixtures("nothing_trains")
async def test_the_name_of_a_cell_is_no_markup_and_no_command_in_a_title_and_in_a_note() -> None:
    title = one_line(format.title(replace(palindrome(), cell=HOSTILE), "")).plain
    assert "[BOLD]" in title.upper()
    assert all(map(is_seen, title))
    app = RnntuiApp([new_run(palindrome())], folder())
    async with app.run_test(size=(80, 24)) as pilot:
        app.notify(HOSTILE)
        await wait_for_screen(pilot, lambda: len(screen_text.notices(app)) == 1)
        (message,) = screen_text.notices(app)
        assert "[bold]" in message
        assert all(map(is_seen, message))


# --- what is pasted ---------------------------------------------------------------------------------------------------


class Bench(ThemedApp[None]):
    """A widget by itself."""

    def __init__(self, widget: LineInput | Editor) -> None:
        super().__init__()
        self.widget, self.said, self.sent = widget, list[str](), list[str]()

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_mount(self) -> None:
        self.widget.focus()

    def notify(self, message: str, **_: object) -> None:  # type: ignore[override]
        self.said.append(message)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.sent.append(event.value)


@asynccontextmanager
async def pasted(widget: LineInput | Editor, words: str) -> AsyncIterator[tuple[Bench, Pilot[None]]]:
    app = Bench(widget)
    async with app.run_test(size=(60, 16)) as pilot:
        app.post_message(events.Paste(words))
        whole = widget.value if isinstance(widget, LineInput) else widget.text
        await wait_for_screen(pilot, lambda: (widget.value if isinstance(widget, LineInput) else widget.text) != whole)
        yield app, pilot


@pytest.mark.parametrize("kind", ["seed", "prompt"])
async def test_pasted_lines_are_kept_shown_as_arrows_and_sent_whole(kind: str) -> None:
    line = LineInput(newline="\n") if kind == "seed" else PromptLine(Prompts(folder()))
    async with pasted(line, "one\r\ntwo\nthree") as (app, pilot):
        assert "one↵two↵three" in line.render_line(0).text
        await pilot.press("enter")
        assert (app.sent, app.said) == (["one\ntwo\nthree"], [])


async def test_of_lines_pasted_where_one_goes_the_first_is_taken_and_said() -> None:
    async with pasted(LineInput(), "\nfirst\nsecond\n") as (app, _):
        assert isinstance(app.widget, LineInput)
        assert app.widget.value == "first"
        assert app.said == ["of 2 lines pasted only the first is used"]


async def test_a_line_of_100_kilobytes_is_cut_and_the_cut_is_told() -> None:
    async with pasted(LineInput(), "x" * 100_000) as (app, _):
        assert isinstance(app.widget, LineInput)
        assert app.widget.value == "x" * LONGEST
        assert app.said == ["a line holds at most 10,000 characters: the last 90,000 pasted are left out"]


async def test_a_text_that_is_edited_is_bounded_and_the_cut_is_told() -> None:
    async with pasted(Editor("ab\n"), "y\n" * (LONGEST_TEXT // 2)) as (app, _):
        assert isinstance(app.widget, Editor)
        assert len(app.widget.whole_text) == LONGEST_TEXT
        assert app.said == ["a text here holds at most 100,000 characters: the last 3 pasted are left out"]


# --- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([0.0, 0.0, 0.0], "no value above 0: L switches to a linear scale"),
        ([float("nan")] * 3, "no finite value here"),
    ],
)
def test_a_logarithmic_chart_without_a_line_says_why(values: list[float], why: str) -> None:
    column = Column()
    for step, value in enumerate(values):
        column.append(step, value)
    picture = draw(Chart("loss", (Series("training", column),), (), (), SeriesStyle(log=True)), 70, 12)
    assert picture is not None
    assert any(why in "".join(words for words, _ in runs) for runs in picture.runs())


@pytest.mark.usefixtures("nothing_trains")
async def test_samples_and_answers_stand_in_the_order_of_steps_and_leading_blanks_are_seen(corpus: Path) -> None:
    app = RnntuiApp([new_run(text(corpus))], folder())
    async with app.run_test(size=(80, 24)) as pilot:
        session = app.laboratory.sessions[0]
        session.samples += (TrainingSample(700, "seven", 0.0), TrainingSample(800, "  eight", 0.0))
        session.answers.append(Answer("why", 0.5, step=717, text=" so", is_done=True))
        generation = app.laboratory.query_one(Generation)

        def shown() -> list[list[str]]:
            return [line.plain.split() for line in generation.lines]

        expected = ["700 temperature 0 seven", "717 answer at 0.5 why so", "800 temperature 0 ␣␣eight"]
        await wait_for_screen(pilot, lambda: [" ".join(words) for words in shown()] == expected)


@pytest.mark.usefixtures("nothing_trains")
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_an_answer_without_room_is_followed_while_it_is_written_and_then_read_from_its_prompt_on(
    corpus: Path, size: tuple[int, int]
) -> None:
    app = RnntuiApp([new_run(text(corpus))], folder())
    async with app.run_test(size=size) as pilot:
        (session,) = app.laboratory.sessions
        generation = app.laboratory.query_one(Generation)

        def shows(*words: str, but: str = "nothing") -> bool:
            dump = screen_text.dump(app.screen)
            return all(word in dump for word in words) and but not in dump

        answer = Answer("He did not", 0.5, step=717, text=" and again" * 100)
        session.answers.append(answer)
        await wait_for_screen(pilot, lambda: shows("again▌", but="He did not"))
        answer.text, answer.is_done = f"{answer.text} the end", True
        await wait_for_screen(pilot, lambda: shows("He did not", "more rows · PgDn", but="the end"))
        session.samples += (TrainingSample(800, "eight", 0.0),)
        newest = "eight" if size[0] == 80 else "the end"  # else samples have a pane of their own
        await wait_for_screen(pilot, lambda: generation.lines[-1].plain.endswith(newest))
        await wait_for_screen(pilot, lambda: shows("He did not", but="the end"))
        while generation.scroll_offset.y < generation.max_scroll_y:
            await pilot.press("pagedown")
        await wait_for_screen(pilot, lambda: shows("the end", but="more row"))
        session.samples += (TrainingSample(850, "eight", 0.0),)
        app.laboratory.query_one(TextPanes).poll()
        assert generation.scroll_offset.y == generation.max_scroll_y, "one follows again"
        await pilot.press("pageup")
        await wait_for_screen(pilot, lambda: shows("more row", but="the end"))
        await pilot.press("slash", *"Then", "enter")
        session.answers.append(Answer("Then", 0.5, step=900, text=" so", is_done=True))
        await wait_for_screen(pilot, lambda: shows("Then so", but="more row"))


@pytest.mark.usefixtures("nothing_trains")
async def test_v_shades_the_samples_by_surprisal_unless_the_gates_are_shown(corpus: Path) -> None:
    app = RnntuiApp([new_run(text(corpus))], folder())
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        (session,) = app.laboratory.sessions
        session.samples = (TrainingSample(100, "abc", 0.5, (0.1, 9.0, 2.5)),)
        course = app.laboratory.query_one(SampleCourse)
        await wait_for_screen(pilot, lambda: "abc" in screen_text.dump(app.screen))
        await pilot.press("v")
        assert course.shades == [[0, 7, 3]]
        await wait_for_screen(pilot, lambda: "shaded by surprisal" in screen_text.dump(app.screen))
        await pilot.press("v")
        assert course.shades == [[0, 0, 0]]
        session.views = ("gates",)
        await pilot.press("G", "v")
        assert course.shades == [[0, 0, 0]], "the key is that of the gates"
        await pilot.press("g")
        await pilot.resize_terminal(80, 24)
        await wait_for_screen(pilot, lambda: "generation" in screen_text.dump(app.screen))
        await pilot.press("v")
        await wait_for_screen(pilot, lambda: "shaded by surprisal" in screen_text.dump(app.screen))


@pytest.mark.usefixtures("nothing_trains")
async def test_v_says_that_there_is_nothing_to_shade_where_no_network_writes() -> None:
    app = RnntuiApp([new_run(palindrome())], folder())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.laboratory.sessions[0].views = ("gates",)
        await pilot.press("v")
        await wait_for_screen(pilot, lambda: "no gates are shown yet" in screen_text.dump(app.screen))


@pytest.mark.usefixtures("nothing_trains")
@pytest.mark.parametrize(
    ("width", "why", "said"),
    [
        (80, "", "lr 0.002 · ‖∇‖ 0.28 · 19.9k parameters "),
        (60, "", "lr 0.002 · ‖∇‖ 0.28 · 19.9k parameters "),
        (
            120,
            "torch has none for Own",
            "lr 0.002 · no fast kernel: torch has none for Own · ‖∇‖ 0.28 · 19.9k parameters ",
        ),
        (60, "torch has no kernel for a cell like Own", "lr 0.002 · no fast kernel (i: why) · ‖∇‖ 0.28"),
        (120, "it was not built", "lr 0.002 · kernel oneDNN: it was not built · ‖∇‖ 0.28 · 19.9k parameters "),
    ],
)
async def test_a_fast_kernel_is_not_named_and_why_there_is_none_stands_early(width: int, why: str, said: str) -> None:
    app = RnntuiApp([new_run(palindrome(), "mine")], folder())
    async with app.run_test(size=(width, 24)) as pilot:
        (session,) = app.laboratory.sessions
        running = replace(session.status.run, state="running", steps_per_second=90.0)
        kernel = "oneDNN" if "built" in why else task_pane.LOOP if why else "compiled, AVX2"
        assert loop.NAME == task_pane.LOOP
        session.status = replace(
            session.status,
            run=running,
            sentence="",
            learning_rate=0.002,
            gradient_norm=0.28,
            kernel=kernel,
            kernel_why=why,
            device="cpu",
            parameters=19_850,
        )
        await wait_for_screen(pilot, lambda: said in screen_text.dump(app.screen))
        assert "screen" not in screen_text.dump(app.screen).splitlines()[0]
        page = app.laboratory.about_page()
        assert f"cpu, kernel {kernel}{f' ({why})' if why else ''}; drawing this screen takes " in page


@pytest.mark.usefixtures("nothing_trains")
@pytest.mark.parametrize("state", ["finished", "running", "diverged"])
async def test_words_of_a_pane_are_chosen_anew_where_its_size_changes(state: Any) -> None:
    app = RnntuiApp([new_run(palindrome(), "mine")], folder())
    async with app.run_test(size=(200, 50)) as pilot:
        (session,) = app.laboratory.sessions
        session.curves.loss.append(1, 2.0)
        session.baselines = {"chance": (2.3, 0.1)}
        reached = replace(session.status.run, state=state, step=9_000, steps=10_000, seconds=41.0, accuracy=1.0)
        session.status = replace(session.status, sentence="", run=replace(reached, solved_at=132))
        pane = app.laboratory.selected()
        await wait_for_screen(pilot, lambda: "solved at 132" in screen_text.dump(app.screen))

        def is_fitted() -> bool:
            width = pane.verdict.size.width
            said = " · ".join(part.words for part in fitting(verdict(session), width))
            return width == pane.size.width - 2 and str(pane.verdict.render()) == said and len(said) <= width

        for size in ((60, 16), (200, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            await wait_for_screen(pilot, is_fitted)


@pytest.mark.usefixtures("nothing_trains")
@pytest.mark.parametrize("count", [3, 4])
async def test_three_and_four_runs_of_one_task_are_all_seen_at_120_by_36(count: int) -> None:
    app = RnntuiApp([new_run(palindrome()) for _ in range(count)], folder())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        panes = list(app.laboratory.query(TaskPane))
        assert all(pane.display for pane in panes)
        assert len({(pane.region.x, pane.region.y) for pane in panes}) == count
        assert all(pane.loss.size.height >= 3 and pane.accuracy.size.height >= 3 for pane in panes)


@pytest.mark.usefixtures("nothing_trains")
async def test_the_charts_of_runs_of_one_task_share_their_axes_while_both_are_seen(corpus: Path) -> None:
    app = RnntuiApp([new_run(palindrome(), "a"), new_run(palindrome(), "b"), new_run(text(corpus), "t")], folder())
    async with app.run_test(size=(160, 45)) as pilot:
        a, b, other = app.laboratory.panes.all
        for pane, ends in ((a, (2.0, 1e-3)), (b, (2.0, 0.1)), (other, (5.0, 4.0))):
            pane.session.curves.loss.extend(range(1, 101), [ends[0]] * 50 + [ends[1]] * 50)
            pane.loss.smoothing = 1
        await wait_for_screen(pilot, lambda: b.loss.is_log and a.loss.is_log)
        await wait_for_screen(pilot, lambda: a.loss.picture.values == b.loss.picture.values)
        assert not other.loss.is_log
        await pilot.resize_terminal(60, 16)
        app.laboratory.action_choose(1)
        await wait_for_screen(pilot, lambda: not b.loss.is_log)


def long_names() -> list[Run]:
    return [new_run(palindrome(), f"{'a-long-name-' * 7}lstm-seed-{k}") for k in (1, 2)]


async def test_a_long_name_leaves_room_for_the_other_columns_of_a_comparison_and_keeps_its_end() -> None:
    app = ViewerApp(CompareScreen(long_names()))
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.screen.query_one(Standings)
        await wait_for_screen(pilot, lambda: table.row_count == 2)
        names = [table.get_row_at(k)[1].plain for k in range(2)]
        assert [len(name) for name in names] == [24, 24]
        assert [name[-6:] for name in names] == ["seed-1", "seed-2"]
        assert all("…" in name for name in names)


def card_of(session: TrainingSession, width: int, rows: int) -> list[str]:
    return "".join(words for words, _ in card(session, width, rows)).split("\n")


@pytest.mark.parametrize("name", ["short", f"{'a-long-name-' * 6}lstm-seed-1"])
@pytest.mark.parametrize("width", [36, 56, 76, 116, 196])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_the_card_of_a_finished_run_says_where_it_is_and_what_to_press_and_cuts_no_command(
    name: str, width: int, rows: int, corpus: Path
) -> None:
    for settings in (palindrome(), text(corpus)):
        session = TrainingSession(new_run(settings, f"{name}-{settings.task}"), serves=False)
        session.views = ("horizon",)
        told = card_of(session, width, rows)
        assert len(told) <= rows
        assert max(map(len, told)) <= max(width, 45)
        assert told[0].startswith("kept as ")
        assert all(line.count("`") % 2 == 0 for line in told)
        if width >= 76 and rows == 3 and name == "short":
            assert "n another run" in told[0]
            assert any("`rnntui compare short-" in line for line in told)
        if rows * width >= 150:
            assert "q quit" in " ".join(told)


def test_the_card_names_the_folder_where_that_is_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    session = TrainingSession(Run.create(Path("runs"), "mine", palindrome()), serves=False)
    assert card_of(session, 76, 1)[0].startswith("kept in runs/mine · ")


def test_the_card_offers_what_is_twice_as_long_and_tells_first_that_nothing_was_learned() -> None:
    session = TrainingSession(new_run(palindrome(), "wild"), serves=False)
    session.status = replace(session.status, remark="worse than guessing, whose loss is 2.3 nats")
    assert card(session, 48, 1) == [("worse than guessing, whose loss is 2.3 nats", "bold $error")]
    assert card_of(session, 64, 2)[0] == "worse than guessing, whose loss is 2.3 nats · kept as wild"
    solved = replace(session.status, remark="", run=replace(session.status.run, solved_at=132))
    session.status = solved
    assert "n twice as long?" in card_of(session, 76, 2)[0]


def test_the_card_says_what_a_run_came_to_as_far_as_the_rest_leaves_room(corpus: Path) -> None:
    session = TrainingSession(new_run(palindrome(), "mine"), serves=False)
    reached = {"solved_at": 505, "accuracy": 1.0, "seconds": 52.0, "best_loss": 0.0123, "best_step": 1_500}
    session.status = replace(session.status, run=replace(session.status.run, state="finished", **reached))
    assert card_of(session, 66, 3)[0] == "✓ solved at 505 · best checkpoint 0.0123 nats · kept as mine"
    assert card_of(session, 56, 1) == ["kept as mine · n twice as long? · c compare · q quit"]
    session.status = replace(session.status, remark="a remark")
    assert card_of(session, 60, 3)[0] == "a remark · ✓ solved at 505 · best checkpoint 0.0123 nats"
    session.status = replace(session.status, run=replace(session.status.run, accuracy=0.5))
    told = " ".join(card_of(session, 76, 3))
    assert "solved at" not in told, "it lost it again"
    assert "n another run" in told, "what it cannot do is not offered at twice the length"


def test_what_is_worse_than_guessing_is_not_offered_twice_as_long() -> None:
    session = TrainingSession(new_run(palindrome(), "wild"), serves=False)
    session.baselines = {"chance": (2.3, 0.1)}
    reached = replace(session.status.run, state="finished", solved_at=132, accuracy=1.0, loss=5.0)
    session.status = replace(session.status, run=reached)
    assert "n another run" in " ".join(card_of(session, 76, 3))
    assert harder_than(session.settings, replace(reached, guess=2.3)) is None
    assert harder_than(session.settings, replace(reached, guess=2.6)) is not None


def test_the_card_names_no_best_checkpoint_that_is_worse_than_guessing() -> None:
    session = TrainingSession(new_run(palindrome(), "wild"), serves=False)
    session.baselines = {"chance": (2.3, 0.1)}
    reached = replace(session.status.run, state="finished", loss=1e30, best_loss=1.24e30, best_step=40)
    session.status = replace(session.status, run=reached)
    assert "best checkpoint" not in " ".join(card_of(session, 116, 3))
    session.status = replace(session.status, run=replace(reached, best_loss=0.5))
    assert "best checkpoint 0.5 nats" in " ".join(card_of(session, 116, 3))


class OnePane(ThemedApp[None]):
    def __init__(self, session: TrainingSession) -> None:
        super().__init__()
        self.pane = TaskPane(session)

    def compose(self) -> ComposeResult:
        yield self.pane


async def test_a_card_follows_the_width_of_its_own_place() -> None:
    session = TrainingSession(new_run(palindrome(), "palindrome-lstm-1"), serves=False)
    session.status = replace(session.status, run=replace(session.status.run, state="finished", step=9, steps=9))
    app = OnePane(session)
    async with app.run_test(size=(120, 36)) as pilot:
        words = app.pane.words
        app.pane.words.styles.height = 3
        for width in (118, 58, 118):
            words.styles.width = width
            await wait_for_screen(pilot, lambda width=width: words.size.width == width - 2)
            app.pane.poll()
            assert ("shows its curves" in str(words.render())) == (width == 118)
            assert all(len(line) <= width - 2 for line in str(words.render()).split("\n"))


@pytest.mark.usefixtures("nothing_trains")
async def test_a_finished_run_has_a_line_of_what_to_do_on_the_smallest_screen() -> None:
    app = RnntuiApp([new_run(palindrome(), "mine")], folder())
    async with app.run_test(size=(60, 16)) as pilot:
        (session,) = app.laboratory.sessions
        session.status = replace(session.status, run=replace(session.status.run, state="finished", step=9, steps=9))
        words = app.laboratory.query_one(TaskPane).words
        await wait_for_screen(pilot, lambda: words.size.height == 1 and "n another run" in str(words.render()))
        assert str(words.render()).startswith("kept as mine · n another run")


@pytest.mark.parametrize("width", [20, 36, 76, 196])
@pytest.mark.parametrize("state", ["running", "paused", "finished", "diverged", "loading"])
def test_the_gauge_is_as_long_as_there_is_room_and_full_at_the_end_alone(width: int, state: Any) -> None:
    lengths = []
    for step in (0, 1, 4_999, 9_999, 10_000):
        run = RunStatus("mine", state, step=step, steps=10_000, steps_per_second=123.4, seconds=41.0)
        pieces = progress(run, width)
        assert sum(len(words) for words, _ in pieces) <= width - 4
        told = pieces[-1][0]
        assert f"{step:,}/10,000"[: width - 4] in told or told.startswith(f" {format.count(step)}/10k ·")
        if width >= 76 or (width >= 36 and state != "finished"):
            done, left = pieces[0][0], pieces[1][0]
            lengths.append(len(done) / (len(done) + len(left)))
            assert set(done) <= set("━╸")
            assert set(left) <= {"─"}
            assert (done == "━" * len(done) and not left) == (step == 10_000)
            assert pieces[0][1] == ("$error" if state == "diverged" else "$training")
    assert lengths == sorted(lengths)


ENDS = ("palindrome", format.network(palindrome()), f"length {palindrome().length}")  # of a pane's title


@pytest.mark.usefixtures("nothing_trains")
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_panes_of_one_task_are_told_apart_by_their_names(size: tuple[int, int]) -> None:
    runs = [new_run(palindrome(), "short"), *long_names()]
    app = RnntuiApp(runs, folder())
    async with app.run_test(size=size) as pilot:
        await wait_for_screen(pilot, lambda: all(pane.border_title for pane in app.laboratory.panes.all))
        await pilot.pause()
        names = [str(pane.border_title).partition(" · palindrome")[0] for pane in app.laboratory.panes.all]
        assert names[0] == "short"
        assert all("…" in name for name in names[1:])
        assert len(set(names)) == 3
        assert all(str(pane.border_title).split(" · ")[-1] in ENDS for pane in app.laboratory.panes.all), "none is cut"
        shown = "".join(screen_text.rows(app.screen))
        assert all(str(pane.border_title) in shown for pane in app.laboratory.panes.all if pane.display)
        assert sum(name in shown for name in names) == sum(pane.display for pane in app.laboratory.panes.all)


@pytest.mark.parametrize(
    ("count", "room", "laid"),
    [
        (5, (200, 57), (3, 2)),
        (5, (200, 39), (3, 2)),  # with what a text network writes below
        (4, (200, 57), (2, 2)),
        (6, (200, 57), (3, 2)),
        (3, (200, 57), (3, 1)),
        (3, (160, 42), (3, 1)),
        (2, (120, 33), (2, 1)),
        (3, (120, 33), (3, 1)),
        (2, (80, 21), (2, 1)),
        (3, (60, 13), (1, 1)),
    ],
)
def test_panes_are_wide_in_two_rows_rather_than_narrow_in_one(
    count: int, room: tuple[int, int], laid: tuple[int, int]
) -> None:
    assert grid(count, *room) == laid


async def test_a_step_of_one_chart_of_a_pane_stands_below_the_same_step_of_the_other() -> None:
    session = TrainingSession(new_run(palindrome(), "mine"), serves=False)
    for step in range(1, 400):
        session.curves.loss.append(step, 2.3 * 0.94**step)
        session.curves.accuracy.append(step, 1 - 0.94**step)
    session.status = replace(session.status, run=replace(session.status.run, state="running", step=399, steps=400))
    app = OnePane(session)
    async with app.run_test(size=(120, 36)) as pilot:
        app.pane.view(log=None, zoom=1.0, smoothing=0.02)
        await wait_for_screen(pilot, lambda: app.pane.poll() or (app.pane.loss.picture and app.pane.accuracy.picture))

        def frames() -> set[tuple[int, int]]:
            app.pane.poll()
            pictures = [plot.picture for plot in (app.pane.loss, app.pane.accuracy)]
            return {(picture.frame.left, picture.frame.columns) for picture in pictures if picture is not None}

        await wait_for_screen(pilot, lambda: len(frames()) == 1)
        assert app.pane.loss.picture is not None
        assert app.pane.loss.picture.frame.left > 5, "the labels of its axis are longer than those below"
