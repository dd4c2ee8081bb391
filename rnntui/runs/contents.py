"""The contents of a run's folder, how a new one is made, and how one is deleted.

Invariants: a run gets its name with its settings in it, and loses it before anything of it is deleted, so whenever the
process dies there is a whole run of a name or none. Only what rnntui wrote is deleted, and all of it is looked at
before any of it is.
"""

import errno
import itertools
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rnntui.runs import checkpoints, live
from rnntui.runs.files import CHECKPOINTS, CONFIG, LIVE, LOCK, OWN, SWEEP, SWEEP_LOCK, is_own, remove_unfinished
from rnntui.system.errors import FULL, meaning
from rnntui.system.folder import Folder, is_alive
from rnntui.system.lock import Lock

LACKING = (*FULL, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO)  # no fault of the folder that was named
PASSING = re.compile(r"\.(?:new|old)-([0-9]+)-[0-9]+")  # a folder that is being made or deleted, and by which process
_numbers = itertools.count()


def foreign(folder: Folder) -> Iterator[str]:
    """Files in a run's folder that rnntui did not write, as relative paths."""
    for name in folder.names():
        kind = folder.kind(name)
        if name == CHECKPOINTS and kind == "folder":
            with folder.inside(name) as opened:
                yield from (f"{CHECKPOINTS}/{odd}" for odd in checkpoints.foreign(opened))
        elif name == LIVE and kind == "folder":
            with folder.inside(name) as opened:
                yield from (f"{LIVE}/{odd}" for odd in live.foreign(opened))
        elif kind != "file" or not is_own(name):
            yield name


def check(folder: Folder) -> None:
    """Raise `ValueError` naming something that rnntui did not write, where there is anything."""
    if odd := next(foreign(folder), None):
        raise ValueError(f"{folder.what} contains {odd!r}, which rnntui did not write: move it elsewhere")


def check_kinds(folder: Folder) -> None:
    """Raise `ValueError` where a file that rnntui writes is none, or the folder of checkpoints is a link."""
    for name in OWN:
        folder.check_file(name)
    if folder.kind(CHECKPOINTS) is not None:
        folder.inside(CHECKPOINTS).close()


# --- making ---------------------------------------------------------------------------------------------------------


def refusal(root: Path, error: OSError) -> Exception:
    """What to raise where nothing new can be written under a folder of runs: the user's mistake, or the machine's."""
    if error.errno in LACKING:
        return error
    return ValueError(f"--runs {str(root)!r} cannot be written: {meaning(error)}")


def begin(beside: Folder, lock: str, what: str) -> Lock:
    """The lock of a new folder in an open one, held; the folder has a name that no list shows until `publish`."""
    while True:
        name = _passing("new")
        with suppress(FileExistsError):
            beside.make(name).close()
            held = Lock(beside.path / name / lock, what)
            held.take()
            return held


def publish(beside: Folder, held: Lock, name: str, what: str) -> bool:
    """Give a folder that was begun its name; whether it is still free. `what` names it for people from now on."""
    if beside.kind(name) is not None:
        return False
    try:
        beside.rename(held.folder.path.name, name)
    except OSError:
        if beside.kind(name) is not None:  # another process was faster
            return False
        raise
    held.move(beside.path / name, what)
    beside.flush()
    return True


def _passing(what: str) -> str:
    return f".{what}-{os.getpid()}-{next(_numbers)}"


# --- deleting -------------------------------------------------------------------------------------------------------


def remove(held: Lock) -> None:
    """Take a run's name from it and delete it, as `take_away`.

    Raises `ValueError` as `check`, and then deletes nothing.
    """
    held.folder.check_current()
    check(held.folder)
    take_away(held)


def take_away(held: Lock) -> None:
    """Take its name from a folder that holds nothing but ours, delete it, and let it go.

    It has its name again where that fails and it is still a run or a sweep, which can be removed by its name.
    """
    folder = held.folder
    path = folder.path.resolve()
    with Folder(path.parent, folder.what, follow=True) as beside:
        folder.path, passing = path, _passing("old")
        beside.rename(path.name, passing)
        folder.path = beside.path / passing
        try:
            discard(beside, held)
        except BaseException:
            with suppress(OSError):
                if _is_known(beside, passing):
                    beside.rename(passing, path.name)
            raise


def _is_known(beside: Folder, name: str) -> bool:
    """Whether a folder is still a run's or a sweep's."""
    with beside.inside(name) as opened:
        return any(opened.kind(file) is not None for file in (CONFIG, LOCK, SWEEP))


def empty_run(folder: Folder) -> None:
    """Delete everything in a run's folder but its lock."""
    checkpoints.remove_all(folder)
    live.remove(folder)
    for name in folder.names():
        if is_own(name) and name != LOCK:
            folder.remove_file(name)


def remove_left(beside: Folder) -> None:
    """Delete what dead processes left of runs that they were making or deleting."""
    for name in beside.names():
        passing = PASSING.fullmatch(name)
        if passing and not is_alive(int(passing[1])) and beside.kind(name) == "folder":
            with suppress(ValueError, OSError):  # held after all, or not all ours: it is left alone
                _remove_left(beside, name)


def _remove_left(beside: Folder, name: str) -> None:
    with beside.inside(name) as left:
        lock = SWEEP_LOCK if left.kind(SWEEP_LOCK) is not None else LOCK
    held = Lock(beside.path / name / lock, "what a process left")
    held.take()
    try:
        remove_unfinished(held.folder, {SWEEP})
        if all(odd in (SWEEP, SWEEP_LOCK) for odd in foreign(held.folder)):
            discard(beside, held)
    finally:
        held.release()


def discard(beside: Folder, held: Lock) -> None:
    """Delete a folder that has no name of its own yet, or any more, and let it go; it holds nothing but ours."""
    name = held.folder.path.name
    empty_run(held.folder)
    for file in (SWEEP, *{SWEEP_LOCK, LOCK} - {held.name}, held.name):  # the lock last: the folder relies on it
        held.folder.remove_file(file)
    held.release()
    beside.remove_folder(name, lambda name: False)
