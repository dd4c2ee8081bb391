"""Averaged weights: equal to a plain computation, no step notices them, and none of them is lost."""

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from command import as_json, done, refused, rnntui, said
from safetensors.torch import load_file
from tiny import PATIENCE, again, as_before_digests, wait_for
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from rnntui.config import AVERAGES, Settings, make_settings
from rnntui.core import worker
from rnntui.core.generation.loading import read_network
from rnntui.core.training.averaging import ExponentialAverage, TailAverage, with_weights
from rnntui.core.training.learner import Learner, StateSnapshot
from rnntui.core.training.metrics import Figures
from rnntui.core.training.trainer import Trainer, open_trainer
from rnntui.runs import Run, folder
from rnntui.runs.checkpoints import AVERAGED, MODEL
from rnntui.runs.comparison import compare
from rnntui.runs.writers import Sampling
from rnntui.sessions.training import TrainingSession, _copy
from rnntui.specs import BITS
from rnntui.text.format import decimals, figure
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.writing_room.memories import Library
from rnntui.tui.writing_room.page_writer import PageWriter
from rnntui.tui.writing_room.sources import checkpoint

KINDS = [kind for kind in AVERAGES if kind != "none"]
STEPS = 40
each_kind = pytest.mark.parametrize("average", KINDS)
Text = Callable[..., Settings]


@pytest.fixture
def text(corpus: Path) -> Text:
    """Settings of a text run that has everything that could go wrong: dropout, carried state, a large rate."""

    def make(**given: Any) -> Settings:
        small = {"corpus": str(corpus), "hidden": 8, "length": 6, "batch": 5, "steps": STEPS, "threads": 1}
        odd = {"dropout": 0.3, "stateful": True, "lr": 0.02, "sample_every": 0, "validate_every": 5, "log_every": 1}
        return make_settings("text", {**small, **odd, "save_every": 10, **given})

    return make


def theta(trainer: Trainer) -> Tensor:
    return trainer.learner.theta.detach().clone()


def averaged(learner: Learner) -> Tensor:
    assert learner.average is not None
    return learner.average.value().clone()


def train(settings: Settings, name: str | None = None) -> Trainer:
    """A run that was trained to its end, and let go."""
    run = Run.create(folder(), name, settings)
    trainer = open_trainer(run)
    for _ in trainer:
        pass
    run.unlock()
    return trainer


def run_of(trainer: Trainer) -> Run:
    assert trainer._recorder is not None
    return trainer._recorder.run


def reopened(run: Run) -> Trainer:
    run.lock()
    return open_trainer(run)


# No step notices


@each_kind
def test_the_steps_of_a_run_are_the_same_to_the_bit_with_averaged_weights_and_without(text: Text, average: str) -> None:
    with_none, with_one = Trainer(text()), Trainer(text(average=average))
    steps = [[(report.steps, report.loss) for report in trainer if report.steps] for trainer in (with_none, with_one)]
    losses = [[loss for _, part in parts for loss in part] for parts in steps]
    assert losses[0] == losses[1]
    assert torch.equal(theta(with_none), theta(with_one))
    assert with_none.figures.validation_loss == with_one.figures.validation_loss


def test_a_run_without_averaged_weights_keeps_no_trace_of_any(text: Text) -> None:
    run = run_of(train(text()))
    assert {file.name for file in run.checkpoint(STEPS).iterdir()} == {MODEL, "optimizer.safetensors", "state.json"}
    assert not any("average" in name for name in load_file(run.checkpoint(STEPS) / "optimizer.safetensors"))
    assert "averaged" not in (run.path / "metrics.jsonl").read_text()


# Equal to a plain computation


@pytest.mark.parametrize("cell", ["lstm", "phased"])
def test_the_exponential_average_is_that_of_torch(text: Text, cell: str) -> None:
    learner = Learner(text(average="ema", average_decay=0.9, cell=cell))
    plain = AveragedModel(nn.ParameterList([nn.Parameter(learner.theta.detach().clone())]))
    plain.n_averaged += 1  # the weights before the first step are in it
    for t in range(1, STEPS + 1):
        learner.train_one(0.02, 5.0)
        plain.multi_avg_fn = get_ema_multi_avg_fn(min(0.9, (1 + t) / (10 + t)))
        plain.update_parameters(nn.ParameterList([nn.Parameter(learner.theta.detach().clone())]))
        assert torch.equal(averaged(learner), plain.module[0].detach())


