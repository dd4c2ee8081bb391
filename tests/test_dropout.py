"""Dropout at each of its places, and weight decay, against the equations written out in plain torch."""

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from command import done, rnntui
from test_kernels import distance, needs_compiled
from tiny import TINY, killed_and_resumed, palindrome
from torch import Tensor

from rnntui import runs
from rnntui.config import Settings, as_dict, from_dict, make_settings
from rnntui.core import dropout
from rnntui.core.cells import SequenceCell, load_cell
from rnntui.core.cells.phased import PhasedLSTM, openness, phase
from rnntui.core.dropout import Dropout
from rnntui.core.kernels import compiled
from rnntui.core.kernels.choice import choose
from rnntui.core.kernels.compiled.gradient import Gradient
from rnntui.core.kernels.compiled.library import INSTRUCTIONS
from rnntui.core.model import Model
from rnntui.core.tasks import Batch
from rnntui.core.training.learner import Learner
from rnntui.core.training.trainer import Trainer
from rnntui.schemas import SweepFile, decoding
from rnntui.specs import CELLS, OPTIMIZERS

HERE = [instructions for instructions in INSTRUCTIONS if compiled.has(instructions)]
TOLERANCE = 1e-5  # of the norm
PLACES: list[dict[str, float]] = [
    {"dropout": 0.4},
    {"dropout_input": 0.3},
    {"dropout_between": 0.3},
    {"dropout_output": 0.6},
    {"dropout_recurrent": 0.25},
    {"dropout": 0.4, "dropout_input": 0.1, "dropout_output": 0.6, "dropout_recurrent": 0.25},
]
PLACE_NAMES = ["shorthand", "input", "between", "output", "recurrent", "all"]


pytestmark = pytest.mark.usefixtures("as_in_training")


# Masks


def plain_mask(shape: tuple[int, ...], share: float, generator: torch.Generator) -> Tensor:
    """As every version of rnntui has drawn it."""
    kept = torch.rand(shape, generator=generator) >= share
    return kept.to(torch.float32).div_(1 - share)


@pytest.mark.parametrize("shape", [(2,), (1, 1), (7, 3, 5), (7, 3, 6), (30, 5, 128), (0, 4)])
@pytest.mark.parametrize("share", [1e-9, 0.1, 0.25, 0.3, 0.5, 0.999, 1 - 1e-9])
def test_a_mask_is_that_of_torchs_own_random_numbers_to_the_bit(shape: tuple[int, ...], share: float) -> None:
    one, other = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    for _ in range(3):
        assert torch.equal(dropout.mask(shape, share, one, torch.empty(1)), plain_mask(shape, share, other))
        assert torch.equal(one.get_state(), other.get_state())


@needs_compiled
def test_masks_are_drawn_the_fast_way_here_and_as_before_where_torch_draws_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert dropout._library() is not None
    dropout._library.cache_clear()
    monkeypatch.setattr(dropout, "_from_bits", lambda *given: torch.zeros(64))
    assert dropout._library() is None
    monkeypatch.undo()
    dropout._library.cache_clear()


def test_a_mask_keeps_the_mean() -> None:
    mask = dropout.mask((1000, 1000), 0.4, torch.Generator().manual_seed(0), torch.empty(1))
    assert float((mask == 0).float().mean()) == pytest.approx(0.4, abs=0.002)
    assert float(mask.mean()) == pytest.approx(1.0, abs=0.004)


def test_the_shorthand_stands_for_what_is_not_given() -> None:
    assert Dropout.of(Settings(dropout=0.3)) == Dropout(between=0.3, output=0.3)
    assert Dropout.of(Settings(dropout=0.3, dropout_output=0.0)) == Dropout(between=0.3)
    assert Dropout.of(Settings(dropout=0.3, dropout_between=0.1, dropout_recurrent=0.2)) == Dropout(
        between=0.1, output=0.3, recurrent=0.2
    )
    assert not Dropout.of(Settings())
    assert Settings(dropout=0.3, dropout_output=0.3) == Settings(dropout=0.3), "two ways to say one thing"


# Against the equations


