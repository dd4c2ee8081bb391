"""A SLURM cluster: `--on slurm` submits workers as an array of jobs, which train in the sweep's folder where they are.

All nodes see that folder, and pool and workers speak through files in it. Jobs outlive the sweep's process: started
again, it goes on with those that are still there, whose files say what each was given and has done. A run is given to
another worker only once the one that had it has left it, or SLURM says that its job is over.
"""

import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.places import Worker, WorkerEnd, mailbox
from rnntui.sweeps.places.choice import OF_SLURM, SLURM_DEBUG
from rnntui.sweeps.places.mailbox import JOB, MAILBOX, POOL, PROBE, STEP, WORKER, Lines, as_line
from rnntui.sweeps.places.processes import message_in, order
from rnntui.sweeps.places.relay import odd_version
from rnntui.sweeps.places.slurm_options import MOST, Script
from rnntui.sweeps.places.slurm_queue import JobQueue, JobState, Submission
from rnntui.sweeps.places.slurm_task import SlurmTask
from rnntui.sweeps.plan import Job
from rnntui.system.errors import sentence
from rnntui.system.folder import Folder
from rnntui.text.format import counted, listed

LOOK_SECONDS, LOOK_EACH = 0.25, 0.005  # from one look at what workers say to the next, and more for each of them
LEAVING_SECONDS = 90.0  # that a worker may take to save, and its words to be seen here
ENDING_SECONDS = 5.0  # that jobs may take to end once they have said so
JOB_ID = re.compile(r"\d+(_\d+)?")
NO_CAUSE = re.compile("(srun|slurmstepd[^:]*|submitit) ?")  # what begins lines of a log that say no cause
LAST_WORDS = 2_000  # bytes of a job's log that are looked at for the reason of its end