class Recorded:
    """θ of some steps, `(P,)` each, and a tail average of them, scored with losses that are made up."""

    def __init__(self) -> None:
        self.theta = torch.randn(50, generator=torch.Generator().manual_seed(0))
        self.average = TailAverage(self.theta)
        self.kept: list[Tensor] = []

    def follow(self, steps: int) -> None:
        for _ in range(steps):
            self.theta += torch.randn(50, generator=torch.Generator().manual_seed(len(self.kept)))
            self.kept.append(self.theta.double().clone())
            self.average.follow()

    def mean(self, first: int, last: int) -> Tensor:
        return torch.stack(self.kept[first:last]).mean(0)

    def is_mean_of(self, first: int, last: int) -> bool:
        return torch.allclose(self.average.value().double(), self.mean(first, last), rtol=1e-5, atol=1e-5)


def test_the_tail_average_is_the_mean_of_the_recorded_weights_of_its_steps() -> None:
    recorded = Recorded()
    recorded.follow(10)
    assert recorded.is_mean_of(0, 10)
    assert len(recorded.average.candidates()) == 1
    recorded.average.settle(2.0, [1.9])  # the mean is better: kept, and a short one begins beside it
    assert recorded.is_mean_of(0, 10)
    recorded.follow(7)
    assert recorded.is_mean_of(0, 17)
    long, short = recorded.average.candidates()
    assert torch.allclose(long.double(), recorded.mean(0, 17), rtol=1e-5, atol=1e-5)
    assert torch.allclose(short.double(), recorded.mean(10, 17), rtol=1e-5, atol=1e-5)
    assert recorded.average.settle(2.0, [1.8, 1.81]) == 0  # the long one stays, and the short one goes on
    recorded.follow(3)
    assert recorded.is_mean_of(0, 20)
    assert recorded.average.settle(2.0, [1.8, 1.7]) == 1  # the short one takes its place
    assert recorded.is_mean_of(10, 20)
    recorded.follow(5)
    assert recorded.is_mean_of(10, 25)


def test_the_tail_average_begins_anew_where_the_weights_themselves_are_better() -> None:
    recorded = Recorded()
    recorded.follow(10)
    recorded.average.settle(1.0, [1.1])
    assert recorded.is_mean_of(0, 10)  # what was scored stands until the next step
    assert recorded.average.settle(1.0, [1.1]) == 0  # and may be scored again
    recorded.follow(6)
    assert recorded.is_mean_of(10, 16)
    recorded.average.settle(1.0, [0.9])
    recorded.follow(4)
    recorded.average.settle(0.7, [0.8, 0.9])
    assert recorded.is_mean_of(10, 20)
    recorded.follow(2)
    assert recorded.is_mean_of(20, 22)


def test_the_mean_of_many_steps_is_as_exact_as_float32_allows() -> None:
    generator = torch.Generator().manual_seed(1)
    theta = torch.randn(200, generator=generator)
    average, total = TailAverage(theta), torch.zeros(200, dtype=torch.float64)
    for _ in range(20_000):
        theta.add_(torch.randn(200, generator=generator), alpha=1e-3)
        total += theta
        average.follow()
    assert (average.value() - total / 20_000).abs().max() < 3e-5


def test_each_update_is_one_operation_over_the_weights() -> None:
    theta = torch.randn(10)
    for average in (ExponentialAverage(theta, 0.99), TailAverage(theta)):
        with torch.profiler.profile() as profile:
            average.follow()
        assert [event.name for event in profile.events()] == ["aten::lerp_"]


# Scored


@each_kind
def test_both_are_scored_and_what_is_logged_is_what_a_model_with_these_weights_scores(text: Text, average: str) -> None:
    trainer = train(text(average=average))
    figures, learner = trainer.figures, trainer.learner
    rows = [row for row in run_of(trainer).metrics() if isinstance(row.averaged_validation_loss, float)]
    assert [row.step for row in rows] == list(range(5, STEPS + 1, 5))
    assert rows[-1].averaged_validation_loss == figures.averaged_validation_loss
    assert rows[-1].averaged_validation_accuracy == figures.averaged_validation_accuracy
    by_hand = Learner(text())
    by_hand.theta.detach().copy_(averaged(learner))
    *_, scored = by_hand.task.validate(by_hand.model)
    assert (scored.loss, scored.accuracy) == (figures.averaged_validation_loss, figures.averaged_validation_accuracy)
    by_hand.theta.detach().copy_(theta(trainer))
    *_, scored = by_hand.task.validate(by_hand.model)
    assert (scored.loss, scored.accuracy) == (figures.validation_loss, figures.validation_accuracy)


