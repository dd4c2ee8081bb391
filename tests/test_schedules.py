"""The learning rate's schedules: their formulas, what changes them while a run trains, and that no run notices more."""

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from command import done, refused, rnntui
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from rnntui.commands.launch import resume
from rnntui.config import Settings, make_settings
from rnntui.core.training.learner import Learner
from rnntui.core.training.schedules import Dials
from rnntui.core.training.trainer import Report, Trainer, open_trainer
from rnntui.runs import Run, folder
from rnntui.schemas import JournalRow

STEPS = 60
Curve = dict[int, tuple[float, ...]]
SCHEDULES: dict[str, dict[str, Any]] = {
    "cosine": {"schedule": "cosine"},
    "linear": {"schedule": "linear"},
    "constant": {"schedule": "constant"},
    "cosine, warm-up": {"schedule": "cosine", "warmup": 7},
    "linear, warm-up by share": {"schedule": "linear", "warmup": 0.1},
    "linear at the end": {"schedule": "linear", "warmup": 3, "hold": 0.5},
    "step, warm-up": {"warmup": 5, "lr_decay": 0.8, "lr_decay_every": 7},
}
every_schedule = pytest.mark.parametrize("schedule", list(SCHEDULES))


def settings(schedule: str, **given: Any) -> Settings:
    tiny = {"hidden": 9, "length": 4, "batch": 6, "steps": STEPS, "lr": 0.01, "threads": 1, "save_every": 10}
    return make_settings("palindrome", {**tiny, **SCHEDULES[schedule], **given})


def rates(dials: Dials, steps: int = STEPS) -> list[float]:
    return [dials.learning_rate(step) for step in range(steps)]


def numbers(reports: Iterator[Report]) -> Curve:
    return {
        step: values
        for report in reports
        for step, *values in zip(report.steps, report.loss, report.accuracy, report.gradient_norm, strict=True)
    }


# Formulas


def of_torch(make: Callable[[torch.optim.Optimizer], Any], steps: int = STEPS) -> list[float]:
    """The rates of a schedule of torch's, from 1 on."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, found = make(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def warmed_up(steps: int, after: Callable[[torch.optim.Optimizer], Any]) -> Callable[[torch.optim.Optimizer], Any]:
    """Torch's warm-up whose step `steps` has the whole rate, and a schedule after it."""

    def make(optimizer: torch.optim.Optimizer) -> Any:
        rise = lr_scheduler.LinearLR(optimizer, 1 / steps, 1.0, steps - 1)
        return lr_scheduler.SequentialLR(optimizer, [rise, after(optimizer)], [steps])

    return make


TORCH: dict[str, Callable[[torch.optim.Optimizer], Any]] = {
    "cosine": lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, STEPS),
    "linear": lambda optimizer: lr_scheduler.LinearLR(optimizer, 1.0, 0.0, STEPS),
    "constant": lambda optimizer: lr_scheduler.ConstantLR(optimizer, 1.0),
    "cosine, warm-up": warmed_up(7, lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, STEPS - 7)),
    "linear, warm-up by share": warmed_up(6, lambda optimizer: lr_scheduler.LinearLR(optimizer, 1.0, 0.0, STEPS - 6)),
}


@pytest.mark.parametrize("schedule", list(TORCH))
def test_the_rates_are_those_of_torchs_schedules(schedule: str) -> None:
    found = rates(Dials(settings(schedule, lr=1.0)))
    assert found == pytest.approx(of_torch(TORCH[schedule]), rel=1e-9, abs=1e-12)


@every_schedule
def test_the_first_step_and_the_last_one_learn(schedule: str) -> None:
    assert min(rates(Dials(settings(schedule)))) > 0


@pytest.mark.parametrize("schedule", ["cosine", "linear at the end"])
def test_a_falling_rate_is_zero_after_the_last_step_and_never_rises(schedule: str) -> None:
    dials = Dials(settings(schedule))
    assert dials.learning_rate(STEPS) == pytest.approx(0.0, abs=1e-18)
    begin = 3 if schedule == "linear at the end" else 0
    assert all(before >= after for before, after in pairwise(rates(dials)[begin:]))
    assert rates(dials)[begin] == 0.01


