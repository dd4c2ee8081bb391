"""All that a run logged, row by row, for figures: nothing is merged, as it is in the columns of a screen."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from msgspec import UNSET

from rnntui.runs.batches import is_clipped
from rnntui.runs.rows import METRICS, changes
from rnntui.runs.run import Run
from rnntui.runs.tail import RowsTail
from rnntui.schemas import MetricsRow, number

LoggedMetric = Literal[
    "loss",
    "accuracy",
    "gradient_norm",
    "learning_rate",
    "validation_loss",
    "validation_accuracy",
    "averaged_validation_loss",
    "averaged_validation_accuracy",
]
LOGGED: tuple[LoggedMetric, ...] = LoggedMetric.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class LoggedCurve:
    """One metric at the steps where it was logged; NaN for a value that was not finite.

    In training `values` are means of all batches since the row before, `least` and `greatest` their range; of a row
    that has its own batch alone, and of what is held out, all three are one value.
    """

    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    greatest: list[float] = field(default_factory=list)

    def append(self, step: int, least: float, value: float, greatest: float) -> None:
        """Add what a row says of it."""
        for values, new in ((self.least, least), (self.values, value), (self.greatest, greatest)):
            values.append(new)
        self.steps.append(step)

    def in_unit(self, size: float) -> "LoggedCurve":
        """The same in a unit of that size."""
        values, least, greatest = ([each / size for each in v] for v in (self.values, self.least, self.greatest))
        return LoggedCurve(self.steps, values, least, greatest)


class LoggedCurves(RowsTail[MetricsRow]):
    """The curves of a metrics file, each by its name in a row; `damage` says of a row that was left out."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, MetricsRow)

    def _restart(self) -> None:
        self.curves: dict[LoggedMetric, LoggedCurve] = {name: LoggedCurve() for name in LOGGED}
        self.last_step = 0
        self.clipped: dict[int, tuple[float, int]] = {}  # by step: the share that was clipped, of how many batches

    def _append(self, row: MetricsRow) -> None:
        if row.step <= self.last_step:
            return
        self.last_step = row.step
        for name, curve in self.curves.items():
            if (value := getattr(row, name)) is not UNSET:
                own = number(value)
                curve.append(row.step, *(row.range_of(name) or (own, own, own))[:3])
        if row.batches is not UNSET and row.batches.clipped is not UNSET:
            self.clipped[row.step] = row.batches.clipped, row.batches.count


def curves_of(run: Run) -> LoggedCurves:
    """The curves of a run, up to its newest whole row."""
    return LoggedCurves(run.path / METRICS).read()


def clips_of(run: Run, clip: float) -> list[tuple[int, float]]:
    """The steps after which the clip was another, from 0 on, and what it was; `clip` is that of the settings.

    0 is no clipping. Raises `ValueError` as `Record.events` does.
    """
    return [(0, clip), *changes(run.events(), "clip")]


def clip_at(clips: Sequence[tuple[int, float]], step: int) -> float:
    """The clip that a step was taken with, from what `clips_of` gives: what was changed after a step holds later."""
    return clips[max(0, bisect_left(clips, step, key=lambda change: change[0]) - 1)][1]


def share_of_logged(logged: LoggedCurves, clips: Sequence[tuple[int, float]]) -> float | None:
    """At which share of the batches with clipping the gradient was longer than the clip; `None` without any.

    Of a row that has its own batch alone that one counts for it.
    """
    acted = counted = 0.0
    norms = logged.curves["gradient_norm"]
    for step, norm in zip(norms.steps, norms.values, strict=True):
        clip = clip_at(clips, step)
        share, count = logged.clipped.get(step, (float(is_clipped(norm, clip)), int(clip > 0)))
        counted += count
        acted += share * count
    return acted / counted if counted else None
