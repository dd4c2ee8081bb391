"""Runs as they are named on the command line. What `last` means is printed, since the user cannot see it."""

from collections.abc import Iterable
from pathlib import Path

from rnntui import runs
from rnntui.runs import Run
from rnntui.runs.finding import ANY, LAST, UNFINISHED, Use, last, newest_first
from rnntui.runs.folders import called
from rnntui.system.output import say

TOGETHER = 10.0  # seconds: what stopped within them was on one screen


def named(root: Path, reference: str, use: Use) -> Run:
    """The run of that name; `last` is the newest that the command can use. Raises `ValueError` as `runs.find`."""
    run = runs.find(root, reference, use)
    if reference == LAST:
        say(f"last is {run.name}")
    return run


def all_named(root: Path, references: Iterable[str], use: Use) -> list[Run]:
    """The runs of those names, in their order. Raises `ValueError` as `runs.find`."""
    return [named(root, reference, use) for reference in references]


def to_resume(root: Path, references: Iterable[str]) -> list[Run]:
    """The runs to be resumed, each once; `last` is the newest unfinished one, where all are finished the newest.

    Raises `ValueError` as `runs.find`.
    """
    runs_named = (
        _last_to_resume(root) if reference == LAST else runs.find(root, reference) for reference in references
    )
    return list({run.path.resolve(): run for run in runs_named}.values())


def _last_to_resume(root: Path) -> Run:
    try:
        run = last(root, UNFINISHED)
    except ValueError:
        return named(root, LAST, ANY)
    beside = [called(other.path) for other in _beside(root, run)]
    both = (
        f"; `rnntui resume {' '.join([called(run.path), *beside])}` also opens the run that was beside it"
        if beside
        else ""
    )
    say(f"last is {run.name}{both}")
    return run


def _beside(root: Path, run: Run) -> list[Run]:
    """The unfinished runs that were trained on one screen with a run."""
    near = [other for other in newest_first(root) if abs(other.changed() - run.changed()) <= TOGETHER]
    alone = (other for other in near if other.path != run.path and "/" not in other.name)
    return [other for other in alone if "/" not in run.name and UNFINISHED.admits(other)]