class SlurmCluster:
    """Jobs for the runs of a sweep. Raises `ValueError` for what submitit does not take."""

    def __init__(self, sweep: Sweep, on: str, parameters: dict[str, Any], asked: int | None = None) -> None:
        self.on, self.sweep = on, sweep
        self._most = 1 if on == SLURM_DEBUG else asked or MOST
        self.folder = sweep.folder.make(MAILBOX, exist_ok=True)
        self.path = sweep.path.absolute() / MAILBOX
        self.folder.replace(PROBE, b"")
        self.queue = JobQueue(on, Script(self.path, parameters))
        self._task = SlurmTask(str(self.path), str(sweep.plan.base.get("device", "auto")))
        self._unsubmitted: list[SlurmWorker] = []
        self._workers: list[SlurmWorker] = []
        self._told: list[str] = []
        self._looked_at = 0.0
        self._found = self._still_there()

    def _still_there(self) -> list["SlurmWorker"]:
        """Workers that an earlier process of the sweep has left; what ended meanwhile is forgotten."""
        jobs = {key: job if on == self.on else "" for key, (on, job) in _jobs(self.folder).items()}
        if jobs:
            self.queue.look_at([job for job in jobs.values() if job])
        found = []
        for key, job in jobs.items():
            state = self.queue.state(job) if job else None
            if state is None or state.is_over:
                mailbox.forget(self.folder, key)
            else:
                found.append(SlurmWorker(self, key, job))
        if found:
            self._told.append(
                f"{counted(len(found), 'job')} of before {'is' if len(found) == 1 else 'are'} still there"
            )
        return found

    def room(self, workers: Sequence[Worker], wanted: int) -> int:
        if self._found:
            return len(workers) + len(self._found)
        return min(self._most, wanted)

    def bears_no_more_than(self, workers: int) -> None:
        self._most = max(1, workers)

    def start(self, number: int, slots: int) -> Worker:
        if self._found:
            worker = self._found.pop(0)
        else:
            worker = SlurmWorker(self, secrets.token_hex(4))
            self._unsubmitted.append(worker)
        self._workers.append(worker)
        return worker

    def submit(self) -> None:
        """Submit what the pool has asked for since the last time, all of it as one array."""
        asked, self._unsubmitted = self._unsubmitted, []
        if not asked:
            return
        by_key = {worker.key: worker for worker in asked}

        def done(submission: Submission) -> None:
            for key, job in zip(submission.keys, submission.ids or [""] * len(submission.keys), strict=True):
                error = submission.error or self._remember(key, job)
                by_key[key].submitted(job, error)

        self.queue.submit(self._task, list(by_key), done)

    def _remember(self, key: str, job: str) -> str:
        """Write down the job of a worker; where that fails, why, and it is cancelled: nobody would find it again."""
        try:
            self.folder.replace(key + JOB, as_line({"job": job, "on": self.on}))
        except OSError as error:
            self.queue.cancel(job)
            return sentence(error)
        return ""

    def is_unsubmitted(self, worker: "SlurmWorker") -> bool:
        """Whether it has no job yet and need not get one; it is left out then."""
        if worker in self._unsubmitted:
            self._unsubmitted.remove(worker)
            return True
        return False

    def forget(self, worker: "SlurmWorker") -> None:
        """Called once a worker has ended."""
        self._workers.remove(worker)
        with suppress(OSError, ValueError):
            mailbox.forget(self.folder, worker.key)

    def tell(self, sentence: str) -> None:
        """Say what has happened."""
        self._told.append(sentence)

    def wait(self, seconds: float) -> None:
        self.submit()
        time.sleep(min(seconds, LOOK_SECONDS + LOOK_EACH * len(self._workers)))

    def waiting(self) -> str:
        waits = [worker for worker in self._workers if not worker.is_leaving]
        if not waits or any(worker.is_there for worker in waits):
            return ""
        submitted = [worker for worker in waits if worker.job]
        if not submitted:
            return "submitting jobs"
        state = submitted[0].state
        why = f" ({state.reason})" if state is not None and state.reason else ""
        return f"waiting for job {submitted[0].job} to begin{why}"

    def news(self) -> list[str]:
        told, self._told = self._told, []
        return told

    def size(self) -> str:
        there = sum(worker.is_there for worker in self._workers)
        return f"{there} of {counted(len(self._workers), 'job')} at work" if self._workers else ""

    def close(self) -> None:
        for worker in self._found:  # nothing is left for them to do
            worker.close()
        until = time.monotonic() + LEAVING_SECONDS
        while (left := [worker for worker in self._found if worker.read()[1]]) and time.monotonic() < until:
            self.wait(LOOK_SECONDS)
        for worker in left:
            self.queue.cancel(worker.job)
        is_over = not left and self.queue.await_ends(ENDING_SECONDS)
        self.queue.close()
        self.folder.close()
        if is_over:  # else the next process of the sweep looks again
            with suppress(OSError, ValueError):
                mailbox.remove(self.sweep.folder)


def _jobs(folder: Folder) -> dict[str, tuple[str, str]]:
    """The place and the job of each worker that was submitted, by its key."""
    jobs = {}
    for key in mailbox.keys(folder):
        on, job = "", ""
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(folder.read(key + JOB))
            on, job = str(told["on"]), str(told["job"])
        jobs[key] = (on, job) if on in OF_SLURM and JOB_ID.fullmatch(job) else ("", "")
    return jobs


def check_left(sweep: Sweep) -> None:
    """Raise `ValueError` where jobs that an earlier process of the sweep has left still train its runs."""
    if sweep.folder.kind(MAILBOX) is None:
        return
    with sweep.folder.inside(MAILBOX) as folder:
        jobs = _jobs(folder)
    for on in sorted({on for on, _ in jobs.values() if on}):
        queue = JobQueue(on, Script(sweep.path, {}))
        ids = [job for where, job in jobs.values() if where == on]
        queue.look_at(ids)
        left = [job for job in ids if (state := queue.state(job)) is not None and not state.is_over]
        queue.close()
        if left:
            raise ValueError(
                f"job{'s' * (len(left) > 1)} {listed(left)} of --on {on} may still train runs of sweep "
                f"{sweep.name!r}: add --on {on} to go on with {'them' if len(left) > 1 else 'it'}, or cancel "
                f"{'them' if len(left) > 1 else 'it'} first"
            )
    mailbox.remove(sweep.folder)


