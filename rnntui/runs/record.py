"""Read access to a run's folder: settings, rows, checkpoints, status.

It needs no lock, so that a run can be read while another process trains it.
"""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from rnntui.config import Settings, from_dict, spec
from rnntui.runs import checkpoints, contents, ending, folders, live, rows
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
    stands: str = ""  # `RunStatus.stands`, by the means over the last steps

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
        """The newest rows of `metrics.jsonl`, some forty, newest first, read from its end."""
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
        """The state of the run: running, finished, stopped or diverged; `saved` is that of its newest checkpoint.

        A run that has reached its end is finished, though the screen that trained it may still be open.
        """
        if saved is not None and ending.is_over(saved, settings):
            return "finished"
        if self.is_held():
            return "running"
        return "stopped" if self.diverged_at("diverged") is None else "diverged"

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

    def summary(self) -> RunSummary:
        """The run's status, from a few small reads. Raises `ValueError` if its files cannot be read."""
        config = self.config()
        settings = self.settings_in(config)
        saved, row = self.newest_state(), next(self.newest_metrics(), None)
        best = saved.figures.best if saved and saved.figures.best else (None, None)
        state = self.folder_state(saved, settings)
        diverged_at = self.diverged_at(state)
        status = RunStatus(
            self.name,
            state,
            max(row.step if row else 0, saved.step if saved else 0, diverged_at or 0),
            settings.steps,
            row.loss if row else None,
            row.accuracy if row else None,
            held_out_loss=saved.figures.validation_loss if saved else None,
            averaged_loss=saved.figures.averaged_validation_loss if saved else None,
            best_loss=best[0],
            best_accuracy=saved.figures.best_accuracy if saved else None,
            solved_at=saved.figures.solved_at if saved else None,
            seconds=saved.seconds if saved else None,
            best_step=best[1],
            early_ending=ending.early_ending(saved, settings),
            guess=worst_guess(config.baselines),
            is_left_diverged=state == "running" and diverged_at is not None,
        )
        recent = saved.figures if saved else FiguresState()
        means = replace(status, loss=mean(recent.recent_loss), accuracy=mean(recent.recent_accuracy))
        corpus = corpus_name(config, settings) if spec(settings).has_corpus else ""
        trained_by = live.address(self) if status.state == "running" else None
        device = config.device or "?"
        stands = means.stands(spec(settings))
        return RunSummary(status, settings.task, settings.cell, device, self.changed(), corpus, trained_by, stands)


def corpus_name(config: RunConfig, settings: Settings) -> str:
    """What the text is called; of a run that has not begun, what lies at its place."""
    return config.data.corpus or PurePath(settings.corpus).stem
