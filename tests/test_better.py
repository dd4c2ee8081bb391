"""The best checkpoint of a text run: marked wherever the run is shown, and taken where the newest is worse."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
from command import as_json, done, offered, refused, rnntui

from rnntui.commands.launch import resume
from rnntui.config import make_settings
from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run, folder
from rnntui.runs.better import better
from rnntui.sessions.training import TrainingSession
from rnntui.specs import BITS
from rnntui.text.format import figure
from rnntui.tui.training import screen as _keys  # noqa: F401  whose keys are named
from rnntui.tui.training.verdict import verdict
from rnntui.tui.training.what_next import card

LEARNS = {"hidden": 8, "length": 6, "batch": 5, "threads": 1, "layers": 1, "sample_every": 0, "save_every": 10}


@pytest.fixture
def settings(corpus: Path) -> Callable[..., Any]:
    """Settings of a text run that is scored every ten steps."""
    return lambda **given: make_settings("text", {"corpus": str(corpus), "validate_every": 10, **LEARNS, **given})


def train(settings: Any, name: str, spoilt_at: int | None = None) -> Run:
    """A run; from a step on with a rate that makes it worse."""
    run = Run.create(folder(), name, settings)
    trainer = open_trainer(run)
    for report in trainer:
        if report.step == spoilt_at and report.steps:
            trainer.change("learning_rate", 2.0)
    run.unlock()
    return run


@pytest.fixture
def spoilt(settings: Callable[..., Any]) -> Run:
    """A run that was best at step 40 and is worse at its end, at step 60."""
    run = train(settings(steps=60, lr=0.01), "spoilt", 40)
    assert run.best_step() == 40
    return run


def said_of(run: Run) -> str:
    figures = run.state(60).figures
    assert figures.best is not None
    assert figures.validation_loss is not None
    worse = f"{BITS.of(figures.validation_loss - figures.best[0]):.3g} bits per character worse on the held-out text"
    return f"step 40, the best: the newest, step 60, is {worse}; --at newest takes it"


def test_the_best_is_taken_only_where_the_newest_is_worse(settings: Callable[..., Any], spoilt: Run) -> None:
    found = better(spoilt)
    assert found is not None
    assert (found.step, found.newest) == (40, 60)
    assert found.sentence() == said_of(spoilt)
    good = train(settings(steps=20, lr=0.01), "good")
    assert good.best_step() == 20
    assert better(good) is None
    assert better(train(settings(steps=20, validate_every=0, lr=0.01), "once")) is None
    unscored = Run.create(folder(), "unscored", settings(steps=20))
    assert better(unscored) is None
    unscored.unlock()


def test_a_run_that_holds_nothing_out_takes_its_newest() -> None:
    done("train palindrome --hidden 8 --length 3 --batch 4 --steps 40 --save-every 10 --headless --name x")
    assert better(Run(folder() / "x")) is None


@pytest.mark.parametrize("command", ["sample spoilt --length 5", "write spoilt --length 5", "score spoilt"])
def test_what_writes_or_is_scored_is_the_best_and_that_is_said(spoilt: Run, command: str) -> None:
    assert f"spoilt: {said_of(spoilt)}\n" in rnntui(command).stderr
    facts = as_json(command)
    assert (facts["step"], facts["checkpoint"]) == (40, said_of(spoilt))
    for at, step in (("newest", 60), ("best", 40), ("60", 60)):
        chosen = as_json(f"{command} --at {at}")
        assert (chosen["step"], chosen["checkpoint"]) == (step, None)
        assert "the best" not in rnntui(f"{command} --at {at}").stderr


@pytest.mark.parametrize("weights", ["raw", "averaged"])
def test_weights_that_are_asked_for_are_those_of_the_best_checkpoint_where_their_own_loss_is_lower_there(
    settings: Callable[..., Any], weights: str
) -> None:
    run = train(settings(steps=60, lr=0.01, average="ema", average_decay=0.8), "spoilt", 40)
    best = run.best_step()
    assert best is not None
    assert best < 60
    at_best, newest = (run.state(step).figures for step in (best, 60))
    losses = [
        figures.validation_loss if weights == "raw" else figures.averaged_validation_loss
        for figures in (at_best, newest)
    ]
    assert losses[0] < losses[1]  # type: ignore[operator]
    facts = as_json(f"sample spoilt --length 5 --weights {weights}")
    assert (facts["step"], facts["weights"]) == (best, weights)
    assert f"is {figure(BITS.of(losses[1] - losses[0]))} bits per character worse" in facts["checkpoint"]  # type: ignore[operator]
    assert as_json(f"sample spoilt --length 5 --weights {weights} --at newest")["step"] == 60


def test_the_newest_is_taken_where_the_weights_that_are_asked_for_do_better_there(
    settings: Callable[..., Any],
) -> None:
    run = train(settings(steps=60, lr=0.01, average="ema", average_decay=0.8), "spoilt", 40)
    state = run.checkpoint(run.best_step() or 0) / "state.json"
    tiny.as_before_digests(state.parent)
    kept = json.loads(state.read_text())
    kept["figures"]["validation_loss"] = 99.0
    state.write_text(json.dumps(kept))
    assert as_json("sample spoilt --length 5 --weights raw")["step"] == 60
    assert as_json("sample spoilt --length 5")["step"] == run.best_step()


def test_a_check_of_what_is_written_takes_the_best(spoilt: Run) -> None:
    facts = as_json("write spoilt --check html --samples 2 --length 20")
    assert (facts["step"], facts["checkpoint"]) == (40, said_of(spoilt))


def test_the_newest_and_the_best_stand_side_by_side(spoilt: Run) -> None:
    assert [written["step"] for written in as_json("write spoilt --length 5 --at newest,best,60")] == [60, 40]


def test_it_is_marked_wherever_the_run_is_shown(spoilt: Run) -> None:
    assert "40 (best)" in done("runs show spoilt")
    shown = as_json("runs show spoilt")
    assert shown["best_step"] == 40
    assert [kept["step"] for kept in shown["checkpoints"] if kept["best"]] == [40]
    assert f"best {BITS.of(shown['best_loss']):.3g} at step 40" in done("runs show spoilt")
    assert as_json("runs")[0]["best_step"] == 40
    assert as_json("compare spoilt")["runs"][0]["best_step"] == 40
    assert as_json("resume spoilt")["best_step"] == 40
    assert f", best {BITS.of(shown['best_loss']):.3g} " in done("runs")


def test_a_headless_run_says_at_which_step_it_was_best(corpus: Path) -> None:
    options = "--hidden 8 --length 6 --batch 5 --threads 1 --lr 0.2 --steps 60 --validate-every 10 --headless"
    said = done(f"train text --corpus {corpus} {options} --name x")
    run = Run(folder() / "x")
    assert (f"held-out text: best at step {run.best_step()}: " in said) == (run.best_step() != 60)


def test_training_and_gradients_go_on_from_the_newest(spoilt: Run) -> None:
    assert as_json("gradients spoilt --at newest") == as_json("gradients spoilt")
    assert as_json("resume spoilt --at newest --steps 65 --yes")["step"] == 65


def test_the_screen_writes_with_the_best_once_the_run_is_over(spoilt: Run) -> None:
    (run,) = resume(folder(), ["spoilt"], {"steps": 62})
    session = TrainingSession(run)
    session.start()
    tiny.wait_for(session, lambda: session.status.run.state == "finished")
    found = better(run)
    assert found is not None
    assert found.step == 40
    session.ask("the", 0.5)
    tiny.wait_for(session, lambda: session.answers)
    assert session.answers[0].step == found.step
    assert session.lend().get().step == found.step
    assert f"what it writes from now on is of {found.in_words()}" in session.notes
    assert [part.meaning for part in verdict(session)][:2] == ["wrong", "wrong"]
    assert ("best at step 40", "") in card(session, 10_000, 3)
    session.stop()
    session.join()


def test_a_shell_offers_both_names(spoilt: Run) -> None:
    for command in ("sample", "score", "gradients", "resume"):
        assert offered(f"root {command} spoilt --at ") == ["best", "newest"]


def test_another_word_is_refused(spoilt: Run) -> None:
    assert "--at must be a step, best or newest, not 'last'" in refused("sample spoilt --at last")
