"""Networks that write side by side in a thread: the same texts as everywhere, edits and ends that hold."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from tiny import PATIENCE, new_run, text

from rnntui.core.generation.loading import read_network
from rnntui.core.generation.sampler import Writer
from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run
from rnntui.runs.writers import Sampling
from rnntui.sessions.training import TrainingSession
from rnntui.tui.writing_room.page import N_GRAMS
from rnntui.tui.writing_room.prompts import KEPT, Prompts
from rnntui.tui.writing_room.sources import Training, checkpoint
from rnntui.tui.writing_room.writing_thread import WritingThread

PROMPT = "9 green bottles"
COLD = Sampling(temperature=0.4)


@pytest.fixture
def open_scribe() -> Iterator[Callable[..., WritingThread]]:
    """Makes scribes that write at once, and ends them."""
    made: list[WritingThread] = []

    def make(*sources: object, samplings: list[Sampling] | None = None) -> WritingThread:
        writing_thread = WritingThread(sources, samplings or [COLD] * len(sources))  # type: ignore[arg-type]
        writing_thread.pace, writing_thread.length = math.inf, 150
        made.append(writing_thread)
        writing_thread.start()
        return writing_thread

    yield make
    for writing_thread in made:
        writing_thread.stop()
        assert writing_thread.join(PATIENCE)
        assert writing_thread.error is None


def until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds."""
    tick, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        tick.wait(0.005)


def written(
    run: Run, prompt: str, count: int, sampling: Sampling = COLD, seed: int = 0, step: int | None = None
) -> str:
    """What a writer writes on its own after a prompt."""
    reading = read_network(run, step)
    writer = Writer(
        reading.network,
        reading.vocabulary,
        seed,
        temperature=sampling.temperature,
        top_k=sampling.top_k,
        top_p=sampling.top_p,
    )
    writer.read(prompt)
    return "".join(islice(writer, count))


