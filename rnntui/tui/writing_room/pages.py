"""Pages side by side, in as many columns as stay wide enough to be read."""

from collections.abc import Sequence

from textual.containers import Grid
from textual.events import Resize

from rnntui.tui.base import own_keys
from rnntui.tui.base.labels import one_line
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.figures import in_figures
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.page_layout import filling
from rnntui.tui.writing_room.page_view import PageView
from rnntui.tui.writing_room.titles import fitted

NARROWEST = 26  # columns of a page, its border included
HINTS = (  # the first for which there is room
    "type a prompt; {prompt.write} alone starts from a random character",
    "type a prompt, or {prompt.write} alone",
    "type a prompt",
)
MEASURING = "{:.0%} measured, then it adapts"
FRAME = 6  # columns that corners and gaps take from a title


class Pages(Grid):
    """A `PageView` for each page; the selected one has the focus, or had it last."""

    DEFAULT_CSS = styles_of(__file__)

    def __init__(self, count: int) -> None:
        super().__init__(*(PageView() for _ in range(count)))
        self.in_common: tuple[str, ...] = ()  # parts of all titles that have no room on the pages
        self._shown: list[Page | None] = [None] * count
        self._entitled: dict[PageView, tuple[str, str]] = {}
        self.has_figures = True  # whether each page has its figures below it

    @property
    def views(self) -> list[PageView]:
        """The views, in the order of the pages."""
        return list(self.query_children(PageView))

    @property
    def selected(self) -> int:
        """The number of the page that has the focus, or had it last."""
        return next((k for k, view in enumerate(self.views) if view.has_class("selected")), 0)

    def select(self, view: PageView) -> None:
        """Make a page the selected one."""
        for other in self.views:
            other.set_class(other is view, "selected")

    def filling(self, given: str) -> int:
        """How many characters to write behind what is given so that the smallest page is full."""
        return min(filling(*view.scrollable_content_region.size, given) for view in self.views)

    def show(self, pages: Sequence[Page]) -> bool:
        """Take in newer pages, and draw those that changed; whether what their titles have in common did."""
        before = self.in_common
        for k, (view, page) in enumerate(zip(self.views, pages, strict=True)):
            if page is not self._shown[k]:
                self._shown[k] = page
                view.show(page)
        titles = [page.title for page in pages]
        rooms = [max(1, view.outer_size.width - FRAME) for view in self.views]
        self.in_common, titles = fitted(titles, min(rooms))
        for view, page, title, room in zip(self.views, pages, titles, rooms, strict=True):
            self._entitle(view, page, title, room)
        return self.in_common != before

    def _entitle(self, view: PageView, page: Page, title: str, room: int) -> None:
        begun = page.text or page.phase == "loading"
        stopped = "stopped: space continues · " if page.phase == "stopped" and not page.sentence else ""
        figures = in_figures(page, room - len(stopped)) if self.has_figures else ""
        hint = next((said for said in map(own_keys.said, HINTS) if len(said) <= room), own_keys.said(HINTS[-1]))
        words = page.sentence or (figures if begun else hint)
        foot = f"{stopped}{words}" if words else stopped.removesuffix(" · ")
        foot = _cut(foot if page.measuring is None else MEASURING.format(page.measuring), room)
        if (title, foot) != self._entitled.get(view):
            self._entitled[view] = title, foot
            view.border_title, view.border_subtitle = one_line(title), one_line(foot)
            view.set_class(page.phase == "failed" or (bool(page.sentence) and page.phase != "loading"), "wrong")

    def on_resize(self, event: Resize) -> None:
        count = len(self._shown)
        columns = max(1, min(count, event.size.width // NARROWEST))
        rows = -(-count // columns)
        self.styles.grid_size_columns = -(-count // rows)  # as even as can be
        self.styles.grid_size_rows = rows


def _cut(words: str, room: int) -> str:
    return words if len(words) <= room else words[: room - 1] + "…"
