"""Texts that a user hands over: in a file, or through standard input, decoded as corpora are."""

import sys
from pathlib import Path

from rnntui.corpora.decoding import Decoded, decode

STANDARD_INPUT = "-"


def read(name: str) -> Decoded:
    """The text of a file; `-` is standard input.

    Raises `ValueError` for what cannot be read, a folder and a binary file.
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
        raise ValueError(f"{what} is {error}") from None
