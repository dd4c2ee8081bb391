"""Runs named on the command line: several at once, `last` as the command can use it, and what an error names."""

import os
import shlex
from pathlib import Path

import pytest
from command import TINY, as_json, done, refused, rnntui, run_named
from tiny import new_run, palindrome

from rnntui.config import make_settings
from rnntui.runs import CONFIG, METRICS, Run, folder

SETTINGS = {"hidden": 8, "length": 3, "batch": 4, "threads": 1, "steps": 20}


def train(name: str, steps: int = 20) -> None:
    done(f"train palindrome {TINY} --steps {steps} --headless --name {name}")


def unfinished(name: str, changed: int) -> Run:
    """A run that has not begun, and was written to at that time."""
    run = Run.create(folder(), name, make_settings("palindrome", SETTINGS))
    run.unlock()
    write_time(run, changed)
    return run


def write_time(run: Run, changed: int) -> None:
    for file in (METRICS, CONFIG):
        if (run.path / file).exists():
            os.utime(run.path / file, (changed, changed))


def suggestions(text: str) -> list[str]:
    """The commands in backticks."""
    return [quoted.removeprefix("rnntui ") for quoted in text.split("`")[1::2] if quoted.startswith("rnntui ")]


def test_several_runs_are_resumed_together_and_each_once() -> None:
    for name in ("a", "b"):
        train(name, 10)
    found = as_json("resume a b a --steps 20")["runs"]
    assert [(run["run"], run["step"]) for run in found] == [("a", 20), ("b", 20)]


def test_of_several_runs_those_that_are_finished_are_said_to_be_and_the_others_resume() -> None:
    train("a", 10)
    unfinished("b", 1)
    told = done("resume a b --headless")
    assert told.startswith("a is finished: step 10; a higher --steps resumes it\n")
    assert "b is finished: step 20\n" in told
    assert not run_named("a").is_held()


def test_of_several_runs_none_is_resumed_where_one_is_refused() -> None:
    unfinished("a", 1)
    assert "no run 'b'" in refused("resume a b")
    held = new_run(palindrome(), "held")
    assert "is in use by process" in refused("resume a held")
    held.unlock()
    assert "--lr must be above 0" in refused("resume a held --lr 0")
    assert not run_named("a").is_held()
    assert not run_named("held").is_held()


def test_the_last_run_to_resume_is_the_newest_unfinished_one_and_is_named() -> None:
    unfinished("older", 1_000)
    unfinished("newer", 2_000)
    train("finished")
    result = rnntui("resume last --headless")
    assert result.exit_code == 0
    assert "last is newer\n" in result.stderr
    assert result.stdout.startswith("newer is finished: step 20\n")


def test_two_that_stopped_together_are_named_together_with_a_command_that_opens_both() -> None:
    unfinished("x-palindrome", 1_000)
    unfinished("x-text", 1_003)
    unfinished("other", 500)
    result = rnntui("resume last --headless")
    assert "last is x-text; `rnntui resume x-text x-palindrome` also opens the run that was beside it" in result.stderr
    (both,) = suggestions(result.stderr)
    write_time(unfinished("x-text-again", 1_000), 1)
    assert [run["run"] for run in as_json(both)["runs"]] == ["x-text", "x-palindrome"]


def test_where_all_are_finished_the_last_run_is_the_newest() -> None:
    train("a")
    result = rnntui("resume last")
    assert "last is a\n" in result.stderr
    assert result.stdout.startswith("a is finished")


def test_a_finished_run_names_what_of_the_given_it_did_not_use() -> None:
    train("a")
    assert "a is finished: step 20 (--lr and --threads not used)" in done("resume a --lr 0.1 --threads 1")
    assert "not used" not in done("resume a --steps 20")


def test_last_is_the_newest_run_of_a_text_where_a_text_is_written_or_scored(text_run: Run) -> None:
    train("palindromes")
    write_time(text_run, 1)
    for command in ("sample last --length 5", "write last --length 5", "score last"):
        result = rnntui(command)
        assert result.exit_code == 0, result.output
        assert "last is tiny\n" in result.stderr
    assert "last is palindromes" in rnntui("runs show last").stderr
    assert "last is palindromes" in rnntui("gradients last --length 3").stderr


def test_without_a_run_that_serves_it_is_said_which_command_makes_one() -> None:
    train("palindromes")
    sentence = refused("sample last")
    assert f"no run of a text with a checkpoint in '{folder()}'" in sentence
    assert suggestions(sentence) == ["train text"]


@pytest.mark.parametrize(
    "command", ["resume", "sample", "score", "write", "runs show", "compare", "runs rm", "gradients"]
)
def test_a_run_that_is_not_there_is_looked_for_in_a_folder_that_is_named_whole(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RNNTUI_RUNS")
    sentence = refused(f"{command} botles")
    assert f"in '{tmp_path / 'runs'}' (--runs or RNNTUI_RUNS names another folder)" in sentence


@pytest.mark.parametrize("command", ["write", "sample", "score", "resume", "compare", "gradients"])
def test_a_text_in_the_place_of_a_run_is_called_one_with_the_commands_that_train_it(
    command: str, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sentence = refused(f"{command} {corpus.name}")
    assert f"'{corpus.name}' is a text, not a run" in sentence
    (way,) = suggestions(sentence)
    done(f"{way} {TINY} --steps 2 --headless")
    assert run_named(corpus.stem).summary().status.step == 2
    assert suggestions(refused(f"{command} odyssey")) == [
        "corpora get odyssey",
        "train text --corpus odyssey --name odyssey",
    ]


def test_a_finished_run_is_followed_by_commands_that_work(text_run: Run, corpus: Path) -> None:
    train_text = f"train text {TINY} --corpus {corpus} --steps 2 --headless --name book"
    told = suggestions(done(train_text))
    assert [line.split()[0] for line in told] == ["compare", "runs", "write", "score"]
    for command in told:
        done(command)
    assert suggestions(done("resume book")) == told


def test_a_run_outside_the_usual_folder_is_called_by_its_path(tmp_path: Path) -> None:
    place = tmp_path / "other place"
    told = done(f"train palindrome {TINY} --steps 2 --headless --name x --runs {shlex.quote(str(place))}")
    for command in suggestions(told):
        assert str(place) in command
        done(command)
