"""A corpus on disk: its files as parts, their bytes and hash, and the text that they become in one way.

The same bytes read in the same way are the same text for ever: what was guessed of an encoding is kept.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from rnntui.corpora.decoding import DOUBTFUL, DecodedText, Pieces, read
from rnntui.corpora.folders import texts_in
from rnntui.corpora.packed import unpacked
from rnntui.corpora.places import check_kind, texts_at
from rnntui.system.errors import meaning
from rnntui.text.format import counted

PIECE = 1 << 20  # bytes read at a time
LARGE = 256 << 20  # bytes: above it a corpus becomes a file of tokens
Progress = Callable[[float], object]  # told the share that is done, rising to 1


class UnreadableCorpus(ValueError):
    """A file that cannot be read; the sentence names it."""


@dataclass(frozen=True)
class Part:
    """A file of a corpus, and how many of its bytes are: all of them, but where it has grown since it was learned.

    `left_out` says what else its folder has, where that was looked at.
    """

    path: Path
    size: int
    left_out: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class How:
    """In what way bytes become text.

    `encoding` is that of all files; where it is empty it is that of `guesses`, by the paths of files in a folder, else
    it is detected. `guesses` are what an earlier reading came to, so that the same bytes stay the same text for ever.
    """

    lower: bool = False
    encoding: str = ""
    guesses: Mapping[str, str] | None = None

    def read(self, name: str, raw: Pieces) -> DecodedText:
        """The text of a file, unpacked where it is gzipped. Raises `ValueError` as `read` and `unpacked` do."""
        guess = "" if self.encoding else (self.guesses or {}).get(name, "")
        if (inside := unpacked(raw, LARGE)) is None:
            return read(raw, self.lower, self.encoding, guess)
        reading = read(inside, self.lower, self.encoding, guess)
        return replace(reading, notes=(*reading.notes, "unpacked"))

    @property
    def mark(self) -> str:
        """What tells this way from others, in a file's name."""
        guesses = json.dumps(sorted(self.guesses.items())) if self.guesses else ""
        told = hashlib.sha256(guesses.encode()).hexdigest()[:8] if guesses else ""
        return "".join(f".{word}" for word in ("lower" if self.lower else "", self.encoding, told) if word)


def parts_of(path: Path, files: Sequence[Path] | None = None) -> list[Part]:
    """The files of a corpus, whole. Raises `ValueError` for one that is not there or no regular file."""
    texts = texts_at(path) if files is None else None
    parts = []
    for file in texts.files if texts is not None else files or ():
        check_kind(file)
        parts.append(Part(file, file.stat().st_size, texts.left_out if texts is not None else None))
    return parts


def beginning_of(parts: Sequence[Part], size: int) -> list[Part]:
    """The files that hold the first so many bytes of all; the last of them is cut."""
    kept, left = [], size
    for part in parts:
        if left <= 0:
            break
        kept.append(replace(part, size=min(part.size, left)))
        left -= part.size
    return kept


def hashed(parts: Sequence[Part], tell: Callable[[int], object] | None = None) -> str:
    """The SHA-256 of the files' bytes, joined."""
    digest = hashlib.sha256()
    for piece in chain.from_iterable(map(read_pieces(tell), parts)):
        digest.update(piece)
    return digest.hexdigest()


def total_size(parts: Sequence[Part]) -> int:
    """Bytes of the files together."""
    return sum(part.size for part in parts)


def are_large(parts: Sequence[Part]) -> bool:
    """Whether these files are read from a file of tokens."""
    return total_size(parts) > LARGE


def read_pieces(tell: Callable[[int], object] | None = None) -> Callable[[Part], Iterator[bytes]]:
    """What reads a file in pieces and tells the bytes of each. Raises `UnreadableCorpus`."""

    def pieces(part: Part) -> Iterator[bytes]:
        check_kind(part.path)
        left = part.size
        try:
            with part.path.open("rb") as file:
                while piece := file.read(min(PIECE, left)):
                    left -= len(piece)
                    yield piece
                    if tell is not None:
                        tell(len(piece))
        except OSError as error:
            raise UnreadableCorpus(f"corpus {str(part.path)!r} cannot be read: {meaning(error)}") from None

    return pieces


@dataclass(frozen=True)
class CorpusText:
    """The text of a corpus in pieces, the encodings that its files are in, and those of them that were guessed."""

    encoding: str
    notes: tuple[str, ...]
    guesses: Mapping[str, str]
    pieces: Callable[[], Iterator[str]]


def text_of(path: Path, parts: Sequence[Part], open_file: Callable[[Part], Pieces], how: How) -> CorpusText:
    """The text of a corpus at `path`: of its file, or of its files joined, each decoded by itself.

    `open_file` gives what reads a file's bytes from the first. Raises `ValueError`, naming the file, for a binary one.
    """
    names = [name_in(path, part.path) for part in parts]
    readings = [_read(part.path, name, open_file(part), how) for part, name in zip(parts, names, strict=True)]
    guesses = {name: reading.guess for name, reading in zip(names, readings, strict=True) if reading.guess}
    if not path.is_dir():
        return CorpusText(readings[0].encoding, readings[0].notes, guesses, readings[0].pieces)
    encodings = ", ".join(sorted({reading.encoding for reading in readings}))
    notes = (*_folder_notes(path, parts), *_tally(names, readings))
    return CorpusText(encodings, notes, guesses, lambda: joined(readings))


def name_in(path: Path, file: Path) -> str:
    """What a file of a corpus is called within it; empty where the corpus is that file."""
    return file.relative_to(path).as_posix() if file != path else ""


def joined(readings: Sequence[DecodedText]) -> Iterator[str]:
    """Texts one after the other, with a newline where one does not end in it."""
    for reading in readings:
        last = ""
        for piece in reading.pieces():
            yield piece
            last = piece[-1:] or last
        if last not in ("", "\n"):
            yield "\n"


def check_worth_learning(path: Path, length: int, vocabulary: int) -> None:
    """Raise `ValueError` for a text that is empty or repeats one character."""
    if not length:
        raise ValueError(f"corpus {str(path)!r} is empty: there is nothing to learn")
    if vocabulary == 1:
        raise ValueError(f"corpus {str(path)!r} has only one distinct character: there is nothing to learn")


def _read(path: Path, name: str, raw: Pieces, how: How) -> DecodedText:
    try:
        return how.read(name, raw)
    except UnreadableCorpus:
        raise
    except ValueError as error:
        sentence = str(error)
        raise ValueError(sentence if sentence.startswith("--") else f"corpus {str(path)!r} is {sentence}") from None


def _folder_notes(path: Path, parts: Sequence[Part]) -> tuple[str, ...]:
    known = parts[0].left_out
    left_out = texts_in(path).left_out if known is None else known
    return (f"{counted(len(parts), 'file')} joined in order of their paths", *([left_out] if left_out else []))


def _tally(names: Sequence[str], readings: Sequence[DecodedText]) -> Iterator[str]:
    """What was done to the files of a folder, and to how many; the first whose encoding is doubtful is named."""
    tally = Counter(note for reading in readings for note in reading.notes)
    for note, times in tally.items():
        which = f"{times:,} of {counted(len(readings), 'file')}"
        if note == DOUBTFUL:
            first = next(name for name, reading in zip(names, readings, strict=True) if reading.is_doubtful)
            which += f", first {first!r}"
        yield f"{note} ({which})"
