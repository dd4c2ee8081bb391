"""A text that a network reads and writes, and that can be rewound, edited and continued.

Invariant: the continuation depends on the text, the seed and the sampling alone, however the text came about. The state
is kept at regular marks, so that rewinding recomputes from a near mark and not from the beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from rnntui.core.generation.predictor import Logits, Predictor
from rnntui.core.generation.sampler import Array, Writer, WriterPosition, probabilities, surprisal
from rnntui.corpora.decoding import lowered
from rnntui.runs.writers import Sampling

STRIDE = 64  # characters from one mark to the next, at least
MARKS_MEMORY = 256 << 20  # bytes that the states of all marks may take
LEAST_MARKS = 4


@dataclass(frozen=True)
class Alternative:
    """A character that might have stood at a place, its share by the network (temperature 1) and as it is drawn."""

    character: str
    probability: float
    drawn: float


class Draft:
    """A network's text. `given` says of each character whether a user gave it, `indices` its place in the vocabulary
    (-1: left out, since the corpus lacks it). `lower`: the prompt is made lower case, as the network's corpus was.
    """

    def __init__(self, network: Predictor, vocabulary: Sequence[str], *seed: int, lower: bool = False) -> None:
        self.vocabulary = vocabulary
        self.characters: list[str] = []
        self.given = bytearray()  # of 0 and 1, one a character
        self.indices: list[int] = []
        self._writer, self._lower = Writer(network, vocabulary, *seed), lower
        self._stride = STRIDE
        self._marks: list[WriterPosition] = [self._writer.mark()]  # after 0, 1, 2 … strides
        self._surprisal: list[float] = []  # bits; of the first characters, as far as they are worked out
        self._waiting: list[Logits | None] = []  # what was expected of the characters after them

    def __len__(self) -> int:
        return len(self.characters)

    @property
    def text(self) -> str:
        """All of it, with what was left out."""
        return "".join(self.characters)

    @property
    def left_out(self) -> str:
        """The characters that the network's corpus lacks, each once."""
        return "".join(dict.fromkeys(c for c, index in zip(self.characters, self.indices, strict=True) if index < 0))

    @property
    def surprisal(self) -> list[float]:
        """Bits of each character under the network at temperature 1; NaN for one left out and for the first read."""
        self._compute_surprisal()
        return self._surprisal

    def _compute_surprisal(self) -> None:
        """Reduce what was expected, of all that waits at once, to a number a character."""
        indices = self.indices[len(self._surprisal) :]
        told = [(k, p) for k, p in enumerate(self._waiting) if p is not None and indices[k] >= 0]
        bits = np.full(len(indices), np.nan)
        if told:
            rows = [k for k, _ in told]
            bits[rows] = surprisal(np.stack([p for _, p in told]), np.array([indices[k] for k in rows]))
        self._surprisal += bits.tolist()
        self._waiting.clear()

    def as_learned(self, text: str) -> str:
        """A text as the network's corpus would have it: lower case where that was."""
        return lowered(text) if self._lower else text

    # --- reading and writing ----------------------------------------------------------------------------------------

    def read(self, text: str) -> None:
        """Add a given text. Raises `ValueError`, and adds nothing, where the network has read nothing before and its
        vocabulary has none of it."""
        text = self.as_learned(text)
        if text and self._writer.logits is None and not any(c in self.vocabulary for c in text):
            raise ValueError("--prompt: none of its characters is in the network's corpus")
        for character in text:
            expected = self._writer.logits
            index = self._writer.take(character)
            self._add(character, -1 if index is None else index, expected, given=True)

    def write(self, sampling: Sampling) -> str:
        """Add one character of the network's own; it."""
        writer, expected = self._writer, self._writer.logits
        writer.temperature, writer.top_k, writer.top_p = sampling.temperature, sampling.top_k, sampling.top_p
        index = writer.draw()
        self._add(character := self.vocabulary[index], index, expected, given=False)
        return character

    def _add(self, character: str, index: int, expected: Logits | None, *, given: bool) -> None:
        self.characters.append(character)
        self.indices.append(index)
        self.given.append(given)
        self._waiting.append(expected)
        if len(self.characters) % self._stride == 0:
            self._marks.append(self._writer.mark())
            self._thin_marks()
        if len(self.characters) % STRIDE == 0:
            self._compute_surprisal()

    def _thin_marks(self) -> None:
        """Keep every other mark where all of them take too much memory: those of a network that adapts hold weights."""
        if (len(self._marks) - LEAST_MARKS) * self._writer.network.state_bytes > MARKS_MEMORY:
            del self._marks[1::2]
            self._stride *= 2

    # --- going back -------------------------------------------------------------------------------------------------

    def cut(self, length: int) -> None:
        """Keep the first `length` characters; the state is worked out anew from the mark before."""
        if length >= len(self):
            return
        self._compute_surprisal()
        for column in (self.characters, self.indices, self.given, self._surprisal):
            del column[length:]
        del self._marks[length // self._stride + 1 :]
        self._writer.seek(self._marks[-1])
        for character in self.characters[self._marks[-1].position :]:
            self._writer.take(character)

    def edit(self, text: str) -> None:
        """Make it another text; what stands before the first difference stays as it came about.

        Raises `ValueError`, and changes nothing, where the vocabulary has no character of it.
        """
        text = self.as_learned(text)
        if text and not any(c in self.vocabulary for c in text):
            raise ValueError("--prompt: none of its characters is in the network's corpus")
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.characters, text, strict=False)))
        self.cut(same)
        self.read(text[same:])

    def read_by(self, network: Predictor, *seed: int) -> "Draft":
        """The same text, as another network of the same vocabulary reads it and goes on with it."""
        draft = Draft(network, self.vocabulary, *seed, lower=self._lower)
        draft.follow(self)
        return draft

    def follow(self, other: "Draft") -> None:
        """Make it another draft's text, of one vocabulary, whoever gave or wrote it; what is the same is kept."""
        if other.characters[: len(self)] != self.characters or other.given[: len(self)] != self.given:
            pairs = zip(self.characters, other.characters, self.given, other.given, strict=False)
            self.cut(sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1] and pair[2] == pair[3], pairs)))
        for k in range(len(self), len(other)):
            expected = self._writer.logits
            index = self._writer.take(other.characters[k])
            self._add(other.characters[k], -1 if index is None else index, expected, given=bool(other.given[k]))

    # --- what might have stood there --------------------------------------------------------------------------------

    def expected(self, position: int) -> Array | None:
        """The logits `(V,)` of the character at a position, up to the end; `None` before anything was read."""
        here, mark = self._writer.mark(), self._marks[min(position // self._stride, len(self._marks) - 1)]
        self._writer.seek(mark)
        for character in self.characters[mark.position : position]:
            self._writer.take(character)
        logits = self._writer.logits
        self._writer.seek(here)
        return None if logits is None else logits.astype(np.float64)

    def alternatives(self, position: int, count: int, sampling: Sampling) -> list[Alternative]:
        """The likeliest characters at a position, likeliest first; empty before anything was read."""
        logits = self.expected(position)
        if logits is None:
            return []
        likely = probabilities(logits, 1.0)
        drawn = probabilities(logits, sampling.temperature, sampling.top_k, sampling.top_p)
        order = np.argsort(-likely, kind="stable")[:count]
        return [Alternative(self.vocabulary[k], float(likely[k]), float(drawn[k])) for k in order]


def ends(draft: Draft, stop_at: str) -> bool:
    """Whether the text ends with what it is to stop at; its last character is the network's own."""
    if not stop_at or not draft.given or draft.given[-1]:
        return False
    stop_at = draft.as_learned(stop_at)
    return "".join(draft.characters[-len(stop_at) :]) == stop_at
