"""The kernel of open units computes what the loop written from the equations computes, and no more than it must."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnntui.config import Settings, make_settings
from rnntui.core.cells import State
from rnntui.core.cells.phased import PhasedLSTM
from rnntui.core.kernels import compiled, loop, phased
from rnntui.core.kernels.choice import Kernel, choose
from rnntui.core.kernels.phased import dense, openings, slots, workspace
from rnntui.core.kernels.phased.function import recur
from rnntui.core.kernels.phased.kept import Array
from rnntui.core.kernels.phased.openings import find
from rnntui.core.kernels.single import Snapshot
from rnntui.core.model import Model
from rnntui.core.training.learner import Learner

TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}
without_compiled = pytest.mark.skipif(compiled.has(""), reason="a compiled kernel comes first")
ALL = ("period", "shift", "ratio")
d = 5
Run = Callable[[PhasedLSTM, Tensor, State, Tensor | None], tuple[Tensor, State]]


@dataclass(frozen=True)
class Case:
    """A layer and what it is asked; r_on is the gate's mean, and the loss weighs outputs, h and c."""

    T: int = 40
    B: int = 3
    n: int = 11
    r_on: float = 0.3
    learn: tuple[str, ...] = ALL
    leak: float = 0.0
    inputs: str = "value"
    times: Tensor | None = None
    weighs: frozenset[str] = field(default=frozenset({"outputs", "h", "c"}))


CASES = {
    "learned": Case(),
    "fixed": Case(learn=()),
    "shift learned": Case(learn=("shift",)),
    "ratio learned": Case(learn=("ratio",)),
    "all closed": Case(r_on=1e-9),
    "all open": Case(r_on=1.0),
    "r_on above 1": Case(r_on=1.7),
    "r_on above 2": Case(r_on=2.6, learn=()),
    "a leak": Case(leak=0.01),
    "a leak, fixed": Case(leak=0.01, learn=()),
    "single unit": Case(n=1),
    "batch of 1": Case(B=1),
    "one step": Case(T=1, r_on=0.9),
    "indices": Case(inputs="index"),
    "indices, fixed": Case(inputs="index", learn=()),
    "uneven times": Case(times=torch.rand(40, dtype=torch.float64).cumsum(0) * 3),
    "far from the start": Case(times=1e9 + torch.arange(40, dtype=torch.float64), learn=()),
    "before the shift": Case(times=torch.arange(-100, -60, dtype=torch.float64)),
    "only the last h": Case(weighs=frozenset({"h"})),
    "only the last c": Case(weighs=frozenset({"c"})),
    "only outputs": Case(weighs=frozenset({"outputs"})),
}


def random_cell(case: Case, dtype: torch.dtype = torch.float64) -> PhasedLSTM:
    """A cell with random weights; period, shift and ratio differ from unit to unit, and from where they began."""
    cell = PhasedLSTM(d, case.n, learn=case.learn, period=(2.0, 12.0), ratio=case.r_on, leak=case.leak).to(dtype)
    cell.tau_0, cell.s_0, cell.r_0 = (letter.double() for letter in (cell.tau_0, cell.s_0, cell.r_0))
    cell.draw(case.T, torch.Generator().manual_seed(1))
    with torch.no_grad():
        cell.r_0.mul_(torch.linspace(0.8, 1.2, case.n, dtype=torch.float64) if case.r_on < 1 else 1.0)
        for parameter in cell.parameters():
            parameter.uniform_(-0.5, 0.5)
        if cell.log_r_on is not None:
            cell.log_r_on.abs_() if case.r_on >= 1 else cell.log_r_on.mul_(0.3)
    return cell


def random_inputs(case: Case, dtype: torch.dtype = torch.float64) -> tuple[Tensor, State]:
    x = torch.randint(d, (case.T, case.B)) if case.inputs == "index" else torch.randn(case.T, case.B, d, dtype=dtype)
    return x, tuple(torch.randn(case.B, case.n, dtype=dtype) for _ in range(2))


