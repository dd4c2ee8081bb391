"""A run: its folder and the lock under which one process writes there.

Invariant: only the process that holds the lock writes, and what one that died left half-written goes with the next.
"""

import errno
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnntui import corpora
from rnntui.config import Settings, as_dict
from rnntui.disk import flush
from rnntui.runs import checkpoints, files, folders, rows
from rnntui.runs.files import CONFIG, FORMAT, JOURNAL, METRICS, SAMPLES
from rnntui.runs.record import Record
from rnntui.runs.rows import Row


class Run(Record):
    """A run folder. Reading needs no lock; writing is for the one process that holds it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked_settings: Settings | None = None
        self.asked_dials: dict[str, float] = {}

    # --- making -------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, root: Path, name: str | None, settings: Settings) -> "Run":
        """A new, locked run folder with its settings; without a name it is `<task>-<cell>-<number>`.

        Raises `ValueError` for a name that is taken or no name, a folder that cannot be written, and a corpus that
        cannot be found.
        """
        if settings.task == "text":
            settings = replace(settings, corpus=corpora.pin(settings.corpus))
        try:
            run = cls(folders.make(root, name, settings))
            run.lock()
            run.write_config({"settings": as_dict(settings), "created": time.time()})
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise ValueError(f"--runs {str(root)!r} cannot be written: {error.strerror}") from None
        return run

    def ask(self, settings: Settings, **dials: float) -> None:
        """Have the next opening take these settings and turn these dials; nothing is on disk before the run is open."""
        self.asked_settings, self.asked_dials = settings, dials

    def settings(self) -> Settings:
        """The settings to go on with: those asked for, else the recorded ones; raises as `Record.settings`."""
        return super().settings() if self.asked_settings is None else self.asked_settings

    # --- the lock -----------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Own the run until `unlock` or the process ends. Raises `ValueError` with the holder's pid."""
        self._lock.take()
        files.remove_unfinished(self.path)

    def unlock(self) -> None:
        """Let another process own the run."""
        self._lock.release()

    def remove(self) -> None:
        """Delete the folder. Raises `ValueError` while a process owns it."""
        self.lock()
        shutil.rmtree(self.path)
        self.unlock()

    # --- writing ------------------------------------------------------------------------------------------------

    def write_config(self, config: Row) -> None:
        """Replace `config.json` as a whole."""
        files.write_json(self.path / CONFIG, {"format": FORMAT, **config})

    def append(self, file: str, *new: Row) -> None:
        """Add rows to a file of rows; what is not finite becomes `null`."""
        with open(self.path / file, "a+b") as out:
            rows.add(out, new)

    def journal(self, step: int, event: str, **what: Any) -> None:
        """Record what was changed after `step`; it is on disk when this returns."""
        with open(self.path / JOURNAL, "a+b") as out:
            rows.add(out, [{"step": step, "event": event, "at": time.time(), **what}])
            out.flush()
            os.fsync(out.fileno())
        flush(self.path)

    def cut_after(self, step: int) -> None:
        """Drop the metric and sample rows past a step: they will be written again."""
        for file in (METRICS, SAMPLES):
            if (self.path / file).exists():
                files.replace(self.path / file, rows.as_lines(row for row in self.rows(file) if row["step"] <= step))

    def write_checkpoint(self, step: int, write: Callable[[Path], None]) -> None:
        """Let `write` fill the folder of a checkpoint; see `checkpoints.write`."""
        checkpoints.write(self.checkpoints, step, write)

    def prune(self, best: int | None) -> None:
        """Keep the newest whole checkpoints, the best, and the weights alone at milestones."""
        checkpoints.prune(self.checkpoints, best)
