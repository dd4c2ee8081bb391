"""The line on top of a pane: what it says of runs that learn, overfit, fall back, end well and badly."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import ComposeResult
from tiny import new_run, palindrome, text, wait_for_screen

from rnntui.config import Settings
from rnntui.runs.history import Column
from rnntui.sessions.training import TrainingSession
from rnntui.specs.tasks import SQUARED_ERROR
from rnntui.tui.base.labels import styled
from rnntui.tui.base.themes import ThemedApp
from rnntui.tui.training.task_pane import TaskPane
from rnntui.tui.training.verdict import STYLES, LineEnds, VerdictPart, fitting, verdict

LN2 = 0.6931471805599453


def session_of(settings: Settings, *, losses: list[float] | None = None, **reached: object) -> TrainingSession:
    """A session that has not begun, with figures as if it had; `losses` are held out, bits at every hundredth step."""
    session = TrainingSession(new_run(settings), serves=False)
    session.status = replace(session.status, run=replace(session.status.run, **{"state": "running", **reached}))
    session.curves.loss.append(1, 3.0)
    session.curves.accuracy.append(1, 0.25)
    for k, loss in enumerate(losses or (), 1):
        session.curves.held_out_loss.append(100 * k, loss)
    return session


def said(session: TrainingSession) -> list[str]:
    return [part.words for part in told(session)]


def told(session: TrainingSession) -> list[VerdictPart]:
    """The parts as they are where there is room."""
    return [VerdictPart(part.words, part.meaning) for part in verdict(session)]


def test_nothing_is_said_before_the_first_step() -> None:
    session = session_of(palindrome())
    session.curves.loss = Column()
    assert told(session) == []


def test_a_task_that_is_being_learned_that_is_solved_and_that_fell_back() -> None:
    session = session_of(palindrome(), accuracy=0.4, best_accuracy=0.5)
    session.baselines = {"chance": (2.3, 0.1)}
    assert said(session) == ["accuracy 0.400", "not solved yet", "best 0.500", "chance 0.1"]
    session.status = replace(session.status, run=replace(session.status.run, accuracy=0.999, solved_at=132))
    assert told(session)[1] == VerdictPart("✓ solved at 132", "reached")
    session.status = replace(session.status, run=replace(session.status.run, accuracy=0.55))
    assert told(session)[1] == VerdictPart("▲ fell back: solved at 132", "warning")
    unsolved = session_of(palindrome(), accuracy=0.4, state="stopped")
    assert "not solved" in said(unsolved)


def test_a_best_accuracy_below_the_present_one_is_left_out() -> None:
    assert said(session_of(palindrome(), accuracy=0.219, best_accuracy=0.175)) == ["accuracy 0.219", "not solved yet"]


def test_the_figures_of_the_training_are_those_at_the_ends_of_the_lines(corpus: Path) -> None:
    session = session_of(palindrome(), accuracy=0.272, best_accuracy=0.5, loss=1.5, step=400)
    assert [part.words for part in verdict(session, LineEnds(1.2, 0.52))] == ["accuracy 0.520", "not solved yet"]
    session.baselines = {"chance": (2.3, 0.1)}
    session.status = replace(session.status, run=replace(session.status.run, loss=4.7))
    assert verdict(session, LineEnds(7.5, 0.1))[0].words == "loss 7.5 nats"
    assert verdict(session, LineEnds(2.1, 0.1))[0].words == "loss 4.7 nats", "the one that is worse than guessing"
    early = session_of(text(corpus, validate_every=200), loss=3.0 * LN2, step=50)
    assert verdict(early, LineEnds(2.5, 0.3))[0].words == "2.50 bits in training"


def test_the_figures_of_a_training_that_is_over_are_its_means_in_a_window_of_any_size() -> None:
    session = session_of(palindrome(), accuracy=0.284, best_accuracy=0.2, state="finished", step=400, steps=400)
    for end in (0.314, 0.336):
        told = [part.words for part in verdict(session, LineEnds(1.2, end))]
        assert (told[0], told[-1]) == ("accuracy 0.284", "means of 100 steps")
    session.status = replace(session.status, run=replace(session.status.run, step=50))
    assert [part.words for part in verdict(session, LineEnds(1.2, 0.3))] == ["accuracy 0.284", "not solved"]


async def test_the_figure_on_top_of_a_pane_is_that_at_the_end_of_the_line() -> None:
    session = session_of(palindrome(), accuracy=0.272)
    for step in range(2, 400):
        session.curves.loss.append(step, 2.0)
        session.curves.accuracy.append(step, step / 800)
    pane = TaskPane(session)

    class Alone(ThemedApp[None]):
        def compose(self) -> ComposeResult:
            yield pane

    ends = set()
    async with Alone().run_test(size=(100, 40)) as pilot:
        for smoothing, mean in ((0.02, 399 - 2), (0.1, 399 - 10), (1.0, 399 - 0.5)):
            pane.view(log=None, zoom=1.0, smoothing=smoothing)

            def agrees(least: float = (mean - 1) / 800, most: float = (mean + 1) / 800) -> bool:
                pane.poll()
                end = pane.accuracy.end_of("training")
                if end is None or not least < end < most:
                    return False
                drawn = any(row.rstrip().endswith(f"{end:.3f}") for row in pane.accuracy.picture.rows())
                return drawn and str(pane.verdict.render()).startswith(f"accuracy {end:.3f} ")

            await wait_for_screen(pilot, agrees)
            ends.add(pane.accuracy.end_of("training"))
    assert len(ends) == 3


def test_a_text_says_what_is_held_out_and_what_it_is_better_than(corpus: Path) -> None:
    settings = text(corpus, validate_every=100)
    session = session_of(settings, loss=3.0 * LN2, step=50)
    assert said(session) == ["3.00 bits in training", "held out first at step 100"]
    session = session_of(
        settings, losses=[3.0, 2.5], held_out_loss=2.5 * LN2, best_loss=2.5 * LN2, best_step=200, step=200
    )
    session.baselines = {"uniform": (4.7, 0.04), "unigram": (4.1, 0.2), "bigram": (3.4, 0.3), "never": (1.0, 1.0)}
    assert told(session) == [
        VerdictPart("2.50 bits held out", "first"),
        VerdictPart("✓ its best", "reached"),
        VerdictPart("✓ beats bigram 3.4", "reached"),
        VerdictPart("not yet never 1"),
    ]


@pytest.mark.parametrize(
    ("losses", "overfits"),
    [([2.5, 2.6, 2.9], True), ([2.5, 2.9], False), ([2.5, 2.51, 2.52], False), ([2.5, 2.6, 2.505], False)],
)
def test_a_text_overfits_once_two_evaluations_are_worse_than_the_best(
    corpus: Path, losses: list[float], overfits: bool
) -> None:
    settings = text(corpus, validate_every=100)
    session = session_of(
        settings, losses=losses, held_out_loss=losses[-1] * LN2, best_loss=2.5 * LN2, best_step=100, step=300
    )
    assert [part.words for part in told(session) if part.meaning == "warning"] == (
        ["▲ overfits: +0.40 since its best"] if overfits else []
    )
    assert "best 2.50 at 100" in said(session)


def test_the_averaged_weights_count_where_they_are_better(corpus: Path) -> None:
    session = session_of(text(corpus), held_out_loss=2.5 * LN2, averaged_loss=2.25 * LN2)
    assert said(session)[0] == "2.25 bits held out, averaged"


def test_what_ended_badly_comes_first() -> None:
    session = session_of(palindrome(), state="diverged", step=6, accuracy=0.1)
    assert told(session)[0] == VerdictPart("✗ diverged after step 6", "wrong")


def test_a_regression_has_no_accuracy() -> None:
    session = session_of(palindrome(), loss=0.1, best_loss=0.05)
    session.spec = replace(session.spec, has_accuracy=False, unit=SQUARED_ERROR)
    session.baselines = {"mean": (0.167, math.nan)}
    assert said(session) == ["squared error 0.1", "best 0.05", "✓ beats mean 0.167"]


def wrong(session: TrainingSession) -> list[str]:
    return [part.words for part in told(session) if part.meaning == "wrong"]


def test_a_loss_far_above_guessing_is_wrong_once_it_is_no_chance(corpus: Path) -> None:
    settings = text(corpus, validate_every=200)
    hopeless = session_of(settings, losses=[1e9], held_out_loss=1e9 * LN2, best_loss=1e9 * LN2, best_step=200, step=200)
    hopeless.baselines = {"uniform": (4.7, 0.04), "bigram": (3.4, 0.3)}
    assert told(hopeless) == [
        VerdictPart("1e9 bits held out", "wrong"),
        VerdictPart("✗ worse than guessing, 4.7", "wrong"),
    ]
    early = session_of(settings, loss=1e9 * LN2, step=150)
    early.baselines = hopeless.baselines
    assert wrong(early) == ["1e9 bits in training", "✗ worse than guessing, 4.7"]
    digits = session_of(palindrome(), accuracy=0.1, loss=4.7, step=100)
    digits.baselines = {"chance": (2.3, 0.1)}
    assert wrong(digits) == ["loss 4.7 nats", "✗ worse than guessing, 2.3"]
    digits.status = replace(digits.status, run=replace(digits.status.run, step=99))
    assert not wrong(digits), "few batches"
    digits.status = replace(digits.status, run=replace(digits.status.run, step=500, loss=4.5))
    assert not wrong(digits), "less than twice as bad"
    regression = session_of(palindrome(), loss=1e9, step=500, best_loss=0.3)
    regression.spec = replace(regression.spec, has_accuracy=False, unit=SQUARED_ERROR)
    regression.baselines = {"mean": (0.167, math.nan)}
    assert wrong(regression) == ["squared error 1e9", "✗ worse than guessing, 0.167"]


def test_a_network_that_is_lost_after_its_last_evaluation_is_said_before_what_was_held_out(corpus: Path) -> None:
    settings = text(corpus, validate_every=100)
    reached = {"held_out_loss": 2.07 * LN2, "best_loss": 2.07 * LN2, "best_step": 200}
    session = session_of(settings, losses=[3.0, 2.07], loss=5.7e7 * LN2, step=250, **reached)
    session.baselines = {"uniform": (4.7, 0.04), "bigram": (3.4, 0.3)}
    assert told(session) == [
        VerdictPart("5.7e7 bits in training", "wrong"),
        VerdictPart("✗ worse than guessing, 4.7", "wrong"),
        VerdictPart("held out 2.07 at step 200"),
    ]
    session.status = replace(session.status, run=replace(session.status.run, averaged_loss=2.0 * LN2))
    assert said(session)[2] == "held out 2.00 at step 200, averaged"
    session.status = replace(session.status, run=replace(session.status.run, loss=2.2 * LN2))
    assert told(session)[:2] == [
        VerdictPart("2.00 bits held out, averaged", "first"),
        VerdictPart("✓ its best", "reached"),
    ]


def test_the_first_part_stays_and_others_as_they_fit() -> None:
    parts = [VerdictPart("accuracy 1.000", "first"), VerdictPart("x" * 40), VerdictPart("chance 0.1")]
    assert fitting(parts, 30) == [parts[0], parts[2]]
    assert fitting(parts, 3) == parts[:1]
    assert fitting(parts, 80) == parts


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (82, "3.81 bits held out, averaged · ▲ overfits: +0.65 since its best · best 3.16 at 100"),
        (63, "3.81 bits held out, averaged · ▲ overfits: +0.65 since its best"),
        (62, "3.81 bits held out, averaged · ▲ overfits +0.65"),
        (36, "3.81 held out · ▲ overfits +0.65"),
    ],
)
def test_what_warns_is_said_in_fewer_words_before_it_is_left_out(width: int, said: str) -> None:
    parts = [
        VerdictPart("3.81 bits held out, averaged", "first", "3.81 held out"),
        VerdictPart("▲ overfits: +0.65 since its best", "warning", "▲ overfits +0.65"),
        VerdictPart("best 3.16 at 100"),
    ]
    assert " · ".join(part.words for part in fitting(parts, width)) == said


def test_styles_are_those_that_the_screen_knows() -> None:
    assert styled([("a\x1b[31m", STYLES["wrong"]), ("b", "")]).plain.endswith("b")
    assert "\x1b" not in styled([("a\x1b[31m", "")]).plain
