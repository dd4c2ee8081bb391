"""The promises: watching changes nothing, nothing is lost, a divergence stops just before its step.

`python tests/test_trainer.py` writes the golden curves anew; do so only when the mathematics is meant to change.
"""

import csv
import json
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from conftest import PROSE
from msgspec import structs, to_builtins
from tiny import again, as_before_digests
from torch import Tensor

from rnntui.config import Settings, make_settings
from rnntui.core.generation.sampler import Writer
from rnntui.core.kernels import compiled
from rnntui.core.kernels.compiled.gradient import Gradient
from rnntui.core.model import Carried
from rnntui.core.tasks import Batch, Task
from rnntui.core.tasks.text import TextTask
from rnntui.core.training import trainer as training
from rnntui.core.training.divergence import Divergence
from rnntui.core.training.metrics import WINDOW, Figures
from rnntui.core.training.trainer import Report, Trainer, open_trainer
from rnntui.runs import CONFIG, JOURNAL, METRICS, SAMPLES, Run
from rnntui.schemas import FiguresState
from rnntui.specs import OPTIMIZERS, TASKS
from rnntui.system.cores import cores

Numbers = dict[int, tuple[float, float, float]]  # loss, accuracy and gradient norm by step
GOLDEN = Path(__file__).parent / "golden"


def palindrome(**given: Any) -> Settings:
    return make_settings(
        "palindrome", {"hidden": 9, "length": 4, "batch": 6, "steps": 40, "lr": 0.01, "threads": 1, **given}
    )


@pytest.fixture
def text(corpus: Path) -> Callable[..., Settings]:
    """Settings of a text run that has everything that could go wrong: dropout, carried state, decaying rate."""

    def make(**given: Any) -> Settings:
        small = {"corpus": str(corpus), "hidden": 8, "length": 6, "batch": 5, "steps": 40, "threads": 1}
        odd = {"dropout": 0.3, "stateful": True, "lr": 0.01, "lr_decay": 0.7, "lr_decay_every": 7}
        return make_settings("text", {**small, **odd, "sample_every": 0, "validate_every": 0, **given})

    return make


@pytest.fixture
def make_run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Makes locked runs and lets them go at the end."""
    made: list[Run] = []

    def make(settings: Settings, name: str | None = None) -> Run:
        made.append(Run.create(tmp_path / "runs", name, settings))
        return made[-1]

    yield make
    for run in made:
        run.unlock()


def long_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trainer, "stride_length", lambda self: 1_000)


def numbers(reports: Iterator[Report] | list[Report]) -> Numbers:
    found: Numbers = {}
    for report in reports:
        for step, *values in zip(report.steps, report.loss, report.accuracy, report.gradient_norm, strict=True):
            assert step not in found
            found[step] = (values[0], values[1], values[2])
    return found


def until(trainer: Trainer, step: int) -> Iterator[Report]:
    """The trainer's reports up to a step that ends a stride."""
    if trainer.step < step:
        for report in trainer:
            yield report
            if report.step >= step and report.steps:
                assert report.step == step
                return


def weights(trainer: Trainer) -> Tensor:
    return trainer.learner.theta.detach().clone()


def set_settings(run: Run, **changed: Any) -> None:
    """Write other settings into `config.json`."""
    config = run.config()
    run.write_config(structs.replace(config, settings={**config.settings, **changed}))


def resumed(run: Run) -> Trainer:
    """What another process finds: the folder as it is now."""
    run.unlock()
    again = Run(run.path)
    again.lock()
    trainer = open_trainer(again)
    assert trainer.notes == []
    return trainer


CLOCKS = ("seconds", "at", "format")


def rows(run: Run, file: str) -> list[dict[str, Any]]:
    read = {METRICS: run.metrics, SAMPLES: run.samples, JOURNAL: run.events}[file]
    return [{name: value for name, value in to_builtins(row).items() if name not in CLOCKS} for row in read()]


# Watching changes nothing


WATCHING = {
    "samples": {"sample_every": 3, "sample_length": 7, "temperature": 0.8},
    "validation": {"validate_every": 4},
    "rows": {"log_every": 1},
    "all": {"sample_every": 2, "validate_every": 5, "log_every": 3, "save_every": 6},
}


