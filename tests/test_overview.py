"""The list of very many runs: what a line tells of a run is true, and what cannot be read hides nothing else."""

import itertools
import json
import os
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_runs import made_up
from rich.cells import cell_len
from tiny import new_run, palindrome

from rnntui.config import make_settings
from rnntui.runs import Run, RunSummary, folder, last, overview, survey
from rnntui.runs.beside import beside
from rnntui.runs.comparison import compare
from rnntui.runs.finding import UNFINISHED
from rnntui.runs.overview import FoundRun, RunGlance, curve, found_in, glance
from rnntui.runs.rows import JOURNAL, METRICS, as_lines
from rnntui.runs.status import RunStatus
from rnntui.runs.status_table import status_of, words
from rnntui.schemas import FiguresState, JournalRow, MetricsRow, number
from rnntui.sweeps.folder import Result, Sweep, write_result
from rnntui.sweeps.glance import glance_of_sweep
from rnntui.sweeps.plan import read
from rnntui.text import format
from rnntui.tui.home import preview, run_line
from rnntui.tui.home.catalogue import Catalogue
from rnntui.tui.home.filtering import ORDERS, filtered

PLAN = "[base]\nhidden = 8\nlength = 3\nbatch = 4\n[axes]\ncell = ['rnn', 'gru']\nseed = [0, 1]\n"


def told(run: Run) -> RunGlance:
    return glance(FoundRun(run.path, 0.0))


def the_figure(run: Run) -> str:
    return run_line.figure(told(run))


def test_runs_and_sweeps_are_found_the_newest_first_and_nothing_else() -> None:
    made_up(folder(), "old", changed=1_000.0)
    made_up(folder(), "new", changed=2_000.0)
    Sweep.open(folder(), "grid", read(PLAN, "grid", "grid")).close()
    (folder() / "notes").mkdir()
    (folder() / "file").touch()
    assert [(found.name, found.is_sweep) for found in found_in(folder())] == [
        ("grid", True),
        ("new", False),
        ("old", False),
    ]


def test_where_there_is_no_folder_there_is_no_run() -> None:
    assert found_in(Path("nowhere")) == []


def test_a_run_tells_its_state() -> None:
    assert told(made_up(folder(), "done")).status.state == "finished"
    assert told(made_up(folder(), "half", step=1_000)).status.state == "stopped"
    assert told(made_up(folder(), "burst", step=1_000, diverged=True)).status.state == "diverged"
    held = new_run(palindrome(), "held")
    assert told(held).status.state == "running"
    held.unlock()


def test_a_run_whose_process_was_killed_is_lost_and_one_that_let_go_is_not() -> None:
    run = made_up(folder(), "killed", step=1_000)
    (run.path / "live").mkdir()
    assert told(run).status.state == "stopped"
    for address in ("{}", json.dumps({"pid": 1, "host": socket.gethostname(), "since": 0.0, "socket": ""})):
        (run.path / "live/address.json").write_text(address)
        (line,) = [line for line in survey(folder()) if isinstance(line, RunSummary)]
        assert told(run).status.state == run.summary().status.state == line.status.state == "lost", "in every list"
    assert last(folder(), UNFINISHED).name == "killed"
    (run.path / "live/address.json").write_text(json.dumps({"pid": 1, "host": "another", "since": 0.0, "socket": ""}))
    assert told(run).status.state == "stopped", "what becomes of it on another machine is not known here"


def test_the_figure_is_the_one_that_the_task_is_measured_by() -> None:
    solved = FiguresState(recent_accuracy=(0.98, 1.0), solved_at=101)
    assert the_figure(made_up(folder(), "p", figures=solved)) == "0.990 @101"
    best = FiguresState(best=(1.5179, 2_000), validation_loss=1.6)
    text = made_up(folder(), "t", "text", figures=best, corpus="anna")
    assert the_figure(text) == "2.19 bits"
    assert run_line.held_out(told(text)) == "held out 2.31 bits, best 2.19 bits at step 2,000"
    unscored = made_up(folder(), "u", "text", figures=FiguresState(recent_loss=(1.6,)), corpus="anna")
    assert the_figure(unscored) == "train 2.31"


