"""What the reading view shows at a moment, as plain data: the units in an order, the chosen one, a place in the text.

Invariant: nothing here is drawn or measured, so that every step of it can be tested alone.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from rnntui.probes import Reading, UnitTrack
from rnntui.text.signed import signed
from rnntui.text.state_scale import StateScale
from rnntui.tui.base.glyphs import Drawn, glyph
from rnntui.tui.base.labels import NEWLINE

if TYPE_CHECKING:
    from rnntui.probes import Values

Item = TypeVar("Item")

ORDERS = ("strongest first", "one of each feature first", "by mutual information", "by number")
BY_INFORMATION, BY_NUMBER = ORDERS[2:]
STAND_IN, TAB = Drawn("·", 1), Drawn("→", 1)
TELLING = 200  # characters that are looked at together
STEPS_BACK = 1  # rows that stay above the cursor's, where there are some


@dataclass(frozen=True)
class UnitSelection:
    """Which units are listed, in which order, which one is chosen, and where in the text one is."""

    group: tuple[int, str] | None = None  # layer and state; `None`: those of the strongest unit
    order: str = ORDERS[0]
    unit: int | None = None  # by its number; `None`: the first of the list
    place: int = 0


@dataclass(frozen=True, eq=False)
class ReadingSheet:
    """A reading and what of it was selected."""

    reading: Reading
    selection: UnitSelection = field(default_factory=UnitSelection)

    @cached_property
    def groups(self) -> list[tuple[int, str]]:
        """The layers and states that there are, in their order."""
        return sorted({(track.layer, track.state) for track in self.reading.tracks}, key=_state_order)

    @cached_property
    def units(self) -> dict[tuple[int, str], int]:
        """How many units each layer and state has, listed or not."""
        counts = {(track.layer, track.state): track.units for track in self.reading.tracks}
        return {group: counts[group] for group in self.groups}

    @cached_property
    def group(self) -> tuple[int, str]:
        """The layer and state whose units are listed."""
        if self.selection.group in self.groups:
            return self.selection.group
        strongest = max(self.reading.tracks, key=lambda track: abs(track.r) if track.r == track.r else -1.0)
        return strongest.layer, strongest.state

    @cached_property
    def listed(self) -> list[int]:
        """The numbers of the tracks that are listed, in their order."""
        tracks = self.reading.tracks
        of_group = [k for k, track in enumerate(tracks) if (track.layer, track.state) == self.group]
        if self.selection.order == BY_INFORMATION:
            return sorted(of_group, key=lambda k: -tracks[k].bits if tracks[k].tells else 0.0)
        if self.selection.order == BY_NUMBER:
            return sorted(of_group, key=lambda k: tracks[k].unit)
        if self.selection.order == ORDERS[1]:
            firsts = {tracks[k].follows: k for k in reversed(of_group)}.values()
            return sorted(of_group, key=lambda k: (k not in firsts, of_group.index(k)))
        return of_group

    @cached_property
    def chosen(self) -> int:
        """The number of the track by whose states the text is shaded."""
        return next((k for k in self.listed if self.track(k).unit == self.selection.unit), self.listed[0])

    @cached_property
    def states(self) -> list[float]:
        """The states of the chosen unit, one a character."""
        return [float(state) for state in self.reading.states[self.chosen].tolist()]

    @cached_property
    def scale(self) -> StateScale:
        """From end to end of what the chosen unit does in this text."""
        return StateScale.of(self.states)

    @cached_property
    def ends_of_scale(self) -> tuple[str, str]:
        """The states that the ends of the scale stand for."""
        return self.scale.ends(self.states)

    @property
    def place(self) -> int:
        """Where in the text one is."""
        return max(0, min(len(self.reading.text) - 1, self.selection.place))

    def telling_place(self) -> int:
        """The beginning of a line near which the chosen unit changes most."""
        import numpy as np

        states = np.nan_to_num(self.reading.states[self.chosen].astype(np.float64))
        if len(states) <= TELLING:
            return 0
        sums, squares = (np.concatenate([[0.0], np.cumsum(values)]) for values in (states, states**2))
        means = (sums[TELLING:] - sums[:-TELLING]) / TELLING
        at = int(np.argmax((squares[TELLING:] - squares[:-TELLING]) / TELLING - means**2))
        return self.reading.text.rfind("\n", 0, at) + 1

    def track(self, number: int) -> UnitTrack:
        """A unit of the reading."""
        return self.reading.tracks[number]

    @property
    def is_by_information(self) -> bool:
        """Whether the units are listed with what they have the most mutual information with."""
        return self.selection.order == BY_INFORMATION

    def follows(self, number: int) -> tuple[str, str]:
        """What a unit follows, by the measure of the order, and how well; empty where that is not known."""
        track = self.track(number)
        if self.is_by_information:
            return track.tells, "" if math.isnan(track.bits) else f"{track.bits:.2f}"
        return track.follows, "" if math.isnan(track.r) else signed(track.r)

    def states_of(self, number: int, begin: int, end: int) -> "Values":
        """What a unit does over a stretch of the text."""
        return self.reading.states[number, begin:end]

    # --- steps ------------------------------------------------------------------------------------------------------

    def moved(self, by: int) -> UnitSelection:
        """Another place in the text."""
        return replace(self.selection, place=max(0, min(len(self.reading.text) - 1, self.place + by)))

    def other_unit(self, by: int) -> UnitSelection:
        """The unit so many rows below in the list, as far as that goes."""
        at = self.listed.index(self.chosen) + by
        return replace(self.selection, unit=self.track(self.listed[max(0, min(len(self.listed) - 1, at))]).unit)

    def next_layer(self) -> UnitSelection:
        """The same state of the next layer."""
        same = [group for group in self.groups if group[1] == self.group[1]]
        return replace(self.selection, group=_next(same, self.group), unit=None)

    @property
    def has_other_states(self) -> bool:
        """Whether the layer has more than the state that is shown."""
        return len(self._of_layer()) > 1

    def next_state(self) -> UnitSelection:
        """The next state of the same layer."""
        return replace(self.selection, group=_next(self._of_layer(), self.group), unit=None)

    def _of_layer(self) -> list[tuple[int, str]]:
        return [group for group in self.groups if group[0] == self.group[0]]

    def next_order(self) -> UnitSelection:
        """The units in the next order; the chosen one stays."""
        has_information = any(track.tells for track in self.reading.tracks)
        orders = [order for order in ORDERS if has_information or order != BY_INFORMATION]
        order = _next(orders, self.selection.order) if self.selection.order in orders else orders[0]
        return replace(self.selection, order=order, unit=self.track(self.chosen).unit)


def _state_order(group: tuple[int, str]) -> tuple[int, int, str]:
    return group[0], ("h", "c").index(group[1]) if group[1] in ("h", "c") else 2, group[1]


def _next(items: Sequence[Item], item: Item) -> Item:
    return items[(items.index(item) + 1) % len(items)]


# --- the text in rows -------------------------------------------------------------------------------------------------


def cell(character: str, *, is_in_row: bool = False) -> Drawn:
    """A character in one or two cells of its own; a newline is a blank at a row's end, and a sign within a row."""
    if character == "\n":
        return Drawn(NEWLINE if is_in_row else " ", 1)
    if character == "\t":
        return TAB
    shape = glyph(character)
    return shape if shape.cells in (1, 2) and len(shape.text) == 1 else STAND_IN


