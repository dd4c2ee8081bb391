"""A run that cannot fit into memory is refused before its first step, in one sentence; one that fits never is."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from command import TINY, done, refused, run_named

from rnntui.config import make_settings
from rnntui.core.training import memory_needs
from rnntui.core.training.learner import Learner
from rnntui.specs import CELLS, OPTIMIZERS
from rnntui.system import memory
from rnntui.system.memory import FLOAT32, Free

LIMIT = 3 << 30  # bytes of addresses: enough to load PyTorch


@pytest.fixture
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_needs, "SMALL", 0)


def leave(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(memory_needs, "free", lambda: Free(count, "of memory are free"))


def needed(learner: Learner) -> list[memory_needs.MemoryPart]:
    return memory_needs.parts(learner.settings, learner.task, learner.model, learner.device)


# What is refused


@pytest.mark.usefixtures("nothing_is_small")
def test_what_needs_more_than_is_free_is_refused_and_what_fits_to_the_byte_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = make_settings("palindrome", {"hidden": 8, "length": 20, "batch": 30, "threads": 1})
    total = sum(part.bytes for part in needed(Learner(settings)))
    leave(monkeypatch, total)
    Learner(settings)
    leave(monkeypatch, total - 1)
    with pytest.raises(ValueError, match="this run would need at least"):
        Learner(settings)


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"length": 300, "batch": 400},
            "most of it the states of 300 steps of --batch 400 in --layers 2 of --hidden 8: 1 MB of memory are free; "
            "lower --batch, --length or --hidden",
        ),
        ({"hidden": 300, "length": 3, "batch": 1}, "weights of --hidden 300 and --layers 2 and what training keeps"),
        ({"hidden": 1, "length": 300, "batch": 400, "layers": 1}, "most of it the predictions over "),
    ],
    ids=["states", "weights", "predictions"],
)
def test_the_sentence_names_what_is_largest_and_what_to_lower(
    given: dict[str, Any], sentence: str, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(monkeypatch, 1_000_000)
    typed = " ".join(f"--{name} {value}" for name, value in {"hidden": 8, "layers": 2, **given}.items())
    told = refused(f"train text {typed} --threads 1 --headless --name mine --corpus {corpus}")
    assert sentence in told
    assert "this run would need at least " in told
    assert not run_named("mine").path.exists()


@pytest.mark.usefixtures("nothing_is_small")
def test_a_run_that_no_longer_fits_is_refused_and_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    done(f"train palindrome {TINY} --steps 5 --headless --name mine")
    with monkeypatch.context() as patched:
        leave(patched, 1_000)
        assert "0 MB of memory are free" in refused("resume mine --steps 9 --headless")
    done("resume mine --steps 9 --headless")


def test_a_small_run_is_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    leave(monkeypatch, 0)
    done(f"train palindrome {TINY} --steps 2 --headless")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process takes is not told")
def test_a_limit_of_the_process_is_kept_to(tmp_path: Path) -> None:
    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))

    command = "train palindrome --cell rnn --hidden 512 --threads 1 --headless --runs"
    words = [sys.executable, "-m", "rnntui", *command.split(), str(tmp_path)]
    large = [*words, "--length", "1000", "--batch", "1000", "--name", "large"]
    told = subprocess.run(large, preexec_fn=bound, capture_output=True, text=True, check=False)
    said = " ".join(line.strip(" │") for line in told.stderr.splitlines())
    assert told.returncode == 2, told.stderr
    assert "this run would need at least 4.1 GB, most of it the states of 1,000 steps of --batch 1000" in said
    assert "GB are left of this process's limit (ulimit -v); lower --batch" in said.replace("MB are", "GB are")
    assert not (tmp_path / "large").exists()
    fits = [*words, "--length", "10", "--batch", "10", "--steps", "2", "--name", "fits"]
    assert subprocess.run(fits, preexec_fn=bound, capture_output=True, check=False).returncode == 0


# What is reckoned


def buffers(learner: Learner) -> Iterator[torch.Tensor]:
    """Those of the compiled layers that are as large as a batch's states."""
    assert learner._gradient is not None
    for layer in learner._gradient._layers:
        named = {id(buffer): buffer for buffer in (layer.h, layer.c, layer.gates, layer.dgates) if buffer is not None}
        yield from {tensor.data_ptr(): tensor for tensor in named.values()}.values()


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_states_are_those_that_the_compiled_kernels_keep(cell: str) -> None:
    settings = make_settings("palindrome", {"cell": cell, "hidden": 64, "length": 50, "batch": 8, "layers": 2})
    learner = Learner(settings)
    if not learner.model.kernel.instructions:
        pytest.skip("there are no compiled kernels here")
    learner.train_one(0.001, 10.0)
    held = sum(buffer.numel() for buffer in buffers(learner)) * FLOAT32
    reckoned = needed(learner)[1].bytes - 50 * 8 * memory_needs.INDEX
    assert 0.9 * held <= reckoned <= held


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kernel", ["auto", "reference"])
def test_more_of_anything_needs_more(cell: str, kernel: str, corpus: Path) -> None:
    given = {"cell": cell, "kernel": kernel, "hidden": 8, "layers": 1, "length": 5, "batch": 4, "corpus": str(corpus)}

    def total(**more: Any) -> int:
        return sum(part.bytes for part in needed(Learner(make_settings("text", {**given, **more, "threads": 1}))))

    usual = total()
    assert all(total(**more) > usual for more in ({"hidden": 9}, {"layers": 2}, {"length": 9}, {"batch": 9}))
    assert total(optimizer="adam") > usual > total(optimizer="sgd")