@each_kind
def test_the_best_checkpoint_is_that_of_the_better_of_both(text: Text, average: str) -> None:
    trainer = train(text(average=average, lr=0.2, steps=80))
    rows = [row for row in run_of(trainer).metrics() if isinstance(row.averaged_validation_loss, float)]
    losses = {row.step: min(row.validation_loss, row.averaged_validation_loss) for row in rows}  # type: ignore[type-var]
    best = min(losses, key=lambda step: losses[step] or math.inf)
    assert trainer.figures.best == (losses[best], best)
    assert any(row.averaged_validation_loss < row.validation_loss for row in rows)  # type: ignore[operator]


def test_the_progress_of_scoring_rises_to_one_and_is_whole_once(text: Text) -> None:
    trainer = Trainer(text(average="tail", validate_every=0))
    done = [report.validation.done for report in trainer if report.validation is not None]
    assert done == sorted(done)
    assert done.count(1.0) == 1


def test_leaving_while_the_averaged_weights_are_scored_changes_nothing(text: Text, single_steps: None) -> None:
    settings = text(average="tail")
    through, left, left_at = Trainer(settings), Trainer(settings), []
    for _ in through:
        pass
    while left._scored < STEPS:
        for report in left:
            is_between = report.validation is not None and 0.5 < report.validation.done < 1
            if is_between and left.step not in left_at:
                left_at.append(left.step)
                break
    assert left_at == list(range(5, STEPS + 1, 5))
    assert torch.equal(theta(through), theta(left))
    assert torch.equal(averaged(through.learner), averaged(left.learner))


def test_the_average_counts_where_it_is_below_and_the_weights_where_none_was_scored() -> None:
    figures = Figures()
    assert math.isnan(figures.held_out_loss)
    figures.validation_loss = 2.0
    assert figures.held_out_loss == 2.0
    figures.averaged_validation_loss = 2.5
    assert (figures.held_out_loss, figures.average_is_better) == (2.0, False)
    figures.averaged_validation_loss = 1.5
    assert (figures.held_out_loss, figures.average_is_better) == (1.5, True)
    figures.averaged_validation_loss = math.nan
    assert (figures.held_out_loss, figures.average_is_better) == (2.0, False)


# Kept


@each_kind
def test_killed_after_any_step_and_resumed_it_is_equal_to_the_bit(
    text: Text, single_steps: None, tmp_path: Path, average: str
) -> None:
    run = Run.create(folder(), "whole", text(average=average, save_every=7))
    trainer, copies = open_trainer(run), []
    for report in trainer:
        if report.steps and report.step in (6, 7, 8, 15, 20, 21, 33):
            copies.append(shutil.copytree(run.path, tmp_path / "killed" / f"at{report.step}"))
    run.unlock()
    assert len(copies) == 7
    for path in copies:
        again = reopened(Run(path))
        for _ in again:
            pass
        assert torch.equal(theta(trainer), theta(again))
        assert torch.equal(averaged(trainer.learner), averaged(again.learner))
        assert again.figures.state() == trainer.figures.state()
        run_of(again).unlock()


@each_kind
def test_a_diverged_stride_leaves_the_average_as_it_was_before_its_step(
    text: Text, monkeypatch: pytest.MonkeyPatch, average: str
) -> None:
    monkeypatch.setattr(Trainer, "stride_length", lambda self: 1_000)
    settings = text(average=average, validate_every=0)
    learner = Learner(settings)
    for _ in range(11):
        learner.train_one(settings.lr, settings.clip)
    trainer, train_one = Trainer(settings), Learner.train_one

    def bursting(self: Learner, *given: Any) -> Tensor:
        row = train_one(self, *given)
        return row if trainer.step < 11 else row * math.nan

    monkeypatch.setattr(Learner, "train_one", bursting)
    assert any(report.divergence for report in trainer)
    assert trainer.step == 11
    assert torch.equal(averaged(trainer.learner), averaged(learner))


