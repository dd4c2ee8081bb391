"""On a node of a cluster: a worker process of that machine, what it says, and what changes in its runs' folders.

An engine makes one `Relay` on a node for each worker and calls it from the sweep's process. Messages are numbered and
kept until the other side has them, so that none is lost or heard twice. Where the nodes share no folder with the
sweep's process, a run is trained in scratch space, and each change of its folder goes before what is said about it.
"""

import platform
import selectors
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import rnntui
from rnntui.runs import CONFIG, RESULT
from rnntui.sweeps.places import WorkerEnd
from rnntui.sweeps.places.processes import ProcessWorker
from rnntui.sweeps.places.travel import Change, Files, WatchedFolder, apply
from rnntui.sweeps.plan import Job
from rnntui.system.failures import explain
from rnntui.system.folder import Folder

LOOK_SECONDS = 0.5  # from one look at the folders to the next
GATHER_SECONDS = 0.5  # that news of how far a run is are gathered before they are sent
ANSWERS_A_SECOND = 50  # of all workers together, beside results, so that whoever hears them has a core to spare
MOST_BYTES = 32 << 20  # of one answer, above which the rest waits for the next
KILLED = "killed by signal 9"
LOST_SECONDS = 3.0  # after a worker was killed: where its whole machine is, this process is killed too


@dataclass(frozen=True)
class Node:
    """What is known of a worker's machine."""

    name: str
    versions: dict[str, str]
    is_shared: bool  # it sees the folder of the sweep
    key: str = ""  # the engine's own name of it


@dataclass(frozen=True)
class Text:
    """A corpus that travels: the hash of its bytes, and the path of its file or folder where the sweep is."""

    sha256: str
    path: Path

    @property
    def place(self) -> Path:
        """Where it is on a node: in a folder of its own, whose other runs find it there."""
        return Path(tempfile.gettempdir()) / "rnntui-corpora" / self.sha256 / self.path.name


@dataclass(frozen=True)
class RelayAnswer:
    """What a worker said and changed, in order, since the answer before; `end` is why it ended."""

    number: int
    told: list[Change | dict[str, Any]]
    end: WorkerEnd | None = None


def versions() -> dict[str, str]:
    """What must be alike on all machines for a run to go on elsewhere equal to the bit; nothing is loaded for it."""
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "rnntui": rnntui.__version__,
        "torch": _version("torch"),
    }


def _version(package: str) -> str:
    """That which is installed; nothing where it is not."""
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return ""


def odd_version(there: dict[str, str]) -> str:
    """What another machine has in another version than this one, and both; nothing where all are alike."""
    odd = [
        f"{f'{name} {there[name]}' if there.get(name) else f'no {name}'}, here {here}"
        for name, here in versions().items()
        if there.get(name) != here
    ]
    return odd[0] if odd else ""


def gather_seconds(workers: int) -> float:
    """How long so many workers are to gather their news, each."""
    return max(GATHER_SECONDS, workers / ANSWERS_A_SECOND)


