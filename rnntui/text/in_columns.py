"""A text on one row, each of its characters in one or two columns of its own, so that rows below it align with it."""

import unicodedata
from collections.abc import Iterable, Iterator

from rnntui.text.sanitize import is_seen

STAND_IN = "·"
WRITTEN = {"\n": "↵", "\t": "→"}
BLANK = "␣"  # on an axis, where a blank would be nothing


def in_columns(text: str) -> Iterator[tuple[str, int]]:
    """Each character as it is written there, and its columns: nothing that a terminal obeys, hides or joins."""
    for character in text:
        if character in WRITTEN:
            yield WRITTEN[character], 1
        elif not is_seen(character) or unicodedata.category(character)[0] == "M":
            yield STAND_IN, 1
        else:
            yield character, 2 if unicodedata.east_asian_width(character) in "WF" else 1


def row(text: str) -> str:
    """The text on its row."""
    return "".join(written for written, _ in in_columns(text))


def standing(text: str) -> Iterator[str]:
    """Each character as it stands on an axis, in one column: blanks are seen, and a wide character has a stand-in."""
    for written, columns in in_columns(text):
        yield BLANK if written.isspace() else written if columns == 1 else STAND_IN


def under(text: str, marks: Iterable[str]) -> str:
    """A row of marks, one for each character, as wide as that is."""
    return "".join(mark * columns for mark, (_, columns) in zip(marks, in_columns(text), strict=True))


def fitting(text: str, columns: int) -> str:
    """The beginning of a text that fits into so many columns."""
    room = columns
    for k, (_, width) in enumerate(in_columns(text)):
        room -= width
        if room < 0:
            return text[:k]
    return text
