"""A sweep's folder: what is read from it, whatever was left there or done to it by hand."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import done, files, refused
from test_sweep import tiny_plan

from rnntui.config import make_settings
from rnntui.runs import RESULT, SWEEP, Run, folder
from rnntui.sweeps.failures import FAILURES
from rnntui.sweeps.folder import Result, Sweep, read_result, write_result
from rnntui.sweeps.plan import Plan, read
from rnntui.system import operations
from rnntui.system.folder import Folder

SEARCH = """
[base]
device = "cpu"
[axes]
cell = ["rnn", "gru"]
seed = [0, 1]
[search]
start = 8
limit = 64
share = 1.0
"""


def text_plan(corpus: Path, **base: Any) -> Plan:
    """A sweep that learns a text."""
    plan = read(f"[base]\ntask = 'text'\ncorpus = '{corpus}'\n[axes]\ncell = ['rnn', 'gru']", "texts", "texts")
    return plan.with_given({name: [value] for name, value in base.items()})


def end(sweep: Sweep, name: str, **figures: Any) -> None:
    """Let a run of a sweep end as its worker would."""
    job = next(job for job in sweep.jobs() if job.name == name)
    sweep.run(job).path.mkdir(exist_ok=True)
    result = Result("finished", 100, **figures)
    with Folder(sweep.run(job).path, "the run") as run:
        write_result(run, job.settings, result)
    sweep.take(job, result)


def test_a_failed_run_does_not_lower_the_frontier_and_is_tried_again() -> None:
    plan = read(SEARCH, "search", "search")
    sweep = Sweep.open(folder(), None, plan)
    for seed in (0, 1):
        end(sweep, f"gru-length8-seed{seed}", solved_at=50)
    end(sweep, "rnn-length8-seed0", solved_at=50)
    sweep.fail(plan.job({"cell": "rnn", "length": 8, "seed": 1}), "out of memory")
    assert {job.name for job in sweep.wanted()} == {"gru-length16-seed0", "gru-length16-seed1"}
    sweep.close()
    again = Sweep.open(folder(), None, plan)
    assert "rnn-length8-seed1" in {job.name for job in again.wanted()}
    again.close()


def test_more_seeds_on_a_search_ask_for_the_missing_ones_first() -> None:
    sweep = Sweep.open(folder(), None, read(SEARCH, "search", "search"))
    for length in (8, 16):
        for seed in (0, 1):
            end(sweep, f"rnn-length{length}-seed{seed}", solved_at=50)
    sweep.close()
    grown = Sweep.open(folder(), None, read(SEARCH.replace("[0, 1]", "[0, 1, 2]"), "search", "search"))
    assert [job.name for job in grown.wanted() if job.point["cell"] == "rnn"] == ["rnn-length8-seed2"]
    end(grown, "rnn-length8-seed2", solved_at=60)
    assert [job.name for job in grown.wanted() if job.point["cell"] == "rnn"] == ["rnn-length16-seed2"]
    assert {"rnn-length16-seed0", "rnn-length16-seed1"} <= grown.results.keys()
    grown.close()


def test_the_limit_of_a_search_can_only_grow_and_what_was_tried_below_it_counts() -> None:
    plan = read(SEARCH, "search", "search")
    sweep = Sweep.open(folder(), None, plan.with_limit(4))
    for cell in ("rnn", "gru"):
        for seed in (0, 1):
            end(sweep, f"{cell}-length4-seed{seed}", solved_at=50)
    sweep.close()
    with pytest.raises(ValueError, match="searched up to 4, and a search's limit can only grow: --limit 4 resumes it"):
        Sweep.open(folder(), None, plan.with_limit(3))
    further = Sweep.open(folder(), None, plan)
    assert {job.point["length"] for job in further.jobs()} == {4, 8}
    assert {job.point["length"] for job in further.wanted()} == {8}
    further.close()


def test_a_sweep_of_another_heading_goes_on() -> None:
    plan = tiny_plan()
    Sweep.open(folder(), None, plan).close()
    grown = plan.with_given({"seed": [*plan.axes.get("seed", [0]), 77]})
    assert grown.heading != plan.heading
    Sweep.open(folder(), None, grown).close()
    assert Sweep.read(folder(), plan.name).plan.heading == grown.heading


def test_a_reason_stays_a_sentence_and_a_full_disk_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = tiny_plan()
    sweep = Sweep.open(folder(), None, plan)
    first, second, *_ = plan.jobs()
    sweep.fail(first, "x" * 1_000_000)
    assert len(sweep.results[first.name].reason) == 300
    sweep.fail(second, "its cell failed", "".join(f"call {k}\n" for k in range(10_000)))
    lines = map(json.loads, (sweep.path / FAILURES).read_text().splitlines())
    failures = {line["run"]: line for line in lines}
    assert len(failures[first.name]["reason"]) == 300
    assert len(failures[second.name]["traceback"]) == 10_000
    assert failures[second.name]["traceback"].endswith("call 9998\ncall 9999\n")

    def full(descriptor: int, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(operations, "write", full)
    sweep.fail(second, "the disk is full")
    assert sweep.results[second.name].state == "failed"
    monkeypatch.undo()
    sweep.close()


@pytest.mark.parametrize("content", ["", "[]", '"x"', "3", "{}", '{"format": 1}', '{"format": 1, "settings": 3}'])
def test_a_result_of_another_shape_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / RESULT).write_text(content)
    assert read_result(tmp_path, tiny_plan().jobs()[0].settings) is None


def test_a_result_that_the_disk_does_not_give_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / RESULT).write_text("{}")

    def failing(*_: object, **__: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("rnntui.system.reading.open_regular", failing)
    with pytest.raises(ValueError, match=r"result\.json: the disk reports an input"):
        read_result(tmp_path, tiny_plan().jobs()[0].settings)


def test_a_sweep_that_died_before_it_had_begun_can_be_begun() -> None:
    path = folder() / "tiny"
    path.mkdir(parents=True)
    (path / "sweep.lock").touch()
    (path / f".{SWEEP}.123").write_text("{")
    Sweep.open(folder(), None, tiny_plan()).close()
    assert (path / SWEEP).exists()


def test_a_file_of_the_sweeps_name_is_in_the_way() -> None:
    folder().mkdir()
    (folder() / "tiny").write_text("mine")
    with pytest.raises(ValueError, match="is taken by something else"):
        Sweep.open(folder(), None, tiny_plan())


def test_a_text_that_is_missing_or_too_short_is_refused_before_anything_is_made(
    tmp_path: Path, make_corpus: Callable[..., Path]
) -> None:
    (tmp_path / "mine.toml").write_text("[base]\ntask = 'text'\ncorpus = 'nowhere'\n[axes]\nseed = [0, 1]")
    assert "no corpus 'nowhere'" in refused(f"sweep {tmp_path / 'mine.toml'} --headless")
    short = make_corpus("short" * 10)
    assert "needs at least" in refused(f"sweep {tmp_path / 'mine.toml'} --headless --corpus {short} --length 5,60")
    assert not folder().exists()


def test_a_sweep_of_a_text_that_has_changed_does_not_go_on(make_corpus: Callable[..., Path], corpus: Path) -> None:
    plan = text_plan(corpus)
    sweep = Sweep.open(folder(), None, plan)
    end(sweep, "rnn", test_accuracy=0.5)
    sweep.close()
    make_corpus("Another text. " * 100, corpus.name)
    with pytest.raises(ValueError, match="is not the one that sweep 'texts' was begun with"):
        Sweep.open(folder(), None, plan)
    assert list(Sweep.read(folder(), "texts").results) == ["rnn"]
    sweep = Sweep(folder() / "texts", plan)
    end(sweep, "gru", test_accuracy=0.5)
    Sweep.open(folder(), None, plan).close()  # all is done: nothing is learned from it any more


def test_of_a_sweep_nothing_is_deleted_while_one_of_its_runs_is_held() -> None:
    sweep = Sweep.open(folder(), None, read(SEARCH, "search", "search"))
    sweep.close()
    held = Run.create(sweep.path, "rnn-length8-seed1", make_settings("palindrome", {}))
    Run.create(sweep.path, "gru-length8-seed0", make_settings("palindrome", {})).unlock()
    before = files(sweep.path)
    assert "run 'search/rnn-length8-seed1' is in use by" in refused("runs rm --yes search")
    assert files(sweep.path) == before
    Sweep.open(folder(), None, sweep.plan).close()  # the refusal let the sweep go
    held.unlock()
    done("runs rm --yes search")
    assert not sweep.path.exists()