class Relay:
    """A worker of this machine for a sweep elsewhere. Methods may be called from any thread."""

    def __init__(self, slots: int, device: str) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="rnntui-"))
        self._selector = selectors.DefaultSelector()
        self._worker = ProcessWorker(Folder(self._scratch, "scratch space"), 0, slots, device, self._selector)
        self._watched: dict[str, WatchedFolder] = {}
        self._lock = threading.Condition()
        self._told: list[Change | dict[str, Any]] = []
        self._kept: RelayAnswer | None = None  # until it is known that the other side has it
        self._number = 0
        self._end: WorkerEnd | None = None
        threading.Thread(target=self._follow, daemon=True).start()

    @property
    def pid(self) -> int:
        """Of its worker."""
        return self._worker.pid

    def node(self, probe: str) -> Node:
        """This machine; `probe` is a file that the sweep's process has just made in the folder of the sweep."""
        ray = sys.modules.get("ray")  # it is Ray that asks
        key = ray.get_runtime_context().get_node_id() if ray is not None and ray.is_initialized() else ""
        return Node(socket.gethostname(), versions(), Path(probe).is_file(), key)

    def give(
        self,
        job: Job,
        folder: str | None,
        files: Sequence[Change] = (),
        text: Text | None = None,
        content: Files = (),
    ) -> None:
        """Train a job in that folder of the sweep; where there is none, in scratch space, from these files on.

        The files of its `text` are named by their paths beside each other. What cannot be kept here, on a disk that is
        full, ends the run as one that failed.
        """
        if folder is not None:
            self._worker.give(job, Path(folder), leased=True)
            return
        try:
            self._take(job, files, text, content)
        except (OSError, ValueError) as error:
            shutil.rmtree(self._scratch / job.name, ignore_errors=True)
            self._say(failed(job.name, error))

    def _take(self, job: Job, files: Sequence[Change], text: Text | None, content: Files) -> None:
        named = {}
        if text is not None:
            keep(text, content)
            named = {CONFIG: str(text.path), RESULT: job.settings.corpus}
            job = replace(job, settings=replace(job.settings, corpus=str(text.place)))
        run = self._scratch / job.name
        if run.exists():
            shutil.rmtree(run)  # what an earlier turn left here is not what the sweep has
        if files:
            run.mkdir()
            with Folder(run, f"run {job.name!r}") as opened:
                for change in files:
                    apply(opened, change)
        watched = WatchedFolder(run, named)
        watched.known()
        with self._lock:
            self._watched[job.name] = watched
        self._worker.give(job, self._scratch)

    def drop(self, name: str) -> None:
        """Save and leave a run."""
        self._worker.drop(name)

    def close(self) -> None:
        """Save all and end."""
        self._worker.close()

    def hear(self, known: int, seconds: float, gather: float = GATHER_SECONDS) -> RelayAnswer:
        """What is new after the answer of number `known`, as soon as there is something; waits at most so long.

        News of how far a run is, and what changed in its folder, are gathered for that many seconds more.
        """
        with self._lock:
            if self._kept is not None and self._kept.number > known:
                return self._kept
            if self._lock.wait_for(lambda: self._told or self._end is not None, seconds):
                self._lock.wait_for(self._is_urgent, gather)
            told, size = [], 0
            while self._told and size < MOST_BYTES:
                told.append(self._told.pop(0))
                size += told[-1].size if isinstance(told[-1], Change) else 0
            self._number += 1
            self._kept = RelayAnswer(self._number, told, self._end if not self._told else None)
            return self._kept

    def _is_urgent(self) -> bool:
        """Whether the other side waits for something that is told: more than how far a run is."""
        return self._end is not None or any(isinstance(told, dict) and "step" not in told for told in self._told)

    # --- the thread that listens to the worker ----------------------------------------------------------------

    def _follow(self) -> None:
        alive = True
        while alive:
            self._selector.select(LOOK_SECONDS)
            messages, alive = self._worker.read()
            for message in messages:
                if "result" in message or "left" in message:
                    self._look()
                self._say(message)
            self._look()
        end = self._worker.end()
        if KILLED in end.reason:
            time.sleep(LOST_SECONDS)
        with self._lock:
            self._end = end
            self._lock.notify_all()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _look(self) -> None:
        with self._lock:
            watched = list(self._watched.values())
        for run in watched:
            try:
                changes = run.changes()
            except (OSError, ValueError) as error:
                self._worker.drop(run.path.name)
                self._say(failed(run.path.name, error))
                continue
            with self._lock:
                self._told += changes
                self._lock.notify_all()

    def _say(self, message: dict[str, Any]) -> None:
        with self._lock:
            if "step" in message:  # the last one of a run counts
                self._told = [told for told in self._told if not _is_step_of(told, message["run"])]
            if "result" in message or "left" in message:
                self._watched.pop(message["run"], None)
            self._told.append(message)
            self._lock.notify_all()


def keep(text: Text, files: Files) -> None:
    """Have a corpus on this machine, if it is not there yet. Raises `OSError`."""
    folder = text.place.parent
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for name, content in files:
            (making / name).parent.mkdir(parents=True, exist_ok=True)
            (making / name).write_bytes(content)
        with suppress(OSError):  # another worker of this machine was faster
            making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def failed(run: str, error: Exception) -> dict[str, Any]:
    """What a worker would say of a run that could not go on."""
    return {"run": run, "result": {"state": "failed", "reason": explain(error, training=True)}}


def _is_step_of(told: Change | dict[str, Any], run: str) -> bool:
    return isinstance(told, dict) and told.get("run") == run and "step" in told
