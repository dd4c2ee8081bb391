"""The names of a sweep's run folders, made from their places on the axes: `length5-rnn-seed0`.

Equal places always have equal names, so that a sweep finds its runs again.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rnntui.corpora import labels
from rnntui.runs import check_name

LONGEST = 100  # characters of a run's name


def job_name(point: Mapping[str, Any], axes: Mapping[str, Sequence[Any]]) -> str:
    """Numbers with their axis, words alone; one that would be too long ends in a digest of the whole."""
    words = [
        shown(axis, axes.get(axis, [value]))[value] if isinstance(value, str) else f"{axis}{_number(value)}"
        for axis, value in point.items()
    ]
    name = re.sub(r"[^\w.+-]+", "-", "-".join(words)).strip("-.+")
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def check_names(names: Sequence[str]) -> None:
    """Raise `ValueError` if two names are equal, or one cannot be a folder's name."""
    for name in names:
        try:
            check_name(name)
        except ValueError:
            raise ValueError(f"its values make {name!r}, which cannot be a run's name") from None
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise ValueError(
            f"two of its runs would be called {twice[0]!r}: their values differ only in characters that no name has"
        )


def shown(axis: str, values: Sequence[Any]) -> dict[Any, Any]:
    """Values as people read them: corpora that were named by their paths go by what tells them apart."""
    return dict(labels(map(str, values))) if axis == "corpus" else {value: value for value in values}


def _number(value: Any) -> str:
    """A number, to six digits if they are exact."""
    if not isinstance(value, float):
        return str(value)
    return short if float(short := f"{value:g}") == value else repr(value)
