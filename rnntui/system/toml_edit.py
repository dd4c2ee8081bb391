"""Changes one value in the text of a TOML file; comments, order and blank lines of all else stay as they are.

Invariant: what is given back says the same as before but for that value, or nothing is given back. Names are whole:
`theme`, or behind their table `options.lr`.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+")
HEADER = re.compile(r"\s*\[(?!\[)")


class NotEditable(ValueError):
    """A value that is written in a way that is not understood here."""


@dataclass(frozen=True)
class _Line:
    """A line that assigns a value or begins a table, and the whole name of what it assigns or begins."""

    number: int  # from 0
    name: str
    is_header: bool


def flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a table and of the tables in it, by their whole names."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def line_of(text: str, name: str) -> int | None:
    """The number, from 1, of the line that assigns a value or begins a table; `None` where none does by itself."""
    return next((line.number + 1 for line in _lines(text) if line.name == name), None)


def with_value(text: str, table: str, key: str, value: str | float | bool) -> str:
    """The text with a value of a table, which is empty for the top. Raises `NotEditable`."""
    name = f"{table}.{key}" if table else key
    lines, found = (
        _split(text),
        next((line for line in _assignments(text) if line.name == name), None),
    )
    if found is not None:
        lines[found.number] = _assigned(lines[found.number], value)
    else:
        at = _end_of(text, table, len(lines))
        if at is None:
            lines += [*(["\n"] if text.strip() else []), f"[{_written(table)}]\n"]
            at = len(lines)
        if at and not lines[at - 1].endswith("\n"):
            lines[at - 1] += "\n"
        lines.insert(at, f"{_written(key)} = {literal(value)}\n")
    after = "".join(lines)
    _check(after, {**dict(flat(tomllib.loads(text))), name: value})
    return after


def without(text: str, name: str) -> str:
    """The text without a value. Raises `NotEditable`, and `KeyError` where there is no such value."""
    known = dict(flat(tomllib.loads(text)))
    del known[name]
    lines = _split(text)
    for line in _assignments(text):
        if line.name == name:
            del lines[line.number]
            break
    after = "".join(lines)
    _check(after, known)
    return after


def literal(value: str | float | bool) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else f"{value!r}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _split(text: str) -> list[str]:
    """The lines with their ends: of TOML, which knows no other end than a newline."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _check(text: str, wanted: Mapping[str, Any]) -> None:
    """Raise `NotEditable` where a text does not say just that."""
    try:
        says = dict(flat(tomllib.loads(text)))
    except tomllib.TOMLDecodeError:
        says = {}
    if says != wanted:
        raise NotEditable("it is written over several lines, or otherwise than one value a line")


def _lines(text: str) -> Iterator[_Line]:
    """The lines that alone are TOML: assignments and headers, with the names of the tables that they are in."""
    table = ""
    for number, line in enumerate(_split(text)):
        try:
            read = tomllib.loads(line)
        except tomllib.TOMLDecodeError:
            continue
        if HEADER.match(line):
            table = _only_name(read)
            yield _Line(number, table, is_header=True)
        elif read:
            name = next((name for name, _ in flat(read)), next(iter(read)))
            yield _Line(number, f"{table}.{name}" if table else name, is_header=False)


def _assignments(text: str) -> Iterator[_Line]:
    return (line for line in _lines(text) if not line.is_header)


def _only_name(table: Mapping[str, Any]) -> str:
    """The name of a table in tables that hold nothing else."""
    names = []
    while table:
        names.append(next(iter(table)))
        table = table[names[-1]]
    return ".".join(names)


def _end_of(text: str, table: str, count: int) -> int | None:
    """Where the next value of a table goes; `None` where the text has no such table."""
    headers = [line for line in _lines(text) if line.is_header]
    begins = [0] if not table else [line.number + 1 for line in headers if line.name == table]
    if not begins:
        return None
    end = min((line.number for line in headers if line.number >= begins[0]), default=count)
    lines = _split(text)
    while end > begins[0] and not lines[end - 1].strip():
        end -= 1
    return end


def _assigned(line: str, value: str | float | bool) -> str:
    """A line with another value; its name, its comment and its end stay."""
    head = line[: _equals(line) + 1]
    body = line.rstrip("\r\n")
    end, comment = line[len(body) :], ""
    for at in (match.start() for match in re.finditer(r"[ \t]*#", body)):
        try:
            if tomllib.loads(body[:at]):
                comment = body[at:]
                break
        except tomllib.TOMLDecodeError:
            continue
    return f"{head} {literal(value)}{comment}{end}"


def _equals(line: str) -> int:
    """Where the sign is behind the name: one in quotes may hold such a sign too."""
    for at in (match.start() for match in re.finditer("=", line)):
        try:
            tomllib.loads(f"{line[:at]} = 0")
        except tomllib.TOMLDecodeError:
            continue
        return at
    raise NotEditable("it has no name")


def _written(name: str) -> str:
    """A name as TOML writes it; that of a table in a table with its dots."""
    if name.startswith("options."):
        return ".".join(map(_written, name.split(".")))
    return name if BARE.fullmatch(name) else _quoted(name)
