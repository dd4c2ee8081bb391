"""The worker thread without a screen: it trains, obeys, answers, and ends properly whatever happens."""

import errno
import math
import threading
from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from own_cell import Leaky
from tiny import again, events, new_run, palindrome, text, wait_for

from rnntui.config import Settings
from rnntui.core.generation.sampler import Writer
from rnntui.core.kernels import compiled
from rnntui.core.tasks.text import TextTask
from rnntui.core.training import trainer as training
from rnntui.core.training.checkpoint import read_weights
from rnntui.core.training.trainer import Report, Trainer
from rnntui.plain.words import details
from rnntui.runs import Run
from rnntui.runs.batches import mean_of_batches
from rnntui.runs.history import Column
from rnntui.sessions import answering
from rnntui.sessions import training as working
from rnntui.sessions.going_back import ways_back, what_it_costs, why_not_back
from rnntui.sessions.marks import marks_of
from rnntui.sessions.soundness import is_lost
from rnntui.sessions.speed import RecentSpeed
from rnntui.sessions.training import TrainingSession
from rnntui.tui.training import screen as _keys  # noqa: F401  whose keys are named
from rnntui.tui.training.what_next import keys_that_help

EXPLODING = 1e38  # a learning rate that leaves no weight finite


@pytest.fixture
def begin() -> Iterator[Callable[..., TrainingSession]]:
    """Starts sessions, of new runs or given ones, and ends them at the end."""
    begun: list[TrainingSession] = []

    def start(what: Settings | Run) -> TrainingSession:
        begun.append(TrainingSession(what if isinstance(what, Run) else new_run(what)))
        begun[-1].start()
        return begun[-1]

    yield start
    for session in begun:
        end(session)


def end(session: TrainingSession) -> None:
    session.stop()
    assert session.join(30)


def until_step(session: TrainingSession, step: int) -> None:
    wait_for(session, lambda: session.status.run.step >= step)


def until_state(session: TrainingSession, state: str) -> None:
    wait_for(session, lambda: session.status.run.state == state)


def pause(session: TrainingSession) -> int:
    """Pause and return the step it stands at."""
    session.pause(True)
    until_state(session, "paused")
    return session.status.run.step


def points(column: Column) -> list[tuple[float, float]]:
    bins = column.bins
    return [(bins.step[k], bins.mean[k]) for k in range(bins.length)]


