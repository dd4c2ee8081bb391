"""What units do while a network in training reads: measured aside, sent to windows, shown and stepped through."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from rich.cells import cell_len
from test_insight_screen import Seen, still

from rnntui.config import Settings, make_settings
from rnntui.core.analysis.probing import look
from rnntui.core.analysis.units import similar, watching
from rnntui.core.analysis.units.features import measure_features
from rnntui.core.analysis.units.sequences import features_of, written
from rnntui.core.analysis.units.states import groups, states_at
from rnntui.core.analysis.units.survey import UnitSurvey, survey_units
from rnntui.core.tasks import Batch
from rnntui.core.training.learner import Learner
from rnntui.plain import words
from rnntui.probes import Reading, ReadingQuestion, SimilarPlace, UnitName, UnitTrack
from rnntui.sessions import insights, messages
from rnntui.sessions.training import TrainingSession
from rnntui.system import pattern
from rnntui.text import state_scale
from rnntui.tui.dialogs.key_list import entries_of
from rnntui.tui.training.reading import LOOKING, ReadingView
from rnntui.tui.training.reading_asked import ReadingAsked
from rnntui.tui.training.reading_list import UnitList
from rnntui.tui.training.reading_sheet import ORDERS, ReadingSheet, UnitSelection, first_row, place_at, rows_of, stretch
from rnntui.tui.training.reading_text import ReadingText
from rnntui.tui.training.screen import Laboratory

TEXT = "“Oh, I see\nit now,” he said.\n" * 12


def measured(learner: Learner, question: ReadingQuestion | None = None) -> Reading:
    (found,) = [each for each in look("reading", learner, 7, question) if each is not None]
    assert isinstance(found, Reading)
    return found


def reading(layers: int = 1, states: str = "h", units: int = 4, text: str = TEXT, **more: Any) -> Reading:
    """A made one, each unit doing the same a little later than the one before."""
    tracks = [
        UnitTrack(layer, state, unit, 9, ("inside quotes", "vowel")[unit % 2], (-1) ** unit * (0.9 - 0.1 * unit))
        for layer in range(1, layers + 1)
        for state in states
        for unit in range(1, units + 1)
    ]
    waves = np.sin(np.arange(len(text)) / 3 + np.arange(len(tracks))[:, None]).astype(np.float16)
    return Reading(1234, text, 16_000, tuple(tracks), waves, **more)


# What is measured


def test_the_states_of_a_text_run_are_those_of_its_held_out_text(corpus: Path) -> None:
    learner = Learner(tiny.text(corpus, layers=2))
    found = measured(learner)
    task: Any = learner.task
    held_out = task.held_out
    assert found.text == "".join(task.vocabulary[index] for index in held_out.tolist())[: watching.SHOWN]
    chosen = groups(learner.model)
    expected = states_at(learner.model, held_out, chosen, 0, len(found.text))
    first = {(group.layer, group.state): group.first for group in chosen}
    for track, states in zip(found.tracks, found.states, strict=True):
        column = first[track.layer, track.state] + track.unit - 1
        np.testing.assert_allclose(states, expected[:, column], atol=2e-3)
    assert {(track.layer, track.state) for track in found.tracks} == {(1, "h"), (1, "c"), (2, "h"), (2, "c")}
    assert found.read == len(held_out)
    for state in ((1, "h"), (2, "c")):
        strengths = [abs(track.r) for track in found.tracks if (track.layer, track.state) == state]
        assert strengths == sorted(strengths, reverse=True)


def test_units_come_with_what_they_tell_most_of_and_the_most_telling_ones_are_among_them(corpus: Path) -> None:
    learner = Learner(tiny.text(corpus, hidden=40))
    found = measured(learner)
    task: Any = learner.task
    text = "".join(task.vocabulary[index] for index in task.held_out.tolist())
    *_, survey = survey_units(learner.model, task.held_out, measure_features(text), groups(learner.model))
    assert isinstance(survey, UnitSurvey)
    bits = survey.bits[:40]  # of h
    of_h = {track.unit: track for track in found.tracks if track.state == "h"}
    assert int(np.nanargmax(bits.max(1))) + 1 in of_h
    for unit, track in of_h.items():
        assert track.bits == pytest.approx(bits[unit - 1].max())
        assert track.tells == survey.features.names[int(bits[unit - 1].argmax())]


def test_units_are_ranked_by_a_feature_that_was_asked_for(corpus: Path) -> None:
    found = measured(Learner(tiny.text(corpus)), ReadingQuestion("bottles"))
    assert {track.follows for track in found.tracks} == {"bottles"}
    assert found.question == ReadingQuestion("bottles")


def test_a_unit_is_listed_whatever_it_follows_where_it_was_named(corpus: Path) -> None:
    settings = tiny.text(corpus, hidden=60)
    ranked = {(track.state, track.unit) for track in measured(Learner(settings)).tracks}
    missing = next(unit for unit in range(1, 61) if ("c", unit) not in ranked)
    for place in (-1, 40):
        learner = Learner(settings)
        question = ReadingQuestion(place=place, layer=1, state="c", unit=missing)
        found = measured(learner, question)
        of_named = [k for k, track in enumerate(found.tracks) if (track.state, track.unit) == ("c", missing)]
        assert len(of_named) == 1
        assert found.question == question
        assert bool(found.similar) == (place >= 0)
        task: Any = learner.task
        chosen = groups(learner.model)
        expected = states_at(learner.model, task.held_out, chosen, 0, len(found.text))
        column = next(group for group in chosen if group.state == "c").first + missing - 1
        np.testing.assert_allclose(found.states[of_named[0]], expected[:, column], atol=2e-3)
        assert found.tracks[of_named[0]].follows


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (ReadingQuestion("(a"), "feature '\\(a' is not a regular expression"),
        (ReadingQuestion(place=3, layer=4), "the network has no unit 0 of state h in layer 4"),
        (ReadingQuestion(unit=99), "the network has no unit 99 of state h in layer 1"),
        (ReadingQuestion(place=3, unit=99), "the network has no unit 99 of state h in layer 1"),
    ],
)
def test_a_question_without_an_answer_is_said(question: ReadingQuestion, sentence: str, corpus: Path) -> None:
    with pytest.raises(ValueError, match=sentence):
        measured(Learner(tiny.text(corpus)), question)


def test_a_search_that_is_given_up_leaves_no_process(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    monkeypatch.setattr(pattern.PatternSearch, "marks", lambda search, wait: None)
    close = pattern.PatternSearch.close
    monkeypatch.setattr(pattern.PatternSearch, "close", lambda search: closed.append(close(search)))
    looking = look("reading", Learner(tiny.text(corpus)), 7, ReadingQuestion("a"))
    assert next(looking) is None
    looking.close()  # type: ignore[attr-defined]
    assert closed == [None]


def test_similar_places_are_those_whose_states_are_alike() -> None:
    states = np.zeros((400, 2), np.float32)
    states[:, 0] = np.random.default_rng(0).normal(size=400)
    states[:, 1] = 1.0  # does not move
    states[300:310] = states[50:60]
    text = "".join(chr(97 + k % 26) for k in range(400))
    far = similar.distances(states, 59, 8)
    assert far[309] == pytest.approx(0)
    assert np.isinf(far[:7]).all()
    places = similar.similar_places(states, text, 59, is_one_unit=True)
    assert places[0] == SimilarPlace(309, text[270:310], text[310:322], pytest.approx(0))
    assert len(places) == 10
    assert [place.distance for place in places] == sorted(place.distance for place in places)
    assert all(text[: place.position + 1].endswith(place.before) for place in places)
    positions = sorted([59, *(place.position for place in places)])
    assert min(np.diff(positions)) >= similar.APART
    assert similar.similar_places(states[:1], "a", 0, is_one_unit=False) == ()
    at_a_beginning = states.copy()
    at_a_beginning[55] = np.nan  # the end of the sequence before
    assert similar.distances(at_a_beginning, 59, 8)[309] == pytest.approx(0)
    with_gap = states.copy()
    with_gap[305] = np.nan  # between two sequences
    assert np.isinf(similar.distances(with_gap, 59, 8)[305:313]).all()


def test_the_similar_places_of_a_run_lie_in_its_held_out_text(corpus: Path) -> None:
    learner = Learner(tiny.text(corpus))
    for unit in (0, 3):
        found = measured(learner, ReadingQuestion(place=40, layer=1, state="c", unit=unit))
        assert found.similar
        assert all(place.before + place.after in found.text for place in found.similar)


def test_why_no_unit_can_be_ranked_by_an_expression_is_said(corpus: Path) -> None:
    assert not measured(Learner(tiny.text(corpus)), ReadingQuestion("[aeiou]")).unranked
    assert measured(Learner(tiny.text(corpus)), ReadingQuestion("QQ+")).unranked == "it does not occur"
    assert measured(Learner(tiny.palindrome(length=5)), ReadingQuestion("1+")).unranked == watching.OF_TEXT_ONLY


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (tiny.palindrome(length=5), r"\d{5}"),
        (tiny.palindrome(length=5, input="scalar"), r"\d{5}"),
        (make_settings("frequency", {**tiny.TINY, "length": 5}), "[▁-█]{5}"),
        (make_settings("frequency", {**tiny.TINY, "length": 5, "sampling": "uneven", "cell": "phased"}), "[▁-█]{5}"),
        (tiny.palindrome(length=5, cell="own_cell:Leaky"), r"\d{5}"),
    ],
)
def test_sequences_of_other_tasks_stand_on_the_axis(settings: Settings, line: str) -> None:
    import re

    found = measured(Learner(settings))
    lines = found.text.splitlines()
    assert len(lines) == 4
    assert all(re.fullmatch(line, each) for each in lines)
    ends = [k for k, character in enumerate(found.text) if character == "\n"]
    assert np.isnan(found.states[:, ends]).all()
    assert np.isfinite(np.delete(found.states, ends, axis=1)).all()
    assert {track.follows.partition(" is ")[0] for track in found.tracks} <= {"time step", "input", "answer"}


def test_the_features_of_sequences_are_time_input_and_answer() -> None:
    inputs, targets = torch.tensor([[1, 2], [3, 1]]), torch.tensor([1, 2])
    found = {name: list(values) for name, values in features_of(Batch(inputs, targets))}
    assert found["time step"] == [1, 1, 2, 2]
    assert found["input"] == [1, 2, 3, 1]
    assert found["input is 3"] == [False, False, True, False]
    assert found["answer"] == [1, 2, 1, 2]
    assert written(Batch(inputs, targets)) == "13\n21\n"
    assert written(Batch(torch.tensor([[40], [10]]), targets)) == "#a\n"
    assert written(Batch(torch.tensor([[[0.0]], [[1.0]]]), targets)) == "01\n"
    assert written(Batch(torch.tensor([[[-1.0]], [[1.0]], [[0.0]]]), targets)) == "▁█▅\n"


# How it travels and is said


def test_a_reading_is_the_same_behind_a_socket() -> None:
    question = ReadingQuestion("a|b", 3, 2, "c", 4)
    sent = reading(2, "hc", question=question, similar=(SimilarPlace(7, "a\x1b", "b", 0.5),), unranked="why")
    nameless = replace(sent.tracks[0], follows="", r=math.nan)
    telling = replace(sent.tracks[1], tells="vowel", bits=0.25)
    sent = replace(sent, tracks=(nameless, telling, *sent.tracks[2:]))
    told = messages.news(messages.line(messages.SeenNow("reading", insights.encoded(sent)))[:-1])
    assert isinstance(told, messages.SeenNow)
    assert told.seen is not None
    found = insights.decoded("reading", told.seen)
    assert isinstance(found, Reading)
    assert insights.view_of(found) == "reading"
    assert (found.step, found.text, found.read, found.question) == (1234, TEXT, 16_000, question)
    assert found.unranked == "why"
    assert (found.tracks[1:], found.similar) == (sent.tracks[1:], sent.similar)
    assert math.isnan(found.tracks[0].r)
    np.testing.assert_array_equal(found.states, sent.states)
    request = messages.request(messages.line(messages.Watch("reading", messages.asked(question)))[:-1])
    assert isinstance(request, messages.Watch)
    assert messages.question_told(request.question) == question
    earlier = {name: value for name, value in told.seen.items() if name != "information"}
    found = insights.decoded("reading", earlier)
    assert isinstance(found, Reading)
    assert (found.tracks[1].r, found.tracks[1].tells) == (sent.tracks[1].r, "")
    assert set(told.seen["tracks"][0]) == {"layer", "state", "unit", "units", "follows", "r"}  # as it reads them
    wrong = {**told.seen, "text": "x"}
    with pytest.raises(ValueError, match="not those of the units"):
        insights.decoded("reading", wrong)


def test_a_reading_is_said_in_words() -> None:
    said = words.seen(reading())
    assert said[0] == "units at step 1,234, by what they follow in 16,000 characters:"
    assert said[1:] == [
        "vowel: correlation -0.80, layer 1, state h, unit 1 of 9",
        "inside quotes: correlation +0.70, layer 1, state h, unit 2 of 9",
    ]


def test_windows_that_ask_differently_are_answered_each(corpus: Path) -> None:
    session = TrainingSession(tiny.new_run(tiny.text(corpus)))
    session.start()
    try:
        tiny.wait_for(session, lambda: "reading" in session.views)
        session.watch("reading")
        session.watch("reading", 1, question=ReadingQuestion("bottles"))
        tiny.wait_for(session, lambda: session.seen is not None and session.seen_by(1) is not None)
        here, there = session.seen, session.seen_by(1)
        assert isinstance(here, Reading)
        assert isinstance(there, Reading)
        assert here.question == ReadingQuestion()
        assert {track.follows for track in there.tracks} == {"bottles"}
        session.watch("reading", 1, question=ReadingQuestion("("))
        tiny.wait_for(session, lambda: session.notes)
        assert "view of the units that read cannot be measured: feature '(' is not a" in session.notes[-1]
        tiny.wait_for(session, lambda: (found := session.seen_by(1)) is not None and found.question != there.question)  # type: ignore[union-attr]
        assert session.unanswered is None, "it was not asked here"
        question = ReadingQuestion("(")
        session.watch("reading", question=question)
        tiny.wait_for(session, lambda: session.unanswered is not None)
        assert session.unanswered is not None
        assert session.unanswered[0] == question
        assert "is not a regular expression" in session.unanswered[1]
    finally:
        session.stop()
        assert session.join(30)


# How it is stepped through


def test_units_are_listed_by_layer_state_and_order() -> None:
    sheet = ReadingSheet(reading(2, "hc"))
    assert sheet.groups == [(1, "h"), (1, "c"), (2, "h"), (2, "c")]
    assert sheet.group == (1, "h")
    assert sheet.chosen == 0

    def listed(selection: UnitSelection) -> tuple[tuple[int, str], list[int]]:
        shown = replace(sheet, selection=selection)
        return shown.group, [shown.track(k).unit for k in shown.listed]

    assert listed(sheet.next_state()) == ((1, "c"), [1, 2, 3, 4])
    assert listed(sheet.next_layer()) == ((2, "h"), [1, 2, 3, 4])
    assert sheet.next_order().order == ORDERS[1]
    assert listed(UnitSelection(order=ORDERS[1])) == ((1, "h"), [1, 2, 3, 4])
    shuffled = reading()
    shuffled = replace(shuffled, tracks=(shuffled.tracks[2], shuffled.tracks[0], *shuffled.tracks[1::2]))
    by_feature = ReadingSheet(shuffled, UnitSelection(order=ORDERS[1]))
    assert [by_feature.track(k).unit for k in by_feature.listed] == [3, 2, 1, 4]
    told = replace(shuffled, tracks=tuple(replace(t, tells="vowel", bits=0.1 * t.unit) for t in shuffled.tracks))
    by_bits = ReadingSheet(told, UnitSelection(order=ORDERS[2]))
    assert [by_bits.track(k).unit for k in by_bits.listed] == [4, 3, 2, 1]
    assert by_bits.follows(by_bits.listed[0]) == ("vowel", "0.40")
    assert ReadingSheet(told).follows(0) == ("vowel", "−0.60")
    of_earlier_version = ReadingSheet(shuffled, UnitSelection(order=ORDERS[2]))
    assert [of_earlier_version.track(k).unit for k in of_earlier_version.listed] == [3, 1, 2, 4]
    assert of_earlier_version.follows(0) == ("", "")
    by_number = ReadingSheet(shuffled, UnitSelection(order=ORDERS[3]))
    assert [by_number.track(k).unit for k in by_number.listed] == [1, 2, 3, 4]
    assert ReadingSheet(shuffled, UnitSelection(unit=4)).other_unit(1).unit == 4
    assert ReadingSheet(shuffled).other_unit(1).unit == 1
    assert ReadingSheet(shuffled).moved(-5).place == 0
    quiet = replace(reading(), states=np.zeros((4, len(TEXT)), np.float16))
    assert ReadingSheet(quiet).telling_place() == 0
    quiet.states[0, 250:280] = 1.0
    at = ReadingSheet(quiet).telling_place()
    assert 50 <= at <= 250
    assert TEXT[at - 1] == "\n"
    assert ReadingSheet(shuffled).moved(10**6).place == len(TEXT) - 1


def test_a_text_is_laid_in_rows_that_hold_it_whole() -> None:
    text = "ab\ncdefg漢\n\nh"
    rows = rows_of(text, 4)
    assert [text[begin:end] for begin, end in rows] == ["ab\n", "cdef", "g漢\n", "\n", "h"]
    assert rows_of("", 4) == []
    assert first_row(rows, 0, 2, 0) == 0
    assert first_row(rows, 7, 2, 0) == 1
    assert first_row(rows, len(text) - 1, 3, 0) == 2
    assert [place_at("a漢bcd", 0, 3, column) for column in (0, 1, 2, 3, 9)] == [0, 1, 1, 2, 2]
    assert stretch("a漢bcd", 4, 0, 4) == (2, 5)
    assert stretch("abcdef", 2, 0, 4) == (0, 4)
    assert stretch("a", 0, 0, 9) == (0, 1)


# The screen


TEXT_RUN = {"cell": "lstm", "hidden": 9, "layers": 2, "length": 3, "batch": 4, "threads": 1, "device": "cpu"}


@pytest.fixture
def settings(corpus: Path) -> Settings:
    return make_settings("text", {**TEXT_RUN, "corpus": str(corpus)})


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


def background_at(seen: Seen, words: str) -> Any:
    """The ground under the first of some words on the screen."""
    import screen_text

    for strip in screen_text.strips(seen.app.screen):
        if words in strip.text:
            at = strip.text.index(words)
            (segment,) = strip.crop(at, at + 1)
            return segment.style and segment.style.bgcolor
    raise AssertionError(words)


async def test_r_opens_the_reading_and_its_keys_step_through_units_and_text(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    async with still(monkeypatch, settings, "horizon", "gates", "reading", size=(120, 36)) as seen:
        await seen.press("o")
        await seen.shows("no units are shown yet: r shows them")
        await seen.press("h")
        await seen.shows("there is no other state to show: r shows those that the cell has")
        await seen.press("r")
        await seen.shows("measuring what the units follow")
        made = reading(2, "hc")
        seen.pane.session.seen = made
        await seen.shows("▸    1  vowel          −0.80  ")
        await seen.press("home")
        await seen.shows("reading · layer 1 · h · unit 1 of 9 · here +0.00 · step 1,234 · strongest first")
        await seen.shows("▸    1  vowel          −0.80  ")
        assert background_at(seen, "see") != background_at(seen, "it now")
        await seen.press("down", "right", "right")
        await seen.shows("unit 2 of 9 · here +1.00")
        await seen.shows("▸    2  inside quotes  +0.70  ")
        await seen.press("h")
        await seen.shows("layer 1 · c · unit 1 of 9")
        await seen.press("u")
        await seen.shows("layer 2 · c · unit 1 of 9")
        await seen.press("end")
        view = seen.view(ReadingView)
        assert view.sheet.place == len(TEXT) - 1
        await seen.press("home", "pagedown")
        assert 0 < view.sheet.place < len(TEXT) - 1
        await seen.press("pageup", "o", "o")
        await seen.shows("by number")
        seen.pane.session.seen = replace(made, step=5678)
        await seen.shows("layer 2 · c · unit 1 of 9 · here")
        await seen.shows("step 5,678")
        assert str(view.chosen) == "2 c 1"
        await seen.press("W")
        await seen.shows("rnntui write")
        assert str(seen.app.screen._unit) == "2 c 1"
        await seen.press("escape", "escape")
        await seen.hides("rnntui write")
        await seen.press("r")
        assert not seen.pane.has_class("with-view")
        assert seen.app.laboratory.selected() is seen.pane
        assert seen.app.focused is seen.pane


async def test_a_scale_says_that_states_lie_beyond_its_ends_and_the_title_over_what_r_is(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    async with still(monkeypatch, settings, "reading", size=(160, 45)) as seen:
        await seen.press("r")
        made = reading()
        waves = made.states.copy()
        waves[0] = np.linspace(-0.5, 0.5, len(TEXT))
        waves[0, 0] = 0.94
        seen.pane.session.seen = replace(made, states=waves)
        await seen.press("home")
        for words in ("here +0.94", "strongest first · r over 16,000 characters", "≤−0.49 ", " ≥+0.49"):
            await seen.shows(words)
        seen.pane.session.seen = replace(made, states=np.sign(waves), step=5678)
        await seen.shows("step 5,678")
        await seen.hides("≥")
        await seen.shows(" −1 ")


async def test_a_click_goes_to_a_place(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    async with still(monkeypatch, settings, "reading", size=(120, 36)) as seen:
        await seen.press("r")
        seen.pane.session.seen = reading()
        await seen.shows("▸    1  vowel")
        await seen.press("home")
        await seen.shows("here +0.00")
        view = seen.view(ReadingView)
        await seen.pilot.click(ReadingText, offset=(4, 2))  # below the title, in the second line
        await tiny.wait_for_screen(seen.pilot, lambda: view.sheet.place == TEXT.index("\n") + 5)


def noted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The views that are watched from now on, each with its question, and nothing measures them."""
    asked: list[Any] = []
    monkeypatch.setattr(
        TrainingSession, "watch", lambda session, view, **more: asked.append((view, more.get("question")))
    )
    return asked