def test_a_run_that_lost_what_it_had_solved_is_not_counted_as_solved() -> None:
    lost = made_up(folder(), "p", figures=FiguresState(solved_at=2_379, recent_accuracy=(0.5,)))
    kept = made_up(folder(), "q", figures=FiguresState(solved_at=2_379, recent_accuracy=(1.0,)))
    assert (told(lost).is_solved, told(kept).is_solved) == (False, True)
    looks = [run_line.look_of(told(run)) for run in (lost, kept)]
    assert looks == ["fallen", "solved"]
    assert the_figure(lost) == "0.500 ↓2,379"
    assert the_figure(kept) == "1.000 @2,379"


GUESS = {"chance": (2.302585, 0.1), "mean": (2.2, 0.12)}  # loss in nats, and accuracy


def finished_runs() -> dict[str, Run]:
    """One a way in which a finished run can stand, by that word."""
    figures = {
        "solved": FiguresState(recent_loss=(0.1,), recent_accuracy=(1.0, 0.99), solved_at=101),
        "fallen": FiguresState(recent_loss=(2.0,), recent_accuracy=(0.3,), solved_at=101),
        "finished": FiguresState(recent_loss=(4.0,), recent_accuracy=(0.3,)),
        "worse": FiguresState(recent_loss=(5.0,), recent_accuracy=(0.1,), solved_at=101),
    }
    return {name: made_up(folder(), name, figures=known, baselines=GUESS) for name, known in figures.items()}


def test_all_lists_say_of_a_finished_run_what_it_came_to_by_one_rule() -> None:
    for stands, run in finished_runs().items():
        glanced, entry = told(run), compare([run])
        assert run_line.look_of(glanced) == stands
        assert run_line.cell("state", 8, FoundRun(run.path, 0.0), glanced).strip() == stands
        assert run.summary().stands == stands
        assert stands in words(entry, entry.compared[0], status_of(entry.compared[0]))
        assert run.summary().status.state == glanced.status.state == "finished"


def test_a_run_far_above_guessing_is_called_so_in_red() -> None:
    run = finished_runs()["worse"]
    assert "worse than guessing" in preview.told(FoundRun(run.path, 0.0), told(run), "", 120)[0]
    assert "worse than guessing" not in preview.told(FoundRun(run.path, 0.0), told(finished("other")), "", 120)[0]
    held_out = FiguresState(recent_loss=(0.1,), validation_loss=9.0)
    text = made_up(folder(), "text", "text", figures=held_out, baselines=GUESS, corpus="anna")
    assert told(text).status.is_worse_than_guessing, "by what is held out"
    young = made_up(folder(), "young", step=50, figures=FiguresState(recent_loss=(9.0,)), baselines=GUESS)
    assert not told(young).status.is_worse_than_guessing, "of so few batches nothing is said"


def finished(name: str) -> Run:
    return made_up(folder(), name, figures=FiguresState(recent_loss=(2.0,)), baselines=GUESS)


def test_a_run_that_diverged_early_is_at_the_step_at_which_it_did() -> None:
    run = made_up(folder(), "burst", step=0, rows=0, diverged=True)
    (run.path / JOURNAL).write_bytes(as_lines([JournalRow(step=2, event="diverged", at=1.0)], first=True))
    assert run.summary().status.step == told(run).status.step == 2


def test_settings_that_are_not_the_defaults_are_told_and_no_others() -> None:
    run = made_up(folder(), "p", lr=0.5, threads=3, hidden=7, steps=10_000)
    assert beside(run.settings()).differing == {"lr": 0.5}


@pytest.mark.parametrize("preset", ["tiny", "quick", "book", "report"])
@pytest.mark.parametrize("given", [{}, {"cell": "gru"}, {"steps": 77, "hidden": 96}])
def test_a_run_of_a_preset_differs_from_it_in_nothing(preset: str, given: dict[str, Any]) -> None:
    settings = make_settings("text", {"corpus": "anna", **given}, preset, 300_000)
    assert not beside(settings, 300_000).differing
    other = replace(settings, seed=4, lr=0.0123)
    assert beside(other, 300_000).differing == {"seed": 4, "lr": 0.0123}
    assert beside(settings, 300_000).what.startswith("--preset ")


