"""The open units of a Phased LSTM in C against the equations, in every instruction set of this processor."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
import torch
from test_compiled import HERE, Guarding, within
from test_kernels import needs_compiled
from test_phased_kernel import (
    ALL,
    CASES,
    Case,
    assert_equal,
    closed_units_keep_their_state,
    d,
    distance,
    random_cell,
    random_inputs,
    solve,
    weight,
)
from tiny import killed_and_resumed, palindrome
from torch import Tensor

from rnntui.config import Settings, make_settings
from rnntui.core.cells import State
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.kernels import compiled, loop, phased
from rnntui.core.kernels.choice import choose
from rnntui.core.kernels.compiled import layer as layer_module
from rnntui.core.kernels.compiled import open_units
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model
from rnntui.core.training.learner import Learner

pytestmark = needs_compiled

UNITS = (1, 3, 7, 17, 130)  # below a register, between two, and more than a tile of four
LENGTHS = ((1, 1), (1, 5), (2, 1), (2, 5), (33, 1), (33, 5), (4, 70))  # T, B
TOLERANCE = 1e-5  # of the norm


def layer(case: Case) -> tuple[PhasedLSTM, Tensor, State]:
    """A well-conditioned one in float32, from a state that is not zero."""
    torch.manual_seed(1000 * case.T + 10 * case.B + case.n)
    cell = random_cell(case, torch.float32)
    with torch.no_grad():
        cell.W_h /= case.n**0.5
    return cell, *random_inputs(case, torch.float32)


@pytest.fixture(autouse=True)
def as_in_training(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in `test_compiled.py`: tiny numbers are zero, one thread, and where more are asked for they share all; nothing
    is left to the kernel in Python.
    """
    monkeypatch.setattr(layer_module, "SHARED", 0)
    monkeypatch.setattr(open_units, "MANY", 10**9)
    torch.manual_seed(3)
    before = torch.get_num_threads()
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# The same function


@pytest.mark.parametrize("n", UNITS)
@pytest.mark.parametrize("inputs", ["index", "value"])
def test_in_every_instruction_set_each_size_computes_what_the_loop_computes(inputs: str, n: int) -> None:
    for (T, B), weighs, r_on in product(LENGTHS, ({"h"}, {"outputs", "h", "c"}), (0.4, 1.0)):
        case = Case(T=T, B=B, n=n, r_on=r_on, inputs=inputs, weighs=frozenset(weighs))
        cell, x, state = layer(case)
        reference = solve(loop.run, case, cell, x, state)
        largest = max(float(part.norm()) for part in reference.values())
        for instructions in HERE:
            fast = solve(within(instructions), case, cell, x, state)
            for part, expected in reference.items():
                assert fast[part].shape == expected.shape
                scale = max(float(expected.norm()), largest if n <= 3 else 0.0)  # few numbers are ill-conditioned
                assert float((fast[part] - expected).norm()) <= TOLERANCE * scale, (part, instructions, T, B, r_on)


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("name", CASES)
def test_outputs_states_and_gradients_are_the_loops(name: str, instructions: str) -> None:
    case = CASES[name]
    cell, (x, state) = random_cell(case, torch.float32), random_inputs(case, torch.float32)
    reference = solve(loop.run, case, cell, x, state)
    assert_equal(solve(within(instructions), case, cell, x, state), reference, TOLERANCE)


def test_times_of_their_own_that_arrive_unforeseen_take_the_loop() -> None:
    case = Case(times=torch.rand(40, 3, dtype=torch.float64).cumsum(0))
    cell, x, state = layer(case)
    assert_equal(solve(compiled.run, case, cell, x, state), solve(loop.run, case, cell, x, state), 1e-7)


# Equal to the bit


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("inputs", ["index", "value"])
def test_threads_leave_every_bit_as_it_is(inputs: str, instructions: str) -> None:
    case = Case(B=45, n=37, inputs=inputs)
    cell, x, state = layer(case)
    alone = solve(within(instructions), case, cell, x, state)
    for threads in (2, 5, 64):
        torch.set_num_threads(threads)
        shared = solve(within(instructions), case, cell, x, state)
        assert all(torch.equal(shared[part], alone[part]) for part in alone)


