"""What a corpus is like before a network has seen it: the rulers of `SPEC.md` 3 and the doctor's report.

Rulers are in bits per character, so that a network's held-out loss can be laid beside them. Data only: the
command line draws it.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import log2
from typing import Any

from rnntui.corpora import Corpus, split, vocabulary
from rnntui.safe import escaped, is_seen

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
class Rulers:
    """Bits per character, and the share of characters that the likeliest guess gets right.

    `lzma` is of the whole corpus, the bits of its compressed UTF-8 over its characters; `None` where it was
    not asked for.
    """

    uniform: float
    unigram: float
    bigram: float
    uniform_accuracy: float
    unigram_accuracy: float
    bigram_accuracy: float
    lzma: float | None = None


@dataclass(frozen=True)
class Character:
    """A character of a corpus; `shown` never holds a control sequence or a mark that joins its neighbour."""

    shown: str
    codepoint: str
    name: str
    count: int


@dataclass(frozen=True)
class Report:
    """What `rnntui corpora check` says of a corpus.

    `rare` are the characters that occur fewer than `RARE` times, `controls` the control, format and separator
    characters other than newline and space, both rarest first. `batches_per_epoch` batches of `batch` windows
    of `length` predictions cover the training part once. `rulers` is `None` where fewer than 2 characters are
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
    rulers: Rulers | None

    def to_dict(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {**asdict(self), "vocabulary_size": len(self.vocabulary)}


def rulers(text: str, with_lzma: bool = False) -> Rulers:
    """The rulers of a text: fitted on its training part with add-one smoothing, scored on its held-out part.

    Scored are the characters that a network predicts there: all but the first. Unseen contexts are uniform,
    and the likeliest guess takes the lowest character of a tie. Raises `ValueError` where fewer than 2
    characters are held out.
    """
    training, held_out = split(text)
    if len(held_out) < 2:
        raise ValueError(f"a text of {len(text)} characters is too short to hold 2 out: it needs at least 20")
    characters = vocabulary(text)
    unigram, unigram_accuracy = _unigram(training, held_out, characters)
    bigram, bigram_accuracy = _bigram(training, held_out, characters)
    return Rulers(
        uniform=log2(len(characters)),
        unigram=unigram,
        bigram=bigram,
        uniform_accuracy=1 / len(characters),
        unigram_accuracy=unigram_accuracy,
        bigram_accuracy=bigram_accuracy,
        lzma=_lzma(text) if with_lzma else None,
    )


def check(corpus: Corpus, batch: int, length: int, parameters: int | None = None) -> Report:
    """What the doctor says of a corpus, for batches of `batch` windows and a network of `parameters`."""
    training, held_out = split(corpus.text)
    counts = Counter(corpus.text)
    rising = sorted(counts, key=lambda character: (counts[character], character))
    return Report(
        name=corpus.name,
        path=None if corpus.path is None else str(corpus.path),
        sha256=corpus.sha256,
        encoding=corpus.encoding,
        notes=corpus.notes,
        characters=len(corpus.text),
        training_characters=len(training),
        held_out_characters=len(held_out),
        vocabulary=_described(corpus.vocabulary, counts),
        rare=_described((each for each in rising if counts[each] < RARE), counts),
        controls=_described((each for each in rising if _is_control(each)), counts),
        batch=batch,
        length=length,
        batches_per_epoch=-(-(len(training) - 1) // (batch * length)),
        parameters=parameters,
        parameters_per_character=None if parameters is None else parameters / len(corpus.text),
        rulers=rulers(corpus.text, with_lzma=True) if len(held_out) >= 2 else None,
    )


def shown(character: str) -> str:
    """A character as it may be printed alone: itself, or its escape where it is unseen or joins another."""
    if character == " ":
        return "' '"
    joins = unicodedata.category(character)[0] in "MZ"  # marks, and spaces that cannot be told apart
    return character if is_seen(character) and not joins else escaped(character)


def _described(characters: Iterable[str], counts: Counter[str]) -> tuple[Character, ...]:
    return tuple(Character(shown(c), f"U+{ord(c):04X}", _name(c), counts[c]) for c in characters)


def _name(character: str) -> str:
    if character == "\n":
        return "NEWLINE"
    return unicodedata.name(character, _NAMES.get(character, "CONTROL"))


def _is_control(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")


def _unigram(training: str, held_out: str, characters: tuple[str, ...]) -> tuple[float, float]:
    seen, scored = Counter(training), Counter(held_out[1:])
    total, n = len(training) + len(characters), len(held_out) - 1
    bits = sum(times * log2(total / (seen[c] + 1)) for c, times in scored.items()) / n
    guess = max(characters, key=lambda c: seen[c])  # max takes the first of a tie, and characters are sorted
    return bits, scored[guess] / n


def _bigram(training: str, held_out: str, characters: tuple[str, ...]) -> tuple[float, float]:
    seen, scored = Counter(_pairs(training)), Counter(_pairs(held_out))
    contexts = Counter(training[:-1])
    n = len(held_out) - 1
    bits = 0.0
    for (before, after), times in scored.items():
        bits += times * log2((contexts[before] + len(characters)) / (seen[before, after] + 1))
    guesses = _likeliest_after(seen)
    lowest = characters[0]
    right = sum(times for (before, after), times in scored.items() if guesses.get(before, lowest) == after)
    return bits / n, right / n


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    return pairwise(text)


def _likeliest_after(seen: Counter[tuple[str, str]]) -> dict[str, str]:
    guesses: dict[str, str] = {}
    for before, after in sorted(seen, key=lambda pair: (-seen[pair], pair[1])):
        guesses.setdefault(before, after)
    return guesses


def _lzma(text: str) -> float:
    import lzma

    return 8 * len(lzma.compress(text.encode("utf-8"))) / len(text)
