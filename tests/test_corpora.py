"""Corpora: what a name stands for, how bytes become text, what is fetched, and the baselines."""

import errno
import gzip
import hashlib
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from math import log2
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from command import TINY, as_json, done, refused, rnntui, run_named
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from rnntui import corpora
from rnntui.config import Settings, make_settings
from rnntui.corpora import adding, baselines, catalogue, storage
from rnntui.corpora import parts as parts_of_corpora
from rnntui.corpora.catalogue import FetchError, fetch, fetchable
from rnntui.corpora.decoding import decode
from rnntui.corpora.verdict import verdict
from rnntui.runs import making
from rnntui.schemas import CorpusFacts, RunConfig
from rnntui.specs.recipes import QUICK
from rnntui.system import operations

SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpora"
START = "*** START OF THE PROJECT GUTENBERG EBOOK A BOOK ***"
END = "*** END OF THE PROJECT GUTENBERG EBOOK A BOOK ***"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no corpora but those that a test makes."""
    monkeypatch.delenv("RNNTUI_CORPORA", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: str, content: str | bytes) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def reason(call: Callable[[], object], error: type[Exception] = ValueError) -> str:
    """The sentence with which a call fails."""
    with pytest.raises(error) as caught:
        call()
    sentence = str(caught.value)
    assert sentence.isprintable()
    return sentence


# Decoding


@pytest.mark.parametrize(
    ("raw", "text", "encoding"),
    [
        (b"plain", "plain", "ASCII"),
        ("naïve – ok".encode(), "naïve – ok", "UTF-8"),
        ("naïve".encode("utf-8-sig"), "naïve", "UTF-8 with a byte-order mark"),
        (b"\xff\xfe" + "naïve 𝄞".encode("utf-16-le"), "naïve 𝄞", "UTF-16 LE with a byte-order mark"),
        (b"\xfe\xff" + "naïve 𝄞".encode("utf-16-be"), "naïve 𝄞", "UTF-16 BE with a byte-order mark"),
        ("“naïve” €".encode("windows-1252"), "“naïve” €", "Windows-1252"),
        ("naïve café".encode("iso-8859-1"), "naïve café", "ISO-8859-1"),
        (b"\xff\xfe\0\0" + "naïve 𝄞".encode("utf-32-le"), "naïve 𝄞", "UTF-32 LE with a byte-order mark"),
        (b"\0\0\xfe\xff" + "naïve 𝄞".encode("utf-32-be"), "naïve 𝄞", "UTF-32 BE with a byte-order mark"),
    ],
)
def test_each_encoding_is_told_and_named(raw: bytes, text: str, encoding: str) -> None:
    decoded = decode(raw)
    assert (decoded.text, decoded.encoding) == (text, encoding)
    assert decoded.notes[0] == f"decoded as {encoding}"


@given(st.text(st.characters(categories=("L", "N", "P", "S", "M", "Zs"))))
def test_decoding_gives_back_any_text_that_has_a_byte_order_mark(text: str) -> None:
    for codec in ("utf-8-sig", "utf-16"):
        assert decode(text.encode(codec)).text == text


@given(st.binary())
def test_any_bytes_are_a_text_or_refused_in_words(raw: bytes) -> None:
    try:
        text = decode(raw).text
    except ValueError as refusal:
        text = str(refusal)
    assert not {"\r", "\0"} & set(text)


def test_line_ends_become_lf_and_that_is_said() -> None:
    decoded = decode(b"one\r\ntwo\rthree\n")
    assert decoded.text == "one\ntwo\nthree\n"
    assert decoded.notes[1:3] == ("CRLF line ends converted to LF", "lone CR line ends converted to LF")
    assert not any("line ends" in note for note in decode(b"one\ntwo\n").notes)


def test_a_cut_tail_or_a_stray_byte_of_utf_8_is_left_out_and_said() -> None:
    good = "déjà vu, été, naïveté, crème brûlée, œuvre. "
    cut = decode((good + "é").encode()[:-1])
    assert (cut.text, cut.encoding) == (good, "UTF-8")
    assert "1 byte that is not UTF-8 left out" in cut.notes
    assert decode(good.encode() + b"\xff" + good.encode()).text == good + good


OTHER_SCRIPTS = {
    "windows-1251": "«Ё-моё», сказал он, и поехал дальше. Їжак, ґанок; a few words of English.",
    "koi8-r": "Ночь, улица, фонарь, аптека. Бессмысленный и тусклый свет.",
    "iso-8859-5": "Гора с горой не сходится, а человек с человеком сойдётся.",
    "windows-1253": "Το σπίτι είναι δίπλα στη θάλασσα και το καλοκαίρι έχει πολύ φως.",
    "windows-1255": "הבית עומד ליד הים ובקיץ יש בו הרבה אור.",
}
WESTERN = {
    "French": "Où êtes-vous allés cet été ? À la forêt, près du château : là-bas, la fée créée a mangé des œufs. ÉTÉ",
    "German": "Überall müßten die Äpfel größer sein; Österreichs Bäume blühen schöner. ÄÖÜ",
    "Danish": "På øen så æøå-søerne røde ud, og årene gik: hør på åens ælde.",
    "Swedish": "Där på ön går åar i år; ärligt är öarna äldre än åsarna. Ååå! Öååen.",
    "Finnish": "Yöllä tämä hääyöaie näytti hyvältä; äiti söi jäätelöä pöydän ääressä.",
    "Estonian": "Öö oli külm, jäääär murdus, õed ja äiad sõid õunu; töööö algas.",
    "Icelandic": "Það var áður önnur öld, þegar úlfaþytur í ánni ógnaði íbúum; æðið óð.",
    "Portuguese": "Não são as ações, são corações: já é manhã na estação, pões os pés no chão.",
    "Spanish": "¿Qué añoró el niño? El pingüino soñó con la cigüeña: «¡adiós, señor!»",
    "a list": "Ä Ö Ü ä ö ü ß\nAe Oe Ue ae oe ue ss\n",
}


GUESSES = {
    "windows-1250": "Zażółć gęślą jaźń, rzekł Żaba; łódź płynie.",
    "iso-8859-2": "Příliš žluťoučký kůň úpěl ďábelské ódy, nechť hříšné saxofony rozezvučí síň.",
    "windows-1254": "Pijamalı hasta yağız şoföre çabucak güvendi; İstanbul'da ışık söndü.",
    "windows-1257": "Įlinkdama fechtuotojo špaga sublykčiojusi pragręžė apvalų arbūzą.",
    "windows-1258": "Một cuộc bể dâu".replace("ộ", "ô\u0323").replace("ể", "ê\u0309"),
    "mac-roman": "Où êtes-vous allés cet été ? À la forêt, près du château : là-bas, la fée créée a mangé des œufs.",
    "cp850": "Überall müßten die Äpfel größer sein; Österreichs Bäume blühen schöner.",
    "cp866": "Ночь, улица, фонарь, аптека. Бессмысленный и тусклый свет.",
    "big5": "話說天下大勢,分久必合,合久必分。周末七國分爭,并入於秦。" * 12,
    "cp932": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 12,
    "euc_jp": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 12,
    "gb18030": "话说天下大势,分久必合,合久必分。周末七国分争,并入于秦。" * 12,
    "cp949": "동해물과 백두산이 마르고 닳도록 하느님이 보우하사 우리나라 만세." * 12,
    "iso2022_jp": "吾輩は猫である。名前はまだ無い。",
    "utf-16-le": "naïve café, and so on\n",
    "utf-16-be": "吾輩は猫である。\n名前はまだ無い。\n",
    "utf-32-le": "naïve 𝄞\n",
    "utf-32-be": "naïve 𝄞\n",
    **{name: text for name, text in OTHER_SCRIPTS.items() if name != "windows-1255"},
}


@pytest.mark.parametrize("encoding", GUESSES)
def test_what_is_no_utf_8_is_guessed_and_called_a_guess(encoding: str) -> None:
    raw = GUESSES[encoding].encode(encoding)
    decoded = decode(raw)
    assert decoded.text == GUESSES[encoding]
    assert decoded.notes[1] == "a guess: --encoding NAME takes another"
    assert decode(raw, encoding=decoded.encoding).text == GUESSES[encoding]  # the name it is told by is one to give
    assert decode(raw, encoding=encoding).notes[1] != decoded.notes[1]


def test_a_guess_that_little_speaks_for_is_doubted() -> None:
    for raw in (OTHER_SCRIPTS["windows-1255"].encode("windows-1255"), "猫である".encode("cp932"), b"\xd3\xd8\xfe\xa3"):
        assert "a doubtful guess: look at the text, and name its encoding with --encoding" in decode(raw).notes


def test_bytes_that_are_not_in_a_guessed_encoding_are_left_out_and_counted() -> None:
    decoded = decode(("Zażółć gęślą jaźń. " * 20).encode("windows-1250") + b"\x81")
    assert decoded.text == "Zażółć gęślą jaźń. " * 20
    assert "1 place that is not Windows-1250 left out" in decoded.notes


def test_an_encoding_that_is_named_is_taken_or_refused_at_a_byte() -> None:
    assert decode("łódź".encode("cp1250"), encoding="cp1250").text == "łódź"
    assert decode(b"\xef\xbb\xbfmark", encoding="utf-8").text == "mark"
    assert decode(b"na\xefve", encoding="latin-1").encoding == "ISO-8859-1"
    sentence = reason(lambda: decode(b"abc\x81", encoding="windows-1250"))
    assert sentence == "not in Windows-1250 (byte 0x81 at offset 3 has no meaning in it): a corpus is text"
    assert "did you mean cp1250" in reason(lambda: decode(b"", encoding="cp12500"))
    for name in ("rot13", "idna", "hex", "../x", "é", "\0"):
        assert reason(lambda name=name: decode(b"x", encoding=name)).startswith("--encoding ")  # type: ignore[misc]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_cesu_8_gives_back_what_lies_beyond_two_bytes(text: str) -> None:
    units = memoryview(text.encode(f"utf-16-{sys.byteorder[0]}e")).cast("H")
    raw = "".join(map(chr, units)).encode("utf-8", "surrogatepass")
    assert decode(raw, encoding="cesu-8").text == text.removeprefix("\ufeff")
    if any(character > "\uffff" for character in text):
        assert decode(b"x" + raw).text == f"x{text}"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"\x1f\x8b\x08\0", "a damaged or truncated gzip file: fetch or pack it again"),
        (b"%PDF-1.7\n", "a PDF: convert it to text first"),
        (b"PK\x03\x04\x14", "a zip file, as .docx, .odt and .epub are"),
        (b"{\\rtf1\\ansi", "an RTF file: convert it to text first"),
        (b"\x89PNG\r\n", "a PNG picture"),
    ],
)
def test_a_file_that_holds_a_text_and_is_none_is_named(raw: bytes, name: str) -> None:
    put("book", raw)
    assert f"'book' is {name}" in reason(lambda: corpora.load("./book"))
    assert f"'book' is {name}" in refused("corpora check ./book")


@pytest.mark.parametrize("language", WESTERN)
def test_western_languages_are_guessed_and_not_doubted(language: str) -> None:
    for text in (WESTERN[language], WESTERN[language].lower()):
        for quotes in ("“”", ""):
            decoded = decode(f"{text}{quotes}".encode("windows-1252"))
            assert decoded.encoding == ("Windows-1252" if quotes or "œ" in text else "ISO-8859-1")
            assert decoded.notes[1] == "a guess: --encoding NAME takes another"


def test_other_scripts_in_utf_8_are_no_guess() -> None:
    for text in OTHER_SCRIPTS.values():
        assert not any("guess" in note for note in decode(text.encode()).notes)


def test_an_odd_last_byte_of_utf_16_is_left_out_and_said() -> None:
    decoded = decode(b"\xff\xfe" + "ab".encode("utf-16-le") + b"x")
    assert decoded.text == "ab"
    assert "an odd last byte left out" in decoded.notes


@pytest.mark.parametrize(
    "raw",
    [
        b"text\0text",
        b"\xff\xfe" + "a\0b".encode("utf-16-le"),
        b"\xff\xfe\x00\xd8\x00\xd8",  # two high surrogates
        b"\x01\0" * 99,
        b"\x1b[1m" * 5 + b"x" * 100,
        bytes(range(1, 256)),
    ],
)
def test_binary_files_are_refused(raw: bytes) -> None:
    assert "a binary file" in reason(lambda: decode(raw))


def test_a_hundredth_of_control_characters_is_still_text() -> None:
    assert decode(b"\x1b" + b"x" * 99).text[0] == "\x1b"
    assert "2%" in reason(lambda: decode(b"\x1b\x1b" + b"x" * 98))
    assert decode(b"\t\n\f\r\t").text == "\t\n\f\n\t"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START, END),
        (START.replace("THE", "THIS"), END.replace("THE", "THIS")),
        (START.replace("*** S", "***S"), END.replace("*** E", "***E")),
        (START.replace("A BOOK", "A VERY\r\nLONG BOOK"), END),
        (f"% {START}   %", END),
    ],
)
def test_gutenbergs_header_and_licence_are_cut_where_both_markers_stand(start: str, end: str) -> None:
    decoded = decode(f"Header\r\n{start}\r\n\r\nThe book.\r\n\r\n{end}\r\nLicence\r\n".encode())
    assert decoded.text == "The book.\n"
    assert decoded.notes[-1].startswith("Project Gutenberg's header and licence cut")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{START}\nThe book.\n", "START marker has no counterpart"),
        (f"The book.\n{END}\n", "END marker has no counterpart"),
        (f"{END}\nThe book.\n{START}\n", "wrong order"),
        (f"First.\n{END}\n{START}\nSecond.\n{END}\n", "wrong order"),
        (f"{START}\nFirst.\n{END}\n{START}\nSecond.\n", "wrong order"),
        ("The book.\n", "no Project Gutenberg markers"),
        ("START OF THE PROJECT GUTENBERG EBOOK\n", "no Project Gutenberg markers"),
    ],
)
def test_nothing_is_cut_without_both_markers_in_order(text: str, said: str) -> None:
    decoded = decode(text.encode())
    assert decoded.text == text
    assert said in decoded.notes[-1]
    assert "nothing cut" in decoded.notes[-1]


def test_no_book_is_lost_where_two_stand_in_one_file() -> None:
    first, second = f"{START}\nFirst.\n{END}\nLicence\n", f"Header\n{START}\nSecond.\n{END}\n"
    assert decode((first + second).encode()).text == "First.\nSecond.\n"


def test_nested_markers_leave_the_innermost_text() -> None:
    text = f"% {START} %\nHeader\n{START}\nThe book.\n{END}\nLicence\n% {END} %\n"
    assert decode(text.encode()).text == "The book.\n"


# Names


def test_no_name_is_anna_where_it_was_fetched_else_the_documentation_of_python() -> None:
    assert corpora.load("").path is None
    put("corpora/anna.txt", "Happy families")
    assert corpora.load("").text == "Happy families"
    assert corpora.load("").name == "anna"


def test_the_built_in_corpus_is_python_s_documentation_and_always_the_same() -> None:
    built_in = corpora.load("pydoc")
    assert len(built_in.text) > 400_000
    assert 'The "assert" statement' in built_in.text
    assert built_in == corpora.load("pydoc")
    assert built_in.sha256 == hashlib.sha256(built_in.text.encode()).hexdigest()


def test_a_name_without_a_suffix_is_looked_for_in_the_corpora_folder_first(monkeypatch: pytest.MonkeyPatch) -> None:
    put("corpora/mine.txt", "in the folder")
    put("mine", "in the working directory")
    put("elsewhere/mine.txt", "elsewhere")
    assert corpora.load("mine").text == corpora.load("mine.txt").text == "in the folder"
    assert corpora.load("./mine").text == "in the working directory"
    monkeypatch.setenv("RNNTUI_CORPORA", "elsewhere")
    assert corpora.load("mine").text == "elsewhere"


def test_a_name_with_a_suffix_is_the_file_here_as_for_score_and_add() -> None:
    put("README.md", "about the project")
    put("corpora/README.md", "about the corpora")
    put("mine.txt", "in the working directory")
    assert corpora.load("README.md").text == "about the project"
    assert corpora.load("mine.txt").path == Path("mine.txt")
    put("corpora/mine.txt", "in the working directory")
    assert corpora.load("mine.txt").path == Path("mine.txt")
    assert corpora.load("mine").path == Path("corpora/mine.txt")


def test_a_name_of_two_different_texts_is_refused_with_both_paths() -> None:
    put("mine.txt", "in the working directory")
    put("corpora/mine.txt", "in the corpora folder ..")
    sentence = reason(lambda: corpora.load("mine.txt"))
    assert sentence == (
        "corpus 'mine.txt' is ambiguous: './mine.txt' and 'corpora/mine.txt' differ, so name one by its path"
    )
    assert corpora.load("./mine.txt").text == "in the working directory"
    assert corpora.load("corpora/mine.txt").text == "in the corpora folder .."


def test_a_path_goes_out_from_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    put("books/one.txt", "abc")
    put("corpora/x.txt", "xyz")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    Path("corpora").mkdir()
    assert corpora.load("../books/one.txt").text == "abc"
    assert corpora.find("..").name == Path.cwd().parent.name


def test_a_corpus_knows_its_bytes_its_characters_and_its_file() -> None:
    raw = b"b\r\na\r\n"
    corpus = corpora.load(str(put("x.txt", raw)))
    assert corpus.sha256 == hashlib.sha256(raw).hexdigest()
    assert corpus.vocabulary == ("\n", "a", "b")
    assert corpus.path == Path("x.txt")
    assert corpus.name == "x"


def test_a_folder_is_its_texts_in_order_of_their_paths() -> None:
    put("books/b.txt", "second".encode("utf-16"))
    put("books/a.TXT", "fïrst".encode())
    put("books/c.csv", "third\n")
    put("books/d/below.py", "fourth")
    put("books/.hidden.txt", "hidden")
    put("books/picture.txt", b"\x89PNG\0")
    put("books/e.tokens", "made")
    corpus = corpora.load("books")
    assert corpus.text == "fïrst\nsecond\nthird\nfourth\n"
    assert corpus.encoding == "ASCII, UTF-16 LE with a byte-order mark, UTF-8"
    assert corpus.notes[:2] == (
        "4 files joined in order of their paths",
        "left out: 1 binary ('picture.txt'), 1 hidden",
    )


def test_a_folder_is_the_same_text_to_train_on_to_check_and_to_add() -> None:
    for name, content in {"a.txt": "one", "b.csv": "two", "c/d.md": "three", "README.md": "four"}.items():
        put(f"books/{name}", content)
    put("books/picture.png", b"\x89PNG\0")
    trained = corpora.load("books")
    report = json.loads(rnntui("corpora check books --json").stdout)
    added_one = adding.add("mine", "books", corpora.folder())
    assert added_one.path.read_text() == trained.text == "four\none\ntwo\nthree\n"
    assert report["sha256"] == trained.sha256
    assert set(added_one.notes) <= set(report["notes"])
    assert "left out: 1 binary ('picture.png')" in report["notes"]


def test_the_first_file_of_a_folder_whose_encoding_is_doubtful_is_named() -> None:
    put("books/a.txt", "fine")
    put("books/b.txt", "猫である".encode("cp932"))
    put("books/c.txt", "café".encode("latin-1"))
    note = next(note for note in corpora.load("books").notes if "doubtful" in note)
    assert note.endswith("(1 of 3 files, first 'b.txt')")
    put("books/c.txt", "猫".encode("cp932"))
    assert corpora.load("books", encoding="cp932").text == "fine\n猫である\n猫\n"


def test_a_folder_that_holds_a_file_that_proves_binary_names_that_file() -> None:
    put("books/a.txt", "fine")
    put("books/b.txt", b"x" * 9000 + b"\0")
    assert "b.txt" in reason(lambda: corpora.load("books"))


def test_an_unknown_name_is_told_the_nearest_ones() -> None:
    put("corpora/quixote.txt", "text")
    assert "did you mean quixote?" in reason(lambda: corpora.load("quixot"))
    assert "did you mean pydoc?" in reason(lambda: corpora.load("pydocs"))


def test_a_text_that_was_not_fetched_is_told_how() -> None:
    assert "rnntui corpora get odyssey" in reason(lambda: corpora.load("odyssey"))


@pytest.mark.parametrize("name", ["none/such.txt", "/no/such/file", "x\0y", "a" * 5000, "~nobody-at-all/x", "\udcff"])
def test_a_path_to_nothing_is_named(name: str) -> None:
    assert repr(name) in reason(lambda: corpora.load(name))


def test_what_is_quoted_cannot_reach_the_terminal_raw() -> None:
    put("\x1b[2J\u202e.txt", "")
    assert r"\x1b[2J\u202e" in reason(lambda: corpora.load("\x1b[2J\u202e.txt"))
    assert r"\x1b[2J" in reason(lambda: corpora.load("\x1b[2J"))


def test_an_address_is_told_how_to_become_a_corpus() -> None:
    sentence = refused("train text --headless --corpus https://user:pa55@example.org/a.txt")
    assert "`rnntui corpora add NAME https://example.org/a.txt` fetches it" in sentence
    assert "pa55" not in sentence


def test_a_corpus_has_a_name_of_one_line_whatever_its_file_is_called() -> None:
    put("a\nb\t\x1b[2J.txt", "text")
    assert corpora.load("./a\nb\t\x1b[2J.txt").name == r"a\nb\t\x1b[2J"


def test_empty_files_and_folders_are_refused() -> None:
    put("empty.txt", "")
    put("mark.txt", b"\xef\xbb\xbf")
    put("books/.hidden", "text")
    assert "is empty" in reason(lambda: corpora.load("empty.txt"))
    assert "is empty" in reason(lambda: corpora.load("mark.txt"))
    assert "no text files" in reason(lambda: corpora.load("books"))


def test_one_distinct_character_is_nothing_to_learn() -> None:
    put("one.txt", "aaaa")
    assert "one distinct character" in reason(lambda: corpora.load("one.txt"))


def test_what_is_no_regular_file_is_refused_and_never_read() -> None:
    os.mkfifo("pipe")
    for name in ("pipe", "./pipe", "/dev/zero"):
        assert "not a regular file" in reason(partial(corpora.load, name))


def test_a_link_to_nothing_is_named() -> None:
    Path("dangling.txt").symlink_to("gone")
    assert "it does not exist" in reason(lambda: corpora.load("dangling.txt"))


@contextmanager
def unprivileged() -> Iterator[None]:
    """Nobody's rights, where the tests run with root's."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_that_may_not_be_read_is_named() -> None:
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o755)
        secret = put(f"{open_to_all}/secret.txt", "secret")
        secret.chmod(0)
        with unprivileged():
            sentence = reason(lambda: corpora.load(str(secret)))
    assert "secret.txt" in sentence
    assert "permission denied" in sentence


