"""Processes of this machine: jobs go in, lines of JSON come out, and a worker ends when its input does.

The worker is in a session of its own, so that a Ctrl-C meant for the parent does not reach it; it saves and ends
as soon as the parent closes its input, or is gone.
"""

import json
import os
import selectors
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnntui.config import as_dict
from rnntui.sweeps.places import Worker, WorkerEnd
from rnntui.sweeps.plan import Job
from rnntui.system.cores import cores
from rnntui.system.folder import Folder
from rnntui.system.python import module_command

LAST_WORDS = 2_000  # bytes of its log that are looked at for the reason of its end
SLOTS_ON_CUDA = 4  # runs side by side in the one process of a GPU


class Processes:
    """The cores of this machine, a process each, or one process of its GPU.

    `asked` is how many runs are to be trained at a time, if that was said, and `threads` how many a run takes.
    """

    def __init__(self, folder: Folder, device: str, threads: int, asked: int | None) -> None:
        self._folder, self._device, self._asked = folder, device, asked
        self._most = asked or max(1, cores() // threads)
        self._selector = selectors.DefaultSelector()

    def room(self, workers: Sequence[Worker], wanted: int) -> int:
        """First one, which reports the device: on a CPU others follow, on a GPU it stays alone."""
        if not workers:
            return 1
        return min(self._most, wanted) if any(worker.device == "cpu" for worker in workers) else len(workers)

    def bears_no_more_than(self, workers: int) -> None:
        self._most = workers

    def start(self, number: int, slots: int) -> Worker:
        return ProcessWorker(
            self._folder, number, min(self._asked or SLOTS_ON_CUDA, slots), self._device, self._selector
        )

    def wait(self, seconds: float) -> None:
        self._selector.select(seconds)

    def waiting(self) -> str:
        return ""

    def news(self) -> list[str]:
        return []

    def size(self) -> str:
        return ""

    def close(self) -> None:
        self._selector.close()


def command() -> tuple[str, ...]:
    """What starts a worker."""
    return module_command("rnntui.core.worker")


class ProcessWorker:
    """One process, whose output a selector watches while it lives."""

    def __init__(self, folder: Folder, number: int, most: int, device: str, selector: selectors.BaseSelector) -> None:
        self.slots, self.most = 1, most
        self.jobs: dict[str, Job] = {}
        self.device, self.node = "", ""
        self.refusal: Exception | None = None
        self.is_leaving = False  # its input is closed
        self._folder, self._log, self._selector = folder, f"worker-{number}.log", selector
        with open(folder.open_new(self._log), "wb") as log:
            self._process = subprocess.Popen(
                [*command(), "--slots", str(most), "--device", device],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self.output = self._process.stdin, self._process.stdout
        os.set_blocking(self.output.fileno(), False)
        selector.register(self.output, selectors.EVENT_READ)
        self._unread = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def give(self, job: Job, folder: Path, *, leased: bool = False) -> None:
        """Send it a job to train in that folder, `leased` where other machines write there, too."""
        self.jobs[job.name] = job
        self._write({**order(job, folder), "leased": leased})

    def drop(self, name: str) -> None:
        self._write({"drop": name})

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        alive = True
        with suppress(BlockingIOError):
            while read := self.output.read(65_536):
                self._unread += read
            alive = read is None  # nothing for now; b"" is the end
        *lines, self._unread = self._unread.split(b"\n")
        return [message for line in lines if (message := message_in(line)) is not None], alive

    def close(self) -> None:
        if not self.is_leaving:
            self.is_leaving = True
            with suppress(OSError):
                self._input.close()

    def end(self) -> WorkerEnd:
        """Wait for its end."""
        self.close()
        status = self._process.wait()
        self._selector.unregister(self.output)
        self.output.close()
        words: list[str] = []
        with suppress(OSError, ValueError):  # somebody has removed it
            words = self._folder.read(self._log)[-LAST_WORDS:].decode(errors="replace").strip().splitlines()
            self._folder.remove_file(self._log)
        ended = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return WorkerEnd(f"its process {ended}" + (f": {words[-1]}" if words else ""))

    def _write(self, message: dict[str, Any]) -> None:
        with suppress(OSError):  # it died: its output says so in the next round
            self._input.write(json.dumps(message).encode() + b"\n")
            self._input.flush()


def order(job: Job, folder: Path) -> dict[str, Any]:
    """The message that a worker is to train a job in that folder."""
    measured = asdict(job.syntax) if job.syntax is not None else None
    return {
        "run": job.name,
        "folder": str(folder),
        "settings": as_dict(job.settings),
        "syntax": measured,
        "text": job.text,
    }


def message_in(line: bytes) -> dict[str, Any] | None:
    """The message in a line; `None` for other output, such as a library's prints."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
