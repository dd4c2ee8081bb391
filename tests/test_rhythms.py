"""The tasks for cells with a sense of time: frequencies told apart, and palindromes in rhythmic noise."""

import math

import pytest
import torch
from command import as_json, refused, rnntui, said
from torch import Tensor

from rnntui.config import Settings, make_settings, time_steps
from rnntui.core.tasks import Batch, load_task
from rnntui.core.tasks.frequency import classes, outside
from rnntui.specs import TASKS
from rnntui.text.format import title

CPU = torch.device("cpu")


def drawn(task: str, seed: int = 0, **given: object) -> Batch:
    settings = make_settings(task, {"batch": 64, **given})
    return load_task(settings, CPU).batch(torch.Generator().manual_seed(seed))


# Noise


@pytest.mark.parametrize(("length", "spacing"), [(1, 1), (3, 1), (4, 5), (10, 5), (5, 2)])
def test_the_signal_comes_at_multiples_of_the_spacing_and_its_palindrome_ends_in_the_target(
    length: int, spacing: int
) -> None:
    batch = drawn("noise", length=length, spacing=spacing)
    assert batch.inputs.shape == (length * spacing, 64)
    assert batch.times is None  # row k is time k + 1
    signal = torch.cat([batch.inputs[spacing - 1 :: spacing], batch.targets.unsqueeze(0)])
    assert len(signal) == length + 1
    assert signal.equal(signal.flip(0))


def test_between_the_signal_the_digits_are_random_and_say_nothing() -> None:
    batch = drawn("noise", batch=4_000, length=4, spacing=3)
    noise = torch.cat([batch.inputs[k::3] for k in (0, 1)])
    assert noise.unique().tolist() == list(range(10))
    for row in noise:
        assert float((row == batch.targets).double().mean()) == pytest.approx(0.1, abs=0.03)
    assert float((batch.inputs[2] == batch.targets).double().mean()) == 1.0  # the first signal digit is the target


def test_noise_digits_enter_as_palindromes_do() -> None:
    scalar, index = drawn("noise", input="scalar"), drawn("noise")
    assert scalar.inputs.equal(index.inputs.unsqueeze(-1).float())


def test_the_length_of_a_noisy_sequence_is_its_digits_times_the_spacing() -> None:
    settings = make_settings("noise", {})
    assert time_steps(settings) == 50
    assert title(settings, "") == "noise · LSTM 128 · 50 time steps"


# Frequency


def period_of(wave: Tensor) -> float:
    """The period of a sine, from x(t-1) + x(t+1) = 2 cos(2π/period) x(t), by least squares."""
    x = wave.double()
    cosine = float((x[1:-1] * (x[:-2] + x[2:])).sum() / (2 * (x[1:-1] ** 2).sum()))
    return 2 * math.pi / math.acos(min(1.0, cosine))


def test_a_wave_is_in_the_band_where_the_target_says_so_and_outside_where_not() -> None:
    batch = drawn("frequency", batch=200)
    assert batch.inputs.shape == (500, 200, 1)
    assert float(batch.inputs.abs().max()) <= 1
    for wave, target in zip(batch.inputs.squeeze(-1).T, batch.targets.tolist(), strict=True):
        period = period_of(wave)
        assert 9.99 < period < 200.2
        low, high = (49.95, 60.05) if target else (50.05, 59.95)  # the estimate is a little off
        assert (low < period < high) == bool(target)
    assert batch.targets.sum() == 100


def test_periods_outside_the_band_are_log_uniform_on_both_sides_of_it() -> None:
    periods = outside(torch.linspace(0, 1, 100_001, dtype=torch.float64))
    below, above = periods[periods < 55], periods[periods > 55]
    assert float(below.min()) == pytest.approx(10)
    assert float(below.max()) <= 50
    assert float(above.min()) == pytest.approx(60, rel=1e-3)
    assert float(above.max()) == pytest.approx(200)
    assert len(below) / len(periods) == pytest.approx(math.log(5) / (math.log(5) + math.log(200 / 60)), abs=1e-3)
    assert float(below.log().median()) == pytest.approx(math.log(math.sqrt(500)), abs=1e-3)


