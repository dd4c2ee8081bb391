"""Texts of one's own that come into the corpora folder: a file, a folder of texts, or what an address serves.

Invariant: what is there is never written over, and an addition that fails or is interrupted leaves nothing.
"""

import errno
import gzip
import os
import re
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from rnntui.corpora import catalogue
from rnntui.corpora.builtin import BUILT_IN
from rnntui.corpora.catalogue import MOST, FetchError, Limited, fetchable, without_password
from rnntui.corpora.decoding import DecodedText, Pieces, codec_of, read
from rnntui.corpora.folders import MADE
from rnntui.corpora.formats import GZIP
from rnntui.corpora.parts import PIECE, How, hashed, parts_of, read_pieces, text_of
from rnntui.corpora.places import check_kind
from rnntui.corpora.storage import UnfinishedFile, replacing
from rnntui.system.errors import meaning

NO_NAMES = (*BUILT_IN, "last", "README")
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


@dataclass(frozen=True)
class AddOptions:
    """How a text is to come: in which encoding its bytes are (empty: kept as they are), and its most bytes."""

    encoding: str = ""
    most: int = MOST  # of what is fetched or unpacked


def add(
    name: str, origin: str, into: Path, progress: catalogue.Progress | None = None, options: AddOptions = AddOptions()
) -> Added:
    """Copy a text to `<into>/<name>.txt`: a file's bytes as they are, a folder's texts joined, what a URL serves.

    What is gzipped is unpacked, and what has an encoding named is kept as UTF-8. `progress` hears of what is fetched.
    Raises `ValueError` for what is no name or taken by another text, for an origin that is nothing, binary, empty or
    too large, and for an address that is wrong; raises `FetchError` where the network or the disk fails.
    """
    place = into / f"{_checked(name)}.txt"
    _check_free(place, into / name)
    if options.encoding:
        codec_of(options.encoding)
    bring = _bringer(origin, progress, options)  # says what is wrong with the origin before a folder is made
    try:
        into.mkdir(parents=True, exist_ok=True)
        with replacing(place) as draft:
            notes = bring(draft)
            _check_text(without_password(origin), draft)
            is_page = bring.is_page or _begins_a_page(draft)
            sha256 = draft.sha256()
            _check_catalogue(name, sha256)
            is_there = place.exists()
            if is_there:
                _check_same(name, place, sha256)
                draft.discard()
    except OSError as error:
        raise _not_written(into, error) from None
    return Added(place, is_there, notes, PAGE if is_page else "")


# --- names ----------------------------------------------------------------------------------------------------------


def _checked(name: str) -> str:
    if wrong := fault(name):
        shown = name if len(name) <= LONGEST_NAME else f"{name[:20]}…"
        raise ValueError(f"{shown!r} cannot be a corpus's name: {wrong}")
    return name


def fault(name: str) -> str:
    """What is wrong with a name, empty where nothing is."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST_NAME:
        return f"it has {len(name):,} characters, and {LONGEST_NAME} are the most"
    if os.sep in name:
        return f"it is a path (it contains {os.sep!r}): give only a name"
    if odd := re.search(r"[^\w.+-]", name):
        return f"it contains {odd[0]!r}: use letters, digits, '-', '_', '+' and '.'"
    if not re.match(r"\w", name):
        return f"it begins with {name[0]!r}: begin with a letter, a digit or '_'"
    if len(name.encode()) > MOST_BYTES:
        return f"it has {len(name.encode())} bytes, and {MOST_BYTES} are the most"
    if ending := next((ending for ending in (".txt", *MADE) if name.endswith(ending)), None):
        return f"it ends with {ending!r}, which rnntui adds itself"
    return f"{name!r} already means something else" if name in NO_NAMES else ""


def _check_free(place: Path, folder: Path) -> None:
    for path in (place, folder):
        if os.path.lexists(path) and (path == folder or not os.path.isfile(path)):
            raise ValueError(f"{str(path)!r} is in the way: take another name, or rename or remove it first")


def _check_same(name: str, place: Path, sha256: str) -> None:
    if hashed(parts_of(place)) != sha256:
        raise ValueError(f"the name {name!r} is taken by another text, {str(place)!r}: take another name")


def _check_catalogue(name: str, sha256: str) -> None:
    known = fetchable().get(name)
    if known is not None and known.sha256 != sha256:
        raise ValueError(f"{name!r} is the catalogue's name of another text ({known.title}): take another name")


# --- origins --------------------------------------------------------------------------------------------------------


class _File:
    """A file, whose bytes are copied as they are."""

    is_page = False

    def __init__(self, path: Path, options: AddOptions) -> None:
        self._path, self._options = path, options

    def __call__(self, draft: UnfinishedFile) -> tuple[str, ...]:
        try:
            raw = open(self._path, "rb")  # noqa: SIM115 (closed below)
        except OSError as error:
            raise ValueError(f"{str(self._path)!r} cannot be read: {meaning(error)}") from None
        with raw:
            return _put(raw, draft, repr(str(self._path)), self._options)


class _Address:
    """What an address serves, fetched as it is."""

    def __init__(self, url: str, progress: catalogue.Progress | None, options: AddOptions) -> None:
        self._url, self._progress, self._options = url, progress, options
        self.is_page = False  # known once it was fetched

    def __call__(self, draft: UnfinishedFile) -> tuple[str, ...]:
        with tempfile.TemporaryFile(dir=draft.place) as fetched:
            kind = catalogue.transfer(self._url, fetched, self._progress, self._options.most)
            self.is_page = kind in ("text/html", "application/xhtml+xml")
            where = without_password(self._url)
            return (f"fetched from {where}", *_put(fetched, draft, repr(where), self._options))


class _Folder:
    """A folder's texts and those of the folders in it, each decoded by itself, joined as UTF-8."""

    is_page = False

    def __init__(self, path: Path, options: AddOptions) -> None:
        self._path, self._options = path, options

    def __call__(self, draft: UnfinishedFile) -> tuple[str, ...]:
        parts = parts_of(self._path)
        text = text_of(
            self._path, parts, lambda part: lambda: read_pieces()(part), How(encoding=self._options.encoding)
        )
        with draft.writing() as out:
            out.writelines(piece.encode() for piece in text.pieces())
        return text.notes


