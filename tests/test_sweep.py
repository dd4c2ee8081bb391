"""Sweeps end to end: the same results whatever is killed and however many runs go side by side."""

import csv
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from command import begin, done, files, refused, rnntui

from rnntui.config import make_settings
from rnntui.core import worker
from rnntui.core.worker import JobInbox
from rnntui.runs import RESULT, Run, folder
from rnntui.sweeps.folder import Result, Sweep, read_result
from rnntui.sweeps.glance import glance_of_sweep
from rnntui.sweeps.plan import Plan, read
from rnntui.sweeps.pool import Pool

TINY = """
title = "Tiny"
[base]
hidden = 8
batch = 4
steps = {steps}
device = "cpu"
save_every = 50
[axes]
length = [2, 3]
cell = ["rnn", "gru"]
seed = [0, 1]
"""
PATIENCE = 60.0  # seconds


@pytest.fixture
def plan_file(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str = TINY, steps: int = 120, name: str = "tiny") -> Path:
        path = tmp_path / f"{name}.toml"
        path.write_text(text.replace("{steps}", str(steps)), encoding="utf-8")
        return path

    return write


def tiny_plan(steps: int = 120, **axes: list[Any]) -> Plan:
    return read(TINY.replace("{steps}", str(steps)), "tiny", "tiny").with_given(axes)


def finish(sweep: Sweep, workers: int) -> None:
    pool = Pool(sweep, workers)
    while not pool.is_over:
        pool.poll()
        pool.wait(1.0)
    pool.close()
    sweep.close()


def table(path: Path) -> list[dict[str, str]]:
    """`results.csv` without the seconds, the one column that two machines need not share."""
    with open(path, encoding="utf-8", newline="") as lines:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(lines)]


def weights(run: Path) -> bytes:
    return max((run / "checkpoints").iterdir()).joinpath("model.safetensors").read_bytes()


def saved(run: Path) -> int:
    """The step of its newest checkpoint; 0 where there is none."""
    return max(Run(run).steps_saved(whole=True), default=0)