def test_phases_are_random() -> None:
    first = drawn("frequency", batch=500).inputs[0, :, 0]
    assert float(first.mean().abs()) < 0.15
    assert float(first.min()) < -0.9
    assert float(first.max()) > 0.9


def test_uneven_times_are_each_sequences_own_and_the_network_is_told_the_time_between() -> None:
    batch = drawn("frequency", sampling="uneven", length=80)
    assert batch.times is not None
    assert batch.times.shape == (80, 64)
    assert float(batch.times.min()) > 0
    assert float(batch.times.max()) <= 80
    assert (batch.times.diff(dim=0) >= 0).all()
    assert not batch.times[:, 0].equal(batch.times[:, 1])
    since = batch.inputs[:, :, 1].double()
    torch.testing.assert_close(since.cumsum(0), batch.times, rtol=1e-4, atol=1e-4)


# Both, as ordinary tasks


@pytest.mark.parametrize(("task", "chance"), [("frequency", 0.5), ("noise", 0.1)])
def test_each_knows_its_chance(task: str, chance: float) -> None:
    made = load_task(make_settings(task, {}), CPU)
    assert made.chance == chance
    assert made.baselines()["chance"].loss == pytest.approx(-math.log(chance))
    assert made.readout == "last"


@pytest.mark.parametrize("batch", range(1, 10))
@pytest.mark.parametrize("task", ["palindrome", "noise", "frequency"])
def test_with_any_batch_each_class_is_as_frequent_as_chance_says(task: str, batch: int) -> None:
    made = load_task(make_settings(task, {"batch": batch, "length": 2}), CPU)
    source, batches = torch.Generator().manual_seed(batch), 3_000
    targets = torch.cat([made.batch(source).targets for _ in range(batches)])
    shares = torch.bincount(targets, minlength=made.output_size) / len(targets)
    assert made.output_size * made.chance == 1
    # Five standard deviations; the sequences of a batch may depend on each other.
    most = 5 * math.sqrt(made.chance * (1 - made.chance) / batches)
    assert float((shares - made.chance).abs().max()) < most


def test_an_even_batch_is_half_of_each_class_and_draws_nothing_for_it() -> None:
    for batch in (2, 4, 8):
        source = torch.Generator().manual_seed(0)
        before = source.get_state()
        assert classes(batch, source).tolist() == [0, 1] * (batch // 2)
        assert torch.equal(source.get_state(), before)


@pytest.mark.parametrize("task", ["frequency", "noise"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "phased"])
def test_every_cell_trains_on_each(task: str, cell: str) -> None:
    result = as_json(f"train {task} --cell {cell} --hidden 4 --batch 4 --length 6 --steps 2 --threads 1 --headless")
    assert result["step"] == 2
    assert math.isfinite(result["loss"])


def test_uneven_times_take_the_dense_path_and_it_is_said() -> None:
    more = "--hidden 4 --batch 4 --length 6 --steps 1 --threads 1 --headless"
    told = said(rnntui(f"train frequency --sampling uneven --cell phased {more}"))
    assert "reference loop (each sequence has its own times" in told
    assert "each sequence has its own times" in refused(
        f"train frequency --sampling uneven --cell phased --kernel fused {more}"
    )


def test_a_setting_of_one_task_is_refused_by_another() -> None:
    assert "--spacing does not apply to the palindrome task" in refused("train palindrome --spacing 3 --headless")
    assert "--sampling does not apply to the noise task" in refused("train noise --sampling uneven --headless")


def test_a_train_without_a_task_is_still_palindromes_and_a_text() -> None:
    from rnntui.commands.launch import side_by_side

    assert [settings.task for settings in side_by_side({}, None)] == ["palindrome", "text"]
    assert len(TASKS) == 4
    assert Settings().task == "palindrome"
