"""Layer normalisation, against the equations written out in plain torch, with every kernel and on every front end."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from command import done, rnntui
from test_kernels import distance, needs_compiled
from tiny import TINY, killed_and_resumed, palindrome, text, trained
from torch import Tensor

from rnntui import runs
from rnntui.config import Settings, as_dict, from_dict, make_settings
from rnntui.core.cells import load_cell
from rnntui.core.generation.loading import Snapshot
from rnntui.core.kernels import compiled, loop
from rnntui.core.kernels.choice import choose
from rnntui.core.kernels.compiled.library import INSTRUCTIONS
from rnntui.core.model import Model
from rnntui.core.training import memory_needs
from rnntui.core.training.learner import Learner
from rnntui.sessions.forecast import parameters
from rnntui.specs import CELLS
from rnntui.text import format

HERE = [instructions for instructions in INSTRUCTIONS if compiled.has(instructions)]
NORMED = [name for name, spec in CELLS.items() if spec.normed]
TOLERANCE = 1e-5  # of the norm


pytestmark = pytest.mark.usefixtures("as_in_training")


# Against the equations


def norm(a: Tensor, gain: Tensor) -> Tensor:
    """LN by its definition, with the variance that divides by the count."""
    centred = a - a.mean(-1, keepdim=True)
    return gain * centred / (centred.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()


def written_out(model: Model, x: Tensor, state: Any, mask: Tensor | None) -> Tensor:
    """The outputs of the top layer `(T, B, n)` by the equations; `mask` is that of each layer's recurrent state."""
    if not x.is_floating_point():
        x = torch.nn.functional.one_hot(x, model.cells[0].d).to(model.W_ph.dtype)
    for cell, (h, *c) in zip(model.cells, state, strict=True):
        p, n, outputs = dict(cell.named_parameters()), cell.n, []
        for x_t in x:
            m = h if mask is None else h * mask
            if "W_hx" in p:
                h = torch.tanh(
                    norm(x_t @ p["W_hx"].T, p["gain_input"]) + norm(m @ p["W_hh"].T, p["gain_state"]) + p["b_h"]
                )
            elif "b_gh" in p:
                a, u = x_t @ p["W_x"].T, m @ p["W_h"].T
                both = norm(a[:, : 2 * n], p["gain_input"][: 2 * n]) + norm(u[:, : 2 * n], p["gain_state"][: 2 * n])
                r, z = torch.sigmoid(both + p["b"][: 2 * n]).chunk(2, 1)
                candidate = norm(a[:, 2 * n :], p["gain_input"][2 * n :]) + p["b"][2 * n :]
                g = torch.tanh(candidate + r * (norm(u[:, 2 * n :], p["gain_state"][2 * n :]) + p["b_gh"]))
                h = (1 - z) * g + z * h
            else:
                a = norm(x_t @ p["W_x"].T, p["gain_input"]) + norm(m @ p["W_h"].T, p["gain_state"]) + p["b"]
                i, f, g, o = a.chunk(4, 1)
                c = [torch.sigmoid(i) * torch.tanh(g) + torch.sigmoid(f) * c[0]]
                h = torch.sigmoid(o) * torch.tanh(norm(c[0], p["gain_cell"]) + p["shift_cell"])
            outputs.append(h)
        x = torch.stack(outputs)
    return x


def network(cell: str, n: int, inputs: str, T: int = 7, B: int = 5) -> tuple[Model, Tensor, Any]:
    """A model of two layers whose gains are not 1, inputs, and a state that is not zero."""
    d = 6
    model = Model(Settings(cell=cell, hidden=n, layers=2, layer_norm=True, dropout_recurrent=0.2), d, 11, "every")
    model.initialise("uniform", T, torch.Generator().manual_seed(n))
    torch.manual_seed(n)
    for letter, tensor in model.letters():
        if "gain" in letter or "shift" in letter:
            tensor.add_(0.3 * torch.randn(tensor.shape))
    x = torch.randint(d, (T, B)) if inputs == "index" else torch.randn(T, B, d)
    return model, x, tuple(tuple(0.5 * torch.randn(B, n) for _ in range(cell.states)) for cell in model.cells)


