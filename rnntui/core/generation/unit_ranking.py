"""Which unit of a network follows what on a page: the page is read once, and every unit compared with every feature."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnntui.core.analysis.units.correlation import Correlations
from rnntui.core.analysis.units.features import measure_features
from rnntui.core.analysis.units.states import UnitGroup, names_of
from rnntui.core.analysis.units.survey import FollowedFeature, UnitSurvey
from rnntui.core.generation.predictor import Predictor
from rnntui.core.generation.unit_trace import snapshot_of
from rnntui.probes import RankedUnit, UnitName, UnitRanking

if TYPE_CHECKING:
    from rnntui.core.analysis.units.states import States

LEAST_READ = 100  # characters: in fewer some unit follows anything by chance
MOST_READ = 4_000  # characters of a page, its last
BLOCK = 64  # steps whose states are compared together
NOTHING_YET = f"what units follow is known once the page has {LEAST_READ} characters that the network knows"
NONE_MOVES = "no unit moves with this page: the network has diverged or learned nothing"


def rank_units(
    network: Predictor, text: str, indices: Sequence[int], is_wanted: Callable[[], bool] = lambda: True
) -> UnitRanking:
    """The units by what they follow in a text, of which `indices` are the characters in the network's vocabulary.

    A character that it lacks, -1, is left out. No longer wanted, it ends without any.
    """
    try:
        snapshot = snapshot_of(network)
    except ValueError as error:
        return UnitRanking(problem=f"the network {error}")
    text, indices = text[-MOST_READ:], indices[-MOST_READ:]
    places = np.array([k for k, index in enumerate(indices) if index >= 0], np.int64)
    features = measure_features(text).at(places)
    if not features.names or len(places) < LEAST_READ:
        return UnitRanking(problem=NOTHING_YET)
    state = snapshot.initial_state
    groups = _groups(snapshot.parts(state))
    correlations, rows = Correlations(features.columns.mean(0, dtype=np.float64)), list[Any]()
    for number, place in enumerate(places.tolist(), 1):
        _, state = snapshot.step(indices[place], state)
        rows.append(np.concatenate([part for layer in snapshot.parts(state) for part in layer]))
        if len(rows) == BLOCK or number == len(places):
            if not is_wanted():
                return UnitRanking()
            correlations.add(_matrix(rows), features.columns[number - len(rows) : number])
            rows.clear()
    nothing = np.full_like(correlations.r, np.nan)  # information is not asked for
    survey = UnitSurvey(groups, features, correlations.r, nothing, correlations.spread, nothing[0])
    return _ranking(survey, len(places))


def _matrix(rows: list[Any]) -> "States":
    return np.stack(rows)


def _groups(parts: Sequence[Sequence[Any]]) -> tuple[UnitGroup, ...]:
    """The states of each layer, in the order in which their parts stand beside one another."""
    found: list[UnitGroup] = []
    for number, layer in enumerate(parts, 1):
        for name, part in zip(names_of(len(layer)), layer, strict=True):
            first = found[-1].first + found[-1].count if found else 0
            found.append(UnitGroup(number, name, first, len(part)))
    return tuple(found)


def _ranking(survey: UnitSurvey, characters: int) -> UnitRanking:
    def named(followed: FollowedFeature) -> RankedUnit:
        group, unit = survey.place(followed.column)
        return RankedUnit(UnitName(group.layer, group.state, unit), survey.features.names[followed.feature], followed.r)

    firsts = survey.best_units()
    known = {each.column for each in firsts}
    others = (each for each in survey.ranked() if each.column not in known)
    units = dict.fromkeys(named(each) for each in (*firsts, *others))
    return UnitRanking(tuple(units), characters, "" if units else NONE_MOVES)
