"""Files that somebody else may have made, read without trusting what they are.

Invariant: nothing that is no regular file is read or waited on (a FIFO without a writer would wait for ever), and no
more than a stated number of bytes is taken in. Every reason is a sentence of ours.
"""

import errno
import os
import stat
from pathlib import Path

from rnntui.system.errors import meaning

OF_MACHINE = (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


class UnreadableFile(ValueError):
    """A file that cannot be read, though nothing is known to be wrong with what is in it.

    `is_missing`: not there. `is_of_machine`: the disk failed, or the machine lacks something, and nobody knows whether
    it is there.
    """

    def __init__(self, sentence: str, *, is_missing: bool = False, is_of_machine: bool = False) -> None:
        super().__init__(sentence)
        self.is_missing, self.is_of_machine = is_missing, is_of_machine


def raise_if_of_machine(error: ValueError) -> None:
    """Raise it again where it is the machine's and tells nothing of the file."""
    if isinstance(error, UnreadableFile) and error.is_of_machine:
        raise error


def read_bytes(path: Path | str, what: str, most: int) -> bytes:
    """All bytes of a regular file of at most `most` bytes; `what` is how sentences call it.

    Raises `UnreadableFile` for what is not there, no regular file, too large, or not to be read.
    """
    try:
        descriptor = open_regular(path, what)
        try:
            size = os.fstat(descriptor).st_size
            if size > most:
                raise UnreadableFile(f"{what} has {size:,} bytes; such a file has at most {most:,}")
            return _read(descriptor, size, most)
        finally:
            os.close(descriptor)
    except OSError as error:
        is_missing, is_of_machine = error.errno == errno.ENOENT, error.errno in OF_MACHINE
        raise UnreadableFile(f"{what}: {meaning(error)}", is_missing=is_missing, is_of_machine=is_of_machine) from None


def open_regular(path: Path | str, what: str) -> int:
    """A descriptor of a regular file, for reading. Raises `UnreadableFile` for another kind, `OSError` as `os.open`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UnreadableFile(f"{what} is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not a file")
    return descriptor


def _read(descriptor: int, size: int, most: int) -> bytes:
    """What is in the file, though it may grow meanwhile; never more than `most` bytes."""
    pieces, left = [], most
    while left and (piece := os.read(descriptor, min(left, max(size, 1 << 16)))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
