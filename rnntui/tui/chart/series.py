"""What a chart shows. No numpy here: the first frame, which has no data yet, needs none."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from rnntui.runs.history import Column, CurveMark
from rnntui.tui.chart.extent import Extent
from rnntui.tui.chart.window import USUAL_SMOOTHING

if TYPE_CHECKING:
    from rnntui.tui.chart.axis import Floats
    from rnntui.tui.chart.binning import CurveColumns

Role = Literal["training", "held-out", "third", "fourth", "a", "b", "c", "d", "e", "f", "g", "h"]
ROLES: tuple[Role, ...] = get_args(Role)
# What the horizontal axis is called, the longest first; the first that leaves room for numbers is written.
NAMES_ALONG = {
    "lag": ("steps back from the last →", "steps back →", "back →"),
    "seconds": ("seconds of training", "seconds", "time"),
}
ON_STEPS = ("step", "seconds")  # axes along which training was changed
LETTERS = ROLES[4:]  # roles of runs laid over each other: the line bears its letter


@dataclass(frozen=True)
class Series:
    """One metric: its label is plain text, its role decides colour and manner.

    A rare one, as `held-out` is, has its points marked and joined, never smoothed. The others are the mean of the
    steps around each point, over the faint range of what was measured. `held-out`, `third` and `fourth` are dashed.
    An exact one is set, not measured: no value of it is an outlier, nor are its first ones left out.
    `step_length` is what one step takes on the horizontal axis, on average, where that counts no steps.
    """

    label: str
    column: Column
    role: Role = "training"
    rare: bool = False
    exact: bool = False
    step_length: float = 1.0

    @property
    def is_rare(self) -> bool:
        return self.rare or self.role == "held-out"

    def line(self, curve: "CurveColumns") -> "Floats":
        """What this series' line shows: the values or their mean."""
        return curve.mean if self.is_rare else curve.smoothed


@dataclass(frozen=True)
class ChartBaseline:
    """A value to compare with: a dotted horizontal line."""

    label: str
    value: float


def newest_step(lines: Iterable[Series]) -> float:
    """The last step that has a value in one of the lines; minus infinity before the first."""
    return max((line.column.newest_step for line in lines), default=-math.inf)


@dataclass(frozen=True)
class SeriesStyle:
    """How the series are drawn.

    `smoothing` below 1 is the share of what is shown that each mean is over, else the number of steps.
    `zoom` up to 1 is the share of the course that is shown, its last part; above 1 it is the last so many steps. `log`
    is whether the vertical axis is logarithmic; for `None` it is where the lines span two powers of ten. `y_range`
    fixes that axis where the whole course is shown; with `follows`, or without a range, it follows the data. `along` is
    what the horizontal axis counts; for `seconds` the columns hold milliseconds. Without `bands` lines alone are drawn.
    With `places` the chart is right below a raster of so many steps, from 1 on: its columns are the raster's, and to
    the left of the frame is a `gutter` of as many columns as that has at least; `ends` are the least to the right, for
    the lines' newest values, of charts below each other; without `has_ends` the legend has these, with their names.
    What it `shares` with charts beside it the vertical axis holds, too; one that `has_own_axis` says that it cannot.
    With `is_tight` the horizontal one ends with the data; it goes no further than `until`. With `has_logarithms` the
    columns hold logarithms, to base 10, of what that counts. `tested` are the places of the columns that have a value,
    where they are few: the ticks of the horizontal axis are there, and letters stand on lines there alone. Lines whose
    roles are among `barred` have a bar from the least to the highest value through each point; where all of them do not
    fit, the first one's alone.
    """

    log: bool | None = False
    smoothing: float = USUAL_SMOOTHING
    zoom: float = 1.0
    y_range: tuple[float, float] | None = None
    along: str = "step"
    bands: bool = True
    follows: bool = False
    places: int = 0
    gutter: int = 0
    ends: int = 0
    has_ends: bool = True
    shares: Extent | None = None
    has_own_axis: bool = False
    is_tight: bool = False
    until: float = math.inf
    has_logarithms: bool = False
    tested: tuple[float, ...] = ()
    barred: tuple[Role, ...] = ()

    def counted(self, place: float) -> float:
        """What the horizontal axis counts at a place of a column."""
        return float(f"{10**place:.12g}") if self.has_logarithms else place

    @property
    def is_fixed(self) -> bool:
        """Whether the vertical axis is that of `y_range`."""
        return self.y_range is not None and not self.log and not self.follows and self.zoom == 1


@dataclass(frozen=True)
class Chart:
    """All that one chart shows."""

    title: str
    series: tuple[Series, ...] = ()
    baselines: tuple[ChartBaseline, ...] = ()
    marks: tuple[CurveMark, ...] = ()
    look: SeriesStyle = SeriesStyle()
    hidden: tuple[Series, ...] = ()  # that the legend alone has, at their places in the `order` of labels
    order: tuple[str, ...] = ()

    @property
    def has_lane(self) -> bool:
        """Whether its marks are events, which stand on the axis; else they are places, with lines of their own."""
        return self.look.along in ON_STEPS


def plain(text: str) -> str:
    """The text with one cell for each character: what is no printable narrow character becomes `·`."""
    from rich.cells import cell_len

    return "".join(character if character.isprintable() and cell_len(character) == 1 else "·" for character in text)
