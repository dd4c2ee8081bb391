"""The first fault of a text, shown where it is: its line, and a caret under the character.

Invariant: two lines of safe text, however long the line was and whatever stands in it.
"""

import unicodedata

from rnntui.text.sanitize import shown_text

BEFORE, AFTER = 60, 18  # characters shown on either side


def in_place(text: str, position: int) -> str:
    """The line of the text with that character, cut to what stands near it, and a caret below."""
    position = min(position, len(text))
    begin = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    first, last = max(begin, position - BEFORE), min(end, position + AFTER)
    before = ("…" if first > begin else "") + _flat(text[first:position])
    after = _flat(text[position:last]) + ("…" if last < end else "")
    return f"{before}{after}\n{' ' * _columns(before)}^"


def _flat(text: str) -> str:
    return shown_text(text.replace("\t", " "))


def _columns(text: str) -> int:
    """Columns that a terminal takes for it."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
