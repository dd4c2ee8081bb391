"""Texts of one's own that come into the corpora folder: a file, a folder of texts, or what an address serves.

Invariant: what is there is never written over, and an addition that fails or is interrupted leaves nothing.
"""

import errno
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rnntui.corpora import catalogue
from rnntui.corpora.catalogue import CATALOGUE, FetchError
from rnntui.corpora.decoding import Reading, read
from rnntui.corpora.keeping import replacing
from rnntui.corpora.places import BUILT_IN, MADE, check_kind
from rnntui.corpora.reading import Unreadable, hashed, joined, read_pieces

NO_NAMES = (BUILT_IN, "last", "README")
PAGE = "this is an HTML page: a network learns its tags along with its text"
LONGEST_NAME = 100  # characters
MOST_BYTES = 200  # of a name, so that what is made of it is short enough for a file system, which takes 255


@dataclass(frozen=True)
class Added:
    """Where a text lies now, whether it lay there before, what was done to bring it there, and what is odd about it."""

    path: Path
    already_there: bool
    notes: tuple[str, ...]
    remark: str = ""


def add(name: str, origin: str, into: Path, progress: catalogue.Progress | None = None) -> Added:
    """Copy a text to `<into>/<name>.txt`: a file's bytes as they are, a folder's texts joined, what a URL serves.

    `progress` hears of what is fetched. Raises `ValueError` for what is no name or taken by another text, and for an
    origin that is nothing, binary or empty, and for an address that is wrong; raises `FetchError` where the network or
    the disk fails.
    """
    place = into / f"{_checked(name)}.txt"
    _check_free(place, into / name)
    bring = _bringer(origin, progress)  # says what is wrong with the origin before a folder is made
    try:
        into.mkdir(parents=True, exist_ok=True)
        with replacing(place) as temporary:
            notes = bring(temporary)
            _check_text(origin, temporary)
            is_page = bring.is_page or _begins_a_page(temporary)
            sha256 = hashed([temporary])
            _check_catalogue(name, sha256)
            is_there = place.exists()
            if is_there:
                _check_same(name, place, sha256)
                temporary.unlink()
            else:
                temporary.chmod(0o644)
    except OSError as error:
        raise _not_written(into, error) from None
    return Added(place, is_there, notes, PAGE if is_page else "")


# --- names ----------------------------------------------------------------------------------------------------------


def _checked(name: str) -> str:
    if fault := _fault(name):
        shown = name if len(name) <= LONGEST_NAME else f"{name[:20]}…"
        raise ValueError(f"{shown!r} cannot be a corpus's name: {fault}")
    return name


