"""The comparison screen: one large chart of a metric for several runs, and a table of their status below it.

It only reads, and can be pushed onto any application: `q` quits the application, Esc closes the screen.
"""

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import BindingType

from rnntui.runs import Run
from rnntui.runs.comparison import compare
from rnntui.runs.status_table import RECENT, Watched, longest_words, titles, words
from rnntui.runs.tail import AXES, Axis, Metric
from rnntui.text import format
from rnntui.tui.base.footer import Keys
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.labels import Words
from rnntui.tui.base.main_screen import MainScreen, TooSmall
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.lettered import LetteredPlot
from rnntui.tui.chart.plot import Plot
from rnntui.tui.chart.series import LETTERS, ChartBaseline, Series, SeriesStyle
from rnntui.tui.chart.window import ZOOMS, zoomed
from rnntui.tui.compare.overlay import Overlay
from rnntui.tui.compare.standings import Standings

TICK_SECONDS = 0.25
TABLE_TICKS = 4  # from one look at where the runs stand to the next, once all have been looked at
FIRST_ROUND, LATER_ROUNDS, READING = 0.15, 0.02, 0.03  # seconds of a tick for where runs stand, and for curves
BANDED = 2  # lines up to which what was measured is drawn behind them
SHARES = tuple(zoom for zoom in ZOOMS if zoom <= 1)

ABOUT = """
# What you see

The **chart** has a line for each run with a letter in the table: the mean of its single batches over the steps around.
Dotted lines are baselines, which simple guessers reach. Curves of runs still in training keep growing.

The **table** shows the settings in which the runs differ, and the state of each run. *solved at* is the first step
at which the smoothed accuracy was at least 0.98. Its means are over the last 100 steps. The lines of the chart, whose
means are over steps to both sides and on a logarithmic axis geometric, may end at others.
"""


_key = partial(bound, "compare")


