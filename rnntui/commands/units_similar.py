"""`rnntui units --similar`: where else in a text one unit, or the whole of a state, is as it is at one place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnntui.commands.progress.counting import Counting
from rnntui.commands.units_report import groups_in_words
from rnntui.probes import SimilarPlace
from rnntui.text.format import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from rnntui.commands.units import ReadText
    from rnntui.core.analysis.units.states import UnitGroup
    from rnntui.core.analysis.units.survey import UnitSurvey
    from rnntui.core.model import Model

OPTION = "--similar"


@dataclass(frozen=True)
class SimilarPlaces:
    """The places like the one after some characters, and what of the network is alike there."""

    what: str
    after: str
    position: int
    places: tuple[SimilarPlace, ...]


def check(given: "ReadText", chosen: "Sequence[UnitGroup]", after: str, unit: int | None) -> None:
    """Raise `ValueError`, naming the option, for characters that the text lacks, and a unit that there is not."""
    if after not in given.text:
        raise ValueError(f"{OPTION} {after!r}: it does not occur in {given.what}")
    if unit is None:
        return
    if len(chosen) > 1:
        raise ValueError(f"--unit {unit} needs --layer and --state: there are {groups_in_words(chosen)}")
    if not 1 <= unit <= chosen[0].count:
        raise ValueError(f"--unit {unit}: the layer has {counted(chosen[0].count, 'unit')}")


def find(
    model: "Model", characters: "Tensor", given: "ReadText", survey: "UnitSurvey", after: str, unit: int | None
) -> SimilarPlaces:
    """Read the text once more, and compare."""
    from rnntui.core.analysis.units.similar import COURSE, distances, nearest

    place = given.text.index(after) + len(after) - 1
    if unit is not None:
        far = distances(_column(model, characters, survey, unit - 1), place, COURSE)
    else:
        far = _far(model, characters, survey, place)
    return SimilarPlaces(words(survey.groups, unit), after, place, nearest(far, given.text, place))


def words(groups: "Sequence[UnitGroup]", unit: int | None) -> str:
    """What of the network is alike."""
    if unit is None:
        return f"the state of {groups_in_words(groups)}"
    return f"unit {unit} of layer {groups[0].layer}, {groups[0].state},"


def _column(model: "Model", characters: "Tensor", survey: "UnitSurvey", column: int) -> "NDArray[np.float32]":
    """The states of one unit at every character, `(N, 1)`."""
    import numpy as np

    from rnntui.core.analysis.units.states import read_text

    states = np.full((len(characters), 1), np.nan, np.float32)
    with Counting("comparing", len(characters)) as progress:
        for block in read_text(model, characters, survey.groups):
            if block is not None:
                states[block[0], 0] = block[1][:, column]
                progress.advance(len(block[0]))
    return states


def _far(model: "Model", characters: "Tensor", survey: "UnitSurvey", place: int) -> "NDArray[np.float64]":
    """How far the whole state at every character is from that at one, `(N,)`, each unit by its own spread."""
    import numpy as np

    from rnntui.core.analysis.units.states import read_text, states_at

    moving = survey.spread > 0
    here = states_at(model, characters, survey.groups, place, place + 1)[0, moving]
    far = np.full(len(characters), np.inf)
    with Counting("comparing", len(characters)) as progress:
        for block in read_text(model, characters, survey.groups):
            if block is not None:
                positions, states = block
                apart = (states[:, moving] - here) / survey.spread[moving]
                far[positions] = np.sqrt((apart**2).mean(1))
                progress.advance(len(positions))
    return far
