"""The Phased LSTM: its gate by hand and by finite differences, the cell, coverage, warnings, and resuming."""

import math
from collections.abc import Callable
from itertools import islice

import pytest
import torch
from command import done, refused, run_named
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnntui.config import Settings, make_settings
from rnntui.core.analysis import gate_coverage
from rnntui.core.cells.lstm import LSTM
from rnntui.core.cells.phased import PhasedLSTM, is_open, openness, phase
from rnntui.core.model import Model
from rnntui.core.training.learner import Learner, stream
from rnntui.core.training.trainer import Trainer
from rnntui.core.training.warnings import Alarms
from rnntui.gate import Gate

# τ, s, r_on, t, φ, k: before, at and after each joint, r_on above 1, times before the shift
BY_HAND = [
    (5.0, 1.0, 1.0, 1.0, 0.0, 0.0),
    (5.0, 1.0, 1.0, 2.0, 0.2, 0.4),
    (5.0, 1.0, 1.0, 3.5, 0.5, 1.0),
    (5.0, 1.0, 1.0, 4.0, 0.6, 0.8),
    (5.0, 1.0, 1.0, 6.0, 0.0, 0.0),
    (5.0, 1.0, 0.5, 1.625, 0.125, 0.5),
    (5.0, 1.0, 0.5, 2.25, 0.25, 1.0),
    (5.0, 1.0, 0.5, 3.5, 0.5, 0.0),
    (5.0, 1.0, 0.5, 5.0, 0.8, 0.0),
    (5.0, 1.0, 0.5, 0.0, 0.8, 0.0),
    (8.0, 0.0, 2.0, 4.0, 0.5, 0.5),
    (8.0, 0.0, 2.0, 7.0, 0.875, 0.875),
    (8.0, 0.0, 1.25, 5.0, 0.625, 1.0),
    (8.0, 0.0, 1.25, 7.0, 0.875, 0.6),
    (4.0, 1.0, 0.5, -3.0, 0.0, 0.0),
    (4.0, 1.0, 0.5, -2.5, 0.125, 0.5),
]


def double(number: float) -> Tensor:
    return torch.tensor([number], dtype=torch.float64)


def at(tau: float, s: float, r_on: float, t: float, leak: float = 0.0) -> float:
    return float(openness(phase(t, double(tau), double(s)), double(r_on), leak))


@pytest.mark.parametrize(("tau", "s", "r_on", "t", "phi", "k"), BY_HAND)
def test_the_gate_takes_the_values_computed_by_hand(
    tau: float, s: float, r_on: float, t: float, phi: float, k: float
) -> None:
    assert float(phase(t, double(tau), double(s))) == pytest.approx(phi, abs=1e-15)
    assert at(tau, s, r_on, t) == pytest.approx(k, abs=1e-14)


@pytest.mark.parametrize("r_on", [0.05, 0.5, 1.0, 1.6])
def test_the_gate_is_continuous_at_its_joints_and_closes_exactly_at_the_last(r_on: float) -> None:
    peak, close = r_on / 2, r_on
    for joint in (peak, close):
        if joint < 1:
            below, above = math.nextafter(joint, 0.0), math.nextafter(joint, 2.0)
            values = [float(openness(double(phi), double(r_on))) for phi in (below, joint, above)]
            assert max(values) - min(values) < 1e-14
    if peak < 1:
        assert float(openness(double(peak), double(r_on))) == 1.0
    if close < 1:
        assert float(openness(double(close), double(r_on))) == 0.0
        assert not is_open(double(close), double(r_on))
        assert is_open(double(math.nextafter(close, 0.0)), double(r_on))


def test_a_quotient_that_rounds_to_one_counts_as_zero() -> None:
    assert ((-1e-20) % 5.0) / 5.0 == 1.0  # what floats do
    assert float(phase(-1e-20, double(5.0), double(0.0))) == 0.0
    assert Gate(5.0, 0.0, 0.5).phase(-1e-20) == 0.0


def test_a_leak_lets_a_closed_unit_follow_its_phase_and_an_open_one_alone() -> None:
    assert at(10.0, 0.0, 0.2, 5.0, leak=0.1) == pytest.approx(0.05)
    assert at(10.0, 0.0, 0.2, 1.0, leak=0.1) == 1.0


number = st.floats(-50, 50, allow_nan=False)


