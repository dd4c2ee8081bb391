"""`rnntui write`: the texts of `sample`, side by side; refused in one sentence; never obeyed by what shows them."""

import errno
import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from command import TINY, as_json, done, refused, rnntui, run_named, said

from rnntui.commands import corpus_status, surprisal_picture, text_picture, untrained
from rnntui.commands import write as write_command
from rnntui.commands.progress import waiting
from rnntui.commands.surprisal_picture import Block
from rnntui.commands.write import WriteRequest
from rnntui.config import make_settings
from rnntui.core.generation import continuation
from rnntui.core.generation.continuation import Continuation, GeneratedCharacter, continuations, networks_of
from rnntui.runs import Run
from rnntui.runs.networks import NetworkSpec
from rnntui.runs.writers import Sampling, WriterSpec
from rnntui.system import output
from rnntui.text import surprisal_scale
from rnntui.text.sanitize import shown_text

# Markup, escapes, a bidirectional control, a tab, wide, combining and right-to-left characters, what XML must escape.
WILD = "[bold]x[/] \x1b[31mred\x1b[0m \u202e\t漢字 e\u0301\x07 שלום \u0301 👨\u200d👩 ]]> & <b>{0}\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: two of texts, `book` (wild, checkpoints 0, 10, 20) and `plain`, and one of `digits`."""
    folder = tmp_path_factory.mktemp("write")
    (folder / "wild.txt").write_text(WILD * 20 + "plain words, and many of them. " * 200, encoding="utf-8")
    (folder / "plain.txt").write_text("plain words, and many of them. " * 50, encoding="utf-8")
    every = f"--headless --runs {folder}"
    done(f"train text {TINY} --steps 20 --save-every 10 {every} --name book --corpus {folder / 'wild.txt'}")
    done(f"train text {TINY} --steps 2 --average none {every} --name plain --corpus {folder / 'plain.txt'}")
    done(f"train palindrome {TINY} --steps 2 {every} --name digits")
    Run.create(folder, "new", make_settings("text", {"corpus": "pydoc"})).unlock()
    return folder


@pytest.fixture(autouse=True)
def there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrained, "tell", lambda networks: None)  # these have learned next to nothing
    monkeypatch.setenv("RNNTUI_RUNS", str(place))


# One text, whatever the front end


@pytest.mark.parametrize(
    "how",
    [
        *("", "--temperature 0 --prompt words", "--temperature inf --length 500"),
        *("--top-p 0.2 --top-k 9 --temperature 1.5", "--seed 7 --prompt ЖplainЖ --temperature 1 --stop-at a"),
    ],
)
def test_a_seed_writes_one_text_through_sample_and_write_and_their_json(how: str) -> None:
    sampled = done(f"sample book {how}")
    label, written = done(f"write book --plain {how}").split("\n", 1)
    found = as_json(f"write book {how}")
    assert written == sampled == shown_text(found["prompt"] + found["text"]) + "\n"
    assert found == as_json(f"sample book {how}")
    assert label.startswith("book · step 20 · temp ")


def test_every_run_step_and_temperature_has_a_block_under_its_label() -> None:
    steps = {"book": ("0", "20"), "plain": ("2",)}

    def block(run: str, step: str, temperature: str, shown: str) -> str:
        text = done(f"sample {run} --at {step} --temperature {temperature} --prompt words --seed 3")
        return f"{run} · step {step} · temp {shown}\n{text}"

    for run, its in steps.items():
        blocks = [block(run, step, t, shown) for step in its for t, shown in (("0", "0"), ("inf", "∞"))]
        typed = f"write {run} --at {','.join(its)} --temperatures 0,inf --prompt words --seed 3"
        assert done(typed) == "\n".join(blocks)
    both = done("write book plain book --prompt words --seed 3 --top-p 0.9")
    assert [line for line in both.splitlines() if " · " in line] == [
        *("book · step 20 · temp 0.5 top-p 0.9", "plain · step 2 · temp 0.5 top-p 0.9")
    ]


