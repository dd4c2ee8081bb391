"""What a list of very many runs shows: all folders at once, and of each of them more as it comes into sight.

A folder is found by two calls of the operating system, so that thousands of runs are listed at once; what their files
say is read run by run, from a few small pieces of them.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rnntui.config import Settings, spec
from rnntui.runs import folders, live, rows
from rnntui.runs.batches import mean_of_batches
from rnntui.runs.files import CHECKPOINTS, CONFIG, LIVE, LOCK, SWEEP
from rnntui.runs.record import corpus_name
from rnntui.runs.rows import METRICS, SAMPLES, decoder
from rnntui.runs.run import Run
from rnntui.runs.status import RunStatus
from rnntui.schemas import MetricsRow, SampleRow
from rnntui.specs import TaskSpec
from rnntui.system.errors import sentence
from rnntui.system.reading import open_regular

POINTS, COURSE_POINTS = 16, 200  # of a curve in small, and of one in large
PIECE = 2_048  # bytes of a file of rows that hold a whole one
READ_WHOLE = 1 << 15  # bytes up to which such a file is read from end to end


@dataclass(frozen=True)
class FoundRun:
    """A folder that is a run's or a sweep's, and when it was last written to, in seconds since the epoch."""

    path: Path
    changed: float
    is_sweep: bool = False

    @property
    def name(self) -> str:
        """What it is called in its folder of runs."""
        return self.path.name


@dataclass(frozen=True)
class RunGlance:
    """What a line tells of a run. `curve` are some values of its accuracy, of a text or a regression of its loss, from
    the first to the newest; `reason` says why it cannot be read, and then there are no settings.
    """

    status: RunStatus
    settings: Settings | None = None
    corpus: str = ""
    curve: tuple[float, ...] = ()
    trained_by: live.Address | None = None
    reason: str = ""
    corpus_size: int = 0  # in bytes, 0 where that is not known

    @property
    def is_going(self) -> bool:
        """Whether a process trains it."""
        return self.status.state == "running"

    @property
    def is_solved(self) -> bool:
        """Whether it has learned its task, and still has it."""
        return self.status.is_solved


def found_in(root: Path) -> list[FoundRun]:
    """The runs and sweeps of a folder, the one that was written to last first. Raises `OSError`."""
    found = (_found(path) for path in folders.inside(root))
    return sorted((each for each in found if each is not None), key=lambda each: (-each.changed, each.name))


def _found(path: Path) -> FoundRun | None:
    """A folder, if it is a run's or a sweep's; one that may not be looked into could be either, and is shown."""
    for file, is_sweep in ((CONFIG, False), (LOCK, False), (SWEEP, True)):
        try:
            made = os.stat(f"{path}/{file}").st_mtime
        except PermissionError:
            return FoundRun(path, _written(str(path)))
        except OSError:
            continue
        return FoundRun(path, max(made, _written(f"{path}/{METRICS}")), is_sweep)
    return None


def _written(file: str) -> float:
    with suppress(OSError):
        return os.stat(file).st_mtime
    return 0.0


def glance(found: FoundRun) -> RunGlance:
    """What a line tells of a run, from a few small reads; of one that cannot be read, why."""
    run = Run(found.path)
    try:
        return _glance(run)
    except ValueError as error:
        return RunGlance(RunStatus(run.name, "damaged"), reason=str(error))
    except OSError as error:
        return RunGlance(RunStatus(run.name, "damaged"), reason=sentence(error))


def _glance(run: Run) -> RunGlance:
    config = run.config()
    settings = run.settings_in(config)
    status = run.status(settings, config.baselines)
    about = spec(settings)
    return RunGlance(
        status,
        settings,
        corpus_name(config, settings) if about.has_corpus else "",
        curve(run.path / METRICS, partial(judged_by, about)),
        live.address(run) if status.state == "running" else None,
        corpus_size=config.data.size or 0,
    )


def last_sample(run: Run) -> str:
    """The newest text that the network wrote by itself while it was trained; empty where there is none."""
    with suppress(ValueError, OSError):
        return next((row.text for row in rows.newest(run.path / SAMPLES, SampleRow, f"run {run.name!r}")), "")
    return ""


def judged_by(about: TaskSpec, row: MetricsRow) -> float:
    """What a curve in small has of a row: the accuracy of a task that can be solved, else the loss as measured."""
    return mean_of_batches(row, "accuracy" if about.can_be_solved else "loss")


def value_shown(about: TaskSpec, row: MetricsRow) -> float:
    """The same of a curve in large, whose loss is in the task's unit."""
    value = judged_by(about, row)
    return value if about.can_be_solved else about.unit.of(value)


def marks(path: Path) -> tuple[float, ...]:
    """What changes where something is written into a run's folder, or begins to hold it."""
    written = (_written(f"{path}/{name}") for name in (METRICS, CONFIG, LOCK, CHECKPOINTS, LIVE))
    return (*written, float(Run(path).is_held()))


def curve(file: Path, value: Callable[[MetricsRow], float], points: int = POINTS) -> tuple[float, ...]:
    """So many values of a file of rows at most, evenly along it, without reading all of a long one."""
    return tuple(value(row) for row in _some_rows(file, points))


def course(
    run: Run, value: Callable[[MetricsRow], float], points: int = COURSE_POINTS
) -> tuple[tuple[int, float], ...]:
    """The same with the steps, ascending, for a chart."""
    found: dict[int, float] = {}
    for row in _some_rows(run.path / METRICS, points):
        if row.step > max(found, default=0):
            found[row.step] = value(row)
    return tuple(found.items())


def _some_rows(file: Path, points: int) -> list[MetricsRow]:
    try:
        with os.fdopen(open_regular(file, file.name), "rb") as raw:
            size = os.fstat(raw.fileno()).st_size
            if size <= READ_WHOLE:
                lines = [line for line in raw.read(READ_WHOLE).split(b"\n") if line]
                chosen = lines if len(lines) <= points else [lines[at] for at in _evenly(len(lines), points)]
            else:
                chosen = [_line_at(raw.fileno(), at) for at in _evenly(size - PIECE, points)]
    except (OSError, ValueError):
        return []
    return [row for row in map(_row, chosen) if row is not None]


def _evenly(count: int, points: int) -> list[int]:
    return [round(k * (count - 1) / (points - 1)) for k in range(points)]


def _line_at(file: int, at: int) -> bytes:
    """The first whole line behind a place in an open file; at its beginning the first."""
    lines = os.pread(file, PIECE, at).split(b"\n")
    return lines[0] if at == 0 else lines[1] if len(lines) > 2 else b""


def _row(line: bytes) -> MetricsRow | None:
    with suppress(ValueError):
        return _read(line) if line else None
    return None


_read = decoder(MetricsRow)
