"""The course of samples: one of each decade of steps and the newest, each in a row that fits."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from tiny import new_run, text

from rnntui.sessions.contract import Answer, TrainingSample
from rnntui.sessions.training import TrainingSession
from rnntui.tui.base.themes import ThemedApp
from rnntui.tui.training import long_answer
from rnntui.tui.training import screen as _keys  # noqa: F401  whose keys are named
from rnntui.tui.training.course import (
    SHORT_LABEL,
    SampleCourse,
    first_sample,
    one_row,
    rung,
    shared_rows,
    spans,
    spread,
)
from rnntui.tui.training.long_answer import READING_SECONDS, LongAnswer, WrittenEntry
from rnntui.tui.training.text_panes import TextPanes


def sample(step: int, words: str = "") -> TrainingSample:
    return TrainingSample(step, words or f"text of {step}", 0.5)


@pytest.mark.parametrize(
    ("step", "at"),
    [(0, 0), (1, 1), (4, 2), (9, 5), (10, 10), (99, 50), (100, 100), (1_999, 1_000), (2_000, 2_000)],
)
def test_rungs_are_1_2_and_5_times_powers_of_ten(step: int, at: int) -> None:
    assert rung(step) == at


@pytest.mark.parametrize("rows", range(1, 8))
def test_the_newest_is_always_shown_and_the_first_where_there_are_two_rows(rows: int) -> None:
    kept = [sample(step) for step in (1, 2, 5, 10, 20)]
    shown = spread(kept, sample(33), rows)
    assert len(shown) == min(rows, 6)
    assert shown[-1].step == 33
    assert rows == 1 or shown[0].step == 1
    assert [row.step for row in shown] == sorted({row.step for row in shown})


def test_the_newest_is_not_shown_twice() -> None:
    assert [row.step for row in spread([sample(1), sample(10)], sample(10), 5)] == [1, 10]


def test_a_row_is_never_wider_than_its_room() -> None:
    assert one_row("  abc\ndef", 20) == "␣␣abc↵def"
    for width in range(2, 12):
        assert cell_len(one_row("日本語のテキスト", width)) <= width
    assert one_row("a" * 30, 10) == "a" * 9 + "…"
    assert "\x1b" not in one_row("\x1b]52;c;x\x07", 40)


def test_a_text_is_wrapped_at_its_blanks_and_nothing_but_these_is_left_out() -> None:
    assert [line_of[a:b] for line_of in ["said Anna to all"] for a, b in spans(line_of, 8)] == [
        "said",
        "Anna to",
        "all",
    ]
    assert spans("", 8) == [(0, 0)]
    for line in ("said Anna to all  of them ", "a" * 30, "日本語のテキスト です", "  two"):
        for width in range(2, 12):
            found = spans(line, width)
            assert "".join(line[a:b] for a, b in found).replace(" ", "") == line.replace(" ", "")
            assert all(0 < cell_len(line[a:b]) <= width for a, b in found)
            inside = [line[a - 1 : a + 1] for a, _ in found[1:] if " " not in line[a - 1 : a + 1]]
            assert not inside or max(map(cell_len, line.split())) > width, "a word is cut that has room in a row"


@pytest.mark.parametrize(
    ("needed", "rows", "given"),
    [([3, 3, 3], 3, [1, 1, 1]), ([3, 3, 3], 6, [1, 2, 3]), ([3, 3, 3], 20, [3, 3, 3]), ([1, 9, 2], 6, [1, 3, 2])],
)
def test_no_row_is_left_empty_while_a_text_needs_one(needed: list[int], rows: int, given: list[int]) -> None:
    assert shared_rows(needed, rows) == given


class Shown(ThemedApp[None]):
    def __init__(self, session: TrainingSession) -> None:
        super().__init__()
        self.panes, self._session = TextPanes(), session

    def compose(self) -> ComposeResult:
        yield self.panes

    def on_mount(self) -> None:
        self.panes.styles.height = 8
        self.panes.watch_session(self._session)


def course_of(panes: TextPanes) -> SampleCourse:
    return panes.query_one(SampleCourse)


@pytest.fixture
def session(corpus: Path) -> TrainingSession:
    session = TrainingSession(new_run(text(corpus, sample_every=100, steps=1_000)), serves=False)
    session.status = replace(
        session.status, run=replace(session.status.run, state="running", step=30, steps_per_second=10.0)
    )
    return session


async def test_it_says_when_the_first_one_comes_then_shows_the_course(session: TrainingSession) -> None:
    app = Shown(session)
    async with app.run_test(size=(120, 20)) as pilot:
        await pilot.pause()
        assert app.panes.has_class("wide")
        course = course_of(app.panes)
        app.panes.poll()
        assert course.rows == [("", "first sample at step 100, in 7 s")]
        session.samples = tuple(sample(step) for step in range(100, 1_100, 100))
        app.panes.poll()
        assert [words for _, words in course.rows] == [f"text of {step}" for step in (100, 200, 500, 1_000)]
        assert course.rows[0][0].split() == ["100", "temp", "0.5"]
        session.samples = (sample(100), sample(200), sample(300, "words " * 40))  # it went back, and learned on
        app.panes.poll()
        assert [label.split()[0] for label, _ in course.rows if label] == ["100", "200", "300"]
        assert len(course.rows) > 3  # the newest has what room is left
        assert all(SHORT_LABEL + cell_len(words) <= course.size.width for _, words in course.rows)
        assert not app.panes.generation.lines  # that pane is for answers


async def test_samples_that_share_the_pane_of_the_answers_are_shaded_there_and_no_answer_is(
    session: TrainingSession,
) -> None:
    session.samples = (TrainingSample(100, "\nabcd", 0.5, (math.nan, 0.1, 9.0, 2.5, 0.75)),)
    session.answers.append(Answer("abcd", 0.7, 160, text="abcd", is_done=True))
    app = Shown(session)
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        app.panes.poll()
        generation = app.panes.generation

        def grounds(y: int, text: str) -> list[object]:
            cells = [(cell, segment.style) for segment in generation.render_line(y) for cell in segment.text]
            begin = "".join(cell for cell, _ in cells).index(text)
            return [style.bgcolor if style else None for _, style in cells[begin : begin + len(text)]]

        plain = grounds(0, "↵abcd")
        assert len(set(plain)) == 1
        app.panes.shade()
        await pilot.pause()
        assert generation.border_subtitle == "shaded by surprisal"
        newline, a, b, c, d = grounds(0, "↵abcd")
        assert {newline, a} == set(plain)
        assert len({a, b, c, d}) == 4
        assert set(grounds(1, "abcdabcd")) == set(plain)
        app.panes.shade()
        assert grounds(0, "↵abcd") == plain
        assert generation.border_subtitle == ""


async def test_where_there_is_no_room_samples_and_answers_share_a_pane(session: TrainingSession) -> None:
    session.samples = (sample(100),)
    app = Shown(session)
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        app.panes.poll()
        assert not course_of(app.panes).display
        assert "text of 100" in app.panes.generation.lines[0].plain
        await pilot.resize_terminal(140, 20)
        await pilot.pause()
        app.panes.poll()
        assert not app.panes.generation.lines
        assert course_of(app.panes).rows[0][1] == "text of 100"


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
async def test_a_sample_whose_beginning_is_out_of_sight_says_so(
    size: tuple[int, int], session: TrainingSession
) -> None:
    session.samples = (sample(100, "some words " * 25),)
    app = Shown(session)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.panes.styles.height = 5
        await pilot.pause()
        generation = app.panes.generation
        generation.scroll_to(y=1, animate=False, immediate=True)
        await pilot.pause()
        first = generation.render_line(0).text
        label, more, words = first.partition("…")
        assert label.split()[0] == "100"
        assert more
        assert words.startswith(generation.lines[1].plain.strip())
        generation.scroll_to(y=0, animate=False, immediate=True)
        await pilot.pause()
        assert "…" not in generation.render_line(0).text


async def test_earlier_samples_have_the_rows_that_the_newest_leaves(session: TrainingSession) -> None:
    session.samples = (sample(100, "these are the words of a network " * 3), sample(200, "short"))
    app = Shown(session)
    async with app.run_test(size=(120, 20)) as pilot:
        await pilot.pause()
        app.panes.poll()
        rows = [words for _, words in course_of(app.panes).rows]
        assert " ".join(rows[:-1]).rstrip("␣") == ("these are the words of a network " * 3).strip()
        assert rows[-1] == "short"


def test_no_sample_is_promised_that_will_not_come(session: TrainingSession) -> None:
    assert first_sample(session)
    session.status = replace(session.status, run=replace(session.status.run, state="finished"))
    assert first_sample(session) == ""
    session.status = replace(session.status, run=replace(session.status.run, state="running", step=1_000))
    assert first_sample(session) == ""


def test_a_long_answer_keeps_its_place_until_newer_texts_have_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(long_answer.time, "monotonic", lambda: now)
    answer = WrittenEntry(Answer("why", 0.5, 3, text="long"), [Text(f"row {k}") for k in range(9)])
    entries, kept = [WrittenEntry(sample(1), [Text("before")]), answer], LongAnswer()
    assert kept.place(entries, 4) == 6, "it is followed while it is written"
    assert isinstance(answer.source, Answer)
    answer.source.is_done = True
    assert kept.place(entries, 4) == 1
    now = 2 * READING_SECONDS
    assert not kept.lets_go(entries), "nothing newer waits"
    entries.append(WrittenEntry(sample(100), [Text("after")]))
    assert not kept.lets_go(entries)
    assert kept.place(entries, 4) == 1
    now += READING_SECONDS + 1
    assert kept.lets_go(entries)
    assert not kept.lets_go(entries)
    assert kept.place(entries, 4) == 7


async def test_blanks_at_the_end_of_a_text_are_seen_at_any_width(session: TrainingSession) -> None:
    session.samples = (sample(100, "/" + 100 * " "),)
    session.answers.append(Answer("/", 0.7, 1_600, text=100 * " ", is_done=True))
    app = Shown(session)
    async with app.run_test(size=(200, 20)) as pilot:
        await pilot.pause()
        app.panes.poll()
        assert sum(words.count("␣") for _, words in course_of(app.panes).rows) == 100
        assert sum(line.plain.count("␣") for line in app.panes.generation.lines) == 100
        await pilot.resize_terminal(80, 20)
        await pilot.pause()
        app.panes.poll()
        assert sum(line.plain.count("␣") for line in app.panes.generation.lines) == 200


async def test_characters_are_shaded_by_the_surprisal_that_they_were_drawn_with(session: TrainingSession) -> None:
    bits = (math.nan, 0.1, 9.0, 2.5, 0.75)
    shaded = [0, 0, 7, 3, 1]
    many = TrainingSample(200, "words" * 60, 0.5, bits * 60)
    session.samples = TrainingSample(100, "\nabcd", 0.5, bits), TrainingSample(150, "ab\x1bcd", 0.5, bits)
    app = Shown(session)
    async with app.run_test(size=(120, 20)) as pilot:
        await pilot.pause()
        app.panes.poll()
        course = course_of(app.panes)
        assert course.rows[0][1] == "↵abcd"
        assert not any(map(any, course.shades)), "it is asked for"
        app.panes.shade()
        assert course.border_subtitle == "shaded by surprisal"
        assert course.shades[0] == shaded
        assert not any(course.shades[-1]), "an escape is drawn as several characters"
        grounds = {segment.text: segment.style.bgcolor for segment in course.render_line(0)}
        assert len({grounds[character] for character in "bcd"}) == 3
        session.samples = (*session.samples, many)
        app.panes.poll()
        newest = course.shades[1:]
        assert len(newest) > 2
        flat = [shade for shades in newest for shade in shades]
        assert flat[:-1] == (shaded * 60)[: len(flat) - 1]
        assert flat[-1] == 0, "the sign that more follows"
