"""A network that writes noise is said to: at step 0, and as long as counting characters predicts better."""

from pathlib import Path
from typing import Any

import pytest
from command import done, rnntui
from msgspec.structs import replace

from rnntui.runs import Run

LINE = "abcab " * 600


@pytest.fixture
def book(tmp_path: Path) -> Run:
    """A run that learned a text of one word, to far below the counts of its characters, with checkpoints 0 and 200."""
    (tmp_path / "word.txt").write_text(LINE)
    size = "--hidden 16 --layers 1 --length 10 --batch 16 --threads 1 --lr 0.01 --optimizer adam --sample-every 0"
    given = f"--preset report {size} --steps 200 --validate-every 100 --corpus {tmp_path / 'word.txt'}"
    done(f"train text {given} --headless --name book")
    return Run(tmp_path / "runs" / "book")


@pytest.mark.parametrize("command", ["sample", "write"])
def test_a_network_that_has_learned_nothing_is_said_to_write_noise(command: str, book: Run) -> None:
    untrained = rnntui(f"{command} book --length 5 --at 0")
    assert "book: the network has not been trained yet (step 0): it writes noise\n" in untrained.stderr
    learned = rnntui(f"{command} book --length 5")
    assert learned.exit_code == 0
    assert learned.stderr == ""
    assert "noise" in rnntui(f"{command} book --length 5 --at 0 --json").stderr


def test_a_network_that_predicts_no_better_than_counts_is_said_to(book: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    state = book.state(200)
    assert state.figures.validation_loss is not None
    assert state.figures.validation_loss < book.config().baselines["unigram"][0]

    def told(**figures: Any) -> str:
        changed = replace(state, figures=replace(state.figures, **figures))
        monkeypatch.setattr(Run, "state", lambda run, step: changed)
        return rnntui("sample book --length 5").stderr

    sentence = "the network of step 200 predicts no better than character counts ({} bits per character"
    assert sentence.format("28.85") in told(validation_loss=20.0)
    assert sentence.format("21.64") in told(validation_loss=None, recent_loss=(20.0, None, 10.0))
    assert told(validation_loss=None, recent_loss=()) == ""


def test_several_networks_are_told_of_once_each(book: Run) -> None:
    told = rnntui("write book --at 0,200 --temperatures 0,1 --length 5").stderr
    assert told.count("noise") == 1
    assert rnntui("write book+book book --at 0 --length 5").stderr.count("noise") == 1