@each_kind
def test_a_snapshot_restores_the_average(text: Text, average: str) -> None:
    learner = Learner(text(average=average))
    snapshot = StateSnapshot(learner)
    for _ in range(5):
        learner.train_one(0.02, 5.0)
    snapshot.refresh()
    before = averaged(learner)
    learner.train_one(0.02, 5.0)
    after = averaged(learner)
    assert not torch.equal(before, after)
    snapshot.restore()
    assert torch.equal(averaged(learner), before)
    learner.train_one(0.02, 5.0)
    assert torch.equal(averaged(learner), after)


@each_kind
def test_checkpoints_and_milestones_keep_the_averaged_weights_by_the_same_letters(text: Text, average: str) -> None:
    trainer = train(text(average=average, steps=220, save_every=50))
    run = run_of(trainer)
    learner = trainer.learner
    expected = dict(with_weights(learner.model, averaged(learner)).letters())
    kept = load_file(run.checkpoint(220) / AVERAGED)
    assert kept.keys() == expected.keys() == load_file(run.checkpoint(220) / MODEL).keys()
    assert all(torch.equal(kept[letter], expected[letter]) for letter in kept)
    assert 100 in run.steps_saved(whole=False)
    assert load_file(run.checkpoint(100) / AVERAGED).keys() == kept.keys()
    assert run.foreign_files() == []
    run.remove()
    assert not run.path.exists()


# Written and scored with


@pytest.fixture
def both(text: Text) -> Run:
    """A run named `both` whose averaged weights do better than the raw ones: its rate is too large."""
    trainer = train(text(average="ema", average_decay=0.8, lr=0.2, steps=80, patience=0), "both")
    assert trainer.figures.average_is_better
    return run_of(trainer)


def by_hand(run: Run, file: str) -> Run:
    """A copy of a run, named `by-hand`, whose only weights are those of a file of its newest checkpoint."""
    path = shutil.copytree(run.path, folder() / "by-hand")
    checkpoint = as_before_digests(path / "checkpoints" / run.checkpoint(80).name)
    shutil.copy(checkpoint / file, checkpoint / "chosen")
    (checkpoint / AVERAGED).unlink()
    (checkpoint / "chosen").replace(checkpoint / MODEL)
    return Run(path)


@pytest.mark.parametrize(
    ("weights", "file"), [("", AVERAGED), ("--weights averaged", AVERAGED), ("--weights raw", MODEL)]
)
def test_what_is_written_and_scored_is_what_a_model_with_these_weights_does(
    both: Run, corpus: Path, weights: str, file: str
) -> None:
    by_hand(both, file)
    scored = as_json(f"score both {corpus} --at newest {weights}")
    expected = as_json(f"score by-hand {corpus} --at newest")
    assert scored["total_bits"] == expected["total_bits"]
    for command in ("write", "sample"):
        how = "--at newest --prompt green --temperature 1 --length 60"
        written = as_json(f"{command} both {how} {weights}")
        assert written["text"] == as_json(f"{command} by-hand {how}")["text"]
        assert written["weights"] == ("raw" if file == MODEL else "averaged")


def test_that_the_averaged_weights_are_taken_is_said_and_titles_name_them(both: Run) -> None:
    figures = both.state(80).figures
    gain = BITS.of(figures.validation_loss - figures.averaged_validation_loss)  # type: ignore[operator]
    sentence = (
        f"both: the averaged weights of step 80, {figure(gain)} bits per character better on the held-out text than "
        "the raw ones; --weights raw takes those"
    )
    for command in ("write both --at 80 --length 5", "sample both --at 80 --length 5", "score both --at 80"):
        assert sentence in said(rnntui(command))
        assert "the averaged weights" not in rnntui(f"{command} --weights raw").stderr
        assert "the averaged weights" not in rnntui(f"{command} --weights averaged").stderr
    assert "both · step 80, averaged weights · temp 0.5" in done("write both --at 80 --length 5")
    assert "both · step 80 · temp 0.5" in done("write both --at 80 --length 5 --weights raw")
    assert "both · step 80, averaged weights · the held-out part" in done("score both --at 80")


def test_a_score_of_the_held_out_part_stands_beside_that_of_the_same_weights_in_training(both: Run) -> None:
    figures = both.state(80).figures
    for weights, loss in (("raw", figures.validation_loss), ("averaged", figures.averaged_validation_loss)):
        assert loss is not None
        assert as_json(f"score both --at 80 --weights {weights}")["in_training"] == BITS.of(loss)