@given(st.floats(0.01, 100), number, st.floats(0.001, 3), number, st.sampled_from([0.0, 0.1, 1.0]))
def test_tensors_and_plain_numbers_are_the_same_gate(tau: float, s: float, r_on: float, t: float, leak: float) -> None:
    assert at(tau, s, r_on, t, leak) == pytest.approx(Gate(tau, s, r_on, leak).openness(t), abs=1e-12)


@given(st.floats(1, 30), st.floats(-20, 20), st.floats(0.05, 1.9), st.floats(-40, 40))
def test_slopes_of_the_gate_are_those_of_finite_differences_away_from_the_joints(
    tau: float, s: float, r_on: float, t: float
) -> None:
    phi = Gate(tau, s, r_on).phase(t)
    if min(abs(phi - joint) for joint in (0.0, r_on / 2, r_on, 1.0)) < 1e-3:
        return
    values = [double(x).requires_grad_() for x in (tau, s, r_on)]
    k = openness(phase(t, values[0], values[1]), values[2])
    slopes = torch.autograd.grad(k, values, materialize_grads=True)
    for which, slope in enumerate(slopes):
        up, down = ([x + (e if j == which else 0.0) for j, x in enumerate((tau, s, r_on))] for e in (1e-7, -1e-7))
        difference = (at(*up, t) - at(*down, t)) / 2e-7
        assert float(slope) == pytest.approx(difference, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("phi", "slope"), [(0.0, 4.0), (0.25, -4.0), (0.5, 0.0)], ids=["opening", "fully open", "closing"]
)
def test_at_a_joint_the_slope_is_that_of_the_piece_on_its_right(phi: float, slope: float) -> None:
    at_joint = double(phi).requires_grad_()
    (dk,) = torch.autograd.grad(openness(at_joint, double(0.5)).sum(), at_joint)
    assert float(dk) == slope
    t = double(5 * phi + 1)  # τ = 5, s = 1: k falls with s as it rises with φ, by 1/τ
    s = double(1.0).requires_grad_()
    (ds,) = torch.autograd.grad(openness(phase(t, double(5.0), s), double(0.5)).sum(), s)
    assert float(ds) == pytest.approx(-slope / 5)


# The cell


def random_phased(d: int, n: int, dtype: torch.dtype = torch.float32, **how: object) -> PhasedLSTM:
    cell = PhasedLSTM(d, n, **how)  # type: ignore[arg-type]
    cell = cell.to(dtype)
    cell.tau_0, cell.s_0, cell.r_0 = cell.tau_0.double(), cell.s_0.double(), cell.r_0.double()
    generator = torch.Generator().manual_seed(n)
    with torch.no_grad():
        for name, parameter in cell.named_parameters():
            parameter.normal_(0.0, 0.1 if name in cell.drawn_here else 0.5, generator=generator)
    cell.draw(20, generator)
    return cell


def test_with_its_gate_fully_open_it_is_the_lstm_to_the_bit() -> None:
    cell = random_phased(3, 7, learn=(), period=(1.0, 1.0), shift=0.5, ratio=1.0)  # φ = 0.5 = r_on/2 at every step
    lstm = LSTM(3, 7)
    lstm.load_state_dict(
        {name: value for name, value in cell.state_dict().items() if name in dict(lstm.named_parameters())}
    )
    x, state = torch.randn(9, 4, 3), (torch.randn(4, 7), torch.randn(4, 7))
    other = state
    for t, x_t in enumerate(x, 1):
        h, state = cell.step(x_t, state, t)
        h_other, other = lstm.step(x_t, other, t)
        assert h.equal(h_other)
        assert state[1].equal(other[1])


def test_a_closed_unit_keeps_c_and_h_to_the_bit() -> None:
    cell = random_phased(3, 40, learn=(), period=(2.0, 30.0), ratio=0.2)
    state = (torch.randn(4, 40), torch.randn(4, 40))
    closed_once = 0
    for t in range(1, 12):
        before = state
        _, state = cell.step(torch.randn(4, 3), state, t)
        closed = ~is_open(phase(t, cell.tau, cell.s), cell.r_on)
        assert all(new[:, closed].equal(old[:, closed]) for new, old in zip(state, before, strict=True))
        assert not state[0][:, ~closed].equal(before[0][:, ~closed]) or closed.all()
        closed_once += int(closed.sum())
    assert 0 < closed_once < 11 * 40


