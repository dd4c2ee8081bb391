"""What rows of metrics keep of the batches between them: a curve that is read again has the range of all steps."""

import math

import numpy as np
import pytest
from msgspec import UNSET, structs

from rnntui.core.training.trainer import Report, open_trainer
from rnntui.core.training.unlogged import UnloggedBatches
from rnntui.runs import METRICS, Run
from rnntui.runs.history import Bins, Column
from rnntui.runs.logged import clips_of, curves_of, share_of_logged
from rnntui.runs.tail import Follower
from rnntui.schemas import BatchRanges, MetricsRow, Unlogged
from rnntui.sessions.contract import TrainingCurves
from rnntui.sessions.recorded import curves_on_disk
from rnntui.tui.chart.axis import Axis
from rnntui.tui.chart.binning import reduce
from tests.tiny import ENDLESS, again, new_run, palindrome


def reported(run: Run) -> list[Report]:
    """All reports of a run that is trained to its end."""
    reports = list(open_trainer(run))
    run.unlock()
    return reports


def per_step(reports: list[Report], figure: str) -> list[float]:
    """A figure of each step."""
    return [value for report in reports for value in getattr(report, figure)]


def bins(column: Column) -> list[tuple[float, ...]]:
    """Step, count, least, mean, greatest and mean logarithm of each bin."""
    held: Bins = column.bins
    names = ("step", "count", "minimum", "mean", "maximum", "log")
    return [tuple(getattr(held, name)[k] for name in names) for k in range(held.length)]


@pytest.mark.parametrize("figure", ["loss", "accuracy", "gradient_norm"])
def test_a_curve_read_again_has_the_range_of_all_batches(figure: str) -> None:
    run = new_run(palindrome(steps=37))
    values = per_step(reported(run), figure)
    assert len(values) == 37
    found = bins(getattr(curves_on_disk(run, 1.0, run.settings().clip), figure))
    assert [step for step, *_ in found] == [10, 20, 30, 37]
    began = 0
    for step, count, least, mean, greatest, log in found:
        batches = values[began : int(step)]
        assert count == len(batches)
        assert (least, greatest) == pytest.approx((min(batches), max(batches)), rel=1e-5)
        assert mean == pytest.approx(math.fsum(batches) / len(batches), rel=1e-5)
        logs = [math.log(value) for value in batches if value > 0]
        assert log == pytest.approx(math.fsum(logs) / len(logs) if logs else math.nan, rel=1e-4, nan_ok=True)
        began = int(step)


def test_a_curve_is_known_as_it_was_while_it_trained() -> None:
    """Merged into the same bins, the steps' own values and the rows of ten come to the same."""
    run = new_run(palindrome(steps=160))
    live = TrainingCurves()
    for report in reported(run):
        live.loss.extend(report.steps, report.loss)
    on_disk = curves_on_disk(run, 1.0, 0.0)
    in_tens = Column()
    for ten in range(0, 160, 10):
        part = [bin_ for bin_ in bins(live.loss) if ten < bin_[0] <= ten + 10]
        mean, log = (sum(bin_[k] for bin_ in part) / 10 for k in (3, 5))
        in_tens.append_range(ten + 10, 10, min(b[2] for b in part), mean, max(b[4] for b in part), log, part[-1][3])
    for ours, theirs in zip(bins(on_disk.loss), bins(in_tens), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-5)
    assert on_disk.loss.last == live.loss.last
    assert on_disk.loss.mean_over_steps() == pytest.approx(live.loss.mean_over_steps(), rel=1e-5)


@pytest.mark.parametrize("left_at", [3, 10, 13, 27])
def test_the_rows_of_a_run_that_was_left_between_two_are_those_of_one_that_was_not(left_at: int) -> None:
    settings = palindrome(steps=40, clip=0.5)
    whole, parts = new_run(settings, "whole"), new_run(settings, "parts")
    reported(whole)
    trainer = open_trainer(parts)
    for report in trainer:
        if report.step >= left_at:
            break
    trainer.save()
    parts.unlock()
    reported(again(parts))
    one, other = ([structs.replace(row, seconds=0.0) for row in run.metrics()] for run in (whole, parts))
    assert one == other
    assert all(isinstance(row.batches, BatchRanges) and row.batches.count == 10 for row in one)


def test_a_run_that_goes_back_adds_up_anew() -> None:
    run = new_run(palindrome(steps=ENDLESS, save_every=15))
    trainer = open_trainer(run)
    for report in trainer:
        if report.step >= 38:
            break
    run.unlock()
    found = again(run)
    assert found.steps_saved(whole=True)[-1] == 30
    trainer = open_trainer(found)
    for report in trainer:
        if report.step >= 41:
            break
    rows = list(found.metrics())
    assert [(row.step, row.batches.count if row.batches else 0) for row in rows] == [
        (10, 10),
        (20, 10),
        (30, 10),
        (40, 10),
    ]


def test_the_share_that_was_clipped_is_that_of_all_batches() -> None:
    run = new_run(palindrome(steps=50, clip=0.5))
    norms = per_step(reported(run), "gradient_norm")
    acted = [norm > 0.5 for norm in norms]
    assert {True, False} == set(acted), "or the share says nothing"
    rows = list(run.metrics())
    for k, row in enumerate(rows):
        assert row.batches
        assert row.batches.clipped == pytest.approx(sum(acted[10 * k : 10 * k + 10]) / 10)
    curves = curves_on_disk(run, 1.0, 0.5)
    assert list(curves.clipped.bins.mean[: curves.clipped.bins.length]) == [row.batches.clipped for row in rows]  # type: ignore[union-attr]
    assert share_of_logged(curves_of(run), clips_of(run, 0.5)) == pytest.approx(sum(acted) / 50)


