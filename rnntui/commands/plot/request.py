"""What `rnntui plot` was asked for: which figures, how wide, and the files that they go into."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rnntui.config import nearest
from rnntui.runs.steps import At
from rnntui.system import results

FIGURES = {
    "curves": "loss and accuracy, in training and held out, with baselines",
    "gradient": "norm of the gradient with the clip, and learning rate",
    "horizon": "how far back the gradient reaches",
    "gates": "mean, spread and each unit of the gates over what is read",
    "samples": "what was written while it trained",
    "reading": "a text, or sequences, shaded by the units that follow them best",
}
FORMATS = ("svg", "png", "pdf")
WIDTHS = {"column": 8.6, "page": 17.8}  # cm, as most journals have them
LEAST_WIDTH, MOST_WIDTH = 4.0, 100.0  # cm
FOLDER = "figures"


@dataclass(frozen=True)
class PlotRequest:
    """The options; `None` and empty are those that were not given. `width` is in cm, `smooth` in steps."""

    figures: tuple[str, ...] = ()
    to: Path | None = None
    format: str | None = None
    width: float = WIDTHS["column"]
    smooth: int | None = None
    log: bool = False
    at: At = None
    overwrite: bool = False
    wants_json: bool = False

    @property
    def is_one_file(self) -> bool:
        """Whether `to` names a file, not a folder. Raises `ValueError` for a file of a kind that is not drawn."""
        if self.to is None or self.to.is_dir() or not self.to.suffix:
            return False
        if self.to.suffix.lower().removeprefix(".") not in FORMATS:
            raise ValueError(
                f"--to {str(self.to)!r}: a figure must be a .svg, .png or .pdf file; a new folder has no suffix"
            )
        return True

    def path(self, name: str) -> Path:
        """The file of the figure that is called that."""
        if self.is_one_file:
            assert self.to is not None
            return self.to
        return (self.to or Path(FOLDER)) / f"{name}.{self.format or FORMATS[0]}"

    def check(self) -> None:
        """Raise `ValueError`, naming the option, for what cannot be done whatever the runs are."""
        if self.format is not None and self.format not in FORMATS:
            known = ", ".join(FORMATS)
            raise ValueError(f"--format {self.format!r} is unknown{nearest(self.format, FORMATS)}: there are {known}")
        if self.is_one_file and self.format is not None:
            raise ValueError(f"--format is for a folder: the name of --to {str(self.to)!r} says what it is")
        if self.is_one_file and len(self.figures) > 1:
            raise ValueError(f"--to {str(self.to)!r} is one file, and --figure has {len(self.figures)}: name a folder")
        if self.smooth is not None and self.smooth < 1:
            raise ValueError(f"--smooth must be at least 1 step, not {self.smooth}")

    def check_files(self, files: Sequence[Path]) -> None:
        """Raise `ValueError` where they cannot be written, or are there and nobody said that they may be replaced."""
        folder = self.to or Path(FOLDER)
        if not self.is_one_file:
            _make(folder)
        for file in files:
            results.check(file, "--to")
        there = [file.name for file in files if os.path.lexists(file)]
        if not there or self.overwrite:
            return
        if self.is_one_file:
            raise ValueError(f"--to {str(self.to)!r} is there already: name another file, or add --overwrite")
        raise ValueError(
            f"--to {str(folder)!r} has {', '.join(there)} already: name another folder, or add --overwrite to replace "
            f"{'it' if len(there) == 1 else 'them'}"
        )


def _make(folder: Path) -> None:
    """Make the folder where it is not there."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise ValueError(f"--to {str(folder)!r} is not a folder, and its name says no kind of figure")
    try:
        folder.mkdir(exist_ok=True)
    except FileNotFoundError:
        raise ValueError(f"--to {str(folder)!r}: there is no folder {str(folder.parent)!r}") from None


def read_figures(typed: str | None, known: Sequence[str]) -> tuple[str, ...]:
    """The names of figures that were typed, separated by commas. Raises `ValueError` for one that is unknown."""
    if typed is None:
        return ()
    names = [name.strip() for name in typed.split(",")]
    for name in names:
        if Path(name).suffix.lower().removeprefix(".") in FORMATS:
            raise ValueError(f"--figure {name!r} names a file: that goes with --to; figures are {', '.join(known)}")
        if name not in known:
            raise ValueError(f"--figure {name!r} is unknown{nearest(name, known)}: there are {', '.join(known)}")
    return tuple(dict.fromkeys(names))


def read_width(typed: str) -> float:
    """The width in cm: that of a `column`, of a `page`, or a number. Raises `ValueError` for what is none."""
    if typed in WIDTHS:
        return WIDTHS[typed]
    try:
        width = float(typed)
    except ValueError:
        raise ValueError(f"--width must be {', '.join(WIDTHS)} or a number of cm, not {typed!r}") from None
    if not LEAST_WIDTH <= width <= MOST_WIDTH:
        raise ValueError(f"--width must be from {LEAST_WIDTH:g} to {MOST_WIDTH:g} cm, not {typed}")
    return width
