"""The picture of a sweep's screen: `python docs/sweep_picture.py [lengths] [--size 110x38] [--file docs/sweep.svg]`.

Shows what docs/results/ has of a sweep that rnntui brings, on a screen without a terminal; nothing is trained.
`--figure` draws the accuracies of palindromes as `rnntui sweep` did, `--reference JSON` with those of another program.
"""

import asyncio
import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from camera import DOCS, arguments, take

from rnntui.commands.sweep_report import names_of_axes
from rnntui.plots import sweep as plots
from rnntui.sweeps import plan as plans
from rnntui.sweeps import table
from rnntui.sweeps.folder import Result, Sweep
from rnntui.sweeps.pool import Pool
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.sweep.screen import SweepScreen

SELECTED = 5  # rows below the first one: where the seeds of a length differ
CHANCE = 0.1  # accuracy of guessing one of ten digits


async def screen(name: str, size: tuple[int, int], file: Path) -> None:
    with opened(name) as sweep:
        app = ViewerApp(SweepScreen(Pool(sweep)))
        async with app.run_test(size=size) as pilot:
            await pilot.press(*["down"] * SELECTED)
            await pilot.pause()
            take(app, file)


def figure(name: str, reference: Path | None) -> None:
    known = None if reference is None else table.read_reference(reference)
    files = [DOCS / "results" / name / file for file in table.FIGURES_DRAWN]
    with opened(name) as sweep:
        groups = table.over_seeds(sweep.rows(), names_of_axes(sweep), known)
        drawn, title = sweep.plan.figure, sweep.plan.heading
        plots.accuracy(files, groups, x=drawn.x, line=drawn.line, panel=drawn.panel, chance=CHANCE, title=title)


@contextmanager
def opened(name: str) -> Iterator[Sweep]:
    """A sweep as if it had been trained here."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep.open(Path(folder), None, plans.find(name))
        sweep.results = recorded(name)
        if sweep.wanted():
            raise SystemExit(f"docs/results/{name} has not all runs of that sweep")
        yield sweep
        sweep.close()


def recorded(name: str) -> dict[str, Result]:
    """What came out of each run."""
    with (DOCS / "results" / name / "results.csv").open(encoding="utf-8", newline="") as file:
        return {row["run"]: result(row) for row in csv.DictReader(file)}


def result(row: dict[str, str]) -> Result:
    """What a row of the table says; an empty cell is not known."""

    def number(column: str) -> float | None:
        return float(row[column]) if row[column] else None

    return Result(
        state=row["state"],
        step=int(row["step"]),
        loss=number("loss"),
        accuracy=number("accuracy"),
        best_accuracy=number("best_accuracy"),
        test_accuracy=number("fresh_accuracy"),
        solved_at=int(row["solved_at"]) if row["solved_at"] else None,
        seconds=number("seconds"),
        reason=row["reason"],
    )


if __name__ == "__main__":
    parser = arguments(__doc__, "sweep.svg", "110x38")
    parser.add_argument("name", nargs="?", default="lengths")
    parser.add_argument("--figure", action="store_true")
    parser.add_argument("--reference", type=Path, metavar="JSON")
    options = parser.parse_args()
    if options.figure:
        figure(options.name, options.reference)
    else:
        asyncio.run(screen(options.name, options.size, options.file))
