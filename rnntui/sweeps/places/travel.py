"""A run's folder that travels: what changed in it on one machine, and the same done to its copy on another.

Invariant: the copy is at any moment what a run that died leaves, so that it can be resumed: rows come before the
checkpoint that they lead to, a result last, and each file is written as in any run's folder.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rnntui.runs import CONFIG, JOURNAL, METRICS, RESULT, SAMPLES, SYNTAX, as_json, checkpoints
from rnntui.runs.files import CHECKPOINTS, ORIGIN
from rnntui.system.folder import Folder

ROWS = (JOURNAL, METRICS, SAMPLES)
BEFORE, AFTER = (CONFIG, ORIGIN), (RESULT, SYNTAX)  # the rows and checkpoints
Files = tuple[tuple[str, bytes], ...]  # of a checkpoint, by name


@dataclass(frozen=True)
class Change:
    """One change of a run's folder.

    `append` adds whole lines at `offset` of a file, `replace` gives a file its content, `remove` deletes it;
    `checkpoint` adds one, `forget` deletes it or, with `files`, all but those.
    """

    run: str
    kind: Literal["append", "replace", "remove", "checkpoint", "forget"]
    name: str
    content: bytes = b""
    offset: int = 0
    files: Files = ()

    @property
    def size(self) -> int:
        """Bytes of content."""
        return len(self.content) + sum(len(content) for _, content in self.files)


@dataclass
class _File:
    """What is known of a file: which one it is, and how much of it was told."""

    number: int
    size: int
    changed: int


@dataclass
class WatchedFolder:
    """A run's folder that another process writes; `changes` tells what is new since the last call.

    `corpus` has what the corpus is called where the copy is, by the file that names it. With `only_whole` the
    checkpoints that keep the weights alone are left out.
    """

    path: Path
    corpus: Mapping[str, str] = field(default_factory=dict)
    only_whole: bool = False
    _files: dict[str, _File] = field(default_factory=dict)
    _checkpoints: dict[str, frozenset[str]] = field(default_factory=dict)

    def changes(self) -> list[Change]:
        """What changed; nothing where the folder is not there yet."""
        after = [(name, content) for name in AFTER if (content := self._new_content(name)) is not None]
        there = self._listed()
        before = [(name, content) for name in BEFORE if (content := self._new_content(name)) is not None]
        told = [Change(self.path.name, "replace", name, content) for name, content in before]
        told += [Change(self.path.name, "remove", name) for name in (*BEFORE, *AFTER) if self._is_gone(name)]
        for name in ROWS:
            told += self._new_rows(name)
        told += self._new_checkpoints(there)
        told += [Change(self.path.name, "replace", name, content) for name, content in after]
        return told

    def known(self) -> None:
        """Take all that is there as told."""
        self.changes()

    def _status(self, name: str) -> _File | None:
        with suppress(FileNotFoundError):
            status = (self.path / name).stat()
            return _File(status.st_ino, status.st_size, status.st_mtime_ns)
        return None

    def _new_content(self, name: str) -> bytes | None:
        """Of a file that is written as a whole, the content if it is another."""
        now = self._status(name)
        if now is None or now == self._files.get(name):
            return None
        self._files[name] = now
        content = (self.path / name).read_bytes()
        if name not in self.corpus:
            return content
        decoded = json.loads(content)
        decoded["settings"]["corpus"] = self.corpus[name]
        return as_json(decoded)

    def _is_gone(self, name: str) -> bool:
        return name in self._files and self._status(name) is None and self._files.pop(name) is not None

    def _new_rows(self, name: str) -> Iterator[Change]:
        """Whole lines that were added; all of them where the file is another, cut to a step."""
        now = self._status(name)
        if now is None:
            return
        told = self._files.get(name)
        is_other = told is None or told.number != now.number or now.size < told.size
        start = 0 if is_other or told is None else told.size
        if start == now.size and not is_other:
            return
        with open(self.path / name, "rb") as file:
            file.seek(start)
            lines = file.read(now.size - start)
        lines = lines[: lines.rfind(b"\n") + 1]
        self._files[name] = _File(now.number, start + len(lines), now.changed)
        if is_other:
            yield Change(self.path.name, "replace", name, lines)
        elif lines:
            yield Change(self.path.name, "append", name, lines, start)

    def _listed(self) -> dict[str, frozenset[str]]:
        """The checkpoints that are there and the files of each."""
        found = {}
        with suppress(FileNotFoundError):
            for entry in (self.path / CHECKPOINTS).iterdir():
                if checkpoints.NAME.fullmatch(entry.name):
                    with suppress(FileNotFoundError):
                        found[entry.name] = frozenset(file.name for file in entry.iterdir())
        return {name: files for name, files in found.items() if checkpoints.WHOLE in files or not self.only_whole}

    def _new_checkpoints(self, there: dict[str, frozenset[str]]) -> Iterator[Change]:
        for name in sorted(there.keys() - self._checkpoints.keys()):
            with suppress(FileNotFoundError):  # deleted since: a later one is there
                files = tuple(
                    (file, (self.path / CHECKPOINTS / name / file).read_bytes()) for file in sorted(there[name])
                )
                self._checkpoints[name] = there[name]
                yield Change(self.path.name, "checkpoint", name, files=files)
        for name, known in list(self._checkpoints.items()):
            if name not in there:
                del self._checkpoints[name]
                yield Change(self.path.name, "forget", name)
            elif there[name] < known:
                self._checkpoints[name] = there[name]
                yield Change(self.path.name, "forget", name, files=tuple((file, b"") for file in sorted(there[name])))


def apply(folder: Folder, change: Change) -> None:
    """Do to a run's folder what was done to another; for the process that holds the run.

    Raises `OSError`, and `ValueError` for rows that do not follow what is there.
    """
    match change.kind:
        case "append":
            _append(folder, change)
        case "replace":
            folder.replace(change.name, change.content)
        case "remove":
            folder.remove_file(change.name)
        case "checkpoint":
            for name in ROWS:
                folder.flush_file(name)
            checkpoints.write(folder, checkpoints.step_of(change.name), change.files)
        case "forget":
            checkpoints.forget(folder, checkpoints.step_of(change.name), {name for name, _ in change.files})


def _append(folder: Folder, change: Change) -> None:
    size = folder.size(change.name)
    if size != change.offset:
        raise ValueError(f"{change.name} of {folder.what} has {size} bytes where {change.offset} were to be")
    folder.append(change.name, change.content)


def carried(path: Path) -> list[Change]:
    """All of a run's folder that the next machine needs: rows, settings and full checkpoints."""
    return WatchedFolder(path, only_whole=True).changes()
