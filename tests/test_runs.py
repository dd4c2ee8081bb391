"""A run folder on disk: rows, journal, checkpoints that appear whole, the lock, names."""

import errno
import itertools
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnntui import runs
from rnntui.config import Settings, as_dict, make_settings, spec
from rnntui.runs import (
    CONFIG,
    JOURNAL,
    METRICS,
    RESULT,
    SAMPLES,
    SWEEP,
    Run,
    find,
    is_milestone,
    next_milestone,
)
from rnntui.schemas import CheckpointState, FiguresState, MetricsRow, RunConfig, SampleRow
from rnntui.system import operations


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def run(root: Path) -> Iterator[Run]:
    made = Run.create(root, "a-run", Settings())
    yield made
    made.unlock()


def fill(text: str = "weights", *, whole: bool = True, step: int = 0) -> list[tuple[str, bytes]]:
    """What a checkpoint's folder holds."""
    state = CheckpointState(
        step=step, figures=FiguresState(validation_loss=1.5, recent_loss=(0.9, 0.5), recent_accuracy=(0.2,))
    )
    moments = [("optimizer.safetensors", b"moments")] if whole else []
    return [("model.safetensors", text.encode()), *moments, ("state.json", runs.as_json(state.as_content()))]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def another_process_holds(path: Path) -> Iterator[int]:
    """A process that owns the run until it is told to go; its pid."""
    code = "import sys; from pathlib import Path; from rnntui.runs import Run\n"
    code += "Run(Path(sys.argv[1])).lock(); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder.pid
    finally:
        holder.kill()
        holder.communicate()


# Names and finding


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "/abs", "a b", "x\n", "[bold]", "last", "-x", "x" * 101])
def test_what_can_be_no_folders_name_is_refused(root: Path, name: str) -> None:
    with pytest.raises(ValueError, match="--name"):
        Run.create(root, name, Settings())
    assert not root.exists() or not names(root)


def test_a_taken_name_is_refused_and_its_run_left_as_it_is(root: Path, run: Run) -> None:
    before = (run.path / CONFIG).read_bytes()
    with pytest.raises(ValueError, match=r"--name 'a-run' is taken.*rnntui resume a-run"):
        Run.create(root, "a-run", Settings(hidden=5))
    assert (run.path / CONFIG).read_bytes() == before


def test_without_a_name_runs_are_numbered_by_task_and_cell(root: Path) -> None:
    made = [Run.create(root, None, Settings(cell=cell)).name for cell in ("lstm", "lstm", "rnn", "pkg.mod:MyCell")]
    assert made == ["palindrome-lstm-1", "palindrome-lstm-2", "palindrome-rnn-1", "palindrome-mycell-1"]
    shutil.rmtree(root / "palindrome-lstm-1")
    assert Run.create(root, None, Settings()).name == "palindrome-lstm-3"


