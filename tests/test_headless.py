"""Training without a screen: signals, sudden death, divergence, and what is said on which stream."""

import fcntl
import json
import math
import os
import pty
import queue
import random
import shutil
import signal
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command import TINY, begin, done, refused, rnntui, run_named, said
from msgspec import to_builtins

from rnntui import runs
from rnntui.commands import train as train_command
from rnntui.commands.progress import training
from rnntui.commands.progress.training import TrainingStatus
from rnntui.commands.train import TrainingProgress
from rnntui.runs import METRICS, SAMPLES, Run
from rnntui.system import output, signals

if TYPE_CHECKING:
    import subprocess

FOR_EVER = f"train palindrome {TINY} --steps 1000000000 --save-every 1000000 --headless --name mine"


pytestmark = pytest.mark.usefixtures("own_signals")


def wait_for(truth: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Return once it is true; fail where the process ends before."""
    while not truth():
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)


def has_rows(name: str = "mine") -> Callable[[], bool]:
    path = run_named(name).path / METRICS
    return lambda: path.exists() and path.stat().st_size > 0


def last_step(run: Run) -> int:
    """The step of the newest row, 0 before the first."""
    return next((row.step for row in run.newest_metrics()), 0)


def numbers(run: Run, file: str = METRICS) -> list[dict[str, Any]]:
    """The rows but for the seconds they took."""
    rows = run.metrics() if file == METRICS else run.samples()
    return [{k: v for k, v in to_builtins(row).items() if k != "seconds"} for row in rows]


# Signals


def test_a_signal_saves_and_stops_and_a_second_harms_nothing() -> None:
    process = begin(FOR_EVER)
    wait_for(has_rows(), process)
    for _ in range(20):
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    run = run_named("mine")
    saved = run.steps_saved(whole=True)[-1]
    assert out.startswith(f"SIGINT: mine is saved at step {saved:,}; `rnntui resume mine` resumes it\n")
    assert "Traceback" not in err
    assert saved > 0
    assert not run.is_held()
    done(f"resume mine --steps {saved + 5} --headless")
    assert run.steps_saved(whole=True)[-1] == saved + 5


def test_a_signal_while_torch_is_loading_leaves_a_run_that_can_go_on() -> None:
    process = begin(FOR_EVER)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("--preset quick: ")
    assert process.stderr.readline() == "mine: loading PyTorch\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    (saved,) = run_named("mine").steps_saved(whole=True)[-1:]
    assert out.startswith(f"SIGTERM: mine is saved at step {saved:,}; `rnntui resume mine` resumes it\n")
    assert f"means of the last {min(100, saved + 5)} batches" in done(f"resume mine --steps {saved + 5} --headless")


def test_a_terminal_that_hangs_up_shows_a_bar_and_then_costs_nothing() -> None:
    master, terminal = pty.openpty()

    def own_the_terminal() -> None:
        for number in signals.SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    process = begin(FOR_EVER, **streams, start_new_session=True, preexec_fn=own_the_terminal)
    os.close(terminal)
    seen = b""
    while b"s left" not in seen:
        seen += os.read(master, 4096)
    os.close(master)
    assert process.wait(60) == 129
    assert run_named("mine").steps_saved(whole=True)[-1] > 0


def test_under_nohup_and_with_closed_streams_it_goes_on_until_it_is_told_to_stop() -> None:
    def as_nohup_does() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.close(1)
        os.close(2)

    process = begin(FOR_EVER, preexec_fn=as_nohup_does, stdout=None, stderr=None)
    wait_for(has_rows(), process)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert run_named("mine").steps_saved(whole=True)[-1] > 0


class Watcher:
    """A display that raises a signal once what it is shown fulfils a condition."""

    def __init__(self, when: Callable[[TrainingStatus], bool], number: signal.Signals = signal.SIGINT) -> None:
        self.when, self.number, self.raised_at = when, number, -1

    def show(self, status: TrainingStatus) -> None:
        if self.raised_at < 0 and self.when(status):
            self.raised_at = status.run.step
            signal.raise_signal(self.number)

    def say(self, sentence: str) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("number", signals.SIGNALS)
def test_each_signal_has_its_name_and_its_status(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_command, "display", lambda: Watcher(lambda status: status.run.step > 2, number))
    result = rnntui(FOR_EVER)
    assert result.exit_code == 128 + number
    run = run_named("mine")
    saved = run.steps_saved(whole=True)[-1]
    assert saved > 2
    way_on = "`rnntui resume mine` resumes it"
    assert result.stdout.startswith(f"{number.name}: mine is saved at step {saved:,}; {way_on}\n")
    assert not run.is_held()


class Waiter(Watcher):
    """A display that after the signal waits until something is said, as a long step would."""

    def __init__(self) -> None:
        super().__init__(lambda status: status.run.step > 2)
        self.said: queue.Queue[str] = queue.Queue()
        self.answer = ""

    def show(self, status: TrainingStatus) -> None:
        super().show(status)
        if self.raised_at == status.run.step:
            while not self.answer.startswith("SIGINT"):
                self.answer = self.said.get(timeout=60)

    def say(self, sentence: str) -> None:
        self.said.put(sentence)


def test_a_signal_during_a_long_step_is_answered_before_the_step_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    display = Waiter()
    monkeypatch.setattr(train_command, "display", lambda: display)
    assert rnntui(FOR_EVER).exit_code == 130
    assert display.answer == f"SIGINT: mine saves and ends after step {display.raised_at + 1:,}, which is under way"
    assert run_named("mine").steps_saved(whole=True)[-1] >= display.raised_at


def test_a_signal_that_is_acted_on_soon_is_not_answered_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "MOMENT", 3_600)
    said: list[signal.Signals] = []
    with signals.Signals() as noted, signals.acknowledged(said.append):
        signal.raise_signal(signal.SIGTERM)
    assert (noted.caught, said) == (signal.SIGTERM, [])


def test_a_signal_while_scoring_saves_and_the_score_is_made_up_for(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = f"train text {TINY} --steps 20 --validate-every 10 --headless --corpus {corpus} --name"
    done(f"{train} whole")
    watcher = Watcher(lambda status: status.doing.startswith("scoring the held-out text"))
    with monkeypatch.context() as patch:
        patch.setattr(train_command, "display", lambda: watcher)
        result = rnntui(f"{train} cut --json")
    assert result.exit_code == 130
    stopped = json.loads(result.stdout)
    assert (stopped["status"], stopped["saved_step"]) == ("stopped", 10)
    assert stopped["validation_loss"] is None
    done("resume cut --headless")
    assert numbers(run_named("cut")) == numbers(run_named("whole"))


def test_of_two_runs_a_signal_stops_the_first_and_the_second_never_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_command, "display", lambda: Watcher(lambda status: status.run.step > 2, signal.SIGTERM))
    result = rnntui("train --headless --name x --threads 1")
    assert result.exit_code == 143
    assert [run.name for run in runs.listed(runs.folder())] == ["x-palindrome"]
    assert run_named("x-palindrome").summary().status.state == "stopped"


# Sudden death


def test_a_run_killed_at_a_random_moment_goes_on_equal_to_the_bit(corpus: Path) -> None:
    """The learning rate is changed on the way; dropout and a carried state are on."""
    shape = "--hidden 8 --length 5 --batch 4 --layers 2 --dropout 0.2 --stateful --threads 1"
    every = "--save-every 100 --validate-every 200 --sample-every 50"
    train = f"train text --preset report {shape} {every} --headless --corpus {corpus}"
    done(f"{train} --steps 200 --name whole")
    killed = run_named("killed")
    shutil.copytree(run_named("whole").path, killed.path)
    done("resume whole --steps 600 --lr 0.01 --clip 0.5 --headless")
    process = begin("resume killed --steps 600 --lr 0.01 --clip 0.5 --headless")
    moment = random.randrange(210, 400)
    wait_for(lambda: last_step(killed) > moment, process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert last_step(killed) < 600
    done("resume killed --headless")
    assert numbers(killed) == numbers(run_named("whole"))
    assert numbers(killed, SAMPLES) == numbers(run_named("whole"), SAMPLES)
    weights = [run.checkpoint(600) / "model.safetensors" for run in (killed, run_named("whole"))]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    rates = {row["learning_rate"] for row in numbers(killed) if row["step"] > 200}
    assert rates == {0.01}


# Divergence


def test_a_diverged_run_says_what_to_do_and_that_works() -> None:
    train = f"train palindrome {TINY} --steps 60 --save-every 10 --headless --optimizer sgd --name wild"
    done(f"{train.replace('60', '20', 1)}")
    result = rnntui("resume wild --steps 60 --lr 1e38 --clip 1e38 --headless")
    assert result.exit_code == 3
    sentence = said(result)
    assert "wild diverged: the" in sentence
    assert "is not finite: lower the learning rate or the clip" in sentence
    assert "`rnntui resume wild --lr 0.001 --headless` resumes from the checkpoint of step 20" in sentence
    wild = run_named("wild")
    assert wild.summary().status.state == "diverged"
    assert wild.steps_saved(whole=True)[-1] == 20
    done("resume wild --lr 0.001 --clip 1 --headless")
    assert wild.summary().status.state == "finished"
    assert wild.steps_saved(whole=True)[-1] == 60


def test_a_diverged_run_prints_json_without_nan() -> None:
    result = rnntui(f"train palindrome {TINY} --steps 60 --optimizer sgd --lr 1e38 --clip 1e38 --json --name wild")
    assert result.exit_code == 3
    found = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(word))
    assert found["status"] == "diverged"
    assert found["saved_step"] == 0


# What is said


def test_a_run_of_fewer_than_100_steps_is_never_said_to_be_unsolved() -> None:
    words = f"train palindrome {TINY} --steps 60 --headless"
    result = rnntui(f"{words} --stop-at 0.9")
    assert "solved: not measured (it takes 100 steps)" in result.stdout
    assert "--stop-at needs the mean of 100 batches and --steps is 60: it will never stop" in result.stderr
    assert "not solved" not in result.output
    longer = rnntui(f"train palindrome {TINY} --steps 100 --headless --stop-at 0.9")
    assert "not measured" not in longer.output
    assert "it will never stop" not in longer.output


def test_speed_is_of_training_alone() -> None:
    from rnntui.core.tasks import Validation
    from rnntui.core.training.trainer import Report

    course = TrainingProgress(100)
    assert course.steps_per_second == 0
    course.follow(Report(110, range(101, 111), [1.0] * 10, [0.5] * 10, [1.0] * 10, 0.1, seconds=0.5))
    course.follow(Report(110, range(0), [], [], [], 0.1, 0.0, validation=Validation(0.25)))
    assert course.steps_per_second == 20
    assert course.doing == "scoring the held-out text, 25%"
    assert course.loss == 1.0
    course.follow(Report(110, range(0), [], [], [], 0.1, 0.0, validation=Validation(1.0, 1.0, 0.5)))
    assert course.doing == ""


def test_figures_are_on_standard_output_and_all_else_is_not(corpus: Path) -> None:
    result = rnntui(f"train text {TINY} --steps 120 --sample-every 40 --headless --corpus {corpus} --name mine")
    assert result.exit_code == 0
    assert result.stdout.startswith("mine is finished: step 120\n")
    assert "(means of the last 100 batches)" in result.stdout
    assert "bits per character (uniform" in result.stdout
    for words in (
        "loading PyTorch",
        "parameters, kernel",
        "corpus small",
        "no Project Gutenberg markers",
        "step 120/120",
    ):
        assert words in result.stderr
        assert words not in result.stdout


def test_a_sample_on_standard_error_is_no_control_sequence(
    make_corpus: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_command, "LINE_SECONDS", 0.0)
    monkeypatch.setattr(training, "LINE_SECONDS", 0.0)
    path = make_corpus("\x1b[31m red \u202e right [bold] to left [/]\n" * 40 + "x" * 4000)
    hot = "--temperature inf --sample-length 400 --sample-every 1"
    result = rnntui(f"train text {TINY} --steps 5 {hot} --headless --corpus {path}")
    assert r"\x1b" in result.stderr
    assert r"\u202e" in result.stderr
    assert "\x1b" not in result.stderr
    assert "\u202e" not in result.stderr


def test_a_resumed_run_says_what_differs(monkeypatch: pytest.MonkeyPatch, corpus: Path) -> None:
    done(f"train text {TINY} --steps 10 --headless --corpus {corpus} --name mine")
    result = rnntui("resume mine --steps 11 --threads 2 --headless")
    assert result.exit_code == 0
    assert "recorded with --threads 1, now 2: results may not be equal to the bit" in result.stderr
    assert "resumes from step 10" in result.stderr


def test_a_corpus_that_changed_stops_a_resume_and_nothing_is_lost(corpus: Path) -> None:
    done(f"train text {TINY} --steps 10 --headless --corpus {corpus} --name mine")
    corpus.write_text("Ж" + corpus.read_text())
    assert "has changed since run 'mine' learned it" in refused("resume mine --steps 20 --headless")
    assert run_named("mine").steps_saved(whole=True) == [0, 10]


def test_two_tasks_run_in_turn(monkeypatch: pytest.MonkeyPatch, corpus: Path) -> None:
    from rnntui.commands import launch as beginning
    from rnntui.config import make_settings

    tiny = {"hidden": 8, "length": 3, "batch": 4, "steps": 5, "threads": 1}
    both = [make_settings("palindrome", tiny), make_settings("text", {**tiny, "corpus": str(corpus)})]
    monkeypatch.setattr(beginning, "side_by_side", lambda given, preset: both)
    result = rnntui("train --json --name x")
    found = json.loads(result.stdout)["runs"]
    assert [(row["run"], row["step"], row["status"]) for row in found] == [
        ("x-palindrome", 5, "finished"),
        ("x-text", 5, "finished"),
    ]


def test_what_is_not_finite_is_null_in_json() -> None:
    content = {"a": float("nan"), "b": [float("inf"), 1.5, {"c": -float("inf")}], "d": "NaN"}
    assert json.loads(output.as_json(content)) == {"a": None, "b": [None, 1.5, {"c": None}], "d": "NaN"}


# Pipes


def test_a_reader_that_leaves_ends_a_sample_in_silence(
    text_run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from rnntui.cli import app

    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(SystemExit) as ended:
            app(["sample", "tiny", "--length", "100000"])
    assert ended.value.code in (0, 1)
    said = capfd.readouterr().err.splitlines()
    assert [line for line in said if "little more than noise" not in line] == []  # the one note it may give before


@pytest.mark.parametrize("command", ["runs", "runs --json", "--help"])
def test_a_reader_that_leaves_is_met_with_silence(command: str, corpus: Path) -> None:
    done(f"train text {TINY} --steps 5 --headless --corpus {corpus} --name mine")
    reading, writing = os.pipe()
    process = begin(command, stdout=writing)
    os.close(writing)
    os.close(reading)
    _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode in (0, 1)


@pytest.mark.parametrize(
    ("nats", "perplexity", "words"),
    [
        (1.5, 4.481689, "2.164 bits per character (bigram 3.100)\n  held-out text: accuracy 0.250, perplexity 4.482"),
        (650.0, math.exp(650.0), "perplexity 1.96e282"),
        (
            1.26e31,
            None,
            "1.82e31 bits per character (bigram 3.100)\n  held-out text: accuracy 0.250, perplexity beyond",
        ),
    ],
)
def test_a_loss_that_exploded_is_told_as_it_was_measured(
    nats: float, perplexity: float | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In figures and in words: nothing is clamped, and no line has three hundred digits."""
    figures = train_command.held_out(nats, 0.25)
    assert figures["perplexity"] == (perplexity and pytest.approx(perplexity))
    result = {"step": 100, "smoothed_loss": nats, "smoothed_accuracy": 0.1, "solved_at": None, "task": "text"}
    result |= {**figures, "baselines": {"bigram": 3.1}, "steps_per_second": None, "path": "runs/x"}
    train_command.say_result(train_command.Ending("finished", 0, "x is finished", result))
    out = capsys.readouterr().out
    assert words in out
    assert max(map(len, out.splitlines())) < 100
