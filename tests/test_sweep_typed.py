"""A sweep that is typed: several values are its axes, it has a name of its own, and what is not heeded is refused."""

import shlex
from pathlib import Path

import pytest
from command import as_json, done, refused, rnntui
from test_sweep_folder import end

from rnntui.commands import sweep as commands
from rnntui.plots import sweep as plots
from rnntui.runs import folder
from rnntui.specs import TASKS
from rnntui.sweeps import adhoc
from rnntui.sweeps.folder import Sweep, read_plan

TINY = "--hidden 8 --batch 4 --steps 20"


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run ends at once, in this process, and no figure is drawn."""

    def end_all(sweep: Sweep, workers: int | None) -> int:
        for job in sweep.wanted():
            end(sweep, job.name, test_accuracy=0.5)
        return 0

    monkeypatch.setattr(commands, "follow", end_all)
    monkeypatch.setattr(plots, "accuracy", lambda *_, **how: None)


def names(found: dict[str, object]) -> list[str]:
    runs = found["runs"]
    assert isinstance(runs, list)
    return [run["run"] for run in runs]


def test_settings_with_several_values_are_the_axes_of_a_sweep_that_says_its_name() -> None:
    result = rnntui(f"sweep --cell rnn,lstm --length 5,10 {TINY} --headless")
    assert result.exit_code == 0, result.output
    name = "palindrome-cell-length-1"
    assert f"{name}: 4 runs to do; `rnntui sweep {name}` resumes it" in result.stderr
    plan = read_plan(folder() / name)
    assert plan.axes == {"cell": ["rnn", "lstm"], "length": [5, 10]}
    assert plan.base == {"task": "palindrome", "hidden": 8, "batch": 4, "steps": 20}
    assert names(as_json(f"sweep {name}")) == ["rnn-length5", "rnn-length10", "lstm-length5", "lstm-length10"]


def test_the_same_sweep_typed_again_is_resumed_and_another_gets_the_next_number() -> None:
    typed = f"sweep --cell rnn,lstm {TINY}"
    assert as_json(typed)["sweep"] == "palindrome-cell-1"
    assert as_json(typed)["sweep"] == "palindrome-cell-1"
    assert as_json(typed.replace("20", "30"))["sweep"] == "palindrome-cell-2"
    assert as_json(f"{typed} --name mine")["sweep"] == "mine"
    assert len(as_json("sweep palindrome-cell-1 --cell rnn,lstm,gru")["runs"]) == 3


@pytest.mark.parametrize("task", TASKS)
def test_a_sweep_of_a_task_is_named_by_the_task(task: str, corpus: Path) -> None:
    more = f"--corpus {shlex.quote(str(corpus))} --length 3" if task == "text" else ""
    found = as_json(f"sweep {task} --seeds 2 --lr 0.001,0.01 {TINY} {more}")
    assert found["sweep"] == f"{task}-lr-seed-1"
    assert names(found) == ["lr0.001-seed0", "lr0.001-seed1", "lr0.01-seed0", "lr0.01-seed1"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--cell rnn --lr 0.1", "a sweep needs a setting with several values, such as --cell rnn,…, or --seeds 3"),
        ("text", "a sweep needs a setting with several values, such as --cell rnn,lstm"),
        ("--corpus a,b", "the palindrome task has no setting 'corpus'"),
        ("--cell phased --ratio 0.5,2", "--ratio must be at most 1, which is open all the time, not 2"),
        ("--cell rnn,lstmm", "--cell 'lstmm' is unknown (did you mean lstm?)"),
        ("--cell rnn,lstm --limit 5", "--limit bounds a search, and sweep 'palindrome-cell-1' has none"),
        ("--cell rnn,lstm --report", "--cell is for training, and --report trains nothing"),
        ("--report", "--report draws a sweep that has begun: name it"),
        ("--headless", "without either, sweeps are listed"),
        ("--workers 2", "without either, sweeps are listed"),
        ("--to .", "without either, sweeps are listed"),
        ("--name x", "without either, sweeps are listed"),
    ],
)
def test_what_a_sweep_without_a_plan_cannot_heed_is_refused(typed: str, sentence: str) -> None:
    assert sentence in refused(f"sweep {typed}")
    assert not folder().exists()


def test_without_anything_the_sweeps_are_listed_with_those_that_were_begun() -> None:
    done(f"sweep --cell rnn,lstm {TINY} --headless --name mine")
    assert "lengths" in (told := done("sweep"))
    assert f"begun in '{folder()}': mine\n" in told
    found = as_json("sweep")
    assert found["begun"] == ["mine"]
    assert "lengths" in [plan["name"] for plan in found["built_in"]]
    assert as_json(f"sweep --runs {folder() / 'nowhere'}")["begun"] == []


def test_a_long_list_of_axes_makes_a_name_that_a_folder_can_have() -> None:
    several = {name: [1, 2] for name in ("layers", "hidden", "length", "batch", "steps", "lr_decay_every", "seed")}
    plan = adhoc.planned("palindrome", several)
    assert len(adhoc.named(folder(), plan)) < 100
    assert list(plan.axes)[-1] == "seed"


# A report of a plan's file


PLAN = """title = "first"
[base]
hidden = 8
batch = 4
steps = 20
[axes]
cell = ["rnn", "gru"]
seed = [0, 1]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(PLAN)
    done(f"sweep {shlex.quote(str(path))} --headless")
    return path


