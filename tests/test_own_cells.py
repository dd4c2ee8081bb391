"""Cells of a user's own: the documentation's example does what it says, and names that mislead are told."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from command import TINY, as_json, done, refused, rnntui, run_named, said
from tiny import new_run, palindrome, wait_for
from torch import nn
from typer.testing import CliRunner

from rnntui.cli import app
from rnntui.config import Settings
from rnntui.core.cells import Cell
from rnntui.core.training.learner import Learner
from rnntui.runs import folder
from rnntui.sessions.training import TrainingSession
from rnntui.system.user_code import UserCode, UserCodeError

DOCS = Path(__file__).parent.parent / "docs" / "cells.md"


@pytest.fixture
def mycells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example of the documentation, in the working directory."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mycells.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("mycells", None)


@pytest.mark.parametrize(("name", "vectors"), [("Leaky", 2), ("Linear", 1)])
def test_the_documentations_cells_train_and_are_drawn_as_it_says(mycells: None, name: str, vectors: int) -> None:
    found = as_json(f"train palindrome {TINY} --cell mycells:{name} --steps 3 --name own")
    readout = 10 * (8 + 1)
    assert found["parameters"] == 8 * (10 + 8 + vectors) + readout
    assert "depends on the names" not in said(
        rnntui(f"train palindrome {TINY} --cell mycells:{name} --steps 1 --headless")
    )
    (cell,) = Learner(Settings(cell=f"mycells:{name}", hidden=8, length=3)).model.cells
    letters = dict(cell.letters())
    torch.testing.assert_close(letters["W_hh"].T @ letters["W_hh"], torch.eye(8))
    assert float(letters["W_hx"].abs().max()) <= 8**-0.5
    assert not letters["b_h"].any()
    assert run_named("own").steps_saved(whole=True)[-1] == 3


class Unnamed(Cell):
    """Made of modules, without names that say what they are."""

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.entering, self.recurrent, self.norm = nn.Linear(d, n), nn.Linear(n, n, bias=False), nn.LayerNorm(n)

    def step(
        self, x: torch.Tensor, state: tuple[torch.Tensor, ...], t: object
    ) -> tuple[torch.Tensor, tuple[torch.Tensor]]:
        h = torch.tanh(self.norm(self.entering(x) + self.recurrent(state[0])))
        return h, (h,)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        return n * (d + n + 3)


@pytest.mark.parametrize(
    ("init", "told"),
    [
        ("orthogonal", "entering.weight, recurrent.weight drawn like input matrices, uniformly and norm.weight set to"),
        ("normal", "norm.weight set to zero like biases in test_own_cells:Unnamed"),
        ("uniform", ""),
    ],
)
def test_a_cell_whose_names_say_nothing_is_told_how_its_weights_were_drawn(init: str, told: str) -> None:
    train = f"train palindrome {TINY} --cell test_own_cells:Unnamed --init {init} --steps 1 --headless --name own"
    sentence = said(rnntui(train))
    assert told in sentence
    assert ("depends on the names of parameters (docs/cells.md)" in sentence) == bool(told)
    assert "depends on the names" not in said(rnntui("resume own --steps 2 --headless"))


BROKEN = """
import sys
import torch
from rnntui.core.cells import Cell
from torch import nn

class Broken(Cell):
    calls = 0

    def __init__(self, d, n):
        super().__init__(d, n)
        self.W_x = nn.Parameter(torch.zeros(n, d))

    def step(self, x, state, t):
        Broken.calls += 1
        if Broken.calls > 30:
            self.fail()
        h = torch.tanh(x @ self.W_x.T + state[0])
        return h, (h,)

    def fail(self):
        {how}