@given(st.integers(1, 400))
def test_a_corpus_is_long_enough_exactly_from_the_number_it_is_told(length: int) -> None:
    def corpus(characters: int) -> corpora.Corpus:
        return corpora.Small("x", (), "ASCII", None, "", 0, {}, ("ab" * characters)[:characters])

    sentence = reason(lambda: corpora.check_length(corpus(0), length))
    needed = int(sentence.split("at least ")[1].split()[0].replace(",", ""))
    corpora.check_length(corpus(needed), length)
    training, held_out = corpora.split(corpus(needed).text)
    assert len(training) >= length + 1
    assert len(held_out) >= 2
    assert f"--length {length}" in reason(lambda: corpora.check_length(corpus(needed - 1), length))
    training, held_out = corpora.split(corpus(needed - 1).text)
    assert len(training) < length + 1 or len(held_out) < 2


def test_the_last_tenth_is_held_out() -> None:
    assert corpora.split("abcdefghijklmnopqrstuvwxyz") == ("abcdefghijklmnopqrstuvwx", "yz")


def test_the_list_has_what_is_here_and_what_can_be_fetched() -> None:
    put("corpora/mine.txt", "12345")
    put("corpora/anna.txt", "not the real one")
    put("corpora/books/a.txt", "123")
    put("corpora/README.md", "about this folder")
    put("corpora/.hidden.txt", "hidden")
    entries = {entry.name: entry for entry in corpora.listing()}
    here = {name for name, entry in entries.items() if entry.is_here}
    assert here == {"anna", "books", "mine", "pydoc"}
    assert entries["mine"].size == 5
    assert entries["books"].size == 3
    assert entries["anna"].title is None
    assert set(entries) - here == set(fetchable()) - {"anna"}
    assert entries["odyssey"].title == "The Odyssey"


