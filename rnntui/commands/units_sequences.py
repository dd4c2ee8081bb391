"""`rnntui units` of a run that was trained on another task than text: its sequences stand in the text's place."""

from typing import TYPE_CHECKING

from rnntui.config import time_steps
from rnntui.runs import weights
from rnntui.runs.networks import NetworkSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rnntui.commands.units import FoundUnits, Passage, UnitsRequest
    from rnntui.core.analysis.gradients.networks import Network
    from rnntui.core.analysis.units.states import UnitGroup

MOST_SEQUENCES = 1_000
NOTE = "drawn aside, the same each time"


def find_sequences(network: NetworkSpec, file: str | None, request: "UnitsRequest", encoding: str) -> "FoundUnits":
    """What each unit follows in sequences that are drawn aside: the time, what enters, and what is to be answered.

    Raises `ValueError` for a run without a checkpoint, and for what is for texts alone.
    """
    from rnntui.commands.units import FEATURE, PASSAGE, FoundUnits, ReadText
    from rnntui.commands.units_similar import SimilarPlaces, check, words
    from rnntui.core.analysis.gradients.networks import trained
    from rnntui.core.analysis.units.features import collect_features
    from rnntui.core.analysis.units.sequences import features_of, in_lines, written
    from rnntui.core.analysis.units.similar import similar_places
    from rnntui.core.analysis.units.states import groups
    from rnntui.core.analysis.units.survey import UnitComparison
    from rnntui.core.generation.loading import TextModel

    run, settings = network.run, network.run.settings()
    for option, is_given in (("FILE", file), ("--encoding", encoding), (FEATURE, request.patterns)):
        if is_given:
            raise ValueError(f"{option} is for a run of a text, and {run.name!r} was trained on {settings.task}s")
    count = max(2, min(MOST_SEQUENCES, request.characters // max(1, time_steps(settings))))
    read = trained(run, {"batch": count}, network.step)
    taken = weights.taken(run, read.step)
    chosen = groups(read.model, request.layer, request.state)
    states = _states(read, chosen)
    T, B, U = states.shape
    features = collect_features(T * B, features_of(read.batch))
    comparison = UnitComparison(features)
    comparison.add(states.reshape(T * B, U))
    survey = comparison.survey(chosen).ranked_by(request.by)
    ranked = survey.ranked()
    if not ranked:
        raise ValueError(f"no unit of {network.name} moves: the network has diverged or learned nothing")
    text, every = written(read.batch), in_lines(states)
    given = ReadText(f"{B:,} sequences of {settings.task}", text, text, None, {}, (NOTE,))
    similar = None
    if request.similar is not None:
        check(given, chosen, request.similar, request.unit)
        place = text.index(request.similar) + len(request.similar) - 1
        kept = every if request.unit is None else every[:, request.unit - 1 : request.unit]
        places = similar_places(kept, text, place, is_one_unit=request.unit is not None)
        similar = SimilarPlaces(words(chosen, request.unit), request.similar, place, places)
    lines = max(1, PASSAGE // (T + 1)) * (T + 1)
    return FoundUnits(
        network,
        TextModel(read.model, "", read.step, taken),
        given,
        survey,
        survey.best_units(),
        ranked,
        _passage(text, every, lines),
        _passage(text, every, T),
        similar,
    )


def _states(read: "Network", chosen: "tuple[UnitGroup, ...]") -> "NDArray[np.float32]":
    """The states `(T, B, U)` after each step of the batch."""
    import numpy as np

    from rnntui.commands.progress.counting import Counting
    from rnntui.core.analysis.units.states import read_steps

    batch, rows = read.batch, []
    T, B = batch.inputs.shape[:2]
    with Counting("reading", T) as progress:
        for matrix in read_steps(read.model, batch.inputs, read.model.initial_state(B), batch.times, chosen):
            rows.append(matrix.float().numpy())
            progress.advance(1)
    return np.stack(rows)


def _passage(text: str, states: "NDArray[np.float32]", count: int) -> "Passage":
    from rnntui.commands.units import Passage

    return Passage(text[:count], states[:count])