@pytest.mark.parametrize("instructions", HERE)
def test_narrow_registers_leave_many_open_units_to_the_library(
    instructions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(T=4, B=3, r_on=1.0)
    cell, x, state = layer(case)
    monkeypatch.setattr(open_units, "MANY", case.n * case.B)
    found, in_python = (solve(run, case, cell, x, state) for run in (within(instructions), phased.run))
    equal = all(torch.equal(found[part], in_python[part]) for part in in_python)
    assert equal == (instructions == "baseline")
    monkeypatch.setattr(open_units, "MANY", case.n * case.B + 1)
    found = solve(within(instructions), case, cell, x, state)
    assert not all(torch.equal(found[part], in_python[part]) for part in in_python)


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("B", [1, 3, 20])
def test_a_closed_unit_keeps_c_and_h_to_the_bit(B: int, instructions: str) -> None:
    case = Case(T=30, B=B, r_on=0.2)
    cell, x, state = layer(case)
    closed_units_keep_their_state(within(instructions), case, cell, x, state)


def test_without_autograd_the_outputs_are_the_same_to_the_bit() -> None:
    case = Case()
    cell, x, state = layer(case)
    with_it, (h, c) = compiled.run(cell, x, state)
    for context in (torch.no_grad, torch.inference_mode):
        with context():
            outputs, after = compiled.run(cell, x, state)
        assert all(map(torch.equal, (outputs, *after), (with_it, h, c)))
        assert outputs.grad_fn is None


def test_a_second_backward_through_the_same_graph_gives_the_same_bits() -> None:
    case = Case()
    cell, x, state = layer(case)
    outputs, _ = compiled.run(cell, x, state)
    loss, parameters = (outputs * weight(outputs)).sum(), list(cell.parameters())
    first = torch.autograd.grad(loss, parameters, retain_graph=True)
    second = torch.autograd.grad(loss, parameters)
    assert all(map(torch.equal, first, second))


def test_weights_that_were_changed_in_between_are_noticed() -> None:
    cell, x, state = layer(Case())
    outputs, _ = compiled.run(cell, x, state)
    with torch.no_grad():
        cell.W_h.add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        outputs.sum().backward()


def test_strides_do_not_matter_and_what_is_given_is_left_as_it_was() -> None:
    case = Case(T=6, B=5)
    cell, x, state = layer(case)
    plain = solve(compiled.run, case, cell, x, state)
    before = [part.clone() for part in (x, *state)]
    turned = x.permute(2, 1, 0).contiguous().permute(2, 1, 0)
    strided = solve(compiled.run, case, cell, turned, tuple(part.T.contiguous().T for part in state))
    assert all(torch.equal(strided[part], plain[part]) for part in plain)
    assert all(map(torch.equal, (x, *state), before))


@pytest.mark.parametrize("learn", ["none", "period,shift,ratio"])
def test_a_run_that_was_killed_goes_on_to_the_bit(learn: str) -> None:
    settings = palindrome(
        cell="phased", hidden=9, layers=2, dropout=0.2, steps=40, save_every=10, length=9, ratio=0.3, learn=learn
    )
    resumed = killed_and_resumed(settings)
    assert resumed.learner.model.kernel.name == f"compiled, {compiled.library().instructions}"


# Numbers that are none, and very large ones


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize(("where", "value"), [("x", torch.nan), ("x", torch.inf), ("x", 3e38), ("state", torch.nan)])
@pytest.mark.parametrize("B", [2, 7, 40])
def test_one_sequence_with_numbers_that_are_none_leaves_the_others_and_closed_units_alone(
    B: int, where: str, value: float, instructions: str
) -> None:
    case, odd = Case(T=6, B=B, n=19, r_on=0.6), B - 1
    cell, x, state = layer(case)
    (x if where == "x" else state[0])[..., odd, 2] = value
    # the loop makes 0 · NaN of a closed unit, which neither kernel touches
    fast, reference = (solve(run, case, cell, x, state) for run in (within(instructions), phased.run))
    for part in ("outputs", "h", "c"):
        torch.testing.assert_close(fast[part], reference[part], rtol=1e-4, atol=1e-5, equal_nan=True)
    for part in ("∂x", "∂h_0", "∂c_0"):
        assert distance(fast[part][..., :odd, :], reference[part][..., :odd, :]) < TOLERANCE, part
    for part in reference:
        assert not bool((fast[part].isfinite() & ~reference[part].isfinite()).any()), part


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("inputs", ["index", "value"])
def test_saturated_units_are_those_of_the_loop(inputs: str, instructions: str) -> None:
    case = Case(T=8, B=7, n=19, r_on=0.7, inputs=inputs)
    cell, x, state = layer(case)
    x = x if inputs == "index" else x.sign()
    with torch.no_grad():
        cell.W_x.sign_().mul_(1e4)
    fast, reference = (solve(run, case, cell, x, state) for run in (within(instructions), loop.run))
    for part in reference:
        torch.testing.assert_close(fast[part], reference[part], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("instructions", HERE)
def test_a_gate_that_is_no_number_shows_in_the_outputs(instructions: str) -> None:
    cell, x, state = layer(Case())
    assert cell.log_tau is not None
    with torch.no_grad():
        cell.log_tau[0] = torch.nan
    outputs, _ = within(instructions)(cell, x, state, None)
    assert outputs[-1].isnan().any()


@pytest.mark.parametrize("wrong", [-1, d, 2**40])
def test_an_index_that_is_none_is_refused_before_anything_is_read(wrong: int) -> None:
    cell, x, state = layer(Case(inputs="index"))
    x[1, 1] = wrong
    with pytest.raises(IndexError, match=f"an input is not among the {d} symbols"):
        compiled.run(cell, x, state)


# The edges of buffers


@pytest.mark.parametrize("instructions", HERE)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("inputs", ["index", "value"])
def test_nothing_is_written_beside_a_buffer_and_all_of_it_that_is_read_is_written(
    inputs: str, threads: int, instructions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, (T, B), r_on in product((1, 7, 17, 130), ((1, 1), (3, 5), (2, 70)), (0.4, 1.0)):
        case = Case(T=T, B=B, n=n, r_on=r_on, inputs=inputs)
        cell, x, state = layer(case)
        guarding = Guarding()
        for name, parameter in cell.named_parameters():
            if name in ("W_x", "W_h", "b"):
                parameter.data = guarding.place(parameter.data)
        x, state = guarding.place(x), tuple(guarding.place(part) for part in state)
        torch.set_num_threads(threads)
        with monkeypatch.context() as patched:
            patched.setattr(open_units, "torch", guarding)
            found = solve(within(instructions), case, cell, x, state)
        guarding.check()
        assert all(bool(part.isfinite().all()) for part in found.values())


# The rule


@pytest.mark.parametrize("setting", ["auto", "compiled"])
def test_the_compiled_kernel_comes_first(setting: str) -> None:
    kernel = choose(PhasedLSTM(3, 4), setting)
    assert kernel.run is compiled.run
    assert kernel.name == f"compiled, {kernel.instructions}"


def test_a_run_of_before_keeps_the_kernel_it_was_trained_with() -> None:
    assert choose(PhasedLSTM(3, 4), "auto", recorded="open units only").run is phased.run
    recorded = "dense: a leak keeps every unit open"
    assert choose(PhasedLSTM(3, 4, leak=0.1), "auto", recorded=recorded).run is phased.run
    assert choose(PhasedLSTM(3, 4), "auto", recorded="compiled, baseline").instructions == "baseline"


def test_times_of_their_own_float64_and_derived_cells_are_not_its() -> None:
    assert choose(PhasedLSTM(3, 4), "auto", own_times=True).run is loop.run
    assert choose(PhasedLSTM(3, 4).double(), "auto").run is phased.run
    assert choose(type("Derived", (PhasedLSTM,), {})(3, 4), "auto").run is loop.run


def test_a_learner_keeps_autograd_for_the_gate_and_takes_the_compiled_step() -> None:
    settings = make_settings("frequency", {"cell": "phased", "hidden": 4, "batch": 2, "device": "cpu", "threads": 1})
    learner = Learner(settings)
    assert learner.model.kernel.instructions
    assert learner._gradient is None
    assert learner._update is not None
    assert Learner(replace(settings, sampling="uneven")).model.kernel.run is loop.run


def test_a_snapshot_is_the_model() -> None:
    model = Model(Settings(cell="phased", hidden=24, kernel="compiled", ratio=0.4), 11, 11, "every")
    model.initialise("orthogonal", 50, torch.Generator().manual_seed(0))
    indices = torch.randint(11, (60,))
    with torch.inference_mode():
        expected, _ = model(indices[:, None], model.initial_state(1))
    single = Snapshot(model)
    state = single.initial_state
    for t, index in enumerate(indices.tolist()):
        logits, state = single.step(index, state)
        assert distance(torch.from_numpy(logits), expected[t, 0]) < TOLERANCE


def test_what_is_learned_of_the_gate_is_a_leaf_each() -> None:
    for learn in (*[(name,) for name in ALL], ()):
        case = Case(learn=learn)
        cell, x, state = layer(case)
        assert_equal(solve(compiled.run, case, cell, x, state), solve(loop.run, case, cell, x, state), TOLERANCE)
