"""What `rnntui runs rm` and the list of all runs delete: runs, and sweeps with all their runs.

Invariant: nothing is deleted before all of it was found to be unlocked, and nothing that rnntui did not write. A
deletion that stopped half-way would leave a sweep with holes.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rnntui import runs
from rnntui.runs import SWEEP, Run, contents, sweep_at
from rnntui.runs.files import SWEEP_LOCK
from rnntui.sweeps.folder import OWN, PROBE
from rnntui.sweeps.places import mailbox
from rnntui.sweeps.places.mailbox import MAILBOX
from rnntui.system.folder import Folder, finished
from rnntui.system.lock import Lock
from rnntui.text.format import counted

WORKERS_LOG = re.compile(r"worker-\d+\.log")


class WholeSweep:
    """A sweep's folder with all its runs, to be deleted; nothing of it needs to be readable."""

    def __init__(self, path: Path) -> None:
        self.path, self.runs = path, runs.listed(path)
        self.name = f"sweep {path.name} with {counted(len(self.runs), 'run')}"
        self._what = f"sweep {path.name!r}"
        self._lock = Lock(path / SWEEP_LOCK, self._what)

    def check(self) -> None:
        """Raise `ValueError` for what rnntui did not write."""
        with Folder(self.path, self._what) as folder:
            odd = next(self._foreign(folder), None) or next((f"{MAILBOX}/{name}" for name in _mail(folder)), None)
            if odd:
                raise ValueError(f"{self._what} contains {odd!r}, which rnntui did not write: move it elsewhere")
        for run in self.runs:
            check(run)

    def _foreign(self, folder: Folder) -> Iterator[str]:
        names = {run.path.name for run in self.runs}
        for name in folder.names():
            kind = folder.kind(name)
            is_own = _is_own_file(name)
            if kind == "folder":
                is_own = name in names or name == MAILBOX or contents.PASSING.fullmatch(name) is not None
            if not is_own or kind not in ("file", "folder"):
                yield name

    def lock(self) -> None:
        """Lock the sweep and its runs. Raises `ValueError` while another process holds one of the locks."""
        self._lock.take()
        for run in self.runs:  # not held all at once: a process may open a thousand files
            if run.is_held():
                self.unlock()
                raise ValueError(f"run {run.name!r} is in use by another process: stop that process first")

    def unlock(self) -> None:
        """Release the locks."""
        self._lock.release()

    def remove(self) -> None:
        """Delete the runs, then the rest, so that an interrupted removal leaves a readable sweep."""
        for run in self.runs:
            run.remove()
        folder = self._lock.folder
        contents.remove_left(folder)
        mailbox.remove(folder)
        for name in folder.names():
            if _is_own_file(name) and name not in (SWEEP, SWEEP_LOCK):
                folder.remove_file(name)
        contents.take_away(self._lock)


def _mail(folder: Folder) -> Iterator[str]:
    """What is not ours among the messages of a sweep's workers on SLURM."""
    if folder.kind(MAILBOX) == "folder":
        with folder.inside(MAILBOX) as opened:
            yield from mailbox.foreign(opened)


def _is_own_file(name: str) -> bool:
    unfinished = finished(name)
    own = unfinished[0] if unfinished else name
    return own in OWN or own == SWEEP_LOCK or any(kind.fullmatch(own) for kind in (WORKERS_LOG, PROBE))


Doomed = Run | WholeSweep


def check(target: Doomed) -> None:
    """Raise `ValueError` where it holds what rnntui did not write."""
    if isinstance(target, WholeSweep):
        target.check()
    elif odd := target.foreign_files():
        raise ValueError(f"run {target.name!r} contains {odd[0]!r}, which rnntui did not write: move it elsewhere")


def locked_for_removal(root: Path, references: Sequence[str]) -> list[Doomed]:
    """The runs and sweeps with these names, locked, each once.

    Raises `ValueError` for any that is held or holds what rnntui did not write.
    """
    every = {one.path.resolve(): one for one in (_named(root, reference) for reference in references)}
    doomed = [one for path, one in every.items() if path.parent not in every]  # a sweep's runs go with it
    try:
        for target in doomed:
            check(target)
            target.lock()
    except ValueError:
        for target in doomed:
            target.unlock()
        raise
    return doomed


def _named(root: Path, reference: str) -> Doomed:
    sweep = sweep_at(root, reference)
    return runs.find(root, reference) if sweep is None else WholeSweep(sweep)
