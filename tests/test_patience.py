"""`--patience`: a run stops once evaluations on the held-out text gain nothing, wherever it was killed before."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
from command import as_json, done, refused
from msgspec import UNSET

from rnntui.commands.launch import resume
from rnntui.config import Settings, make_settings
from rnntui.core.training.patience import Patience
from rnntui.core.training.trainer import open_trainer
from rnntui.runs import METRICS, Run, folder, listed
from rnntui.runs.comparison import compare
from rnntui.runs.finding import UNFINISHED
from rnntui.runs.status_table import status_of
from rnntui.schemas import MetricsRow
from rnntui.sessions.training import TrainingSession
from rnntui.sweeps.folder import read_result
from rnntui.tui.training import screen as _keys  # noqa: F401  whose keys are named
from rnntui.tui.training.what_next import card

STEPS = 60
WAIT = 3  # evaluations
pytestmark = pytest.mark.usefixtures("single_steps")


@pytest.fixture
def restless(corpus: Path) -> Callable[..., Settings]:
    """Settings of a text run whose rate is so high that its held-out loss goes up and down."""

    def make(**given: Any) -> Settings:
        small = {"corpus": str(corpus), "hidden": 8, "length": 6, "batch": 5, "steps": STEPS, "threads": 1}
        often = {"lr": 0.2, "validate_every": 2, "save_every": 10, "log_every": 5, "sample_every": 0, "dropout": 0.2}
        return make_settings("text", {**small, **often, **given})

    return make


def rows(run: Run) -> list[MetricsRow]:
    """Without the seconds, which no two runs share."""
    return [MetricsRow(**{**vars_of(row), "seconds": 0.0}) for row in run.metrics()]


def vars_of(row: MetricsRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def scores(run: Run) -> list[tuple[int, float]]:
    return [(row.step, row.validation_loss) for row in run.metrics() if row.validation_loss not in (None, UNSET)]


def ends_at(scored: list[tuple[int, float]], patience: int) -> int:
    """The step of the evaluation that is so many behind the lowest one before it."""
    for k, (step, _) in enumerate(scored):
        losses = [loss for _, loss in scored[: k + 1]]
        if k - losses.index(min(losses)) >= patience:
            return step
    raise AssertionError("it gained all the time")


def test_evaluations_without_a_gain_are_counted_from_the_lowest_on() -> None:
    patience, counts = Patience(), []
    for loss in (3.0, 2.0, 2.0, 2.5, math.nan, 1.9, 1.95, math.inf):
        patience.follow(loss)
        counts.append(patience.without_gain)
    assert counts == [0, 0, 1, 2, 3, 0, 1, 2]
    assert patience.lowest == 1.9


def test_a_run_stops_where_one_without_patience_had_not_gained_for_so_long(restless: Callable[..., Settings]) -> None:
    alone, impatient = tiny.trained(restless(), "alone"), tiny.trained(restless(patience=WAIT), "impatient")
    end = ends_at(scores(alone), WAIT)
    assert end < STEPS
    whole = {row.step: row for row in rows(alone)}
    found = rows(impatient)
    assert found[-1].step == end
    assert [row for row in found if row.step % 5 == 0 or row.step % 2 == 0] == [whole[row.step] for row in found]
    (noted,) = [row for row in impatient.events() if row.event == "stopped_early"]
    assert (noted.step, noted.reason) == (end, "stopped early: no gain in 3 evaluations")
    assert not list(alone.events())


def test_patience_that_is_never_lost_changes_nothing(restless: Callable[..., Settings]) -> None:
    alone, patient = tiny.trained(restless(), "alone"), tiny.trained(restless(patience=1_000), "patient")
    assert rows(alone) == rows(patient)
    assert status_of(compare([patient]).compared[0]).early_ending == ""


def test_a_killed_run_stops_at_the_same_step(restless: Callable[..., Settings], tmp_path: Path) -> None:
    """Its folder is copied at each report, which is what a kill leaves."""
    run = Run.create(folder(), "whole", restless(patience=WAIT, save_every=5))
    copies: list[Path] = []
    for number, report in enumerate(open_trainer(run)):
        if report.step % 4 == 0:
            copies.append(shutil.copytree(run.path, tmp_path / f"died{number}"))
    run.unlock()
    expected = rows(run)
    assert len(copies) > 5
    for path in copies:
        copy = Run(path)
        copy.lock()
        for _ in open_trainer(copy):
            pass
        assert rows(copy) == expected
        assert copy.newest_state().figures == run.newest_state().figures
        assert [row.event for row in copy.events()] == ["stopped_early"]
        copy.unlock()


def test_a_run_goes_on_with_more_patience_to_the_bit(restless: Callable[..., Settings]) -> None:
    impatient, patient = tiny.trained(restless(patience=2), "impatient"), tiny.trained(restless(patience=4), "patient")
    assert impatient.newest_step(METRICS) < patient.newest_step(METRICS)
    (run,) = resume(folder(), ["impatient"], {"patience": 4})
    for _ in open_trainer(run):
        pass
    run.unlock()
    more = {row.step: row for row in rows(run)}
    assert all(more[row.step] == row for row in rows(patient))
    assert max(more) == patient.newest_step(METRICS)


@pytest.fixture
def stopped(restless: Callable[..., Settings]) -> tuple[Run, int]:
    """A run that lost patience, and the step."""
    run = tiny.trained(restless(patience=WAIT), "stopped")
    return run, run.newest_step(METRICS)


WHY = "stopped early: no gain in 3 evaluations"


def test_every_command_says_that_it_is_finished_and_why(stopped: tuple[Run, int]) -> None:
    run, end = stopped
    assert run.summary().status.state == "finished"
    assert f"stopped: finished at step {end} of {STEPS}, {WHY}" in done("runs show stopped")
    assert as_json("runs show stopped")["early_ending"] == WHY
    assert as_json("runs")[0]["early_ending"] == WHY
    (compared,) = as_json("compare stopped")["runs"]
    assert (compared["state"], compared["early_ending"]) == ("finished", WHY)
    said = done("resume stopped")
    assert f"stopped is finished: step {end}, {WHY}; a higher --patience (0 is never) resumes it" in said
    assert as_json("resume stopped")["early_ending"] == WHY
    assert not UNFINISHED.admits(run)


def test_a_headless_run_says_why_it_is_finished(corpus: Path) -> None:
    command = f"train text --preset report --corpus {corpus} --hidden 8 --length 6 --batch 5 --steps {STEPS} "
    options = "--threads 1 --lr 0.2 --validate-every 2 --patience 3 --headless --name"
    said = done(f"{command}{options} x")
    assert f"x is finished: step {Run(folder() / 'x').newest_step(METRICS)}, {WHY}\n" in said
    figures = as_json(f"{command}{options} y")
    assert (figures["status"], figures["early_ending"]) == ("finished", WHY)
    assert done("resume x --patience 0 --headless").startswith(f"x is finished: step {STEPS}\n")
    assert as_json("resume x")["early_ending"] is None


def test_the_screen_says_why_it_is_finished(restless: Callable[..., Settings]) -> None:
    session = TrainingSession(tiny.new_run(restless(patience=WAIT), "seen"))
    session.start()
    tiny.wait_for(session, lambda: session.status.run.state == "finished")
    session.stop()
    session.join()
    assert session.status.run.early_ending == WHY
    best = f"best at step {session.status.run.best_step}"
    told = "".join(text for text, _ in card(session, 10_000, 3))
    assert told.startswith(f"{WHY} · best loss ")
    assert f" bits held out · {best} · kept as seen · n another run · " in told


def test_a_sweep_takes_it_as_a_result(restless: Callable[..., Settings], corpus: Path) -> None:
    options = "--hidden 8 --length 6 --batch 5 --steps 60 --threads 1 --lr 0.2 --validate-every 2 --patience 3"
    done(f"sweep text --corpus {corpus} {options} --seeds 2 --name grid --headless")
    for run in listed(folder() / "grid"):
        result = read_result(run.path, run.settings())
        assert result is not None
        assert (result.state, result.reason) == ("finished", WHY)
        assert result.step < 60


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("train palindrome --patience 3", "--patience does not apply to the palindrome task (text only)"),
        ("train --patience 3", "--patience needs a task: `rnntui train text --patience 3`"),
        ("train text --patience -1", "--patience must be at least 0, not -1"),
        ("train text --patience x", "--patience must be a whole number, not 'x'"),
        ("train text --patience 3 --validate-every 0", "--patience counts evaluations on the held-out text, and --val"),
    ],
)
def test_a_patience_that_means_nothing_is_refused_in_one_sentence(command: str, sentence: str) -> None:
    assert sentence in refused(command)
    assert not folder().exists()


def test_a_run_that_holds_nothing_out_is_not_resumed_with_patience() -> None:
    done("train palindrome --hidden 8 --length 3 --batch 4 --steps 5 --headless --name x")
    assert "--patience does not apply to the palindrome task (text only)" in refused("resume x --steps 9 --patience 2")
