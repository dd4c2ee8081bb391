"""A lease: who may write in a folder that machines share, where a lock may not be kept between them (some NFS).

The holder counts up in a file of the folder, which stays open. Who wants the folder waits until it has seen that file
unchanged for `SECONDS`, by its own clock: those of machines need not agree. Then it deletes the file and makes its own.
A holder that could not count for `TRUSTED_SECONDS`, or whose file is no longer there, has lost the folder, and `check`
says so before each change.
Invariant: `TRUSTED_SECONDS` is so much less than `SECONDS` that a holder has given up before another begins. What is
left open is a process that is stopped for longer than that between `check` and the system call that follows it.
"""

import json
import os
import secrets
import socket
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rnntui.system import operations
from rnntui.system.errors import FolderGone, Note
from rnntui.system.folder import Folder

LEASE = "lease"
SECONDS = 30.0
TRUSTED_SECONDS = 20.0
BEAT_SECONDS = 4.0  # from one count to the next
LOOK_SECONDS = 0.5
WIDTH = 200  # bytes of the file, always
ENDING_SECONDS = 5.0  # that a count under way may take
BOOT = Path("/proc/sys/kernel/random/boot_id")


class LeaseLost(FolderGone):
    """Another process writes in the folder now, or may."""


class LeaseHeld(ValueError):
    """Another process counts on."""


class Lease:
    """The lease on an open folder; `what` names it for people."""

    def __init__(self, folder: Folder, what: str) -> None:
        self._folder, self._what = folder, what
        self._token, self._count = secrets.token_hex(8), 0
        self._counted_at = now()
        self._is_lost = False
        self._ends = threading.Event()
        try:
            folder.create(LEASE, self._words())
            self._descriptor = folder.open_own(LEASE)
        except FileExistsError:
            raise LeaseHeld(f"{what} has just been taken by another process") from None
        self._beat = threading.Thread(target=self._count_up, daemon=True)
        self._beat.start()

    def check(self) -> None:
        """Raise `LeaseLost` where it is no longer certain that nobody else writes."""
        if not self._is_lost:
            self._is_lost = now() - self._counted_at > TRUSTED_SECONDS or not self._is_there()
        if self._is_lost:
            raise LeaseLost(
                f"{self._what} may be in use by another process, for this one stood still for too long: it writes "
                f"nothing more"
            )

    def release(self) -> bool:
        """Let another have it at once; whether it was held to the end."""
        self._ends.set()
        self._beat.join(ENDING_SECONDS)
        with suppress(OSError, ValueError):
            self.check()
            self._folder.remove_file(LEASE)
        os.close(self._descriptor)
        return not self._is_lost

    def _is_there(self) -> bool:
        try:
            there = os.stat(LEASE, dir_fd=self._folder.descriptor, follow_symlinks=False)
            return os.path.samestat(there, os.fstat(self._descriptor))
        except OSError:
            return False

    def _count_up(self) -> None:
        while not self._ends.wait(BEAT_SECONDS):
            with suppress(OSError):  # once it has lasted too long, the lease is lost
                self.check()
                at, self._count = now(), self._count + 1
                os.lseek(self._descriptor, 0, os.SEEK_SET)
                operations.write(self._descriptor, self._words())
                operations.flush(self._descriptor)
                self._counted_at = at

    def _words(self) -> bytes:
        words = {"pid": os.getpid(), "host": socket.gethostname()[:64], "machine": machine(), "token": self._token}
        return json.dumps({**words, "count": self._count}).ljust(WIDTH - 1).encode() + b"\n"


def wait_out(
    folder: Folder, what: str, tell: Callable[[str], None], is_wanted: Callable[[], bool] = lambda: True
) -> bool:
    """Delete a lease that another process has left in a folder whose lock is held; whether it was one to wait for.

    `tell` hears what is waited for. Raises `LeaseHeld` where its holder counts on, and once it is not wanted any more.
    """
    seen = _read(folder)
    if seen is None:
        return False
    held = LeaseHeld(f"{what} is in use by {_holder(seen)}: stop that process first")
    is_elsewhere = _told(seen).get("machine") != machine()  # here the lock tells that its holder is dead
    since = now()
    if is_elsewhere:
        tell(f"{what}: waiting {SECONDS:.0f} s to see whether {_holder(seen)} still trains it …")
    while is_elsewhere and now() - since < SECONDS:
        time.sleep(LOOK_SECONDS)
        found = _read(folder)
        if found is None:
            return True
        if found != seen or not is_wanted():
            raise held
    folder.remove_file(LEASE)
    return is_elsewhere


def settle(lease: Lease) -> None:
    """After a lease was waited for: another that waited, too, may have been a moment behind. Raises `LeaseHeld`."""
    time.sleep(2 * LOOK_SECONDS)
    try:
        lease.check()
    except LeaseLost as lost:
        raise LeaseHeld(str(lost)) from None


def note(sentence: str) -> None:
    """Tell the user, whatever is on the terminal."""
    warnings.warn(sentence, Note, stacklevel=2)


def now() -> float:
    """Seconds of a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def machine() -> str:
    """What names this machine until it is started anew; where the system has no such name, a new one each time."""
    with suppress(OSError):
        return BOOT.read_text(encoding="ascii").strip()
    return secrets.token_hex(8)


def _read(folder: Folder) -> bytes | None:
    with suppress(FileNotFoundError):
        return folder.read(LEASE)
    return None


def _told(words: bytes) -> dict[str, object]:
    with suppress(ValueError):
        told = json.loads(words)
        return told if isinstance(told, dict) else {}
    return {}


def _holder(words: bytes) -> str:
    told = _told(words)
    return f"process {told.get('pid', 'unknown')} on {str(told.get('host', 'another machine'))!r}"
