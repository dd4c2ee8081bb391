"""The footer of every screen: its keys, as many as fit without being cut."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from rnntui.tui.base.keys import declared
from rnntui.tui.base.own_keys import active

# Meanings, whatever keys a user gave them: the ways out, the explanation and the help are there at any width.
LAST = ("about", "quit", "help")  # in this order
KEPT = ("leave", *LAST)
MORE = "more"


class Keys(Footer):
    """The keys in the order of their bindings, the help last; if there is no room for all, whole ones are left out."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._width = 0  # that the entries were chosen for

    def compose(self) -> ComposeResult:
        self._width = self.app.size.width
        places = {each.binding.action: k for k, each in reversed(list(enumerate(active(self.screen))))}
        entries = [child for child in super().compose() if isinstance(child, FooterKey)]
        in_order = sorted(entries, key=lambda entry: places.get(entry.action, len(places)))
        yield from fitting([(self._means(entry), entry) for entry in in_order], self._width)

    def _means(self, entry: FooterKey) -> str:
        """What its key means, whichever it is; the first where it means several things."""
        found = self.screen.active_bindings.get(entry.key)
        known_as = None if found is None else declared(found.node).get(found.binding.id or "")
        return known_as.means[0] if known_as is not None and known_as.means else ""

    def on_resize(self, event: events.Resize) -> None:
        if self._bindings_ready and self._width != self.app.size.width:  # not where its entries alone changed
            self.call_after_refresh(self.recompose)


def fitting(entries: Iterable[tuple[str, FooterKey]], width: int) -> list[FooterKey]:
    """Of entries, each with what it means, those that are kept at any width, and of the others the first ones, as far
    as they fit into so many cells.

    The help is the last; it is called `more` where others are left out.
    """
    entries = sorted(entries, key=lambda entry: LAST.index(entry[0]) if entry[0] in LAST else -1)
    room = width + 1 - sum(_cells(entry) for means, entry in entries if means in KEPT)  # the last gap may hang over
    taken: list[tuple[str, FooterKey]] = []
    is_full = False
    for means, entry in entries:
        if means not in KEPT:
            room -= _cells(entry)
            is_full = is_full or room < 0
            if is_full:
                continue
        taken.append((means, entry))
    if len(taken) < len(entries) and taken[-1][0] == LAST[-1]:
        taken[-1][1].description = MORE  # as long as `help` is
    return [entry for _, entry in taken]


def _cells(entry: FooterKey) -> int:
    """What an entry takes of the line, with the gap behind it."""
    return cell_len(f"{entry.key_display} {entry.description} ")
