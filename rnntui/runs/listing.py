"""The runs and sweeps under a folder, and a line about each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnntui.runs import folders
from rnntui.runs.record import RunSummary
from rnntui.runs.run import Run
from rnntui.runs.status import RunState
from rnntui.system.errors import sentence


@dataclass(frozen=True)
class DamagedRun:
    """The entry of a run that cannot be read; `reason` says why."""

    name: str
    reason: str
    changed: float  # seconds since the epoch
    state: RunState = "damaged"


@dataclass(frozen=True)
class SweepFolder:
    """The line of a sweep: a folder of runs beside the plan that they follow."""

    name: str
    runs: int
    changed: float  # seconds since the epoch
    state: str = "sweep"


def listed(root: Path) -> list[Run]:
    """The runs under a folder, by name."""
    return [Run(path) for path in folders.runs(root)]


def survey(root: Path) -> Iterator[RunSummary | DamagedRun | SweepFolder]:
    """The status of the runs in a folder, by name; one that cannot be read does not hide the others.

    A sweep is one line: its runs are those under its own folder. A folder that may not be looked into could be a run.
    """
    for path in folders.inside(root):
        if folders.is_run(path):
            yield _stand(Run(path))
        elif folders.is_sweep(path):
            yield _stand_of_sweep(path)
        elif why := folders.why_closed(path):
            yield DamagedRun(path.name, why, 0.0)


def _stand_of_sweep(path: Path) -> SweepFolder | DamagedRun:
    try:
        inside = listed(path)
    except OSError as error:
        return DamagedRun(path.name, sentence(error), 0.0)
    return SweepFolder(path.name, len(inside), max((run.changed() for run in inside), default=0.0))


def _stand(run: Run) -> RunSummary | DamagedRun:
    try:
        return run.summary()
    except ValueError as error:
        return DamagedRun(run.name, str(error), run.changed())
    except OSError as error:
        return DamagedRun(run.name, sentence(error), run.changed())
