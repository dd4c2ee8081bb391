"""How a file gets into a folder: under its name once its content is on disk, else not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnntui.disk import flush


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file that takes the place of `path` in the end, unless it was removed by then.

    It is gone where something fails or is interrupted on the way.
    """
    remove_unfinished(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.touch()
        yield temporary
        if temporary.exists():
            flush(temporary)
            temporary.rename(path)
            flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def remove_unfinished(path: Path) -> None:
    """Delete what processes that are no more left of this file."""
    for left in path.parent.glob(f".{glob_escaped(path.name)}.*"):
        pid = re.fullmatch(r"\d+", left.name.rpartition(".")[2])
        if pid and not _lives(int(pid[0])):
            left.unlink(missing_ok=True)


def glob_escaped(name: str) -> str:
    """A name as a pattern that matches itself alone."""
    return re.sub(r"([*?[])", r"[\1]", name)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
