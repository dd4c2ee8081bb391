"""The rivals of `bench/training.py` have the same losses, from the same weights and on the same batches.

The floor has the products of a step, no more and no fewer, and a profile leaves no piece of it out.
"""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot
from torch.utils.flop_counter import FlopCounterMode

from rnntui.config import Settings, make_settings
from rnntui.core.model import Model
from rnntui.core.tasks import Batch
from rnntui.core.training.learner import Learner
from rnntui.core.training.trainer import Trainer

BENCH = Path(__file__).parents[1] / "bench"
STEPS = 4
RUNS = {
    "palindrome LSTM": ("palindrome", {"cell": "lstm"}),
    "palindrome RNN": ("palindrome", {"cell": "rnn", "clip": 0.01}),
    "palindrome GRU, Adam": ("palindrome", {"cell": "gru", "optimizer": "adam"}),
    "text LSTM": ("text", {"cell": "lstm", "layers": 2, "clip": 0.1}),
    "text GRU": ("text", {"cell": "gru", "layers": 2}),
}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The scripts of `bench/` can be imported, and are forgotten afterwards."""
    monkeypatch.syspath_prepend(BENCH)
    yield
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").parent == BENCH:
            del sys.modules[name]


@pytest.mark.parametrize("run", RUNS)
def test_the_plain_script_trains_what_rnntui_trains(bench: None, run: str) -> None:
    import plain

    learner, batches = start(run)
    s = learner.settings
    d, o = learner.task.input_size, learner.task.output_size
    network = plain.Network(plain.MODULES[s.cell](d, s.hidden, s.layers), o, every=s.task == "text")
    network.load_state_dict(as_torch(learner))
    train_one_bias_only(network.recurrent)
    optimizer = {"rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}[s.optimizer](network.parameters(), lr=s.lr)
    drawn = cycle([(one_hot(batch.inputs, d).float(), batch.targets) for batch in batches])
    agree(learner, plain.train(network, optimizer, s.clip, drawn.__next__))


def test_a_captured_step_follows_those_that_warm_up_and_is_the_plain_one(
    bench: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import plain

    for name in ("Stream", "CUDAGraph", "current_stream"):
        monkeypatch.setattr(torch.cuda, name, MagicMock())
    for name in ("stream", "graph"):
        monkeypatch.setattr(torch.cuda, name, nullcontext)
    batch = torch.randn(4, 6, 3), torch.randint(5, (6,))
    networks = [plain.Network(torch.nn.LSTM(3, 8), 5) for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    own, captured = (
        train(network, torch.optim.SGD(network.parameters(), lr=0.5), 1.0, lambda: batch)
        for train, network in zip((plain.train, plain.train_captured), networks, strict=True)
    )
    losses = [loss for loss, _ in islice(own, plain.WARM_UP + 1)]
    assert next(captured)[0] == losses[-1] < losses[0]


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
@pytest.mark.parametrize(("run", "way"), [*((run, (1, "lookup")) for run in RUNS), ("text LSTM", (2, "one-hot"))])
def test_the_jax_script_trains_what_rnntui_trains(bench: None, run: str, way: Any) -> None:
    import contenders
    import jax_script

    learner, batches = start(run)
    drawn = cycle([(batch.inputs.int().numpy(), batch.targets.int().numpy()) for batch in batches])
    script = contenders.script_of(jax_script, learner.settings, learner.settings.task == "text")
    agree(learner, script.train(as_jax(learner), drawn.__next__, jax_script.Way(*way)))


@pytest.mark.parametrize("entering", ["indices", "values"])
@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_floor_has_the_products_of_a_training_step_and_no_others(
    bench: None, cell: str, every: bool, entering: str
) -> None:
    import products

    layers, d, n, o, T, B = 2, 3, 8, 5, 4, 6
    readout = "every" if every else "last"
    model = Model(Settings(cell=cell, layers=layers, hidden=n, kernel="reference", device="cpu"), d, o, readout)
    floor = products.of(cell, layers, d, n, o, T, B, every, indices=entering == "indices")
    with FlopCounterMode(display=False) as of_floor:
        next(floor)
    with FlopCounterMode(display=False) as of_step:
        model(torch.randn(T, B, d), model.initial_state(B))[0].sum().backward()
    looked_up = 2 * 2 * T * B * d * products.GATES[cell] * n if entering == "indices" else 0
    assert of_floor.get_total_flops() == of_step.get_total_flops() - looked_up


@pytest.mark.parametrize("kernel", ["auto", "library"])
def test_the_profile_of_a_step_stamps_each_piece_and_leaves_the_trainer_as_it_was(bench: None, kernel: str) -> None:
    import profile_step as profile

    trainer, watch = Trainer(settings_of("text", {"layers": 2, "kernel": kernel, "steps": 9})), profile.Stopwatch()
    reports, grad = iter(trainer), torch.autograd.grad
    with profile.stamped(trainer, watch):
        next(report for report in reports if report.steps)
    needs_autograd = not trainer.learner.model.kernel.instructions
    foreign = {profile.PRODUCTS} if needs_autograd else {profile.GATHER, profile.CLIP}
    assert {part for part, spent in watch.spent.items() if not spent} == foreign
    assert torch.autograd.grad is grad
    watch.restart()
    next(report for report in reports if report.steps)
    assert not any(watch.spent.values())


def train_one_bias_only(recurrent: torch.nn.RNNBase) -> None:
    """Torch has two biases where the equations have one: the second stays as it is, but for the GRU's candidate."""
    n, has_own = recurrent.hidden_size, isinstance(recurrent, torch.nn.GRU)
    for name, bias in recurrent.named_parameters():
        if name.startswith("bias_hh"):
            trained = torch.zeros_like(bias)
            trained[len(bias) - n * has_own :] = 1.0
            bias.register_hook(lambda gradient, trained=trained: gradient * trained)


