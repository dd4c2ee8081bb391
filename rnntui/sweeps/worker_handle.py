"""A worker process as its parent sees it: jobs go in, lines of JSON come out, and it ends when its input does.

The worker is in a session of its own, so that a Ctrl-C meant for the parent does not reach it; it saves and ends
as soon as the parent closes its input, or is gone.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import rnntui
from rnntui.config import as_dict
from rnntui.sweeps.plan import Job
from rnntui.system.folder import Folder

LAST_WORDS = 2_000  # bytes of its log that are looked at for the reason of its end


def command() -> tuple[str, ...]:
    """What starts a worker; files of the working directory must not stand before Python's own."""
    home = Path(rnntui.__file__).parents[1]
    where = () if Path.cwd() == home else ("-P",)  # there rnntui itself may be found by the directory alone
    return sys.executable, *where, "-m", "rnntui.core.worker"


class Worker:
    """One process that can train up to `most` runs side by side; `slots` is how many it is given, one at first."""

    def __init__(self, folder: Folder, number: int, most: int, device: str) -> None:
        self.slots, self.most = 1, most
        self.jobs: dict[str, Job] = {}  # what it is at work on, by name
        self.has_begun = False  # it has loaded what it trains with
        self.refusal: Exception | None = None  # why it could not
        self.is_leaving = False  # its input is closed
        self._folder, self._log = folder, f"worker-{number}.log"
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
        self._unread = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def give(self, job: Job, folder: Path) -> None:
        """Send it a job to train in that folder."""
        self.jobs[job.name] = job
        measured = asdict(job.syntax) if job.syntax is not None else None
        self._write({"run": job.name, "folder": str(folder), "settings": as_dict(job.settings), "syntax": measured})

    def drop(self, name: str) -> None:
        """Tell it to save and drop a job that is no longer needed."""
        self._write({"drop": name})

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        """Its messages since the last call, and whether more can follow."""
        alive = True
        with suppress(BlockingIOError):
            while read := self.output.read(65_536):
                self._unread += read
            alive = read is None  # nothing for now; b"" is the end
        *lines, self._unread = self._unread.split(b"\n")
        return [message for line in lines if (message := _message(line)) is not None], alive

    def close(self) -> None:
        """Tell it to save and end."""
        if not self.is_leaving:
            self.is_leaving = True
            with suppress(OSError):
                self._input.close()

    def wait(self) -> str:
        """Wait for its end; returns the reason, a sentence."""
        self.close()
        status = self._process.wait()
        self.output.close()
        words: list[str] = []
        with suppress(OSError, ValueError):  # somebody has removed it
            words = self._folder.read(self._log)[-LAST_WORDS:].decode(errors="replace").strip().splitlines()
            self._folder.remove_file(self._log)
        ended = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return f"its process {ended}" + (f": {words[-1]}" if words else "")

    def _write(self, message: dict[str, Any]) -> None:
        with suppress(OSError):  # it died: its output says so in the next round
            self._input.write(json.dumps(message).encode() + b"\n")
            self._input.flush()


def _message(line: bytes) -> dict[str, Any] | None:
    """The message in a line; `None` for other output, such as a library's prints."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
