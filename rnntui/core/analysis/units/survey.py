"""Which unit follows which feature of a text: one reading of the text, and every unit against every feature.

By either measure: Pearson's correlation, or the mutual information.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from rnntui.core.analysis.units.correlation import Correlations
from rnntui.core.analysis.units.features import MeasuredFeatures
from rnntui.core.analysis.units.information import MutualInformation
from rnntui.core.analysis.units.states import UnitGroup, read_text
from rnntui.core.model import Model
from rnntui.probes import CORRELATION, Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnntui.core.analysis.units.states import States


@dataclass(frozen=True)
class FollowedFeature:
    """A unit, the feature it is compared with, and their correlation and mutual information."""

    column: int  # of the unit, among those that were surveyed
    feature: int
    r: float
    bits: float


@dataclass(frozen=True, eq=False)
class UnitSurvey:
    """The correlation `r` of every unit `(U, K)` with every feature, and the mutual information, `bits`; NaN where a
    unit does not move. Also the standard deviation of each unit, `spread` `(U,)`, and the entropy of each feature,
    `entropies` `(K,)`, in bits. Units are ranked `by` one of the two measures.
    """

    groups: tuple[UnitGroup, ...]
    features: MeasuredFeatures
    r: "NDArray[np.float64]"
    bits: "NDArray[np.float64]"
    spread: "NDArray[np.float64]"
    entropies: "NDArray[np.float64]"
    by: Measure = CORRELATION

    def ranked_by(self, measure: Measure) -> "UnitSurvey":
        """The same, by another measure."""
        return replace(self, by=measure)

    def place(self, column: int) -> tuple[UnitGroup, int]:
        """The group of a unit, and its number there, from 1."""
        group = next(group for group in self.groups if column < group.first + group.count)
        return group, group.unit(column)

    def best_units(self) -> list[FollowedFeature]:
        """For each feature the unit that follows it best; the best followed first."""
        found = [
            self._followed(int(np.argmax(column)), k) for k, column in enumerate(self._strength.T) if column.max() >= 0
        ]
        return self._strongest_first(found)

    def ranked(self, features: Sequence[int] | None = None) -> list[FollowedFeature]:
        """Every unit that moves with the feature that it follows best, of these; the best first."""
        among = list(range(self.r.shape[1])) if features is None else list(features)
        if not among:
            return []
        strength = self._strength[:, among]
        best = strength.argmax(1)
        order = np.argsort(-strength.max(1), kind="stable")
        found = (self._followed(int(u), among[best[u]]) for u in order)
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
        return self._strongest_first([self._followed(group.first + unit, int(best[unit])) for unit in chosen])

    def best_of(self, column: int) -> FollowedFeature | None:
        """What a unit follows best; `None` where it follows nothing."""
        strength = self._strength[column]
        return self._followed(column, int(strength.argmax())) if strength.max(initial=-1.0) >= 0 else None

    def _followed(self, column: int, feature: int) -> FollowedFeature:
        return FollowedFeature(column, feature, float(self.r[column, feature]), float(self.bits[column, feature]))

    def _strongest_first(self, found: list[FollowedFeature]) -> list[FollowedFeature]:
        strength = self._strength
        return sorted(found, key=lambda each: -strength[each.column, each.feature])

    @cached_property
    def _strength(self) -> "NDArray[np.float64]":
        """|r| or the bits, and -1 where there is none."""
        return np.nan_to_num(np.abs(self.r) if self.by == CORRELATION else self.bits, nan=-1.0)


class UnitComparison:
    """Units and features of a text, compared while it is read."""

    def __init__(self, features: MeasuredFeatures) -> None:
        self._features = features
        self._correlations = Correlations(features.columns.mean(0, dtype=np.float64))
        self._information = MutualInformation(features.columns)

    def add(self, states: "States", at: "NDArray[np.int64] | slice" = slice(None)) -> None:
        """Take in the states `(M, U)` after the characters at these places; all of them in their order."""
        self._correlations.add(states, self._features.columns[at])
        self._information.add(states, at)

    def survey(self, groups: Sequence[UnitGroup]) -> UnitSurvey:
        """What came out."""
        r, spread, entropies = self._correlations.r, self._correlations.spread, self._information.entropies
        bits = np.where(np.isnan(r), np.nan, self._information.bits)
        return UnitSurvey(tuple(groups), self._features, r, bits, spread, entropies)


def survey_units(
    model: Model, characters: Tensor, features: MeasuredFeatures, chosen: Sequence[UnitGroup]
) -> Iterator[int | UnitSurvey]:
    """Read a text, `(N,)` indices, and compare: how many characters were read, now and then, and finally the survey."""
    comparison, done = UnitComparison(features), 0
    for block in read_text(model, characters, chosen):
        if block is not None:
            positions, states = block
            comparison.add(states, positions)
            done += len(positions)
        yield done
    yield comparison.survey(chosen)


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