def test_without_a_clip_no_share_is_said() -> None:
    run = new_run(palindrome(steps=20, clip=0.0))
    reported(run)
    assert all(row.batches and row.batches.clipped is UNSET for row in run.metrics())
    curves = curves_on_disk(run, 1.0, 0.0)
    assert all(math.isnan(value) for value in curves.clipped.bins.mean[: curves.clipped.bins.length])
    assert share_of_logged(curves_of(run), clips_of(run, 0.0)) is None


def test_a_row_a_step_has_nothing_more_to_say() -> None:
    run = new_run(palindrome(steps=5, log_every=1))
    reported(run)
    assert [row.batches for row in run.metrics()] == [UNSET] * 5
    assert "batches" not in (run.path / METRICS).read_text()


def test_a_figure_that_a_task_has_not_has_no_range() -> None:
    unlogged = UnloggedBatches()
    unlogged.follow([1.0, 2.0, 4.0], [math.nan] * 3, [0.5, math.inf, 1.5], clip=1.0)
    taken = unlogged.take()
    assert taken == BatchRanges(
        count=3,
        loss=(1.0, pytest.approx(7 / 3, rel=1e-5), 4.0, 2.0),
        gradient_norm=(0.5, 1.0, 1.5, pytest.approx(math.sqrt(0.75), rel=1e-5)),
        clipped=0.666667,
    )
    assert taken
    assert taken.accuracy is UNSET
    assert unlogged.state() == Unlogged()


def test_rows_of_before_are_read_as_the_batches_of_their_steps() -> None:
    run = new_run(palindrome(steps=20))
    rows = [MetricsRow(step=10, loss=2.0, accuracy=0.5, gradient_norm=3.0, learning_rate=0.1)]
    rows += [structs.replace(rows[0], step=20, loss=1.0, batches=BatchRanges(count=10, loss=(0.5, 1.5, 4.0, 1.0)))]
    run.append(METRICS, *rows)
    curves = curves_on_disk(run, 1.0, 1.0)
    assert bins(curves.loss) == [(10, 1, 2, 2, 2, math.log(2)), (20, 10, 0.5, 1.5, 4, 0)]
    assert bins(curves.accuracy) == [(step, 1, 0.5, 0.5, 0.5, math.log(0.5)) for step in (10, 20)]
    assert list(curves.clipped.bins.mean[:2]) == [1, 1]


def test_runs_are_compared_by_all_of_their_batches() -> None:
    run = new_run(palindrome(steps=30))
    values = per_step(reported(run), "loss")
    follower = Follower(run.path / METRICS).read()
    track = follower.tracks["loss"]
    means = [math.fsum(values[k : k + 10]) / 10 for k in (0, 10, 20)]
    assert [value for _, _, value in track.points()] == pytest.approx(means, rel=1e-5)
    assert [bin_[1:] for bin_ in bins(track.by_step)] == [bin_[1:] for bin_ in bins(track.by_time)]
    assert [bin_[2:5] for bin_ in bins(track.by_step)] == [
        pytest.approx((min(v), sum(v) / 10, max(v)), rel=1e-5) for v in (values[0:10], values[10:20], values[20:30])
    ]


def test_the_line_on_a_logarithmic_axis_is_the_same_from_rows_of_ten_and_from_merged_bins() -> None:
    """Of a loss that falls with noise and three spikes, which lift an arithmetic mean of ten for all of the window."""
    random = np.random.default_rng(1)
    steps = np.arange(1, 8_001)
    losses = 3 * np.exp(-steps / 1_200 + random.normal(0, 0.5, len(steps)))
    losses[[2_004, 4_013, 6_007]] = 1e6
    live, rows, merged = Column(), Column(), Column(512)
    live.extend(steps.tolist(), losses.tolist())
    merged.extend(steps.tolist(), losses.tolist())
    for first in range(0, len(steps), 10):
        ten = losses[first : first + 10]
        log = float(np.log(ten).mean())
        rows.append_range(first + 10, 10, ten.min(), ten.mean(), ten.max(), log, ten[-1])
    axis = Axis(0, 8_000)
    lines = [reduce(column.bins, axis, 160, 400, True).geometric for column in (live, rows, merged)]
    for other in lines[1:]:
        np.testing.assert_allclose(np.log(other), np.log(lines[0]), atol=0.1)
    within = reduce(live.bins, axis, 160, 400, True)
    expected = [np.log(losses[(steps > step - 225) & (steps <= step + 175)]).mean() for step in within.step[20:-20]]
    np.testing.assert_allclose(np.log(within.geometric[20:-20]), expected, atol=0.05)


def test_the_means_of_a_run_in_training_are_of_all_batches() -> None:
    run = new_run(palindrome(steps=ENDLESS, save_every=ENDLESS))
    losses: list[float] = []
    accuracies: list[float] = []
    for report in open_trainer(run):
        losses, accuracies = losses + report.loss, accuracies + report.accuracy
        if report.step > 290:  # its row is written once the next step is asked for
            break
    status = Run(run.path).summary().status
    assert status.step == 290
    assert status.loss == pytest.approx(math.fsum(losses[190:290]) / 100, rel=1e-5)
    assert status.accuracy == pytest.approx(math.fsum(accuracies[190:290]) / 100, rel=1e-5)