def until(condition: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        tick.wait(0.02)
    raise AssertionError("waited in vain")


class Ear:
    """The parent's end of a worker's wire."""

    is_heard = True

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def say(self, **message: Any) -> None:
        self.heard.append(message)


# --- end to end -----------------------------------------------------------------------------------------------------


def test_a_sweep_killed_half_way_gives_what_one_that_ran_through_gives(
    plan_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Two workers, a SIGKILL and one worker against one process that trains them in turn: equal to the bit."""
    steps = 500
    file = plan_file(steps=steps)
    asked = f"sweep {file} --headless --length 2 --workers 2"
    process = begin(asked)
    killed = folder() / "tiny"
    until(lambda: any(killed.glob(f"*/{RESULT}")) and any(0 < saved(path) < steps / 2 for path in killed.glob("*/")))
    process.kill()
    process.communicate()
    until(lambda: not any(Run(path).is_held() for path in killed.iterdir() if path.is_dir()))
    assert 0 < len(list(killed.glob(f"*/{RESULT}"))) < 4
    assert any(0 < saved(path) < steps for path in killed.glob("*/"))
    done(asked.replace("--workers 2", "--workers 1"))  # one torch less to load

    whole = Sweep.open(tmp_path / "other", None, tiny_plan(steps, length=[2]))
    for job in whole.plan.jobs():
        worker.train(whole.path, job.name, job.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    whole.close()
    done(f"sweep tiny --report --runs {tmp_path / 'other'}")
    assert table(killed / "results.csv") == table(whole.path / "results.csv")
    assert (killed / "figure.svg").read_bytes() == (whole.path / "figure.svg").read_bytes()
    for row in table(whole.path / "results.csv"):
        assert weights(killed / row["run"]) == weights(whole.path / row["run"])


def test_a_run_that_fails_is_shown_with_its_reason_and_stops_no_other(
    plan_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)  # where the worker finds the cell
    text = TINY.replace('["rnn", "gru"]', '["rnn", "own_cell:Failing"]').replace("[2, 3]", "[2]")
    result = rnntui(f"sweep {plan_file(text)} --headless --seeds 1 --trust")
    assert result.exit_code == 1
    reason = "the cell own_cell:Failing failed: RuntimeError: no such luck (own_cell.py, line 36)"
    assert f"failed: {reason}" in result.stderr
    rows = table(folder() / "tiny" / "results.csv")
    assert [(row["state"], row["reason"]) for row in rows] == [
        ("finished", ""),
        ("failed", "the cell own_cell:Failing failed: RuntimeError: no such luck (own_cell.py, line 36)"),
    ]
    assert "(1 failed)" in (folder() / "tiny" / "table.md").read_text()
    failure = json.loads((folder() / "tiny" / "failures.jsonl").read_text())
    assert failure["reason"] == reason
    assert 'own_cell.py", line 36, in __init__\n    raise RuntimeError("no such luck")' in failure["traceback"]


def test_each_run_that_fails_adds_a_line_and_those_of_before_stay_as_they_were() -> None:
    sweep, before = Sweep.open(folder(), None, tiny_plan()), b""
    kept = sweep.path / "failures.jsonl"
    for number, job in enumerate(sweep.wanted()):
        sweep.fail(job, f"no luck, {number}", "x" * 20_000)
        assert kept.read_bytes().startswith(before)
        before = kept.read_bytes()
        assert before.count(b"\n") == number + 1
    assert len(before) < (number + 1) * 11_000
    reasons = {name: result.reason for name, result in Sweep.read(folder(), sweep.name).results.items()}
    assert reasons == {job.name: f"no luck, {number}" for number, job in enumerate(sweep.jobs())}
    sweep.close()
    sweep = Sweep.open(folder(), None, tiny_plan())
    assert len(sweep.wanted()) == len(reasons)
    assert not kept.exists()
    sweep.close()


def test_failures_of_an_earlier_version_count_until_the_sweep_goes_on() -> None:
    sweep = Sweep.open(folder(), None, tiny_plan())
    first, second, *_ = sweep.jobs()
    old = sweep.path / "failed.json"
    old.write_text(json.dumps({"format": 1, "failures": {first.name: {"reason": "of old"}}}))
    sweep.fail(second, "of today")
    assert {result.reason for result in Sweep.read(folder(), sweep.name).results.values()} == {"of old", "of today"}
    assert glance_of_sweep(sweep.path).ended == 2
    sweep.close()
    Sweep.open(folder(), None, tiny_plan()).close()
    assert not old.exists()


@pytest.mark.parametrize(("end", "is_cut"), [('{"run": "a", "rea', True), ("{}", False), ('{"run": 3}', False)])
def test_a_line_of_failures_that_was_cut_or_is_damaged_takes_none_before_it_along(end: str, is_cut: bool) -> None:
    sweep = Sweep.open(folder(), None, tiny_plan())
    first, second, *_ = sweep.jobs()
    sweep.fail(first, "no luck")
    with open(sweep.path / "failures.jsonl", "a") as file:
        file.write(end)
    assert list(Sweep.read(folder(), sweep.name).results) == [first.name]
    sweep.fail(second, "nor here")
    assert (second.name in Sweep.read(folder(), sweep.name).results) is is_cut
    sweep.close()


# --- on disk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def finished() -> Sweep:
    """A sweep whose results were written by hand: a report needs no training."""
    plan = tiny_plan()
    sweep = Sweep.open(folder(), None, plan)
    for k, job in enumerate(plan.jobs()):
        run = Run.create(sweep.path, job.name, job.settings)
        worker.write_result(run.folder, job.settings, Result("finished", 120, 0.5, 0.9, 0.9, 0.1 * k, None, 1.0))
        run.unlock()
    sweep.close()
    return sweep


def test_a_report_is_drawn_from_disk_alone(finished: Sweep) -> None:
    shown = done("sweep tiny --report")
    assert "8 runs" in shown
    before = {file.name: file.read_bytes() for file in finished.path.iterdir() if file.suffix}
    for name in ("results.csv", "table.md", "figure.svg", "figure.png"):
        (finished.path / name).unlink()
    done("sweep tiny --report")
    assert {file.name: file.read_bytes() for file in finished.path.iterdir() if file.suffix} == before


def test_results_can_go_to_another_folder_with_a_reference_beside_each_mean(finished: Sweep, tmp_path: Path) -> None:
    reference = tmp_path / "others.json"
    reference.write_text(json.dumps({"source": "S", "runs": [{"length": 2, "cell": "rnn", "accuracy": 0.77}]}))
    (tmp_path / "docs").mkdir()
    done(f"sweep tiny --report --to {tmp_path / 'docs'} --reference {reference}")
    text = (tmp_path / "docs" / "table.md").read_text()
    assert "0.770" in text
    assert not (finished.path / "table.md").exists()


def test_results_take_the_place_of_a_users_own_files_only_where_that_is_asked_for(
    finished: Sweep, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "results.csv").write_text("mine")
    for train_or_not in ("--report", "--headless"):
        refusal = refused(f"sweep tiny {train_or_not} --to {mine}")
        assert (
            f"--to '{mine}' has results.csv already: name another folder, or add --overwrite to replace them" in refusal
        )
    assert [entry.name for entry in mine.iterdir()] == ["results.csv"]
    assert (mine / "results.csv").read_text() == "mine"
    done(f"sweep tiny --report --to {mine} --overwrite")
    assert (mine / "results.csv").read_text().startswith("run,")
    done(f"sweep tiny --report --to {finished.path}")  # the sweep's own
    assert "--overwrite applies to the folder of --to" in refused("sweep tiny --report --overwrite")


def test_no_result_is_written_through_a_link(finished: Sweep, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (finished.path / "table.md").unlink(missing_ok=True)
    (finished.path / "table.md").symlink_to(tmp_path / "precious")
    assert "table.md' is a link" in refused("sweep tiny --report")
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_sweep_may_grow_along_its_axes_and_nothing_else(finished: Sweep, plan_file: Callable[..., Path]) -> None:
    file = plan_file()
    assert "other settings (base: steps was 120, now 7)" in refused(f"sweep {file} --headless --steps 7")
    assert "an axis can only grow" in refused(f"sweep {file} --headless --length 2")
    grown = Sweep.open(folder(), None, tiny_plan(length=[2, 3, 4]))
    assert [job.point["length"] for job in grown.wanted()] == [4] * 4
    grown.close()


def test_a_search_may_look_further_under_the_same_name(tmp_path: Path) -> None:
    text = "[axes]\nseed = [0]\n[search]\nstart = 2\nlimit = {}\n"
    Sweep.open(folder(), None, read(text.format(4), "far", "far")).close()
    further = Sweep.open(folder(), None, read(text.format(9), "far", "far"))
    assert further.plan.search is not None
    assert further.plan.search.limit == 9
    further.close()
    with pytest.raises(ValueError, match="another \\[search\\]"):
        Sweep.open(folder(), None, read(text.format(9) + "axis = 'hidden'", "far", "far"))


def test_results_of_other_settings_do_not_count(finished: Sweep) -> None:
    job = finished.plan.jobs()[0]
    assert read_result(finished.run(job).path, job.settings) is not None
    other = tiny_plan(121).jobs()[0]
    assert read_result(finished.run(job).path, other.settings) is None


def test_a_sweep_has_one_owner(finished: Sweep, plan_file: Callable[..., Path]) -> None:
    held = Sweep.open(folder(), None, tiny_plan())
    assert "is in use by process" in refused(f"sweep {plan_file()} --headless")
    held.close()


def test_names_that_are_taken_or_unknown_are_refused(plan_file: Callable[..., Path]) -> None:
    Run.create(folder(), "mine", tiny_plan().jobs()[0].settings).unlock()
    assert "is taken" in refused(f"sweep {plan_file()} --headless --name mine")
    assert "cannot be a run's name" in refused(f"sweep {plan_file()} --headless --name a/b")
    assert "there is no sweep 'lengths'" in refused("sweep lengths --report")
    assert "did you mean lengths" in refused("sweep lenghts")
    assert "must be a whole number, not 'x'" in refused("sweep lengths --length 5,x")
    assert "--seeds must be at least 1" in refused("sweep lengths --seeds 0")
    assert "--workers must be at least 1" in refused("sweep lengths --workers 0")
    assert "give one of them" in refused("sweep lengths --seeds 2 --seed 1,2")
    assert "is not a folder" in refused("sweep lengths --to", str(plan_file()))
    assert "is not JSON" in refused("sweep lengths --report --reference", str(plan_file()))


def test_without_a_name_the_built_in_sweeps_are_listed() -> None:
    shown = done("sweep")
    for name in ("lengths", "batch", "init", "optimizers", "frontier"):
        assert name in shown


# --- the worker -----------------------------------------------------------------------------------------------------


def test_a_dropped_run_is_saved_and_goes_on_later(tmp_path: Path) -> None:
    job, ear, inbox = tiny_plan(300).jobs()[0], Ear(), JobInbox()
    inbox.dropped.add(job.name)
    assert worker.train(tmp_path, job.name, job.settings, ear, inbox) is None  # type: ignore[arg-type]
    reached = max(Run(tmp_path / job.name).steps_saved(whole=True))
    assert 0 < reached < 300
    inbox.dropped.clear()
    result = worker.train(tmp_path, job.name, job.settings, ear, inbox)  # type: ignore[arg-type]
    (tmp_path / "whole").mkdir()
    whole = worker.train(tmp_path / "whole", job.name, job.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    assert result is not None
    assert whole is not None
    assert (result.step, result.loss, result.accuracy, result.test_accuracy, result.best_accuracy) == (
        300,
        whole.loss,
        whole.accuracy,
        whole.test_accuracy,
        whole.best_accuracy,
    )


def test_a_run_gone_on_with_by_hand_does_what_the_plan_says(tmp_path: Path) -> None:
    """Another total on the way is taken back; where it is too late, the run is no result of this sweep."""
    job, ear, inbox = tiny_plan(200).jobs()[0], Ear(), JobInbox()
    inbox.dropped.add(job.name)
    worker.train(tmp_path, job.name, job.settings, ear, inbox)  # type: ignore[arg-type]
    done(f"resume {job.name} --runs {tmp_path} --headless --steps 50 --threads 2")
    inbox.dropped.clear()
    result = worker.train(tmp_path, job.name, job.settings, ear, inbox)  # type: ignore[arg-type]
    assert result is not None
    assert (result.state, result.step) == ("finished", 200)
    assert Run(tmp_path / job.name).settings() == job.settings
    done(f"resume {job.name} --runs {tmp_path} --headless --steps 210")
    assert worker.train(tmp_path, job.name, job.settings, ear, inbox) == result  # type: ignore[arg-type]
    (tmp_path / job.name / RESULT).unlink()
    with pytest.raises(ValueError, match="no longer has the sweep's steps: it was resumed by hand"):
        worker.train(tmp_path, job.name, job.settings, ear, inbox)  # type: ignore[arg-type]


def test_a_run_whose_schedule_was_stretched_by_hand_is_no_result(tmp_path: Path) -> None:
    job, ear, inbox = tiny_plan(200, schedule=["cosine"]).jobs()[0], Ear(), JobInbox()
    inbox.dropped.add(job.name)
    worker.train(tmp_path, job.name, job.settings, ear, inbox)  # type: ignore[arg-type]
    done(f"resume {job.name} --runs {tmp_path} --headless --steps 50")
    inbox.dropped.clear()
    with pytest.raises(ValueError, match="no longer has the sweep's steps: it was resumed by hand"):
        worker.train(tmp_path, job.name, job.settings, ear, inbox)  # type: ignore[arg-type]


def test_a_run_whose_rate_was_changed_or_that_is_of_other_settings_is_no_result(tmp_path: Path) -> None:
    first, second, *_ = tiny_plan(20).jobs()
    run = Run.create(tmp_path, first.name, first.settings)
    run.journal(0, "learning_rate", value=0.5)
    run.unlock()
    with pytest.raises(ValueError, match="no longer has the sweep's learning rate"):
        worker.train(tmp_path, first.name, first.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    Run.create(tmp_path, second.name, first.settings).unlock()
    with pytest.raises(ValueError, match="no longer has the sweep's seed"):
        worker.train(tmp_path, second.name, second.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    assert not Run(tmp_path / second.name).is_held()


def test_such_a_run_is_told_in_a_sentence_by_the_process_that_trains(tmp_path: Path) -> None:
    """Which `python -m` starts, so that its module has another name."""
    plan = tiny_plan(20, seed=[0])
    (job, *_), sweep = plan.jobs(), Sweep.open(tmp_path, None, plan)
    Run.create(sweep.path, job.name, replace(job.settings, seed=7)).unlock()
    sweep.close()
    result = rnntui(f"sweep {sweep.path.name} --runs {tmp_path} --headless --workers 1")
    said = " ".join(result.output.split())
    assert "it no longer has the sweep's seed: it was resumed by hand" in said
    assert "itself failed" not in said


def test_a_sweeps_folder_that_became_a_link_is_not_written_through(tmp_path: Path) -> None:
    first, second, *_ = tiny_plan(20).jobs()
    elsewhere, place = tmp_path / "elsewhere", tmp_path / "sweep"
    elsewhere.mkdir()
    Run.create(elsewhere, second.name, second.settings).unlock()
    before = files(elsewhere)
    place.symlink_to(elsewhere)
    for job in (first, second):  # a run that is to be made, and one that is there
        with pytest.raises(ValueError, match=r"sweep 'sweep': '.*/sweep' is a link to .*, and rnntui never writes"):
            worker.train(place, job.name, job.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    place.unlink()
    with pytest.raises(FileNotFoundError):
        worker.train(place, first.name, first.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    assert files(elsewhere) == before
    assert not place.exists()


def test_a_run_that_an_old_worker_still_saves_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = tiny_plan(20).jobs()[0]
    held = Run.create(tmp_path, job.name, job.settings)
    monkeypatch.setattr(worker.time, "sleep", lambda seconds: held.unlock())
    result = worker.train(tmp_path, job.name, job.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    assert result is not None
    assert result.state == "finished"


def test_a_run_that_another_keeps_is_refused_and_a_worker_told_to_leave_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, inbox = tiny_plan(20).jobs()[0], JobInbox()
    held = Run.create(tmp_path, job.name, job.settings)
    monkeypatch.setattr(worker, "LEAVING_SECONDS", 0.0)
    with pytest.raises(ValueError, match="is in use by process"):
        worker.train(tmp_path, job.name, job.settings, Ear(), inbox)  # type: ignore[arg-type]
    inbox.is_closed = True
    assert worker.train(tmp_path, job.name, job.settings, Ear(), inbox) is None  # type: ignore[arg-type]
    held.unlock()


def test_a_text_gives_its_held_out_accuracy_wherever_its_corpus_was_named_from(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"[base]\ntask='text'\ncorpus='{corpus.name}'\nhidden=8\nbatch=4\nsteps=20\nlength=5\n[axes]\nseed=[0]"
    (job,) = read(text, "texts", "texts").jobs()
    monkeypatch.chdir(corpus.parent)
    inbox = JobInbox()
    inbox.dropped.add(job.name)
    (tmp_path / "runs").mkdir()
    assert worker.train(tmp_path / "runs", job.name, job.settings, Ear(), inbox) is None  # type: ignore[arg-type]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / corpus.name).write_bytes(corpus.read_bytes())
    result = worker.train(tmp_path / "runs", job.name, job.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    assert result is not None
    run = Run(tmp_path / "runs" / job.name)
    assert result.test_accuracy == run.state(20).figures.validation_accuracy
    assert read_result(run.path, job.settings) == result


def test_stop_at_ends_a_run_at_the_same_logged_step_whatever_the_stride(tmp_path: Path) -> None:
    (job, *_) = tiny_plan(5_000, hidden=[32], batch=[32], stop_at=[0.99], length=[1], lr=[0.01]).jobs()
    for k in "ab":
        (tmp_path / k).mkdir()
    results = [worker.train(tmp_path / k, job.name, job.settings, Ear(), JobInbox()) for k in "ab"]  # type: ignore[arg-type]
    (a, b) = results
    assert a is not None
    assert b is not None
    assert a.step == b.step < 5_000
    assert a.step % job.settings.log_every == 0
    assert a.accuracy is not None
    assert a.accuracy >= 0.99
    assert a.test_accuracy == b.test_accuracy
    assert Run(tmp_path / "a" / job.name).summary().status.state == "finished"


def test_a_run_that_diverges_is_a_result(tmp_path: Path) -> None:
    (job, *_) = tiny_plan(lr=[1e38], clip=[1e38]).with_given({"optimizer": ["sgd"]}).jobs()
    result = worker.train(tmp_path, job.name, job.settings, Ear(), JobInbox())  # type: ignore[arg-type]
    assert result is not None
    assert result.state == "diverged"
    assert "is not finite" in result.reason
    assert result.test_accuracy is None


def test_the_fresh_examples_are_ten_thousand_and_the_same_each_time(tmp_path: Path) -> None:
    from rnntui.core.training.evaluate import evaluate
    from rnntui.core.training.learner import Learner

    learner = Learner(tiny_plan().jobs()[0].settings)
    before = learner.batches.get_state()
    first = evaluate(learner, 10_000).accuracy
    assert first is not None
    assert first == evaluate(learner, 10_000).accuracy
    assert round(first * 10_000) == pytest.approx(first * 10_000, abs=1e-9)
    assert learner.batches.get_state().equal(before)


def test_the_test_accuracy_is_the_share_of_right_answers() -> None:
    """Over batches of 4 of a generator of their own, of which the last is cut."""
    from rnntui.core.training.evaluate import Evaluation, evaluate
    from rnntui.core.training.learner import Learner, stream

    learner = Learner(make_settings("palindrome", {"hidden": 8, "batch": 4, "length": 5, "device": "cpu"}))
    fresh, right = stream("cpu", 0, "fresh examples"), []
    with torch.inference_mode():
        for batch in (learner.task.batch(fresh) for _ in range(27)):
            answers, _ = learner.model(batch.inputs, learner.model.initial_state(4), batch.times)
            right.append(answers.argmax(1) == batch.targets)
    assert evaluate(learner, 106) == Evaluation(accuracy=int(torch.cat(right)[:106].sum()) / 106)
    assert evaluate(learner, 106) != Evaluation(accuracy=0.0)


@pytest.mark.parametrize("task", ["palindrome", "noise", "frequency", "uneven"])
def test_batches_are_measured_together_as_each_alone_is(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rnntui.core.training import evaluate
    from rnntui.core.training.learner import Learner

    uneven = {"sampling": "uneven"} if task == "uneven" else {}
    settings = {"cell": "phased", "hidden": 8, "batch": 4, "device": "cpu", **uneven}
    learner = Learner(make_settings("frequency" if uneven else task, settings))
    together = evaluate.evaluate(learner, 50)
    monkeypatch.setattr(evaluate, "STEPS_AT_ONCE", 0)
    alone = evaluate.evaluate(learner, 50)
    assert together.accuracy == alone.accuracy
    assert together.loss is None or together.loss == pytest.approx(alone.loss, rel=1e-5)


@pytest.mark.cuda
def test_runs_side_by_side_on_one_gpu_equal_runs_in_turn(tmp_path: Path) -> None:
    plan = tiny_plan(length=[3], cell=["rnn"]).with_given({"device": ["cuda"]})
    for name, workers in (("two", 2), ("one", 1)):
        finish(Sweep.open(tmp_path / name, None, plan), workers)
    for job in plan.jobs():
        assert weights(tmp_path / "two" / "tiny" / job.name) == weights(tmp_path / "one" / "tiny" / job.name)


def test_runs_of_a_text_that_changes_under_a_sweep_learn_the_one_text_or_none(
    make_corpus: Callable[..., Path], corpus: Path
) -> None:
    plan = read(f"[base]\ntask = 'text'\ncorpus = '{corpus}'\nsteps = 4\n[axes]\nseed = [0, 1]", "texts", "texts")
    sweep = Sweep.open(folder(), None, plan)
    make_corpus("Another text. " * 100, corpus.name)
    finish(sweep, 1)
    reasons = [result.reason for result in Sweep.read(folder(), "texts").results.values()]
    assert len(reasons) == 2
    assert all("is not the text that the sweep was begun with" in reason for reason in reasons)
