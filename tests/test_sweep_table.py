"""Results of a sweep as tables, from rows made by hand."""

import csv
import json
import math
from pathlib import Path
from statistics import stdev
from typing import Any

import pytest

from rnntui.sweeps import table
from rnntui.sweeps.plan import find

AXES = ["length", "cell", "seed"]


def row(length: int, cell: str, seed: int, fresh: float | None, **more: Any) -> dict[str, Any]:
    """What is known of one run; its settings stand first, as a run's do."""
    settings = {"cell": cell, "length": length, "seed": seed, "input": "scalar", "lr": 0.001, "stateful": False}
    figures = {"state": "finished", "fresh_accuracy": fresh, "accuracy": fresh, "solved_at": None, "loss": None}
    return {"run": f"{cell}-{length}-{seed}", **settings, **figures, **more}


ROWS = [
    row(5, "rnn", 0, 1.0, solved_at=300),
    row(5, "rnn", 1, 0.5),
    row(5, "lstm", 0, 0.25),
    row(5, "lstm", 1, None, state="failed", reason="out of memory"),
    row(10, "rnn", 0, 0.125, solved_at=1000),
    row(10, "rnn", 1, 0.375, solved_at=2001),
    row(10, "lstm", 0, None, state="diverged"),
    row(10, "lstm", 1, 0.1),
]


def reference(tmp_path: Path, content: Any) -> Path:
    """A file of accuracies that somebody else measured."""
    path = tmp_path / "reference.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# --- a row a run ----------------------------------------------------------------------------------------------------


def test_the_csv_has_run_axes_figures_then_the_other_settings(tmp_path: Path) -> None:
    table.write_csv(tmp_path / "results.csv", ROWS, AXES)
    header = (tmp_path / "results.csv").read_text().splitlines()[0].split(",")
    assert header == ["run", *AXES, *table.FIGURES, "input", "lr", "stateful"]


def test_the_csv_keeps_every_row_in_its_order_and_every_number_to_the_bit(tmp_path: Path) -> None:
    rows = [row(5, "rnn", seed, value) for seed, value in enumerate((1 / 3, 0.1 + 0.2, 1e-300))]
    table.write_csv(tmp_path / "results.csv", iter(rows), AXES)
    found = read_csv(tmp_path / "results.csv")
    assert [row["run"] for row in found] == ["rnn-5-0", "rnn-5-1", "rnn-5-2"]
    assert [float(row["fresh_accuracy"]) for row in found] == [1 / 3, 0.1 + 0.2, 1e-300]


def test_what_is_not_known_is_empty_in_the_csv(tmp_path: Path) -> None:
    rows = [row(5, "rnn", 0, None, loss=math.nan), row(5, "rnn", 1, 0.5, loss=math.inf, corpus="x")]
    table.write_csv(tmp_path / "results.csv", rows, AXES)
    first, second = read_csv(tmp_path / "results.csv")
    assert (first["fresh_accuracy"], first["loss"], first["corpus"], first["seconds"]) == ("", "", "", "")
    assert (second["loss"], second["corpus"], second["stateful"]) == ("", "x", "false")


def test_equal_results_make_equal_bytes_whatever_the_sign_of_zero(tmp_path: Path) -> None:
    for name, zero in (("a.csv", 0.0), ("b.csv", -0.0)):
        table.write_csv(tmp_path / name, [row(5, "rnn", 0, zero)], AXES)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert b"\r" not in (tmp_path / "a.csv").read_bytes()


def test_a_csv_holds_any_text_of_a_user_and_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    table.write_csv(tmp_path / "results.csv", [row(5, "rnn", 0, 1.0, variant='a "b", c\x1b[31m\nd\udc80')], AXES)
    assert read_csv(tmp_path / "results.csv")[0]["variant"] == 'a "b", c\\x1b[31m\nd\\udc80'


# --- a line a group -------------------------------------------------------------------------------------------------