def test_where_the_raw_weights_are_better_or_nothing_was_scored_they_are_taken(text: Text) -> None:
    run = run_of(train(text(average="ema", average_decay=0.999, lr=0.001, dropout=0.0, steps=10), "young"))
    assert not run.state(10).figures.average_is_better
    assert read_network(run, 10).weights == "raw"
    assert read_network(run, 0).weights == "raw"
    run.asked_weights = "averaged"
    assert read_network(run, 10).weights == "averaged"


def test_averaged_weights_that_are_not_there_are_refused_in_a_sentence(text_run: Run) -> None:
    sentence = (
        "--weights averaged: checkpoint step-00000003 of run 'tiny' has none; a run that was started with --average"
    )
    for command in ("write", "sample", "score"):
        assert sentence in refused(f"{command} tiny --weights averaged")
        assert "--weights must be raw or averaged, not 'best'" in refused(f"{command} tiny --weights best")
    assert as_json("sample tiny --weights raw --length 5")["weights"] == "raw"


def test_averaged_weights_that_were_changed_are_not_read(both: Run) -> None:
    file = both.checkpoint(80) / AVERAGED
    held = bytearray(file.read_bytes())
    held[-1] ^= 1
    file.write_bytes(held)
    assert "averaged.safetensors has been changed since it was written" in refused("sample both --at 80")
    done("sample both --at 80 --weights raw --length 5")


def test_samples_and_the_screen_are_written_with_the_averaged_weights_where_they_do_better(
    text: Text, both: Run
) -> None:
    trainer = Trainer(both.settings(), None)
    for _ in trainer:
        pass
    assert trainer.writing_weights == "averaged"
    network, state = trainer.snapshot(), trainer.snapshot().initial_state
    expected = read_network(both, 80).network
    assert (network.step(3, state)[0] == expected.step(3, state)[0]).all()
    assert _copy(trainer).weights == "averaged"  # type: ignore[union-attr]
    trainer.figures.averaged_validation_loss = None
    assert trainer.writing_weights == "raw"
    assert Trainer(text()).writing_weights == ""


def test_the_writing_room_takes_the_better_weights_and_its_pages_name_them(both: Run) -> None:
    page = PageWriter(checkpoint(both, 80), Sampling(), Library())
    page.open(lambda: True)
    assert page.title == "both · step 80, averaged weights · temp 0.5"


def test_the_result_of_a_sweep_is_that_of_the_better_weights(text: Text) -> None:
    trainer = train(text(average="ema", average_decay=0.8, lr=0.2, steps=80))
    figures = trainer.figures
    assert figures.average_is_better
    result = worker.result_of(trainer, "finished", "")
    assert result.bits_per_character == BITS.of(figures.averaged_validation_loss)
    assert result.test_accuracy == figures.averaged_validation_accuracy
    trainer.figures.averaged_validation_loss = None
    assert worker.result_of(trainer, "finished", "").test_accuracy == figures.validation_accuracy


@each_kind
def test_the_result_of_a_sweep_is_that_of_the_best_checkpoint(text: Text, average: str) -> None:
    run = run_of(trainer := train(text(average=average, lr=0.2, steps=80)))
    step = run.best_step()
    assert step is not None
    assert step < 80
    best = run.state(step).figures
    assert best.held_out_loss is not None
    assert best.held_out_loss < trainer.figures.held_out_loss
    result = worker.result_of(trainer, "finished", "", worker.best_figures(run))
    assert result.bits_per_character == BITS.of(best.held_out_loss)
    averaged, raw = best.averaged_validation_accuracy, best.validation_accuracy
    assert result.test_accuracy == (averaged if best.average_is_better else raw)
    palindromes = train(make_settings("palindrome", {"hidden": 4, "steps": 2, "threads": 1}), "digits")
    assert worker.best_figures(run_of(palindromes)) is None


# Shown


