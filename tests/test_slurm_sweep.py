"""Sweeps on SLURM: the same results whatever is preempted, cancelled or killed; and what cannot be submitted.

Jobs are those of submitit's local and debug executors, or of `slurm_commands.py`, which stands in for a cluster.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from command import as_json, done, refused
from test_sweep import finish, tiny_plan
from tiny import palindrome

from rnntui.runs import Run, folder
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.places import slurm_task
from rnntui.sweeps.places.choice import Where, open_at
from rnntui.sweeps.places.mailbox import JOB, MAILBOX, POOL, PROBE, STEP, WORKER, Lines, as_line
from rnntui.sweeps.places.processes import message_in, order
from rnntui.sweeps.places.relay import versions
from rnntui.sweeps.places.slurm import SlurmCluster, SlurmWorker
from rnntui.sweeps.places.slurm_queue import JobState
from rnntui.sweeps.places.slurm_task import WorkerLife
from rnntui.sweeps.plan import Job
from rnntui.sweeps.pool import Pool
from rnntui.system.folder import Folder

NAMES = [f"length{length}-seed{seed}" for length in (4, 5) for seed in range(2)]
SWEEP = "sweep --cell rnn --length 4,5 --seeds 2 --steps 6000 --hidden 8 --batch 4 --save-every 500 --name s"
PATIENCE = 200.0  # seconds


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--slurm time=5", "--slurm is for a cluster of SLURM's: add --on slurm, or leave it out"),
        ("--on ray --slurm time=5", "--slurm is for a cluster of SLURM's"),
        ("--dry-run", "--dry-run shows what --on slurm submits: add --on slurm"),
        ("--on ray --dry-run", "--dry-run shows what --on slurm submits"),
        ("--on slurm --no-shared", "--no-shared is for Ray: on SLURM all nodes see the folder of the runs"),
        ("--on slurm:far", "--on 'slurm:far' is no place that runs can be trained in: take `ray`"),
        ("--on slurm --cpus-per-run 0", "--cpus-per-run must be a number above 0, not 0"),
    ],
)
def test_what_slurm_is_not_asked_is_refused(words: str, sentence: str) -> None:
    assert sentence in refused(f"{SWEEP} {words}")
    assert not folder().exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "--on slurm: there is no sbatch on this machine: run it where jobs are submitted, or try it out by --on"),
        ("--slurm partition", "--slurm takes KEY=VALUE, such as --slurm partition=long, not 'partition'"),
        ("--slurm partiton=x", "--slurm 'partiton' is unknown (did you mean partition?): there are account, "),
        ("--slurm reservation=x", "another option of sbatch is --slurm additional_parameters=NAME=VALUE"),
        ("--slurm time=soon", "--slurm time must be minutes, hours:minutes:seconds or days-hours, such as 90"),
        ("--slurm time=0", "--slurm time must be minutes"),
        ("--slurm time=5 --slurm time=6", "--slurm time is given twice"),
        ("--slurm signal_delay_s=x", "--slurm signal_delay_s must be a whole number, not 'x'"),
        ("--slurm nodes=2", "--slurm nodes is left out: a run is trained on one"),
        ("--slurm cpus-per-task=2", "--slurm cpus_per_task is left out: --cpus-per-run says it"),
        ("--slurm array_parallelism=2", "--workers says how many jobs there are at a time"),
        ("--cpus-per-run 1.5", "--cpus-per-run must be a whole number on SLURM, not 1.5"),
        ("--gpus-per-run 0.25", "--gpus-per-run must be a whole number on SLURM, not 0.25"),
    ],
)
def test_what_submitit_does_not_take_is_refused(words: str, sentence: str) -> None:
    pytest.importorskip("submitit")
    more = words if not words or "sbatch" in words else f"{words} --dry-run"
    assert sentence in refused(f"{SWEEP} --on slurm {more}")
    assert not folder().exists()


def test_without_submitit_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "submitit", None)
    assert "--on slurm needs submitit: `pip install 'rnntui[slurm]'`" in refused(f"{SWEEP} --on slurm")
    assert not folder().exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("1:30", 2), ("1:30:00", 90), ("2-12", 3600), ("1-0:30", 1470), ("0:0:1", 1), ("1-00:00:00", 1440)],
)
def test_a_time_is_read_as_sbatch_reads_it(text: str, expected: int) -> None:
    from rnntui.sweeps.places.slurm_options import minutes

    assert minutes(text) == expected


# --- a cluster that stands in -------------------------------------------------------------------------------------


class Cluster:
    """The commands of SLURM, and a sweep that is submitted by them."""

    def __init__(self, place: Path, on: str = "slurm", room: int = 2) -> None:
        import slurm_commands

        self.place, self.on, self._commands = place, on, slurm_commands
        self.environment = {**os.environ, **slurm_commands.install(place, room)}
        self._drivers: list[subprocess.Popen[str]] = []

    def sweep(self, more: str = "") -> "subprocess.Popen[str]":
        """Start it, or go on with it."""
        command = [sys.executable, "-m", "rnntui", *SWEEP.split(), "--on", self.on, *more.split(), "--headless"]
        self._drivers.append(subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE, text=True))
        return self._drivers[-1]

    def jobs(self, state: str) -> list[str]:
        """Those that are so."""
        return [job for job in self._commands.jobs(self.place) if self._commands.state(self.place, job) == state]

    def submitted(self) -> list[str]:
        """All that there were."""
        return self._commands.jobs(self.place)

    def command(self, *words: str) -> None:
        subprocess.run(words, env=self.environment, check=True)

    def close(self) -> None:
        for driver in self._drivers:
            driver.kill()
            driver.wait()
        self._commands.end(self.place)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    pytest.importorskip("submitit")
    made = Cluster(tmp_path / "slurm", room=4)
    yield made
    made.close()


def said_by(key_of: str) -> Iterator[dict]:
    """What workers said, or were told."""
    with Folder(folder() / "s" / MAILBOX, "the messages") as box:
        for name in box.names():
            if name.endswith(key_of):
                yield from Lines(box, name).new()


def until(happens: Callable[[], object], driver: "subprocess.Popen[str]") -> None:
    """Wait for something that happens while the sweep goes on; no run is held twice meanwhile."""
    from ray_nodes import held_twice

    until = time.monotonic() + PATIENCE
    while not happens():
        assert not held_twice(NAMES, folder())
        assert driver.poll() is None, driver.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same sweep, trained by processes of this machine."""
    place = tmp_path_factory.mktemp("here")
    command = [sys.executable, "-m", "rnntui", *SWEEP.split(), "--headless", "--runs", str(place)]
    subprocess.run(command, check=True, capture_output=True)
    return place / "s"


