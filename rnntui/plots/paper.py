"""Figures for print: as wide as a column or a page, in small type, their fonts embedded.

SVG has its text as outlines, so that it looks alike wherever it is opened; PDF has it as text in TrueType.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from rnntui.plots import drawing, panels

CM = 1 / 2.54  # inches
DOTS_PER_INCH = 300
BESIDE_FROM = 12.0  # cm: from this width on there is room for two panels beside each other
PRINT: dict[Any, Any] = {
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.linewidth": 0.6,
    "axes.labelpad": 2.5,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 2.6,
    "figure.titlesize": 7.5,
    "legend.fontsize": 6.5,
    "legend.handlelength": 1.6,
    "legend.borderaxespad": 0.3,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "ytick.minor.size": 1.5,
    "ytick.minor.width": 0.4,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
}


@dataclass(frozen=True)
class Paper:
    """How wide a figure is printed, in cm."""

    width: float

    @property
    def is_wide(self) -> bool:
        """Whether panels have room beside each other."""
        return self.width >= BESIDE_FROM

    def pixels(self, height: float) -> tuple[int, int]:
        """Its size as a PNG where it is that high, cm."""
        return round(self.width * CM * DOTS_PER_INCH), round(height * CM * DOTS_PER_INCH)


@contextmanager
def printed(
    file: Path, paper: Paper, heights: Sequence[float], columns: int = 1, beside: float = 0.0
) -> Iterator[Figure]:
    """A figure for print to draw on, its rows that high, cm, with `beside` for title and legend; else as `drawing`."""
    across, down = paper.pixels(sum(heights) + beside)
    rows = len(heights)
    with drawing(
        file,
        columns=columns,
        rows=rows,
        width=across / DOTS_PER_INCH / columns,
        height=down / DOTS_PER_INCH / rows,
        heights=heights,
        dots_per_inch=DOTS_PER_INCH,
        style=PRINT,
    ) as figure:
        yield figure


def share_x(figure: Figure, rows: int) -> None:
    """Of panels above each other that run along the same, let the lowest name it."""
    if rows > 1:
        for ax in panels(figure)[:-1]:
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
