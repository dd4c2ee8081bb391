"""What pool and workers say to each other through files, where no port is to be opened for it.

Each worker has a key and four files in a folder that both sides see: what the pool says, what the worker says, how far
its run is, and the job that it is. Invariant: the first two are only added to, by one side each, in whole lines that
the other reads by offset; it opens them anew each time, so that the file system of a cluster shows what is new.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from rnntui.sweeps.places.processes import message_in
from rnntui.system import operations
from rnntui.system.folder import Folder

MAILBOX = ".slurm"  # the folder, in that of a sweep
PROBE = "probe"  # a file that a worker must see there
POOL, WORKER, STEP, JOB = ".pool", ".worker", ".step", ".job"
OWN = re.compile(
    rf"{PROBE}|[0-9a-f]{{8}}({re.escape(POOL)}|{re.escape(WORKER)}|{re.escape(STEP)}|{re.escape(JOB)})"
    r"|\w+_(submission\.sh|submitted\.pkl|\d+_result\.pkl|\d+_log\.(out|err))(\.save_tmp)?"  # submitit's, as the rest
    r"|[0-9a-f]{32}\.pkl|\.submission_file_[0-9a-f]{32}\.sh"
)


class Lines:
    """The messages of a file that another process adds to, each once."""

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder, self._name, self._offset = folder, name, 0

    def new(self) -> list[dict[str, Any]]:
        """Those since the last call; a line without its end is not one yet."""
        try:
            whole, end, _ = self._folder.read(self._name, self._offset).rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._offset += len(whole) + len(end)
        return [message for line in whole.split(b"\n") if (message := message_in(line)) is not None]


def as_line(message: dict[str, Any]) -> bytes:
    """A message as a line."""
    return json.dumps(message).encode() + b"\n"


def write_step(folder: Folder, key: str, message: dict[str, Any]) -> None:
    """Say how far a worker's run is, in place of what was said before; who reads half of it waits for the next."""
    descriptor = folder.open_new(key + STEP)
    try:
        operations.write(descriptor, as_line(message))
    finally:
        os.close(descriptor)


def keys(folder: Folder) -> list[str]:
    """The workers that have a job."""
    return [name.removesuffix(JOB) for name in folder.names() if name.endswith(JOB)]


def forget(folder: Folder, key: str) -> None:
    """Delete what was said to and by a worker that has ended."""
    for end in (POOL, WORKER, STEP, JOB):
        folder.remove_file(key + end)


def foreign(folder: Folder) -> Iterator[str]:
    """What in a mailbox was written neither by rnntui nor by submitit."""
    for name in folder.names():
        kinds = ("file", "link") if name.startswith(".submission_file_") else ("file",)  # submitit makes links of these
        if not OWN.fullmatch(name) or folder.kind(name) not in kinds:
            yield name


def remove(beside: Folder) -> None:
    """Delete the mailbox of a sweep, if there is one. Raises `ValueError` for what was written by others."""
    if beside.kind(MAILBOX) is None:
        return
    with beside.inside(MAILBOX) as folder:
        if odd := next(foreign(folder), None):
            raise ValueError(f"{str(folder.path / odd)!r} was not written by rnntui: move it elsewhere")
        for name in folder.names():
            operations.remove_file(name, folder.descriptor)  # a link goes, not what it leads to
    beside.remove_folder(MAILBOX, lambda name: False)
