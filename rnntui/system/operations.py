"""The calls that change rnntui's own folders, and the one place where a test makes a disk fail.

Invariant: whatever rnntui writes, renames or deletes in a folder of its own goes through one of these functions, which
`folder` and `lock` call as attributes of this module. `OPERATIONS` names them all, so that a test may count them, let
the n-th raise `OSError(errno.ENOSPC, …)`, write a part and then fail, or end the process at it:

    for name in operations.OPERATIONS:
        monkeypatch.setattr(operations, name, failing_at(n, getattr(operations, name)))

Names are those of entries in an open folder, given by its descriptor: a name with a path in it is a mistake of ours.
"""

import os

OPERATIONS = ("open_file", "write", "flush", "truncate", "rename", "make_folder", "remove_file", "remove_folder")
PLAIN = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # never through a link; opening a pipe does not wait
EVERYBODY = 0o666  # what the umask leaves of it


def open_file(name: str, flags: int, folder: int) -> int:
    """Open a file, and make it where `flags` say so; its descriptor."""
    return os.open(name, flags | PLAIN, EVERYBODY, dir_fd=folder)


def write(descriptor: int, content: bytes) -> None:
    """Write all of it where the file is open at."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def flush(descriptor: int) -> None:
    """Have the disk keep a file, or the names in a folder, before this returns."""
    os.fsync(descriptor)


def truncate(descriptor: int) -> None:
    """Empty a file."""
    os.ftruncate(descriptor, 0)


def rename(name: str, new: str, folder: int, new_folder: int) -> None:
    """Give an entry another name, in another folder too; a file of the new name is replaced."""
    os.rename(name, new, src_dir_fd=folder, dst_dir_fd=new_folder)


def make_folder(name: str, folder: int) -> None:
    """Make a folder; raises `FileExistsError` where the name is taken."""
    os.mkdir(name, dir_fd=folder)


def remove_file(name: str, folder: int) -> None:
    """Delete a file."""
    os.unlink(name, dir_fd=folder)


def remove_folder(name: str, folder: int) -> None:
    """Delete a folder that is empty."""
    os.rmdir(name, dir_fd=folder)
