"""The results of a sweep from what is on disk: a row a run, a table over seeds, and its figure."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rnntui.commands.tables import print_table
from rnntui.config import WINDOW
from rnntui.specs import TASKS, TaskSpec
from rnntui.sweeps import search, table
from rnntui.sweeps.best import Chosen, chosen
from rnntui.sweeps.folder import Sweep, curve
from rnntui.sweeps.table import CSV, FIGURES_DRAWN, TABLE, Group, Reference, is_too_short
from rnntui.system import results
from rnntui.text.format import counted, duration
from rnntui.text.sanitize import shown_text

ENDED = ("finished", "diverged")  # runs that gave a result
LEFT_OUT = (("parameters",), ("std",), ("reference",), ("solved at",), ("min", "max"))  # in a narrow terminal
WHAT_IS_SHOWN_OF_TEXTS = (
    "mean, min and max are of the accuracy on the held-out text, over the seeds, std is its standard deviation; bits "
    "are the mean of its bits per character; parameters are those that are trained"
)
WHAT_IS_SHOWN_OF_LOSSES = (
    "mean, min and max are of the loss on 10,000 fresh examples, over the seeds, std is its standard deviation; "
    "parameters are those that are trained"
)
WHAT_IS_SHOWN = (
    "mean, min and max are of the accuracy on 10,000 fresh examples, over the seeds, std is its standard deviation; "
    "solved counts the runs whose smoothed accuracy was at least 0.98 at some step, solved at is the mean of the first "
    "such step; parameters are those that are trained"
)


def write(sweep: Sweep, folder: Path, reference: Reference | None) -> list[Path]:
    """Write all results into a folder; the files. A sweep of which nothing has ended has none.

    Raises `ValueError` for a file that is a link, and `OSError`.
    """
    rows = list(sweep.rows())
    if not rows:
        return []
    axes = names_of_axes(sweep)
    table.write_csv(folder / CSV, rows, axes)
    results.write(folder / TABLE, _markdown(sweep, reference).encode())
    figures = [folder / name for name in FIGURES_DRAWN]
    _draw(sweep, figures, reference)
    return [folder / CSV, folder / TABLE, *figures]


def tell(sweep: Sweep, files: Sequence[Path], reference: Reference | None) -> None:
    """The table over seeds and where the results are, on standard output."""
    if not files:
        print(shown_text(f"{sweep.name}: no run has ended yet"))
        return
    groups, axes = _groups(sweep, reference), names_of_axes(sweep)
    best = _chosen(sweep, groups)
    shown = [choice.group for choice in best] if best else groups
    print_table(table.columns(shown, axes), table.lines(shown, axes), leave_out=LEFT_OUT)
    for sentence in _sentences(sweep, best):
        print(shown_text(sentence))
    print(shown_text(f"kept in {files[0].parent}: {', '.join(file.name for file in files)}"))


def as_dict(sweep: Sweep, reference: Reference | None) -> dict[str, Any]:
    """All results, as `--json` prints them."""
    groups = _groups(sweep, reference)
    return {
        "sweep": sweep.name,
        "path": str(sweep.path),
        "title": sweep.plan.heading,
        "done": not sweep.wanted(),
        "seconds": sweep.seconds,
        "runs": list(sweep.rows()),
        "over_seeds": [
            {**asdict(group), "mean": group.mean, "std": group.std, "share_solved": group.share_solved}
            for group in groups
        ],
        "chosen": [{**choice.group.point, "at_edge": choice.at_edge} for choice in _chosen(sweep, groups)],
        "frontier": {
            frontier.place: {"value": frontier.value, "at_limit": frontier.at_limit, "found": frontier.is_found}
            for frontier in _frontiers(sweep)
        },
    }


def names_of_axes(sweep: Sweep) -> list[str]:
    """The axes of a sweep, the one it searches along before the seed."""
    axes = [name for name in sweep.plan.every_axis if name != table.SEED]
    if sweep.plan.search is not None:
        axes.append(sweep.plan.search.axis)
    return [*axes, table.SEED] if table.SEED in sweep.plan.axes else axes


def _groups(sweep: Sweep, reference: Reference | None) -> list[Group]:
    return table.over_seeds(sweep.rows(), names_of_axes(sweep), reference)


def _chosen(sweep: Sweep, groups: Sequence[Group]) -> list[Chosen]:
    return chosen(groups, sweep.plan.figure.choose) if sweep.plan.figure.choose else []


# --- in words -------------------------------------------------------------------------------------------------------


def _markdown(sweep: Sweep, reference: Reference | None) -> str:
    groups, axes = _groups(sweep, reference), names_of_axes(sweep)
    best = _chosen(sweep, groups)
    parts = [f"# {table.escaped(sweep.plan.heading)}\n"]
    if best:
        parts += [f"The best {sweep.plan.figure.choose} of each:\n", table.markdown([b.group for b in best], axes)]
        parts += ["All:\n"]
    parts += [
        table.markdown(groups, axes),
        f"{_what_is_shown(TASKS[sweep.plan.task])}\n",
        *(f"{table.escaped(line)}\n" for line in _sentences(sweep, best)),
    ]
    if reference is not None:
        parts.append(f"Reference: {table.escaped(reference.source)}\n")
        parts += [f"Its settings: {table.escaped(reference.settings)}\n"] if reference.settings else []
    return "\n".join(parts)


def _what_is_shown(task: TaskSpec) -> str:
    if task.holds_out:
        return WHAT_IS_SHOWN_OF_TEXTS
    return WHAT_IS_SHOWN if task.has_accuracy else WHAT_IS_SHOWN_OF_LOSSES


def _sentences(sweep: Sweep, best: Sequence[Chosen]) -> Iterator[str]:
    """Sentences below the table."""
    edge = [", ".join(str(v) for k, v in choice.group.point.items()) for choice in best if choice.at_edge]
    if edge:
        yield f"at the edge of the {sweep.plan.figure.choose} grid: {'; '.join(edge)}"
    short = sum(
        is_too_short(result.state, result.step) for result in sweep.results.values() if result.solved_at is None
    )
    if short and TASKS[sweep.plan.task].can_be_solved:
        yield f"{counted(short, 'run')} of fewer than {WINDOW} steps: whether it was solved is not measured"
    for frontier in _frontiers(sweep):
        share = sweep.plan.search.share if sweep.plan.search else 1.0
        axis = sweep.plan.figure.x
        reached = f"{axis} {frontier.value:,}" if frontier.value is not None else f"no {axis} that was tried"
        bound = f" (at least {frontier.value:,}: the search's limit)" if frontier.at_limit else ""
        so_far = "" if frontier.is_found else " so far"
        yield f"{frontier.place}: {reached} is the largest solved in at least {share:.0%} of the seeds{so_far}{bound}"
    yield progress_in_words(sweep)


def progress_in_words(sweep: Sweep) -> str:
    """A sentence with the number of runs done and the time they took."""
    ended = [result for result in sweep.results.values() if result.state in ENDED]
    left, failed = len(sweep.wanted()), sum(result.state == "failed" for result in sweep.results.values())
    unfinished = f"; {left} to do" if left else ""
    failures = f"; {failed} failed" if failed else ""
    training = duration(sum(result.seconds or 0.0 for result in ended))
    spent = f", {duration(sweep.seconds)} from start to end" if sweep.seconds else ""
    return f"{counted(len(ended), 'run')}{unfinished}{failures}: {training} of training{spent}"


@dataclass(frozen=True)
class _Frontier:
    """The result of one search: the largest value solved, whether it is over, and whether it ended at its limit."""

    place: str  # on the axes
    value: int | None
    is_found: bool
    at_limit: bool


def _frontiers(sweep: Sweep) -> Iterator[_Frontier]:
    """The frontier of each search."""
    plan = sweep.plan
    if plan.search is None:
        return
    for group in search.groups(plan):
        place = ", ".join(str(value) for axis, value in group[0].items() if axis != table.SEED)
        outcomes = search.outcomes(plan, group, sweep.solved())
        is_found = search.next_value(plan.search, outcomes) is None
        value = search.frontier(plan.search, outcomes)
        yield _Frontier(place or plan.name, value, is_found, value == plan.search.limit)


# --- drawn ----------------------------------------------------------------------------------------------------------


def _draw(sweep: Sweep, files: Sequence[Path], reference: Reference | None) -> None:
    from rnntui.plots import sweep as plots

    figure, plan = sweep.plan.figure, sweep.plan
    all_groups = _groups(sweep, reference)  # those that only failed, too: their place stays on the axis
    groups = [group for group in all_groups if group.runs]
    if figure.kind == "frontier" and plan.search is not None:
        plots.frontier(files, groups, y=plan.search.axis, share=plan.search.share, title=plan.heading)
    elif figure.kind == "curves":
        plots.curves(
            files,
            _curves(sweep, groups),
            line=figure.line,
            panel=figure.panel,
            chance=_chance(sweep),
            title=plan.heading,
        )
    else:
        plots.accuracy(
            files,
            all_groups,
            x=figure.x,
            line=figure.line,
            panel=figure.panel,
            chance=_chance(sweep),
            title=plan.heading,
        )


def _curves(sweep: Sweep, groups: Sequence[Group]) -> list[Any]:
    """The curves of all runs that ended, or of those with the best value of `choose` alone."""
    from rnntui.plots.sweep import AccuracyCurve

    best = [choice.group.point for choice in _chosen(sweep, groups)]
    curves = []
    for job in sweep.jobs():
        point = {name: value for name, value in job.point.items() if name != table.SEED}
        result = sweep.results.get(job.name)
        if result is not None and result.state in ENDED and (not best or point in best):
            rows = curve(sweep.run(job), result.step)
            curves.append(AccuracyCurve(point, [step for step, _ in rows], [accuracy for _, accuracy in rows]))
    return curves


def _chance(sweep: Sweep) -> float | None:
    """The accuracy of guessing, as recorded by a run."""
    for job in sweep.jobs():
        result = sweep.results.get(job.name)
        if result is not None and result.state in ENDED:
            with suppress(ValueError):  # the run was removed since, or its settings are damaged
                baselines = sweep.run(job).config().baselines
                return baselines["chance"][1] if "chance" in baselines else None
    return None
