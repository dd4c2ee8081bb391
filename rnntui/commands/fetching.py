"""`rnntui corpora get`: the catalogue's fetch with a progress bar on standard error."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from rnntui import corpora
from rnntui.config import nearest
from rnntui.corpora.catalogue import CATALOGUE, fetch
from rnntui.output import say, steadfast


def get(names: Sequence[str]) -> None:
    """Fetch texts of the catalogue in turn.

    Raises `ValueError` for a name that it lacks, before anything is fetched, and what `fetch` raises.
    """
    for name in names:
        if name not in CATALOGUE:
            raise ValueError(f"no text {name!r} to fetch{nearest(name, CATALOGUE)}: there are {', '.join(CATALOGUE)}")
    for name in names:
        with _bar() as progress:
            fetched = fetch(name, corpora.folder(), Bar(progress, name))
        say(f"{name}: {fetched.path}{' was already there' if fetched.already_there else ''}")


class Bar:
    """Rich's progress bar as pooch tells it; what it is told is `catalogue.Progress`."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=None)
        self.total = 0

    def update(self, n: int, /) -> None:
        self._progress.update(self._task, total=self.total or None, advance=n)

    def reset(self) -> None:
        self._progress.reset(self._task, total=self.total)

    def close(self) -> None:
        self._progress.refresh()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(file=steadfast(sys.stderr), markup=False, highlight=False, emoji=False),
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not sys.stderr.isatty(),
    )
