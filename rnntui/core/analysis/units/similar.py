"""Where else in a text units are as they are at one place (the match of LSTMVis, Strobelt and others 2018)."""

from typing import TYPE_CHECKING

import numpy as np

from rnntui.probes import SimilarPlace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnntui.core.analysis.units.states import States

PLACES = 10
COURSE = 8  # characters up to a place over which a single unit is compared
APART = 20  # characters between two places that are told
BEFORE, AFTER = 40, 12  # characters of the context


def distances(states: "States", place: int, course: int) -> "NDArray[np.float64]":
    """How far the states `(N, U)` at each place are from those at one, over `course` characters up to there: `(N,)`.

    The root of the mean squared difference, each unit in units of its own standard deviation; infinite where a course
    has a state that is not known, or would begin before the text.
    """
    spread = np.nanstd(states, axis=0, dtype=np.float64)
    moving = spread > 0
    scaled = states[:, moving] / spread[moving]
    total = np.zeros(len(states))
    course = _known_before(scaled, place, course)
    for back in range(course):
        squares = ((scaled - scaled[place - back]) ** 2).mean(1, dtype=np.float64) if moving.any() else total * np.nan
        total[back:] += squares[: len(states) - back]
    total[: course - 1] = np.inf
    return np.where(np.isnan(total), np.inf, np.sqrt(total / course))


def _known_before(states: "States", place: int, course: int) -> int:
    """How many of the places up to one, of a course, have states: the end of a sequence before it has none."""
    known = np.asarray(np.isfinite(states[max(0, place + 1 - course) : place + 1]).all(1))[::-1]
    return max(1, int(np.argmin(known)) if not known.all() else len(known))


def similar_places(states: "States", text: str, place: int, *, is_one_unit: bool) -> tuple[SimilarPlace, ...]:
    """The places of a text that are most like one, the nearest first, none of them beside another."""
    return nearest(distances(states, place, COURSE if is_one_unit else 1), text, place)


def nearest(far: "NDArray[np.float64]", text: str, place: int) -> tuple[SimilarPlace, ...]:
    """The places of least distance, `(N,)` being all, from one that is not among them; it is written over."""
    far[max(0, place - APART + 1) : place + APART] = np.inf
    found = list[SimilarPlace]()
    while len(found) < PLACES and np.isfinite(least := float(far.min())):
        at = int(far.argmin())
        found.append(SimilarPlace(at, text[max(0, at + 1 - BEFORE) : at + 1], text[at + 1 : at + 1 + AFTER], least))
        far[max(0, at - APART + 1) : at + APART] = np.inf
    return tuple(found)
