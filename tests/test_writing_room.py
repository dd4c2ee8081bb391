"""The writing room as it is used: what is typed is written on every page, and every key does what it says."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from test_writing_thread import COLD, PROMPT, written
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea
from tiny import new_run, palindrome, text, wait_for_screen

from rnntui.runs import Run, folder
from rnntui.runs.networks import NetworkSpec
from rnntui.runs.writers import Sampling, WriterSpec, check_writers
from rnntui.sessions.training import TrainingSession
from rnntui.tui.base.themes import ThemedApp
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.dialogs.ask_text import AskText
from rnntui.tui.dialogs.edit_text import EditText
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.training.screen import Laboratory
from rnntui.tui.writing_room import questions
from rnntui.tui.writing_room.figures_table import FiguresTable
from rnntui.tui.writing_room.heading import WritingHeading
from rnntui.tui.writing_room.prompts import Prompts
from rnntui.tui.writing_room.questions import Question
from rnntui.tui.writing_room.screen import WritingRoom
from rnntui.tui.writing_room.shade_scale import Scale, ShadeScale
from rnntui.tui.writing_room.sources import checkpoint
from rnntui.tui.writing_room.time_machine import TimeMachine
from rnntui.tui.writing_room.titles import fitted, within

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")


@asynccontextmanager
async def writing_room(
    *runs: Run, samplings: list[Sampling] | None = None, size: tuple[int, int] = (80, 24), **how: Any
) -> AsyncIterator[tuple[Pilot[int], WritingRoom]]:
    """The writing room with the newest network of each run, writing at once."""
    how = {"length": 60, **how}
    screen = WritingRoom([checkpoint(run) for run in runs], samplings or [COLD] * len(runs), Prompts(folder()), **how)
    screen.writing_thread.pace = math.inf
    app = ViewerApp(screen)
    async with app.run_test(size=size) as pilot:
        yield pilot, screen
    screen.writing_thread.stop()
    assert screen.writing_thread.join(30)
    assert app.failure is None


async def done(pilot: Pilot[int], screen: WritingRoom) -> None:
    """Wait until every page is written, and the screen shows it: keys go by what is shown."""

    def shows_all() -> bool:
        pages = screen.writing_thread.pages
        return all(
            page.phase == "done" and view.page is page for page, view in zip(pages, screen.pages.views, strict=True)
        )

    await wait_for_screen(pilot, shows_all)


async def typed(pilot: Pilot[int], words: str) -> None:
    await pilot.press(
        *({" ": "space", "-": "minus", ".": "full_stop"}.get(character, character) for character in words)
    )


async def answer(pilot: Pilot[int], key: str, words: str) -> None:
    """Press a key that asks, and answer."""
    await pilot.press(key)
    await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, AskText) and pilot.app.screen.query(Input))
    pilot.app.screen.query_one(Input).value = words
    await pilot.press("enter")


async def hinted(pilot: Pilot[int], words: str) -> None:
    """Wait until the box says these words below its line."""
    await wait_for_screen(pilot, lambda: words in str(pilot.app.screen.query_one(".hint", Static).content))


def shown(screen: WritingRoom) -> list[str]:
    return [page.text for page in screen.writing_thread.pages]


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_the_time_machine_shortens_a_long_name_before_prompt_temperature_or_seed(width: int) -> None:
    class Bare(ThemedApp[None]):
        def compose(self) -> ComposeResult:
            yield WritingHeading()

    title = f"{'long-name-of-a-run-' * 5} · 'green' · temp 0.5 · seed 0 · 200 characters"
    async with Bare().run_test(size=(width, 24)) as pilot:
        heading = pilot.app.query_one(WritingHeading)
        heading.say(["time machine"], Scale(), width, title)
        said = str(heading.query_one("#heading", Static).content)
        assert said.startswith(" time machine · long-")
        assert "…" in said
        assert "temp 0.5" in said
        assert width < 80 or all(part in said for part in ("'green'", "seed 0"))
        assert len(said) <= width


async def test_a_typed_prompt_is_continued_on_every_page_as_the_network_does_alone(text_run: Run) -> None:
    warm = Sampling(2.0)
    async with writing_room(text_run, text_run, samplings=[COLD, warm]) as (pilot, screen):
        await typed(pilot, PROMPT)  # the line is where one begins
        await pilot.press("enter")
        await done(pilot, screen)
        assert shown(screen) == [PROMPT + written(text_run, PROMPT, 60), PROMPT + written(text_run, PROMPT, 60, warm)]
        assert not isinstance(screen.focused, Input)
        await pilot.press("slash", "up")
        assert screen.query_one("#prompt", Input).value == PROMPT
        await pilot.press("down", "escape")
        assert screen.query_one("#prompt", Input).value == ""
    assert Prompts(folder()).newest == PROMPT


async def test_a_prompt_of_the_command_is_written_at_once_and_another_seed_writes_anew(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, seed=4, stop_at="") as (pilot, screen):
        await done(pilot, screen)
        assert shown(screen) == [PROMPT + written(text_run, PROMPT, 60, seed=4)]
        await pilot.press("greater_than_sign")
        await wait_for_screen(pilot, lambda: shown(screen) == [PROMPT + written(text_run, PROMPT, 60, seed=5)])
        assert "seed 5" in str(screen.query_one("#heading", Static).content)
        await pilot.press(
            "less_than_sign",
            "less_than_sign",
            "less_than_sign",
            "less_than_sign",
            "less_than_sign",
            "less_than_sign",
            "less_than_sign",
        )
        await wait_for_screen(pilot, lambda: shown(screen) == [PROMPT + written(text_run, PROMPT, 60)])


async def test_a_line_break_has_one_sign(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, stop_at="\n\n!", size=(140, 30)) as (pilot, screen):
        await done(pilot, screen)
        assert "stops at '↵↵!'" in str(screen.query_one("#heading", Static).content)
    machine = TimeMachine(text_run, COLD, "one\ntwo", 0, 20)
    async with ViewerApp(machine).run_test(size=(140, 30)) as pilot:
        await wait_for_screen(pilot, lambda: "'one↵two'" in str(machine.query_one("#heading", Static).content))


async def test_it_goes_back_to_the_cursor_and_writes_on_from_there(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT) as (pilot, screen):
        await done(pilot, screen)
        whole = shown(screen)[0]
        await pilot.press("ctrl+home", *["right"] * 20)
        await wait_for_screen(pilot, lambda: screen.writing_thread.glance is not None)
        await pilot.press("backspace")
        await wait_for_screen(pilot, lambda: shown(screen) == [whole[:20]])
        await pilot.press("space")
        await wait_for_screen(pilot, lambda: shown(screen)[0][: len(whole)] == whole)
        await pilot.press("ctrl+home", *["right"] * 18, "enter")
        await wait_for_screen(pilot, lambda: len(shown(screen)[0]) == 18 + 60)
        assert shown(screen)[0].startswith(whole)


async def test_an_edited_text_is_gone_on_with(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT) as (pilot, screen):
        await done(pilot, screen)
        await pilot.press("e")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, EditText))
        pilot.app.screen.query_one(TextArea).text = "trees"
        await pilot.press("f2")
        await wait_for_screen(pilot, lambda: shown(screen) == ["trees" + written(text_run, "trees", 60)])
        await pilot.press("e")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, EditText))
        await pilot.press("x", "escape")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen)
        assert shown(screen) == ["trees" + written(text_run, "trees", 60)]


async def test_keys_change_how_all_pages_draw_while_they_draw_alike(text_run: Run) -> None:
    async with writing_room(text_run, text_run) as (pilot, screen):
        await pilot.press("escape", "t", "plus", "plus")
        await wait_for_screen(pilot, lambda: screen.writing_thread.samplings == [Sampling(0.7)] * 2)
        await answer(pilot, "p", "1.5")
        await hinted(pilot, "top-p must be above 0")
        pilot.app.screen.query_one(Input).value = "0.9"
        await pilot.press("enter")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen)
        await answer(pilot, "E", "inf")
        await wait_for_screen(pilot, lambda: screen.writing_thread.samplings == [Sampling(math.inf, top_p=0.9)] * 2)
        screen.writing_thread.sample(0, COLD)
        screen.pages.views[1].focus()
        await wait_for_screen(pilot, lambda: screen.pages.selected == 1)
        await answer(pilot, "k", "5")
        await wait_for_screen(pilot, lambda: screen.writing_thread.samplings == [COLD, Sampling(math.inf, 5, 0.9)])


async def test_a_text_of_ones_own_is_only_read_where_the_length_is_0(text_run: Run) -> None:
    async with writing_room(text_run) as (pilot, screen):
        await pilot.press("escape")
        await answer(pilot, "N", "0")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen and screen.writing_thread.length == 0)
        await pilot.press("slash")
        await typed(pilot, PROMPT)
        await pilot.press("enter")
        await done(pilot, screen)
        assert shown(screen) == [PROMPT]
        assert math.isfinite(screen.writing_thread.pages[0].bits_given)
        assert math.isnan(screen.writing_thread.pages[0].bits_written)


async def test_a_text_is_saved_as_it_is_and_none_is_overwritten(text_run: Run, tmp_path: Path) -> None:
    there = tmp_path / "there.txt"
    there.write_text("mine")
    async with writing_room(text_run, prompt=PROMPT) as (pilot, screen):
        await done(pilot, screen)
        await pilot.press("s")
        await wait_for_screen(pilot, lambda: isinstance(pilot.app.screen, AskText) and pilot.app.screen.query(Input))
        assert pilot.app.screen.query_one(Input).value == "tiny-step-3-temp-0.4-seed-0.txt"
        pilot.app.screen.query_one(Input).value = str(there)
        await pilot.press("enter")
        await hinted(pilot, "exists already")
        pilot.app.screen.query_one(Input).value = str(tmp_path / "new.txt")
        await pilot.press("enter")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen)
        assert (tmp_path / "new.txt").read_text() == shown(screen)[0]
        assert there.read_text() == "mine"


async def test_it_writes_on_after_the_time_machine(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT) as (pilot, screen):
        screen.writing_thread.pace = 60.0
        await wait_for_screen(pilot, lambda: len(screen.writing_thread.pages[0].text) > len(PROMPT))
        await pilot.press("T")
        await wait_for_screen(
            pilot, lambda: isinstance(pilot.app.screen, TimeMachine) and not screen.writing_thread.is_writing
        )
        screen.writing_thread.pace = math.inf
        await pilot.press("escape")
        await done(pilot, screen)
        assert shown(screen) == [PROMPT + written(text_run, PROMPT, 60)]


async def test_without_a_length_the_pages_are_filled(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, length=None, size=(100, 30)) as (pilot, screen):
        await done(pilot, screen)
        width, height = screen.pages.views[0].size
        assert 0.7 * width * height < len(shown(screen)[0]) < width * height
        assert f"{screen.writing_thread.length:,} characters" in str(screen.query_one("#heading", Static).content)
        await answer(pilot, "N", "7")
        await wait_for_screen(pilot, lambda: pilot.app.screen is screen and screen.writing_thread.length == 7)


async def test_figures_are_a_table_where_there_is_room_and_stand_below_each_page_elsewhere(text_run: Run) -> None:
    async with writing_room(text_run, text_run, prompt=PROMPT, size=(120, 36)) as (pilot, screen):
        await done(pilot, screen)
        table, view = screen.query_one(FiguresTable), screen.pages.views[1]
        await wait_for_screen(pilot, lambda: "longest passage" in str(table.render()))
        rows = str(table.render()).splitlines()
        assert [row.split(" · ")[0] for row in rows[2:]] == ["tiny", "tiny"]
        bits = f"{screen.page.bits_written:.2f}"
        assert all(bits in row for row in rows[2:])
        assert table.display
        assert bits not in str(view.border_subtitle)
        await pilot.resize_terminal(120, 24)
        await wait_for_screen(pilot, lambda: not table.display and f"{bits} bits/char" in str(view.border_subtitle))


async def test_the_scale_in_the_heading_follows_the_shading(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT, size=(120, 36)) as (pilot, screen):
        await done(pilot, screen)
        scale, said = screen.query_one(ShadeScale), []
        for _ in range(4):
            said.append(str(scale.render()))
            assert scale.region.right == 120
            await pilot.press("v")
        assert [words.partition(":")[0].split(" ")[0] for words in said] == [
            "surprisal",
            "probability",
            "memory",
            "not",
        ]
        assert str(scale.render()) == said[0]


async def test_a_title_tells_how_the_text_was_drawn_and_how_it_goes_on(text_run: Run) -> None:
    async with writing_room(text_run, prompt=PROMPT) as (pilot, screen):
        await done(pilot, screen)
        await pilot.press("plus")
        await wait_for_screen(
            pilot, lambda: screen.writing_thread.pages[0].title == "tiny · step 3 · temp 0.4 → temp 0.5"
        )
        await pilot.press("greater_than_sign")
        await wait_for_screen(pilot, lambda: screen.writing_thread.pages[0].title == "tiny · step 3 · temp 0.5")


def test_titles_that_have_no_room_keep_what_tells_them_apart() -> None:
    titles = ["odyssey · step 20,000 · temp 0", "odyssey · step 20,000 · temp 0.5"]
    assert fitted(titles, 40) == ((), titles)
    assert fitted(titles, 20) == (("odyssey", "step 20,000"), ["temp 0", "temp 0.5"])
    assert fitted(["a · step 1 · T 1", "b · step 2 · T 1"], 10) == (("T 1",), ["a · step 1", "b · step 2"])
    assert fitted(["a long name · temp 1"] * 2, 8) == ((), ["a lo…ame"] * 2)
    assert fitted(["one · temp 1"], 9) == ((), ["one"])


@pytest.mark.parametrize(
    ("room", "told"),
    [
        (60, "txt2 · step 1,195, averaged weights · adapting · temp 0.5"),
        (50, "txt2 · step 1,195, averaged · adapting · temp 0.5"),
        (45, "txt2 · step 1,195 avg · adapting · temp 0.5"),
        (41, "txt2 · step 1,195 · adapting · temp 0.5"),
        (38, "txt2 · step 1,195 · temp 0.5"),
        (27, "txt2 · step 1,195"),
        (16, "txt2"),
        (3, "t…2"),
    ],
)
def test_a_title_is_cut_at_whole_parts_and_keeps_step_and_temperature_longest(room: int, told: str) -> None:
    title = "txt2 · step 1,195, averaged weights · adapting · temp 0.5"
    assert within(title, room) == told
    named = within(title.replace("txt2", "a-very-long-name-of-a-run"), max(room, 8) + 10)
    assert named.startswith("a-v")
    assert "…" in named.split(" · ")[0]
    assert cell_len(named) <= max(room, 8) + 10


async def test_a_prompt_that_cannot_be_read_is_a_sentence_below_its_page(text_run: Run) -> None:
    async with writing_room(text_run) as (pilot, screen):
        line = screen.query_one("#prompt", Input)
        line.value = "☃☃"
        await pilot.press("enter")
        await wait_for_screen(pilot, lambda: "none of its characters" in str(screen.pages.views[0].border_subtitle))


async def test_it_opens_from_the_training_screen_and_leads_back(corpus: Path) -> None:
    runs = [new_run(palindrome()), new_run(text(corpus, sample_every=0, validate_every=0))]
    app = RnntuiApp(runs, folder())
    async with app.run_test(size=(100, 30)) as pilot:
        sessions = app.laboratory.sessions
        await wait_for_screen(pilot, lambda: sessions[1].status.run.step > 2)
        await pilot.press("W")
        await wait_for_screen(pilot, lambda: isinstance(app.screen, WritingRoom))
        screen = app.screen
        assert isinstance(screen, WritingRoom)
        screen.writing_thread.pace = math.inf
        await typed(pilot, PROMPT)
        await pilot.press("enter")
        await wait_for_screen(pilot, lambda: screen.writing_thread.pages[0].phase == "done")
        reached = sessions[1].status.run.step
        await wait_for_screen(pilot, lambda: sessions[1].status.run.step > reached)
        await pilot.press("escape")
        await wait_for_screen(pilot, lambda: isinstance(app.screen, Laboratory))
        assert screen.writing_thread.join(30)
        end(sessions)


def end(sessions: list[TrainingSession]) -> None:
    for session in sessions:
        session.stop()
        assert session.join(30)


@pytest.mark.parametrize(
    ("question", "answer_", "value"),
    [
        (questions.of_sampling("temperature", COLD), "∞", math.inf),
        (questions.of_sampling("temperature", Sampling(math.inf)), None, math.inf),
        (questions.of_sampling("top_k", Sampling(0.5, 1_234_567)), None, 1_234_567),
        (questions.of_length(200), "0", 0),
        (questions.of_stop(".\n☃\\"), None, ".\n☃\\"),
        (questions.of_stop(""), "", ""),
        (questions.of_stop(""), "é…\\t", "é…\t"),
    ],
)
def test_an_answer_is_read_and_what_is_known_answers_for_itself(
    question: Question[Any], answer_: str | None, value: object
) -> None:
    assert question.read(question.known if answer_ is None else answer_) == value


@pytest.mark.parametrize(
    ("question", "answer_", "sentence"),
    [
        (questions.of_sampling("temperature", COLD), "-1", "^temperature must be 0"),
        (questions.of_sampling("top_p", COLD), "0", "^top-p must be above 0"),
        (questions.of_sampling("top_k", COLD), "2.5", "is not a whole number"),
        (questions.of_length(200), "-1", "from 0"),
        (questions.of_length(200), "many", "is not a whole number"),
        (questions.of_stop(""), "\\", "a backslash begins an escape"),
    ],
)
def test_an_answer_that_will_not_do_is_a_sentence(question: Question[Any], answer_: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        question.read(answer_)


def test_what_no_page_could_show_is_refused_before_the_screen(text_run: Run) -> None:
    check_writers([WriterSpec(NetworkSpec(text_run), COLD)], "☃" + PROMPT)
    with pytest.raises(ValueError, match="none of its characters"):
        check_writers([WriterSpec(NetworkSpec(text_run), COLD)], "☃☃")
    with pytest.raises(ValueError, match="--at: run 'tiny' has no checkpoint of step 77; it has 0, 2, 3"):
        check_writers([WriterSpec(NetworkSpec(text_run, 77), COLD)], "")
    other = new_run(palindrome())
    other.unlock()
    with pytest.raises(ValueError, match="was trained on palindromes, not text"):
        check_writers([WriterSpec(NetworkSpec(other), COLD)], "")
