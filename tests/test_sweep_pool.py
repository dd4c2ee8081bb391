"""The pool over workers that misbehave: no run is lost, no failure is the wrong run's, and it always ends."""

import math
import signal
import sys
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path

import pytest
from command import as_json, begin, refused, rnntui
from test_sweep import tiny_plan, until

from rnntui.runs import RESULT, folder
from rnntui.sweeps.folder import FAILED, Result, Sweep
from rnntui.sweeps.places import WorkerEnd, processes
from rnntui.sweeps.plan import Job, read
from rnntui.sweeps.pool import Pool
from rnntui.system.errors import FolderGone
from rnntui.system.folder import Folder

TINY = "[base]\nhidden = 8\nbatch = 4\nsteps = 20\n[axes]\nseed = [0, 1, 2]"


@pytest.fixture
def workers_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Workers are stubs that behave so."""

    def behave(how: str) -> None:
        stub = (sys.executable, str(Path(__file__).parent / "stub_worker.py"), how, str(tmp_path / "first"))
        monkeypatch.setattr(processes, "command", lambda: stub)

    return behave


def turned(workers: int | None = 2) -> Pool:
    """A pool of the tiny sweep, turned to its end."""
    sweep = Sweep.open(folder(), None, tiny_plan())
    pool = Pool(sweep, workers)
    while not pool.is_over:
        pool.poll()
        pool.wait(1.0)
    pool.close()
    sweep.close()
    return pool


def test_what_is_no_message_is_left_alone(workers_that: Callable[[str], None]) -> None:
    workers_that("babbles")
    pool = turned()
    assert [status.run.state for status in pool.statuses.values()] == ["finished"] * 8
    assert pool.failure is None


def test_a_sweeps_folder_that_is_swapped_between_two_jobs_ends_the_sweep_in_words(
    workers_that: Callable[[str], None], tmp_path: Path
) -> None:
    workers_that("well")
    sweep = Sweep.open(folder(), None, tiny_plan())
    sweep.path.rename(tmp_path / "moved")
    (tmp_path / "elsewhere").mkdir()
    sweep.path.symlink_to(tmp_path / "elsewhere")
    pool = Pool(sweep, 1)
    pool.poll()
    assert isinstance(pool.failure, FolderGone)
    assert "was removed or moved while in use: nothing more is written" in str(pool.failure)
    assert pool.is_over
    with pytest.raises(FolderGone):
        sweep.close()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("refuses", ValueError, "--device cuda: there is none"),
        ("dies", RuntimeError, "its process ended with status 1: no memory to load with"),
    ],
)
def test_where_no_worker_can_begin_the_pool_says_why_and_no_run_has_failed(
    workers_that: Callable[[str], None], how: str, kind: type, words: str
) -> None:
    workers_that(how)
    pool = turned()
    assert (type(pool.failure), str(pool.failure)) == (kind, words)
    assert {status.run.state for status in pool.statuses.values()} == {"waiting"}
    assert not (pool.sweep.path / FAILED).exists()


def test_a_device_that_is_absent_is_one_sentence(workers_that: Callable[[str], None], tmp_path: Path) -> None:
    workers_that("refuses")
    (tmp_path / "mine.toml").write_text(TINY)
    assert refused(f"sweep {tmp_path / 'mine.toml'} --headless").count("--device cuda: there is none") == 1


def test_a_worker_that_dies_before_it_can_begin_leaves_its_run_to_those_that_did(
    workers_that: Callable[[str], None],
) -> None:
    workers_that("second-dies")
    pool = turned(workers=4)
    assert [status.run.state for status in pool.statuses.values()] == ["finished"] * 8


def test_a_worker_that_dies_at_work_fails_that_run_alone(workers_that: Callable[[str], None]) -> None:
    workers_that("dies-at-work")
    pool = turned(workers=1)
    assert [status.run.state for status in pool.statuses.values()] == ["failed", *["finished"] * 7]
    reason = next(iter(pool.sweep.results.values())).reason
    assert f"killed by signal {signal.SIGABRT.value}" in reason
    assert len(reason) <= 300
    assert not list(pool.sweep.path.glob("*.log"))


class Idle:
    """A worker that is never done."""

    def __init__(self, folder: Folder, number: int, most: int, *_: object) -> None:
        self.most, self.slots, self.is_leaving, self.device, self.node = most, 1, False, "", ""
        self.jobs: dict[str, Job] = {}
        self.messages: list[dict[str, object]] = [{"device": "cpu"}]

    def give(self, job: Job, folder: Path) -> None:
        self.jobs[job.name] = job

    def read(self) -> tuple[list[dict[str, object]], bool]:
        return self.messages, True


@pytest.fixture
def idle_workers(monkeypatch: pytest.MonkeyPatch) -> list[Idle]:
    """Those that a pool begins."""
    begun: list[Idle] = []
    monkeypatch.setattr(processes, "ProcessWorker", lambda *given: begun.append(Idle(*given)) or begun[-1])
    return begun


@pytest.mark.parametrize(("threads", "asked", "count"), [(1, None, 6), (3, None, 2), (9, None, 1), (1, 1000, 8)])
def test_processes_are_as_many_as_there_are_cores_for_their_threads_and_runs_for_them(
    threads: int, asked: int | None, count: int, idle_workers: list[Idle], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "cores", lambda: 6)
    pool = Pool(Sweep.open(folder(), None, tiny_plan(threads=[threads])), asked)
    pool.poll()
    pool.poll()
    pool.sweep.close()
    assert len(idle_workers) == count
    assert all(worker.most <= 8 for worker in idle_workers)


def test_a_waiting_run_that_a_search_no_longer_needs_is_dropped(idle_workers: list[Idle]) -> None:
    text = f"{TINY.replace('20', '100')}\n[search]\nstart = 8\nlimit = 64\nshare = 0.6"  # two of three
    pool = Pool(Sweep.open(folder(), None, read(text, "few", "few")), 1)
    pool.poll()
    assert list(idle_workers[0].jobs) == ["length8-seed0"]
    for job in list(pool.sweep.jobs())[:2]:
        pool.sweep.take(job, Result("finished", 100, 2.3, 0.1, 0.1, 0.1, seconds=1.0))
    pool.renew()
    pool.poll()
    pool.sweep.close()
    states = {name: status.run.state for name, status in pool.statuses.items()}
    assert states == {"length8-seed0": "finished", "length8-seed1": "finished", "length8-seed2": "dropped"} | {
        f"length4-seed{seed}": "waiting" for seed in range(3)
    }


def test_a_signal_is_said_once_and_ends_a_sweep_that_still_loads(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TINY)
    process = begin(f"sweep {tmp_path / 'mine.toml'} --headless --workers 1")
    until(lambda: any(folder().glob("mine/worker-*.log")))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert err.count("SIGTERM: the runs save and stop") == 1
    assert not list(folder().glob("mine/worker-*.log"))
    assert Sweep.read(folder(), "mine").results == {}


@pytest.mark.usefixtures("own_signals")
def test_a_sweep_that_is_interrupted_says_how_to_go_on_and_repeats_nothing(
    workers_that: Callable[[str], None], tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(TINY)
    workers_that("interrupts")
    stopped = rnntui(f"sweep {tmp_path / 'mine.toml'} --headless --workers 1")
    assert stopped.exit_code == 128 + signal.SIGINT
    assert "`rnntui sweep mine` resumes it" in stopped.stderr
    (first,) = folder().glob(f"mine/*/{RESULT}")
    before = first.stat().st_mtime_ns
    workers_that("well")
    found = as_json(f"sweep {tmp_path / 'mine.toml'} --workers 1")
    assert found["done"] is True
    assert [run["state"] for run in found["runs"]] == ["finished"] * 3
    assert first.stat().st_mtime_ns == before


class Stillborn(Idle):
    """A worker that ends before it can begin, for lack of memory say."""

    refusal = None

    def read(self) -> tuple[list[dict[str, object]], bool]:
        return [], False

    def end(self) -> WorkerEnd:
        return WorkerEnd("its process was killed by signal 9")


def test_as_many_processes_as_began_are_as_many_as_the_machine_bears(
    idle_workers: list[Idle], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that could not begin is not started again and again."""
    kinds = chain([Idle], repeat(Stillborn))
    monkeypatch.setattr(
        processes, "ProcessWorker", lambda *given: idle_workers.append(next(kinds)(*given)) or idle_workers[-1]
    )
    pool = Pool(Sweep.open(folder(), None, tiny_plan()), 4)
    for _ in range(8):
        pool.poll()
    pool.sweep.close()
    assert [type(worker) for worker in idle_workers] == [Idle, Stillborn, Stillborn, Stillborn]
    assert [status.run.state for status in pool.statuses.values()] == ["running", *["waiting"] * 7]


