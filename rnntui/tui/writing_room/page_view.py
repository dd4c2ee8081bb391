"""One page on the screen: streamed text, shaded, with a cursor; text can be selected and copied.

Only rows in sight are drawn, each once until something of it changes.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from rnntui.text.sanitize import shown_text
from rnntui.tui.base.grammar import BoundKey, bound
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.page_layout import Layout
from rnntui.tui.writing_room.page_looks import CharacterStyle, Emphasis
from rnntui.tui.writing_room.page_rows import drawn_row
from rnntui.tui.writing_room.page_shades import Shading, changed_from
from rnntui.tui.writing_room.page_walk import SIDEWAYS, Step, walked
from rnntui.tui.writing_room.shade_styles import SHADE_CLASSES, note_colours, own_style, shade_css, shade_style

UNKNOWN_WIDTH = 80
KEPT = 1_000  # rows that are kept drawn
PARTS = ("given", "written", "left-out", "longest", "marked", "cursor")


def _key(means: str, step: Step, words: str, label: str = "") -> BoundKey:
    return bound("page", means, f"walk('{step}')", label or step, words, name=step)


class PageView(ScrollView, can_focus=True):
    """One page. It follows the end while that is written, unless one has scrolled back or has a cursor in it, or it is
    told not to (`follows_writing`).

    `cursor` is a position from 0 to the length of the text, which is where the next character will stand, or `None`.
    `marked` are stretches of positions that are drawn as changed.
    """

    DEFAULT_CSS = styles_of(__file__) + shade_css("PageView")
    COMPONENT_CLASSES: ClassVar[set[str]] = {*SHADE_CLASSES, *(f"page--{part}" for part in PARTS)}
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("left", "left", "Move to the previous character"),
        _key("right", "right", "Move to the next character"),
        _key("up", "up", "Move to the row above"),
        _key("down", "down", "Move to the row below"),
        _key("home", "home", "Move to the first character of the row", "start of row"),
        _key("end", "end", "Move to the last character of the row", "end of row"),
        _key("page up", "page-up", "Move one page up", "page up"),
        _key("page down", "page-down", "Move one page down", "page down"),
        _key("first", "first", "Move to the first character", "start of text"),
        _key("last", "last", "Move to the end, to see what may come next", "end of text"),
        bound("page", "leave", "hide_cursor", "no cursor", "Hide the cursor and follow the end", name="hide"),
    ]

    shading: reactive[Shading] = reactive[Shading]("none", init=False)
    show_longest: reactive[bool] = reactive(True, init=False)
    marked: reactive[Sequence[tuple[int, int]]] = reactive[Sequence[tuple[int, int]]]((), init=False)
    cursor: reactive[int | None] = reactive(None, init=False)

    class Moved(Message):
        """The cursor of a page moved, or was hidden (`None`)."""

        def __init__(self, view: "PageView", position: int | None) -> None:
            super().__init__()
            self.view, self.position = view, position

        @property
        def control(self) -> Widget:
            return self.view

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._page = Page()
        self._layout = Layout(UNKNOWN_WIDTH)
        self.follows_writing = True
        self._follows = True
        self._column: int | None = None  # that the cursor keeps to on its way up and down
        self._rows: dict[int, Strip] = {}  # that are drawn
        self._styles: dict[CharacterStyle, Style] = {}
        self._page_style: Style | None = None

    @property
    def page(self) -> Page:
        """What is shown."""
        return self._page

    def show(self, page: Page) -> None:
        """Show a newer version of the page, and draw what has changed."""
        before, self._page = self._page, page
        changed = min(self._layout.write(page.text), self._layout.row_of(changed_from(before, page)))
        if self.cursor is not None:
            self.cursor = min(self.cursor, len(page.text))
        self._redraw(changed)
        self._fit()
        has_grown = before.edition == page.edition and len(page.text) > len(before.text)
        if self._follows and self.cursor is None and (has_grown or self._is_to_follow):
            self._to_end()

    @property
    def _is_to_follow(self) -> bool:
        """Whether its end is to be seen while that is written."""
        return self.follows_writing and self._page.phase == "writing"

    # --- the cursor -------------------------------------------------------------------------------------------------

    def action_walk(self, step: Step) -> None:
        if step in SIDEWAYS:
            self._column = None
        elif self._column is None:
            self._column = self._layout.place(self._start)[1]
        self.cursor = walked(self._layout, self._start, step, self._column, max(1, self.size.height - 1))

    @property
    def _start(self) -> int:
        """Where a walk begins: at the cursor, or at the first thing that is seen."""
        if self.cursor is not None:
            return self.cursor
        return len(self._page.text) if self._follows else self._layout.row(self._top)[0]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.cursor is not None if action == "hide_cursor" else True

    def action_hide_cursor(self) -> None:
        self.cursor = None

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where it was clicked, unless a stretch was selected."""
        offset = event.get_content_offset(self)
        if offset is not None and self.text_selection is None:
            self._column = None
            row = min(self._top + offset.y, self._layout.height - 1)
            self.cursor = self._layout.position(row, offset.x)

    def watch_cursor(self, before: int | None, after: int | None) -> None:
        self.refresh()
        if after is None:
            self._column, self._follows = None, True
            if self._is_to_follow:
                self._to_end()
        else:
            self._show_row(self._layout.row_of(after))
        self.post_message(self.Moved(self, after))

    def _show_row(self, row: int) -> None:
        height = self.size.height
        if not self._top <= row < self._top + height:
            y = row if row < self._top else row - height + 1
            self._scroll(y)

    # --- laying out -------------------------------------------------------------------------------------------------

    @property
    def _top(self) -> int:
        """The first row in sight."""
        return min(self.scroll_offset.y, self._layout.height - 1)

    def _fit(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._layout.height)

    def _to_end(self) -> None:
        self._scroll(self._layout.height - self.size.height)
        self._follows = True

    def _scroll(self, row: int) -> None:
        """Scroll to a row, even where the scroll bar is yet to come."""
        self.scroll_to(y=row, animate=False, immediate=True, force=True)

    def _redraw(self, first: int = 0) -> None:
        """Draw the rows from one on anew before the next frame."""
        for row in [row for row in self._rows if row >= first]:
            del self._rows[row]
        y = max(0, first - self.scroll_offset.y)
        if y < self.size.height:
            self.refresh(Region(0, y, self.size.width, self.size.height - y))

    def on_mount(self) -> None:
        note_colours(self)

    def on_resize(self) -> None:
        width, follows = self.scrollable_content_region.width - 1, self._follows  # a space hangs over
        if width > 0 and width != self._layout.width:
            first = self._layout.row(self._top)[0]
            self._layout = Layout(width)
            self._layout.write(self._page.text)
            self._redraw()
            self._fit()
            self._scroll(self._layout.row_of(first))
        if follows and self.cursor is None and self._is_to_follow:
            self._to_end()
        elif self.cursor is not None:
            self._show_row(self._layout.row_of(self.cursor))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._follows = round(new_value) >= self.max_scroll_y

    def watch_mouse_hover(self) -> None:
        self._redraw()

    def watch_shading(self) -> None:
        self._redraw()

    def watch_show_longest(self) -> None:
        self._redraw()

    def watch_marked(self) -> None:
        self._redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._page_style = None
        self._styles.clear()
        self._redraw()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        if row >= self._layout.height:
            return Strip.blank(self.size.width, self._ground)
        start, end = self._layout.row(row)
        is_last = row == self._layout.height - 1
        has_cursor = self.cursor is not None and start <= self.cursor < end + is_last
        is_selected = self.text_selection is not None and self.text_selection.get_span(row) is not None
        if has_cursor or is_last or is_selected:
            return self._drawn(row)
        if row not in self._rows:
            if len(self._rows) >= KEPT:
                self._rows.clear()
            self._rows[row] = self._drawn(row)
        return self._rows[row]

    def _drawn(self, row: int) -> Strip:
        strip = drawn_row(self._page, self._layout, row, self._emphasis, self._style)
        if self.mouse_hover:  # where each character stands costs a third of the drawing, and only the mouse asks
            strip = strip.apply_offsets(0, row)
        return strip.crop_extend(0, self.size.width, self._ground)

    @property
    def _emphasis(self) -> Emphasis:
        longest = range(*self._page.recall.longest) if self.show_longest else range(0)
        return Emphasis(self.shading, longest, self.marked, self._selected, self.cursor)

    def _style(self, look: CharacterStyle) -> Style:
        if look not in self._styles:
            names = ["longest"] * look.is_longest + ["marked"] * look.is_marked
            style = self._ground + own_style(self, f"page--{look.part}") + shade_style(self, look.shade)
            style = Style.combine([style, *(own_style(self, f"page--{name}") for name in names)])
            if look.is_selected:
                style += self.screen.get_component_rich_style("screen--selection")
            self._styles[look] = style + own_style(self, "page--cursor") if look.is_cursor else style
        return self._styles[look]

    @property
    def _ground(self) -> Style:
        """The style of the page itself, worked out once."""
        if self._page_style is None:
            self._page_style = self.rich_style
        return self._page_style

    # --- selecting --------------------------------------------------------------------------------------------------

    @property
    def _selected(self) -> range:
        """The positions that are selected."""
        return range(0) if self.text_selection is None else self._between(self.text_selection)

    def _between(self, selection: Selection) -> range:
        return range(self._position(selection.start, 0), self._position(selection.end, len(self._page.text)))

    def _position(self, offset: Offset | None, default: int) -> int:
        """The position at an offset in what is drawn: a row, and characters from its left."""
        return default if offset is None else self._layout.position_of(offset.y, offset.x)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        selected = self._between(selection)
        return shown_text(self._page.text[selected.start : selected.stop]), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()
