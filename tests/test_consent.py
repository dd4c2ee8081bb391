"""Code that a file names is not imported: whoever types a command allows it, or nobody does."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import TINY, done, refused, rnntui, run_named, said
from msgspec import structs

from rnntui import runs
from rnntui.core.cells import load_cell
from rnntui.system import consent

CELL = Path(__file__).with_name("own_cell.py").read_text()
# Importing it leaves a mark: the test sees whether any code ran.
MARKING = "from pathlib import Path\nPath({mark!r}).touch()\n" + CELL


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a cell in `mycell.py` that leaves a mark where it is imported."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder])
    write_cell(place / "mycell.py")
    yield place
    for name in [name for name in sys.modules if name.partition(".")[0] in ("mycell", "runs", "elsewhere")]:
        del sys.modules[name]


def write_cell(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(MARKING.format(mark=str(mark())))


def mark() -> Path:
    return runs.folder().parent / "code-has-run"


def name_cell(run: str, cell: str) -> None:
    """Have a run's `config.json` name a cell, as anybody can who hands it on."""
    found = run_named(run)
    found.lock()
    config = found.config()
    found.write_config(structs.replace(config, settings={**config.settings, "cell": cell}))
    found.unlock()


def forget_module(name: str = "mycell") -> None:
    sys.modules.pop(name, None)
    mark().unlink(missing_ok=True)


READING = ("sample mine --length 5", "write mine --plain --length 5", "score mine", "gradients mine")


@pytest.mark.parametrize("command", [*READING, "resume mine --headless --steps 8"])
def test_a_cell_that_a_run_names_is_not_imported_and_the_way_to_allow_it_is_said(
    command: str, here: Path, corpus: Path
) -> None:
    done(f"train text {TINY} --layers 1 --steps 4 --no-layer-norm --headless --name mine --corpus {corpus}")
    name_cell("mine", "mycell:Leaky")
    sentence = refused(command)
    assert "run 'mine' uses the cell 'mycell:Leaky'" in sentence
    assert "add --trust if you" in sentence
    assert not mark().exists()


@pytest.mark.parametrize("command", ["runs", "runs show mine", "compare mine --headless"])
def test_looking_at_a_run_imports_nothing_and_needs_no_trust(command: str, here: Path) -> None:
    done(f"train palindrome {TINY} --steps 4 --headless --name mine")
    name_cell("mine", "mycell:Leaky")
    done(command)
    assert not mark().exists()


def test_the_cell_named_at_the_keyboard_trains_and_its_run_resumes_with_trust_alone(here: Path) -> None:
    done(f"train palindrome {TINY} --cell mycell:Leaky --steps 4 --headless --name mine")
    assert mark().exists()
    assert run_named("mine").config().cell_file == str(here / "mycell.py")
    forget_module()
    refused("resume mine --headless --steps 8")
    assert not mark().exists()
    done("resume mine --headless --steps 8 --trust")
    assert mark().exists()


@pytest.mark.parametrize("command", READING)
def test_what_only_reads_never_imports_from_the_working_folder_even_with_trust(
    command: str, here: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(f"train text {TINY} --layers 1 --cell mycell:Leaky --steps 4 --headless --name mine --corpus {corpus}")
    forget_module()
    sentence = refused(f"{command} --trust")
    assert "'mycell:Leaky' cannot be imported" in sentence
    assert f"when the run was trained it was in '{here / 'mycell.py'}': PYTHONPATH={here}" in sentence
    assert not mark().exists()
    monkeypatch.setenv("PYTHONPATH", str(here))  # as the sentence says
    monkeypatch.setattr(sys, "path", [str(here), *sys.path])
    done(f"{command} --trust")
    assert mark().exists()


def test_nothing_is_imported_from_a_folder_of_runs_even_with_trust(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNTUI_RUNS", "runs")
    done(f"train palindrome {TINY} --steps 4 --headless --name mine")
    write_cell(here / "runs" / "mine" / "notes.py")
    name_cell("mine", "runs.mine.notes:Leaky")
    assert "lies in" in (sentence := refused("resume mine --headless --steps 8 --trust"))
    assert "nothing is imported from there" in sentence
    assert not mark().exists()


def test_a_cell_that_a_plan_names_needs_trust_and_one_typed_does_not(here: Path) -> None:
    plan = here / "mine.toml"
    plan.write_text(
        '[base]\nhidden = 8\nlength = 3\nbatch = 4\nsteps = 4\ncell = "mycell:Leaky"\n[axes]\nseed = [0, 1]\n'
    )
    assert "sweep 'mine' uses the cell 'mycell:Leaky'" in refused("sweep mine.toml --headless")
    assert not mark().exists()
    done("sweep mine.toml --headless --workers 1 --trust")
    assert mark().exists()
    mark().unlink()
    (runs.folder() / "mine" / "seed1" / "result.json").unlink()
    assert "add --trust if you" in refused("sweep mine --headless")
    assert not mark().exists()


def test_consent_ends_with_the_command(here: Path) -> None:
    done(f"train palindrome {TINY} --cell mycell:Leaky --steps 4 --headless --name mine")
    done("runs")
    with pytest.raises(ValueError, match="add --trust if you"):
        load_cell("mycell:Leaky")


@pytest.mark.parametrize(
    "cell", ["os:system", "mycell:Leaky.x", ":Leaky", "mycell:", "../mycell:Leaky", "my cell:Leaky", ".mycell:Leaky"]
)
def test_what_is_no_class_of_a_module_is_a_sentence(cell: str, here: Path) -> None:
    result = rnntui(f"train palindrome {TINY} --headless --steps 2", "--cell", cell)
    assert result.exit_code == 2
    assert "--cell" in said(result)
    assert not runs.folder().exists() or not list(runs.folder().glob("[!.]*"))


def test_a_module_elsewhere_on_the_path_is_found_without_the_working_folder(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cell(tmp_path / "libs" / "elsewhere.py")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "libs"), *sys.path])
    consent.forget()
    consent.give_for_all(from_here=False)
    assert load_cell("elsewhere:Leaky").__name__ == "Leaky"
    with pytest.raises(ValueError, match="cannot be imported"):
        load_cell("mycell:Leaky")
    assert str(here) not in sys.path


def test_a_config_that_names_a_cell_is_checked_before_anything_is_computed(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(f"train palindrome {TINY} --steps 4 --headless --name mine")
    config: dict[str, Any] = json.loads((run_named("mine").path / "config.json").read_text())
    config["settings"]["cell"] = "antigravity:x"
    (run_named("mine").path / "config.json").write_text(json.dumps(config))
    before = set(sys.modules)
    assert "uses the cell 'antigravity:x'" in refused("resume mine --headless --steps 9")
    assert "antigravity" not in set(sys.modules) - before


def test_nothing_is_imported_from_a_runs_own_folder_where_that_is_the_working_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(f"train palindrome {TINY} --steps 4 --headless --name mine")
    name_cell("mine", "mycell:Leaky")
    write_cell(run_named("mine").path / "mycell.py")
    monkeypatch.chdir(run_named("mine").path)
    assert "nothing is imported from there" in refused("resume . --headless --steps 8 --trust")
    assert not mark().exists()


def test_a_link_to_a_module_in_a_runs_folder_is_no_way_round(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done(f"train palindrome {TINY} --steps 4 --headless --name mine")
    name_cell("mine", "elsewhere:Leaky")
    write_cell(run_named("mine").path / "elsewhere.py")
    (here / "elsewhere.py").symlink_to(run_named("mine").path / "elsewhere.py")
    assert "nothing is imported from there" in refused("resume mine --headless --steps 8 --trust")
    assert not mark().exists()
