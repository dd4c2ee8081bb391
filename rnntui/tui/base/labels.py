"""Text on widgets, titles and notifications: it is never read as markup and holds no control sequence.

Invariant: outside of this module nothing under `rnntui/tui` makes a `Content`, a `Static` or a `Label`.
"""

from collections.abc import Iterable

from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Label, Static

from rnntui.text import in_columns
from rnntui.text.sanitize import shown_text

NEWLINE, BLANK = in_columns.WRITTEN["\n"], in_columns.BLANK
SIGNS = {**in_columns.WRITTEN, " ": BLANK}  # of what is not seen where it stands alone


def content(text: str) -> Content:
    """A text as a widget shows it."""
    return Content(shown_text(text))


def styled(pieces: Iterable[tuple[str, str]]) -> Content:
    """Pieces of text behind one another, each with its style, such as `bold $success`."""
    return Content.assemble(*((shown_text(text), style) for text, style in pieces))


def quoted(text: str) -> str:
    """A text within a sentence: in quotes, on one row."""
    return f"'{in_columns.row(text)}'"


def one_line(text: str) -> Content:
    """A text as a title or a choice of a list shows it: a newline is a `↵`, a tab a blank."""
    return content(text.replace("\n", NEWLINE).replace("\t", " "))


class Words(Static):
    """Any text, wrapped to the width there is."""

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(content(text), markup=False, id=id, classes=classes)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        super().update(_safe(content), layout=layout)


class Caption(Label):
    """Any text, as wide as it is long."""

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(content(text), markup=False, id=id, classes=classes)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        super().update(_safe(content), layout=layout)


def _safe(text: VisualType) -> VisualType:
    return content(text) if isinstance(text, str) else text
