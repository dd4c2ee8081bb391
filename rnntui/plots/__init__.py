"""Figures for paper and README, drawn by matplotlib: data in, a file out.

Imported inside the commands only. No window system is touched, and the same data give the same bytes of SVG.
"""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

KINDS = (".svg", ".png")
# Okabe and Ito's palette, which the colour-blind can tell apart; the light yellow is left out.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
GREY = "#777777"
DOTS_PER_INCH = 150
TITLE_CHARACTER = 0.095  # inches
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "rnntui",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
    "text.parse_math": False,  # names of runs are never markup
}


def check_file(path: Path) -> Path:
    """The path, if a figure can be written there. Raises `ValueError` for another kind of file or no such folder."""
    if path.suffix.lower() not in KINDS:
        raise ValueError(f"--figure {str(path)!r}: a figure is a .svg or a .png file")
    if not path.parent.is_dir():
        raise ValueError(f"--figure {str(path)!r}: there is no folder {str(path.parent)!r}")
    return path


@contextmanager
def drawing(*files: Path, columns: int = 1, rows: int = 1, width: float = 8.0, height: float = 4.5) -> Iterator[Figure]:
    """A figure (inches for each of `rows` × `columns` panels) to draw on; on leaving it is written to the files."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
        figure.subplots(rows, columns, squeeze=False)
        yield figure
        for file in files:
            no_date = {"Date": None} if file.suffix.lower() == ".svg" else None
            figure.savefig(file, dpi=DOTS_PER_INCH, metadata=no_date)


def panels(figure: Figure) -> list[Axes]:
    """Its panels, row by row."""
    return list(figure.axes)


def entitle(figure: Figure, title: str) -> None:
    """Set the title, on as many lines as it takes."""
    across = int(figure.get_figwidth() / TITLE_CHARACTER)
    figure.suptitle("\n".join(textwrap.wrap(title, across, break_on_hyphens=False)))


def colour(number: int) -> str:
    """The colour of the line of that number."""
    return COLOURS[number % len(COLOURS)]