def kernels_of(model: Model) -> list[Any]:
    kernels = [choose(model.cells[0], setting, masked=True) for setting in ("reference", "auto")]
    for each in HERE:
        run: Any = lambda *given, each=each: compiled.run(*given, instructions=each)  # noqa: E731
        kernels.append(replace(choose(model.cells[0], "compiled", masked=True), run=run))
    return kernels


def run_through(model: Model, x: Tensor, state: Any, mask: Tensor | None) -> Tensor:
    for cell, layer_state in zip(model.cells, state, strict=True):
        x, _ = model.kernel.run(cell, x, layer_state, None, *([] if mask is None else [mask]))
    return x


@pytest.mark.parametrize("n", [5, 7, 16, 17, 33])
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("is_masked", [False, True])
@pytest.mark.parametrize("cell", NORMED)
def test_outputs_and_gradients_are_those_of_the_equations_with_every_kernel(
    cell: str, inputs: str, n: int, is_masked: bool
) -> None:
    model, x, state = network(cell, n, inputs)
    mask = (torch.rand(5, n) > 0.3).float() / 0.7 if is_masked else None
    weights = torch.randn(7, 5, n)
    precise = deepcopy(model).double()
    expected, gradients = of_equations(precise, x, state, mask, weights)
    tolerance = TOLERANCE if n >= 16 else 20 * TOLERANCE  # what divides by the spread of few numbers loses digits
    wanted = [p for layer in model.cells for p in layer.parameters()] + [part for layer in state for part in layer]
    for part in wanted[-sum(map(len, state)) :]:
        part.requires_grad_()
    for kernel in kernels_of(model):
        model.kernel = kernel
        outputs = run_through(model, x, state, mask)
        assert distance(outputs.detach().double(), expected) < tolerance, kernel.name
        found = torch.autograd.grad((outputs * weights).sum(), wanted)
        for one, other in zip(found, gradients, strict=True):
            assert distance(one.double(), other) < 2 * tolerance, kernel.name


