"""A run's folder that travels: its copy can be resumed at any moment, on as many machines as there are."""

import shutil
from itertools import islice
from pathlib import Path

import pytest
import torch
from tiny import again, new_run, palindrome, text

from rnntui.core.training.trainer import Trainer
from rnntui.runs import CONFIG, JOURNAL, METRICS, RESULT, Run, checkpoints, folder
from rnntui.sweeps.places import travel
from rnntui.sweeps.places.travel import Change, WatchedFolder, apply
from rnntui.system.folder import Folder

SETTINGS = {"save_every": 10, "log_every": 1, "steps": 120}


@pytest.fixture
def copy(tmp_path: Path) -> Folder:
    """An empty folder on another machine."""
    (tmp_path / "elsewhere").mkdir()
    return Folder(tmp_path / "elsewhere", "the copy")


def files(path: Path) -> dict[str, bytes]:
    """Everything in a run's folder but its lock."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != "lock"
    }


def test_a_copy_is_the_run_and_can_be_resumed_at_any_moment(copy: Folder) -> None:
    """Rows reach at least as far as the newest checkpoint, and what was pruned there is pruned here."""
    run = new_run(palindrome(**SETTINGS))
    watched, trainer = WatchedFolder(run.path), Trainer(palindrome(**SETTINGS), run)
    seen = []
    for _ in trainer:
        for change in watched.changes():
            apply(copy, change)
            steps = Run(copy.path).steps_saved(whole=True)
            reached = max((row.step for row in Run(copy.path).metrics()), default=0)
            assert max(steps, default=0) <= reached
            seen += steps
    for change in watched.changes():
        apply(copy, change)
    run.unlock()
    assert files(copy.path) == files(run.path)
    assert len(set(seen)) > len(Run(copy.path).steps_saved(whole=True)) == checkpoints.KEPT
    assert watched.changes() == []


def test_a_run_that_moves_between_machines_ends_as_one_that_stayed() -> None:
    """Killed on each after some steps, and gone on with from what had arrived; rows cut on the way are cut here."""
    settings = palindrome(**SETTINGS)
    whole = Trainer(settings)
    losses = [loss for report in whole for loss in report.loss]
    home = new_run(settings, "moves")
    for number in range(4):
        node = folder() / f"node{number}"
        node.mkdir()
        place = node / "moves"
        place.mkdir()
        with Folder(place, "scratch") as scratch:
            for change in travel.carried(home.path):
                apply(scratch, change)
        there = again(Run(place))
        watched = WatchedFolder(place)
        watched.known()
        trainer = Trainer(there.settings(), there)
        for _ in islice(trainer, 3 if number < 3 else None):
            for change in watched.changes():
                apply(home.folder, change)
        if number == 3:
            for change in watched.changes():
                apply(home.folder, change)
        there.unlock()
        shutil.rmtree(node)
    assert [row.loss for row in home.metrics()] == losses
    assert torch.equal(trainer.learner.theta, whole.learner.theta)
    home.unlock()


def test_a_corpus_is_called_what_it_is_called_where_the_copy_is(copy: Folder, corpus: Path) -> None:
    run = new_run(text(corpus, steps=20))
    changes = WatchedFolder(run.path, {CONFIG: "my book"}).changes()
    run.unlock()
    for change in changes:
        apply(copy, change)
    assert Run(copy.path).settings().corpus == "my book"


def test_rows_that_do_not_follow_are_refused_and_change_nothing(copy: Folder) -> None:
    apply(copy, Change("run", "replace", METRICS, b"1\n"))
    with pytest.raises(ValueError, match="2 bytes where 5 were to be"):
        apply(copy, Change("run", "append", METRICS, b"2\n", 5))
    assert copy.read(METRICS) == b"1\n"
    apply(copy, Change("run", "append", METRICS, b"2\n", 2))
    assert copy.read(METRICS) == b"1\n2\n"


def test_a_line_travels_once_it_is_whole_and_a_file_of_another_once_more(tmp_path: Path) -> None:
    watched, file = WatchedFolder(tmp_path), tmp_path / JOURNAL
    file.write_bytes(b"one\ntw")
    assert [change.content for change in watched.changes()] == [b"one\n"]
    with open(file, "ab") as opened:
        opened.write(b"o\n")
    assert [(change.kind, change.content, change.offset) for change in watched.changes()] == [("append", b"two\n", 4)]
    (tmp_path / "new").write_bytes(b"one\n")
    (tmp_path / "new").rename(file)
    assert [(change.kind, change.content) for change in watched.changes()] == [("replace", b"one\n")]
    assert watched.changes() == []


def test_a_result_comes_behind_the_rows_and_goes_where_it_goes(tmp_path: Path) -> None:
    for name in (RESULT, CONFIG, METRICS):
        (tmp_path / name).write_bytes(b"{}\n")
    watched = WatchedFolder(tmp_path)
    assert [change.name for change in watched.changes()] == [CONFIG, METRICS, RESULT]
    (tmp_path / RESULT).unlink()
    assert [(change.kind, change.name) for change in watched.changes()] == [("remove", RESULT)]


def test_a_name_that_is_no_checkpoints_is_refused(copy: Folder) -> None:
    """What comes from elsewhere writes nothing outside its folder."""
    for kind in ("checkpoint", "forget"):
        with pytest.raises(ValueError, match="no checkpoint's name"):
            apply(copy, Change("run", kind, "../step-00000001"))  # type: ignore[arg-type]
