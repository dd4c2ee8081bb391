"""Optimizers over one flat θ are torch's, clipping keeps the direction, dials are functions of the step."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

from rnntui.config import Settings
from rnntui.core.training.learner import Learner
from rnntui.core.training.optim import (
    clip_gradient,
    flatten,
    gather_gradients,
    make_optimizer,
    optimizer_tensors,
    restore_optimizer,
    set_learning_rate,
)
from rnntui.core.training.schedules import Dials
from rnntui.runs import changes as journal_changes
from rnntui.schemas import JournalRow
from rnntui.specs import OPTIMIZERS

RATES = (0.01, 0.01, 0.02, 0.005, 0.005)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))


def loss_of(model: nn.Module, step: int) -> Tensor:
    source = torch.Generator().manual_seed(step)
    x, y = torch.randn(8, 5, generator=source), torch.randint(3, (8,), generator=source)
    return nn.functional.cross_entropy(model(x), y)


def plain(name: str, parameters: list[nn.Parameter]) -> Optimizer:
    """What one would write with torch alone, one tensor after the other."""
    match name:
        case "sgd":
            return SGD(parameters, lr=RATES[0], foreach=False)
        case "momentum":
            return SGD(parameters, lr=RATES[0], momentum=0.9, foreach=False)
        case "adagrad":
            return Adagrad(parameters, lr=RATES[0], foreach=False)
        case "rmsprop":
            return RMSprop(parameters, lr=RATES[0], foreach=False)
        case "adam":
            return Adam(parameters, lr=RATES[0], foreach=False)
    return AdamW(parameters, lr=RATES[0], foreach=False)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_over_the_flat_vector_is_torchs_over_each_tensor(name: str) -> None:
    flat, expected = network(), network()
    theta = flatten(flat)
    ours, torchs = make_optimizer(theta, Settings(optimizer=name)), plain(name, list(expected.parameters()))
    for step, rate in enumerate(RATES):
        gather_gradients(loss_of(flat, step), list(flat.parameters()), theta)
        set_learning_rate(ours, rate)
        ours.step()
        torchs.zero_grad()
        loss_of(expected, step).backward()
        for group in torchs.param_groups:
            group["lr"] = rate
        torchs.step()
        for a, b in zip(flat.parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-6)
    assert not torch.allclose(theta, flatten(network()), atol=1e-3)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 3])
def test_a_restored_optimizer_takes_the_same_next_steps_to_the_bit(name: str, steps: int) -> None:
    def train(model: nn.Module, theta: nn.Parameter, optimizer: Optimizer, span: range) -> None:
        for step in span:
            gather_gradients(loss_of(model, step), list(model.parameters()), theta)
            optimizer.step()

    settings = Settings(optimizer=name, lr=0.01)
    model, restored = network(), network()
    theta, theta_restored = flatten(model), flatten(restored)
    optimizer, optimizer_restored = make_optimizer(theta, settings), make_optimizer(theta_restored, settings)
    train(model, theta, optimizer, range(steps))
    kept = {name: tensor.clone() for name, tensor in optimizer_tensors(optimizer, theta).items()}
    theta_restored.detach().copy_(theta.detach())
    restore_optimizer(optimizer_restored, kept)
    train(model, theta, optimizer, range(steps, steps + 4))
    train(restored, theta_restored, optimizer_restored, range(steps, steps + 4))
    assert torch.equal(theta, theta_restored)
    if steps and kept:
        assert any(not torch.equal(kept[name], tensor) for name, tensor in optimizer_tensors(optimizer, theta).items())


def test_an_unknown_optimizer_is_refused_by_its_option() -> None:
    with pytest.raises(ValueError, match="--optimizer"):
        Settings(optimizer="newton")


def test_parameters_are_views_of_the_flat_vector() -> None:
    model = network()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    theta = flatten(model)
    assert torch.equal(theta, torch.cat([tensor.reshape(-1) for tensor in before]))
    theta.detach().mul_(2.0)
    assert all(torch.equal(a, 2 * b) for a, b in zip(model.parameters(), before, strict=True))


@pytest.mark.parametrize("clip", [1e-3, 1e3])
def test_clipping_bounds_the_global_norm_and_keeps_the_direction(clip: float) -> None:
    settings = Settings(optimizer="sgd", hidden=8, length=4, batch=8, threads=1)
    clipped, free = Learner(settings), Learner(settings)
    before = clipped.theta.detach().clone()
    norm = float(clipped.train_one(1.0, clip)[2])
    free.train_one(1.0, 1e9)
    taken, full = (before - learner.theta.detach() for learner in (clipped, free))
    assert norm == pytest.approx(float(full.norm()), rel=1e-5)
    assert float(taken.norm()) == pytest.approx(min(norm, clip), rel=1e-2 if clip < norm else 1e-5)
    assert float(taken @ full / taken.norm() / full.norm()) == pytest.approx(1.0, abs=1e-4)


def test_a_clip_of_0_leaves_every_gradient_as_it_is() -> None:
    settings = Settings(optimizer="sgd", hidden=8, length=4, batch=8, threads=1)
    off, high = Learner(settings), Learner(settings)
    norms = [float(learner.train_one(1.0, clip)[2]) for learner, clip in ((off, 0.0), (high, 1e30))]
    assert norms[0] == norms[1] > 0
    assert torch.equal(off.theta, high.theta)


@pytest.mark.parametrize(
    ("name", "given", "rule", "same"),
    [
        ("momentum", {"momentum": 0.5}, torch.optim.SGD, {"momentum": 0.5}),
        ("momentum", {}, torch.optim.SGD, {"momentum": 0.9}),
        ("rmsprop", {"rho": 0.5}, torch.optim.RMSprop, {"alpha": 0.5}),
        ("rmsprop", {}, torch.optim.RMSprop, {"alpha": 0.99}),
        ("adam", {"beta1": 0.5, "beta2": 0.9}, torch.optim.Adam, {"betas": (0.5, 0.9)}),
        ("adamw", {"beta1": 0.0, "beta2": 0.5}, torch.optim.AdamW, {"betas": (0.0, 0.5)}),
        ("adam", {}, torch.optim.Adam, {}),
        ("adamw", {}, torch.optim.AdamW, {}),
    ],
)
def test_momentum_decay_and_betas_are_those_of_torchs_rule(
    name: str, given: dict[str, float], rule: Any, same: dict[str, Any]
) -> None:
    ours, theirs = (torch.nn.Parameter(torch.linspace(-1, 1, 9)) for _ in range(2))
    made = make_optimizer(ours, Settings(optimizer=name, lr=0.1, **given))
    fused = {} if rule is torch.optim.RMSprop else {"fused": True}  # it has no such implementation
    wanted = rule([theirs], lr=0.1, **fused, **same)
    source = torch.Generator().manual_seed(0)
    for _ in range(5):
        ours.grad = torch.randn(9, generator=source)
        theirs.grad = ours.grad.clone()
        made.step()
        wanted.step()
    assert torch.equal(ours, theirs)


# Dials

CHANGES = st.lists(st.tuples(st.integers(0, 60), st.floats(1e-6, 1.0, allow_subnormal=False)), max_size=8)


@pytest.mark.parametrize(("step", "decays"), [(0, 0), (4_999, 0), (5_000, 1), (9_999, 1), (10_000, 2), (99_999, 19)])
def test_the_rate_decays_every_so_many_steps(step: int, decays: int) -> None:
    dials = Dials(Settings(lr=0.002, lr_decay=0.96, lr_decay_every=5_000))
    assert dials.learning_rate(step) == pytest.approx(0.002 * 0.96**decays, rel=1e-14)


def test_a_changed_rate_decays_from_where_it_was_changed() -> None:
    dials = Dials(Settings(lr=1.0, lr_decay=0.5, lr_decay_every=10))
    dials.change("learning_rate", 14, 0.8)
    dials.change("learning_rate", 30, 0.4)
    rates = {step: dials.learning_rate(step) for step in (9, 10, 13, 14, 19, 20, 29, 30, 39, 40)}
    assert rates == {9: 1, 10: 0.5, 13: 0.5, 14: 0.8, 19: 0.8, 20: 0.4, 29: 0.4, 30: 0.4, 39: 0.4, 40: 0.2}


@given(CHANGES, st.integers(1, 20), st.sampled_from([1.0, 0.5]))
def test_between_two_next_changes_nothing_changes(changes: list[tuple[int, float]], every: int, decay: float) -> None:
    dials = Dials(Settings(lr=0.1, lr_decay=decay, lr_decay_every=every))
    for at, value in changes:
        dials.change("learning_rate", at, value)
        dials.change("clip", at // 2, value)
    step = 0
    while step < 80:
        after = dials.next_change(step)
        assert after > step
        for within in range(step, int(min(after, 80))):
            assert dials.learning_rate(within) == dials.learning_rate(step)
            assert dials.clip(within) == dials.clip(step)
        step = int(min(after, 80))


@given(CHANGES)
def test_replaying_the_journal_gives_the_dials_that_were_turned(changes: list[tuple[int, float]]) -> None:
    settings = Settings(lr_decay=0.9, lr_decay_every=7)
    turned, replayed = Dials(settings), Dials(settings)
    rows: list[dict[str, object]] = []
    for at, value in changes:
        turned.change("learning_rate", at, value)
        rows += [JournalRow(step=at, event="pause"), JournalRow(step=at, event="learning_rate", value=value)]
    replayed.replay(rows)
    assert [turned.learning_rate(step) for step in range(70)] == [replayed.learning_rate(step) for step in range(70)]
    assert all(replayed.clip(step) == settings.clip for step in range(70))


@given(CHANGES)
def test_a_change_supersedes_those_of_later_steps_that_were_made_before_it(changes: list[tuple[int, float]]) -> None:
    rows = [JournalRow(step=at, event="clip", value=value) for at, value in changes]
    found = journal_changes(rows, "clip")
    assert [at for at, _ in found] == sorted({at for at, _ in found})
    for at in range(61):
        made = [k for k, (step, _) in enumerate(changes) if step <= at]
        expected = changes[made[-1]][1] if made else math.nan
        in_force = [value for step, value in found if step <= at]
        assert (in_force[-1] if in_force else math.nan) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("clip", [0.1, 1.0, 1e6])
def test_the_clipped_gradient_is_that_of_torch_over_all_parameters(clip: float) -> None:
    theta = torch.nn.Parameter(torch.zeros(50))
    theta.grad = torch.randn(50, generator=torch.Generator().manual_seed(0))
    parts = [torch.nn.Parameter(torch.zeros(20)), torch.nn.Parameter(torch.zeros(30))]
    for part, gradient in zip(parts, theta.grad.split([20, 30]), strict=True):
        part.grad = gradient.clone()
    norm = clip_gradient(theta, clip)
    torch.testing.assert_close(norm, torch.nn.utils.clip_grad_norm_(parts, clip))
    torch.testing.assert_close(theta.grad, torch.cat([part.grad for part in parts if part.grad is not None]))
    assert theta.grad.norm() <= clip
