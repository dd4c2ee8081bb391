"""The meaning of each operating-system error and what would help: one sentence each, in one place.

Cause and advice belong together: that something is damaged is said where bytes were read and are wrong, never here.
"""

import errno
import os

FULL = (errno.ENOSPC, errno.EDQUOT)
MEANING = {
    errno.EACCES: "permission denied: ask its owner to change that with chmod, or use another folder",
    errno.EPERM: "permission denied: ask its owner to change that with chmod, or use another folder",
    errno.EROFS: "its file system is read-only: use another folder",
    errno.ENOSPC: "the disk is full: make room and try again",
    errno.EDQUOT: "your disk quota is used up: make room and try again",
    errno.EFBIG: "it would exceed the largest file size allowed: raise the limit (ulimit -f) or use another disk",
    errno.EIO: "the disk reports an input/output error: copy what can be read to another disk",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n) or start fewer processes",
    errno.ENFILE: "too many files are open on this machine: stop other processes",
    errno.ENOMEM: "there is not enough memory: stop other processes, or lower --batch, --length, --hidden or --layers",
    errno.ENOENT: "it does not exist",
    errno.ESTALE: "it was removed or replaced on the file server: try again",
    errno.ENOTDIR: "it, or a part of its path, is a file and not a folder",
    errno.EISDIR: "it is a folder, not a file",
    errno.EEXIST: "that name is already in use: take another name",
    errno.ENOTEMPTY: "that name is already in use: take another name",
    errno.ELOOP: "its links form a loop: give the file or folder itself",
    errno.ENAMETOOLONG: "its name is too long for the file system: take a shorter one",
    errno.ENOLCK: "its file system has no locks: use a folder on another one",
    errno.EOPNOTSUPP: "its file system lacks a needed feature: use a folder on another one",
    errno.EBUSY: "it is in use by the system: try again later",
}


class Note(UserWarning):
    """A sentence for the user about what was done all the same."""


class FolderGone(OSError):
    """A folder that this process writes in was removed or moved; its text is one sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


class LeadsNowhere(OSError):
    """A link, or a path through one, whose end is not there."""


class Unwritable(OSError):
    """Standard output cannot be written: the disk behind it is full, or it is closed."""


def meaning(error: OSError) -> str:
    """What an error of the operating system means and what would help; without the name of the file."""
    if isinstance(error, FolderGone):
        return str(error)
    if isinstance(error, LeadsNowhere):
        return "it is a link that leads nowhere: make what it leads to, or use another folder"
    known = MEANING.get(error.errno or 0)
    return known or (os.strerror(error.errno).lower() if error.errno else str(error).strip() or type(error).__name__)


def sentence(error: OSError) -> str:
    """The same with the file that the error names, where it names one."""
    if isinstance(error, FolderGone) or not isinstance(error.filename, str | bytes | os.PathLike):
        return meaning(error)
    return f"{os.fsdecode(error.filename)!r}: {meaning(error)}"


def is_full(error: BaseException) -> bool:
    """Whether there is no room on the disk."""
    return isinstance(error, OSError) and error.errno in FULL