def test_the_preview_says_beside_what_settings_differ() -> None:
    plain = make_settings("text", {"corpus": "anna"}, "tiny", 300_000)
    glanced = RunGlance(RunStatus("a", "finished", 10, 10), plain, "anna", corpus_size=300_000)
    assert "all else as --preset tiny" in preview.told(FoundRun(Path("a"), 0.0), glanced, "", 120)[1]
    odd = replace(glanced, settings=replace(plain, lr=0.5))
    assert "differs from --preset tiny in lr 0.5" in preview.told(FoundRun(Path("a"), 0.0), odd, "", 120)[1]


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"format": 99}', "\x00"])
def test_what_is_damaged_is_one_line_and_says_why(broken: str) -> None:
    run = made_up(folder(), "p")
    (run.path / "config.json").write_text(broken)
    seen = told(run)
    assert (seen.status.state, seen.settings) == ("damaged", None)
    assert "config.json" in seen.reason
    assert "\n" not in seen.reason


def test_a_folder_that_vanishes_is_damaged_and_not_an_error() -> None:
    run = made_up(folder(), "p")
    found = found_in(folder())[0]
    shutil.rmtree(run.path)
    assert glance(found).status.state == "damaged"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look anywhere")
def test_a_run_that_may_not_be_read_is_listed_and_says_so() -> None:
    run = made_up(folder(), "p")
    run.path.chmod(0)
    try:
        found = found_in(folder())
        assert [each.name for each in found] == ["p"]
        assert "permission denied" in glance(found[0]).reason
    finally:
        run.path.chmod(0o755)


def test_a_curve_of_a_long_file_is_some_values_from_its_beginning_to_its_end() -> None:
    run = made_up(folder(), "p", rows=1)
    rows = [MetricsRow(step=k, loss=float(k), accuracy=0.5) for k in range(1, 20_001)]
    (run.path / METRICS).write_bytes(as_lines(rows, first=True))
    values = curve(run.path / METRICS, lambda row: number(row.loss))
    assert len(values) == overview.POINTS
    assert list(values) == sorted(values)
    assert values[0] == 1
    assert values[-1] > 19_900
    assert all(abs(b - a - 20_000 / 15) < 100 for a, b in itertools.pairwise(values))


def test_a_short_file_gives_all_its_values_and_none_gives_none() -> None:
    run = made_up(folder(), "p", rows=3)
    assert len(curve(run.path / METRICS, lambda row: number(row.loss))) == 3
    assert curve(Path("nowhere"), lambda row: number(row.loss)) == ()
    (run.path / METRICS).write_bytes(b"{not a row}\n" * 4)
    assert curve(run.path / METRICS, lambda row: number(row.loss)) == ()


def test_a_sweep_tells_how_many_of_its_runs_ended_and_how() -> None:
    sweep = Sweep.open(folder(), "grid", read(PLAN, "grid", "grid"))
    for job, result in zip(sweep.jobs(), (Result("finished", 9, solved_at=5), Result("finished", 9)), strict=False):
        with Run.create(sweep.path, job.name, job.settings, follow=False).folder as opened:
            write_result(opened, job.settings, result)
    assert glance_of_sweep(sweep.path).is_going
    sweep.close()
    seen = glance_of_sweep(sweep.path)
    assert (seen.ended, seen.of, dict(seen.ends)) == (2, 4, {"solved": 1, "finished": 1})
    assert not seen.is_going
    assert not seen.is_over
    assert run_line.ends(seen) == "✓1 ○1"
    jobs = [job for job in sweep.jobs() if not (sweep.path / job.name).exists()]
    with Run.create(sweep.path, jobs[0].name, jobs[0].settings, follow=False).folder as opened:
        write_result(opened, jobs[0].settings, Result("finished", 9, test_accuracy=0.5, solved_at=5))
    assert run_line.ends(glance_of_sweep(sweep.path)) == "✓1 ↓1 ○1"
    (sweep.path / "sweep.json").write_text("{")
    assert "damaged" in glance_of_sweep(sweep.path).reason


# A line


