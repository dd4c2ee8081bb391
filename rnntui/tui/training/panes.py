"""The panes of the runs on a grid: as many as can be read, the selected one among them.

The borders between them can be dragged with the mouse.

Invariant: there is at least one pane, and the selected one is shown.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

from textual.containers import Grid
from textual.events import MouseDown, MouseMove, MouseUp, Resize

from rnntui.sessions.contract import Session
from rnntui.tui.chart.extent import Extent, shared
from rnntui.tui.chart.plot import Plot
from rnntui.tui.training.heading import PaneTab
from rnntui.tui.training.task_pane import TaskPane

NARROWEST, LOWEST = 38, 10  # columns and rows of a pane that can be read
WIDE, ROOMY = 52, 18  # columns that a pane is to have where all have so many rows then
SMALLEST = {"columns": 20, "rows": 6}  # cells that a pane can be dragged to
Border: TypeAlias = tuple[Literal["columns", "rows"], int]  # the one behind the column or row with this number


class Panes(Grid):
    """Panes side by side, then in rows; those for which there is no room are hidden, and have tabs in the heading."""

    def __init__(self, panes: Iterable[TaskPane]) -> None:
        super().__init__(*panes)
        self._first = 0  # of those that are shown
        self._shares: dict[str, list[int]] = {"columns": [], "rows": []}  # of the room, as they were dragged
        self._dragged: Border | None = None

    @property
    def all(self) -> list[TaskPane]:
        """The panes in their order, shown or not."""
        return list(self.query_children(TaskPane))

    @property
    def selected(self) -> TaskPane:
        """The pane that has the focus, or had it last."""
        panes = self.all
        return next((pane for pane in panes if pane.has_class("selected")), panes[0])

    @property
    def tabs(self) -> list[PaneTab]:
        """What the heading is to say of the panes."""
        selected = self.selected
        return [PaneTab(pane.session.run.name, not pane.has_class("absent"), pane is selected) for pane in self.all]

    def select(self, pane: TaskPane) -> None:
        """Make a pane the selected one, and show it: enlarged, where another one is."""
        for other in self.all:
            other.set_class(other is pane, "selected")
        self.share_room()
        if isinstance(self.screen.maximized, TaskPane) and self.screen.maximized is not pane:
            self.screen.maximize(pane, container=False)

    def bring_into_view(self, session: Session) -> None:
        """Make the pane of a session the selected one where it is not shown."""
        hidden = next((pane for pane in self.all if pane.session is session and pane.has_class("absent")), None)
        if hidden is not None:
            self.select(hidden)

    async def add(self, pane: TaskPane, before: TaskPane | None) -> None:
        """Put a pane before another, or last."""
        await self.mount(pane, before=before)
        self.share_room()

    def on_resize(self, event: Resize) -> None:
        self.share_room()

    def share_room(self) -> None:
        """Divide the screen among the panes."""
        panes, (width, height) = self.all, self.size
        columns, rows = grid(len(panes), width, height)
        shown, at = min(len(panes), columns * rows), panes.index(self.selected)
        self._first = min(max(self._first, at - shown + 1, 0), at, len(panes) - shown)
        for k, pane in enumerate(panes):
            pane.set_class(not self._first <= k < self._first + shown, "absent")
            pane.styles.column_span = 1
        writes = any(pane.session.spec.generates for pane in panes[self._first : self._first + shown])
        self.screen.set_class(not writes, "writes-nothing")
        panes[self._first + shown - 1].styles.column_span = columns * rows - shown + 1
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        for way, count in (("columns", columns), ("rows", rows)):
            if len(self._shares[way]) != count:
                self._shares[way] = [1] * count
        self._apply_shares()

    def _apply_shares(self) -> None:
        self.styles.grid_columns, self.styles.grid_rows = (
            " ".join(f"{share}fr" for share in self._shares[way]) for way in ("columns", "rows")
        )

    def share_axes(self) -> None:
        """Give the charts of runs of one task, beside each other, one vertical axis, where they can be read on it."""
        by_task: dict[str, list[TaskPane]] = {}
        for pane in self.all:
            by_task.setdefault(pane.session.settings.task, []).append(pane)
        for panes in by_task.values():
            shown = [pane for pane in panes if not pane.has_class("absent")]
            for plots in ([pane.loss for pane in shown], [pane.accuracy for pane in shown]):
                share_axis(plots)

    # --- dragging a border --------------------------------------------------------------------------------------

    def on_mouse_down(self, event: MouseDown) -> None:
        self._dragged = self._border_at(int(event.screen_x), int(event.screen_y))
        if self._dragged is not None:
            event.stop()
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        if self._dragged is not None:
            way, k = self._dragged
            ends = self._ends(way)
            at = int(event.screen_x if way == "columns" else event.screen_y) + 1
            self._shares[way] = moved(ends, k, at, SMALLEST[way])
            self._apply_shares()

    def on_mouse_up(self, event: MouseUp) -> None:
        if self._dragged is not None:
            self._dragged = None
            self.release_mouse()

    def _ends(self, way: Literal["columns", "rows"]) -> list[int]:
        """Where the room begins and where each column or row ends, in cells of the screen."""
        shown = [pane.region for pane in self.all if pane.display]
        if way == "columns":
            row = [region for region in shown if region.y == shown[0].y]
            return [self.region.x, *(region.right for region in row)]
        return [self.region.y, *(region.bottom for region in shown if region.x == shown[0].x)]

    def _border_at(self, x: int, y: int) -> Border | None:
        ways: tuple[tuple[Literal["columns", "rows"], int], ...] = (("columns", x), ("rows", y))
        for way, at in ways:
            ends = self._ends(way)
            if len(ends) - 1 == len(self._shares[way]):
                for k, end in enumerate(ends[1:-1]):
                    if at in (end - 1, end):
                        return way, k
        return None


def share_axis(plots: Iterable[Plot]) -> None:
    """Give charts one vertical axis as far as each can be read on it; one whose axis is fixed has its own."""
    extents: dict[Plot, Extent] = {}
    for plot in plots:
        picture = plot.picture
        if picture is None or picture.extent is None:
            plot.share(None)
        else:
            extents[plot] = picture.extent
    now = [plot.shares for plot in extents]
    for plot, extent in zip(extents, shared([*extents.values()], now), strict=True):
        plot.share(extent, has_own_axis=extent is None and len(extents) > 1)


def moved(ends: Sequence[int], k: int, at: int, smallest: int) -> list[int]:
    """The sizes where the border behind part `k` is moved to `at`; no part beside it becomes smaller than `smallest`.

    `ends` are where the first part begins and where each ends.
    """
    inside = min(max(at, ends[k] + smallest), ends[k + 2] - smallest)
    now = [*ends[: k + 1], inside, *ends[k + 2 :]] if ends[k + 2] - ends[k] >= 2 * smallest else list(ends)
    return [end - begin for begin, end in pairwise(now)]


def grid(count: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows for so many panes in a room, no more of them than can be read, as even as can be; in more rows
    where they are narrow and the room is high.
    """
    columns = max(1, min(count, width // NARROWEST))
    rows = max(1, min(-(-count // columns), height // LOWEST))
    shown = min(count, columns * rows)
    while width // -(-shown // rows) < WIDE and rows < shown and height // (rows + 1) >= ROOMY:
        rows += 1
    return -(-shown // rows), rows
