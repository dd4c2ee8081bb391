"""From what a name stands for to a corpus: small ones into memory, large ones by their file of tokens.

Loading the same bytes in the same way gives the same text, whichever way.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from rnntui.corpora.builtin import BUILT_IN, built_in
from rnntui.corpora.corpus import Corpus, Small
from rnntui.corpora.decoding import LOWERED, codec_of, lowered
from rnntui.corpora.parts import (
    How,
    Part,
    Progress,
    are_large,
    check_worth_learning,
    hashed,
    parts_of,
    read_pieces,
    text_of,
    total_size,
)
from rnntui.corpora.places import CorpusSource, check_kind, find


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
    if are_large(parts):
        from rnntui.corpora import tokens

        corpus: Corpus = tokens.load(source.name, source.path, parts, how, progress or (lambda share: None))
    else:
        corpus = _small(source.name, source.path, parts, how)
    check_worth_learning(source.path, corpus.length, len(corpus.vocabulary))
    return corpus


def size(name: str) -> int:
    """Bytes of the corpus that `--corpus NAME` stands for, as they lie on disk. Raises as `find` does."""
    source = find(name)
    if source.path is None:
        return len(built_in(source.name).encode())
    return total_size(parts_of(source.path))


def is_slow(name: str, lower: bool = False, encoding: str = "") -> bool:
    """Whether `load` would take its time: a large corpus whose tokens are not there. Raises as `load` does."""
    path = find(name).path
    if path is None or not are_large(parts := parts_of(path)):
        return False
    from rnntui.corpora import tokens

    return tokens.known(path, parts, _how(lower, encoding)) is None


def is_large(path: Path) -> bool:
    """Whether what lies there is read from a file of tokens. Raises as `parts_of`."""
    return are_large(parts_of(path))


def _how(lower: bool, encoding: str) -> How:
    return How(lower, encoding and codec_of(encoding))


def fingerprint(source: CorpusSource) -> tuple[int, str]:
    """Size and SHA-256 of the bytes that a corpus is decoded from. Raises `ValueError` where they cannot be read."""
    if source.path is None:
        raw = built_in(source.name).encode()
        return len(raw), hashlib.sha256(raw).hexdigest()
    parts = parts_of(source.path)
    return total_size(parts), hash_of(source.path, parts)


def _small(name: str, path: Path, parts: Sequence[Part], how: How) -> Small:
    raws = [b"".join(read_pieces()(part)) for part in parts]
    in_memory = dict(zip(parts, raws, strict=True))
    text = text_of(path, parts, lambda part: lambda: iter([in_memory[part]]), how)
    digest = hashlib.sha256()
    for raw in raws:
        digest.update(raw)
    size, content = sum(map(len, raws)), "".join(text.pieces())
    return Small(name, text.notes, text.encoding, path, digest.hexdigest(), size, text.guesses, content)


def _built_in(name: str, lower: bool) -> Small:
    text = built_in(name)
    raw = text.encode()
    notes = (BUILT_IN[name].title, *([LOWERED] if lower else []))
    sha256 = hashlib.sha256(raw).hexdigest()
    return Small(name, notes, "UTF-8", None, sha256, len(raw), {}, lowered(text) if lower else text)


def hash_of(path: Path, parts: Sequence[Part]) -> str:
    """The SHA-256 of the files of a corpus; they are read once as long as they stay as they were.

    Of a large one it is kept beside it, of a small one for as long as this process lives.
    """
    if are_large(parts):
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
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