class SlurmWorker:
    """A job that waits, trains or waits again, known by what its files and SLURM's queue say."""

    def __init__(self, cluster: SlurmCluster, key: str, job: str = "") -> None:
        self.slots, self.most = 0, 1  # none before it is there
        self.jobs: dict[str, Job] = {}
        self.device, self.node = "", ""
        self.refusal: Exception | None = None
        self.is_leaving = False
        self.key, self.job = key, job
        self.is_there = False
        self._cluster = cluster
        self._error = ""  # why it could not be submitted
        self._life = ""
        self._is_away = False  # it has saved and waits to begin again
        self._said = Lines(cluster.folder, key + WORKER)
        self._step = b""
        self._looked_at = 0.0
        self._end: WorkerEnd | None = None
        self._leaves_until = 0.0
        self._waiting_to_be_heard = self._catch_up() if job else []

    @property
    def state(self) -> JobState | None:
        """What SLURM says of its job."""
        return self._cluster.queue.state(self.job) if self.job else None

    def submitted(self, job: str, error: str) -> None:
        """Called in another thread once it has a job, or cannot have one."""
        self._error, self.job = error, job

    def _catch_up(self) -> list[dict[str, Any]]:
        """Learn what an earlier process of the sweep gave it to do and heard; what the pool is to hear of that."""
        ended: list[str] = []
        for message in self._said.new():
            if "life" in message:
                self._begin(message)
                ended, self.device = [], ""
            elif "away" in message:
                self._go_away()
            elif "device" in message:
                self.device = str(message["device"])
            elif "result" in message or "left" in message:
                ended.append(str(message["run"]))
            elif "leaving" in message:
                self.device = ""
            elif "end" in message:
                self._end = WorkerEnd(str(message["end"]), is_lost=True)
        given = [str(message["run"]) for message in Lines(self._cluster.folder, self.key + POOL).new()
                 if "run" in message and message.get("life") == self._life and self.is_there]  # fmt: skip
        for name in ended:
            if name in given:
                given.remove(name)
        known = {job.name: job for job in self._cluster.sweep.jobs()}
        self.jobs = {name: known[name] for name in given if name in known}
        for name in set(given) - set(known):
            self.drop(name)
        if self.device:
            self.slots = 1
            return [{"device": self.device}]
        return []

    # --- what the pool says -------------------------------------------------------------------------------------

    def give(self, job: Job, folder: Path) -> None:
        self.jobs[job.name] = job
        self._write({"life": self._life, **order(job, folder.absolute())})

    def drop(self, name: str) -> None:
        self._write({"life": self._life, "drop": name})

    def close(self) -> None:
        if self.is_leaving:
            return
        self.is_leaving = True
        if self._cluster.is_unsubmitted(self):
            self._end = WorkerEnd("it was not needed any more")
        elif self.is_there:
            self._leaves_until = time.monotonic() + LEAVING_SECONDS
            self._write({"close": True})
        elif self.job:
            self._cluster.queue.cancel(self.job)
            self._end = WorkerEnd("it was not needed any more")

    def _write(self, message: dict[str, Any]) -> None:
        self._cluster.folder.append(self.key + POOL, as_line(message), flush=True)

    # --- what it says -------------------------------------------------------------------------------------------

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        self._cluster.submit()
        messages, self._waiting_to_be_heard = self._waiting_to_be_heard, []
        if self._end is None and time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = time.monotonic()
            state = self.state  # before what it says is read: it says no more once it is over
            messages += self._heard()
            if self._end is None:
                self._look_for_an_end(state)
        return messages, self._end is None

    def _heard(self) -> Iterator[dict[str, Any]]:
        yield from self._new_step()
        for message in self._said.new():
            if "life" in message:
                yield from ({"run": name, "left": True} for name in list(self.jobs))  # it died without a word
                self._begin(message)
            elif "leaving" in message:
                self.slots = 0
            elif "away" in message:
                self._go_away()
                yield from ({"run": name, "left": True} for name in list(self.jobs))
                if not self.is_leaving:
                    self._cluster.tell(f"job {self.job} was preempted or timed out: its runs are saved")
            elif "end" in message:
                self._end = WorkerEnd(str(message["end"]), is_lost=bool(message["is_lost"]))
            else:
                if "device" in message:
                    self.slots = 1
                yield message

    def _new_step(self) -> Iterator[dict[str, Any]]:
        """How far its run is, if that is news."""
        with suppress(FileNotFoundError):
            said = self._cluster.folder.read(self.key + STEP)
            if said != self._step:
                self._step = said
                message = message_in(said)
                if message is not None and message.get("life") == self._life and message.get("run") in self.jobs:
                    yield message

    def _begin(self, message: dict[str, Any]) -> None:
        """It is there: see whether runs can be trained there as here."""
        self._life, self._is_away, self.is_there, self.slots = str(message["life"]), False, True, 0
        node = str(message["node"])
        self.job = self.job or str(message["job"])
        self.node = f"{node}, job {self.job}"
        if odd := odd_version(message["versions"]):
            self._refuse(f"node {node} has {odd}: runs could not go on there as they began")
        elif not message["is_shared"]:
            self._refuse(_unshared(node, self._cluster.path.parent))
        self._cluster.queue.look_soon()

    def _refuse(self, why: str) -> None:
        self.refusal, self._end = ValueError(why), WorkerEnd(why)
        with suppress(OSError):
            self._write({"close": True})

    def _go_away(self) -> None:
        self._is_away, self.is_there, self.slots = True, False, 0
        self._cluster.queue.look_soon()

    def _look_for_an_end(self, state: JobState | None) -> None:
        if self._error:
            self.refusal, self._end = ValueError(self._error), WorkerEnd(self._error)
        elif state is not None and state.is_over:
            self._end = self._ended(state)
        elif self.is_leaving and self.job and time.monotonic() >= self._leaves_until:
            self._cluster.queue.cancel(self.job)
            self._end = WorkerEnd(f"job {self.job} did not answer any more", is_lost=True)

    def _ended(self, state: JobState) -> WorkerEnd:
        """The end of a job of which it did not say itself that it would end."""
        name = state.name.lower().replace("_", " ") or "gone from the queue"
        where = f" on {state.node}" if state.node else ""
        is_lost = self._is_away or (state.was_taken and bool(self._life or state.name))
        if is_lost or (self._life and state.name == "COMPLETED"):
            if not self.is_leaving:
                self._cluster.tell(f"job {self.job}{where} ended ({name}): what it trained goes on elsewhere")
            return WorkerEnd(f"job {self.job}{where} ended ({name})", is_lost=True)
        words = self._last_words()
        why = f"job {self.job}{where} ended ({name})" + (f": {words}" if words else "")
        if not self._life:
            why += "" if words else f" before it said a word: {_unshared('its node', self._cluster.path.parent)}"
            self.refusal = ValueError(why)
        return WorkerEnd(why)

    def _last_words(self) -> str:
        """The last line of its log."""
        with suppress(OSError, ValueError):
            lines = (
                self._cluster.folder.read(f"{self.job}_0_log.out")[-LAST_WORDS:].decode(errors="replace").split("\n")
            )
            return next((line.strip() for line in reversed(lines) if line.strip() and not NO_CAUSE.match(line)), "")
        return ""

    def end(self) -> WorkerEnd:
        assert self._end is not None
        self._cluster.forget(self)
        return self._end


def _unshared(node: str, folder: Path) -> str:
    return f"{node} does not see {str(folder)!r}, and all nodes must: put it on a disk that they share by --runs"
