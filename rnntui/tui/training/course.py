"""How a network learned to write: one sample of each decade of steps and the newest, a row each, earliest first."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rnntui.sessions.contract import Answer, Session, TrainingSample
from rnntui.text import format
from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.base.labels import BLANK, NEWLINE
from rnntui.tui.base.styles import styles_of

LABEL, SHORT_LABEL = 26, 19  # cells before each text: its step and temperature; the same where there is little room
LABEL_FROM = 70  # cells of a pane
MORE = "…"
LADDER = (1, 2, 5)  # times a power of ten: the steps of which a sample is kept


class SampleCourse(Widget):
    """The samples of a session as a course; `poll` takes in what is new."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"samplecourse--label", "samplecourse--text", "samplecourse--note"}

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "how it writes"
        self._session: Session | None = None
        self._kept: dict[int, TrainingSample] = {}  # by the rung of the ladder that each is the first one from
        self._newest: TrainingSample | None = None
        self._rows: list[tuple[str, str]] = []  # label and text

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What is shown: of each row its label and its text."""
        return list(self._rows)

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
            rows = [("", waits)]
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

    def _laid_out(self, width: int, height: int) -> list[tuple[str, str]]:
        label = label_cells(width)
        if self._newest is None or width <= label or height < 1:
            return []
        shown = spread([self._kept[at] for at in sorted(self._kept)], self._newest, height)
        lines = [(label_of(sample, label), one_row(sample.text, width - label)) for sample in shown[:-1]]
        return lines + _wrapped(shown[-1], label, width - label, height - len(lines))

    def on_resize(self) -> None:
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        label, text = self._rows[y]
        is_note = self._newest is None
        segments = [
            Segment("" if is_note else label.ljust(label_cells(width)), self._style("label")),
            Segment(text, self._style("note" if is_note else "text")),
        ]
        return Strip(segments).apply_style(self.rich_style).crop_extend(0, width, self.rich_style)

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
    """`    100  temperature 0.5  `, as wide as it is before each text."""
    word = "temperature" if cells == LABEL else "temp"
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


def _wrapped(sample: TrainingSample, label: int, width: int, rows: int) -> list[tuple[str, str]]:
    """The newest sample in as many of the rows as it needs."""
    line = _drawn(sample.text)
    pieces = chop_cells(line, width) or [""]
    if len(pieces) > rows:
        pieces = [*pieces[: rows - 1], one_row("".join(pieces[rows - 1 :]), width)]
    return [(label_of(sample, label) if not k else "", piece) for k, piece in enumerate(pieces)]
