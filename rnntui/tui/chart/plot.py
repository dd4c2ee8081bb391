"""A live chart of metric columns. `poll` draws when there is something new; lines are kept until then."""

import math
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from rnntui.runs.history import CurveMark
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.styles import styles_of
from rnntui.tui.base.themes import FEW
from rnntui.tui.chart.extent import Extent
from rnntui.tui.chart.pointer import ChartPointer
from rnntui.tui.chart.series import LETTERS, ROLES, Chart, ChartBaseline, Series, SeriesStyle, newest_step
from rnntui.tui.chart.strips import fainter, kept, readable, waiting
from rnntui.tui.chart.window import USUAL_SMOOTHING, smoothed

if TYPE_CHECKING:
    from rnntui.tui.chart.axis import Axis
    from rnntui.tui.chart.picture import Picture

WAITING = "waiting for the first step"
FOLLOWED_SECONDS = 0.4  # from one drawing to the next of a chart that follows what is new
SETTLED_SECONDS = 0.8  # from one drawing to the next of a chart in which less than a column is new
CURSOR_KEYS = (
    bound("plot", "left", "move_cursor(-1)", "earlier", "Read an earlier step"),
    bound("plot", "right", "move_cursor(1)", "later", "Read a later step"),
    bound("plot", "home", "end_cursor(0)", "first", "Read the first step"),
    bound("plot", "end", "end_cursor(-1)", "last", "Read the newest step"),
)


