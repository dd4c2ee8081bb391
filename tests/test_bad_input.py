"""Bad input: one clear sentence that names what is wrong and what would be right, exit 2, and nothing lost."""

import errno
import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import TINY, as_json, done, files, refused, rnntui, run_named, said
from msgspec import structs
from tiny import as_before_digests

from rnntui import runs
from rnntui.config import Settings, make_settings
from rnntui.runs import Run
from rnntui.system import operations

MakeCorpus = Callable[..., Path]
TEXT = f"train text {TINY} --headless --corpus"


@pytest.fixture(autouse=True)
def corpora_folder(tmp_path: Path) -> Path:
    path = tmp_path / "corpora"
    path.mkdir()
    return path


def assert_no_run() -> None:
    assert runs.listed(runs.folder()) == []


# Settings


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--length 0", "--length must be at least 1, not 0"),
        ("--lr -1", "--lr must be above 0, not -1.0"),
        ("--lr 0", "--lr must be above 0"),
        ("--lr nan", "--lr must be a number, not nan"),
        ("--lr inf", "--lr must be a number, not inf"),
        ("--lr fast", "--lr must be a number, not 'fast'"),
        ("--hidden 1.5", "--hidden must be a whole number, not '1.5'"),
        ("--hidden 0", "--hidden must be at least 1"),
        ("--hidden 99999999999999999999", "--hidden must be at most"),
        ("--steps 0", "--steps must be at least 1"),
        ("--batch -3", "--batch must be at least 1, not -3"),
        ("--clip -1", "--clip must be at least 0"),
        ("--optimizer sgd --momentum 0.5", "--momentum does not apply to the sgd: take --optimizer momentum"),
        ("--optimizer adam --rho 0.5", "--rho does not apply to the adam: take --optimizer rmsprop"),
        ("--optimizer rmsprop --beta2 0.5", "--beta2 does not apply to the rmsprop: take --optimizer adam or adamw"),
        ("--optimizer adam --beta1 1", "--beta1 must be below 1"),
        ("--dropout 1", "--dropout must be below 1"),
        ("--dropout-input -0.1", "--dropout-input must be at least 0"),
        ("--layers 2 --dropout-between 1", "--dropout-between must be below 1"),
        ("--dropout-output x", "--dropout-output must be a number"),
        ("--dropout-output nan", "--dropout-output must be a number"),
        ("--dropout-recurrent 2", "--dropout-recurrent must be below 1"),
        ("--dropout-recurrent 0.1 --kernel library", "has no --dropout-recurrent; take auto"),
        ("--dropout-recurrent 0.1 --cell textwrap:TextWrapper --trust", "it cannot reach into one of your own"),
        ("--weight-decay -1", "--weight-decay must be at least 0"),
        ("--weight-decay 2000", "--weight-decay 2000 times --lr 0.0005 must be below 1"),
        ("--lr-decay 1.5", "--lr-decay must be at most 1"),
        ("--seed -1", "--seed must be at least 0"),
        ("--threads 0", "--threads must be at least 1"),
        ("--threads 1025", "--threads must be at most 1024"),
        ("--cell ltsm", "--cell 'ltsm' is unknown (did you mean lstm?): there are rnn, lstm, gru"),
        ("--init othogonal", "--init 'othogonal' is unknown (did you mean orthogonal?)"),
        ("--cell rnn --init chrono", "--init chrono sets a forget gate's bias and the rnn has none: take orthogonal"),
        ("--optimizer adm", "--optimizer 'adm' is unknown"),
        ("--device gpu", "--device 'gpu' is unknown"),
        ("--kernel fast", "--kernel 'fast' is unknown"),
        ("--input digits", "--input 'digits' is unknown"),
        ("--preset sorce", "--preset sorce: there is no such preset; there are report"),
        ('--preset ""', "--preset '': there is no such preset; there are report"),
        ('--preset " "', "--preset ' ': there is no such preset; there are report"),
        ("--preset long-memory --cell phased", "needs units that never close"),
        ("--corpus anna", "--corpus does not apply to the palindrome task"),
        ("--nosuch 3", "rnntui train has no option --nosuch"),
    ],
)
def test_a_setting_out_of_its_bounds_is_named(typed: str, sentence: str) -> None:
    assert sentence in refused(f"train palindrome --headless {typed}")
    assert_no_run()


