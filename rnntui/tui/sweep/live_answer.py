"""What a sweep says so far: its score along an axis as a chart, and a sentence; drawn anew as its runs go on.

The chart reads out the scores at the place of the selected run, and wherever the mouse points meanwhile.
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from rnntui.config import spec
from rnntui.runs.history import Column
from rnntui.sweeps import answer
from rnntui.sweeps.plan import Plan
from rnntui.sweeps.pool import JobStatus
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.labels import Words
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.lettered import LetteredPlot
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import LETTERS, Role, Series, SeriesStyle
from rnntui.tui.sweep.bars_figure import rows_of_bars

FEW = 10  # tested values, each of which has a tick


class LiveAnswer(Vertical):
    """A chart where the plan has an axis of numbers, in few rows bars instead, and a line of words under it."""

    DEFAULT_CSS: ClassVar[str] = styles_of(__file__)

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._x, _ = answer.axes_of(plan)
        self.plot = LetteredPlot("", along=self._x or "run")
        self.plot.smoothing, self.plot.waiting = 1, "no run has a score yet"
        self.plot.can_focus = False
        self.words = Words(classes="words")
        self.bars = Words(classes="bars")  # in place of the chart, on a low screen
        self._drawn: tuple[object, ...] = ()
        self._said = ""
        self._lines: Sequence[answer.AnswerLine] = ()
        self._scores: Sequence[dict[float, list[float]]] = ()  # of the lines, by place
        self._is_share = self._is_wide = False
        self._selected: float | None = None  # place of the selected run on the axis
        self._is_pointed = False  # the mouse is on the chart, which reads out where it points
        self.set_class(not self.has_chart, "without-chart")

    def compose(self) -> ComposeResult:
        yield self.plot
        yield self.bars
        yield self.words

    def show(self, statuses: Mapping[str, JobStatus], selected: JobStatus | None) -> None:
        """Draw what the runs say now."""
        every = list(statuses.values())
        self._lines = lines = answer.lines_of(self._plan, every)
        self._scores = [line.scores() for line in lines]
        said = answer.in_words(self._plan, every, lines)
        if said != self._said:
            self._said = said
            self.words.update(shown_text(said), layout=False)
        if not self._x or not every:
            return
        self._select(None if selected is None else selected.job.point.get(self._x))
        barred = self._barred(selected)
        drawn = [line.name for line in lines], self._scores, barred
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(every[0], barred)
        self._read_out()

    @property
    def has_chart(self) -> bool:
        """Whether there is an axis of numbers for one."""
        return bool(self._x)

    @property
    def rows_of_bars(self) -> int:
        """How many rows the bars take where they are shown."""
        return len(str(self.bars.content).splitlines())

    def on_resize(self) -> None:
        self.call_after_refresh(self._tell_bars)  # they may need another row
        self.call_after_refresh(self._read_out)

    def on_plot_pointed(self, event: Plot.Pointed) -> None:
        event.stop()
        self._is_pointed = event.step is not None
        self._read_out()

    def _select(self, place: float | None) -> None:
        if place != self._selected:
            self._selected, self._is_pointed = place, False

    def _read_out(self) -> None:
        if self._is_pointed:
            return
        place = self._selected
        if place is None or not any(place in scores for scores in self._scores):
            self.plot.point_at(None)  # it has no score yet; on a logarithmic axis it may be 0
        else:
            self.plot.point_at(math.log10(place) if self._is_wide else place)

    def _barred(self, selected: JobStatus | None) -> tuple[Role, ...]:
        """The letters of the lines, that of the selected run first; none where no point is of several runs."""
        if not any(len(runs) > 1 for line in self._lines for runs in line.runs.values()):
            return ()
        letters = zip(LETTERS, self._lines, strict=False)
        return tuple(letter for letter, _ in sorted(letters, key=lambda pair: not pair[1].has(selected)))

    def _draw(self, first: JobStatus, barred: tuple[Role, ...]) -> None:
        task = spec(first.job.settings)
        self._is_share = task.has_accuracy and not task.holds_out
        series, tested = [], set[float]()
        self._is_wide = answer.is_wide(place for scores in self._scores for place in scores)
        for role, line, by_place in zip(LETTERS, self._lines, self._scores, strict=False):
            column = Column()
            for place, scores in by_place.items():
                at = math.log10(place) if self._is_wide else place
                column.extend([at] * len(scores), scores)  # type: ignore[list-item]
                tested.add(at)
            series.append(Series(shown_text(line.name), column, role, rare=True))
        self.plot.title = "accuracy" if self._is_share else "bits per character" if task.holds_out else task.unit.label
        self.plot.measure(
            SeriesStyle(
                y_range=(0.0, 1.0) if self._is_share else None,
                along=self._x,
                bands=False,
                is_tight=True,
                has_logarithms=self._is_wide,
                tested=tuple(sorted(tested)) if len(tested) <= FEW else (),
                barred=barred,
            )
        )
        self.plot.show(series)
        self._tell_bars()

    def _tell_bars(self) -> None:
        if self._drawn and self.size.width:
            lines, width = [(line.name, line.means()) for line in self._lines], self.size.width
            self.bars.update(rows_of_bars(self.plot.title, self._x, lines, width, is_share=self._is_share))
