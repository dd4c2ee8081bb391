"""From what a name stands for to a corpus: small ones into memory, large ones by their file of tokens.

Loading the same bytes gives the same text, whichever way.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from rnntui.corpora.corpus import Corpus, Small
from rnntui.corpora.decoding import LOWERED, Pieces, Reading, lowered, read
from rnntui.corpora.places import Source, built_in, check_kind, files_of, find, left_out

PIECE = 1 << 20  # bytes read at a time
LARGE = 256 << 20  # bytes: above it a corpus becomes a file of tokens

Progress = Callable[[float], object]  # told the share that is done, rising to 1


class Unreadable(ValueError):
    """A file that cannot be read; the sentence names it."""


def load(name: str, lower: bool = False, progress: Progress | None = None) -> Corpus:
    """The corpus that `--corpus NAME` stands for; `lower` makes each character lower case by itself.

    A large one is made a file of tokens first, unless it was: only that may take minutes, and only of that `progress`
    hears. Raises `ValueError` as `find` does, and for a file that cannot be read, a binary file, a folder without text
    files, a text that is empty or repeats one character, and a folder in which the tokens cannot be put.
    """
    source = find(name)
    if source.path is None:
        return _built_in(source.name, lower)
    files = files_of(source.path)
    if total_size(files) > LARGE:
        from rnntui.corpora import tokens

        corpus: Corpus = tokens.load(source.name, source.path, files, lower, progress or (lambda share: None))
    else:
        corpus = _small(source.name, source.path, files, lower)
    check_worth_learning(source.path, corpus.length, len(corpus.vocabulary))
    return corpus


def is_slow(name: str, lower: bool = False) -> bool:
    """Whether `load` would take its time: a large corpus whose tokens are not there. Raises as `find` does."""
    path = find(name).path
    if path is None or total_size(files := files_of(path)) <= LARGE:
        return False
    from rnntui.corpora import tokens

    return tokens.known(path, files, lower) is None


def fingerprint(source: Source) -> tuple[int, str]:
    """Size and SHA-256 of the bytes that a corpus is decoded from. Raises `ValueError` where they cannot be read."""
    if source.path is None:
        raw = built_in().encode()
        return len(raw), hashlib.sha256(raw).hexdigest()
    files = files_of(source.path)
    if total_size(files) > LARGE:
        from rnntui.corpora import tokens

        for lower in (False, True):
            if (facts := tokens.known(source.path, files, lower)) is not None:
                return facts.size, facts.sha256
    return total_size(files), hashed(files)


def hashed(files: Sequence[Path], tell: Callable[[int], object] | None = None) -> str:
    """The SHA-256 of the files' bytes, joined."""
    digest = hashlib.sha256()
    for piece in chain.from_iterable(map(read_pieces(tell), files)):
        digest.update(piece)
    return digest.hexdigest()


def total_size(files: Sequence[Path]) -> int:
    """Bytes of the files together. Raises `ValueError` for one that is not there or no regular file."""
    for file in files:
        check_kind(file)
    return sum(file.stat().st_size for file in files)


def read_pieces(tell: Callable[[int], object] | None = None) -> Callable[[Path], Iterator[bytes]]:
    """What reads a file in pieces and tells the bytes of each. Raises `Unreadable`."""

    def pieces(path: Path) -> Iterator[bytes]:
        check_kind(path)
        try:
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
                    if tell is not None:
                        tell(len(piece))
        except OSError as error:
            raise Unreadable(f"corpus {str(path)!r} cannot be read: {error.strerror}") from None

    return pieces


def text_of(path: Path, files: Sequence[Path], open_file: Callable[[Path], Pieces], lower: bool) -> Reading:
    """The text of a corpus at `path`: of its file, or of its files joined, each decoded by itself.

    `open_file` gives what reads a file's bytes from the first. Raises `ValueError`, naming the file, for a binary one.
    """
    readings = [_read(file, open_file(file), lower) for file in files]
    if not path.is_dir():
        return readings[0]
    encodings = ", ".join(sorted({reading.encoding for reading in readings}))
    return Reading(encodings, _folder_notes(path, files, readings), lambda: joined(readings))


def joined(readings: Sequence[Reading]) -> Iterator[str]:
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


def _small(name: str, path: Path, files: Sequence[Path], lower: bool) -> Small:
    raws = [b"".join(read_pieces()(file)) for file in files]
    in_memory = dict(zip(files, raws, strict=True))
    text = text_of(path, files, lambda file: lambda: iter([in_memory[file]]), lower)
    digest = hashlib.sha256()
    for raw in raws:
        digest.update(raw)
    size = sum(map(len, raws))
    return Small(name, text.notes, text.encoding, path, digest.hexdigest(), size, "".join(text.pieces()))


def _read(path: Path, raw: Pieces, lower: bool) -> Reading:
    try:
        return read(raw, lower)
    except Unreadable:
        raise
    except ValueError as error:
        raise ValueError(f"corpus {str(path)!r} is {error}") from None


def _folder_notes(path: Path, files: Sequence[Path], readings: Sequence[Reading]) -> tuple[str, ...]:
    notes = (f"{len(files)} files joined in order of their names", *left_out(path, list(files)))
    tally = Counter(note for reading in readings for note in reading.notes)
    return (*notes, *(f"{note} ({times} of {len(files)} files)" for note, times in tally.items()))


def _built_in(name: str, lower: bool) -> Small:
    text = built_in()
    raw = text.encode()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    notes = (f"the documentation that comes with Python {version}", *([LOWERED] if lower else []))
    sha256 = hashlib.sha256(raw).hexdigest()
    return Small(name, notes, "UTF-8", None, sha256, len(raw), lowered(text) if lower else text)