def solve(run: Run, case: Case, cell: PhasedLSTM, x: Tensor, state: State) -> dict[str, Tensor]:
    """Outputs, last state and all gradients, by name."""
    x = x.clone().requires_grad_(x.is_floating_point())
    state = tuple(part.clone().requires_grad_() for part in state)
    outputs, (h, c) = run(cell, x, state, case.times if case.times is None else case.times.to(x.device))
    results = {"outputs": outputs, "h": h, "c": c}
    loss = sum((results[name] * weight(results[name])).sum() for name in case.weighs)
    wanted = {
        **dict(cell.named_parameters()),
        "h_0": state[0],
        "c_0": state[1],
        **({"x": x} if x.requires_grad else {}),
    }
    gradients = torch.autograd.grad(loss, list(wanted.values()), allow_unused=True, materialize_grads=True)
    named = {f"∂{name}": gradient for name, gradient in zip(wanted, gradients, strict=True)}
    return {name: result.detach() for name, result in (results | named).items()}


def weight(like: Tensor) -> Tensor:
    """Fixed numbers in the shape of a result, of which a loss is made."""
    return torch.linspace(0.0, 7.0, like.numel(), dtype=like.dtype, device=like.device).sin().view(like.shape)


def distance(a: Tensor, b: Tensor) -> float:
    """‖a - b‖/‖b‖, 0 where both are zero."""
    a, b = a.detach(), b.detach()
    norm = float(b.norm())
    return float((a - b).norm()) / norm if norm else float(a.norm())


def assert_equal(fast: dict[str, Tensor], reference: dict[str, Tensor], tolerance: float) -> None:
    assert fast.keys() == reference.keys()
    for name in reference:
        assert fast[name].shape == reference[name].shape, name
        assert distance(fast[name], reference[name]) < tolerance, name


@pytest.fixture(autouse=True)
def repeatable() -> Iterator[None]:
    """The same numbers every time, on one thread: more would only wait for one another."""
    torch.manual_seed(3)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# What the loop computes


