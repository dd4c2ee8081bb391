"""Figures for paper and README, drawn by matplotlib: data in, a file out.

Imported inside the commands only. No window system is touched, and the same data give the same bytes of SVG.
"""

import io
import logging
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # before it is loaded: it tells of its font cache then

import matplotlib  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Text  # noqa: E402

from rnntui.system import results  # noqa: E402
from rnntui.system.errors import Note  # noqa: E402
from rnntui.text.sanitize import shown_text  # noqa: E402

KINDS = (".svg", ".png", ".pdf")
UNDATED: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
MISSING = re.compile(r"Glyph \d+ .*missing from")
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
    "pdf.fonttype": 42,  # TrueType, which every publisher takes; Type 3 is turned down by many
}


def check_file(path: Path) -> Path:
    """The path, if a figure can be written there. Raises `ValueError` for another kind of file or no such folder."""
    if path.suffix.lower() not in KINDS:
        raise ValueError(f"--figure {str(path)!r}: a figure must be a .svg, .png or .pdf file")
    results.check(path, "--figure")
    return path


@contextmanager
def drawing(
    *files: Path,
    columns: int = 1,
    rows: int = 1,
    width: float = 8.0,
    height: float = 4.5,
    heights: Sequence[float] | None = None,
    dots_per_inch: int = DOTS_PER_INCH,
    style: Mapping[Any, Any] | None = None,
) -> Iterator[Figure]:
    """A figure (inches for each of `rows` × `columns` panels) to draw on; on leaving it is written to the files.

    `heights` are those of the rows, relative to each other; `style` is what differs from `STYLE`. A user's own settings
    of matplotlib have no say. What it warns of is not shown; characters that its font lacks are told in a `Note`.
    Raises `ValueError` for a file that is a link, and `OSError`.
    """
    with matplotlib.rc_context(), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**STYLE, **(style or {})})
        figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
        figure.subplots(rows, columns, squeeze=False, height_ratios=heights)
        yield figure
        for text in figure.findobj(Text):
            assert isinstance(text, Text)
            text.set_text(shown_text(text.get_text()))
        for file in files:
            results.write(file, _drawn(figure, file.suffix.lower(), dots_per_inch))
    if any(MISSING.match(str(warning.message)) for warning in warned):
        warnings.warn(
            Note("the figure's font lacks some characters of these names: they appear as boxes"), stacklevel=3
        )


def _drawn(figure: Figure, kind: str, dots_per_inch: int) -> bytes:
    """The figure as a file of that kind, without the date, so that equal figures are equal files."""
    out = io.BytesIO()
    figure.savefig(out, format=kind.removeprefix("."), dpi=dots_per_inch, metadata=UNDATED.get(kind))
    return out.getvalue()


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
