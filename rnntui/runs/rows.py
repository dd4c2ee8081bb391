"""Rows of a run: a line of JSON each, with the step that it belongs to.

Invariant: a last line that was cut is no row, and harms no later one.
"""

import json
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

TAIL = 8_192  # bytes of a file of rows that are read for its newest

Row = dict[str, Any]


def as_row(line: str | bytes) -> Row | None:
    """The row that a line holds; `None` for one that was cut or is no row."""
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    return row if isinstance(row, dict) and isinstance(row.get("step"), int) else None


def as_lines(rows: Iterable[Row]) -> str:
    """A line for each row; what is not finite becomes `null`."""
    return "".join(json.dumps(finite(row)) + "\n" for row in rows)


def finite(row: Row) -> Row:
    """The row with `None` for what is not finite, which JSON has no word for."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def read(path: Path) -> Iterator[Row]:
    """The rows of a file, oldest first; none where there is no file."""
    with suppress(FileNotFoundError), open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if row := as_row(line):
                yield row


def newest(path: str) -> Iterator[Row]:
    """The newest rows of a file, newest first, read from its end."""
    try:
        with open(path, "rb") as raw:
            raw.seek(max(0, raw.seek(0, os.SEEK_END) - TAIL))
            lines = raw.read().split(b"\n")
    except FileNotFoundError:
        return
    yield from (row for line in reversed(lines) if (row := as_row(line)))


def course(rows: Iterable[Row], event: str) -> list[tuple[int, float]]:
    """What the journal says of one setting: the steps after which it was changed, ascending, and its new values.

    A row supersedes the rows above it that name a later step: they belong to a course that was left.
    """
    changes: list[tuple[int, float]] = []
    for row in rows:
        if row.get("event") == event:
            changes = [change for change in changes if change[0] < row["step"]] + [(row["step"], row["value"])]
    return changes