async def test_enter_asks_where_else_it_is_like_this_and_esc_comes_back(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    asked = noted(monkeypatch)
    async with still(monkeypatch, settings, "horizon", "reading", size=(120, 36)) as seen:
        await seen.press("r")
        seen.pane.session.seen = reading()
        await seen.shows("▸    1  vowel")
        await seen.press("home", "right", "enter")
        await seen.shows(LOOKING)
        question = ReadingQuestion("", 1, 1, "h", 1)
        assert asked[-1] == ("reading", question)
        answer = SimilarPlace(5, "he\nsaid\x1b“O", "h, I", 0.125)
        seen.pane.session.seen = reading(question=question, similar=(answer,))
        await seen.shows("where else unit 1 is as it is here, layer 1, h")
        await seen.shows(" 0.12  he↵said\\x1b“O│h, I")
        several = tuple(SimilarPlace(k, "b" * k, f"after {k}", k / 10) for k in range(1, 11))
        seen.pane.session.seen = reading(question=question, similar=several)
        for words in (" of 10", "│after 1", "↑↓ more places"):
            await seen.shows(words)
        assert "│after 10" not in (await seen.dump())
        await seen.press(*["down"] * 12)
        await seen.shows("to 10 of 10")
        await seen.shows("bbbbbbbbbb│after 10")
        assert asked[-1] == ("reading", question), "it is not left"
        rows = (await seen.dump()).splitlines()
        bars = {row.index("│after") for row in rows if "│after" in row}
        assert len(bars) == 1, "the places stand below one another"
        await seen.press("enter")
        assert asked[-1] == ("reading", replace(question, unit=0))
        await seen.press("escape")
        await seen.shows("▸    1  vowel")
        assert asked[-1] == ("reading", None)


async def test_a_unit_is_named_and_what_there_is_not_is_said(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    asked = noted(monkeypatch)
    async with still(monkeypatch, settings, "reading", size=(120, 36)) as seen:
        await seen.press("E")
        await seen.shows("no units are shown yet")
        await seen.press("r")
        seen.pane.session.seen = reading()
        await seen.shows("▸    1  vowel")
        await seen.press("E")
        await seen.shows("unit to shade the text by")
        for typed, sentence in (
            ("x", "'x' is not a layer"),
            ("1 h 10", "there is no unit 1 h 10; there are 1 h 1 to 9"),
        ):
            await seen.press(*["backspace"] * 9, *("space" if letter == " " else letter for letter in typed), "enter")
            await seen.shows(sentence)
        await seen.press("backspace", "backspace", "7", "enter")
        await seen.shows("looking at unit 1 h 7 …")
        question = ReadingQuestion(layer=1, state="h", unit=7)
        assert asked[-1] == ("reading", question)
        made = reading()
        named = replace(made.tracks[0], unit=7, follows="after a digit", r=0.01)
        seen.pane.session.seen = replace(
            made, tracks=(*made.tracks, named), states=np.concatenate([made.states, made.states[:1]]), question=question
        )
        await seen.shows("▸    7  after a digit")
        await seen.hides("looking at unit")
        await seen.press("enter")
        assert asked[-1] == ("reading", replace(question, place=seen.view(ReadingView).sheet.place))
        await seen.press("escape", "up")
        await seen.shows("▸    4  ")
        assert asked[-1] == ("reading", question), "it stays listed"
        await seen.press("r", "r")
        assert asked[-1] == ("reading", question), "opened again it is asked again"
        await seen.press("E")
        await seen.shows("unit to shade the text by")
        await seen.press(*["backspace"] * 9, "1", "space", "h", "space", "2", "enter")
        await seen.shows("▸    2  ")


def test_a_unit_that_was_listed_when_it_was_named_is_asked_for_too() -> None:
    asked = ReadingAsked()
    asked.name(UnitName(1, "h", 4))
    assert asked.question == ReadingQuestion(layer=1, state="h", unit=4)
    asked.like(7, UnitTrack(1, "h", 2, 9, "vowel", 0.5))
    assert asked.question == ReadingQuestion(place=7, layer=1, state="h", unit=2)
    assert asked.is_of_places
    asked.like(7, UnitTrack(1, "h", 2, 9, "vowel", 0.5))
    assert asked.question.unit == 0
    asked.leave_places()
    assert asked.question == ReadingQuestion(layer=1, state="h", unit=4)
    asked.rank_by("a+")
    assert asked.question == ReadingQuestion("a+")


def test_what_could_not_be_measured_is_not_waited_for() -> None:
    asked = ReadingAsked()
    asked.rank_by("a+")
    assert asked.note(reading(), "") == "ranking the units by a+ …"
    assert asked.note(reading(), "it backtracks") == "it backtracks"
    answer = reading(question=ReadingQuestion("a+"))
    assert asked.note(answer, "") == ""


async def test_a_feature_is_typed_and_what_is_none_is_said(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    asked = noted(monkeypatch)
    async with still(monkeypatch, settings, "reading") as seen:
        await seen.press("r")
        seen.pane.session.seen = reading()
        await seen.shows("▸    1  vowel")
        await seen.press("f")
        await seen.shows("regular expression")
        await seen.press("left_parenthesis", "enter")
        await seen.shows("is not a regular expression")
        await seen.press("backspace", "a", "enter")
        await seen.hides("is not a regular expression")
        question = ReadingQuestion("a")
        assert asked[-1] == ("reading", question)
        await seen.shows("ranking the units by a …")
        seen.pane.session.seen = reading(question=question, unranked="it does not occur")
        await seen.shows("no unit can be ranked by a: it does not occur")
        seen.pane.session.seen = reading(question=question)
        await seen.hides("no unit can be ranked")


async def test_the_help_has_the_keys_of_the_views_together_and_those_of_one_while_it_is_open(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    async with still(monkeypatch, settings, "horizon", "gates", "reading", size=(120, 36)) as seen:
        screen = seen.app.screen
        assert isinstance(screen, Laboratory)

        def of_views() -> list[str]:
            entries = entries_of(screen)
            return [entry.label for entry in entries if entry.column == "Views"]

        assert of_views() == ["views", "gate", "reading"]
        await seen.press("question_mark", *"whatever")
        await seen.shows("no units are shown yet: r shows them")
        await seen.press("escape", "r")
        seen.pane.session.seen = reading(2, "hc")
        await seen.shows("unit 1 of 9")
        assert {"views", "reading", "layer", "state", "order", "feature", "unit", "unit above", "back"} <= {*of_views()}
        assert "contrast" not in of_views(), "no gates are shown"


async def test_a_network_of_one_layer_is_offered_no_other_one(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    for layers, is_offered in ((1, False), (2, True)):
        async with still(monkeypatch, replace(settings, layers=layers), "reading", size=(200, 36)) as seen:
            await seen.press("r")
            await seen.shows(f"similar places {'u layer ' if is_offered else ''}h state o order f feature E unit")


@pytest.mark.parametrize(("states", "is_offered"), [("h", False), ("hc", True)])
async def test_a_network_of_one_state_is_offered_no_other_one(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, states: str, is_offered: bool
) -> None:
    async with still(monkeypatch, settings, "reading", size=(200, 36)) as seen:
        await seen.press("r")
        seen.pane.session.seen = reading(2, states)
        await seen.shows(f"similar places u layer {'h state ' if is_offered else ''}o order f feature E unit")
        await seen.press("h")
        await seen.shows("layer 1 · c · unit 1 of 9" if is_offered else "there is no other state to show")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 60)])
async def test_without_colours_bars_stand_under_the_text(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with still(monkeypatch, settings, "reading", size=size) as seen:
        await seen.press("r")
        seen.pane.session.seen = reading(text="\x1b[31m漢 é\u202e\tb\n" * 30)
        await seen.shows("▸    1  vowel")
        await seen.press("home")
        lines = (await seen.dump()).splitlines()
        assert {cell_len(line) for line in lines} == {size[0]}
        at = next(k for k, line in enumerate(lines) if line.startswith("│·[31m漢 é·→b"))
        assert set(lines[at + 1].strip("│ ")) <= set(state_scale.BARS)
        assert "\x1b" not in "".join(lines)


async def test_a_reading_in_training_is_measured_and_shown(corpus: Path) -> None:
    from rnntui.runs import folder
    from rnntui.tui.training.app import RnntuiApp

    run = tiny.new_run(tiny.text(corpus))
    app = RnntuiApp([run], folder())
    (session,) = app.laboratory.sessions
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            seen = Seen(app, pilot)
            await tiny.wait_for_screen(pilot, lambda: "reading" in session.views)
            await pilot.press("r")
            await seen.shows("reading · layer 1 · ")
            await seen.shows("▸ ")
            await pilot.press("q")
    finally:
        session.stop()
        assert session.join(30)


async def test_the_keys_of_the_open_reading_come_first_in_the_footer_and_have_names_of_their_own(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    led = "↑ unit above ↓ unit below ⏎ similar places u layer h state o order f feature E unit space pause"
    async with still(monkeypatch, settings, "gates", "reading", size=(200, 60)) as seen:
        assert "unit above" not in await seen.dump()
        await seen.press("r")
        await seen.shows(led)
        await seen.press("m")
        await seen.shows(led)
        seen.pane.focus()
        await seen.hides("unit above")
        await seen.shows(led[led.index("u layer") :])
        await seen.press("escape", "r")
        await seen.hides("f feature")
    labels = [key.description for key in ReadingView.BINDINGS]
    assert len(set(labels)) == len(labels)


def test_bars_of_units_below_one_another_do_not_melt_into_one() -> None:
    sheet = SimpleNamespace(
        reading=SimpleNamespace(text="abc"), states_of=lambda number, begin, end: np.array([-1.0, 0.0, 1.0])
    )
    assert UnitList()._strip(sheet, 0, 0, 3) == "▁▄▇"
