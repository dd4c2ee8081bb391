"""Read access to a run's folder: settings, rows, checkpoints, status.

It needs no lock, so that a run can be read while another process trains it.
"""

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from rnntui.config import WINDOW, Settings, from_dict, spec
from rnntui.runs import checkpoints, contents, ending, folders, live, rows
from rnntui.runs.batches import mean_of_batches
from rnntui.runs.checkpoints import STATE
from rnntui.runs.files import CHECKPOINTS, CONFIG, LOCK
from rnntui.runs.rows import JOURNAL, METRICS, SAMPLES
from rnntui.runs.status import RunState, RunStatus, mean, worst_guess
from rnntui.schemas import (
    CheckpointState,
    DamagedFile,
    FiguresState,
    JournalRow,
    MetricsRow,
    RunConfig,
    SampleRow,
    decoding,
)
from rnntui.schemas.upgrades import Content
from rnntui.specs import TASKS
from rnntui.system.folder import Folder
from rnntui.system.lock import Lock
from rnntui.system.reading import read_bytes
from rnntui.system.user_code import UserImportError


@dataclass(frozen=True)
class RunSummary:
    """A run as `rnntui runs` lists it."""

    status: RunStatus
    task: str
    cell: str
    device: str
    changed: float  # seconds since the epoch
    corpus_name: str = ""  # of texts alone
    trained_by: live.Address | None = None  # the process that trains it now, where that says so

    @property
    def stands(self) -> str:
        """`RunStatus.stands`."""
        return self.status.stands(TASKS[self.task])

    @property
    def name(self) -> str:
        """The run's name, as the other lines have one."""
        return self.status.name