@pytest.mark.parametrize(
    ("cell", "watching"), [*(("lstm", watching) for watching in WATCHING), ("rnn", "all"), ("gru", "all")]
)
def test_samples_validation_and_rows_leave_every_bit_as_it_is(
    text: Callable[..., Settings], make_run: Callable[..., Run], cell: str, watching: str
) -> None:
    alone, watched = Trainer(text(cell=cell)), open_trainer(make_run(text(cell=cell, **WATCHING[watching])))
    assert numbers(iter(alone)) == numbers(iter(watched))
    assert torch.equal(weights(alone), weights(watched))


@pytest.mark.parametrize("lengths", [[1], [2, 7, 1, 3], [1_000]])
@pytest.mark.parametrize("task", ["palindrome", "text"])
def test_the_length_of_a_stride_leaves_every_bit_as_it_is(
    text: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, task: str, lengths: list[int]
) -> None:
    settings = text() if task == "text" else palindrome()
    timed = Trainer(settings)
    expected = numbers(iter(timed))
    given = cycle(lengths)
    monkeypatch.setattr(Trainer, "stride_length", lambda self: next(given))
    forced = Trainer(settings)
    reports = list(forced)
    assert numbers(reports) == expected
    assert torch.equal(weights(timed), weights(forced))
    longest = max(len(report.steps) for report in reports)
    assert (longest == 1) == (lengths == [1])


def test_pauses_typed_sentences_and_saves_leave_every_bit_as_it_is(
    text: Callable[..., Settings], make_run: Callable[..., Run], single_steps: None
) -> None:
    alone, watched = Trainer(text()), open_trainer(make_run(text(validate_every=8)))
    seen: list[Report] = []
    counts = cycle((3, 1, 20))
    while watched.step < 40:
        seen += islice(watched, next(counts))  # and drop the iterator, wherever it stands
        watched.save()
        assert isinstance(watched.learner.task, TextTask)
        writer = Writer(watched.snapshot(), watched.learner.task.vocabulary, 1, temperature=0.7)
        writer.read("green")
        list(islice(writer, 20))
    assert numbers(iter(alone)) == numbers(seen)
    assert torch.equal(weights(alone), weights(watched))


def test_checkpoints_by_step_or_by_the_clock_leave_every_bit_as_it_is(
    text: Callable[..., Settings], make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, by_step = Trainer(text()), open_trainer(make_run(text(save_every=3)))
    expected = numbers(iter(alone))
    assert numbers(iter(by_step)) == expected
    monkeypatch.setattr(training, "SAVE_SECONDS", 0.0)
    by_clock = open_trainer(make_run(text()))
    reports = list(by_clock)
    assert numbers(reports) == expected
    assert torch.equal(weights(alone), weights(by_clock))
    assert torch.equal(weights(alone), weights(by_step))
    assert sum(report.saved for report in reports) == sum(bool(report.steps) for report in reports)


def test_an_iterator_that_is_dropped_and_begun_again_repeats_nothing(
    text: Callable[..., Settings], make_run: Callable[..., Run]
) -> None:
    at_once, in_pieces = (make_run(text(**WATCHING["all"])) for _ in range(2))
    list(open_trainer(at_once))
    trainer = open_trainer(in_pieces)
    for first in (1, 2, 3, 8):  # amid the scoring, at its end
        next(report for report in trainer if report.validation is not None)
        next(islice(trainer, first, None))
    while trainer.step < 40:
        next(report for report in trainer if report.validation is None)
    list(trainer)
    assert rows(in_pieces, METRICS) == rows(at_once, METRICS)
    assert rows(in_pieces, SAMPLES) == rows(at_once, SAMPLES)


# Nothing is lost


@pytest.mark.parametrize(
    ("optimizer", "at"),
    [*((optimizer, 13) for optimizer in OPTIMIZERS), ("momentum", 1), *(("adam", steps) for steps in (0, 1, 39))],
)
def test_from_any_step_a_resumed_run_goes_on_to_the_bit(
    text: Callable[..., Settings], make_run: Callable[..., Run], single_steps: None, optimizer: str, at: int
) -> None:
    settings = text(optimizer=optimizer, lr=0.003)
    alone, run = Trainer(settings), make_run(settings)
    expected = numbers(iter(alone))
    first = open_trainer(run)
    before = numbers(until(first, at))
    assert first.save()
    second = resumed(run)
    assert (second.step, second.saved_step) == (at, at)
    after = numbers(iter(second))
    assert before | after == expected
    assert len(after) == 40 - at
    assert torch.equal(weights(alone), weights(second))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "own_cell:Leaky"])
