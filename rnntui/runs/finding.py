"""Which run an argument means: a name, a path, or `last`, the newest that the command can use."""

import os
import shlex
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rnntui import corpora
from rnntui.config import nearest, spec
from rnntui.corpora.catalogue import fetchable
from rnntui.runs import folders
from rnntui.runs.networks import JOIN
from rnntui.runs.references import MARK
from rnntui.runs.run import Run
from rnntui.runs.status import RESUMABLE

LAST = "last"


@dataclass(frozen=True)
class Use:
    """What a command needs: which runs it can use, what such a run is called, and the command that makes one."""

    serves: Callable[[Run], bool]
    what: str
    made_by: str

    def admits(self, run: Run) -> bool:
        """Whether a run can be used; a damaged one only by commands that need nothing but its name."""
        with suppress(ValueError, OSError):
            return self.serves(run)
        return False


def _is_text(run: Run) -> bool:
    return spec(run.settings()).generates and bool(run.steps_saved(whole=False))


def _can_be_resumed(run: Run) -> bool:
    return run.summary().status.state in RESUMABLE


ANY = Use(lambda run: True, "run", "rnntui train")
TEXT = Use(_is_text, "run of a text with a checkpoint", "rnntui train text")
TRAINED = Use(lambda run: bool(run.steps_saved(whole=False)), "run with a checkpoint", "rnntui train")
UNFINISHED = Use(_can_be_resumed, "unfinished run", "rnntui train")


def find(root: Path, reference: str, use: Use = ANY) -> Run:
    """The run of that name under `root` (of a sweep `sweep/run`), at that path, or the `last` one that serves.

    Raises `ValueError` with the nearest names where there is none, and for a sweep's name or a text's.
    """
    if reference == LAST:
        return last(root, use)
    path = folders.at(root, reference)
    if path is None:
        raise ValueError(_unknown(root, reference))
    if not folders.is_run(path):
        way_on = f"`rnntui sweep {folders.sweep_called(path)}` resumes it"
        raise ValueError(f"{reference!r} is a sweep: name one of its runs, {path.name}/…; {way_on}")
    return Run(path)


def last(root: Path, use: Use = ANY) -> Run:
    """The run written to last of those that serve, be it alone or one of a sweep's. Raises `ValueError`: none does."""
    for run in newest_first(root):
        if use.admits(run):
            return run
    raise ValueError(
        f"there is no {use.what} in {folders.place(root)} yet: `{use.made_by}{folders.option_for(root)}` makes one"
    )


def newest_first(root: Path) -> list[Run]:
    """Every run under a folder and in its sweeps, the one written to last first; not those of a sweep whose folder
    cannot be listed.
    """
    every = [Run(path) for path in folders.runs(root)]
    for sweep in folders.sweeps(root):
        with suppress(OSError):
            every += [Run(path) for path in folders.runs(sweep)]
    return sorted(every, key=lambda run: run.changed(), reverse=True)


def _unknown(root: Path, reference: str) -> str:
    """The message for an unknown name: the nearest ones and the command that lists all, or what it names instead."""
    if (text := _text_named(reference)) is not None:
        return text
    if members := _members(root, reference):
        return (
            f"{reference!r} is an ensemble, which score, sample and write alone take: name one run, as {members[0]!r}"
        )
    sweep, slash, _ = reference.rpartition("/")
    within = slash and sweep and folders.is_sweep(root / sweep)
    names = [folders.name_of(path) for path in folders.runs(root / sweep if within else root)]
    if names and not within:
        names.append(LAST)
    elsewhere = folders.option_for(root)
    lists = f"`rnntui runs show {shlex.quote(sweep)}{elsewhere}`" if within else f"`rnntui runs{elsewhere}`"
    return f"no run {reference!r}{nearest(reference, names)} in {folders.place(root)}: {lists} lists them"


def _members(root: Path, reference: str) -> list[str]:
    """The runs between the plus signs of an ensemble's name."""
    pieces = reference.split(JOIN)
    names = [piece.partition(MARK)[0] for piece in pieces] if len(pieces) > 1 else []
    return [name for name in names if (path := folders.at(root, name)) is not None and folders.is_run(path)]


def _text_named(reference: str) -> str | None:
    """The message for a text's name in place of a run's; `None` if it is no text either."""
    if not _is_text_name(reference):
        return None
    name = Path(reference).stem
    train = f"`rnntui train text --corpus {shlex.quote(reference)} --name {shlex.quote(name)}`"
    is_here = corpora.folder().joinpath(f"{reference}.txt").is_file() or reference not in fetchable()
    first = "" if is_here else f"fetch it with `rnntui corpora get {reference}`, then "
    return f"{reference!r} is a text, not a run: {first}train a network on it with {train}"


def _is_text_name(reference: str) -> bool:
    """Whether that is a text of the catalogue or the corpora folder, or a file that is named as a text."""
    if reference in fetchable() or os.path.isfile(reference):
        return reference in fetchable() or Path(reference).suffix.lower() in corpora.TEXT_SUFFIXES
    return any(reference == entry.name for entry in corpora.listing()) if reference else False