def test_both_figures_are_shown_beside_each_other(both: Run, text: Text, corpus: Path) -> None:
    train(text(lr=0.2, steps=80), "raw-alone")
    figures = both.state(80).figures
    raw, averaged = figures.validation_loss, figures.averaged_validation_loss
    assert raw is not None
    assert averaged is not None
    known = {run["name"]: run for run in as_json("runs")}
    for facts in (as_json("runs show both"), known["both"], as_json("resume both")):
        assert (facts["validation_loss"], facts["bits_per_character"]) == (raw, BITS.of(raw))
        assert facts["averaged_validation_loss"] == averaged
        assert facts["averaged_bits_per_character"] == BITS.of(averaged)
    assert known["raw-alone"]["averaged_validation_loss"] is None
    in_words = f"{figure(BITS.of(raw))} bits per character, averaged weights {figure(BITS.of(averaged))}, best"
    assert in_words in done("runs show both")
    assert "averaged" not in done("runs show raw-alone").replace("average none, average_decay", "")
    compared = {run["name"]: run for run in as_json("compare both raw-alone")["runs"]}
    assert compared["both"]["held_out_loss"] == raw
    assert compared["both"]["averaged_held_out_bits"] == BITS.of(averaged)
    assert compared["raw-alone"]["averaged_held_out_loss"] is None
    assert "best held-out  held-out  averaged" in done("compare both raw-alone --headless")
    assert "averaged" not in done("compare raw-alone --headless")
    assert f"held-out text: averaged weights: {decimals(BITS.of(averaged))} bits" in done(
        f"train text --preset report --corpus {corpus} --hidden 8 --length 6 --batch 5 --steps 80 --threads 1 "
        "--dropout 0.3 --stateful --lr 0.2 --sample-every 0 --validate-every 5 --average ema --average-decay 0.8 "
        "--headless --lr-decay 0.96"
    )


def test_the_screen_draws_both_also_of_a_run_that_is_resumed(text: Text) -> None:
    run = Run.create(folder(), "drawn", text(average="tail", steps=20))
    for steps in (20, 30):
        run.ask(replace(run.settings(), steps=steps))
        session = TrainingSession(run)
        session.start()
        wait_for(session, lambda session=session: session.status.run.state == "finished")  # type: ignore[misc]
        session.stop()
        assert session.join(PATIENCE)
        figures = run.state(steps).figures
        assert figures.averaged_validation_loss is not None
        assert session.curves.averaged_loss.last == BITS.of(figures.averaged_validation_loss)
        assert session.curves.averaged_accuracy.last == figures.averaged_validation_accuracy
        assert session.curves.averaged_loss.appended == session.curves.held_out_loss.appended == steps // 5
        run = again(run)
    pane = TaskPane(session)
    pane._connect()
    assert [series.label for series in pane.loss.series] == ["training", "held-out", "averaged"]
    run.unlock()


# Settings


def test_only_texts_have_averaged_weights() -> None:
    assert "--average does not apply to the palindrome task (text only)" in refused("train palindrome --average ema")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("--average mean", "--average 'mean' is unknown: there are none, ema, tail"),
        ("--average ema --average-decay 1", "--average-decay must be below 1"),
        ("--average ema --average-decay -0.1", "--average-decay must be at least 0"),
        (
            "--average tail --validate-every 0",
            "--average tail begins where evaluations on the held-out text say, and --v",
        ),
        ("--average tail --average-decay 0.9", "--average-decay is for --average ema, and this one is tail"),
        ("--preset report --average-decay 0.9", "--average-decay is for --average ema, and this one is none"),
    ],
)
def test_a_bad_value_is_one_sentence(corpus: Path, given: str, sentence: str) -> None:
    assert sentence in refused(f"train text --corpus {corpus} {given}")


def test_the_list_of_runs_has_the_loss_of_what_writes_and_a_best_only_where_that_is_worse(text: Text) -> None:
    run = run_of(train(text(average="ema", average_decay=0.8, lr=0.2, steps=20), "last-is-best"))
    figures = run.state(20).figures
    assert figures.average_is_better
    assert run.best_step() == 20
    line = done("runs")
    assert f" {figure(BITS.of(figures.averaged_validation_loss or 0.0))} " in line
    assert ", best" not in line


def test_the_curve_of_the_held_out_loss_is_that_of_the_better_weights_at_each_scoring(both: Run) -> None:
    rows = [row for row in both.metrics() if isinstance(row.averaged_validation_loss, float)]
    lower = [min(row.validation_loss, row.averaged_validation_loss) for row in rows]  # type: ignore[type-var]
    assert lower != [row.validation_loss for row in rows]
    assert as_json("compare both")["runs"][0]["curves"]["held_out"]["value"] == lower
    assert compare([both]).title("held-out") == "held-out loss, raw or averaged, bits per character"