class Plot(ChartPointer, can_focus=True):
    """One chart with its legend. Widths and heights below 8 × 2 cells stay empty."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("plot--axis", "plot--title", "plot--note", "plot--baseline", "plot--mark", "plot--cursor"),
        *(f"plot--{role}" for role in ROLES if role not in LETTERS),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *CURSOR_KEYS,
        bound("plot", "leave", "hide_cursor", "hide", "Hide the readout"),
    ]

    title: reactive[str] = reactive("")
    log_scale: reactive[bool | None] = reactive(False)
    smoothing: reactive[float] = reactive(USUAL_SMOOTHING)
    zoom: reactive[float] = reactive(1.0)
    waiting: reactive[str] = reactive(WAITING)

    class Pointed(Message):
        """The cursor moved to a step, or was hidden (`None`)."""

        def __init__(self, plot: "Plot", step: float | None) -> None:
            super().__init__()
            self.plot, self.step = plot, step

        @property
        def control(self) -> "Plot":
            return self.plot

    def __init__(
        self,
        title: str,
        series: Iterable[Series] = (),
        *,
        baselines: Iterable[ChartBaseline] = (),
        marks: Iterable[CurveMark] = (),
        y_range: tuple[float, float] | None = None,
        follows: bool = False,
        along: str = "step",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.set_reactive(Plot.title, title)
        self._look = SeriesStyle(y_range=y_range, along=along, follows=follows)
        self._series, self._baselines, self._marks = tuple(series), tuple(baselines), tuple(marks)
        self._strips: list[Strip] = []
        self._values: Axis | None = None
        self._styles: dict[str, Style] = {}
        self._hidden: frozenset[str] = frozenset()  # labels of the lines that are not drawn
        self._clicked = -1, ""  # the column of the legend that was last clicked, and which line it is
        self._followed_at = 0.0
        self._drawn: tuple[object, object] | None = None  # the data and the settings that the strips were made from
        self._look_drawn = self._look  # that of these settings

    @property
    def picture(self) -> "Picture | None":
        """The chart as last drawn; `None` while there is no data or no room."""
        return self._picture

    @property
    def series(self) -> tuple[Series, ...]:
        """The lines that it draws."""
        return self._series

    @property
    def marks(self) -> tuple[CurveMark, ...]:
        """The steps that are marked."""
        return self._marks

    def show(
        self,
        series: Iterable[Series] | None = None,
        *,
        baselines: Iterable[ChartBaseline] | None = None,
        marks: Iterable[CurveMark] | None = None,
    ) -> None:
        """Replace what is given; the rest stays."""
        if series is not None:
            self._series, self._values = tuple(series), None
        if baselines is not None:
            self._baselines = tuple(baselines)
        if marks is not None:
            self._marks = tuple(marks)
        self.poll()

    @property
    def shares(self) -> Extent | None:
        """What its vertical axis holds together with those of other charts."""
        return self._look.shares

    def share(self, extent: Extent | None, has_own_axis: bool = False) -> None:
        """Hold this, too, from the next drawing on, or say that it can share with none."""
        self._look = replace(self._look, shares=extent, has_own_axis=has_own_axis)

    def align(self, margins: tuple[int, int]) -> None:
        """Leave so many columns at least beside the lines from the next drawing on."""
        self._look = replace(self._look, gutter=margins[0], ends=margins[1])

    def measure(self, look: SeriesStyle) -> None:
        """Set what the axes show from the next drawing on; scale, smoothing and zoom stay those of the widget."""
        self._look = look

    def end_of(self, label: str) -> float | None:
        """The value at the end of a line, as last drawn; `None` where that line is not seen or has none there."""
        lines = zip(self._chart().series, self._picture.curves, strict=False) if self._picture and self.size else ()
        ends = (float(line.line(curve)[-1]) for line, curve in lines if line.label == label and len(curve.dot))
        return next((end for end in ends if math.isfinite(end)), None)

    @property
    def is_log(self) -> bool:
        """Whether its vertical axis is logarithmic, as last drawn."""
        return self._values.log if self._values is not None else bool(self.log_scale)

    def poll(self, until: float | None = None) -> bool:
        """Draw if anything is new, up to a step or that of before, and say whether it was; cheap if nothing is."""
        if until is not None:
            self._look = replace(self._look, until=until)
        if not self.is_attached or not self.size or (self._data(), self._settings()) == self._drawn:
            return False
        before = self._strips
        self._draw()
        changed = [y for y, strip in enumerate(self._strips) if y >= len(before) or strip is not before[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))
        return True

    def takes_turn(self) -> bool:
        """Whether to draw what is new now: some times a second at most, and less often where no line would be longer.

        A second of a long run is a small part of a column: to draw it ten times would cost the training and show
        nothing.
        """
        now = time.monotonic()
        if self._picture is not None:
            rest = FOLLOWED_SECONDS if self._is_behind(self._picture) else SETTLED_SECONDS
            if now - self._followed_at < rest:
                return False
        self._followed_at = now
        return True

    def _is_behind(self, picture: "Picture") -> bool:
        """Whether a step has come that lies a column of dots or more behind the last one drawn."""
        drawn = max((float(curve.step[-1]) for curve in picture.curves if len(curve.step)), default=-math.inf)
        return newest_step(self._series) - drawn >= (picture.steps.high - picture.steps.low) / picture.frame.dots[1]

    def style_of(self, role: str) -> Style:
        """How a series of that role is drawn, to be named elsewhere in its colour."""
        return Style(color=self._style(f"{role}-text").color, bold=True)

    def point_at(self, step: float | None) -> None:
        """Show the values at a step, as if the cursor had been moved there; posts no message."""
        from rnntui.tui.chart.legend import column_at

        with self.prevent(Plot.Pointed):
            self.cursor = None if step is None or self._picture is None else column_at(self._picture, step)

    def smooth(self, direction: int) -> None:
        """Take the next longer (1) or shorter (-1) of the usual means."""
        if self.smoothing > 1 and self._picture is not None:  # so many steps
            shown = self._picture.steps.high - self._picture.steps.low
            now = self.smoothing * self._series[0].step_length / shown
        else:
            now = self.smoothing % 1  # none is a share of 0
        self.smoothing = smoothed(self.smoothing, now, direction)

    def on_click(self, event: events.Click) -> None:
        """Hide the line whose entry in the legend was clicked, or show it again; the last one is not hidden."""
        offset = event.get_content_offset(self)
        if self._picture is None or offset is None or offset.y >= self._picture.frame.top:
            return
        from rnntui.tui.chart.legend import entry_at

        chart = self._chart()
        at, label = self._clicked
        if offset.x != at:  # else the same line, though entries moved by the click before
            entry = entry_at(self._picture, chart, offset.x)
            label = "" if entry is None else entry.label
        if label and (label in self._hidden or len(chart.series) > 1):
            self._clicked = offset.x, label
            self._hidden ^= {label}
            self._rescale()
            self.poll()

    # --- drawing --------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        # Not for new data or axes alone: of a frame that is painted in part, the other rows would stay as they were.
        if self._drawn is None or self._drawn[1] != self._settings(self._look_drawn):
            self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn = None
        self.refresh()

    def watch_cursor(self) -> None:
        self.post_message(self.Pointed(self, self.pointed_step()))

    def _rescale(self) -> None:
        self._values = None

    watch_log_scale = watch_smoothing = watch_zoom = _rescale

    def _chart(self, look: SeriesStyle | None = None) -> Chart:
        look = look or self._look
        has_ends = look.has_ends and not self.app.no_color  # without colours names tell values apart
        look = replace(look, log=self.log_scale, smoothing=self.smoothing, zoom=self.zoom, has_ends=has_ends)
        hidden = tuple(series for series in self._series if series.label in self._hidden)
        if not (shown := tuple(series for series in self._series if series not in hidden)):
            shown, hidden = hidden, ()
        order = tuple(series.label for series in self._series)
        return Chart(self.title, shown, self._baselines, self._marks, look, hidden, order)

    def _data(self) -> object:
        return tuple(line.column.appended for line in self._series)

    def _settings(self, look: SeriesStyle | None = None) -> object:
        """All else that a drawing depends on, by the next one's look unless given, but for `notify_style_update`."""
        return self.size, self.background_colors, self.cursor, self.waiting, self._chart(look)

    def _draw(self) -> None:
        drawn = self._data(), self._settings()
        if self._drawn is None or self._drawn[1] != drawn[1]:
            self._styles = {}
        self._drawn, self._look_drawn = drawn, self._look
        if any(line.column.bins.length for line in self._series):
            self._draw_chart(self.size)
        else:
            self._picture = None
            self._strips = waiting(self.size, self.title, self.waiting, self._style)

    def _draw_chart(self, size: Size) -> None:
        from rnntui.tui.chart.drawing import draw

        self._picture = draw(self._chart(), *size, before=self._values, cursor=self.cursor)
        if self._picture is None:
            self._strips = []
            return
        self._values = self._picture.values
        now = [Strip([Segment(t, self._style(r)) for t, r in runs], size.width) for runs in self._picture.runs()]
        self._strips = kept(self._strips, now)

    def _style(self, role: str) -> Style:
        if role not in self._styles:
            line = role.removesuffix("-band").removesuffix("-text")
            style = self.get_component_rich_style(f"plot--{line}")
            if role.endswith("-band"):
                style = fainter(style, has_few_colours=self.app.console.color_system == FEW)
            elif role.endswith("-text"):
                style = readable(style)
            self._styles[role] = style
        return self._styles[role]
