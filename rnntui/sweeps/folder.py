"""A sweep on disk: `runs/<sweep>/` with its plan, a run folder for each of its runs, and their results.

Invariant: the folder alone says what is done, so a sweep that was killed resumes where it was.
"""

import math
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from msgspec import structs

from rnntui import corpora
from rnntui.config import Settings, as_dict, from_dict, settings_of, spec
from rnntui.corpora.catalogue import fetchable
from rnntui.runs import RESULT, SWEEP, Run, as_json, check_name, contents, files
from rnntui.runs.batches import mean_of_batches
from rnntui.runs.files import SWEEP_LOCK
from rnntui.runs.folders import is_run, make_root
from rnntui.runs.status import RunState, is_fallen
from rnntui.schemas import DamagedFile, ResultFile, SweepFile, decoding
from rnntui.specs import TASKS
from rnntui.sweeps import failures, search, syntax
from rnntui.sweeps.failures import FAILED, FAILURES
from rnntui.sweeps.plan import Job, Plan
from rnntui.sweeps.syntax import Measured
from rnntui.sweeps.table import BITS, CSV, FIGURES_DRAWN, OF_CLASSIFICATION, OF_REGRESSION, TABLE, is_too_short
from rnntui.system.folder import Folder
from rnntui.system.lock import Lock
from rnntui.system.reading import raise_if_of_machine
from rnntui.text.format import listed

STANDING, LOG = "standing.json", "output.log"  # of the process that drives it, and what it printed without a terminal
OWN = {
    SWEEP,
    FAILED,
    FAILURES,
    STANDING,
    LOG,
    CSV,
    TABLE,
    *FIGURES_DRAWN,
}  # files of a sweep's folder, beside its lock and its workers' logs
PROBE = re.compile(r"\.probe-[0-9a-f]{16}")  # a file that nodes of a cluster look for
KEYS = {field.name: field.encode_name for field in structs.fields(ResultFile)}  # of a result, in files and tables
LONGEST_REASON = 300  # characters
# These do not change what a run is: a sweep may grow along its axes, and a search may look further.
FREE = ("name", "title", "given", "figure", "axes", "variants", "search", "syntax", "sizes")


@dataclass(frozen=True)
class Result:
    """The result of a run. Accuracies are shares, losses nats, `seconds` of training; `None` is not known.

    `test_accuracy` is on 10,000 examples that it was not trained on, of a text on what is held out, and so is
    `bits_per_character`: both at its best checkpoint (runs of earlier versions: at the last step), by the averaged
    weights where these did better. `state` is finished, diverged or failed.
    """

    state: RunState
    step: int = 0
    loss: float | None = None  # smoothed
    accuracy: float | None = None  # smoothed
    best_accuracy: float | None = None  # smoothed
    test_accuracy: float | None = None
    solved_at: int | None = None
    seconds: float | None = None
    reason: str = ""  # why it failed or diverged, a sentence
    parameters: int | None = None  # that were trained
    bits_per_character: float | None = None  # of a text alone
    test_loss: float | None = None  # of a regression alone

    @property
    def is_solved(self) -> bool | None:
        """Whether it solved its task; `None` where that is not measured: it failed, or had too few steps."""
        if self.solved_at is not None:
            return True
        return None if self.state == "failed" or is_too_short(self.state, self.step) else False

    @property
    def is_fallen(self) -> bool:
        """Whether it had solved its task, and gives wrong answers to fresh examples at its end."""
        return is_fallen(self.solved_at, self.test_accuracy)


