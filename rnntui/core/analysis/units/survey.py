"""Which unit follows which feature of a text: one reading of the text, and every unit against every feature."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from rnntui.core.analysis.units.correlation import Correlations
from rnntui.core.analysis.units.features import MeasuredFeatures
from rnntui.core.analysis.units.states import UnitGroup, read_text
from rnntui.core.model import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FollowedFeature:
    """A unit, the feature it is compared with, and their correlation."""

    column: int  # of the unit, among those that were surveyed
    feature: int
    r: float


@dataclass(frozen=True, eq=False)
class UnitSurvey:
    """The correlation `r` of every unit `(U, K)` with every feature, NaN where a unit does not move, and the standard
    deviation of each, `spread` `(U,)`.
    """

    groups: tuple[UnitGroup, ...]
    features: MeasuredFeatures
    r: "NDArray[np.float64]"
    spread: "NDArray[np.float64]"

    def place(self, column: int) -> tuple[UnitGroup, int]:
        """The group of a unit, and its number there, from 1."""
        group = next(group for group in self.groups if column < group.first + group.count)
        return group, group.unit(column)

    def best_units(self) -> list[FollowedFeature]:
        """For each feature the unit that follows it best; the best followed first."""
        found = [
            FollowedFeature(int(np.argmax(column)), k, float(self.r[np.argmax(column), k]))
            for k, column in enumerate(self._strength.T)
            if column.max() >= 0
        ]
        return sorted(found, key=lambda each: -abs(each.r))

    def ranked(self, features: Sequence[int] | None = None) -> list[FollowedFeature]:
        """Every unit that moves with the feature that it follows best, of these; the best first."""
        among = list(range(self.r.shape[1])) if features is None else list(features)
        if not among:
            return []
        strength = self._strength[:, among]
        best = strength.argmax(1)
        order = np.argsort(-strength.max(1), kind="stable")
        found = (FollowedFeature(int(u), among[best[u]], float(self.r[u, among[best[u]]])) for u in order)
        return [each for each in found if not np.isnan(each.r)]

    def telling(self, group: UnitGroup, count: int) -> list[FollowedFeature]:
        """Units of a group with what they follow, the best first: for each feature its best one there, then others."""
        columns = slice(group.first, group.first + group.count)
        strength = self._strength[columns]
        if not strength.shape[1]:
            return []
        best = strength.argmax(1)
        of_features = {int(unit) for unit in strength.argmax(0)}
        in_order = [int(unit) for unit in np.argsort(-strength.max(1), kind="stable") if strength[unit].max() >= 0]
        chosen = [unit for unit in in_order if unit in of_features][:count]
        chosen += [unit for unit in in_order if unit not in of_features][: count - len(chosen)]
        found = (
            FollowedFeature(group.first + unit, int(best[unit]), float(self.r[group.first + unit, best[unit]]))
            for unit in chosen
        )
        return sorted(found, key=lambda each: -abs(each.r))

    @property
    def _strength(self) -> "NDArray[np.float64]":
        """|r|, and -1 where there is none."""
        return np.nan_to_num(np.abs(self.r), nan=-1.0)


def survey_units(
    model: Model, characters: Tensor, features: MeasuredFeatures, chosen: Sequence[UnitGroup]
) -> Iterator[int | UnitSurvey]:
    """Read a text, `(N,)` indices, and compare: how many characters were read, now and then, and finally the survey."""
    correlations = Correlations(features.columns.mean(0, dtype=np.float64))
    done = 0
    for block in read_text(model, characters, chosen):
        if block is not None:
            positions, states = block
            correlations.add(states, features.columns[positions])
            done += len(positions)
        yield done
    yield UnitSurvey(tuple(chosen), features, correlations.r, correlations.spread)


def telling_passage(column: "NDArray[np.float32]", text: str, length: int) -> int:
    """Where a passage of a text begins in which a feature changes most: at the beginning of a word, where it can."""
    count = len(text)
    if count <= length:
        return 0
    sums, squares = (np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)]) for values in (column, column**2))
    means = (sums[length:] - sums[:-length]) / length
    variances = (squares[length:] - squares[:-length]) / length - means**2
    start = int(np.argmax(variances))
    while start and not text[start - 1].isspace() and start > int(np.argmax(variances)) - length // 2:
        start -= 1
    return start