def test_a_report_draws_the_figure_of_the_file_as_it_is_now(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[str, object]] = []
    monkeypatch.setattr(plots, "accuracy", lambda files, groups, **how: drawn.append(("accuracy", how["title"])))
    monkeypatch.setattr(plots, "curves", lambda files, runs, **how: drawn.append(("curves", how["title"])))
    done(f"sweep {file} --report")
    file.write_text(PLAN.replace("first", "second") + '[figure]\nkind = "curves"\n')
    done(f"sweep {file} --report")
    done("sweep mine --report")
    assert drawn == [("accuracy", "first"), ("curves", "second"), ("accuracy", "first")]


@pytest.mark.parametrize(
    ("added", "sentence"),
    [
        ("[figure]\nkindd = 'curves'", "no key 'kindd' (did you mean kind?)"),
        ("[figures]\nkind = 'curves'", "no key 'figures' (did you mean figure?)"),
        ("[figure]\nx = 'lr'", "[figure] x = 'lr' is not an axis"),
    ],
)
def test_what_a_report_does_not_know_in_the_file_is_refused(file: Path, added: str, sentence: str) -> None:
    file.write_text(PLAN + added)
    assert sentence in refused(f"sweep {file} --report")


def test_a_report_by_the_files_name_needs_no_file(file: Path) -> None:
    file.unlink()
    assert "gru" in done(f"sweep {file} --report")


def test_accuracies_beside_a_sweep_that_measures_syntax_are_refused_before_it_trains(tmp_path: Path) -> None:
    reference = tmp_path / "reference.json"
    reference.write_text('{"runs": [{"length": 5, "accuracy": 1.0}]}')
    sentence = "--reference has accuracies, and this sweep measures syntax"
    assert sentence in refused(f"sweep syntax --reference {shlex.quote(str(reference))} --headless")
    assert not folder().exists()


def test_a_report_of_what_is_not_there_names_the_nearest_or_what_trains_it(file: Path) -> None:
    assert f"no sweep 'mne' (did you mean mine?) in '{folder()}'" in refused("sweep mne --report")
    assert "`rnntui sweep init` runs it" in refused("sweep init --report")
    assert f"`rnntui sweep {file} --name other` runs it" in refused(f"sweep {file} --report --name other")


def test_a_plan_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbf" + PLAN.encode())
    assert len(as_json(f"sweep {shlex.quote(str(path))}")["runs"]) == 4


def test_a_sweep_elsewhere_is_resumed_from_where_it_is(tmp_path: Path) -> None:
    place = tmp_path / "other place"
    result = rnntui(f"sweep --cell rnn,gru {TINY} --headless --runs {shlex.quote(str(place))}")
    (way,) = [quoted for quoted in result.stderr.split("`") if quoted.startswith("rnntui sweep ")]
    assert len(as_json(way.removeprefix("rnntui "))["runs"]) == 2
