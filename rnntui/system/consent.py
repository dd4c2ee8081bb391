"""Which custom code this process may import: the one place where that is decided.

A run, a sweep and a plan may come from anybody, and each may name a cell as `package.module:Class`. To import it is to
run it, so a file alone never causes that: a user must have named the cell at the keyboard, or have said `--trust`.
Invariants: nothing is allowed that was not asked for; commands that only read never import from the working folder;
nothing is ever imported from a folder of runs. Standard library only.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class _Given:
    """What was allowed so far."""

    def __init__(self) -> None:
        self.cells: set[str] = set()
        self.is_for_all = self.is_from_here = False


_given = _Given()


def forget() -> None:
    """Take back all consent: a command begins."""
    _given.__init__()  # type: ignore[misc]


def give(cell: str) -> None:
    """A user named this cell for training, at the keyboard; it may lie in the working folder."""
    if is_own(cell):
        _given.cells.add(cell)
        _given.is_from_here = True


def give_for_all(*, from_here: bool) -> None:
    """A user trusts whatever cell the files name; with `from_here` it may lie in the working folder."""
    _given.is_for_all = True
    _given.is_from_here = _given.is_from_here or from_here


def is_own(cell: str) -> bool:
    """Whether a cell is code of a user's own."""
    return ":" in cell


def check(cell: str, what: str) -> None:
    """Raise `ValueError` where a cell is code that nobody allowed; `what` is what names it, such as `run 'mine'`."""
    if is_own(cell) and cell not in _given.cells and not _given.is_for_all:
        raise ValueError(
            f"{what} uses the cell {cell!r}, code outside rnntui that would be imported and run: add --trust if you "
            f"trust its author"
        )


@contextmanager
def importing(module: str) -> Iterator[None]:
    """The places that a module of a user's own may be imported from.

    Raises `ValueError` where it would come from a folder of runs.
    """
    before = list(sys.path)
    here = os.getcwd()
    if _given.is_from_here:
        sys.path[:] = before if here in before else [*before, here]
    else:
        asked = {
            os.path.realpath(folder or here) for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder
        }
        sys.path[:] = [
            folder for folder in before if not _is_here(folder, here) or os.path.realpath(folder or here) in asked
        ]
    try:
        _check_place(module)
        yield
    finally:
        if not _given.is_from_here:  # training imports more from there, later
            sys.path[:] = before


def _is_here(entry: str, here: str) -> bool:
    return os.path.realpath(entry or here) == os.path.realpath(here)


def _check_place(module: str) -> None:
    top, *rest = module.split(".")
    for place in _places(top):
        for folder in _folders(place.joinpath(*rest[:-1])):
            if _is_of_runs(folder):
                raise ValueError(
                    f"--cell: {module!r} lies in {str(folder)!r}, the folder of a run or a sweep: nothing is imported "
                    f"from there; move the module elsewhere"
                )


def _places(top: str) -> list[Path]:
    """Where a module or package would be imported from; looking for it runs nothing."""
    if top in sys.modules:
        return []
    with suppress(ImportError, ValueError, AttributeError):
        if (spec := importlib.util.find_spec(top)) is not None:
            return [Path(place) for place in (*(spec.submodule_search_locations or ()), spec.origin) if place]
    return []


def _folders(place: Path) -> Iterator[Path]:
    """The folders that a module lies in, as its path has them and where links lead, up to what is installed."""
    for path in dict.fromkeys((place, Path(os.path.realpath(place)))):
        for folder in (path, *path.parents):
            if folder.name in ("site-packages", "dist-packages"):
                break
            yield folder


def _is_of_runs(folder: Path) -> bool:
    has = [os.path.lexists(folder / name) for name in ("sweep.json", "config.json", "lock")]
    return has[0] or (has[1] and has[2])
