"""Texts to learn: what a name stands for, and the text with what was done to it.

A name is a text in the corpora folder, a file, a folder of text files, or the built-in `pydoc`: Python's own
documentation, so that the first run needs no network. Loading the same bytes gives the same text.
"""

import hashlib
import os
import stat
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rnntui.config import nearest
from rnntui.corpora.catalogue import CATALOGUE
from rnntui.corpora.decoding import Decoded, decode

BUILT_IN = "pydoc"
BUILT_IN_TITLE = "Python's own documentation"
PREFERRED = "anna"  # where no corpus is named and this one was fetched
TEXT_SUFFIXES = (".txt", ".text", ".md", ".rst", ".tex", ".html", ".htm", ".xml")
HELD_OUT = 10  # the last 1/10 of the characters


@dataclass(frozen=True)
class Source:
    """What a corpus name stands for: a file, a folder of text files, or the built-in (`path` is `None`)."""

    name: str
    path: Path | None


@dataclass(frozen=True)
class Corpus:
    """A text to learn; `sha256` is of the bytes it was decoded from, `path` is `None` for the built-in."""

    name: str
    text: str
    notes: tuple[str, ...]
    encoding: str
    path: Path | None
    sha256: str

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The distinct characters, sorted: a character's index in the network."""
        return vocabulary(self.text)


@dataclass(frozen=True)
class Entry:
    """One line of the list of corpora; `size` is in bytes, `path` is `None` where there is no file."""

    name: str
    title: str | None
    size: int
    path: Path | None
    is_here: bool


def folder() -> Path:
    """The corpora folder: `RNNTUI_CORPORA`, else `corpora/` in the working directory."""
    return Path(os.environ.get("RNNTUI_CORPORA") or "corpora")


def vocabulary(text: str) -> tuple[str, ...]:
    """The distinct characters of a text, sorted."""
    return tuple(sorted(set(text)))


def split(text: str) -> tuple[str, str]:
    """The training part and the held-out part: the last tenth, rounded down."""
    kept = len(text) - len(text) // HELD_OUT
    return text[:kept], text[kept:]


