"""What texts are called beside each other: by their files' names, with as many folders as tell them apart."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath


def labels(places: Iterable[str]) -> dict[str, str]:
    """A short name for each place, no two alike: `train`, or `en/train` and `fr/train`.

    A name without a folder stays as it is; files that differ in their endings alone keep them.
    """
    different = list(dict.fromkeys(places))
    found = dict.fromkeys(different, "")
    for depth in range(1, 2 + max((len(PurePath(place).parts) for place in different), default=0)):
        twice = Counter(found.values())
        for place in different:
            if twice[found[place]] > 1 or not found[place]:
                found[place] = _label(place, depth)
    twice = Counter(found.values())
    return {place: label if twice[label] == 1 else place for place, label in found.items()}


def _label(place: str, depth: int) -> str:
    """The last so many parts of a path, without the file's ending."""
    if os.sep not in place:
        return place
    path = PurePath(place)
    return "/".join([*path.parent.parts[len(path.parent.parts) - depth + 1 :], path.stem] if depth > 1 else [path.stem])