def test_every_page_has_what_its_network_writes_alone(text_run: Run, open_scribe: Callable[..., WritingThread]) -> None:
    warm = Sampling(temperature=1.5, top_k=6, top_p=0.9)
    writing_thread = open_scribe(checkpoint(text_run, 0), checkpoint(text_run), samplings=[COLD, warm])
    writing_thread.seed = 5
    writing_thread.begin(PROMPT)
    until(lambda: all(page.phase == "done" for page in writing_thread.pages))
    first, second = writing_thread.pages
    assert first.text == PROMPT + written(text_run, PROMPT, 150, COLD, 5, step=0)
    assert second.text == PROMPT + written(text_run, PROMPT, 150, warm, 5)
    assert first.given == bytes([1] * len(PROMPT) + [0] * 150)
    assert first.title == "tiny · step 0 · temp 0.4"
    until(lambda: not writing_thread.pages[0].recall.sentence)
    recall, corpus = writing_thread.pages[0].recall, Path(text_run.settings().corpus).read_text()
    start, end = recall.longest
    assert first.text[start:end] in corpus[: len(corpus) * 9 // 10]
    assert start >= len(PROMPT)  # what was given is no copy
    assert len(recall.matches) == len(first.text)


def test_going_back_editing_and_going_on_give_what_the_text_gives(
    text_run: Run, open_scribe: Callable[..., WritingThread]
) -> None:
    writing_thread = open_scribe(checkpoint(text_run))
    writing_thread.begin(PROMPT)
    until(lambda: writing_thread.pages[0].phase == "done")
    whole = writing_thread.pages[0]
    writing_thread.cut(0, 40, whole.edition)
    until(lambda: len(writing_thread.pages[0].text) == 40)
    assert writing_thread.pages[0].phase == "stopped" or writing_thread.pages[0].phase == "done"
    writing_thread.length = 125
    writing_thread.go_on()
    until(lambda: len(writing_thread.pages[0].text) == 165)
    assert writing_thread.pages[0].text == whole.text
    writing_thread.edit(0, "2 green trees")
    until(lambda: writing_thread.pages[0].text.startswith("2 green trees") and writing_thread.pages[0].phase == "done")
    assert writing_thread.pages[0].text == "2 green trees" + written(text_run, "2 green trees", 125)
    writing_thread.cut(0, 3, whole.edition)  # of an older edition
    writing_thread.go_on_from(0, 30, writing_thread.pages[0].edition)
    until(lambda: len(writing_thread.pages[0].text) == 155)
    assert writing_thread.pages[0].text == "2 green trees" + written(text_run, "2 green trees", 142)


def test_writing_stops_where_it_is_told_to_and_where_the_text_says(
    text_run: Run, open_scribe: Callable[..., WritingThread]
) -> None:
    writing_thread = open_scribe(checkpoint(text_run))
    writing_thread.length = 1_000_000
    writing_thread.begin(PROMPT)
    until(lambda: len(writing_thread.pages[0].text) > 300)
    writing_thread.halt()
    until(lambda: writing_thread.pages[0].phase == "stopped")
    length = len(writing_thread.pages[0].text)
    assert writing_thread.pages[0].text == PROMPT + written(text_run, PROMPT, length - len(PROMPT))
    alone = written(text_run, PROMPT, 400)
    writing_thread.stop_at = alone[50:53]
    writing_thread.begin(PROMPT)
    until(lambda: writing_thread.pages[0].phase == "done")
    assert writing_thread.pages[0].text == PROMPT + alone[: alone.index(writing_thread.stop_at) + 3]


def test_a_glance_tells_what_may_stand_at_a_place(text_run: Run, open_scribe: Callable[..., WritingThread]) -> None:
    writing_thread = open_scribe(checkpoint(text_run))
    writing_thread.begin(PROMPT)
    until(lambda: writing_thread.pages[0].phase == "done")
    writing_thread.watch(0, 20)
    until(lambda: writing_thread.glance is not None)
    glance = writing_thread.glance
    assert glance is not None
    shares = [choice.probability for choice in glance.choices]
    assert shares == sorted(shares, reverse=True)
    bits = writing_thread.pages[0].bits[20]
    likely = {choice.character: choice.probability for choice in glance.choices}
    assert likely[writing_thread.pages[0].text[20]] == pytest.approx(2**-bits)
    writing_thread.sample(0, Sampling(temperature=0.0))
    until(lambda: writing_thread.glance is not None and writing_thread.glance.choices[0].drawn == 1.0)
    writing_thread.watch(0, None)
    until(lambda: writing_thread.glance is None)


def test_what_cannot_be_read_is_a_sentence_on_its_page_and_the_others_write(
    text_run: Run, open_scribe: Callable[..., WritingThread]
) -> None:
    writing_thread = open_scribe(checkpoint(text_run, 77), checkpoint(text_run))
    writing_thread.begin("☃☃")
    until(lambda: "none of its characters" in writing_thread.pages[1].sentence)
    assert "step 77" in writing_thread.pages[0].sentence
    assert writing_thread.pages[0].phase == "failed"
    writing_thread.begin("☃" + PROMPT)
    until(lambda: writing_thread.pages[1].phase == "done")
    assert writing_thread.pages[1].text == "☃" + PROMPT + written(text_run, "☃" + PROMPT, 150)
    assert writing_thread.pages[1].left_out[:2] == bytes([1, 0])
    assert writing_thread.pages[1].sentence == ""


def test_a_corpus_that_changed_turns_the_memory_meter_off_and_says_so(
    text_run: Run, open_scribe: Callable[..., WritingThread]
) -> None:
    Path(text_run.settings().corpus).write_text("something else entirely\n" * 30)
    writing_thread = open_scribe(checkpoint(text_run))
    writing_thread.begin(PROMPT)
    until(lambda: writing_thread.pages[0].phase == "done" and "off" in writing_thread.pages[0].recall.sentence)
    assert "changed" in writing_thread.pages[0].recall.sentence
    assert writing_thread.pages[0].text == PROMPT + written(text_run, PROMPT, 150)


def test_a_run_in_training_lends_its_network_as_it_is(corpus: Path, open_scribe: Callable[..., WritingThread]) -> None:
    session = TrainingSession(new_run(text(corpus, sample_every=0, validate_every=0)))
    session.start()
    try:
        until(lambda: session.status.run.step > 3)
        writing_thread = open_scribe(Training(session))
        writing_thread.begin(PROMPT)
        until(lambda: writing_thread.pages[0].phase == "done")
        before = writing_thread.pages[0].title
        reached = session.status.run.step
        until(lambda: session.status.run.step > reached + 50)
        writing_thread.renew()
        writing_thread.begin(PROMPT)
        until(lambda: writing_thread.pages[0].title != before and writing_thread.pages[0].phase == "done")
    finally:
        session.stop()
        assert session.join(PATIENCE)
    writing_thread.renew()
    until(lambda: "has ended" in writing_thread.pages[0].sentence)
    sentence = writing_thread.pages[0].sentence
    assert sentence.endswith("has ended: its network is gone")
    assert len(sentence) <= len(session.run.name) + 31, "it stands in a row of a page"


# Prompts


def test_prompts_are_kept_each_once_and_stepped_through(tmp_path: Path) -> None:
    prompts = Prompts(tmp_path)
    for prompt in ("one", "two\nlines", "three", "one"):
        prompts.add(prompt)
    again = Prompts(tmp_path)
    assert [again.earlier("begun"), again.earlier("?"), again.earlier("?"), again.earlier("?")] == [
        "one",
        "three",
        "two\nlines",
        "two\nlines",
    ]
    assert [again.later(), again.later(), again.later(), again.later()] == ["three", "one", "begun", "begun"]
    for k in range(KEPT + 5):
        again.add(str(k))
    assert Prompts(tmp_path).newest == str(KEPT + 4)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"a": 1}', b"[1, 2]"])
def test_a_history_that_cannot_be_read_is_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".prompts.json").write_bytes(content)
    prompts = Prompts(tmp_path)
    assert (prompts.newest, prompts.earlier("typed")) == ("", "typed")


def test_n_grams_are_counted_over_what_the_network_wrote_alone(
    make_corpus: Callable[..., Path], open_scribe: Callable[..., WritingThread]
) -> None:
    run = new_run(text(make_corpus("ab" * 500), steps=1, validate_every=0, sample_every=0))
    list(open_trainer(run))
    run.unlock()
    writing_thread = open_scribe(checkpoint(run), samplings=[Sampling()])
    writing_thread.begin("abababab")
    until(lambda: writing_thread.pages[0].phase == "done" and not writing_thread.pages[0].recall.sentence)
    page = writing_thread.pages[0]
    own = page.text[8:]
    pieces = [[own[k : k + n] for k in range(len(own) - n + 1)] for n in N_GRAMS]
    shares = [sum(piece in "ab" * 500 for piece in text) / len(text) for text in pieces]
    assert page.recall.shares == tuple(shares)
    assert 0 < shares[0] < 1
