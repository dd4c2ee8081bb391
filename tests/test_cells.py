"""Cells against torch.nn, parameter counts by formula, initialisations by name, a cell of the user's own."""

import math
import sys
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rnntui.config import Settings, make_settings
from rnntui.core.cells import Cell, initialise, load_cell
from rnntui.core.generation.sampler import Writer
from rnntui.core.kernels import loop
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model
from rnntui.core.training.learner import stream
from rnntui.core.training.optim import flatten
from rnntui.core.training.trainer import Trainer
from rnntui.specs import CELLS

SIZES = [(1, 1, 1, 1), (3, 5, 4, 2), (10, 7, 12, 3)]  # d, n, T, B
OWN = "own_cell:Leaky"
IN_TORCH = ("rnn", "lstm", "gru")  # cells that torch has too


def random_cell(name: str, d: int, n: int, dtype: torch.dtype = torch.float64) -> Cell:
    cell = load_cell(name)(d, n).to(dtype)
    for parameter in cell.parameters():
        nn.init.normal_(parameter, 0.0, 0.5)
    return cell


def torch_twin(cell: Cell) -> nn.RNNBase:
    """torch's module of the same function: its first bias is the cell's, its second the GRU's b_gh or zero."""
    twin = {"VanillaRNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[type(cell).__name__](cell.d, cell.n)
    twin = twin.double()
    letter = dict(cell.letters())
    gates = {"VanillaRNN": ("h",), "LSTM": ("i", "f", "g", "o"), "GRU": ("r", "z", "g")}[type(cell).__name__]
    is_gru = isinstance(twin, nn.GRU)
    n = cell.n
    with torch.no_grad():
        twin.bias_hh_l0.zero_()
        for k, gate in enumerate(gates):
            rows = slice(k * n, (k + 1) * n)
            twin.weight_ih_l0[rows] = letter[f"W_{gate}x"]
            twin.weight_hh_l0[rows] = letter[f"W_{gate}h"]
            twin.bias_ih_l0[rows] = letter["b_gx" if is_gru and gate == "g" else f"b_{gate}"]
            if is_gru and gate == "g":
                twin.bias_hh_l0[rows] = letter["b_gh"]
    return twin


def gradients_by_letter(cell: Cell) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, parameter in cell.named_parameters():
        assert parameter.grad is not None
        gates = cell.blocks.get(name, (name,))
        found |= dict(zip(gates, parameter.grad.chunk(len(gates)), strict=True))
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", IN_TORCH)
def test_each_cell_is_the_function_of_torch_nn_with_its_gradients(name: str, size: tuple[int, ...]) -> None:
    torch.manual_seed(sum(size))
    d, n, T, B = size
    cell = random_cell(name, d, n)
    twin = torch_twin(cell)
    x = torch.randn(T, B, d, dtype=torch.float64, requires_grad=True)
    x_twin = x.detach().clone().requires_grad_()
    state = tuple(torch.randn(B, n, dtype=torch.float64).requires_grad_() for _ in range(cell.states))
    state_twin = [part.detach().clone().requires_grad_() for part in state]

    outputs, after = loop.run(cell, x, state)
    given = [part.unsqueeze(0) for part in state_twin]
    outputs_twin, after_twin = twin(x_twin, tuple(given) if len(given) == 2 else given[0])
    after_twin = after_twin if isinstance(after_twin, tuple) else (after_twin,)

    weight = torch.randn_like(outputs)
    weight_after = [torch.randn(B, n, dtype=torch.float64) for _ in state]
    (sum((a * w).sum() for a, w in zip(after, weight_after, strict=True)) + (outputs * weight).sum()).backward()
    last = sum((a[0] * w).sum() for a, w in zip(after_twin, weight_after, strict=True))
    (last + (outputs_twin * weight).sum()).backward()

    torch.testing.assert_close(outputs, outputs_twin, rtol=1e-12, atol=1e-12)
    for part, part_twin in zip(after, after_twin, strict=True):
        torch.testing.assert_close(part, part_twin[0], rtol=1e-12, atol=1e-12)
    for part, part_twin in zip((x, *state), (x_twin, *state_twin), strict=True):
        torch.testing.assert_close(part.grad, part_twin.grad, rtol=1e-11, atol=1e-12)
    gradient = gradients_by_letter(cell)
    gates = {"rnn": "h", "lstm": "ifgo", "gru": "rzg"}[name]
    for k, gate in enumerate(gates):
        rows = slice(k * n, (k + 1) * n)
        b = "b_gx" if (name, gate) == ("gru", "g") else f"b_{gate}"
        for letter, torchs in (
            (f"W_{gate}x", twin.weight_ih_l0),
            (f"W_{gate}h", twin.weight_hh_l0),
            (b, twin.bias_ih_l0),
        ):
            torch.testing.assert_close(gradient[letter], torchs.grad[rows], rtol=1e-11, atol=1e-12)
    if name == "gru":
        torch.testing.assert_close(gradient["b_gh"], twin.bias_hh_l0.grad[2 * n :], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("d", "n"), [(1, 1), (1, 128), (10, 128), (65, 33)])
@pytest.mark.parametrize("name", [*CELLS, OWN])
def test_parameters_are_as_many_as_the_formula_says(name: str, d: int, n: int) -> None:
    cell = load_cell(name)
    assert sum(parameter.numel() for parameter in cell(d, n).parameters()) == cell.parameter_count(d, n)
    lstm = 4 * n * (1 + d + n)
    formula = {"rnn": n * (d + n + 1), "lstm": lstm, "gru": n * (3 * d + 3 * n + 4), "phased": lstm + 3 * n}
    assert cell.parameter_count(d, n) == formula.get(name, n * (d + n + 2))


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("name", CELLS)
def test_a_model_adds_its_layers_and_the_read_out(name: str, layers: int) -> None:
    d, n, o = 7, 12, 5
    model = Model(Settings(cell=name, hidden=n, layers=layers, learn="period,shift,ratio"), d, o, "last")
    count = load_cell(name).parameter_count
    assert model.parameter_count() == count(d, n) + (layers - 1) * count(n, n) + o * (n + 1)
    trained = sum(parameter.numel() for parameter in model.parameters())
    where_gates_began = 3 * n * layers if name == "phased" else 0
    assert sum(tensor.numel() for _, tensor in model.letters()) == trained + where_gates_began


# Initialisations


def drawn(name: str, init: str, n: int = 64, d: int = 10, length: int = 50, seed: int = 0) -> dict[str, Tensor]:
    model = Model(Settings(cell=name, hidden=n, init=init), d, 10, "last")
    model.initialise(init, length, stream("cpu", seed, "weights"))
    named = {letter.removeprefix("0."): tensor for letter, tensor in model.letters()}
    return {letter: tensor for letter, tensor in named.items() if letter not in load_cell(name).drawn_here}


def test_normal_draws_weights_with_the_sources_scale_and_zero_biases() -> None:
    for name in CELLS:
        letters = drawn(name, "normal")
        for letter, tensor in letters.items():
            if letter.startswith("b"):
                assert not tensor.any()
            else:
                assert float(tensor.std()) == pytest.approx(1e-4, rel=0.15)
                assert abs(float(tensor.mean())) < 5e-4 / math.sqrt(tensor.numel())


@pytest.mark.parametrize("name", CELLS)
def test_a_network_that_is_drawn_once_more_keeps_nothing_of_the_first_time(name: str) -> None:
    model = Model(Settings(cell=name, hidden=64), 10, 10, "last")
    for init, seed in (("orthogonal", 1), ("normal", 0)):
        model.initialise(init, 50, stream("cpu", seed, "weights"))
    again = {letter.removeprefix("0."): tensor for letter, tensor in model.letters()}
    assert all(again[letter].equal(tensor) for letter, tensor in drawn(name, "normal").items())


@pytest.mark.parametrize("name", CELLS)
def test_the_input_scale_multiplies_the_first_layers_input_weights_and_nothing_else(name: str) -> None:
    def weights(scale: float) -> dict[str, Tensor]:
        model = Model(Settings(cell=name, hidden=6, layers=2), 3, 4, "last")
        model.initialise("orthogonal", 9, stream("cpu", 0, "weights"), scale)
        return dict(model.letters())

    plain, scaled = weights(1.0), weights(0.25)
    for letter, tensor in plain.items():
        factor = 0.25 if letter.startswith("0.") and letter.endswith("x") else 1.0
        assert scaled[letter].equal(tensor * factor)


@pytest.mark.parametrize(("name", "letter"), [("rnn", "W_hh"), ("lstm", "W_gh"), ("gru", "W_gh")])
def test_latch_is_orthogonal_with_self_loops_of_ten_in_the_candidates_matrix(name: str, letter: str) -> None:
    plain, latched = drawn(name, "orthogonal"), drawn(name, "latch")
    assert latched[letter].equal(10 * torch.eye(64))
    assert all(latched[other].equal(plain[other]) for other in plain if other != letter)


@pytest.mark.parametrize("name", IN_TORCH)
def test_a_latched_unit_keeps_the_sign_that_the_first_input_gives_it(name: str) -> None:
    model = Model(Settings(cell=name, hidden=256, init="latch"), 10, 10, "last")
    model.initialise("latch", 50, stream("cpu", 0, "weights"), 0.01)
    digits = torch.randint(10, (50, 1), generator=stream("cpu", 0, "digits")).repeat(1, 2)
    digits[1:, 1] = (digits[1:, 1] + 3) % 10  # two sequences that share the first digit alone
    with torch.no_grad():
        _, ((h, *_),) = model(digits, model.initial_state(2))
    assert float((h[0].sign() == h[1].sign()).float().mean()) > 0.75  # by chance half of them
    assert float(h.abs().mean()) > 0.4


def test_uniform_fills_torchs_range_for_weights_and_biases() -> None:
    for name in CELLS:
        for tensor in drawn(name, "uniform", n=64).values():
            assert float(tensor.abs().max()) <= 1 / 8
            assert float(tensor.std()) == pytest.approx(1 / 8 / math.sqrt(3), rel=0.4)


@pytest.mark.parametrize(("name", "gates"), [("rnn", "h"), ("lstm", "ifgo"), ("gru", "rzg")])
def test_orthogonal_makes_each_gates_recurrent_matrix_orthogonal(name: str, gates: str) -> None:
    letters = drawn(name, "orthogonal", n=64)
    for gate in gates:
        W = letters[f"W_{gate}h"].double()
        torch.testing.assert_close(W @ W.T, torch.eye(64, dtype=torch.float64), rtol=0, atol=1e-5)
        assert 0.9 / 8 < float(letters[f"W_{gate}x"].abs().max()) <= 1 / 8
    for letter in ("W_ph", "b_p"):
        assert 0.5 / 8 < float(letters[letter].abs().max()) <= 1 / 8
    for letter, tensor in letters.items():
        if letter.startswith("b") and letter != "b_p":
            assert (tensor == (1.0 if letter == "b_f" else 0.0)).all(), letter


@pytest.mark.parametrize(("name", "bias"), [("lstm", "b_f"), ("gru", "b_z")])
def test_forget_bias_is_uniform_but_for_the_gate_that_keeps(name: str, bias: str) -> None:
    letters, uniform = drawn(name, "forget-bias"), drawn(name, "uniform")
    assert (letters[bias] == 1.0).all()
    assert all(torch.equal(letters[letter], uniform[letter]) for letter in letters if letter != bias)


@cache
def orthogonal_of(name: str) -> dict[str, Tensor]:
    """What chrono leaves as it is; drawn once."""
    return drawn(name, "orthogonal", n=256)


@pytest.mark.parametrize(("name", "bias"), [("lstm", "b_f"), ("gru", "b_z")])
@pytest.mark.parametrize("length", [1, 2, 3, 50, 500])
def test_chrono_spreads_the_keeping_gates_bias_over_the_length(name: str, bias: str, length: int) -> None:
    letters, orthogonal = drawn(name, "chrono", n=256, length=length), orthogonal_of(name)
    keep, highest = letters[bias].exp(), max(2.0, length - 1.0)
    assert float(keep.min()) >= 1.0 - 1e-6
    assert float(keep.max()) <= highest * (1 + 1e-6)
    assert float(keep.mean()) == pytest.approx((1 + highest) / 2, rel=0.15)
    changed = {bias}
    if name == "lstm":
        assert torch.equal(letters["b_i"], -letters["b_f"])
        changed.add("b_i")
    assert all(
        torch.equal(letters[letter], orthogonal[letter])
        for letter in letters
        if letter not in (*changed, "W_ph", "b_p")
    )


@pytest.mark.parametrize("init", ["forget-bias", "chrono"])
def test_the_vanilla_rnn_has_no_gate_to_initialise(init: str) -> None:
    with pytest.raises(ValueError, match=f"--init {init}"):
        Settings(cell="rnn", init=init)
    with pytest.raises(ValueError, match=f"--init {init}"):
        initialise(load_cell("rnn")(3, 4), init, 10, torch.Generator())


@pytest.mark.parametrize("init", ["normal", "uniform", "orthogonal", "forget-bias", "chrono"])
def test_a_seed_draws_the_same_weights_whatever_torchs_own_generator_did(init: str) -> None:
    torch.manual_seed(1)
    first = drawn("lstm", init, seed=3)
    torch.manual_seed(2)
    again, other = drawn("lstm", init, seed=3), drawn("lstm", init, seed=4)
    assert all(torch.equal(first[letter], again[letter]) for letter in first)
    assert not torch.equal(first["W_gx"], other["W_gx"])


@pytest.mark.cuda
def test_weights_are_drawn_on_the_cpu_for_any_device() -> None:
    on_cpu, on_cuda = (Trainer(Settings(hidden=8, device=device)).learner.theta for device in ("cpu", "cuda"))
    assert torch.equal(on_cpu, on_cuda.cpu())


@pytest.mark.parametrize("name", [*CELLS, OWN])
def test_letters_are_views_of_the_parameters_also_after_flattening(name: str) -> None:
    model = Model(Settings(cell=name, hidden=4, layers=2), 3, 5, "last")
    for theta in (None, flatten(model)):
        for k, (_, tensor) in enumerate(model.letters(), 1):
            tensor.fill_(float(k))
        total = sum(k * tensor.numel() for k, (_, tensor) in enumerate(model.letters(), 1))
        held = (*model.parameters(), *model.buffers())
        assert sum(float(tensor.detach().sum()) for tensor in held) == total
        if theta is not None:
            assert float(theta.detach().sum()) == total - sum(float(buffer.sum()) for buffer in model.buffers())


# A cell of the user's own


def test_an_own_cell_trains_with_the_reference_loop() -> None:
    trainer = Trainer(Settings(cell=OWN, init="chrono", hidden=16, length=3, batch=16, steps=60, lr=0.01, threads=1))
    losses = [loss for report in trainer for loss in report.loss]
    assert trainer.learner.model.kernel.name == "reference loop"
    assert "Leaky" in trainer.learner.model.kernel.why
    assert sum(losses[-10:]) < 0.9 * sum(losses[:10])


def test_an_own_cell_writes_what_its_model_says(corpus: Path) -> None:
    settings = make_settings(
        "text", {"corpus": str(corpus), "cell": OWN, "hidden": 8, "length": 5, "batch": 4, "steps": 2, "threads": 1}
    )
    trainer = Trainer(settings)
    list(trainer)
    model, vocabulary = trainer.learner.model, ["a", "b", "c"]
    writer = Writer(Snapshot(model), vocabulary + ["?"] * (model.W_ph.shape[0] - 3), 1, temperature=0.0)
    writer.read("abca")
    with torch.inference_mode():
        logits, state = model(torch.tensor([[0], [1], [2], [0]]), model.initial_state(1))
        for character in islice(writer, 5):
            best = int(logits[-1].argmax())
            assert character == writer.vocabulary[best]
            logits, state = model(torch.tensor([[best]]), state)


def test_an_own_cell_is_found_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(__file__).with_name("own_cell.py").read_text()
    (tmp_path / "cell_of_mine.py").write_text(source)
    (tmp_path / "cell_with_a_slip.py").write_text(source + "\nclass:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder])
    assert load_cell("cell_of_mine:Leaky")(3, 4).step
    with pytest.raises(ValueError, match="--cell 'cell_with_a_slip:Leaky' cannot be imported: invalid syntax"):
        load_cell("cell_with_a_slip:Leaky")


@pytest.mark.parametrize(
    "name", ["own_cell:Nothing", "no_such_module:Cell", "rnntui.config:Settings", "rnntui.core.cells:load_cell"]
)
def test_what_is_no_cell_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"--cell '{name}'"):
        load_cell(name)
