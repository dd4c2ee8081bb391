"""Which runs of a sweep failed, and why: a line for each in `failures.jsonl`, added as it fails.

Until 0.1 it was `failed.json`, written as a whole for each; it is read where it is there.
"""

from collections.abc import Iterator
from pathlib import Path

from rnntui.runs import rows
from rnntui.schemas import Failure, FailureRow, FailuresFile, decoding
from rnntui.system.folder import Folder
from rnntui.system.reading import raise_if_of_machine

FAILURES, FAILED = "failures.jsonl", "failed.json"
LONGEST_TRACEBACK = 10_000  # characters, its end


def add(folder: Folder, run: str, reason: str, traceback: str) -> None:
    """Note that a run of the sweep in that folder failed. Raises `OSError`."""
    row = FailureRow(run=run, reason=reason, traceback=traceback[-LONGEST_TRACEBACK:])
    folder.append(FAILURES, rows.as_lines([row], first=folder.is_empty(FAILURES)))


def forget(folder: Folder) -> None:
    """Delete what is kept of failures."""
    for name in (FAILURES, FAILED):
        folder.remove_file(name)


def read(path: Path) -> dict[str, Failure]:
    """What is kept of the runs that failed in a sweep's folder, by name; of a damaged file what is before the damage.

    Raises `UnreadableFile` where the disk fails: then nobody knows what there is.
    """
    found: dict[str, Failure] = {}
    for kept in (_as_a_whole, _by_lines):
        try:
            found.update(kept(path))
        except ValueError as error:
            raise_if_of_machine(error)
    return found


def _as_a_whole(path: Path) -> Iterator[tuple[str, Failure]]:
    yield from decoding.read(path / FAILED, FailuresFile, f"sweep {path.name!r}").failures.items()


def _by_lines(path: Path) -> Iterator[tuple[str, Failure]]:
    for row in rows.read(path / FAILURES, FailureRow, f"sweep {path.name!r}"):
        yield row.run, Failure(reason=row.reason, traceback=row.traceback)
