"""The syntax measures of a sweep over training, from the rows of its runs.

Invariant: shares of several seeds are of their texts put together, so that a seed with fewer texts counts for less.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.names import shown
from rnntui.sweeps.table import SEED
from rnntui.syntax.tally import SyntaxTally

COUNTS = tuple(SyntaxTally.__dataclass_fields__)


@dataclass(frozen=True)
class SyntaxTrajectory:
    """The tallies of one network, over the seeds, at one temperature: `tallies` are by step, ascending.

    `corpus_share` is the share of its corpus's own pieces that are valid, `corpus_pieces` how many these were.
    """

    point: dict[str, Any]
    temperature: float
    tallies: dict[int, SyntaxTally]
    kind: str
    corpus_share: float | None
    corpus_pieces: int


def rows(sweep: Sweep) -> Iterator[dict[str, Any]]:
    """One row for each run, step and temperature, in the plan's order."""
    axes = sweep.plan.every_axis
    for job in sweep.jobs():
        measured = sweep.measured(job) if job.name in sweep.results else None
        point = {axis: shown(axis, axes.get(axis, [value]))[value] for axis, value in job.point.items()}
        for row in measured.rows if measured is not None else ():
            came_out = _tally([row])
            assert measured is not None
            yield {
                "run": job.name,
                **point,
                "kind": measured.kind,
                **row,
                "share_valid": came_out.share_valid,
                "share_closed": came_out.share_closed,
                "share_known": came_out.share_known,
                "corpus_share_valid": measured.corpus_share,
                "corpus_pieces": measured.corpus_pieces,
            }


def trajectories(syntax_rows: Iterable[dict[str, Any]], axes: Sequence[str]) -> list[SyntaxTrajectory]:
    """A trajectory for each place on the axes but the seed, and each temperature, in order of their first row."""
    names = [axis for axis in axes if axis != SEED]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in syntax_rows:
        groups.setdefault((*(row[name] for name in names), row["temperature"]), []).append(row)
    return [_course(dict(zip(names, place, strict=False)), of) for place, of in groups.items()]


def _course(point: dict[str, Any], syntax_rows: Sequence[dict[str, Any]]) -> SyntaxTrajectory:
    steps = sorted({row["step"] for row in syntax_rows})
    first = syntax_rows[0]
    return SyntaxTrajectory(
        point,
        first["temperature"],
        {step: _tally([row for row in syntax_rows if row["step"] == step]) for step in steps},
        first["kind"],
        first["corpus_share_valid"],
        first["corpus_pieces"],
    )


def _tally(syntax_rows: Sequence[dict[str, Any] | Any]) -> SyntaxTally:
    return SyntaxTally(**{name: sum(row[name] for row in syntax_rows) for name in COUNTS})
