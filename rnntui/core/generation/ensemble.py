"""Several networks as one: the mean of their probabilities.

Invariant: the mean is taken in float64 and in log space, so that no probability is lost to underflow.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnntui.core.generation.predictor import Logits, Predictor
from rnntui.runs.networks import check_vocabularies

Members = tuple[tuple[Logits | None, Any], ...]  # of each what it expects, and its state


class Ensemble:
    """Predictors of one vocabulary; they expect a character with the mean of their probabilities."""

    def __init__(self, members: Sequence[Predictor]) -> None:
        self.members = tuple(members)
        self.initial_state: Members = tuple((None, member.initial_state) for member in members)

    @property
    def state_bytes(self) -> int:
        return sum(member.state_bytes for member in self.members)

    def step(self, index: int, state: Members, /) -> tuple[Logits, Members]:
        """The logarithms of the mean probabilities, `(V,)`, and the state, after one more character."""
        after = tuple(member.step(index, inner) for member, (_, inner) in zip(self.members, state, strict=True))
        return log_mean([logits for logits, _ in after]), after

    def expected_by_each(self, state: Members) -> list[Logits]:
        """The logits of each member; empty before the first character."""
        return [logits for logits, _ in state if logits is not None]


class Reordered:
    """A predictor whose vocabulary has the same characters in another order: `places[k]` is index k's place there."""

    def __init__(self, member: Predictor, places: Sequence[int]) -> None:
        self._member, self._places = member, list(places)
        self._order = np.array(places)
        self.initial_state = member.initial_state

    @property
    def state_bytes(self) -> int:
        return self._member.state_bytes

    def step(self, index: int, state: Any, /) -> tuple[Logits, Any]:
        """As the member's, in this order."""
        logits, state = self._member.step(self._places[index], state)
        return logits[self._order], state


def log_mean(logits: Sequence[Logits]) -> Logits:
    """The logarithm of the mean of what softmax makes of each, `(V,)`, float64."""
    logs = np.stack([_log_softmax(each) for each in logits])  # (members, V)
    highest = logs.max(axis=0)
    with np.errstate(under="ignore"):
        mean: Logits = np.log(np.exp(logs - highest).sum(axis=0)) + highest - math.log(len(logits))
    return mean


def _log_softmax(logits: Logits) -> Logits:
    p = np.asarray(logits, np.float64)
    highest = p.max()
    with np.errstate(under="ignore"):
        log: Logits = p - (highest + np.log(np.exp(p - highest).sum()))
    return log


def joined(networks: Sequence[Predictor], vocabularies: Sequence[str], names: Sequence[str]) -> Predictor:
    """The ensemble of networks, in the order of the first one's vocabulary; of one network, that network itself.

    Raises `ValueError`, with what differs, where the vocabularies are not of the same characters.
    """
    first = vocabularies[0]
    members = []
    for network, vocabulary, name in zip(networks, vocabularies, names, strict=True):
        check_vocabularies(first, vocabulary, names[0], name)
        place = {character: k for k, character in enumerate(vocabulary)}
        same = vocabulary == first
        members.append(network if same else Reordered(network, [place[character] for character in first]))
    return members[0] if len(members) == 1 else Ensemble(members)