def test_groups_are_over_the_seed_alone_in_the_order_of_the_rows() -> None:
    points = [group.point for group in table.over_seeds(ROWS, AXES)]
    assert points == [{"length": length, "cell": cell} for length in (5, 10) for cell in ("rnn", "lstm")]


def test_a_group_has_the_mean_of_its_runs_and_the_share_that_solved() -> None:
    first, _, third, _ = table.over_seeds(ROWS, AXES)
    assert (first.mean, first.share_solved, first.solved_at) == (0.75, 0.5, (300,))
    assert (third.mean, third.share_solved, third.solved_at) == (0.25, 1.0, (1000, 2001))


def test_the_spread_over_seeds_is_a_column_where_there_are_two() -> None:
    first, second, *_ = groups = table.over_seeds(ROWS, AXES)
    assert first.std == pytest.approx(stdev(first.scores))
    assert second.std is None  # of one run
    heads, lines = table.columns(groups, AXES), table.lines(groups, AXES)
    assert [line[heads.index(">std")] for line in lines[:2]] == [f"{first.std:.3f}", "–"]
    assert ">std" not in table.columns([second], AXES)


def test_a_failed_run_counts_as_unknown_and_a_diverged_one_as_not_solved() -> None:
    _, failed, _, diverged = table.over_seeds(ROWS, AXES)
    assert (failed.runs, failed.failed, failed.mean, failed.share_solved) == (1, 1, 0.25, 0.0)
    assert (diverged.runs, diverged.failed, diverged.mean, diverged.share_solved) == (2, 0, 0.1, 0.0)


def test_a_group_of_failures_has_no_mean_and_no_share() -> None:
    (group,) = table.over_seeds([row(5, "rnn", 0, None, state="failed")], AXES)
    assert (group.mean, group.share_solved) == (None, None)
    assert table.lines([group], AXES) == [["5", "rnn", "–", "–", "–", "0/0", "–", "0 (1 failed)"]]


def test_runs_of_too_few_steps_do_not_count_as_not_solved() -> None:
    short = [row(5, "rnn", seed, 1.0, step=60) for seed in range(3)]
    (group,) = table.over_seeds(short, AXES)
    assert (group.mean, group.share_solved, group.runs) == (1.0, None, 3)
    assert table.lines([group], AXES) == [["5", "rnn", "1.000", "0.000", "1.000", "1.000", "–", "–", "3"]]
    long = [row(5, "rnn", 3, 1.0, step=100), row(5, "rnn", 4, 1.0, step=100, solved_at=100)]
    (group,) = table.over_seeds([*short, *long], AXES)
    assert group.share_solved == 0.5
    assert table.lines([group], AXES) == [["5", "rnn", "1.000", "0.000", "1.000", "1.000", "1/2", "100", "5"]]


def test_the_lines_say_mean_extremes_solved_and_failed() -> None:
    groups = table.over_seeds(ROWS, AXES)
    assert table.columns(groups, AXES) == [
        ">length", "cell", ">mean", ">std", ">min", ">max", ">solved", ">solved at", ">runs",
    ]  # fmt: skip
    assert table.lines(groups, AXES) == [
        ["5", "rnn", "0.750", "0.354", "0.500", "1.000", "1/2", "300", "2"],
        ["5", "lstm", "0.250", "–", "0.250", "0.250", "0/1", "–", "1 (1 failed)"],
        ["10", "rnn", "0.250", "0.177", "0.125", "0.375", "2/2", "1,500", "2"],
        ["10", "lstm", "0.100", "–", "0.100", "0.100", "0/2", "–", "2"],
    ]


def test_markdown_is_aligned_and_its_numbers_stand_to_the_right() -> None:
    groups = table.over_seeds(ROWS, AXES)
    head, rule, *body = table.markdown(groups, AXES).splitlines()
    assert len({len(line) for line in (head, rule, *body)}) == 1
    cells = [cell.strip() for cell in rule.strip("|").split("|")]
    assert [cell.endswith(":") for cell in cells] == [True, False, *7 * [True]]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in body] == table.lines(groups, AXES)