def of_equations(
    model: Model, x: Tensor, state: Any, mask: Tensor | None, weights: Tensor
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The outputs in float64, and of their weighted sum the gradients of parameters and state."""
    state = tuple(tuple(part.detach().double().requires_grad_() for part in layer) for layer in state)
    wanted = [p for layer in model.cells for p in layer.parameters()] + [part for layer in state for part in layer]
    x = x.double() if x.is_floating_point() else x
    outputs = written_out(model, x, state, None if mask is None else mask.double())
    return outputs.detach(), torch.autograd.grad((outputs * weights.double()).sum(), wanted)


@needs_compiled
@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize(("T", "B", "n"), [(1, 1, 1), (1, 5, 130), (33, 1, 17), (2, 97, 40)])
@pytest.mark.parametrize("name", NORMED)
def test_the_compiled_kernel_is_the_loop_for_odd_sizes(name: str, T: int, B: int, n: int, instructions: str) -> None:
    torch.manual_seed(T + B + n)
    cell = load_cell(name, layer_norm=True)(3, n)
    for part in cell.parameters():
        part.data.normal_(0, 0.5)
    precise = load_cell(name, layer_norm=True)(3, n).double()
    precise.load_state_dict(cell.state_dict())
    x, state = torch.randn(T, B, 3), tuple(0.5 * torch.randn(B, n) for _ in range(cell.states))
    found, after = compiled.run(cell, x, state, instructions=instructions)
    expected, after_of = loop.run(precise, x.double(), tuple(part.double() for part in state))
    for one, other in zip((found, *after), (expected, *after_of), strict=True):
        assert distance(one.double(), other) < 10 * TOLERANCE


@needs_compiled
@pytest.mark.parametrize("name", NORMED)
def test_saturated_gates_stay_finite_and_a_nan_stays_in_its_own_sequence(name: str) -> None:
    cell = load_cell(name, layer_norm=True)(4, 20)
    torch.manual_seed(0)
    for part in cell.parameters():
        part.data.normal_(0, 100.0)
    x = 1_000 * torch.randn(6, 5, 4)
    state = cell.initial_state(5)
    outputs, _ = compiled.run(cell, x, state)
    assert torch.isfinite(outputs).all()
    outputs.sum().backward()
    assert all(torch.isfinite(part.grad).all() for part in cell.parameters() if part.grad is not None)
    x[2, 3] = float("nan")
    spoilt, _ = compiled.run(cell, x, state)
    assert torch.isnan(spoilt[2:, 3]).all()
    others = [0, 1, 2, 4]
    assert torch.equal(spoilt[:, others], outputs[:, others])
    assert torch.equal(spoilt[:2, 3], outputs[:2, 3])


@needs_compiled
@pytest.mark.parametrize("name", NORMED)
def test_threads_and_other_sequences_change_no_bit(name: str) -> None:
    cell = load_cell(name, layer_norm=True)(5, 128)
    torch.manual_seed(0)
    for part in cell.parameters():
        part.data.normal_(0, 0.1)
    x, state = torch.randint(5, (40, 32)), cell.initial_state(32)
    # The others' are products of the library, which rounds by its threads.
    of_kernel = [part for name, part in cell.named_parameters() if name in ("gain_state", "shift_cell", "b_gh")]

    def passed(threads: int, many: int) -> list[Tensor]:
        torch.set_num_threads(threads)
        outputs, _ = compiled.run(cell, x[:, :many], tuple(part[:many] for part in state))
        gradients = torch.autograd.grad(outputs.sin().sum(), of_kernel)
        torch.set_num_threads(1)
        return [outputs.detach(), *gradients]

    for one, other in zip(passed(1, 32), passed(2, 32), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(passed(1, 32)[0][:, :3], passed(1, 3)[0])


def test_an_index_that_is_none_is_refused() -> None:
    cell = load_cell("lstm", layer_norm=True)(4, 8)
    with pytest.raises((IndexError, RuntimeError)):
        choose(cell, "auto").run(cell, torch.tensor([[4]]), cell.initial_state(1))


# A run


@pytest.mark.parametrize("cell", NORMED)
def test_a_run_that_was_killed_ends_as_one_that_was_not(cell: str, corpus: Path) -> None:
    killed_and_resumed(
        text(corpus, cell=cell, layer_norm=True, stateful=True, dropout_recurrent=0.2, steps=30, save_every=5)
    )


def test_gains_begin_at_one_and_learn_and_no_decay_reaches_them() -> None:
    learner = Learner(palindrome(layer_norm=True, init="normal", input_scale=3.0, weight_decay=0.1))
    gains = {letter: tensor for letter, tensor in learner.model.letters() if "gain" in letter or "shift" in letter}
    assert set(gains) == {"0.gain_input", "0.gain_state", "0.gain_cell", "0.shift_cell"}
    for letter, tensor in gains.items():
        assert torch.equal(tensor, torch.full_like(tensor, float("gain" in letter)))
    before = {letter: tensor.clone() for letter, tensor in gains.items()}
    for _ in range(3):
        learner.train_one(0.01, 10.0)
    assert all(not torch.equal(before[letter], tensor) for letter, tensor in gains.items())


@pytest.mark.parametrize("cell", NORMED)
@pytest.mark.parametrize("layers", [1, 3])
def test_the_weights_are_counted_before_the_network_is_there(cell: str, layers: int) -> None:
    settings = palindrome(cell=cell, layers=layers, layer_norm=True)
    learner = Learner(settings)
    assert parameters(settings) == learner.model.parameter_count()
    assert sum(each.parameter_count(each.d, each.n) for each in learner.model.cells) == sum(
        part.numel() for each in learner.model.cells for part in each.parameters()
    )


@needs_compiled
@pytest.mark.parametrize("hidden", [16, 19])
@pytest.mark.parametrize("cell", NORMED)
def test_it_writes_as_the_network_computes(cell: str, hidden: int, corpus: Path) -> None:
    learner = Learner(replace(text(corpus, cell=cell, layer_norm=True, hidden=hidden), layers=3))
    model = learner.model
    for _, tensor in model.letters():
        tensor.add_(0.2 * torch.randn(tensor.shape, generator=torch.Generator().manual_seed(tensor.numel())))
    snapshot, symbols = Snapshot(model), [0, 2, 1, 1, 0, 2, 2]
    expected, after = model(torch.tensor(symbols).unsqueeze(1), model.initial_state(1))
    for _, tensor in model.letters():
        tensor.mul_(2.0)  # which goes on learning: what writes is as it was
    state, logits = snapshot.initial_state, []
    for symbol in symbols:
        found, state = snapshot.step(symbol, state)
        logits.append(torch.from_numpy(found.copy()))
    assert distance(torch.stack(logits), expected[:, 0].detach()) < TOLERANCE
    for parts, layer in zip(snapshot.parts(state), after, strict=True):
        for one, other in zip(parts, layer, strict=True):
            assert distance(torch.from_numpy(one.copy()), other[0].detach()) < TOLERANCE


@needs_compiled
@pytest.mark.parametrize(("cell", "kept"), [("lstm", 1 + 1 + 4 + 4), ("gru", 1 + 3 + 3), ("rnn", 1 + 1 + 1)])
def test_the_states_that_are_reckoned_are_those_that_the_kernel_keeps(cell: str, kept: int) -> None:
    sizes = {"hidden": 64, "length": 50, "batch": 8, "layers": 2}
    settings = make_settings("palindrome", {**sizes, "cell": cell, "layer_norm": True})
    learner = Learner(settings)
    (needed,) = [
        part.bytes
        for part in memory_needs.parts(settings, learner.task, learner.model, learner.device)
        if part.what.startswith("the states")
    ]
    held = 50 * 8 * 64 * 2 * kept * 4  # h, c, gates and what is normalised of each layer
    assert 0.9 * held <= needed - 50 * 8 * memory_needs.INDEX <= held


# On the front ends


def test_it_is_off_where_nothing_is_said_and_in_runs_of_before() -> None:
    assert not Settings().layer_norm
    before = as_dict(Settings())
    del before["layer_norm"]
    assert from_dict(before) == Settings()


def test_a_run_says_that_it_has_it() -> None:
    typed = " ".join(f"--{name} {value}" for name, value in TINY.items())
    done(f"train palindrome {typed} --layer-norm --steps 2 --headless --name a")
    assert "layer_norm on" in done("runs show a")
    assert format.network(runs.Run(runs.folder() / "a").settings()) == "layer-norm LSTM 8"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--cell phased --layer-norm", "--layer-norm is for --cell rnn, lstm, gru, not for phased"),
        ("--cell textwrap:TextWrapper --trust --layer-norm", "--layer-norm is for --cell rnn, lstm, gru"),
        ("--cell gru --layer-norm --kernel library", "torch has no kernel for LayerNormGRU; take auto"),
    ],
)
def test_where_there_is_none_one_sentence_says_so(typed: str, said: str) -> None:
    result = rnntui(f"train palindrome {typed} --steps 2 --headless")
    assert result.exit_code == 2
    assert said in " ".join(line.strip(" │") for line in result.output.splitlines())


def test_a_network_with_it_goes_on_in_another_run(corpus: Path) -> None:
    run = trained(text(corpus, layer_norm=True, steps=5), "first")
    done(f"train text --from {run.name} --corpus {corpus} --steps 3 --batch 4 --length 3 --headless --name second")
    assert runs.Run(runs.folder() / "second").settings().layer_norm
