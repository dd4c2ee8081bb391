"""Tables of every command: in any width no figure is cut, and what had to give way is said."""

import itertools
import math
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from rnntui.commands.runs import print_lines
from rnntui.commands.tables import FEW_WORDS, Table, fitted, is_figure, print_facts, print_table
from rnntui.runs import DamagedRun, RunSummary
from rnntui.runs.status import RunStatus
from rnntui.specs import BITS
from rnntui.system import output
from rnntui.text import format
from rnntui.text.ellipsis import elided
from rnntui.text.sanitize import one_line

WIDTHS = (40, 60, 80, 120, 200)
LETTERS = "ab字é́e\u0301–/ 👍"
names = st.text(LETTERS + "xyz-", min_size=1, max_size=100)
numbers = st.floats(1e-30, 1e30) | st.sampled_from([1e-30, 1.0, 999.9995, 1e30, math.nan])


@given(names, st.integers(1, 120))
def test_an_elided_name_keeps_both_ends_and_its_room(name: str, cells: int) -> None:
    shown = elided(name, cells)
    assert cell_len(shown) <= cells
    if shown != name:
        before, after = shown.split("…")
        assert name.startswith(before)
        assert name.endswith(after)


def test_both_ends_of_a_name_are_as_long_as_they_can_be() -> None:
    assert elided("length5-cellrnn-seed0", 12) == "length…seed0"
    assert elided("字字字字字", 6) == "字…字"
    assert elided("e\u0301" * 9, 3) == "e\u0301…e\u0301"
    assert elided("abc", 3) == "abc"


def figures_of(number: float) -> list[str]:
    """A number as the commands write numbers."""
    return [
        format.figure(number),
        format.share(0.5),
        format.count(number),
        format.decimals(number),
        format.duration(number),
        f"{number:.2e}",
    ]


@pytest.mark.parametrize("width", WIDTHS)
@given(rows=st.lists(st.tuples(names, names, numbers), min_size=1, max_size=4))
@settings(max_examples=30)
def test_no_figure_of_a_table_is_cut_in_any_width(width: int, rows: list[tuple[str, str, float]]) -> None:
    heads = ["run", "where", ">loss", ">accuracy", ">steps", ">bits per character", ">time left", ">error"]
    lines = [[name, place, *figures_of(number)] for name, place, number in rows]
    shown, gone = printed(width, heads, lines, leave_out=[("time left",), ("error", "steps")])
    titles = [head.removeprefix(">") for head in heads]
    for line in lines:
        for title, cell in zip(titles[2:], line[2:], strict=True):
            assert (title in gone) or (cell in shown)
    whole = {one_line(word) for line in lines for word in line[:2]}  # as they stand in a list
    too_long = [line for line in shown.splitlines() if cell_len(line) > width]
    assert all(any(line.strip().endswith(word.strip()) for word in whole) for line in too_long)


def printed(
    width: int, heads: Sequence[str], lines: Sequence[Sequence[str]], leave_out: Sequence[Sequence[str]] = ()
) -> tuple[str, list[str]]:
    """What goes to standard output, and the columns that are said to be left out."""
    import io
    from contextlib import redirect_stderr, redirect_stdout

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(output, "columns", lambda: width)
        print_table(heads, lines, leave_out=leave_out)
    said = err.getvalue().removeprefix("left out for width: ").strip()
    return out.getvalue(), said.split(", ") if said else []


def test_words_give_way_first_then_columns_and_then_rows_are_listed() -> None:
    heads, line = ["run", ">loss", "device"], ["a-name-of-thirty-characters-xx", "1.26e+31", "cuda:0 NVIDIA H100"]
    assert printed(80, heads, [line])[0].splitlines()[1].split("  ") == line
    shown, gone = printed(42, heads, [line], [("device",)])
    assert (shown.splitlines()[1], gone) == ("a-name-…ters-xx  1.26e+31  cuda:0 …IA H100", [])
    shown, gone = printed(30, heads, [line], [("device",)])
    assert (shown.splitlines()[1], gone) == ("a-name-of-…acters-xx  1.26e+31", ["device"])
    shown, gone = printed(24, heads, [line])
    assert shown.splitlines() == [line[0], "  loss    1.26e+31", "  device", f"    {line[2]}"]
    assert gone == []


