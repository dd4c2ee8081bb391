"""Texts that a user hands over: in a file, or through standard input, decoded as corpora are.

Control characters are welcome here, as many as there are: they are shown as escapes, and nothing learns them.
"""

import sys
from pathlib import Path

from rnntui.corpora.decoding import Decoded, decode

STANDARD_INPUT = "-"


def read(name: str) -> Decoded:
    """The text of a file; `-` is standard input.

    Raises `ValueError` for what cannot be read, a folder, and a binary file: one with a NUL, or one that is no UTF-8
    and has more than 1 % control characters.
    """
    if name == STANDARD_INPUT:
        return _decode("standard input", _typed())
    try:
        raw = Path(name).expanduser().read_bytes()
    except IsADirectoryError:
        raise ValueError(f"{name!r} is a folder: give a text file, or - for standard input") from None
    except (OSError, ValueError) as error:  # the latter for a name with a NUL in it
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ValueError(f"{name!r} cannot be read: {reason}") from None
    return _decode(repr(name), raw)


def prompt(given: str) -> str:
    """A prompt as it was typed; `-` is standard input without its last line's end."""
    return read(given).text.removesuffix("\n") if given == STANDARD_INPUT else given


def _typed() -> bytes:
    if sys.stdin is None:
        raise ValueError("there is no standard input to read: give a file")
    return sys.stdin.buffer.read()


def _decode(what: str, raw: bytes) -> Decoded:
    try:
        return decode(raw)
    except ValueError as error:
        if (kept := _with_controls(raw)) is not None:
            return kept
        reason = str(error).removesuffix(": a corpus is text")
        raise ValueError(f"{what} is {reason}: only text can be read") from None


def _with_controls(raw: bytes) -> Decoded | None:
    """UTF-8 with more control characters than a corpus may have; `None` for what is none or has a NUL."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    notes = ("decoded as UTF-8", "many control characters kept")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return None if "\0" in text else Decoded(text, "UTF-8", notes)