def test_an_unknown_task_is_told_the_known_ones() -> None:
    assert "no task 'palindrom' (did you mean palindrome?): there are palindrome, text" in refused("train palindrom")


@pytest.mark.parametrize("typed", ["--hidden 8", "--steps 5", "--stateful", "--preset report", "--corpus pydoc"])
def test_without_a_task_only_what_both_share_is_taken(typed: str) -> None:
    sentence = refused(f"train --headless {typed}")
    assert typed.split()[0] in sentence
    assert "needs a task" in sentence
    assert_no_run()


@pytest.mark.parametrize(
    ("device", "words"),
    [("cuda:99", "--device cuda:99"), ("nonsense:1", "--device"), ("mps:x", "--device"), ("cpu:1:2", "--device")],
)
def test_a_device_that_is_absent_leaves_no_run_behind(device: str, words: str) -> None:
    assert words in refused(f"train palindrome {TINY} --headless --device {device}")
    assert_no_run()


def test_cuda_asked_for_and_absent_says_what_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    sentence = refused(f"train palindrome {TINY} --headless --device cuda")
    assert "--device cuda:" in sentence
    assert "--device auto takes what is available" in sentence
    assert_no_run()


def test_a_cell_of_ones_own_that_cannot_be_imported_is_named() -> None:
    assert "--cell 'nowhere:Cell' cannot be imported" in refused(
        f"train palindrome {TINY} --headless --cell nowhere:Cell"
    )
    assert_no_run()


# Corpora


def test_no_such_corpus_gives_the_nearest_names(corpora_folder: Path, make_corpus: MakeCorpus) -> None:
    shutil.copy(make_corpus(), corpora_folder / "bottles.txt")
    assert "no corpus 'botles' (did you mean bottles?)" in refused(f"{TEXT} botles")
    assert_no_run()


