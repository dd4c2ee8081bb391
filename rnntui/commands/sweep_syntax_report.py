"""The results of a sweep that measures syntax, drawn from disk: a row a run, step and temperature; table; figure."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rnntui.commands.sweep_report import names_of_axes, progress_in_words
from rnntui.commands.tables import print_table
from rnntui.sweeps import table
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.table import CSV, FIGURES_DRAWN, TABLE, Reference
from rnntui.sweeps.trajectories import COUNTS, SyntaxTrajectory, rows, trajectories
from rnntui.syntax.tally import SyntaxTally
from rnntui.system import results
from rnntui.text.format import DASH, counted
from rnntui.text.sanitize import shown_text

COLUMNS = ("kind", "step", "temperature", "share_valid", "share_closed", "share_known", *COUNTS)
Share = Callable[[SyntaxTally], float | None]
SHARES: dict[str, Share] = {
    "Valid texts": lambda tally: tally.share_valid,
    "Closed properly, of that and all faults": lambda tally: tally.share_closed,
}


def write(sweep: Sweep, folder: Path, reference: Reference | None) -> list[Path]:
    """Write all results into a folder; the files. A sweep of which nothing is measured yet has none.

    Raises `ValueError` for a reference: others have measured accuracies.
    """
    if reference is not None:
        raise ValueError("--reference has accuracies, and this sweep measures syntax: leave it out")
    measured, axes = list(rows(sweep)), names_of_axes(sweep)
    if not measured:
        return []
    table.write_csv(folder / CSV, measured, axes, COLUMNS)
    results.write(folder / TABLE, _markdown(sweep).encode())
    from rnntui.plots.syntax import syntax

    figures = [folder / name for name in FIGURES_DRAWN]
    syntax(figures, _trajectories(sweep), sweep.plan.heading)
    return [folder / CSV, folder / TABLE, *figures]


def tell(sweep: Sweep, files: Sequence[Path], reference: Reference | None) -> None:
    """The shares over steps and temperatures, and where the results are, on standard output."""
    if not files:
        print(f"{sweep.name}: no run has ended yet")
        return
    for name, share in SHARES.items():
        print(f"{name}\n")
        print_table(*_grid(_trajectories(sweep), share))
        print()
    for sentence in _sentences(sweep):
        print(shown_text(sentence))
    print(shown_text(f"kept in {files[0].parent}: {', '.join(file.name for file in files)}"))


def as_dict(sweep: Sweep, reference: Reference | None) -> dict[str, Any]:
    """All results, as `--json` prints them."""
    return {
        "sweep": sweep.name,
        "path": str(sweep.path),
        "title": sweep.plan.heading,
        "done": not sweep.wanted(),
        "seconds": sweep.seconds,
        "runs": list(sweep.rows()),
        "syntax": list(rows(sweep)),
    }


def _trajectories(sweep: Sweep) -> list[SyntaxTrajectory]:
    return trajectories(rows(sweep), names_of_axes(sweep))


def _markdown(sweep: Sweep) -> str:
    parts = [f"# {table.escaped(sweep.plan.heading)}\n"]
    for name, share in SHARES.items():
        parts += [f"{name}:\n", table.in_markdown(*_grid(_trajectories(sweep), share))]
    return "\n".join([*parts, *(f"{table.escaped(sentence)}\n" for sentence in _sentences(sweep))])


def _grid(measured: Sequence[SyntaxTrajectory], share: Share) -> tuple[list[str], list[list[str]]]:
    """Heads and lines: a line for each network and step, a column a temperature."""
    temperatures = list(dict.fromkeys(trajectory.temperature for trajectory in measured))
    networks: dict[tuple[Any, ...], dict[float, SyntaxTrajectory]] = {}
    for trajectory in measured:
        networks.setdefault(tuple(trajectory.point.values()), {})[trajectory.temperature] = trajectory
    lines = [
        [*map(str, place), f"{step:,}", *(_percent(own.get(temperature), step, share) for temperature in temperatures)]
        for place, own in networks.items()
        for step in sorted({step for trajectory in own.values() for step in trajectory.tallies})
    ]
    return [*measured[0].point, ">step", *(f">temperature {temperature:g}" for temperature in temperatures)], lines


def _percent(trajectory: SyntaxTrajectory | None, step: int, share: Share) -> str:
    tally = trajectory.tallies.get(step) if trajectory is not None else None
    value = share(tally) if tally is not None else None
    return DASH if value is None else f"{value:.0%}"


def _sentences(sweep: Sweep) -> Iterator[str]:
    """Sentences below the tables."""
    asked = sweep.plan.syntax
    assert asked is not None
    begun = (
        f"each after the first {counted(asked.prompt, 'character')} of a held-out piece"
        if asked.prompt
        else "from nothing"
    )
    texts = f"{counted(asked.samples, 'text')} of {counted(asked.length, 'character')}"
    yield f"{texts} a step, temperature and seed, {begun}"
    yield "a text in which nothing opens or closes is valid too"
    told = {}
    for trajectory in _trajectories(sweep):
        if trajectory.corpus_share is not None:
            place = ", ".join(map(str, trajectory.point.values())) or trajectory.kind
            pieces = counted(trajectory.corpus_pieces, "piece")
            told[place] = f"{place}: {trajectory.corpus_share:.1%} of {pieces} of the corpus are valid"
    yield from told.values()
    yield progress_in_words(sweep)
