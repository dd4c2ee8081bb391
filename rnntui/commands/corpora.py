"""`rnntui corpora`: lists texts; `get` and `add` fetch more, with a progress bar on standard error."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from rnntui import corpora
from rnntui.commands.progress import waiting
from rnntui.commands.progress.bars import bar
from rnntui.commands.tables import print_table
from rnntui.corpora.adding import Added, AddOptions
from rnntui.corpora.adding import add as bring
from rnntui.corpora.catalogue import check_name, fetch
from rnntui.corpora.trained import short
from rnntui.system.output import as_json, has_bars, say
from rnntui.text.sanitize import shown_text

MOST = "2G"  # bytes that are fetched or unpacked where no bound is named


def corpora_table(*, wants_json: bool) -> None:
    """Print the texts that are here and those that can be fetched."""
    entries = corpora.listing()
    if wants_json:
        print(as_json([{**asdict(entry), "path": entry.path and str(entry.path)} for entry in entries]))
        return
    rows = [[entry.name, f"{entry.size:,}", entry.title or "", entry.licence or "", _where(entry)] for entry in entries]
    print_table(["name", ">bytes", "title", "licence", "where"], rows, leave_out=[("licence",), ("title",)])
    if not all(entry.is_here for entry in entries):
        print("`rnntui corpora get NAME` fetches one that is not here")


def _where(entry: corpora.Entry) -> str:
    if not entry.is_here:
        return "not here"
    return str(entry.path) if entry.path else "built in"


def get(names: Sequence[str]) -> None:
    """Fetch texts of the catalogue, one after the other.

    Raises `ValueError` for a name that it lacks, before anything is fetched, and what `fetch` raises.
    """
    for name in names:
        check_name(name)
    for name in names:
        with _bar() as progress:
            fetched = fetch(name, corpora.folder(), DownloadBar(progress, name))
        there = " was already there" if fetched.already_there else ""
        say(f"{name}: {fetched.path}{there} (licence: {fetched.text.licence})")


def add(name: str, origin: str, encoding: str, most: str | None) -> None:
    """Copy a file, a folder's texts or what a URL serves to the corpora folder, and say what it is.

    `most` is the largest number of bytes to fetch or unpack; a note says so if it had no effect.

    Raises as `corpora.adding.add`, and for an invalid size.
    """
    options = AddOptions(encoding, size_of(most or MOST))
    with _bar() as progress:
        added = bring(name, origin, corpora.folder(), DownloadBar(progress, name, hidden="://" not in origin), options)
    with waiting.reading(name) as wait:
        corpus = corpora.load(str(added.path), progress=wait)
    for line in _told(name, added, corpus):
        print(shown_text(line))
    if most is not None and "://" not in origin and "unpacked" not in added.notes:
        say("--most had no effect: nothing was fetched or unpacked")


def size_of(text: str) -> int:
    """A size in bytes from `500M`, `2G` or `1000`. Raises `ValueError` for anything else."""
    match = re.fullmatch(r"(\d{1,15})\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE | re.ASCII)
    size = int(match[1]) << 10 * " KMGT".index(match[2].upper() or " ") if match else 0
    if not size:
        raise ValueError(f"--most must be a size such as 500M or 10G, not {text!r}")
    return size


def _told(name: str, added: Added, corpus: corpora.Corpus) -> Iterable[str]:
    yield f"{name}: {added.path}{' was already there' if added.already_there else ''}"
    counts = f"{corpus.length:,} characters, {len(corpus.vocabulary):,} distinct"
    notes = "; ".join((*added.notes, *corpus.notes[1:]))
    yield f"  {counts}, {corpus.encoding}, sha256 {short(corpus.sha256)}; {notes}"
    if added.remark:
        yield f"  {added.remark}"


class DownloadBar:
    """A progress bar with the interface that pooch expects, `catalogue.Progress`."""

    def __init__(self, progress: Progress, name: str, *, hidden: bool = False) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=None, visible=not hidden)
        self.total = 0

    def update(self, n: int, /) -> None:
        self._progress.update(self._task, total=self.total or None, advance=n)

    def reset(self) -> None:
        self._progress.reset(self._task, total=self.total)

    def close(self) -> None:
        self._progress.refresh()


def _bar() -> Progress:
    return bar(BarColumn(), DownloadColumn(), TransferSpeedColumn(), disable=not has_bars())
