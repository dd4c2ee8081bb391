"""Pearson's correlation of every unit with every feature, over as many characters as there are.

    r = Σ (x - x̄)(y - ȳ) / √(Σ (x - x̄)² Σ (y - ȳ)²)

Where y is yes or no this is the point-biserial correlation. The sums are in float64, so that no unit need be kept.
"""

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnntui.core.analysis.units.features import Columns
    from rnntui.core.analysis.units.states import States

    Sums = NDArray[np.float64]

CONSTANT = 1e-12  # of a unit's mean square: a variance below it is rounding


class Correlations:
    """The sums of U units and K features; both are measured from a value of their own, so that few digits cancel."""

    def __init__(self, centres: "Columns") -> None:
        """`centres`: a mean for each feature, `(K,)`."""
        self._y0 = centres.astype(np.float64)
        self._x0: Sums | None = None
        self._count = 0

    def add(self, states: "States", features: "Columns") -> None:
        """Take in the states `(M, U)` and the features `(M, K)` of M characters."""
        if self._x0 is None:
            units, K = states.shape[1], features.shape[1]
            self._x0 = np.nan_to_num(states[:1].astype(np.float64))
            self._x, self._xx, self._xy = np.zeros(units), np.zeros(units), np.zeros((units, K))
            self._y, self._yy = np.zeros(K), np.zeros(K)
        with np.errstate(all="ignore"):  # a network that has diverged correlates with nothing
            x, y = states - self._x0, features - self._y0
            self._count += len(x)
            self._x += x.sum(0)
            self._xx += np.einsum("mu,mu->u", x, x)
            self._xy += (torch.from_numpy(x).T @ torch.from_numpy(y)).numpy()  # with the run's own threads
            self._y += y.sum(0)
            self._yy += np.einsum("mk,mk->k", y, y)

    @property
    def spread(self) -> "Sums":
        """The standard deviation of each unit, `(U,)`; 0 for one that does not move."""
        with np.errstate(all="ignore"):
            variance = self._variance / self._count
            return np.where(self._is_still, 0.0, np.sqrt(np.maximum(variance, 0.0)))

    @property
    def _variance(self) -> "Sums":
        """Σ (x - x̄)² of each unit."""
        return self._xx - self._x**2 / self._count

    @property
    def _is_still(self) -> "NDArray[np.bool_]":
        assert self._x0 is not None, "nothing was added"
        return np.asarray(~(self._variance > CONSTANT * (self._xx + self._count * self._x0[0] ** 2)))

    @property
    def r(self) -> "Sums":
        """`(U, K)`, NaN for a unit that does not move or is not finite."""
        N = self._count
        with np.errstate(all="ignore"):
            xx, yy = np.where(self._is_still, np.nan, self._variance), self._yy - self._y**2 / N
            covariance = self._xy - np.outer(self._x, self._y) / N
            found = covariance / np.sqrt(np.outer(xx, yy))
        return np.where(np.isfinite(found), np.clip(found, -1.0, 1.0), np.nan)
