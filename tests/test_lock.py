"""The lock: one holder, and who only looks is no holder."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from rnntui.system import lock as locks
from rnntui.system.errors import FolderGone
from rnntui.system.lock import Lock


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
    with pytest.raises(ValueError, match=f"run 'a' is in use by process {os.getpid()}"):
        Lock(tmp_path / "lock", "run 'a'").take()
    holder.release()
    Lock(tmp_path / "lock", "run 'a'").take()


def test_a_file_system_without_locks_is_no_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", none)
    with pytest.raises(OSError, match="No locks available"):
        Lock(tmp_path / "lock", "run 'a'").take()


def test_a_linked_lock_is_refused_and_what_it_leads_to_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    os.symlink(tmp_path / "precious", tmp_path / "lock")
    with pytest.raises(ValueError, match="lock' is a link"):
        Lock(tmp_path / "lock", "run 'a'").take()
    assert not Lock(tmp_path / "lock", "run 'a'").is_held()
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_lock_that_another_holds_is_not_emptied(tmp_path: Path) -> None:
    holder = Lock(tmp_path / "lock", "run 'a'")
    holder.take()
    with pytest.raises(ValueError, match="is in use"):
        Lock(tmp_path / "lock", "run 'a'").take()
    assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_a_lock_whose_folder_was_removed_while_it_was_waited_for_is_not_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run" / "lock"
    path.parent.mkdir()
    holder = Lock(path, "run 'a'")
    holder.take()

    def let_go(seconds: float) -> None:
        path.unlink(missing_ok=True)
        holder.release()

    monkeypatch.setattr(locks.time, "sleep", let_go)
    with pytest.raises(FolderGone, match="run 'a' was removed just now"):
        Lock(path, "run 'a'").take()


def test_who_writes_without_the_lock_has_no_folder_to_write_in(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock", "run 'a'")
    with pytest.raises(AssertionError, match="without its lock"):
        lock.folder  # noqa: B018
    lock.take()
    lock.folder.append("rows", b"1\n")
    lock.release()
    assert (tmp_path / "rows").read_bytes() == b"1\n"


def test_of_a_holder_that_died_nothing_is_left_in_the_file(tmp_path: Path) -> None:
    """A longer pid than the new one would leave its end there."""
    (tmp_path / "lock").write_text("98765432109")
    Lock(tmp_path / "lock", "run 'a'").take()
    assert (tmp_path / "lock").read_text() == str(os.getpid())