def rows_of(text: str, width: int) -> list[tuple[int, int]]:
    """Where each row of a text begins and ends; a newline ends its row, and a longer line goes on below."""
    rows, begin, room = [], 0, width
    for k, character in enumerate(text):
        cells = cell(character).cells
        if cells > room and k > begin:
            rows.append((begin, k))
            begin, room = k, width
        room -= cells
        if character == "\n":
            rows.append((begin, k + 1))
            begin, room = k + 1, width
    return [*rows, (begin, len(text))] if begin < len(text) else rows


def place_at(text: str, begin: int, end: int, column: int) -> int:
    """The place of the character in a column of a row from `begin` to `end`, or of the row's last."""
    for place in range(begin, end):
        column -= cell(text[place]).cells
        if column < 0:
            return place
    return end - 1


def first_row(rows: Sequence[tuple[int, int]], place: int, count: int, top: int) -> int:
    """The row that stands on top of `count`, so that the one with a place is seen: as before if that will do."""
    at = next((number for number, (begin, end) in enumerate(rows) if begin <= place < end), 0)
    highest = max(0, len(rows) - count)
    if top <= at < top + count and top <= highest:
        return top
    return max(0, min(highest, at - min(STEPS_BACK, count - 1)))


def stretch(text: str, place: int, begin: int, cells: int) -> tuple[int, int]:
    """A stretch of a text with a place in it that fits into so many cells: from `begin` on, if that will do."""
    if place < begin or place - begin >= cells:
        begin = max(0, place - cells // 2)
    while True:
        end = _fitting(text, begin, cells)
        if end > place or begin >= place:
            return begin, end
        begin += 1


def _fitting(text: str, begin: int, cells: int) -> int:
    end = begin
    for end, width in _ends(text, begin):
        if width > cells:
            return end - 1
    return end


def _ends(text: str, begin: int) -> Iterator[tuple[int, int]]:
    """Each end of a stretch and its width, the stretch being one character longer each time."""
    width = 0
    for k in range(begin, len(text)):
        width += cell(text[k]).cells
        yield k + 1, width
