"""A text to learn, in memory or as a file of tokens: what a caller needs of it, whichever it is."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from rnntui.corpora.pairs import decoder, width_of
from rnntui.schemas import CorpusBaselines
from rnntui.specs.recipes import HELD_OUT

PIECE = 1 << 20  # characters of a piece


@dataclass(frozen=True)
class Corpus:
    """A text to learn; `sha256` is of the `size` bytes it was decoded from, `path` is `None` for the built-in.

    `guesses` has the encodings that were guessed, by the paths of files within a folder; of a single file it is "".
    It is a `Small` or a `Large` one.
    """

    name: str
    notes: tuple[str, ...]
    encoding: str
    path: Path | None
    sha256: str
    size: int
    guesses: Mapping[str, str] = field(repr=False)

    @property
    def length(self) -> int:
        """Characters."""
        raise NotImplementedError

    @property
    def trained_on(self) -> int:
        """Characters of the training part: all but the last tenth, rounded down."""
        return self.length - self.length // HELD_OUT

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The distinct characters, sorted: a character's index in the network."""
        return tuple(sorted(self.counts))

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How often each character occurs."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The whole of it. Raises `ValueError` for a large one."""
        raise NotImplementedError

    def training(self) -> str:
        """The training part. Raises `ValueError` for a large corpus."""
        return self.text[: self.trained_on]

    def held_out(self) -> str:
        """The held-out part: the last tenth. Raises `ValueError` for a large corpus."""
        return self.text[self.trained_on :]

    def held_out_beginning(self, characters: int) -> str:
        """At most so many characters of the held-out part, of a corpus of any size."""
        return self.text[self.trained_on : self.trained_on + characters]

    def pieces(self) -> Iterator[str]:
        """The text in pieces, for what need not hold all of it."""
        raise NotImplementedError


@dataclass(frozen=True)
class Small(Corpus):
    """A corpus whose text is in memory."""

    content: str = field(repr=False)

    @property
    def length(self) -> int:
        return len(self.content)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        return vocabulary(self.content)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return Counter(self.content)

    @property
    def text(self) -> str:
        return self.content

    def pieces(self) -> Iterator[str]:
        return (self.content[start : start + PIECE] for start in range(0, len(self.content), PIECE))


@dataclass(frozen=True)
class Large(Corpus):
    """A corpus that lies on disk as a file of `tokens` (`pairs.py`), with what was counted while it was made."""

    tokens: Path
    counted: Mapping[str, int] = field(repr=False)
    baselines: CorpusBaselines | None  # without lzma; `None` where fewer than 2 characters are held out

    @property
    def length(self) -> int:
        return sum(self.counted.values())

    @property
    def width(self) -> int:
        """Bytes of a token."""
        return width_of(len(self.vocabulary))

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return self.counted

    @property
    def text(self) -> NoReturn:
        raise ValueError(f"corpus {self.name!r} has {self.length:,} characters: too many to hold at once")

    def held_out_beginning(self, characters: int) -> str:
        most = min(characters, self.length - self.trained_on)
        with open(self.tokens, "rb") as file:
            file.seek(self.trained_on * self.width)
            return decoder(self.vocabulary)(file.read(most * self.width))

    def pieces(self) -> Iterator[str]:
        decode = decoder(self.vocabulary)
        with open(self.tokens, "rb") as file:
            while piece := file.read(PIECE * self.width):
                yield decode(piece)


def vocabulary(text: str) -> tuple[str, ...]:
    """The distinct characters of a text, sorted."""
    return tuple(sorted(set(text)))


def split(text: str) -> tuple[str, str]:
    """The training part and the held-out part: the last tenth, rounded down."""
    kept = len(text) - len(text) // HELD_OUT
    return text[:kept], text[kept:]


def least_length(length: int) -> int:
    """The fewest characters of which `length` + 1 can be trained on and 2 held out."""
    return max(2 * HELD_OUT, HELD_OUT * length // (HELD_OUT - 1) + 1)


def check_length(corpus: Corpus, length: int) -> None:
    """Raise `ValueError` for a corpus too short to train on `length` + 1 characters and to hold 2 out."""
    needed = least_length(length)
    if corpus.length < needed:
        raise ValueError(
            f"corpus {corpus.name!r} has {corpus.length:,} characters: --length {length} needs at least "
            f"{needed:,} ({length + 1:,} to train on, and the last tenth is held out)"
        )