def written_out(model: Model, x: Tensor, state: Any, drop: Dropout, draws: torch.Generator) -> Tensor:
    """The logits of a network by its equations, each product by itself, with masks as plain torch draws them."""

    def mask(shape: tuple[int, ...], share: float) -> Tensor | float:
        return plain_mask(shape, share, draws) if share else 1.0

    of_inputs = mask(tuple(x.shape), drop.input)
    if not x.is_floating_point():
        x = torch.nn.functional.one_hot(x, model.cells[0].d).float()
        of_inputs = of_inputs.unsqueeze(-1) if isinstance(of_inputs, Tensor) else of_inputs
    x = x * of_inputs
    for k, (cell, (h, *c)) in enumerate(zip(model.cells, state, strict=True)):
        if k:
            x = x * mask(tuple(x.shape), drop.between)
        of_h, p, outputs = mask(tuple(h.shape), drop.recurrent), dict(cell.named_parameters()), []
        for t, x_t in enumerate(x):
            m = h * of_h
            if "W_hx" in p:
                h = torch.tanh(x_t @ p["W_hx"].T + m @ p["W_hh"].T + p["b_h"])
            elif "b_gh" in p:
                a, u = x_t @ p["W_x"].T + p["b"], m @ p["W_h"].T
                n = cell.n
                r, z = torch.sigmoid(a[:, :n] + u[:, :n]), torch.sigmoid(a[:, n : 2 * n] + u[:, n : 2 * n])
                g = torch.tanh(a[:, 2 * n :] + r * (u[:, 2 * n :] + p["b_gh"]))
                h = (1 - z) * g + z * h
            else:
                i, f, g, o = (x_t @ p["W_x"].T + m @ p["W_h"].T + p["b"]).chunk(4, 1)
                new_c = torch.sigmoid(i) * torch.tanh(g) + torch.sigmoid(f) * c[0]
                if isinstance(cell, PhasedLSTM):
                    open_ = openness(phase(t + 1, cell.tau, cell.s), cell.r_on, cell.leak).float()
                    new_c = open_ * new_c + (1 - open_) * c[0]
                    h = open_ * torch.tanh(new_c) * torch.sigmoid(o) + (1 - open_) * h
                else:
                    h = torch.tanh(new_c) * torch.sigmoid(o)
                c = [new_c]
            outputs.append(h)
        x = torch.stack(outputs)
    h = x[-1] if model.readout == "last" else x
    return h * mask(tuple(h.shape), drop.output) @ model.W_ph.T + model.b_p


def network(cell: str, places: dict[str, float], readout: str, n: int, inputs: str) -> tuple[Model, Tensor, Any, Any]:
    """A model of two layers, inputs, a state that is not zero, and targets."""
    d, o, T, B = 6, 11, 7, 5
    settings = Settings(cell=cell, hidden=n, layers=2, period="2:9", ratio=0.6, **places)  # type: ignore[arg-type]
    model = Model(settings, d, o, readout)
    model.initialise("uniform", T, torch.Generator().manual_seed(n))
    torch.manual_seed(n)
    x = torch.randint(d, (T, B)) if inputs == "index" else torch.randn(T, B, d)
    state = tuple(tuple(0.5 * torch.randn(B, n) for _ in range(each.states)) for each in model.cells)
    return model, x, state, torch.randint(o, (B,) if readout == "last" else (T, B))


def loss_and_gradient(model: Model, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, -2), targets.flatten())
    return loss, torch.cat([part.flatten() for part in torch.autograd.grad(loss, list(model.parameters()))])


@pytest.mark.parametrize("n", [7, 33])
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize("places", PLACES, ids=PLACE_NAMES)
@pytest.mark.parametrize("cell", CELLS)
def test_each_place_is_that_of_the_equations_with_every_kernel(
    cell: str, places: dict[str, float], readout: str, inputs: str, n: int
) -> None:
    model, x, state, targets = network(cell, places, readout, n, inputs)
    expected = loss_and_gradient(
        model, written_out(model, x, state, model.dropout, torch.Generator().manual_seed(5)), targets
    )
    masked = bool(model.dropout.recurrent)
    kernels = [choose(model.cells[0], "reference", masked=masked), choose(model.cells[0], "auto", masked=masked)]
    if not masked:
        kernels.append(choose(model.cells[0], "library"))
    if HERE and (not masked or cell != "phased"):
        for each in HERE:
            run: Any = lambda *given, each=each: compiled.run(*given, instructions=each)  # noqa: E731
            kernels.append(replace(choose(model.cells[0], "compiled", masked=masked), run=run))
    for kernel in kernels:
        model.kernel = kernel
        logits, _ = model(x, state, None, torch.Generator().manual_seed(5))
        loss, gradient = loss_and_gradient(model, logits, targets)
        assert loss.item() == pytest.approx(expected[0].item(), rel=1e-5), kernel.name
        assert distance(gradient, expected[1]) < TOLERANCE, kernel.name
    plain, _ = model(x, state)
    assert not torch.allclose(plain, logits), "nothing was dropped"


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("n", [7, 33])
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize("places", PLACES, ids=PLACE_NAMES)
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_gradient_without_autograd_is_that_of_the_equations(
    cell: str, places: dict[str, float], readout: str, inputs: str, n: int, instructions: str
) -> None:
    model, x, state, targets = network(cell, places, readout, n, inputs)
    out = torch.full((model.parameter_count(),), torch.nan)
    gradient = Gradient(compiled.library(instructions), model, out)
    for given in (state, None, state):  # on fresh buffers, from zeros, and on used ones
        loss, _ = gradient(Batch(x, targets), given, torch.Generator().manual_seed(5))
        before = model.initial_state(5) if given is None else given
        logits = written_out(model, x, before, model.dropout, torch.Generator().manual_seed(5))
        expected = loss_and_gradient(model, logits, targets)
        assert loss == pytest.approx(expected[0].item(), rel=1e-5)
        assert distance(out, expected[1]) < TOLERANCE


