"""The footer of every screen: its keys, as many as fit without being cut."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

LAST = ("i", "q", "question_mark")  # in this order
KEPT = ("escape", *LAST)  # the ways out, the explanation and the help are there at any width
MORE = "more"


class Keys(Footer):
    """The keys in the order of their bindings, the help last; if there is no room for all, whole ones are left out."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._width = 0  # that the entries were chosen for

    def compose(self) -> ComposeResult:
        self._width = self.app.size.width
        yield from fitting([child for child in super().compose() if isinstance(child, FooterKey)], self._width)

    def on_resize(self, event: events.Resize) -> None:
        if self._bindings_ready and self._width != self.app.size.width:  # not where its entries alone changed
            self.call_after_refresh(self.recompose)


def fitting(entries: Iterable[FooterKey], width: int) -> list[FooterKey]:
    """The entries that are kept at any width, and of the others the first ones, as far as they fit in so many cells.

    The help is the last; it is called `more` where others are left out.
    """
    entries = sorted(entries, key=lambda entry: LAST.index(entry.key) if entry.key in LAST else -1)
    room = width + 1 - sum(_cells(entry) for entry in entries if entry.key in KEPT)  # the last gap may hang over
    taken, is_full = [], False
    for entry in entries:
        if entry.key not in KEPT:
            room -= _cells(entry)
            is_full = is_full or room < 0
            if is_full:
                continue
        taken.append(entry)
    if len(taken) < len(entries) and taken[-1].key == LAST[-1]:
        taken[-1].description = MORE  # as long as `help` is
    return taken


def _cells(entry: FooterKey) -> int:
    """What an entry takes of the line, with the gap behind it."""
    return cell_len(f"{entry.key_display} {entry.description} ")
