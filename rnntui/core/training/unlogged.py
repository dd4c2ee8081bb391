"""The batches since the newest row of `metrics.jsonl`, added up, so that a curve read from there has all of them.

Invariant: what is added up goes with a checkpoint, so the rows of a resumed run are those of one that was not stopped.
"""

import math
from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from rnntui.runs.batches import is_clipped
from rnntui.schemas import BatchRanges, Unlogged
from rnntui.schemas.runs import BatchRange, Sums

DIGITS = 6  # of what a row has of them: curves are drawn with less


class UnloggedBatches:
    """What the batches of several steps came to: range and means of each figure, and how many were clipped."""

    def __init__(self) -> None:
        self._sums = Unlogged()

    def follow(
        self, loss: Sequence[float], accuracy: Sequence[float], gradient_norm: Sequence[float], clip: float
    ) -> None:
        """Take in the batches of a stride; `clip` is the one they were taken with, 0 for none."""
        sums, count = self._sums, len(loss)
        with_clip, acted = sums.clipped
        if clip:
            with_clip, acted = with_clip + count, acted + sum(is_clipped(norm, clip) for norm in gradient_norm)
        self._sums = Unlogged(
            count=sums.count + count,
            loss=_added(sums.loss, loss),
            accuracy=_added(sums.accuracy, accuracy),
            gradient_norm=_added(sums.gradient_norm, gradient_norm),
            clipped=(with_clip, acted),
        )

    def take(self) -> BatchRanges | UnsetType:
        """What there was, and begin anew; unset for less than two batches, of which a row has all by itself."""
        sums, self._sums = self._sums, Unlogged()
        if sums.count < 2:
            return UNSET
        with_clip, acted = sums.clipped
        return BatchRanges(
            count=sums.count,
            loss=_range(sums.loss),
            accuracy=_range(sums.accuracy),
            gradient_norm=_range(sums.gradient_norm),
            clipped=_rounded(acted / with_clip) if with_clip else UNSET,
        )

    def state(self) -> Unlogged:
        """All of it, for `state.json`."""
        return self._sums

    def restore(self, state: Unlogged) -> None:
        """Restore such a state."""
        self._sums = state


def _added(sums: Sums, values: Sequence[float]) -> Sums:
    count, least, total, greatest, above, logs = sums
    for value in filter(math.isfinite, values):
        least, greatest = (min(least, value), max(greatest, value)) if count else (value, value)
        count, total = count + 1, total + value
        if value > 0:
            above, logs = above + 1, logs + math.log(value)
    return count, least, total, greatest, above, logs


def _range(sums: Sums) -> BatchRange | UnsetType:
    count, least, total, greatest, above, logs = sums
    if not count or not math.isfinite(total):
        return UNSET
    geometric = _rounded(math.exp(logs / above)) if above else None
    return _rounded(least), _rounded(total / count), _rounded(greatest), geometric


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