def test_a_rate_that_is_held_falls_in_the_rest_of_the_steps() -> None:
    found = rates(Dials(settings("linear at the end", lr=1.0)))
    assert found[:3] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert set(found[2:31]) == {1.0}
    assert found[30:] == pytest.approx([1 - k / 30 for k in range(30)])


@given(st.integers(0, 30), st.integers(1, 20), st.sampled_from([1.0, 0.96, 0.5]), st.integers(0, 60))
def test_without_a_schedule_the_rate_is_to_the_bit_what_it_was(at: int, every: int, decay: float, step: int) -> None:
    dials = Dials(Settings(lr=0.002, lr_decay=decay, lr_decay_every=every))
    dials.change("learning_rate", at, 0.0123)
    base, since = (0.0123, at) if step >= at else (0.002, 0)
    assert dials.learning_rate(step) == float(base * decay ** (step // every - since // every))


@every_schedule
def test_the_course_is_named_where_the_rate_changes_at_each_step(schedule: str) -> None:
    dials = Dials(settings(schedule, lr_decay=1.0))
    for step in range(1, STEPS - 1):
        named = dials.course(step)
        assert bool(named) == (dials.learning_rate(step) != dials.learning_rate(step + 1)) or named == "warm-up"


# Changed while it trains


@pytest.mark.parametrize("schedule", ["cosine", "linear", "linear at the end"])
@pytest.mark.parametrize("at", [0, 1, 20, 45, STEPS - 1])
def test_a_changed_rate_is_what_was_typed_and_falls_to_zero_at_the_same_step(schedule: str, at: int) -> None:
    dials, alone = Dials(settings(schedule)), Dials(settings(schedule, warmup=0))
    before = rates(dials)
    dials.change("learning_rate", at, 0.5)
    assert rates(dials)[:at] == before[:at]
    assert dials.learning_rate(at) == 0.5
    shape = alone.learning_rate(at)
    assert rates(dials)[at:] == pytest.approx([0.5 * rate / shape for rate in rates(alone)[at:]])
    assert dials.learning_rate(STEPS) == pytest.approx(0.0, abs=1e-15)


def test_a_rate_that_is_changed_during_the_warm_up_ends_it() -> None:
    dials = Dials(settings("cosine, warm-up"))
    dials.change("learning_rate", 2, 0.5)
    assert [dials.learning_rate(step) for step in range(2, 8)] == [0.5] * 6


def test_a_rate_that_is_changed_after_the_last_step_is_what_was_typed() -> None:
    dials = Dials(settings("linear"))
    dials.change("learning_rate", STEPS, 0.5)
    assert dials.learning_rate(STEPS) == 0.5


@every_schedule
def test_a_longer_total_is_that_of_the_steps_from_then_on_alone(schedule: str) -> None:
    dials, long = Dials(settings(schedule)), Dials(settings(schedule, steps=100))
    before = rates(dials)
    dials.change("steps", 40, 100)
    assert rates(dials)[:40] == before[:40]
    assert rates(dials, 100)[40:] == rates(long, 100)[40:]


def test_a_journal_says_what_the_total_was_before() -> None:
    rows = [JournalRow(step=40, event="steps", value=100.0, before=STEPS)]
    replayed, changed = Dials(settings("cosine", steps=100)), Dials(settings("cosine"))
    replayed.replay(rows)
    changed.change("steps", 40, 100)
    assert rates(replayed, 100) == rates(changed, 100)
    assert replayed.newest_total == 100


# Training


@pytest.fixture
def stride(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many steps a stride may have."""
    return lambda steps: monkeypatch.setattr(Trainer, "stride_length", lambda self: steps)


@every_schedule
def test_the_numbers_are_those_of_the_same_steps_at_these_rates_one_by_one(
    schedule: str, stride: Callable[[int], None]
) -> None:
    stride(1_000)
    learner, dials = Learner(settings(schedule)), Dials(settings(schedule))
    expected = [learner.train_one(rate, 10.0).tolist() for rate in rates(dials)]
    found = numbers(iter(Trainer(settings(schedule))))
    assert [list(found[step]) for step in range(1, STEPS + 1)] == expected


@every_schedule
def test_the_numbers_do_not_depend_on_the_stride(schedule: str, stride: Callable[[int], None]) -> None:
    stride(1)
    singly = numbers(iter(Trainer(settings(schedule))))
    stride(1_000)
    assert numbers(iter(Trainer(settings(schedule)))) == singly


def test_a_rate_that_falls_at_each_step_leaves_strides_as_long_as_they_were(stride: Callable[[int], None]) -> None:
    stride(1_000)
    lengths = [len(report.steps) for report in Trainer(settings("cosine, warm-up")) if report.steps]
    assert max(lengths) == 10


def run_of(given: Settings, name: str) -> Run:
    return Run.create(folder(), name, given)


def again(run: Run, path: Path | None = None) -> Run:
    """The folder as another process finds it."""
    run.unlock()
    found = Run(path or run.path)
    found.lock()
    return found


def until(trainer: Trainer, step: int) -> Curve:
    found: Curve = {}
    reports = iter(trainer)
    while trainer.step < step:
        found |= numbers(iter([next(reports)]))
    return found


def goes_on_as(alone: Trainer, expected: Curve) -> None:
    """A run that was killed goes on like one that trained alone, to the bit. Its strides must have one step."""
    run = run_of(alone.settings, "killed")
    before = until(open_trainer(run), 27)  # its newest checkpoint is of step 20
    second = open_trainer(again(run))
    assert second.step == 20
    assert before | numbers(iter(second)) == expected
    assert torch.equal(second.learner.theta, alone.learner.theta)


@every_schedule
def test_a_run_that_was_killed_goes_on_to_the_bit(schedule: str, stride: Callable[[int], None]) -> None:
    stride(1)
    alone = Trainer(settings(schedule))
    goes_on_as(alone, numbers(iter(alone)))


def lengthened(schedule: str, name: str, at: int) -> tuple[Run, Trainer, Curve]:
    """A run that was stopped at a step and is resumed with 100 steps, and its curve until then."""
    run = run_of(settings(schedule), name)
    trainer = open_trainer(run)
    before = until(trainer, at)
    trainer.save()
    run.unlock()
    (run,) = resume(folder(), [name], {"steps": 100})
    return run, open_trainer(run), before


@every_schedule
@pytest.mark.parametrize("at", [25, STEPS])
def test_a_run_is_lengthened_and_killed_and_resumed_to_the_bit(
    schedule: str, at: int, stride: Callable[[int], None], tmp_path: Path
) -> None:
    stride(1)
    learner, dials = Learner(settings(schedule)), Dials(settings(schedule))
    dials.change("steps", at, 100)
    expected = {step + 1: learner.train_one(dials.learning_rate(step), 10.0).tolist() for step in range(100)}

    run, longer, curve = lengthened(schedule, "long", at)
    curve |= until(longer, at + 12)
    second_run = again(run)
    second = open_trainer(second_run)
    assert at <= second.step < at + 12
    curve |= until(second, at + 14)
    second_run.unlock()
    third = open_trainer(again(run))
    curve |= numbers(iter(third))
    assert {step: list(values) for step, values in curve.items()} == expected
    journaled = [row for row in run.events() if row.event == "steps"]
    follows = schedule not in ("constant", "step, warm-up")
    assert [(row.step, row.value, row.before) for row in journaled] == [(at, 100.0, STEPS)] * follows
    assert not [note for note in [*second.notes, *third.notes] if "--steps" in note]


def test_a_lengthened_run_says_what_becomes_of_its_rate() -> None:
    _, trainer, _ = lengthened("linear", "said", STEPS)
    (said,) = [note for note in trainer.notes if "--steps" in note]
    assert said == (
        "--steps is 100, where it was 60: from step 60 on the learning rate is that of a schedule of 100 steps: "
        "0.004 now, where it was 0, and falls to zero at step 100"
    )


def test_a_lengthened_run_takes_the_rate_that_was_typed(stride: Callable[[int], None]) -> None:
    stride(1)
    run = run_of(settings("linear"), "typed")
    trainer = open_trainer(run)
    until(trainer, STEPS)
    trainer.save()
    run.unlock()
    (run,) = resume(folder(), ["typed"], {"steps": 100, "lr": 0.002})
    trainer = open_trainer(run)
    assert "0.002 now, where it was 0" in trainer.notes[-1]
    assert [trainer.dials.learning_rate(step) for step in (60, 80, 100)] == pytest.approx([0.002, 0.001, 0.0])


def test_going_back_before_the_lengthening_takes_the_longer_schedule_from_there(stride: Callable[[int], None]) -> None:
    stride(1)
    run, trainer, _ = lengthened("cosine", "back", 40)
    until(trainer, 45)
    trainer.save()
    run.unlock()
    (run,) = resume(folder(), ["back"], {}, at=30)
    trainer = open_trainer(run)
    assert trainer.step == 30
    assert rates(trainer.dials, 100)[30:] == rates(Dials(settings("cosine", steps=100)), 100)[30:]
    assert rates(trainer.dials)[:30] == rates(Dials(settings("cosine")))[:30]


def test_a_run_may_end_earlier_than_was_planned(stride: Callable[[int], None]) -> None:
    stride(1)
    run = run_of(settings("linear"), "short")
    trainer = open_trainer(run)
    until(trainer, 20)
    trainer.save()
    run.unlock()
    (run,) = resume(folder(), ["short"], {"steps": 30})
    trainer = open_trainer(run)
    assert rates(trainer.dials, 30)[20:] == rates(Dials(settings("linear", steps=30)), 30)[20:]
    assert max(numbers(iter(trainer))) == 30


def test_a_killed_process_keeps_a_change_of_the_rate_and_of_the_total(
    stride: Callable[[int], None], tmp_path: Path
) -> None:
    stride(1)
    run, trainer, _ = lengthened("cosine, warm-up", "both", 40)
    until(trainer, 43)
    trainer.change("learning_rate", 0.004)
    copied = tmp_path / "both"
    shutil.copytree(run.path, copied)
    copy = again(run, copied)
    second = open_trainer(copy)
    assert second.step == 40
    assert rates(second.dials, 100) == rates(trainer.dials, 100)
    copy.unlock()


# What is typed

TRAIN = "train palindrome --headless --hidden 8 --length 3 --batch 4 --steps 30 --name x"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--schedule cosin", "--schedule 'cosin' is unknown (did you mean cosine?): there are step, constant, cosine"),
        ("--warmup -1", "--warmup must be at least 0"),
        ("--warmup 2.5", "--warmup must be a share of --steps below 1, or a whole number of steps, not 2.5"),
        ("--warmup 30", "--warmup 30 must end before the last step, and --steps is 30"),
        ("--warmup x", "--warmup must be a number, not 'x'"),
        ("--hold 1 --schedule linear", "--hold must be below 1"),
        (
            "--hold 0.5 --warmup 0.6 --schedule linear",
            "--hold 0.5 puts off the fall to zero to that share of --steps, and",
        ),
        ("--hold 0.5 --warmup 5 --schedule cosine --steps 10", "and --warmup 5 lasts as long or longer: take a larger"),
        ("--hold 0.5", "--hold puts off the fall to zero: also give --schedule cosine or linear"),
        ("--schedule cosine --lr-decay 0.5", "--lr-decay is for --schedule step, and this one is cosine: leave one"),
        ("--schedule constant --lr-decay-every 5", "--lr-decay-every is for --schedule step, and this one is constant"),
    ],
)
def test_what_no_schedule_can_be_is_refused_in_one_sentence(typed: str, sentence: str) -> None:
    assert sentence in refused(f"{TRAIN} {typed}")
    assert not folder().exists()


def test_a_warm_up_that_a_shorter_total_would_cut_off_is_refused() -> None:
    done(f"{TRAIN} --warmup 20 --save-every 10")
    assert "--warmup 20 must end before the last step, and --steps is 15" in refused(
        "resume x --at 10 --yes --steps 15"
    )


def test_a_headless_run_that_is_lengthened_says_so() -> None:
    done(f"{TRAIN} --schedule cosine --warmup 0.1")
    assert "is finished: step 30" in done("resume x")
    said = rnntui("resume x --steps 40 --headless").stderr
    assert "--steps is 40, where it was 30: from step 30 on the learning rate is that of a schedule of 40 steps" in said
    assert "steps  value 40.0, before 30" in done("runs show x")
