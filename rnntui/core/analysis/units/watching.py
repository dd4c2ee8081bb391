"""The units of a network in training while it reads: held-out text, or sequences of another task that are drawn aside.

Invariant: training is not affected, as by every other measurement (`probing.py`).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from rnntui.core.analysis.gradients import horizon
from rnntui.core.analysis.units.features import collect_features, measure_features
from rnntui.core.analysis.units.sequences import features_of, in_lines, written
from rnntui.core.analysis.units.similar import similar_places
from rnntui.core.analysis.units.states import UnitGroup, groups, read_steps, read_text
from rnntui.core.analysis.units.survey import UnitComparison, UnitSurvey
from rnntui.core.tasks.text import TextTask
from rnntui.core.training.learner import Learner
from rnntui.probes import MUTUAL_INFORMATION, Reading, ReadingQuestion, SimilarPlace, UnitTrack
from rnntui.system.pattern import PatternSearch

if TYPE_CHECKING:
    from rnntui.core.analysis.units.states import States

READ, LEAST_READ = 16_000, 8_000  # characters that are compared, the fewer the more weights they meet
WEIGHTS = 1 << 15  # of recurrent matrices, squared units of each layer, up to which the most are read
PART, BEFORE = 250, 250  # characters of a part that is read, and those in front of it
SHOWN = 2_000  # characters whose states are kept
LISTED = 24  # units of each state of each layer
MOST_TELLING = 12  # units of each that have the most mutual information with a feature
WAIT = 0.01  # seconds from one look at a search to the next
OF_TEXT_ONLY = "an expression is for text"
FEATURE = "feature"  # what the expression is called in a sentence


def read_aside(learner: Learner, step: int, question: ReadingQuestion | None = None) -> Iterator[Reading | None]:
    """What the units do, and the answer to a question; `None` until it is there.

    Raises `ValueError` for a question that has no answer.
    """
    if isinstance(learner.task, TextTask):
        return _of_text(learner, learner.task, step, question or ReadingQuestion())
    return _of_sequences(learner, step, question or ReadingQuestion())


@torch.no_grad()
def _of_text(learner: Learner, task: TextTask, step: int, question: ReadingQuestion) -> Iterator[Reading | None]:
    characters = task.held_out[torch.arange(min(_count(learner), len(task.held_out)))]
    text = "".join(task.vocabulary[index] for index in characters.tolist())
    covered = {}
    if question.feature:
        search = PatternSearch(question.feature, text, FEATURE)
        try:
            while (marks := search.marks(WAIT)) is None:
                yield None
        finally:
            search.close()
        covered[question.feature] = marks
    features = measure_features(text, covered)
    model = learner.model
    chosen = groups(model)
    asked = _columns(chosen, question)
    shown, kept = _empty(min(SHOWN, len(text)), chosen), np.full((len(text), len(asked)), np.nan, np.float32)
    comparison = UnitComparison(features)
    for block in read_text(model, characters, chosen, PART, BEFORE):
        if block is not None:
            positions, states = block
            comparison.add(states, positions)
            of_shown = positions < len(shown)
            shown[positions[of_shown]] = states[of_shown]
            kept[positions] = states[:, asked]
        yield None
    yield _reading(step, text, comparison.survey(chosen), shown, kept, question)


@torch.no_grad()
def _of_sequences(learner: Learner, step: int, question: ReadingQuestion) -> Iterator[Reading | None]:
    """As of text; each sequence is a line, and its end has no state."""
    model = learner.model
    batch, state = horizon.few_aside(learner)
    chosen = groups(model)
    rows = []
    for matrix in read_steps(model, batch.inputs, state, batch.times, chosen):
        rows.append(matrix)
        yield None
    states = torch.stack(rows).cpu().numpy()  # (T, B, U)
    T, B, U = states.shape
    features = collect_features(T * B, features_of(batch))
    comparison = UnitComparison(features)
    comparison.add(states.reshape(T * B, U))
    survey = comparison.survey(chosen)
    text = written(batch)
    every = in_lines(states)
    shown = min(len(text), max(1, SHOWN // (T + 1)) * (T + 1))  # whole lines
    yield _reading(step, text, survey, every[:shown], every[:, _columns(chosen, question)], question)


def _reading(
    step: int, text: str, survey: UnitSurvey, shown: "States", kept: "States", question: ReadingQuestion
) -> Reading:
    columns, tracks = [], []
    for column, track in _tracks(survey, question):
        columns.append(column)
        tracks.append(track)
    with np.errstate(all="ignore"):  # a network that has diverged has states beyond any number
        states = shown[:, columns].T.astype(np.float16)
    similar: tuple[SimilarPlace, ...] = ()
    if 0 <= question.place < len(text):
        similar = similar_places(kept, text, question.place, is_one_unit=bool(question.unit))
    unranked = _unranked(survey, question.feature)
    return Reading(step, text[: len(shown)], len(text), tuple(tracks), states, question, similar, unranked)


def _unranked(survey: UnitSurvey, feature: str) -> str:
    """Why no unit can be ranked by a feature; empty where they can be, or none is named."""
    if not feature or feature in survey.features.names:
        return ""
    return survey.features.left_out.get(feature, OF_TEXT_ONLY)


def _tracks(survey: UnitSurvey, question: ReadingQuestion) -> Iterator[tuple[int, UnitTrack]]:
    """The units that are shown, the strongest first: of each state those that follow a feature best, and a few more,
    with what they follow best by their correlation and by their mutual information; then the unit of the question.

    Where a feature was asked for, by how well they follow that one.
    """
    names, by_information = survey.features.names, survey.ranked_by(MUTUAL_INFORMATION)
    asked = names.index(question.feature) if question.feature in names else None
    named = _units_of(survey.groups, question) if question.unit else range(0)
    for group in survey.groups:
        columns = range(group.first, group.first + group.count)
        listed = _listed(survey, by_information, group, asked) or list(columns[:LISTED])
        for column in [*listed, *(column for column in named if column in columns and column not in listed)]:
            unit = group.unit(column)
            followed, told = survey.best_of(column), by_information.best_of(column)
            track = UnitTrack(group.layer, group.state, unit, group.count, "", math.nan)
            if followed is not None and told is not None:
                of, tells = (followed.feature, told.feature) if asked is None else (asked, asked)
                r, bits = float(survey.r[column, of]), float(survey.bits[column, tells])
                track = replace(track, follows=names[of], r=r, tells=names[tells], bits=bits)
            yield column, track


def _listed(survey: UnitSurvey, by_information: UnitSurvey, group: UnitGroup, asked: int | None) -> list[int]:
    """The units of a group that are shown: the strongest by correlation, then those that tell most besides."""
    if asked is not None:
        found = (each.column for each in survey.ranked([asked]))
        return [column for column in found if group.first <= column < group.first + group.count][:LISTED]
    columns = [each.column for each in survey.telling(group, LISTED)]
    besides = (each.column for each in by_information.telling(group, MOST_TELLING))
    return columns + [column for column in besides if column not in columns]


def _columns(chosen: tuple[UnitGroup, ...], question: ReadingQuestion) -> list[int]:
    """The columns that a question is about; none where none was asked. Raises `ValueError` for what there is not."""
    if question.place < 0 and not question.unit:
        return []
    columns = list(_units_of(chosen, question))
    return columns if question.place >= 0 else []


def _units_of(chosen: Sequence[UnitGroup], question: ReadingQuestion) -> range:
    """The columns of the unit of a question, or for 0 of its whole state. Raises `ValueError` for what there is not."""
    group = next((each for each in chosen if (each.layer, each.state) == (question.layer, question.state)), None)
    if group is None or not 0 <= question.unit <= group.count:
        raise ValueError(f"the network has no unit {question.unit} of state {question.state} in layer {question.layer}")
    first = group.first + question.unit - 1
    return range(first, first + 1) if question.unit else range(group.first, group.first + group.count)


def _count(learner: Learner) -> int:
    """How many characters are read, so that training never stands still for long."""
    weights = sum(cell.n**2 for cell in learner.model.cells)
    return min(READ, max(LEAST_READ, READ * WEIGHTS // weights))


def _empty(count: int, chosen: tuple[UnitGroup, ...]) -> "States":
    return np.full((count, chosen[-1].first + chosen[-1].count), np.nan, np.float32)
