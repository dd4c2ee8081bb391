"""A run folder that somebody else made, or that is moved, deleted or damaged while it is used: nothing of the user's is
written to or deleted, and what is wrong is said as what it is.
"""

import errno
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command import TINY, done, files, refused, rnntui, run_named, said
from test_sweep import tiny_plan
from tiny import as_before_digests, new_run, palindrome, wait_for

from rnntui import runs
from rnntui.config import Settings
from rnntui.runs import CONFIG, METRICS, Run, contents, rows
from rnntui.sessions.training import TrainingSession
from rnntui.sweeps.folder import Result, Sweep, write_result
from rnntui.system import operations, results

TRAIN = f"train palindrome {TINY} --cell rnn --device cpu --steps 20 --save-every 10 --headless --name mine"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 20 steps with checkpoints at 0, 10 and 20."""
    place = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNTUI_RUNS", str(place))
        done(TRAIN)
    return place / "mine"


@pytest.fixture
def mine(trained: Path) -> Run:
    """A copy of that run in the test's own folder."""
    shutil.copytree(trained, runs.folder() / "mine")
    return run_named("mine")


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A folder of the user's; whatever the test does, it is as it was."""
    path = tmp_path / "victim"
    (path / ".ssh").mkdir(parents=True)
    (path / ".ssh" / "key").write_text("precious")
    (path / "notes.jsonl").write_text("precious")
    before = files(path)
    yield path
    assert files(path) == before


def link(place: Path, target: Path) -> None:
    """Put a link in the place of a file or folder of a run."""
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


RESUME = "resume mine --headless --steps 60"


# Links


def test_a_linked_folder_of_checkpoints_is_refused_and_nothing_where_it_leads_is_deleted(
    mine: Run, victim: Path
) -> None:
    link(mine.checkpoints, victim)
    assert f"checkpoints' is a link to '{victim}', and rnntui never writes through a link" in refused(RESUME)
    assert "contains 'checkpoints', which rnntui did not write" in refused("runs rm mine --yes")


@pytest.mark.parametrize("file", ["lock", "journal.jsonl", "metrics.jsonl", "samples.jsonl", "config.json"])
def test_a_linked_file_is_refused_and_keeps_its_content(mine: Run, victim: Path, file: str) -> None:
    if file == "config.json":
        shutil.copy(mine.path / CONFIG, mine.path.parent / "elsewhere")
        link(mine.path / CONFIG, mine.path.parent / "elsewhere")
    else:
        link(mine.path / file, victim / "notes.jsonl")
    assert f"{file}' is a link, and rnntui never writes through a link: put the file itself" in refused(RESUME)
    result = rnntui("runs rm mine", input="n\n")
    assert result.exit_code == 2
    assert f"run 'mine' contains '{file}', which rnntui did not write" in said(result)


def test_a_lock_that_leads_nowhere_makes_no_file_there(mine: Run, victim: Path) -> None:
    link(mine.path / "lock", victim / "made")
    assert "lock' is a link" in refused(RESUME)


def test_a_linked_run_may_be_looked_at_and_is_not_written_to(mine: Run) -> None:
    (runs.folder() / "other").symlink_to("mine")
    before = files(mine.path)
    assert "other" in done("runs")
    done("runs show other")
    for command in ("resume other --headless --steps 60", "runs rm other --yes"):
        assert "other' is a link to 'mine', and rnntui never writes through a link: name that folder" in refused(
            command
        )
    assert files(mine.path) == before


