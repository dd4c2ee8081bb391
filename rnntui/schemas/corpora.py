"""The file beside a large corpus's tokens, as a type."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from rnntui.schemas.base import Count, File


class CorpusBaselines(Struct, frozen=True, kw_only=True):
    """Bits per character, and the share of characters that the likeliest guess gets right.

    `lzma` is of the held-out part given the training part (`baselines.lzma_bits`); `None` where it was not asked for.
    """

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
    baselines: CorpusBaselines | None = field(name="rulers")
    guesses: dict[str, str] | UnsetType = UNSET  # left out by versions that did not guess
    byte_order: Literal["little", "big"]
