"""What a window and the process that trains say to each other: one JSON object a line, its kind under `is`.

`docs/attach.md` describes it for other programs. Nothing that arrives is evaluated: a line is one of these types,
within its bounds, or the connection ends.
"""

import base64
import math
from dataclasses import asdict, fields
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from rnntui.probes import ReadingQuestion, View
from rnntui.runs.history import ColumnPiece
from rnntui.runs.status import RunStatus
from rnntui.sessions.contract import SessionStatus
from rnntui.system.pattern import MOST_TYPED

LONGEST_REQUEST = 1 << 16  # bytes of a line that a window may send
LONGEST_NEWS = 1 << 25  # bytes of a line that it takes

FINITE = 1.7e308
# Not `gt=0`: msgspec makes that the smallest number above 0, which is 0 in a thread that flushes such numbers, as the
# one that trains does.
Positive = Annotated[float, Meta(ge=1e-300, le=FINITE)]
NotNegative = Annotated[float, Meta(ge=0, le=FINITE)]
Count = Annotated[int, Meta(ge=0, le=2**53)]


# --- from a window --------------------------------------------------------------------------------------------------


class Request(Struct, tag_field="is", forbid_unknown_fields=True):
    """What a window asks for."""


class Pause(Request, tag="pause"):
    paused: bool


class Save(Request, tag="save"):
    pass


class LearningRate(Request, tag="learning_rate"):
    value: Positive


class Clip(Request, tag="clip"):
    value: NotNegative  # 0 turns it off


class Temperature(Request, tag="temperature"):
    value: NotNegative


class GoBack(Request, tag="go_back"):
    step: Count | None = None


class Ask(Request, tag="ask"):
    prompt: Annotated[str, Meta(min_length=1, max_length=10_000)]
    temperature: NotNegative


class QuestionNow(Struct, forbid_unknown_fields=True):
    """A `ReadingQuestion` as it is sent."""

    feature: Annotated[str, Meta(max_length=MOST_TYPED)] = ""
    place: Annotated[int, Meta(ge=-1, le=2**53)] = -1
    layer: Count = 1
    state: Annotated[str, Meta(max_length=8)] = "h"
    unit: Count = 0


class Watch(Request, tag="watch"):
    view: View | None
    question: QuestionNow | None = None


class Lend(Request, tag="lend"):
    number: Count  # that the answer has


class End(Request, tag="end"):
    pass


AnyRequest = Pause | Save | LearningRate | Clip | Temperature | GoBack | Ask | Watch | Lend | End


# --- from the process that trains -----------------------------------------------------------------------------------


class News(Struct, tag_field="is"):
    """What a window is told."""


class Hello(News, tag="hello"):
    """The first line: the version of this protocol and of rnntui, the run's settings, and the window's number."""

    version: int
    rnntui: str
    run: str
    pid: int
    window: int
    settings: dict[str, Any]


class StatusNow(News, tag="status"):
    run: dict[str, Any]  # of `RunStatus`
    session: dict[str, Any]  # of `SessionStatus`; what is not known is null


class CurveNow(News, tag="curve"):
    """A piece of a curve, as `ColumnPiece`; `course` counts how often the curves began anew, as by going back."""

    course: Count
    name: str
    first: Count
    values_per_bin: Count
    values_in_last: Count
    appended: Count
    last: float | None
    bins: str  # base64


class SamplesNow(News, tag="samples"):
    """New samples, or with `afresh` all that there are: step, text and temperature of each, and in `bits` the surprisal
    of its characters.
    """

    samples: list[tuple[int, str, float | None]]
    afresh: bool
    bits: list[list[float | None]] = []


class AnswerNow(News, tag="answer"):
    number: Count
    prompt: str
    temperature: float | None
    step: int
    left_out: str
    text: str
    problem: str
    is_done: bool


class MarksNow(News, tag="marks"):
    marks: list[tuple[int, str]]


class NotesNow(News, tag="notes"):
    notes: list[str]  # new ones


class DeedsNow(News, tag="deeds"):
    deeds: list[tuple[int, str, int]]  # new ones: step, words and window


class BaselinesNow(News, tag="baselines"):
    baselines: dict[str, tuple[float | None, float | None]]


