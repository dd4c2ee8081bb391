"""A run that is looked at: its network answers and is measured as in training, and nothing in its folder changes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_up_runs import made_up
from tiny import new_run, palindrome, text, trained, wait_for

from rnntui.core.analysis import probing
from rnntui.core.generation.loading import read_network
from rnntui.core.generation.sampler import Writer
from rnntui.core.training.trainer import open_trainer
from rnntui.probes import GradientHorizon, ReadingQuestion
from rnntui.runs import Run, folder
from rnntui.runs.rows import METRICS
from rnntui.sessions import answering
from rnntui.sessions.viewed import ViewedSession

Look = Callable[[Run], ViewedSession]


@pytest.fixture
def look() -> Iterator[Look]:
    """Begins sessions and ends them."""
    begun: list[ViewedSession] = []

    def begin(run: Run) -> ViewedSession:
        begun.append(ViewedSession(Run(run.path)))
        begun[-1].start()
        return begun[-1]

    yield begin
    for session in begun:
        session.stop()
        assert session.join(30.0)


def contents(run: Run) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def test_a_finished_run_shows_its_curves_and_answers_as_sample_does(
    look: Look, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "CHARACTERS_PER_SECOND", 1e6)
    run = trained(text(corpus, steps=30), "t")
    before = contents(run)
    session = look(run)
    session.ask("green", 0.5)
    wait_for(session, lambda: session.answers and session.answers[0].is_done)
    wait_for(session, lambda: session.status.run.state == "finished")
    network = read_network(run)
    writer = Writer(network.network, network.vocabulary, run.settings().seed, 0, temperature=0.5)
    writer.read("green")
    assert session.answers[0].text == "".join(next(writer) for _ in range(answering.ANSWER_LENGTH))
    assert session.answers[0].step == 30
    assert session.curves.loss.appended == len(list(run.metrics()))
    assert contents(run) == before


@pytest.mark.parametrize("cell", ["rnn", "lstm", "phased"])
def test_it_measures_what_training_would_at_the_same_step(look: Look, cell: str) -> None:
    run = trained(palindrome(steps=20, cell=cell), "p")
    session = look(run)
    wait_for(session, lambda: session.views)
    session.watch("horizon")
    wait_for(session, lambda: session.seen is not None)
    held = Run(run.path)
    held.lock()
    trainer = open_trainer(held)
    assert session.views == probing.views(trainer.learner.model)
    *_, measured = probing.look("horizon", trainer.learner, trainer.step)
    held.unlock()
    assert isinstance(measured, GradientHorizon)
    assert isinstance(session.seen, GradientHorizon)
    assert session.seen.step == 20
    assert session.seen.norms == pytest.approx(measured.norms, rel=1e-5)


def test_the_best_checkpoint_is_taken_where_the_newest_is_worse(look: Look, corpus: Path) -> None:
    run = trained(text(corpus, steps=4, validate_every=2, save_every=2, lr=0.5), "t")
    session = look(run)
    wait_for(session, lambda: session.views)
    assert (run.best_step() == 4) == (not any("the best" in note for note in session.notes))
    session.watch("horizon")
    wait_for(session, lambda: session.seen is not None)
    assert session.seen is not None
    assert session.seen.step == run.best_step()


def test_a_question_without_an_answer_says_why_until_another_is_asked(look: Look, corpus: Path) -> None:
    session = look(trained(text(corpus, steps=3), "t"))
    wait_for(session, lambda: session.views)
    session.watch("reading", question=ReadingQuestion("("))
    wait_for(session, lambda: session.unanswered is not None)
    assert session.unanswered is not None
    assert "is not a regular expression: a ( has no )" in session.unanswered[1]
    assert not session.why_unseen
    session.watch("reading", question=ReadingQuestion("green"))
    assert session.unanswered is None
    wait_for(session, lambda: session.seen is not None)


def test_a_text_that_is_gone_is_a_sentence_and_the_network_still_writes(look: Look, corpus: Path) -> None:
    run = trained(text(corpus, steps=3), "t")
    corpus.unlink()
    session = look(run)
    wait_for(session, lambda: not session.is_loading)
    assert session.why_no_network == "cannot be looked into"
    assert any("cannot be looked into: the corpus of run 't' is no longer there" in note for note in session.notes)
    session.ask("green", 0.0)
    wait_for(session, lambda: session.answers and session.answers[0].text)


def test_what_would_train_it_is_refused_with_the_way_to(look: Look) -> None:
    run = trained(palindrome(steps=3), "p")
    session = look(run)
    wait_for(session, lambda: session.status.run.state == "finished")
    session.change("learning_rate", 1.0)
    session.save()
    assert session.notes == ["run p is finished, and is only looked at: nothing of it is trained"]
    wait_for(session, lambda: not session.is_loading)


def test_of_one_that_was_stopped_it_is_said_where_it_is_resumed(look: Look) -> None:
    session = look(made_up(folder(), "half", step=1_000))
    session.save()
    assert session.notes[-1] == "run half is looked at and not trained here: it can be resumed in the list of runs"
    wait_for(session, lambda: not session.is_loading)


def test_a_run_that_never_began_is_a_sentence(look: Look) -> None:
    run = new_run(palindrome(), "p")
    run.unlock()
    session = look(run)
    wait_for(session, lambda: not session.is_loading)
    assert session.why_no_network
    assert not session.views
    assert [note for note in session.notes if note.startswith("its network cannot be looked into: run 'p' has no")]
    assert not (run.path / METRICS).exists()
