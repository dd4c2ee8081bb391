"""The keys that do something now, in columns by what they are for: one is selected, and a click or Enter runs it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.dom import DOMNode
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from rnntui.tui.base.grammar import Column
from rnntui.tui.base.keys import STAND_INS, declared, shown
from rnntui.tui.base.labels import styled
from rnntui.tui.base.own_keys import active
from rnntui.tui.base.screen import is_useless
from rnntui.tui.base.styles import styles_of

ORDER: tuple[Column, ...] = ("Run", "Look", "Views", "Network", "Text", "Move", "Program")
GAP = 3  # cells between columns
MOST_SHOWN = 3  # keys of one entry that are shown one by one


@dataclass(frozen=True)
class KeyEntry:
    """What can be done now, and by which keys."""

    column: Column
    keys: tuple[str, ...]  # as they are printed on a keyboard
    label: str
    words: str
    action: str
    node: DOMNode  # whose action it is

    @property
    def shown_keys(self) -> str:
        """`+ =`; of many the first and the last, as `1…9`."""
        few = len(self.keys) <= MOST_SHOWN
        return " ".join(self.keys) if few else f"{self.keys[0]}…{self.keys[-1]}"

    def matches(self, typed: str) -> bool:
        """Whether each word typed is in it; a single sign is looked for among the keys, too."""
        said = f"{self.column} {self.label} {self.words}".casefold()
        return typed in self.keys or all(word in said for word in typed.casefold().split())


def entries_of(screen: Screen[Any], *, useless: bool = False) -> list[KeyEntry]:
    """The entries of a screen as it is now, one for all keys that do the same, in the order of the columns.

    Actions of the screen that do nothing now are left out, or, if `useless`, they alone are listed.
    """
    found: dict[str, KeyEntry] = {}
    for each in active(screen):
        binding, node = each.binding, each.node
        known_as = declared(node).get(binding.id or "")
        if known_as is None or not each.enabled or not binding.tooltip or binding.action in STAND_INS:
            continue
        if useless != is_useless(screen, each):
            continue
        known = found.get(binding.tooltip)
        keys = (*(known.keys if known else ()), *shown(binding.key))
        label = binding.description if known is None else known.label.rstrip(" 0123456789")
        action, owner = (binding.action, node) if known is None else (known.action, known.node)
        found[binding.tooltip] = KeyEntry(known_as.column, keys, label, binding.tooltip, action, owner)
    return sorted(found.values(), key=lambda entry: ORDER.index(entry.column))


def in_columns(entries: Sequence[KeyEntry], width: int) -> list[list[KeyEntry | str]]:
    """The lines of each column in so many cells: entries under a heading, one empty line between two headings."""
    groups = [(name, [entry for entry in entries if entry.column == name]) for name in ORDER]
    groups = [(name, group) for name, group in groups if group]
    count = max(1, min(len(groups), (width + GAP) // (_width(entries) + GAP)))
    columns: list[list[KeyEntry | str]] = [[] for _ in range(count)]
    for k, (name, group) in enumerate(groups):
        column = columns[k] if k < count else min(columns, key=len)
        column += [*([""] if column else []), name, *group]
    return columns


def _width(entries: Iterable[KeyEntry]) -> int:
    return _keys_width(entries) + 1 + max((cell_len(entry.label) for entry in entries), default=0)


def _keys_width(entries: Iterable[KeyEntry]) -> int:
    return max((cell_len(entry.shown_keys) for entry in entries), default=0)


class KeyList(Widget):
    """The entries that are left by the filter; `selected` is one of them."""

    DEFAULT_CSS = styles_of(__file__)
    ALLOW_SELECT: ClassVar[bool] = False

    class Chosen(Message):
        """An entry was clicked."""

        def __init__(self, entry: KeyEntry) -> None:
            super().__init__()
            self.entry = entry

    class Selected(Message):
        """Another entry is selected."""

    def __init__(self, entries: Sequence[KeyEntry]) -> None:
        super().__init__()
        self.entries = self._all = list(entries)
        self.selected: KeyEntry | None = None

    def filter(self, typed: str) -> None:
        """Leave the entries that have the words; the first is selected where something is typed."""
        self.entries = [entry for entry in self._all if entry.matches(typed.strip())]
        self._select(self.entries[0] if typed.strip() and self.entries else None)
        self.refresh(layout=True)
        self.call_after_refresh(self.show_selected)

    def step(self, columns: int, rows: int) -> None:
        """Select the entry so many rows below, or the one beside it, so many columns to the right."""
        places = dict(self._places())
        if self.selected not in places:
            self._select(next(iter(places), None))
            return
        at_column, at_row = places[self.selected]
        if columns:
            others = [(entry, at) for entry, at in places.items() if at[0] == at_column + columns]
            self._select(min(others, key=lambda other: abs(other[1][1] - at_row))[0] if others else self.selected)
        else:
            below = [entry for entry, at in places.items() if at[0] == at_column]
            self._select(below[min(max(below.index(self.selected) + rows, 0), len(below) - 1)])

    def _select(self, entry: KeyEntry | None) -> None:
        self.selected = entry
        self.post_message(self.Selected())
        self.refresh()
        self.show_selected()

    def show_selected(self) -> None:
        """Scroll to what is selected, and where nothing is to the beginning."""
        row = next((row for entry, (_, row) in self._places() if entry is self.selected), 0)
        if isinstance(self.parent, Widget):
            self.parent.scroll_to_region(Region(0, row, 1, 1), animate=False)

    def count_from(self, row: int) -> int:
        """How many entries stand in this row and below it."""
        return sum(at >= row for _, (_, at) in self._places())

    def _places(self) -> Iterator[tuple[KeyEntry, tuple[int, int]]]:
        for k, column in enumerate(in_columns(self.entries, self.size.width)):
            yield from ((line, (k, row)) for row, line in enumerate(column) if isinstance(line, KeyEntry))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(len(column) for column in in_columns(self.entries, width))

    def render(self) -> Content:
        columns = in_columns(self.entries, self.size.width)
        width, keys = min(_width(self.entries), self.size.width), _keys_width(self.entries)
        pieces: list[tuple[str, str]] = []
        for row in range(max(len(column) for column in columns)):
            for k, column in enumerate(columns):
                line = column[row] if row < len(column) else ""
                pieces += [(" " * GAP * bool(k), ""), *self._line(line, keys, width)]
            pieces.append(("\n", ""))
        return styled(pieces[:-1])

    def _line(self, line: KeyEntry | str, keys: int, width: int) -> list[tuple[str, str]]:
        if isinstance(line, str):
            return [(line.ljust(width), "bold $text-muted")]
        is_selected = line is self.selected
        key = line.shown_keys + " " * (keys - cell_len(line.shown_keys))
        label = line.label + " " * (width - keys - 1 - cell_len(line.label))
        return [(key, f"bold $accent{' reverse' * is_selected}"), (f" {label}", "reverse" if is_selected else "")]

    def on_click(self, event: events.Click) -> None:
        at = event.x // (_width(self.entries) + GAP), event.y
        entry = next((entry for entry, place in self._places() if place == at), None)
        if entry is not None:
            self.post_message(self.Chosen(entry))
