"""A lock that ends with its process: what holds it can be asked, what died cannot hold it.

Invariant: nothing is written into the file, and nothing of it lost, before the lock is had. The file is a real one in
a real folder, which stays open as long as the lock is held: who holds the lock writes in that very folder.
"""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from rnntui.system import operations
from rnntui.system.errors import FolderGone
from rnntui.system.folder import Folder

LOOKS = 5  # tries to take a lock: who only asks whether it is held has it for an instant
LOOK_SECONDS = 0.02


class Lock:
    """The operating system's lock on a file. `what` names the thing it guards, for people."""

    def __init__(self, path: Path, what: str) -> None:
        self._path, self._what = path, what
        self._descriptor: int | None = None
        self._folder: Folder | None = None

    @property
    def folder(self) -> Folder:
        """The folder of the lock, to write in while it is held."""
        assert self._folder is not None, f"{self._what} is written to without its lock"
        return self._folder

    def take(self) -> None:
        """Hold it until `release` or the process's end.

        Raises `ValueError` with the pid of another holder, and where the folder or the file is a link.
        """
        if self._descriptor is not None:
            return
        folder = Folder(self._path.parent, self._what)
        try:
            self._descriptor = self._take(folder)
        except BaseException:
            folder.close()
            raise
        self._folder = folder

    def _take(self, folder: Folder) -> int:
        descriptor = folder.open_own(self.name)
        try:
            _lock(descriptor)
            folder.rely_on(self.name, descriptor)
            if not folder.is_current():  # who held it before has removed it, and what it guards
                raise FolderGone(f"{self._what} was removed just now by the process that held it")
            operations.truncate(descriptor)
            operations.write(descriptor, str(os.getpid()).encode())
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise ValueError(f"{self._what} is in use by process {holder}: stop that process first") from None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    @property
    def name(self) -> str:
        """The name of its file."""
        return self._path.name

    def move(self, folder: Path, what: str) -> None:
        """The folder was given this path, and what it guards this name; it stays held."""
        self._path, self._what = folder / self.name, what
        self.folder.path, self.folder.what = folder, what

    def release(self, *, is_ours: bool = True) -> None:
        """Let another process hold it; where that may be so already, the file is left as it is."""
        if self._descriptor is not None:
            with suppress(OSError):  # the pid is for people alone: a full disk does not keep the lock
                if is_ours:
                    operations.truncate(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    def is_held(self) -> bool:
        """Whether some process holds it now."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self._path, os.O_RDONLY | operations.PLAIN)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False


def _lock(descriptor: int) -> None:
    """Raises `BlockingIOError` where another holds it, and `OSError` where a file system knows no locks."""
    for _ in range(LOOKS - 1):
        with suppress(BlockingIOError):
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(LOOK_SECONDS)
    return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