"""


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Writes a cell that fails after ten steps of training on three digits."""

    def write(how: str) -> None:
        (tmp_path / "brokencell.py").write_text(BROKEN.format(how=how), encoding="utf-8")

    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield write
    sys.modules.pop("brokencell", None)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("sys.exit()", "SystemExit"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise StopIteration", "StopIteration"),
        ("raise BaseException('odd')", "BaseException: odd"),
        ("raise ValueError('a value')", "ValueError: a value"),
    ],
)
def test_a_cell_that_fails_is_said_with_its_line_and_leaves_a_checkpoint(
    broken: Callable[[str], None], how: str, error: str
) -> None:
    broken(how)
    result = rnntui(
        f"train palindrome {TINY} --cell brokencell:Broken --steps 50 --save-every 50 --headless --name own"
    )
    assert result.exit_code == 1
    sentence = said(result)
    assert f"the cell brokencell:Broken failed: {error} (brokencell.py, line 22)" in sentence
    assert "File " not in sentence
    run = run_named("own")
    (saved,) = [step for step in run.steps_saved(whole=True) if step]
    assert 0 < saved <= 10
    assert f"the newest checkpoint is that of step {saved}" in sentence
    (row,) = [row for row in run.events() if row.event == "failed"]
    assert row.step == saved
    assert 'brokencell.py", line 17, in step\n    self.fail()' in row.traceback
    assert row.traceback.endswith(error)
    assert "learner.py" not in row.traceback
    shown = done("runs show own")
    assert f"failed  reason the cell brokencell:Broken failed: {error}" in shown
    assert '\n              File "' in shown


def test_a_cell_that_fails_while_it_writes_a_sample_leaves_a_checkpoint_too(
    broken: Callable[[str], None], corpus: Path
) -> None:
    broken("1 / 0")
    train = f"train text {TINY} --layers 1 --corpus {corpus} --cell brokencell:Broken --sample-every 3"
    result = rnntui(f"{train} --steps 50 --validate-every 0 --headless --name own")
    assert result.exit_code == 1
    assert "the cell brokencell:Broken failed: ZeroDivisionError" in said(result)
    run = run_named("own")
    assert run.steps_saved(whole=True) == [0, 3]
    assert [(row.step, row.event) for row in run.events()] == [(3, "failed")]


class Plain(Cell):
    """What the cells below have in common."""

    def __init__(self, d: int, n: int) -> None:
        super().__init__(d, n)
        self.W_hx = nn.Parameter(torch.zeros(n, d))

    def output(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x @ self.W_hx.T)


class WithoutState(Plain):
    def step(self, x: torch.Tensor, state: Any, t: object) -> Any:
        return self.output(x)


class Nothing(Plain):
    def step(self, x: torch.Tensor, state: Any, t: object) -> Any:
        return None


class Narrow(Plain):
    def step(self, x: torch.Tensor, state: Any, t: object) -> Any:
        h = self.output(x)
        return h[:, :3], (h,)


class TwoParts(Plain):
    def step(self, x: torch.Tensor, state: Any, t: object) -> Any:
        h = self.output(x)
        return h, (h, h)


class Swapped(Plain):
    states = 2

    def step(self, x: torch.Tensor, state: Any, t: object) -> Any:
        h = self.output(x)
        return h, (2 * h, h)


class Detached(Plain):
    def step(self, x: torch.Tensor, state: Any, t: object) -> Any:
        h = self.output(x).detach()
        return h, (h,)


class Empty(Cell):
    def step(self, x: torch.Tensor, state: Any, t: object) -> Any:
        return state[0], state


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "WithoutState",
            "must return from step the output (B, n) and the state, a tuple of tensors (B, n), and returned (4, 8)",
        ),
        ("Nothing", "a tuple of tensors (B, n), and returned NoneType"),
        ("Narrow", "here (4, 8) and 1 of (4, 8) (states = 1); it returned ((4, 3), ((4, 8)))"),
        ("TwoParts", "(states = 1); it returned ((4, 8), ((4, 8), (4, 8)))"),
        ("Swapped", "must return a state whose first part is the output: the read-out takes it there"),
        ("Detached", "must use each parameter: the loss does not depend on 0.W_hx"),
        ("Empty", "has no parameters, so nothing can be trained: register some as nn.Parameter"),
    ],
)
def test_a_cell_that_does_not_do_what_a_cell_must_is_told_what_that_is(name: str, words: str) -> None:
    result = rnntui(f"train palindrome {TINY} --cell test_own_cells:{name} --steps 3 --headless")
    assert result.exit_code == 1
    assert f"the cell test_own_cells:{name} {words}" in said(result) if words[:4] == "must" else words in said(result)