def start(run: str) -> tuple[Learner, list[Batch]]:
    """A tiny learner whose batches are fixed, and these."""
    task, given = RUNS[run]
    learner = Learner(settings_of(task, given))
    batches = [learner.task.batch(learner.batches) for _ in range(STEPS)]
    drawn = cycle(batches)
    learner.task.batch = lambda _: next(drawn)  # type: ignore[method-assign]
    return learner, batches


def settings_of(task: str, given: dict[str, Any]) -> Settings:
    sizes = {"hidden": 8, "length": 5, "batch": 6, "lr": 0.01, "init": "uniform", "device": "cpu", "threads": 1}
    return make_settings(task, {**sizes, **({"corpus": "pydoc"} if task == "text" else {}), **given})


def agree(learner: Learner, rival: Iterator[tuple[float, float]]) -> None:
    """Losses and accuracies of some steps: the later depend on gradients, clipping and the optimizer."""
    dial = learner.settings
    own = [learner.train_one(dial.lr, dial.clip)[:2].tolist() for _ in range(STEPS)]
    assert list(islice(rival, STEPS)) == [pytest.approx(value, abs=1e-5) for value in own]
    assert own[0][0] != pytest.approx(own[-1][0], abs=1e-4)


def as_torch(learner: Learner) -> dict[str, Tensor]:
    """The learner's weights by the names of `plain.Network`."""
    weights = {"readout.weight": learner.model.W_ph.detach(), "readout.bias": learner.model.b_p.detach()}
    for k, (W_x, W_h, b, b_gh) in enumerate(stacked(learner)):
        second = torch.cat([torch.zeros(len(b) - len(b_gh)), b_gh])
        of_layer = {"weight_ih": W_x, "weight_hh": W_h, "bias_ih": b, "bias_hh": second}
        weights |= {f"recurrent.{name}_l{k}": tensor for name, tensor in of_layer.items()}
    return weights


def as_jax(learner: Learner) -> dict[str, Any]:
    """The learner's weights as `jax_script.draw_weights` has them."""
    layers = []
    for W_x, W_h, b, b_gh in stacked(learner):
        layer = {"x": W_x.T.numpy(), "h": W_h.T.numpy(), "b": b.numpy()}
        layers.append(layer | ({"b_gh": b_gh.numpy()} if len(b_gh) else {}))
    readout = {"W": learner.model.W_ph.detach().T.numpy().copy(), "b": learner.model.b_p.detach().numpy().copy()}
    return {"layers": layers, "readout": readout}


def stacked(learner: Learner) -> list[tuple[Tensor, ...]]:
    """W_x, W_h, b and b_gh (empty but for the GRU) of each layer, copied."""
    found = []
    for cell in learner.model.cells:
        tensors = [parameter.detach().clone() for parameter in cell.parameters()]
        found.append((*tensors, torch.zeros(0))[:4])
    return found