@pytest.mark.parametrize(
    ("cell", "costs"), [("rnn", 1.0), ("gru", 3.0), ("lstm", 4.0), ("phased", 2.0), ("own_cell:Own", 4.0)]
)
def test_the_time_left_counts_a_step_by_the_arithmetic_of_its_cell(
    cell: str, costs: float, idle_workers: list[Idle]
) -> None:
    """An RNN that does 10 steps a second has 20 to go; the other run, of the same size, 40."""
    base = (
        '[base]\ntask = "palindrome"\nhidden = 8\nbatch = 4\nsteps = 40\nperiod = "3"\nratio = 0.3\n[axes]\ncell = {}'
    )
    plan = read(base.format(["rnn", cell]) if cell != "rnn" else base.format(["rnn"]) + "\nseed = [0, 1]", "p", "p")
    sweep = Sweep.open(folder(), None, plan)
    pool = Pool(sweep, 1)
    assert math.isnan(pool.seconds_left)
    pool.poll()
    (worker,) = idle_workers
    worker.messages = [{"run": plan.jobs()[0].name, "step": 20, "accuracy": 0.5, "loss": 1.0, "steps_per_second": 10.0}]
    pool.poll()
    assert pool.steps_per_second == 10.0
    assert pool.seconds_left == pytest.approx(2.0 + 4.0 * costs)
    sweep.close()
