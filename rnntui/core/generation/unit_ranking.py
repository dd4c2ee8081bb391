"""Which unit of a network follows what on a page: the page is read once, and every unit compared with every feature."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnntui.core.analysis.units.correlation import Correlations
from rnntui.core.analysis.units.features import measure_features
from rnntui.core.analysis.units.states import BEFORE, UnitGroup, names_of, side_by_side
from rnntui.core.analysis.units.survey import FollowedFeature, UnitSurvey
from rnntui.core.generation.predictor import Predictor
from rnntui.core.generation.unit_trace import snapshot_of
from rnntui.core.kernels.single import Snapshot
from rnntui.probes import RankedUnit, UnitName, UnitRanking

if TYPE_CHECKING:
    from rnntui.core.analysis.units.states import States

LEAST_READ = 100  # characters: in fewer some unit follows anything by chance
MOST_READ = 4_000  # characters of a page, its last; `BEFORE` of those in front are read, and not compared
BLOCK = 16  # steps whose states are compared together
TOO_SHORT = f"what units follow is known once the page has {LEAST_READ} characters that the network knows"
NOTHING_TO_FOLLOW = "nothing changes on this page that a unit could follow"
NONE_MOVES = "no unit moves with this page: the network has diverged or learned nothing"


def rank_units(network: Predictor, text: str, indices: Sequence[int]) -> Iterator[float | UnitRanking]:
    """The share of a text that was read, now and then, and finally the units by what they follow there.

    `indices` are the characters in the network's vocabulary; those that it lacks, -1, are left out. Of an ensemble the
    first network's units are ranked.
    """
    try:
        snapshot = snapshot_of(network)
    except ValueError as error:
        yield UnitRanking(problem=f"the network {error}")
        return
    known = np.array([place for place, index in enumerate(indices) if index >= 0], np.int64)
    places = known[-MOST_READ:]
    features = measure_features(text).at(places)
    if len(places) < LEAST_READ or not features.names:
        yield UnitRanking(problem=NOTHING_TO_FOLLOW if len(places) >= LEAST_READ else TOO_SHORT)
        return
    correlations, done = Correlations(features.columns.mean(0, dtype=np.float64)), 0
    for states in _read(snapshot, [indices[place] for place in known[-MOST_READ - BEFORE :]], len(places)):
        correlations.add(states, features.columns[done : done + len(states)])
        done += len(states)
        yield done / len(places)
    nothing = np.full_like(correlations.r, np.nan)  # information is not asked for
    groups = _groups(snapshot.parts(snapshot.initial_state))
    survey = UnitSurvey(groups, features, correlations.r, nothing, correlations.spread, nothing[0])
    yield _ranking(survey, len(places), len(known))


def _read(snapshot: Snapshot, indices: Sequence[int], count: int) -> "Iterator[States]":
    """The states `(M, U)` of all units after the last `count` characters, some at a time."""
    state, rows = snapshot.initial_state, list[Any]()
    for number, index in enumerate(indices, 1):
        _, state = snapshot.step(index, state)
        if number > len(indices) - count:
            rows.append(np.concatenate([part for layer in snapshot.parts(state) for part in layer]))
        if len(rows) == BLOCK or (rows and number == len(indices)):
            yield np.stack(rows)
            rows.clear()


def _groups(parts: Sequence[Sequence[Any]]) -> tuple[UnitGroup, ...]:
    """The states of each layer, in the order in which their parts stand beside one another."""
    return side_by_side(
        (number, name, len(part))
        for number, layer in enumerate(parts, 1)
        for name, part in zip(names_of(len(layer)), layer, strict=True)
    )


def _ranking(survey: UnitSurvey, characters: int, of: int) -> UnitRanking:
    """Each unit once, with the feature that it comes first by."""

    def named(followed: FollowedFeature) -> RankedUnit:
        group, unit = survey.place(followed.column)
        return RankedUnit(UnitName(group.layer, group.state, unit), survey.features.names[followed.feature], followed.r)

    columns: dict[int, FollowedFeature] = {}
    for each in (*survey.best_units(), *survey.ranked()):
        columns.setdefault(each.column, each)
    units = tuple(named(each) for each in columns.values())
    return UnitRanking(units, characters, of, "" if units else NONE_MOVES)
