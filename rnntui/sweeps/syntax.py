"""The syntax measures of a sweep of text networks, kept in `syntax.json` in each run's folder.

Invariant: a row in the file was measured with the plan's options and is not measured again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec import convert, structs

from rnntui.runs import SYNTAX, as_json
from rnntui.schemas import SyntaxContent, SyntaxFile, converted, decoding
from rnntui.system.folder import Folder
from rnntui.system.reading import raise_if_of_machine

Row = Mapping[str, Any]  # step, temperature, and the counts of a `Tally`


@dataclass(frozen=True)
class Syntax:
    """Of each checkpoint that is kept, at each temperature, so many `samples` of `length` characters are checked.

    Each goes on from the first `prompt` characters of a held-out piece; 0: from a random character. Raises
    `ValueError` for what cannot be.
    """

    samples: int = 50
    length: int = 500
    prompt: int = 30
    temperatures: tuple[float, ...] = (0.0, 0.5, 1.0)

    def __post_init__(self) -> None:
        for name, least in (("samples", 1), ("length", 1), ("prompt", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"[syntax] {name} must be at least {least}, not {getattr(self, name)}")
        if not self.temperatures or not all(0 <= temperature < math.inf for temperature in self.temperatures):
            raise ValueError("[syntax] temperatures must be numbers from 0 on, such as [0, 0.5]")


@dataclass(frozen=True)
class Measured:
    """What was measured of a run so far: of what kind its corpus is, how valid that itself is, and the rows."""

    kind: str
    corpus_share: float | None
    corpus_pieces: int
    rows: Sequence[Row] = ()
    is_done: bool = False

    def has(self, step: int, temperature: float) -> bool:
        """Whether there is a row for that step and temperature."""
        return any(row["step"] == step and row["temperature"] == temperature for row in self.rows)


def write(folder: Folder, asked: Syntax, measured: Measured) -> None:
    """Write the measures into the run's folder."""
    content = convert({"asked": asdict(asked), **asdict(measured)}, SyntaxFile, from_attributes=True)
    folder.replace(SYNTAX, as_json(content.as_content()))


def read(folder: Path, asked: Syntax) -> Measured | None:
    """What was measured of the run in that folder as `asked`; `None` where nothing was, or the file is damaged."""
    try:
        kept = decoding.read(folder / SYNTAX, SyntaxFile, f"run {folder.name!r}")
        if from_content(kept.asked) != asked:
            return None
    except ValueError as error:
        raise_if_of_machine(error)
        return None
    rows = [structs.asdict(row) for row in kept.rows]
    return Measured(kept.kind, kept.corpus_share, kept.corpus_pieces, rows, kept.is_done)


def from_content(content: SyntaxContent) -> Syntax:
    """What a file holds. Raises `ValueError` for what cannot be."""
    return Syntax(content.samples, content.length, content.prompt, content.temperatures)


def from_dict(content: Mapping[str, Any]) -> Syntax:
    """What `asdict` gave, also by way of JSON. Raises `ValueError` for something else."""
    return from_content(converted(content, SyntaxContent, "what is measured", "a job"))
