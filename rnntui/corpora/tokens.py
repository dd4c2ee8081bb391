"""The file of tokens that a large corpus is read from, and the facts beside it.

Made once: the source's bytes are read five times in pieces (their hash, their encoding, what is cut, the vocabulary,
the tokens), and what is held in memory does not grow with them.
Invariant: the facts get their name last, and only hold for the very source files and tokens that they tell of.
"""

import errno
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import UNSET, UnsetType

from rnntui.corpora.catalogue import FetchError
from rnntui.corpora.corpus import Large
from rnntui.corpora.guessing import measure, occurrences
from rnntui.corpora.pairs import Pairs, encoder, width_of
from rnntui.corpora.parts import (
    CorpusText,
    How,
    Part,
    Progress,
    check_worth_learning,
    hashed,
    name_in,
    read_pieces,
    text_of,
    total_size,
)
from rnntui.corpora.storage import UnfinishedFile, remove, replacing
from rnntui.schemas import CorpusBaselines, TokensFile, decoding
from rnntui.specs.recipes import HELD_OUT
from rnntui.system.errors import meaning

MOST_DISTINCT = 1 << 16  # characters that 2 bytes tell apart

Stamp = list[tuple[str, int, int]]


@dataclass(frozen=True)
class Facts:
    """What is kept beside the tokens. `stamp` has name, bytes read and time of change (ns) of each source file."""

    stamp: Stamp
    sha256: str
    lower: bool
    encoding: str
    notes: tuple[str, ...]
    counts: Mapping[str, int]  # of the characters, in the order of their tokens
    baselines: CorpusBaselines | None
    guesses: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the source."""
        return sum(size for _, size, _ in self.stamp)

    @property
    def tokens_size(self) -> int:
        """Bytes of the tokens."""
        return sum(self.counts.values()) * width_of(len(self.counts))


def load(name: str, path: Path, parts: Sequence[Part], how: How, progress: Progress) -> Large:
    """The corpus of source files by its tokens, which are made where they are not there or no longer those.

    Raises `ValueError` as `reading.load` does, and `FetchError` where the disk is full.
    """
    place = home(path, parts, how)
    stamp = _stamp(path, parts)
    facts = _unchanged(place, stamp, how) or _touched(place, stamp, parts, how)
    facts = facts or _make(path, place, parts, how, progress)
    return Large(
        name,
        facts.notes,
        facts.encoding,
        path,
        facts.sha256,
        facts.size,
        facts.guesses,
        place,
        facts.counts,
        facts.baselines,
    )


def home(path: Path, parts: Sequence[Part], how: How) -> Path:
    """Where the tokens of a corpus lie: beside it, of each way to read it by a name of its own.

    A text that is read by what was guessed is the one that was detected, as long as the detection comes to the same.
    """
    path = path.resolve()
    beginning = "" if all(part.size == part.path.stat().st_size for part in parts) else f".first-{total_size(parts)}"
    place = path.with_name(f"{path.name}{how.mark}{beginning}.tokens")
    if how.guesses:
        detected = path.with_name(f"{path.name}{How(how.lower).mark}{beginning}.tokens")
        facts = _read_facts(detected, How(how.lower))
        return detected if facts is not None and facts.guesses == how.guesses else place
    return place


def known(path: Path, parts: Sequence[Part], how: How) -> Facts | None:
    """What is kept of a corpus whose source and tokens are as they were; quick."""
    return _unchanged(home(path, parts, how), _stamp(path, parts), how)


def _unchanged(place: Path, stamp: Stamp, how: How) -> Facts | None:
    facts = _read_facts(place, how)
    return facts if facts is not None and facts.stamp == stamp else None


def _touched(place: Path, stamp: Stamp, parts: Sequence[Part], how: How) -> Facts | None:
    """The same for files that were touched and hold what they held: kept with their new times."""
    facts = _read_facts(place, how)
    if facts is None or [file[:2] for file in facts.stamp] != [file[:2] for file in stamp]:
        return None
    if hashed(parts) != facts.sha256:
        return None
    facts = Facts(**{**vars(facts), "stamp": stamp})
    with suppress(OSError):  # it will be hashed again the next time
        _write_facts(place, facts)
    return facts


def _stamp(path: Path, parts: Sequence[Part]) -> Stamp:
    return [(name_in(path, part.path) or path.name, part.size, part.path.stat().st_mtime_ns) for part in parts]


# --- the facts on disk ----------------------------------------------------------------------------------------------


def _facts_file(tokens: Path) -> Path:
    return tokens.with_name(f"{tokens.name}.json")


def _read_facts(tokens: Path, how: How) -> Facts | None:
    """The facts, unless they or the tokens are torn, of another version or machine, or not there."""
    with suppress(OSError, ValueError):
        kept = decoding.read(_facts_file(tokens), TokensFile, f"corpus {tokens.name!r}")
        if kept.guesses is UNSET and not _is_certain(kept.encoding):
            return None  # of a version that took every other encoding for a Western one
        facts = _facts_from(kept)
        is_sound = (kept.byte_order, kept.lower) == (sys.byteorder, how.lower)
        return facts if is_sound and tokens.stat().st_size == facts.tokens_size else None
    return None


def _facts_from(kept: TokensFile) -> Facts:
    guesses = {} if isinstance(kept.guesses, UnsetType) else kept.guesses
    return Facts(kept.stamp, kept.sha256, kept.lower, kept.encoding, kept.notes, kept.counts, kept.baselines, guesses)


def _is_certain(encodings: str) -> bool:
    """Whether files in these encodings were never in doubt."""
    return all(encoding.startswith(("ASCII", "UTF-")) for encoding in encodings.split(", "))


def _write_facts(tokens: Path, facts: Facts) -> None:
    shared = {**vars(facts), "counts": dict(facts.counts), "guesses": dict(facts.guesses)}
    content = TokensFile(**shared, byte_order=sys.byteorder).as_content()
    with replacing(_facts_file(tokens)) as draft, draft.writing() as file:
        file.write(json.dumps(content).encode())


# --- making them ----------------------------------------------------------------------------------------------------


class _Meter:
    """How far the readings of the same bytes have come, told as one share."""

    def __init__(self, size: int, progress: Progress) -> None:
        self._size, self._progress = size, progress
        self._before = self._share = 0.0
        self._read = self._to_read = 0

    def begin(self, share: float, readings: int = 1) -> None:
        """Something begins that takes a share of the time and reads all bytes so often."""
        self._before, self._share = self._before + self._share, share
        self._read, self._to_read = 0, readings * self._size

    def tell(self, count: int) -> None:
        """So many bytes more were read."""
        self._read += count
        self._progress(self._before + self._share * min(1.0, self._read / self._to_read))


def _make(path: Path, tokens: Path, parts: Sequence[Part], how: How, progress: Progress) -> Facts:
    stamp = _stamp(path, parts)
    meter = _Meter(total_size(parts), progress)
    try:
        with replacing(tokens) as draft:  # before the long reading: a folder that cannot be written says so at once
            meter.begin(0.02)
            sha256 = hashed(parts, meter.tell)
            meter.begin(0.1, readings=2)
            text = text_of(path, parts, lambda part: lambda: read_pieces(meter.tell)(part), how)
            meter.begin(0.1)
            vocabulary, length = _characters(path, text)
            meter.begin(0.78)
            counts, baselines = _write(draft, text, vocabulary, length)
            if _stamp(path, parts) != stamp:
                raise ValueError(f"corpus {str(path)!r} changed while it was read: try again")
            remove(_facts_file(tokens))
        facts = Facts(stamp, sha256, how.lower, text.encoding, text.notes, counts, baselines, text.guesses)
        _write_facts(tokens, facts)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise ValueError(_not_writable(path, tokens)) from None
        raise FetchError(f"{str(tokens)!r} could not be written: {meaning(error)}; nothing was kept") from None
    return facts


def _characters(path: Path, text: CorpusText) -> tuple[tuple[str, ...], int]:
    """The vocabulary and the length of a text. Raises `ValueError` where it is too large, or the text not worth it."""
    seen: set[str] = set()
    length = 0
    for piece in text.pieces():
        seen.update(piece)
        length += len(piece)
        if len(seen) > MOST_DISTINCT:
            raise ValueError(f"corpus {str(path)!r} has more than {MOST_DISTINCT:,} distinct characters: too many")
    check_worth_learning(path, length, len(seen))
    return tuple(sorted(seen)), length


def _write(
    draft: UnfinishedFile, text: CorpusText, vocabulary: tuple[str, ...], length: int
) -> tuple[dict[str, int], CorpusBaselines | None]:
    """Write the tokens of a text; the counts of its characters, and its baselines where 2 characters are held out."""
    width, encode, beside = width_of(len(vocabulary)), encoder(vocabulary), draft.place
    training, held_out = Pairs(width, beside), Pairs(width, beside)
    left = (length - length // HELD_OUT) * width  # bytes of the training part that are still to come
    with draft.writing() as out:
        for piece in text.pieces():
            tokens = encode(piece)
            out.write(tokens)
            training.feed(tokens[:left])
            held_out.feed(tokens[left:])
            left = max(0, left - len(tokens))
    counts = occurrences(training) + occurrences(held_out)
    baselines = measure(training, held_out, len(vocabulary)) if length // HELD_OUT >= 2 else None
    return {character: counts[token] for token, character in enumerate(vocabulary)}, baselines


def _not_writable(path: Path, tokens: Path) -> str:
    return (
        f"corpus {str(path)!r} is large: its token file is kept beside it, and folder {str(tokens.parent)!r} cannot be "
        f"written: `rnntui corpora add NAME {str(path)!r}` copies it into the corpora folder"
    )
