"""What points into a chart: the cursor that reads values, moved by keys and the mouse, and the wheel."""

from typing import TYPE_CHECKING

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from rnntui.tui.chart.picture import Picture


class ChartPointer(Widget):
    """A widget with a cursor: a column of cells of what is drawn, or `None`. The wheel posts `Wheeled`."""

    cursor: reactive[int | None] = reactive(None, init=False)
    _picture: "Picture | None" = None

    class Wheeled(Message):
        """The mouse's wheel was turned: closer (1) or further away (-1)."""

        def __init__(self, closer: int) -> None:
            super().__init__()
            self.closer = closer

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._picture is not None:
            frame = self._picture.frame
            offset = event.get_content_offset_capture(self)
            column = offset.x - frame.left
            is_inside = 0 <= column < frame.columns and offset.y >= frame.top  # above stands the legend
            self.cursor = column if is_inside else None

    def on_leave(self) -> None:
        self.cursor = None

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.Wheeled(1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.Wheeled(-1))

    def action_move_cursor(self, columns: int) -> None:
        """Move the cursor; without one, put it on the newest step."""
        if self._picture is not None:
            first, newest = self._ends(self._picture)
            self.cursor = newest if self.cursor is None else min(max(self.cursor + columns, first), newest)

    def action_end_cursor(self, end: int) -> None:
        if self._picture is not None:
            self.cursor = self._ends(self._picture)[end]

    def _ends(self, picture: "Picture") -> tuple[int, int]:
        """The columns of cells of the first and the newest step shown."""
        dots = [dot for curve in picture.curves if len(curve.dot) for dot in (curve.dot[0], curve.dot[-1])]
        return max(0, int(min(dots, default=0)) // 2), int(max(dots, default=0)) // 2

    def action_hide_cursor(self) -> None:
        self.cursor = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.cursor is not None if action == "hide_cursor" else True

    def pointed_step(self) -> float | None:
        """The step at the cursor; `None` without a cursor."""
        if self.cursor is None or self._picture is None:
            return None
        from rnntui.tui.chart.legend import step_at

        return step_at(self._picture, self.cursor)
