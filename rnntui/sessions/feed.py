"""What one window has been told of a session, and what is new to it since.

Invariant: lines are made only once the window has taken those before, so one that reads slowly or never costs neither
time nor memory: it is told less often, and then of the newest state.
"""

from collections.abc import Iterator
from dataclasses import fields
from itertools import takewhile
from typing import TYPE_CHECKING

from rnntui.sessions import insights, messages
from rnntui.sessions.contract import SessionStatus, TrainingCurves, TrainingSample

if TYPE_CHECKING:
    from rnntui.probes import Insight, ReadingQuestion, View
    from rnntui.runs.history import ColumnPiece
    from rnntui.sessions.training import TrainingSession

CURVES = tuple(curve.name for curve in fields(TrainingCurves))


class Feed:
    """The news of a session for the window of a number."""

    def __init__(self, session: "TrainingSession", window: int) -> None:
        self._session, self._window = session, window
        self.pauses = 0  # this window's orders to pause or go on, as far as they were heard
        self._status: SessionStatus | None = None
        self._goes: tuple[bool, int] | None = None
        self._course, self._curves = 0, session.curves
        self._pieces: dict[str, ColumnPiece] = {}
        self._newest: TrainingSample | None = None
        self._answers: list[tuple[str, bool]] = []  # text and whether it is done, as told
        self._marks: tuple[object, ...] | None = None
        self._notes = 0
        self._deeds = len(session.deeds)
        self._baselines: object = None
        self._temperature: float | None = None
        self._views: tuple[View, ...] = ()
        self._seen: Insight | None = None
        self._unseen: tuple[View, str] | None = None
        self._unanswered: tuple[ReadingQuestion, str] | None = None
        self._parts = (
            self._of_curves,
            self._of_status,
            self._of_samples,
            self._of_answers,
            self._of_marks,
            self._of_words,
            self._of_settings,
            self._of_views,
        )

    def news(self) -> Iterator[bytes]:
        """The lines that are new to the window, the curves before the step that they reach to."""
        for part in self._parts:
            yield from map(messages.line, part())

    def _of_curves(self) -> Iterator[messages.News]:
        curves = self._session.curves
        if curves is not self._curves:  # it went back
            self._course, self._curves, self._pieces = self._course + 1, curves, {}
        for name in CURVES:
            column, known = getattr(curves, name), self._pieces.get(name)
            if column.appended != (0 if known is None else known.appended):
                piece = column.piece(known)
                self._pieces[name] = piece
                yield messages.curve_now(self._course, name, piece)

    def _of_status(self) -> Iterator[messages.News]:
        status = self._session.status
        if status is not self._status:
            self._status = status
            yield messages.status_now(status)
        goes = self._session.is_going, self.pauses
        if goes != self._goes:
            self._goes = goes
            yield messages.GoesNow(*goes)

    def _of_samples(self) -> Iterator[messages.News]:
        samples = self._session.samples
        if not samples or samples[-1] is self._newest:
            return
        new = list(takewhile(lambda sample: sample is not self._newest, reversed(samples)))[::-1]
        self._newest = samples[-1]
        told: list[tuple[int, str, float | None]] = [(sample.step, sample.text, sample.temperature) for sample in new]
        yield messages.SamplesNow(told, len(new) == len(samples), [list(sample.bits) for sample in new])

    def _of_answers(self) -> Iterator[messages.News]:
        for number, answer in enumerate(self._session.answers):
            is_done, text = answer.is_done, answer.text
            if number == len(self._answers):
                self._answers.append(("", False))
            elif self._answers[number] == (text, is_done):
                continue
            self._answers[number] = (text, is_done)
            yield messages.AnswerNow(
                number, answer.prompt, answer.temperature, answer.step, answer.left_out, text, answer.problem, is_done
            )

    def _of_marks(self) -> Iterator[messages.News]:
        marks = tuple(self._session.marks)
        if marks != self._marks:
            self._marks = marks
            yield messages.MarksNow([(mark.step, mark.label) for mark in marks])

    def _of_words(self) -> Iterator[messages.News]:
        notes, deeds = self._session.notes, self._session.deeds
        if len(notes) > self._notes:
            new, self._notes = notes[self._notes :], len(notes)
            yield messages.NotesNow(new)
        if len(deeds) > self._deeds:
            done, self._deeds = deeds[self._deeds :], self._deeds + len(deeds[self._deeds :])
            yield messages.DeedsNow([(deed.step, deed.words, deed.window) for deed in done])

    def _of_settings(self) -> Iterator[messages.News]:
        if self._session.baselines is not self._baselines:
            self._baselines = self._session.baselines
            yield messages.BaselinesNow({**self._session.baselines})
        if self._session.temperature != self._temperature:
            self._temperature = self._session.temperature
            yield messages.TemperatureNow(self._temperature)

    def _of_views(self) -> Iterator[messages.News]:
        if self._session.views != self._views:
            self._views = self._session.views
            yield messages.ViewsNow(self._views)
        seen, unseen = self._session.seen_by(self._window), self._session.unseen_by(self._window)
        if seen is not self._seen or unseen is not self._unseen:
            self._seen, self._unseen = seen, unseen
            if seen is not None:
                yield messages.SeenNow(insights.view_of(seen), insights.encoded(seen))
            else:
                yield messages.SeenNow(*((None, None) if unseen is None else (unseen[0], None, unseen[1])))
        unanswered = self._session.unanswered_by(self._window)
        if unanswered is not self._unanswered:
            self._unanswered = unanswered
            if unanswered is not None:
                question, why = unanswered
                yield messages.Unanswered(messages.asked(question), why)
