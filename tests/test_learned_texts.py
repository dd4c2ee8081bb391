"""The text of a run: the same for ever, whatever is guessed of its bytes by now, wherever it lies and if it grew."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import TINY, as_json, done, rnntui, run_named, said

from rnntui import corpora
from rnntui.config import Settings, make_settings
from rnntui.corpora import decoding, detection, folders, reading
from rnntui.corpora import parts as parts_of_corpora
from rnntui.corpora.detection import Guess
from rnntui.schemas import CorpusFacts, RunConfig

POLISH = "Zażółć gęślą jaźń, rzekł Żaba; łódź płynie po wodzie.\n" * 9
PROSE = "".join(f"{k * k % 97} green bottles, {k} on the wall;\n" for k in range(60))


class Learned:
    """A run that learned what lies at a place, as its `config.json` tells."""

    name = "mine"

    def __init__(self, place: str, raw: bytes, guesses: Mapping[str, str] | None = None) -> None:
        self._settings = make_settings("text", {"corpus": place})
        sha256 = hashlib.sha256(raw).hexdigest()
        self._data = CorpusFacts(sha256=sha256, size=len(raw), guesses=None if guesses is None else dict(guesses))

    def settings(self) -> Settings:
        return self._settings

    def config(self) -> RunConfig:
        return RunConfig(settings={}, data=self._data)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RNNTUI_CORPORA", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Encodings


def test_what_was_guessed_is_what_a_run_keeps_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = POLISH.encode("cp1250")
    Path("p.txt").write_bytes(raw)
    corpus = corpora.load("p.txt")
    assert corpus.guesses == {"": "cp1250"}
    run = Learned("p.txt", raw, corpus.guesses)
    monkeypatch.setattr(detection, "guess", lambda sample: Guess("mac-roman", False))
    assert corpora.load("p.txt").encoding == "Mac Roman"
    assert corpora.of_run(run).text == corpus.text == POLISH


def test_a_run_of_a_version_that_knew_western_encodings_alone_keeps_its_text() -> None:
    for text, before in ((POLISH, "iso-8859-1"), ("“naïve” €", "windows-1252")):
        raw = text.encode("cp1250" if text == POLISH else "cp1252")
        Path("p.txt").write_bytes(raw)
        expected = "windows-1252" if not set(raw) & {0x81, 0x8D, 0x8F, 0x90, 0x9D} else before
        assert corpora.of_run(Learned("p.txt", raw)).text == raw.decode(expected)


def test_a_folder_keeps_the_guess_of_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("books/deep").mkdir(parents=True)
    Path("books/a.txt").write_bytes(POLISH.encode("cp1250"))
    Path("books/deep/b.txt").write_bytes("Ночь, улица, фонарь, аптека.".encode("koi8-r"))
    Path("books/c.txt").write_text("fine")
    corpus = corpora.load("books")
    assert corpus.guesses == {"a.txt": "cp1250", "deep/b.txt": "koi8-r"}
    raw = b"".join(Path("books", name).read_bytes() for name in ("a.txt", "c.txt", "deep/b.txt"))
    run = Learned("books", raw, corpus.guesses)
    monkeypatch.setattr(detection, "guess", lambda sample: Guess("cp1252", True))
    assert corpora.of_run(run).text == corpus.text


def test_a_run_on_a_folder_of_which_fewer_files_were_taken_keeps_its_text() -> None:
    Path("books/deep").mkdir(parents=True)
    for name, content in {"a.txt": "first", "b.csv": "by now a text", "deep/c.txt": "by now read"}.items():
        Path("books", name).write_text(content)
    assert corpora.load("books").text == "first\nby now a text\nby now read\n"
    run = Learned("books", b"first")
    assert corpora.whereabouts(run.config().data, run.settings()).state == "here"
    assert corpora.of_run(run).text == "first\n"
    again = Learned("books", b"first", {})  # resumed since
    assert corpora.of_run(again).text == "first\n"


def test_a_named_encoding_is_kept_with_the_run() -> None:
    Path("p.txt").write_bytes(POLISH.encode("mac_latin2"))
    done(f"train text {TINY} --steps 2 --headless --corpus p.txt --encoding mac_latin2 --name mine")
    config = run_named("mine").config()
    assert config.settings["encoding"] == "mac_latin2"
    assert config.data.encoding == "MAC-LATIN2"
    assert set(config.data.vocabulary) == set(POLISH)
    done("resume mine --steps 3 --headless")
    assert as_json("score mine")["notes"][0] == "decoded as MAC-LATIN2"


# A text that grew


def test_a_text_that_grew_is_learned_as_it_was() -> None:
    raw = PROSE.encode()
    Path("log.txt").write_bytes(raw + b"and more, with \xc3\xa9")
    run = Learned("log.txt", raw, {})
    found = corpora.locate(run)
    assert (found.state, found.place) == ("grown", "log.txt")
    assert corpora.of_run(run).text == PROSE
    assert found.growth == (
        f"the corpus has grown since this run began: its first {len(raw):,} bytes are the corpus, as before"
    )
    Path("log.txt").write_bytes(b"x" + raw)
    with pytest.raises(ValueError, match="has changed since"):
        corpora.of_run(run)


def test_a_run_goes_on_to_the_bit_with_a_text_that_grew() -> None:
    train = f"train text --preset report {TINY} --headless --corpus log.txt --save-every 2"
    Path("log.txt").write_text(PROSE)
    done(f"{train} --steps 4 --name whole")
    done(f"{train} --steps 2 --name mine")
    Path("log.txt").write_text(PROSE + "It grew.\n" * 9)
    result = rnntui("resume mine --steps 4 --headless")
    assert result.exit_code == 0
    assert f"has grown since this run began: its first {len(PROSE):,} bytes" in said(result)
    mine, whole = run_named("mine"), run_named("whole")
    assert weights(mine) == weights(whole)
    assert mine.config().data.size == len(PROSE)
    assert as_json("runs show mine")["corpus"] == "grown"
    assert "has grown since it was learned" in said(rnntui("sample mine --length 2"))


def weights(run: Any) -> bytes:
    content: bytes = (run.checkpoint(4) / "model.safetensors").read_bytes()
    return content


def test_a_folder_that_grew_by_files_at_its_end_is_learned_as_it_was() -> None:
    Path("books").mkdir()
    Path("books/a.txt").write_text("first")
    run = Learned("books", b"first", {})
    Path("books/b.txt").write_text("second")
    assert corpora.locate(run).state == "grown"
    assert corpora.of_run(run).text == "first\n"


def test_a_large_text_that_grew_has_tokens_of_its_beginning(
    make_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_of_corpora, "LARGE", 1000)
    path = make_corpus(PROSE)
    run = Learned(str(path), PROSE.encode(), {})
    path.write_text(PROSE + "more\n", encoding="utf-8")
    found = corpora.of_run(run)
    assert isinstance(found, corpora.Large)
    assert "".join(found.pieces()) == PROSE
    assert "".join(corpora.load(str(path)).pieces()) == PROSE + "more\n"


def test_tokens_record_the_encoding_and_are_made_again_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_of_corpora, "LARGE", 100)
    path = tmp_path / "p.txt"
    path.write_bytes(POLISH.encode("cp1250"))
    guessed = corpora.load(str(path))
    named = corpora.load(str(path), encoding="mac-roman")
    assert "".join(guessed.pieces()) == POLISH
    assert "".join(named.pieces()) == POLISH.encode("cp1250").decode("mac-roman")
    assert corpora.load(str(path)) == guessed
    assert guessed.guesses == {"": "cp1250"}
    run = Learned(str(path), POLISH.encode("cp1250"), guessed.guesses)
    assert corpora.of_run(run) == guessed  # the same tokens
    monkeypatch.setattr(detection, "guess", lambda sample: Guess("cp1252", True))
    for file in tmp_path.glob("*.tokens.json"):
        file.unlink()
    assert "".join(corpora.of_run(run).pieces()) == POLISH


def test_what_is_no_guess_is_read_in_one_way_by_all() -> None:
    for raw in (b"plain", "naïve".encode(), "naïve".encode("utf-16")):
        once, legacy = decoding.decode(raw), decoding.decode(raw, encoding=decoding.WESTERN)
        assert once == legacy
    assert replace(decoding.decode(b"\xe9"), notes=()) == replace(
        decoding.decode(b"\xe9", encoding="latin-1"), notes=()
    )


def test_a_resumed_run_hashes_its_text_once_before_it_reads_it(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done(f"train text {TINY} --corpus {corpus} --steps 2 --headless --name mine")
    hashed, calls = reading.hashed, []

    def counted(*given: Any) -> str:
        calls.append(given)
        return hashed(*given)

    monkeypatch.setattr(reading, "hashed", counted)
    done("resume mine --steps 3 --headless")
    assert len(calls) == 1


def test_the_files_of_a_folder_are_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"a text called {name}")
    (tmp_path / "c.png").write_bytes(b"\x89PNG\0")
    seen: list[str] = []

    def counted(path: Path, mode: str) -> Any:
        seen.append(path.name)
        return open(path, mode)

    monkeypatch.setattr(folders, "open", counted, raising=False)
    assert "left out: 1 binary ('c.png')" in corpora.load(str(tmp_path)).notes
    assert seen == ["a.txt", "b.txt", "c.png"]