def test_the_recurrent_mask_is_one_for_a_sequence_and_units_that_are_dropped_feed_no_product() -> None:
    model, x, _, _ = network("rnn", {"dropout_recurrent": 0.5}, "every", 16, "index")
    mask = plain_mask((5, 16), 0.5, torch.Generator().manual_seed(1))
    seen, _ = model.kernel.run(model.cells[0], x, model.initial_state(5)[0], None, mask)
    with torch.no_grad():
        for b in range(5):  # a network without the columns of its dropped units
            W_hh = model.cells[0].W_hh * mask[b]
            h = torch.zeros(16)
            for t in range(len(x)):
                h = torch.tanh(model.cells[0].W_hx[:, x[t, b]] + W_hh @ h + model.cells[0].b_h)
                assert torch.allclose(h, seen[t, b], atol=1e-6)


@pytest.mark.parametrize("n", [7, 33])
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize("compiles", [pytest.param(True, marks=needs_compiled), False])
def test_processes_that_share_a_batch_drop_what_one_process_drops(
    compiles: bool, readout: str, inputs: str, n: int
) -> None:
    model, x, state, targets = network("gru", PLACES[-1], readout, n, inputs)  # a batch of 5
    whole = loss_and_gradient(model, model(x, state, None, torch.Generator().manual_seed(5))[0], targets)
    parts, drop = [], model.dropout
    for k in range(5):
        model.dropout = replace(drop, part=k, parts=5)
        own, own_targets = x[:, k : k + 1], targets[..., k : k + 1].contiguous()
        before = tuple(tuple(h[k : k + 1] for h in layer) for layer in state)
        draws = torch.Generator().manual_seed(5)
        if compiles:
            out = torch.empty(model.parameter_count())
            loss, _ = Gradient(compiled.library(), model, out)(Batch(own, own_targets), before, draws)
            parts.append((torch.tensor(loss), out))
        else:
            parts.append(loss_and_gradient(model, model(own, before, None, draws)[0], own_targets))
    for expected, of_parts in zip(whole, zip(*parts, strict=True), strict=True):
        assert distance(sum(of_parts) / 5, expected) < TOLERANCE


# Kernels that do not serve


def test_where_no_kernel_masks_the_state_the_loop_does_and_the_reason_is_said() -> None:
    cell = load_cell("phased").of(Settings(cell="phased", hidden=4), 3, 4)
    kernel = choose(cell, "auto", masked=True)
    assert kernel.name == "reference loop"
    assert kernel.why.endswith("which would serve, has no --dropout-recurrent")
    with pytest.raises(ValueError, match=r"--kernel library: .* has no --dropout-recurrent; take auto"):
        Model(Settings(cell="lstm", kernel="library", dropout_recurrent=0.1), 3, 3, "last")
    typed = f"train palindrome {_typed(TINY)} --cell phased --dropout-recurrent 0.1 --steps 2 --headless"
    said = rnntui(typed).stderr
    assert "reference loop" in said
    assert "has no --dropout-recurrent" in said


def test_no_cell_of_ones_own_has_it() -> None:
    assert not issubclass(SequenceCell, type(load_cell("lstm")))
    with pytest.raises(ValueError, match="--dropout-recurrent is for the cells of rnntui"):
        Settings(cell="mine:Cell", dropout_recurrent=0.1)


# Runs


def _typed(given: dict[str, Any]) -> str:
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in given.items())