class Sweep:
    """A sweep's folder. Writing is for the one process that holds it; `jobs` are what is known to be run so far."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path, self.plan = path, plan
        self.results: dict[str, Result] = {}
        self._seen: set[str] = set()  # runs whose folders were looked into
        self.seconds = 0.0  # that processes have spent on it, all openings together
        self.texts: dict[str, str] = {}  # the SHA-256 of each corpus that it was begun with
        self._opened_at = time.monotonic()
        self._lock = Lock(path / SWEEP_LOCK, f"sweep {path.name!r}")

    @classmethod
    def open(cls, root: Path, name: str | None, plan: Plan, progress: corpora.Progress | None = None) -> "Sweep":
        """Open the sweep of that name, new or resumed, and lock it.

        `progress` hears how far a large corpus has come that is read for the first time.
        Raises `ValueError` where the name is used by a run or by a sweep of other settings, another process has it, or
        a corpus will not do.
        """
        path = root / check_name(name or plan.name)
        if not (path / SWEEP).exists() and os.path.lexists(path) and not _is_empty(path):
            by = "a run" if is_run(path) else "something else"
            raise ValueError(f"--name {path.name!r} is taken by {by}: --name takes another")
        sweep = cls(path, plan)
        if not (path / SWEEP).exists():
            sweep._check_texts(progress)  # before there is a folder
        try:
            is_made = not path.exists() and sweep._begin(root)
            sweep._lock.take()
            files.remove_unfinished(sweep.folder, OWN)
        except OSError as error:
            raise contents.refusal(root, error) from None
        try:
            if (path / SWEEP).exists():
                kept = read_file(path)
                before = Plan.from_content(kept.plan)
                _check_same(sweep.name, before, plan)
                sweep.plan = _started_as(before, plan)
                sweep._take_facts(kept)
            sweep.forget_failures()
            sweep.refresh()
            if not is_made:
                sweep._check_texts(progress)
            sweep._write()
        except (ValueError, OSError):
            sweep._lock.release()
            raise
        return sweep

    def _begin(self, root: Path) -> bool:
        """Make the folder, with the plan in it, and hold it. Another process may be faster: then it is not held."""
        make_root(root)
        with Folder(root, f"--runs {str(root)!r}", follow=True) as beside:
            contents.remove_left(beside)
            held = contents.begin(beside, SWEEP_LOCK, "a new sweep")
            try:
                held.folder.replace(SWEEP, self._facts())
                if contents.publish(beside, held, self.path.name, f"sweep {self.path.name!r}"):
                    self._lock = held
            finally:
                if held is not self._lock:
                    contents.discard(beside, held)
        return held is self._lock

    @property
    def folder(self) -> Folder:
        """The folder to write in; for the process that holds the sweep."""
        return self._lock.folder

    @classmethod
    def read(cls, root: Path, name: str) -> "Sweep":
        """The sweep of that name as it is on disk, read only. Raises `ValueError` if there is none."""
        path = root / name
        if not (path / SWEEP).exists():
            raise ValueError(f"there is no sweep {name!r} in {str(root)!r} yet: `rnntui sweep {name}` runs it")
        kept = read_file(path)
        sweep = cls(path, _plan(path, kept))
        sweep._take_facts(kept)
        sweep.refresh()
        return sweep

    @property
    def name(self) -> str:
        return self.path.name

    def close(self) -> None:
        """Record the time spent and release the lock."""
        self.seconds += time.monotonic() - self._opened_at
        self._opened_at = time.monotonic()
        self._write()
        self._lock.release()

    def _write(self) -> None:
        self.folder.replace(SWEEP, self._facts())

    def _facts(self) -> bytes:
        content = SweepFile(plan=self.plan.as_content(), seconds=self.seconds, texts=self.texts)
        return as_json(content.as_content())

    def _take_facts(self, kept: SweepFile) -> None:
        self.seconds, self.texts = kept.seconds, dict(kept.texts)

    def _check_texts(self, progress: corpora.Progress | None) -> None:
        """Raise `ValueError` for a text that the runs to do cannot learn, or that has changed since the first did."""
        lengths: dict[tuple[str, bool, str], int] = {}
        for settings in (job.settings for job in self.wanted() if spec(job.settings).has_corpus):
            text = settings.corpus, settings.lower, settings.encoding
            lengths[text] = max(settings.length, lengths.get(text, 0))
        _check_fetched(name for name, _, _ in lengths)
        for (name, lower, encoding), length in lengths.items():
            corpus = corpora.load(name, lower, progress, encoding)
            corpora.check_length(corpus, length)
            if self.texts.setdefault(name, corpus.sha256) != corpus.sha256:
                raise ValueError(
                    f"the corpus {corpus.name!r} is not the one that sweep {self.name!r} was begun with: --name "
                    f"takes another name"
                )

    # --- what is done and what is to do -------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the results so far."""
        self._seen.clear()
        self._read_unseen()

    def _read_unseen(self) -> None:
        """Read what came out of the runs that were not known of before; a round of a search asks for the next."""
        failed = failures.read(self.path)
        while unseen := [job for job in self.jobs() if job.name not in self._seen]:
            for job in unseen:
                self._seen.add(job.name)
                if (result := self._read_result(job)) is not None:
                    self.results[job.name] = result
                elif job.name in failed:
                    self.results[job.name] = Result("failed", reason=failed[job.name].reason)

    def _read_result(self, job: Job) -> Result | None:
        """What came out of a run, once all is measured that is to be."""
        result = read_result(self.path / job.name, job.settings)
        if result is not None and result.state == "finished" and job.syntax is not None:
            measured = self.measured(job)
            return result if measured is not None and measured.is_done else None
        return result

    def measured(self, job: Job) -> Measured | None:
        """The syntax measures of a run; `None` if there are none."""
        return syntax.read(self.path / job.name, job.syntax) if job.syntax is not None else None

    def jobs(self) -> list[Job]:
        """All runs of the plan; for a search, those that ended and those that it asks for now."""
        if self.plan.search is None:
            return self.plan.jobs()
        return search.known(self.plan, self.solved())

    def wanted(self) -> list[Job]:
        """The runs still to do, in order."""
        if self.plan.search is not None:
            return search.wanted(self.plan, self.solved())
        return [job for job in self.plan.jobs() if job.name not in self.results]

    def solved(self) -> dict[str, bool | None]:
        """Whether each run that ended solved its task, by name; `None` if unknown."""
        return {name: result.is_solved for name, result in self.results.items()}

    def with_text(self, job: Job) -> Job:
        """The job with the hash of its text: on another machine, or later, the same path may hold another."""
        return replace(job, text=self.texts[job.settings.corpus]) if job.settings.corpus in self.texts else job

    def run(self, job: Job) -> Run:
        """The run folder of a job; it may not be there yet."""
        return Run(self.path / job.name)

    def fail(self, job: Job, reason: str, traceback: str = "") -> None:
        """Note that a run could not be trained; `traceback` are the calls within a user's own cell that failed."""
        reason = reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"
        self.results[job.name] = Result("failed", reason=reason)
        with suppress(OSError):  # a full disk is often what the run failed by, and no reason to stop the others
            failures.add(self.folder, job.name, reason, traceback)

    def take(self, job: Job, result: Result) -> None:
        """Add the result of a run, which its worker has written."""
        self.results[job.name] = result
        if self.plan.search is not None:
            self._read_unseen()  # with fewer seeds the next value may have been tried before

    def forget_failures(self) -> None:
        """Let runs that failed be tried again."""
        failures.forget(self.folder)
        self.results = {name: result for name, result in self.results.items() if result.state != "failed"}

    # --- rows ---------------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row a run that ended, in the plan's order: its place, its figures, its settings."""
        own, task = [setting.name for setting in settings_of(self.plan.task)], TASKS[self.plan.task]
        none = {*(() if task.holds_out else (BITS,)), *(OF_REGRESSION if task.has_accuracy else OF_CLASSIFICATION)}
        for job in self.jobs():
            if (result := self.results.get(job.name)) is not None:
                settings = {name: getattr(job.settings, name) for name in own}
                keyed = {KEYS[name]: value for name, value in vars(result).items()}
                figures = {key: value for key, value in keyed.items() if key not in none}
                yield {"run": job.name, "task": job.settings.task, **settings, **job.point, **figures}