def finished(driver: "subprocess.Popen[str]", here: Path) -> str:
    """What a sweep said that ended well, its results those of this machine."""
    from ray_nodes import held_twice, results_of, rows_of

    while driver.poll() is None:
        assert not held_twice(NAMES, folder())
        time.sleep(0.05)
    said = driver.communicate()[1]
    assert driver.returncode == 0, said
    assert results_of(folder() / "s") == results_of(here)
    assert (folder() / "s" / "figure.svg").read_bytes() == (here / "figure.svg").read_bytes()
    for name in NAMES:
        assert rows_of(folder() / "s" / name) == rows_of(here / name) != []
    return said


def at_work() -> list[dict]:
    """How far runs are that are in training and have a checkpoint to go on from."""
    steps = []
    with suppress(FileNotFoundError):
        for file in (folder() / "s" / MAILBOX).glob(f"*{STEP}"):
            step = message_in(file.read_bytes())
            if step is not None and max(Run(folder() / "s" / step["run"]).steps_saved(whole=True), default=0) > 0:
                steps.append(step)
    return steps


def test_a_sweep_is_preempted_and_cancelled_and_loses_no_step(cluster: Cluster, here: Path) -> None:
    """Two jobs: one is preempted as submitit does it, and requeued; then the other is cancelled, and replaced."""
    import submitit

    driver = cluster.sweep("--workers 2")
    until(at_work, driver)
    preempted, other = cluster.jobs("RUNNING")
    for name in ("SIGTERM", submitit.JobEnvironment.USR_SIG):  # `SlurmJob._interrupt`, which would need its own PATH
        cluster.command("scancel", preempted, "--signal", name)
    until(lambda: sum("life" in said and said["job"] == preempted for said in said_by(WORKER)) == 2, driver)
    cluster.command("scancel", other)
    said = finished(driver, here)
    assert f"job {preempted} was preempted or timed out: its runs are saved" in said
    assert len(cluster.submitted()) == 3
    assert not (folder() / "s" / MAILBOX).exists()


