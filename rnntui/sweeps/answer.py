"""What a sweep says so far, in numbers and in one sentence: its score along an axis, while its runs go on.

A *score* is the accuracy of a run, or a loss where that is what its task is measured in; of a run in training it is the
smoothed one of now.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from rnntui.config import is_of_task, spec
from rnntui.schemas import number
from rnntui.sweeps.names import shown
from rnntui.sweeps.plan import Plan
from rnntui.sweeps.pool import JobStatus
from rnntui.sweeps.table import SEED
from rnntui.text import format

MOST_LINES = 8  # of a figure
WIDE = 8.0  # times the least of the numbers along an axis: the greatest, where they stand at their logarithms
BEST_NAMED = 3
ENOUGH = 0.5  # share of the runs at a place that have solved it, from which on a network is said to solve it
ENDED = ("finished", "diverged", "failed")


@dataclass
class AnswerLine:
    """The runs of one value of the axis that tells the lines apart, by their place on the axis they lie along."""

    name: str
    runs: dict[float, list[JobStatus]] = field(default_factory=dict)

    def has(self, status: JobStatus | None) -> bool:
        """Whether a run is one of its own."""
        return any(run is status for runs in self.runs.values() for run in runs)

    def scores(self) -> dict[float, list[float]]:
        """The scores at each place where some run has one, in the order of the places."""
        scores = {place: [s for run in runs if math.isfinite(s := score(run))] for place, runs in self.runs.items()}
        return {place: scores[place] for place in sorted(scores) if scores[place]}

    def means(self) -> list[tuple[float, float]]:
        """Place and mean score, ascending."""
        return [(place, fmean(scores)) for place, scores in self.scores().items()]

    def solved_to(self) -> tuple[float, int, int] | None:
        """The last place up to which at least half of the runs that ended have solved their task, from the first place
        on, with how many have there and how many ended there; `None` where there is no such place.
        """
        reached = None
        for place in sorted(self.runs):
            over = [run for run in self.runs[place] if run.run.state in ENDED]
            solved = sum(is_solved(run) for run in over)
            if not over or solved < ENOUGH * len(over):
                break
            reached = (place, solved, len(over))
        return reached


def score(status: JobStatus) -> float:
    """What a run is measured by: accuracy on fresh examples or of now, else bits per character or its loss; NaN before
    there is any.
    """
    if spec(status.job.settings).holds_out:
        bits = None if status.result is None else status.result.bits_per_character
        return number(bits)
    return accuracy_or_loss(status)


def accuracy_or_loss(status: JobStatus) -> float:
    """The accuracy of a run, of a regression its loss: on fresh examples once that is known, else the smoothed one of
    now; NaN before there is one.
    """
    result, now = status.result, status.run
    if spec(status.job.settings).has_accuracy:
        fresh, trained = None if result is None else result.test_accuracy, now.accuracy
    else:
        fresh, trained = None if result is None else result.test_loss, now.loss
    return number(trained if fresh is None else fresh)


def is_solved(status: JobStatus) -> bool:
    """Whether a run solved its task and has not lost it again."""
    result = status.result
    return result is not None and bool(result.is_solved) and not result.is_fallen


def axes_of(plan: Plan) -> tuple[str, str]:
    """The axis of numbers that a figure lies along, and the one that tells its lines apart; empty where none does."""
    named = {name: values for name, values in plan.every_axis.items() if name != SEED and len(values) > 1}
    along = [name for name, values in named.items() if all(_is_number(value) for value in values)]
    if plan.search is not None:
        along.insert(0, plan.search.axis)
    x = plan.figure.x if plan.figure.x in along else next(iter(along), "")
    lines = [name for name, values in named.items() if name != x and len(values) <= MOST_LINES]
    line = plan.figure.line if plan.figure.line in lines else next(iter(lines), "")
    return x, line


def is_wide(values: Iterable[float]) -> bool:
    """Whether numbers along an axis are best told apart by their logarithms."""
    known = list(values)
    return bool(known) and min(known) > 0 and max(known) / min(known) > WIDE


def lines_of(plan: Plan, statuses: Iterable[JobStatus]) -> list[AnswerLine]:
    """The lines of the figure; none where the sweep has no axis of numbers."""
    x, line = axes_of(plan)
    lines: dict[Any, AnswerLine] = {}
    names = shown(line, plan.every_axis[line]) if line else {}
    for status in statuses:
        point = status.job.point
        if x and x in point and status.run.state != "dropped":
            value = point.get(line, "")
            known = lines.setdefault(value, AnswerLine(str(names.get(value, value)) or plan.name))
            known.runs.setdefault(float(point[x]), []).append(status)
    return list(lines.values())


def over_seeds(of: JobStatus, statuses: Iterable[JobStatus]) -> str:
    """Mean, least and highest score of all runs that differ from one by the seed alone: `mean 0.985, 0.970 to 1.000 (2
    seeds)`; empty where fewer than two have a score.
    """
    like = _but_seed(of)
    same = [status for status in statuses if _but_seed(status) == like]
    scores = [found for status in same if math.isfinite(found := score(status))]
    if len(scores) < 2:
        return ""
    mean, least, highest = (format.decimals(value) for value in (fmean(scores), min(scores), max(scores)))
    return f"mean {mean}, {least} to {highest} ({len(scores)} seeds)"


def _but_seed(status: JobStatus) -> dict[str, Any]:
    return {name: value for name, value in status.job.point.items() if name != SEED}


def in_words(plan: Plan, statuses: Sequence[JobStatus], lines: Sequence[AnswerLine]) -> str:
    """What the runs that have ended say: how far each line solves its task where that becomes another along the axis,
    such as a longer one, else which settings are the best so far.
    """
    over = [status for status in statuses if status.run.state in ENDED and status.result is not None]
    if not over:
        return ""
    x, _ = axes_of(plan)
    if lines and is_of_task(x) and spec(over[0].job.settings).can_be_solved:
        return f"{x} solved: {format.listed([_reach(line) for line in lines], most=MOST_LINES)}"
    return _best(over)


def _reach(line: AnswerLine) -> str:
    reached = line.solved_to()
    if reached is None:
        has_ended = any(run.run.state in ENDED for runs in line.runs.values() for run in runs)
        return f"{line.name} {'none' if has_ended else 'not known yet'}"
    place, solved, count = reached
    return f"{line.name} up to {place:g}" + (f" ({solved} of {count} runs)" if count > 1 else "")


def _best(over: Sequence[JobStatus]) -> str:
    """The settings with the best mean score over the seeds that did not diverge."""
    groups: dict[tuple[tuple[str, Any], ...], list[float]] = {}
    for status in over:
        if status.run.state != "diverged" and math.isfinite(found := score(status)):
            place = tuple(_but_seed(status).items())
            groups.setdefault(place, []).append(found)
    task = spec(over[0].job.settings)
    is_higher_better = task.has_accuracy and not task.holds_out
    order = sorted(groups.items(), key=lambda group: fmean(group[1]), reverse=is_higher_better)
    told = [
        f"{', '.join(f'{name} {value}' for name, value in place) or 'all'}: {format.decimals(fmean(scores))}"
        for place, scores in order[:BEST_NAMED]
    ]
    unit = "bits per character" if task.holds_out else "accuracy" if task.has_accuracy else task.unit.name
    return f"best {unit} so far: {'; '.join(told)}" if told else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