def read_file(path: Path) -> SweepFile:
    """What `sweep.json` of a sweep's folder holds. Raises `ValueError` where it is damaged or of another version."""
    return decoding.read(path / SWEEP, SweepFile, f"sweep {path.name!r}")


def read_plan(path: Path) -> Plan:
    """The plan of a sweep's folder, checked; raises as `read_file`."""
    return _plan(path, read_file(path))


def _plan(path: Path, kept: SweepFile) -> Plan:
    try:
        return Plan.from_content(kept.plan)
    except ValueError as error:
        raise DamagedFile(f"sweep {path.name!r} is damaged or of another version: {SWEEP}: {error}") from None


def write_result(folder: Folder, settings: Settings, result: Result) -> None:
    """Write the result of a run with these settings into its folder."""
    folder.replace(RESULT, as_json(ResultFile(settings=as_dict(settings), **vars(result)).as_content()))


def read_result(folder: Path, settings: Settings) -> Result | None:
    """The result of the run in that folder, if it ended with these settings.

    A damaged file is ignored: the run is trained further from its newest checkpoint.
    """
    try:
        content = structs.asdict(decoding.read(folder / RESULT, ResultFile, f"run {folder.name!r}"))
        if from_dict(content.pop("settings")) != settings:
            return None
    except ValueError as error:
        raise_if_of_machine(error)
        return None
    del content["format"]
    return Result(**content)