def test_the_folder_of_runs_may_be_a_link(mine: Run, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(runs.folder())
    done(f"{RESUME} --runs {tmp_path / 'linked'}")
    done(f"train palindrome {TINY} --steps 1 --headless --name two --runs {tmp_path / 'linked'}")
    assert run_named("two").steps_saved(whole=True) == [0, 1]
    done(f"runs rm mine two --yes --runs {tmp_path / 'linked'}")
    assert list(runs.folder().iterdir()) == []


def test_nothing_in_a_sweeps_own_folder_is_written_through_a_link(victim: Path) -> None:
    plan = tiny_plan()
    sweep = Sweep.open(runs.folder(), None, plan)
    for job in plan.jobs():
        run = Run.create(sweep.path, job.name, job.settings)
        write_result(run.folder, job.settings, Result("finished", 2, 0.5, 0.5, 0.5, 0.5, None, 1.0))
        run.unlock()
    sweep.close()
    for name in ("results.csv", "table.md", "figure.svg"):
        link(sweep.path / name, victim / "notes.jsonl")
        assert f"{name}' is a link" in refused("sweep tiny --report")
        (sweep.path / name).unlink()
    link(sweep.path / "sweep.lock", victim / "notes.jsonl")
    assert "sweep.lock" in refused("runs rm tiny --yes")
    assert "sweep.lock' is a link" in refused("sweep tiny --headless")
    assert sorted(run.path.name for run in runs.listed(sweep.path)) == sorted(job.name for job in plan.jobs())


# What others put there


def test_what_a_user_keeps_beside_checkpoints_survives_training(mine: Run) -> None:
    kept = {"checkpoints/.notes/why.txt", "checkpoints/best.txt", "checkpoints/step-00000000/mine.txt", ".hidden"}
    for name in kept:
        (mine.path / name).parent.mkdir(exist_ok=True)
        (mine.path / name).write_text("precious")
    (mine.checkpoints / ".old-step-00000001").mkdir()
    (mine.checkpoints / ".old-step-00000001" / "mine.txt").write_text("precious")
    done(RESUME)
    assert run_named("mine").steps_saved(whole=True) == [0, 40, 50, 60]
    assert all((mine.path / name).read_text() == "precious" for name in kept)
    assert (mine.checkpoints / ".old-step-00000001" / "mine.txt").read_text() == "precious"


@pytest.mark.parametrize(
    "foreign",
    [".hidden", "notes", "checkpoints/.notes/why", "checkpoints/step-00000010/why", "checkpoints/why", ".metrics.x.7"],
)
def test_a_run_that_holds_what_rnntui_did_not_write_is_not_deleted(mine: Run, foreign: str) -> None:
    (mine.path / foreign).parent.mkdir(exist_ok=True)
    (mine.path / foreign).write_text("precious")
    before = files(mine.path)
    named = "checkpoints/.notes" if ".notes" in foreign else foreign
    assert f"run 'mine' contains {named!r}, which rnntui did not write" in refused("runs rm mine --yes")
    assert files(mine.path) == before
    (mine.path / foreign).unlink()
    shutil.rmtree(mine.checkpoints / ".notes", ignore_errors=True)
    done("runs rm mine --yes")
    assert list(runs.folder().iterdir()) == []


def test_a_sweep_that_holds_something_hidden_is_not_deleted() -> None:
    sweep = runs.folder() / "grid"
    Run.create(sweep, "x", Settings()).unlock()
    (sweep / "sweep.json").write_text("{}")
    (sweep / ".notes").mkdir()
    assert "sweep 'grid' contains '.notes', which rnntui did not write" in refused("runs rm grid --yes")
    assert (sweep / "x" / CONFIG).exists()
    (sweep / ".notes").rmdir()
    done("runs rm grid --yes")
    assert not sweep.exists()


# Moved or deleted while it is trained


def when_it_reaches(step: int, what: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do something to a run's folder just before the row of a step is written."""
    real = Run.append

    def append(run: Run, file: str, *rows: Any) -> None:
        if rows[0].step == step:
            monkeypatch.setattr(Run, "append", real)
            what(run.path)
        real(run, file, *rows)

    monkeypatch.setattr(Run, "append", append)


def move(path: Path) -> None:
    path.rename(path.with_name("moved"))


def move_and_begin_anew(path: Path) -> None:
    move(path)
    Run.create(path.parent, path.name, palindrome(hidden=5)).unlock()


def empty(path: Path) -> None:
    """As another process that deletes it has it half-way: the folder is still there."""
    for file in (*path.glob("*.json*"), path / "lock"):
        file.unlink()


@pytest.mark.parametrize("what", [shutil.rmtree, empty, move, move_and_begin_anew])
@pytest.mark.parametrize("wants", ["", "--json"])
def test_a_folder_that_is_gone_ends_the_training_with_the_cause_and_nothing_is_mixed(
    what: Callable[[Path], None], wants: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after: dict[str, bytes] = {}

    def do(path: Path) -> None:
        what(path)
        after.update(files(path.parent))

    when_it_reaches(20, do, monkeypatch)
    result = rnntui(f"{TRAIN} {wants}".replace("--steps 20", "--steps 90"))
    assert result.exit_code == 1
    assert "the folder of run 'mine'" in result.output
    assert "was removed or moved while in use: nothing more is written" in result.output
    assert "damaged" not in result.output
    assert "kept in" not in result.output
    now = files(runs.folder())
    moved = "moved/lock"  # let go of, as at any end
    assert {k: v for k, v in now.items() if k != moved} == {k: v for k, v in after.items() if k != moved}
    if what is not move_and_begin_anew:
        assert not (runs.folder() / "mine" / CONFIG).exists()


def test_a_run_that_was_moved_goes_on_from_its_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        when_it_reaches(20, move, patch)
        assert rnntui(TRAIN.replace("--steps 20", "--steps 30")).exit_code == 1
    done("resume moved --headless")
    done(TRAIN.replace("--steps 20", "--steps 30").replace("mine", "whole"))
    weights = [(run_named(name).checkpoint(30) / "model.safetensors").read_bytes() for name in ("moved", "whole")]
    assert weights[0] == weights[1]


def test_on_the_screen_too_a_folder_that_is_gone_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    when_it_reaches(20, shutil.rmtree, monkeypatch)
    session = TrainingSession(new_run(palindrome(), "mine"))
    session.start()
    wait_for(session, lambda: session.status.run.state == "failed")
    assert "the folder of run 'mine'" in session.status.sentence
    assert "was removed or moved" in session.status.sentence
    session.stop()
    assert session.join(30)
    assert not (runs.folder() / "mine").exists()


# Killed at any operation


def killed_at(nth: int, do: Callable[[], object]) -> bool:
    """Let a process do something and be killed at its n-th change of the disk; whether it came that far."""
    child = os.fork()
    if not child:
        done = 0

        def wrapped(operation: Callable[..., Any]) -> Callable[..., Any]:
            def call(*given: Any) -> Any:
                nonlocal done
                done += 1
                if done == nth:
                    os.kill(os.getpid(), signal.SIGKILL)
                return operation(*given)

            return call

        for name in operations.OPERATIONS:
            setattr(operations, name, wrapped(getattr(operations, name)))
        try:
            do()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_a_new_run_is_whole_or_not_there_wherever_its_process_is_killed() -> None:
    root, nth = runs.folder(), 1
    while killed_at(nth, lambda: Run.create(root, "mine", Settings())):
        found = runs.listed(root)
        assert [run.settings() for run in found] in ([], [Settings()])
        assert len(list(runs.survey(root))) == len(found)
        for run in found:
            run.remove()
        Run.create(root, "mine", Settings()).remove()  # the name is free, and what was left is cleaned away
        assert list(root.iterdir()) == []
        nth += 1
    assert nth > 8


def test_a_run_that_is_being_deleted_is_whole_or_not_there_wherever_the_process_is_killed(mine: Run) -> None:
    kept, nth = shutil.copytree(mine.path, runs.folder().with_name("kept")), 1
    while killed_at(nth, lambda: run_named("mine").remove()):
        if mine.path.exists():
            assert files(mine.path).keys() == files(kept).keys()
            shutil.rmtree(mine.path)
        Run.create(runs.folder(), "other", Settings()).remove()
        assert list(runs.folder().iterdir()) == []
        shutil.copytree(kept, mine.path)
        nth += 1
    assert nth > 10


def test_a_run_is_resumed_wherever_the_process_was_killed_as_it_saved(mine: Run) -> None:
    kept, nth = shutil.copytree(mine.path, runs.folder().with_name("kept")), 1
    held = [(file.name, file.read_bytes()) for file in mine.checkpoint(20).iterdir()]

    def save() -> None:
        run = run_named("mine")
        run.lock()
        for step in (30, 40):
            run.write_checkpoint(step, held)
            run.prune(best=None)

    while killed_at(nth, save):
        steps = mine.steps_saved(whole=True)
        assert steps[-1] in (20, 30, 40)
        assert all(
            sorted(file.name for file in mine.checkpoint(step).iterdir()) == sorted(dict(held)) for step in steps
        )
        save()
        assert mine.steps_saved(whole=True) == [20, 30, 40]
        assert sorted(checkpoint.name for checkpoint in mine.checkpoints.iterdir())[0] == "step-00000020"
        shutil.rmtree(mine.path)
        shutil.copytree(kept, mine.path)
        nth += 7  # some are enough
    assert nth > 20


def test_what_a_living_process_is_making_is_left_alone() -> None:
    root = runs.folder()
    making = root / f".new-{os.getppid()}-0"
    making.mkdir(parents=True)
    Run.create(root, "mine", Settings()).unlock()
    assert making.exists()
    assert [run.name for run in runs.listed(root)] == ["mine"]
    assert contents.PASSING.fullmatch(making.name)


def test_what_a_dead_process_left_of_a_new_sweep_goes_with_the_next_run() -> None:
    left = runs.folder() / ".new-4194304-0"  # above the highest number of a process
    left.mkdir(parents=True)
    (left / "sweep.lock").touch()
    (left / ".sweep.json.4194304").write_text("{")
    Run.create(runs.folder(), "mine", Settings()).unlock()
    assert not left.exists()


def test_what_a_dead_process_left_of_a_figure_goes_with_the_next(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".x.svg.4194304", tmp_path / f".x.svg.{os.getppid()}"
    others = [tmp_path / ".y.svg.4194304", tmp_path / ".x.svg.notes", tmp_path / ".x.svg.4194305"]
    for file in (dead, alive, *others[:2]):
        file.touch()
    others[2].mkdir()
    results.write(tmp_path / "x.svg", b"<svg/>")
    assert not dead.exists()
    assert all(path.exists() for path in (alive, *others))


# Damage, and what is none


@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.safetensors", "state.json"])
def test_one_flipped_bit_is_noticed(mine: Run, file: str) -> None:
    path = mine.checkpoint(20) / file
    content = bytearray(path.read_bytes())
    digests = content.find(b'"sha256"')  # of all three files: a change of one names that file
    place = content.rindex(b"0", 0, digests) if file == "state.json" else len(content) - 9
    content[place] ^= 1
    path.write_bytes(content)
    assert (
        f"checkpoint step-00000020 of run 'mine' is damaged: {file} has been changed since it was written"
        in refused(RESUME)
    )
    assert (
        f"--at 10 takes step 10, and so does every command once the folder '{mine.checkpoint(20)}' is deleted"
        in refused(RESUME)
    )
    shutil.rmtree(mine.checkpoint(20))
    done(RESUME)


def test_a_checkpoint_of_before_there_were_digests_is_resumed(mine: Run) -> None:
    as_before_digests(mine.checkpoint(20))
    done(RESUME)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused_by_the_name_of_their_tensor(mine: Run, value: float) -> None:
    from safetensors.torch import load_file, save_file

    path = as_before_digests(mine.checkpoint(20)) / "model.safetensors"
    tensors = load_file(path)
    tensors["W_ph"][0, 0] = value
    save_file(tensors, path)
    for command in (RESUME, "gradients mine"):
        assert "step-00000020 of run 'mine' is damaged: its weights W_ph are not all finite" in refused(command)


@pytest.mark.parametrize("damage", [os.unlink, lambda path: path.write_text("{")])
def test_a_newest_checkpoint_without_a_state_names_the_way_out(mine: Run, damage: Callable[[Path], Any]) -> None:
    damage(mine.checkpoint(20) / "state.json")
    assert (
        f"--at 10 takes step 10, and so does every command once the folder '{mine.checkpoint(20)}' is deleted"
        in refused(RESUME)
    )


@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.safetensors", "state.json"])
@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EIO, "input/output error"),
        (errno.EMFILE, "too many files are open"),
        (errno.ENOMEM, "not enough memory"),
    ],
)
def test_what_may_not_or_cannot_be_read_is_not_called_damaged(
    mine: Run, file: str, number: int, meaning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def failing(path: Any, *how: Any, **more: Any) -> int:
        if str(path).endswith(f"step-00000020/{file}"):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *how, **more)

    monkeypatch.setattr(os, "open", failing)
    sentence = refused(RESUME)
    assert meaning in sentence
    assert file in sentence
    assert "damaged" not in sentence
    assert "delete" not in sentence


def test_checkpoints_are_for_whom_the_umask_says() -> None:
    before = os.umask(0o027)
    try:
        done(TRAIN)
    finally:
        os.umask(before)
    made = list(run_named("mine").path.rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in made} == {0o640, 0o750}


def test_rows_that_a_power_failure_took_are_said(mine: Run) -> None:
    path = mine.path / METRICS
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0])
    shutil.rmtree(mine.checkpoint(10))
    result = rnntui("resume mine --headless --steps 30")
    assert result.exit_code == 0
    assert "metrics.jsonl ends at step 10 and not at 20" in result.output
    assert [row.step for row in mine.metrics()] == [10, 30]
    again = rnntui("resume mine --headless --steps 40")
    assert "metrics.jsonl ends" not in again.output


@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.safetensors"])
def test_tensors_that_end_elsewhere_than_their_header_says_are_refused_before_all_of_it_is_read(
    file: str, text_run: Run
) -> None:
    path = text_run.checkpoint(3) / file
    with open(path, "r+b") as grown:
        grown.truncate(2 << 40)  # two terabytes that take no room
    command = "sample tiny" if file == "model.safetensors" else "resume tiny --headless --steps 9"
    assert f"{file} has been changed since it was written: it is truncated or not a safetensors file" in refused(
        command
    )


@pytest.mark.parametrize("file", ["journal.jsonl", "samples.jsonl"])
def test_a_row_without_an_end_is_refused_after_a_bounded_reading(
    file: str, text_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "LONGEST", 1 << 16)
    with open(text_run.path / file, "ab") as grown:
        grown.truncate(1 << 40)
    assert "it is not complete" in refused("runs show tiny")
