"""The runs of a sweep in parallel, wherever they are trained: a loop that the caller drives by `poll`.

`poll` never blocks, so that a screen's clock can call it; without a screen, `wait` sleeps until a worker sends a line.
"""

import math
import time
from collections import deque
from dataclasses import dataclass, replace

from rnntui.config import time_steps
from rnntui.runs.status import RunStatus
from rnntui.specs import cell_cost
from rnntui.sweeps.folder import Result, Sweep
from rnntui.sweeps.places import Place, Worker
from rnntui.sweeps.places.processes import Processes
from rnntui.sweeps.plan import Job
from rnntui.system.errors import FolderGone

TOLD = ("step", "accuracy", "loss", "steps_per_second")  # what is told of a run in training


@dataclass(frozen=True)
class JobStatus:
    """The status of one run of a sweep, the machine that trains it, and its result once it has ended."""

    job: Job
    run: RunStatus
    result: Result | None = None
    node: str = ""  # nothing where it is this machine


class Pool:
    """Workers for a sweep that this process holds, so many at a time, processes of this machine unless another place
    is given.

    `failure` is why nothing can be trained at all, such as a device that is absent: the pool has stopped then.
    """

    def __init__(self, sweep: Sweep, workers: int | None = None, place: Place | None = None) -> None:
        self.sweep = sweep
        self.statuses: dict[str, JobStatus] = {}
        self._doing, self.device = "", ""
        self.failure: Exception | None = None
        self.began_at = time.monotonic()
        base = sweep.plan.base
        self._place = place or Processes(sweep.folder, base.get("device", "auto"), int(base.get("threads", 1)), workers)
        self._stopping = False
        self._workers: list[Worker] = []
        self._count = 0  # of workers started so far
        self._wanted: dict[str, Job] = {}  # the runs still to do, by name, in order
        self._free: deque[Job] | None = None  # of these the ones that may be given out; `None`: to be worked out
        self._running: set[str] = set()
        self._work_waiting = 0.0  # of the runs that wait, in the unit of `size`
        self.renew()

    # --- the loop -----------------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether all runs are done, or all workers were stopped."""
        return not self._workers and (self._stopping or not self._wanted)

    def poll(self) -> None:
        """Read the workers' messages, assign jobs, start and end workers."""
        for worker in list(self._workers):
            messages, alive = worker.read()
            for message in messages:
                self._hear(worker, message)
            if not alive:
                self._bury(worker)
        if not self._stopping:
            self._hand_out()

    def wait(self, seconds: float) -> None:
        """Sleep until a worker sends a message, at most so long."""
        if not self.is_over:
            self._place.wait(seconds)

    def stop(self) -> None:
        """Tell all workers to save and end; keep polling until it is over."""
        self._stopping = True
        self._doing = "waiting for the checkpoints" if self._workers else ""
        for worker in self._workers:
            worker.close()

    def close(self) -> None:
        """Stop, and wait until no worker is left."""
        self.stop()
        while self._workers:
            self.wait(1.0)
            self.poll()
        self._place.close()

    @property
    def doing(self) -> str:
        """What it waits for, a phrase; nothing where nothing is."""
        return self._place.waiting() or self._doing

    def news(self) -> list[str]:
        """What has happened to the place where the runs are trained since the last call, a sentence each."""
        return self._place.news()

    @property
    def size(self) -> str:
        """How large that place is, in words; nothing where it is this machine."""
        return self._place.size()

    # --- jobs ---------------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        try:
            self.sweep.folder.check_current()  # by its path the workers find it
        except FolderGone as gone:
            self.failure = gone
            self.stop()
            return
        if self._free is None:
            self._drop()
            self._free = deque(self._wanted.values())
        self._start_workers(len(self._wanted))
        self._give(self._free)
        if not self._wanted:
            for worker in self._workers:
                worker.close()

    def _give(self, free: deque[Job]) -> None:
        """Give runs to workers that have room; some are at work already when they are started."""
        at_work = {name for worker in self._workers for name in worker.jobs} if free else set()
        for worker in self._workers:
            while free and not worker.is_leaving and len(worker.jobs) < worker.slots:
                job = free.popleft()
                if job.name in self._wanted and job.name not in at_work:
                    worker.give(self.sweep.with_text(job), self.sweep.path)
                    self._set(job, worker.node, state="running")

    def _drop(self) -> None:
        """Stop runs whose result the search no longer needs."""
        for status in list(self.statuses.values()):
            if status.run.state == "waiting" and status.job.name not in self._wanted:
                self._set(status.job, state="dropped")
        for worker in self._workers:
            for name in list(worker.jobs):
                if name not in self._wanted and self.statuses[name].run.state == "running":
                    worker.drop(name)
                    self._set(worker.jobs[name], state="dropped")

    def _start_workers(self, wanted: int) -> None:
        is_first = not self._workers
        while wanted and len(self._workers) < self._place.room(self._workers, wanted):
            self._workers.append(self._place.start(self._count, wanted))
            self._count += 1
        if is_first and self._workers:
            self._doing = self._doing or "loading PyTorch"

    # --- what workers say ---------------------------------------------------------------------------------------

    def _hear(self, worker: Worker, message: dict[str, object]) -> None:
        if "device" in message:
            self.device = worker.device = str(message["device"])
            self._doing = ""
            if self.device == "cuda":
                worker.slots = worker.most
            return
        if "refused" in message:
            kind = ValueError if message["is_mistake"] else RuntimeError
            worker.refusal = kind(str(message["refused"]))
            return
        if "doing" in message:
            self._doing = str(message["doing"])
            return
        job = worker.jobs.get(str(message.get("run")))
        if job is None:
            return
        if "result" in message:
            self._end(worker, job, Result(**message["result"]), str(message.get("traceback", "")))  # type: ignore[arg-type]
        elif "left" in message:
            del worker.jobs[job.name]
            self._free = None
            if job.name not in self.sweep.results:
                self._set(job, state="dropped" if self.statuses[job.name].run.state == "dropped" else "waiting")
        else:
            told = {name: message[name] for name in TOLD}
            if self.statuses[job.name].run.state != "dropped":
                self._set(job, worker.node, state="running", **told)

    def _end(self, worker: Worker, job: Job, result: Result, traceback: str) -> None:
        del worker.jobs[job.name]
        if result.state == "failed":
            self.sweep.fail(job, result.reason, traceback)
        else:
            self.sweep.take(job, result)
        self._note_end(job)

    def _note_end(self, job: Job) -> None:
        """Refresh what the result of a run changes: of a search everything, of another sweep that run alone."""
        if self.sweep.plan.search is not None:
            self.renew()
            return
        self._wanted.pop(job.name, None)
        status = self.statuses.get(job.name) or waiting(job)
        self._put(ended(status, self.sweep.results[job.name]))

    def _bury(self, worker: Worker) -> None:
        """Handle the end of a worker: as told, before it could begin, or with jobs unfinished."""
        self._workers.remove(worker)
        was_told, ended = worker.is_leaving, worker.end()
        for job in worker.jobs.values():
            if was_told or ended.is_lost or not worker.device:
                self._free = None
                self._set(job, state="waiting")
            else:
                self.sweep.fail(job, ended.reason)
                self._note_end(job)
        if not was_told and not ended.is_lost and not worker.device:
            if self._workers:
                self._place.bears_no_more_than(len(self._workers))
            else:
                self.failure = worker.refusal or RuntimeError(ended.reason)  # another would not begin either
                self.stop()

    # --- statuses ----------------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Refresh what is wanted, and the status of all known jobs; of those that ended, from their results."""
        self._wanted = {job.name: job for job in self.sweep.wanted()}
        self._free = None
        for job in self.sweep.jobs():
            status = self.statuses.get(job.name)
            if status is None:
                status = waiting(job)
                self._put(status)
            result = self.sweep.results.get(job.name)
            if result is not None and status.result is not result:
                self._put(ended(status, result))

    def _set(self, job: Job, node: str = "", **changes: object) -> None:
        status = self.statuses.get(job.name) or waiting(job)
        self._put(replace(status, run=replace(status.run, **changes), node=node))  # type: ignore[arg-type]

    def _put(self, status: JobStatus) -> None:
        name, before = status.job.name, self.statuses.get(status.job.name)
        self._work_waiting += _waiting_work(status) - (_waiting_work(before) if before is not None else 0.0)
        (self._running.add if status.run.state == "running" else self._running.discard)(name)
        self.statuses[name] = status

    @property
    def running(self) -> list[JobStatus]:
        """The runs in training, in the order of the plan."""
        return [status for name, status in self.statuses.items() if name in self._running]

    @property
    def steps_per_second(self) -> float:
        """Steps per second of all runs in training."""
        return sum(self.statuses[name].run.steps_per_second or 0.0 for name in self._running)

    @property
    def seconds_left(self) -> float:
        """Seconds left at the present speed, NaN before it is known; for a search, of the runs known so far."""
        if self.sweep.plan.search is not None:
            return math.nan
        running = [self.statuses[name] for name in self._running]
        work_per_second = sum((status.run.steps_per_second or 0.0) * size(status.job) for status in running)
        if not work_per_second:
            return math.nan
        return (self._work_waiting + sum(map(_work, running))) / work_per_second


def _work(status: JobStatus) -> float:
    """What is left of a run, in the unit of `size`."""
    return (status.run.steps - status.run.step) * size(status.job)


def _waiting_work(status: JobStatus) -> float:
    return _work(status) if status.run.state == "waiting" else 0.0


def size(job: Job) -> float:
    """The arithmetic of one step, relative: the cell's cost times layers, length, batch and weights."""
    s = job.settings
    return cell_cost(s) * s.layers * time_steps(s) * s.batch * s.hidden**2 * 1e-9


def waiting(job: Job) -> JobStatus:
    """The status of a run that waits for its turn."""
    return JobStatus(job, RunStatus(job.name, "waiting", steps=job.settings.steps))


def ended(status: JobStatus, result: Result) -> JobStatus:
    """The status of a run that has ended with a result."""
    run = replace(status.run, state=result.state, step=result.step, accuracy=result.accuracy, steps_per_second=None)
    return replace(status, run=run, result=result)
