"""The cells that a timeline is drawn in: each a character and its role, which is what decides on its colour."""

from collections.abc import Sequence
from itertools import pairwise

from rnntui.tui.chart.dots import BRAILLE, Cells

BLANK = " "
Cell = tuple[str, str]  # a character and its role


class Grid:
    """Rows of cells, blank at first; what lies beyond a border is cut."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows: list[list[Cell]] = [[(BLANK, "label")] * columns for _ in range(rows)]

    def write(self, row: int, column: int, words: str, role: str) -> None:
        """Write words from a column on."""
        for k, character in enumerate(words, column):
            if 0 <= row < len(self.rows) and 0 <= k < self.columns:
                self.rows[row][k] = character, role

    def dots(self, row: int, column: int, cells: Cells, role: str) -> None:
        """Braille dots, from a place on; what is below them stays where there are none."""
        for y, line in enumerate(cells.tolist(), row):
            for x, bits in enumerate(line, column):
                if bits:
                    self.write(y, x, chr(BRAILLE + bits), role)

    def is_free(self, row: int, column: int, length: int) -> bool:
        """Whether nothing stands in so many cells, all of which are there."""
        if not (0 <= row < len(self.rows) and column >= 0 and column + length <= self.columns):
            return False
        return all(character == BLANK for character, _ in self.rows[row][column : column + length])

    def label(self, row: int, column: int, words: str, role: str) -> None:
        """Write words beside a sign, or else above it, the nearest place where they hide nothing; else nowhere."""
        beside = [(row, column + 2), (row, column - 1 - len(words))]
        centre = min(max(0, column - len(words) // 2), self.columns - len(words))
        for its_row, start in [*beside, *((above, centre) for above in range(row - 1, -1, -1))]:
            first, end = max(0, start - 1), min(self.columns, start + len(words) + 1)
            if 0 <= start <= self.columns - len(words) and self.is_free(its_row, first, end - first):
                self.write(its_row, start, words, role)
                return


def spread(rows: Sequence[int], height: int) -> list[int]:
    """The rows, each its own: from the top on one row lower wherever two would share one."""
    order = sorted(range(len(rows)), key=lambda k: rows[k])
    placed = list(rows)
    for before, k in pairwise(order):
        placed[k] = max(placed[k], placed[before] + 1)
    over = max((row - height + 1 for row in placed), default=0)
    return [row - max(0, over) for row in placed]