def test_names_that_differ_still_differ_where_they_are_cut() -> None:
    def names_in(width: int, *names: str) -> set[str]:
        shown, _ = printed(width, ["run", ">loss"], [[name, "0.5"] for name in names])
        return {line.split("  ")[0] for line in shown.splitlines()} - {"run"}

    ends, middles = [f"{'x' * 60}{k:02}" for k in range(30)], [f"{'x' * 30}{k:02}{'y' * 30}" for k in range(30)]
    beginnings = [f"{k:02}{'x' * 60}" for k in range(30)]
    for names in (ends, beginnings):
        assert len(names_in(30, *names)) == 30
    assert names_in(30, *middles) >= set(middles)  # listed, with their whole names


def test_a_listed_row_that_begins_with_a_figure_says_of_what() -> None:
    shown, _ = printed(12, ["lag", ">a name that is long"], [["10", "1.25e-03"]])
    assert shown.splitlines() == ["lag 10", "  a name that is long", "    1.25e-03"]


def test_a_number_among_words_is_a_figure_too() -> None:
    whole = ["1e-05", "100,000/100,000", "12.4k", "0.98", "-3", "1:1000", "18446744073709551615", "75%", "6 min ago"]
    assert all(is_figure(word) for word in whole)
    assert not any(is_figure(word) for word in ["", "lstm", "–", "run-1", "anna2"])
    seed = "18446744073709551615"
    fitting, _ = fitted(Table(["run", "seed"], [False, False], [["n" * 50, seed]]), 40, ())
    assert fitting is not None
    assert fitting.lines[0][1] == seed


def test_a_column_keeps_some_words() -> None:
    fitting, _ = fitted(Table(["a", "b", "c"], [False] * 3, [["x" * 99] * 3]), 40, ())
    assert fitting is not None
    assert {cell_len(cell) for cell in fitting.lines[0]} == {FEW_WORDS}


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_said_of_one_thing_is_broken_between_words(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "columns", lambda: width)
    words = " ".join(f"{10**k:,}" for k in range(12))
    print_facts([["bits per character", words], ["path", "/a" * 200]])
    shown = capsys.readouterr().out
    assert all(f"{10**k:,}" in shown for k in range(12))
    assert all(len(line) <= width for line in shown.splitlines())
    assert "".join(shown.split()).endswith("/a" * 200)


def test_a_pipe_gets_every_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert not sys.stdout.isatty()
    print_table(["run", ">loss"], [["n" * 500, "0.1"]])
    assert "n" * 500 + "   0.1" in capsys.readouterr().out


def test_no_cell_breaks_its_line_or_commands_the_terminal() -> None:
    assert one_line("a\nb\t\x1b[31m\u202e") == r"a\nb\t\x1b[31m\u202e"


def summary(name: str, loss: float) -> RunSummary:
    return RunSummary(
        RunStatus(name, "finished", 100_000, 10**9, loss, 0.66, held_out_loss=loss),
        "text",
        "lstm",
        "cuda:0 NVIDIA H100 80GB HBM3",
        0.0,
        name,
    )


@pytest.mark.parametrize(("width", "length"), list(itertools.product(WIDTHS, (1, 18, 50, 70, 100))))
def test_one_long_name_leaves_the_figures_of_all_runs_whole(
    width: int, length: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "columns", lambda: width)
    print_lines([summary("short", 1.26e31), summary("n" * length, 1e-30), DamagedRun("bad", "it is torn", 0.0)])
    out, err = capsys.readouterr()
    bits = format.loss(1.26e31, BITS)
    assert bits in out
    assert format.loss(1e-30, BITS) in out
    assert out.count("0.660") == 2
    assert "1.26e31" in out or "loss" in err
    assert all(cell_len(line) <= width or "nnn" in line for line in out.splitlines())
    assert "it is torn" in err
