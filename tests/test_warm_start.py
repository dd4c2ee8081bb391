"""`train --from`: a run that begins with the weights of another, on the same characters or on others."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from command import TINY, as_json, begin, done, files, refused, rnntui, run_named, said
from conftest import PROSE
from safetensors.torch import load_file

from rnntui.commands import launch
from rnntui.core.cells import carrying
from rnntui.core.model import Model
from rnntui.core.training.learner import Learner
from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run, making, origin
from rnntui.runs.files import ORIGIN
from rnntui.schemas import FiguresState
from rnntui.specs import CELLS, TASKS
from rnntui.specs.recipes import QUICK
from rnntui.specs.tasks import PresetRule

OTHER = "Ünder zwölf Käse: the green wall of old bottles, 12345 × ten!\n" * 30
SHORT = "--length 3 --batch 4 --threads 1"  # what is not the network's


@pytest.fixture
def other(make_corpus: Callable[..., Path]) -> Path:
    return make_corpus(OTHER, "other.txt")


def source(corpus: Path, more: str = "", name: str = "mine") -> Run:
    """A trained text run of two layers."""
    done(f"train text --preset report {TINY} --layers 2 --steps 20 --headless --name {name} --corpus {corpus} {more}")
    return run_named(name)


def letters(run: Run, step: int) -> dict[str, torch.Tensor]:
    """The weights of a checkpoint, by letter."""
    return load_file(run.checkpoint(step) / "model.safetensors")


def started(reference: str, given: dict[str, Any], name: str = "new") -> Run:
    """A locked run that begins with the weights of another, as the command makes it."""
    root = run_named("x").path.parent
    start = origin.read(root, reference)
    settings = launch.settings_of(start.run.settings().task, given, None, start)
    return making.make(root, [(name, settings)], start)[0]


def given(corpus: Path, **more: Any) -> dict[str, Any]:
    return {"corpus": str(corpus), "length": 3, "batch": 4, "threads": 1, "steps": 25, "save_every": 10, **more}


# The weights


@pytest.mark.parametrize("cell", CELLS)
def test_on_the_same_text_it_begins_with_exactly_the_weights_of_the_run(cell: str, corpus: Path) -> None:
    mine = source(corpus, f"--cell {cell} {'--period 3:9 --learn period' if cell == 'phased' else ''}")
    told = rnntui(f"train text --from mine {SHORT} --steps 2 --seed 5 --headless --name new")
    assert told.exit_code == 0
    assert "begins with the weights of run 'mine', step 20; every character of small is known to it" in told.stderr
    began, there = letters(run_named("new"), 0), letters(mine, 20)
    assert began.keys() == there.keys()
    assert all(torch.equal(began[name], there[name]) for name in there)
    assert run_named("new").settings().cell == cell


def test_characters_that_both_have_keep_their_rows_and_new_ones_are_drawn_by_the_seed(
    corpus: Path, other: Path
) -> None:
    mine = source(corpus)
    run = started("mine@20", given(other, seed=7))
    trainer = open_trainer(run)
    trainer.save()
    there, began = letters(mine, 20), letters(run, 0)
    drawn = dict(Learner(run.settings()).model.letters())  # what a run without another's weights begins with
    old, new = "".join(sorted(set(PROSE))), "".join(sorted(set(OTHER)))
    assert mine.config().data.vocabulary == old
    assert run.config().data.vocabulary == new
    for name in began:
        by_character = name in ("W_ph", "b_p") or (name.startswith("0.") and name.endswith("x"))
        if not by_character:
            assert torch.equal(began[name], there[name]), name
            continue
        rows, kept, fresh = (
            weights if name in ("W_ph", "b_p") else weights.T for weights in (began[name], there[name], drawn[name])
        )
        for k, character in enumerate(new):
            expected = kept[old.index(character)] if character in old else fresh[k]
            assert torch.equal(rows[k], expected), (name, character)
    run.unlock()


def test_on_characters_that_both_have_the_network_says_what_it_said_before(corpus: Path, other: Path) -> None:
    mine = source(corpus)
    run = started("mine", given(other))
    after = open_trainer(run).learner.model
    old, new = mine.config().data.vocabulary, run.config().data.vocabulary
    before = Model(mine.settings(), len(old), len(old), "every")
    for name, tensor in before.letters():
        tensor.copy_(letters(mine, 20)[name])
    both = [character for character in new if character in old]
    text = [character for character in OTHER if character in both][:40]
    with torch.no_grad():
        was, now = (
            model(torch.tensor([known.index(character) for character in text]).unsqueeze(1), model.initial_state(1))[0]
            for model, known in ((before, old), (after, new))
        )
    was, now = (
        was[..., [old.index(character) for character in both]],
        now[..., [new.index(character) for character in both]],
    )
    assert torch.allclose(was, now, atol=1e-6)
    run.unlock()


def test_without_it_the_weights_are_drawn_and_nothing_is_recorded(corpus: Path) -> None:
    mine = source(corpus)
    assert "from" not in json.loads((mine.path / "config.json").read_text())
    assert as_json("runs show mine")["from"] is None


# To the bit


def outcome(run: Run) -> tuple[list[tuple[Any, ...]], dict[str, bytes]]:
    """The rows of a run without their seconds, and the files of its newest checkpoint."""
    rows = [(row.step, row.loss, row.accuracy, row.gradient_norm) for row in run.metrics()]
    newest = run.checkpoint(run.steps_saved(whole=True)[-1])
    return rows, {name: content for name, content in files(newest).items() if name != "state.json"}


@pytest.mark.parametrize("until", [None, 0, 1, 14], ids=["never opened", "opened", "step 1", "step 14"])
def test_killed_at_any_time_it_resumes_to_the_bit_without_the_other_run(
    until: int | None, corpus: Path, other: Path
) -> None:
    mine = source(corpus)
    asked = given(other, steps=25, save_every=10, dropout=0.3, optimizer="adam", seed=3)
    whole = started("mine", asked, "whole")
    for _ in open_trainer(whole):
        pass
    killed = started("mine", asked, "killed")
    if until is not None:
        trainer = open_trainer(killed)
        for _ in trainer if until else ():
            if trainer.step >= until:
                break
    killed.unlock()  # no checkpoint: as where the process was killed
    assert (killed.path / ORIGIN).exists() == (not until)
    shutil.rmtree(mine.path)
    done("resume killed --headless")
    assert outcome(run_named("killed")) == outcome(run_named("whole"))
    assert not (killed.path / ORIGIN).exists()
    assert run_named("killed").config().origin == run_named("whole").config().origin
    whole.unlock()


def test_a_process_that_was_killed_before_it_began_is_resumed(corpus: Path, other: Path) -> None:
    source(corpus)
    command = f"train text --from mine {SHORT} --steps 6 --headless --corpus {other}"
    done(f"{command} --name whole")
    process = begin(f"{command} --name killed")
    while not (run_named("killed").path / "config.json").exists():
        assert process.poll() is None
    process.kill()
    process.communicate()
    done("resume killed --headless")
    assert outcome(run_named("killed")) == outcome(run_named("whole"))


# What is taken over


def test_the_network_is_taken_over_and_all_else_is_the_tasks_or_given(corpus: Path, other: Path) -> None:
    source(corpus, "--cell gru --init uniform --optimizer sgd --lr 0.5 --lower")
    done(f"train text --from mine {SHORT} --steps 1 --headless --corpus {other} --name new --hidden 8")
    settings = run_named("new").settings()
    assert (settings.cell, settings.layers, settings.hidden, settings.init) == ("gru", 2, 8, "uniform")
    assert (settings.optimizer, settings.lr) == ("adam", QUICK.lr)
    assert settings.lower
    assert run_named("new").config().data.vocabulary == "".join(sorted(set(OTHER.lower())))
    done(f"train text --from mine {SHORT} --steps 1 --headless --no-lower --name upper")
    assert not run_named("upper").settings().lower
    assert run_named("upper").config().data.sha256 == run_named("mine").config().data.sha256


def test_a_curriculum_from_short_palindromes_to_long_ones_needs_no_task() -> None:
    done(
        "train palindrome --hidden 8 --length 3 --batch 4 --threads 1 --steps 9 --headless --name short --input scalar"
    )
    done("train --from short --length 7 --batch 4 --threads 1 --steps 3 --headless --name long")
    there, began = letters(run_named("short"), 9), letters(run_named("long"), 0)
    assert all(torch.equal(began[name], there[name]) for name in there)
    settings = run_named("long").settings()
    assert (settings.task, settings.length, settings.input) == ("palindrome", 7, "scalar")


def test_step_best_and_newest_are_checkpoints_of_the_run(corpus: Path) -> None:
    mine = source(corpus)
    root = mine.path.parent
    steps = {
        reference: origin.read(root, reference).origin.step
        for reference in ("mine", "mine@newest", "mine@best", "mine@0")
    }
    assert steps == {"mine": 20, "mine@newest": 20, "mine@best": mine.best_step(), "mine@0": 0}
    assert origin.read(root, "last").notes[0] == "last is mine"
    odd = mine.path.rename(mine.path.with_name("my@20"))
    assert origin.read(root, str(odd)).origin.step == 20
    assert origin.read(root, f"{odd}@0").origin.step == 0


def test_where_the_newest_is_worse_the_best_is_taken_and_that_is_said(corpus: Path) -> None:
    mine = source(corpus, "--validate-every 5 --save-every 5 --steps 5")
    done("resume mine --headless --steps 60 --lr 0.5")
    best = mine.best_step()
    assert best is not None
    assert best < 60
    root = mine.path.parent
    start = origin.read(root, "mine")
    assert start.origin.step == best
    assert f"--from: takes step {best}, the best: the newest, step 60, is " in start.notes[0]
    assert origin.read(root, "mine@newest").origin.step == 60


def test_averaged_weights_are_taken_where_they_did_better(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = source(corpus, "--average ema")
    for is_better in (True, False):
        monkeypatch.setattr(FiguresState, "average_is_better", is_better)
        start = origin.read(mine.path.parent, "mine@20")
        file = "averaged.safetensors" if is_better else "model.safetensors"
        assert start.weights == (mine.checkpoint(20) / file).read_bytes()
        assert start.origin.sha256 == mine.state(20).sha256[file]
        assert any("averaged" in note for note in start.notes) == is_better


# What is said of it


def test_what_was_new_is_told_by_the_run_by_json_and_by_runs_show(corpus: Path, other: Path) -> None:
    mine = source(corpus)
    told = as_json(f"train text --from mine {SHORT} --steps 1 --corpus {other} --name new")
    kept = told["from"]
    assert (kept["run"], kept["step"]) == ("mine", 20)
    assert kept["sha256"] == mine.state(20).sha256["model.safetensors"]
    assert as_json("runs show new")["from"] == kept
    new = sorted(set(OTHER) - set(PROSE))
    gone = len(set(PROSE) - set(OTHER))
    line = next(line for line in done("runs show new").splitlines() if line.startswith("from "))
    listed = " ".join(map(repr, new))
    assert f"run 'mine', step 20; {len(new)} characters of other are new to it: {listed}; {gone} of its own" in line


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--hidden 9", "--hidden 9 contradicts run 'mine', whose network has --hidden 8: leave it out"),
        ("--cell gru", "--cell gru contradicts run 'mine', whose network has --cell lstm: leave it out"),
        ("--layers 1", "--layers 1 contradicts run 'mine', whose network has --layers 2: leave it out"),
        ("--init chrono", "--init chrono contradicts run 'mine'"),
    ],
)
def test_a_setting_that_contradicts_the_network_is_refused(typed: str, sentence: str, corpus: Path) -> None:
    source(corpus)
    assert sentence in refused(f"train text --from mine --headless --name new {typed}")
    assert not run_named("new").path.exists()


def test_a_preset_that_contradicts_the_network_is_refused() -> None:
    done(f"train palindrome {TINY} --steps 1 --headless --name mine")
    told = refused("train palindrome --from mine --preset long-memory --headless")
    assert "--preset long-memory sets --init latch, and the network of run 'mine' has --init orthogonal" in told


def test_a_recipe_goes_by_the_network_and_one_that_does_not_is_refused(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = source(corpus)
    settings = launch.settings_of("text", {"corpus": str(corpus)}, "tiny", origin.read(mine.path.parent, "mine"))
    assert (settings.hidden, settings.layers, settings.schedule) == (8, 2, "cosine")
    assert mine.settings().schedule == "step"
    stubborn = PresetRule(by_size=lambda size, given: {"hidden": 99})
    monkeypatch.setitem(TASKS["text"].presets, "tiny", (stubborn,))  # type: ignore[arg-type]
    told = refused("train text --from mine --preset tiny --headless")
    assert "--preset tiny sets --hidden 99, and the network of run 'mine' has --hidden 8" in told


def test_how_the_recurrent_weights_are_held_is_taken_over_with_the_network() -> None:
    done(f"train palindrome {TINY} --cell rnn --recurrent orthogonal --steps 1 --headless --name mine")
    done("train --from mine --steps 1 --headless --name next")
    assert run_named("next").settings().recurrent == "orthogonal"
    assert "--recurrent free contradicts run 'mine'" in refused("train --from mine --recurrent free --headless")


def test_that_carrying_weights_are_scaled_anew_for_longer_sequences_is_said() -> None:
    done(f"train palindrome {TINY} --preset carry --steps 1 --headless --name mine")
    told = rnntui("train --from mine --length 1200 --batch 2 --threads 1 --steps 1 --headless --name next").stderr
    assert "W_hh was 1.0700 times an orthogonal matrix there, and is 1.0593 times one from the first step on" in told
    W_hh = letters(run_named("next"), 1)["0.W_hh"].double()
    torch.testing.assert_close(W_hh @ W_hh.T, carrying.gain(1200) ** 2 * torch.eye(8).double(), rtol=1e-3, atol=1e-3)
    assert "W_hh" not in rnntui("train --from mine --length 900 --batch 2 --steps 1 --headless --name other").stderr


def test_a_run_of_another_task_without_checkpoint_or_that_is_none_is_refused(corpus: Path) -> None:
    done(f"train palindrome {TINY} --steps 1 --headless --name mine")
    assert "--from: run 'mine' is of the palindrome task, not the text task" in refused("train text --from mine")
    shutil.rmtree(run_named("mine").path / "checkpoints")
    assert "--from mine: run 'mine' has no checkpoint yet" in refused("train --from mine")
    assert "run 'mine' has no checkpoint yet" in refused("train --from mine@best")
    assert "no run 'other'" in refused("train --from other")
    assert "no run 'other'" in refused("train --from other@3")
    source(corpus, name="book")
    assert "--from book@7: run 'book' has no checkpoint of step 7; it has 0" in refused("train --from book@7")
    assert "behind the @ is a step, or the word best or newest, not 'worst'" in refused("train --from book@worst")
    assert "--from '': name the run to begin with, RUN, RUN@STEP, RUN@best or" in refused("train", "--from", "")


def test_damaged_weights_are_refused_and_leave_no_run_behind(corpus: Path) -> None:
    mine = source(corpus)
    file = mine.checkpoint(20) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    told = refused("train text --from mine --headless --name new")
    assert "checkpoint step-00000020 of run 'mine' is damaged: model.safetensors has been changed" in told
    assert not run_named("new").path.exists()
    done(f"train text --from mine@0 {SHORT} --steps 1 --headless --name new")


def test_a_copy_of_the_weights_that_was_damaged_or_lost_is_refused(corpus: Path) -> None:
    source(corpus)
    run = started("mine", given(corpus))
    run.unlock()
    file = run.path / ORIGIN
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    assert "run 'new' begins with are damaged: from.safetensors has been changed" in refused("resume new --headless")
    file.unlink()
    assert "from.safetensors is not there; --from starts such a run anew" in refused("resume new --headless")


def test_weights_of_another_shape_than_the_run_records_are_refused(corpus: Path) -> None:
    source(corpus)
    narrow = source(corpus, name="narrow")
    for step in (0, 20):
        shutil.rmtree(narrow.checkpoint(step))
    done(f"train text {TINY} --layers 1 --hidden 7 --steps 20 --headless --name other --corpus {corpus}")
    shutil.copytree(run_named("other").checkpoint(20), narrow.checkpoint(20))
    told = refused(f"train text --from narrow {SHORT} --headless --name new")
    assert "do not fit: " in told
    assert "has shape" in told or "have no tensor" in told
    assert not run_named("new").path.exists()


def test_a_run_that_diverged_gives_its_last_good_checkpoint_and_it_is_said(corpus: Path) -> None:
    diverging = "--steps 50 --lr 1e38 --optimizer sgd --clip 0"
    rnntui(f"train text {TINY} {diverging} --headless --name mine --corpus {corpus}")
    assert run_named("mine").summary().status.state == "diverged"
    told = rnntui(f"train text --from mine {SHORT} --steps 1 --headless")
    assert told.exit_code == 0
    assert "--from: run 'mine' diverged; its checkpoint of step " in said(told)


def test_a_run_that_is_being_trained_gives_its_newest_checkpoint(corpus: Path) -> None:
    mine = source(corpus)
    mine.lock()
    done(f"train text --from mine {SHORT} --steps 1 --headless --name new")
    mine.unlock()


def test_a_users_own_cell_needs_consent(corpus: Path) -> None:
    own = "own_cell:Leaky"
    source(corpus, f"--cell {own}")
    told = refused("train text --from mine --headless")
    assert "run 'mine' uses the cell 'own_cell:Leaky'" in told
    assert "add --trust" in told
    done(f"train text --from mine {SHORT} --steps 1 --headless --name new --trust")
    done(f"train text --from mine {SHORT} --steps 1 --headless --name named --cell {own}")
    assert all(torch.equal(letters(run_named("new"), 0)[k], v) for k, v in letters(run_named("mine"), 20).items())


def test_the_new_run_writes(corpus: Path, other: Path) -> None:
    source(corpus)
    done(f"train text --from mine {SHORT} --steps 1 --headless --corpus {other} --name new")
    assert set(done("sample new --length 50 --temperature 2").strip("\n")) <= set(OTHER)
