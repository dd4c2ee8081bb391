"""`--at STEP|best`: which checkpoint it is, and a run that resumes from an earlier one, whenever the process dies."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from command import TINY, as_json, done, files, refused, rnntui, run_named, said
from tiny import again

from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run
from rnntui.runs.steps import behind
from rnntui.system import operations

TRAIN = f"train palindrome {TINY} --preset short --log-every 5 --save-every 10 --headless --name"


class Death(BaseException):
    """The process dies here."""


@pytest.fixture
def mine(tmp_path: Path) -> Run:
    """A run of 60 steps, its rate raised at 40 and lowered at 50; full checkpoints at 40, 50, 60 and the best."""
    done(f"{TRAIN} mine --steps 40")
    done("resume mine --steps 50 --lr 0.02 --headless")
    done("resume mine --steps 60 --lr 0.005 --headless")
    return run_named("mine")


def numbers(run: Run) -> list[tuple[Any, ...]]:
    return [(row.step, row.loss, row.gradient_norm, row.learning_rate) for row in run.metrics()]


def weights(run: Run, step: int) -> bytes:
    return (run.checkpoint(step) / "model.safetensors").read_bytes()


# Which checkpoint


def test_the_best_checkpoint_is_marked_and_can_be_named_by_that(corpus: Path) -> None:
    train = (
        f"train text --preset report {TINY} --layers 1 --corpus {corpus} --steps 20 --validate-every 10 --save-every 10"
    )
    done(f"{train} --headless --name wild")
    done("resume wild --steps 30 --lr 0.5 --headless")
    run = run_named("wild")
    best = min((row.validation_loss, row.step) for row in run.metrics() if isinstance(row.validation_loss, float))[1]
    assert best < 30
    assert f"{best} (best)" in done("runs show wild")
    checkpoints = as_json("runs show wild")["checkpoints"]
    assert [checkpoint["step"] for checkpoint in checkpoints if checkpoint["best"]] == [best]
    for command in ("sample wild --length 5", "write wild --length 5", "score wild"):
        assert as_json(f"{command} --at best")["step"] == best
        assert as_json(command)["step"] == best
        assert as_json(f"{command} --at newest")["step"] == 30
        assert as_json(f"{command} --at 10")["step"] == 10
    assert as_json("gradients wild --at best --length 3")[0]["step"] == best
    two = as_json("write wild --length 5 --at 10,best,30")
    assert [row["step"] for row in two] == [10, best, 30]


@pytest.mark.parametrize("command", ["sample", "score", "write", "resume"])
def test_a_checkpoint_that_is_not_kept_is_refused_with_those_that_are(command: str, text_run: Run) -> None:
    told = refused(f"{command} tiny --at 1")
    assert "--at: run 'tiny' has no " in told
    assert "checkpoint of step 1; it has 0, 2, 3 (best)" in told
    assert "best" in refused(f"{command} tiny --at bset")
    assert "a step is at least 0" in refused(f"{command} tiny --at -1")


def test_a_run_without_a_best_checkpoint_says_so() -> None:
    done(f"{TRAIN} mine --steps 1")
    run = run_named("mine")
    shutil.rmtree(run.checkpoint(1))
    unmarked = "no checkpoint of run 'mine' is marked as its best yet: take newest or a step"
    assert f"--at best: {unmarked}" in refused("resume mine --at best --yes")
    assert f"--from mine@best: {unmarked}" in refused("train --from mine@best")


# Going back


def test_a_run_that_goes_back_goes_on_from_there_as_if_the_rest_had_never_been(mine: Run) -> None:
    assert mine.steps_saved(whole=True) == [40, 50, 60]
    told = said(rnntui("resume mine --at 40 --steps 60 --yes --headless"))
    assert "mine: went back from step 60 to step 40; everything after it was deleted" in told
    assert "mine: resumes from step 40" in told
    done(f"{TRAIN} straight --steps 60")
    assert numbers(mine) == numbers(run_named("straight"))
    assert weights(mine, 60) == weights(run_named("straight"), 60)
    newest = list(mine.events())[-1]
    assert (newest.event, newest.step, newest.left) == ("go_back", 40, 60)
    done("resume mine --steps 80 --headless")
    done("resume straight --steps 80 --headless")
    assert numbers(mine) == numbers(run_named("straight"))


def test_a_rate_given_while_going_back_is_that_of_the_steps_after_it(mine: Run) -> None:
    done("resume mine --at 40 --steps 60 --lr 0.25 --yes --headless")
    assert {row.learning_rate for row in mine.metrics() if row.step > 40} == {0.25}


def test_what_was_changed_before_stays_and_what_was_changed_at_that_step_or_later_is_left(mine: Run) -> None:
    done("resume mine --at 50 --steps 60 --yes --headless")
    assert {row.learning_rate for row in mine.metrics() if row.step <= 40} == {0.001}
    assert {row.learning_rate for row in mine.metrics() if row.step > 40} == {0.02}


def test_a_total_that_is_the_step_gone_back_to_is_taken_and_the_run_is_over(mine: Run) -> None:
    done("resume mine --at 40 --steps 40 --yes --headless")
    assert mine.settings().steps == mine.reached_step() == 40
    assert mine.steps_saved(whole=True)[-1] == 40


def test_a_finished_run_whose_newest_state_is_damaged_names_the_way_out(mine: Run) -> None:
    (mine.checkpoint(60) / "state.json").write_text("{")
    assert "--at 50 takes step 50, and so does every command once the folder" in refused("resume mine --headless")


def test_nothing_is_deleted_before_it_was_agreed_to(mine: Run) -> None:
    before = files(mine.path)
    told = rnntui("resume mine --at 40 --headless", input="n\n")
    assert told.exit_code == 1
    question = (
        "takes run 'mine' from step 60 back to step 40: the checkpoints of steps 50, 60 and 4 later rows of metrics"
    )
    assert question in " ".join(told.stderr.split())
    assert "no terminal to answer on: --yes resumes without asking" in said(rnntui("resume mine --at 40", input=""))
    assert files(mine.path) == before
    assert not mine.is_held()
    assert rnntui("resume mine --at 40 --headless --steps 60", input="y\n").exit_code == 0
    assert mine.newest_step("metrics.jsonl") == 60


def test_the_newest_checkpoint_needs_no_question_and_leaves_nothing(mine: Run) -> None:
    done("resume mine --at 60 --steps 70 --headless")
    assert [row.event for row in mine.events()] == ["learning_rate", "learning_rate"]


def test_a_checkpoint_that_does_not_load_deletes_nothing(mine: Run) -> None:
    (mine.checkpoint(40) / "model.safetensors").write_bytes(b"torn")
    before = {name: held for name, held in files(mine.path).items() if name != "lock"}
    assert "is damaged" in refused("resume mine --at 40 --yes --headless")
    assert {name: held for name, held in files(mine.path).items() if name != "lock"} == before


def test_what_rnntui_did_not_write_among_later_checkpoints_is_never_deleted(mine: Run) -> None:
    notes = mine.checkpoint(50) / "notes.txt"
    notes.write_text("mine")
    assert "holds what rnntui did not write" in refused("resume mine --at 40 --yes --headless")
    assert notes.read_text() == "mine"
    assert mine.steps_saved(whole=True) == [40, 50, 60]


def test_weights_alone_can_be_sampled_but_not_resumed_from() -> None:
    done(f"train palindrome {TINY} --steps 150 --save-every 10 --headless --name long")
    told = refused("resume long --at 100 --yes")
    assert "has no full checkpoint of step 100; it has " in told


def dying_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Let the process die at the n-th operation on files; what tells whether it did."""
    count, real = [0], {name: getattr(operations, name) for name in operations.OPERATIONS}

    def counted(name: str) -> Callable[..., Any]:
        def operation(*args: Any, **more: Any) -> Any:
            count[0] += 1
            if count[0] == number:
                raise Death
            return real[name](*args, **more)

        return operation

    for name in operations.OPERATIONS:
        monkeypatch.setattr(operations, name, counted(name))
    return lambda: count[0] >= number