def test_a_gate_wider_than_its_period_never_closes() -> None:
    cell = random_phased(3, 40, learn=(), period=(2.0, 30.0), ratio=1.5)
    for t in range(1, 50):
        assert is_open(phase(t + 0.25, cell.tau, cell.s), cell.r_on).all()


@pytest.mark.parametrize("learn", [("period",), ("shift",), ("ratio",), ("period", "shift", "ratio")])
def test_the_cell_with_a_learned_gate_passes_gradcheck(learn: tuple[str, ...]) -> None:
    cell = random_phased(2, 3, torch.float64, learn=learn, period=(3.0, 7.0), ratio=0.6, leak=0.01)
    x = torch.randn(4, 2, 2, dtype=torch.float64)
    names = [name for name, _ in cell.named_parameters()]

    state = (torch.ones(2, 3, dtype=torch.float64), -torch.ones(2, 3, dtype=torch.float64))

    def last(*values: Tensor) -> Tensor:
        named = {f"cell.{name}": value for name, value in zip(names, values, strict=True)}
        return torch.func.functional_call(Unrolled(cell), named, (x, state))

    assert torch.autograd.gradcheck(last, [p.detach().clone().requires_grad_() for p in cell.parameters()], eps=1e-7)


class Unrolled(torch.nn.Module):
    def __init__(self, cell: PhasedLSTM) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> Tensor:
        for t, x_t in enumerate(x, 1):
            _, state = self.cell.step(x_t, state, t + 0.37)
        return torch.cat(state)


def test_times_may_be_each_sequences_own() -> None:
    cell = random_phased(3, 5, ratio=0.5)
    x, state = torch.randn(2, 3), (torch.randn(2, 5), torch.randn(2, 5))
    together, _ = cell.step(x, state, torch.tensor([2.5, 7.25]))
    for k, t in enumerate((2.5, 7.25)):
        alone, _ = cell.step(x[k : k + 1], tuple(part[k : k + 1] for part in state), t)
        torch.testing.assert_close(together[k], alone[0])


# Settings


def made(**given: object) -> PhasedLSTM:
    settings = make_settings("noise", {"cell": "phased", "hidden": 200, **given})
    model = Model(settings, 10, 10, "last")
    model.initialise("orthogonal", 50, stream("cpu", 0, "weights"))
    (cell,) = model.cells
    assert isinstance(cell, PhasedLSTM)
    return cell


def test_periods_are_drawn_log_uniformly_and_shifts_over_the_whole_period() -> None:
    cell = made(period="10:1000")
    tau = cell.tau.detach()
    assert 10 <= float(tau.min()) < 13 < 800 < float(tau.max()) <= 1000
    assert float(tau.log().mean()) == pytest.approx(math.log(100), rel=0.06)
    turns = cell.s.detach() / tau
    assert 0 <= float(turns.min()) < 0.05 < 0.95 < float(turns.max()) < 1


def test_exact_values_are_exact_and_what_is_learned_starts_at_them() -> None:
    cell = made(period="5", shift="1.3", ratio=0.3, learn="period,shift,ratio")
    assert (cell.tau == 5).all()
    assert (cell.s == 1.3).all()
    assert (cell.r_on == 0.3).all()


def test_the_default_period_reaches_to_the_length_of_the_sequence() -> None:
    assert float(made().tau.detach().max()) <= 100
    assert 300 < float(made(length=100, spacing=5).tau.detach().max()) <= 500


@pytest.mark.parametrize(
    ("learn", "names"),
    [
        ("none", set()),
        ("ratio", {"log_r_on"}),
        ("shift+period", {"log_tau", "turn"}),
        ("period, ratio", {"log_tau", "log_r_on"}),
    ],
)
def test_what_is_named_by_learn_and_nothing_else_is_trained(learn: str, names: set[str]) -> None:
    assert {name for name, _ in made(learn=learn).named_parameters()} == {"W_x", "W_h", "b", *names}


