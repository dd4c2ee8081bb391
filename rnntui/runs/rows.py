"""Rows of a run: a line of JSON each, of a type of `schemas.runs`, with the step that it belongs to; and other lines.

Invariant: a line that was cut, by a death in the middle of it or by a full disk, is no row and harms no other one. A
line that is whole and no row is damage, and said.
"""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from rnntui.schemas.base import Line
from rnntui.schemas.decoding import DamagedFile, format_in_words, in_words
from rnntui.schemas.runs import JournalRow, MetricsRow, Row, SampleRow
from rnntui.system.errors import meaning
from rnntui.system.reading import OF_MACHINE, UnreadableFile, open_regular

TAIL = 32_768  # bytes of a file of rows that are read for its newest
LONGEST = 64 << 20  # bytes of a line: a sample may be long
METRICS, SAMPLES, JOURNAL = "metrics.jsonl", "samples.jsonl", "journal.jsonl"
KINDS: dict[str, type[Row]] = {METRICS: MetricsRow, SAMPLES: SampleRow, JOURNAL: JournalRow}

GO_BACK = "go_back"  # the event; with the step that was `left` where later checkpoints were deleted

R = TypeVar("R", bound=Line)


# --- writing --------------------------------------------------------------------------------------------------------


def as_lines(rows: Iterable[Line], *, first: bool) -> bytes:
    """A line for each row; what is not finite becomes `null`. The `first` row of a file states its version."""
    lines: list[str] = []
    for row in rows:
        version = {"format": row.VERSION} if first and not lines else {}
        content = {name: value for name, value in msgspec.to_builtins(row).items() if name != "format"}
        lines.append(json.dumps(finite({**version, **content})) + "\n")  # ASCII: safe to print as it is
    return "".join(lines).encode()


def finite(value: Any) -> Any:
    """The content with `None` for what is not finite, which JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(element) for key, element in value.items()}
    return [finite(element) for element in value] if isinstance(value, list | tuple) else value


# --- reading --------------------------------------------------------------------------------------------------------


def decoder(kind: type[R]) -> Callable[[bytes], R | None]:
    """What reads a line: its row, or `None` for one that was cut.

    It raises `ValueError` for a whole line that is no row.
    """
    decode, version = _decoder(kind).decode, kind.VERSION

    def read_line(line: bytes) -> R | None:
        try:
            row: R = decode(line)
        except msgspec.ValidationError as error:
            raise ValueError(in_words(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            if kind is not SampleRow and line.rstrip()[-1:] == b"}":  # a text may hold braces, and be cut behind one
                raise ValueError("it is not JSON") from None
            return None
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if row.format is not UNSET and row.format != version:
            raise ValueError(f"it {format_in_words(row.format)}, and this rnntui reads {version}")
        return row

    return read_line


@cache
def _decoder(kind: type[R]) -> "msgspec.json.Decoder[R]":
    return msgspec.json.Decoder(kind)


def read(path: Path, kind: type[R], what: str) -> Iterator[R]:
    """The rows of a file, oldest first; none where there is no file.

    `what` is how sentences call the thing that it belongs to. Raises `DamagedFile`, naming the line, for a whole line
    that is no row, and `UnreadableFile` for what is no regular file or not to be read.
    """
    read_line = decoder(kind)
    with suppress(FileNotFoundError):
        try:
            with os.fdopen(open_regular(path, f"{what}: {path.name}"), "rb") as lines:
                for number, line in enumerate(iter(lambda: lines.readline(LONGEST), b""), 1):
                    if len(line) == LONGEST and line[-1:] != b"\n":
                        raise DamagedFile(f"{what} is damaged: {path.name}, line {number:,}: it is not complete")
                    if (row := _row(read_line, line, what, path.name, f"line {number:,}")) is not None:
                        yield row
        except FileNotFoundError:
            raise
        except OSError as error:
            is_of_machine = error.errno in OF_MACHINE
            raise UnreadableFile(f"{what}: {path.name}: {meaning(error)}", is_of_machine=is_of_machine) from None


def newest(path: Path, kind: type[R], what: str) -> Iterator[R]:
    """The newest rows of a file, newest first, read from its end; raises as `read`."""
    read_line = decoder(kind)
    try:
        with os.fdopen(open_regular(path, f"{what}: {path.name}"), "rb") as raw:
            size = raw.seek(0, os.SEEK_END)
            raw.seek(max(0, size - TAIL))
            lines = raw.read(TAIL).split(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise UnreadableFile(f"{what}: {path.name}: {meaning(error)}") from None
    if size > TAIL:  # the first is the end of a line that began before
        del lines[0]
    for place, line in enumerate(reversed(lines)):
        where = "the last line" if place < 2 else f"line {place} from the end"
        if (row := _row(read_line, line, what, path.name, where)) is not None:
            yield row


def _row(read_line: Callable[[bytes], R | None], line: bytes, what: str, file: str, where: str) -> R | None:
    try:
        return read_line(line) if line.strip() else None
    except ValueError as error:
        raise DamagedFile(f"{what} is damaged: {file}, {where}: {error}") from None


def rows_in_force(rows: Iterable[JournalRow]) -> list[JournalRow]:
    """The rows of a journal without those of a history that was left by going back to an earlier checkpoint.

    What was changed at the step of that checkpoint was changed after it, and is left too.
    """
    kept: list[JournalRow] = []
    for row in rows:
        if row.event == GO_BACK and row.left is not UNSET:
            kept = [earlier for earlier in kept if earlier.step < row.step]
        kept.append(row)
    return kept


def changes(rows: Iterable[JournalRow], event: str) -> list[tuple[int, float]]:
    """What the journal says of one setting: the steps after which it was changed, ascending, and its new values.

    A row supersedes the rows above it that name a later step: they belong to a history that was left.
    """
    changes_so_far: list[tuple[int, float]] = []
    for row in rows_in_force(rows):
        if row.event == event and isinstance(row.value, float):
            changes_so_far = [change for change in changes_so_far if change[0] < row.step] + [(row.step, row.value)]
    return changes_so_far