@pytest.mark.parametrize("given", [{}, {"input": "scalar", "layers": 3, "dropout": 0.5}])
def test_a_resumed_palindrome_run_goes_on_to_the_bit(
    make_run: Callable[..., Run], single_steps: None, cell: str, given: dict[str, Any]
) -> None:
    settings = palindrome(cell=cell, **given)
    alone, run = Trainer(settings), make_run(settings)
    expected = numbers(iter(alone))
    first = open_trainer(run)
    before = numbers(until(first, 17))
    first.save()
    second = resumed(run)
    assert before | numbers(iter(second)) == expected
    assert torch.equal(weights(alone), weights(second))
    assert second.figures.state() == structs.replace(alone.figures.state(), best=second.figures.best)


def with_changed_rates(trainer: Trainer, run: Run) -> Iterator[Report]:
    """Its reports, while someone changes the rate at three steps; what the journal has is not typed again."""
    for at, rate in ((5, 0.004), (12, 0.02), (25, 0.001)):
        if at not in [row.step for row in run.events()]:
            yield from until(trainer, at)
            trainer.change("learning_rate", rate)
    yield from trainer


@pytest.mark.parametrize("dies_at", [3, 9, 10, 11, 14, 26, 39])
def test_a_run_that_dies_loses_no_row_and_no_change(
    text: Callable[..., Settings], make_run: Callable[..., Run], single_steps: None, tmp_path: Path, dies_at: int
) -> None:
    """Its folder is copied right after a step, which is what a kill leaves."""
    run, copy = make_run(text(**{**WATCHING["all"], "save_every": 10})), Run(tmp_path / "died")
    alone, expected = open_trainer(run), {}
    for report in with_changed_rates(alone, run):
        expected |= numbers([report])
        if report.step == dies_at and report.steps:
            shutil.copytree(run.path, copy.path)
    copy.lock()
    second = open_trainer(copy)
    assert second.step <= dies_at
    after = numbers(with_changed_rates(second, copy))
    assert after == {step: values for step, values in expected.items() if step in after}
    assert sorted(after) == list(range(min(after), 41))
    assert torch.equal(weights(alone), weights(second))
    assert rows(copy, METRICS) == rows(run, METRICS)
    assert rows(copy, SAMPLES) == rows(run, SAMPLES)
    copy.unlock()


def test_a_checkpoint_amid_the_scoring_scores_again_and_writes_its_row_once(
    text: Callable[..., Settings], make_run: Callable[..., Run]
) -> None:
    settings = text(validate_every=20, sample_every=20)
    run, interrupted = make_run(settings), make_run(settings)
    alone = open_trainer(run)
    expected = numbers(iter(alone))
    first = open_trainer(interrupted)
    before = []
    for report in first:
        before.append(report)
        if report.validation is not None and 0 < report.validation.done < 1:
            break
    assert first.step == 20
    first.save()
    second = resumed(interrupted)
    after = list(second)
    assert [report.validation.done for report in after if report.step == 20 and report.validation][-1] == 1.0
    assert numbers(before) | numbers(after) == expected
    assert rows(interrupted, METRICS) == rows(run, METRICS)
    assert rows(interrupted, SAMPLES) == rows(run, SAMPLES)
    assert torch.equal(weights(alone), weights(second))


def test_a_checkpoint_taken_before_what_falls_due_at_its_step_doubles_no_row(
    text: Callable[..., Settings], make_run: Callable[..., Run]
) -> None:
    settings = text(validate_every=20, sample_every=20)
    run, interrupted = make_run(settings), make_run(settings)
    list(open_trainer(run))
    first = open_trainer(interrupted)
    for report in first:
        if report.step == 20 and report.steps:
            first.save()
        if report.step > 20:
            break
    second = resumed(interrupted)
    assert second.step == 20
    list(second)
    assert rows(interrupted, METRICS) == rows(run, METRICS)
    assert rows(interrupted, SAMPLES) == rows(run, SAMPLES)