def test_the_json_of_one_voice_is_an_object_and_of_several_a_list() -> None:
    found = as_json("write book --temperatures 0.5,inf --length 30 --seed 4 --prompt Жab --top-k 9")
    assert [written["temperature"] for written in found] == [0.5, "inf"]
    one = as_json("write book --length 30 --seed 4 --prompt Жab --top-k 9")
    assert one == found[0]
    assert (one["run"], one["step"], one["seed"], one["top_k"], one["top_p"]) == ("book", 20, 4, 9, 1.0)
    assert (one["prompt"], one["left_out"], len(one["text"]), one["stopped"]) == ("ab", "Ж", 30, False)
    assert one["bits_per_character"] == pytest.approx(math.fsum(one["bits"]) / 30)


def test_a_length_of_0_reads_the_prompt_and_tells_its_bits() -> None:
    prompt = "Жplain words"
    found = as_json(f"write plain --length 0 --prompt '{prompt}'")
    assert (found["prompt"], found["text"], found["bits"]) == ("plain words", "", [])
    scored = json.loads(rnntui("score plain - --json --per-character", input=prompt).stdout)
    assert found["prompt_bits"] == [row["bits"] for row in scored["per_character"]][1:]
    assert found["prompt_bits_per_character"] == pytest.approx(scored["bits_per_character"])
    assert done("write plain --length 0 --prompt words") == "plain · step 2 · temp 0.5\nwords\n"


def test_a_first_character_that_nothing_came_before_has_no_bits() -> None:
    found = as_json("write plain --length 3")
    assert found["bits"][0] is None
    assert found["bits_per_character"] == pytest.approx(sum(found["bits"][1:]) / 2)


def test_a_text_ends_with_what_it_is_to_stop_at_where_the_network_wrote_it() -> None:
    free = as_json("write plain --temperature inf --length 300 --prompt a")["text"]
    stopped = as_json("write plain --temperature inf --length 300 --prompt a --stop-at a")
    assert stopped["stopped"]
    assert stopped["text"] == free[: free.index("a") + 1]
    assert not as_json("write plain --length 5 --temperature 0 --stop-at ☃")["stopped"]


def test_a_prompt_can_come_through_standard_input() -> None:
    typed = done("write plain --plain", "--prompt=plain words")
    assert rnntui("write plain --prompt -", input="plain words\n").stdout == typed
    wide = "plain words\n".encode("utf-16-le")
    assert rnntui("write plain --prompt - --encoding utf-16-le", input=wide).stdout == typed
    assert "add --prompt -, or leave it out" in refused("write plain --prompt x --encoding cp437")
    assert "is a binary file" in said(rnntui("write plain --prompt -", input=b"\0\1\2\xff" * 9))


# What is said


def test_nothing_wild_reaches_standard_output_raw() -> None:
    text = done("write book --temperature inf --length 2000", f"--prompt={WILD}")
    assert shown_text(WILD) in text
    assert shown_text(text) == text


