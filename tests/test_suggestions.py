"""Every command that a message suggests is one that works: those in the code are parsed, those of mistakes are run."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from command import TINY, done, refused

from rnntui.cli import app
from rnntui.runs import Run
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.plan import find

PACKAGE = Path(__file__).parent.parent / "rnntui"
ANYTHING = "1"  # in the place of what is only known when the sentence is said: a name, a step and a rate alike
COMMAND = re.compile(r"`rnntui ([^`]*)`")


UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # click's, wherever typer has it from
DESCRIBED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def sentences(path: Path) -> Iterator[str]:
    """The strings of a file that a user may see, with `ANYTHING` where an f-string has a value.

    Docstrings are help in the file of the commands alone.
    """
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    firsts = [node.body[0] for node in nodes if isinstance(node, DESCRIBED) and node.body and path.name != "cli.py"]
    docstrings = {node.value for node in firsts if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(filled(node.values))


def filled(parts: list[ast.expr]) -> Iterator[str]:
    """The parts of an f-string; a value right behind a word is one that may be empty, such as ` --runs FOLDER`."""
    before = ""
    for part in parts:
        before = str(part.value) if isinstance(part, ast.Constant) else "" if before[-1:].isalpha() else ANYTHING
        yield before


def suggested() -> list[tuple[str, str]]:
    """File and command of each suggestion in the code."""
    found = {
        (path.name, " ".join(command.split()))
        for path in PACKAGE.rglob("*.py")
        for sentence in sentences(path)
        for command in COMMAND.findall(sentence)
    }
    return sorted(found)


def parse(words: list[str]) -> None:
    """Raises click's usage errors for a command line that there is not; nothing is run."""
    command: Any = typer.main.get_command(app)
    context = None
    while True:
        context = command.make_context(command.name, list(words), parent=context)
        words = [*context._protected_args, *context.args]
        if not hasattr(command, "resolve_command") or not words:
            assert not words, f"{words} is too much for {command.name}"
            return
        _, command, words = command.resolve_command(context, words)
        assert command is not None


@pytest.mark.parametrize(("file", "command"), suggested())
def test_every_command_in_backticks_can_be_typed(file: str, command: str) -> None:
    parse(shlex.split(command.replace("…", ANYTHING)))


def test_a_command_that_there_is_not_is_found_by_this_scan() -> None:
    for wrong in ("resum x", "resume x --rate 1", "runs shows x", "resume", "doctor x"):
        with pytest.raises(UsageError):
            parse(wrong.split())


def suggestions(text: str) -> list[str]:
    """The commands that a message has in backticks."""
    return [" ".join(command.split()) for command in COMMAND.findall(text)]


@pytest.mark.parametrize(
    ("typed", "way"),
    [
        ("--corpus small.txt", "train text --corpus small.txt"),
        ("small.txt", "train text --corpus small.txt"),
        ("small.txt --lr 0.01 --lower", "train text --corpus small.txt --lower --lr 0.01"),
        ("--cell gru --lr 0.01", "train palindrome --cell gru --lr 0.01"),
        ("--stateful --cell gru", "train text --cell gru --stateful"),
        ("--no-lower", "train text --no-lower"),
        ("--spacing 3", "train noise --spacing 3"),
        ("--sampling uneven", "train frequency --sampling uneven"),
        ("--preset long-memory", "train palindrome --preset long-memory"),
    ],
)
def test_a_setting_or_text_without_a_task_is_answered_with_the_command_that_takes_it(
    typed: str, way: str, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus.parent)
    assert suggestions(refused(f"train {typed}")) == [way]
    done(f"{way} --hidden 8 --length 3 --batch 4 --threads 1 --steps 2 --headless")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--corpus small.txt --spacing 3", "no task has all of --spacing, --corpus"),
        ("--corpus smal.txt", "no corpus 'smal.txt'"),
        ("--hidden 0", "--hidden must be at least 1"),
        ("--ratio 0.1", "--ratio does not apply to the lstm: take --cell phased"),
        ("palindrom", "did you mean palindrome?"),
    ],
)
def test_what_no_task_takes_is_refused_without_a_command(
    typed: str, sentence: str, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus.parent)
    assert sentence in (told := refused(f"train {typed}"))
    assert [suggestion for suggestion in suggestions(told) if suggestion.startswith("train")] == []


def test_a_name_that_is_taken_is_answered_with_the_command_that_resumes_it() -> None:
    done(f"train palindrome {TINY} --steps 2 --headless --name mine")
    (way,) = suggestions(refused("train palindrome --headless --name mine"))
    assert way == "resume mine"
    done(way)


def test_what_is_not_there_yet_is_answered_with_the_command_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert suggestions(done("runs")) == ["train"]
    (way,) = suggestions(refused("resume last"))
    assert way == "train"
    assert suggestions(refused("runs show nosuch")) == ["runs"]
    done("runs")
    assert suggestions(refused("sweep init --report")) == ["sweep init"]


