"""Texts given on the command line, as a file or on standard input, decoded as corpora are.

Invariant: a file's kind is checked before it is opened, and no more than a fixed size is read. Control
characters are allowed: they are shown as escapes, and nothing is trained on them.
"""

import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

from rnntui.corpora.decoding import Decoded, decode
from rnntui.system.errors import meaning

STANDARD_INPUT = "-"
MOST = 64 << 20  # bytes of a text that is scored
MOST_PROMPT = 1 << 20  # bytes of a prompt


def read(name: str, encoding: str = "", most: int = MOST) -> Decoded:
    """The text of a file; `-` is standard input.

    Raises `ValueError` for what cannot be read, a folder, a device, a pipe, more than `most` bytes, bytes that are not
    in the encoding that was named, and a binary file: one with a NUL, or one that is no UTF-8 and has more than 1 %
    control characters.
    """
    if name == STANDARD_INPUT:
        return _decode("standard input", _typed(most), encoding)
    try:
        path = Path(os.path.expanduser(name))
        _check_kind(name, path)
        with open(path, "rb") as file:
            raw = _bounded(file, repr(name), most)
    except OSError as error:
        raise ValueError(f"{name!r} cannot be read: {meaning(error)}") from None
    return _decode(repr(name), raw, encoding)


def prompt(given: str, encoding: str = "") -> str:
    """A prompt as it was typed; `-` is standard input, in that encoding, without its last line's end.

    Raises `ValueError` as `read`, and for an encoding of what was typed.
    """
    if given == STANDARD_INPUT:
        return read(given, encoding, MOST_PROMPT).text.removesuffix("\n")
    if encoding:
        raise ValueError("--encoding is for a prompt on standard input: add --prompt -, or leave it out")
    return given


def _check_kind(name: str, path: Path) -> None:
    """Raise `ValueError` unless it is a regular file: opening a pipe would wait, and a device may have no end."""
    if "\0" in name:
        raise ValueError(f"{name!r} cannot be read: a file name cannot contain NUL")
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise ValueError(f"{name!r} is a folder: give a text file, or - for standard input")
    if stat.S_ISFIFO(mode) and not _is_open(path):
        raise ValueError(f"{name!r} is a pipe: give a text file, or - for standard input, as in `… - < {name}`")
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise ValueError(f"{name!r} is not a regular file: give a text file, or - for standard input")


def _is_open(path: Path) -> bool:
    """Whether a pipe is one that this process was given, as a shell's `<(…)` is."""
    return path.parts[:3] == ("/", "dev", "fd") or not os.path.lexists(os.path.realpath(path))


def _typed(most: int) -> bytes:
    if sys.stdin is None:
        raise ValueError("there is no standard input to read: give a file")
    return _bounded(sys.stdin.buffer, "standard input", most)


def _bounded(file: BinaryIO, what: str, most: int) -> bytes:
    raw = file.read(most + 1)
    if len(raw) > most:
        raise ValueError(f"{what} is larger than {most >> 20} MiB, the largest text that is read here")
    return raw


def _decode(what: str, raw: bytes, encoding: str) -> Decoded:
    try:
        return decode(raw, encoding=encoding)
    except ValueError as error:
        if not encoding and (kept := _with_controls(raw)) is not None:
            return kept
        reason = str(error).removesuffix(": a corpus is text")
        raise ValueError(reason if reason.startswith("--") else f"{what} is {reason}: only text can be read") from None


def _with_controls(raw: bytes) -> Decoded | None:
    """Decode UTF-8 that has more control characters than a corpus may; `None` if it is not UTF-8 or has a NUL."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    notes = ("decoded as UTF-8", "many control characters kept")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return None if "\0" in text else Decoded(text, "UTF-8", notes)
