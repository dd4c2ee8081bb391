"""The footer of every screen: its keys, as many as fit without being cut."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from rnntui.tui.base.keys import declared
from rnntui.tui.base.own_keys import active
from rnntui.tui.base.screen import LabScreen, is_useless

# Meanings, whatever keys a user gave them: the ways out, the explanation and the help are there at any width.
LAST = ("about", "quit", "help")  # in this order
KEPT = ("leave", *LAST)
MORE = "more"
BEHIND = 2


class Keys(Footer):
    """The keys in the order of their bindings, the help last; if there is no room for all, whole ones are left out."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._width = 0  # that the entries were chosen for

    def compose(self) -> ComposeResult:
        self._width = self.app.size.width
        bindings = active(self.screen)
        leading = self.screen.leading_actions if isinstance(self.screen, LabScreen) else ()
        useless = {each.binding.action for each in bindings if is_useless(self.screen, each)}
        places = {
            each.binding.action: (self._rank(each, leading), k) for k, each in reversed(list(enumerate(bindings)))
        }
        entries = [child for child in super().compose() if isinstance(child, FooterKey) and child.action not in useless]
        unseen = [each for each in bindings if each.binding.action in leading and not each.binding.show]
        entries += [self._entry(each) for each in unseen if each.binding.action not in useless]
        in_order = sorted(entries, key=lambda entry: places.get(entry.action, (BEHIND, 0)))
        yield from fitting([(self._means(entry), entry) for entry in in_order], self._width)

    def _rank(self, each: ActiveBinding, leading: tuple[str, ...]) -> int:
        """0 for what has the focus, 1 for what the screen puts first, 2 for all else."""
        is_of_focus = bool(leading) and each.node not in (self.screen, self.app)
        return 0 if is_of_focus else 1 if each.binding.action in leading else BEHIND

    def _entry(self, each: ActiveBinding) -> FooterKey:
        """Of a binding that is in the footer only where it leads."""
        binding = each.binding
        shown = self.app.get_key_display(binding)
        entry = FooterKey(
            binding.key, shown, binding.description, binding.action, disabled=not each.enabled, tooltip=binding.tooltip
        )
        return entry.data_bind(compact=Footer.compact)

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