class TemperatureNow(News, tag="temperature"):
    value: float | None


class ViewsNow(News, tag="views"):
    views: tuple[View, ...]


class SeenNow(News, tag="seen"):
    """The newest measurement of the watched view; nothing where there is none, and why it cannot be measured."""

    view: View | None
    seen: dict[str, Any] | None
    why: str = ""


class GoesNow(News, tag="goes"):
    """Whether the run goes, or will once it has done what was asked of it, and how many of this window's orders to
    pause or go on it has heard.
    """

    is_going: bool
    heard: Count


class Unanswered(News, tag="unanswered"):
    """A question of this window that has no answer, and why."""

    question: QuestionNow
    why: str


class Lent(News, tag="lent"):
    """A copy of the network: a file in the run's folder `live`, which the window deletes, or that of a checkpoint where
    the name is empty; or why there is none.
    """

    number: Count
    step: int
    weights: str
    file: str
    problem: str = ""


class Rejected(News, tag="rejected"):
    """The last line before the connection ends: what was wrong with what the window said."""

    why: str


AnyNews = (
    Hello
    | StatusNow
    | GoesNow
    | CurveNow
    | SamplesNow
    | AnswerNow
    | MarksNow
    | NotesNow
    | DeedsNow
    | BaselinesNow
    | TemperatureNow
    | ViewsNow
    | SeenNow
    | Unanswered
    | Lent
    | Rejected
)

_requests: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_news: msgspec.json.Decoder[AnyNews] = msgspec.json.Decoder(AnyNews)
_encoder = msgspec.json.Encoder()  # what is not finite becomes null


def line(message: Request | News) -> bytes:
    """A message as it is sent."""
    return _encoder.encode(message) + b"\n"


def request(raw: bytes) -> AnyRequest:
    """A line of a window. Raises `ValueError` for what is none."""
    try:
        return _requests.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(str(error)) from None


def news(raw: bytes) -> AnyNews:
    """A line of the process that trains. Raises `ValueError` for what is none."""
    try:
        return _news.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(str(error)) from None


# --- what they carry ------------------------------------------------------------------------------------------------


def asked(question: ReadingQuestion) -> QuestionNow:
    """A question as it is sent."""
    return QuestionNow(**asdict(question))


def question_told(told: QuestionNow | None) -> ReadingQuestion | None:
    """The question that was sent, if any."""
    return None if told is None else question_of(told)


def question_of(told: QuestionNow) -> ReadingQuestion:
    """The question that was sent."""
    return ReadingQuestion(told.feature, told.place, told.layer, told.state, told.unit)


def status_now(status: SessionStatus) -> StatusNow:
    """A status as it is sent."""
    told = asdict(status)
    return StatusNow(told.pop("run"), told)


def status_told(told: StatusNow) -> SessionStatus:
    """The status that was sent; what a later version adds is left out. Raises `TypeError` where something lacks."""
    run = {known.name: told.run[known.name] for known in fields(RunStatus) if known.name in told.run}
    session = {known.name: told.session[known.name] for known in fields(SessionStatus) if known.name in told.session}
    session = {name: number(value) if name in UNKNOWN else value for name, value in session.items()}
    return SessionStatus(RunStatus(**run), **session)


UNKNOWN = frozenset(
    known.name for known in fields(SessionStatus) if isinstance(known.default, float) and math.isnan(known.default)
)  # what is NaN while it is not known


def curve_now(course: int, name: str, piece: ColumnPiece) -> CurveNow:
    """A piece of a curve as it is sent."""
    return CurveNow(
        course,
        name,
        piece.first,
        piece.values_per_bin,
        piece.values_in_last,
        piece.appended,
        piece.last,
        base64.b64encode(piece.held).decode(),
    )


def piece_told(told: CurveNow) -> ColumnPiece:
    """The piece that was sent. Raises `ValueError` for numbers that are none."""
    held = base64.b64decode(told.bins, validate=True)
    last = math.nan if told.last is None and told.appended else told.last
    return ColumnPiece(told.first, told.values_per_bin, told.values_in_last, told.appended, last, held)


def number(value: Any) -> float:
    """A number that was sent; what was not finite came as null."""
    return math.nan if value is None else float(value)