def test_a_run_is_found_by_name_by_path_and_as_the_last_written_to(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Run.create(root, "other", Settings())
    other.append(METRICS, MetricsRow(step=1))
    os.utime(run.path / CONFIG, (1, 1))
    assert find(root, "a-run").path == run.path
    assert find(root / "nowhere", str(run.path)).path == run.path
    monkeypatch.chdir(root)
    assert find(root / "nowhere", "a-run").name == "a-run"
    assert find(root, "last").path == other.path
    os.utime(other.path / METRICS, (0, 0))
    assert find(root, "last").path == run.path


def test_a_run_that_is_not_there_is_named_with_the_nearest(root: Path, run: Run) -> None:
    with pytest.raises(ValueError, match=r"no run 'a-rum'.*did you mean a-run"):
        find(root, "a-rum")
    with pytest.raises(ValueError, match=r"no run 'lst' \(did you mean last\?\)"):
        find(root, "lst")
    for nothing in ("", "last"):
        with pytest.raises(ValueError, match="no run"):
            find(root / "empty", nothing)


@pytest.fixture
def sweep(root: Path) -> Path:
    """A sweep's folder with one run, `x`."""
    path = root / "grid"
    Run.create(path, "x", Settings()).unlock()
    (path / SWEEP).write_text("{}")
    return path


def test_a_run_of_a_sweep_bears_its_sweeps_name_and_is_found_by_it(
    root: Path, sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Run(sweep / "x").name == "grid/x"
    for reference in ("grid/x", str(sweep / "x")):
        assert find(root, reference).path == sweep / "x"
    assert find(sweep, "grid/x").path.resolve() == (sweep / "x").resolve()
    monkeypatch.chdir(sweep)
    assert Run(Path("x")).name == "grid/x"


def test_the_last_run_may_be_one_of_a_sweep(root: Path, sweep: Path) -> None:
    assert find(root, "last").name == "grid/x"
    Run.create(root, "alone", Settings()).unlock()
    os.utime(sweep / "x" / CONFIG, (1, 1))
    assert find(root, "last").name == "alone"
    os.utime(root / "alone" / CONFIG, (0, 0))
    assert find(root, "last").name == "grid/x"


def test_a_sweep_in_the_place_of_a_run_is_called_one(root: Path, sweep: Path) -> None:
    for reference in ("grid", str(sweep)):
        with pytest.raises(ValueError, match=r"is a sweep: name one of its runs, grid/…; `rnntui sweep grid`"):
            find(root, reference)
    with pytest.raises(ValueError, match=r"no run 'grid/y'.*did you mean grid/x\?.*`rnntui runs show grid` lists them"):
        find(root, "grid/y")


def test_a_name_that_a_sweep_or_a_stranger_has_is_no_runs_to_resume(root: Path, sweep: Path) -> None:
    with pytest.raises(ValueError, match=r"'grid' is taken by a sweep: `rnntui sweep grid` resumes it"):
        Run.create(root, "grid", Settings())
    (root / "stray").mkdir()
    with pytest.raises(ValueError, match=r"'stray' is taken by something else; another name"):
        Run.create(root, "stray", Settings())


def test_only_folders_with_settings_are_listed_by_name(root: Path, run: Run) -> None:
    Run.create(root, "Z", Settings())
    (root / "stray").mkdir()
    (root / "file").write_text("")
    assert [run.name for run in runs.listed(root)] == ["Z", "a-run"]
    assert runs.listed(root / "nowhere") == []


def test_a_folder_that_cannot_be_written_is_refused(root: Path) -> None:
    root.write_text("a file")
    with pytest.raises(ValueError, match=f"--runs '{root}' cannot be written"):
        Run.create(root, "x", Settings())


def test_a_text_run_keeps_its_corpus_by_a_path_that_holds_anywhere(
    root: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus.parent)
    made = Run.create(root, "t", make_settings("text", {"corpus": corpus.name}))
    assert made.settings().corpus == str(corpus)


# Settings


def test_settings_come_back_as_they_were_given(root: Path) -> None:
    settings = Settings(hidden=7, lr=0.1 + 0.2, temperature=math.inf, seed=2**62 + 1)
    made = Run.create(root, "x", settings)
    assert Run(made.path).settings() == settings
    assert json.loads((made.path / CONFIG).read_text(), parse_constant=pytest.fail)["settings"]["temperature"] == "inf"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is damaged"),
        ("", "is damaged"),
        ("\udcff", "is damaged"),
        ("[]", "must be an object in braces, not a list in brackets"),
        ('{"format": 99}', "format 99, this rnntui reads 1"),
        ('{"format": 1}', "lacks 'settings'"),
        ('{"format": 1, "settings": {"wings": 2}}', "'wings'"),
        ('{"format": 1, "settings": {"hidden": "many"}}', "--hidden must be a whole number, not 'many'"),
        ('{"format": 1, "settings": {"hidden": 0}}', "--hidden must be at least 1"),
    ],
)
def test_a_damaged_or_foreign_config_is_said_in_words(run: Run, content: str, sentence: str) -> None:
    (run.path / CONFIG).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=sentence):
        run.settings()


# Rows


def test_rows_come_back_in_order_and_what_is_not_finite_as_null(run: Run) -> None:
    run.append(METRICS, MetricsRow(step=1, loss=math.nan), MetricsRow(step=2, loss=0.1 + 0.2))
    run.append(METRICS, MetricsRow(step=3, loss=-math.inf))
    assert [(row.step, row.loss) for row in run.metrics()] == [(1, None), (2, 0.1 + 0.2), (3, None)]
    assert [row.step for row in run.newest_metrics()] == [3, 2, 1]
    assert list(run.samples()) == []
    assert run.newest_event() is None


