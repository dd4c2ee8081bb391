"""The units of a reading, each with what it follows and what it does around the cursor; or places like one place."""

from collections.abc import Iterator
from typing import ClassVar

from rich.segment import Segment

from rnntui.probes import Reading
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
HINTS = (
    "↑↓ unit  ←→ move  {laboratory.layer} layer  {laboratory.state} state  {laboratory.order} order"
    "  {laboratory.feature} feature  {reading.enter} similar places"
)
BACK = "the state is much as it is at the cursor where │ stands; {reading.escape}: back to the units"
HINTS_FROM = 9  # rows


class UnitList(Sketch):
    """Shows the units of a sheet, or the places that were asked for."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"unitlist--{name}" for name in ("head", "note", "unit", "chosen")}

    def __init__(self) -> None:
        super().__init__()
        self._sheet: ReadingSheet | None = None
        self._places: Reading | None = None  # where it has the answer that is shown
        self._said = ""  # in place of an answer
        self._top = 0

    def show(self, sheet: ReadingSheet | None) -> None:
        """List the units of a sheet."""
        self._sheet, self._places, self._said = sheet, None, ""
        self.redraw()

    def show_places(self, reading: Reading | None, said: str) -> None:
        """List the similar places of a reading; until it is there, say something."""
        self._places, self._said = reading, said
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if self._said:
            return list(self._place_rows(self._places, width, height))
        return [] if self._sheet is None else list(self._unit_rows(self._sheet, width, height))

    # --- units ------------------------------------------------------------------------------------------------------

    def _unit_rows(self, sheet: ReadingSheet, width: int, height: int) -> Iterator[Row]:
        has_hints = height >= HINTS_FROM
        count = height - 1 - has_hints
        at = sheet.listed.index(sheet.chosen)
        highest = max(0, len(sheet.listed) - count)
        self._top = min(highest, at, max(self._top, at - count + 1))
        numbers = len(str(sheet.track(sheet.listed[0]).units))
        names = {k: one_line(sheet.follows(k)[0]) or NOTHING for k in sheet.listed}
        name = min(LONGEST_NAME, max(map(len, names.values())), max(8, width - numbers - 12))
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
        names = (
            f"  {'unit':<{numbers}}  {'follows':<{name}}"[: numbers + name + 4].ljust(numbers + name + 4)
            + f"  {'bits' if sheet.is_by_information else 'r':>5}  "
        )
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
        return "".join(scale.bar(state) * width for state, width in zip(states, cells, strict=True))

    # --- places -----------------------------------------------------------------------------------------------------

    def _place_rows(self, reading: Reading | None, width: int, height: int) -> Iterator[Row]:
        yield [Segment(self._said[:width], self.role("head"))]
        if reading is None:
            return
        for place in reading.similar[: max(1, height - 2)]:
            after = drawn_text(place.after.replace("\n", NEWLINE).replace("\t", " "))
            before = drawn_text(place.before.replace("\n", NEWLINE).replace("\t", " "))
            far, room = f"{place.distance:5.2f}  ", max(4, width - 9 - 13)
            yield [
                Segment(far, self.role("note")),
                Segment(_last_cells(before, room).rjust(1), self.role("unit")),
                Segment(f"│{after}"[: max(0, width - len(far) - min(room, len(before)))], self.role("note")),
            ]
        yield [
            Segment(
                own_keys.said(BACK)[:width],
                self.role("note"),
            )
        ]


def _last_cells(text: str, cells: int) -> str:
    """The end of a text that fits into so many cells."""
    for begin in range(len(text)):
        if rows_of(text[begin:], cells)[:1] == [(0, len(text) - begin)]:
            return text[begin:]
    return ""