@pytest.mark.parametrize("run", [phased.run, dense.run], ids=["on a CPU", "on CUDA"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_states_and_gradients_are_the_loops(name: str, dtype: torch.dtype, run: Run) -> None:
    case = CASES[name]
    cell, (x, state) = random_cell(case, dtype), random_inputs(case, dtype)
    reference = solve(loop.run, case, cell, x, state)
    assert_equal(solve(run, case, cell, x, state), reference, TOLERANCE[dtype])
    assert float(reference["outputs"].norm()) > 0


@pytest.mark.cuda
@pytest.mark.parametrize("name", CASES)
def test_outputs_states_and_gradients_are_the_loops_on_cuda(name: str) -> None:
    case = CASES[name]
    cell, (x, state) = random_cell(case).to("cuda"), random_inputs(case)
    x, state = x.to("cuda"), tuple(part.to("cuda") for part in state)
    assert_equal(solve(phased.run, case, cell, x, state), solve(loop.run, case, cell, x, state), 1e-12)


@pytest.mark.parametrize("r_on", [0.02, 0.1, 0.5])
def test_many_units_over_many_steps_are_the_loops(r_on: float) -> None:
    case = Case(T=150, B=4, n=40, r_on=r_on)
    cell, (x, state) = random_cell(case, torch.float32), random_inputs(case, torch.float32)
    assert_equal(solve(phased.run, case, cell, x, state), solve(loop.run, case, cell, x, state), 1e-5)


def test_without_autograd_the_outputs_are_the_same_to_the_bit_and_nothing_is_kept() -> None:
    case = Case()
    cell, (x, state) = random_cell(case), random_inputs(case)
    with_it, (h, c) = phased.run(cell, x, state)
    for context in (torch.no_grad, torch.inference_mode):
        with context():
            outputs, after = phased.run(cell, x, state)
        assert torch.equal(outputs, with_it)
        assert torch.equal(after[0], h)
        assert torch.equal(after[1], c)
        assert outputs.grad_fn is None
    assert with_it.grad_fn is not None


def test_openings_first_found_in_inference_mode_serve_training_too() -> None:
    case = Case(T=23, learn=())
    cell, (x, state) = random_cell(case), random_inputs(case)
    with torch.inference_mode():
        phased.run(cell, x, state)
    assert_equal(solve(phased.run, case, cell, x, state), solve(loop.run, case, cell, x, state), 1e-12)


def test_times_of_their_own_that_arrive_unforeseen_take_the_loop() -> None:
    case = Case(times=torch.rand(40, 3, dtype=torch.float64).cumsum(0))
    cell, (x, state) = random_cell(case), random_inputs(case)
    assert_equal(solve(phased.run, case, cell, x, state), solve(loop.run, case, cell, x, state), 1e-15)


def test_on_cuda_times_of_their_own_are_the_loops_too() -> None:
    case = Case(times=torch.rand(40, 3, dtype=torch.float64).cumsum(0))
    cell, (x, state) = random_cell(case), random_inputs(case)
    assert_equal(solve(dense.run, case, cell, x, state), solve(loop.run, case, cell, x, state), 1e-12)


@pytest.mark.parametrize("inputs", ["index", "value"])
def test_the_own_backward_pass_is_the_derivative(inputs: str) -> None:
    case = Case(T=6, B=2, n=3, r_on=0.6, inputs=inputs)
    cell, (x, state) = random_cell(case), random_inputs(case)
    opened, k = find(cell, case.T, None)
    given = [part.detach().clone().requires_grad_() for part in (*state, cell.W_x, cell.W_h, cell.b, k)]

    def function(x: Tensor, h: Tensor, c: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        outputs, after = recur(opened, x, (h, c), *rest)
        return outputs, *after

    x.requires_grad_(inputs == "value")
    assert torch.autograd.gradcheck(function, (x, *given), check_undefined_grad=False)


# Exactly


def closed_units_keep_their_state(
    run: Callable[..., Any], case: Case, cell: PhasedLSTM, x: Tensor, state: State
) -> None:
    """In a kernel `run`, a unit that is closed at a step has the c and h of the step before, to the bit."""
    (h, c), (opened, _) = state, find(cell, case.T, None)
    for t in range(case.T):
        times = torch.tensor([t + 1.0], dtype=torch.float64)
        _, (h_after, c_after) = run(cell, x[t : t + 1], (h, c), times)
        closed = torch.ones(case.n, dtype=torch.bool)
        closed[opened.units[opened.steps == t]] = False
        assert closed.any()
        assert torch.equal(h_after[:, closed], h[:, closed])
        assert torch.equal(c_after[:, closed], c[:, closed])
        h, c = h_after, c_after


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_closed_unit_keeps_c_and_h_to_the_bit(dtype: torch.dtype) -> None:
    case = Case(T=30, r_on=0.2)
    cell, (x, state) = random_cell(case, dtype), random_inputs(case, dtype)
    closed_units_keep_their_state(phased.run, case, cell, x, state)


def test_the_same_call_gives_the_same_bits_whatever_ran_before() -> None:
    case = Case(inputs="index", learn=("period",))
    cell, (x, state) = random_cell(case, torch.float32), random_inputs(case, torch.float32)
    first = solve(phased.run, case, cell, x, state)
    other = replace(case, n=17, B=6, T=9, r_on=0.9)
    solve(phased.run, other, random_cell(other), *random_inputs(other))
    second = solve(phased.run, case, cell, x, state)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_second_backward_through_the_same_graph_gives_the_same_bits() -> None:
    case = Case()
    cell, (x, state) = random_cell(case), random_inputs(case)
    outputs, _ = phased.run(cell, x, state)
    loss, parameters = (outputs * weight(outputs)).sum(), list(cell.parameters())
    first = torch.autograd.grad(loss, parameters, retain_graph=True)
    second = torch.autograd.grad(loss, parameters)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(("B", "n"), [(1, 1), (1, 7), (5, 1), (4, 3)])
def test_the_state_that_is_given_is_left_as_it_was(B: int, n: int) -> None:
    case = Case(T=7, B=B, n=n, r_on=1.0)
    cell, (x, state) = random_cell(case), random_inputs(case)
    before = [part.clone() for part in state]
    _, after = phased.run(cell, x, state, None)
    solve(phased.run, case, cell, x, state)
    assert all(torch.equal(a, b) for a, b in zip(state, before, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(after, before, strict=True))


@pytest.mark.parametrize("B", [1, 3, 8])
def test_what_products_read_begins_at_a_cache_line(B: int) -> None:
    case = Case(T=5, B=B)
    cell, (x, state) = random_cell(case, torch.float32), random_inputs(case, torch.float32)
    outputs, after = phased.run(cell, x, state)
    assert all(part.data_ptr() % 64 == 0 for part in (outputs, *after))


# No more than it must


@dataclass
class Spy:
    """How many rows of weights went into products, and how many of those had to be taken up."""

    rows: int = 0
    taken: int = 0

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> "Spy":
        opened = workspace.Workspace.open

        def spying(self_: workspace.Workspace, units: Array, coming: Array | None) -> workspace.Room:
            room = opened(self_, units, coming)
            self.rows += len(room.W_)
            self.taken += 4 * (len(units) if coming is None else len(coming))
            return room

        monkeypatch.setattr(workspace.Workspace, "open", spying)
        return self


@pytest.mark.parametrize("learn", [(), ALL])
def test_only_rows_of_open_units_are_worked_on_in_either_direction(
    learn: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(T=60, n=30, r_on=0.1, learn=learn)
    cell, (x, state) = random_cell(case), random_inputs(case)
    opened, k = find(cell, case.T, None)
    spy = Spy().watch(monkeypatch)
    solve(phased.run, case, cell, x, state)
    assert len(k) == len(opened.units) < 0.2 * case.T * case.n
    assert 0 < spy.rows <= 2 * 4 * len(k)


def test_rows_are_taken_up_once_while_the_same_units_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(r_on=1.5)
    cell, (x, state) = random_cell(case), random_inputs(case)
    spy = Spy().watch(monkeypatch)
    solve(phased.run, case, cell, x, state)
    assert spy.taken == 2 * 4 * case.n  # forward and backward


def test_what_is_kept_for_the_backward_pass_is_in_proportion_to_the_open_units() -> None:
    def kept(r_on: float) -> int:
        case = Case(T=100, n=40, r_on=r_on, learn=())
        cell, (x, state) = random_cell(case), random_inputs(case)
        outputs, _ = phased.run(cell, x, state)
        assert outputs.grad_fn is not None
        saved = outputs.grad_fn.saved_tensors
        weights = sum(part.numel() for part in (cell.W_x, cell.W_h, cell.b, x, *state))
        return sum(part.numel() for part in saved) - weights

    assert kept(0.05) < 0.08 * kept(1.0)


def test_a_unit_at_phase_zero_counts_while_period_or_shift_is_learned() -> None:
    def pairs(learn: tuple[str, ...]) -> int:
        cell = PhasedLSTM(d, 1, learn=learn, period=(5.0, 5.0), shift=0.0, ratio=0.3)
        return len(find(cell, 10, None)[1])

    assert pairs(()) == pairs(("ratio",)) == 2  # t = 1, 6
    assert pairs(("period",)) == pairs(("shift",)) == 4  # and t = 5, 10, where k is 0 and its slope is not


def test_a_gate_that_is_no_number_shows_in_the_outputs() -> None:
    case = Case()
    cell, (x, state) = random_cell(case), random_inputs(case)
    assert cell.log_tau is not None
    with torch.no_grad():
        cell.log_tau[0] = torch.nan
    outputs, _ = phased.run(cell, x, state)
    assert outputs[-1].isnan().any()


# Places of rows


def arrange_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few units and short openings be arranged too, and slots be exchanged one by one."""
    for name, value in {"MANY": 1, "LONG": 1, "KEPT": 0.2}.items():
        monkeypatch.setattr(slots, name, value)
    openings._fixed.cache_clear()


def random_masks() -> Array:
    """Openings of many lengths, with steps at which none is open, and ones at which all close and others open."""
    mask = torch.rand(60, 12).numpy().cumsum(0) % 4 < 1.6
    mask[20:22], mask[30, :6], mask[30, 6:], mask[31, :6], mask[31, 6:] = False, True, False, False, True
    return mask


def test_an_arranged_step_has_the_same_units_and_those_that_stay_open_seldom_move(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrange_always(monkeypatch)
    mask = random_masks()
    ascending = mask.nonzero()[1]
    arranged = slots.arrange(mask, ascending)
    bounds = [0, *mask.sum(1).cumsum().tolist()]
    for begin, end in pairwise(bounds):
        assert sorted(arranged[begin:end]) == ascending[begin:end].tolist()

    def moved(units: Array) -> int:
        found = slots.moves(units, bounds)
        sizes = np.diff(bounds).tolist()
        return sum(size if come is None else len(come) for come, size in zip(found.come, sizes, strict=True))

    assert moved(arranged) < 0.8 * moved(ascending)


@pytest.mark.parametrize("arranged", [True, False])
def test_rows_lie_in_their_slots_in_both_directions(arranged: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    arrange_always(monkeypatch)
    mask = random_masks()
    units = mask.nonzero()[1]
    if arranged:
        units = slots.arrange(mask, units)
    bounds = [0, *mask.sum(1).cumsum().tolist()]
    moves = slots.moves(units, bounds)
    assert any(come is not None and len(come) > 0 for come in moves.come)
    rows, opened, counts = np.arange(12.0)[:, None], np.full((12, 1), np.nan), np.zeros((12, 1))
    for t, (begin, end) in enumerate(pairwise(bounds)):
        slots.fetch(rows, units[begin:end], moves.come[t], opened[: end - begin])
        assert opened[: end - begin, 0].tolist() == units[begin:end].tolist()
    opened[:] = np.nan
    for t, (begin, end) in reversed(list(enumerate(pairwise(bounds)))):
        slots.fetch(counts, units[begin:end], moves.go[t], opened[: end - begin])
        opened[: end - begin] += 1
        slots.put(opened[: end - begin], units[begin:end], moves.come[t], counts)
    assert counts[:, 0].tolist() == mask.sum(0).tolist()


@pytest.mark.parametrize("learn", [(), ALL])
@pytest.mark.parametrize("r_on", [0.1, 0.4, 0.8, 1.0])
def test_arranged_units_are_the_loops_too(r_on: float, learn: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    arrange_always(monkeypatch)
    case = Case(T=60, n=15, r_on=r_on, learn=learn)
    cell, (x, state) = random_cell(case), random_inputs(case)
    assert_equal(solve(phased.run, case, cell, x, state), solve(loop.run, case, cell, x, state), 1e-12)
    openings._fixed.cache_clear()


# What is remembered


def test_a_gate_whose_values_change_is_not_served_from_memory() -> None:
    case = Case(learn=())
    cell, (x, state) = random_cell(case), random_inputs(case)
    solve(phased.run, case, cell, x, state)
    with torch.no_grad():
        cell.tau_0.mul_(1.3)
        cell.s_0.add_(0.4)
    assert_equal(solve(phased.run, case, cell, x, state), solve(loop.run, case, cell, x, state), 1e-12)


def test_a_loaded_gate_is_not_served_from_memory() -> None:
    case = Case(learn=())
    cell, (x, state) = random_cell(case), random_inputs(case)
    solve(phased.run, case, cell, x, state)
    other = random_cell(replace(case, r_on=0.6))
    cell.load_state_dict(other.state_dict())
    assert_equal(solve(phased.run, case, cell, x, state), solve(loop.run, case, other, x, state), 1e-12)


def test_weights_that_the_optimizer_changes_in_place_are_read_anew() -> None:
    case = Case(learn=())
    cell, (x, state) = random_cell(case), random_inputs(case)
    theta = torch.cat([parameter.detach().flatten() for parameter in cell.parameters()])
    views = theta.split([parameter.numel() for parameter in cell.parameters()])
    for parameter, view in zip(cell.parameters(), views, strict=True):
        parameter.data = view.view_as(parameter)
    before, _ = phased.run(cell, x, state)
    theta.add_(0.1)
    after, _ = phased.run(cell, x, state)
    assert distance(after, before) > 1e-3
    assert distance(after, loop.run(cell, x, state)[0]) < 1e-12


# The rule


def chosen(setting: str, own_times: bool = False, leak: float = 0.0) -> Kernel:
    return choose(PhasedLSTM(3, 4, leak=leak), setting, own_times)


@pytest.mark.parametrize("setting", [pytest.param("auto", marks=without_compiled), "library"])
def test_the_kernels_name_says_whether_closed_units_are_skipped(setting: str) -> None:
    why = compiled.missing() if setting == "auto" else ""
    assert chosen(setting) == Kernel("open units only", phased.run, why)
    assert chosen(setting, leak=0.001) == Kernel("dense: a leak keeps every unit open", phased.run, why)


def test_times_of_their_own_take_the_loop_which_says_why() -> None:
    assert chosen("auto", own_times=True) == Kernel(loop.NAME, loop.run, phased.OWN_TIMES)
    with pytest.raises(ValueError, match=r"--kernel library: each sequence has its own times.*; take auto"):
        chosen("library", own_times=True)


def test_times_of_their_own_do_not_matter_to_other_cells() -> None:
    settings = Settings(cell="lstm", kernel="fused")
    assert Model(settings, 3, 5, "last", own_times=True).kernel.run is not loop.run


def test_a_learner_knows_its_tasks_times_beforehand() -> None:
    settings = make_settings("frequency", {"cell": "phased", "hidden": 4, "batch": 2, "device": "cpu", "threads": 1})
    assert Learner(settings).model.kernel.why == compiled.missing()
    uneven = replace(settings, sampling="uneven")
    assert Learner(uneven).model.kernel.why == phased.OWN_TIMES


def test_a_subclass_of_the_phased_lstm_is_not_taken_for_it() -> None:
    derived = type("Derived", (PhasedLSTM,), {})(3, 4)
    assert choose(derived, "auto").run is loop.run


def test_a_device_without_float64_is_refused_in_a_sentence() -> None:
    model = Model(Settings(cell="phased", hidden=4), 3, 5, "last")
    with pytest.raises(ValueError, match=r"--device mps: .*float64.*--device cpu"):
        model.place("mps")


# One step of one sequence


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("given", ["--ratio 0.05", "--ratio 0.4", "--ratio 1.3", "--leak 0.01"])
def test_the_single_step_in_numpy_follows_the_model(given: str, layers: int) -> None:
    option, value = given.split()
    settings = Settings(cell="phased", hidden=24, layers=layers, **{option.strip("-"): float(value)})
    model = Model(settings, 11, 11, "every")
    model.initialise("orthogonal", 50, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    indices = torch.randint(11, (120,))
    with torch.inference_mode():
        expected, carried = model(indices[:, None], model.initial_state(1))
    single = Snapshot(model)
    state = single.initial_state
    for t, index in enumerate(indices.tolist()):
        logits, state = single.step(index, state)
        np.testing.assert_allclose(logits, expected[t, 0].numpy(), rtol=0, atol=1e-5)
    for (h, c, t), (h_expected, c_expected) in zip(state, carried, strict=True):
        assert t == 120
        np.testing.assert_allclose(h, h_expected[0].numpy(), rtol=0, atol=1e-5)
        np.testing.assert_allclose(c, c_expected[0].numpy(), rtol=0, atol=1e-5)


def test_a_gate_that_is_no_number_shows_in_the_single_step_too() -> None:
    model = Model(Settings(cell="phased", hidden=6, learn="period"), 3, 3, "every")
    with torch.no_grad():
        model.cells[0].log_tau[0] = torch.nan
    single = Snapshot(model)
    logits, _ = single.step(1, single.initial_state)
    assert np.isnan(logits).all()


# The figure


def test_the_figure_of_costs_leaves_out_what_was_not_measured(tmp_path: Path) -> None:
    from rnntui.plots.cost import Costs, cost

    kernel = {"100": [1.0, 2.0, 9.0], "10000": [90.0, 200.0, 900.0]}
    rivals: dict[str, list[float | None]] = {"nn.LSTM": [4.0, 400.0], "loop, k": [20.0, None]}
    cost([tmp_path / "cost.svg"], Costs(128, 32, (0.01, 0.05, 1.0), (100, 10_000), kernel, rivals))
    drawn = (tmp_path / "cost.svg").read_text(encoding="utf-8")
    assert "nan" not in drawn
    assert "mathdefault" not in drawn
