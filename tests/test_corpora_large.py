"""Large corpora: in pieces and from a file of tokens a text is what it is at once."""

import errno
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from command import TINY, as_json, done, run_named
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiny import new_run
from tiny import text as tiny_text

from rnntui import corpora
from rnntui.commands.launch import new_runs
from rnntui.config import make_settings
from rnntui.core.tasks import characters, text
from rnntui.core.tasks.text import Streams, TextTask
from rnntui.core.training.learner import Learner
from rnntui.corpora import baselines, pairs, tokens
from rnntui.corpora import parts as parts_of_corpora
from rnntui.corpora.catalogue import FetchError
from rnntui.corpora.decoding import decode, lowered, read
from rnntui.runs import Run
from rnntui.sessions.training import TrainingSession

START, END = (f"*** {word} OF THE PROJECT GUTENBERG EBOOK A BOOK ***" for word in ("START", "END"))
TEXTS = {
    "code": "def f(x):\n\treturn {'a': x ** 2}  # ≈ quadratic\n" * 60,
    "cyrillic": "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.\n" * 30,
    "chinese": "".join(chr(0x4E00 + k * k % 2999) for k in range(3000)) + "，。\n" * 30,
    "emoji": "👩‍👩‍👧‍👦 ❤️ ☎︎ 🏳️‍🌈 e\u0301 𝄞\n" * 60,
    "all line ends": "one\r\ntwo\rthree\n\r\r\nfour\n\r" * 90,
    "a mark in the middle": "one \ufeff two\n" * 150,
    "256 characters": "".join(chr(0x100 + k) for k in range(256)) * 9,
    "255 characters and none": ("".join(chr(0x100 + k) for k in range(200)) + "\ufffe\uffff") * 9,
    "a book": f"Header\n{START}\n\n\nΣίσυφος, İstanbul.\n" + "A line. " * 300 + f"\n\n{END}\nLicence\n",
    "two books": f"{START}\n\n{END}\n{START} {END}\n{START}\nFirst\n" * 30 + f"x\n{END}\n" + "y" * 300,
}


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Corpora of more than 1,000 bytes are large, and are read in pieces of 100."""
    monkeypatch.setattr(parts_of_corpora, "LARGE", 1000)
    monkeypatch.setattr(parts_of_corpora, "PIECE", 100)


def at_once(path: Path, lower: bool = False) -> corpora.Corpus:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_of_corpora, "LARGE", 1 << 40)
        return corpora.load(str(path), lower)


def in_pieces(raw: bytes, size: int, lower: bool = False) -> tuple[str, str, tuple[str, ...]]:
    found = read(lambda: iter([raw[start : start + size] for start in range(0, len(raw), size)]), lower)
    return "".join(found.pieces()), found.encoding, found.notes


def what_comes(call: Callable[[], object]) -> object:
    """The value of a call, or the sentence with which it fails."""
    try:
        return call()
    except ValueError as refusal:
        return str(refusal)


# --- decoding in pieces ---------------------------------------------------------------------------------------------

FRAGMENTS = [
    *(START.encode(), END.encode(), b"***START OF THIS PROJECT GUTENBERG ETEXT", b" ***", b"*", b"x" * 290),
    *(b"a", b"\n", b"\r", b"\r\n", b"\xc3", b"\xff", b"\x81", b"\x93", b"\xf0\x9f", b"\xef\xbf\xbd", b"\xef\xbb\xbf"),
    *("é漢𝄞Σİ".encode(), "é漢𝄞".encode("utf-16-le")),
]
MARKS = [b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]
BYTES = st.one_of(
    st.binary(),
    st.tuples(st.sampled_from(MARKS), st.lists(st.sampled_from(FRAGMENTS)).map(b"".join)).map(b"".join),
    st.tuples(st.sampled_from(["utf-16", "utf-8", "latin-1"]), st.text()).map(lambda t: t[1].encode(t[0], "replace")),
)


@given(BYTES, st.integers(1, 7), st.booleans())
@example(b"\xff\xfe" + "𝄞\r\n".encode("utf-16-le") + b"x", 3, False)
@example("Ночь, улица, фонарь: lit.".encode("windows-1251"), 1, False)
def test_any_bytes_are_the_same_text_in_pieces_and_at_once(raw: bytes, size: int, lower: bool) -> None:
    def whole() -> tuple[str, str, tuple[str, ...]]:
        decoded = decode(raw, lower)
        return decoded.text, decoded.encoding, decoded.notes

    assert what_comes(lambda: in_pieces(raw, size, lower)) == what_comes(whole)


@pytest.mark.parametrize("size", [1, 5, 64, 10_000])
def test_a_book_is_cut_out_wherever_the_pieces_end(size: int) -> None:
    raw = f"Header\r\n{START}\r\n\r\nThe book.\r\n\r\nIt ends.\r\n{END}\r\nLicence\r\n".encode()
    body, _, notes = in_pieces(raw, size)
    assert body == "The book.\n\nIt ends.\n"
    assert notes[-1].startswith("Project Gutenberg's header and licence cut")


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("ΣİẞǅA"))))
def test_lower_case_is_made_of_each_character_by_itself(text: str) -> None:
    assert lowered(text) == "".join(character.lower() for character in text)


def test_lower_is_a_setting_that_is_noted_and_leaves_the_hash_alone(make_corpus: Callable[..., Path]) -> None:
    corpus = make_corpus(TEXTS["a book"])
    plain, lower = corpora.load(str(corpus)), corpora.load(str(corpus), lower=True)
    assert lower.text == lowered(plain.text) != plain.text
    assert (lower.sha256, lower.notes) == (plain.sha256, (*plain.notes, "converted to lower case"))
    done(f"train text {TINY} --steps 2 --headless --corpus {corpus} --lower --name small")
    assert run_named("small").config().data.vocabulary == "".join(lower.vocabulary)
    assert corpora.of_run(run_named("small")) == lower
    done("resume small --steps 3 --headless")


# --- from a file of tokens ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("name", TEXTS)
def test_a_large_corpus_is_the_text_that_a_small_one_is(tmp_path: Path, large: None, name: str, lower: bool) -> None:
    path = tmp_path / "it.txt"
    path.write_bytes(TEXTS[name].encode())
    small, found = at_once(path, lower), corpora.load(str(path), lower)
    assert isinstance(found, corpora.Large)
    assert "".join(found.pieces()) == small.text
    assert (found.vocabulary, found.counts, found.length) == (small.vocabulary, small.counts, small.length)
    assert (found.name, found.notes, found.encoding) == (small.name, small.notes, small.encoding)
    assert (found.sha256, found.size) == (small.sha256, small.size)
    assert baselines.of(found) == baselines.of(small)
    told, expected = (baselines.check(corpus, 8, 5).to_dict() for corpus in (found, small))
    del told["rulers"], expected["rulers"]  # the same by its earlier name
    assert told["baselines"].pop("lzma") is None
    assert expected["baselines"].pop("lzma") is not None
    assert told == expected
    with pytest.raises(ValueError, match="too many to hold at once"):
        _ = found.text


def test_a_large_folder_is_joined_as_a_small_one_is(tmp_path: Path, large: None) -> None:
    (tmp_path / "books").mkdir()
    for number, name in enumerate(("cyrillic", "emoji", "a book")):
        (tmp_path / "books" / f"{number}.txt").write_bytes(TEXTS[name].rstrip("\n").encode())
    small, found = at_once(tmp_path / "books"), corpora.load(str(tmp_path / "books"))
    assert isinstance(found, corpora.Large)
    assert ("".join(found.pieces()), found.notes, found.sha256) == (small.text, small.notes, small.sha256)
    assert found.tokens.parent == tmp_path
    assert {file.suffix for file in tmp_path.iterdir() if file.is_file()} == {".tokens", ".json"}


def test_how_far_the_reading_has_come_is_told_from_0_to_1(corpus: Path, large: None) -> None:
    told: list[float] = []
    corpora.load(str(corpus), progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] < 0.01
    assert told[-1] == pytest.approx(1.0)


def test_tokens_are_made_once_and_again_when_the_text_changes(
    corpus: Path, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made() -> tuple[int, int]:
        """Which file of tokens there is."""
        (file,) = corpus.parent.glob("*.tokens")
        return file.stat().st_ino, file.stat().st_mtime_ns

    assert corpora.is_slow(str(corpus))
    first, at_first = corpora.load(str(corpus)), made()
    assert not corpora.is_slow(str(corpus))
    assert corpora.load(str(corpus)) == first
    os.utime(corpus, (1, 1))  # touched, and still the same text
    assert corpora.load(str(corpus)) == first
    assert made() == at_first
    corpus.write_text(corpus.read_text().replace("bottles", "barrels"))
    assert "barrels" in "".join(corpora.load(str(corpus)).pieces())
    assert made() != at_first
    assert corpora.is_slow(str(corpus), lower=True)


@pytest.mark.parametrize("torn", ["tokens", "facts", "no facts", "other version", "other machine"])
def test_torn_tokens_are_made_anew(corpus: Path, large: None, torn: str) -> None:
    first = corpora.load(str(corpus))
    assert isinstance(first, corpora.Large)
    facts = first.tokens.with_name(f"{first.tokens.name}.json")
    content = facts.read_text()
    if torn == "tokens":
        first.tokens.write_bytes(first.tokens.read_bytes()[:-1])
    elif torn == "no facts":
        facts.unlink()
    else:
        other = {"other version": ('"format": 1', '"format": 2'), "other machine": ("little", "middle")}
        facts.write_text(content.replace(*other[torn]) if torn in other else content[:-9])
        assert facts.read_text() != content
    assert corpora.is_slow(str(corpus))
    assert corpora.load(str(corpus)) == first
    assert facts.read_text() == content


def test_an_interrupted_or_failed_making_leaves_nothing(
    corpus: Path, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(share: float) -> None:
        if share > 0.9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        corpora.load(str(corpus), progress=interrupted)
    assert os.listdir(corpus.parent) == [corpus.name]

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tokens, "_write", full)
    with pytest.raises(FetchError, match="the disk is full: make room and try again; nothing was kept"):
        corpora.load(str(corpus))
    assert os.listdir(corpus.parent) == [corpus.name]


def test_what_a_dead_process_left_half_written_goes(corpus: Path, large: None) -> None:
    left = corpus.with_name(f".{corpus.name}.tokens.999999999")
    left.write_text("half")
    corpora.load(str(corpus))
    assert not left.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(large: None) -> None:
    with tempfile.TemporaryDirectory() as read_only:
        path = Path(read_only, "it.txt")
        path.write_text(TEXTS["code"])
        path.chmod(0o644)
        Path(read_only).chmod(0o555)
        os.seteuid(65534)
        try:
            with pytest.raises(ValueError, match=r"folder .* cannot be written: `rnntui corpora add NAME"):
                corpora.load(str(path))
        finally:
            os.seteuid(0)
            Path(read_only).chmod(0o755)


def test_more_distinct_characters_than_two_bytes_tell_apart_are_refused(
    make_corpus: Callable[..., Path], large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST_DISTINCT", 300)
    with pytest.raises(ValueError, match="more than 300 distinct characters"):
        corpora.load(str(make_corpus(TEXTS["chinese"])))


@pytest.mark.parametrize(("content", "said"), [("x" * 2000, "one distinct"), ("\x1b[" * 2000, "a binary file")])
def test_a_large_text_is_refused_as_a_small_one_is(
    make_corpus: Callable[..., Path], large: None, content: str, said: str
) -> None:
    path = make_corpus(content)
    with pytest.raises(ValueError, match=said):
        corpora.load(str(path))
    assert os.listdir(path.parent) == [path.name]


@settings(max_examples=30)
@given(st.lists(st.binary(min_size=1).map(lambda raw: bytes(k % 7 for k in raw))), st.sampled_from([1, 2]))
def test_pairs_that_do_not_fit_into_memory_are_counted_all_the_same(pieces: list[bytes], width: int) -> None:
    pieces = [piece * width for piece in pieces]  # whole tokens
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        in_memory, on_disk = pairs.Pairs(width), pairs.Pairs(width, Path(folder))
        patch.setattr(pairs, "MOST_PAIRS", 3)
        for piece in pieces:
            in_memory.feed(piece)
            on_disk.feed(piece)
        values = list(pairs.values(b"".join(pieces), width))
        found = [(*on_disk.split(pair), times) for pair, times in on_disk]
        assert list(on_disk) == list(in_memory)
        assert os.listdir(folder) == []
    neighbours = list(pairwise(values))
    assert sorted(found) == sorted((*pair, neighbours.count(pair)) for pair in set(neighbours))


# --- training on it -------------------------------------------------------------------------------------------------


TINY_SETTINGS = {"hidden": 8, "length": 3, "batch": 4, "threads": 1, "device": "cpu", "layers": 1}


def both(path: Path, **given: Any) -> Iterator[Learner]:
    """A learner of the text in memory, and one of the same text on disk."""
    settings = make_settings("text", {**TINY_SETTINGS, "corpus": str(path), **given})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_of_corpora, "LARGE", 1 << 40)
        yield Learner(settings)
        patch.setattr(parts_of_corpora, "LARGE", 1000)
        yield Learner(settings)


@pytest.mark.parametrize(("name", "stateful"), [("cyrillic", False), ("chinese", True)])
def test_a_network_learns_the_same_from_disk_and_from_memory(
    make_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, name: str, stateful: bool
) -> None:
    monkeypatch.setattr(characters, "LET_GO", 10)
    memory, disk = both(make_corpus(TEXTS[name]), stateful=stateful)
    assert isinstance(disk.task, TextTask)
    assert isinstance(disk.task.training, characters.Mapped)
    for _ in range(12):
        assert torch.equal(memory.train_one(0.01, 1.0), disk.train_one(0.01, 1.0))
    assert list(memory.task.validate(memory.model))[-1] == list(disk.task.validate(disk.model))[-1]
    assert memory.task.baselines() == disk.task.baselines()
    assert memory.task.facts() == disk.task.facts()


@settings(max_examples=30)
@given(st.integers(2, 40_000), st.integers(512, 1000))
def test_a_long_held_out_part_has_more_streams_and_still_each_character_once(count: int, longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "STREAMS", 4)
        patch.setattr(text, "LONGEST_STREAM", longest)
        layout, part = Streams.of(count), torch.arange(count)
        inputs, targets = layout.read(part, 0, layout.length, part.device)
    known = targets.T.flatten() >= 0
    assert torch.equal(targets.T.flatten()[known], part[1:])
    assert torch.equal(inputs.T.flatten()[known], part[:-1])
    assert layout.count == max(1, min(max(4, (count - 1) // longest), (count - 1) // 512))
    assert layout.length <= 2 * longest or layout.count <= 4


def test_up_to_four_million_held_out_characters_are_read_as_64_streams() -> None:
    assert [Streams.of(count).count for count in (4_100_000, 4_259_841, 4_300_000, 107_000_001)] == [64, 65, 65, 1632]
    assert [Streams.of(1 + n).count for n in (5, 1023, 1024, 64 * 512 - 1, 64 * 512)] == [1, 1, 2, 63, 64]
    assert Streams.of(4_100_000).piece(10_000) == 64
    assert Streams.of(107_000_001).piece(100) == 51
    assert Streams.of(107_000_001).piece(60_000) == 1


def test_the_score_does_not_depend_on_how_many_steps_are_read_in_one_go(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "SHORTEST_STREAM", 4)
    monkeypatch.setattr(text, "STREAMS", 8)
    monkeypatch.setattr(text, "LONGEST_STREAM", 20)
    learner = next(both(corpus))
    scores = []
    for logits in (1, 10_000):
        monkeypatch.setattr(text, "LOGITS", logits)
        scores.append(list(learner.task.validate(learner.model)))
    assert len(scores[0]) > len(scores[1])
    assert scores[0][-1].loss == pytest.approx(scores[1][-1].loss, rel=1e-5)


def test_a_large_corpus_is_checked_trained_on_and_resumed_by_command(corpus: Path, large: None) -> None:
    report = as_json(f"corpora check {corpus}")
    assert report["rulers"]["lzma"] is None
    assert "left out: too slow" in done(f"corpora check {corpus}")
    done(f"train text {TINY} --steps 2 --headless --corpus {corpus} --name it")
    for made in corpus.parent.glob("*.tokens*"):
        made.unlink()
    done("resume it --steps 4 --headless")
    assert run_named("it").steps_saved(whole=True)[-1] == 4
    assert len(list(corpus.parent.glob("*.tokens*"))) == 2


def test_the_screen_says_how_far_a_large_corpus_has_come_and_stops_reading_when_it_is_left(
    corpus: Path, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences: list[str] = []
    prepare, tick = corpora.prepare, threading.Event()

    def noted(run: Run, tell: Callable[[float], None]) -> None:
        prepare(run, lambda share: (tell(share), sentences.append(session.status.sentence)))

    monkeypatch.setattr(corpora, "prepare", noted)
    session = TrainingSession(new_run(tiny_text(corpus)))
    session.start()
    while session.status.run.state not in ("running", "refused", "failed"):
        tick.wait(0.01)
    session.stop()
    assert session.join(60)
    assert "reading the corpus into a token file, once: 100%" in sentences
    for made in corpus.parent.glob("*.tokens*"):
        made.unlink()

    def left(run: Run, tell: Callable[[float], None]) -> None:
        prepare(run, lambda share: (session.stop(), tell(share)))

    monkeypatch.setattr(corpora, "prepare", left)
    session = TrainingSession(new_run(tiny_text(corpus)))
    session.start()
    assert session.join(60)
    assert (session.status.run.state, session.status.sentence) == ("stopped", "")
    assert not list(corpus.parent.glob("*.tokens*"))


def test_the_form_leaves_a_large_corpus_to_the_training(corpus: Path, large: None) -> None:
    (run,) = new_runs(corpus.parent / "runs", [(None, tiny_text(corpus))], at_once=True)
    run.unlock()
    assert corpora.is_slow(str(corpus))
    (run,) = new_runs(corpus.parent / "runs", [(None, tiny_text(corpus))])
    run.unlock()
    assert not corpora.is_slow(str(corpus))


def test_a_file_of_tokens_that_is_cut_or_forged_while_it_is_read_is_said(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_bytes(bytes([0, 1, 2, 1] * 2_000))
    part = characters.Mapped(tokens, 1, 0, 8_000, torch.device("cpu"), 3)
    assert part[torch.arange(4)].tolist() == [0, 1, 2, 1]
    forged = characters.Mapped(tokens, 1, 0, 8_000, torch.device("cpu"), 2)
    with pytest.raises(ValueError, match="is damaged: delete it"):
        forged[torch.arange(4)]
    os.truncate(tokens, 10)
    with pytest.raises(ValueError, match="is damaged: delete it"):
        part[torch.arange(7_000, 7_010)]
