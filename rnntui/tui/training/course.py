"""How a network learned to write: one sample of each decade of steps and the newest, a row each, earliest first.

Characters may be shaded by their surprisal when they were drawn, as pages of the writing room are.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from rnntui.sessions.contract import Answer, Session, TrainingSample
from rnntui.text import format
from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.base.labels import BLANK, NEWLINE, one_line
from rnntui.tui.base.styles import styles_of
from rnntui.tui.training.written_text import shades_of
from rnntui.tui.writing_room.shade_styles import SHADE_CLASSES, note_colours, shade_css, shade_style

LABEL, SHORT_LABEL = 26, 19  # cells before each text: its step and temperature; the same where there is little room
LABEL_FROM = 70  # cells of a pane
MORE = "…"
SHADED = "shaded by surprisal"
LADDER = (1, 2, 5)  # times a power of ten: the steps of which a sample is kept


class CourseRow(NamedTuple):
    """What stands before a text, the text, and the shades of its first characters; the others have none."""

    label: str
    text: str
    shades: Sequence[int] = ()


class SampleCourse(Widget):
    """The samples of a session as a course; `poll` takes in what is new."""

    DEFAULT_CSS = styles_of(__file__) + shade_css("SampleCourse")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *SHADE_CLASSES,
        *("samplecourse--label", "samplecourse--text", "samplecourse--note"),
    }

    is_shaded: reactive[bool] = reactive(False, init=False)

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "how it writes"
        self._session: Session | None = None
        self._kept: dict[int, TrainingSample] = {}  # by the rung of the ladder that each is the first one from
        self._newest: TrainingSample | None = None
        self._rows: list[CourseRow] = []

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What is shown: of each row its label and its text."""
        return [(row.label, row.text) for row in self._rows]

    @property
    def shades(self) -> list[list[int]]:
        """How strongly each character of the rows is shaded."""
        return [self._shades_of(row) for row in self._rows]

    def on_mount(self) -> None:
        note_colours(self)

    def watch_session(self, session: Session) -> None:
        """Show the samples of this session."""
        self._session, self._kept, self._newest = session, {}, None
        self.poll()

    def poll(self) -> None:
        """Show what is new."""
        samples = () if self._session is None else self._session.samples
        is_new = bool(samples) and samples[-1] is not self._newest
        if is_new:
            self._take(samples)
        if is_new or self._newest is None:
            self._lay_out()

    def _lay_out(self) -> None:
        """Show the samples in the room that there is, or when the first one comes."""
        if self._session is None or not self.size:
            return
        rows = self._laid_out(self.size.width, self.size.height)
        if not rows and (waits := first_sample(self._session)):
            rows = [CourseRow("", waits)]
        if rows != self._rows:
            self._rows = rows
            self.refresh(Region(0, 0, *self.size))

    def _take(self, samples: Sequence[TrainingSample]) -> None:
        if self._newest is not None and samples[-1].step <= self._newest.step:  # it went back
            self._kept = {at: sample for at, sample in self._kept.items() if sample.step < samples[0].step}
        for sample in samples:
            at = rung(sample.step)
            if at not in self._kept or sample.step < self._kept[at].step:
                self._kept[at] = sample
        self._newest = samples[-1]

    def _laid_out(self, width: int, height: int) -> list[CourseRow]:
        label = label_cells(width)
        if self._newest is None or width <= label or height < 1:
            return []
        shown = spread([self._kept[at] for at in sorted(self._kept)], self._newest, height)
        needed = [len(spans(_drawn(sample.text), width - label)) for sample in shown]
        rows = zip(shown, shared_rows(needed, height), strict=True)
        return [row for sample, count in rows for row in _in_rows(sample, label, width - label, count)]

    def on_resize(self) -> None:
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row, is_note = self._rows[y], self._newest is None
        segments = [Segment("" if is_note else row.label.ljust(label_cells(width)), self._style("label"))]
        for strength, pairs in groupby(zip(row.text, self._shades_of(row), strict=True), key=lambda pair: pair[1]):
            style = self._style("note" if is_note else "text") + (shade_style(self, strength) if strength else Style())
            segments.append(Segment("".join(character for character, _ in pairs), style))
        return Strip(segments).apply_style(self.rich_style).crop_extend(0, width, self.rich_style)

    def watch_is_shaded(self, is_shaded: bool) -> None:
        self.border_subtitle = one_line(SHADED if is_shaded else "")

    def _shades_of(self, row: CourseRow) -> list[int]:
        """A shade for each character of a row."""
        shades = row.shades if self.is_shaded else ()
        return [*shades, *[0] * len(row.text)][: len(row.text)]

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"samplecourse--{part}", partial=True)


