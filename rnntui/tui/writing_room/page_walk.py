"""How a cursor moves over a page, by characters and by rows."""

from typing import Literal

from rnntui.tui.writing_room.page_layout import Layout

Step = Literal["left", "right", "up", "down", "home", "end", "page-up", "page-down", "first", "last"]
SIDEWAYS = ("left", "right", "home", "end", "first", "last")  # which choose another column to go up and down in


def walked(layout: Layout, position: int, step: Step, column: int | None, rows: int) -> int:
    """The position one step on; up and down it keeps to `column`, or where it is, and a page has `rows`."""
    last = len(layout.text)
    number, here = layout.place(position)
    match step:
        case "left" | "right":
            return min(max(position + (1 if step == "right" else -1), 0), last)
        case "home":
            return layout.row(number)[0]
        case "end":
            return layout.position(number, 2 * layout.width)
        case "first" | "last":
            return last if step == "last" else 0
    to = number + {"up": -1, "down": 1, "page-up": -rows, "page-down": rows}[step]
    return layout.position(min(max(to, 0), layout.height - 1), here if column is None else column)
