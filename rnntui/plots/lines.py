"""Lines of a figure told apart: which there are, how each looks, and the legend that names them.

Every axis that the figure does not use for something else tells lines apart, so no two groups are drawn as one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rnntui.plots import COLOURS, GREY, colour
from rnntui.plots.scale import label

Point = Mapping[str, Any]  # a value for each axis but the seed

DASHES: tuple[Literal["-", "--", ":", "-."], ...] = ("-", "--", ":", "-.")  # the next once every colour is taken
HANDLE, CHARACTER = 0.65, 0.085  # inches that the legend takes for an entry and for each character of its name


@dataclass(frozen=True)
class FigureLine:
    """One line: its place on the axes that tell lines apart, its number and how it looks."""

    place: Point
    number: int

    @property
    def colour(self) -> str:
        """Its colour; `dashes` tell apart the lines of one colour."""
        return colour(self.number)

    @property
    def dashes(self) -> Literal["-", "--", ":", "-."]:
        """Its pattern."""
        return DASHES[self.number // len(COLOURS) % len(DASHES)]

    @property
    def name(self) -> str:
        """Its values, as the legend has them; one that began with `_` would be left out there."""
        name = ", ".join(label(value) for value in self.place.values())
        return f" {name}" if name.startswith("_") else name

    def has(self, point: Point) -> bool:
        """Whether a point is on this line."""
        return all(point[axis] == value for axis, value in self.place.items())


def tell_apart(points: Iterable[Point], first: str, besides: Sequence[str]) -> list[FigureLine]:
    """The lines in order of their first point; the axis `first` is named first, those `besides` tell none apart."""
    places: list[Point] = []
    for point in points:
        axes = [axis for axis in point if axis not in besides]
        place = {axis: point[axis] for axis in sorted(axes, key=lambda axis: axis != first)}
        if place not in places:
            places.append(place)
    return [FigureLine(place, number) for number, place in enumerate(places)]


def accuracy_axis(ax: Axes, chance: float | None) -> None:
    """Let y be a share from 0 to 1, with the line of chance."""
    ax.set_ylim(0, 1.03)
    if chance is not None:
        ax.axhline(chance, color=GREY, linewidth=1, linestyle=(0, (4, 3)))


def legend(figure: Figure, lines: Sequence[FigureLine], notes: Sequence[Artist], chance: float | None) -> None:
    """Name the lines below the panels, then what else is drawn."""
    handles: list[Artist] = [
        Line2D([], [], color=line.colour, linestyle=line.dashes, label=line.name) for line in lines if line.name
    ]
    handles += notes
    if chance is not None:
        handles.append(Line2D([], [], color=GREY, linewidth=1, linestyle=(0, (4, 3)), label=f"chance, {chance:g}"))
    longest = max((len(str(handle.get_label())) for handle in handles), default=0)
    across = max(1, int(figure.get_figwidth() / (HANDLE + CHARACTER * longest)))
    title = ", ".join(label(axis) for axis in lines[0].place) if lines else ""
    figure.legend(handles=handles, loc="outside lower center", ncols=min(across, len(handles)), title=title or None)