def test_a_sweep_whose_process_is_killed_goes_on_with_its_jobs(cluster: Cluster, here: Path) -> None:
    driver = cluster.sweep("--workers 2")
    until(at_work, driver)
    driver.kill()
    driver.wait()
    jobs = cluster.submitted()
    assert cluster.jobs("RUNNING") == jobs
    elsewhere = subprocess.run(
        [sys.executable, "-m", "rnntui", *SWEEP.split(), "--headless"], env=cluster.environment, capture_output=True
    )
    assert elsewhere.returncode == 2
    assert b"of --on slurm may still train runs of sweep" in elsewhere.stderr
    said = finished(cluster.sweep("--workers 2"), here)
    assert "2 jobs of before are still there" in said
    assert cluster.submitted() == jobs  # no other was needed


def test_a_sweep_that_is_stopped_saves_its_runs_and_cancels_what_waits(tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    cluster = Cluster(tmp_path / "slurm", room=1)
    try:
        driver = cluster.sweep()
        until(at_work, driver)
        driver.send_signal(signal.SIGINT)
        said = driver.communicate(timeout=PATIENCE)[1]
        assert driver.returncode == 128 + signal.SIGINT, said
        assert sorted(cluster.jobs("CANCELLED") + cluster.jobs("COMPLETED")) == cluster.submitted()
        saved = [max(Run(folder() / "s" / name).steps_saved(whole=True), default=0) for name in NAMES]
        assert [step % 500 for step in saved if step]  # at the step where it stood
        assert not (folder() / "s" / MAILBOX).exists()
    finally:
        cluster.close()


def test_the_script_of_a_dry_run_is_what_is_submitted(cluster: Cluster) -> None:
    pytest.importorskip("submitit")
    asked = "--slurm time=1:30:00 --slurm partition=full --slurm additional_parameters=reservation=x --cpus-per-run 2"
    shown = done(f"{SWEEP} --on slurm --workers 3 --dry-run {asked}")
    assert not folder().exists()
    for line in ("--array=0-2%3", "--time=90", "--reservation=x", "--cpus-per-task=2", "--requeue", "--signal=USR2@90"):
        assert f"\n#SBATCH {line}\n" in shown
    driver = cluster.sweep(f"--workers 3 {asked}")
    said = driver.communicate(timeout=PATIENCE)[1]
    assert driver.returncode == 2
    assert "jobs cannot be submitted: sbatch: error: Batch job submission failed" in " ".join(said.split()).replace(
        "│ ", ""
    )
    assert not cluster.submitted()
    assert (cluster.place / "refused.sh").read_text() + "\n" == shown
    plain = as_json(f"{SWEEP} --on slurm --dry-run")
    assert plain["runs"] == NAMES
    assert "#SBATCH --array=0-3%4\n" in plain["script"]


# --- submitit's own executors -------------------------------------------------------------------------------------


def turned(pool: Pool, each: Callable[[], None] = lambda: None) -> None:
    """Turn a pool to its end."""
    while not pool.is_over:
        pool.poll()
        each()
        pool.wait(1.0)
    pool.close()
    pool.sweep.close()
    assert pool.failure is None
    assert [status.run.state for status in pool.statuses.values()] == ["finished"] * len(pool.statuses)


def alone(sweep: Sweep) -> None:
    """Check that a sweep came out as it does without a cluster."""
    from ray_nodes import rows_of

    there = Sweep.open(folder() / "here", None, sweep.plan)
    finish(there, 1)
    assert [replace(result, seconds=0.0) for result in sweep.results.values()] == [
        replace(there.results[name], seconds=0.0) for name in sweep.results
    ]
    for job in sweep.jobs():
        assert rows_of(sweep.path / job.name) == rows_of(there.path / job.name) != []


@pytest.mark.parametrize("on", ["slurm:local", "slurm:debug"])
def test_submitits_own_executors_train_a_sweep(on: str) -> None:
    pytest.importorskip("submitit")
    sweep = Sweep.open(folder(), None, tiny_plan(cell=["rnn"]))
    pool = Pool(sweep, None, open_at(sweep, Where(on, workers=1)))
    nodes = set()
    turned(pool, lambda: nodes.update(status.node for status in pool.statuses.values()))
    assert any(re.fullmatch(r".+, job \w+", node) for node in nodes)
    alone(sweep)
    assert not (sweep.path / MAILBOX).exists()


def test_a_local_job_that_submitit_interrupts_is_replaced_and_its_orphan_ends() -> None:
    """`_interrupt` kills the process that keeps a local job, and not what that has started."""
    pytest.importorskip("submitit")
    sweep = Sweep.open(folder(), None, tiny_plan(steps=3000, cell=["rnn"], length=[2]))
    place = open_at(sweep, Where("slurm:local", workers=1))
    assert isinstance(place, SlurmCluster)
    pool, interrupted = Pool(sweep, None, place), []

    def interrupt_once() -> None:
        if not interrupted and any(status.run.step for status in pool.statuses.values()):
            (job,) = place.queue.own.values()
            job._interrupt()
            interrupted.append(job.job_id)

    turned(pool, interrupt_once)
    assert interrupted
    alone(sweep)


# --- messages -----------------------------------------------------------------------------------------------------


def test_lines_are_read_once_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    lines = Lines(Folder(tmp_path, "the messages"), "lines")
    assert lines.new() == []
    file.write_bytes(as_line({"a": 1}) + b'{"b"')
    assert lines.new() == [{"a": 1}]
    with file.open("ab") as more:
        more.write(b": 2}\nno message\n" + as_line({"c": 3}))
    assert lines.new() == [{"b": 2}, {"c": 3}]
    assert lines.new() == []


def test_a_sweep_with_messages_of_workers_is_removed_and_what_is_not_theirs_stays(tmp_path: Path) -> None:
    Sweep.open(folder(), "s", tiny_plan()).close()
    box = folder() / "s" / MAILBOX
    box.mkdir()
    names = [PROBE, *(f"0123abcd{end}" for end in (JOB, POOL, STEP, WORKER)), "12_3_submitted.pkl", "12_3_0_log.out"]
    for name in (*names, "12_submission.sh", "12_3_0_result.pkl", f"{'0a' * 16}.pkl", "mine.txt"):
        (box / name).touch()
    (box / f".submission_file_{'0a' * 16}.sh").symlink_to(box / "12_submission.sh")
    assert f"contains '{MAILBOX}/mine.txt', which rnntui did not write" in refused("runs rm --yes s")
    (box / "mine.txt").unlink()
    done("runs rm --yes s")
    assert not (folder() / "s").exists()


class Silent:
    """A cluster whose one job says nothing."""

    def __init__(self, path: Path, state: JobState) -> None:
        self.path, self.folder, self.queue, self._state = path, Folder(path, "the folder"), self, state
        self.told: list[str] = []

    def submit(self) -> None:
        pass

    def look_soon(self) -> None:
        pass

    def state(self, job: str) -> JobState:
        return self._state

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)