MISTAKES: list[tuple[str, str]] = [
    ("train palindrom", "train palindrome"),
    ("train palindrome --cell lstmm", "train palindrome --cell lstm"),
    ("train palindrome --optimizer adm", "train palindrome --optimizer adam"),
    ("train palindrome --init ortogonal", "train palindrome --init orthogonal"),
    ("resume tny", "resume tiny"),
    ("sample tny", "sample tiny"),
    ("write tny", "write tiny"),
    ("score tny", "score tiny"),
    ("compare tny", "compare tiny"),
    ("compare tiny --metric accurracy", "compare tiny --metric accuracy"),
    ("compare tiny --by secnds", "compare tiny --by seconds"),
    ("gradients --cells rnnn", "gradients --cells rnn"),
    ("corpora check pydock", "corpora check pydoc"),
    ("corpora get anaa", "corpora get anna"),
    ("sweep lenghts", "sweep lengths"),
]


@pytest.mark.parametrize(("typed", "meant"), MISTAKES)
def test_a_word_that_is_nearly_right_is_answered_with_the_one_that_is(typed: str, meant: str, text_run: Run) -> None:
    (word,) = set(meant.split()) - set(typed.split())
    assert re.search(rf"did you mean ('?[\w-]+'? or )*'?{word}\b", refused(typed)), refused(typed)
    parse(meant.split())


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("compare", "rnntui compare needs RUN...: a run's name (in a sweep: SWEEP/RUN), its path, or 'last'"),
        ("runs rm", "rnntui runs rm needs RUN|SWEEP...: a run's name"),
        ("runs foo", "no command 'foo': there are `rnntui runs show RUN|SWEEP`, `rnntui runs rm RUN|SWEEP...`"),
        ("resume --hidden 3", "rnntui resume has no option --hidden: `rnntui resume --help` lists them"),
        ("resume tiny --steps", "--steps needs a value after it"),
        ("report", "rnntui has no command 'report' (did you mean corpora or plot?): there are train, resume, attach,"),
        ("smaple", "rnntui has no command 'smaple' (did you mean sample?): there are"),
        ("train --hiden 3", "rnntui train has no option --hiden (did you mean --hidden"),
        (
            "sample tiny --temp 3",
            "rnntui sample has no option --temp (did you mean --temperature?): `rnntui sample --help`",
        ),
        ("doctor foo", "rnntui doctor takes options alone: leave out 'foo'"),
        ("sample tiny foo", "rnntui sample takes RUN: leave out 'foo'"),
    ],
)
def test_what_no_command_takes_is_answered_with_what_it_takes(typed: str, sentence: str) -> None:
    assert sentence in refused(typed)


def test_what_is_suggested_of_another_folder_of_runs_names_that_folder(tmp_path: Path) -> None:
    place = tmp_path / "other place"
    elsewhere = f"--runs {shlex.quote(str(place))}"
    (tmp_path / "mine.toml").write_text("[base]\nhidden = 8\nsteps = 2\n[axes]\nlength = [3]\n")
    told = [refused(f"{command} {elsewhere}") for command in ("resume last", "resume nosuch", "sweep mine --report")]
    told.append(done(f"runs {elsewhere}"))
    Sweep.open(place, None, find(str(tmp_path / "mine.toml"))).close()
    told.append(refused(f"resume mine {elsewhere}"))
    told.append(refused(f"train palindrome --name mine {elsewhere}"))
    told.append(done(f"runs show mine {elsewhere}"))
    told.append(done(f"train palindrome {TINY} --steps 2 --headless --name x {elsewhere}"))
    told.append(refused(f"train palindrome --name x {elsewhere}"))
    for text in told:
        assert suggestions(text), text
        for command in suggestions(text):
            assert str(place) in command
            parse(shlex.split(command))


def test_a_text_that_is_not_there_is_looked_for_in_a_folder_that_is_named_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RNNTUI_CORPORA")
    place = f"in '{tmp_path / 'corpora'}' (RNNTUI_CORPORA names another folder)"
    for command in ("train text --headless --corpus", "corpora check"):
        assert f"no corpus 'nosuch' {place}" in refused(f"{command} nosuch")
        assert f"corpus 'anna' is not {place} yet" in (told := refused(f"{command} anna"))
        assert suggestions(told) == ["corpora get anna"]
        assert f"there is no file or folder '{tmp_path / 'x' / 'y.txt'}'" in refused(f"{command} x/y.txt")
    (way,) = suggestions(refused("corpora check 'https://host/a?b=1&c=2'"))
    assert shlex.split(way) == ["corpora", "add", "NAME", "https://host/a?b=1&c=2"]


def test_a_name_that_a_run_has_is_no_sweeps(tmp_path: Path) -> None:
    done(f"train palindrome {TINY} --steps 2 --headless --name mine")
    assert "--name 'mine' is taken by a run" in refused("sweep --cell rnn,lstm --name mine --headless")
