"""How a file is added to a folder of texts: under its name once its content is on disk, else not at all.

Invariant: it is written and read back by its descriptor, in the folder that was opened, whatever lies at its path.
"""

import hashlib
import itertools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rnntui.system.folder import Folder, is_alive

PIECE = 1 << 20  # bytes read at a time
_numbers = itertools.count()  # two threads may bring the same text


class UnfinishedFile:
    """A file that is being written in an open folder, under a name of its own."""

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder, self._name = folder, name
        folder.create(name, b"")
        self._descriptor = folder.open_own(name)

    @property
    def place(self) -> Path:
        """The folder's path, for files without a name."""
        return self._folder.path

    def writing(self) -> BinaryIO:
        """The file, to be written from its beginning and closed."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return os.fdopen(os.dup(self._descriptor), "wb")

    def pieces(self) -> Iterator[bytes]:
        """What was written, from its beginning."""
        position = 0
        while piece := os.pread(self._descriptor, PIECE, position):
            position += len(piece)
            yield piece

    def sha256(self) -> str:
        """The SHA-256 of what was written."""
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()

    def discard(self) -> None:
        """Delete it; what is at the path that it was to get stays."""
        self._folder.remove_file(self._name)

    def close(self) -> None:
        """Let it go."""
        os.close(self._descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[UnfinishedFile]:
    """A draft that takes the place of `path` in the end, unless it was discarded by then.

    It is gone where something fails or is interrupted on the way. Raises `ValueError` where `path` is a link or no
    file; the folders to it may be links.
    """
    with Folder(path.parent, f"the folder {str(path.parent)!r}", follow=True) as folder:
        folder.check_file(path.name)
        _remove_unfinished(folder, path.name)
        temporary = f".{path.name}.{next(_numbers)}.{os.getpid()}"
        folder.remove_file(temporary)  # of a process that had this one's number
        draft = UnfinishedFile(folder, temporary)
        try:
            yield draft
            if folder.kind(temporary) is not None:
                folder.flush_file(temporary)
                folder.rename(temporary, path.name)
                folder.flush()
        finally:
            draft.close()
            with suppress(OSError, ValueError):
                folder.remove_file(temporary)


def remove(path: Path) -> None:
    """Delete a file that rnntui made in a folder of texts, where there is one. Raises `ValueError` for a link."""
    with Folder(path.parent, f"the folder {str(path.parent)!r}", follow=True) as folder:
        folder.remove_file(path.name)


def _remove_unfinished(folder: Folder, name: str) -> None:
    """Delete what processes that are no more left of this file."""
    for left in folder.names():
        made = re.fullmatch(rf"\.{re.escape(name)}(?:\.\d+)?\.(\d+)", left)
        if made and not is_alive(int(made[1])) and folder.kind(left) == "file":
            folder.remove_file(left)