def test_period_and_ratio_stay_positive_however_far_they_are_driven() -> None:
    cell = made(learn="period,ratio")
    assert cell.log_tau is not None
    assert cell.log_r_on is not None
    with torch.no_grad():
        cell.log_tau.fill_(-60.0)
        cell.log_r_on.fill_(-60.0)
    assert (cell.tau > 0).all()
    assert (cell.r_on > 0).all()
    assert openness(phase(3.0, cell.tau, cell.s), cell.r_on).isfinite().all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("--period 0", "--period must be above 0"),
        ("--period 10:0", "--period must be above 0"),
        ("--period nan", "--period must be LOW:HIGH or one number"),
        ("--period inf", "--period must be LOW:HIGH or one number"),
        ("--period x:3", "--period must be LOW:HIGH or one number"),
        ("--period 5:", "such as 10:100, not '5:'"),
        ("--period 1e300", "--period must be from 1e-06 to 1e+09 time steps"),
        ("--period 1e-300", "--period must be from 1e-06 to 1e+09 time steps"),
        ("--shift 1e300", "--shift must be from -1e+09 to 1e+09 time steps"),
        ("--ratio 1e300", "--ratio must be at most"),
        ("--period 1:2:3", "--period must be LOW:HIGH or one number"),
        ("--period 100:10", "the lowest period comes first: 10:100"),
        ("--shift x", "--shift must be a number of time steps"),
        ("--shift inf", "--shift must be a number of time steps"),
        ("--ratio 0", "--ratio must be at least 1e-06"),
        ("--ratio -1", "--ratio must be at least 1e-06"),
        ("--ratio nan", "--ratio must be a number"),
        ("--leak -0.1", "--leak must be at least 0"),
        ("--leak 1.5", "--leak must be at most 1"),
        ("--learn tau", "--learn 'tau': name some of period, shift, ratio"),
        ("--init latch", "needs units that never close"),
        ("--cell lstm --ratio 0.1", "--ratio does not apply to the lstm: take --cell phased"),
    ],
)
def test_a_bad_value_of_the_gate_is_refused_in_one_sentence(given: str, words: str) -> None:
    assert words in refused(f"train noise --cell phased --headless {given}")


# Coverage and warnings


def test_holes_are_the_steps_at_which_no_unit_is_open() -> None:
    cell = made(period="5", shift="4", ratio=0.4)  # k = 1 at t = 5, 10, …; at t = 4, 9, … φ = 0: nothing is let in
    times = torch.arange(1, 21, dtype=torch.float64)
    assert gate_coverage.holes(cell, times).tolist() == [t % 5 != 0 for t in range(1, 21)]
    assert gate_coverage.open_share(cell, times) == pytest.approx(0.2)


def test_of_many_steps_at_which_no_unit_is_open_the_first_five_are_named() -> None:
    given = {"cell": "phased", "hidden": 4, "period": "5", "shift": "4", "ratio": 0.4}  # open at t = 5, 10, …
    model = Model(make_settings("noise", given), 10, 10, "last")
    model.initialise("orthogonal", 50, stream("cpu", 0, "weights"))
    assert "no unit is open at 6 of 7 steps (t = 1, 2, 3, 4, 6, …)" in gate_coverage.describe(model, 7)[0]
    assert "no unit is open at 5 of 6 steps (t = 1, 2, 3, 4, 6)" in gate_coverage.describe(model, 6)[0]


def test_a_deaf_network_is_said_to_be_deaf_before_it_trains_and_another_is_not() -> None:
    few = "train noise --cell phased --hidden 4 --batch 2 --steps 1 --threads 1 --headless"
    assert "the network ignores its input" in done_with_notes(f"{few} --period 50 --ratio 0.01")
    assert "one or more" in done_with_notes(f"{few} --ratio 1")
    leaking = done_with_notes(f"{few} --period 50 --ratio 0.01 --leak 0.1")
    assert "no unit is open except through its leak" in leaking
    assert "ignores" not in leaking
    assert "spread them with --period LOW:HIGH" in done_with_notes(f"{few} --period 1 --shift 0 --ratio 1")
    fixed = done_with_notes(f"{few} --period 1000000 --ratio 1 --learn none")
    assert "the period of 4 units (1e+06 is one) makes no sense on 50 steps: 1 to 5000 does" in fixed
    assert run_named("noise-phased-1").config().deaf[0] > 0.5
    assert run_named("noise-phased-2").config().deaf == (0.0,)
    shown = done("runs show noise-phased-2")
    assert "no unit open at 0.0% of the steps" in shown
    assert "sampling" not in shown


def done_with_notes(command: str) -> str:
    from command import rnntui, said

    result = rnntui(command)
    assert result.exit_code == 0, result.output
    return said(result)


