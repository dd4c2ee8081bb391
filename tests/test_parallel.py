"""One network trained by several processes: equal to one process, to itself, and to the end of what was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ranks
import torch
from command import TINY, files, refused, rnntui, run_named
from safetensors.torch import load_file
from test_imports import loaded_by
from tiny import palindrome, text

from rnntui.config import Settings, as_dict, default_threads, make_settings
from rnntui.core.training.meeting import Built, Software, as_message, check_built, check_software
from rnntui.core.training.parallel import own_device
from rnntui.core.training.trainer import Trainer
from rnntui.runs import folder
from rnntui.system.world import World, followed, lost, world

STEPS = 100
SMALL = {"hidden": 9, "batch": 6, "threads": 1, "device": "cpu", "steps": STEPS}
PATIENCE = 120.0  # seconds until a condition is given up
TWO = World(0, 2, 0, 2)


def cases(corpus: Path) -> dict[str, Settings]:
    """One of each task, kernel and loss; with dropout, averages and states that are carried."""
    drops = {"dropout": 0.3, "dropout_input": 0.1, "dropout_recurrent": 0.2}
    stateful = {"stateful": True, "average": "ema", "length": 7, "validate_every": 0, "sample_every": 0}
    return {
        "palindrome": make_settings("palindrome", {**SMALL, "length": 4, "optimizer": "adam", "weight_decay": 0.01}),
        "orthogonal": make_settings("palindrome", {**SMALL, "cell": "rnn", "length": 9, "recurrent": "orthogonal"}),
        "noise": make_settings("noise", {**SMALL, "cell": "gru", "length": 3, "layers": 2, **drops}),
        "frequency": make_settings("frequency", {**SMALL, "cell": "phased", "length": 20, "sampling": "uneven"}),
        "text": text(corpus, **{**SMALL, **stateful, **drops, "layers": 2}),
        "loop": text(corpus, **{**SMALL, "kernel": "reference", "cell": "lstm", "length": 5, **drops}),
    }


def test_two_processes_train_as_one_does_within_1e_5_after_100_steps(corpus: Path, tmp_path: Path) -> None:
    every = cases(corpus)
    (tmp_path / "cases.json").write_text(json.dumps({name: as_dict(settings) for name, settings in every.items()}))
    both = ranks.ended(ranks.begin([str(ranks.HERE / "ranks.py"), str(tmp_path)]))
    assert [status for status, _, _ in both] == [0, 0], both
    for name, settings in every.items():
        alone = Trainer(settings)
        losses = [loss for report in alone for loss in report.loss]
        assert json.loads((tmp_path / f"{name}.json").read_text()) == pytest.approx(losses, rel=1e-5), name
        expected = {**alone.learner.tensors(), "theta": alone.learner.theta.detach()}
        kept = load_file(tmp_path / f"{name}.safetensors")
        assert kept.keys() == expected.keys()
        for key, tensor in expected.items():
            distance = (kept[key].double() - tensor.double()).norm() / tensor.double().norm().clamp(min=1e-9)
            assert distance < 1e-5, (name, key)
            assert not key.startswith("generator.") or torch.equal(kept[key], tensor)


def test_pauses_rates_saves_and_going_back_reach_all_processes_at_one_step() -> None:
    """A save, and each run has one at its end, fails where weights of two ranks are not equal to the bit."""
    (status, output, errors), other = ranks.ended(ranks.begin([str(ranks.HERE / "ranks.py")]))
    assert status == 0, errors
    assert other == (0, "", "")
    events = json.loads(output.splitlines()[-1])
    assert [event for event in events if event != "pause"][:5] == ["learning_rate", "save", "go_on", "go_back", "go_on"]
    assert run_named("seen").steps_saved(whole=True)


def wait_for_checkpoint(name: str, step: int, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE
    while not any(saved >= step for saved in run_named(name).steps_saved(whole=True)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def figures_of(name: str) -> list[dict[str, Any]]:
    """The rows of metrics without the time that they took."""
    rows = [json.loads(line) for line in (run_named(name).path / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def test_a_killed_process_ends_all_and_what_is_resumed_is_equal_to_the_bit(corpus: Path) -> None:
    command = f"train text {TINY} --preset report --corpus {corpus} --stateful --dropout 0.2 --layers 2 --headless"
    both = ranks.begin_command(f"{command} --steps 1000000 --save-every 20 --name killed")
    wait_for_checkpoint("killed", 20, both[0])
    both[1].kill()
    (status, _, errors), (killed, _, _) = ranks.ended(both)
    assert (status, killed) == (1, -signal.SIGKILL)
    saved = run_named("killed").steps_saved(whole=True)[-1]
    way_on = "`torchrun --nproc-per-node 2 -m rnntui resume killed` goes on"
    newest = f"(the newest checkpoint is that of step {saved:,})"
    assert f": rank 1 of 2 has ended, and so do all: {way_on} {newest}\n" in errors
    total = saved + 30
    ranks.done(f"resume killed --steps {total} --headless")
    ranks.done(f"{command} --steps {total} --save-every 20 --name whole")
    of_both = [files(run_named(name).checkpoint(total)) for name in ("killed", "whole")]
    for file in ("model.safetensors", "optimizer.safetensors"):
        assert of_both[0][file] == of_both[1][file]
    assert figures_of("killed") == figures_of("whole")
    assert run_named("killed").config().processes == 2
    alone = rnntui(f"resume killed --steps {total + 5} --headless")
    assert alone.exit_code == 0
    assert "recorded with 2 processes, now 1: results will not be equal to the bit" in alone.stderr
    assert "killed is finished" in alone.stdout


def children(process: "subprocess.Popen[str]") -> list[int]:
    """The processes that a process has started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True)
    return [int(pid) for pid in listed.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the processes of torchrun as Linux tells of them")
def test_after_a_restart_by_torchrun_the_same_run_goes_on() -> None:
    command = f"-m rnntui train palindrome {TINY} --steps 1000 --save-every 50 --headless"
    how = ["--standalone", "--nproc-per-node", "2", "--max-restarts", "1", "--monitor-interval", "0.1"]
    launched = subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", *how, *command.split()],
        env={**os.environ, "PYTHONPATH": str(ranks.HERE.parent), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_checkpoint("palindrome-lstm-1", 50, launched)
    for pid in children(launched):
        if b"\0RANK=0\0" in Path(f"/proc/{pid}/environ").read_bytes():
            os.kill(pid, signal.SIGKILL)
    output, errors = launched.communicate(timeout=250)
    assert launched.returncode == 0, errors
    assert "rank 0 of 2 has ended, and so do all: torchrun starts all again\n" in errors
    assert "palindrome-lstm-1: resumes from step" in errors
    assert "palindrome-lstm-1 is finished: step 1,000\n" in output
    assert [path.name for path in folder().iterdir() if path.is_dir()] == ["palindrome-lstm-1"]


def test_a_rank_with_another_version_is_named_and_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import rnntui\nrnntui.__version__ = '9.9'\n")
    path = os.pathsep.join([str(tmp_path), str(ranks.HERE.parent)])
    both = ranks.begin_command(f"train palindrome {TINY} --steps 3 --headless", PYTHONPATH=path)
    output, errors = both[0].communicate(timeout=250)
    both[1].terminate()  # as torchrun does
    assert both[1].communicate(timeout=250) == ("", "")
    assert (both[0].returncode, output) == (2, "")
    said = " ".join(line.strip(" │╭╮╰╯─") for line in errors.splitlines())
    assert "rank 1 on " in said
    assert "has rnntui 9.9, rank 0 on " in said
    assert list(folder().glob("palindrome*")) == []


# --- what can be checked without a second process -------------------------------------------------------------------


@pytest.fixture
def as_rank(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets this process be a rank of two."""

    def be(rank: int, **more: str) -> None:
        for name, value in ranks.environment(rank, 1, **more).items():
            monkeypatch.setenv(name, value)

    return be


def test_a_batch_that_cannot_be_split_is_refused_with_those_that_can(as_rank: Callable[..., None]) -> None:
    as_rank(0)
    assert "--batch 5 cannot be split evenly over 2 processes: 4 or 6 can" in refused("train palindrome --batch 5")
    assert "--batch 1 cannot be split evenly over 2 processes: 2 can" in refused("train palindrome --batch 1")


def test_a_run_whose_batch_cannot_be_split_is_not_resumed_by_as_many(as_rank: Callable[..., None]) -> None:
    rnntui(f"train palindrome {TINY} --batch 3 --steps 2 --headless --name odd")
    as_rank(0)
    assert "--batch 3 cannot be split" in refused("resume odd --steps 4")
    assert not run_named("odd").is_held()


def test_several_networks_are_refused(as_rank: Callable[..., None]) -> None:
    for name in ("a", "b"):
        rnntui(f"train palindrome {TINY} --steps 2 --headless --name {name}")
    as_rank(0)
    assert "torchrun trains one network by several processes" in refused("train --seed 1")
    assert "torchrun trains one network by several processes" in refused("resume a b --steps 3")


def test_the_threads_of_a_machine_are_shared_by_its_processes(
    as_rank: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(16), raising=False)
    assert default_threads() == 15
    as_rank(0)
    assert default_threads() == 8


def test_only_ranks_behind_0_of_train_and_resume_follow(as_rank: Callable[..., None]) -> None:
    assert followed(["train"]) is None
    as_rank(0)
    assert followed(["train"]) is None
    as_rank(1, TORCHELASTIC_RUN_ID="none", TORCHELASTIC_RESTART_COUNT="1", TORCHELASTIC_MAX_RESTARTS="3")
    assert followed(["runs"]) is None
    here = followed(["train", "text"])
    assert here is not None
    assert (here.rank, here.size, here.restarts, here.restarts_left) == (1, 2, 1, 2)
    assert here.launch.endswith(f":{os.getppid()}")


def test_what_torchrun_does_not_set_is_said(as_rank: Callable[..., None]) -> None:
    as_rank(0, RANK="first")
    with pytest.raises(ValueError, match="RANK=first in the environment is not a number"):
        world()


def test_versions_that_differ_are_named_with_their_machines() -> None:
    here, there = Software({"torch": "2.6", "rnntui": "1"}, "a"), Software({"torch": "2.7", "rnntui": "1"}, "b")
    check_software([as_message(here), as_message(here)])
    with pytest.raises(ValueError, match=r"rank 1 on b has torch 2\.7, rank 0 on a has 2\.6"):
        check_software([as_message(here), as_message(there)])


BUILT = Built(device="cpu", kernel="compiled", instructions="avx2", processor="x86", corpus="12345678", parameters=9)


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (replace(BUILT, problem="no corpus 'big'"), "rank 1: no corpus 'big'"),
        (replace(BUILT, corpus="abcdefgh"), r"another text as corpus 'big' \(sha256 abcdef…, on rank 0 123456…\)"),
        (replace(BUILT, vocabulary="x"), "another text as corpus 'big'"),
        (replace(BUILT, device="cuda"), "rank 1 would train on cuda, rank 0 on cpu"),
        (replace(BUILT, parameters=8), "rank 1 has a network of 8 weights"),
        (replace(BUILT, kernel="library"), "rank 1 would compute with the kernel library, rank 0 with compiled"),
        (replace(BUILT, instructions="avx512"), "rank 1 computes in x86 avx512, rank 0 in x86 avx2"),
        (replace(BUILT, processor="arm"), "which round differently"),
    ],
)
def test_what_a_rank_has_otherwise_is_named(other: Built, sentence: str) -> None:
    check_built([as_message(BUILT), as_message(BUILT)], "big")
    with pytest.raises(ValueError, match=sentence):
        check_built([as_message(BUILT), as_message(other)], "big")


def test_two_ranks_on_one_gpu_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (replace(BUILT, device="cuda", gpu=f"cuda:{k} of a") for k in (0, 1))
    check_built([as_message(first), as_message(second)], "")
    with pytest.raises(ValueError, match="ranks 0 and 2 would train on one GPU, cuda:0 of a"):
        check_built([as_message(first), as_message(second), as_message(first)], "")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match=r"2 processes on .* would share 1 GPU: start torchrun with --nproc"):
        own_device("auto", TWO)


def test_each_rank_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    assert own_device("auto", World(5, 8, 1, 4)) == own_device("cuda", World(1, 4, 1, 4)) == "cuda:1"
    assert own_device("cuda:3", TWO) == "cuda:3"
    assert own_device("cpu", TWO) == "cpu"
    with pytest.raises(ValueError, match="--device mps"):
        own_device("mps", TWO)


def test_of_more_processes_it_is_not_known_which_has_ended() -> None:
    said = str(lost(World(0, 6, 0, 3), "big", "out of memory"))
    assert said == (
        "one of the other 5 processes of 6 has ended (out of memory), and so do all: "
        "`torchrun --nnodes 2 --nproc-per-node 3 -m rnntui resume big` goes on"
    )


def test_without_torchrun_nothing_of_this_is_loaded() -> None:
    settings = as_dict(palindrome(steps=2))
    loaded = loaded_by(
        "from rnntui.config import from_dict\nfrom rnntui.core.training.trainer import Trainer\n"
        f"list(Trainer(from_dict({settings!r})))"
    )
    assert "rnntui.core.training.learner" in loaded
    assert not [module for module in loaded if module.startswith("rnntui.core.training.") and "parallel" in module]
    assert loaded.isdisjoint(f"rnntui.core.training.{module}" for module in ("channels", "leading", "following"))
