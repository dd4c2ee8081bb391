"""Sweeps that measure the syntax of what their networks write: once, after training, from then on read from disk."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import as_json, done, refused
from msgspec.json import decode, encode

from rnntui import corpora
from rnntui.core import worker
from rnntui.core.generation import syntax_measures
from rnntui.core.training.trainer import open_trainer
from rnntui.core.worker import JobInbox
from rnntui.runs import SYNTAX, Run, folder
from rnntui.schemas import PlanContent
from rnntui.sweeps import syntax
from rnntui.sweeps.folder import Result, Sweep, write_result
from rnntui.sweeps.plan import Plan, find, read
from rnntui.sweeps.syntax import Measured, Syntax
from rnntui.sweeps.trajectories import trajectories
from rnntui.syntax.tally import SyntaxTally
from rnntui.system.folder import Folder

TINY = """
[base]
task = "text"
layers = 1
hidden = 8
length = 5
batch = 4
steps = {steps}
sample_every = 0
device = "cpu"
[axes]
corpus = ["{latex}", "{html}"]
seed = [0]
[syntax]
samples = 3
length = 20
prompt = 5
temperatures = [0, 1]
"""
COUNTS = {"texts": 4, "valid": 1, "closed": 6, "faults": 2, "open": 3, "words": 10, "known": 9}


class Ear:
    """The parent's end of a worker's wire; `at` is told each sentence about what it does."""

    is_heard = True

    def __init__(self, at: Callable[[str], object] = lambda doing: None) -> None:
        self._at = at

    def say(self, **message: Any) -> None:
        if "doing" in message:
            self._at(message["doing"])


@pytest.fixture
def plan(make_corpus: Callable[..., Path]) -> Plan:
    """Two networks, each of a small corpus of its own."""
    latex = make_corpus("".join(f"Let $x_{k}$ be \\emph{{{k}}}.\n\n" for k in range(90)), "latex.txt")
    html = make_corpus("".join(f"<p>a <b>{k}</b></p>\n" for k in range(90)), "html.txt")
    text = TINY.replace("{latex}", str(latex)).replace("{html}", str(html)).replace("{steps}", "110")
    return read(text, "tiny", "tiny")


def measured_by_hand(sweep: Sweep, **changes: Any) -> None:
    """Give each run a result, and rows for two steps and two temperatures."""
    for job in sweep.plan.jobs():
        run = Run.create(sweep.path, job.name, job.settings)
        write_result(run.folder, job.settings, Result("finished", 110, 1.0, 0.5, 0.5, 0.5, None, 1.0))
        rows = [
            {"step": step, "temperature": temperature, **COUNTS, "valid": valid}
            for valid, (step, temperature) in enumerate([(100, 0.0), (100, 1.0), (110, 0.0), (110, 1.0)], 1)
        ]
        assert job.syntax is not None
        syntax.write(run.folder, job.syntax, replace(Measured("latex", 0.97, 30, rows, is_done=True), **changes))
        run.unlock()


# --- the plan -------------------------------------------------------------------------------------------------------


def test_the_built_in_sweep_trains_on_latex_and_html() -> None:
    plan = find("syntax")
    assert plan.syntax == Syntax(50, 500, 30, (0.0, 0.5, 1.0))
    assert [(job.name, job.settings.steps, job.syntax) for job in plan.jobs()] == [
        ("latex", 20_000, plan.syntax),
        ("html", 20_000, plan.syntax),
    ]
    assert Plan.from_content(decode(encode(plan.as_content()), type=PlanContent)) == plan


def test_a_corpus_given_by_its_path_goes_by_its_name() -> None:
    plan = find("syntax").with_given({"corpus": ["../somewhere/latex.txt", "/else/where/html.txt"]})
    assert [job.name for job in plan.jobs()] == ["latex", "html"]
    assert plan.heading == find("syntax").heading


def test_corpora_of_one_name_go_by_as_many_folders_as_tell_them_apart() -> None:
    plan = find("syntax").with_given({"corpus": ["data/en/train.txt", "data/fr/train.txt", "data/other.txt"]})
    assert [job.name for job in plan.jobs()] == ["en-train", "fr-train", "other"]
    assert "en/train, fr/train, other" in plan.heading
    with pytest.raises(ValueError, match="two of its runs would be called 'a-b'"):
        find("syntax").with_given({"corpus": ["a/b.txt", "c/b.txt", "x/a-b.txt"]})


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["anna", "/x/latex.txt"], ["anna", "latex"]),
        (["/data/en/train.txt", "/data/fr/train.txt"], ["en/train", "fr/train"]),
        (["/a/en/x/t.txt", "/a/fr/x/t.txt", "/b/t.md"], ["en/x/t", "fr/x/t", "b/t"]),
        (["/a/t.txt", "/a/t.md"], ["/a/t.txt", "/a/t.md"]),
        (["anna", "/x/anna.txt"], ["anna", "x/anna"]),
        (["/t.txt", "/t.txt"], ["t", "t"]),
    ],
)
def test_texts_are_called_by_what_tells_them_apart(places: list[str], expected: list[str]) -> None:
    found = corpora.labels(places)
    assert [found[place] for place in places] == expected
    assert len(set(found.values())) == len(set(places))


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("samples = 0", "samples must be at least 1"),
        ("prompt = -1", "prompt must be at least 0"),
        ("temperatures = []", "temperatures must be numbers"),
        ("temperatures = [0, inf]", "temperatures must be numbers"),
        ("temperatures = 0.5", "syntax.temperatures must be a list in brackets, not a number"),
        ("temperatures = ['x']", "must be a number, not text in quotes"),
        ("samplse = 3", "no key 'samplse'"),
    ],
)
def test_a_section_that_will_not_do_is_refused(section: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace("[", "\\[")):
        read(f"[base]\ntask = 'text'\n[axes]\nseed = [0]\n[syntax]\n{section}", "x", "x")


def test_only_networks_that_write_have_a_syntax() -> None:
    with pytest.raises(ValueError, match="text networks"):
        read("[axes]\nseed = [0]\n[syntax]\n", "x", "x")


def test_corpora_that_are_not_there_are_named_with_how_to_fetch_them() -> None:
    sentence = refused("sweep syntax --headless")
    assert "latex, html are not there yet" in sentence
    assert "rnntui corpora get latex html" in sentence
    assert not (folder() / "syntax").exists()


# --- measured -------------------------------------------------------------------------------------------------------


def test_a_run_is_measured_at_each_kept_step_and_temperature_and_goes_on_where_it_was(
    plan: Plan, tmp_path: Path
) -> None:
    (job, _), inbox = plan.jobs(), JobInbox()
    said: list[str] = []

    def at(doing: str) -> None:
        said.append(doing)
        if len(said) == 2:
            inbox.dropped.add(job.name)

    assert worker.train(tmp_path, job.name, job.settings, Ear(at), inbox, job.syntax) is None  # type: ignore[arg-type]
    assert said[0] == f"{job.name}: checking the syntax of step 100 at temperature 0"
    file = tmp_path / job.name / SYNTAX
    begun = json.loads(file.read_text())
    assert [(row["step"], row["temperature"]) for row in begun["rows"]] == [(100, 0.0)]
    assert not begun["is_done"]
    begun["rows"][0]["valid"] = 77  # is kept, and so was not measured again
    file.write_text(json.dumps(begun))
    inbox.dropped.clear()
    result = worker.train(tmp_path, job.name, job.settings, Ear(), inbox, job.syntax)  # type: ignore[arg-type]
    assert result is not None
    assert job.syntax is not None
    found = syntax.read(tmp_path / job.name, job.syntax)
    assert found is not None
    assert found.is_done
    assert (found.kind, found.corpus_share) == ("latex", 1.0)
    assert [(row["step"], row["temperature"]) for row in found.rows] == [(100, 0.0), (100, 1.0), (110, 0.0), (110, 1.0)]
    assert [row["texts"] for row in found.rows] == [3] * 4
    assert found.rows[0]["valid"] == 77
    assert syntax.read(tmp_path / job.name, replace(job.syntax, samples=4)) is None
    assert Run(tmp_path / job.name).foreign_files() == []


@pytest.mark.parametrize(("prompt", "begins"), [(5, {"Let $"}), (0, {""})])
def test_each_text_begins_with_a_piece_of_the_held_out_part_of_the_length_asked_for(
    prompt: int, begins: set[str], plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, written = plan.jobs()[0], []

    def checked(*given: Any) -> list[Any]:
        written.append(given[3])
        return []

    run = Run.create(folder(), job.name, replace(job.settings, steps=1))
    for _ in open_trainer(run):
        pass
    monkeypatch.setattr(syntax_measures, "checked", checked)
    assert job.syntax is not None
    for _ in syntax_measures.measure(run, replace(job.syntax, prompt=prompt)):
        pass
    run.unlock()
    assert len(written) == 2
    assert [seed for _, seed in written[0]] == [0, 1, 2]
    assert {text for text, _ in written[0]} == begins


def test_a_sweep_is_done_once_all_is_measured(plan: Plan) -> None:
    sweep = Sweep.open(folder(), None, plan)
    measured_by_hand(sweep, is_done=False)
    sweep.refresh()
    assert len(sweep.wanted()) == 2
    (first, _) = plan.jobs()
    assert first.syntax is not None
    half = syntax.read(sweep.path / first.name, first.syntax)
    assert half is not None
    with Folder(sweep.path / first.name, "the run") as run:
        syntax.write(run, first.syntax, replace(half, is_done=True))
    sweep.refresh()
    assert [job.name for job in sweep.wanted()] == ["html-seed0"]
    sweep.close()


def test_shares_of_several_seeds_are_of_their_texts_together() -> None:
    shared = {"corpus": "a", "kind": "html", "corpus_share_valid": 0.5, "corpus_pieces": 9, "temperature": 0.0}
    rows = [{**shared, "seed": seed, "step": 5, **COUNTS, "texts": 4 + 4 * seed} for seed in (0, 1)]
    (trajectory,) = trajectories(rows, ["corpus", "seed"])
    assert trajectory.point == {"corpus": "a"}
    assert trajectory.tallies == {5: SyntaxTally(12, 2, 12, 4, 6, 20, 18)}
    assert (trajectory.tallies[5].share_closed, trajectory.tallies[5].share_known) == (0.75, 0.9)


def test_a_report_is_drawn_from_disk_without_corpus_or_training(plan: Plan) -> None:
    sweep = Sweep.open(folder(), None, plan)
    measured_by_hand(sweep)
    sweep.close()
    for corpus in plan.axes["corpus"]:
        Path(corpus).unlink()
    shown = done("sweep tiny --report")
    assert "97.0% of 30 pieces" in shown
    files = {file.name: file.read_bytes() for file in sweep.path.glob("*.*")}
    assert {"results.csv", "table.md", "figure.svg", "figure.png"} <= files.keys()
    with open(sweep.path / "results.csv", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["run"], row["corpus"], row["step"], row["temperature"], row["share_valid"]) for row in rows[:5]] == [
        ("latex-seed0", "latex", "100", "0.0", "0.25"),
        ("latex-seed0", "latex", "100", "1.0", "0.5"),
        ("latex-seed0", "latex", "110", "0.0", "0.75"),
        ("latex-seed0", "latex", "110", "1.0", "1.0"),
        ("html-seed0", "html", "100", "0.0", "0.25"),
    ]
    assert len(rows) == 8
    text = files["table.md"].decode()
    assert "| latex" in text
    assert " 25% |" in text
    assert b"<svg" in files["figure.svg"]
    assert len(as_json("sweep tiny --report")["syntax"]) == 8
    assert {file.name: file.read_bytes() for file in sweep.path.glob("*.*")} == files
    assert "leave it out" in refused("sweep tiny --report --reference", str(reference(sweep.path)))


def reference(place: Path) -> Path:
    path = place / "others.json"
    path.write_text('{"runs": []}')
    return path