class Record:
    """A run's folder, to be read while any process writes in it."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, folders.name_of(path)
        self.asked_weights = ""  # `raw` or `averaged`: what writes and is scored; empty: the better of both
        self._lock = Lock(path / LOCK, f"run {self.name!r}")

    def is_held(self) -> bool:
        """Whether a process holds the run's lock."""
        return self._lock.is_held()

    def foreign_files(self) -> list[str]:
        """What is in the folder that rnntui did not write, by its path from there. Raises `ValueError` for a link."""
        with Folder(self.path, f"run {self.name!r}") as folder:
            return list(contents.foreign(folder))

    # --- config and rows ----------------------------------------------------------------------------------------

    def config(self) -> RunConfig:
        """What `config.json` holds. Raises `ValueError` where it is missing, torn, not as we write it or not of now."""
        return decoding.read(self.path / CONFIG, RunConfig, f"run {self.name!r}")

    def settings(self) -> Settings:
        """The settings to resume with. Raises `ValueError` where `config.json` is damaged or of another version."""
        return self.recorded_settings()

    def recorded_settings(self) -> Settings:
        """The settings as `config.json` has them; raises as `settings`."""
        return self.settings_in(self.config())

    def settings_in(self, config: RunConfig) -> Settings:
        """The settings that were read with the rest of `config.json`; raises as `settings`."""
        try:
            return from_dict(config.settings)
        except ValueError as error:
            raise DamagedFile(f"run {self.name!r} is damaged or of another version: {CONFIG}: {error}") from None

    def metrics(self) -> Iterator[MetricsRow]:
        """The rows of `metrics.jsonl`, oldest first; raises as `rows.read`."""
        return rows.read(self.path / METRICS, MetricsRow, f"run {self.name!r}")

    def samples(self) -> Iterator[SampleRow]:
        """The rows of `samples.jsonl`, oldest first; raises as `rows.read`."""
        return rows.read(self.path / SAMPLES, SampleRow, f"run {self.name!r}")

    def events(self) -> Iterator[JournalRow]:
        """The rows of `journal.jsonl`, oldest first; raises as `rows.read`."""
        return rows.read(self.path / JOURNAL, JournalRow, f"run {self.name!r}")

    def newest_metrics(self) -> Iterator[MetricsRow]:
        """The newest rows of `metrics.jsonl`, a hundred or more, newest first, read from its end."""
        return rows.newest(self.path / METRICS, MetricsRow, f"run {self.name!r}")

    def newest_step(self, file: str) -> int:
        """The step of the newest row of a file, 0 where there is none; read from its end."""
        newest = rows.newest(self.path / file, rows.KINDS[file], f"run {self.name!r}")
        return next((row.step for row in newest), 0)

    def newest_event(self) -> JournalRow | None:
        """The newest row of `journal.jsonl`, read from its end."""
        return next(rows.newest(self.path / JOURNAL, JournalRow, f"run {self.name!r}"), None)

    @contextmanager
    def naming_its_cell_file(self) -> Iterator[None]:
        """While the run's network is made: a cell that cannot be imported is told with the file that it once lay in."""
        try:
            yield
        except UserImportError as error:
            if not (file := self.config().cell_file):
                raise
            way_out = f"PYTHONPATH={shlex.quote(os.path.dirname(file))} before the command makes Python look there"
            sentence = f"{error}; when the run was trained it was in {file!r}: {way_out}"
            raise UserImportError(sentence, error.user_traceback) from None

    # --- checkpoints --------------------------------------------------------------------------------------------

    @property
    def checkpoints(self) -> Path:
        return self.path / CHECKPOINTS

    def checkpoint(self, step: int) -> Path:
        """The folder of the checkpoint after `step`."""
        return self.checkpoints / checkpoints.name(step)

    def steps_saved(self, *, whole: bool) -> list[int]:
        """Steps with a checkpoint, ascending; `whole` leaves out those that keep the weights alone."""
        return checkpoints.saved(self.checkpoints, whole=whole)

    def state(self, step: int) -> CheckpointState:
        """What `state.json` of a checkpoint holds. Raises `ValueError` as `config`."""
        return decoding.read(self.checkpoint(step) / STATE, CheckpointState, self.checkpoint_in_words(step))

    def state_and_content(self, step: int) -> tuple[CheckpointState, Content]:
        """The same, and the values that the file has, of which its digest was taken; raises as `state`."""
        what = self.checkpoint_in_words(step)
        raw = read_bytes(self.checkpoint(step) / STATE, f"{what}: {STATE}", decoding.MOST)
        return decoding.decode(raw, CheckpointState, what, STATE), decoding.parsed(raw, what, STATE)

    def checkpoint_in_words(self, step: int) -> str:
        """What sentences call the checkpoint after `step`."""
        return f"checkpoint {checkpoints.name(step)} of run {self.name!r}"

    def newest_state(self) -> CheckpointState | None:
        """What `state.json` of the newest full checkpoint holds, `None` where there is none; raises as `state`."""
        saved = checkpoints.newest(self.checkpoints)
        return None if saved is None else self.state(saved)

    def best_step(self) -> int | None:
        """The step of the best checkpoint, by the newest whole one; `None` where none is; raises as `state`."""
        saved = self.newest_state()
        return saved.figures.best[1] if saved is not None and saved.figures.best is not None else None

    # --- where it stands ----------------------------------------------------------------------------------------

    def folder_state(self, saved: CheckpointState | None, settings: Settings) -> RunState:
        """The state of the run: running, finished, diverged, lost or stopped; `saved` is that of its newest checkpoint.

        A run that has reached its end is finished, though the screen that trained it may still be open.
        """
        if saved is not None and ending.is_over(saved, settings):
            return "finished"
        if self.is_held():
            return "running"
        if self.diverged_at("diverged") is not None:
            return "diverged"
        return "lost" if live.is_left_behind(self.path) else "stopped"

    def diverged_at(self, state: RunState) -> int | None:
        """The step at which a run in this state diverged, where nothing has happened since; else `None`."""
        newest = self.newest_event() if state in ("diverged", "running") else None
        return newest.step if newest is not None and newest.event == "diverged" else None

    def changed(self) -> float:
        """When the run was last written to, in seconds since the epoch."""
        for file in (METRICS, CONFIG):
            with suppress(OSError):  # not there, or a link in a circle
                return os.stat(f"{self.path}/{file}").st_mtime
        return 0.0

    def status(self, settings: Settings, baselines: Mapping[str, tuple[float, float | None]]) -> RunStatus:
        """The last figures, from a few small reads. Raises `ValueError` and `OSError` if the files cannot be read."""
        saved = self.newest_state()
        state, recent = self.folder_state(saved, settings), self._recent_rows()
        known = saved.figures if saved else FiguresState()
        saved_step, logged_step = saved.step if saved else 0, recent[0].step if recent else 0
        is_saved = saved is not None and saved_step >= logged_step
        last = [row for row in recent if row.step > logged_step - WINDOW]
        best_loss, best_step = known.best or (None, None)
        diverged_at = self.diverged_at(state)
        return RunStatus(
            self.name,
            state,
            max(saved_step, logged_step, diverged_at or 0),
            settings.steps,
            mean(known.recent_loss if is_saved else [mean_of_batches(row, "loss") for row in last]),
            mean(known.recent_accuracy if is_saved else [mean_of_batches(row, "accuracy") for row in last]),
            steps_per_second=_speed(recent),
            held_out_loss=known.validation_loss,
            averaged_loss=known.averaged_validation_loss,
            best_loss=best_loss,
            best_accuracy=known.best_accuracy,
            solved_at=known.solved_at,
            best_step=best_step,
            seconds=saved.seconds if saved else None,
            early_ending=ending.early_ending(saved, settings),
            guess=worst_guess(baselines),
            is_left_diverged=state == "running" and diverged_at is not None,
        )

    def _recent_rows(self) -> list[MetricsRow]:
        """The rows of the last steps, newest first, and the one before them."""
        found: list[MetricsRow] = []
        for row in self.newest_metrics():
            found.append(row)
            if row.step <= found[0].step - WINDOW:
                break
        return found

    def summary(self) -> RunSummary:
        """What the list of runs tells. Raises `ValueError` and `OSError` if the files cannot be read."""
        config = self.config()
        settings = self.settings_in(config)
        status = self.status(settings, config.baselines)
        corpus = corpus_name(config, settings) if spec(settings).has_corpus else ""
        trained_by = live.address(self) if status.state == "running" else None
        device = config.device or "?"
        return RunSummary(status, settings.task, settings.cell, device, self.changed(), corpus, trained_by)


def _speed(recent: Sequence[MetricsRow]) -> float | None:
    """Steps per second between the oldest and the newest of some rows."""
    timed = [(row.step, row.seconds) for row in recent if row.seconds is not None]
    if len(timed) < 2 or timed[0][1] <= timed[-1][1]:
        return None
    return (timed[0][0] - timed[-1][0]) / (timed[0][1] - timed[-1][1])


def corpus_name(config: RunConfig, settings: Settings) -> str:
    """What the text is called; of a run that has not begun, what lies at its place."""
    return config.data.corpus or PurePath(settings.corpus).stem