def test_every_text_that_is_built_in_or_can_be_fetched_has_a_title_a_licence_and_a_name_of_its_own() -> None:
    entries = corpora.listing()
    assert all(entry.title and entry.licence for entry in entries)
    assert len({entry.name for entry in entries}) == len(entries) == len(corpora.BUILT_IN) + len(fetchable())
    assert [text.name for text in fetchable().values() if adding.fault(text.name) or text.url[:8] != "https://"] == []


DESCRIBED = f"""
title = "A book"
author = "nobody"
licence = "public domain"
encoding = "ascii"
size = 10
sha256 = "{"0" * 64}"
url = "https://example.org/book.txt"
"""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pydoc", DESCRIBED, "the catalogue's text 'pydoc' has the name of one that is built in: rename pydoc.toml"),
        ("book", DESCRIBED + "=", "the catalogue's text 'book': book.toml, line 9 .*it is no setting"),
        ("book", DESCRIBED.replace("licence", "license"), "'book' is damaged: book.toml: .*licen"),
        ("book", DESCRIBED.replace("10", "0"), "'book' is damaged: book.toml: size must be a whole number at least 1"),
        ("book", DESCRIBED.replace("0000", "xxxx"), "'book' is damaged: book.toml: .*sha256"),
        ("book", DESCRIBED.replace("https", "ftp"), "'book' is damaged: book.toml: .*url"),
    ],
)
def test_a_text_that_is_described_wrongly_is_told_with_its_file(name: str, content: str, said: str) -> None:
    assert catalogue.described("book", DESCRIBED).licence == "public domain"
    with pytest.raises(ValueError, match=said):
        catalogue.described(name, content)


