"""The frontier: the largest value that is still solved, found by doubling, then by halving the gap.

Everything is decided from the results so far, so a search that was stopped resumes where it was. `solved` maps
the name of each run that ended to whether it solved its task; `None` is of one that failed, which decides nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rnntui.schemas import Search
from rnntui.sweeps.plan import Job, Plan, Point, at, points

GAP = 0.1  # of the value: a narrower gap is not worth another round


def wanted(plan: Plan, solved: Mapping[str, bool | None]) -> list[Job]:
    """The runs that the next round of each search asks for; none where only failed ones could decide it.

    Includes runs of rounds before that have not ended where the round's outcome was clear without them.
    """
    assert plan.search is not None
    rounds = [_round(plan, plan.search, group, solved) for group in groups(plan)]
    return [job for jobs in zip_longest(rounds) for job in jobs]


def known(plan: Plan, solved: Mapping[str, bool | None]) -> list[Job]:
    """Every run of the values that were decided, and of those to try next, smallest value first in each search."""
    assert plan.search is not None
    results = []
    for group in groups(plan):
        decided = outcomes(plan, group, solved)
        value = next_value(plan.search, decided)
        values = sorted({*decided, *([value] if value is not None else [])})
        results += [job for tried in values for job in _jobs(plan, plan.search, group, tried)]
    return results


def groups(plan: Plan) -> list[list[Point]]:
    """The searches of a plan: the points of each, which differ in nothing but the seed."""
    searches: dict[tuple[Any, ...], list[Point]] = {}
    for point in points(plan):
        searches.setdefault(tuple(value for axis, value in point.items() if axis != "seed"), []).append(point)
    return list(searches.values())


def next_value(search: Search, outcome: Mapping[int, bool]) -> int | None:
    """The value to try next, from those that were decided; `None` where the frontier is found."""
    solved = [value for value, is_solved in outcome.items() if is_solved]
    failed = [value for value, is_solved in outcome.items() if not is_solved]
    if not outcome:
        return search.start
    if not failed:
        highest = max(solved)
        return min(2 * highest, search.limit) if highest < search.limit else None
    low, high = max((value for value in solved if value < min(failed)), default=0), min(failed)
    if not low and high > 1:
        return max(1, high // 2)
    return (low + high) // 2 if high - low > max(1, GAP * low) and low else None


def frontier(search: Search, outcome: Mapping[int, bool]) -> int | None:
    """The largest value known to be solved, all smaller ones that were tried being so too; `None` without one."""
    failed = min((value for value, is_solved in outcome.items() if not is_solved), default=None)
    solved = [value for value, is_solved in outcome.items() if is_solved and (failed is None or value < failed)]
    return max(solved, default=None)


def outcomes(plan: Plan, group: Sequence[Point], solved: Mapping[str, bool | None]) -> dict[int, bool]:
    """The values decided in one search, and whether enough of the seeds solved each."""
    assert plan.search is not None
    search = plan.search
    decided: dict[int, bool] = {}
    while (value := next_value(search, decided)) is not None:
        verdict = _verdict(search, [solved.get(job.name) for job in _jobs(plan, search, group, value)])
        if verdict is None:
            break
        decided[value] = verdict
    return decided


def _round(plan: Plan, search: Search, group: Sequence[Point], solved: Mapping[str, bool | None]) -> list[Job]:
    """The runs that one search wants now: those of the next value, and the missing seeds of solved ones."""
    decided = outcomes(plan, group, solved)
    value = next_value(search, decided)
    next_round = _jobs(plan, search, group, value) if value is not None else []
    rest = [job for done, is_solved in decided.items() if is_solved for job in _jobs(plan, search, group, done)]
    return [job for job in (*next_round, *rest) if job.name not in solved]


def _jobs(plan: Plan, search: Search, group: Sequence[Point], value: int) -> list[Job]:
    return [plan.job(at(point, search.axis, value)) for point in group]


def _verdict(search: Search, results: Sequence[bool | None]) -> bool | None:
    """Whether enough seeds solved it, as soon as that is certain."""
    needed = search.share * len(results) - 1e-9
    solved, open_yet = results.count(True), results.count(None)
    if solved >= needed:
        return True
    return False if solved + open_yet < needed else None


def zip_longest(lists: Sequence[list[Job]]) -> list[list[Job]]:
    """The first of each list, then the second of each, and so on."""
    longest = max(map(len, lists), default=0)
    return [[jobs[k] for jobs in lists if k < len(jobs)] for k in range(longest)]
