"""What a chart shows. No numpy here: the first frame, which has no data yet, needs none."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from rnntui.runs.history import Column, CurveMark

if TYPE_CHECKING:
    from rnntui.tui.chart.axis import Floats
    from rnntui.tui.chart.binning import CurveColumns

Role = Literal["training", "held-out", "third", "fourth", "a", "b", "c", "d", "e", "f", "g", "h"]
ROLES: tuple[Role, ...] = get_args(Role)
LETTERS = ROLES[4:]  # roles of runs laid over each other: the line bears its letter


@dataclass(frozen=True)
class Series:
    """One metric: its label is plain text, its role decides colour and manner.

    A rare one, as `held-out` is, has its points marked and joined, never smoothed. The others are a trailing mean over
    the faint range of what was measured; `third` and `fourth` are dashed. `step_length` is what one step takes on the
    horizontal axis, on average, where that counts something else than steps.
    """

    label: str
    column: Column
    role: Role = "training"
    rare: bool = False
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


@dataclass(frozen=True)
class SeriesStyle:
    """How the series are drawn.

    `smoothing` is the number of steps of the trailing mean. `zoom` up to 1 is the share of the course that is shown,
    its last part; above 1 it is the last so many steps. `y_range` fixes the vertical axis, else it follows the data.
    `along` is what the horizontal axis counts; for `seconds` the columns hold milliseconds. Without `bands` lines alone
    are drawn.
    """

    log: bool = False
    smoothing: int = 100
    zoom: float = 1.0
    y_range: tuple[float, float] | None = None
    along: str = "step"
    bands: bool = True


@dataclass(frozen=True)
class Chart:
    """All that one chart shows."""

    title: str
    series: tuple[Series, ...] = ()
    baselines: tuple[ChartBaseline, ...] = ()
    marks: tuple[CurveMark, ...] = ()
    look: SeriesStyle = SeriesStyle()


def plain(text: str) -> str:
    """The text with one cell for each character: what is no printable narrow character becomes `·`."""
    from rich.cells import cell_len

    return "".join(character if character.isprintable() and cell_len(character) == 1 else "·" for character in text)
