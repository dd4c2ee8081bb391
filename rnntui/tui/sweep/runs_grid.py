"""The runs of a sweep as a grid of cells that scrolls in both directions, with fixed headings.

Invariant: columns and rows are shown completely or not at all; `show` draws only the cells that changed.
"""

import math
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rnntui.sweeps.plan import Plan
from rnntui.sweeps.pool import JobStatus
from rnntui.text.ellipsis import elided
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.signed_shades import has_many_colours
from rnntui.tui.base.styles import styles_of
from rnntui.tui.sweep import run_cell
from rnntui.tui.sweep.run_curves import Course
from rnntui.tui.sweep.run_table import Place, RunTable, best_table, worded
from rnntui.tui.sweep.score_shades import LEVELS, Ends, ends_of, level, shades

FAR = 9_999  # more rows or columns than there are
MOST_OF_HEIGHT = 0.7  # that it takes over a chart

_key = partial(bound, "grid")


class RunsGrid(ScrollView, can_focus=True):
    """One cell a run of the plan; `selected` is the name of one."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("runs-grid--axis", "runs-grid--head", "runs-grid--here", "runs-grid--rule", "runs-grid--selected"),
        *(f"runs-grid--{look}" for look in run_cell.SIGNS),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("do", "open", "curves", "The curves of the selected run", show=True, name="open"),
        _key("up", "move(-1, 0)", "up", "Select the run above"),
        _key("down", "move(1, 0)", "down", "Select the run below"),
        _key("left", "move(0, -1)", "left", "Select the run on the left"),
        _key("right", "move(0, 1)", "right", "Select the run on the right"),
        _key("home", f"move(0, {-FAR})", "first column", "Select the first run of the row"),
        _key("end", f"move(0, {FAR})", "last column", "Select the last run of the row"),
        _key("first", f"move({-FAR}, 0)", "first row", "Select the first run of the column"),
        _key("last", f"move({FAR}, 0)", "last row", "Select the last run of the column"),
        _key("page up", "page(-1)", "page up", "Select a run a page above"),
        _key("page down", "page(1)", "page down", "Select a run a page below"),
    ]

    selected: reactive[str] = reactive("", layout=False)

    class Selected(Message):
        """Another run was selected."""

    class Opened(Message):
        """The selected run is to be opened."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._statuses: dict[str, JobStatus] = {}
        self._courses: dict[str, Course] = {}
        self._place_of: dict[str, tuple[int, int]] = {}  # row and column, by name
        self._cell = Size(1, 1)
        self._tables: dict[tuple[int, int], RunTable] = {}  # the best, by width and height
        self._styles: dict[str, Style] = {}
        self._shades: list[Style] = []
        self._ends: Ends = (math.nan, math.nan)
        self.table = RunTable((), (), (), (), {})

    def show(self, statuses: Mapping[str, JobStatus], courses: Mapping[str, Course] = MappingProxyType({})) -> None:
        """Take the runs' states and courses, and draw the cells of those that changed."""
        changed = [
            name
            for name, status in statuses.items()
            if self._statuses.get(name) is not status or self._courses.get(name, ()) != courses.get(name, ())
        ]
        self._courses = dict(courses)
        ends, self._ends = self._ends, ends_of(statuses.values()) if changed else self._ends
        is_new = any(name not in self._place_of for name in changed)
        self._statuses.update(statuses)
        if is_new:
            self._tables.clear()
            self.refresh(layout=True)  # it may want more rows
            self._lay_out()
        elif ends != self._ends:
            self.refresh()
        elif changed:
            self.refresh(*(region for name in changed if (region := self.region_of(name))))

    # --- the table in the room that there is ------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._lay_out()
        self._bring_into_view()

    def _lay_out(self) -> None:
        if not self._statuses or not self.outer_size:
            return
        width, height = self.outer_size
        self.table = table = self._best_table(width, height)
        self._place_of = {name: place for place, name in table.names.items()}
        cell = table.cell_beside_scrollbars(width, height)
        self._cell, self.virtual_size = Size(*cell), Size(*table.whole(cell))
        if self.selected not in self._place_of:
            self.selected = table.names[min(table.names)]
        self.refresh()

    def _best_table(self, width: int, height: int) -> RunTable:
        if (width, height) not in self._tables:
            points = {name: status.job.point for name, status in self._statuses.items()}
            self._tables[width, height] = best_table(self._plan, points, width, height)
        return self._tables[width, height]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines that the table needs where it may have most of them; a chart below has the others."""
        room = int(container.height * MOST_OF_HEIGHT)
        return self._best_table(width, room).lines_needed(width, room) if self._statuses else room

    @property
    def _first(self) -> tuple[int, int]:
        """Row and column of the first cell that is seen whole."""
        return -(-self.scroll_offset.y // self._cell.height), -(-self.scroll_offset.x // self._cell.width)

    @property
    def _seen(self) -> tuple[int, int]:
        """How many rows and columns are seen whole."""
        rows = max(1, (self.size.height - self.table.head_height) // self._cell.height)
        return rows, max(1, (self.size.width - self.table.head_width) // self._cell.width)

    def _rows_seen(self) -> range:
        first = self._first[0]
        return range(first, min(len(self.table.rows), first + self._seen[0]))

    def _columns_seen(self) -> range:
        first = self._first[1]
        return range(first, min(len(self.table.columns), first + self._seen[1]))

    def region_of(self, name: str) -> Region | None:
        """Where a run is drawn; `None` where it is out of sight."""
        (row, column), (first_row, first_column) = self._place_of[name], self._first
        if not 0 <= row - first_row < self._seen[0] or not 0 <= column - first_column < self._seen[1]:
            return None
        x = self.table.head_width + (column - first_column) * self._cell.width
        y = self.table.head_height + (row - first_row) * self._cell.height
        return Region(x, y, *self._cell)

    @property
    def in_sight(self) -> list[JobStatus]:
        """The runs whose cells are seen, row by row: of many thousands few are, so no other is looked at."""
        places, names = product(self._rows_seen(), self._columns_seen()), self.table.names
        return [self._statuses[names[place]] for place in places if place in names]

    # --- selecting --------------------------------------------------------------------------------------------------

    def watch_selected(self) -> None:
        self._bring_into_view()
        self.refresh()
        self.post_message(self.Selected())

    def action_move(self, rows: int, columns: int) -> None:
        if self.selected in self._place_of:
            row, column = self._place_of[self.selected]
            row = min(max(row + rows, 0), len(self.table.rows) - 1)
            column = min(max(column + columns, 0), len(self.table.columns) - 1)
            self.selected = self.table.names.get((row, column), self.selected)

    def action_page(self, pages: int) -> None:
        self.action_move(pages * self._seen[0], 0)

    def action_open(self) -> None:
        if self.selected:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """Select what is clicked on, and open it by a double click."""
        at = event.get_content_offset(self)
        for name in self.table.names.values():
            if at is not None and (region := self.region_of(name)) and region.contains_point(at):
                self.selected = name
                if event.chain > 1:
                    self.action_open()

    def _bring_into_view(self) -> None:
        """Scroll just far enough to show the selected cell."""
        if self.selected in self._place_of and self.region_of(self.selected) is None:
            places = zip(self._place_of[self.selected], self._first, self._seen, strict=True)
            row, column = (min(at, max(first, at + 1 - seen)) for at, first, seen in places)
            self.scroll_to(column * self._cell.width, row * self._cell.height, animate=False, immediate=True)

    # --- drawing ----------------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles, self._shades = {}, []

    def render_line(self, y: int) -> Strip:
        table, width = self.table, self.size.width
        row, line = divmod(y - table.head_height, self._cell.height)
        row += self._first[0]
        if y < table.head_height:
            segments = [*self._corner(y), *(self._column_heads(y) if table.across else ())]
        elif row < len(table.rows):
            segments = [*self._row_heads(row, line), *self._cells(row, line)]
        else:
            segments = []
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _corner(self, y: int) -> Iterable[Segment]:
        """The names of the axes: those down in the last line of the head, one of those across in each line."""
        table, written = self.table, ""
        if y == table.head_height - 1:
            pairs = zip(table.down, table.row_widths, strict=True)
            written = "".join(set_cell_size(axis, width + 1) for axis, width in pairs)
        across = f"{table.across[y]} " if y < len(table.across) else ""
        room = max(0, table.head_width - cell_len(across))
        yield Segment(set_cell_size(written, room) + across, self._style("axis"))

    def _column_heads(self, y: int) -> Iterable[Segment]:
        """One line of headings, a value over all the columns that share it and those outside it."""
        columns, seen = self.table.columns, self._columns_seen()
        here = self._here(self.selected, self.table.columns, 1)
        begin = seen.start
        for k in seen:
            prefix = columns[k][: y + 1]
            if k + 1 == seen.stop or columns[k + 1][: y + 1] != prefix:
                width = (k + 1 - begin) * self._cell.width
                style = self._style("here" if here[: y + 1] == prefix else "head")
                yield self._rule(begin)
                yield Segment(set_cell_size(elided(worded(prefix[-1]), width - 1, end=0), width - 1), style)
                begin = k + 1

    def _row_heads(self, row: int, line: int) -> Iterable[Segment]:
        """The values of a row, each where it differs from the row above."""
        table, first = self.table, self._first[0]
        here = self._here(self.selected, table.rows, 0)
        for k, width in enumerate(table.row_widths):
            prefix = table.rows[row][: k + 1]
            is_new = line == 0 and (row == first or table.rows[row - 1][: k + 1] != prefix)
            text = worded(prefix[-1]) if is_new else ""
            yield Segment(set_cell_size(text, width + 1), self._style("here" if here[: k + 1] == prefix else "head"))
        yield Segment(" " * (table.head_width - sum(width + 1 for width in table.row_widths)), self.rich_style)

    def _cells(self, row: int, line: int) -> Iterable[Segment]:
        for column in self._columns_seen():
            yield self._rule(column)
            name = self.table.names.get((row, column), "")
            width = self._cell.width - 1
            if not name:
                yield Segment(" " * width, self.rich_style)
                continue
            status = self._statuses[name]
            style = self._style(run_cell.look(status))
            text = run_cell.lines(status, width, self._cell.height, self._courses.get(name, ()))[line]
            if name == self.selected:
                style += self._style("selected")
            elif line == 0 and (said := run_cell.said_score(status)):
                yield Segment(text[: len(said)], style + self._shade(level(status, self._ends)))
                text = text[len(said) :]
            yield Segment(text, style)

    def _rule(self, column: int) -> Segment:
        """What stands before a column: a rule where the outermost axis takes another value."""
        columns = self.table.columns
        is_edge = len(self.table.across) > 1 and column > 0 and columns[column][0] != columns[column - 1][0]
        return Segment("│" if is_edge else " ", self._style("rule"))

    def _here(self, name: str, places: tuple[Place, ...], side: int) -> Place:
        return places[self._place_of[name][side]] if name in self._place_of else ()

    def _shade(self, level: int) -> Style:
        """The ground of a score, where there are colours for it."""
        if not self._shades:
            colours = self.background_colors[1], self.get_component_styles("runs-grid--head").color
            self._shades = shades(*colours) if has_many_colours(self.app) else [Style()] * LEVELS
        return self._shades[level]

    def _style(self, role: str) -> Style:
        if role not in self._styles:
            partial = role == "selected"
            self._styles[role] = self.get_component_rich_style(f"runs-grid--{role}", partial=partial)
        return self._styles[role]
