"""Pages side by side, in as many columns as stay wide enough to be read."""

from collections.abc import Sequence

from textual.containers import Grid
from textual.content import Content
from textual.events import Resize

from rnntui.tui.page import Page
from rnntui.tui.page_layout import in_figures
from rnntui.tui.widgets.page_view import PageView

NARROWEST = 26  # columns of a page, its border included
HINT = "type a prompt, or space: from a random character"
FRAME = 6  # columns that corners and gaps take from a title


class Pages(Grid):
    """A `PageView` for each page; the selected one has the focus, or had it last."""

    def __init__(self, count: int) -> None:
        super().__init__(*(PageView() for _ in range(count)))
        self._shown: list[Page | None] = [None] * count

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
        for each in self.views:
            each.set_class(each is view, "selected")

    def show(self, pages: Sequence[Page]) -> None:
        """Take in newer pages, and draw those that changed."""
        for k, (view, page) in enumerate(zip(self.views, pages, strict=True)):
            if page is not self._shown[k]:
                self._shown[k] = page
                view.show(page)
                self._entitle(view, page)

    def _entitle(self, view: PageView, page: Page) -> None:
        room = max(1, view.outer_size.width - FRAME)
        view.border_title = Content(_cut(page.title, room))
        begun = page.text or page.phase == "loading"
        words = page.sentence or (in_figures(page, room) if begun else HINT)
        view.border_subtitle = Content(_cut(words, room))
        view.set_class(page.phase == "failed" or (bool(page.sentence) and page.phase != "loading"), "wrong")

    def on_resize(self, event: Resize) -> None:
        count = len(self._shown)
        columns = max(1, min(count, event.size.width // NARROWEST))
        rows = -(-count // columns)
        self.styles.grid_size_columns = -(-count // rows)  # as even as can be
        self.styles.grid_size_rows = rows
        self.call_after_refresh(self._entitle_all)

    def _entitle_all(self) -> None:
        for view, page in zip(self.views, self._shown, strict=True):
            if page is not None:
                self._entitle(view, page)


def _cut(words: str, room: int) -> str:
    return words if len(words) <= room else words[: room - 1] + "…"
