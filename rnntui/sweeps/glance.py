"""What a line of a list tells of a sweep: how many of its runs have ended and how, without opening it."""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rnntui.runs import RESULT, folders
from rnntui.runs.status import is_fallen
from rnntui.schemas import ResultFile, decoding
from rnntui.specs import TASKS
from rnntui.sweeps import answer, failures
from rnntui.sweeps.folder import Sweep, read_plan
from rnntui.sweeps.plan import Plan
from rnntui.sweeps.standing import WatchedPool, is_driven
from rnntui.system.errors import sentence

MOST_READ = 1_000  # results that are read one by one; of more it is said that they have ended


@dataclass(frozen=True)
class SweepGlance:
    """How far a sweep is. `of` is how many runs it has, `None` where a search decides; `ends` counts solved, fallen,
    finished, diverged and failed ones; `reason` says why it cannot be read.
    """

    name: str
    heading: str = ""
    tasks: tuple[str, ...] = ()
    ended: int = 0
    of: int | None = None
    ends: tuple[tuple[str, int], ...] = ()
    is_going: bool = False
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do; of a search nobody knows without opening it."""
        return self.of is not None and self.ended >= self.of


def glance_of_sweep(path: Path) -> SweepGlance:
    """How the sweep in a folder stands; of one that cannot be read, why."""
    try:
        return _glance(path, read_plan(path))
    except ValueError as error:
        return SweepGlance(path.name, reason=str(error))
    except OSError as error:
        return SweepGlance(path.name, reason=sentence(error))


def _glance(path: Path, plan: Plan) -> SweepGlance:
    ended = [run for run in folders.inside(path) if (run / RESULT).is_file()]
    ends = Counter(map(_end, ended if len(ended) <= MOST_READ else ()))
    failed = _failed(path)
    if failed:
        ends["failed"] += failed
    points = math.prod(len(values) for values in plan.every_axis.values())
    return SweepGlance(
        path.name,
        plan.heading,
        tuple(sorted(_tasks(plan))),
        len(ended) + failed,
        None if plan.search is not None else points,
        tuple(ends.items()),
        is_driven(Sweep(path, plan)),
    )


def answer_in(path: Path) -> str:
    """What the runs of a sweep that have ended say, a sentence; empty where none says anything or it cannot be read."""
    try:
        pool = WatchedPool(Sweep.read(path.parent, path.name))
    except (ValueError, OSError):
        return ""
    plan, statuses = pool.sweep.plan, [*pool.statuses.values()]
    return answer.in_words(plan, statuses, answer.lines_of(plan, statuses))


def _end(run: Path) -> str:
    try:
        result = decoding.read(run / RESULT, ResultFile, f"run {run.name!r}")
    except (ValueError, OSError):
        return "damaged"
    if result.state != "finished":
        return result.state
    if is_fallen(result.solved_at, result.test_accuracy):
        return "fallen"
    return "solved" if result.solved_at is not None else "finished"


def _failed(path: Path) -> int:
    try:
        return len(failures.read(path))
    except ValueError:
        return 0


def _tasks(plan: Plan) -> set[str]:
    given = (plan.base.get("task"), *plan.axes.get("task", ()), *(each.get("task") for each in plan.variants.values()))
    return {str(task) for task in given if task in TASKS}
