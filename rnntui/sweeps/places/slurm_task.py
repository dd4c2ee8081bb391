"""On a node of a SLURM cluster: what submitit starts there, a worker whose pool is heard and answered through files.

A job may live several times: it is preempted or times out, is requeued, and begins anew on another node. Invariant: a
run is trained by the newest life of a job alone. A life saves its runs before it goes; one that finds that another has
begun, for its node was cut off and is back, ends its worker at once; and each obeys only what was said to it.
"""

import os
import secrets
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnntui.config import from_dict
from rnntui.sweeps import syntax
from rnntui.sweeps.places.mailbox import POOL, PROBE, WORKER, Lines, as_line, write_step
from rnntui.sweeps.places.relay import Relay, versions
from rnntui.sweeps.plan import Job
from rnntui.system.errors import FolderGone
from rnntui.system.folder import Folder

TICK = 0.1
LOOK_SECONDS = 1.0  # from one look at what the pool says to the next
SOON_SECONDS, SOON = 0.1, 10.0  # that is more often while a run is awaited, for so long
IDLE_SECONDS = 300.0  # without a run after which a worker gives its job back
WARNED_SECONDS = 10.0  # that SLURM may take to end a job, or to requeue it, once it has said that it will
STEP_SECONDS = 2.0  # from one word on how far a run is to the next


class SlurmTask:
    """A worker, called on its node with its key in a mailbox; submitit pickles this, not what it does."""

    def __init__(self, mailbox: str, device: str) -> None:
        self._mailbox, self._device = mailbox, device
        self._life: WorkerLife | None = None

    def __call__(self, key: str) -> None:
        from submitit import JobEnvironment

        self._life = WorkerLife(Path(self._mailbox), key, self._device, JobEnvironment().job_id)
        self._life.live()

    def checkpoint(self, key: str) -> Any:
        """Save and leave the runs; what submitit is to start once the job was requeued. Called by its handler."""
        from submitit.helpers import DelayedSubmission

        if self._life is not None:
            self._life.leave()
        return DelayedSubmission(SlurmTask(self._mailbox, self._device), key)


class Superseded(Exception):
    """Another life of the job has begun."""


