"""`rnntui sweep` as it is typed: what goes on by its name, what a report heeds, and what it is drawn from."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from command import TINY, as_json, done, refused, rnntui
from test_sweep_folder import SEARCH, end

from rnntui.commands.progress.sweep import ending
from rnntui.runs import METRICS, Run, folder
from rnntui.runs.status import RunStatus
from rnntui.schemas import MetricsRow, RunConfig
from rnntui.sweeps.folder import Result, Sweep
from rnntui.sweeps.places import processes
from rnntui.sweeps.plan import find, read
from rnntui.sweeps.pool import JobStatus
from rnntui.tui.sweep import run_cell

WAITING = RunStatus("a", "waiting")

PLAN = "[base]\nhidden = 8\nbatch = 4\nsteps = 20\n[axes]\nseed = [0, 1]"


@pytest.fixture(autouse=True)
def stub_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = (sys.executable, str(Path(__file__).parent / "stub_worker.py"), "well", str(tmp_path / "first"))
    monkeypatch.setattr(processes, "command", lambda: stub)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.v2.toml"
    path.write_text(PLAN)
    return path


def test_a_sweep_goes_on_by_its_name_alone(file: Path) -> None:
    """As every sweep says when it is stopped."""
    done(f"sweep {file} --name quick --steps 30 --headless")
    found = as_json("sweep quick")
    assert [(run["run"], run["steps"]) for run in found["runs"]] == [("seed0", 30), ("seed1", 30)]
    assert len(as_json("sweep quick --seeds 3")["runs"]) == 3
    assert "other settings (base: steps was 30, now 40)" in refused("sweep quick --steps 40 --headless")
    assert "no sweep 'quik'" in refused("sweep quik")
    assert as_json("sweep quick --name copy --steps 40")["sweep"] == "copy"


def test_a_built_in_sweep_goes_on_as_it_was_begun_and_says_so() -> None:
    Sweep.open(folder(), None, find("init").with_given({"steps": [50]})).close()
    result = rnntui("sweep init --headless --json")
    assert "init: resumes with the settings it was begun with" in result.stderr
    assert {run["steps"] for run in json.loads(result.stdout)["runs"]} == {50}
    assert "other settings (base: steps was 50, now 60)" in refused("sweep init --steps 60 --headless")
    assert "resumes with" not in rnntui("sweep init --steps 50 --headless").stderr


def test_a_report_is_found_by_any_name_and_heeds_no_settings(file: Path) -> None:
    done(f"sweep {file} --headless")
    assert done("sweep mine.v2 --report") == done(f"sweep {file} --report")
    assert "--steps is for training, and --report trains nothing" in refused("sweep mine.v2 --report --steps 5")
    assert "--seeds is for training" in refused("sweep mine.v2 --report --seeds 5")


def test_a_table_says_what_was_asked_what_its_columns_are_and_what_it_is_compared_with(
    file: Path, tmp_path: Path
) -> None:
    known = {"source": "someone", "settings": "hidden *64*", "runs": [{"hidden": 64, "accuracy": 1.0}]}
    (tmp_path / "reference.json").write_text(json.dumps(known))
    sweep = Sweep.open(folder(), None, read(PLAN, "mine", "mine").with_given({"steps": [30]}))
    end(sweep, "seed0", test_accuracy=0.5)
    sweep.close()
    shown = done(f"sweep mine --report --reference {tmp_path / 'reference.json'}")
    text = (folder() / "mine" / "table.md").read_text()
    assert text.startswith("# mine (steps 30)\n")
    assert "the accuracy on 10,000 fresh examples" in text
    assert "at least 0.98 at some step" in text
    assert r"Its settings: hidden \*64\*" in text
    assert "reference" not in shown.splitlines()[0], "these runs have 8 hidden units"


def test_a_line_of_a_run_that_ended_says_what_its_accuracy_is_of() -> None:
    job = read(PLAN, "mine", "mine").jobs()[0]
    fresh = Result("finished", 120, accuracy=0.9, test_accuracy=1.0)
    assert "  test accuracy 1.000  not solved" in ending(JobStatus(job, WAITING, fresh))
    assert "20  accuracy 0.900  not solved" in ending(JobStatus(job, WAITING, replace(fresh, test_accuracy=None)))


@pytest.mark.parametrize(("step", "known"), [(60, False), (99, False), (100, True)])
def test_of_a_run_of_fewer_than_100_steps_it_is_not_said_that_it_is_not_solved(step: int, known: bool) -> None:
    job = read(PLAN, "mine", "mine").jobs()[0]
    done_with = JobStatus(
        job, replace(WAITING, state="finished"), Result("finished", step, accuracy=1.0, test_accuracy=1.0)
    )
    line = ending(done_with)
    assert ("not solved" in line) == known
    assert ("solved: not measured (it takes 100 steps)" in line) != known
    assert run_cell.ending(done_with) == ("unsolved" if known else "finished")
    solved = replace(done_with, result=Result("finished", 100, solved_at=100))
    assert "solved at step 100" in ending(solved)
    assert Result("diverged", step).is_solved is False
    assert Result("failed", step).is_solved is None


def test_a_sweep_of_texts_tells_bits_on_what_is_held_out(corpus: Path) -> None:
    plan = read(f"[base]\ntask = 'text'\ncorpus = '{corpus}'\nlength = 5\n[axes]\nseed = [0]", "mine", "mine")
    learned = Result("finished", 20, test_accuracy=0.119, bits_per_character=4.5)
    line = ending(JobStatus(plan.jobs()[0], WAITING, learned))
    assert line == "seed0  finished at step 20  held-out accuracy 0.119  4.5 bits per character"
    sweep = Sweep.open(folder(), None, plan)
    end(sweep, "seed0", test_accuracy=0.119, bits_per_character=4.5)
    sweep.close()
    shown, text = done("sweep mine --report"), (folder() / "mine" / "table.md").read_text()
    assert "1 run: " in shown
    for said in (shown, text):
        assert "solved" not in said
        assert "4.500" in said
    assert "held-out text" in text
    assert "bits_per_character" in (folder() / "mine" / "results.csv").read_text()


def test_a_report_reads_a_sweep_that_another_process_trains(file: Path) -> None:
    held = Sweep.open(folder(), None, read(PLAN, "mine", "mine"))
    assert done("sweep mine --report") == "mine: no run has ended yet\n"
    end(held, "seed0", test_accuracy=0.5)
    before = (held.path / "sweep.json").read_bytes()
    assert "1 run; 1 to do" in done("sweep mine --report")
    assert (held.path / "sweep.json").read_bytes() == before
    held.close()


def test_a_report_where_every_run_failed_is_a_table_of_failures(file: Path) -> None:
    plan = read(PLAN, "mine", "mine")
    sweep = Sweep.open(folder(), None, plan)
    for job in plan.jobs():
        sweep.fail(job, "no luck")
    sweep.close()
    assert "0 (2 failed)" in done("sweep mine --report")
    assert [run["reason"] for run in as_json("sweep mine --report")["runs"]] == ["no luck"] * 2


def test_a_sweep_that_is_shown_names_the_runs_that_failed_and_why() -> None:
    plan = read(PLAN + f"\nlength = {list(range(2, 16))}", "mine", "mine")
    sweep = Sweep.open(folder(), None, plan)
    jobs = list(plan.jobs())
    end(sweep, jobs[0].name, test_accuracy=0.5)
    for k, job in enumerate(jobs[1:14], 1):
        sweep.fail(job, f"no luck {k}\x1b")
    sweep.close()
    shown = done("runs show mine")
    assert "13 of them failed" in shown
    assert re.search(rf"failed +{jobs[1].name}: no luck 1\\x1b\n", shown)
    assert shown.count("no luck") == 12
    assert "and 1 more: --json lists all" in shown
    failures = as_json("runs show mine")["failures"]
    assert len(failures) == 13
    assert failures[jobs[13].name] == "no luck 13\x1b"


def test_a_place_where_every_run_failed_stays_on_the_axis_of_the_figure(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnntui.plots import sweep as plots

    drawn: list[object] = []
    monkeypatch.setattr(plots, "accuracy", lambda files, groups, **how: drawn.extend(g.point["cell"] for g in groups))
    plan = read(PLAN + "\ncell = ['rnn', 'gru']", "mine", "mine")
    sweep = Sweep.open(folder(), None, plan)
    for job in plan.jobs():
        end(sweep, job.name, test_accuracy=0.5) if job.point["cell"] == "rnn" else sweep.fail(job, "no luck")
    sweep.close()
    done("sweep mine --report")
    assert drawn == ["rnn", "gru"]


def test_a_frontier_that_failed_runs_leave_open_is_said_to_be_one_so_far() -> None:
    plan = read(SEARCH, "search", "search")
    sweep = Sweep.open(folder(), None, plan)
    for seed in (0, 1):
        end(sweep, f"gru-length8-seed{seed}", solved_at=50)
        end(sweep, f"rnn-length8-seed{seed}", solved_at=50)
    for length in (16, 32, 64):
        for seed in (0, 1):
            end(sweep, f"gru-length{length}-seed{seed}", solved_at=50)
    sweep.fail(plan.job({"cell": "rnn", "length": 16, "seed": 0}), "out of memory")
    sweep.close()
    shown, facts = done("sweep search --report"), as_json("sweep search --report")
    assert "rnn: length 8 is the largest solved in at least 100% of the seeds so far\n" in shown
    at_limit = "gru: length 64 is the largest solved in at least 100% of the seeds (at least 64: the search's limit)"
    assert f"{at_limit}\n" in shown
    assert f"{at_limit}\n" in (folder() / "search" / "table.md").read_text()
    assert facts["frontier"] == {
        "rnn": {"value": 8, "at_limit": False, "found": False},
        "gru": {"value": 64, "at_limit": True, "found": True},
    }


def test_the_chance_line_survives_a_damaged_run_and_curves_end_where_the_sweep_did(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnntui.plots import sweep as plots

    drawn = {}
    monkeypatch.setattr(plots, "curves", lambda files, runs, **how: drawn.update(how, runs=runs))
    text = PLAN + '\n[figure]\nkind = "curves"'
    sweep = Sweep.open(folder(), None, read(text, "mine", "mine"))
    for name in ("seed0", "seed1"):
        end(sweep, name, test_accuracy=0.5)
        run = Run(sweep.path / name)
        run.lock()
        run.write_config(RunConfig(settings={}, baselines={"chance": (2.3, 0.1)}))
        run.append(METRICS, MetricsRow(step=100, accuracy=0.5), MetricsRow(step=200, accuracy=0.9))
        run.unlock()
    (sweep.path / "seed0" / "config.json").write_text("{")
    sweep.close()
    done("sweep mine --report")
    assert drawn["chance"] == 0.1
    assert [run.steps for run in drawn["runs"]] == [[100], [100]]


def test_a_report_shows_the_best_of_each_line_and_draws_its_curves_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnntui.plots import sweep as plots

    drawn = {}
    monkeypatch.setattr(plots, "curves", lambda files, runs, **how: drawn.update(runs=runs))
    axes = "optimizer = ['sgd', 'adam']\nlr = [0.1, 0.01, 0.001]\nseed = [0, 1]"
    text = PLAN.replace("seed = [0, 1]", axes) + '\n[figure]\nkind = "curves"\nline = "optimizer"\nchoose = "lr"'
    sweep = Sweep.open(folder(), None, read(text, "mine", "mine"))
    best = {"sgd": 0.1, "adam": 0.01}
    for job in list(sweep.jobs()):
        end(sweep, job.name, test_accuracy=0.9 if best[job.point["optimizer"]] == job.point["lr"] else 0.2)
    sweep.close()
    shown = done("sweep mine --report")
    assert [line.split()[:2] for line in shown.splitlines()[1:3]] == [["sgd", "0.1"], ["adam", "0.01"]]
    assert "at the edge of the lr grid: sgd, 0.1\n" in shown
    assert "The best lr of each:" in (folder() / "mine" / "table.md").read_text()
    assert [run.point for run in drawn["runs"]] == [{"optimizer": k, "lr": v} for k, v in best.items() for _ in (0, 1)]
    assert as_json("sweep mine --report")["chosen"] == [
        {"optimizer": "sgd", "lr": 0.1, "at_edge": True},
        {"optimizer": "adam", "lr": 0.01, "at_edge": False},
    ]


def test_a_run_that_ended_as_it_was_solved_goes_on_with_a_higher_stop_at(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnntui.core.training.metrics import Figures

    monkeypatch.setattr(Figures, "reaches", lambda self, accuracy: accuracy <= 0.5)
    done(f"train palindrome {TINY} --name mine --steps 40 --stop-at 0.4 --headless")
    assert Run(folder() / "mine").summary().status.step == 10
    assert "step 10; a higher --stop-at (0 is never) resumes it" in done("resume mine --headless --steps 60")
    assert "is finished: step 10" in done("resume mine --headless --stop-at 0.3")
    done("resume mine --headless --stop-at 0.6")
    assert Run(folder() / "mine").summary().status.step == 40
    assert "step 40; a higher --steps resumes it" in done("resume mine --headless")
    done("resume mine --headless --steps 60")
    assert Run(folder() / "mine").summary().status.step == 60
