"""Two texts beside or above one another, with what each lacks of the other marked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Resize

from rnntui.text.diff import Stretch
from rnntui.text.sanitize import shown_text
from rnntui.tui.base.labels import one_line
from rnntui.tui.base.styles import styles_of
from rnntui.tui.writing_room.figures import in_figures
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.page_layout import filling
from rnntui.tui.writing_room.page_shades import Shading
from rnntui.tui.writing_room.page_view import PageView
from rnntui.tui.writing_room.telling import is_settled

WIDE = 100  # columns from which on the texts stand side by side
FRAME = 6  # columns that a border and its corners take from a title


@dataclass(frozen=True)
class TextShown:
    """A text with its title and the stretches of it that are marked."""

    title: str
    page: Page
    marked: Sequence[Stretch] = ()


class TwoTexts(Container):
    """The text before and the present one; the arrow keys are not theirs."""

    DEFAULT_CSS = styles_of(__file__)

    def __init__(self) -> None:
        super().__init__(classes="plain")  # not shaded
        self._editions = count(1)

    def compose(self) -> ComposeResult:
        for name in ("before", "present"):
            view = PageView(id=name)
            view.can_focus = False
            view.show_longest = False
            view.follows_writing = False  # both are read from their beginning, or where one scrolled to
            yield view

    def filling(self, given: str, most: int) -> int:
        """How many characters to write behind what is given so that the present text fills its room."""
        width, height = self.query_one("#present", PageView).scrollable_content_region.size
        return filling(width, height, given, most)

    def show(self, before: TextShown, present: TextShown) -> None:
        """Draw two texts."""
        for name, shown in (("before", before), ("present", present)):
            view = self.query_one(f"#{name}", PageView)
            # Each is an edition of its own: a text that grows does not move away from what one reads.
            view.show(replace(shown.page, edition=next(self._editions)))
            view.marked = shown.marked
            room = max(1, view.outer_size.width - FRAME)
            view.border_title = one_line(shown.title)
            sentence = shown_text(shown.page.sentence)
            view.border_subtitle = one_line(sentence[:room] or in_figures(shown.page, room))
            view.set_class(bool(sentence) and is_settled(shown.page), "wrong")

    def shade(self, shading: Shading) -> None:
        """Shade both, and underline what is copied where they are shaded by that."""
        self.set_class(shading == "none", "plain")
        for view in self.query(PageView):
            view.shading = shading
            view.show_longest = shading == "memory"

    def scroll_both(self, direction: int) -> None:
        """Scroll both by a page."""
        for view in self.query(PageView):
            view.scroll_relative(y=direction * max(1, view.size.height - 1), animate=False)

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.width >= WIDE, "wide")

    def on_page_view_moved(self, message: PageView.Moved) -> None:
        if message.position is not None:
            message.view.cursor = None  # there is no writing on from here
