"""What a corpus is like before a network has seen it: the baselines of `docs/spec.md` 3 and the doctor's report.

Baselines are in bits per character, so that a network's held-out loss can be laid beside them. Data only: the
command line draws it.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from msgspec import structs

from rnntui.corpora.corpus import PIECE, Corpus, Large, split, vocabulary
from rnntui.corpora.guessing import measure
from rnntui.corpora.pairs import Pairs, encoder, width_of
from rnntui.corpora.parts import Progress
from rnntui.schemas import CorpusBaselines
from rnntui.text.sanitize import escaped, is_seen

RARE = 10  # a character that occurs less often than this is rare
_NAMES = {
    "\t": "TAB",
    "\x07": "BELL",
    "\x08": "BACKSPACE",
    "\x0c": "FORM FEED",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
}


@dataclass(frozen=True)
class Character:
    """A character of a corpus; `shown` never holds a control sequence or a mark that joins its neighbour."""

    shown: str
    codepoint: str
    name: str
    count: int


@dataclass(frozen=True)
class CorpusReport:
    """What `rnntui corpora check` says of a corpus.

    `rare` are the characters that occur fewer than `RARE` times, `controls` the control, format and separator
    characters other than newline and space, both rarest first. `batches_per_epoch` batches of `batch` windows
    of `length` predictions cover the training part once. `baselines` is `None` where fewer than 2 characters are
    held out.
    """

    name: str
    path: str | None
    sha256: str
    encoding: str
    notes: tuple[str, ...]
    characters: int
    training_characters: int
    held_out_characters: int
    vocabulary: tuple[Character, ...]
    rare: tuple[Character, ...]
    controls: tuple[Character, ...]
    batch: int
    length: int
    batches_per_epoch: int
    parameters: int | None
    parameters_per_character: float | None
    baselines: CorpusBaselines | None

    def to_dict(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {
            **asdict(self),
            "baselines": None if self.baselines is None else structs.asdict(self.baselines),
            "rulers": None if self.baselines is None else structs.asdict(self.baselines),  # as earlier versions say
            "vocabulary_size": len(self.vocabulary),
        }


def baselines(text: str, with_lzma: bool = False) -> CorpusBaselines:
    """The baselines of a text (`guessing.measure`).

    Raises `ValueError` where fewer than 2 characters are held out.
    """
    training, held_out = split(text)
    if len(held_out) < 2:
        raise ValueError(f"a text of {len(text)} characters is too short to hold out 2: it needs at least 20")
    characters = vocabulary(text)
    encode = encoder(characters)
    fitted = measure(_pairs(encode(training), characters), _pairs(encode(held_out), characters), len(characters))
    return structs.replace(fitted, lzma=lzma_bits(training, held_out)) if with_lzma else fitted


def of(corpus: Corpus) -> CorpusBaselines:
    """The baselines of a corpus without lzma; those of a large one were measured when its tokens were made.

    Raises `ValueError` where fewer than 2 characters are held out.
    """
    return corpus.baselines if isinstance(corpus, Large) and corpus.baselines is not None else baselines(corpus.text)


def check(
    corpus: Corpus, batch: int, length: int, parameters: int | None = None, progress: Progress | None = None
) -> CorpusReport:
    """What the doctor says of a corpus, for batches of `batch` windows and a network of `parameters`.

    Compressing takes two seconds for 2 MB; `progress` hears of it. A large corpus is not compressed.
    """
    counts = corpus.counts
    rising = sorted(counts, key=lambda character: (counts[character], character))
    held_out = corpus.length - corpus.trained_on
    return CorpusReport(
        name=corpus.name,
        path=None if corpus.path is None else str(corpus.path),
        sha256=corpus.sha256,
        encoding=corpus.encoding,
        notes=corpus.notes,
        characters=corpus.length,
        training_characters=corpus.trained_on,
        held_out_characters=held_out,
        vocabulary=_described(corpus.vocabulary, counts),
        rare=_described((character for character in rising if counts[character] < RARE), counts),
        controls=_described((character for character in rising if _is_control(character)), counts),
        batch=batch,
        length=length,
        batches_per_epoch=-(-(corpus.trained_on - 1) // (batch * length)),
        parameters=parameters,
        parameters_per_character=None if parameters is None else parameters / corpus.length,
        baselines=_baselines_and_lzma(corpus, progress) if held_out >= 2 else None,
    )


def _baselines_and_lzma(corpus: Corpus, progress: Progress | None) -> CorpusBaselines:
    fitted = of(corpus)
    if isinstance(corpus, Large):
        return fitted
    return structs.replace(fitted, lzma=lzma_bits(corpus.training(), corpus.held_out(), progress))


def shown(character: str) -> str:
    """A character as it may be printed alone: itself, or its escape where it is unseen or joins another."""
    if character == " ":
        return "' '"
    joins = unicodedata.category(character)[0] in "MZ"  # marks, and spaces that cannot be told apart
    return character if is_seen(character) and not joins else escaped(character)


def _described(characters: Iterable[str], counts: Mapping[str, int]) -> tuple[Character, ...]:
    return tuple(Character(shown(c), f"U+{ord(c):04X}", _name(c), counts[c]) for c in characters)


def _name(character: str) -> str:
    if character == "\n":
        return "NEWLINE"
    return unicodedata.name(character, _NAMES.get(character, "CONTROL"))


def _is_control(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")


def _pairs(tokens: bytes, characters: tuple[str, ...]) -> Pairs:
    counted = Pairs(width_of(len(characters)))
    counted.feed(tokens)
    return counted


def lzma_bits(training: str, held_out: str, progress: Progress | None = None) -> float:
    """Bits per character of the held-out part for a compressor that has read the training part, as a network has.

    They are the bytes of the two parts compressed together, less those of the training part compressed alone.
    """
    tell = progress or (lambda share: None)
    first, total = len(training), 2 * len(training) + len(held_out)  # characters to compress
    alone = _compressed_size(training, lambda done: tell(done / total))
    together = _compressed_size(training + held_out, lambda done: tell((first + done) / total))
    return 8 * (together - alone) / len(held_out)


def _compressed_size(text: str, tell: Callable[[int], object]) -> int:
    """Bytes of the text's UTF-8 compressed; `tell` hears how many characters have been."""
    import lzma

    packer, size = lzma.LZMACompressor(), 0
    for start in range(0, len(text), PIECE):
        size += len(packer.compress(text[start : start + PIECE].encode("utf-8", "surrogatepass")))
        tell(min(start + PIECE, len(text)))
    return size + len(packer.flush())
