"""The compiled kernels against the equations, in every instruction set of this processor, for sizes that fill no
register, for numbers that are none, and at the edges of their buffers.
"""

from collections.abc import Callable, Iterator
from ctypes import c_double, c_int64
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from test_cells import random_cell, torch_twin
from test_kernels import Problem, distance, needs_compiled, solve
from tiny import killed_and_resumed, palindrome
from torch import Tensor

from rnntui.config import Settings
from rnntui.core.cells import Cell
from rnntui.core.cells.vanilla import VanillaRNN
from rnntui.core.kernels import compiled, loop
from rnntui.core.kernels.choice import choose
from rnntui.core.kernels.compiled import layer as layer_module
from rnntui.core.kernels.compiled.gradient import Gradient
from rnntui.core.kernels.compiled.layer import SHAPES, LayerPass, Weights
from rnntui.core.kernels.compiled.library import INSTRUCTIONS
from rnntui.core.kernels.compiled.update import CompiledUpdate, serves
from rnntui.core.model import Model
from rnntui.core.tasks import Batch, Task
from rnntui.core.training.learner import Learner
from rnntui.core.training.optim import clip_gradient, make_optimizer

pytestmark = needs_compiled

HERE = [instructions for instructions in INSTRUCTIONS if compiled.has(instructions)]
NAMES = ("rnn", "lstm", "gru")
UNITS = (1, 3, 7, 17, 130)  # below a register, between two, and more than a tile of four
LENGTHS = ((1, 1), (1, 5), (2, 1), (2, 5), (2, 7), (2, 64), (33, 1), (33, 5))  # T, B
TOLERANCE = 1e-5  # of the norm


def problem(name: str, inputs: str, readout: str, T: int, B: int, n: int, d: int = 5) -> Problem:
    """A well-conditioned layer in float32, from a state that is not zero."""
    torch.manual_seed(1000 * T + 10 * B + n)
    cell = random_cell(name, d, n, torch.float32)
    for _, letter in cell.letters():
        letter /= 2 * n**0.5 if letter.shape[-1] == n else 2
    x = torch.randint(d, (T, B)) if inputs == "index" else torch.randn(T, B, d)
    weight = torch.randn(T, B, n)
    if readout == "last":
        weight[:-1] = 0.0
    state = tuple(torch.randn(B, n) for _ in range(cell.states))
    return Problem(cell, x, state, weight, [torch.randn_like(part) for part in state])


def within(instructions: str) -> Callable[..., tuple[Tensor, tuple[Tensor, ...]]]:
    """The kernel in that instruction set."""
    return lambda cell, x, state, times: compiled.run(cell, x, state, times, instructions=instructions)


def random_weights(name: str, d: int, n: int) -> tuple[Cell, Weights]:
    cell = random_cell(name, d, n, torch.float32)
    return cell, Weights.of(cell)