def test_whenever_the_process_dies_while_going_back_the_run_resumes_to_the_bit_of_one_history(
    mine: Run, tmp_path: Path
) -> None:
    done(f"{TRAIN} straight --steps 60")
    histories = [numbers(mine), numbers(run_named("straight"))]
    ends = [weights(mine, 60), weights(run_named("straight"), 60)]
    kept, number, gone_back = tmp_path / "kept", 0, 0
    shutil.copytree(mine.path, kept)
    died = True
    while died:
        number += 1
        shutil.rmtree(mine.path)
        shutil.copytree(kept, mine.path)
        run = again(mine)
        run.ask(run.settings())
        run.asked_step = 40
        with pytest.MonkeyPatch.context() as patch:
            has_died = dying_at(number, patch)
            with suppress(Death):
                open_trainer(run)
            died = has_died()
        run.unlock()
        resumed = again(mine)
        for _ in open_trainer(resumed):
            pass
        resumed.unlock()
        assert resumed.steps_saved(whole=True)[-1] == 60
        which = histories.index(numbers(resumed))
        assert weights(resumed, 60) == ends[which]
        assert not [name for name in (mine.path / "checkpoints").iterdir() if name.name[0] == "."]
        gone_back += which
    assert number > 20
    assert 0 < gone_back < number


def test_a_best_checkpoint_that_is_gone_lets_another_become_the_best(mine: Run) -> None:
    done("resume mine --steps 100 --lr 0.5 --headless")  # it forgets: the best stays where it was
    best = mine.best_step()
    assert best is not None
    assert best < 100
    shutil.rmtree(mine.checkpoint(best))
    assert f"has no full checkpoint of step {best}" in refused("resume mine --at best --yes")
    done("resume mine --steps 120 --headless")
    assert mine.best_step() in mine.steps_saved(whole=True)
    assert f"{mine.best_step():,} (best)" in done("runs show mine")


def test_what_lies_behind_a_step_is_counted(mine: Run) -> None:
    left = behind(mine, 40)
    assert left is not None
    assert (left.newest, left.checkpoints, left.rows) == (60, (50, 60), 4)
    assert behind(mine, 60) is None


# After a divergence


def test_a_divergence_offers_the_best_checkpoint_and_the_first() -> None:
    done(f"{TRAIN} wild --steps 20")
    told = said(rnntui("resume wild --steps 60 --lr 1e38 --clip 1e38 --headless"))
    assert "wild diverged" in told
    assert "`--at 0` goes further back" in told
    done("resume wild --at 0 --lr 0.001 --clip 1 --steps 60 --yes --headless")
    assert as_json("runs show wild")["state"] == "finished"