def _put(raw: BinaryIO, draft: UnfinishedFile, what: str, options: AddOptions) -> tuple[str, ...]:
    """Copy a file's bytes, unpacked where it is gzipped, and as UTF-8 where its encoding was named."""
    raw.seek(0)
    is_packed = raw.read(len(GZIP)) == GZIP

    def pieces() -> Iterator[bytes]:
        raw.seek(0)
        return _unpacked(raw) if is_packed else iter(lambda: raw.read(PIECE), b"")

    notes = ("unpacked",) if is_packed else ()
    try:
        with draft.writing() as file:
            out = Limited(file, options.most, what) if is_packed else file
            if not options.encoding:
                out.writelines(pieces())
                return notes
            text = _read_as(pieces, options.encoding, what)
            out.writelines(piece.encode() for piece in text.pieces())
            return (*notes, *text.notes, "kept as UTF-8")
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ValueError(f"{what} is a damaged or truncated gzip file: fetch or pack it again") from None


def _read_as(pieces: Pieces, encoding: str, what: str) -> DecodedText:
    try:
        return read(pieces, encoding=encoding)
    except ValueError as error:
        raise ValueError(f"{what} is {error}") from None


def _unpacked(raw: BinaryIO) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=raw) as unpacked:
        while piece := unpacked.read(PIECE):
            yield piece


def _bringer(origin: str, progress: catalogue.Progress | None, options: AddOptions) -> "_File | _Folder | _Address":
    if "://" in origin:
        _check_url(origin)
        return _Address(origin, progress, options)
    path = Path(os.path.expanduser(origin))
    if not os.path.lexists(path):
        raise ValueError(f"there is no file or folder {without_password(origin)!r}: give one, or a URL")
    check_kind(path)
    return _Folder(path, options) if path.is_dir() else _File(path, options)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError(
            f"{without_password(url)!r} is not an address to fetch a text from: it must begin with http:// or https://"
        )


def _check_text(origin: str, draft: UnfinishedFile) -> None:
    """Raise `ValueError` for what is no text, or none worth learning."""
    try:
        reading = read(draft.pieces)
    except ValueError as error:
        raise ValueError(f"{origin!r} is {error}") from None
    seen: set[str] = set()
    for piece in reading.pieces():
        seen.update(piece)
        if len(seen) > 1:
            return
    raise ValueError(
        f"{origin!r} {'has only one distinct character' if seen else 'is empty'}: there is nothing to learn"
    )


def _begins_a_page(draft: UnfinishedFile) -> bool:
    """Whether a text says at its beginning that it is HTML."""
    pieces = read(draft.pieces).pieces()
    return next(pieces, "").lstrip().lower().startswith(("<!doctype html", "<html"))


def _not_written(into: Path, error: OSError) -> Exception:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return ValueError(f"{str(into)!r} cannot be written: name another folder (RNNTUI_CORPORA)")
    return FetchError(f"{str(into)!r} could not be written: {meaning(error)}; nothing was kept")
