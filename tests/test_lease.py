"""A folder that machines share has one writer, also where locks are not kept between them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnntui.config import Settings
from rnntui.runs import METRICS, Run
from rnntui.runs.files import LOCK
from rnntui.system import lease, lock
from rnntui.system.lease import LEASE, LeaseHeld, LeaseLost

HOLDER = Path(__file__).parent / "frozen_holder.py"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease that lasts for four seconds, and locks that hold nothing."""
    monkeypatch.setattr(lock, "_lock", lambda descriptor: None)
    monkeypatch.setattr(lease, "SECONDS", 4.0)
    monkeypatch.setattr(lease, "TRUSTED_SECONDS", 2.0)
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(lease, "LOOK_SECONDS", 0.2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a new run that nobody holds."""
    run = Run.create(tmp_path, "leased", Settings())
    run.unlock()
    return run.path


def as_it_is(folder: Path) -> dict[str, bytes]:
    """Every file of a folder and what it holds."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.usefixtures("quick")
def test_a_holder_that_stood_still_writes_not_one_more_byte_once_another_has_taken_over(path: Path) -> None:
    holder = subprocess.Popen([sys.executable, str(HOLDER), str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        while (
            not (path / METRICS).exists() or not (path / METRICS).stat().st_size
        ):  # the first row takes longest between its check and its bytes
            time.sleep(0.01)
        holder.send_signal(signal.SIGSTOP)
        os.waitpid(holder.pid, os.WUNTRACED)
        told: list[str] = []
        taker = Run(path)
        taker.lock(leased=True, tell=told.append)
        assert told == [f"run {path.name!r}: waiting 4 s to see whether process {holder.pid} on "
                        f"{os.uname().nodename!r} still trains it …"]  # fmt: skip
        taker.append(METRICS, *list(taker.metrics())[:1])
        before = {name: content for name, content in as_it_is(path).items() if name != LEASE}
        holder.send_signal(signal.SIGCONT)
        assert "writes nothing more" in holder.stdout.readline()
        assert holder.wait() == 0
        assert {name: content for name, content in as_it_is(path).items() if name != LEASE} == before
        taker.folder.check_current()
        taker.unlock()
        assert LEASE not in as_it_is(path)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


@pytest.mark.usefixtures("quick")
def test_who_counts_on_is_not_taken_from(path: Path) -> None:
    holder = subprocess.Popen([sys.executable, str(HOLDER), str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LeaseHeld, match=f"is in use by process {holder.pid} on .*: stop that process first"):
            Run(path).lock(leased=True, tell=lambda told: None)
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_of_one_machine_the_lock_tells_that_a_holder_died_and_nothing_is_waited_for(path: Path) -> None:
    first = Run(path)
    first.lock(leased=True)
    left = (path / LEASE).read_bytes()
    first.unlock()
    (path / LEASE).write_bytes(left)
    told: list[str] = []
    second = Run(path)
    second.lock(tell=told.append)
    assert not told
    assert not (path / LEASE).exists()
    second.unlock()


def test_without_a_lease_a_folder_is_as_it_was(path: Path) -> None:
    run = Run(path)
    run.lock()
    assert run.folder.guard is None
    assert not (path / LEASE).exists()
    run.unlock()


@pytest.mark.usefixtures("quick")
def test_a_lease_that_was_deleted_is_lost_and_every_change_says_so(path: Path) -> None:
    run = Run(path)
    run.lock(leased=True)
    held = (path / LOCK).read_bytes()
    (path / LEASE).unlink()
    for change in (
        lambda: run.journal(1, "failed", reason="", traceback=""),
        lambda: run.write_checkpoint(1, [("model.safetensors", b"")]),
        lambda: run.folder.replace("result.json", b"{}"),
        run.drop_origin,
    ):
        with pytest.raises(LeaseLost, match="writes nothing more"):
            change()
    run.unlock()
    assert (path / LOCK).read_bytes() == held  # the pid there may be another's


def test_a_leased_run_can_be_removed(path: Path) -> None:
    run = Run(path)
    run.lock(leased=True)
    run.remove()
    assert not path.exists()
