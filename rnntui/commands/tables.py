"""Tables of all commands. Imported inside the commands: it brings Rich.

Invariant: no number is ever cut, since a cut number is a wrong one. If a table is wider than the terminal, words are
shortened in their middle, then whole columns are left out and named; if that is not enough, or no column may be left
out, each row is printed as a list. A pipe has no width, so nothing is shortened there.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from rnntui.system import output
from rnntui.system.output import say
from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import one_line

GAP = 2  # columns of a terminal between two of a table
WORDS = 0.3  # of the width: what words keep before a column goes
FEW_WORDS = 12  # columns: what they keep at last
TITLE = 16  # columns that the head of a column of figures keeps
NARROW = 24  # columns: where less is left for a sentence, it stands under its name
ENDS = (0.5, 0.7, 0.3)  # shares of a name behind its ellipsis, the first that keeps all names different
FIGURE = re.compile(r"[-+\d.,/:%×e ]*\d[-+\d.,/:%×e ]*[a-zA-Z]?")
WITH_UNIT = re.compile(r"[-+]?\d[\d.,]*( [a-z]+){1,2}")


@dataclass(frozen=True)
class Table:
    """Heads and lines of one row of the screen each; `to_right` are the columns of figures."""

    titles: list[str]
    to_right: list[bool]
    lines: list[list[str]]

    @property
    def widths(self) -> list[int]:
        return [max(map(cell_len, column)) for column in self.columns()]

    def columns(self) -> list[tuple[str, ...]]:
        """Each head with what stands under it."""
        return list(zip(self.titles, *self.lines, strict=True))

    def only(self, kept: Sequence[int]) -> "Table":
        """The columns of these numbers."""
        titles, to_right = [self.titles[k] for k in kept], [self.to_right[k] for k in kept]
        return Table(titles, to_right, [[line[k] for k in kept] for line in self.lines])

    def narrowed(self, width: float, words: int) -> "Table | None":
        """The table narrowed to a width, words keeping at least so many columns; `None` if that is impossible.

        What stands first in the lines names them, and different names stay different.
        """
        widths, room = self.widths, width - GAP * (len(self.titles) - 1)
        if sum(widths) <= room:
            return self
        floors = [self._least(k, words) for k in range(len(widths))]
        if sum(floors) > room:
            return None
        most = next(cap for cap in range(max(widths), -1, -1) if sum(_capped(widths, floors, cap)) <= room)
        fitting = _capped(widths, floors, most)
        names = _told_apart([line[0] for line in self.lines], fitting[0])
        if names is None:
            return None
        lines = [[name, *_elided(line[1:], fitting[1:])] for name, line in zip(names, self.lines, strict=True)]
        return Table(_elided(self.titles, fitting), self.to_right, lines)

    def _least(self, k: int, words: int) -> int:
        """The width that a column needs so that no number in it is cut."""
        cells = [line[k] for line in self.lines]
        figures = max((cell_len(cell) for cell in cells if self.to_right[k] or is_figure(cell)), default=0)
        widest = max(map(cell_len, cells), default=0)
        return max(figures, min(cell_len(self.titles[k]), TITLE), min(widest, words))


def is_figure(text: str) -> bool:
    """Whether a cell reads as a number, or as several: `1e-05`, `100,000/100,000`, `12.4k`, `6 min ago`."""
    return FIGURE.fullmatch(text) is not None or WITH_UNIT.fullmatch(text) is not None


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, leave_out: Iterable[Sequence[str]] = ()
) -> None:
    """A table; a column whose name begins with `>` has figures and is set to the right.

    `leave_out` are the columns that a narrow terminal may go without, so many of them together, the first ones first.
    """
    table = Table(
        [one_line(name.removeprefix(">")) for name in columns],
        [name.startswith(">") for name in columns],
        [[one_line(cell) for cell in row] for row in rows],
    )
    fitting, gone = fitted(table, output.columns(), leave_out)
    if fitting is None:
        _print_listed(table)
        return
    _print_aligned(fitting)
    if gone:
        say(f"left out for width: {', '.join(gone)}")


def fitted(table: Table, width: float, leave_out: Iterable[Sequence[str]]) -> tuple[Table | None, list[str]]:
    """The table in that width and the titles of the columns left out; `None` if it does not fit."""
    gone: list[str] = []
    left = table
    for names in ((), *leave_out):
        gone += [title for title in left.titles if title in names]
        left = left.only([k for k, title in enumerate(left.titles) if title not in names])
        if fitting := left.narrowed(width, max(FEW_WORDS, int(WORDS * min(width, 10_000)))):
            return fitting, gone
    return left.narrowed(width, FEW_WORDS), gone


def print_facts(rows: Iterable[Sequence[str]]) -> None:
    """Names and what is to be said of each, its lines broken between words."""
    told = [(one_line(name), one_line(words)) for name, words in rows]
    if not told:
        return
    width, widest = output.columns(), max(cell_len(name) for name, _ in told)
    room = width - widest - GAP
    for name, words in told:
        if room < min(NARROW, cell_len(words)):
            print("\n".join([name, *(f"{' ' * GAP}{line}" for line in _broken(words, width - GAP))]))
        else:
            lines = _broken(words, room) or [""]
            first = f"{name}{' ' * (widest - cell_len(name) + GAP)}"
            print("\n".join([f"{first}{lines[0]}".rstrip(), *(f"{' ' * (widest + GAP)}{line}" for line in lines[1:])]))


# --- drawing --------------------------------------------------------------------------------------------------------


def _print_aligned(table: Table) -> None:
    widths = table.widths
    # Rich draws the head alone: it would take a second for a thousand lines.
    print(output.styled(_aligned(table.titles, table.to_right, widths), "table.header"))
    for line in table.lines:
        print(_aligned(line, table.to_right, widths))


def _aligned(cells: list[str], to_right: list[bool], widths: list[int]) -> str:
    blank = [" " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)]
    pairs = zip(cells, blank, to_right, strict=True)
    return (" " * GAP).join(space + cell if right else cell + space for cell, space, right in pairs).rstrip()


def _print_listed(table: Table) -> None:
    """A row under the other: its first cell as a head, then a line for each of the rest that says something."""
    widest = max(map(cell_len, table.titles))
    room = output.columns() - widest - 2 * GAP
    for first, *cells in table.lines:
        print(f"{table.titles[0]} {first}" if is_figure(first) else first)
        for title, cell in zip(table.titles[1:], cells, strict=True):
            if cell:
                head = f"{' ' * GAP}{title}{' ' * (widest - cell_len(title) + GAP)}"
                print(f"{head}{cell}" if cell_len(cell) <= room else f"{head.rstrip()}\n{' ' * 2 * GAP}{cell}")


def _broken(words: str, width: float) -> list[str]:
    """Lines of that width at most, broken between words, and within one where it is longer than a line."""
    if cell_len(words) <= width:
        return [words]
    return [line.plain.rstrip() for line in Text(words).wrap(Console(), max(1, int(width)))]


def _capped(widths: list[int], floors: list[int], most: int) -> list[int]:
    return [max(floor, min(width, most)) for width, floor in zip(widths, floors, strict=True)]


def _told_apart(names: list[str], width: int) -> list[str] | None:
    """The names cut to that width so that different names stay different; `None` if that is impossible."""
    for end in ENDS:
        shown = [elided(name, width, end) for name in names]
        if len(set(shown)) == len(set(names)):
            return shown
    return None


def _elided(cells: list[str], widths: list[int]) -> list[str]:
    return [elided(cell, width) for cell, width in zip(cells, widths, strict=True)]
