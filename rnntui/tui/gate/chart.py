"""The chart of a gate over time; it can be zoomed and panned, and shows the values at its cursor."""

from functools import partial
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from rnntui.gate import Gate
from rnntui.gate.stretch import Stretch
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.styles import styles_of

ZOOM, WHEEL_ZOOM = 2.0, 1.25
WHEEL_PAN = 0.1  # of the stretch
# The component class of each role of the picture.
CLASSES = {
    "training": "gate-chart--openness",
    "training-band": "gate-chart--phase",
    "held-out": "gate-chart--step",
    **{role: f"gate-chart--{role}" for role in ("axis", "note", "cursor")},
}


_key = partial(bound, "gate-chart")


class GateChart(Widget, can_focus=True):
    """k(t) and φ(t) of a gate over a stretch of time."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {*CLASSES.values()}
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("left", "move_cursor(-1)", "earlier", "Read an earlier time"),
        _key("right", "move_cursor(1)", "later", "Read a later time"),
        _key("home", "move_cursor(-9999)", "first", "Read the first time"),
        _key("end", "move_cursor(9999)", "last", "Read the last time"),
        _key("leave", "hide_cursor", "hide", "Hide the readout"),
    ]

    gate: reactive[Gate | None] = reactive(None)
    stretch: reactive[Stretch] = reactive(Stretch(0.0, 1.0))
    cursor: reactive[int | None] = reactive(None)

    class Pointed(Message):
        """The cursor moved, the interval of time that is shown changed, or both."""

    def __init__(self, gate: Gate, stretch: Stretch) -> None:
        super().__init__()
        self.set_reactive(GateChart.gate, gate)
        self.set_reactive(GateChart.stretch, stretch)
        self._strips: list[Strip] = []
        self._drawn: object = None  # what the strips were made from
        self._left = 0  # columns before the frame
        self._dragged: int | None = None  # the column where a drag has come to

    @property
    def moment(self) -> float | None:
        """The time at the cursor."""
        from rnntui.tui.gate.drawing import moment

        return None if self.cursor is None else moment(self.stretch, self._columns, self.cursor)

    @property
    def _columns(self) -> int:
        return max(1, self.size.width - self._left)

    # --- drawing ----------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        settings = self.gate, self.stretch, self.cursor, self.size, self.background_colors
        if self._drawn != settings:
            self._draw()
            self._drawn = settings
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn = None
        self.refresh()

    def _draw(self) -> None:
        from rnntui.tui.gate.drawing import draw

        assert self.gate is not None
        picture = draw(self.gate, self.stretch, *self.size, cursor=self.cursor)
        styles = {role: self.get_component_rich_style(name) for role, name in CLASSES.items()}
        self._left = 0 if picture is None else picture.frame.left
        self._strips = [
            Strip([Segment(text, styles[role]) for text, role in runs], self.size.width)
            for runs in (() if picture is None else picture.runs())
        ]

    # --- time -------------------------------------------------------------------------------------------------------

    def zoom(self, factor: float, column: int | None = None) -> None:
        """Show less time, or more; the time at the cursor stays in its column, without a cursor that in the middle."""
        column = self.cursor if column is None else column
        share = 0.5 if column is None else (column + 0.5) / self._columns
        self.stretch = self.stretch.zoomed(factor, self.stretch.low + share * self.stretch.length)

    def pan(self, share: float) -> None:
        """Show a later stretch, by a share of its length."""
        self.stretch = self.stretch.panned(share)

    def watch_stretch(self) -> None:
        self.post_message(self.Pointed())

    def watch_cursor(self) -> None:
        self.post_message(self.Pointed())

    # --- keys and mouse ---------------------------------------------------------------------------------------------

    def action_move_cursor(self, columns: int) -> None:
        begin = self._columns // 2 if self.cursor is None else self.cursor
        self.cursor = min(max(begin + columns, 0), self._columns - 1)

    def action_hide_cursor(self) -> None:
        self.cursor = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.cursor is not None if action == "hide_cursor" else True

    def on_mouse_move(self, event: events.MouseMove) -> None:
        column = event.get_content_offset_capture(self).x - self._left
        if self._dragged is not None:
            self.pan((self._dragged - column) / self._columns)
            self._dragged = column
        self.cursor = column if 0 <= column < self._columns else None

    def on_resize(self) -> None:
        self.cursor = None

    def on_leave(self) -> None:
        self.cursor = None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._dragged = event.x - self._left
        self.capture_mouse()

    def on_mouse_up(self) -> None:
        self._dragged = None
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, -1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self._slide(event, -1)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self._slide(event, 1)

    def _scroll(self, event: events.MouseEvent, up: int) -> None:
        """Zoom around the pointer; with shift or control go earlier or later."""
        if event.shift or event.ctrl:
            self._slide(event, -up)
            return
        event.stop()
        self.zoom(WHEEL_ZOOM**up, min(max(event.x - self._left, 0), self._columns - 1))

    def _slide(self, event: events.MouseEvent, later: int) -> None:
        event.stop()
        self.pan(later * WHEEL_PAN)
