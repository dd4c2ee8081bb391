"""What each character looks like on the screen: in as many cells as every terminal gives it, whatever stands beside it.

Invariant: what is drawn holds nothing that a terminal obeys, and nothing whose width depends on the terminal or on the
characters around it. Screens only: what goes to a pipe or a file is `rnntui.text.sanitize.shown_text`.
"""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from rnntui.text.sanitize import KEPT, escaped, is_seen

STAND_IN = "·"
VIRAMA = 9  # the combining class of marks that make one of the letters on both sides
# Terminals differ in how wide they make the character before.
SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# Characters with a width of their own that some terminals draw as one with a neighbour (Unicode Annex 29): the parts of
# Hangul syllables, of flags and of emoji in a colour of skin; letters that are written before or behind another.
PARTS = (
    *(range(0x1100, 0x1200), range(0xA960, 0xA980), range(0xD7B0, 0xD800)),
    *(range(0x1F1E6, 0x1F200), range(0x1F3FB, 0x1F400)),
)
LEANING = frozenset(
    "\u0d4e\u0e33\u0eb3\u1cf5\u1cf6\uff9e\uff9f\U000111c2\U000111c3\U0001171e\U0001193f\U00011941"
    "\U00011a3a\U00011a84\U00011a85\U00011a86\U00011a87\U00011a88\U00011a89\U00011d46"
)


class Drawn(NamedTuple):
    """What a character looks like: a text that no terminal obeys, and its width in cells (0: joins the one before)."""

    text: str
    cells: int


NOTHING = Drawn("", 0)


@lru_cache(4096)
def glyph(character: str) -> Drawn:
    """What a character looks like wherever it stands: as itself, its escape, a `·`, or nothing.

    A mark joins the character before; a newline and a tab are nothing.
    """
    if character in KEPT or _is_in(SELECTORS, character):
        return NOTHING
    if not is_seen(character):
        return in_full(character)
    return Drawn(character, cell_len(character)) if is_of_one_width(character) else Drawn(STAND_IN, 1)


def drawn_text(text: str) -> str:
    """A text as it is drawn; newlines and tabs are kept."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character in KEPT else glyph(character).text for character in text)


def in_full(character: str) -> Drawn:
    """A character as its escape sequence: `\\x1b`."""
    escape = escaped(character)
    return Drawn(escape, len(escape))


def is_of_one_width(character: str) -> bool:
    """Whether a character that is seen is drawn in as many cells on every terminal, beside any other."""
    category = unicodedata.category(character)
    if category in ("Mc", "Me") or unicodedata.combining(character) == VIRAMA:
        return False
    if character in LEANING or _is_in(PARTS, character):
        return False
    cells = 0 if category == "Mn" else 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return cell_len(character) == cells  # by a newer or older Unicode than this Python's


def _is_in(ranges: tuple[range, ...], character: str) -> bool:
    return any(ord(character) in code_points for code_points in ranges)
