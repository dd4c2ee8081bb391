"""The process that trains a run, as its folder tells it: `live/address.json` beside the socket to reach it by.

The folder is for its owner alone (0700). What a killed process left there is of no meaning: whether a run is trained is
known by its lock.
"""

import os
import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rnntui.runs.files import LIVE
from rnntui.system.folder import Folder

if TYPE_CHECKING:
    from rnntui.runs.record import Record
    from rnntui.runs.run import Run

ADDRESS, SOCKET, LOG = "address.json", "socket", "output.log"
LENT = re.compile(r"network-[0-9]+\.safetensors")  # weights on their way to a window
VERSION = 3  # of what is said by the socket, and of the address


class Address(msgspec.Struct, frozen=True):
    """Which process trains a run, since when (seconds since the epoch), and the socket that it listens at, if any.

    `is_detached` where it has no screen of its own.
    """

    pid: int
    host: str
    since: float
    socket: str
    is_detached: bool = False
    version: int = VERSION

    @property
    def is_here(self) -> bool:
        """Whether it is a process of this machine."""
        return self.host == socket.gethostname()

    def in_words(self) -> str:
        """Which process it is: `process 123`, and where it is another machine's, of which."""
        return f"process {self.pid}{'' if self.is_here else f' on {self.host}'}"


def address(run: "Record") -> Address | None:
    """Who trains a run now and can be reached; `None` where nobody does."""
    return _read(run.path) if run.is_held() else None


def is_left_behind(path: Path) -> bool:
    """Whether the process that trained a run, which nobody holds, ended without letting go of it; of one on another
    machine that is not known.
    """
    if not os.path.exists(path / LIVE / ADDRESS):
        return False
    found = _read(path)
    return found is None or found.is_here


def _read(path: Path) -> Address | None:
    try:
        return msgspec.json.decode((path / LIVE / ADDRESS).read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def is_own(name: str) -> bool:
    """Whether an entry of that folder is ours."""
    return name in (ADDRESS, SOCKET, LOG) or name.startswith(f".{ADDRESS}.") or LENT.fullmatch(name) is not None


def foreign(folder: Folder) -> Iterator[str]:
    """What is in that folder that rnntui did not put there."""
    return (name for name in folder.names() if not is_own(name) or folder.kind(name) == "folder")


def clear(folder: Folder, *, keep: tuple[str, ...] = ()) -> None:
    """Delete what is ours in the open folder; for who holds the run."""
    for name in folder.names():
        if is_own(name) and name not in keep and folder.kind(name) != "folder":
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder.descriptor)


def announce(folder: Folder, found: Address) -> None:
    """Say in the open folder who trains the run. Raises as `Folder.replace`."""
    folder.replace(ADDRESS, msgspec.json.encode(found) + b"\n")


def open_folder(run_folder: Folder, *, keep: tuple[str, ...] = (LOG,)) -> Folder:
    """The folder, made where it is not there, for its owner alone, and without what a dead process left."""
    opened = run_folder.make(LIVE, exist_ok=True)
    os.fchmod(opened.descriptor, stat.S_IRWXU)
    clear(opened, keep=keep)
    return opened


def remove(run_folder: Folder, *, keep_log: bool = False) -> None:
    """Delete the folder from a run's, where nothing else is in it; for who holds the run. A log that has words may be
    kept. Of a run that was moved or replaced meanwhile nothing is touched.
    """
    if not run_folder.is_current() or run_folder.kind(LIVE) != "folder":
        return
    with run_folder.inside(LIVE) as opened:
        clear(opened, keep=(LOG,) if keep_log and not opened.is_empty(LOG) else ())
    with suppress(OSError):  # something else is in it
        os.rmdir(LIVE, dir_fd=run_folder.descriptor)


@contextmanager
def announced(run: "Run") -> Iterator[None]:
    """While open, the folder of a run that this process holds says so; no window can reach it."""
    with suppress(OSError, ValueError), open_folder(run.folder) as opened:
        announce(opened, Address(os.getpid(), socket.gethostname(), time.time(), ""))
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            remove(run.folder)


def folder(run: "Record") -> Path:
    """Where it is."""
    return run.path / LIVE