def test_what_keeps_a_matrix_orthogonal_is_reckoned() -> None:
    """Of 128 units each W_hh before the step, the identity, and A/2T, 1 ± A/2T, its factors and the turn: 4 n² each."""
    given = {"cell": "rnn", "hidden": 128, "layers": 2, "length": 5, "batch": 4, "init": "orthogonal", "threads": 1}
    free, held = (
        sum(part.bytes for part in needed(Learner(make_settings("palindrome", {**given, "recurrent": recurrent}))))
        for recurrent in ("free", "orthogonal")
    )
    assert held - free == (2 + 1 + 5) * 128**2 * FLOAT32


# What is free


def group(folder: Path, **files: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_", ".", 1)).write_text(f"{content}\n")
    return folder


V2 = ("memory.max", "memory.current", "memory.swap.max", "memory.swap.current")


def test_what_a_control_group_leaves_is_its_limit_less_what_is_used_but_files(tmp_path: Path) -> None:
    folder = group(tmp_path, memory_max=1_000, memory_current=700)
    assert memory._left(folder, *V2) == 300
    group(tmp_path, memory_stat="anon 500\ninactive_file 50\nactive_file 100\nfile 999")
    assert memory._left(folder, *V2) == 450
    (folder / "memory.swap.max").write_text("40\n")
    assert memory._left(folder, *V2) == 490
    group(tmp_path, memory_max="max")
    assert memory._left(folder, *V2) is None
    old = group(tmp_path / "old", memory_limit_in_bytes=2**63 - 4096, memory_usage_in_bytes=5)
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "", "")
    assert memory._left(old, *names) is None
    group(old, memory_limit_in_bytes=50)
    assert memory._left(old, *names) == 45
    assert memory._left(tmp_path / "nowhere", *V2) is None


def test_the_least_of_machine_group_and_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_of_machine", lambda: Free(30, "machine"))
    monkeypatch.setattr(memory, "_of_groups", lambda: iter([Free(20, "group"), Free(25, "above")]))
    monkeypatch.setattr(memory, "_of_process", lambda: iter([Free(40, "process")]))
    assert memory.free() == Free(20, "group")
    monkeypatch.setattr(memory, "_of_groups", lambda: iter(()))
    assert memory.free() == Free(30, "machine")


def test_what_is_free_here_is_some_of_what_the_machine_has() -> None:
    assert 0 < memory._of_machine().bytes <= 4 * memory.memory()  # with swap
    assert 0 <= memory.free().bytes <= 4 * memory.memory()


def test_on_a_gpu_what_torch_holds_unused_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100, 1_000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 70)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 40)
    assert memory_needs.free_on(torch.device("cuda", 0)) == Free(130, "of cuda:0 are free")
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 100)
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: 60)
    assert memory_needs.free_on(torch.device("mps")).bytes == 40


@pytest.mark.parametrize(("count", "words"), [(38_400_000_000, "38 GB"), (1_240_000_000, "1.2 GB"), (64e7, "640 MB")])
def test_bytes_in_words(count: int, words: str) -> None:
    assert memory_needs.in_words(int(count)) == words


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_an_optimizer_remembers_is_reckoned_with(optimizer: str) -> None:
    learner = Learner(make_settings("palindrome", {"hidden": 8, "batch": 4, "threads": 1, "optimizer": optimizer}))
    learner.train_one(0.001, 1.0)
    kept = [tensor for name, tensor in learner.tensors().items() if name.startswith("optimizer.")]
    assert sum(tensor.shape == learner.theta.shape for tensor in kept) == OPTIMIZERS[optimizer].remembers