def test_the_first_row_of_a_file_states_its_version_and_one_of_another_is_refused(run: Run) -> None:
    for step in (1, 2):
        run.append(METRICS, MetricsRow(step=step))
    first, second = (run.path / METRICS).read_text().splitlines()
    assert json.loads(first)["format"] == 1
    assert "format" not in json.loads(second)
    run.cut_after(1)
    assert (run.path / METRICS).read_text() == first + "\n"
    (run.path / METRICS).write_text(first.replace('"format": 1', '"format": 7') + "\n")
    with pytest.raises(ValueError, match=r"metrics\.jsonl, line 1: it has format 7, and this rnntui reads 1"):
        list(run.metrics())


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"step": 2, "loss": "low"}', "loss must be a number or null, not text in quotes"),
        ('{"step": "2", "loss": 1}', "step must be a whole number, not text in quotes"),
        ('{"step": -2}', "step must be a whole number at least 0"),
        ('{"loss": 1}', "lacks 'step'"),
        ('{"step": 2, "loss": 1e999}', "loss is too large a number"),
        ('{"step": ' + "9" * 5_000 + "}", "step is too large a number"),
        ('{"step": 2, "x": ' + "[" * 3_000 + "]" * 3_000 + "}", "it is nested too deeply"),
        ('{"step": 2, "format": ' + "9" * 400 + "}", "it states no format, and this rnntui reads 1"),
        ("[2]", "the whole must be an object in braces, not a list in brackets"),
        ('{"step": 2, "loss": 1;}', "it is not JSON"),
    ],
)
def test_a_damaged_row_is_said_with_its_line(run: Run, line: str, sentence: str) -> None:
    run.append(METRICS, MetricsRow(step=1))
    with open(run.path / METRICS, "a") as out:
        out.write(line + "\n")
    with pytest.raises(ValueError, match=re.escape(f"run 'a-run' is damaged: metrics.jsonl, line 2: {sentence}")):
        list(run.metrics())
    with pytest.raises(ValueError, match=re.escape(f"metrics.jsonl, the last line: {sentence}")):
        list(run.newest_metrics())


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_in_a_row_comes_back_and_the_file_stays_ascii(text: str) -> None:
    path = Path(os.environ["RNNTUI_RUNS"]) / "texts"
    path.mkdir(parents=True, exist_ok=True)
    (path / SAMPLES).unlink(missing_ok=True)
    run = Run(path)
    run.lock()
    run.append(SAMPLES, SampleRow(step=1, text=text))
    run.unlock()
    assert [row.text for row in run.samples()] == [text]
    assert (path / SAMPLES).read_bytes().isascii()


def test_a_torn_last_line_is_left_out_and_harms_no_later_row(run: Run) -> None:
    def add_metrics(step: int) -> None:
        run.append(METRICS, MetricsRow(step=step))

    for file, add, read in (
        (METRICS, add_metrics, run.metrics),
        (JOURNAL, lambda step: run.journal(step, "save"), run.events),
    ):
        add(1)
        add(2)
        whole = (run.path / file).read_bytes()
        (run.path / file).write_bytes(whole[:-4])
        assert [row.step for row in read()] == [1]
        add(3)
        assert [row.step for row in read()] == [1, 3]
    newest = run.newest_event()
    assert newest is not None
    assert newest.step == 3


def test_the_newest_row_is_read_from_the_end_of_a_long_file(run: Run) -> None:
    run.append(METRICS, *(MetricsRow(step=step, loss=1 / 3) for step in range(2_000)))
    newest = list(run.newest_metrics())
    assert (newest[0].step, newest[0].loss) == (1_999, 1 / 3)
    assert [row.step for row in newest] == list(range(1_999, 1_999 - len(newest), -1))


def test_rows_past_a_step_are_cut_and_the_journal_is_not(run: Run) -> None:
    run.append(METRICS, *(MetricsRow(step=step) for step in (10, 20, 30)))
    run.append(SAMPLES, *(SampleRow(step=step, text="a") for step in (10, 20, 30)))
    run.journal(30, "clip", value=1.0)
    run.cut_after(20)
    assert [[row.step for row in rows] for rows in (run.metrics(), run.samples(), run.events())] == [
        [10, 20],
        [10, 20],
        [30],
    ]


def test_a_journal_row_is_flushed_to_disk_before_the_call_returns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: dict[int, str] = {}

    def fsync(descriptor: int) -> None:
        flushed[os.fstat(descriptor).st_ino] = (run.path / JOURNAL).read_text()

    monkeypatch.setattr(os, "fsync", fsync)
    run.journal(7, "learning_rate", value=0.5)
    on_disk = flushed[(run.path / JOURNAL).stat().st_ino]
    assert json.loads(on_disk).items() >= {"step": 7, "event": "learning_rate", "value": 0.5}.items()
    assert run.path.stat().st_ino in flushed


