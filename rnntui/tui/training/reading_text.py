"""A text whose characters are shaded by the state of one unit, and the scale of the shades.

Where the terminal has no such colours a row of bars stands under each row of the text.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style

from rnntui.text import format
from rnntui.text.state_scale import STEPS, StateScale
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.raster_view import MANY_COLOURS
from rnntui.tui.chart.sketch import Row, Sketch
from rnntui.tui.training.reading_sheet import ReadingSheet, cell, first_row, rows_of

SHARE = 0.85  # of its colour that the strongest shade has
SHADES = range(-STEPS, STEPS + 1)


class ReadingText(Sketch, can_focus=True):
    """Shows a sheet; `None` until there is one."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"readingtext--{name}" for name in ("title", "note", "text", "low", "high", "bars")
    }

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

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if self._sheet is None:
            return [[], [Segment(self._waiting[:width], self.role("note"))]]
        return list(self._rows(self._sheet, width, height))

    @property
    def is_fine(self) -> bool:
        """Whether colours can carry the shades."""
        app = self.app
        return app.console.color_system in MANY_COLOURS and not (app.no_color or app.native_ansi_color)

    def _rows(self, sheet: ReadingSheet, width: int, height: int) -> Iterator[Row]:
        styles = self._styles() if self.is_fine else None
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
                shades = [styles.get(scale.shade(state), self.role("text")) for state in states[begin:end]]
                yield list(self._shaded(text[begin:end], shades, here))
            else:
                yield list(self._shaded(text[begin:end], [self.role("text")] * (end - begin), here))
                bars = (
                    scale.bar(state) * cell(each).cells
                    for each, state in zip(text[begin:end], states[begin:end], strict=True)
                )
                yield [Segment("".join(bars), self.role("bars"))]

    def _shaded(self, text: str, styles: Sequence[Style], here: int | None) -> Iterator[Segment]:
        marked = [style + self._cursor() if k == here else style for k, style in enumerate(styles)]
        for style, run in groupby(zip(text, marked, strict=True), key=lambda pair: pair[1]):
            yield Segment("".join(cell(character).text for character, _ in run), style)

    def _cursor(self) -> Style:
        return Style(reverse=True) if self.has_focus else Style(underline=True, bold=True)

    # --- the title --------------------------------------------------------------------------------------------------

    def _title(self, sheet: ReadingSheet, width: int, styles: "dict[int | None, Style] | None") -> Row:
        track, reading = sheet.track(sheet.chosen), sheet.reading
        state = sheet.states[sheet.place]
        words = [
            f"reading · layer {track.layer} · {track.state} · unit {track.unit} of {track.units}",
            *([f"here {state:+.2f}"] if state == state else []),
            f"step {reading.step:,}",
            f"r over {reading.read:,}",
            sheet.selection.order,
        ]
        scale = self._scale(sheet.scale, styles)
        room = width - sum(segment.cell_length for segment in scale) - 2
        said = format.fitting(words, max(room, len(words[0])))[:width]
        if len(said) > room:
            return [Segment(said, self.role("title"))]
        return [Segment(said, self.role("title")), Segment(" " * (room - len(said) + 2), self.role("note")), *scale]

    def _scale(self, scale: StateScale, styles: "dict[int | None, Style] | None") -> Row:
        low, high = scale.ends()
        note = self.role("note")
        if styles is None:
            middle = [Segment("▁▂▃▄▅▆▇█", self.role("bars"))]
        else:
            middle = [Segment(" ", styles[shade]) for shade in SHADES]
        return [Segment(f"{low} ", note), *middle, Segment(f" {high}", note)]

    def _styles(self) -> "dict[int | None, Style]":
        """A style for each shade: its colour mixed into the ground, and a text that is read on it."""
        ground = self.background_colors[1]
        low, high = (self.get_component_styles(f"readingtext--{name}").color for name in ("low", "high"))
        styles: dict[int | None, Style] = {}
        for shade in SHADES:
            mixed = ground.blend(high if shade > 0 else low, SHARE * abs(shade) / STEPS, 1.0)
            ink = (mixed + mixed.get_contrast_text(1.0)).rich_color
            styles[shade] = Style(color=ink, bgcolor=mixed.rich_color)
        return styles
