"""What CUDA would run, on a machine without: a stride never waits for the device, whatever is trained.

Torch's `meta` device stands for CUDA: its tensors have shapes and no values, so that whatever needs a value raises
(`.item()`, `.tolist()`, `bool`, a mask as an index, a copy to the CPU). A copy to the device, for which the host waits
as well, is refused here. What torch itself does on CUDA only a GPU can tell: `bench/gpu.py` asks there.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from rnntui.config import make_settings
from rnntui.core.device import prepare
from rnntui.core.training import learner as learner_module
from rnntui.core.training import optim
from rnntui.core.training.learner import Learner, StateSnapshot
from rnntui.specs import CELLS, OPTIMIZERS, TASKS

STEPS = 3  # of a stride: in the first an optimizer makes what it keeps
TINY = {"hidden": 8, "length": 3, "batch": 4, "threads": 1, "device": "cuda"}
KERNELS = ("library", "reference")  # the compiled ones are the CPU's
DEVICE = torch.device("meta")


class NoCopies(TorchDispatchMode):
    """Refuses copies between devices. A fused optimizer is one operation on the device, which `meta` does not have."""

    def __torch_dispatch__(self, operation: Any, types: Any, given: Any = (), named: Any = None) -> Any:
        named = named or {}
        name = operation._schema.name
        if name.startswith("aten::_fused_"):
            return None
        if name == "aten::_to_copy":
            assert torch.device(named.get("device") or given[0].device) == given[0].device, "a copy between devices"
        elif name == "aten::copy_":
            assert given[0].device == given[1].device, "a copy between devices"
        return operation(*given, **named)


class NoNumbers(TorchFunctionMode):
    """Refuses tensors made of Python's numbers on the device, which are copied there."""

    def __torch_function__(self, function: Any, types: Any, given: Any = (), named: Any = None) -> Any:
        named = named or {}
        if function in (torch.tensor, torch.as_tensor) and torch.device(named.get("device") or "cpu") == DEVICE:
            is_there = isinstance(given[0], torch.Tensor) and given[0].device == DEVICE
            assert is_there, f"{given[0]} is copied to the device"
        return function(*given, **named)


class DeviceGenerator(torch.Generator):
    """A generator that says it is the device's."""

    device = DEVICE


@pytest.fixture(autouse=True)
def meta_for_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learners that ask for CUDA are made on `meta`, which rnntui and torch's optimizers take for it."""

    def stream_there(device: torch.device | str, seed: int, purpose: str) -> torch.Generator:
        return DeviceGenerator() if torch.device(device) == DEVICE else stream(device, seed, purpose)

    stream = learner_module.stream
    monkeypatch.setattr(learner_module, "stream", stream_there)
    monkeypatch.setattr(learner_module, "resolve", lambda name: DEVICE)
    monkeypatch.setattr(optim, "on_cuda", lambda theta: theta.is_meta)
    monkeypatch.setattr(torch._C, "_get_privateuse1_backend_name", lambda: DEVICE.type)  # what torch's lists end with


def train_a_stride(task: str, *, watched: bool = False, **given: Any) -> None:
    if task == "text":
        given["corpus"] = "pydoc"
    learner = Learner(make_settings(task, {**TINY, **given}))
    assert learner.theta.is_meta
    with NoCopies(), NoNumbers():
        StateSnapshot(learner).refresh()
        for _ in range(STEPS):
            if watched:
                learner.keep_before()
            learner.train_one(learner.settings.lr, learner.settings.clip)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("task", TASKS)
def test_a_stride_never_waits_for_the_device(task: str, cell: str, kernel: str) -> None:
    train_a_stride(task, cell=cell, kernel=kernel)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_no_optimizer_waits_for_the_device(optimizer: str) -> None:
    train_a_stride("palindrome", optimizer=optimizer)


def test_a_stride_whose_newest_step_is_looked_at_does_not_wait_either() -> None:
    train_a_stride("palindrome", watched=True)


@pytest.mark.parametrize(
    ("task", "given"),
    [
        ("text", {"stateful": True, "layers": 2, "dropout": 0.1}),
        ("text", {"average": "ema"}),
        ("text", {"average": "tail"}),
        ("text", {"layers": 2, "dropout": 0.1, "dropout_input": 0.2, "dropout_recurrent": 0.3, "kernel": "auto"}),
        ("noise", {"cell": "phased", "dropout_input": 0.2, "dropout_recurrent": 0.3, "input": "scalar"}),
        ("palindrome", {"cell": "gru", "layer_norm": True}),
        ("text", {"layer_norm": True, "stateful": True}),
        ("palindrome", {"weight_decay": 0.1}),
        ("palindrome", {"weight_decay": 0.1, "optimizer": "adamw"}),
        ("text", {"stateful": True, "cell": "phased"}),
        ("frequency", {"sampling": "uneven", "cell": "phased", "kernel": "auto"}),
        ("frequency", {"batch": 5}),
        ("noise", {"cell": "phased", "learn": "none"}),
        ("noise", {"cell": "phased", "leak": 0.1}),
        ("palindrome", {"input": "scalar", "clip": 0}),
        ("palindrome", {"cell": "rnn", "recurrent": "orthogonal", "init": "carry"}),
    ],
    ids=lambda part: part if isinstance(part, str) else " ".join(f"{name}={value}" for name, value in part.items()),
)
def test_no_setting_lets_a_stride_wait(task: str, given: dict[str, Any]) -> None:
    train_a_stride(task, **given)


def test_products_on_cuda_are_whole_float32_ones() -> None:
    backends = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [backend.allow_tf32 for backend in backends]
    try:
        for backend in backends:
            backend.allow_tf32 = True
        prepare(torch.device("cuda", 0), threads=1)
        assert [backend.allow_tf32 for backend in backends] == [False, False]
    finally:
        torch.use_deterministic_algorithms(False)
        for backend, allowed in zip(backends, before, strict=True):
            backend.allow_tf32 = allowed


@pytest.mark.parametrize(
    "wait",
    [
        lambda t: t.sum().item(),
        lambda t: t.tolist(),
        lambda t: bool(t.any()),
        lambda t: float(t[0]),
        lambda t: t.cpu(),
        lambda t: t[t > 0],
        lambda t: torch.zeros(3).to(t.device),
        lambda t: t.copy_(torch.zeros(3)),
        lambda t: torch.as_tensor(1.0, device=t.device),
    ],
)
def test_whatever_waits_is_noticed(wait: Callable[[torch.Tensor], object]) -> None:
    values = torch.zeros(3, device=DEVICE)
    with NoCopies(), NoNumbers(), pytest.raises((AssertionError, RuntimeError)):
        wait(values)
