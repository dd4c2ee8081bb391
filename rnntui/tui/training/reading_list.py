"""The units of a reading, each with what it follows and what it does around the cursor; or places like one place."""

from collections.abc import Iterator
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from rnntui.probes import Reading
from rnntui.text.bars import STACKED
from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import one_line
from rnntui.text.state_scale import StateScale
from rnntui.tui.base import own_keys
from rnntui.tui.base.glyphs import drawn_text
from rnntui.tui.base.labels import NEWLINE
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.sketch import Row, Sketch
from rnntui.tui.training.reading_sheet import ReadingSheet, cell, rows_of, stretch

LONGEST_NAME = 26  # cells of a feature
LEAST_STRIP = 8  # cells
NOTHING = "–"
UNIT, FOLLOWS = "unit", "follows"  # the heads of their columns
HINTS = (
    "↑↓ unit  ←→ move  {laboratory.layer} layer  {laboratory.state} state  {laboratory.order} order"
    "  {laboratory.feature} feature  {laboratory.unit} name one  {reading.enter} similar places"
)
BACK = "the state is much as it is at the cursor where │ stands; {reading.escape}: back to the units"
MORE = "↑↓ more places; {reading.escape}: back to the units"
HINTS_FROM = 9  # rows
FAR, AFTER = 7, 15  # cells of a place's distance, and of what comes after it, at least


class UnitList(Sketch):
    """Shows the units of a sheet, or the places that were asked for."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"unitlist--{name}" for name in ("head", "note", "unit", "chosen")}

    def __init__(self) -> None:
        super().__init__()
        self._sheet: ReadingSheet | None = None
        self._places: Reading | None = None  # where it has the answer that is shown
        self._said = ""  # in place of an answer
        self._note = ""  # above the units
        self._top = self._top_place = 0

    def show(self, sheet: ReadingSheet | None, note: str = "") -> None:
        """List the units of a sheet, below a note where there is one."""
        self._sheet, self._places, self._said, self._note = sheet, None, "", note
        self.redraw()

    def show_places(self, reading: Reading | None, said: str) -> None:
        """List the similar places of a reading; until it is there, say something."""
        if reading is None:
            self._top_place = 0
        self._places, self._said = reading, said
        self.redraw()

    def scroll_places(self, by: int) -> None:
        """Go on in the list of places, as far as it goes."""
        self._top_place += by  # bounded where it is drawn
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if self._said:
            return list(self._place_rows(self._places, width, height))
        return [] if self._sheet is None else list(self._unit_rows(self._sheet, width, height))

    # --- units ------------------------------------------------------------------------------------------------------

    def _unit_rows(self, sheet: ReadingSheet, width: int, height: int) -> Iterator[Row]:
        has_hints = height >= HINTS_FROM
        count = height - 1 - has_hints - bool(self._note)
        if self._note:
            yield [Segment(elided(self._note, width), self.role("note"))]
        at = sheet.listed.index(sheet.chosen)
        highest = max(0, len(sheet.listed) - count)
        self._top = min(highest, at, max(self._top, at - count + 1))
        numbers = max(len(UNIT), len(str(sheet.track(sheet.listed[0]).units)))
        names = {k: one_line(sheet.follows(k)[0]) or NOTHING for k in sheet.listed}
        name = min(LONGEST_NAME, max(len(FOLLOWS), *map(len, names.values())), max(8, width - numbers - 12))
        room = width - numbers - name - 13
        begin, end = self._stretch(sheet, room) if room >= LEAST_STRIP else (0, 0)
        yield self._head(sheet, numbers, name, begin, end)
        for k in sheet.listed[self._top : self._top + count]:
            track = sheet.track(k)
            r = sheet.follows(k)[1] or NOTHING
            strip = self._strip(sheet, k, begin, end)
            is_chosen = k == sheet.chosen
            unit, follows = f"{track.unit:>{numbers}}", f"{elided(names[k], name):<{name}}"
            words = f"{'▸' if is_chosen else ' '} {unit}  {follows}  {r:>5}  "
            yield [Segment(words, self.role("chosen" if is_chosen else "unit")), Segment(strip, self.role("unit"))]
        if has_hints:
            yield [Segment(own_keys.said(HINTS)[:width], self.role("note"))]

    def _stretch(self, sheet: ReadingSheet, cells: int) -> tuple[int, int]:
        text, place = sheet.reading.text, sheet.place
        line = text.rfind("\n", 0, place) + 1
        return stretch(text, place, line, cells)

    def _head(self, sheet: ReadingSheet, numbers: int, name: int, begin: int, end: int) -> Row:
        head = self.role("head")
        names = f"  {UNIT:>{numbers}}  {FOLLOWS:<{name}}  {'bits' if sheet.is_by_information else 'r':>5}  "
        text = sheet.reading.text[begin:end]
        shown = [cell(character, is_in_row=True).text for character in text]
        here = sheet.place - begin
        if not shown:
            return [Segment(names, head)]
        before, at, after = "".join(shown[:here]), shown[here], "".join(shown[here + 1 :])
        return [Segment(names + before, head), Segment(at, self.role("chosen")), Segment(after, head)]

    def _strip(self, sheet: ReadingSheet, number: int, begin: int, end: int) -> str:
        if begin == end:
            return ""
        states = [float(state) for state in sheet.states_of(number, begin, end).tolist()]
        scale = StateScale.within(states)
        cells = (cell(character).cells for character in sheet.reading.text[begin:end])
        return "".join(scale.bar(state, STACKED) * width for state, width in zip(states, cells, strict=True))

    # --- places -----------------------------------------------------------------------------------------------------

    def _place_rows(self, reading: Reading | None, width: int, height: int) -> Iterator[Row]:
        if reading is None:
            yield [Segment(self._said[:width], self.role("head"))]
            return
        similar, count = reading.similar, max(1, height - 2)
        top = self._top_place = max(0, min(self._top_place, len(similar) - count))
        shown = similar[top : top + count]
        of = f" · {top + 1} to {top + len(shown)} of {len(similar)}" if len(shown) < len(similar) else ""
        yield [Segment(elided(self._said, max(1, width - len(of))) + of, self.role("head"))]
        room = min(max(4, width - FAR - AFTER), max((cell_len(_seen(place.before)) for place in similar), default=0))
        for place in shown:
            before = _last_cells(_seen(place.before), room)
            yield [
                Segment(f"{place.distance:{FAR - 2}.2f}  ", self.role("note")),
                Segment(" " * (room - cell_len(before)) + before, self.role("unit")),
                Segment(set_cell_size(f"│{_seen(place.after)}", max(0, width - FAR - room)), self.role("note")),
            ]
        yield [Segment(own_keys.said(MORE if of else BACK)[:width], self.role("note"))]


def _seen(text: str) -> str:
    """A text as it stands in a row."""
    return drawn_text(text.replace("\n", NEWLINE).replace("\t", " "))


def _last_cells(text: str, cells: int) -> str:
    """The end of a text that fits into so many cells."""
    for begin in range(len(text)):
        if rows_of(text[begin:], cells)[:1] == [(0, len(text) - begin)]:
            return text[begin:]
    return ""