LIFE = {"life": "a", "job": "12_0", "node": "node1", "versions": versions(), "is_shared": True}


@pytest.mark.parametrize(
    ("said", "state", "is_lost", "reason"),
    [
        ([LIFE], "NODE_FAIL", True, "job 12_0 on node1 ended (node fail)"),
        ([LIFE], "TIMEOUT", True, "job 12_0 on node1 ended (timeout)"),
        ([], "CANCELLED", True, "job 12_0 on node1 ended (cancelled)"),
        ([LIFE], "", True, "job 12_0 on node1 ended (gone from the queue)"),
        ([LIFE, {"away": True}], "FAILED", True, "job 12_0 on node1 ended (failed)"),
        ([LIFE], "OUT_OF_MEMORY", False, "job 12_0 on node1 ended (out of memory): Killed"),
        ([], "FAILED", False, "job 12_0 on node1 ended (failed): Killed"),
        (
            [LIFE, {"end": "its process was killed by signal 9", "is_lost": False}],
            "COMPLETED",
            False,
            "its process was",
        ),
        ([{**LIFE, "is_shared": False}], "RUNNING", False, "node1 does not see "),
        ([{**LIFE, "versions": {**versions(), "torch": "9.9"}}], "RUNNING", False, "node node1 has torch 9.9, here "),
    ],
)
def test_the_end_of_a_job_has_its_reason(
    said: list[dict], state: str, is_lost: bool, reason: str, tmp_path: Path
) -> None:
    cluster = Silent(tmp_path, JobState(state, "node1"))
    (tmp_path / "12_0_0_log.out").write_text("Killed\nsrun: error: task 0\n")
    worker = SlurmWorker(cluster, "0123abcd")  # type: ignore[arg-type]
    worker.submitted("12_0", "")
    (tmp_path / f"0123abcd{WORKER}").write_bytes(b"".join(map(as_line, said)))
    assert worker.read() == ([], False)
    assert worker._end is not None
    assert (worker._end.is_lost, worker._end.reason[: len(reason)]) == (is_lost, reason)


