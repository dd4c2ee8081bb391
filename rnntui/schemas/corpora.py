"""The file beside a large corpus's tokens, and that of a text which can be fetched, as types."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from rnntui.schemas.base import Count, File


class CatalogueText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`texts/NAME.toml`: a text that can be fetched. `size` is in bytes, `encoding` is that of the file."""

    name: str  # the file's
    title: str
    author: str
    licence: str
    encoding: str
    size: Annotated[int, Meta(ge=1)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    url: Annotated[str, Meta(pattern="^https?://")]
    translator: str | None = None
    gutenberg_id: int | None = None


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
