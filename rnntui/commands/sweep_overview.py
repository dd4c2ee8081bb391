"""`rnntui runs show SWEEP`: a sweep's plan, its progress, its result files, and its runs in a table."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rnntui import runs
from rnntui.commands.runs import Line, lines_as_dicts, print_lines
from rnntui.commands.tables import print_facts
from rnntui.runs.folders import sweep_called
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.table import CSV, FIGURES_DRAWN, TABLE
from rnntui.system.output import as_json
from rnntui.text.format import MOST_LISTED, duration, listed


def show(folder: Path, *, wants_json: bool) -> None:
    """All that is known of the sweep in that folder. Raises `ValueError` where it is damaged."""
    sweep = Sweep.read(folder.parent, folder.name)
    lines = _in_order(sweep)
    if wants_json:
        print(as_json({**_facts(sweep), "runs": lines_as_dicts(lines)}))
        return
    print_facts(_rows(sweep))
    if lines:
        print()
        print_lines(lines)


def _in_order(sweep: Sweep) -> list[Line]:
    """The runs that are on disk, as the plan has them; then what it does not know."""
    places = {job.name: place for place, job in enumerate(sweep.jobs())}
    return sorted(
        runs.survey(sweep.path), key=lambda line: places.get(line.name.removeprefix(f"{sweep.name}/"), len(places))
    )


def _facts(sweep: Sweep) -> dict[str, Any]:
    return {
        "sweep": sweep.name,
        "path": str(sweep.path),
        "plan": sweep.plan.as_dict(),
        "ended": len(sweep.results),
        "failed": len(_failures(sweep)),
        "failures": _failures(sweep),
        "to_do": len(sweep.wanted()),
        "seconds": sweep.seconds,
        "results": [str(sweep.path / name) for name in _results(sweep)],
    }


def _rows(sweep: Sweep) -> Iterable[list[str]]:
    plan, search = sweep.plan, sweep.plan.search
    yield ["sweep", f"{sweep.name}: {plan.heading}"]
    yield ["base", _named(plan.base)]
    for variant, settings in plan.variants.items():
        yield ["variant", f"{variant}: {_named(settings)}"]
    for axis, values in plan.axes.items():
        yield ["axis", f"{axis} {listed([str(value) for value in values])}"]
    if search is not None:
        yield ["search", f"{search.axis} from {search.start:,} to {search.limit:,}, solved in {search.share:.0%}"]
    yield ["runs", _how_far(sweep)]
    failures = [f"{name}: {reason}" for name, reason in _failures(sweep).items()]
    for failure in failures[:MOST_LISTED]:
        yield ["failed", failure]
    if len(failures) > MOST_LISTED:
        yield ["failed", f"and {len(failures) - MOST_LISTED:,} more: --json lists all"]
    yield ["results", _where(sweep)]


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _how_far(sweep: Sweep) -> str:
    ended, left, failed = len(sweep.results), len(sweep.wanted()), len(_failures(sweep))
    failures = f", {failed} of them failed" if failed else ""
    way_on = f"; {left:,} to do: `rnntui sweep {sweep_called(sweep.path)}` resumes it" if left else ""
    spent = f"; {duration(sweep.seconds)} from start to end" if sweep.seconds else ""
    return f"{ended:,} ended{failures}{way_on}{spent}"


def _where(sweep: Sweep) -> str:
    names = _results(sweep)
    if names:
        return f"{', '.join(names)} in {sweep.path}"
    return f"none yet: `rnntui sweep {sweep_called(sweep.path)} --report` draws them" if sweep.results else "none yet"


def _results(sweep: Sweep) -> list[str]:
    return [name for name in (CSV, TABLE, *FIGURES_DRAWN) if (sweep.path / name).exists()]


def _failures(sweep: Sweep) -> dict[str, str]:
    """Why each run failed that did, by its name."""
    return {name: result.reason for name, result in sweep.results.items() if result.state == "failed"}
