"""What a run's folder tells whoever looks on: settings, rows, checkpoints, where the run stands. It needs no lock."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from rnntui.config import Settings, from_dict
from rnntui.runs import checkpoints, contents, folders, rows
from rnntui.runs.files import CHECKPOINTS, CONFIG, JOURNAL, LOCK, METRICS, read_json
from rnntui.runs.rows import Row
from rnntui.system.folder import Folder
from rnntui.system.lock import Lock


@dataclass(frozen=True)
class Summary:
    """One line of `rnntui runs`."""

    name: str
    task: str
    cell: str
    state: str  # running, finished, stopped or diverged
    step: int
    steps: int
    loss: float | None  # of the last logged row
    accuracy: float | None
    validation_loss: float | None  # newest, nats
    device: str
    changed: float  # seconds since the epoch
    corpus_name: str = ""  # of texts alone


class Record:
    """A run's folder, to be read while any process writes in it."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, folders.name_of(path)
        self._lock = Lock(path / LOCK, f"run {self.name!r}")

    def is_held(self) -> bool:
        """Whether some process owns the run now."""
        return self._lock.is_held()

    def strangers(self) -> list[str]:
        """What is in the folder that rnntui did not write, by its path from there. Raises `ValueError` for a link."""
        with Folder(self.path, f"run {self.name!r}") as folder:
            return list(contents.foreign(folder))

    # --- config and rows ----------------------------------------------------------------------------------------

    def config(self) -> Row:
        """What `config.json` holds. Raises `ValueError` where it is missing, torn or of another version."""
        return read_json(self.path / CONFIG, f"run {self.name!r}")

    def settings(self) -> Settings:
        """The settings to go on with. Raises `ValueError` where `config.json` is damaged or of another version."""
        settings = self.config().get("settings")
        if not isinstance(settings, dict):
            raise ValueError(f"run {self.name!r} is damaged: {CONFIG} has no settings")
        return from_dict(settings)

    def rows(self, file: str) -> Iterator[Row]:
        """The rows of a file, oldest first; a last line that was cut is left out."""
        return rows.read(self.path / file)

    def last_row(self, file: str) -> Row | None:
        """The newest row, read from the file's end."""
        return next(self.last_rows(file), None)

    def last_rows(self, file: str) -> Iterator[Row]:
        """The newest rows, newest first, read from the file's end: some forty of `metrics.jsonl`."""
        return rows.newest(f"{self.path}/{file}")

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

    def state(self, step: int) -> Row:
        """What `state.json` of a checkpoint holds. Raises `ValueError` where it is torn or of another version."""
        return read_json(
            self.checkpoint(step) / "state.json", f"checkpoint {checkpoints.name(step)} of run {self.name!r}"
        )

    def newest_state(self) -> Row:
        """What `state.json` of the newest whole checkpoint holds, empty where there is none; raises as `state`."""
        saved = checkpoints.newest(self.checkpoints)
        return {} if saved is None else {**self.state(saved), "step": saved}

    # --- where it stands ----------------------------------------------------------------------------------------

    def changed(self) -> float:
        """When the run was last written to, in seconds since the epoch."""
        for file in (METRICS, CONFIG):
            with suppress(FileNotFoundError):
                return os.stat(f"{self.path}/{file}").st_mtime
        return 0.0

    def phase(self, saved: Row, steps: int, stop_at: float) -> str:
        """Running, finished, stopped or diverged.

        `saved` is the newest state, `steps` the total, `stop_at` the accuracy at which it ends (0 is none). A run that
        has reached its end is finished, though the screen that trained it may still be open.
        """
        if saved and (saved["step"] >= steps or 0 < stop_at <= float(saved.get("over", 0))):
            return "finished"
        if self.is_held():
            return "running"
        event = (self.last_row(JOURNAL) or {}).get("event")
        return "diverged" if event == "diverged" else "stopped"

    def summary(self) -> Summary:
        """Where the run stands, from a few small reads. Raises `ValueError` where its files cannot be read."""
        try:
            return self._summary(self.config())
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"run {self.name!r} is damaged: its files are not as rnntui writes them ({error})"
            ) from None

    def _summary(self, config: Row) -> Summary:
        settings, row, saved = config["settings"], self.last_row(METRICS) or {}, self.newest_state()
        return Summary(
            self.name,
            settings["task"],
            settings["cell"],
            self.phase(saved, settings["steps"], settings.get("stop_at", 0)),
            max(row.get("step", 0), saved.get("step", 0)),
            settings["steps"],
            row.get("loss"),
            row.get("accuracy"),
            saved.get("figures", {}).get("validation_loss"),
            config.get("device", "?"),
            self.changed(),
            _corpus_name(config) if settings["task"] == "text" else "",
        )


def _corpus_name(config: Row) -> str:
    """What the text is called; of a run that has not begun, what lies at its place."""
    return str((config.get("data") or {}).get("corpus") or PurePath(config["settings"].get("corpus", "")).stem)
