"""Text from a network, one character at a time (`docs/spec.md` 4).

The state is carried, never fed again. Each character uses one float64 uniform, indexed by (seed, position in the
text), so one seed gives comparable texts from networks of different vocabularies.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnntui.core.generation.predictor import Logits, Predictor

Array = np.ndarray[Any, np.dtype[np.float64]]
_BLOCK = 256  # uniforms drawn at once


@dataclass(frozen=True)
class Sample:
    """What a network wrote by itself at a step of its training."""

    step: int
    text: str
    temperature: float
    bits: tuple[float, ...] = ()  # the surprisal of each character; NaN where nothing was expected of it


class Uniforms:
    """Random access to a seed's float64 uniforms in [0, 1): the counter-based Philox generator, in blocks."""

    def __init__(self, *seed: int) -> None:
        self._key = np.random.SeedSequence(seed).generate_state(2, np.uint64)
        self._block, self._values = -1, np.empty(0)

    def __getitem__(self, position: int) -> float:
        block, offset = divmod(position, _BLOCK)
        if block != self._block:
            philox = np.random.Philox(key=self._key, counter=np.array([0, block, 0, 0], np.uint64))
            self._block, self._values = block, np.random.Generator(philox).random(_BLOCK)
        return float(self._values[offset])


def probabilities(logits: Array | Logits, temperature: float, top_k: int = 0, top_p: float = 1.0) -> Array:
    """softmax((p - max p)/T) over the `top_k` likeliest (0: all), `(V,)`, summing to 1.

    T = 0 is all on the arg-max (the lowest index among equals), T = ∞ is uniform over what `top_k` leaves. Of what
    comes out, `top_p` below 1 keeps the fewest likeliest that together reach it: the nucleus (Holtzman et al. 2020).
    """
    p = np.asarray(logits, np.float64)
    kept = np.ones(len(p), bool)
    if 0 < top_k < len(p):
        kept[np.argsort(-p, kind="stable")[top_k:]] = False
    if temperature == 0:
        weights = np.zeros(len(p))
        weights[int(np.argmax(p))] = 1.0
    elif math.isinf(temperature):
        weights = kept.astype(np.float64)
    else:
        with np.errstate(under="ignore", over="ignore"):
            weights = np.exp((p - p.max()) / temperature) * kept
    weights /= weights.sum()
    return weights if top_p >= 1 else _nucleus(weights, p, top_p)


def _nucleus(weights: Array, p: Array, top_p: float) -> Array:
    """The fewest weights, by falling logits `p`, whose sum reaches `top_p`; of equal logits the lowest index first."""
    order = np.argsort(-p, kind="stable")
    order = order[weights[order] > 0]
    count = 1 + int(np.searchsorted(np.cumsum(weights[order]), top_p))
    kept = np.zeros(len(p))
    kept[order[:count]] = weights[order[:count]]
    return np.asarray(kept / kept.sum(), np.float64)


def surprisal(logits: "Array | Logits | list[Logits]", indices: "np.ndarray[Any, np.dtype[np.int64]]") -> Array:
    """-log2 of the share that softmax gives to each index: bits, `(S,)`, from logits `(S, V)`. The temperature is 1."""
    p = np.asarray(logits, np.float64)
    highest = p.max(axis=1, keepdims=True)
    with np.errstate(under="ignore"):
        total = np.log(np.exp(p - highest).sum(axis=1)) + highest[:, 0]
    return np.asarray((total - p[np.arange(len(p)), indices]) / math.log(2), np.float64)


def invert(weights: Array, uniform: float) -> int:
    """The index that a uniform in [0, 1) falls on along the cumulative distribution."""
    cumulative = np.cumsum(weights)
    return int(min(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"), len(weights) - 1))


@dataclass(frozen=True)
class WriterPosition:
    """A place in a text that a writer can go back to: what it had read by then is in the state."""

    position: int
    state: Any
    logits: Logits | None


class Writer:
    """A network that writes: give it something to read, then iterate over its characters without end.

    `temperature`, `top_k` and `top_p` may be changed between characters. `left_out` are the characters of what it was
    given to read that its vocabulary lacks, each once. `logits` `(V,)` tell of the next character; before the first
    there are none. A left-out character takes a position and leaves the state, which is the network's own, as it is.
    """

    def __init__(
        self,
        network: Predictor,
        vocabulary: Sequence[str],
        *seed: int,
        temperature: float = 0.5,
        top_k: int = 0,
        top_p: float = 1.0,
    ) -> None:
        self.network, self.vocabulary = network, vocabulary
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p
        self.position = 0  # in the text: characters given to read and written so far
        self.left_out = ""
        self.logits: Logits | None = None
        self._index = {character: k for k, character in enumerate(vocabulary)}
        self._uniforms = Uniforms(*seed)
        self.state: Any = network.initial_state

    def read(self, text: str) -> str:
        """Feed a text; the part of it that was read. Raises `ValueError` where the vocabulary has none of it."""
        known = [character for character in text if character in self._index]
        self.left_out = "".join(dict.fromkeys(c for c in text if c not in self._index))
        if text and not known:
            raise ValueError("--prompt: none of its characters is in the network's corpus")
        for character in known:
            self._feed(self._index[character])
        self.position += len(text)
        return "".join(known)

    def take(self, character: str) -> int | None:
        """Feed one character of a given text; its index, or `None` where it is left out."""
        index = self._index.get(character)
        if index is not None:
            self._feed(index)
        self.position += 1
        return index

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self.vocabulary[self.draw()]

    def draw(self) -> int:
        """Write one character; its index."""
        uniform = self._uniforms[self.position]
        if self.logits is None:
            index = int(uniform * len(self.vocabulary))
        elif self.temperature == 0:
            index = int(self.logits.argmax())
        else:
            index = invert(probabilities(self.logits, self.temperature, self.top_k, self.top_p), uniform)
        self._feed(index)
        self.position += 1
        return index

    def write(self, count: int) -> tuple[str, tuple[float, ...]]:
        """So many characters and the surprisal of each: bits at temperature 1, to the hundredth; NaN of one that was
        drawn from nothing.
        """
        written, bits = [], []
        for _ in range(count):
            expected = self.logits
            index = self.draw()
            written.append(self.vocabulary[index])
            told = math.nan if expected is None else float(surprisal([expected], np.array([index]))[0])
            bits.append(round(told, 2) if math.isfinite(told) else math.nan)
        return "".join(written), tuple(bits)

    def mark(self) -> WriterPosition:
        """Where it is now."""
        return WriterPosition(self.position, self.state, self.logits)

    def seek(self, mark: WriterPosition) -> None:
        """Go back to a mark of its own."""
        self.position, self.state, self.logits = mark.position, mark.state, mark.logits

    def _feed(self, index: int) -> None:
        self.logits, self.state = self.network.step(index, self.state)