def test_a_job_that_ends_without_a_word_or_a_log_asks_for_a_shared_disk(tmp_path: Path) -> None:
    (tmp_path / MAILBOX).mkdir()
    worker = SlurmWorker(Silent(tmp_path / MAILBOX, JobState("FAILED", "node7")), "0123abcd")  # type: ignore[arg-type]
    worker.submitted("12_0", "")
    assert worker.read() == ([], False)
    assert str(worker.refusal).startswith(
        f"job 12_0 on node7 ended (failed) before it said a word: its node does not see {str(tmp_path)!r}, and all"
    )


# --- the worker's side --------------------------------------------------------------------------------------------


def spoken(tmp_path: Path) -> list[dict]:
    """What the worker said, but for the versions of its node."""
    said = Lines(Folder(tmp_path, "the messages"), f"0123abcd{WORKER}").new()
    return [{key: value for key, value in message.items() if key not in ("versions", "node")} for message in said]


def test_a_worker_without_work_gives_its_job_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("submitit")
    monkeypatch.setattr(slurm_task, "IDLE_SECONDS", 0.0)
    (tmp_path / PROBE).touch()
    WorkerLife(tmp_path, "0123abcd", "cpu", "12_0").live()
    first, *between, last = spoken(tmp_path)
    assert (first["job"], first["is_shared"]) == ("12_0", True)
    assert {"leaving": True} in between
    assert last == {"end": "its process ended with status 0", "is_lost": True}


def test_a_worker_obeys_what_was_said_to_its_own_life_alone(tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    job = Job("one", {}, palindrome(steps=4))
    to_another = as_line({"life": "another", **order(job, tmp_path)})
    (tmp_path / f"0123abcd{POOL}").write_bytes(to_another + as_line({"close": True}))
    WorkerLife(tmp_path, "0123abcd", "cpu", "12_0").live()
    assert not (tmp_path / "one").exists()
    assert not spoken(tmp_path)[0]["is_shared"]


def test_a_life_that_finds_another_ends_its_worker_without_a_word(tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    life = WorkerLife(tmp_path, "0123abcd", "cpu", "12_0")
    thread = threading.Thread(target=life.live)
    thread.start()
    while len(spoken(tmp_path)) < 2:
        time.sleep(0.05)
    with (tmp_path / f"0123abcd{WORKER}").open("ab") as beside:
        beside.write(as_line({"life": "another"}))
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert spoken(tmp_path)[-1] == {"life": "another"}
