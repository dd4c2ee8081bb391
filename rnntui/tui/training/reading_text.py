"""A text whose characters are shaded by the state of one unit, and the scale of the shades.

Where the terminal has no such colours a row of bars stands under each row of the text.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message

from rnntui.text import format
from rnntui.text.bars import BARS
from rnntui.text.signed import signed
from rnntui.tui.base.signed_shades import grounds, has_many_colours
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.sketch import Row, Sketch
from rnntui.tui.training.reading_sheet import ReadingSheet, cell, first_row, place_at, rows_of


class ReadingText(Sketch, can_focus=True):
    """Shows a sheet; `None` until there is one."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"readingtext--{name}" for name in ("title", "note", "text", "bars")}

    class Pointed(Message):
        """A place in the text was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, waiting: str) -> None:
        super().__init__()
        self._waiting = waiting
        self._sheet: ReadingSheet | None = None
        self._top = 0
        self._laid_out: tuple[str, int, list[tuple[int, int]]] | None = None  # text, width, rows

    def show(self, sheet: ReadingSheet | None, waiting: str = "") -> None:
        """Draw a sheet in place of the one before; without one, say what is waited for."""
        self._sheet, self._waiting = sheet, waiting or self._waiting
        self.redraw()

    def on_click(self, event: Click) -> None:
        """Tell where in the text it was clicked."""
        offset = event.get_content_offset(self)
        if self._sheet is None or self._laid_out is None or offset is None or not offset.y:
            return
        row = self._top + (offset.y - 1) // (1 if has_many_colours(self.app) else 2)
        if row < len(self._laid_out[2]):
            begin, end = self._laid_out[2][row]
            self.post_message(self.Pointed(place_at(self._sheet.reading.text, begin, end, offset.x)))

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if self._sheet is None:
            return self.saying(self._waiting, width)
        return list(self._rows(self._sheet, width, height))

    def _rows(self, sheet: ReadingSheet, width: int, height: int) -> Iterator[Row]:
        styles = grounds(self.app, self.background_colors[1]) if has_many_colours(self.app) else None
        yield self._title(sheet, width, styles)
        text, place, states, scale = sheet.reading.text, sheet.place, sheet.states, sheet.scale
        if self._laid_out is None or self._laid_out[:2] != (text, width):
            self._laid_out = (text, width, rows_of(text, width))
        rows = self._laid_out[2]
        count = max(1, (height - 1) // (1 if styles else 2))
        self._top = first_row(rows, place, count, self._top)
        for begin, end in rows[self._top : self._top + count]:
            here = place - begin if begin <= place < end else None
            if styles is not None:
                shades = [self._ground(styles, scale.shade(state)) for state in states[begin:end]]
                yield list(self._shaded(text[begin:end], shades, here))
            else:
                yield list(self._shaded(text[begin:end], [self.role("text")] * (end - begin), here))
                bars = (
                    scale.bar(state) * cell(each).cells
                    for each, state in zip(text[begin:end], states[begin:end], strict=True)
                )
                yield [Segment("".join(bars), self.role("bars"))]

    def _ground(self, styles: "dict[int, Style]", shade: int | None) -> Style:
        return self.role("text") if shade is None else styles[shade]

    def _shaded(self, text: str, styles: Sequence[Style], here: int | None) -> Iterator[Segment]:
        marked = [style + self._cursor() if k == here else style for k, style in enumerate(styles)]
        for style, run in groupby(zip(text, marked, strict=True), key=lambda pair: pair[1]):
            yield Segment("".join(cell(character).text for character, _ in run), style)

    def _cursor(self) -> Style:
        return Style(reverse=True) if self.has_focus else Style(underline=True, bold=True)

    # --- the title --------------------------------------------------------------------------------------------------

    def _title(self, sheet: ReadingSheet, width: int, styles: "dict[int, Style] | None") -> Row:
        track, reading = sheet.track(sheet.chosen), sheet.reading
        state = sheet.states[sheet.place]
        words = [
            f"reading · layer {track.layer} · {track.state} · unit {track.unit} of {track.units}",
            *([f"here {signed(state)}"] if state == state else []),
            f"step {reading.step:,}",
            sheet.selection.order,
            f"{'bits' if sheet.is_by_information else 'r'} over {reading.read:,} characters",
        ]
        scale = self._scale(sheet, styles)
        room = width - sum(segment.cell_length for segment in scale) - 2
        said = format.fitting(words, max(room, len(words[0])))[:width]
        if len(said) > room:
            return [Segment(said, self.role("title"))]
        return [Segment(said, self.role("title")), Segment(" " * (room - len(said) + 2), self.role("note")), *scale]

    def _scale(self, sheet: ReadingSheet, styles: "dict[int, Style] | None") -> Row:
        """The shades between the states that the ends stand for."""
        scale, (low, high) = sheet.scale, sheet.ends_of_scale
        note = self.role("note")
        if styles is None:
            middle = [Segment(BARS, self.role("bars"))]
        else:
            middle = [Segment(" ", styles[shade]) for shade in scale.shades]
        return [Segment(f"{low} ", note), *middle, Segment(f" {high}", note)]