def _fault(name: str) -> str:
    """What is wrong with a name, empty where nothing is."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST_NAME:
        return f"it has {len(name):,} characters, and {LONGEST_NAME} are the most"
    if os.sep in name:
        return f"it is a path (it holds {os.sep!r}): give a name alone"
    if odd := re.search(r"[^\w.+-]", name):
        return f"it holds {odd[0]!r}: take letters, digits, '-', '_', '+' and '.'"
    if not re.match(r"\w", name):
        return f"it begins with {name[0]!r}: begin with a letter, a digit or '_'"
    if len(name.encode()) > MOST_BYTES:
        return f"it has {len(name.encode())} bytes, and {MOST_BYTES} are the most"
    if ending := next((each for each in (".txt", *MADE) if name.endswith(each)), None):
        return f"it ends with {ending!r}, which rnntui puts behind a name itself"
    return f"{name!r} stands for something else" if name in NO_NAMES else ""


def _check_free(place: Path, folder: Path) -> None:
    for path in (place, folder):
        if os.path.lexists(path) and (path == folder or not os.path.isfile(path)):
            raise ValueError(f"{str(path)!r} is in the way: take another name, or rename or remove it first")


def _check_same(name: str, place: Path, sha256: str) -> None:
    if hashed([place]) != sha256:
        raise ValueError(f"the name {name!r} is taken by another text, {str(place)!r}: take another name")


def _check_catalogue(name: str, sha256: str) -> None:
    if name in CATALOGUE and CATALOGUE[name].sha256 != sha256:
        raise ValueError(
            f"{name!r} is the catalogue's name of another text ({CATALOGUE[name].title}): take another name"
        )


# --- origins --------------------------------------------------------------------------------------------------------


class _File:
    """A file, whose bytes are copied as they are."""

    is_page = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, temporary: Path) -> tuple[str, ...]:
        with open(temporary, "wb") as out:
            out.writelines(read_pieces()(self._path))
        return ()


class _Address:
    """What an address serves, fetched as it is."""

    def __init__(self, url: str, progress: catalogue.Progress | None) -> None:
        self._url, self._progress = url, progress
        self.is_page = False  # known once it was fetched

    def __call__(self, temporary: Path) -> tuple[str, ...]:
        self.is_page = catalogue.transfer(self._url, temporary, self._progress) in (
            "text/html",
            "application/xhtml+xml",
        )
        return (f"fetched from {self._url}",)


class _Folder:
    """A folder's texts and those of the folders in it, each decoded by itself, joined as UTF-8.

    Links in it are left out, for they may lead to what the user would not give away.
    """

    is_page = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left_out: Counter[str] = Counter()

    def __call__(self, temporary: Path) -> tuple[str, ...]:
        readings = list(self._readings())
        if not readings:
            raise ValueError(f"folder {str(self._path)!r} has no text files{self._words(' (left out: ', ')')}")
        with open(temporary, "wb") as out:
            out.writelines(piece.encode() for piece in joined(readings))
        counted = f"{len(readings):,} file{'' if len(readings) == 1 else 's'}"
        return (f"{counted} joined in order of their paths", *([self._words("left out: ")] if self._left_out else []))

    def _words(self, before: str, behind: str = "") -> str:
        counts = sorted(self._left_out.items())
        said = ", ".join(f"{n:,} {kind}{'s' if kind == 'link' and n > 1 else ''}" for kind, n in counts)
        return f"{before}{said}{behind}" if said else ""

    def _readings(self) -> Iterator[Reading]:
        for file in sorted(self._files(), key=lambda file: file.relative_to(self._path).as_posix()):
            try:
                yield read(lambda file=file: read_pieces()(file))  # type: ignore[misc]
            except Unreadable:
                self._left_out["unreadable"] += 1
            except ValueError:
                self._left_out["binary"] += 1

    def _files(self) -> Iterator[Path]:
        for place, folders, files in os.walk(self._path):
            seen = [name for name in (*folders, *files) if not name.startswith(".")]
            self._left_out["hidden"] += len(folders) + len(files) - len(seen)
            folders[:] = [name for name in folders if name in seen]
            linked = [name for name in seen if os.path.islink(Path(place, name))]
            self._left_out["link"] += len(linked)
            for name in (name for name in files if name in seen and name not in linked and not name.endswith(MADE)):
                if os.path.isfile(path := Path(place, name)):
                    yield path
                else:
                    self._left_out["no regular file"] += 1
        self._left_out += Counter()  # without what there is none of


def _bringer(origin: str, progress: catalogue.Progress | None) -> "_File | _Folder | _Address":
    if "://" in origin:
        _check_url(origin)
        return _Address(origin, progress)
    path = Path(os.path.expanduser(origin))
    if not os.path.lexists(path):
        raise ValueError(f"there is no file or folder {origin!r}: give one, or a URL")
    check_kind(path)
    return _Folder(path) if path.is_dir() else _File(path)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError(
            f"{url!r} is no address that a text can be fetched from: it must begin with http:// or https://"
        )


def _check_text(origin: str, temporary: Path) -> None:
    """Raise `ValueError` for what is no text, or none worth learning."""
    try:
        reading = read(lambda: read_pieces()(temporary))
    except ValueError as error:
        raise ValueError(f"{origin!r} is {error}") from None
    seen: set[str] = set()
    for piece in reading.pieces():
        seen.update(piece)
        if len(seen) > 1:
            return
    raise ValueError(f"{origin!r} {'has one distinct character' if seen else 'is empty'}: there is nothing to learn")


def _begins_a_page(file: Path) -> bool:
    """Whether a text says at its beginning that it is HTML."""
    pieces = read(lambda: read_pieces()(file)).pieces()
    return next(pieces, "").lstrip().lower().startswith(("<!doctype html", "<html"))


def _not_written(into: Path, error: OSError) -> Exception:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return ValueError(f"{str(into)!r} cannot be written: name another folder (RNNTUI_CORPORA)")
    return FetchError(f"{str(into)!r} could not be written: {error.strerror}; nothing was kept")
