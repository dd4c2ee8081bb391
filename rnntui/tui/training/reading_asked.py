"""What a reading view asks: by which feature units are ranked, which unit is listed, which places are alike.

Invariant: nothing here is drawn or measured.
"""

from collections.abc import Mapping
from dataclasses import replace

from rnntui.probes import NO_UNIT, Reading, ReadingQuestion, UnitName, UnitTrack
from rnntui.system import pattern
from rnntui.text.ellipsis import elided
from rnntui.text.format import listed
from rnntui.text.sanitize import one_line

LONGEST_EXPRESSION = 40  # cells of one that is named


def check_feature(expression: str) -> None:
    """Raise `ValueError` for what is no regular expression; an empty one ends the ranking by one."""
    if expression:
        pattern.check(expression, "the feature")


def check_unit(typed: str, units: Mapping[tuple[int, str], int]) -> None:
    """Raise `ValueError` for what names none of the units that layers and states have."""
    if (name := UnitName.typed(typed)) is None:
        raise ValueError(NO_UNIT.format(typed=repr(elided(typed, LONGEST_EXPRESSION))))
    if name.unit > units.get((name.layer, name.state), 0):
        there = listed([f"{layer} {state} 1 to {count}" for (layer, state), count in units.items()])
        raise ValueError(f"there is no unit {name}; there are {there}")


class ReadingAsked:
    """`question` is the present one."""

    def __init__(self) -> None:
        self.question = ReadingQuestion()
        self._named: UnitName | None = None  # that is listed whatever it follows

    @property
    def is_of_places(self) -> bool:
        """Whether it asks for places like one."""
        return self.question.place >= 0

    def rank_by(self, feature: str) -> None:
        """Ask how well units follow a regular expression."""
        self._named = None
        self._ask(ReadingQuestion(feature))

    def name(self, unit: UnitName) -> None:
        """Ask that a unit be listed."""
        self._named = unit
        self.leave_places()

    def like(self, place: int, track: UnitTrack) -> None:
        """Ask where else the unit is as it is at a place; the same again asks for the whole of its layer's state."""
        before = self.question
        question = replace(before, place=place, layer=track.layer, state=track.state, unit=track.unit)
        if before in (question, replace(question, unit=0)):
            question = replace(question, unit=0 if before.unit else track.unit)
        self._ask(question)

    def leave_places(self) -> None:
        """Ask for no places any more."""
        question = ReadingQuestion(self.question.feature)
        if (name := self._named) is not None:
            question = replace(question, layer=name.layer, state=name.state, unit=name.unit)
        self._ask(question)

    def _ask(self, question: ReadingQuestion) -> None:
        self.question = question

    def is_answered_by(self, reading: Reading) -> bool:
        """Whether the reading is of the present question."""
        return (reading.question or ReadingQuestion()) == self.question

    def note(self, reading: Reading, why_unanswered: str) -> str:
        """What of the question is waited for, or why it has no answer; empty where all is as it was asked for."""
        feature = elided(one_line(self.question.feature), LONGEST_EXPRESSION)
        if not self.is_answered_by(reading) and why_unanswered:
            return one_line(why_unanswered)
        if self.question.feature != (reading.question or ReadingQuestion()).feature:
            return f"ranking the units by {feature or 'what they follow best'} …"
        if reading.unranked:
            return f"no unit can be ranked by {feature}: {one_line(reading.unranked)}"
        if self._named is not None and not self.is_of_places and not _has(reading, self._named):
            return f"looking at unit {self._named} …"
        return ""


def _has(reading: Reading, name: UnitName) -> bool:
    """Whether a unit is among those that are listed."""
    return any(UnitName(track.layer, track.state, track.unit) == name for track in reading.tracks)
