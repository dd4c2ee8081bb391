"""The folder that rnntui writes in: nothing through a link, nothing that others wrote, all of a file or none of it."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rnntui.system import errors, operations, results
from rnntui.system.errors import FolderGone
from rnntui.system.folder import Folder, finished, unfinished


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "own"
    made.mkdir()
    return made


@pytest.fixture
def folder(path: Path) -> Iterator[Folder]:
    with Folder(path, "run 'a'") as opened:
        yield opened


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder of the user's with a file that must survive."""
    made = tmp_path / "victim"
    made.mkdir()
    (made / "notes.txt").write_text("precious")
    return made


def fail_at(monkeypatch: pytest.MonkeyPatch, nth: int, error: int = errno.ENOSPC) -> list[str]:
    """Let the n-th operation fail, counted from 1; what was done, by name."""
    done: list[str] = []

    def wrapped(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            done.append(name)
            if len(done) == nth:
                raise OSError(error, os.strerror(error))
            return operation(*given)

        return call

    for name in operations.OPERATIONS:
        monkeypatch.setattr(operations, name, wrapped(name, getattr(operations, name)))
    return done


# Links


def test_a_linked_folder_is_refused_with_where_it_leads_and_what_would_be_right(path: Path, victim: Path) -> None:
    os.symlink(victim, path / "checkpoints")
    for opening in (
        lambda: Folder(path / "checkpoints", "run 'a'"),
        lambda: Folder(path, "run 'a'").inside("checkpoints"),
        lambda: Folder(path, "run 'a'").make("checkpoints", exist_ok=True),
    ):
        with pytest.raises(ValueError, match=rf"run 'a': '{path}/checkpoints' is a link to '{victim}'.*that folder"):
            opening()


def test_a_folder_that_the_user_named_may_be_a_link(path: Path, tmp_path: Path) -> None:
    os.symlink(path, tmp_path / "link")
    with Folder(tmp_path / "link", "the runs", follow=True) as folder:
        folder.replace("x", b"1")
        assert folder.is_current()
    assert (path / "x").read_bytes() == b"1"


WRITING: list[Callable[[Folder, str], Any]] = [
    lambda folder, name: folder.replace(name, b"new"),
    lambda folder, name: folder.append(name, b"new\n"),
    lambda folder, name: folder.open_own(name),
    lambda folder, name: folder.open_new(name),
    lambda folder, name: folder.remove_file(name),
    lambda folder, name: folder.read(name),
    lambda folder, name: folder.flush_file(name),
    lambda folder, name: results.write(folder.path / name, b"new"),
]


@pytest.mark.parametrize("write", WRITING)
def test_nothing_is_written_through_a_link(folder: Folder, victim: Path, write: Callable[[Folder, str], Any]) -> None:
    os.symlink(victim / "notes.txt", folder.path / "metrics.jsonl")
    with pytest.raises(ValueError, match=r"metrics.jsonl' is a link, .*: put the file itself"):
        write(folder, "metrics.jsonl")
    assert (victim / "notes.txt").read_text() == "precious"
    assert folder.names() == ["metrics.jsonl"]


@pytest.mark.parametrize("write", WRITING)
def test_a_link_to_nothing_makes_no_file_elsewhere(
    folder: Folder, victim: Path, write: Callable[[Folder, str], Any]
) -> None:
    os.symlink(victim / "made", folder.path / "journal.jsonl")
    with pytest.raises(ValueError, match="is a link"):
        write(folder, "journal.jsonl")
    assert not (victim / "made").exists()


@pytest.mark.parametrize("write", WRITING)
def test_a_pipe_or_a_folder_in_the_place_of_a_file_is_refused_and_not_waited_for(
    folder: Folder, write: Callable[[Folder, str], Any]
) -> None:
    os.mkfifo(folder.path / "pipe")
    (folder.path / "folder").mkdir()
    with pytest.raises(ValueError, match="pipe' is not a regular file"):
        write(folder, "pipe")
    with pytest.raises(ValueError, match="folder' is a folder"):
        write(folder, "folder")


@pytest.mark.parametrize("write", [WRITING[1], WRITING[2], WRITING[3]])
def test_a_file_that_has_another_name_elsewhere_is_not_changed_in_place(
    folder: Folder, victim: Path, write: Callable[[Folder, str], Any]
) -> None:
    os.link(victim / "notes.txt", folder.path / "lock")
    with pytest.raises(ValueError, match=r"lock' is a hard link to a file elsewhere.*copy"):
        write(folder, "lock")
    assert (victim / "notes.txt").read_text() == "precious"


# All or nothing


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_file_is_replaced_or_left_as_it_was_wherever_the_disk_fails(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    folder.replace("config.json", b"before")
    with monkeypatch.context() as failing:
        done = fail_at(failing, nth)
        with pytest.raises(OSError, match="No space left") as raised:
            folder.replace("config.json", b"after")
    assert str(folder.path) in raised.value.filename
    assert folder.read("config.json") == (b"after" if done[nth - 1] == "flush" and nth > 3 else b"before")
    assert folder.names() == ["config.json"]


def test_the_operations_of_a_replacement_are_on_disk_in_their_order(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fail_at(monkeypatch, 99)
    folder.replace("config.json", b"x")
    assert done == ["open_file", "write", "flush", "rename", "flush"]


def test_lines_are_added_behind_one_that_was_cut(folder: Folder) -> None:
    folder.append("rows", b"1\n")
    folder.append("rows", b"2")
    folder.append("rows", b"3\n")
    assert folder.read("rows") == b"1\n2\n3\n"


def test_what_is_written_is_for_whom_the_umask_says(folder: Folder) -> None:
    before = os.umask(0o027)
    try:
        folder.replace("a", b"")
        folder.append("b", b"")
        os.close(folder.open_new("c"))
        folder.make("d").close()
    finally:
        os.umask(before)
    modes = {name: (folder.path / name).stat().st_mode & 0o777 for name in "abcd"}
    assert modes == {"a": 0o640, "b": 0o640, "c": 0o640, "d": 0o750}


# Moved, removed, replaced


@pytest.mark.parametrize("anew", [False, True])
def test_a_folder_that_was_moved_is_noticed_before_anything_is_written(folder: Folder, anew: bool) -> None:
    folder.append("rows", b"1\n")
    there = folder.path.rename(folder.path.with_name("moved"))
    if anew:
        folder.path.mkdir()
    for write in (*WRITING[:2], WRITING[3], WRITING[4], lambda at, name: at.make(name)):
        with pytest.raises(FolderGone, match=r"the folder of run 'a', .* was removed or moved"):
            write(folder, "rows")
    assert [entry.name for entry in there.iterdir()] == ["rows"]
    assert (there / "rows").read_bytes() == b"1\n"
    assert not anew or not list(folder.path.iterdir())


# Deleting


def is_own(name: str) -> bool:
    return name.startswith("mine")


def test_a_folder_goes_with_files_of_our_own_alone(folder: Folder, victim: Path) -> None:
    for odd in ("theirs", "mine-folder", "mine-link"):
        inner = folder.make(f"checkpoint-{odd}")
        inner.create("mine", b"")
        if odd == "mine-folder":
            inner.make(odd)
        elif odd == "mine-link":
            os.symlink(victim, inner.path / odd)
        else:
            inner.create(odd, b"")
        with pytest.raises(ValueError, match=rf"{odd}' was not written by rnntui: move it"):
            folder.remove_folder(inner.path.name, is_own)
        assert inner.names() == sorted(["mine", odd])
    folder.make("checkpoint").create("mine", b"")
    folder.remove_folder("checkpoint", is_own)
    assert "checkpoint" not in folder.names()
    assert (victim / "notes.txt").read_text() == "precious"


def test_a_linked_folder_is_not_emptied(folder: Folder, victim: Path) -> None:
    os.symlink(victim, folder.path / "mine")
    with pytest.raises(ValueError, match="is a link to"):
        folder.remove_folder("mine", lambda name: True)
    assert (victim / "notes.txt").read_text() == "precious"


def test_the_name_of_an_unfinished_file_tells_whose_it_is() -> None:
    assert finished(unfinished("metrics.jsonl")) == ("metrics.jsonl", os.getpid())
    assert finished(".notes") is None
    assert finished("metrics.jsonl.7") is None


# What errors mean


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EIO, "input/output error"),
        (errno.EMFILE, "too many files are open"),
        (errno.ENOMEM, "not enough memory"),
        (errno.ENOSPC, "disk is full"),
    ],
)
def test_each_error_is_told_as_what_it_is_with_advice_of_its_own(number: int, said: str) -> None:
    error = OSError(number, os.strerror(number), "/some/file")
    assert said in errors.sentence(error)
    assert "'/some/file'" in errors.sentence(error)
    assert "damaged" not in errors.sentence(error)
    assert sum(said in meaning for meaning in errors.MEANING.values()) <= 2


def test_an_error_without_a_number_is_said_in_its_own_words() -> None:
    assert errors.meaning(OSError("cut off")) == "cut off"
    assert errors.sentence(FolderGone("it is gone")) == "it is gone"
