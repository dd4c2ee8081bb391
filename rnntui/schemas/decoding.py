"""From untrusted bytes to one of our types, or one sentence that says what is wrong and where.

Invariant: what comes out has the types, bounds and keys that its schema states, whatever the bytes were.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from rnntui.schemas.base import File
from rnntui.schemas.upgrades import Content, upgraded
from rnntui.system.reading import read_bytes

MOST = 64 << 20  # bytes of a file that is read as a whole
T = TypeVar("T", bound=File)
S = TypeVar("S", bound=msgspec.Struct)

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text in quotes",
    "bool": "true or false",
    "null": "null",
    "object": "an object in braces",
    "array": "a list in brackets",
}


class DamagedFile(ValueError):
    """What a file holds is not what rnntui writes; the sentence names the file, the place in it and what is right."""


def read(path: Path, kind: type[T], what: str) -> T:
    """What a JSON file holds, as `kind`; `what` is how sentences call the thing that it belongs to.

    Raises `DamagedFile` for bytes that are not of the schema or of another version, and `reading.Unreadable` for a file
    that is not there, no regular file, or not to be read.
    """
    return decode(read_bytes(path, f"{what}: {path.name}", MOST), kind, what, path.name)


def decode(raw: bytes, kind: type[T], what: str, file: str) -> T:
    """The same of bytes that were read; `file` is the file's name."""
    try:
        content = _decoder(kind).decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _slowly(raw, kind, what, file)  # an older version, or what is wrong, with its place
    return content if content.format == kind.VERSION else _slowly(raw, kind, what, file)


def converted(content: object, kind: type[S], what: str, file: str) -> S:
    """Content that another decoder read (TOML, or JSON of an older version), as `kind`. Raises `DamagedFile`."""
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise DamagedFile(f"{what} is damaged: {file}: {in_words(error)}") from None
    except RecursionError:
        raise DamagedFile(f"{what} is damaged: {file} is nested too deeply") from None
    except UnicodeEncodeError:
        raise DamagedFile(f"{what} is damaged: {file} has half a character (a lone surrogate) in a string") from None


def in_words(error: msgspec.ValidationError) -> str:
    """`settings.steps must be a whole number, not text in quotes`."""
    said, _, at = str(error).partition(" - at `")
    place = at.removesuffix("`").removeprefix("$").removeprefix(".").replace("[...]", "").strip("`")
    if match := re.fullmatch(r"Expected `(.+?)`, got `(.+?)`", said):
        return f"{place or 'the whole'} must be {_kinds(match[1])}, not {_kinds(match[2])}"
    if match := re.fullmatch(r"Expected `(.+?)` ([<>=]+) (.+)", said):
        bound = {">=": "at least", "<=": "at most", ">": "above", "<": "below"}[match[2]]
        return f"{place or 'the whole'} must be {_kinds(match[1])} {bound} {match[3]}"
    if match := re.fullmatch(r"Expected `(.+?)` of length ([<>=]*) ?(\d+)(?:, got (\d+))?", said):
        most = {">=": "at least ", "<=": "at most "}.get(match[2], "")
        return f"{place or 'the whole'} must be {_kinds(match[1])} of {most}{match[3]} values"
    if match := re.fullmatch(r"Object missing required field `(.+)`", said):
        return f"{f'{place} ' if place else ''}lacks {match[1]!r}"
    if "out of range" in said:
        return f"{place or 'a number'} is too large a number"
    return f"{place}: {said}" if place else said


# --- the slow way: versions, and what is wrong ----------------------------------------------------------------------


def _slowly(raw: bytes, kind: type[T], what: str, file: str) -> T:
    content = parsed(raw, what, file)
    if not isinstance(content, dict) or content.get("format") is not kind.VERSION:  # `is`: true is no version
        content = _of_now(content, kind, what, file)
    return converted(content, kind, what, file)


def _of_now(content: Any, kind: type[File], what: str, file: str) -> Content:
    if (newer := upgraded(kind.__name__, content)) is not None:
        return newer
    if not isinstance(content, dict):
        raise DamagedFile(f"{what} is damaged: {file} must be an object in braces, not {_kinds(_json_kind(content))}")
    told = format_in_words(content.get("format"))
    raise DamagedFile(f"{what} is of another version: {file} {told}, this rnntui reads {kind.VERSION}")


def format_in_words(given: object) -> str:
    """`has format 7`; a number that can be no version, whatever its length, is none."""
    is_number = isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**9
    return f"has format {given}" if is_number else "states no format"


def parsed(raw: bytes, what: str, file: str) -> Any:
    """What JSON says. Raises `DamagedFile`, naming the line, for what is none, too deep or without proper numbers."""

    def no_number(word: str) -> NoReturn:
        raise DamagedFile(f"{what} is damaged: {file} has {word} in place of a number")

    def whole(digits: str) -> int:
        if len(digits) > 4_000:
            raise DamagedFile(f"{what} is damaged: {file} has a number of {len(digits):,} digits")
        return int(digits)

    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{what} is damaged: {file} is not UTF-8 from byte {error.start:,} on") from None
    try:
        return json.loads(text, parse_constant=no_number, parse_int=whole, parse_float=_finite(no_number))
    except json.JSONDecodeError as error:
        if not text.strip():
            raise DamagedFile(f"{what} is damaged: {file} is empty") from None
        raise DamagedFile(
            f"{what} is damaged: {file} is not JSON at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise DamagedFile(f"{what} is damaged: {file} is nested too deeply") from None


def _finite(no_number: Callable[[str], NoReturn]) -> Callable[[str], float]:
    def read_float(digits: str) -> float:
        value = float(digits)
        return value if math.isfinite(value) else no_number("a number that is too large")

    return read_float


@cache
def _decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    return msgspec.json.Decoder(kind)


def _kinds(names: str) -> str:
    known = [_WORDS.get(name, name) for name in names.split(" | ")]
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} or {known[-1]}"


def _json_kind(content: object) -> str:
    if content is None or isinstance(content, bool):
        return "null" if content is None else "bool"
    kinds: Mapping[type, str] = {int: "int", float: "float", str: "str", list: "array"}
    return kinds.get(type(content), "object")