def test_the_calls_within_a_failing_cell_are_shown_to_who_asks(
    broken: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken("1 / 0")
    monkeypatch.setenv("RNNTUI_TRACEBACK", "1")
    train = f"train palindrome {TINY} --cell brokencell:Broken --steps 50 --headless"
    told = CliRunner().invoke(app, train.split()).stderr
    assert 'brokencell.py", line 22, in fail\n    1 / 0\n' in told
    assert "trainer.py" not in told


def test_the_screen_is_handed_the_calls_within_a_failing_cell(broken: Callable[[str], None]) -> None:
    broken("raise SystemExit")
    session = TrainingSession(new_run(palindrome(cell="brokencell:Broken")))
    session.start()
    wait_for(session, lambda: session.status.run.state == "failed")
    assert session.join(30)
    assert "the cell brokencell:Broken failed: SystemExit (brokencell.py, line 22)" in session.status.sentence
    assert "    raise SystemExit" in session.notes
    assert session.run.steps_saved(whole=True)[-1] > 0


def test_a_cell_that_fails_goes_on_from_where_it_failed_once_it_is_mended(broken: Callable[[str], None]) -> None:
    broken("1 / 0")
    train = f"train palindrome {TINY} --cell brokencell:Broken --steps 50 --headless --name"
    assert rnntui(f"{train} own").exit_code == 1
    sys.modules["brokencell"].Broken.fail = lambda self: None  # type: ignore[attr-defined]
    sys.modules["brokencell"].Broken.calls = 0  # type: ignore[attr-defined]
    done("resume own --headless --trust")
    done(f"{train} whole")
    a, b = ([row.loss for row in run_named(name).metrics()] for name in ("own", "whole"))
    assert a == b


@pytest.mark.parametrize("how", ["undefined_name", "raise SystemExit", "1 / 0", "def f(:"])
def test_a_module_that_cannot_be_imported_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    (tmp_path / "badmodule.py").write_text(f"\n\n{how}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    sentence = refused(f"train palindrome {TINY} --cell badmodule:Cell --headless")
    assert "--cell 'badmodule:Cell' cannot be imported: " in sentence
    assert "badmodule.py, line 3" in sentence
    assert not list(folder().glob("*"))


@pytest.mark.parametrize("name", [".:a", "a.:b", "a:", ":b", "a b:c", "os:a.b", "..x:y"])
def test_what_names_no_class_is_refused_without_pythons_words(name: str) -> None:
    assert f"--cell {name!r} names no class: it must be package.module:Class" in refused(
        "train palindrome --headless --cell", name
    )


def test_ctrl_c_while_a_cell_writes_is_the_users_and_no_failure_of_the_cell() -> None:
    with pytest.raises(KeyboardInterrupt), UserCode("the cell", "test_own_cells"):
        raise KeyboardInterrupt


def test_a_lack_of_memory_is_no_failure_of_the_cell() -> None:
    with pytest.raises(MemoryError), UserCode("the cell", "test_own_cells"):
        raise MemoryError
    with pytest.raises(RuntimeError, match="out of memory"), UserCode("the cell", "test_own_cells"):
        raise RuntimeError("CUDA out of memory")


def test_an_input_scale_that_finds_nothing_to_scale_is_refused() -> None:
    train = f"train palindrome {TINY} --cell test_own_cells:Unnamed --input-scale 0.5 --headless"
    assert "--input-scale scales the matrices whose names end in x, and this cell has none" in refused(train)


class Silent(Exception):
    """An exception that cannot be told."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def test_an_exception_that_cannot_be_told_is_told_by_its_name() -> None:
    with pytest.raises(UserCodeError, match=r"the cell failed: Silent"), UserCode("the cell", "test_own_cells"):
        raise Silent


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ({"blocks": {"W_hx": 5}}, "must declare blocks as a dict"),
        ({"states": "two"}, "must declare states as a number"),
        ({"drawn_here": 7}, "must declare drawn_here as a frozenset"),
    ],
)
def test_a_wrong_declaration_is_the_cells_fault(
    declared: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in declared.items():
        monkeypatch.setattr(Unnamed, name, value)
    assert sentence in said(rnntui(f"train palindrome {TINY} --cell test_own_cells:Unnamed --headless"))