def test_a_gate_that_leaves_the_sane_region_is_said_once_and_before_the_network_fails() -> None:
    settings = Settings(
        task="noise", cell="phased", hidden=8, batch=4, steps=400, lr=10.0, threads=1, learn="period", log_every=1
    )
    warnings, diverged = [], None
    for report in Trainer(settings):
        warnings += [(report.step, report.warning)] if report.warning else []
        if report.divergence is not None:
            diverged = report.divergence.step
            break
    ((step, warning),) = warnings
    assert "the period of" in warning
    assert diverged is not None
    assert step < diverged


@pytest.mark.parametrize("learn", ["period", "shift", "ratio"])
def test_a_sane_gate_earns_no_warning_and_each_parameter_its_own(learn: str) -> None:
    settings = Settings(task="noise", cell="phased", hidden=8, learn=learn)
    model = Learner(settings).model
    assert gate_coverage.strays(model, 50) == []
    (cell,) = model.cells
    parameter = {"period": "log_tau", "shift": "turn", "ratio": "log_r_on"}[learn]
    with torch.no_grad():
        getattr(cell, parameter)[3] = 15.0
    (alarm,) = gate_coverage.strays(model, 50)
    assert f"the {learn} of 1 unit (" in alarm.sentence


@pytest.mark.parametrize(("learn", "least", "most"), [("period", 1.0, 5_000.0), ("ratio", 0.001, 2.0)])
def test_a_gate_is_sane_up_to_its_bounds_and_not_beyond(learn: str, least: float, most: float) -> None:
    model = Learner(Settings(task="noise", cell="phased", hidden=8, learn=learn)).model
    (cell,) = model.cells
    for value, is_sane in ((0.99 * least, False), (1.01 * least, True), (0.99 * most, True), (1.01 * most, False)):
        with torch.no_grad():
            if learn == "period":
                cell.log_tau[3] = math.log(value / float(cell.tau_0[3]))
            else:
                cell.log_r_on[3] = math.log(value / float(cell.r_0[3]))
        assert (gate_coverage.strays(model, 50) == []) == is_sane


@pytest.mark.parametrize("learn", ["period", "shift", "ratio"])
def test_a_gate_that_goes_ever_farther_is_warned_of_again(learn: str) -> None:
    model = Learner(Settings(task="noise", cell="phased", hidden=8, learn=learn)).model
    (cell,) = model.cells
    parameter = {"period": "log_tau", "shift": "turn", "ratio": "log_r_on"}[learn]
    alarms, told = Alarms(), []
    for value in (0.0, -12.0, -12.0, -13.0, -60.0, -61.0, -12.0, -60.0):
        with torch.no_grad():
            getattr(cell, parameter)[5] = -math.exp(-value) if learn == "shift" else value
        told.append(alarms.new(gate_coverage.strays(model, 50)))
    assert [len(sentences) for sentences in told] == [0, 1, 0, 0, 1, 0, 0, 0]
    if learn == "ratio":
        assert "(4.378e-28)" in told[4][0]


# Promises


def losses(trainer: Trainer, count: int) -> list[float]:
    return [loss for report in islice(trainer, count) for loss in report.loss]


def test_a_run_with_learned_gates_resumes_to_the_bit(corpus: Callable[..., object]) -> None:
    more = "--hidden 12 --batch 4 --threads 1 --lr 0.01 --learn period,shift,ratio --headless"
    done(f"train noise --cell phased --steps 30 --name whole {more}")
    done(f"train noise --cell phased --steps 17 --name parts {more}")
    done("resume parts --steps 30 --headless")
    whole, parts = (run_named(name).checkpoint(30) / "model.safetensors" for name in ("whole", "parts"))
    assert whole.read_bytes() == parts.read_bytes()
    gates = run_named("whole")
    begun = (gates.checkpoint(0) / "model.safetensors").read_bytes()
    assert begun != whole.read_bytes()


def test_time_goes_on_where_the_state_is_carried(corpus: object) -> None:
    settings = make_settings(
        "text", {"cell": "phased", "corpus": str(corpus), "stateful": True, "batch": 2, "length": 7, "threads": 1}
    )
    task = Learner(settings).task
    generator = torch.Generator()
    first, second = task.batch(generator), task.batch(generator)
    assert first.times is not None
    assert second.times is not None
    assert first.times.tolist() == list(range(1, 8))
    assert second.times.tolist() == list(range(8, 15))
    assert first.fresh
    assert not second.fresh
