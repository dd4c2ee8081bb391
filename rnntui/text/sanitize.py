"""Any text made safe to show: what a network writes, a corpus holds or a user types is never a control sequence.

Used wherever such a text goes to a terminal, on the screen and from the command line.
"""

import unicodedata

KEPT = "\n\t"
# Control characters, format characters (bidirectional controls, joiners, tags), lone surrogates, private and
# unassigned code points, line and paragraph separators.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def shown_text(text: str) -> str:
    r"""The text with every character that a terminal would obey or hide as its escape: `\x1b`, `\u202e`.

    Newlines and tabs are kept. Character by character it gives the same as whole, so a stream needs no state.
    """
    if text.isprintable():
        return text
    return "".join(character if is_seen(character) or character in KEPT else escaped(character) for character in text)


def one_line(text: str) -> str:
    """A text that is safe to show and stays on its line."""
    return shown_text(text).replace("\n", "\\n").replace("\t", "\\t")


def is_seen(character: str) -> bool:
    """Whether a character is drawn as itself, or combines with its neighbour, and does nothing else."""
    return unicodedata.category(character) not in _UNSEEN


def escaped(character: str) -> str:
    """A character's escape in ASCII, as Python writes it."""
    return character.encode("unicode_escape").decode("ascii")