class CompareScreen(MainScreen):
    """Curves of runs over each other. Raises `ValueError` for runs of different tasks, and if none can be read."""

    DEFAULT_CSS = styles_of(__file__)
    ABOUT = ABOUT
    SHOWS = "the curves"
    KEYS_OF = (Standings, Plot)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("view", "next_metric", "metric", "Next metric: loss, accuracy, held-out loss, gradient norm", show=True),
        _key("axis", "next_axis", "steps or seconds", "Horizontal axis: steps, or seconds of training", show=True),
        _key("log", "log", "log scale", "Logarithmic or linear scale", show=True),
        _key("less smooth", "smooth(-1)", "less smooth", "Smooth the curves over fewer steps"),
        _key("smoother", "smooth(1)", "smoother", "Smooth the curves over more steps"),
        _key("zoom", "zoom(1)", "zoom", "Zoom into the last part of training", show=True),
        _key("zoom out", "zoom(-1)", "zoom out", "Zoom out again", show=True),
        _key("choose none", "draw_none", "no lines", "Remove all lines, to choose others", show=True),
        _key("help", "help", "help", "List the keys of this screen; typing finds one, Enter runs it", show=True),
        _key("leave", "leave", "back", "Back to the previous screen", show=True),
        _key("quit", "app.quit", "quit", "Quit", show=True),
    ]
    AUTO_FOCUS = "Standings"

    def __init__(
        self,
        runs: Sequence[Run],
        metric: Metric = "loss",
        by: Axis = "step",
        smooth: int = RECENT,
        *,
        log: bool = False,
    ) -> None:
        super().__init__()
        self.comparison = compare(runs)
        self.overlay = Overlay(self.comparison)
        self.metric, self.by = metric, by
        self.watched = [Watched(entry) for entry in self.comparison.compared]
        self._turn = self._looked = 0  # the run whose turn it is, and how often one was looked at
        self._ticks = 0
        self._damaged: set[int] = set()  # of these runs it was said
        self._series: tuple[Series, ...] | None = None  # those that the chart draws
        self._log, self._smooth = log, smooth

    def compose(self) -> ComposeResult:
        pairs = zip(self.comparison.compared, self.watched, strict=True)
        told = [words(self.comparison, entry, watched.status) for entry, watched in pairs]
        yield Words(id="heading")
        yield LetteredPlot("", id="curves")
        yield Standings(titles(self.comparison), told, longest_words(self.comparison))
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self._plot.log_scale, self._plot.smoothing = self._log or None, self._smooth
        self._plot.waiting = "waiting for the first row"
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Start reading, after the first frame is on the screen."""
        self._mark_lines()
        self.tick()
        self.set_interval(TICK_SECONDS, self.tick)

    @property
    def _plot(self) -> Plot:
        return self.query_one("#curves", Plot)

    # --- the clock ----------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Read what was written since, for a bounded time, and draw what changed."""
        self.overlay.poll(READING)
        self._draw_lines()
        self._say_damage()
        self.query_one(Standings).grow()
        self._ticks += 1
        if self._looked < len(self.watched):
            self._look_at_runs(FIRST_ROUND)
        elif self._ticks % TABLE_TICKS == 0:
            self._look_at_runs(LATER_ROUNDS)

    def _say_damage(self) -> None:
        """Say, once for each run, what part of its curves cannot be read."""
        for number, sentence in self.overlay.damaged().items():
            if number not in self._damaged:
                self._damaged.add(number)
                self.notify(sentence, severity="warning")

    def _look_at_runs(self, seconds: float) -> None:
        """Update the table with the status of the next few runs."""
        table, deadline = self.query_one(Standings), time.perf_counter() + seconds
        for _ in self.watched:
            number = self._turn
            if self.watched[number].look():
                entry = self.comparison.compared[number]
                table.tell(number, words(self.comparison, entry, self.watched[number].status))
            self._turn, self._looked = (number + 1) % len(self.watched), self._looked + 1
            if time.perf_counter() >= deadline:
                break
        self._say_heading()

    def _say_heading(self) -> None:
        self.query_one("#heading", Words).update(self._heading(), layout=False)

    def _heading(self) -> str:
        number, states = len(self.watched), Counter(run.status.state for run in self.watched)
        parts = ["rnntui compare", f"{number:,} run{'s' if number > 1 else ''}"]
        parts += [f"{states[state]:,} {state}" for state in ("running", "lost", "diverged", "damaged") if states[state]]
        if len(self.overlay.lines) < number:
            parts.append(f"{len(self.overlay.lines)} drawn")
        table = self.query_one(Standings)
        out_of_sight = [(arrow, count) for arrow, count in (("←", table.before), ("→", table.beyond)) if count]
        if out_of_sight:
            *first, last = [f"{arrow} {format.counted(count, 'column')}" for arrow, count in out_of_sight]
            parts.append(" ".join([*first, f"{last} more"]))
        return " " + " · ".join(parts)

    # --- the chart ----------------------------------------------------------------------------------------------

    def _draw_lines(self) -> None:
        """Redraw if curves were added or removed, were read from their beginning, or another metric was chosen."""
        series = self.overlay.series(self.metric, self.by)
        if series == self._series:
            self._plot.poll()
            return
        self._series = series
        y_range = (0.0, 1.0) if self.metric == "accuracy" else None
        self._plot.measure(SeriesStyle(y_range=y_range, along=self.by, bands=len(series) <= BANDED))
        is_of_training = self.metric == "loss" and self.comparison.spec.holds_out
        title = self.comparison.title(self.metric)
        self._plot.title = f"training loss, {title}" if is_of_training else title
        self._plot.waiting = "waiting for the first row" if series else "no run is selected"
        baselines = self.comparison.baselines(self.metric)
        self._plot.show(series, baselines=[ChartBaseline(*baseline) for baseline in baselines.items()])

    def _mark_lines(self) -> None:
        """Show in the table which run has which letter."""
        table = self.query_one(Standings)
        for number in range(len(self.watched)):
            line = self.overlay.lines.get(number)
            table.mark(number, *((line.letter, self._plot.style_of(line.letter)) if line else ("", Style())))

    # --- commands -----------------------------------------------------------------------------------------------

    def on_standings_scrolled(self) -> None:
        self._say_heading()

    def on_standings_toggled(self, message: Standings.Toggled) -> None:
        if message.number in self.overlay.lines:
            self.overlay.take_off(message.number)
        elif not self.overlay.draw(message.number):
            self.notify(f"{len(LETTERS)} lines are drawn: remove one first", severity="warning", timeout=3)
        self._change_lines()

    def action_draw_none(self) -> None:
        for number in list(self.overlay.lines):
            self.overlay.take_off(number)
        self._change_lines()

    def _change_lines(self) -> None:
        self._mark_lines()
        self.tick()

    def action_next_metric(self) -> None:
        known = self.comparison.metrics
        self.metric = known[(known.index(self.metric) + 1) % len(known)] if self.metric in known else known[0]
        self._draw_lines()

    def action_next_axis(self) -> None:
        self.by = AXES[1 - AXES.index(self.by)]
        self._draw_lines()

    def action_log(self) -> None:
        self._plot.log_scale = not self._plot.is_log

    def action_smooth(self, more: int) -> None:
        self._plot.smooth(more)

    def action_zoom(self, closer: int) -> None:
        self._plot.zoom = zoomed(self._plot.zoom, closer, SHARES)

    def on_chart_pointer_wheeled(self, message: Plot.Wheeled) -> None:
        self._plot.zoom = zoomed(self._plot.zoom, message.closer, SHARES, wraps=False)

    def action_leave(self) -> None:
        if self._was_pushed():
            self.close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.is_closed and (action != "leave" or self._was_pushed())

    def _was_pushed(self) -> bool:
        """Whether there is another screen beneath, other than the application's empty one."""
        return len(self.app.screen_stack) > 2
