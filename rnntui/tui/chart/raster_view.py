"""A raster of units × time: a title with its scale, a note, the shades, marks where no unit is open, what was read.

Two units share a cell, in colours, where the terminal has them; else each has a row of shade characters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from rich.color import Color as Colour
from rich.segment import Segment
from textual.color import Color as Hue

from rnntui.text import format
from rnntui.text.bars import BARS
from rnntui.text.ellipsis import ELLIPSIS
from rnntui.tui.base.signed_shades import has_many_colours
from rnntui.tui.base.styles import styles_of
from rnntui.tui.chart.shading import both_sides, half_blocks
from rnntui.tui.chart.sketch import Row, Sketch

if TYPE_CHECKING:
    from rnntui.probes import Marks, Values
    from rnntui.tui.chart.raster import How, Levels

SCALE_COLUMNS = 8
HEAD_ROWS = 2  # title and note
LINES_FROM, NUMBERS_FROM = 9, 11  # rows, of which the raster keeps four at least
HOLES = "gaps"  # stands before their marks
ALONG, READ = "step", "input"  # before the time steps, and before what was read
SHORT: dict["How", str] = {"mean": "mean", "maximum": "max"}


@dataclass(frozen=True, eq=False)
class RasterLine:
    """One value for each time step, `(T,)`, drawn as a row of bars from `low` to `high`."""

    label: str
    values: "Values"
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Sheet:
    """What a raster shows. `values` `(U, T)`, the first unit on top; `ends` stand beside the first and last unit,
    `named` says between them what they are, where that is not plain.

    `titles` are the longest first; one that leaves room for the scale goes before a longer one that does not. The first
    of `words` is always said, the others while they fit. `holes` `(T,)` are the time steps to mark, and `lines` are
    drawn below where there are rows enough. `read` is what the network read, a character a step, of `steps` in all;
    `has_numbers`: the steps are numbered too. `gutter` columns at least are left of the shades.
    """

    titles: tuple[str, ...]
    words: tuple[str, ...]
    values: "Values"
    low: float
    high: float
    how: "How"
    ends: tuple[str, str]
    named: str = ""
    holes: "Marks | None" = None
    lines: tuple[RasterLine, ...] = ()
    read: str = ""
    steps: int = 0
    has_numbers: bool = False
    gutter: int = 0

    @property
    def columns_beside(self) -> int:
        """Columns left of the shades, a blank among them."""
        labels = [*self.ends, self.named, *(line.label for line in self.lines), READ if self.read else ""]
        return max(self.gutter, *(len(label) + 1 for label in [*labels, HOLES if self.has_holes else ""]))

    @property
    def has_holes(self) -> bool:
        """Whether there are time steps to mark."""
        return self.holes is not None and bool(self.holes.any())

    def fitted(self, width: int) -> "Sheet":
        """As much of it as such a width shows: with what was read, as many steps as have a column each."""
        from rnntui.tui.chart.raster import steps_shown

        T = self.values.shape[1]
        count = steps_shown(self.read, T, max(1, width - self.columns_beside))
        if count == T:
            return self
        lines = tuple(replace(line, values=line.values[:count]) for line in self.lines)
        holes = None if self.holes is None else self.holes[:count]
        return replace(self, values=self.values[:, :count], holes=holes, lines=lines, read=self.read[:count])


class Raster(Sketch):
    """Draws one sheet; `None` until the first was measured."""

    DEFAULT_CSS = styles_of(__file__)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"raster--{name}" for name in ("title", "note", "axis", "line", "open", "above", "below", "hole")
    }

    def __init__(self, waiting: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._waiting = waiting
        self._sheet: Sheet | None = None

    @property
    def sheet(self) -> Sheet | None:
        """What is shown."""
        return self._sheet

    def say_waiting(self, words: str) -> None:
        """Say what is waited for, or why nothing will be measured."""
        self._waiting = words
        self.redraw()

    def show(self, sheet: Sheet | None) -> None:
        """Draw a sheet in place of the previous one."""
        self._sheet = sheet
        self.redraw()

    def draw(self, width: int, height: int) -> list[Row]:
        if self._sheet is None:
            return self.saying(self._waiting, width)
        return list(self._rows(self._sheet.fitted(width), width, height))

    # --- rows ---------------------------------------------------------------------------------------------------

    def _rows(self, sheet: Sheet, width: int, height: int) -> Iterator[Row]:
        from rnntui.tui.chart.raster import bars, even_columns

        gutter, is_fine = sheet.columns_beside, self._is_fine(sheet)
        columns = even_columns(sheet.values.shape[1], width - gutter)
        lines = sheet.lines if height >= LINES_FROM else ()
        below = list(_axis(sheet, columns, height))
        rows = max(1, height - HEAD_ROWS - len(below) - sheet.has_holes - len(lines))
        shaded = self._shaded(sheet, rows, columns, is_fine)
        axis = self.role("axis")
        yield self._title(sheet, width, is_fine)
        said = _said(sheet, rows * (2 if is_fine else 1), columns, width)
        yield [Segment(format.fitting(said, width), self.role("note"))]
        beside = {1: sheet.named, len(shaded) - 1: sheet.ends[1], 0: sheet.ends[0]}
        for y, row in enumerate(shaded):
            yield [Segment(f"{beside.get(y, ''):>{gutter - 1}} ", axis), *row]
        if sheet.holes is not None and sheet.has_holes:
            yield [Segment(f"{HOLES:>{gutter - 1}} ", self.role("hole")), *self._marked(sheet.holes, columns)]
        for line in lines:
            drawn = bars(line.values, line.low, line.high, columns)
            yield [Segment(f"{line.label:>{gutter - 1}} ", axis), Segment(drawn, self.role("line"))]
        for name, written in below:
            yield [Segment(f"{name if len(name) < gutter else '':>{gutter - 1}} {written}", axis)]

    def _marked(self, holes: "Marks", columns: int) -> Row:
        from rnntui.tui.chart.raster import HOLE, hole_marks

        return [
            Segment("".join(run), self.role("hole" if mark == HOLE else "axis"))
            for mark, run in groupby(hole_marks(holes, columns))
        ]

    def _title(self, sheet: Sheet, width: int, is_fine: bool) -> Row:
        """The title and the scale, for which a shorter title makes room; where none does, a title alone."""
        low, high = f"{sheet.low:.3g} ", f" {sheet.high:.3g}"
        room = width - len(low) - len(high) - SCALE_COLUMNS - 2
        title = next((title for title in sheet.titles if len(title) <= room), "")
        if not title:
            title = next((title for title in sheet.titles if len(title) <= width), sheet.titles[-1][:width])
            return [Segment(title, self.role("title"))]
        spare = room + 2 - len(title)
        note = self.role("note")
        scale = self._scale(sheet, is_fine)
        return [Segment(title, self.role("title")), Segment(" " * spare + low, note), *scale, Segment(high, note)]

    def _scale(self, sheet: Sheet, is_fine: bool) -> Row:
        import numpy as np

        from rnntui.tui.chart.raster import FINE, SHADES, shades

        count = FINE if is_fine else len(SHADES)
        shown = np.arange(SCALE_COLUMNS)[None] * (count - 1) // (SCALE_COLUMNS - 1)
        if not is_fine:
            return [Segment(shades(shown)[0], self.role("open"))]
        return self._coloured(shown[0], shown[0], sheet)

    # --- shades -------------------------------------------------------------------------------------------------

    def _is_fine(self, sheet: Sheet) -> bool:
        """Whether colours can carry the shades: a value that is no number takes characters."""
        import numpy as np

        return has_many_colours(self.app) and bool(np.isfinite(sheet.values).all())

    def _shaded(self, sheet: Sheet, rows: int, columns: int, is_fine: bool) -> list[Row]:
        from rnntui.tui.chart.raster import FINE, SHADES, binned, halves, levels, shades

        if not is_fine:
            shown = binned(sheet.values, rows, columns, sheet.how)
            style = self.role("open")
            return [
                [Segment(row, style)] for row in shades(levels(shown, sheet.low, sheet.high, len(SHADES), sheet.how))
            ]
        shown = binned(sheet.values, 2 * rows, columns, sheet.how)
        upper, lower = halves(levels(shown, sheet.low, sheet.high, FINE, sheet.how))
        return [self._coloured(a, b, sheet) for a, b in zip(upper, lower, strict=True)]

    def _coloured(self, upper: "Levels", lower: "Levels", sheet: Sheet) -> Row:
        return half_blocks(upper, lower, self._colours(sheet.low < 0))

    def _colours(self, has_sign: bool) -> list[Colour]:
        """A colour for each level: those of the theme, or from `below` through the ground to `above`; the last is the
        ground.
        """
        from rnntui.tui.chart.raster import FINE

        ground = self.background_colors[1]
        if not has_sign:
            colours = [Hue.parse(self.app.theme_variables[f"shade-{k}"]) for k in range(FINE)]
            return [colour.rich_color for colour in (ground, *colours[1:], ground)]
        below, above = (self.get_component_styles(f"raster--{name}").color for name in ("below", "above"))
        return both_sides(below, ground, above)


def _axis(sheet: Sheet, columns: int, height: int) -> Iterator[tuple[str, str]]:
    """What stands below the shades, each row with its name: what was read, where it fits, with `…` in place of its last
    character where it goes on, and the steps' numbers.
    """
    from rnntui.tui.chart.raster import read_labels, time_labels

    goes_on = sheet.values.shape[1] < sheet.steps and sheet.read[-1:] not in BARS
    read = read_labels(f"{sheet.read[:-1]}{ELLIPSIS}" if goes_on else sheet.read, columns)
    if read:
        yield READ, read
    if not read or (sheet.has_numbers and height >= NUMBERS_FROM):
        yield ALONG, time_labels(sheet.values.shape[1], columns)


def _said(sheet: Sheet, rows: int, columns: int, width: int) -> Iterator[str]:
    """The words, after the first of them how many units and steps a cell has, in short where there is little room."""
    from rnntui.tui.chart.raster import per_cell

    units, steps = sheet.values.shape
    shared = [
        format.counted(count, noun)
        for count, noun in ((per_cell(units, rows), "unit"), (per_cell(steps, columns), "step"))
        if count > 1
    ]
    yield sheet.words[0]
    if shared:
        of_what = " × ".join(shared)
        in_full = f"a shade is the {sheet.how} of {of_what}"
        has_room = len(format.fitting((sheet.words[0], in_full), width)) > len(sheet.words[0])
        yield in_full if has_room else f"{SHORT[sheet.how]} of {of_what}"
    if steps < sheet.steps:
        yield f"first {steps:,} of {sheet.steps:,} time steps"
    yield from sheet.words[1:]
