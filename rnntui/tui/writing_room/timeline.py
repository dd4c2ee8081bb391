"""A run's training as a timeline: its losses, a mark for each checkpoint and sample, pointers at two steps."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from rnntui.runs.tail import METRICS, Metric, Track
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.strips import readable
from rnntui.tui.writing_room.stops import Stop
from rnntui.tui.writing_room.timeline_picture import Pointers, TimelinePicture

MARGIN = 1  # columns to either side
LOW = 20  # rows of the screen below which the line has no labels
STRAIGHT, LEAST, MOST = 2, 6, 16  # rows of a timeline: without a curve, and with one
ROWS_A_ROW = 4  # of the screen for each that a timeline has more


def rows_within(rows: int) -> int:
    """How many rows a timeline has on a screen of so many: a fourth of them, or where these are few a line alone."""
    return STRAIGHT if rows < LOW else min(max(rows // ROWS_A_ROW + 1, LEAST), MOST)


class Timeline(Widget):
    """Shows the stops and points at two of them; a click asks for the nearest stop."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    ROLES: ClassVar[tuple[str, ...]] = (
        *("line", "label", "training", "held-out"),
        *("checkpoint", "sample", "present", "before"),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{role}" for role in ROLES}

    class Picked(Message):
        """A stop was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, stops: Sequence[Stop]) -> None:
        super().__init__()
        self._stops = stops
        self._tracks: dict[Metric, Track] = {metric: Track() for metric in METRICS}
        self._pointers = Pointers()
        self._picture: TimelinePicture | None = None

    def point(self, pointers: Pointers, tracks: dict[Metric, Track]) -> None:
        """Point at two stops, on the losses there are by now."""
        self._pointers, self._tracks = pointers, tracks
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        width, height = self.size.width - 2 * MARGIN, self.size.height
        if width > 0 and height > 0:
            self._picture = TimelinePicture(self._stops, self._tracks, self._pointers, width, height)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        if self._picture is None or y >= len(self._picture.grid.rows):
            return Strip.blank(self.size.width, self.rich_style)
        styles = {role: self.get_component_rich_style(f"timeline--{role}") for role in self.ROLES}
        styles |= {f"{line}-text": readable(styles[line]) for line in ("training", "held-out")}
        margin = Segment(" " * MARGIN, self.rich_style)
        drawn = [Segment(character, styles[role]) for character, role in self._picture.grid.rows[y]]
        return Strip([margin, *drawn]).simplify().crop_extend(0, self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        if self._picture is not None and (place := self._picture.place_at(event.x - MARGIN, event.y)) is not None:
            self.post_message(self.Picked(place))