def steps_of(trainer: Trainer, changes: dict[int, tuple[str, float]]) -> Iterator[Report]:
    """What the trainer reports step by step, with what is changed after some of them, until it diverges."""
    reports = iter(trainer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnntui.core.training.trainer.STRIDE_SECONDS", 0.0)
        while trainer.divergence is None:
            if trainer.step in changes:
                trainer.change(*changes[trainer.step])
            if (report := next(reports, None)) is None:
                return
            yield report


def trained(settings: Settings, step: int) -> Trainer:
    """A trainer that took so many steps without a session."""
    trainer = Trainer(settings)
    for _ in takewhile(lambda _: trainer.step < step, steps_of(trainer, {})):
        pass
    return trainer


def weights(run: Run, settings: Settings) -> list[float]:
    """The weights of the run's newest checkpoint."""
    trainer = Trainer(settings)
    read_weights(run, run.steps_saved(whole=True)[-1], trainer.learner.model)
    return trainer.learner.theta.tolist()


# Training


@pytest.mark.parametrize("task", ["palindrome", "text"])
def test_every_step_is_in_the_columns_as_core_reports_it(
    begin: Callable[..., TrainingSession], corpus: Path, task: str
) -> None:
    few = {"steps": 60, "log_every": 10}
    settings = palindrome(**few) if task == "palindrome" else text(corpus, **few)
    session = begin(settings)
    until_state(session, "finished")
    reports = list(Trainer(settings))
    unit = math.log(2) if task == "text" else 1.0
    loss = [(step, value / unit) for report in reports for step, value in zip(report.steps, report.loss, strict=True)]
    assert [step for step, _ in loss] == list(range(1, 61))
    assert points(session.curves.loss) == loss
    assert [value for _, value in points(session.curves.accuracy)] == [a for r in reports for a in r.accuracy]
    assert [value for _, value in points(session.curves.gradient_norm)] == [n for r in reports for n in r.gradient_norm]
    status = session.status
    assert (status.run.step, status.run.steps, status.saved_step, status.learning_rate) == (60, 60, 60, settings.lr)
    assert status.parameters > 0
    assert status.kernel
    assert status.run.steps_per_second > 0


def test_held_out_scores_samples_and_baselines_of_a_text_reach_the_screens_lists(
    begin: Callable[..., TrainingSession], corpus: Path
) -> None:
    session = begin(text(corpus, steps=40, validate_every=20, sample_every=10))
    until_state(session, "finished")
    rows = [row for row in session.run.metrics() if row.validation_loss is not UNSET]
    assert [row.step for row in rows] == [20, 40]
    assert points(session.curves.held_out_loss) == [(r.step, r.validation_loss / math.log(2)) for r in rows]
    assert points(session.curves.held_out_accuracy) == [(r.step, r.validation_accuracy) for r in rows]
    assert [(s.step, s.text) for s in session.samples] == [(r.step, r.text) for r in session.run.samples()]
    assert [sample.step for sample in session.samples] == [10, 20, 30, 40]
    assert session.baselines["uniform"][0] == pytest.approx(math.log2(len(set(corpus.read_text()))))
    assert session.baselines["bigram"][0] < session.baselines["unigram"][0]


def test_only_the_newest_samples_are_kept(
    begin: Callable[..., TrainingSession], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "SAMPLES_KEPT", 3)
    session = begin(text(corpus, steps=40, sample_every=5, sample_length=4))
    until_state(session, "finished")
    assert [sample.step for sample in session.samples] == [30, 35, 40]
    resumed = begin(again_with_steps(session, 50))
    until_state(resumed, "finished")
    assert [sample.step for sample in resumed.samples] == [40, 45, 50]


def again_with_steps(session: TrainingSession, steps: int) -> Run:
    end(session)
    run = again(session.run)
    run.ask(Settings(**{**vars(run.settings()), "steps": steps}))
    return run


def test_a_resumed_run_has_its_earlier_course_and_goes_on(begin: Callable[..., TrainingSession], corpus: Path) -> None:
    first = begin(text(corpus, sample_every=20, validate_every=50))
    until_step(first, 120)
    step = pause(first)
    first.change("learning_rate", 0.005)
    end(first)
    rows = list(first.run.metrics())
    resumed = begin(again(first.run))
    until_step(resumed, step + 20)
    earlier = [(row.step, mean_of_batches(row, "loss") / math.log(2)) for row in rows]
    assert points(resumed.curves.loss)[: len(earlier)] == earlier
    assert [resumed.curves.loss.bins.count[k] for k in range(12)] == [10] * 12
    assert points(resumed.curves.loss)[len(earlier)][0] == step + 1
    held_out, samples = points(first.curves.held_out_loss), first.samples
    assert len(held_out) >= (step - 1) // 50  # that of the last step may be due
    assert len(samples) >= (step - 1) // 20
    assert points(resumed.curves.held_out_loss)[: len(held_out)] == held_out
    assert resumed.samples[: len(samples)] == samples
    assert [(mark.step, mark.label) for mark in resumed.marks] == [(step, f"lr {first.settings.lr:.3g} → 0.005")]
    assert resumed.status.learning_rate == 0.005


def test_why_no_fast_kernel_serves_a_cell_is_told(begin: Callable[..., TrainingSession]) -> None:
    session = begin(palindrome(cell="own_cell:Leaky"))
    until_step(session, 1)
    assert session.status.kernel == "reference loop"
    assert "Leaky" in session.status.kernel_why
    assert f"kernel reference loop ({session.status.kernel_why})" in details(session)
    fast = begin(palindrome())
    until_step(fast, 1)
    assert fast.status.kernel_why == compiled.missing()


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set no trainer is opened, as while PyTorch loads."""
    may_open = held_loading(monkeypatch)
    yield may_open
    may_open.set()


def test_a_resumed_run_shows_its_course_before_its_network_is_there(
    begin: Callable[..., TrainingSession], corpus: Path, unopened: threading.Event
) -> None:
    unopened.set()
    first = begin(text(corpus, sample_every=20, validate_every=20, steps=60))
    until_state(first, "finished")
    first.change("temperature", 1.3)
    run = again_with_steps(first, 80)
    unopened.clear()
    resumed = begin(run)
    wait_for(resumed, lambda: resumed.curves.loss.last is not None and resumed.status.run.best_step)
    assert resumed.status.run.state == "loading"
    assert [step for step, _ in points(resumed.curves.loss)] == [10, 20, 30, 40, 50, 60]
    assert points(resumed.curves.held_out_loss) == points(first.curves.held_out_loss)
    assert resumed.samples == first.samples
    assert all(len(sample.bits) == len(sample.text) for sample in resumed.samples)
    assert resumed.baselines == first.baselines
    known = resumed.status.run
    assert (known.held_out_loss, known.best_loss) == (first.status.run.held_out_loss, first.status.run.best_loss)
    assert known.loss == pytest.approx(first.status.run.loss)
    unopened.set()
    until_state(resumed, "finished")


def test_a_run_resumed_at_an_earlier_step_shows_its_course_up_to_there(
    begin: Callable[..., TrainingSession], unopened: threading.Event
) -> None:
    unopened.set()
    first = begin(palindrome(steps=60, save_every=30))
    until_state(first, "finished")
    run = again_with_steps(first, 80)
    run.asked_step = 30
    unopened.clear()
    resumed = begin(run)
    wait_for(resumed, lambda: resumed.curves.loss.last is not None)
    assert [step for step, _ in points(resumed.curves.loss)] == [10, 20, 30]


# Commands


def test_paused_it_takes_no_step_but_still_obeys(
    begin: Callable[..., TrainingSession], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "CHARACTERS_PER_SECOND", 1e6)
    session = begin(text(corpus))
    until_step(session, 10)
    step = pause(session)
    taken = session.curves.loss.appended
    session.save()
    session.ask("green", 0.5)
    wait_for(session, lambda: session.answers and session.answers[0].is_done)
    assert (session.status.run.step, session.curves.loss.appended) == (step, taken)
    assert session.status.saved_step == session.answers[0].step == step
    session.pause(False)
    until_step(session, step + 10)
    assert session.status.run.state == "running"
    assert events(session.run) == ["pause", "save", "go_on"]
    assert session.marks == []  # neither touches training


def test_save_writes_a_checkpoint_between_those_that_fall_due(begin: Callable[..., TrainingSession]) -> None:
    session = begin(palindrome())
    until_step(session, 10)
    session.save()
    wait_for(session, lambda: session.status.saved_step)
    assert session.run.steps_saved(whole=True) == [0, session.status.saved_step]


def test_what_is_asked_while_it_loads_is_done_before_the_first_step(
    begin: Callable[..., TrainingSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = held_loading(monkeypatch)
    session = begin(palindrome())
    assert session.is_going
    session.pause(True)
    assert not session.is_going
    session.change("learning_rate", 0.5)
    assert session.status.run.state == "loading"
    loaded.set()
    wait_for(session, lambda: session.status.learning_rate == 0.5)
    assert (session.status.run.state, session.status.run.step) == ("paused", 0)
    assert session.curves.loss.appended == 0


def held_loading(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Holds every opening of a run until the event is set."""
    loaded, open_trainer = threading.Event(), training.open_trainer

    def wait(run: Run) -> Trainer:
        assert loaded.wait(30)
        return open_trainer(run)

    monkeypatch.setattr(training, "open_trainer", wait)
    return loaded


def test_a_new_learning_rate_and_clip_are_in_the_journal_and_train_from_the_next_step_on(
    begin: Callable[..., TrainingSession],
) -> None:
    settings = palindrome(optimizer="sgd")
    session = begin(settings)
    until_step(session, 10)
    step = pause(session)
    session.change("learning_rate", 0.25)
    session.change("clip", 0.125)
    session.pause(False)
    until_step(session, step + 20)
    end(session)
    saved = session.status.saved_step
    assert (session.status.learning_rate, session.status.clip) == (0.25, 0.125)
    changed = [(row.step, row.event, row.value) for row in session.run.events() if isinstance(row.value, float)]
    assert changed == [(step, "learning_rate", 0.25), (step, "clip", 0.125)]
    turned = trained(settings, step)
    turned.change("learning_rate", 0.25)
    turned.change("clip", 0.125)
    for _ in takewhile(lambda _: turned.step < saved, steps_of(turned, {})):
        pass
    assert weights(session.run, settings) == turned.learner.theta.tolist()
    assert {mark.label.partition(" → ")[2] for mark in session.marks} == {"0.25", "0.125"}
    assert session.marks == marks_of(session.run.events(), settings)  # live as from the journal


def test_a_new_temperature_is_that_of_the_samples_to_come(begin: Callable[..., TrainingSession], corpus: Path) -> None:
    session = begin(text(corpus, sample_every=10))
    wait_for(session, lambda: len(session.samples) > 1)
    step = pause(session)
    session.change("temperature", 2.0)
    session.pause(False)
    until_step(session, step + 20)
    wait_for(session, lambda: session.samples[-1].step > step)
    assert {sample.temperature for sample in session.samples if sample.step < step} == {0.0}
    assert {sample.temperature for sample in session.samples if sample.step > step} == {2.0}


# Answers


def test_an_answer_grows_past_its_prompt_while_training_goes_on(
    begin: Callable[..., TrainingSession], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "CHARACTERS_PER_SECOND", 400)
    settings = text(corpus)
    session = begin(settings)
    until_step(session, 20)
    session.ask("green bottles", 0.5)
    wait_for(session, lambda: session.answers and session.answers[0].text)
    answer = session.answers[0]
    some, step = len(answer.text), session.status.run.step
    wait_for(session, lambda: len(answer.text) > some and session.status.run.step > step)
    wait_for(session, lambda: answer.is_done)
    assert answer.step <= step < session.status.run.step
    assert len(answer.text) == answering.ANSWER_LENGTH
    assert (answer.prompt, answer.temperature, answer.left_out, answer.problem) == ("green bottles", 0.5, "", "")
    assert answer.text == written(settings, answer.step, "green bottles", 0)


def written(settings: Settings, step: int, prompt: str, number: int) -> str:
    """What core writes after a prompt with the weights of a step."""
    trainer = trained(settings, step)
    assert isinstance(trainer.learner.task, TextTask)
    vocabulary = trainer.learner.task.vocabulary
    writer = Writer(trainer.snapshot(), vocabulary, settings.seed, number, temperature=0.5)
    writer.read(prompt)
    return "".join(islice(writer, answering.ANSWER_LENGTH))


def test_a_new_question_ends_the_answer_in_progress(
    begin: Callable[..., TrainingSession], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(text(corpus))
    session.ask("green", 0.5)
    wait_for(session, lambda: session.answers and session.answers[0].text)
    session.ask("wall", 0.5)
    wait_for(session, lambda: len(session.answers) == 2)
    first, length = session.answers[0], len(session.answers[0].text)
    wait_for(session, lambda: session.answers[1].text)
    assert first.is_done
    assert len(first.text) == length < answering.ANSWER_LENGTH


def test_characters_of_a_prompt_that_the_corpus_lacks_are_named(
    begin: Callable[..., TrainingSession], corpus: Path
) -> None:
    session = begin(text(corpus))
    session.ask("gr€en Ω€", 0.5)
    wait_for(session, lambda: session.answers and session.answers[0].text)
    assert session.answers[0].left_out == "€Ω"
    assert session.answers[0].problem == ""


def test_a_prompt_without_a_known_character_is_said_and_ends_the_answer_before_it(
    begin: Callable[..., TrainingSession], corpus: Path
) -> None:
    session = begin(text(corpus))
    session.ask("green", 0.5)
    wait_for(session, lambda: session.answers and session.answers[0].text)
    session.ask("€Ω", 0.5)
    wait_for(session, lambda: len(session.answers) == 2)
    assert session.answers[1].problem == "none of its characters is in the corpus"
    assert session.answers[1].is_done
    assert session.answers[0].is_done
    length, step = len(session.answers[0].text), session.status.run.step
    until_step(session, step + 100)
    assert len(session.answers[0].text) == length
    assert session.answers[1].text == ""


def test_a_run_that_is_finished_still_answers(
    begin: Callable[..., TrainingSession], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "CHARACTERS_PER_SECOND", 1e6)
    session = begin(text(corpus, steps=10))
    until_state(session, "finished")
    session.ask("green", 0.5)
    wait_for(session, lambda: session.answers and session.answers[0].is_done)
    assert session.answers[0].step == 10
    assert len(session.answers[0].text) == answering.ANSWER_LENGTH


# The end


def ended_well(session: TrainingSession, step: int) -> None:
    """The thread is gone, the newest step is on disk, and the lock is free."""
    assert session.join(30)
    assert session.status.run.state == "stopped"
    assert session.status.saved_step == session.run.steps_saved(whole=True)[-1] == step
    assert not session.run.is_held()


def test_stopped_while_it_trains_it_saves(begin: Callable[..., TrainingSession]) -> None:
    session = begin(palindrome())
    until_step(session, 10)
    assert session.run.is_held()
    session.stop()
    session.join(30)
    assert session.status.run.step >= 10
    ended_well(session, session.status.run.step)


def test_stopped_while_paused_it_saves(begin: Callable[..., TrainingSession]) -> None:
    session = begin(palindrome())
    until_step(session, 10)
    step = pause(session)
    session.stop()
    ended_well(session, step)


def test_stopped_while_it_loads_it_leaves_a_run_that_can_go_on(
    begin: Callable[..., TrainingSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = held_loading(monkeypatch)
    session = begin(palindrome())
    session.stop()
    assert not session.join(0)
    loaded.set()
    ended_well(session, 0)
    assert session.curves.loss.appended == 0
    until_step(begin(again(session.run)), 5)


def test_stopped_amid_the_scoring_it_saves_and_scores_again(
    begin: Callable[..., TrainingSession], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validate, begun = TextTask.validate, []

    def stop_amid(task: TextTask, model: Any) -> Iterator[Any]:
        for piece in validate(task, model):
            if not begun:
                begun.append(piece)
                session.stop()
            yield piece

    monkeypatch.setattr(TextTask, "validate", stop_amid)
    session = begin(text(corpus, steps=20, validate_every=10))
    ended_well(session, 10)
    assert points(session.curves.held_out_loss) == []
    resumed = begin(again(session.run))
    until_state(resumed, "finished")
    assert [step for step, _ in points(resumed.curves.held_out_loss)] == [10, 20]
    assert [row.step for row in session.run.metrics()] == [10, 20]


def test_finished_it_keeps_the_last_checkpoint_and_ends_when_told(begin: Callable[..., TrainingSession]) -> None:
    session = begin(palindrome(steps=20))
    until_state(session, "finished")
    assert session.run.is_held()
    end(session)
    assert session.status.run.state == "finished"
    assert session.run.steps_saved(whole=True)[-1] == 20
    assert not session.run.is_held()


# What goes wrong


def diverged(begin: Callable[..., TrainingSession]) -> tuple[TrainingSession, int]:
    """A session that was told to explode after the step that is returned."""
    session = begin(palindrome(optimizer="sgd", save_every=10))
    until_step(session, 25)
    step = pause(session)
    session.change("learning_rate", EXPLODING)
    session.pause(False)
    until_state(session, "diverged")
    return session, step


def test_a_divergence_pauses_just_before_its_step_and_is_never_saved(begin: Callable[..., TrainingSession]) -> None:
    session, step = diverged(begin)
    alone = Trainer(session.settings)
    *_, last = steps_of(alone, {step: ("learning_rate", EXPLODING)})
    assert last.divergence is not None
    status = session.status
    assert status.run.step == last.divergence.step - 1 == alone.step > step
    assert status.sentence.startswith(str(last.divergence))
    assert status.learning_rate == pytest.approx(EXPLODING)
    assert not session.is_going
    taken = session.curves.loss.appended
    session.save()
    wait_for(session, lambda: session.notes)
    assert "was not saved" in session.notes[-1]
    assert session.curves.loss.appended == taken == status.run.step
    end(session)
    assert session.status.run.state == "diverged"
    assert session.run.steps_saved(whole=True)[-1] == status.saved_step <= status.run.step


def test_a_divergence_before_any_other_report_knows_the_checkpoint_to_go_back_to(
    begin: Callable[..., TrainingSession],
) -> None:
    session = begin(palindrome(optimizer="sgd", lr=EXPLODING))
    until_state(session, "diverged")
    assert session.status.saved_step == 0
    assert keys_that_help(session.status).startswith("; b goes back to a checkpoint, ")


def test_one_goes_back_to_the_checkpoint_that_was_named_though_newer_ones_came(
    begin: Callable[..., TrainingSession],
) -> None:
    session = begin(palindrome(steps=10**9, save_every=10, log_every=10))
    wait_for(session, lambda: len(session.run.steps_saved(whole=True)) > 3)
    kept = session.run.steps_saved(whole=True)
    session.pause(True)
    until_state(session, "paused")
    named = session.run.steps_saved(whole=True)[-2]
    session.go_back(named)
    wait_for(session, lambda: f"back at step {named:,}" in session.status.sentence)
    assert session.run.steps_saved(whole=True)[-1] == named
    session.go_back(max(kept) + 10**8)
    wait_for(session, lambda: any("is no longer kept" in note for note in session.notes))
    assert session.run.steps_saved(whole=True)[-1] == named


def test_the_way_back_that_is_named_first_is_the_sensible_one(begin: Callable[..., TrainingSession]) -> None:
    session = begin(palindrome(steps=10**9, save_every=10**8, log_every=10, clip=0.0))
    until_step(session, 120)
    session.save()
    wait_for(session, lambda: session.status.saved_step)
    until_step(session, session.status.run.step + 20)
    good, stands_at = session.status.saved_step, pause(session)
    assert [(way.step, way.what) for way in ways_back(session)] == [(good, "newest and best")]
    assert f"Its last {stands_at - good} steps will be lost." in what_it_costs(session, ways_back(session))
    session.change("learning_rate", 1e6)
    session.pause(False)
    wait_for(session, lambda: is_lost(session))
    session.save()
    wait_for(session, lambda: session.status.saved_step != good)
    until_step(session, (session.status.saved_step or 0) + 10)  # else it is not behind
    pause(session)
    broken, change = session.status.saved_step, session.marks[-1]
    assert change.label.endswith("→ 1e+06")
    session.change("learning_rate", 1e-3)  # too late: what was saved since is lost too
    wait_for(session, lambda: len(session.marks) == 2)
    ways = ways_back(session)
    assert ways[0].step == good < change.step < broken == ways[-1].step
    assert ways[0].what.startswith(f"before {change.label}")
    assert ways[-1].what == "newest"
    assert f"at step {session.status.run.step:,}; all steps after the checkpoint" in what_it_costs(session, ways)
    session.go_back(ways[0].step)
    wait_for(session, lambda: f"back at step {good:,}" in session.status.sentence)
    assert "there are no later steps to undo" in why_not_back(session)


def test_back_at_the_checkpoint_a_lower_rate_goes_on_past_the_divergence(begin: Callable[..., TrainingSession]) -> None:
    session, step = diverged(begin)
    saved, before = session.status.saved_step, points(session.curves.loss)
    stood_at = session.status.run.step
    session.go_back()
    until_state(session, "paused")
    assert session.status.run.step == saved
    assert f"back at step {saved:,}" in session.status.sentence
    assert not session.is_going
    assert all(mark.step <= saved for mark in session.marks)
    assert points(session.curves.loss) == before[:saved]  # of every step, as it was drawn
    newest = list(session.run.events())[-1]
    assert (newest.event, newest.step, newest.left) == ("go_back", saved, stood_at)
    assert [mark.label for mark in session.marks if mark.step == saved] == [f"back from {stood_at:,}"]
    session.change("learning_rate", 0.01)
    session.pause(False)
    until_step(session, step + 50)
    assert session.status.run.state == "running"
    assert session.status.learning_rate == 0.01
    again_taken = dict(points(session.curves.loss))
    assert again_taken[saved + 1] == dict(before)[saved + 1]  # its batch and weights are those of the first time
    assert events(session.run)[-3:] == ["go_back", "learning_rate", "go_on"]


def test_going_on_without_going_back_meets_the_same_divergence(begin: Callable[..., TrainingSession]) -> None:
    session, _ = diverged(begin)
    stood_at, said = session.status.run.step, session.status.sentence
    session.change("learning_rate", 1e-6)
    session.pause(False)
    wait_for(session, lambda: [mark.label for mark in session.marks].count("diverged") == 2)
    until_state(session, "diverged")
    assert (session.status.run.step, session.status.sentence) == (stood_at, said)


def test_of_a_run_that_has_ended_nothing_is_asked(begin: Callable[..., TrainingSession]) -> None:
    session = begin(palindrome(steps=3))
    until_state(session, "finished")
    assert session.why_not_asked == f"run {session.run.name} has ended: nothing of it is trained"


def test_before_the_first_checkpoint_there_is_nothing_to_go_back_to(
    begin: Callable[..., TrainingSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = held_loading(monkeypatch)
    session = begin(palindrome())
    session.go_back()
    loaded.set()
    until_step(session, 10)
    assert events(session.run) == []


def test_a_full_disk_is_said_and_the_old_checkpoint_survives(
    begin: Callable[..., TrainingSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(palindrome())
    until_step(session, 10)

    def full(run: Run, step: int, write: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Run, "write_checkpoint", full)
    session.save()
    assert session.join(30)
    assert session.status.run.state == "failed"
    assert session.status.sentence.startswith("the disk is full")
    assert isinstance(session.error, OSError)
    assert session.run.steps_saved(whole=True) == [0]
    assert not session.run.is_held()


def test_a_users_mistake_is_refused_and_leaves_no_folder(begin: Callable[..., TrainingSession]) -> None:
    session = begin(palindrome(device="cuda:99"))
    assert session.join(30)
    assert session.status.run.state == "refused"
    assert "--device cuda:99" in session.status.sentence
    assert isinstance(session.error, ValueError)
    assert not session.run.path.exists()


def test_what_breaks_after_the_opening_is_a_failure_whatever_its_kind(
    begin: Callable[..., TrainingSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(palindrome())
    until_step(session, 10)

    def broken(trainer: Trainer) -> bool:
        raise ValueError("a part of ours is broken")

    monkeypatch.setattr(Trainer, "save", broken)
    session.save()
    assert session.join(30)
    assert session.status.run.state == "failed"
    assert session.run.path.exists()


def test_an_answer_that_fails_says_why_and_training_goes_on(
    begin: Callable[..., TrainingSession], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(text(corpus, cell="own_cell:Leaky"))
    until_step(session, 10)
    step = Leaky.step

    def fails(cell: Leaky, x: Any, *rest: Any) -> Any:
        if len(x) == 1:  # a batch of 1: it answers
            raise RuntimeError("no words")
        return step(cell, x, *rest)

    monkeypatch.setattr(Leaky, "step", fails)
    session.ask("green", 0.5)
    wait_for(session, lambda: session.answers)
    (answer,) = session.answers
    assert answer.is_done
    assert answer.problem.startswith("the cell own_cell:Leaky failed: RuntimeError: no words")
    assert any(answer.problem in note for note in session.notes)
    until_step(session, session.status.run.step + 20)
    monkeypatch.setattr(Leaky, "step", step)
    session.ask("green", 0.5)
    wait_for(session, lambda: len(session.answers) == 2 and session.answers[1].text)


def test_a_run_that_is_resumed_stands_at_its_step_before_it_is_opened(
    begin: Callable[..., TrainingSession],
) -> None:
    first = begin(palindrome(steps=40))
    until_state(first, "finished")
    run = again_with_steps(first, 60)
    waiting = TrainingSession(run)
    assert (waiting.status.run.step, waiting.status.run.steps, waiting.status.run.state) == (40, 60, "loading")
    run.unlock()
    run = again(run)
    run.asked_step = 0
    assert TrainingSession(run).status.run.step == 0
    run.unlock()


def test_a_run_that_ends_worse_than_guessing_says_so_with_the_loss_of_guessing(
    begin: Callable[..., TrainingSession],
) -> None:
    session = begin(palindrome(steps=20, lr=1e9))
    until_state(session, "finished")
    assert session.status.remark == "worse than guessing, whose loss is 2.3 nats"
    good = begin(palindrome(steps=20))
    until_state(good, "finished")
    assert good.status.remark == ""


def test_a_temperature_that_was_set_survives_a_resume(begin: Callable[..., TrainingSession], corpus: Path) -> None:
    session = begin(text(corpus, sample_every=10))
    until_step(session, 5)
    session.set_temperature(1.3)
    wait_for(session, lambda: events(session.run) == ["temperature"])
    end(session)
    resumed = begin(again(session.run))
    until_step(resumed, session.status.run.step + 20)
    assert resumed.temperature == 1.3
    assert resumed.samples[-1].temperature == 1.3


def test_a_failure_ends_the_answer_in_progress(
    begin: Callable[..., TrainingSession], corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin(text(corpus))
    session.ask("green", 0.5)
    wait_for(session, lambda: session.answers and session.answers[0].text)
    monkeypatch.setattr(Trainer, "save", lambda trainer: 1 / 0)
    session.save()
    assert session.join(30)
    assert session.answers[0].is_done


# Watching changes nothing


def test_commands_and_answers_leave_every_bit_as_it_is(begin: Callable[..., TrainingSession], corpus: Path) -> None:
    settings = text(corpus, steps=300, dropout=0.0, sample_every=7, validate_every=40)
    session = begin(settings)
    session.ask("green", 0.5)
    for step in (20, 60, 110, 180):
        until_step(session, step)
        pause(session)
        session.save()
        session.ask(f"{step} green bottles", 1.0)
        session.change("temperature", 0.7)
        session.pause(False)
    until_state(session, "finished")
    alone = Trainer(settings)
    losses = [loss / math.log(2) for report in alone for loss in report.loss]
    assert [value for _, value in points(session.curves.loss)] == losses
    assert weights(session.run, settings) == alone.learner.theta.tolist()


def test_the_speed_is_that_of_the_newest_two_seconds_or_of_one_longer_stride() -> None:
    def shown(*strides: tuple[int, float]) -> float:
        speed = RecentSpeed()
        return [speed.after(steps, seconds) for steps, seconds in strides][-1]

    assert shown((0, 0.0)) == 0.0
    assert shown((100, 1.0)) == 100.0
    assert shown((100, 1.0), (50, 1.0)) == 75.0
    assert shown((100, 1.0), (50, 1.0), (0, 0.5)) == 75.0  # a sample was written
    assert shown((100, 1.0), (50, 1.0), (10, 1.0), (10, 1.0)) == 10.0
    assert shown((10, 1.0), (5, 4.0)) == 1.25