def test_what_is_left_out_of_a_prompt_is_said_once_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_SECONDS", math.inf)  # however slow the machine is
    result = rnntui("write book plain --temperatures 0,1 --length 3", "--prompt=Жwords\x07")
    left_out = "left out of the prompt, since they are not in the network's corpus"
    assert result.stderr.splitlines() == [f"book: {left_out}: 'Ж'", rf"plain: {left_out}: 'Ж' '\x07'"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("nosuch", "no run 'nosuch'"),
        ("digits", "run 'digits' was trained on palindromes, not text"),
        ("new", "run 'new' has no checkpoint yet"),
        ("book digits", "run 'digits' was trained on palindromes, not text"),
        ("book --prompt ЖЖ", "--prompt: none of its characters is in the network's corpus (run 'book')"),
        ("book plain --prompt 漢", "--prompt: none of its characters is in the network's corpus (run 'plain')"),
        ("book --at 7", "--at: run 'book' has no checkpoint of step 7; it has 0, 10, 20"),
        ("book --at soon", "--at must be steps separated by commas"),
        ("book --temperature -1", "--temperature must be 0, a number above it, or inf, not -1"),
        ("book --temperatures 0,-1", "--temperatures: each must be 0, a number above it, or inf, not -1"),
        ("book --temperatures warm", "--temperatures must be numbers separated by commas"),
        ("book --temperature 1 --temperatures 0,1", "leave one of them out"),
        ("book --temperatures 1,2,3,4,5,6,7,8,9,10,11,12,13", "13 texts side by side: at most 12"),
        ("book --top-k -1", "--top-k must be at least 0"),
        ("book --top-p 0", "--top-p must be above 0 and at most 1 (all), not 0"),
        ("book --top-p 1.5", "--top-p must be above 0 and at most 1"),
        ("book --length 100000001", "--length must be at least 0 (read only) and at most 100,000,000, not 100000001"),
        ("book --check html --length 0", "--check counts what is written: --length must be at least 1"),
        ("book --seed -1", "--seed must be at least 0, not -1"),
        ("book --check word", "--check must be latex or html, not 'word'"),
        ("book --samples 5", "--samples is for --check"),
        ("book --check latex --samples 0", "--samples must be at least 1, not 0"),
        ("book --check latex --svg x.svg", "--svg draws texts and --check counts them"),
        ("book --svg x.png", "--svg 'x.png': the picture must be a .svg file"),
        ("book --svg nosuch/x.svg", "there is no folder 'nosuch'"),
        ("book --svg x.svg --length 20001", "--svg draws at most 20,000 characters"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(typed: str, sentence: str) -> None:
    assert sentence in refused(f"write {typed}")


def test_a_text_to_stop_at_that_is_never_written_is_said_once_a_run() -> None:
    result = rnntui("write plain --temperatures 0,1 --length 3 --stop-at aΩa☃Ω")
    assert result.stderr == "plain: --stop-at: it can never write that, since its corpus lacks 'Ω' '☃'\n"
    assert not rnntui("write plain --length 3 --stop-at and").stderr


def test_a_run_that_is_named_twice_writes_once_and_that_is_said(place: Path) -> None:
    result = rnntui("write plain --length 3", str(place / "plain"), "plain")
    assert result.stdout == done("write plain --length 3")
    assert result.stderr == "plain is named more than once: it writes once\n" * 2


@pytest.mark.parametrize("command", ["sample plain", "write plain", "write plain --json", "score plain {other}"])
def test_a_corpus_that_changed_or_is_gone_is_said_and_does_not_hinder(command: str, place: Path) -> None:
    corpus, learned = place / "plain.txt", (place / "plain.txt").read_bytes()
    (place / "other").write_text("plain words", encoding="utf-8")
    typed = command.format(other=place / "other")
    before = rnntui(typed)
    try:
        for now, sentence in (
            (b"", "has changed since it was learned"),
            (b"\0\1", "has changed"),
            (None, "is no longer"),
        ):
            corpus.unlink() if now is None else corpus.write_bytes(now)
            found = rnntui(typed)
            assert found.exit_code == 0
            assert found.stderr.startswith(f"plain: its corpus plain.txt {sentence}")
            kept = found.stdout.replace('"gone"', '"here"').replace('"changed"', '"here"')
            assert kept == before.stdout
            assert "--json" not in typed or found.stdout != before.stdout
    finally:
        corpus.write_bytes(learned)
    assert before.stderr == ""


def test_of_a_large_corpus_the_size_alone_is_looked_at(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(place / "plain")
    monkeypatch.setattr(corpus_status, "HASHED", 10)
    monkeypatch.setattr("rnntui.corpora.trained.fingerprint", None)
    assert corpus_status.state(run) == "here"
    monkeypatch.setattr(corpus_status, "_size", lambda _: 11)
    assert corpus_status.state(run) == "changed"


def test_a_prompt_read_in_pieces_is_read_as_at_once_and_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = "Ж" * 30 + "plain wordsЖ" * 20
    writers = [WriterSpec(NetworkSpec(run_named(name)), Sampling()) for name in ("book", "plain")]
    at_once = [text.draft.surprisal for text in continuations(writers, networks_of(writers), prompt, 1)]
    monkeypatch.setattr(continuation, "PIECE", 20)
    shares: list[float] = []
    texts = continuations(writers, networks_of(writers), prompt, 1, shares.append)
    in_pieces = [text.draft.surprisal for text in texts]
    np.testing.assert_array_equal(in_pieces, at_once)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 20


def test_the_characters_of_a_text_are_those_that_were_read_and_written_each_with_its_surprisal() -> None:
    writers = [WriterSpec(NetworkSpec(run_named("plain")), Sampling())]
    (text,) = continuations(writers, networks_of(writers), "plain Ж words", 1)
    written = "".join(text.write(20))
    found = list(text.characters())
    assert "".join(character.character for character in found) == f"plain  words{written}"  # it never saw a Ж
    assert [character.given for character in found] == [True] * 12 + [False] * 20
    bits = [character.bits for character in found]
    assert math.isnan(bits[0])
    assert bits[1:] == [*text.prompt_bits, *text.bits][-31:]


def test_an_interrupted_text_ends_its_line_and_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(self: Continuation, length: int, stop_at: str = "") -> Iterable[str]:
        yield "x"
        raise KeyboardInterrupt

    monkeypatch.setattr(Continuation, "write", write)
    result = rnntui("write plain --prompt words")
    assert result.exit_code == 130
    assert result.stdout == "plain · step 2 · temp 0.5\nwordsx\n"


# On the screen and through the checks


def test_a_terminal_gets_the_writing_room_where_nothing_else_is_asked(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    opened: list[Any] = []
    monkeypatch.setattr(write_command, "open_writing_room", lambda *given: opened.append(given) or 3)
    assert rnntui("write book plain --seed 5 --temperatures 0,1").exit_code == 3
    ((writers, request, root),) = opened
    assert [(writer.network.run.name, writer.sampling.temperature) for writer in writers] == [
        *(("book", 0), ("book", 1), ("plain", 0), ("plain", 1))
    ]
    assert (request.seed, root) == (5, place)
    assert done("write plain --plain --length 3")
    assert as_json("write plain --length 3")
    assert len(opened) == 1


def test_a_check_is_made_of_each_voice_with_its_own_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def facts(writer: WriterSpec, kind: str, request: WriteRequest, samples: int) -> dict[str, Any]:
        assert writer.sampling == request.sampling
        seen.append(
            (writer.network.run.name, kind, writer.network.step, request.sampling.temperature, request.seed, samples)
        )
        return {"run": writer.network.run.name}

    module = ModuleType("checking")
    module.facts, module.tell = facts, lambda found: print(found["run"])  # type: ignore[attr-defined]
    monkeypatch.setattr("rnntui.commands.write_check", module, raising=False)
    assert done("write book --check latex --samples 7 --at 0,10 --seed 2") == "book\n\nbook\n"
    assert seen == [("book", "latex", 0, 0.5, 2, 7), ("book", "latex", 10, 0.5, 2, 7)]
    found = as_json("write book plain --check html --temperature 1")
    assert found == [{"run": "book"}, {"run": "plain"}]
    assert seen[-1] == ("plain", "html", None, 1, 0, 100)


# The picture


def block(text: str, *bits: float, given: int = 0) -> Block:
    told = list(bits) + [1.0] * (len(text) - len(bits))
    return Block("a · b", [GeneratedCharacter(c, told[k], k < given) for k, c in enumerate(text)])


def drawn(*blocks: Block) -> list[tuple[str, str]]:
    """The texts in an SVG, and the rules that each is drawn by; the title is left out."""
    root = ElementTree.fromstring(surprisal_picture.picture("title", blocks))
    rules = dict(re.findall(r"\.(\S+-r\d+) \{(.*?)\}", "".join(root.itertext())))
    texts = [
        (element.text or "", element.get("class", "")) for element in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    return [(text, rules[name]) for text, name in texts if name in rules]


def fills(text: Block) -> list[str]:
    """The grounds of a picture, the legend's left out."""
    found = re.findall(r'<rect fill="(#\w+)" x=', surprisal_picture.picture("title", [text]))
    return found[: len(found) - 3 * (surprisal_scale.SHADES - 1)]


def test_a_picture_of_anything_is_well_formed_and_has_all_of_it() -> None:
    every = "".join(map(chr, range(0x300))) + WILD + "\ud800\ufffe\U000e0041"
    text = "".join(text for text, _ in drawn(block(every)))
    without_blanks = re.sub(r"\s", "", shown_text(every.replace("\n", "").replace("\t", "")))
    assert without_blanks in re.sub(r"\s", "", text)


def test_each_character_stands_on_the_shade_of_its_surprisal() -> None:
    bits = (math.nan, 0.1, 0.7, 3.5, 99.0)
    assert fills(block("abcde", *bits)) == [surprisal_scale.COLOURS[k] for k in (1, 4, 7)]
    assert fills(block("e\u0301", 0.0, 5.0)) == [surprisal_scale.COLOURS[5]]  # a mark shades what it stands on
    assert fills(block("\n", 2.5)) == [surprisal_scale.COLOURS[3]]
    assert fills(block("aab", 2.5, 2.5, 2.5)) == [surprisal_scale.COLOURS[3]]


def test_what_was_given_is_bold() -> None:
    weights = {text: "bold" in rule for text, rule in drawn(block("given, written", given=6))}
    assert (weights["given,"], weights["written"]) == (True, False)


def test_a_picture_is_eighty_columns_wide_and_a_wide_character_has_two() -> None:
    found = surprisal_picture.picture("title", [block("漢x" + "word " * 100, 1, 9)])
    root = ElementTree.fromstring(found)
    assert float(root.get("viewBox", "").split()[2]) == pytest.approx(80 * text_picture.CELL, abs=20)
    lengths = {
        element.text: float(element.get("textLength", 0)) for element in root.iter() if element.get("textLength")
    }
    assert (lengths["漢"], lengths["x"]) == (
        pytest.approx(2 * text_picture.CELL),
        pytest.approx(text_picture.CELL),
    )
    assert len({element.get("y") for element in root.iter() if element.text == "word"}) == 7


def test_a_picture_fetches_nothing_and_is_the_same_twice() -> None:
    found = surprisal_picture.picture("title", [block(WILD)])
    assert found == surprisal_picture.picture("title", [block(WILD)])
    assert 'url("' not in found
    assert "font-face" not in found
    assert found != surprisal_picture.picture("title", [block(WILD, 3.0)])


def test_the_picture_of_what_was_written_has_a_block_a_voice(tmp_path: Path) -> None:
    file = tmp_path / "texts.svg"
    result = rnntui(f"write book plain --temperature inf --prompt words --length 400 --svg {file}")
    assert result.exit_code == 0
    assert said(result).endswith(f"drawn: {file}")
    text = "".join(ElementTree.parse(file).getroot().itertext())
    for label in ("book · step 20 · temp ∞", "plain · step 2 · temp ∞"):
        assert label in result.stdout
        assert label in text.replace("\xa0", " ")


def test_a_picture_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.svg").mkdir()
    assert "is a folder" in refused(f"write book --svg {tmp_path / 'x.svg'}")

    (tmp_path / "link.svg").symlink_to(tmp_path / "y.svg")
    assert "is a link, and rnntui never writes through a link" in refused(f"write book --svg {tmp_path / 'link.svg'}")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rnntui.system.operations.write", full)
    result = rnntui(f"write book --length 3 --svg {tmp_path / 'y.svg'}")
    assert result.exit_code == 1
    assert "the disk is full: make room and try again" in said(result)
    assert sorted(picture.name for picture in tmp_path.glob("*.svg")) == ["link.svg", "x.svg"]


# The shades


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    levels = [level / 255 for level in bytes.fromhex(colour[1:])]
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    return sum(weight * level for weight, level in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_shade_rises_with_the_bits_and_is_read_on() -> None:
    assert [surprisal_scale.shade(bits) for bits in (-1e-9, 0, 0.5, 1, 2, 3, 4, 6, 8, math.inf)] == [
        0,
        0,
        *range(1, 8),
        7,
    ]
    assert surprisal_scale.shade(math.nan) is None
    assert len(surprisal_scale.COLOURS) == surprisal_scale.SHADES
    assert [surprisal_scale.in_words(k) for k in range(surprisal_scale.SHADES)] == [
        "0",
        "½",
        "1",
        "2",
        "3",
        "4",
        "6",
        "8+",
    ]
    falling = [luminance(colour) for colour in surprisal_scale.COLOURS]
    assert falling == sorted(falling, reverse=True)
    assert all((level + 0.05) / (luminance(surprisal_scale.INK) + 0.05) >= 4.5 for level in falling)
