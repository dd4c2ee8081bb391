"""The lock: one holder, and who only looks is no holder."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from rnntui import lock as locks
from rnntui.lock import Lock


def test_who_only_asks_whether_it_is_held_is_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many look on at thousands of runs, each with a shared lock for an instant; a taker comes back a moment later."""
    path = tmp_path / "lock"
    path.touch()
    looking = os.open(path, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    monkeypatch.setattr(locks.time, "sleep", lambda seconds: fcntl.flock(looking, fcntl.LOCK_UN))
    taken = Lock(path, "run 'a'")
    taken.take()
    assert Lock(path, "run 'a'").is_held()
    taken.release()
    os.close(looking)


def test_a_holder_is_named_and_keeps_it(tmp_path: Path) -> None:
    holder = Lock(tmp_path / "lock", "run 'a'")
    holder.take()
    with pytest.raises(ValueError, match=f"run 'a' is held by process {os.getpid()}"):
        Lock(tmp_path / "lock", "run 'a'").take()
    holder.release()
    Lock(tmp_path / "lock", "run 'a'").take()


def test_a_file_system_without_locks_is_no_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", none)
    with pytest.raises(OSError, match="No locks available"):
        Lock(tmp_path / "lock", "run 'a'").take()
