"""How well a network predicts a text, in bits: the state carried from the first character to the last.

Invariant: the bits are those of the network's own probabilities (temperature 1), whatever it would be let to write at;
they equal a draft's surprisal at the same characters.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING, Any

import numpy as np

from rnntui.core.generation.ensemble import Ensemble
from rnntui.core.generation.loading import TextNetwork
from rnntui.core.generation.sampler import Writer, surprisal
from rnntui.corpora.decoding import lowered

if TYPE_CHECKING:
    from rnntui.core.generation.predictor import Logits

BLOCK = 256  # characters that are scored at once


@dataclass(frozen=True)
class Score:
    """What a text costs under a network. `bits` has a number a character: NaN for the first that the network knows,
    which nothing came before, and for those that its corpus lacks.
    """

    text: str
    bits: list[float]
    left_out: Counter[str]  # how often each character stood there that the corpus lacks

    @property
    def scored(self) -> int:
        """How many characters have bits."""
        return len(self.bits) - sum(map(math.isnan, self.bits))

    @property
    def total_bits(self) -> float:
        return math.fsum(bits for bits in self.bits if not math.isnan(bits))

    @property
    def bits_per_character(self) -> float:
        """Of the characters that were scored; NaN where there are none."""
        return self.total_bits / self.scored if self.scored else math.nan

    @property
    def perplexity(self) -> float:
        """Among how many equally likely characters the network might as well have guessed."""
        with np.errstate(over="ignore"):
            return float(np.exp2(self.bits_per_character))

    def worst(self, count: int) -> list[int]:
        """The positions of the least expected characters, worst first."""
        known = (k for k, bits in enumerate(self.bits) if not math.isnan(bits))
        return nlargest(count, known, key=lambda k: self.bits[k])


def read_as(text: str, *, lower: bool) -> str:
    """The text as a network reads it: in lower case, if its corpus was made so."""
    return lowered(text) if lower else text


def surprisals(loaded: TextNetwork, text: str) -> Iterator[list[list[float]]]:
    """The bits of a text's characters, block after block, NaN where there are none: by the network and, of an
    ensemble, by each member.
    """
    writer = Writer(loaded.network, loaded.vocabulary, 0)
    for start in range(0, len(text), BLOCK):
        yield _block(writer, text[start : start + BLOCK])


def _block(writer: Writer, text: str) -> list[list[float]]:
    members = writer.network.members if isinstance(writer.network, Ensemble) else ()
    bits = np.full((1 + len(members), len(text)), np.nan)
    rows: list[int] = []
    indices: list[int] = []
    expected: list[list[Logits]] = [[] for _ in bits]  # by the network and each member
    for k, character in enumerate(text):
        logits, state, index = writer.logits, writer.state, writer.take(character)
        if logits is not None and index is not None:
            rows.append(k)
            indices.append(index)
            for so_far, each in zip(expected, (logits, *_by_each(writer, state)), strict=True):
                so_far.append(each)
    if rows:
        for each_bits, so_far in zip(bits, expected, strict=True):
            each_bits[rows] = surprisal(np.stack(so_far), np.array(indices))
    block: list[list[float]] = bits.tolist()
    return block


def _by_each(writer: Writer, state: Any) -> "list[Logits]":
    network = writer.network
    return network.expected_by_each(state) if isinstance(network, Ensemble) else []


def score(loaded: TextNetwork, text: str, bits: list[float]) -> Score:
    """The score of a text whose bits were found."""
    known = set(loaded.vocabulary)
    return Score(text, bits, Counter(character for character in text if character not in known))


def check_worth_scoring(loaded: TextNetwork, text: str, what: str) -> None:
    """Raise `ValueError` for a text of which fewer than 2 characters can be read: nothing would be predicted."""
    known, number_known = set(loaded.vocabulary), 0
    for character in text:
        number_known += character in known
        if number_known == 2:
            return
    number = "no character" if not number_known else "one character"
    raise ValueError(f"{what} has {number} of the network's vocabulary: a score needs at least 2")