def test_a_variant_is_no_markup_in_markdown() -> None:
    rows = [{"run": "a", "variant": "a|b *c* <d>\n\x1b", "seed": 0, "fresh_accuracy": 1.0}]
    text = table.markdown(table.over_seeds(rows, ["variant", "seed"]), ["variant", "seed"])
    assert r"| a\|b \*c\* \<d\> \\x1b |" in text
    assert len(text.splitlines()) == 3


def test_without_rows_there_is_a_table_of_nothing() -> None:
    assert len(table.markdown(table.over_seeds([], AXES), AXES).splitlines()) == 2


# --- what others measured -------------------------------------------------------------------------------------------

ENTRIES = [
    {"cell": "rnn", "input": "scalar", "length": 5, "accuracy": 1.0},
    {"cell": "rnn", "input": "scalar", "length": 5, "accuracy": 0.5},
    {"cell": "rnn", "input": "one-hot", "length": 5, "accuracy": 0.0},
    {"cell": "lstm", "input": "scalar", "length": 10, "accuracy": 0.25},
]


def test_a_reference_stands_beside_the_means_of_the_groups_that_agree_with_it(tmp_path: Path) -> None:
    known = table.read_reference(reference(tmp_path, {"source": "someone", "runs": ENTRIES}))
    groups = table.over_seeds(ROWS, AXES, known)
    assert known.source == "someone"
    assert [group.reference for group in groups] == [(1.0, 0.5), (), (), (0.25,)]
    assert table.columns(groups, AXES)[2:5] == [">mean", ">std", ">reference"]
    assert [line[4] for line in table.lines(groups, AXES)] == ["0.750 (1.000, 0.500)", "–", "–", "0.250"]


def test_a_reference_of_which_no_setting_is_known_agrees_with_nothing(tmp_path: Path) -> None:
    known = table.read_reference(reference(tmp_path, {"runs": [{"model": "rnn", "accuracy": 1.0}, {"accuracy": 1.0}]}))
    assert not any(group.reference for group in table.over_seeds(ROWS, AXES, known))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is nested too deeply"),
        ([], 'must be an object with a list "runs"'),
        ({"runs": {}}, 'must be an object with a list "runs"'),
        ({"runs": [{"accuracy": 1.0}, 3]}, "run 2 must be an object with an accuracy from 0 to 1"),
        ({"runs": [{"cell": "rnn"}]}, "run 1 must be an object with an accuracy from 0 to 1"),
        ({"runs": [{"accuracy": True}]}, "run 1 must be an object with an accuracy from 0 to 1"),
        ({"runs": [{"accuracy": 87.5}]}, "run 1 must be an object with an accuracy from 0 to 1"),
        ('{"runs": [{"accuracy": NaN}]}', "has NaN in place of a number"),
    ],
)
def test_a_reference_of_another_shape_is_refused_in_one_sentence(content: Any, sentence: str, tmp_path: Path) -> None:
    path = reference(tmp_path, content)
    with pytest.raises(ValueError, match=sentence) as refusal:
        table.read_reference(path)
    assert repr(str(path)) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_reference_that_is_not_there_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nothing\.json': it does not exist"):
        table.read_reference(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("what", "sentence"), [("/dev/zero", "is a device, not a file"), (".", "is a folder, not a file")]
)
def test_a_reference_or_plan_that_never_ends_is_refused(what: str, sentence: str, tmp_path: Path) -> None:
    """Neither is read: `/dev/zero` would take all memory."""
    with pytest.raises(ValueError, match=sentence):
        table.read_reference(Path(what))
    (tmp_path / "endless.toml").symlink_to(what)
    with pytest.raises(ValueError, match=sentence):
        find(str(tmp_path / "endless.toml"))
