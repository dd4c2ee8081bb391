"""A run: its folder and the lock under which one process writes there.

Invariant: only the process that holds the lock writes, and what one that died left half-written goes with the next.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from rnntui import corpora
from rnntui.config import Settings, as_dict, spec
from rnntui.runs import checkpoints, contents, files, folders, rows
from rnntui.runs.files import CONFIG, ORIGIN, RESULT, SYNTAX
from rnntui.runs.record import Record
from rnntui.runs.rows import JOURNAL, METRICS, SAMPLES
from rnntui.schemas import JournalRow, Row, RunConfig
from rnntui.system import lease
from rnntui.system.folder import Folder
from rnntui.system.lease import Lease

if TYPE_CHECKING:
    from rnntui.runs.origin import Start
    from rnntui.system.world import World


class Run(Record):
    """A run folder. Reading needs no lock; writing is for the one process that holds it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked_settings: Settings | None = None
        self.asked_dials: dict[str, float] = {}
        self.asked_step: int | None = None  # of the full checkpoint to resume from; else the newest
        self.world: World | None = None  # of this process, where torchrun started it to train the run
        self._lease: Lease | None = None
        self._unflushed: set[str] = set()  # files of rows that were added to since the newest checkpoint

    # --- making -------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls, root: Path, name: str | None, settings: Settings, *, follow: bool = True, start: "Start | None" = None
    ) -> "Run":
        """A new, locked run folder with its settings; without a name it is `<task>-<cell>-<number>`.

        `start` has the weights to begin with, where they are another run's. With `follow` the root may be a link, and
        is made where it is not there.
        Raises `ValueError` for a name that is taken or no name, a folder that cannot be written, and a corpus that
        cannot be found.
        """
        if spec(settings).has_corpus:
            settings = replace(settings, corpus=corpora.pin(settings.corpus))
        origin = UNSET if start is None else start.origin
        config = files.as_json(RunConfig(settings=as_dict(settings), created=time.time(), origin=origin).as_content())

        def fill(folder: Folder) -> None:
            if start is not None:
                folder.create(ORIGIN, start.weights)
            folder.replace(CONFIG, config)

        try:
            path, held = folders.make(root, name, settings, fill, follow=follow)
        except OSError as error:
            raise contents.refusal(root, error) from None
        run = cls(path)
        run._lock = held
        return run

    def ask(self, settings: Settings, **dials: float) -> None:
        """Request other settings for the next opening; nothing is written before the run is open."""
        self.asked_settings, self.asked_dials = settings, dials

    def settings(self) -> Settings:
        """The settings to resume with: those requested, else the recorded ones; raises as `Record.settings`."""
        return super().settings() if self.asked_settings is None else self.asked_settings

    def reached_step(self) -> int:
        """The step that it is resumed from; 0 where it has no checkpoint."""
        return max(self.steps_saved(whole=True), default=0) if self.asked_step is None else self.asked_step

    # --- the lock -----------------------------------------------------------------------------------------------

    def lock(
        self,
        *,
        leased: bool = False,
        tell: Callable[[str], None] = lease.note,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Lock the run until `unlock` or the end of the process; `leased` is as `hold_lease`.

        A lease that a process of another machine left is waited for, which `tell` hears, as long as the run is wanted.
        Raises `ValueError` with the holder's pid, and where the folder, or something in it that is written, is a link.
        """
        self._lock.take()
        try:
            contents.check_kinds(self.folder)
            was_left = self._lease is None and lease.wait_out(self.folder, self.folder.what, tell, is_wanted)
            if leased:
                self.hold_lease()
                assert self._lease is not None
                if was_left:
                    lease.settle(self._lease)
            files.remove_unfinished(self.folder, files.OWN)
        except BaseException:
            self.unlock()
            raise

    def hold_lease(self) -> None:
        """Beside the lock, hold the lease of the run, where machines share its folder that may not share its lock.

        Each change of the folder raises `LeaseLost` once the lease is lost. Raises `LeaseHeld` where another has it.
        """
        if self._lease is None:
            self._lease = Lease(self.folder, self.folder.what)
            self.folder.guard = self._lease.check

    def unlock(self) -> None:
        """Release the lock, and the lease."""
        self._lock.release(is_ours=self._end_lease())

    def _end_lease(self) -> bool:
        """Let the lease go; whether it was held, or there was none."""
        held, self._lease = self._lease, None
        is_ours = held is None or held.release()
        if held is not None:
            self.folder.guard = None
        return is_ours

    def remove(self) -> None:
        """Delete the folder.

        Raises `ValueError` while a process owns it, and where it holds what rnntui did not write: then all of it stays.
        """
        self.lock()
        try:
            self.folder.check_current()
            self._end_lease()
            contents.remove(self._lock)
        finally:
            self.unlock()

    # --- writing, all of it in the folder whose lock is held ----------------------------------------------------

    @property
    def folder(self) -> Folder:
        """The folder to write in; for the process that holds the run."""
        return self._lock.folder

    def write_config(self, config: RunConfig) -> None:
        """Replace `config.json` as a whole."""
        self.folder.replace(CONFIG, files.as_json(config.as_content()))

    def append(self, file: str, *new: Row) -> None:
        """Add rows to a file of rows; what is not finite becomes `null`."""
        self.folder.append(file, rows.as_lines(new, first=self.folder.is_empty(file)))
        self._unflushed.add(file)

    def journal(self, step: int, event: str, **what: Any) -> None:
        """Record what was changed after `step`; it is on disk when this returns."""
        row = JournalRow(step=step, event=event, at=time.time(), **what)
        self.folder.append(JOURNAL, rows.as_lines([row], first=self.folder.is_empty(JOURNAL)), flush=True)

    def cut_after(self, step: int) -> None:
        """Drop the metric and sample rows past a step: they will be written again."""
        for file, found in ((METRICS, self.metrics()), (SAMPLES, self.samples())):
            if self.folder.kind(file) is not None:
                self.folder.replace(file, rows.as_lines((row for row in found if row.step <= step), first=True))

    def go_back(self, step: int, left: int | None = None) -> None:
        """Delete everything after a full checkpoint: later checkpoints and their results.

        `left` is the step where the run stood, else that of its newest checkpoint. Whenever the process dies the run
        resumes from a full checkpoint of one history. Rows are cut by `cut_after`. Raises `ValueError` where a later
        checkpoint holds what rnntui did not write.
        """
        left = max(self.steps_saved(whole=True)) if left is None else left
        for file in (RESULT, SYNTAX):
            self.folder.remove_file(file)
        checkpoints.remove_after(self.folder, step)
        self.journal(step, rows.GO_BACK, left=left)

    def write_checkpoint(self, step: int, content: checkpoints.Content) -> None:
        """Write the files of a checkpoint, behind the rows up to it; see `checkpoints.write`."""
        while self._unflushed:
            self.folder.flush_file(self._unflushed.pop())
        checkpoints.write(self.folder, step, content)

    def drop_origin(self) -> None:
        """Delete the weights that the run began with: a checkpoint of its own has them."""
        self.folder.remove_file(ORIGIN)

    def prune(self, best: int | None) -> None:
        """Keep the newest full checkpoints, the best, and the weights alone at milestones."""
        checkpoints.prune(self.folder, best)