def rung(step: int) -> int:
    """The largest of 1, 2, 5 times a power of ten that a step has reached; 0 before the first."""
    best, power = 0, 1
    while power <= step:
        best = max(k * power for k in LADDER if k * power <= step)
        power *= 10
    return best


def spread(kept: Sequence[TrainingSample], newest: TrainingSample, rows: int) -> list[TrainingSample]:
    """At most so many samples, from the first to the newest, as evenly spread over the kept ones as can be."""
    earlier = [sample for sample in kept if sample.step < newest.step]
    room = min(len(earlier), rows - 1)
    if room < 1:
        return [newest]
    places = [round(k * (len(earlier) - 1) / max(1, room - 1)) for k in range(room)]
    return [*(earlier[place] for place in places), newest]


def label_cells(width: int) -> int:
    """How many cells stand before each text in a pane of so many."""
    return LABEL if width >= LABEL_FROM else SHORT_LABEL


def label_of(source: TrainingSample | Answer, cells: int) -> str:
    """`    100  temperature 0.5  `, of what was asked for `  1,680  answer at 0.5  `, as wide as before each text."""
    is_wide = cells == LABEL
    word = ("answer at" if is_wide else "reply") if isinstance(source, Answer) else "temperature" if is_wide else "temp"
    return f"{f'{source.step:,}':>7}  {word} {source.temperature:.3g}"[: cells - 1].ljust(cells)


def one_row(text: str, width: int) -> str:
    """The beginning of a text in so many cells: newlines as `↵`, blanks that begin or end it as `␣`."""
    line = _drawn(text)
    return line if cell_len(line) <= width else chop_cells(line, max(1, width - 1))[0] + MORE


def first_sample(session: Session) -> str:
    """When the first sample comes, as far as that is known; empty where none will."""
    every, run = session.settings.sample_every, session.status.run
    if not every or session.looks_only or run.state not in ("loading", "running", "paused"):
        return ""
    step = every * (run.step // every + 1)
    wait = f", in {format.duration((step - run.step) / run.steps_per_second)}" if run.steps_per_second else ""
    return f"first sample at step {step:,}{wait}" if step <= session.settings.steps else ""


def _drawn(text: str) -> str:
    line = drawn_text(text).replace("\n", NEWLINE).replace("\t", " ")
    before, after = len(line) - len(line.lstrip(" ")), len(line) - len(line.rstrip(" "))
    if before == len(line):
        return BLANK * before
    return BLANK * before + line[before : len(line) - after] + BLANK * after


def shared_rows(needed: Sequence[int], rows: int) -> list[int]:
    """How many of so many rows each text has: one, what is left to the newest, which is the last, as far as it needs
    them, and then to the others in turn, the later ones first.
    """
    given, left = [1] * len(needed), rows - len(needed)
    given[-1] += max(0, min(left, needed[-1] - 1))
    left = rows - sum(given)
    while left > 0 and (short := [k for k, most in enumerate(needed) if given[k] < most]):
        for k in short[-left:]:
            given[k] += 1
        left = rows - sum(given)
    return given


def spans(line: str, width: int) -> list[tuple[int, int]]:
    """Where each row of a text begins and ends: at a blank, which is in no row, where there is one, else in a word."""
    found, begin = [], 0
    while begin < len(line):
        end = begin + max(1, len(chop_cells(line[begin : begin + width], width)[0]))
        blank = end if line[end : end + 1] in (" ", "") else line.rfind(" ", begin + 1, end)
        end = blank if blank > begin else end
        found.append((begin, end))
        begin = end + (line[end : end + 1] == " ")
    return found or [(0, 0)]


def _in_rows(sample: TrainingSample, label: int, width: int, rows: int) -> list[CourseRow]:
    """A sample in so many rows; where it needs more the last of them ends in `…`."""
    line, shades = _drawn(sample.text), shades_of(sample)
    found = spans(line, width)
    made = []
    for k, (begin, end) in enumerate(found[:rows]):
        text = one_row(line[begin:], width) if k == rows - 1 < len(found) - 1 else line[begin:end]
        shaded = shades[begin : begin + len(text) - text.endswith(MORE)]
        made.append(CourseRow("" if k else label_of(sample, label), text, shaded))
    return made
