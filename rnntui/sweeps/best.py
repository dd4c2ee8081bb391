"""Which value of an axis did best for each line, such as the learning rate of each optimizer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from rnntui.sweeps.table import Group


@dataclass(frozen=True)
class Chosen:
    """The best group of a line. `at_edge` says that its value is the first or last on the axis that was searched."""

    group: Group
    at_edge: bool


def chosen(groups: Sequence[Group], axis: str) -> list[Chosen]:
    """For each place on the other axes, the group whose value of `axis` did best.

    Best is what more seeds solve, then what solves in fewer steps, then the higher mean accuracy; of a regression, the
    lower mean loss.
    """
    lines: dict[tuple[object, ...], list[Group]] = {}
    for group in groups:
        lines.setdefault(tuple(value for name, value in group.point.items() if name != axis), []).append(group)
    return [_best(of, axis) for of in lines.values()]


def _best(groups: Sequence[Group], axis: str) -> Chosen:
    best = max(groups, key=_merit)
    values = [group.point[axis] for group in groups]
    edges = (min(values), max(values)) if len(set(values)) > 1 else ()
    return Chosen(best, best.point[axis] in edges)


def _merit(group: Group) -> tuple[float, float, float]:
    solved_at = -fmean(group.solved_at) if group.solved_at else -math.inf
    if group.in_loss:
        return 0.0, 0.0, -math.inf if group.mean is None else -group.mean
    return group.share_solved or 0.0, solved_at, group.mean or 0.0
