"""The footer of every screen: its keys, as many as fit without being cut."""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

KEPT = ("q", "escape", "question_mark")  # the ways out and the help are there at any width


class Keys(Footer):
    """The keys in the order of their bindings; if there is no room for all, the last ones are left out."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._width = 0  # that the entries were chosen for

    def compose(self) -> ComposeResult:
        self._width = self.app.size.width
        yield from fitting([child for child in super().compose() if isinstance(child, FooterKey)], self._width)

    def on_resize(self, event: events.Resize) -> None:
        if self._bindings_ready and self._width != self.app.size.width:  # not where its entries alone changed
            self.call_after_refresh(self.recompose)


def fitting(entries: Iterable[FooterKey], width: int) -> Iterator[FooterKey]:
    """The entries that are kept at any width, and of the others the first ones, as far as they fit in so many cells."""
    entries = list(entries)
    room = width + 1 - sum(_cells(entry) for entry in entries if entry.key in KEPT)  # the last gap may hang over
    is_full = False
    for entry in entries:
        if entry.key not in KEPT:
            room -= _cells(entry)
            is_full = is_full or room < 0
            if is_full:
                continue
        yield entry


def _cells(entry: FooterKey) -> int:
    """What an entry takes of the line, with the gap behind it."""
    return cell_len(f"{entry.key_display} {entry.description} ")