class WorkerLife:
    """From the start of a job, or from where it was requeued, to its end.

    All is done in a thread, so that a signal, whose handler runs in the main thread, never comes in between.
    """

    def __init__(self, mailbox: Path, key: str, device: str, job: str) -> None:
        self._path, self._key, self._device, self._job = mailbox, key, device, job
        self._name = secrets.token_hex(4)
        self._is_leaving, self._is_closed = False, False  # by SLURM's word, by the pool's
        self._is_ending, self._is_over = False, False
        self._error: BaseException | None = None
        self._unsaid = b""
        self._size: int | None = None  # of what this job has said, where that is known: another life may add to it
        self._runs: set[str] = set()
        self._idle_since = time.monotonic()

    def live(self) -> None:
        """Train until the pool says that it is over, or nothing for long. Raises what went wrong."""
        is_main = threading.current_thread() is threading.main_thread()
        if is_main:  # before SLURM ends a job it sends this, and to a job that is preempted maybe nothing else
            signal.signal(signal.SIGTERM, lambda *_: setattr(self, "_is_leaving", True))
        threading.Thread(target=self._work, daemon=True).start()
        while not self._is_over:
            time.sleep(TICK)
        if self._error is not None and not isinstance(self._error, Superseded):
            raise self._error
        until = time.monotonic() + WARNED_SECONDS
        while self._is_leaving and is_main and time.monotonic() < until:
            time.sleep(TICK)

    def leave(self) -> None:
        """Save and leave the runs, and wait until that is done."""
        self._is_leaving = True
        while not self._is_over:
            time.sleep(TICK)

    def _work(self) -> None:
        try:
            with Folder(self._path, "the folder of messages") as folder:
                self._serve(folder)
        except BaseException as error:  # the main thread raises it, and the job's log has it
            self._error = error
        self._is_over = True

    def _serve(self, folder: Folder) -> None:
        self._say(life=self._name, job=self._job, node=socket.gethostname(), versions=versions(),
                  is_shared=folder.kind(PROBE) is not None)  # fmt: skip
        self._send(folder)
        relay = _deaf_to_signals(self._device)
        try:
            self._converse(folder, relay)
        except BaseException:
            with suppress(ProcessLookupError):
                os.kill(relay.pid, signal.SIGKILL)
            raise

    def _converse(self, folder: Folder, relay: Relay) -> None:
        orders, number, stepped_at, answer = Lines(folder, self._key + POOL), 0, 0.0, None
        while answer is None or answer.end is None:
            for message in orders.new():
                self._obey(relay, message)
            is_idle = not self._runs and time.monotonic() - self._idle_since > IDLE_SECONDS
            if (self._is_leaving or self._is_closed or is_idle) and not self._is_ending:
                self._is_ending = True
                self._say(leaving=True)
                relay.close()
            answer = relay.hear(number, self._patience())
            number = answer.number
            for told in answer.told:
                assert isinstance(told, dict)
                if "step" not in told:
                    self._note(told)
                elif time.monotonic() - stepped_at >= STEP_SECONDS:
                    stepped_at = time.monotonic()
                    with suppress(OSError):
                        write_step(folder, self._key, {**told, "life": self._name})
            self._send(folder)
        is_lost = "status 0" in answer.end.reason  # it was told to, or had nothing to do
        self._say(**{"away": True} if self._is_leaving else {"end": answer.end.reason, "is_lost": is_lost})
        while self._unsaid:
            self._send(folder)
            time.sleep(TICK)

    def _patience(self) -> float:
        """Seconds until the next look at what the pool says."""
        is_awaited = not self._runs and time.monotonic() - self._idle_since < SOON
        return SOON_SECONDS if is_awaited else LOOK_SECONDS

    def _obey(self, relay: Relay, message: dict[str, Any]) -> None:
        if "close" in message:
            self._is_closed = True
        elif message.get("life") != self._name or self._is_ending:
            return  # what was said to an earlier life may be for another worker by now
        elif "drop" in message:
            relay.drop(message["drop"])
        else:
            measured = syntax.from_dict(message["syntax"]) if message.get("syntax") else None
            self._runs.add(message["run"])
            job = Job(message["run"], {}, from_dict(message["settings"]), measured, str(message.get("text", "")))
            relay.give(job, message["folder"])

    def _note(self, told: dict[str, Any]) -> None:
        self._say(**told)
        if "result" in told or "left" in told:
            self._runs.discard(told["run"])
            self._idle_since = time.monotonic()

    def _say(self, **message: Any) -> None:
        self._unsaid += as_line(message)

    def _send(self, folder: Folder) -> None:
        """Write what is to be said; a disk that is full is tried again. Raises `Superseded`."""
        name = self._key + WORKER
        if self._size is not None and folder.size(name) != self._size:
            raise Superseded(f"another life of job {self._job} has begun")
        if self._unsaid:
            try:
                folder.append(name, self._unsaid, flush=True)
            except OSError as error:
                if isinstance(error, FolderGone):
                    raise
                self._size = None  # a part of it may be there
            else:
                self._size = folder.size(name) if self._size is None else self._size + len(self._unsaid)
                self._unsaid = b""


def _deaf_to_signals(device: str) -> Relay:
    """A relay whose worker process takes no notice of the signals that SLURM sends to all processes of a job."""
    from submitit import JobEnvironment

    warning = {signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.Signals[f"SIG{JobEnvironment.USR_SIG}"]}
    known = signal.pthread_sigmask(signal.SIG_BLOCK, warning)  # of this thread, and of what it starts
    try:
        return Relay(1, device)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, known)
