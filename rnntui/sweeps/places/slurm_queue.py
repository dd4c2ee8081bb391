"""The jobs of a sweep: submitted, looked at and cancelled by submitit and SLURM's own commands, in a thread.

`--on slurm` is SLURM; `slurm:local` are processes of this machine and `slurm:debug` is a thread of this process, by the
executors that submitit has for trying things out. `squeue` is asked for states, as every cluster has it; submitit would
ask `sacct`, which needs a database that not every cluster has.
"""

import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnntui.sweeps.places.choice import SLURM, SLURM_DEBUG, SLURM_LOCAL
from rnntui.sweeps.places.slurm_options import WITHOUT_END, Script
from rnntui.sweeps.places.slurm_task import SlurmTask
from rnntui.system.folder import is_alive

LOOK_SECONDS = 2.0  # from one look at SLURM's queue to the next at first, and after a word of a job
LONGEST_LOOK = 30.0
SOON_SECONDS = 0.5  # where it is waited for
PATIENCE = 120.0  # seconds for a command of SLURM's
MOST_OF_ARRAY = 1_000  # jobs; SLURM's own limit is 1,001 unless it was changed
RUNNING = ("RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "SUSPENDED", "STOPPED")
QUEUED = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESIZING")
TAKEN = ("NODE_FAIL", "PREEMPTED", "TIMEOUT", "CANCELLED", "BOOT_FAIL", "DEADLINE", "REVOKED", "")


@dataclass(frozen=True)
class JobState:
    """A job as SLURM has it: `name` of its state, empty once it is forgotten; its node, and why it waits."""

    name: str
    node: str = ""
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Whether none of its processes is left and none will be."""
        return self.name not in RUNNING and self.name not in QUEUED

    @property
    def was_taken(self) -> bool:
        """Whether SLURM or a person ended it, and not what it did."""
        return self.name in TAKEN


class Submission:
    """Jobs that were asked for, one for each worker; `ids` once they have any, or `error` why not."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        self.ids: tuple[str, ...] = ()
        self.error = ""


class JobQueue:
    """What a thread does for the pool, which never waits for SLURM."""

    def __init__(self, on: str, script: Script) -> None:
        self._on, self._script = on, script
        self._errands = ThreadPoolExecutor(1, thread_name_prefix="slurm")
        self._looking: Future[None] | None = None
        self._asked_at, self._pause = -math.inf, LOOK_SECONDS
        self._known: dict[str, JobState] = {}
        self.own: dict[str, Any] = {}  # submitit's jobs, of executors whose processes are children of this one
        self._threads: dict[str, threading.Thread] = {}

    def submit(self, task: SlurmTask, keys: Sequence[str], done: Callable[[Submission], None]) -> None:
        """Have so many workers started; `done` is called in the thread once each has a job, or none has."""
        for first in range(0, len(keys), MOST_OF_ARRAY):
            self._errands.submit(self._submit, task, Submission(keys[first : first + MOST_OF_ARRAY]), done)

    def _submit(self, task: SlurmTask, asked: Submission, done: Callable[[Submission], None]) -> None:
        try:
            jobs = self._executor().map_array(task, list(asked.keys))
        except Exception as error:  # submitit's own, and those of the commands that it starts
            asked.error = f"--on {self._on}: jobs cannot be submitted: {_cause(error)}"
        else:
            asked.ids = tuple(str(job.job_id) for job in jobs)
            self._known |= dict.fromkeys(asked.ids, JobState("PENDING" if self._on == SLURM else "RUNNING"))
            self.own |= dict(zip(asked.ids, jobs, strict=True))
            if self._on == SLURM_DEBUG:
                for job in jobs:
                    self._threads[str(job.job_id)] = thread = threading.Thread(target=job.results, daemon=True)
                    thread.start()
        self._pause = LOOK_SECONDS
        done(asked)

    def _executor(self) -> Any:
        import submitit

        if self._on == SLURM_DEBUG:
            return submitit.DebugExecutor(self._script.folder)
        if self._on == SLURM_LOCAL:
            local = submitit.LocalExecutor(self._script.folder, max_num_timeout=WITHOUT_END)
            local.update_parameters(**self._script.of_local())
            return local
        return self._script.executor()

    # --- states -------------------------------------------------------------------------------------------------

    def state(self, job: str) -> JobState | None:
        """What is known of a job; `None` before it is known of. Looks at the queue now and then, in the thread."""
        if time.monotonic() - self._asked_at >= self._pause and (self._looking is None or self._looking.done()):
            self._asked_at, self._pause = time.monotonic(), min(self._pause * 1.5, LONGEST_LOOK)
            self._looking = self._errands.submit(self._look)
        return self._known.get(job)

    def look_soon(self) -> None:
        """Called where something has changed that the queue will show."""
        self._pause = LOOK_SECONDS

    def look_at(self, jobs: Sequence[str]) -> None:
        """Look now, at jobs of an earlier process too; waits for the answer."""
        self._known |= dict.fromkeys(jobs, JobState("PENDING"))
        self._errands.submit(self._look).result()

    def _look(self) -> None:
        jobs = list(self._known)
        if self._on == SLURM:
            found = _in_queue()
            if found is None:  # SLURM does not answer: what was known holds
                return
            self._known |= {job: found.get(job, JobState("")) for job in jobs}
        else:
            self._known |= {job: JobState("RUNNING" if self._lives(job) else "") for job in jobs}

    def _lives(self, job: str) -> bool:
        if self._on == SLURM_DEBUG:
            return job in self._threads and self._threads[job].is_alive()
        if job in self.own:
            return bool(self.own[job].state == "RUNNING")
        return _is_controller(int(job))

    def cancel(self, job: str) -> None:
        """Have SLURM end a job that runs or waits, and forget it; in the thread."""
        self._errands.submit(self._cancel, job)

    def _cancel(self, job: str) -> None:
        with suppress(Exception):
            if self._on == SLURM:
                subprocess.run(["scancel", job], capture_output=True, timeout=PATIENCE)
            elif self._on == SLURM_LOCAL and self._lives(job):
                os.kill(int(job), signal.SIGINT)
        self._pause = LOOK_SECONDS

    def await_ends(self, seconds: float) -> bool:
        """Whether all jobs are over; waits at most so long."""
        until = time.monotonic() + seconds
        while True:
            self._errands.submit(self._look).result()
            if all(state.is_over for state in self._known.values()):
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(SOON_SECONDS)

    def close(self) -> None:
        """Finish what was asked for."""
        self._errands.shutdown()


def _in_queue() -> dict[str, JobState] | None:
    """The user's jobs, each of an array by itself, those that ended a few minutes ago too; `None` without an answer."""
    command = ["squeue", "--noheader", "--array", "--states=all", f"--user={os.getuid()}", "--format=%i|%T|%N|%r"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [line.split("|") for line in said.splitlines() if line.count("|") == 3]
    return {job: JobState(name, node, "" if reason == "None" else reason) for job, name, node, reason in rows}


def _is_controller(pid: int) -> bool:
    """Whether that process is one of submitit's, which keeps a local job."""
    try:
        return b"submitit.local" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc/self").exists() and is_alive(pid)


def _cause(error: Exception) -> str:
    """The line of an error that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[0] if lines else type(error).__name__)