def test_what_is_built_in_needs_no_fetch() -> None:
    assert "`--corpus pydoc` trains on it" in reason(lambda: fetch("pydoc", corpora.folder()))


# Fetching


class Place(BaseHTTPRequestHandler):
    """A server whose behaviour is named by the first part of the path."""

    content = b"A book of some length.\n" * 10_000
    requests: list[str]

    def do_GET(self) -> None:
        self.requests.append(self.path)
        kind = self.path.split("/")[1]
        if kind == "absent":
            self.send_error(404)
            return
        self.send_response(int(kind) if kind.isdigit() else 200)
        self.send_header("Content-Type", "text/HTML; charset=utf-8" if kind == "page" else "text/plain")
        if kind == "bomb":
            packed = gzip.compress(b"a book " * 1_000_000)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(packed)
            return
        if kind == "endless":
            self.end_headers()
            with suppress(OSError):  # until the other side has had enough
                while True:
                    self.wfile.write(self.content)
            return
        self.send_header("Content-Length", "abc" if kind == "words" else str(len(self.content)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(self.content[: len(self.content) // 2] if kind == "cut" else self.content)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Bar:
    """A progress bar that remembers what it was told."""

    def __init__(self) -> None:
        self.total = 0
        self.updates: list[int] = []
        self.closed = False

    def update(self, n: int, /) -> None:
        self.updates.append(n)

    def reset(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server on this machine, whose content the catalogue knows as the text `anna`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(Place, "requests", [], raising=False)
    sha256 = hashlib.sha256(Place.content).hexdigest()
    monkeypatch.setitem(fetchable(), "anna", structs.replace(fetchable()["anna"], sha256=sha256))
    httpd = HTTPServer(("127.0.0.1", 0), Place)
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def assert_nothing_kept(into: Path = Path("corpora")) -> None:
    assert not into.is_dir() or not any(into.iterdir())


def test_a_text_is_fetched_once_and_then_found_by_name(server: str, capfd: pytest.CaptureFixture[str]) -> None:
    bar = Bar()
    first = fetch("anna", corpora.folder(), bar, f"{server}/good")
    assert not first.already_there
    assert first.path.read_bytes() == Place.content
    assert [entry.name for entry in first.path.parent.iterdir()] == ["anna.txt"]
    assert (bar.total, bar.closed) == (len(Place.content), True)
    assert len(bar.updates) > 2
    assert fetch("anna", corpora.folder(), base_url=f"{server}/good").already_there
    assert Place.requests == ["/good/anna.txt"]
    assert corpora.load("anna").sha256 == hashlib.sha256(Place.content).hexdigest()
    assert capfd.readouterr() == ("", "")


def test_a_wrong_hash_is_refused_with_both_hashes(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Place, "content", b"Something else.\n")
    sentence = reason(lambda: fetch("anna", corpora.folder(), base_url=f"{server}/good"), FetchError)
    assert hashlib.sha256(b"Something else.\n").hexdigest() in sentence
    assert fetchable()["anna"].sha256 in sentence
    assert_nothing_kept()


def test_a_cut_connection_keeps_nothing(server: str) -> None:
    sentence = reason(lambda: fetch("anna", corpora.folder(), base_url=f"{server}/cut"), FetchError)
    assert "was cut" in sentence
    assert_nothing_kept()


def test_a_server_without_the_text_is_quoted(server: str) -> None:
    sentence = reason(lambda: fetch("anna", corpora.folder(), base_url=f"{server}/absent"), FetchError)
    assert "404 (Not Found)" in sentence
    assert_nothing_kept()


def test_a_server_that_does_not_answer_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(catalogue, "READ_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "did not answer" in reason(lambda: fetch("anna", corpora.folder(), base_url=url), FetchError)
    assert_nothing_kept()


def test_no_network_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert "is there a network?" in reason(lambda: fetch("anna", corpora.folder(), base_url=url), FetchError)
    assert_nothing_kept()


def test_a_name_that_does_not_resolve_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    sentence = reason(lambda: fetch("anna", corpora.folder()), FetchError)
    assert "raw.githubusercontent.com cannot be reached" in sentence


def test_a_full_disk_is_said_and_keeps_nothing(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(operations, "rename", full)
    sentence = reason(lambda: fetch("anna", corpora.folder(), base_url=f"{server}/good"), FetchError)
    assert "the disk is full" in sentence
    assert_nothing_kept()


def test_a_corpora_folder_that_is_swapped_while_a_text_comes_gets_nothing(
    server: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = storage.UnfinishedFile.writing

    def swapped(draft: storage.UnfinishedFile) -> Any:
        Path("corpora").rename("moved")
        Path("victim").mkdir()
        Path("corpora").symlink_to(here / "victim")
        return writing(draft)

    monkeypatch.setattr(storage.UnfinishedFile, "writing", swapped)
    put("mine.txt", "a text")
    for bring in (
        lambda: fetch("anna", corpora.folder(), base_url=f"{server}/good"),
        lambda: adding.add("mine", "mine.txt", corpora.folder()),
    ):
        assert "was removed or moved while in use" in reason(bring, FetchError)
        assert os.listdir("victim") == []
        Path("corpora").unlink()
        Path("victim").rmdir()
        shutil.rmtree("moved")


def test_a_folder_that_cannot_be_made_or_written_is_named(server: str) -> None:
    put("file", "in the way")
    assert "'file/corpora'" in reason(lambda: fetch("anna", Path("file/corpora"), base_url=f"{server}/good"))
    with tempfile.TemporaryDirectory() as read_only:
        for mode in (0o555, 0):
            Path(read_only).chmod(mode)
            with unprivileged():
                sentence = reason(lambda: fetch("anna", Path(read_only), base_url=f"{server}/good"))
            assert "cannot be written" in sentence
        Path(read_only).chmod(0o755)


def test_a_corpora_folder_that_may_not_be_entered_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as closed:
        monkeypatch.setenv("RNNTUI_CORPORA", closed)
        Path(closed).chmod(0)
        corpora.load("")  # Python's own documentation may lie where only the superuser reads
        with unprivileged():
            assert corpora.load("").name == "pydoc"
            assert "cannot be read" in reason(corpora.listing)
        Path(closed).chmod(0o755)


def test_a_file_of_one_s_own_is_never_written_over(server: str) -> None:
    Path("corpora/odyssey.txt").mkdir(parents=True)
    assert "in the way" in reason(lambda: fetch("odyssey", corpora.folder(), base_url=f"{server}/good"))
    mine = put("corpora/anna.txt", "my own Anna")
    sentence = reason(lambda: fetch("anna", corpora.folder(), base_url=f"{server}/good"))
    assert fetchable()["anna"].sha256 in sentence
    assert mine.read_text() == "my own Anna"
    assert Place.requests == []


def test_a_text_that_the_catalogue_lacks_is_told_the_nearest() -> None:
    assert "did you mean odyssey?" in reason(lambda: fetch("odissey", corpora.folder()))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared corpora are not beside the repository")
def test_the_catalogue_and_the_decoding_agree_with_the_real_texts() -> None:
    facts = {text["name"]: text for text in json.loads((SHARED / "catalog.json").read_text())["texts"]}
    assert set(facts) == set(fetchable())
    for text in fetchable().values():
        fact = facts[text.name]
        assert (text.size, text.encoding, text.sha256, text.url, text.title, text.author) == tuple(
            fact[key] for key in ("bytes", "encoding", "sha256", "url", "title", "author")
        )
        assert (text.translator, text.gutenberg_id) == (fact.get("translator"), fact.get("gutenberg_id"))


ENCODINGS = {
    "ascii": "ASCII",
    "utf-8 with BOM, CRLF": "UTF-8 with a byte-order mark",
    "iso-8859-1": "ISO-8859-1",
}


@pytest.mark.parametrize("path", sorted(SHARED.glob("*.txt")), ids=lambda path: path.stem)
def test_a_real_text_decodes_as_the_catalogue_says(path: Path) -> None:
    corpus, text = corpora.load(str(path)), fetchable()[path.stem]
    assert corpus.sha256 == text.sha256
    assert corpus.encoding == ENCODINGS[text.encoding]
    assert ("CRLF line ends converted to LF" in corpus.notes) == ("CRLF" in text.encoding)
    assert "\ufeff" not in corpus.text
    was_cut = any("licence cut" in note for note in corpus.notes)
    assert was_cut == (path.stem in ("odyssey", "latex", "republic"))
    assert ("PROJECT GUTENBERG EBOOK" in corpus.text) == (path.stem == "anna")


# Adding


def added(name: str, origin: str) -> Path:
    return adding.add(name, origin, corpora.folder()).path


def test_a_file_is_added_with_its_bytes_as_they_are_and_once() -> None:
    raw = "naïve\r\nŒuvre".encode("windows-1252")
    put("book.txt", raw)
    assert added("mine", "book.txt").read_bytes() == raw
    assert os.listdir("corpora") == ["mine.txt"]
    assert corpora.load("mine").text == "naïve\nŒuvre"
    assert adding.add("mine", "book.txt", corpora.folder()).already_there
    put("book.txt", "another")
    assert "'mine' is taken by another text" in reason(lambda: added("mine", "book.txt"))
    assert os.listdir("corpora") == ["mine.txt"]
    assert Path("corpora/mine.txt").read_bytes() == raw


def test_a_folder_is_added_with_all_its_texts_in_order_of_their_paths() -> None:
    put("src/b.py", "print('б')")
    put("src/a/deep.c", "int x;\r\n".encode("utf-16"))
    put("src/a.txt", b"\xef\xbb\xbfna\xc3\xafve")
    put("src/z.tex", "caf\xe9".encode("latin-1"))
    put("src/picture.png", b"\x89PNG\0")
    put("src/empty.h", "")
    put("src/.git/config", "hidden")
    put("src/.hidden", "hidden")
    os.mkfifo("src/pipe")
    found = adding.add("code", "src", corpora.folder())
    assert found.path.read_bytes() == "naïve\nint x;\nprint('б')\ncafé\n".encode()
    assert found.notes[:2] == (
        "5 files joined in order of their paths",
        "left out: 1 binary ('picture.png'), 2 hidden, 1 not a regular file",
    )
    assert corpora.load("code").text == found.path.read_text()


def test_links_in_a_folder_are_never_followed_and_are_counted() -> None:
    put("private/secret.txt", "a secret")
    put("src/a.txt", "text")
    Path("src/file.txt").symlink_to(Path("private/secret.txt").resolve())
    Path("link").symlink_to("src")  # the folder itself may be one
    found = adding.add("one", "link", corpora.folder())
    assert found.path.read_text() == "text\n"
    assert found.notes[1] == "left out: 1 link"
    assert (corpus := corpora.load("./link")).text == "text\n"
    assert corpus.notes[1] == "left out: 1 link"
    Path("src/folder").symlink_to(Path("private").resolve())
    Path("src/nowhere").symlink_to("gone")
    put("src/deep/b.txt", "deep")
    Path("src/deep/up.txt").symlink_to(Path("private/secret.txt").resolve())
    found = adding.add("more", "src", corpora.folder())
    assert found.path.read_text() == "text\ndeep\n"
    assert found.notes[1] == "left out: 4 links"
    assert corpora.load("./src").notes[1] == "left out: 4 links"
    Path("src/a.txt").unlink()
    Path("src/deep/b.txt").unlink()
    assert "'src' has no text files (left out: 4 links)" in reason(lambda: corpora.load("./src"))


def test_a_link_that_the_user_put_into_the_corpora_folder_is_a_corpus() -> None:
    put("elsewhere/book.txt", "text")
    Path("corpora").mkdir()
    Path("corpora/mine.txt").symlink_to(Path("elsewhere/book.txt").resolve())
    assert corpora.load("mine").text == "text"
    assert "mine" in {entry.name for entry in corpora.listing()}


def test_what_an_address_serves_is_added(server: str) -> None:
    bar = Bar()
    found = adding.add("book", f"{server}/good/x", corpora.folder(), bar)
    assert found.path.read_bytes() == Place.content
    assert bar.total == len(Place.content)
    assert found.remark == ""
    assert "was cut" in reason(partial(added, "other", f"{server}/cut/x"), FetchError)
    assert os.listdir("corpora") == ["book.txt"]


@pytest.mark.parametrize(
    ("status", "error"), [(404, ValueError), (403, ValueError), (429, FetchError), (503, FetchError)]
)
def test_a_wrong_address_is_the_users_mistake_and_a_server_in_trouble_is_none(
    server: str, status: int, error: type[Exception]
) -> None:
    assert f"answered {status} (" in reason(partial(added, "book", f"{server}/{status}/x"), error)
    assert_nothing_kept()


@pytest.mark.parametrize("kind", ["endless", "bomb", "good"])
def test_what_is_fetched_is_bounded_unless_an_option_lifts_it(server: str, kind: str) -> None:
    options = adding.AddOptions(most=100_000)
    sentence = reason(lambda: adding.add("mine", f"{server}/{kind}/x", corpora.folder(), options=options))
    assert sentence == (f"'{server}/{kind}/x' is larger than 100,000 bytes, the current limit: --most SIZE raises it")
    assert_nothing_kept()
    assert "larger than 102,400 bytes" in refused(f"corpora add mine {server}/{kind}/x --most 100k")
    assert "--most must be a size such as 500M or 10G, not 'much'" in refused("corpora add mine x --most much")
    assert_nothing_kept()


def test_a_text_of_the_catalogue_takes_no_more_bytes_than_it_has(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fetchable(), "anna", structs.replace(fetchable()["anna"], size=1000))
    for kind in ("endless", "good"):
        sentence = reason(lambda kind=kind: fetch("anna", corpora.folder(), base_url=f"{server}/{kind}"), FetchError)  # type: ignore[misc]
        assert "it is larger; nothing was kept" in sentence
        assert_nothing_kept()


def test_a_length_that_is_no_number_is_said(server: str) -> None:
    host = server.removeprefix("http://")
    for call in (
        lambda: added("mine", f"{server}/words/x"),
        lambda: fetch("anna", corpora.folder(), Bar(), f"{server}/words"),
    ):
        sentence = reason(call, FetchError)
        assert sentence == f"{host} answered with a Content-Length that is not a number; nothing was kept"
    assert_nothing_kept()


def test_a_password_in_an_address_is_never_repeated(server: str) -> None:
    secret = server.replace("://", "://user:pa55word@")
    found = adding.add("mine", f"{secret}/good/x", corpora.folder())
    assert found.notes == (f"fetched from {server}/good/x",)
    failures = [f"{secret}/absent/x", f"{secret}/words/x", f"{secret}/cut/x", "http://user:pa55word@[::1/x"]
    failures += ["ftp://user:pa55word@host/x", "http://user:pa55/word@host:99999/x", "http://user:pa55word@/x"]
    failures += ["http://user:12/pa55@127.0.0.1:9/x", "http:\\\\user:pa55@x", "http:user:pa55@127.0.0.1://x"]
    for url in failures:
        with pytest.raises((ValueError, FetchError)) as caught:
            added("other", url)
        assert "pa55" not in str(caught.value)
        assert "pa55" not in reason(lambda url=url: corpora.load(url))  # type: ignore[misc]


def test_what_is_gzipped_is_read_in_place_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "naïve, and so on\n" * 99
    put("book.txt.gz", gzip.compress(text.encode("latin-1")) + gzip.compress(b"a second member\n"))
    corpus = corpora.load("book.txt.gz", encoding="latin-1")
    assert (corpus.name, corpus.text) == ("book", f"{text}a second member\n")
    assert corpus.notes[-1] == "unpacked"
    assert corpus.sha256 == hashlib.sha256(Path("book.txt.gz").read_bytes()).hexdigest()
    done(f"train text {TINY} --corpus book.txt.gz --steps 2 --headless --name mine")
    done("resume mine --steps 3 --headless")
    assert "a second member" in corpora.of_run(run_named("mine")).text
    put("cut.gz", Path("book.txt.gz").read_bytes()[:-9])
    assert "'cut.gz' is a damaged or truncated gzip file" in reason(lambda: corpora.load("cut.gz"))
    put("bomb.gz", gzip.compress(b"a b\n" * (1 << 20)))
    monkeypatch.setattr(parts_of_corpora, "LARGE", 1 << 20)
    assert "'bomb.gz' is gzipped and more than 1 MiB unpacked" in reason(lambda: corpora.load("bomb.gz"))
    assert "`rnntui corpora add NAME FILE` unpacks it" in reason(lambda: corpora.load("bomb.gz"))


def test_what_is_gzipped_is_added_unpacked_and_bounded() -> None:
    put("book.txt.gz", gzip.compress("naïve, and so on".encode() * 99))
    assert adding.add("mine", "book.txt.gz", corpora.folder()).notes == ("unpacked",)
    assert corpora.load("mine").text == "naïve, and so on" * 99
    options = adding.AddOptions(most=1000)
    assert "larger than 1,000 bytes" in reason(
        lambda: adding.add("other", "book.txt.gz", corpora.folder(), options=options)
    )
    put("torn.gz", Path("book.txt.gz").read_bytes()[:-9])
    assert "damaged or truncated gzip" in reason(lambda: added("other", "torn.gz"))
    assert os.listdir("corpora") == ["mine.txt"]


def test_a_text_whose_encoding_was_named_is_kept_as_utf_8() -> None:
    put("book.txt", "łódź\r\n".encode("cp1250") * 9)
    done("corpora add mine book.txt --encoding cp1250")
    assert Path("corpora/mine.txt").read_text(encoding="utf-8") == "łódź\n" * 9
    assert "--encoding 'cp1' is unknown" in refused("corpora add other book.txt --encoding cp1")
    assert "'book.txt' is not in EUC-JP (byte 0x9F" in refused("corpora add other book.txt --encoding euc_jp")
    assert os.listdir("corpora") == ["mine.txt"]


def test_an_html_page_is_added_with_a_remark(server: str) -> None:
    assert "answered 404" in refused(f"corpora add book {server}/absent/x")
    assert "HTML page" not in done(f"corpora add book {server}/good/x")
    assert "  this is an HTML page: " in done(f"corpora add page {server}/page/x")
    for k, head in enumerate(("<!DOCTYPE html>", "\n <HTML lang=en>", "\ufeff<!doctype html>")):
        put("book.txt", f"{head}<p>text</p>")
        assert adding.add(f"page{k}", "book.txt", corpora.folder()).remark
    put("book.txt", "A text about <html>")
    assert not adding.add("book2", "book.txt", corpora.folder()).remark


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "it is empty"),
        ("a/b", "it is a path"),
        ("..", "it begins with '.'"),
        (".hidden", "it begins with '.'"),
        ("-x", "it begins with '-': begin with a letter, a digit or '_'"),
        ("a b", "it contains ' '"),
        ("a\n", r"it contains '\n'"),
        ("a\udcff", r"it contains '\udcff'"),
        ("x" * 101, "it has 101 characters, and 100 are the most"),
        ("漢" * 90, "it has 270 bytes, and 200 are the most"),
        ("x.txt", "it ends with '.txt'"),
        ("x.tokens", "it ends with '.tokens'"),
        ("pydoc", "already means something else"),
        ("last", "already means something else"),
    ],
)
def test_what_cannot_be_a_name_is_refused_with_the_reason(name: str, fault: str) -> None:
    put("book.txt", "text")
    sentence = reason(lambda: added(name, "book.txt"))
    assert "cannot be a corpus's name: " in sentence
    assert fault in sentence
    assert not Path("corpora").exists()


@pytest.mark.parametrize("name", ["_x", "2.5-b+c", "книга", "x" * 100, "漢" * 66])
def test_any_other_name_will_do(name: str) -> None:
    put("book.txt", "text")
    assert added(name, "book.txt").name == f"{name}.txt"


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("nothing", "no file or folder 'nothing'"),
        ("binary", "'binary' is a binary file"),
        ("empty", "'empty' is empty"),
        ("one", "'one' has only one distinct character"),
        ("pipe", "not a regular file"),
        ("folder", "has no text files (left out: 1 binary ('binary'), 1 hidden)"),
        ("ftp://host/file", "it must begin with http:// or https://"),
        ("http://", "it must begin with http:// or https://"),
        ("https://[::1/x", "it must begin with http:// or https://"),
        ("http://host:99999/x", "it must begin with http:// or https://"),
        ("\x1b[2J", r"\x1b[2J"),
    ],
)
def test_what_cannot_be_added_is_said_and_leaves_nothing(origin: str, said: str) -> None:
    put("binary", b"a\0b")
    put("empty", "")
    put("one", "aaa")
    put("folder/.hidden", "text")
    put("folder/binary", b"\0")
    os.mkfifo("pipe")
    assert said in reason(lambda: added("mine", origin))
    assert_nothing_kept()


def test_a_name_of_the_catalogue_is_for_its_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    put("book.txt", "My own Anna.")
    assert "the catalogue's name of another text (Anna Karenina)" in reason(lambda: added("anna", "book.txt"))
    assert_nothing_kept()
    sha256 = hashlib.sha256(b"My own Anna.").hexdigest()
    monkeypatch.setitem(fetchable(), "anna", structs.replace(fetchable()["anna"], sha256=sha256))
    assert added("anna", "book.txt").name == "anna.txt"


def test_what_is_in_the_way_is_named_and_left_alone() -> None:
    put("book.txt", "text")
    put("corpora/mine/a.txt", "a folder")
    assert "'corpora/mine' is in the way" in reason(lambda: added("mine", "book.txt"))
    put("file", "in the way")
    assert "cannot be written" in reason(lambda: adding.add("mine", "book.txt", Path("file")))


def test_an_addition_that_is_interrupted_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        assert len(os.listdir("corpora")) == 1  # under its temporary name
        raise KeyboardInterrupt

    put("book.txt", "text")
    monkeypatch.setattr(storage.UnfinishedFile, "sha256", interrupted)
    with pytest.raises(KeyboardInterrupt):
        added("mine", "book.txt")
    assert_nothing_kept()


def test_the_command_says_what_was_added() -> None:
    put("src/a.py", "naïve = 1\n" * 9)
    put("src/b.pyc", b"\0")
    said = done("corpora add code src")
    assert "corpora/code.txt" in said.splitlines()[0]
    assert "90 characters, 9 distinct, UTF-8, sha256 " in said.splitlines()[1]
    assert "1 file joined in order of their paths; left out: 1 binary ('b.pyc')" in said
    assert "was already there" in done("corpora add code src")
    put("src/a.py", "other")
    assert "take another name" in refused("corpora add code src")
    assert "no file or folder" in refused("corpora add other nowhere")


# The corpus of a run


class Learned:
    """A run that learned a corpus, as its `config.json` tells."""

    name = "mine"

    def __init__(self, corpus: corpora.Corpus, **data: object) -> None:
        place = corpus.name if corpus.path is None else str(corpus.path.resolve())
        self._settings = make_settings("text", {"corpus": place})
        self.data = CorpusFacts(**{"sha256": corpus.sha256, "size": corpus.size, **data})

    def settings(self) -> Settings:
        return self._settings

    def config(self) -> RunConfig:
        return RunConfig(settings={}, data=self.data)


def test_the_corpus_of_a_run_is_found_where_it_was_or_went_by_its_hash() -> None:
    run = Learned(corpora.load(str(put("book.txt", "the one text"))))
    assert corpora.of_run(run).text == "the one text"
    put("corpora/decoy.txt", "the 0ne text")  # of the same size
    put("corpora/elsewhere.txt", "the one text")
    Path("book.txt").unlink()
    assert corpora.of_run(run).name == "elsewhere"
    put("book.txt", "another text")
    assert corpora.of_run(run).name == "elsewhere"
    old = Learned(corpora.load("elsewhere"))
    old.data = structs.replace(old.data, size=None)  # recorded before bytes were
    Path("corpora/elsewhere.txt").rename("corpora/again.txt")
    assert corpora.of_run(old).name == "again"


def test_a_corpus_that_changed_or_is_gone_is_said_with_the_way_back() -> None:
    corpus = corpora.load(str(put("book.txt", "the one text")))
    run = Learned(corpus)
    put("book.txt", "another text")
    sentence = reason(lambda: corpora.of_run(run))
    assert "has changed since run 'mine' learned it" in sentence
    assert f"sha256 {corpus.sha256[:6]}… then, {hashlib.sha256(b'another text').hexdigest()[:6]}… now" in sentence
    Path("book.txt").unlink()
    sentence = reason(lambda: corpora.of_run(run))
    assert "the corpus of run 'mine' is no longer there" in sentence
    assert sentence.endswith("put that text back, or put a copy of it into the corpora folder under any name")
    known = Learned(corpus, sha256=fetchable()["latex"].sha256)
    assert "rnntui corpora get latex" in reason(lambda: corpora.of_run(known))


def test_the_built_in_corpus_and_a_folder_are_found_by_their_hash_too() -> None:
    put("books/a.txt", "first")
    put("books/b.txt", "second")
    for corpus in (corpora.load("pydoc"), corpora.load(str(Path("books").resolve()))):
        assert corpora.of_run(Learned(corpus)) == corpus
    run = Learned(corpora.load("books"))
    put("corpora/moved/a.txt", "first")
    put("corpora/moved/b.txt", "second")
    Path("books/b.txt").unlink()
    assert corpora.of_run(run).name == "moved"


def test_a_run_goes_on_with_its_corpus_elsewhere_and_says_where_it_is() -> None:
    put("book.txt", "Some text to learn, of a fair length. " * 9)
    done(f"train text {TINY} --steps 2 --headless --corpus book.txt --name mine")
    shown = [as_json("runs show mine")["corpus"]]
    corpora.folder().mkdir()
    Path("book.txt").rename(corpora.folder() / "other.txt")
    shown.append(as_json("runs show mine")["corpus"])
    assert "moved to" in done("runs show mine")
    done("resume mine --steps 3 --headless")
    shown.append(as_json("runs show mine")["corpus"])
    (corpora.folder() / "other.txt").unlink()
    shown.append(as_json("runs show mine")["corpus"])
    assert "is no longer there" in refused("resume mine --steps 4 --headless")
    put(str(corpora.folder() / "other.txt"), "short")
    shown.append(as_json("runs show mine")["corpus"])
    assert shown[0] == shown[2] == "here"
    assert shown[1].startswith("moved to /")
    assert shown[3] == "gone"
    assert shown[4].startswith("changed (f9b0")
    assert run_named("mine").config().data.size == 9 * 38


# Baselines


def test_baselines_equal_those_worked_out_by_hand() -> None:
    text = "ab" * 9 + "aa" + "bb"  # 22 characters: 20 to train on, "bb" held out; one prediction: b after b
    found = baselines.baselines(text)
    assert found.uniform == 1.0
    assert found.unigram == pytest.approx(log2(22 / 10))  # b 9 times of 20
    assert found.bigram == pytest.approx(log2(11 / 1))  # 9 pairs begin with b, none is bb
    assert (found.uniform_accuracy, found.unigram_accuracy, found.bigram_accuracy) == (0.5, 0.0, 0.0)
    assert found.lzma is None


def test_guesses_are_scored_on_all_but_the_first_held_out_character() -> None:
    text = "abc" * 9 + "cab"  # 30 characters, "cab" held out: a after c, b after a
    found = baselines.baselines(text)
    assert found.bigram_accuracy == 1.0
    assert found.unigram_accuracy == 0.5  # a, b and c are as frequent: the lowest is guessed
    assert found.bigram == pytest.approx((log2(11 / 9) + log2(12 / 10)) / 2)


def test_an_unseen_context_is_uniform() -> None:
    text = "ab" * 10 + "xa"  # x is never seen in training, and a follows it
    assert baselines.baselines(text).bigram == pytest.approx(log2(3))
    assert baselines.baselines(text).bigram_accuracy == 1.0


@given(st.text("abcd", min_size=14, max_size=22), st.sampled_from("abcd"))
def test_the_probabilities_of_the_next_character_sum_to_one(seen: str, before: str) -> None:
    found = [baselines.baselines("abcd" + seen + before + after) for after in "abcd"]
    assert sum(2**-fitted.unigram for fitted in found) == pytest.approx(1)
    assert sum(2**-fitted.bigram for fitted in found) == pytest.approx(1)
    assert sum(fitted.unigram_accuracy for fitted in found) == sum(fitted.bigram_accuracy for fitted in found) == 1


@given(st.text(min_size=20, max_size=300))
def test_baselines_are_bits_and_shares(text: str) -> None:
    found = baselines.baselines(text)
    assert min(found.uniform, found.unigram, found.bigram) >= 0
    assert max(found.unigram_accuracy, found.bigram_accuracy, found.uniform_accuracy) <= 1


def test_lzma_is_of_the_held_out_part_for_one_who_has_read_the_training_part() -> None:
    noise = "".join(hashlib.sha256(bytes([k])).hexdigest() for k in range(256))  # 16,384 hexadecimal digits
    told = [0.0]
    fresh, seen = noise[:1024], noise[-1024:]
    assert baselines.lzma_bits(noise[1024:], fresh, told.append) == pytest.approx(4.3, abs=0.4)
    assert (
        baselines.lzma_bits(noise[1024:], seen) < 0.5
    )  # a repetition: the whole text together takes 4 bits per character
    assert baselines.baselines(noise + noise[:1820], with_lzma=True).lzma == pytest.approx(0, abs=0.2)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_text_too_short_for_baselines_says_so() -> None:
    assert "at least 20" in reason(lambda: baselines.baselines("ab" * 9))


def test_the_report_counts_characters_and_batches() -> None:
    text = "a" * 60 + "b" * 30 + "\t\u202e\x1b\u0301\n é\u2028" + "c" * 2
    put("x.txt", text)
    report = baselines.check(corpora.load("x.txt"), batch=3, length=7, parameters=200)
    assert report.characters == 100
    assert (report.training_characters, report.held_out_characters) == (90, 10)
    assert report.batches_per_epoch == 5  # 89 predictions, 21 a batch
    assert report.parameters_per_character == 2.0
    assert [character.shown for character in report.vocabulary][:5] == [r"\t", r"\n", r"\x1b", "' '", "a"]
    assert {character.shown for character in report.controls} == {r"\t", r"\x1b", r"\u202e", r"\u2028"}
    assert report.rare[-1].shown == "c"
    assert {character.count for character in report.rare} == {1, 2}
    assert {character.name for character in report.rare} >= {"TAB", "ESCAPE", "RIGHT-TO-LEFT OVERRIDE", "NEWLINE"}
    assert report.baselines is not None
    assert report.baselines.lzma is not None


def test_a_report_is_json_and_all_that_it_shows_is_printable() -> None:
    put("x.txt", "[bold]\x1b[/]\u202e\u200d\u0301 wide: 漢" + "x" * 99)
    report = baselines.check(corpora.load("x.txt"), batch=1, length=1)
    found = json.loads(json.dumps(report.to_dict()))
    assert found["vocabulary_size"] == len(report.vocabulary)
    assert report.baselines is not None
    assert found["rulers"]["bigram"] == report.baselines.bigram
    assert all(character.shown.isprintable() for character in report.vocabulary)
    assert r"\u0301" in {character.shown for character in report.vocabulary}


def checked(text: str, parameters: int | None = None, dropout: float = 0.0, **how: str) -> tuple[str, ...]:
    """The verdict on a text."""
    put("x.txt", text)
    corpus = corpora.load("x.txt", **how)
    return verdict(baselines.check(corpus, batch=4, length=30, parameters=parameters), corpus, {"--dropout": dropout})


PROSE = "".join(f"{k * k % 9973} bottles, {k * 7 % 613} on the wall; {k**3 % 1009}\n" for k in range(400))


def test_a_verdict_says_whether_a_text_is_large_enough_for_a_network() -> None:
    n = len(PROSE)
    assert (
        checked(PROSE, n // 10)[0] == f"large enough for this network: {n:,} characters, 0.10 parameters per character"
    )
    assert checked(PROSE, n // 2)[0].startswith("too small for any network")
    book, n = PROSE * 4, 4 * n
    assert checked(book, n // 2)[0] == (
        f"small for this network, {n:,} characters, 0.50 parameters per character: it may memorize the training part; "
        "--dropout 0.5 helps"
    )
    assert checked("ab" * 15)[0] == ("too short to train on: it has 30 characters, and --length 30 needs at least 34")


@pytest.mark.parametrize("size", [2_000, 30_000, 300_000])
def test_the_report_shows_the_recipe_of_train_text_and_advises_nothing_that_it_does_already(size: int) -> None:
    text = (PROSE * (size // len(PROSE) + 1))[:size]
    put("x.txt", text)
    values = QUICK(size, {})
    epochs = values["steps"] * values["batch"] * values["length"] / (size - size // 10)
    (line,) = [line for line in done("corpora check x.txt").splitlines() if line.startswith("training")]
    shares = f"--dropout {values['dropout']:g}, --dropout-recurrent {values['dropout_recurrent']:g}"
    steps = f"{values['steps']:,} steps, {epochs:,.1f} epochs, {shares}"
    assert line.split(maxsplit=1)[1] == f"{steps}: --preset quick, by the size of the text"
    for preset in ("tiny", "book", "book-large"):
        its = making.settings("text", {"corpus": "x.txt"}, preset)
        (line,) = [line for line in done("corpora check x.txt").splitlines() if line.endswith(f": --preset {preset}")]
        assert line.split()[:2] == [f"{its.steps:,}", "steps,"]
        assert f"{its.layers} × lstm {its.hidden}:" in line
        for option, share in (("--dropout", its.dropout), ("--dropout-recurrent", its.dropout_recurrent)):
            assert (f"{option} {share:g}," in line) == (share > 0)
    found = as_json("corpora check x.txt")
    assert {name: found["settings"][name] for name in values} == values
    assert "helps" not in found["verdict"][0]
    shares = f"--dropout {values['dropout']:g} and --dropout-recurrent {values['dropout_recurrent']:g}"
    assert (f"{shares} are there" in found["verdict"][0]) == (size > 20_000)


def test_the_verdict_comes_first_and_a_text_too_short_ends_in_1() -> None:
    put("x.txt", "abcdef")
    result = rnntui("corpora check x.txt")
    assert result.exit_code == 1
    first = result.stdout.splitlines()[0]
    assert first == "verdict     too short to train on: it has 6 characters, and --length 30 needs at least 34"
    assert rnntui("corpora check x.txt --json").exit_code == 1
    put("y.txt", PROSE)
    assert done("corpora check y.txt").startswith("verdict ")


def test_a_verdict_says_what_is_doubtful_of_a_text() -> None:
    assert any(said.startswith("it repeats itself") for said in checked(PROSE * 2 + PROSE[:500]))
    assert any(
        "characters occur fewer than 10 times" in said for said in checked("".join(map(chr, range(0x4E00, 0x4F00))))
    )
    stray = checked("\\end{PGtext}\n\\end{center}\n" + PROSE)
    assert any("2 \\end{…} at the beginning close what was opened before" in said for said in stray)
    put("y.txt", POLISH.encode("cp1250"))
    assert "its encoding is guessed (Windows-1250)" in " ".join(as_json("corpora check y.txt")["verdict"])
    assert "its encoding is" not in " ".join(as_json("corpora check y.txt --encoding cp1250")["verdict"])
    put("z.txt", OTHER_SCRIPTS["windows-1255"].encode("windows-1255"))
    assert "its encoding is doubtful" in done("corpora check z.txt")


POLISH = "Zażółć gęślą jaźń\n" * 50


def test_a_report_of_a_text_too_short_has_no_baselines() -> None:
    put("x.txt", "ab")
    report = baselines.check(corpora.load("x.txt"), batch=64, length=30)
    assert report.baselines is None
    assert report.batches_per_epoch == 1


def test_an_added_text_has_the_mode_that_the_umask_gives() -> None:
    place = put("mine.txt", "a text, and more of a text")
    before = os.umask(0o077)
    try:
        found = adding.add("private", str(place), corpora.folder())
    finally:
        os.umask(before)
    assert found.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.timeout(30)
def test_a_gzip_file_of_empty_members_ends_soon_and_padding_is_none(tmp_path: Path) -> None:
    text = b"the quick brown fox " * 99
    (tmp_path / "many.gz").write_bytes(gzip.compress(text) + gzip.compress(b"") * 200_000)
    assert "damaged or truncated gzip" in reason(lambda: corpora.load(str(tmp_path / "many.gz")))
    (tmp_path / "few.gz").write_bytes(
        gzip.compress(text) + gzip.compress(b"") * 3 + gzip.compress(b"end") + b"\0" * 512
    )
    loaded = corpora.load(str(tmp_path / "few.gz"))
    assert "".join(loaded.pieces()) == text.decode() + "end"