def check_length(corpus: Corpus, length: int) -> None:
    """Raise `ValueError` for a corpus too short to train on `length` + 1 characters and to hold 2 out."""
    needed = max(2 * HELD_OUT, HELD_OUT * length // (HELD_OUT - 1) + 1)
    if len(corpus.text) < needed:
        raise ValueError(
            f"corpus {corpus.name!r} has {len(corpus.text):,} characters: --length {length} needs at least "
            f"{needed:,} ({length + 1:,} to train on, and the last tenth is held out)"
        )


def find(name: str) -> Source:
    """What `--corpus NAME` stands for; `""` is `anna` where it was fetched, else the built-in.

    Raises `ValueError` for a name that stands for nothing, with the nearest names or how to fetch it, and for
    what is neither a regular file nor a folder.
    """
    here = folder()
    if not name:
        preferred = here / f"{PREFERRED}.txt"
        return Source(PREFERRED, preferred) if os.path.isfile(preferred) else Source(BUILT_IN, None)
    if name == BUILT_IN:
        return Source(BUILT_IN, None)
    in_folder = [] if _is_path(name) else [here / f"{name}.txt", here / name]
    for path in (*in_folder, Path(os.path.expanduser(name))):
        if os.path.lexists(path):
            _check_kind(path)
            return Source(path.stem if path.is_file() else path.resolve().name, path)
    raise ValueError(_unknown(name))


def pin(name: str) -> str:
    """A name for the same corpus that holds from any working directory: its absolute path, or the built-in's name."""
    source = find(name)
    return source.name if source.path is None else str(source.path.resolve())


def load(name: str) -> Corpus:
    """The corpus that `--corpus NAME` stands for.

    Raises `ValueError` as `find` does, and for a file that cannot be read, a binary file, a folder without
    text files, and a text that is empty or repeats one character.
    """
    source = find(name)
    if source.path is None:
        return _built_in()
    if source.path.is_dir():
        corpus = _from_folder(source.name, source.path)
    else:
        corpus = _from_file(source.name, source.path)
    _check_worth_learning(corpus)
    return corpus


def listing() -> list[Entry]:
    """What is in the corpora folder and built in, sorted by name, then what can be fetched."""
    here = [Entry(BUILT_IN, BUILT_IN_TITLE, len(_built_in().text.encode()), None, is_here=True)]
    place = folder()
    if os.path.isdir(place):
        here += [_entry(path) for path in _text_files(place)]
        here += [_entry(path) for path in place.iterdir() if _is_folder_corpus(path)]
    names = {entry.name for entry in here}
    away = [
        Entry(text.name, text.title, text.size, None, is_here=False)
        for text in CATALOGUE.values()
        if text.name not in names
    ]
    return sorted(here, key=lambda entry: entry.name) + away


def _entry(path: Path) -> Entry:
    if path.is_dir():
        return Entry(path.name, None, sum(file.stat().st_size for file in _text_files(path)), path, is_here=True)
    name = path.stem if path.suffix == ".txt" else path.name
    size = path.stat().st_size
    known = CATALOGUE.get(name)
    title = known.title if known and known.size == size else None
    return Entry(name, title, size, path, is_here=True)


def _is_folder_corpus(path: Path) -> bool:
    return os.path.isdir(path) and not path.name.startswith(".") and bool(_text_files(path))


def _is_path(name: str) -> bool:
    return os.sep in name or name in (os.curdir, os.pardir)


def _check_kind(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ValueError(f"corpus {str(path)!r} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError(f"corpus {str(path)!r} is no regular file: give a text file or a folder of them")


def _unknown(name: str) -> str:
    if name in CATALOGUE:
        return f"corpus {name!r} is not there yet: fetch it with rnntui corpora get {name}"
    if _is_path(name):
        return f"no corpus {name!r}: there is no such file or folder, or its folder may not be entered"
    known = {entry.name for entry in listing()}
    return f"no corpus {name!r}{nearest(name, known)}: give a name that rnntui corpora lists, a file or a folder"


def _read(path: Path) -> bytes:
    _check_kind(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"corpus {str(path)!r} cannot be read: {error.strerror}") from None


def _decode(path: Path, raw: bytes) -> Decoded:
    try:
        return decode(raw)
    except ValueError as error:
        raise ValueError(f"corpus {str(path)!r} is {error}") from None


def _from_file(name: str, path: Path) -> Corpus:
    raw = _read(path)
    decoded = _decode(path, raw)
    return Corpus(name, decoded.text, decoded.notes, decoded.encoding, path, hashlib.sha256(raw).hexdigest())


def _from_folder(name: str, path: Path) -> Corpus:
    """Its text files joined in order of their names; each is decoded by itself and ends in a newline."""
    files = _text_files(path)
    if not files:
        raise ValueError(f"folder {str(path)!r} has no text files ({', '.join(TEXT_SUFFIXES)})")
    raws = [_read(file) for file in files]
    parts = [_decode(file, raw) for file, raw in zip(files, raws, strict=True)]
    text = "".join(part.text if part.text.endswith("\n") else part.text + "\n" for part in parts if part.text)
    encodings = ", ".join(sorted({part.encoding for part in parts}))
    sha256 = hashlib.sha256(b"".join(raws)).hexdigest()
    return Corpus(name, text, _folder_notes(path, parts), encodings, path, sha256)


def _folder_notes(path: Path, parts: list[Decoded]) -> tuple[str, ...]:
    left_out = sum(1 for _ in path.iterdir()) - len(parts)
    notes = [f"{len(parts)} files joined in order of their names"]
    if left_out:
        notes.append(f"{left_out} other entries left out (hidden, folders, or no text by their names)")
    tally = Counter(note for part in parts for note in part.notes)
    return (*notes, *(f"{note} ({times} of {len(parts)} files)" for note, times in tally.items()))


def _text_files(path: Path) -> list[Path]:
    """Regular files named as texts, sorted; hidden ones and a README.md are none."""
    try:
        found = sorted(path.iterdir())
    except OSError as error:
        raise ValueError(f"folder {str(path)!r} cannot be read: {error.strerror}") from None
    return [
        each
        for each in found
        if each.suffix.lower() in TEXT_SUFFIXES
        and not each.name.startswith(".")
        and each.name != "README.md"
        and os.path.isfile(each)
    ]


def _built_in() -> Corpus:
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise ValueError("this Python comes without its documentation (pydoc_data): name a --corpus") from None
    text = "\n".join(topics[topic] for topic in sorted(topics))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    notes = (f"the documentation that comes with Python {version}",)
    return Corpus(BUILT_IN, text, notes, "UTF-8", None, hashlib.sha256(text.encode()).hexdigest())


def _check_worth_learning(corpus: Corpus) -> None:
    if not corpus.text:
        raise ValueError(f"corpus {str(corpus.path)!r} is empty: there is nothing to learn")
    if len(corpus.vocabulary) == 1:
        raise ValueError(f"corpus {str(corpus.path)!r} has one distinct character: there is nothing to learn")
