"""From what a name stands for to a corpus: small ones into memory, large ones by their file of tokens.

Loading the same bytes in the same way gives the same text, whichever way.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path

from rnntui.corpora.corpus import Corpus, Small
from rnntui.corpora.decoding import DOUBTFUL, LOWERED, DecodedText, Pieces, codec_of, lowered, read
from rnntui.corpora.folders import texts_in
from rnntui.corpora.packed import unpacked
from rnntui.corpora.places import CorpusSource, built_in, check_kind, find, texts_at
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


def load(name: str, lower: bool = False, progress: Progress | None = None, encoding: str = "") -> Corpus:
    """The corpus that `--corpus NAME` stands for; `lower` makes each character lower case by itself.

    `encoding` is that of its bytes; where none is named it is detected. A large one is made a file of tokens first,
    unless it was: only that may take minutes, and only of that `progress` hears. Raises `ValueError` as `find` does,
    for a file that cannot be read, a binary file, an encoding that does not fit, a folder without text files, a text
    that is empty or repeats one character, and a folder in which the tokens cannot be put.
    """
    source = find(name)
    if source.path is None:
        return _built_in(source.name, lower)
    return load_parts(source, parts_of(source.path), _how(lower, encoding), progress)


def load_parts(source: CorpusSource, parts: Sequence[Part], how: How, progress: Progress | None = None) -> Corpus:
    """The corpus that those files are, read in that way; raises as `load`."""
    if source.path is None:
        return _built_in(source.name, how.lower)
    if total_size(parts) > LARGE:
        from rnntui.corpora import tokens

        corpus: Corpus = tokens.load(source.name, source.path, parts, how, progress or (lambda share: None))
    else:
        corpus = _small(source.name, source.path, parts, how)
    check_worth_learning(source.path, corpus.length, len(corpus.vocabulary))
    return corpus


def is_slow(name: str, lower: bool = False, encoding: str = "") -> bool:
    """Whether `load` would take its time: a large corpus whose tokens are not there. Raises as `load` does."""
    path = find(name).path
    if path is None or total_size(parts := parts_of(path)) <= LARGE:
        return False
    from rnntui.corpora import tokens

    return tokens.known(path, parts, _how(lower, encoding)) is None


def is_large(path: Path) -> bool:
    """Whether what lies there is read from a file of tokens. Raises as `parts_of`."""
    return total_size(parts_of(path)) > LARGE


def _how(lower: bool, encoding: str) -> How:
    return How(lower, encoding and codec_of(encoding))


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


def fingerprint(source: CorpusSource) -> tuple[int, str]:
    """Size and SHA-256 of the bytes that a corpus is decoded from. Raises `ValueError` where they cannot be read."""
    if source.path is None:
        raw = built_in().encode()
        return len(raw), hashlib.sha256(raw).hexdigest()
    parts = parts_of(source.path)
    return total_size(parts), hash_of(source.path, parts)


def hash_of(path: Path, parts: Sequence[Part]) -> str:
    """The SHA-256 of the files of a corpus; they are read once as long as they stay as they were.

    Of a large one it is kept beside it, of a small one for as long as this process lives.
    """
    if total_size(parts) > LARGE:
        from rnntui.corpora import tokens

        for lower in (False, True):
            if (facts := tokens.known(path, parts, How(lower))) is not None:
                return facts.sha256
    return _hashed_before(tuple(parts), tuple(_changed(part.path) for part in parts))


@lru_cache(16)
def _hashed_before(parts: tuple[Part, ...], changed: tuple[tuple[int, int, int], ...]) -> str:
    return hashed(parts)


def _changed(path: Path) -> tuple[int, int, int]:
    """What tells whether a file was changed or replaced: its number, bytes, and time of change (ns)."""
    check_kind(path)
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def hashed(parts: Sequence[Part], tell: Callable[[int], object] | None = None) -> str:
    """The SHA-256 of the files' bytes, joined."""
    digest = hashlib.sha256()
    for piece in chain.from_iterable(map(read_pieces(tell), parts)):
        digest.update(piece)
    return digest.hexdigest()


def total_size(parts: Sequence[Part]) -> int:
    """Bytes of the files together."""
    return sum(part.size for part in parts)


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
        raise ValueError(f"corpus {str(path)!r} has one distinct character: there is nothing to learn")


def _small(name: str, path: Path, parts: Sequence[Part], how: How) -> Small:
    raws = [b"".join(read_pieces()(part)) for part in parts]
    in_memory = dict(zip(parts, raws, strict=True))
    text = text_of(path, parts, lambda part: lambda: iter([in_memory[part]]), how)
    digest = hashlib.sha256()
    for raw in raws:
        digest.update(raw)
    size, content = sum(map(len, raws)), "".join(text.pieces())
    return Small(name, text.notes, text.encoding, path, digest.hexdigest(), size, text.guesses, content)


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


def _built_in(name: str, lower: bool) -> Small:
    text = built_in()
    raw = text.encode()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    notes = (f"the documentation that comes with Python {version}", *([LOWERED] if lower else []))
    sha256 = hashlib.sha256(raw).hexdigest()
    return Small(name, notes, "UTF-8", None, sha256, len(raw), {}, lowered(text) if lower else text)
