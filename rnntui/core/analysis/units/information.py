"""The mutual information of every unit with every feature, in bits, over as many characters as there are.

    I(x; y) = H(x) + H(y) - H(x, y)          H = -Σ p log₂ p + (m - 1) / (2 N ln 2)

x  a unit's state in one of `BINS` bins     y  a feature, yes or no, or a number in as many     N  characters
m  the bins that hold anything: the term is Miller's and Madow's correction (Miller 1955), for an entropy that is
   estimated from counts is too small, and the information of what is independent would be too large. Of few
   characters it would pass log₂ m, or H(x) and H(y), which are the most that there can be: it ends there

What is known of a feature by knowing the state, whatever the shape: a unit that is high at both ends of a line has no
correlation with the place in it. Edges of bins are quantiles, so that each holds about as many characters; those of
units are of the first `SAMPLE` characters that are read, from all over a text.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnntui.core.analysis.units.features import Columns
    from rnntui.core.analysis.units.states import States

    Bits = NDArray[np.float64]
    Codes = NDArray[np.uint8]  # the bin of each

BINS = 8
SAMPLE = 2_048  # characters
PIECE = 1_024  # characters that are counted together


class MutualInformation:
    """Counts of U units' bins beside those of K features."""

    def __init__(self, columns: "Columns") -> None:
        """`columns`: the features at all characters, `(N, K)`, by whose quantiles numbers are binned."""
        coded = [_coded(column) for column in columns.T]
        self._codes: Codes = np.stack(coded, axis=1) if coded else np.zeros((len(columns), 0), np.uint8)
        self._kinds = [int(codes.max(initial=0)) + 1 for codes in coded]
        self._first = np.cumsum([0, *self._kinds])  # where the bins of each feature begin, and the end
        self._waiting: list[tuple[States, Codes]] = []  # until there are enough for the edges
        self._edges: NDArray[np.float32] | None = None  # (BINS - 1, U)
        self._joint: Bits | None = None  # (U, BINS, all bins of features)
        self._of_units: Bits | None = None  # (U, BINS)

    def add(self, states: "States", at: "NDArray[np.int64] | slice") -> None:
        """Take in the states `(M, U)` after the characters at these places."""
        self._waiting.append((states, self._codes[at]))
        if self._edges is not None or sum(len(rows) for rows, _ in self._waiting) >= SAMPLE:
            self._count()

    @property
    def bits(self) -> "Bits":
        """`(U, K)`; of a unit that is not finite what its bins say, which is nothing."""
        self._count()
        assert self._joint is not None, "nothing was added"
        assert self._of_units is not None
        joint, units, N = self._joint, self._of_units, float(self._of_units[0].sum()) if len(self._of_units) else 1.0
        of_features = joint.sum(1)[0] if len(joint) else np.zeros(self._first[-1])
        begins, correction = self._first[:-1], 1 / (2 * N * math.log(2))
        if not len(begins):
            return np.zeros((len(joint), 0))
        x, y = _terms(units, N), _terms(of_features, N)
        together = np.add.reduceat(_terms(joint, N).sum(1), begins, axis=1)  # (U, K)
        m_x, m_y = (units > 0).sum(1), np.add.reduceat(of_features > 0, begins, dtype=np.intp)
        m_xy = np.add.reduceat((joint > 0).sum(1), begins, axis=1)
        H_x, H_y = x.sum(1), np.add.reduceat(y, begins)
        most = np.minimum(_capped(H_x, m_x, correction)[:, None], _capped(H_y, m_y, correction))
        shared = H_x[:, None] + H_y - together + (m_x[:, None] + m_y - m_xy - 1) * correction
        return np.asarray(np.clip(shared, 0.0, most))

    @property
    def entropies(self) -> "Bits":
        """H of each feature, `(K,)`: the most that a unit can tell of it."""
        found = []
        for k, kinds in enumerate(self._kinds):
            counts = np.bincount(self._codes[:, k], minlength=kinds).astype(np.float64)
            N = max(1, len(self._codes))
            found.append(_capped(_terms(counts, N).sum(), (counts > 0).sum(), 1 / (2 * N * math.log(2))))
        return np.array(found)

    def _count(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        states = np.concatenate([rows for rows, _ in waiting])
        codes = np.concatenate([each for _, each in waiting])
        if self._edges is None:
            self._edges = _edges(states)
            units = states.shape[1]
            self._joint, self._of_units = np.zeros((units, BINS, self._first[-1])), np.zeros((units, BINS))
        assert self._joint is not None
        assert self._of_units is not None
        for begin in range(0, len(states), PIECE):
            x, y = states[begin : begin + PIECE], codes[begin : begin + PIECE]
            has = self._one_hot(y)
            bins = sum((x > edge).astype(np.uint8) for edge in self._edges)
            inside = (bins == np.arange(BINS, dtype=np.uint8)[:, None, None]).astype(np.float32)  # (BINS, M, U)
            together = torch.from_numpy(inside).transpose(1, 2) @ torch.from_numpy(has)  # with the run's own threads
            self._joint += together.numpy().swapaxes(0, 1)
            self._of_units += inside.sum(1).T

    def _one_hot(self, codes: "Codes") -> "NDArray[np.float32]":
        """Which bins the features of characters are in, `(M, all bins)`."""
        has = np.zeros((len(codes), self._first[-1]), np.float32)
        has[np.arange(len(codes))[:, None], self._first[:-1] + codes] = 1.0
        return has


def _capped(entropy: "Bits", bins: "NDArray[np.intp]", correction: float) -> "Bits":
    """Corrected entropies of so many bins each, which hold no more than if all were as full as each other."""
    return np.minimum(entropy + (bins - 1) * correction, np.log2(np.maximum(1, bins)))


def _coded(column: "NDArray[np.float32]") -> "Codes":
    """Each value's bin: of few kinds each has its own, else they are as full as one another."""
    if len(np.unique(column[:SAMPLE])) <= BINS and len(kinds := np.unique(column)) <= BINS:
        return np.searchsorted(kinds, column).astype(np.uint8)
    return np.searchsorted(np.unique(_edges(column)), column).astype(np.uint8)


def _edges(values: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """The upper ends of all bins but the last, `(BINS - 1, …)`; where most values are the largest, these are alone."""
    with np.errstate(all="ignore"):  # a network that has diverged
        finite = np.nan_to_num(values)
        edges = np.quantile(finite, np.arange(1, BINS) / BINS, axis=0).astype(np.float32)
        return np.where(edges >= finite.max(0), np.nextafter(edges, np.float32(-np.inf)), edges)


def _terms(counts: "Bits", N: float) -> "Bits":
    """-p log₂ p of each count, 0 where there is none."""
    p = counts / N
    return -p * np.log2(np.where(p > 0, p, 1.0))
