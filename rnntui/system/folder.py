"""A folder that rnntui writes in: where it is decided what may be written and what may be deleted.

A `Folder` holds a real folder open and does everything in it by its descriptor, so a folder that is moved takes what is
being written along, and a new one at its old place is never mixed with it.
Invariants: nothing is written or deleted through a link; a file gets its name once its content is on disk; only what is
named as rnntui names things is deleted, and a folder only if nothing else is in it. Each change goes through
`operations`, where a test can let it fail.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Literal

from rnntui.system import operations
from rnntui.system.errors import FolderGone

Kind = Literal["file", "folder", "link", "other"]
NEVER = "rnntui never writes through a link"
LINKED = (errno.ELOOP, errno.ENOTDIR)  # what opening a link to a folder ends with, by system


class Folder:
    """A real folder, held open until `close`; `what` names it for people.

    With `follow` it may be a link: for folders that a user named, as those that hold runs. Raises `ValueError` for a
    link, and `OSError`.
    """

    def __init__(self, path: Path, what: str, *, follow: bool = False) -> None:
        self.path, self.what, self._follows = path, what, follow
        self._stands = _here()  # where the path is from, wherever the process goes later
        self._witness: tuple[str, os.stat_result] | None = None
        self.guard: Callable[[], None] | None = None  # raises where nothing may be changed any more
        self.descriptor = _open_folder(path, what, follow=follow)

    def inside(self, name: str) -> "Folder":
        """A folder in this one. Raises `ValueError` where the name is a link's."""
        opened = object.__new__(Folder)
        opened.path, opened.what, opened._follows, opened._witness = self.path / name, self.what, False, None
        opened._stands, opened.guard = self._stands, self.guard
        opened.descriptor = _open_folder(opened.path, self.what, beside=self.descriptor)
        return opened

    def __enter__(self) -> "Folder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the folder go; a second time does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    # --- looking ------------------------------------------------------------------------------------------------

    def rely_on(self, name: str, descriptor: int) -> None:
        """From now on the folder is current only as long as this open file is in it: of one that is being deleted by
        another process the files go first, and new ones would keep it from going.
        """
        self._witness = (name, os.fstat(descriptor))

    def is_current(self) -> bool:
        """Whether the folder is still the one at its path, with the file in it that was relied on."""
        try:
            there = os.stat(self._stands / self.path, follow_symlinks=self._follows)
            if self._witness is not None:
                name, known = self._witness
                if not os.path.samestat(known, os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)):
                    return False
        except (FileNotFoundError, NotADirectoryError):
            return False
        return os.path.samestat(there, os.fstat(self.descriptor))

    def check_current(self) -> None:
        """Raise `FolderGone` where the folder was removed, moved or replaced since it was opened, and as its guard."""
        if self.guard is not None:
            self.guard()
        if not self.is_current():
            raise FolderGone(
                f"the folder of {self.what}, {str(self.path)!r}, was removed or moved while in use: nothing more "
                f"is written"
            )

    def names(self) -> list[str]:
        """What is in it, by name."""
        return sorted(os.listdir(self.descriptor))

    def kind(self, name: str) -> Kind | None:
        """What an entry is; a link is a link, whatever it leads to. `None` where there is none."""
        try:
            mode = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return None
        kinds: dict[int, Kind] = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
        return kinds.get(stat.S_IFMT(mode), "other")

    def size(self, name: str) -> int:
        """The bytes of a file; 0 where there is none."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False).st_size
        except FileNotFoundError:
            return 0

    def is_empty(self, name: str) -> bool:
        """Whether a file is not there or has nothing in it."""
        return self.size(name) == 0

    def check_file(self, name: str) -> Kind | None:
        """Raise `ValueError` where something that is no file has that name; else what is there."""
        kind = self.kind(name)
        if kind not in (None, "file"):
            raise ValueError(_no_file(self.path / name, kind))
        return kind

    def read(self, name: str, start: int = 0) -> bytes:
        """What a file holds from a byte on. Raises `ValueError` for a link or what is no file, and `OSError`."""
        with self._opened(name, os.O_RDONLY) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
            file.seek(start)
            return file.read()

    # --- files --------------------------------------------------------------------------------------------------

    def create(self, name: str, content: bytes) -> None:
        """Write a new file; it is on disk when this returns. Raises `FileExistsError` where the name is taken."""
        self.check_current()
        with self._opened(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as descriptor:
            operations.write(descriptor, content)
            operations.flush(descriptor)

    def replace(self, name: str, content: bytes) -> None:
        """Give a file this content, or leave it as it was where the process dies or the disk is full.

        Raises `ValueError` where a link or something that is no file has its name, and `OSError`.
        """
        self.check_file(name)
        temporary = unfinished(name)
        self.remove_file(temporary)
        try:
            self.create(temporary, content)
            self.rename(temporary, name)
        except BaseException:
            with suppress(OSError):
                self.remove_file(temporary)
            raise
        self.flush()

    def remove_left(self, name: str) -> None:
        """Delete what processes that are no more left of writing that file."""
        for entry in self.names():
            left = finished(entry)
            if left and left[0] == name and not is_alive(left[1]) and self.kind(entry) == "file":
                self.remove_file(entry)

    def append(self, name: str, lines: bytes, *, flush: bool = False) -> None:
        """Add lines to a file, behind a line of their own where a process died within the last one.

        With `flush` they are on disk when this returns. Raises `ValueError` for a link or what is no file of ours.
        """
        self.check_current()
        with self._opened(name, os.O_RDWR | os.O_APPEND | os.O_CREAT, mine=True) as descriptor:
            end = os.fstat(descriptor).st_size
            is_torn = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"
            operations.write(descriptor, b"\n" + lines if is_torn else lines)
            if flush:
                operations.flush(descriptor)
        if flush:
            self.flush()

    def flush_file(self, name: str) -> None:
        """Have the disk keep what was added to a file; nothing where there is none."""
        with suppress(FileNotFoundError), self._opened(name, os.O_RDONLY) as descriptor:
            operations.flush(descriptor)

    def flush(self) -> None:
        """Have the disk keep the names in the folder."""
        with self._naming():
            operations.flush(self.descriptor)

    def remove_file(self, name: str) -> None:
        """Delete a file where there is one. Raises `ValueError` for a link or what is no file."""
        self.check_current()
        if self.check_file(name) is not None:
            with self._naming(name):
                operations.remove_file(name, self.descriptor)

    def open_own(self, name: str) -> int:
        """A descriptor of a file to read and write in, made where there is none; its content is left as it is.

        Raises `ValueError` for a link or what is no file of ours.
        """
        with self._opened(name, os.O_RDWR | os.O_CREAT, mine=True) as descriptor:
            return os.dup(descriptor)

    def open_new(self, name: str) -> int:
        """A descriptor of a file that is empty now, for who writes by descriptor alone; raises as `open_own`."""
        self.check_current()
        with self._opened(name, os.O_WRONLY | os.O_CREAT, mine=True) as descriptor:
            operations.truncate(descriptor)
            return os.dup(descriptor)

    # --- folders ------------------------------------------------------------------------------------------------

    def make(self, name: str, *, exist_ok: bool = False) -> "Folder":
        """A new folder in this one, or with `exist_ok` the one that is there. Raises `ValueError` for a link."""
        self.check_current()
        try:
            with self._naming(name):
                operations.make_folder(name, self.descriptor)
        except FileExistsError:
            if not exist_ok:
                raise
        return self.inside(name)

    def rename(self, name: str, new: str) -> None:
        """Give an entry another name. A folder of the new name is replaced only if it is empty; else `OSError`."""
        self.check_current()
        with self._naming(new):
            operations.rename(name, new, self.descriptor, self.descriptor)

    def remove_folder(self, name: str, is_own: Callable[[str], bool]) -> None:
        """Delete a folder whose entries are all files that `is_own` says rnntui wrote.

        Raises `ValueError` naming what else is in it, and then deletes nothing.
        """
        self.check_current()
        with self.inside(name) as folder:
            names = folder.names()
            if odd := next((entry for entry in names if not (is_own(entry) and folder.kind(entry) == "file")), None):
                raise ValueError(f"{str(folder.path / odd)!r} was not written by rnntui: move it elsewhere")
            for entry in names:
                folder.remove_file(entry)
        with self._naming(name):
            operations.remove_folder(name, self.descriptor)

    # --- what may be opened -------------------------------------------------------------------------------------

    @contextmanager
    def _naming(self, name: str = "") -> Iterator[None]:
        """Have an `OSError` name the whole path."""
        try:
            yield
        except OSError as error:
            error.filename = str(self.path / name)
            error.filename2 = None
            raise

    @contextmanager
    def _opened(self, name: str, flags: int, *, mine: bool = False) -> Iterator[int]:
        """A descriptor of a regular file; `mine` refuses one that has another name elsewhere, too."""
        assert os.sep not in name
        with self._naming(name):
            try:
                descriptor = operations.open_file(name, flags, self.descriptor)
            except OSError:
                self.check_file(name)
                raise
            try:
                self._check_opened(name, os.fstat(descriptor), mine=mine)
                yield descriptor
            finally:
                os.close(descriptor)

    def _check_opened(self, name: str, status: os.stat_result, *, mine: bool) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(_no_file(self.path / name, self.kind(name)))
        if mine and status.st_nlink > 1:
            raise ValueError(
                f"{str(self.path / name)!r} is a hard link to a file elsewhere, which would change with it: put a copy "
                f"in its place"
            )


def permissions() -> int:
    """The mode of a new file, by the umask."""
    mask = os.umask(0o077)
    os.umask(mask)
    return operations.EVERYBODY & ~mask


def unfinished(name: str) -> str:
    """The name of a file that this process is still writing."""
    return f".{name}.{os.getpid()}"


def finished(name: str) -> tuple[str, int] | None:
    """Of the name of a file that a process was still writing, the name it was to get and the process; else `None`."""
    match = re.fullmatch(r"\.(.+)\.(\d+)", name)
    return (match[1], int(match[2])) if match else None


def is_alive(pid: int) -> bool:
    """Whether a process of this machine has that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _here() -> Path:
    """The working folder; nothing where it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


def _open_folder(path: Path, what: str, *, beside: int | None = None, follow: bool = False) -> int:
    """Open a folder at its path, or by its name in another that is open."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    name = path if beside is None else path.name
    try:
        return os.open(name, flags, dir_fd=beside)
    except OSError as error:
        if error.errno in LINKED and (target := _target(name, beside)) is not None:
            raise ValueError(
                f"{what}: {str(path)!r} is a link to {target!r}, and {NEVER}: name that folder itself, or put it "
                f"where the link is"
            ) from None
        error.filename = str(path)
        raise


def _target(name: str | Path, beside: int | None) -> str | None:
    """Where a link leads to; `None` for what is no link."""
    with suppress(OSError):
        return os.readlink(name, dir_fd=beside)
    return None


def _no_file(path: Path, kind: Kind | None) -> str:
    if kind == "link":
        return f"{str(path)!r} is a link, and {NEVER}: put the file itself in its place"
    named = "a folder" if kind == "folder" else "not a regular file"
    return f"{str(path)!r} is {named}, and rnntui keeps a file there: move it elsewhere"