def test_a_corpus_that_was_not_fetched_is_told_how() -> None:
    assert "rnntui corpora get odyssey" in refused(f"{TEXT} odyssey")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"a" * 5000, "has only one distinct character"),
        (b"some text \0 more text " * 50, "is a binary file"),
        (bytes(range(1, 32)) * 20, "is a binary file"),
        (b"\xff\xfe\x00\xd8", "is a binary file"),
    ],
)
@pytest.mark.parametrize("command", [TEXT, "corpora check"])
def test_a_text_that_will_not_do_is_named(command: str, content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "bad [bold].txt"
    path.write_bytes(content)
    told = refused(command, str(path))
    assert sentence in told
    assert "bad [bold]" in told
    assert_no_run()


def test_a_corpus_shorter_than_the_length_says_how_long_it_must_be(make_corpus: MakeCorpus) -> None:
    short = make_corpus("short enough")
    assert "has 12 characters: --length 3 needs at least 20" in refused(f"{TEXT} {short}")
    path = make_corpus("ab" * 50)
    sentence = refused(f"train text --headless --length 200 --corpus {path}")
    assert "has 100 characters: --length 200 needs at least 223" in sentence
    assert_no_run()


def test_a_file_that_may_not_be_read_is_named(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may = Path.open

    def forbid(path: Path, *how: Any, **more: Any) -> Any:
        if path == corpus:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return may(path, *how, **more)

    monkeypatch.setattr(Path, "open", forbid)
    sentence = refused(f"{TEXT} {corpus}")
    assert str(corpus) in sentence
    assert "permission denied" in sentence
    assert_no_run()


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "is not a regular file" in refused(f"{TEXT} {tmp_path / 'pipe'}")
    assert "cannot be read" in refused(f"{TEXT} {tmp_path / 'loop'}")
    assert "has no text files" in refused(f"{TEXT} {tmp_path / 'corpora'}")


def test_an_unknown_text_is_not_fetched() -> None:
    assert "no text 'ana' to fetch (did you mean anna?)" in refused("corpora get ana")


# Names and folders


def test_a_name_that_is_taken_is_never_overwritten() -> None:
    done(f"train palindrome {TINY} --steps 3 --headless --name mine")
    before = files(runs.folder() / "mine")
    sentence = refused(f"train palindrome {TINY} --headless --name mine")
    assert "--name 'mine' is taken" in sentence
    assert "rnntui resume mine" in sentence
    assert files(runs.folder() / "mine") == before


def test_of_two_names_neither_is_made_where_one_is_taken() -> None:
    done(f"train palindrome {TINY} --steps 3 --headless --name x-text")
    assert "--name 'x-text' is taken" in refused("train --headless --name x")
    assert [run.name for run in runs.listed(runs.folder())] == ["x-text"]


@pytest.mark.parametrize(
    "name", ["a/b", "../up", "", ".", "..", "last", "a b", "x" * 101, "\x1b[31m", "-x\n", "[bold]"]
)
def test_a_name_that_is_no_folders_name_is_refused(name: str) -> None:
    sentence = refused(f"train palindrome {TINY} --headless", f"--name={name}")
    assert "cannot be a run's name" in sentence
    assert "\x1b" not in sentence
    assert_no_run()


@pytest.mark.parametrize("command", ["resume", "sample", "runs show", "runs rm --yes"])
def test_a_run_that_is_not_there_gives_the_nearest_names(command: str) -> None:
    done(f"train palindrome {TINY} --steps 3 --headless --name bottles")
    assert "no run 'botles'" in (sentence := refused(f"{command} botles"))
    assert "did you mean bottles?" in sentence
    assert "no run '../bottles'" in refused(f"{command} ../bottles")
    assert "no run ''" in refused(command, "")


@pytest.mark.parametrize(
    ("command", "way"), [("resume last", "train"), ("sample last", "train text"), ("runs show last", "train")]
)
def test_where_there_is_no_run_the_way_to_one_is_told(command: str, way: str) -> None:
    assert f"`rnntui {way}` makes one" in refused(command)


@pytest.mark.parametrize("command", ["resume --headless", "runs rm --yes"])
def test_a_run_that_is_held_is_left_alone_and_its_holder_named(command: str) -> None:
    done(f"train palindrome {TINY} --steps 3 --headless --name mine")
    held = run_named("mine")
    held.lock()
    before = files(held.path)
    assert f"run 'mine' is in use by process {os.getpid()}" in refused(f"{command} mine")
    assert files(held.path) == before
    held.unlock()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "runs"
    assert f"--runs '{place}' cannot be written" in refused(f"train palindrome {TINY} --headless --runs {place}")


def test_a_list_of_runs_where_a_file_is_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "it, or a part of its path, is a file and not a folder" in refused(f"runs --runs {tmp_path / 'file'}")


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("file", "it, or a part of its path, is a file and not a folder"),
        ("nowhere", "it is a link that leads nowhere"),
        ("nowhere/runs", "it is a link that leads nowhere"),
        ("loop", "its links form a loop"),
        ("x" * 5000, "its name is too long"),
    ],
)
def test_what_stands_where_a_folder_of_runs_should_is_said(
    place: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    root = tmp_path / place
    for command in ("runs", "attach", "compare a", f"train palindrome {TINY} --headless", "sweep lengths --headless"):
        assert sentence in refused(f"{command} --runs {root}"), command
    monkeypatch.setenv("RNNTUI_RUNS", str(root))
    assert sentence in as_json("doctor")["folders"]["runs"]["problem"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_may_not_be_looked_into_is_in_the_list_of_runs(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert "permission denied" in done(f"runs --runs {tmp_path}")


def test_a_sweep_whose_folder_cannot_be_listed_hides_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    done(f"train palindrome {TINY} --steps 20 --headless --name mine")
    sweep = runs.folder() / "closed"
    sweep.mkdir()
    (sweep / "sweep.json").write_text("{}")
    scan = os.scandir

    def forbid(path: Any = ".") -> Any:
        if Path(path) == sweep:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr("os.scandir", forbid)
    told = {each["name"]: each for each in json.loads(done("runs --json"))}
    assert told["mine"]["state"] == "finished"
    assert "permission denied" in str(told["closed"])
    assert "mine: finished" in done("runs show last")


def test_a_folder_with_the_files_of_others_is_not_deleted(tmp_path: Path) -> None:
    place = tmp_path / "model"
    place.mkdir()
    (place / "config.json").write_text("{}")
    (place / "weights.bin").write_text("precious")
    assert "'weights.bin', which rnntui did not write" in refused(f"runs rm --yes {place}")
    assert (place / "weights.bin").exists()


# Resuming


def test_fewer_steps_than_were_done_are_refused() -> None:
    done(f"train palindrome {TINY} --steps 20 --headless --name mine")
    before = files(runs.folder() / "mine")
    assert "--steps 5: run 'mine' has reached step 20" in refused("resume mine --steps 5 --headless")
    assert files(runs.folder() / "mine") == before


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--lr 0", "--lr must be above 0"),
        ("--clip -1", "--clip must be at least 0"),
        ("--steps many", "--steps must be a whole number"),
        ("--device gpu", "--device 'gpu' is unknown"),
        ("--device cuda:99", "--device cuda:99"),
        ("--threads 0", "--threads must be at least 1"),
    ],
)
def test_what_a_run_cannot_go_on_with_changes_nothing(typed: str, sentence: str) -> None:
    done(f"train palindrome {TINY} --steps 20 --headless --name mine")
    before = files(runs.folder() / "mine")
    assert sentence in refused(f"resume mine --headless --steps 40 --lr 0.01 {typed}")
    after = files(runs.folder() / "mine")
    assert {k: v for k, v in after.items() if k != "lock"} == {k: v for k, v in before.items() if k != "lock"}
    done("resume mine --headless --steps 25")


# Checkpoints


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text run of 20 steps with checkpoints at 0, 10 and 20."""
    place = tmp_path_factory.mktemp("trained")
    text = place / "small.txt"
    text.write_text("".join(f"{k} green bottles\tof [bold]milk[/]\n" for k in range(60)))
    every = "--steps 20 --save-every 10 --sample-every 10 --validate-every 20"
    done(f"train text {TINY} {every} --headless --name mine --runs {place} --corpus {text}")
    return place / "mine"


@pytest.fixture
def mine(trained: Path) -> Run:
    """A copy of that run for the test to damage."""
    shutil.copytree(trained, runs.folder() / "mine")
    return run_named("mine")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def no_safetensors(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 this was made by torch.save")


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, no_safetensors, empty, os.unlink])
@pytest.mark.parametrize("command", ["resume mine --headless --steps 30", "sample mine"])
def test_weights_that_cannot_be_read_are_named(command: str, damage: Callable[[Path], None], mine: Run) -> None:
    damage(mine.checkpoint(20) / "model.safetensors")
    before = files(mine.path)
    sentence = refused(command)
    assert "checkpoint step-00000020 of run 'mine' is damaged: model.safetensors " in sentence
    assert (
        f"--at 10 takes step 10, and so does every command once the folder '{mine.checkpoint(20)}' is deleted"
        in sentence
    )
    assert {k: v for k, v in files(mine.path).items() if k != "lock"} == {
        k: v for k, v in before.items() if k != "lock"
    }


def test_after_a_damaged_checkpoint_the_one_before_goes_on(mine: Run) -> None:
    whole = list(mine.metrics())
    cut(mine.checkpoint(20) / "optimizer.safetensors")
    sentence = refused("resume mine --headless --steps 30")
    assert "optimizer.safetensors has been changed since it was written" in sentence
    assert "--at 10 takes step 10" in sentence
    done("resume mine --headless --at 10 --yes")
    again = list(mine.metrics())
    assert [structs.replace(row, seconds=0) for row in again] == [structs.replace(row, seconds=0) for row in whole]


@pytest.mark.parametrize("command", ["resume mine --headless --steps 30", "sample mine"])
@pytest.mark.parametrize("name", ["0.W_x", "W_ph"])
def test_a_checkpoint_of_another_shape_names_the_tensor_and_both_shapes(command: str, name: str, mine: Run) -> None:
    from safetensors.torch import load_file, save_file

    path = as_before_digests(mine.checkpoint(20)) / "model.safetensors"
    tensors = load_file(path)
    name = name if name in tensors else "0.W_ix"
    shape = list(tensors[name].shape)
    tensors[name] = tensors[name][:, :-1].contiguous()
    save_file(tensors, path)
    sentence = refused(command)
    assert f"does not fit: {name} has shape {[shape[0], shape[1] - 1]} there and {shape} in this network" in sentence
    del tensors[name]
    save_file(tensors, path)
    assert f"does not fit: it has no tensor {name}" in refused(command)


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_files_of_another_version_are_named(mine: Run) -> None:
    rewrite(mine.checkpoint(20) / "state.json", format=99)
    assert "state.json has format 99, this rnntui reads 1" in refused("resume mine --headless --steps 30")
    rewrite(mine.path / "config.json", format=99)
    for command in ("resume mine --headless --steps 30", "sample mine", "runs show mine"):
        assert "run 'mine' is of another version: config.json has format 99" in refused(command)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"format": 1}', '{"format": 1, "settings": {"hidden": "x"}}']
)
def test_a_config_that_is_damaged_is_named(content: str, mine: Run) -> None:
    (mine.path / "config.json").write_text(content)
    for command in ("resume mine --headless --steps 30", "sample mine", "runs show mine"):
        sentence = refused(command)
        assert "config.json" in sentence or "run 'mine' is damaged" in sentence


def test_a_setting_that_this_version_lacks_is_named(mine: Run) -> None:
    settings = json.loads((mine.path / "config.json").read_text())["settings"]
    rewrite(mine.path / "config.json", settings=settings | {"warp": 9})
    assert "config.json: it has a setting 'warp'" in refused("resume mine --headless --steps 30")


def test_a_damaged_run_is_listed_as_damaged_and_hides_no_other(mine: Run) -> None:
    for name, content in (("torn", "{"), ("odd", '{"format": 1, "settings": []}'), ("none", None)):
        shutil.copytree(mine.path, runs.folder() / name)
        path = runs.folder() / name / "config.json"
        path.write_text(content) if content is not None else path.unlink()
    states = {run["name"]: run["state"] for run in as_json("runs")}
    assert states == {"mine": "finished", "torn": "damaged", "odd": "damaged", "none": "damaged"}
    result = rnntui("runs")
    assert result.exit_code == 0
    assert "run 'torn' is damaged" in said(result)
    done("runs rm --yes torn none")
    assert [run["name"] for run in as_json("runs")] == ["mine", "odd"]


@pytest.mark.parametrize("row", ["{", '{"step": 7, "event": "cl', "\x00\xff"])
def test_rows_that_were_cut_change_nothing(row: str, mine: Run) -> None:
    before = as_json("runs")
    for file in (runs.METRICS, runs.JOURNAL):
        with open(mine.path / file, "a") as out:
            out.write(row)
    assert [{**run, "changed": 0} for run in as_json("runs")] == [{**run, "changed": 0} for run in before]
    done("runs show mine")


@pytest.mark.parametrize("file", [runs.METRICS, runs.JOURNAL, runs.SAMPLES])
@pytest.mark.parametrize("row", ["3", '"x"', '{"step": "x"}', '{"loss": 1}'])
def test_rows_that_are_damaged_are_named_with_their_line_and_hide_no_other_run(row: str, file: str, mine: Run) -> None:
    Run.create(runs.folder(), "other", Settings()).unlock()
    done("resume mine --headless")
    with open(mine.path / file, "a") as out:
        out.write(row)
    lines = (mine.path / file).read_text().count("\n") + 1
    names = [run["name"] for run in as_json("runs")]
    assert names == ["mine", "other"]
    assert f"run 'mine' is damaged: {file}, line {lines:,}: " in refused("resume mine --headless --steps 40")
    assert f"run 'mine' is damaged: {file}" in refused("runs show mine")


# Sampling


def test_a_prompt_of_which_no_character_is_known_is_refused(mine: Run) -> None:
    assert "--prompt: none of its characters is in the network's corpus" in refused("sample mine", "--prompt=ЖЖЖ")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--temperature -1", "--temperature must be 0, a number above it, or inf, not -1"),
        ("--temperature nan", "--temperature must be"),
        ("--temperature warm", "--temperature must be a number, not 'warm'"),
        ("--length 1.5", "--length must be a whole number, not '1.5'"),
        ("--at two", "--at must be a step, best or newest, not 'two'"),
        ("--at 7", "--at: run 'mine' has no checkpoint of step 7; it has 0, 10, 20"),
        ("--length -1", "--length must be at least 0 (read only) and at most 100,000,000, not -1"),
        ("--top-k -1", "--top-k must be at least 0"),
        ("--seed -1", "--seed must be at least 0"),
        ("--step 7", "--step: run 'mine' has no checkpoint of step 7; it has 0, 10, 20"),
    ],
)
def test_an_odd_wish_is_named(typed: str, sentence: str, mine: Run) -> None:
    assert sentence in refused(f"sample mine {typed}")


@pytest.mark.parametrize(
    "command", ["sweep lengths --workers", "compare last --smooth", "ravine --steps", "sample x --top-k"]
)
def test_what_is_no_number_is_named_in_the_words_of_the_settings(command: str) -> None:
    assert f"{command.split()[-1]} must be a whole number, not 'many'" in refused(f"{command} many")


def test_a_run_of_palindromes_has_nothing_to_write() -> None:
    done(f"train palindrome {TINY} --steps 3 --headless --name digits")
    assert "run 'digits' was trained on palindromes, not text" in refused("sample digits")


def test_a_run_without_a_checkpoint_says_so() -> None:
    Run.create(runs.folder(), "new", make_settings("text", {"corpus": "pydoc"})).unlock()
    assert "run 'new' has no checkpoint yet" in refused("sample new")


# Failures while running


def fail_from(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full for checkpoints from a step on."""
    real = operations.open_file

    def full(name: str, flags: int, folder: int) -> int:
        if name == "state.json" and flags & os.O_CREAT and next(saved) * 10 >= step:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        return real(name, flags, folder)

    saved = itertools.count()  # a checkpoint each ten steps
    monkeypatch.setattr(operations, "open_file", full)


def test_a_full_disk_is_said_and_the_old_checkpoint_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_from(20, monkeypatch)
    result = rnntui(f"train palindrome {TINY} --steps 30 --save-every 10 --headless --name mine")
    assert result.exit_code == 1
    assert "mine stopped at step 20: the disk is full" in said(result)
    assert "the newest checkpoint is that of step 10" in said(result)
    run = run_named("mine")
    assert run.steps_saved(whole=True) == [0, 10]
    assert list(run.checkpoints.glob(".*")) == []
    monkeypatch.undo()


def test_after_a_full_disk_the_run_goes_on_as_if_nothing_had_been(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RNNTUI_RUNS", str(tmp_path / "runs"))
    done(f"train palindrome {TINY} --steps 30 --save-every 10 --headless --name whole")
    with monkeypatch.context() as patch:
        fail_from(20, patch)
        assert rnntui(f"train palindrome {TINY} --steps 30 --save-every 10 --headless --name cut").exit_code == 1
    done("resume cut --headless")
    whole, again = (list(run_named(name).metrics()) for name in ("whole", "cut"))
    assert [structs.replace(row, seconds=0) for row in again] == [structs.replace(row, seconds=0) for row in whole]


@pytest.mark.parametrize("typed", ["--hidden 1000000000", "--batch 2000000000 --length 100000"])
def test_memory_that_is_not_there_says_what_to_lower(typed: str) -> None:
    sentence = refused(f"train palindrome --headless --threads 1 {typed} --name big")
    assert "more than this machine's memory of" in sentence
    assert "lower one of them" in sentence


def test_a_gpu_that_is_full_says_what_to_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from rnntui.core.training.learner import Learner

    real = Learner.train_one

    def full(learner: Learner, *dials: float) -> torch.Tensor:
        if steps.pop():
            return real(learner, *dials)
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    steps = [False, *[True] * 15]
    monkeypatch.setattr(Learner, "train_one", full)
    result = rnntui(f"train palindrome {TINY} --steps 30 --save-every 10 --headless --name mine --json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "failed"
    assert "out of memory: lower --batch" in json.loads(result.stdout)["said"]
    assert run_named("mine").steps_saved(whole=True) == [0, 10]


def test_a_bug_is_one_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: Any, **__: Any) -> None:
        raise KeyError("surprisal")

    monkeypatch.setattr(runs, "survey", fault)
    result = rnntui("runs")
    assert result.exit_code == 1
    assert "KeyError: 'surprisal'" in said(result)