def test_more_steps_make_the_run_that_would_have_been(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(steps=15))
    numbers(iter(open_trainer(run)))
    set_settings(run, steps=40)
    longer, alone = resumed(run), Trainer(palindrome())
    after = numbers(iter(longer))
    assert after == {step: values for step, values in numbers(iter(alone)).items() if step > 15}
    assert torch.equal(weights(alone), weights(longer))


def test_a_finished_run_has_nothing_left_to_do(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(steps=15))
    list(open_trainer(run))
    assert list(resumed(run)) == []
    assert run.steps_saved(whole=True)[-1] == 15


def test_a_changed_corpus_is_refused_and_taken_up_again_when_it_is_back(
    text: Callable[..., Settings], make_run: Callable[..., Run], corpus: Path
) -> None:
    run = make_run(text(steps=3))
    list(open_trainer(run))
    corpus.write_text(PROSE[::-1])
    with pytest.raises(ValueError, match=r"has changed since run .* learned it \(sha256 \w{6}… then, \w{6}… now\)"):
        open_trainer(run)
    corpus.write_text(PROSE)
    assert open_trainer(run).step == 3


@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.safetensors"])
def test_a_checkpoint_that_is_cut_or_no_safetensors_is_said_in_words(make_run: Callable[..., Run], file: str) -> None:
    run = make_run(palindrome(steps=10, save_every=5))
    list(open_trainer(run))
    for content in ((run.checkpoint(10) / file).read_bytes()[:-5], b"", b"pickled\x80\x04."):
        (run.checkpoint(10) / file).write_bytes(content)
        with pytest.raises(ValueError, match=rf"step-00000010 .* is damaged: {file} .*; --at 5 takes step 5"):
            open_trainer(run)
    shutil.rmtree(run.checkpoint(10))
    assert open_trainer(run).step == 5


def test_a_checkpoint_of_another_shape_names_the_tensor_and_both_shapes(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(steps=2))
    list(open_trainer(run))
    set_settings(run, hidden=7)
    with pytest.raises(ValueError, match=r"step-00000002 .* 0\.W_ix has shape \[9, 10\] there and \[7, 10\] in"):
        open_trainer(run)
    set_settings(run, hidden=9, layers=2)
    with pytest.raises(ValueError, match=r"no tensor 1\.W_ix"):
        open_trainer(run)


def test_settings_that_will_not_do_leave_no_folder_behind(
    text: Callable[..., Settings], make_run: Callable[..., Run]
) -> None:
    for settings in (text(batch=3_000), palindrome(cell="own_cell:Leaky", kernel="library")):
        run = make_run(settings, "doomed")
        with pytest.raises(ValueError, match="--"):
            open_trainer(run)
        assert not run.path.exists()


# Divergence


