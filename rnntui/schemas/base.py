"""What every file that rnntui reads back has in common: the version of its form, and numbers within bounds."""

import math
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Scalar = bool | int | float | str  # the value of a setting
Step = Annotated[int, Meta(ge=0, le=2**53)]  # optimizer steps
Count = Annotated[int, Meta(ge=0, le=2**53)]
Real = float | None  # `None`, JSON's null, is a number that was not finite


def number(value: Real) -> float:
    """The number; NaN where it was not finite."""
    return math.nan if value is None else value


class File(Struct, frozen=True, kw_only=True):
    """A JSON file. `VERSION` is that of the form described here; `format` is what was read, 0 where nothing was.

    A key that a schema does not name is left out in reading: a newer rnntui may add keys, and gives a new `VERSION`
    where older ones must not read the file.
    """

    VERSION: ClassVar[int] = 1
    format: int = 0

    def as_content(self) -> dict[str, Any]:
        """What to write: the version first, then the fields; what was left unset is left out."""
        content: dict[str, Any] = msgspec.to_builtins(self)
        return {**content, "format": self.VERSION}


class Line(Struct, frozen=True, kw_only=True):
    """A line of JSON in a file that is added to. The first of a file has `format`."""

    VERSION: ClassVar[int] = 1
    format: int | UnsetType = UNSET
