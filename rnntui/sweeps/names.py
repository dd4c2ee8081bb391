"""The names of a sweep's run folders, made from their places on the axes: `length5-rnn-seed0`.

Equal places have equal names for ever, so that a sweep finds its runs again.
"""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnntui.runs import check_name

LONGEST = 100  # characters of a run's name


def job_name(point: Mapping[str, Any]) -> str:
    """Numbers with their axis, words alone; one that would be too long ends in a digest of the whole."""
    words = [
        shown(axis, value) if isinstance(value, str) else f"{axis}{_number(value)}" for axis, value in point.items()
    ]
    name = re.sub(r"[^\w.+-]+", "-", "-".join(words)).strip("-.+")
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def check_names(names: Sequence[str]) -> None:
    """Raise `ValueError` where two are alike, or one cannot be a folder's."""
    for name in names:
        try:
            check_name(name)
        except ValueError:
            raise ValueError(f"its values make {name!r}, which cannot be a run's name") from None
    if len(set(names)) < len(names):
        raise ValueError("two values on an axis differ only in signs that a folder's name cannot have")


def shown(axis: str, value: Any) -> Any:
    """A value as people read it: a corpus that was named by its path goes by its file's name."""
    return Path(value).stem if axis == "corpus" and os.sep in str(value) else value


def _number(value: Any) -> str:
    """Six digits where they say it all."""
    if not isinstance(value, float):
        return str(value)
    return short if float(short := f"{value:g}") == value else repr(value)
