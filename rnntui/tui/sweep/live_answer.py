"""What a sweep says so far: its score along an axis as a chart, and a sentence; drawn anew as its runs go on."""

import math
from collections.abc import Mapping
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
from rnntui.tui.chart.series import LETTERS, Series, SeriesStyle
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
        self._drawn: list[tuple[str, list[tuple[float, float]]]] | None = None
        self._said = ""
        self._is_share = False
        self.set_class(not self.has_chart, "without-chart")

    def compose(self) -> ComposeResult:
        yield self.plot
        yield self.bars
        yield self.words

    def show(self, statuses: Mapping[str, JobStatus]) -> None:
        """Draw what the runs say now."""
        every = list(statuses.values())
        lines = answer.lines_of(self._plan, every)
        said = answer.in_words(self._plan, every, lines)
        if said != self._said:
            self._said = said
            self.words.update(shown_text(said), layout=False)
        drawn = [(line.name, line.means()) for line in lines]
        if self._x and every and drawn != self._drawn:
            self._drawn = drawn
            self._draw(every[0])

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

    def _draw(self, first: JobStatus) -> None:
        task = spec(first.job.settings)
        self._is_share = task.has_accuracy and not task.holds_out
        series, tested = [], set[float]()
        is_wide = answer.is_wide(place for _, means in self._drawn or () for place, _ in means)
        for role, (name, means) in zip(LETTERS, self._drawn or (), strict=False):
            column = Column()
            places = [math.log10(place) if is_wide else place for place, _ in means]
            column.extend(places, [mean for _, mean in means])  # type: ignore[arg-type]
            tested |= {*places}
            series.append(Series(shown_text(name), column, role, rare=True))
        self.plot.title = "accuracy" if self._is_share else "bits per character" if task.holds_out else task.unit.label
        self.plot.measure(
            SeriesStyle(
                y_range=(0.0, 1.0) if self._is_share else None,
                along=self._x,
                bands=False,
                is_tight=True,
                has_logarithms=is_wide,
                tested=tuple(sorted(tested)) if len(tested) <= FEW else (),
            )
        )
        self.plot.show(series)
        self._tell_bars()

    def _tell_bars(self) -> None:
        if self._drawn and self.size.width:
            lines, width = self._drawn, self.size.width
            self.bars.update(rows_of_bars(self.plot.title, self._x, lines, width, is_share=self._is_share))
