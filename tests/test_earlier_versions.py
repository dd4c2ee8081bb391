"""Folders that earlier versions wrote are read as they are: lists, curves, weights, resuming, sweeps.

`tests/folders/VERSION/` holds `runs/` as that version left it (without locks and figures) and `book.txt`, which its
text networks learned.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from command import TINY, as_json, done, run_named
from msgspec import UNSET, structs
from safetensors.numpy import load_file

from rnntui import runs
from rnntui.sweeps.folder import Sweep
from rnntui.tui.writing_room.prompts import Prompts

FOLDERS = Path(__file__).with_name("folders")
VERSIONS = sorted(path.name for path in FOLDERS.iterdir())


@pytest.fixture(params=VERSIONS)
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The test's own runs and corpora, as an earlier version left them."""
    folder = FOLDERS / request.param
    shutil.copytree(folder / "runs", runs.folder())
    (tmp_path / "corpora").mkdir()
    shutil.copy(folder / "book.txt", tmp_path / "corpora" / "book.txt")
    return folder


def test_every_run_and_sweep_is_listed_with_its_state(earlier: Path) -> None:
    listed = {run["name"]: run["state"] for run in as_json("runs")}
    assert listed == {"book": "finished", "digits": "finished", "failing": "sweep", "grid": "sweep"}


def test_a_run_is_shown_and_compared(earlier: Path) -> None:
    facts = as_json("runs show book")
    assert (facts["step"], facts["steps"], facts["settings"]["temperature"]) == (130, 130, "inf")
    assert [checkpoint["step"] for checkpoint in facts["checkpoints"]] == [100, 120, 130]
    assert [(row["event"], row["value"]) for row in facts["journal"]] == [("learning_rate", 0.01)]
    assert [row["step"] for row in facts["samples"]] == [50, 100]
    curves = as_json("compare book")["runs"][0]["curves"]
    assert curves["loss"]["step"] == list(range(10, 131, 10))
    assert curves["held_out"]["step"] == [50, 100, 120, 130]


def test_a_run_resumes_to_the_bit_of_one_that_this_version_trained_alone(earlier: Path) -> None:
    done("resume digits --steps 40 --headless")
    new = f"train palindrome {TINY} --preset short --hidden 4 --seed 3 --steps 40 --save-every 20 --kernel library"
    done(f"{new} --headless --name alone")
    assert [run_named(name).config().kernel for name in ("digits", "alone")] == ["oneDNN"] * 2
    one, other = (
        {row.step: structs.replace(row, seconds=0, batches=UNSET) for row in run_named(name).metrics()}
        for name in ("digits", "alone")
    )  # those of before have the batch of their step alone
    steps = one.keys() & other.keys()
    assert steps > {20, 30, 40}
    earlier_weights, weights = (run_named(name).checkpoint(40) / "model.safetensors" for name in ("digits", "alone"))
    if one[20] == other[20]:
        assert [one[step] for step in steps] == [other[step] for step in steps]
        assert earlier_weights.read_bytes() == weights.read_bytes()
    else:  # the processor that the earlier version ran on rounds otherwise than this one
        assert [one[step].loss for step in steps] == pytest.approx([other[step].loss for step in steps], rel=1e-4)
        found, expected = load_file(earlier_weights), load_file(weights)
        assert found.keys() == expected.keys()
        for name, values in found.items():
            np.testing.assert_allclose(values, expected[name], rtol=1e-3, atol=1e-5)


def test_a_text_run_resumes_writes_and_scores(earlier: Path) -> None:
    assert len(as_json("sample book --length 20 --seed 1")["text"]) == 20
    assert as_json("score book")["bits_per_character"] == pytest.approx(
        as_json("runs show book")["bits_per_character"], abs=0.05
    )
    done("resume book --steps 140 --headless")
    assert run_named("book").newest_step(runs.METRICS) == 140


def test_a_sweep_is_reported_and_its_failure_is_known(earlier: Path) -> None:
    grid = Sweep.read(runs.folder(), "grid")
    assert {name: result.state for name, result in grid.results.items()} == {
        "lr0.001": "finished",
        "lr0.01": "finished",
    }
    assert not grid.wanted()
    done("sweep grid --report")
    failing = Sweep.read(runs.folder(), "failing")
    assert failing.results["nosuch-Cell"].state == "failed"
    assert "No module named 'nosuch'" in failing.results["nosuch-Cell"].reason
    assert "1 of them failed" in done("runs show failing")


def test_prompts_are_remembered(earlier: Path) -> None:
    prompts = Prompts(runs.folder())
    assert prompts.newest == "green"
    prompts.add("another")
    content = json.loads((runs.folder() / ".prompts.json").read_text())
    assert content == {"format": 1, "prompts": ["He did not", "green", "another"]}
