"""A disk that fails at one file operation, or a process that ends there: for a process that was forked for it.

Every change under a folder is an operation, however it is made: `os` and `open` are replaced, so nothing that is
written needs to know of this. What compiled code reads or writes by itself is not seen.
"""

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Fault = Literal["SIGKILL", "SIGKILL half-way", "EIO", "EIO from then on", "ENOSPC"]
FAULTS: tuple[Fault, ...] = ("SIGKILL", "SIGKILL half-way", "EIO", "EIO from then on", "ENOSPC")

CHANGES = ("write", "fsync", "ftruncate", "mkdir", "rename", "replace", "remove", "unlink", "rmdir", "link", "symlink")
NEED_ROOM = ("make", "write", "fsync", "mkdir", "rename", "replace", "link", "symlink")


class Disk:
    """Counts the operations under a folder, and has the one of that number fail; 0 is none."""

    def __init__(self, root: Path, at: int = 0, fault: Fault = "EIO") -> None:
        self._root, self._at, self._fault = os.path.realpath(root), at, fault
        self.operations: list[str] = []  # those that were counted: a name and a place each

    def install(self) -> "Disk":
        """From now on, for the rest of this process."""
        for name in CHANGES:
            setattr(os, name, self._watched(name, getattr(os, name)))
        os.open = self._watched("open", os.open)
        builtins.open = io.open = self._watched("open", io.open)
        return self

    def _watched(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def operate(*args: Any, **how: Any) -> Any:
            if (place := self._place(args[0], how)) is not None:
                self._meet(_made(name, args, how), place, original, args)
            return original(*args, **how)

        return operate

    def _place(self, what: Any, how: dict[str, Any]) -> str | None:
        """Where a path or descriptor is under the folder; `None` elsewhere."""
        folder = how.get("dir_fd", how.get("src_dir_fd"))
        if isinstance(what, int):
            place = _path(what)
        elif folder is not None:
            place = os.path.join(_path(folder), os.fsdecode(what))
        else:
            place = os.path.abspath(os.fsdecode(what))
        return os.path.relpath(place, self._root) if place.startswith(self._root + os.sep) else None

    def _meet(self, name: str, place: str, original: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.operations.append(f"{name} {place}")
        number = len(self.operations)
        if self._at == 0 or number < self._at:
            return
        if number == self._at and self._fault.startswith("SIGKILL"):
            if self._fault == "SIGKILL half-way" and name == "write":
                original(args[0], bytes(args[1])[: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        if self._fault == "ENOSPC" and name in NEED_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._fault == "EIO from then on" or (self._fault == "EIO" and number == self._at):
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def _made(name: str, args: tuple[Any, ...], how: dict[str, Any]) -> str:
    """The operation by its name, `make` for an opening that may make the file."""
    if name != "open":
        return name
    asked = args[1] if len(args) > 1 else how.get("mode", "r")
    return "make" if (asked & os.O_CREAT if isinstance(asked, int) else asked[0] in "wax") else "open"


def is_worth(fault: Fault, operation: str) -> bool:
    """Whether that fault at that operation is a case of its own."""
    name = operation.split()[0]
    if fault == "ENOSPC":
        return name in NEED_ROOM
    return fault != "SIGKILL half-way" or name == "write"


def _path(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""
