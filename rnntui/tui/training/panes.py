"""The panes of the runs on a grid: as many as can be read, the selected one among them.

Invariant: there is at least one pane, and the selected one is shown.
"""

from collections.abc import Iterable

from textual.containers import Grid
from textual.events import Resize

from rnntui.tui.training.task_pane import TaskPane

NARROWEST, LOWEST = 38, 10  # columns and rows of a pane that can be read


class Panes(Grid):
    """Panes side by side, then in rows; those for which there is no room are hidden, and `hidden` counts them."""

    def __init__(self, panes: Iterable[TaskPane]) -> None:
        super().__init__(*panes)
        self.hidden = 0
        self._first = 0  # of those that are shown

    @property
    def all(self) -> list[TaskPane]:
        """The panes in their order, shown or not."""
        return list(self.query_children(TaskPane))

    @property
    def selected(self) -> TaskPane:
        """The pane that has the focus, or had it last."""
        panes = self.all
        return next((pane for pane in panes if pane.has_class("selected")), panes[0])

    def select(self, pane: TaskPane) -> None:
        """Make a pane the selected one, and show it."""
        for other in self.all:
            other.set_class(other is pane, "selected")
        self.share_room()

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
        self.hidden = len(panes) - shown
        for k, pane in enumerate(panes):
            pane.set_class(not self._first <= k < self._first + shown, "absent")
            pane.styles.column_span = 1
        panes[self._first + shown - 1].styles.column_span = columns * rows - shown + 1
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows


def grid(count: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows for so many panes in a room, no more of them than can be read, as even as can be."""
    columns = max(1, min(count, width // NARROWEST))
    rows = max(1, min(-(-count // columns), height // LOWEST))
    return -(-min(count, columns * rows) // rows), rows
