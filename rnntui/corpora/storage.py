"""How a file gets into a folder of texts: under its name once its content is on disk, else not at all."""

import itertools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rnntui.system.folder import Folder, is_alive

_numbers = itertools.count()  # two threads may bring the same text


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file that takes the place of `path` in the end, unless it was removed by then.

    It is gone where something fails or is interrupted on the way. Raises `ValueError` where `path` is a link or no
    file; the folders to it may be links.
    """
    with Folder(path.parent, f"the folder {str(path.parent)!r}", follow=True) as folder:
        folder.check_file(path.name)
        _remove_unfinished(folder, path.name)
        temporary = f".{path.name}.{next(_numbers)}.{os.getpid()}"
        folder.remove_file(temporary)  # of a process that had this one's number
        try:
            folder.create(temporary, b"")
            yield path.with_name(temporary)
            if folder.kind(temporary) is not None:
                folder.flush_file(temporary)
                folder.rename(temporary, path.name)
                folder.flush()
        finally:
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
