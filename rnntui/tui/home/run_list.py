"""The list of runs: a line each, of which only those in sight are made, however many there are."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rnntui.runs.overview import FoundRun
from rnntui.text import format
from rnntui.tui.base.grammar import bound
from rnntui.tui.base.styles import styles_of
from rnntui.tui.home import run_line
from rnntui.tui.home.catalogue import Glance

if TYPE_CHECKING:
    from pathlib import Path

FAR = 1 << 30
MOST_STRIPS = 500  # lines that are kept as they were drawn
MARK = "•"
LEFT = 4  # cells before the name: chosen, how it stands, and a blank behind each


_key = partial(bound, "run-list")


class RunList(ScrollView, can_focus=True):
    """One line a run; `glance_of` knows what there is to say of one. `chosen` are those that were picked."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("run-list--name", "run-list--words", "run-list--cursor", "run-list--mark", "run-list--curve"),
        *(f"run-list--{look}" for look in run_line.SIGNS),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("do", "open", "open", "Open the run, or all that are chosen", show=True),
        _key("choose", "choose", "choose", "Choose the run, to open or compare several", show=True),
        _key("up", "move(-1)", "run above", "The run above"),
        _key("down", "move(1)", "run below", "The run below"),
        _key("home", f"move({-FAR})", "first run", "The first run"),
        _key("end", f"move({FAR})", "last run", "The last run"),
        _key("page up", "page(-1)", "page up", "A page of runs up"),
        _key("page down", "page(1)", "page down", "A page of runs down"),
    ]

    class Moved(Message):
        """Another run is under the cursor."""

    class Opened(Message):
        """The run under the cursor, or all that are chosen, are to be opened."""

    def __init__(self, glance_of: Callable[[FoundRun], Glance | None]) -> None:
        super().__init__()
        self._glance_of = glance_of
        self.rows: tuple[FoundRun, ...] = ()
        self.chosen: dict[Path, FoundRun] = {}  # in the order in which they were picked
        self._cursor = 0
        self._longest = run_line.SHORTEST_NAME
        self._drawn: dict[int, tuple[object, ...]] = {}  # by row, what was told of when it was drawn
        self._strips: dict[Path, tuple[object, Strip]] = {}  # lines as they were drawn last, and what that depends on
        self._styles: dict[str, Style] = {}

    # --- what it shows ----------------------------------------------------------------------------------------------

    def show(self, rows: Sequence[FoundRun], longest_name: int) -> None:
        """Show these runs, of names of so many cells; the cursor stays on its run as long as that is among them."""
        here, before = self.here, self._laid_out
        self.rows = tuple(rows)
        self._longest = longest_name
        places = [k for k, row in enumerate(self.rows) if here is not None and row.path == here.path]
        self._cursor = places[0] if places else min(self._cursor, max(0, len(self.rows) - 1))
        self.virtual_size = Size(self.size.width, len(self.rows))
        self._bring_into_view()
        if before != self._laid_out:
            self.refresh()
        else:
            self.look_again()
        if self.here != here:
            self.post_message(self.Moved())

    def look_again(self) -> None:
        """Draw the lines of which something else is known than when they were drawn."""
        first = self.scroll_offset.y
        for row, found in enumerate(self.in_sight, first):
            if self._drawn.get(row) != self._told_of(found):
                self.refresh(Region(0, row - first, self.size.width, 1))

    @property
    def _laid_out(self) -> tuple[object, ...]:
        """What a change of moves every line."""
        return [row.path for row in self.rows], self._longest, self._cursor

    def _told_of(self, found: FoundRun) -> tuple[object, ...]:
        return found.path, id(self._glance_of(found)), format.ago(found.changed)

    @property
    def here(self) -> FoundRun | None:
        """The run under the cursor."""
        return self.rows[self._cursor] if self._cursor < len(self.rows) else None

    @property
    def in_sight(self) -> tuple[FoundRun, ...]:
        """The runs whose lines are on the screen."""
        first = self.scroll_offset.y
        return self.rows[first : first + self.size.height]

    @property
    def wanted(self) -> tuple[FoundRun, ...]:
        """The runs that were chosen, else the one under the cursor."""
        return tuple(self.chosen.values()) or ((self.here,) if self.here is not None else ())

    def choose_none(self) -> None:
        """Choose none of them any more."""
        self.chosen = {}
        self.refresh()

    # --- moving -----------------------------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        self._go_to(self._cursor + rows)

    def action_page(self, pages: int) -> None:
        self._go_to(self._cursor + pages * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        if (here := self.here) is not None:
            if self.chosen.pop(here.path, None) is None:
                self.chosen[here.path] = here
            self._go_to(self._cursor + 1)
            self.refresh()
            self.post_message(self.Moved())

    def action_open(self) -> None:
        if self.rows:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        """Go to what is clicked on, and open it by a double click."""
        at = event.get_content_offset(self)
        if at is not None and (row := at.y + self.scroll_offset.y) < len(self.rows):
            self._go_to(row)
            if event.chain > 1:
                self.action_open()

    def on_resize(self) -> None:
        self._bring_into_view()

    def _go_to(self, row: int) -> None:
        row = min(max(row, 0), max(0, len(self.rows) - 1))
        if row != self._cursor:
            self._cursor = row
            self._bring_into_view()
            self.refresh()
            self.post_message(self.Moved())

    def _bring_into_view(self) -> None:
        height = max(1, self.size.height)
        first = min(self._cursor, max(self.scroll_offset.y, self._cursor + 1 - height))
        if first != self.scroll_offset.y:
            self.scroll_to(y=first, animate=False, immediate=True)

    # --- drawing ----------------------------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        width, row = self.size.width, y + self.scroll_offset.y
        if row >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        found = self.rows[row]
        self._drawn[row] = told = self._told_of(found)
        looks = (told, width, self._longest, row == self._cursor, found.path in self.chosen)
        if (kept := self._strips.get(found.path)) is None or kept[0] != looks:
            if len(self._strips) >= MOST_STRIPS:
                self._strips.clear()
            kept = self._strips[found.path] = looks, self._strip(found, width, is_here=row == self._cursor)
        return kept[1]

    def _strip(self, found: FoundRun, width: int, *, is_here: bool) -> Strip:
        segments, style = list(self._segments(found, self._glance_of(found), width)), self.rich_style
        if is_here:
            style = self._style("cursor")
            segments = [Segment(text, style) for text, _, _ in segments]
        return Strip(segments).adjust_cell_length(width, style)

    def _segments(self, found: FoundRun, glance: Glance | None, width: int) -> list[Segment]:
        look = run_line.look(found, glance)
        laid_out = run_line.columns(width - LEFT - 1, self._longest)
        mark = MARK if found.path in self.chosen else " "
        state = self._style(look)
        segments = [
            Segment(f"{mark} ", self._style("mark")),
            Segment(f"{run_line.SIGNS['sweep'] if found.is_sweep else run_line.SIGNS[look]} ", state),
            Segment(run_line.name_in(found, laid_out.name), self._style("name")),
        ]
        for column, cells in laid_out.others:
            part = {"figure": "name", "state": look, "curve": "curve"}.get(column, "words")
            segments.append(
                Segment(" " * run_line.GAP + run_line.cell(column, cells, found, glance), self._style(part))
            )
        return segments

    def _style(self, part: str) -> Style:
        if part not in self._styles:
            self._styles[part] = self.get_component_rich_style(f"run-list--{part}")
        return self._styles[part]
