"""The cells of a drawn chart: arrays of its exact height and width, of characters and of the roles that colour them."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnntui.tui.chart import series
from rnntui.tui.chart.axis import Axis, Floats
from rnntui.tui.chart.binning import CurveColumns
from rnntui.tui.chart.dots import Cells
from rnntui.tui.chart.extent import Extent
from rnntui.tui.chart.series import plain

BLANK = ord(" ")
ROLES = (
    *("axis", "title", "note", "baseline", "mark", "cursor"),
    *(f"{role}-band" for role in series.ROLES),
    *(f"{role}-text" for role in series.ROLES),
    *series.ROLES,
)
ROLE = {name: k for k, name in enumerate(ROLES)}

Run = tuple[str, str]  # text and its role


@dataclass(frozen=True)
class PlotArea:
    """Where the dots lie within the picture, in cells; `right` columns beside it are for the lines' newest values."""

    left: int
    top: int
    columns: int
    rows: int
    right: int = 0

    @property
    def dots(self) -> tuple[int, int]:
        """Rows and columns of dots."""
        return 4 * self.rows, 2 * self.columns


@dataclass(frozen=True)
class Picture:
    """A chart being drawn, then drawn. `curves` has one curve for each series; `extent` is that of its own values,
    `margins` are the columns that its own labels need to the left and to the right."""

    characters: Cells
    roles: NDArray[np.uint8]
    frame: PlotArea
    steps: Axis
    values: Axis
    curves: tuple[CurveColumns, ...]
    extent: Extent | None = None
    margins: tuple[int, int] = (0, 0)

    @property
    def width(self) -> int:
        """Columns of cells."""
        return int(self.characters.shape[1])

    def heights(self, values: Floats) -> Floats:
        """Rows of dots from the top, not rounded; what lies outside of the axis is at its border."""
        share = np.clip(self.values.share(values), 0.0, 1.0)
        return np.asarray((1 - share) * (self.frame.dots[0] - 1), dtype=np.float64)

    def row_of(self, value: float) -> int | None:
        """The row of dots of a value on the axis."""
        share = float(self.values.share(np.array([value]))[0])
        return round((1 - share) * (self.frame.dots[0] - 1)) if -1e-9 <= share <= 1 + 1e-9 else None

    def dot_of(self, step: float) -> int | None:
        """The column of dots of a step on the axis."""
        share = (step - self.steps.low) / (self.steps.high - self.steps.low)
        return round(share * (self.frame.dots[1] - 1)) if 0 <= share <= 1 else None

    def write(self, row: int, column: int, text: str, role: str) -> None:
        """Put text of narrow characters into the cells; what does not fit is left out."""
        text = text[: max(0, self.width - column)]
        place = np.s_[row, column : column + len(text)]
        self.characters[place] = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
        self.roles[place] = ROLE[role]

    def write_runs(self, row: int, pieces: Iterable[Run]) -> int:
        """Put pieces side by side while they fit; the first is shortened rather than left out. The columns used."""
        column = 0
        for text, role in pieces:
            text = plain(text) if column else shortened(plain(text), self.width)
            if column and column + len(text) > self.width:
                break
            self.write(row, column, text, role)
            column += len(text)
        return min(column, self.width)

    def rows(self) -> list[str]:
        """The rows as text."""
        text, width = self.characters.astype("<u4").tobytes().decode("utf-32-le"), self.width
        return [text[k : k + width] for k in range(0, len(text), width)]

    def runs(self) -> Iterator[list[Run]]:
        """Each row as runs of cells of one role; blank cells go with the run before them."""
        last = np.where(self.characters == BLANK, 0, np.arange(self.width))
        roles = np.take_along_axis(self.roles, np.maximum.accumulate(last, axis=1), axis=1)
        turns = roles[:, 1:] != roles[:, :-1]
        for y, text in enumerate(self.rows()):
            cuts = [0, *(np.flatnonzero(turns[y]) + 1).tolist(), self.width]
            yield [(text[a:b], ROLES[roles[y, a]]) for a, b in itertools.pairwise(cuts)]


def shortened(text: str, width: int) -> str:
    """A text without the last of its parts, or else of its words, for which there is no room."""
    for between in (" · ", " "):
        parts = text.split(between)
        while len(parts) > 1 and len(between.join(parts)) > width:
            parts.pop()
        text = between.join(parts)
    return text


def empty_picture(
    width: int,
    height: int,
    frame: PlotArea,
    steps: Axis,
    values: Axis,
    curves: Iterable[CurveColumns],
    extent: Extent | None = None,
) -> Picture:
    """A picture of blank cells."""
    characters = np.full((height, width), BLANK, dtype=np.uint32)
    roles = np.zeros((height, width), dtype=np.uint8)
    return Picture(characters, roles, frame, steps, values, tuple(curves), extent)
