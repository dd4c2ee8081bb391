"""`--recurrent orthogonal` and `--init carry`: plain torch computes the same, W_hh stays orthogonal, runs resume."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from command import refused
from test_schedules import goes_on_as, numbers
from torch import Tensor, nn

from rnntui.config import Settings, make_settings
from rnntui.core.cells import carrying
from rnntui.core.kernels import compiled
from rnntui.core.training.learner import Learner
from rnntui.core.training.trainer import Trainer
from rnntui.specs import OPTIMIZERS

STEPS = 40
HELD: dict[str, Any] = {"cell": "rnn", "recurrent": "orthogonal"}
every_init = pytest.mark.parametrize("init", ["orthogonal", "carry"])
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS)


def settings(**given: Any) -> Settings:
    tiny = {"hidden": 12, "length": 6, "batch": 8, "steps": STEPS, "lr": 0.01, "threads": 1, "device": "cpu"}
    return make_settings("palindrome", {**tiny, **HELD, "save_every": 10, **given})


def recurrent(learner: Learner) -> list[Tensor]:
    return [tensor for name, tensor in learner.model.letters() if name.endswith("W_hh")]


def gain(given: Settings) -> float:
    return carrying.gain(given.length) if given.init == "carry" else 1.0


# The same in plain torch


@pytest.fixture
def float64() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


class PlainTorch:
    """An RNN whose W_hh is W₀ Cay(A/T), and whose input weights and biases are s times what is learned."""

    def __init__(self, learner: Learner) -> None:
        self.settings = learner.settings
        self.s = self.settings.input_scale
        if self.settings.init == "carry":
            self.s *= carrying.gain(self.settings.length) ** -self.settings.length
        start = {name: tensor.clone() for name, tensor in learner.model.letters()}
        self.W0 = start["0.W_hh"]
        self.A = nn.Parameter(torch.zeros_like(self.W0))
        self.V, self.b = nn.Parameter(start["0.W_hx"] / self.s), nn.Parameter(start["0.b_h"] / self.s)
        self.W_ph, self.b_p = nn.Parameter(start["W_ph"]), nn.Parameter(start["b_p"])
        self.parameters = [self.A, self.V, self.b, self.W_ph, self.b_p]
        self.optimizer = self.made()

    def made(self) -> torch.optim.Optimizer:
        rules: dict[str, Callable[[], torch.optim.Optimizer]] = {
            "sgd": lambda: torch.optim.SGD(self.parameters, lr=0.01),
            "momentum": lambda: torch.optim.SGD(self.parameters, lr=0.01, momentum=0.9),
            "adagrad": lambda: torch.optim.Adagrad(self.parameters, lr=0.01),
            "rmsprop": lambda: torch.optim.RMSprop(self.parameters, lr=0.01),
            "adam": lambda: torch.optim.Adam(self.parameters, lr=0.01),
            "adamw": lambda: torch.optim.AdamW(self.parameters, lr=0.01, weight_decay=0.01),
        }
        return rules[self.settings.optimizer]()

    def W_hh(self) -> Tensor:
        A, one = (self.A - self.A.T) / 2 / self.settings.length, torch.eye(len(self.A))
        return self.W0 @ torch.linalg.inv(one - A / 2) @ (one + A / 2)

    def train_one(self, inputs: Tensor, targets: Tensor, clip: float) -> tuple[float, float]:
        """The loss of a batch and the norm of its gradient, before a step."""
        W, h = self.W_hh(), torch.zeros(inputs.shape[1], len(self.A))
        for x in inputs:
            h = torch.tanh(self.s * self.V.T[x] + h @ W.T + self.s * self.b)
        loss = nn.functional.cross_entropy(h @ self.W_ph.T + self.b_p, targets)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.parameters, clip)
        self.optimizer.step()
        with torch.no_grad():
            self.W0 = self.W_hh()
            self.A.zero_()
        return loss.item(), norm.item()


@every_init
@every_optimizer
def test_plain_torch_learns_the_same(float64: None, init: str, optimizer: str) -> None:
    given = settings(init=init, optimizer=optimizer, input_scale=0.25, clip=0.1, kernel="reference")
    learner, data = Learner(given), Learner(given)
    plain = PlainTorch(learner)
    for _ in range(10):
        batch = data.task.batch(data.batches)
        loss, _, norm = learner.train_one(0.01, 0.1).tolist()
        assert (loss, norm) == pytest.approx(plain.train_one(batch.inputs, batch.targets, 0.1), rel=1e-9)
    letters = dict(learner.model.letters())
    assert not torch.allclose(plain.W0, recurrent(data)[0], rtol=0, atol=1e-7)
    torch.testing.assert_close(letters["0.W_hh"], plain.W0, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(letters["0.W_hx"], plain.s * plain.V.detach(), rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(letters["0.b_h"], plain.s * plain.b.detach(), rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(letters["W_ph"], plain.W_ph.detach(), rtol=1e-8, atol=1e-10)


@every_init
@pytest.mark.parametrize(
    "kernel",
    [
        "library",
        pytest.param("compiled", marks=pytest.mark.skipif(not compiled.has(""), reason="they were not built")),
    ],
)
def test_every_kernel_learns_what_the_loop_of_the_equations_does(init: str, kernel: str) -> None:
    fast, loop = (Learner(settings(init=init, optimizer="sgd", kernel=each)) for each in (kernel, "reference"))
    for _ in range(20):
        torch.testing.assert_close(fast.train_one(0.1, 1.0), loop.train_one(0.1, 1.0), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(fast.theta, loop.theta, rtol=1e-4, atol=1e-5)


# What stays


@every_init
@every_optimizer
@pytest.mark.parametrize("lr", [0.01, 1.0])
def test_the_recurrent_matrices_keep_their_singular_values(init: str, optimizer: str, lr: float) -> None:
    given = settings(init=init, optimizer=optimizer, layers=2, lr=lr)
    learner = Learner(given)
    before = [W.clone() for W in recurrent(learner)]
    assert len(before) == 2
    for _ in range(300):
        learner.train_one(lr, 1.0)
    for W, drawn in zip(recurrent(learner), before, strict=True):
        assert not torch.allclose(W, drawn, atol=1e-3)
        assert (W.T @ W / gain(given) ** 2 - torch.eye(given.hidden)).abs().max() < 1e-5


def test_weight_decay_leaves_the_recurrent_matrix_alone_and_shrinks_the_inputs() -> None:
    decaying = Learner(settings(init="carry", optimizer="sgd", weight_decay=0.5))
    drawn = dict(decaying.model.letters())["0.W_hx"].norm().item()
    for _ in range(300):
        decaying.train_one(1.0, 1.0)
    (W,) = recurrent(decaying)
    assert (W.T @ W / gain(decaying.settings) ** 2 - torch.eye(len(W))).abs().max() < 1e-5
    assert dict(decaying.model.letters())["0.W_hx"].norm() < 0.5 * drawn


def test_a_free_matrix_does_not_keep_them() -> None:
    learner = Learner(settings(recurrent="free", optimizer="adam"))
    for _ in range(300):
        learner.train_one(0.01, 1.0)
    (W,) = recurrent(learner)
    assert (W.T @ W - torch.eye(len(W))).abs().max() > 0.1


# Carry


@pytest.mark.parametrize("steps", [1, 10, 400, 1_000, 20_000])
def test_carry_draws_a_multiple_of_an_orthogonal_matrix_and_inputs_that_have_grown_back_at_the_last_step(
    steps: int,
) -> None:
    plain, carry = (
        dict(Learner(settings(init=init, length=steps)).model.letters()) for init in ("orthogonal", "carry")
    )
    growth = carrying.gain(steps) ** steps
    assert 1 < growth <= carrying.LARGEST_GROWTH * (1 + 1e-9)
    torch.testing.assert_close(carry["0.W_hh"], carrying.gain(steps) * plain["0.W_hh"])
    torch.testing.assert_close(carry["0.W_hx"].double() * growth, plain["0.W_hx"].double(), rtol=1e-5, atol=0)
    assert carry["W_ph"].equal(plain["W_ph"])


@pytest.mark.parametrize("kernel", ["auto", "library", "reference"])
def test_the_longest_growth_leaves_numbers_that_float32_has(kernel: str) -> None:
    learner = Learner(settings(init="carry", length=1_500, kernel=kernel))
    figures = [learner.train_one(0.01, 1.0).tolist() for _ in range(3)]
    assert all(math.isfinite(number) for row in figures for number in row)
    assert all(1e-4 < norm < 1e4 for _, _, norm in figures)
    assert learner.is_finite()


def smoothed(given: Settings) -> float:
    """The mean accuracy of the last 100 batches."""
    reports = list(Trainer(given))
    return sum([accuracy for report in reports for accuracy in report.accuracy][-100:]) / 100


def test_the_preset_solves_a_palindrome_that_the_same_network_unheld_does_not() -> None:
    given = {"length": 100, "steps": 120, "batch": 64, "threads": 1, "device": "cpu"}
    held = smoothed(make_settings("palindrome", given, "carry"))
    free = smoothed(make_settings("palindrome", {**given, "recurrent": "free"}, "carry"))
    assert held > 0.95
    assert free < 0.8


# Runs


@every_init
def test_a_run_that_was_killed_goes_on_to_the_bit(init: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trainer, "stride_length", lambda self: 1_000)
    alone = Trainer(settings(init=init, optimizer="adam"))
    expected = numbers(iter(alone))
    monkeypatch.setattr(Trainer, "stride_length", lambda self: 1)
    goes_on_as(alone, expected)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("palindrome --recurrent orthogonal", "--recurrent orthogonal is for a cell whose state passes through W_hh"),
        (
            "palindrome --cell gru --init carry",
            "--init carry is for a cell whose state passes through W_hh alone: take",
        ),
        ("palindrome --cell lstm --preset carry", "take --cell rnn"),
        ("palindrome --cell own_cell:Plain --recurrent orthogonal", "passes through W_hh alone: take --cell rnn"),
        ("palindrome --cell rnn --recurrent orthogonal --init uniform", "draws it otherwise: take orthogonal or carry"),
        ("palindrome --cell rnn --recurrent both", "--recurrent 'both' is unknown: there are free, orthogonal"),
        ("palindrome --preset carry --input scalar", "--preset carry sets nothing for the palindrome task with"),
        ("text --preset carry", "--preset carry sets nothing for the text task: it is for palindrome with"),
        ("text --cell rnn --recurrent orthogonal --init orthogonal --average ema", "exclude each other: an average of"),
    ],
)
def test_what_cannot_be_carried_is_refused_in_one_sentence(typed: str, sentence: str) -> None:
    assert sentence in refused(f"train {typed} --headless")
