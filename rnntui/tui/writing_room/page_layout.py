"""How a page fits a width: where each of its characters stands, in rows wrapped at spaces.

Invariant: every character stands in exactly one row, in order. Where a row ends follows from its own characters and
those of the next row, so that a text that grows, or changes from somewhere on, is laid out anew from there only.
"""

from bisect import bisect_right
from collections.abc import Iterator

from rnntui.tui.base.glyphs import Drawn, glyph, in_full

RAGGED = 12  # columns that a row loses to its last word and to newlines
FEWEST, MOST = 200, 4_000  # characters that are written to fill a page
TAB = 4  # columns from one stop to the next
MARKS = 4  # combining characters that one character bears; the next ones stand on a blank of their own


def filling(width: int, height: int, given: str, most: int = MOST) -> int:
    """About how many characters to write behind what is given so that the text fills so many cells."""
    return min(max((width - RAGGED) * height - len(given), FEWEST), most)


class Layout:
    """A text in rows of at most `width` cells; a space that ends a row may hang over by one cell more.

    Positions are in characters, from 0 to the length of the text, which is where the next one will stand.
    """

    def __init__(self, width: int) -> None:
        self.width = max(1, width)
        self.text = ""
        self._starts = [0]  # of the rows

    @property
    def height(self) -> int:
        """How many rows there are: one at least, and an empty one after a newline that ends the text."""
        return len(self._starts)

    def write(self, text: str) -> int:
        """Take another text in place of the present one; the first row that may differ."""
        same, starts = _same(self.text, text), self._starts
        settled = bisect_right(starts, same) - 1  # the row in which they part
        if same < len(self.text):
            settled = max(0, settled - 2)  # those before it may end where they do for the sake of what has changed
        del starts[settled + 1 :]
        self.text = text
        while (end := _end(text, starts[-1], self.width)) < len(text) or text[starts[-1] :].endswith("\n"):
            starts.append(end)
        return settled

    def row(self, number: int) -> tuple[int, int]:
        """Where a row begins, and where the next one does."""
        following = number + 1
        return self._starts[number], self._starts[following] if following < self.height else len(self.text)

    def row_of(self, position: int) -> int:
        """The row in which a position is."""
        return bisect_right(self._starts, position) - 1

    def drawn(self, number: int) -> list[Drawn]:
        """What each character of a row looks like."""
        start, end = self.row(number)
        return [shape for shape, _ in zip(_drawn(self.text, start, self.width), range(start, end), strict=False)]

    def place(self, position: int) -> tuple[int, int]:
        """The row and the column at which a position is."""
        number = self.row_of(position)
        before = position - self._starts[number]
        return number, sum(shape.cells for shape in self.drawn(number)[:before])

    def position(self, number: int, column: int) -> int:
        """The position at a column of a row: beyond its last character what ends the row, in the last row the end."""
        start, end = self.row(number)
        right = 0
        for k, shape in enumerate(self.drawn(number)):
            right += shape.cells
            if column < right:
                return start + k
        return end if number == self.height - 1 else end - 1

    def position_of(self, number: int, index: int) -> int:
        """The position of what is drawn by a character of a row's drawing; the end for a row below the last."""
        if number >= self.height:
            return len(self.text)
        start, end = self.row(number)
        right = 0
        for k, shape in enumerate(self.drawn(number)):
            right += len(shape.text)
            if index < right:
                return start + k
        return end


def _same(before: str, after: str) -> int:
    """How many characters two texts have in common at their start."""
    if after.startswith(before):
        return len(before)
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        if before[low:middle] == after[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _end(text: str, start: int, width: int) -> int:
    """Where the row that starts there ends: after a newline, after the last space that fits, or where it is full."""
    column, after_space = 0, start
    for k, (shape, character) in enumerate(zip(_drawn(text, start, width), _from(text, start), strict=False), start):
        if character == "\n":
            return k + 1
        column += shape.cells
        if column > width:
            if character in " \t":
                return k + 2 if text[k + 1 : k + 2] == "\n" else k + 1
            return after_space if after_space > start else max(k, start + 1)
        if character in " \t":
            after_space = k + 1
    return len(text)


def _from(text: str, start: int) -> Iterator[str]:
    return (text[k] for k in range(start, len(text)))


def _drawn(text: str, start: int, width: int) -> Iterator[Drawn]:
    """What each character looks like in a row that starts there and goes on."""
    column = marks = 0
    for character in _from(text, start):
        shape = glyph(character)
        if character == "\t":
            cells = min(TAB - column % TAB, max(1, width - column))
            shape = Drawn(" " * cells, cells)
        elif not shape.cells and character != "\n":
            marks += 1
            if not column or marks > MARKS:
                shape, marks = _standing(character), 1
        if shape.cells:
            column, marks = column + shape.cells, 0
        yield shape


def _standing(mark: str) -> Drawn:
    """A mark that stands by itself."""
    return Drawn(f" {mark}", 1) if glyph(mark).text else in_full(mark)
