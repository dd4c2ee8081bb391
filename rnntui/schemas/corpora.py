"""The file beside a large corpus's tokens, as a type."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from rnntui.schemas.base import Count, File


class RulerFacts(Struct, frozen=True, kw_only=True):
    """Bits per character and accuracies of simple guessers, as `corpora.guessing.Rulers`."""

    uniform: float
    unigram: float
    bigram: float
    uniform_accuracy: float
    unigram_accuracy: float
    bigram_accuracy: float
    lzma: float | None = None


class TokensFile(File, frozen=True, kw_only=True):
    """`NAME.tokens.json`. `stamp` has name, size and time of change (ns) of each source file; `counts` are of the
    characters, in the order of their tokens.
    """

    stamp: list[tuple[str, Count, int]]
    sha256: str
    lower: bool
    encoding: str
    notes: tuple[str, ...]
    counts: dict[str, Count]
    rulers: RulerFacts | None
    guesses: dict[str, str] | UnsetType = UNSET  # left out by versions that did not guess
    byte_order: Literal["little", "big"]
