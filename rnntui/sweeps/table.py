"""The results of a sweep in tables: one row a run as CSV, and one line a group over its seeds.

A *row* is what is known of one run: `run`, its place on the axes, the figures below and the rest of its settings. Rows
come in the plan's order and keep it, and equal numbers are written alike, so equal results make equal files.
"""

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from rnntui.config import WINDOW
from rnntui.schemas import decoding
from rnntui.specs import TASKS
from rnntui.sweeps.names import shown
from rnntui.system import results
from rnntui.system.reading import read_bytes
from rnntui.text.format import figure
from rnntui.text.sanitize import shown_text

Row = Mapping[str, Any]

CSV, TABLE, FIGURES_DRAWN = "results.csv", "table.md", ("figure.svg", "figure.png")  # files of a sweep's results
SEED = "seed"
FIGURES = (
    "state",
    "fresh_accuracy",
    "accuracy",
    "best_accuracy",
    "solved_at",
    "step",
    "loss",
    "seconds",
    "reason",
    "parameters",
)
BITS = "bits_per_character"  # a figure of texts alone
OF_REGRESSION = ("test_loss",)
OF_CLASSIFICATION = ("fresh_accuracy", "accuracy", "best_accuracy", "solved_at")
MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")  # what Markdown would take for its own


@dataclass(frozen=True)
class Reference:
    """Accuracies from elsewhere, to compare with: each entry has some settings and an `accuracy`.

    `settings` says in words what all of them were measured with, for a reader to compare.
    """

    source: str
    entries: tuple[Row, ...]
    settings: str = ""

    def accuracies(self, settings: Row) -> tuple[float, ...]:
        """Those of the entries that agree with these settings in every name that both have."""
        return tuple(entry["accuracy"] for entry in self.entries if _agrees(entry, settings))


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but the seed. `point` is their place on the other axes.

    `scores` are accuracies on fresh examples, of a regression losses, of the runs that have one; `solved_at` are the
    steps of those that solved; `runs` are those that gave a result, `failed` those that could not be trained.
    """

    point: dict[str, Any]
    scores: tuple[float, ...]
    solved_at: tuple[int, ...]
    runs: int
    failed: int = 0
    reference: tuple[float, ...] = ()
    parameters: int | None = None  # that are trained, where all its runs have as many
    holds_out: bool = False  # a task that is never solved, and is scored in bits
    bits: tuple[float, ...] = ()  # per character of the held-out text
    in_loss: bool = False  # a regression, which is never solved either: lower is better
    too_short: int = 0  # runs that had too few steps to be solved or not

    @property
    def mean(self) -> float | None:
        """Mean score."""
        return _mean(self.scores)

    @property
    def std(self) -> float | None:
        """Standard deviation of the score over the seeds (n − 1); `None` for fewer than two."""
        return stdev(self.scores) if len(self.scores) > 1 else None

    @property
    def share_solved(self) -> float | None:
        """Share of the runs that solved their task, of those for which that is measured."""
        return len(self.solved_at) / self.measured if self.measured else None

    @property
    def measured(self) -> int:
        """Runs of which it is known whether they solved their task."""
        return self.runs - self.too_short


# --- a row a run ----------------------------------------------------------------------------------------------------


def write_csv(path: Path, rows: Iterable[Row], axes: Sequence[str], figures: Sequence[str] = FIGURES) -> None:
    """Write `results.csv`: run, axes, figures, then the other settings; empty where something is not known."""
    kept = list(rows)
    is_regression = any(OF_REGRESSION[0] in row for row in kept)
    known = [name for name in figures if name not in OF_CLASSIFICATION] if is_regression else figures
    first = list(dict.fromkeys(("run", *axes, *known)))
    columns = list(dict.fromkeys((*first, *(name for row in kept for name in row))))
    text = StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow([shown_text(name) for name in columns])
    out.writerows([_written(row.get(name)) for name in columns] for row in kept)
    results.write(path, text.getvalue().encode())


def _written(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value + 0.0) if isinstance(value, float) else shown_text(str(value))  # -0.0 becomes 0.0


# --- a line a group -------------------------------------------------------------------------------------------------


def over_seeds(rows: Iterable[Row], axes: Sequence[str], reference: Reference | None = None) -> list[Group]:
    """The groups of runs that share a place on all axes but the seed, in order of their first row."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    names = [axis for axis in axes if axis != SEED]
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return [_group(dict(zip(names, place, strict=True)), of, reference) for place, of in groups.items()]


def _group(point: dict[str, Any], rows: Sequence[Row], reference: Reference | None) -> Group:
    failed = sum(row.get("state") == "failed" for row in rows)
    task = TASKS.get(str(rows[0].get("task")))
    in_loss, holds_out = task is not None and not task.has_accuracy, task is not None and task.holds_out
    score = "test_loss" if in_loss else "fresh_accuracy"
    return Group(
        point,
        tuple(row[score] for row in rows if _is_number(row.get(score))),
        tuple(row["solved_at"] for row in rows if row.get("solved_at") is not None),
        len(rows) - failed,
        failed,
        reference.accuracies(_shared(rows)) if reference is not None else (),
        _shared(rows).get("parameters"),
        holds_out,
        tuple(row[BITS] for row in rows if _is_number(row.get(BITS))),
        in_loss,
        sum(
            row.get("solved_at") is None and is_too_short(row.get("state", ""), row.get("step") or WINDOW)
            for row in rows
        ),
    )