@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("places", [*PLACES, {"weight_decay": 0.5}], ids=[*PLACE_NAMES, "decay"])
@pytest.mark.parametrize("task", ["palindrome", "text"])
def test_a_run_that_was_killed_goes_on_to_the_bit(task: str, places: dict[str, float], kernel: str) -> None:
    of_text = {"corpus": "pydoc", "stateful": True} if task == "text" else {}
    shape = {**TINY, "layers": 2, "steps": 40, "save_every": 10, "kernel": kernel}
    killed_and_resumed(make_settings(task, {**shape, **of_text, **places}))


def test_a_run_of_an_earlier_version_drops_between_layers_alone_and_goes_on_to_the_bit() -> None:
    settings = palindrome(layers=2, dropout=0.3, dropout_output=0.0, steps=40, save_every=10, optimizer="adamw")

    def as_before(run: runs.Run) -> None:
        path = run.path / "config.json"
        content = json.loads(path.read_text())
        for name in [name for name in content["settings"] if name.startswith("dropout_") or name == "weight_decay"]:
            del content["settings"][name]
        path.write_text(json.dumps(content))

    killed_and_resumed(settings, as_before)
    assert Dropout.of(from_dict({"task": "palindrome", "dropout": 0.3})) == Dropout(between=0.3)
    assert from_dict({"task": "palindrome", "dropout": 0.0}) == Settings()
    assert from_dict(as_dict(Settings(dropout=0.3))) == Settings(dropout=0.3)


def test_a_sweep_of_an_earlier_version_means_what_it_meant() -> None:
    def read(plan: dict[str, Any]) -> SweepFile:
        content = {"format": 1, "plan": {"name": "a", "title": "a", "base": {}, "axes": {}, **plan}}
        return decoding.decode(json.dumps(content).encode(), SweepFile, "sweep", "sweep.json")

    for plan in ({"base": {"dropout": 0.2}}, {"axes": {"dropout": [0.0, 0.2]}}, {"variants": {"a": {"dropout": 0.2}}}):
        assert read(plan).plan.base["dropout_output"] == 0.0
    assert read({"axes": {"lr": [0.1]}}).plan.base == {}


def test_what_is_not_given_is_shown_as_nothing() -> None:
    dropped = "--layers 2 --dropout 0.2 --dropout-recurrent 0.1"
    done(f"train palindrome {_typed(TINY)} {dropped} --steps 2 --headless --name a")
    told = done("runs show a")
    assert "dropout 0.2, dropout_input 0.0, dropout_recurrent 0.1" in told
    assert json.loads((runs.folder() / "a" / "config.json").read_text())["settings"]["dropout_output"] == ""


# Weight decay


@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_shrink_and_biases_do_not_with_every_optimizer(optimizer: str, kernel: str) -> None:
    lr, decay = 0.02, 3.0
    shape = {"optimizer": optimizer, "layers": 2, "lr": lr, "kernel": kernel}
    plain, decayed = (Learner(palindrome(**shape, weight_decay=each)) for each in (0.0, decay))
    for _ in range(3):  # each from the same weights, gradient and state of the optimizer
        before = [part.detach().clone() for part in plain.parameters]
        decayed.theta.detach().copy_(plain.theta.detach())
        for learner in (plain, decayed):
            learner.train_one(lr, 0.0)
        for part, other, was in zip(plain.parameters, decayed.parameters, before, strict=True):
            expected = part - lr * decay * was if was.dim() > 1 else part
            assert torch.allclose(other, expected, rtol=1e-5, atol=1e-7)


def test_adamw_without_weight_decay_is_torchs_to_the_bit_and_with_it_adam_with_it() -> None:
    def losses(**given: Any) -> list[float]:
        return [loss for report in Trainer(palindrome(steps=30, **given)) for loss in report.loss]

    assert losses(optimizer="adamw", weight_decay=0.2) == losses(optimizer="adam", weight_decay=0.2)
    assert losses(optimizer="adam", weight_decay=0.0) == losses(optimizer="adam")
    assert losses(optimizer="adamw", weight_decay=0.01) != losses(optimizer="adamw"), "torch's decays biases too"
    learner = Learner(palindrome(optimizer="adamw", kernel="reference"))
    theta = torch.nn.Parameter(learner.theta.detach().clone())
    torchs = torch.optim.AdamW([theta], lr=0.001, betas=(0.9, 0.999), fused=True)
    for _ in range(5):
        learner.train_one(0.001, 0.0)
        assert learner.theta.grad is not None
        theta.grad = learner.theta.grad.clone()
        torchs.step()
        assert torch.equal(theta, learner.theta)
