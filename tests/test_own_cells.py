"""Cells of a user's own: the documentation's example does what it says, and names that mislead are told."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from command import TINY, as_json, refused, rnntui, run_named, said
from torch import nn

from rnntui.config import Settings
from rnntui.core.cells import Cell
from rnntui.core.learner import Learner

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
    assert "goes by the names" not in said(
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
    assert ("goes by the names of parameters (docs/cells.md)" in sentence) == bool(told)
    assert "goes by the names" not in said(rnntui("resume own --steps 2 --headless"))


def test_an_input_scale_that_finds_nothing_to_scale_is_refused() -> None:
    train = f"train palindrome {TINY} --cell test_own_cells:Unnamed --input-scale 0.5 --headless"
    assert "--input-scale scales the matrices whose names end in x, and this cell names none so" in refused(train)