@given(st.integers(16, 400), st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_a_line_is_as_wide_as_it_is_to_be_and_no_name_takes_more_than_its_share(width: int, name: str) -> None:
    found = FoundRun(Path("runs") / (name.replace("/", "") or "x"), 1.0)
    seen = RunGlance(RunStatus(found.name, "damaged"), reason="?")
    laid_out = run_line.columns(width, cell_len(run_line.safe(found.name)))
    assert laid_out.name <= max(run_line.SHORTEST_NAME, 0.3 * width)
    words = run_line.name_in(found, laid_out.name)
    assert cell_len(words) == laid_out.name
    assert "\x1b" not in words
    total = laid_out.name + sum(cells + run_line.GAP for _, cells in laid_out.others)
    assert total <= width
    for column, cells in laid_out.others:
        assert cell_len(run_line.cell(column, cells, found, seen)) == cells


def test_a_long_name_keeps_both_its_ends() -> None:
    found = FoundRun(Path("runs") / ("a" * 60 + "-17"), 1.0)
    shown = run_line.name_in(found, 20)
    assert "…" in shown
    assert (shown[:3], shown[-3:]) == ("aaa", "-17")


def test_the_most_needed_columns_stay_longest() -> None:
    kept = [[column for column, _ in run_line.columns(width, 20).others] for width in range(16, 200)]
    for narrow, wide in itertools.pairwise(kept):
        assert set(narrow) <= set(wide)
    assert kept[60 - 16] == ["task", "steps", "figure"]
    assert "network" in kept[80 - 5 - 16], "of a screen of 80 columns"
    assert set(kept[-1]) == set(run_line.ORDER)


@pytest.mark.parametrize("width", [80, 120, 160])
def test_the_cell_of_a_network_and_what_a_text_is_called_are_never_cut(width: int) -> None:
    made = made_up(folder(), "a", "text", cell="lstm", hidden=256, layers=2, layer_norm=True, corpus="shakespeare")
    found, seen = FoundRun(made.path, 0.0), told(made)
    cells = dict(run_line.columns(width - 5, 22).others)
    said = {column: run_line.cell(column, cells[column], found, seen).strip() for column in ("network", "task")}
    assert said["network"] in ("LN LSTM 2×256", "layer-norm LSTM 2×256")
    assert said["task"] in ("shakespeare", "text·shakespeare")


@pytest.mark.parametrize(
    ("cells", "said"), [(21, "layer-norm LSTM 2×256"), (20, "LN LSTM 2×256"), (12, "LSTM 2×256"), (9, "LSTM 2×256")]
)
def test_a_network_is_said_in_fewer_words_where_there_is_less_room(cells: int, said: str) -> None:
    settings = palindrome(cell="lstm", hidden=256, layers=2, layer_norm=True)
    assert format.network_within(settings, cells) == said


# Filter and order


def known(*found: FoundRun) -> Catalogue:
    catalogue = Catalogue(folder())
    for each in found:
        catalogue._read(each)
    return catalogue


def test_a_filter_finds_all_words_in_name_task_text_network_and_state() -> None:
    made_up(folder(), "one", cell="gru")
    made_up(folder(), "two", "text", step=10, corpus="anna", cell="lstm")
    found = found_in(folder())
    catalogue = known(*found)
    wanted = {"": {"one", "two"}, "GRU": {"one"}, "ann lstm": {"two"}, "stopped": {"two"}, "zz": set()}
    for typed, names in wanted.items():
        assert {each.name for each in filtered(catalogue, found, typed, "newest first")} == names


def test_the_orders_put_first_what_they_name() -> None:
    made_up(folder(), "b", changed=3.0, figures=FiguresState(solved_at=500, recent_accuracy=(1.0,)))
    made_up(folder(), "a", changed=2.0, figures=FiguresState(solved_at=50, recent_accuracy=(1.0,)))
    made_up(folder(), "c", changed=1.0, step=7)
    found = found_in(folder())
    first = {order: [each.name for each in filtered(known(*found), found, "", order)] for order in ORDERS}
    assert first == {
        "newest first": ["b", "a", "c"],
        "by name": ["a", "b", "c"],
        "by task, best first": ["a", "b", "c"],
        "by state": ["c", "b", "a"],
    }