def _check_fetched(names: Iterable[str]) -> None:
    """Raise `ValueError` where several texts of the catalogue are to be fetched first; one alone says so itself."""
    away = []
    for name in names:
        try:
            corpora.find(name)
        except ValueError:
            away += [name] if name in fetchable() else []
    if len(away) > 1:
        raise ValueError(
            f"the corpora {listed(away)} are not there yet: `rnntui corpora get {' '.join(away)}` fetches them, or "
            f"name files with --corpus"
        )


def _is_empty(path: Path) -> bool:
    """Whether nothing is there but what a process leaves that dies before it has begun."""
    return path.is_dir() and all(entry.name == SWEEP_LOCK or entry.name.startswith(".") for entry in path.iterdir())


def curve(run: Run, end: int) -> list[tuple[int, float]]:
    """The accuracies of a run up to the step `end`, `(step, accuracy)`, ascending: means since the one before."""
    found = ((row.step, mean_of_batches(row, "accuracy")) for row in run.metrics() if row.step <= end)
    return [(step, accuracy) for step, accuracy in found if math.isfinite(accuracy)]


def _check_same(name: str, before: Plan, now: Plan) -> None:
    """A sweep may grow along its axes; nothing else of it may change. Raises `ValueError` naming what differs."""
    was, is_now = before.as_dict(), now.as_dict()
    for part in was:
        if part not in FREE and was[part] != is_now[part]:
            changed = _first_difference(was[part], is_now[part])
            raise ValueError(
                f"sweep {name!r} was begun with other settings ({part}: {changed}): --name takes another name, or "
                f"remove its folder"
            )
    if (before.search and before.search.axis) != (now.search and now.search.axis):
        raise ValueError(f"sweep {name!r} was begun with another [search]: --name takes another name")
    if before.search and now.search and now.search.limit < before.search.limit:
        limit = before.search.limit
        raise ValueError(
            f"sweep {name!r} has searched up to {limit}, and a search's limit can only grow: --limit {limit} resumes "
            f"it, or --name takes another name"
        )
    if before.every_axis.keys() != now.every_axis.keys() or any(
        value not in now.every_axis[axis] for axis, values in before.every_axis.items() for value in values
    ):
        raise ValueError(
            f"sweep {name!r} was begun with other axes, and an axis can only grow: --name takes another name, or "
            f"remove its folder"
        )
    for variant, settings in before.variants.items():
        if now.variants[variant] != settings:
            raise ValueError(f"sweep {name!r} was begun with another variant {variant!r}: --name takes another name")


def _started_as(before: Plan, now: Plan) -> Plan:
    """The present plan, its search starting no later than before and with the sizes of then: earlier results count."""
    sized = replace(now, sizes={**now.sizes, **before.sizes})
    if before.search is None or now.search is None:
        return sized
    return replace(sized, search=structs.replace(now.search, start=min(before.search.start, now.search.start)))


def _first_difference(was: Any, is_now: Any) -> str:
    was, is_now = was or {}, is_now or {}
    key = next(key for key in (*was, *is_now) if was.get(key) != is_now.get(key))
    return f"{key} was {was.get(key, 'not set')}, now {is_now.get(key, 'not set')}"