def poison(monkeypatch: pytest.MonkeyPatch, targets: Tensor, what: str) -> None:
    """From now on the batch with these targets has a loss or a gradient that is not finite."""
    healthy, compiled = Task.loss_and_accuracy, Gradient.__call__

    def loss_and_accuracy(self: Task, logits: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        loss, accuracy = healthy(self, logits, wanted)
        if torch.equal(wanted, targets):
            loss = loss * math.inf if what == "loss" else loss + (logits * 0).sum().sqrt()
        return loss, accuracy

    def gradient(self: Gradient, batch: Batch, *more: Any) -> tuple[Tensor, Tensor, Carried]:
        loss, *others = compiled(self, batch, *more)
        if torch.equal(batch.targets, targets):
            loss = loss * math.inf if what == "loss" else loss
            self.out.fill_(math.nan)
        return loss, *others

    monkeypatch.setattr(Task, "loss_and_accuracy", loss_and_accuracy)
    monkeypatch.setattr(Gradient, "__call__", gradient)


def targets_of_step(settings: Settings, step: int) -> Tensor:
    learner = Trainer(settings).learner
    return [learner.task.batch(learner.batches).targets for _ in range(step)][-1]


@pytest.mark.parametrize(
    ("task", "optimizer", "step", "what"),
    [
        *(("palindrome", optimizer, 23, "loss") for optimizer in OPTIMIZERS),
        *(("text", optimizer, 23, "loss") for optimizer in ("sgd", "adam")),
        *(("palindrome", "rmsprop", step, "gradient") for step in (2, 40)),
        *(("text", optimizer, 1, "gradient") for optimizer in ("momentum", "adam")),
    ],
)
def test_a_divergence_leaves_the_trainer_exactly_before_its_step(
    text: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, task: str, optimizer: str, step: int, what: str
) -> None:
    rare = {"optimizer": optimizer, "lr": 0.003, "log_every": 1_000}
    settings = text(**rare, lr_decay=1.0) if task == "text" else palindrome(**rare, layers=2, dropout=0.4)
    alone, stopped = Trainer(settings), Trainer(replace(settings, log_every=1))
    expected = numbers(iter(alone))
    numbers(until(stopped, step - 1))
    long_strides(monkeypatch)
    trainer = Trainer(settings)
    with monkeypatch.context() as patch:
        poison(patch, targets_of_step(settings, step), what)
        reports = iter(trainer)
        seen = list(islice(reports, 1))
        assert seen[0].divergence is not None
        assert (trainer.step, seen[0].divergence.step) == (step - 1, step)
        assert what in str(seen[0].divergence)
        assert torch.equal(weights(trainer), weights(stopped))
        again = next(reports)
        assert again.divergence is not None
        assert again.divergence.step == step
        assert not again.steps
    seen += reports  # the poison is gone: everything else is where it was
    assert numbers(seen) == expected
    assert torch.equal(weights(trainer), weights(alone))


def test_a_diverged_network_is_never_written(make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = palindrome(save_every=10)
    run = make_run(settings)
    trainer = open_trainer(run)
    with monkeypatch.context() as patch:
        poison(patch, targets_of_step(settings, 25), "loss")
        reports = iter(trainer)
        diverged = next(report for report in reports if report.divergence is not None)
        assert diverged.step == 24
        assert not trainer.save()
        assert run.steps_saved(whole=True) == [0, 10, 20]
        assert rows(run, JOURNAL) == [{"step": 24, "event": "diverged", "loss": None}]
        run.unlock()
        assert run.summary().status.state == "diverged"
        run.lock()
    list(reports)
    assert run.steps_saved(whole=True)[-1] == 40


def test_a_rate_that_ruins_the_weights_is_undone_by_going_back_and_lowering_it(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(optimizer="sgd", save_every=10))
    trainer = open_trainer(run)
    numbers(until(trainer, 20))
    trainer.change("learning_rate", 3e38)
    diverged = next(report for report in trainer if report.divergence is not None)
    assert diverged.step > 20
    assert not trainer.save()
    second = resumed(run)
    assert second.step == 20
    second.change("learning_rate", 0.01)
    expected = Trainer(palindrome(optimizer="sgd"))
    after = numbers(iter(second))
    assert after == {step: values for step, values in numbers(iter(expected)).items() if step > 20}
    assert run.steps_saved(whole=True)[-1] == 40


def test_a_lower_rate_goes_on_from_a_divergence_where_it_can(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(palindrome(steps=20))
    trainer = open_trainer(run)
    with monkeypatch.context() as patch:
        poison(patch, targets_of_step(palindrome(), 12), "gradient")
        assert next(report for report in trainer if report.divergence is not None).step == 11
    trainer.change("learning_rate", 0.001)
    reports = list(trainer)
    assert [report.learning_rate for report in reports if report.steps] == [0.001] * sum(bool(r.steps) for r in reports)
    assert trainer.step == 20
    assert trainer.save()


def test_weights_that_are_no_numbers_are_never_written(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(save_every=10))
    trainer = open_trainer(run)
    numbers(until(trainer, 10))
    trainer.learner.theta.detach()[3] = math.nan
    assert not trainer.save()
    assert run.steps_saved(whole=True) == [0]


def test_a_divergence_says_its_step_and_what_can_be_done() -> None:
    assert str(Divergence(1_234, math.nan, 1.0)) == (
        "the loss of step 1,234 is not finite: lower the learning rate or the clip"
    )
    assert str(Divergence(2, 1.0, math.inf)).startswith("the gradient of step 2")
    assert str(Divergence(2, 1.0, math.inf, clip=0.0)).endswith(
        "lower the learning rate, or clip the gradient (--clip 1)"
    )


# What is left in the folder


def test_step_0_is_on_disk_before_step_1(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome())
    trainer = open_trainer(run)
    begin = weights(trainer)
    assert next(iter(trainer)).steps == range(1, 2)
    assert run.steps_saved(whole=True) == [0]
    assert torch.equal(weights(resumed(run)), begin)


def test_the_last_three_the_best_and_milestones_stay(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(steps=260, save_every=20, hidden=4, length=1, lr=0.001, cell="rnn"))
    trainer = open_trainer(run)
    list(trainer)
    assert trainer.figures.best is not None
    assert trainer.figures.best[1] == 260
    assert run.steps_saved(whole=True) == [220, 240, 260]
    assert run.steps_saved(whole=False) == [100, 200, 220, 240, 260]
    trainer.change("learning_rate", 5.0)  # it gets worse from here: the best stays
    set_settings(run, steps=500)
    list(resumed(run))
    assert run.steps_saved(whole=True) == [260, 460, 480, 500]


def test_config_json_holds_what_the_bits_depend_on(text: Callable[..., Settings], make_run: Callable[..., Run]) -> None:
    settings = text()
    run = make_run(settings)
    trainer = open_trainer(run)
    config = json.loads((run.path / CONFIG).read_text(), parse_constant=pytest.fail)
    assert run.settings() == settings
    assert config["versions"].keys() >= {"rnntui", "torch", "python"}
    assert config["device"].startswith("cpu")
    assert config["threads"] == 1
    assert config["kernel"] == trainer.learner.model.kernel.name
    assert config["parameters"] == trainer.learner.theta.numel()
    assert config["data"]["vocabulary"] == "".join(sorted(set(PROSE)))
    assert config["rulers"].keys() == {"uniform", "unigram", "bigram"}


def test_a_run_trains_with_as_many_threads_as_were_asked_for() -> None:
    before = torch.get_num_threads()
    try:
        for threads in (2, 1):
            next(iter(Trainer(palindrome(threads=threads))))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_another_version_or_device_is_said_on_the_way_in(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(steps=2))
    list(open_trainer(run))
    config = run.config()
    others = {"rnntui": "0.0", "torch": "0.1", "numpy": "0.2", "python": "0.3"}
    run.write_config(structs.replace(config, device="cuda:0 Big", threads=7, versions=others))
    notes = open_trainer(run).notes
    begins = [
        "recorded on cuda:0 Big",
        "recorded with --threads 7,",
        "recorded with rnntui 0.0,",
        "recorded with torch 0.1,",
    ]
    assert [note[: len(begin)] for note, begin in zip(notes, begins, strict=True)] == begins


def test_more_threads_than_cores_are_said_to_be_slower() -> None:
    assert Trainer(replace(palindrome(steps=2), threads=cores())).notes == []
    note = Trainer(replace(palindrome(steps=2), threads=cores() + 1)).notes[0]
    assert note.startswith(f"--threads {cores() + 1} share {cores()} core")


def test_a_kernel_that_is_not_to_be_had_here_is_said_and_another_taken(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(steps=2))
    list(open_trainer(run))
    run.write_config(structs.replace(run.config(), kernel="of another machine"))
    trainer = open_trainer(run)
    kernel = trainer.learner.model.kernel.name
    assert trainer.notes == [
        f"recorded with the kernel of another machine, now {kernel}: results will not be equal to the bit"
    ]


@pytest.mark.parametrize(
    "name", [*(f"compiled, {instruction_set}" for instruction_set in compiled.instruction_sets()), "reference loop"]
)
def test_a_kernel_that_is_to_be_had_is_taken_again_to_the_bit(make_run: Callable[..., Run], name: str) -> None:
    settings = palindrome(steps=8, save_every=4)
    whole, run = make_run(settings, "whole"), make_run(settings, "parts")
    for of_run in (whole, run):
        of_run.write_config(structs.replace(of_run.config(), kernel=name))
    expected, parts = open_trainer(whole), open_trainer(run)
    losses = [loss for report in expected for loss in report.loss]
    while parts.step < 4:
        next(iter(parts))
    parts.save()
    run.unlock()
    resumed = open_trainer(again(run))
    assert (resumed.learner.model.kernel.name, resumed.notes) == (name, [])
    rest = [loss for report in resumed for loss in report.loss]
    assert rest == losses[-len(rest) :]
    assert torch.equal(resumed.learner.theta, expected.learner.theta)


def test_a_checkpoint_of_another_kind_of_device_begins_its_generators_anew(make_run: Callable[..., Run]) -> None:
    run = make_run(palindrome(steps=4, save_every=2))
    list(open_trainer(run))
    path = as_before_digests(run.checkpoint(4)) / "state.json"
    path.write_text(path.read_text().replace('"cpu"', '"cuda"'))
    set_settings(run, steps=8)
    found = numbers(iter(open_trainer(run)))
    assert sorted(found) == [5, 6, 7, 8]
    assert found[5] != numbers(iter(Trainer(palindrome(steps=5))))[5]


def test_rows_hold_the_rate_their_step_used(text: Callable[..., Settings], make_run: Callable[..., Run]) -> None:
    run = make_run(text(log_every=2, lr=1e-3, lr_decay=0.5, lr_decay_every=10, steps=30))
    trainer = open_trainer(run)
    numbers(until(trainer, 14))
    trainer.change("learning_rate", 4e-3)
    list(trainer)
    rates = {row.step: row.learning_rate for row in run.metrics()}
    assert sorted(rates) == list(range(2, 31, 2))
    expected = {step: 1e-3 * 0.5 ** ((step - 1) // 10) for step in (2, 10, 12, 14)} | {
        16: 4e-3,
        20: 4e-3,
        22: 2e-3,
        30: 2e-3,
    }
    assert {step: rates[step] for step in expected} == pytest.approx(expected, rel=1e-12)


def test_rows_are_those_of_their_steps_and_the_last_step_has_one(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    long_strides(monkeypatch)
    run = make_run(palindrome(steps=37))
    found = numbers(iter(open_trainer(run)))
    logged = list(run.metrics())
    assert [row.step for row in logged] == [10, 20, 30, 37]
    assert [(row.loss, row.accuracy, row.gradient_norm) for row in logged] == [found[row.step] for row in logged]
    seconds = [row.seconds for row in logged]
    assert seconds == sorted(seconds)


def test_a_trainer_without_a_run_writes_nothing(tmp_path: Path) -> None:
    trainer = Trainer(palindrome(steps=3))
    reports = list(trainer)
    assert not trainer.save()
    assert not any(report.saved for report in reports)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_that_is_no_positive_number_is_refused_and_not_recorded(
    make_run: Callable[..., Run], value: float
) -> None:
    run = make_run(palindrome())
    trainer = open_trainer(run)
    for event in ("learning_rate", "clip") if value else ("learning_rate",):
        with pytest.raises(ValueError, match=event.replace("_", " ")):
            trainer.change(event, value)
    assert rows(run, JOURNAL) == []


def test_samples_are_written_at_their_steps_with_their_temperature(
    text: Callable[..., Settings], make_run: Callable[..., Run]
) -> None:
    run = make_run(text(sample_every=10, sample_length=12, temperature=0.5, steps=35))
    trainer = open_trainer(run)
    seen = [report.sample for report in trainer if report.sample is not None]
    assert [(sample.step, len(sample.text), sample.temperature) for sample in seen] == [
        (k, 12, 0.5) for k in (10, 20, 30)
    ]
    kept = rows(run, SAMPLES)
    assert [len(row.pop("bits")) for row in kept] == [12, 12, 12]
    assert kept == [{"step": s.step, "text": s.text, "temperature": "0.5"} for s in seen]
    assert isinstance(trainer.learner.task, TextTask)
    writer = Writer(trainer.snapshot(), trainer.learner.task.vocabulary, 0, 30, temperature=0.5)
    first = "".join(islice(writer, 1))
    assert first == seen[-1].text[0]  # by (seed, step) alone: before any logits


# Figures of merit


def test_smoothed_is_the_mean_of_the_last_100_batches() -> None:
    figures = Figures()
    assert math.isnan(figures.smoothed_loss)
    figures.follow(1, [float(k) for k in range(250)], [k / 250 for k in range(250)])
    assert figures.smoothed_loss == pytest.approx(sum(range(150, 250)) / 100)
    assert figures.smoothed_accuracy == pytest.approx(sum(range(150, 250)) / 100 / 250)


@pytest.mark.parametrize(("wrong", "solved"), [(2, WINDOW), (3, WINDOW + 1), (50, WINDOW + 48)])
def test_solved_at_is_the_first_step_with_a_smoothed_accuracy_of_98_percent(wrong: int, solved: int) -> None:
    at_once, one_by_one = Figures(), Figures()
    accuracy = [0.0] * wrong + [1.0] * 200
    at_once.follow(1, accuracy, accuracy)
    for step, value in enumerate(accuracy, 1):
        one_by_one.follow(step, [value], [value])
    assert at_once.solved_at == one_by_one.solved_at == solved
    at_once.follow(500, [0.0] * 200, [0.0] * 200)
    assert at_once.solved_at == solved


def test_no_accuracy_is_reached_before_100_batches_however_high_it_is() -> None:
    figures = Figures()
    figures.follow(1, [0.0] * 99, [1.0] * 99)
    assert figures.smoothed_accuracy == 1.0
    assert not figures.reaches(0.5)
    assert figures.solved_at is None
    assert figures.best_accuracy is None
    figures.follow(100, [0.0], [1.0])
    assert figures.reaches(1.0)
    assert not Figures().reaches(0.0)


def test_best_is_the_lowest_finite_loss_and_the_first_of_equals() -> None:
    figures = Figures()
    seen = [(5, math.nan), (10, 2.0), (20, 1.0), (30, 1.0), (40, math.nan), (50, 3.0), (60, -math.inf)]
    assert [step for step, loss in seen if figures.improves(loss, step)] == [10, 20]
    assert figures.best == (1.0, 20)


def test_figures_come_back_as_they_were() -> None:
    figures, again = Figures(), Figures()
    figures.follow(1, [0.1] * 130, [0.99] * 130)
    figures.improves(0.1, 130)
    again.restore(msgspec.json.decode(msgspec.json.encode(figures.state()), type=FiguresState))
    for watched in (figures, again):
        watched.follow(131, [7.0], [0.0])
    assert again.state() == figures.state()
    assert again.solved_at == 100


def test_the_best_checkpoint_of_a_text_is_that_of_the_lowest_held_out_loss(
    text: Callable[..., Settings], make_run: Callable[..., Run]
) -> None:
    run = make_run(text(validate_every=10, dropout=0.0, steps=50, lr=0.05))
    trainer = open_trainer(run)
    scores = {r.step: r.validation.loss for r in trainer if r.validation is not None and r.validation.done == 1.0}
    assert list(scores) == [10, 20, 30, 40, 50]
    best = min(scores, key=lambda step: scores[step])
    assert trainer.figures.best == (scores[best], best)
    assert best in run.steps_saved(whole=True)
    logged = {row.step: row.validation_loss for row in run.metrics()}
    assert logged == scores
    assert run.summary().status.held_out_loss == scores[50]


# Golden curves


def golden_settings(corpus: Path) -> dict[str, Settings]:
    small = {"hidden": 24, "batch": 16, "steps": 100, "threads": 1, "log_every": 5}
    text = {"corpus": str(corpus), "length": 12, "sample_every": 0, "validate_every": 0}
    return {
        "palindrome": make_settings("palindrome", {**small, "length": 5}),
        "text": make_settings("text", {**small, **text}),
        "frequency": make_settings("frequency", {**small, "length": 24, "lr": 0.01, "cell": "phased", "ratio": 0.3}),
        "noise": make_settings("noise", {**small, "length": 4, "cell": "phased", "learn": "period,shift,ratio"}),
    }


def curve(settings: Settings) -> dict[int, float]:
    """Loss of every fifth step."""
    found = numbers(iter(Trainer(settings)))
    return {step: values[0] for step, values in found.items() if step % 5 == 0}


@pytest.mark.parametrize("kernel", ["auto", "reference"])
@pytest.mark.parametrize("task", TASKS)
def test_training_follows_its_golden_curve(corpus: Path, task: str, kernel: str) -> None:
    settings = golden_settings(corpus)[task]
    with open(GOLDEN / f"{task}.csv", newline="") as file:
        expected = {int(row["step"]): float(row["loss"]) for row in csv.DictReader(file)}
    assert len(expected) == 20
    assert curve(replace(settings, kernel=kernel)) == pytest.approx(expected, rel=1e-3)


def write_golden() -> None:
    """The curves of the loop written from the equations."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "small.txt"
        corpus.write_text(PROSE)
        for task, settings in golden_settings(corpus).items():
            written = curve(replace(settings, kernel="reference"))
            with open(GOLDEN / f"{task}.csv", "w", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(("step", "loss"))
                writer.writerows((step, f"{loss:.6f}") for step, loss in written.items())


if __name__ == "__main__":
    write_golden()
