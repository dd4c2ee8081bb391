"""`rnntui score`: the bits are the network's own, they sum to the score, and what cannot be scored is said."""

import io
import json
import math
import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import tiny
from command import TINY, as_json, done, files, refused, rnntui, said
from test_generate import VOCABULARY, network

from rnntui import corpora
from rnntui.commands import input_text
from rnntui.commands.progress import counting
from rnntui.core.generation.draft import Draft
from rnntui.core.generation.loading import TextNetwork
from rnntui.core.generation.scoring import BLOCK, Score, read_as, score
from rnntui.core.kernels.single import Snapshot
from rnntui.corpora.baselines import baselines
from rnntui.runs import Run
from rnntui.text.sanitize import shown_text

PROSE = "".join(f"{k * k % 97} green bottles, {k} on the wall;\n" for k in range(60))
ODD = "3 green Ж\x1b[31m bottles\t on the [b]wall[/b];\n"


def scored(text: str, cell: str = "lstm") -> Score:
    loaded = TextNetwork(Snapshot(network(cell=cell)), "".join(VOCABULARY), 0)
    return score(loaded, text, tiny.bits_of(loaded, text))


# The bits


@pytest.mark.parametrize("cell", ["lstm", "phased"])
def test_the_bits_are_a_manuscripts_surprisal_and_sum_to_the_score(cell: str) -> None:
    text = "☃a" + "bad cafe ☃ fed Zebec\n" * (3 * BLOCK // 20) + "gh"
    draft = Draft(Snapshot(network(cell=cell)), VOCABULARY, 0)
    draft.read(text)
    found = scored(text, cell)
    np.testing.assert_array_equal(found.bits, draft.surprisal)
    assert found.total_bits == pytest.approx(np.nansum(draft.surprisal), rel=1e-12)
    known = [c for c in text if c in VOCABULARY]
    assert found.scored == len(known) - 1
    assert found.bits_per_character == pytest.approx(found.total_bits / (len(known) - 1))
    assert found.perplexity == pytest.approx(2**found.bits_per_character)
    assert sum(found.left_out.values()) == len(text) - len(known)
    assert set(found.left_out) == set("☃Z\n")


def test_the_worst_places_are_those_of_most_bits() -> None:
    found = Score("abcde", [math.nan, 1.0, 9.0, math.nan, 4.0], scored("ab").left_out)
    assert found.worst(2) == [2, 4]
    assert found.worst(99) == [2, 4, 1]


def test_a_hopeless_text_has_an_infinite_perplexity_and_one_of_nothing_has_none() -> None:
    assert Score("ab", [math.nan, 5000.0], scored("ab").left_out).perplexity == math.inf
    assert math.isnan(Score("a", [math.nan], scored("ab").left_out).bits_per_character)


def test_a_network_of_lower_case_reads_all_in_lower_case() -> None:
    assert read_as("Bad CAFE", lower=True) == "bad cafe"
    assert read_as("Bad CAFE", lower=False) == "Bad CAFE"


# The command


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of bottles and its corpus, and a run of digits."""
    folder = tmp_path_factory.mktemp("score")
    (folder / "bottles.txt").write_text(PROSE, encoding="utf-8")
    train = f"{TINY} --steps 4 --save-every 2 --headless --runs {folder}"
    done(f"train text {train} --name mine --corpus {folder / 'bottles.txt'}")
    done(f"train palindrome {train} --name digits")
    return folder


@pytest.fixture(autouse=True)
def there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNTUI_RUNS", str(place))


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """A text with a control sequence, a tab, and characters that the corpus lacks."""
    path = tmp_path / "letter.txt"
    path.write_text(ODD + "9 green bottles, Ж on the wall;\n" * 20, encoding="utf-8")
    return path


def test_a_line_for_each_character_sums_to_the_total(letter: Path) -> None:
    found = as_json(f"score mine {letter}")
    lines = [line.split("\t") for line in done(f"score mine {letter} --per-character").splitlines()]
    text = letter.read_text(encoding="utf-8")
    assert [int(position) for position, _, _ in lines] == list(range(len(text)))
    assert sum(float(bits) for _, _, bits in lines if bits) == pytest.approx(found["total_bits"], abs=1e-3)
    assert sum(bits != "" for _, _, bits in lines) == found["scored"]
    assert [character for _, character, _ in lines[7:12]] == [" ", "Ж", r"\x1b", "[", "3"]
    assert (lines[ODD.index("\t")][1], lines[ODD.index("\n")][1]) == (r"\t", r"\n")


def test_the_json_has_the_score_and_each_character_where_it_is_asked(letter: Path) -> None:
    found = as_json(f"score mine {letter} --per-character --at 2")
    every = found["per_character"]
    assert (found["run"], found["step"], found["of"], found["rulers"]) == ("mine", 2, str(letter), None)
    assert "".join(row["character"] for row in every) == letter.read_text(encoding="utf-8")
    told = [row["bits"] for row in every if row["bits"] is not None]
    assert found["total_bits"] == pytest.approx(math.fsum(told))
    assert found["bits_per_character"] == pytest.approx(math.fsum(told) / len(told))
    assert (found["characters"], found["scored"]) == (len(every), len(told))
    assert found["left_out"]["Ж"] == 21
    assert found["worst"][0]["bits"] == max(told)
    assert "per_character" not in as_json(f"score mine {letter}")


def test_without_a_file_the_held_out_part_is_scored_beside_the_baselines() -> None:
    found = as_json("score mine")
    held_out = corpora.split(PROSE)[1]
    assert found["characters"] == len(held_out)
    assert found["scored"] == len(held_out) - 1
    wanted = baselines(PROSE, with_lzma=True)
    for name in ("uniform", "unigram", "bigram", "lzma"):
        assert found["rulers"][name] == pytest.approx(getattr(wanted, name))
    # So few characters are one stream, read as here; of several each begins with a state of its own.
    assert found["in_training"] == pytest.approx(found["bits_per_character"], rel=1e-5)
    assert f"in training       {found['in_training']:.4f} (the same text as parallel streams" in done("score mine")
    piped = rnntui("score mine - --json", input=held_out).stdout
    assert json.loads(piped)["in_training"] is None
    assert f'"total_bits": {found["total_bits"]!r}' in piped


def test_a_score_is_told_with_baselines_what_was_left_out_and_the_worst_places(letter: Path) -> None:
    text = done(f"score mine {letter}")
    found = as_json(f"score mine {letter}")
    assert text.startswith(f"mine · step 4 · {letter}\n")
    assert f"{found['bits_per_character']:.4f}" in text
    assert f"{found['perplexity']:.4g}" in text
    assert "not in the corpus: Ж ×21" in text
    assert r"\x1b ×1" in text
    assert f"{found['worst'][0]['bits']:.2f}" in text
    assert shown_text(text) == text
    assert "\t" not in text
    assert "bigram" in done("score mine")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("nosuch", "no run 'nosuch'"),
        ("digits", "run 'digits' was trained on palindromes, not text"),
        ("digits {letter}", "run 'digits' was trained on palindromes, not text"),
        ("mine {letter} --at 3", "--at: run 'mine' has no checkpoint of step 3; it has 0, 2, 4"),
        ("mine nosuch.txt", "'nosuch.txt' cannot be read: it does not exist"),
        ("mine {place}", "is a folder: give a text file"),
        ("mine {place}/mine/checkpoints/step-00000004/model.safetensors", "is a binary file"),
        ("mine {letter} --svg x.png", "--svg 'x.png': the picture must be a .svg file"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_a_sentence(typed: str, sentence: str, place: Path, letter: Path) -> None:
    assert sentence in refused(f"score {typed.format(place=place, letter=letter)}")


@pytest.mark.parametrize(("text", "number"), [("", "no character"), ("ЖЖ", "no character"), ("ЖaЖ", "one character")])
def test_a_text_of_which_nothing_can_be_predicted_is_refused(text: str, number: str) -> None:
    result = rnntui("score mine -", input=text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"standard input has {number} of the network's vocabulary: a score needs at least 2" in said(result)


def test_a_short_text_with_a_control_character_is_scored_and_one_with_a_nul_is_not() -> None:
    found = rnntui("score mine - --json", input="9 green \x1b[31mbottles\r\n on the wall")
    assert json.loads(found.stdout)["left_out"] == {"\x1b": 1, "[": 1, "m": 1}
    sentence = said(rnntui("score mine -", input="9 green \0 bottles"))
    assert "standard input is a binary file (it contains NUL bytes" in sentence
    assert "only text can be read" in sentence
    assert "corpus" not in sentence


def test_a_list_of_what_was_left_out_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text("9 green bottles" + "".join(map(chr, range(0x4E00, 0x4E00 + 99))))
    assert "… and 87 more\n" in done(f"score mine {tmp_path / 'odd.txt'}")


def test_a_text_in_another_encoding_is_scored_in_the_one_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_bytes("9 green bottles, łódź".encode("cp1250"))
    found = as_json(f"score mine {tmp_path / 'l.txt'} --encoding cp1250")
    assert set(found["left_out"]) >= {"ł", "ź"}
    assert found["notes"][0] == "decoded as Windows-1250"
    assert "l.txt' is not in EUC-JP" in refused(f"score mine {tmp_path / 'l.txt'} --encoding euc_jp")
    assert "--encoding is for a FILE" in refused("score mine --encoding cp1250")


def test_what_has_no_end_or_would_be_waited_for_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe: give a text file" in refused(f"score mine {tmp_path / 'pipe'}")
    for device in ("/dev/zero", "/dev/null"):
        assert f"'{device}' is not a regular file" in refused(f"score mine {device}")
    with open("/dev/zero", "rb") as endless:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(endless))
        with pytest.raises(ValueError, match="standard input is larger than 1 MiB, the largest text that is read"):
            input_text.prompt("-")


def test_a_pipe_that_the_shell_has_opened_is_read() -> None:
    read, write = os.pipe()
    os.write(write, b"9 green bottles")
    os.close(write)
    try:
        assert input_text.read(f"/dev/fd/{read}").text == "9 green bottles"
    finally:
        os.close(read)


def test_a_corpus_that_changed_or_vanished_has_no_held_out_part(place: Path) -> None:
    corpus, before = place / "bottles.txt", files(place / "mine")
    corpus.write_text("more" + PROSE, encoding="utf-8")
    try:
        assert "changed" in refused("score mine")
        corpus.rename(place / "gone.txt")
        assert "bottles.txt" in refused("score mine")
    finally:
        (place / "gone.txt").unlink(missing_ok=True)
        corpus.write_text(PROSE, encoding="utf-8")
    assert files(place / "mine") == before
    assert Run(place / "mine").config().data.sha256 == corpora.load(str(corpus)).sha256


def test_a_score_can_be_drawn_as_a_picture(letter: Path, tmp_path: Path) -> None:
    file = tmp_path / "letter.svg"
    done(f"score mine {letter} --svg {file}")
    root = ElementTree.parse(file).getroot()
    text = "".join(root.itertext()).replace("\xa0", " ")
    assert "mine · step 4 · " in text
    assert "green" in text
    (struck,) = re.findall(r"\.(\S+-r\d+) \{[^}]*line-through", text)
    left_out = {element.text for element in root.iter() if element.get("class") == struck}
    assert {"Ж", "left\xa0out"} <= left_out
    assert "green" not in left_out


# The count on standard error


def test_a_long_count_is_said_now_and_then_with_what_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(0, 100, 4))
    monkeypatch.setattr(counting.time, "monotonic", lambda: float(next(clock)))
    with counting.Counting("scoring", 1000) as count:
        for _ in range(7):
            count.advance(100)
    assert capsys.readouterr().err.splitlines() == [*("scoring  300/1,000  28 s left", "scoring  600/1,000  16 s left")]


def test_a_home_that_nobody_has_is_a_file_that_is_not_there() -> None:
    sentence = refused("score mine ~nobody-of-this-machine/letter.txt")
    assert "~nobody-of-this-machine/letter.txt" in sentence