@pytest.fixture(autouse=True)
def as_in_training(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tiny numbers are zero, as `core.device.prepare` has it, and one thread works: two would wait for each other.

    Where a test asks for more, they share the smallest pass.
    """
    monkeypatch.setattr(layer_module, "SHARED", 0)
    before = torch.get_num_threads()
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# The same function


@pytest.mark.parametrize("n", UNITS)
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("name", NAMES)
def test_in_every_instruction_set_each_size_computes_what_the_loop_computes(name: str, inputs: str, n: int) -> None:
    for (T, B), readout in product(LENGTHS, ("last", "every")):
        p = problem(name, inputs, readout, T, B, n)
        reference = solve(loop.run, p)
        largest = max(float(part.norm()) for part in reference.values())
        for instructions in HERE:
            fast = solve(within(instructions), p)
            for part, expected in reference.items():
                assert fast[part].shape == expected.shape
                scale = max(float(expected.norm()), largest if n == 1 else 0.0)  # one number alone is ill-conditioned
                assert float((fast[part] - expected).norm()) <= TOLERANCE * scale, (part, instructions, T, B, readout)


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize(("T", "B", "n"), [(1, 1, 1), (2, 5, 3), (12, 7, 17), (33, 5, 130)])
@pytest.mark.parametrize("name", NAMES)
def test_it_and_its_gradient_are_those_of_torch_nn(name: str, T: int, B: int, n: int, instructions: str) -> None:
    p = problem(name, "value", "every", T, B, n)
    twin = torch_twin(p.cell).float()
    x, own_x = (p.x.clone().requires_grad_() for _ in range(2))
    given = tuple(part.unsqueeze(0) for part in p.state)
    expected, after = twin(x, given if len(given) == 2 else given[0])
    outputs, (h, *_) = within(instructions)(p.cell, own_x, p.state, None)
    assert distance(outputs, expected) < TOLERANCE
    assert distance(h, (after[0] if isinstance(after, tuple) else after)[0]) < TOLERANCE
    (expected * p.weight).sum().backward()
    (outputs * p.weight).sum().backward()
    assert x.grad is not None
    assert own_x.grad is not None
    assert distance(own_x.grad, x.grad) < TOLERANCE
    with torch.no_grad():
        for parameter in p.cell.parameters():  # so that the gradients lie where torch's module has them
            assert parameter.grad is not None
            parameter.copy_(parameter.grad)
    own = torch_twin(p.cell).float()
    for at in ("weight_ih_l0", "weight_hh_l0"):
        assert distance(getattr(own, at), getattr(twin, at).grad) < TOLERANCE, at


# A network's gradient without autograd


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("n", [7, 33])
@pytest.mark.parametrize("readout", ["last", "every"])
@pytest.mark.parametrize(("layers", "dropout", "carried"), [(1, 0.0, False), (2, 0.0, True), (3, 0.3, True)])
@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_without_autograd_is_that_of_autograd_and_of_the_loop(
    name: str, layers: int, dropout: float, carried: bool, readout: str, n: int, instructions: str
) -> None:
    d, o, T, B = 6, 11, 9, 5
    settings = Settings(cell=name, hidden=n, layers=layers, dropout=dropout)
    model = Model(settings, d, o, readout)
    model.initialise("uniform", T, torch.Generator().manual_seed(n))
    state = None
    if carried:
        state = tuple(tuple(0.5 * torch.randn(B, n) for _ in range(cell.states)) for cell in model.cells)
    targets = torch.randint(o, (B,) if readout == "last" else (T, B))
    batch = Batch(torch.randint(d, (T, B)), targets)
    out = torch.full((model.parameter_count(),), torch.nan)
    gradient = Gradient(compiled.library(instructions), model, out)
    for _ in range(2):  # on fresh buffers, then on used ones
        loss, accuracy = gradient(batch, state, torch.Generator().manual_seed(5))
        after = gradient.state()
    for kernel in ("compiled", "reference"):
        model.kernel = choose(model.cells[0], kernel)
        if kernel == "compiled":
            model.kernel = replace(model.kernel, run=within(instructions))
        given = model.initial_state(B) if state is None else state
        logits, after_there = model(batch.inputs, given, None, torch.Generator().manual_seed(5))
        loss_there, accuracy_there = Task.loss_and_accuracy(None, logits, targets)  # type: ignore[arg-type]
        expected = torch.cat([part.flatten() for part in torch.autograd.grad(loss_there, list(model.parameters()))])
        assert distance(out, expected) < TOLERANCE, kernel
        assert loss == pytest.approx(loss_there.item(), rel=1e-6)
        assert accuracy == pytest.approx(accuracy_there.item())
        for part, part_there in zip(sum(after, ()), sum(after_there, ()), strict=True):
            assert distance(part, part_there.detach()) < TOLERANCE, kernel


def test_sequences_of_another_length_take_other_buffers() -> None:
    model = Model(Settings(cell="lstm", hidden=5), 4, 4, "every")
    model.initialise("uniform", 9, torch.Generator().manual_seed(0))
    out, again_out = torch.empty(model.parameter_count()), torch.empty(model.parameter_count())
    kept = Gradient(compiled.library(), model, out)
    for T, B in ((9, 3), (2, 3), (9, 4), (9, 3)):
        batch = Batch(torch.randint(4, (T, B)), torch.randint(4, (T, B)))
        loss, _ = kept(batch, None, torch.Generator())
        expected, _ = Gradient(compiled.library(), model, again_out)(batch, None, torch.Generator())
        assert loss == expected
        assert torch.equal(out, again_out)


# Equal to the bit


def test_a_short_pass_is_one_threads_and_a_long_one_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    taken = []
    for T in (2, 2_000):
        _, weights = random_weights("rnn", 4, 64)
        layer = LayerPass(compiled.library(), VanillaRNN, T, 8, 4, 64, indices=True)
        monkeypatch.setattr(layer.library, "forward", lambda cell, call, threads: taken.append(threads))
        torch.set_num_threads(2)
        layer.forward(weights, torch.zeros(T, 8, dtype=torch.int64), None)
    assert taken == [1, 2]


def passes(name: str, inputs: str, instructions: str, threads: int) -> list[Tensor]:
    """All that a layer's passes forward and backward write, of odd sizes."""
    torch.manual_seed(0)
    T, B, d, n = 5, 13, 4, 21
    cell, weights = random_weights(name, d, n)
    x = torch.randint(d, (T, B)) if inputs == "index" else torch.randn(T, B, d)
    state = tuple(torch.randn(B, n) for _ in range(cell.states))
    torch.set_num_threads(threads)
    layer = LayerPass(compiled.library(instructions), type(cell), T, B, d, n, indices=inputs == "index")
    with torch.no_grad():
        layer.forward(weights, x, state)
        layer.backward(weights, torch.randn(T, B, n), [torch.randn(B, n) for _ in range(2)])
    return [layer.outputs.clone(), *layer.state(), layer.dgates.clone(), *layer.state_gradient()]


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("name", NAMES)
def test_threads_leave_every_bit_as_it_is(name: str, inputs: str, instructions: str) -> None:
    alone = passes(name, inputs, instructions, 1)
    for threads in (2, 5, 64):
        for part, expected in zip(passes(name, inputs, instructions, threads), alone, strict=True):
            assert torch.equal(part, expected)


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("name", NAMES)
def test_a_sequence_does_not_see_its_company(name: str, instructions: str) -> None:
    cell, _ = random_weights(name, 4, 21)
    x, state = torch.randn(5, 13, 4), tuple(torch.randn(13, 21) for _ in range(cell.states))
    with torch.no_grad():
        together, _ = within(instructions)(cell, x, state, None)
        for b in range(13):
            alone, _ = within(instructions)(cell, x[:, b : b + 1], tuple(part[b : b + 1] for part in state), None)
            assert torch.equal(alone[:, 0], together[:, b])


@pytest.mark.parametrize("name", NAMES)
def test_strides_do_not_matter(name: str) -> None:
    p = problem(name, "value", "every", 6, 5, 9)
    plain = solve(compiled.run, p)
    wide = torch.full((6, 5, 12), torch.nan)
    wide[..., :5] = p.x
    for x in (p.x.transpose(0, 1).contiguous().transpose(0, 1), p.x.permute(2, 1, 0).contiguous().permute(2, 1, 0)):
        strided = solve(compiled.run, replace(p, x=x))
        assert all(torch.equal(strided[part], plain[part]) for part in plain)
    state = tuple(part.T.contiguous().T for part in p.state)
    with torch.no_grad():
        for x in (wide[..., :5], p.x):
            assert torch.equal(compiled.run(p.cell, x, state)[0], plain["outputs"])


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_was_killed_goes_on_to_the_bit(name: str) -> None:
    settings = palindrome(cell=name, hidden=9, layers=2, dropout=0.2, steps=40, save_every=10)
    resumed = killed_and_resumed(settings)
    assert resumed.learner.model.kernel.name == f"compiled, {compiled.library().instructions}"


# Numbers that are none, and very large ones


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize(
    ("where", "value"),
    [*product(["x"], [torch.nan, torch.inf, -torch.inf, 1e4, 3e38]), *product(["state"], [torch.nan, 1e4])],
)
@pytest.mark.parametrize("name", NAMES)
def test_one_sequence_with_numbers_that_are_none_is_as_in_the_loop_and_leaves_the_others_alone(
    name: str, where: str, value: float, instructions: str
) -> None:
    p, odd = problem(name, "value", "every", 4, 7, 19), 3
    (p.x if where == "x" else p.state[-1])[..., odd, 2] = value
    fast, reference = solve(within(instructions), p), solve(loop.run, p)
    for part in reference:
        if part == "outputs" or part.startswith("after"):
            torch.testing.assert_close(fast[part], reference[part], rtol=1e-4, atol=1e-5, equal_nan=True)
        elif part == "∂x" or part.startswith("∂state"):
            others = [b for b in range(7) if b != odd]
            assert distance(fast[part][..., others, :], reference[part][..., others, :]) < TOLERANCE, part
        if abs(value) < torch.inf:
            assert torch.equal(fast[part].isfinite(), reference[part].isfinite()), part
        else:  # an infinite input times a unit of the padding is NaN, which a gradient of all units then has
            assert not bool((fast[part].isfinite() & ~reference[part].isfinite()).any()), part


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("name", NAMES)
def test_saturated_units_are_those_of_the_loop(name: str, inputs: str, instructions: str) -> None:
    p = problem(name, inputs, "every", 5, 7, 19)
    p.x = p.x if inputs == "index" else p.x.sign()
    for letter, tensor in p.cell.letters():
        if letter.endswith("x") and tensor.dim() == 2:  # large recurrent weights leave nothing well-conditioned
            tensor.sign_().mul_(1e4)
    fast, reference = solve(within(instructions), p), solve(loop.run, p)
    for part in reference:
        torch.testing.assert_close(fast[part], reference[part], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("name", NAMES)
def test_the_largest_weights_leave_outputs_and_gradients_finite(name: str, inputs: str, instructions: str) -> None:
    p = problem(name, inputs, "every", 5, 7, 19)
    for _, tensor in p.cell.letters():
        tensor.sign_().mul_(1e4)
    p.x = p.x if inputs == "index" else 1e4 * p.x
    found = solve(within(instructions), p)
    assert all(bool(part.isfinite().all()) for part in found.values())
    assert float(found["outputs"].abs().max()) <= (1.0 if name != "gru" else float(p.state[0].abs().max().clamp(min=1)))


# Indices that are none


@pytest.mark.parametrize("wrong", [-1, 5, 2**40, -(2**62)])
@pytest.mark.parametrize("name", NAMES)
def test_an_index_that_is_none_is_refused_before_anything_is_read(name: str, wrong: int) -> None:
    p = problem(name, "index", "every", 3, 4, 6)
    p.x[2, 3] = wrong
    with pytest.raises(IndexError, match="an input is not among the 5 symbols"):
        compiled.run(p.cell, p.x, p.state)


@pytest.mark.parametrize("wrong", [-1, 7, 2**40])
def test_a_target_that_is_none_is_refused_before_anything_is_read(wrong: int) -> None:
    model = Model(Settings(cell="gru", hidden=6), 5, 7, "last")
    targets = torch.tensor([0, wrong, 6])
    gradient = Gradient(compiled.library(), model, torch.zeros(model.parameter_count()))
    with pytest.raises(IndexError, match="a target is not among the 7 symbols"):
        gradient(Batch(torch.randint(5, (2, 3)), targets), None, torch.Generator())
    assert not gradient.out.any()


# exp, tanh and the sigmoid


def every_float(stride: int = 12_289) -> Tensor:
    """Bit patterns over all of float32, evenly, and those at its edges: ±0, the tiniest, the largest, ±inf, NaN."""
    bits = torch.arange(-(2**31), 2**31, stride, dtype=torch.int64)
    edges = [0, -(2**31), 1, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x7F800000, -0x00800000, 0x7FC00000, 0x7F800001]
    patterns = torch.cat([bits, torch.tensor(edges)])
    return patterns[len(patterns) % 16 :].to(torch.int32).view(torch.float32)


EXACT = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "exp": torch.exp}
SMALLEST = 2.0**-126  # of the normal numbers of float32: 1.2e-38
TOP = float(torch.tensor(88.3))  # in float32
CLAMPED = {"tanh": (-torch.inf, torch.inf), "sigmoid": (-87.0, torch.inf), "exp": (-87.0, TOP)}


@pytest.mark.parametrize("flushes", [False, True], ids=["tiny numbers kept", "tiny numbers as zero"])
@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("name", EXACT)
def test_over_all_of_float32_a_function_errs_by_2_and_a_half_units_of_the_last_place_at_most(
    name: str, instructions: str, flushes: bool
) -> None:
    x = every_float()
    y = torch.empty_like(x)
    torch.set_flush_denormal(flushes)
    getattr(compiled.library(instructions), name)(x.data_ptr(), y.data_ptr(), len(x))
    torch.set_flush_denormal(False)
    assert torch.equal(y.isnan(), x.isnan())
    x, y = x[~x.isnan()].double(), y[~y.isnan()].double()
    exact = EXACT[name](x.clamp(*CLAMPED[name]))
    last_place = 2.0 ** (exact.abs().clamp(min=SMALLEST).log2().floor() - 23)
    allowed = 2.5 * last_place + (SMALLEST if flushes else 0.0)  # what is flushed is as large as that
    assert bool(((y - exact).abs() <= allowed).all())


# Cross-entropy


def cross_entropy(instructions: str, logits: Tensor, targets: Tensor) -> tuple[float, int, Tensor]:
    """The sum of the losses, how many are right, and the gradient of the mean."""
    loss, right, gradient = c_double(), c_int64(), logits.clone()
    compiled.library(instructions).cross_entropy(gradient.data_ptr(), targets.data_ptr(), *logits.shape, loss, right)
    return loss.value, right.value, gradient


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("scale", [1e-9, 1.0, 300.0])
@pytest.mark.parametrize("count", [1, 2, 10, 16, 17, 100])
def test_cross_entropy_is_torchs(count: int, scale: float, instructions: str) -> None:
    torch.manual_seed(count)
    logits, targets = scale * torch.randn(200, count), torch.randint(count, (200,))
    loss, right, gradient = cross_entropy(instructions, logits, targets)
    exact = logits.double().requires_grad_()
    expected = torch.nn.functional.cross_entropy(exact, targets, reduction="sum")
    assert loss == pytest.approx(expected.item(), rel=1e-6, abs=1e-6)
    assert right == int((logits.argmax(-1) == targets).sum())
    (wanted,) = torch.autograd.grad(expected / len(targets), exact)
    torch.testing.assert_close(gradient.double(), wanted, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("count", [3, 10, 40])
def test_of_equal_logits_the_first_is_the_answer(count: int, instructions: str) -> None:
    logits = torch.zeros(count, count)
    logits[:, count // 2 :] = 1.0
    for target in range(count):
        targets = torch.full((count,), target)
        _, right, _ = cross_entropy(instructions, logits, targets)
        assert right == (count if target == count // 2 else 0)


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("count", [2, 17, 40])
def test_logits_that_are_no_numbers_give_the_loss_of_torch(count: int, value: float, instructions: str) -> None:
    logits = torch.randn(3, count)
    logits[1, 0] = value
    for target in (0, count - 1):
        targets = torch.full((3,), target)
        loss, _, gradient = cross_entropy(instructions, logits, targets)
        expected = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
        assert loss == pytest.approx(float(expected), rel=1e-6, nan_ok=True)
        assert bool(gradient[1].isfinite().all()) == (value == -torch.inf)
        assert bool(gradient[[0, 2]].isfinite().all())


# Clipping and the optimizer's step


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("clip", [0.0, 0.1, 1e9])
@pytest.mark.parametrize("count", [1, 15, 64, 1003])
@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "adamw"])
def test_a_step_of_an_optimizer_is_torchs(optimizer: str, count: int, clip: float, instructions: str) -> None:
    torch.manual_seed(count)
    drawn = torch.randn(count)
    theta, own = (torch.nn.Parameter(drawn.clone()) for _ in range(2))
    settings = Settings(optimizer=optimizer, lr=0.01)  # type: ignore[arg-type]
    expected, mine = make_optimizer(theta, settings), make_optimizer(own, settings)
    assert serves(mine)
    update = CompiledUpdate(compiled.library(instructions), mine)
    for _ in range(5):
        theta.grad = torch.randn(count)
        own.grad = theta.grad.clone()
        norm = update(clip)
        assert norm == pytest.approx(float(clip_gradient(theta, clip)), rel=1e-6)
        expected.step()
        torch.testing.assert_close(own, theta, rtol=1e-6, atol=1e-6)
    for name, part in expected.state[theta].items():
        # 1 - 0.999 in float32 is 1.3e-5 less than in float64, where torch takes it
        torch.testing.assert_close(mine.state[own][name], part, rtol=2e-6, atol=1e-7)


# The edges of buffers

GUARD, GUARDS = 77, 64  # a byte, and how many of them on each side: 64 keeps what lies between as it would lie


class Guarding:
    """`torch` for the module under test: what it allocates lies between guards, and what it does not fill is NaN."""

    def __init__(self) -> None:
        self.surrounded: list[tuple[Tensor, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def place(self, values: Tensor) -> Tensor:
        """A copy of it between guards."""
        bytes_in = values.numel() * values.element_size()
        whole = torch.full((bytes_in + 2 * GUARDS,), GUARD, dtype=torch.uint8)
        self.surrounded.append((whole, bytes_in))
        inside = whole[GUARDS : GUARDS + bytes_in].view(values.dtype).view(values.shape)
        return inside.copy_(values)

    def empty(self, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return self.place(torch.full(shape, torch.nan, dtype=dtype))

    def zeros(self, *shape: int) -> Tensor:
        return self.place(torch.zeros(*shape))

    def check(self) -> None:
        """Fail where a guard was written over."""
        assert self.surrounded
        for whole, bytes_in in self.surrounded:
            assert bool((whole[:GUARDS] == GUARD).all())
            assert bool((whole[GUARDS + bytes_in :] == GUARD).all())


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("buffers", ["for one way back", "for many", "without a way back"])
@pytest.mark.parametrize("inputs", ["index", "value"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_beside_a_buffer_and_all_of_it_that_is_read_is_written(
    name: str, inputs: str, buffers: str, instructions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, (T, B), fresh in product((1, 7, 17, 130), ((1, 1), (3, 5), (2, 64)), (False, True)):
        guarding = Guarding()
        monkeypatch.setattr(layer_module, "torch", guarding)
        d = 3
        cell, weights = random_weights(name, d, n)
        given = SimpleNamespace(**{part: getattr(weights, part) for part in ("W_x", "W_h", "b", "b_gh")})
        placed = Weights(*(None if part is None else guarding.place(part.data) for part in vars(given).values()))  # type: ignore[arg-type]
        x = guarding.place(torch.randint(d, (T, B)) if inputs == "index" else torch.randn(T, B, d))
        state = None if fresh else tuple(guarding.place(torch.randn(B, n)) for _ in range(cell.states))
        indices, keeps, once = inputs == "index", buffers != "without a way back", buffers == "for one way back"
        library = compiled.library(instructions)
        layer = LayerPass(library, type(cell), T, B, d, n, indices=indices, keeps=keeps, once=once)
        with torch.no_grad():
            layer.forward(placed, x, state)
            written = [layer.outputs, *layer.state()]
            if keeps:
                gradients = guarding.place(torch.randn(T, B, layer.u))
                gradients[..., n:] = 0.0
                layer.backward(placed, gradients, [torch.randn(B, n) for _ in range(2)])
                parts = (None if part is None else guarding.empty(*part.shape) for part in vars(given).values())
                out = Weights(*parts)  # type: ignore[arg-type]
                layer.gradients(out)
                written += [layer.dgates, out.W_x, out.W_h, out.b, layer.input_gradient(placed)]
                written += [] if out.b_gh is None else [out.b_gh]
                written += [] if fresh else layer.state_gradient()
        guarding.check()
        assert all(bool(part.isfinite().all()) for part in written)


@pytest.mark.parametrize("instructions", HERE)
def test_cross_entropy_writes_its_rows_alone(instructions: str) -> None:
    for rows, count in product((1, 5), (1, 2, 15, 16, 17, 100)):
        guarding = Guarding()
        logits, targets = guarding.place(torch.randn(rows, count)), guarding.place(torch.randint(count, (rows,)))
        loss, right = c_double(), c_int64()
        compiled.library(instructions).cross_entropy(logits.data_ptr(), targets.data_ptr(), rows, count, loss, right)
        guarding.check()
        assert loss.value >= 0.0


def test_every_cell_that_has_a_shape_is_tried_here() -> None:
    plain = {kind.__name__ for kind, shape in SHAPES.items() if not shape.normed}  # the other: test_layer_norm.py
    assert plain == {type(random_cell(name, 1, 1)).__name__ for name in NAMES}


def test_a_learner_takes_the_gradient_without_autograd() -> None:
    assert isinstance(Learner(palindrome(cell="gru"))._gradient, Gradient)
    assert Learner(palindrome(cell="gru", kernel="library"))._gradient is None