def is_too_short(state: str, step: int) -> bool:
    """Whether a run ended with too few steps for *smoothed*, and so for being solved or not."""
    return state == "finished" and step < WINDOW


def _shared(rows: Sequence[Row]) -> Row:
    """The columns in which all rows of a group agree."""
    return {name: value for name, value in rows[0].items() if all(row.get(name) == value for row in rows)}


def columns(groups: Sequence[Group], axes: Sequence[str]) -> list[str]:
    """The heads of the table over seeds; one that begins with `>` stands over numbers."""
    reference = [">reference"] if any(group.reference for group in groups) else []
    names = [axis for axis in axes if axis != SEED]
    numbers = {name for name in names if all(_is_number(group.point[name]) for group in groups)}
    heads = [f">{name}" if name in numbers else name for name in names]
    parameters = [">parameters"] if any(group.parameters for group in groups) else []
    reached = [">bits"] if any(group.holds_out for group in groups) else [">solved", ">solved at"]
    reached = [] if any(group.in_loss for group in groups) else reached
    spread = [">std"] if any(group.std is not None for group in groups) else []
    return [*heads, *parameters, ">mean", *spread, *reference, ">min", ">max", *reached, ">runs"]


def lines(groups: Sequence[Group], axes: Sequence[str]) -> list[list[str]]:
    """The table over seeds: accuracy on fresh examples, share solved, mean step of those that solved; of texts the mean
    bits per character of what is held out, instead of the last two.
    """
    heads = columns(groups, axes)
    names = [axis for axis in axes if axis != SEED]
    told = {name: shown(name, [group.point[name] for group in groups]) for name in names}
    return [_line(group, [told[name][group.point[name]] for name in names], heads) for group in groups]


def _line(group: Group, point: Sequence[Any], heads: Sequence[str]) -> list[str]:
    place = [_shown(value) for value in point]
    if ">parameters" in heads:
        place.append(f"{group.parameters:,}" if group.parameters else "–")
    reference = [_several(group.reference)] if ">reference" in heads else []
    told = figure if group.in_loss else _share
    extremes = [told(pick(group.scores, default=None)) for pick in (min, max)]
    runs = f"{group.runs} ({group.failed} failed)" if group.failed else str(group.runs)
    spread = [told(group.std)] if ">std" in heads else []
    return [*place, told(group.mean), *spread, *reference, *extremes, *_reached(group), runs]


def _reached(group: Group) -> list[str]:
    if group.in_loss:
        return []
    if group.holds_out:
        return [_share(_mean(group.bits))]
    is_known = group.measured or not group.too_short
    solved = f"{len(group.solved_at)}/{group.measured}" if is_known else "–"
    return [solved, f"{fmean(group.solved_at):,.0f}" if group.solved_at else "–"]


def markdown(groups: Sequence[Group], axes: Sequence[str]) -> str:
    """The table over seeds in Markdown."""
    return in_markdown(columns(groups, axes), lines(groups, axes))


def in_markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, its columns aligned; ends with a newline."""
    table = [[head.removeprefix(">") for head in heads], *rows]
    turned = zip(heads, zip(*table, strict=True), strict=True)
    aligned = [_aligned([escaped(cell) for cell in column], head.startswith(">")) for head, column in turned]
    return "".join(f"| {' | '.join(row)} |\n" for row in zip(*aligned, strict=True))


def _aligned(column: Sequence[str], to_right: bool) -> list[str]:
    """A column of equal width, with the rule under its head that tells Markdown the side."""
    width = max(3, *map(len, column))
    head, *cells = [cell.rjust(width) if to_right else cell.ljust(width) for cell in column]
    return [head, "-" * (width - 1) + (":" if to_right else "-"), *cells]


def _several(accuracies: Sequence[float]) -> str:
    """The mean of several accuracies, followed by each of them."""
    singles = f" ({', '.join(_share(accuracy) for accuracy in accuracies)})" if len(accuracies) > 1 else ""
    return _share(_mean(accuracies)) + singles


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def escaped(text: str) -> str:
    return MARKUP.sub(r"\\\1", shown_text(text).replace("\n", " ").replace("\t", " "))


# --- what others measured -------------------------------------------------------------------------------------------


def read_reference(path: Path) -> Reference:
    """Read `{"source": …, "settings": …, "runs": [{setting: value, …, "accuracy": 0…1}, …]}`.

    Raises `ValueError` for a file that cannot be read or holds something else.
    """
    where = f"the reference {str(path)!r}"
    content = decoding.parsed(read_bytes(path, where, decoding.MOST), where, path.name)
    runs = content.get("runs") if isinstance(content, dict) else None
    if not isinstance(runs, list):
        raise ValueError(f'{where} must be an object with a list "runs"')
    for number, entry in enumerate(runs, 1):
        if not (isinstance(entry, dict) and _is_accuracy(entry.get("accuracy"))):
            raise ValueError(f"{where}: run {number} must be an object with an accuracy from 0 to 1")
    return Reference(str(content.get("source", path.name)), tuple(runs), str(content.get("settings", "")))


def _agrees(entry: Row, settings: Row) -> bool:
    both = [name for name in entry if name != "accuracy" and name in settings]
    return bool(both) and all(entry[name] == settings[name] for name in both)


def _is_accuracy(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_number(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
