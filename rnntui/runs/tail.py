"""The metrics of a run as another process writes them: only what was appended is read, into columns that can be drawn.

Invariant: what the columns hold is what `metrics.jsonl` holds up to its last whole line. A file that was replaced or
cut, as a resumed run does, is read again from its beginning, into new columns.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, Self, TypeVar

from msgspec import UNSET, UnsetType

from rnntui.runs import rows
from rnntui.runs.batches import BatchFigure, add_batches
from rnntui.runs.history import Column
from rnntui.schemas import MetricsRow, Row, is_better, number
from rnntui.system.errors import meaning
from rnntui.system.reading import UnreadableFile, open_regular

Metric = Literal["loss", "accuracy", "held-out", "gradient-norm"]
Axis = Literal["step", "seconds"]
AXES: tuple[Axis, ...] = ("step", "seconds")
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "held-out", "gradient-norm")
BATCHES: dict[Metric, BatchFigure] = {"loss": "loss", "accuracy": "accuracy", "gradient-norm": "gradient_norm"}
LOSSES: tuple[Metric, ...] = ("loss", "held-out")
CAPACITY = 4_096  # bins of a column
AT_ONCE = 1 << 18  # bytes read in one go
REMEMBERED = 256  # bytes before the place that was read to: they tell whether the file is still the same


def _held_out(raw: float | None, averaged: float | UnsetType | None) -> float | None:
    """The held-out loss of a row, nats: of the averaged weights where there are any and they did better."""
    return averaged if averaged is not UNSET and is_better(averaged, raw) else raw


@dataclass(frozen=True)
class Track:
    """One metric twice: by step, and by training time in milliseconds. Bin k of both holds the same values."""

    by_step: Column = field(default_factory=lambda: Column(CAPACITY))
    by_time: Column = field(default_factory=lambda: Column(CAPACITY))

    def points(self) -> Iterator[tuple[int, float, float]]:
        """Step, seconds and value of each bin, NaN for a value that was not finite; a bin is a row while they fit."""
        steps, times = self.by_step.bins, self.by_time.bins
        for k in range(steps.length):
            yield int(steps.step[k]), times.step[k] / 1_000, steps.mean[k]


RowOf = TypeVar("RowOf", bound=Row)


class RowsTail(ABC, Generic[RowOf]):
    """Reads a file of rows as it grows: `_restart` where the file is another one or was cut, then `_append` of each."""

    def __init__(self, file: Path, kind: type[RowOf]) -> None:
        self._file = file
        self._inode: int | None = None
        self._seen: tuple[int, int, int] | None = None  # what the file was like at the last look
        self._has_more = False
        self._read_line = rows.decoder(kind)
        self.damage = ""  # of the first row that is none, a sentence; empty where all are
        self._begin()

    @abstractmethod
    def _restart(self) -> None:
        """Forget what was read."""

    @abstractmethod
    def _append(self, row: RowOf) -> None:
        """Take in a row."""

    def poll(self, at_most: int = AT_ONCE) -> bool:
        """Read what was appended, at most so many bytes; returns whether there was anything. Cheap if there was not."""
        try:
            status = os.stat(self._file)
            seen = (status.st_ino, status.st_size, status.st_mtime_ns)
            if seen == self._seen and not self._has_more:
                return False
            new = self._new_bytes(status, at_most)
        except FileNotFoundError:
            return False
        except (OSError, UnreadableFile) as error:
            self.damage = str(error) if isinstance(error, UnreadableFile) else f"{self._file.name}: {meaning(error)}"
            self._has_more = False
            return False
        self._inode, self._seen = status.st_ino, seen
        self._has_more = self._read_to + len(new) < status.st_size
        return self._take(new)

    def read(self) -> Self:
        """Read everything that is there now."""
        while self.poll() or self._has_more:
            pass
        return self

    # --- reading ------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._read_to, self._before = 0, b""
        self._without_end = 0  # bytes since the last line end
        self._restart()

    def _new_bytes(self, status: os.stat_result, at_most: int) -> bytes:
        """What stands behind the place that was read to; raises as `open_regular`."""
        with os.fdopen(open_regular(self._file, self._file.name), "rb") as raw:
            if not self._is_same(status, raw):
                self._begin()
            raw.seek(self._read_to)
            return raw.read(at_most)

    def _is_same(self, status: os.stat_result, raw: Any) -> bool:
        """Whether the file is the one that was read so far, and still holds that."""
        if status.st_ino != self._inode or status.st_size < self._read_to:
            return False
        raw.seek(self._read_to - len(self._before))
        return bool(raw.read(len(self._before)) == self._before)

    def _take(self, new: bytes) -> bool:
        whole = new[: new.rfind(b"\n") + 1]
        self._without_end = 0 if whole else self._without_end + len(new)
        if self._without_end > rows.LONGEST:
            self.damage, self._has_more = f"{self._file.name} has an incomplete last line", False
            return False
        if not whole and self._has_more:  # no row is as long as this: damage, to be skipped
            whole = new
        for line in whole.split(b"\n"):
            if line:
                self._take_line(line)
        self._read_to += len(whole)
        self._before = (self._before + whole)[-REMEMBERED:]
        return bool(whole)

    def _take_line(self, line: bytes) -> None:
        try:
            row = self._read_line(line)
        except ValueError as error:
            self.damage = self.damage or f"a row of {self._file.name} is damaged and left out: {error}"
        else:
            if row is not None:
                self._append(row)


class Follower(RowsTail[MetricsRow]):
    """Reads a metrics file as it grows. `tracks` is replaced as a whole where the file was."""

    def __init__(self, file: Path, losses_in: float = 1.0) -> None:
        """`losses_in` is the unit that losses are turned into, in nats."""
        self._losses_in = losses_in
        super().__init__(file, MetricsRow)

    @property
    def last_step(self) -> int:
        """Step of the newest row; 0 before the first."""
        return self._last_step

    @property
    def milliseconds_per_step(self) -> float:
        """Training time of a step on average; 1 before it is known."""
        return self._last_time / self._last_step if self._last_step and self._last_time else 1.0

    def _restart(self) -> None:
        self.tracks: dict[Metric, Track] = {metric: Track() for metric in METRICS}
        self._last_step = self._last_time = 0

    def _append(self, row: MetricsRow) -> None:
        step, seconds = row.step, row.seconds
        if step <= self._last_step:
            return
        if seconds is not None and seconds * 1_000 > self._last_time:
            self._last_time = round(seconds * 1_000)
        self._last_step = step
        unit = self._losses_in
        for metric, figure in BATCHES.items():
            track, size = self.tracks[metric], unit if figure == "loss" else 1.0
            add_batches(track.by_step, step, row, figure, size)
            add_batches(track.by_time, self._last_time, row, figure, size)
        if row.validation_loss is not UNSET:
            held_out = number(_held_out(row.validation_loss, row.averaged_validation_loss)) / unit
            self.tracks["held-out"].by_step.append(step, held_out)
            self.tracks["held-out"].by_time.append(self._last_time, held_out)