# Checkpoints


def test_a_checkpoint_gets_its_name_only_when_it_and_the_rows_before_it_are_on_disk(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    flush, rename = operations.flush, operations.rename

    def flushed(descriptor: int) -> None:
        names = {path.stat().st_ino: path.name for path in run.path.rglob("*")}
        done.append(names[os.fstat(descriptor).st_ino])
        flush(descriptor)

    def renamed(name: str, new: str, folder: int, new_folder: int) -> None:
        assert run.steps_saved(whole=False) == []
        done.append(new)
        rename(name, new, folder, new_folder)

    monkeypatch.setattr(operations, "flush", flushed)
    monkeypatch.setattr(operations, "rename", renamed)
    run.append(METRICS, MetricsRow(step=5))
    run.write_checkpoint(5, fill())
    assert run.steps_saved(whole=True) == [5]
    files = ["model.safetensors", "optimizer.safetensors", "state.json"]
    assert done == [METRICS, *files, f".step-00000005.{os.getpid()}", "step-00000005", "checkpoints"]


def test_a_disk_that_fills_up_leaves_the_old_checkpoints_and_nothing_else(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.write_checkpoint(5, fill())
    written = itertools.count()

    def full(descriptor: int, content: bytes) -> None:
        if next(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(operations, "write", full)
    with pytest.raises(OSError, match="No space left") as raised:
        run.write_checkpoint(6, fill())
    assert raised.value.filename.endswith("state.json")
    assert names(run.checkpoints) == ["step-00000005"]


def test_a_whole_checkpoint_is_never_written_again_and_weights_alone_are_replaced(run: Run) -> None:
    run.write_checkpoint(5, fill("first", whole=False))
    assert (run.steps_saved(whole=False), run.steps_saved(whole=True)) == ([5], [])
    run.write_checkpoint(5, fill("second"))
    run.write_checkpoint(5, fill("third"))
    assert (run.checkpoint(5) / "model.safetensors").read_text() == "second"
    assert run.steps_saved(whole=True) == [5]
    assert names(run.checkpoints) == ["step-00000005"]


def test_what_a_dead_writer_left_is_no_checkpoint_and_is_cleaned_away(run: Run) -> None:
    for leftover in (".step-00000004.12345", ".old-step-00000003"):
        (run.checkpoints / leftover).mkdir(parents=True)
        for file, content in fill():
            (run.checkpoints / leftover / file).write_bytes(content)
    assert run.steps_saved(whole=False) == []
    run.write_checkpoint(5, fill())
    run.prune(None)
    assert names(run.checkpoints) == ["step-00000005"]


def test_the_last_three_the_best_and_weights_at_milestones_are_kept(run: Run) -> None:
    for step in (0, 50, 100, 150, 200, 250, 300, 350):
        run.write_checkpoint(step, fill())
        run.prune(best=150)
    assert run.steps_saved(whole=True) == [150, 250, 300, 350]
    assert run.steps_saved(whole=False) == [100, 150, 200, 250, 300, 350]
    assert names(run.checkpoint(100)) == ["model.safetensors", "state.json"]
    run.prune(best=None)
    assert run.steps_saved(whole=False) == [100, 200, 250, 300, 350]


@given(st.integers(0, 10**9))
def test_milestones_are_1_2_5_times_powers_of_ten_from_100_on(step: int) -> None:
    known = [digit * 10**k for k in range(2, 12) for digit in (1, 2, 5)]
    assert is_milestone(step) == (step in known)
    assert next_milestone(step) == min(milestone for milestone in known if milestone > step)
    assert all(is_milestone(step) for step in known)


def test_a_checkpoint_of_another_version_is_said_in_words(run: Run) -> None:
    run.write_checkpoint(5, fill())
    (run.checkpoint(5) / "state.json").write_text('{"format": 2}')
    with pytest.raises(ValueError, match=r"step-00000005 of run 'a-run' is of another version.*format 2"):
        run.state(5)


# The lock


def test_what_a_dead_writer_left_unfinished_goes_with_the_next_that_holds_the_run(run: Run) -> None:
    dead = 2**31
    for unfinished in (METRICS, SAMPLES, CONFIG, RESULT):
        (run.path / f".{unfinished}.{dead}").write_text("torn")
    (run.path / ".notes.7").write_text("not a run's")
    left = names(run.path)
    with pytest.raises(ValueError, match="in use by process"):
        Run(run.path).lock()
    run.unlock()
    Run(run.path).settings()
    assert names(run.path) == left
    run.lock()
    assert names(run.path) == [".notes.7", CONFIG, "lock"]


def test_a_run_has_one_owner_and_others_are_told_its_pid(run: Run) -> None:
    run.unlock()
    with another_process_holds(run.path) as pid:
        with pytest.raises(ValueError, match=f"'a-run' is in use by process {pid}: stop"):
            run.lock()
        assert run.is_held()
        with pytest.raises(ValueError, match=f"in use by process {pid}"):
            run.remove()
        assert run.settings() == Settings()
    run.lock()
    assert (run.path / "lock").read_text() == str(os.getpid())


def test_a_second_owner_in_the_same_process_is_refused_too(run: Run) -> None:
    second = Run(run.path)
    with pytest.raises(ValueError, match=f"in use by process {os.getpid()}"):
        second.lock()
    run.lock()
    run.unlock()
    assert not second.is_held()
    second.lock()
    assert run.is_held()


def test_removing_a_run_takes_its_folder_and_lets_the_name_go(root: Path, run: Run) -> None:
    run.remove()
    assert not run.path.exists()
    assert Run.create(root, "a-run", Settings()).settings() == Settings()


# Looking on


def test_a_summary_says_where_a_run_stands(run: Run) -> None:
    run.write_config(RunConfig(settings=as_dict(Settings(steps=20)), device="cpu of a test"))
    assert (run.summary().status.state, run.summary().status.step, run.summary().status.loss) == ("running", 0, None)
    run.append(METRICS, MetricsRow(step=5, loss=0.75, accuracy=0.2), MetricsRow(step=10, loss=0.25, accuracy=0.4))
    assert (run.summary().status.loss, run.summary().status.accuracy) == pytest.approx((0.5, 0.3)), "means of rows"
    run.write_checkpoint(12, fill(step=12))
    run.unlock()
    found = run.summary()
    status = found.status
    assert (status.state, status.step, status.steps) == ("stopped", 12, 20)
    assert (status.loss, status.accuracy, status.held_out_loss, found.device) == (0.7, 0.2, 1.5, "cpu of a test")
    run.lock()
    run.journal(13, "diverged")
    for found in (run.summary().status, run.status(Settings(steps=20), {})):
        assert (found.state, found.stands(spec(Settings())), found.step) == ("running", "diverged", 13), (
            "a process still has it"
        )
    run.journal(12, "go_back", left=13)
    assert run.summary().stands == "running"
    run.journal(13, "diverged")
    run.unlock()
    assert run.summary().status.state == "diverged"
    run.lock()
    run.write_checkpoint(20, fill(step=20))
    assert run.summary().status.state == "finished"


def test_the_means_are_over_the_last_steps_however_many_rows_they_have(run: Run) -> None:
    run.write_config(RunConfig(settings=as_dict(Settings(steps=400)), device="cpu of a test"))
    run.append(METRICS, *(MetricsRow(step=k, loss=k + 1 / 3, accuracy=k / 301, seconds=k / 7) for k in range(1, 301)))
    assert run.summary().status.loss == pytest.approx(250.5 + 1 / 3)


def test_a_run_is_finished_at_its_end_though_its_process_may_still_own_it(run: Run) -> None:
    settings = Settings(steps=20, stop_at=0.9)
    assert run.folder_state(CheckpointState(step=19), settings) == "running"
    assert run.folder_state(CheckpointState(step=20), settings) == "finished"
    assert run.folder_state(CheckpointState(step=10, over=0.9), settings) == "finished"
    assert run.folder_state(CheckpointState(step=10, over=0.8), settings) == "running", "it went on with more"


def test_a_link_that_leads_to_itself_hides_no_run(root: Path, run: Run) -> None:
    (root / "circle").symlink_to(root / "circle")
    assert [run.name for run in runs.survey(root)] == ["a-run"]


def test_the_first_row_of_a_file_that_was_emptied_states_its_version(run: Run) -> None:
    run.append(METRICS, MetricsRow(step=1))
    run.cut_after(0)
    run.append(METRICS, MetricsRow(step=2))
    assert json.loads((run.path / METRICS).read_text())["format"] == 1
