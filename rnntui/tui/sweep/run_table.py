"""The runs of a sweep as a table: some axes across as columns, the others down as rows, so that it fits best.

Invariant: every run has exactly one cell. A *place* is a value for each of the axes across, or of those down.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from rich.cells import cell_len

from rnntui.sweeps.plan import Plan, Point
from rnntui.text.sanitize import shown_text
from rnntui.tui.sweep import run_cell

LEAST_WIDTH, MOST_WIDTH = 7, 36  # of a cell, its separator included
ROOMY_HEIGHT = 2  # lines that a cell has where there is room, also if it needs fewer
LONGEST = 24  # cells of a value on an axis that are shown
MOST_ACROSS = 3  # axes

Place = tuple[Any, ...]


@dataclass(frozen=True)
class RunTable:
    """Which run stands where; `across` and `down` are axes, the outermost first."""

    across: tuple[str, ...]
    down: tuple[str, ...]
    columns: tuple[Place, ...]
    rows: tuple[Place, ...]
    names: Mapping[tuple[int, int], str]  # of the run at (row, column)

    @property
    def head_height(self) -> int:
        """Lines above the cells, one an axis across; one where there is none."""
        return max(1, len(self.across))

    @cached_property
    def row_widths(self) -> tuple[int, ...]:
        """Of the headings of the rows, one an axis down."""
        values = zip(*self.rows, strict=True)
        return tuple(
            max(cell_len(axis), *(cell_len(worded(value)) for value in of))
            for axis, of in zip(self.down, values, strict=True)
        )

    @cached_property
    def head_width(self) -> int:
        """Of the headings of the rows and, beside them, the names of the axes across."""
        across = max((cell_len(axis) + 1 for axis in self.across), default=0)
        return sum(width + 1 for width in self.row_widths) + across

    def cell_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of a cell where the table fills so many columns and lines; it may not fit."""
        wide = (width - self.head_width) // len(self.columns)
        high = (height - self.head_height) // len(self.rows)
        wide = min(MOST_WIDTH, max(LEAST_WIDTH, wide))
        return wide, min(max(ROOMY_HEIGHT, run_cell.lines_of_use(wide - 1)), max(1, high))

    def whole(self, cell: tuple[int, int]) -> tuple[int, int]:
        """Columns and lines of all of it with cells of that size."""
        wide, high = cell
        return self.head_width + len(self.columns) * wide, self.head_height + len(self.rows) * high

    def cell_beside_scrollbars(self, width: int, height: int) -> tuple[int, int]:
        """The size of a cell in so much room, of which the scrollbars that are needed take a column and a line."""
        wide, high = self.whole(self.cell_size(width, height))
        return self.cell_size(width - (high > height), height - (wide > width))

    def lines_needed(self, width: int, most: int) -> int:
        """The lines in which it says as much as in the most that it may have."""
        wide, high = self.whole(self.cell_size(width, most))
        return min(most, high + (wide > width))

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """How many cells are seen at once, and how much one of them says; more is better, in this order."""
        wide, high = self.cell_size(width, height)
        columns = min(len(self.columns), (width - self.head_width) // wide)
        rows = min(len(self.rows), (height - self.head_height) // high)
        return max(0, columns) * max(0, rows), run_cell.told(wide - 1, high)


def worded(value: Any) -> str:
    """A value of an axis on one line, safe to show, a long one shortened."""
    text = f"{value:g}" if isinstance(value, float) else shown_text(str(value))
    text = " ".join(text.split()) or "–"
    return text if cell_len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def best_table(plan: Plan, points: Mapping[str, Point], width: int, height: int) -> RunTable:
    """The arrangement of the runs, by name, that fits best; among equals, the one the plan asks for."""
    tables = [laid_out(plan, points, across) for across in _ways(plan)]
    return max(tables, key=lambda table: table.fit(width, height))  # the first of equals


def spares(plan: Plan, points: Mapping[str, Point], width: int, height: int, rows: int) -> bool:
    """Whether it may have so many rows less without that some run gets out of sight where all are in sight else."""
    if len(points) > width // LEAST_WIDTH * height:
        return True  # more than any arrangement has in sight

    def seen(height: int) -> int:
        return best_table(plan, points, width, height).fit(width, height)[0]

    return seen(height) < len(points) or seen(height - rows) == len(points)


def laid_out(plan: Plan, points: Mapping[str, Point], across: Sequence[str]) -> RunTable:
    """The table with these axes across."""
    ranks = {axis: {value: k for k, value in enumerate(values)} for axis, values in plan.every_axis.items()}
    axes = [*plan.every_axis, *([plan.search.axis] if plan.search else [])]
    across, down = tuple(a for a in axes if a in across), tuple(a for a in axes if a not in across)

    def places(of: Sequence[str]) -> list[Place]:
        distinct = {tuple(point[axis] for axis in of) for point in points.values()}
        return sorted(distinct, key=lambda place: [ranks.get(a, {}).get(v, v) for a, v in zip(of, place, strict=True)])

    columns, rows = places(across), places(down)
    column_at = {place: k for k, place in enumerate(columns)}
    row_at = {place: k for k, place in enumerate(rows)}
    names = {
        (row_at[tuple(point[a] for a in down)], column_at[tuple(point[a] for a in across)]): name
        for name, point in points.items()
    }
    return RunTable(across, down, tuple(columns), tuple(rows), names)


def _ways(plan: Plan) -> Iterator[tuple[str, ...]]:
    """Axes that may go across, the usual ones first: seed and the figure's line. A search grows downwards."""
    axes = list(plan.every_axis)
    if plan.search is not None:
        yield ("seed",) if "seed" in axes else ()
        return
    yield tuple(axis for axis in axes if axis in ("seed", plan.figure.line))
    for count in range(1, MOST_ACROSS + 1):
        yield from combinations(axes, count)
