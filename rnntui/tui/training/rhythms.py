"""The parameters of a network's time gates: histograms of τ, s and r_on, now and at the start, and the coverage."""

from collections.abc import Iterator
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult

from rnntui.probes import Insight, Rhythm, Rhythms
from rnntui.sessions.contract import Session
from rnntui.text import format
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.sketch import Row, Sketch
from rnntui.tui.training.gates import coverage
from rnntui.tui.training.view import LAYER, RunView

LETTERS = {"period": "period τ", "shift": "shift s", "ratio": "ratio r_on"}
ON_RATIOS = ("period", "ratio")  # have bins of equal ratio
TITLE = "time gates · above the line now, below it at the start"
SHORT_TITLE = "above: now · below: at the start"
WAITING = "measuring the time gates"
BETWEEN = 2  # columns between two histograms
HEAD_ROWS = 3  # title, note, the names


ABOUT = """
The periods, shifts and open ratios of a Phased LSTM's time gates as histograms, above the line now, below it at the
start, and the share of time steps at which a unit is open. `u` goes to the next layer.
"""


class RhythmsView(RunView):
    """The time gates of one layer at a time."""

    ABOUT = ABOUT
    KEYS = (LAYER,)
    MEASURES = "rhythms"
    WAITING = WAITING
    IS_TALL = True

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.sketch = RhythmsSketch()

    def compose(self) -> ComposeResult:
        yield self.sketch

    def take(self, seen: Insight | None) -> None:
        self.sketch.take(seen)

    def say_waiting(self, words: str) -> None:
        self.sketch.say_waiting(words)

    def next_layer(self) -> bool:
        """Show the time gates of the next layer, after the last those of the first; whether there is another."""
        self.sketch.next_layer()
        return self.session.settings.layers > 1


class RhythmsSketch(Sketch):
    """The time gates of one layer; `next_layer` shows those of the next."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"rhythmssketch--{name}" for name in ("title", "note", "axis", "now", "start")
    }

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._rhythms: Rhythms | None = None
        self._waiting = WAITING
        self._place = 0  # of the layer

    def take(self, seen: Insight | None) -> None:
        """Draw these time gates in place of those before; `None` are those yet to be looked at."""
        if seen is not self._rhythms and (seen is None or isinstance(seen, Rhythms)):
            self._rhythms = seen
            self.redraw()

    def say_waiting(self, words: str) -> None:
        """Say what is waited for, or why nothing will be measured."""
        self._waiting = words
        self.redraw()

    def next_layer(self) -> None:
        """Show the time gates of the next layer, after the last those of the first."""
        self._place += 1
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if self._rhythms is None:
            return self.saying(self._waiting, width)
        layers = self._rhythms.layers
        return list(self._rows(layers[self._place % len(layers)], self._rhythms, width, height))

    def _rows(self, rhythm: Rhythm, rhythms: Rhythms, width: int, height: int) -> Iterator[Row]:
        words = [coverage(rhythm.holes), f"step {rhythms.step:,}"]
        if len(rhythms.layers) > 1:
            words.insert(1, f"layer {rhythm.layer}/{len(rhythms.layers)}")
        yield [Segment((TITLE if len(TITLE) <= width else SHORT_TITLE)[:width], self.role("title"))]
        yield [Segment(format.fitting(words, width), self.role("note"))]
        columns = (width - BETWEEN * (len(LETTERS) - 1)) // len(LETTERS)
        rows = max(1, (height - HEAD_ROWS - 1) // 2)
        drawn = [self._histogram(rhythm, name, columns, rows) for name in LETTERS]
        between = Segment(" " * BETWEEN, self.rich_style)
        for parts in zip(*drawn, strict=True):
            yield [segment for part in parts for segment in (part, between)][:-1]

    def _histogram(self, rhythm: Rhythm, name: str, columns: int, rows: int) -> list[Segment]:
        from rnntui.tui.chart.histogram import mirrored

        now, start = rhythm.now[name], rhythm.start[name]
        if _is_one_for_all(rhythm, name):
            said = [LETTERS[name], f"fixed at {format.figure(float(now[0]))}", *[""] * (2 * rows)]
            return [_padded(words, columns, self.role("note" if k else "title")) for k, words in enumerate(said)]
        drawn = mirrored(now, start, columns, rows, log=name in ON_RATIOS)
        return [
            _padded(_named(rhythm, name, drawn.tallest, columns), columns, self.role("title")),
            *(Segment(row, self.role("now")) for row in drawn.above),
            Segment(drawn.axis, self.role("axis")),
            *(Segment(row, self.role("start")) for row in drawn.below),
        ]


def _padded(words: str, columns: int, style: Style) -> Segment:
    return Segment(words[:columns].ljust(columns), style)


def _is_one_for_all(rhythm: Rhythm, name: str) -> bool:
    """Whether a parameter is not learned and the same for every unit: its histogram would be one bar."""
    return name not in rhythm.learned and len(set(rhythm.now[name].tolist())) == 1


def _named(rhythm: Rhythm, name: str, tallest: int, columns: int) -> str:
    """The parameter, and where there is room its median at the start and now, or that it is not learned."""
    medians = (sorted(values.tolist())[len(values) // 2] for values in (rhythm.start[name], rhythm.now[name]))
    course = " → ".join(map(format.figure, medians)) if name in rhythm.learned else "fixed"
    return format.fitting([LETTERS[name], course, f"tallest bar {format.counted(tallest, 'unit')}"], columns)
