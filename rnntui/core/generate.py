"""Text from a network, one character at a time (`SPEC.md` 4).

The state is carried, never fed again. Each character uses one float64 uniform, indexed by (seed, position in the
text), so one seed gives comparable texts from networks of different vocabularies.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnntui.core.kernels.single import Snapshot

Array = np.ndarray[Any, np.dtype[np.float64]]
_BLOCK = 256  # uniforms drawn at once


@dataclass(frozen=True)
class Sample:
    """What a network wrote by itself at a step of its training."""

    step: int
    text: str
    temperature: float


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


def probabilities(logits: Array, temperature: float, top_k: int = 0) -> Array:
    """softmax((p - max p)/T) over the `top_k` likeliest (0: all), `(V,)`, summing to 1.

    T = 0 is all on the arg-max (the lowest index among equals), T = ∞ is uniform over what `top_k` leaves.
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
    return np.asarray(weights / weights.sum(), np.float64)


def invert(weights: Array, uniform: float) -> int:
    """The index that a uniform in [0, 1) falls on along the cumulative distribution."""
    cumulative = np.cumsum(weights)
    return int(min(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"), len(weights) - 1))


class Writer:
    """A network that writes: give it something to read, then iterate over its characters without end.

    `temperature` and `top_k` may be changed between characters. `left_out` are the characters of what it was given
    to read that its vocabulary lacks, each once.
    """

    def __init__(
        self,
        network: Snapshot,
        vocabulary: Sequence[str],
        *seed: int,
        temperature: float = 0.5,
        top_k: int = 0,
    ) -> None:
        self.network, self.vocabulary = network, vocabulary
        self.temperature, self.top_k = temperature, top_k
        self.position = 0  # in the text: characters given to read and written so far
        self.left_out = ""
        self._index = {character: k for k, character in enumerate(vocabulary)}
        self._uniforms = Uniforms(*seed)
        self._state: tuple[Any, ...] = network.initial_state
        self._logits: Array | None = None

    def read(self, text: str) -> str:
        """Feed a text; the part of it that was read. Raises `ValueError` where the vocabulary has none of it."""
        known = [character for character in text if character in self._index]
        self.left_out = "".join(dict.fromkeys(c for c in text if c not in self._index))
        if text and not known:
            raise ValueError("--prompt: the network's corpus has no character of it")
        for character in known:
            self._feed(self._index[character])
        self.position += len(text)
        return "".join(known)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        uniform = self._uniforms[self.position]
        if self._logits is None:
            index = int(uniform * len(self.vocabulary))
        elif self.temperature == 0:
            index = int(self._logits.argmax())
        else:
            index = invert(probabilities(self._logits, self.temperature, self.top_k), uniform)
        self._feed(index)
        self.position += 1
        return self.vocabulary[index]

    def _feed(self, index: int) -> None:
        logits, self._state = self.network.step(index, self._state)
        self._logits = logits.astype(np.float64)
