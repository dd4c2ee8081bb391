"""What a corpus name stands for, and what corpora there are.

A name is a text in the corpora folder, a file, a folder of text files, or a built-in text. With a suffix or a
slash it is the file of that name here, as for all that takes a file; else the corpora folder comes first.
"""

import filecmp
import os
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path

from rnntui.config import nearest
from rnntui.corpora.builtin import BUILT_IN, DEFAULT, built_in
from rnntui.corpora.catalogue import fetchable, without_password
from rnntui.corpora.folders import README, TEXT_SUFFIXES, Texts, texts_in
from rnntui.system.errors import meaning
from rnntui.text.sanitize import one_line

PREFERRED = "anna"  # where no corpus is named and this one was fetched


@dataclass(frozen=True)
class CorpusSource:
    """What a corpus name stands for: a file, a folder of text files, or a built-in text (`path` is `None`)."""

    name: str
    path: Path | None


@dataclass(frozen=True)
class Entry:
    """One line of the list of corpora; `size` is in bytes, `path` is `None` where there is no file.

    Title and licence are known of what is built in or of the catalogue.
    """

    name: str
    title: str | None
    licence: str | None
    size: int
    path: Path | None
    is_here: bool


def folder() -> Path:
    """The corpora folder: `RNNTUI_CORPORA`, else `corpora/` in the working directory."""
    return Path(os.environ.get("RNNTUI_CORPORA") or "corpora")


def place() -> str:
    """The corpora folder as a sentence names it: where that is, and how another one is named."""
    return f"{str(folder().absolute())!r} (RNNTUI_CORPORA names another folder)"


def find(name: str) -> CorpusSource:
    """What `--corpus NAME` stands for; `""` is `anna` where it was fetched, else `pydoc`.

    Raises `ValueError` for a name that stands for nothing, with the nearest names or how to fetch it, for one of two
    different texts, and for what is neither a regular file nor a folder.
    """
    if not name:
        preferred = folder() / f"{PREFERRED}.txt"
        return CorpusSource(PREFERRED, preferred) if os.path.isfile(preferred) else CorpusSource(DEFAULT, None)
    if name in BUILT_IN:
        return CorpusSource(name, None)
    typed, in_folder = Path(os.path.expanduser(name)), next(filter(os.path.lexists, _in_folder(name)), None)
    if in_folder is not None and typed.suffix and typed.is_file():
        _check_same(name, typed, in_folder)
        in_folder = None
    path = in_folder or typed
    if not os.path.lexists(path):
        raise ValueError(_unknown(name))
    check_kind(path)
    return CorpusSource(one_line(_stem(path) if path.is_file() else path.resolve().name), path)


def _stem(path: Path) -> str:
    """A file's name without its suffix, and without that of what it is packed in: `book` of `book.txt.gz`."""
    return Path(path.stem).stem if path.suffix == ".gz" else path.stem


def _in_folder(name: str) -> list[Path]:
    """What a name may stand for in the corpora folder."""
    return [] if is_path(name) or name == README else [folder() / f"{name}.txt", folder() / name]


def _check_same(name: str, here: Path, in_folder: Path) -> None:
    """Raise `ValueError` where a name stands for two different texts."""
    try:
        is_same = here.samefile(in_folder) or filecmp.cmp(here, in_folder, shallow=False)
    except OSError:
        is_same = False
    if not is_same:
        raise ValueError(
            f"corpus {name!r} is ambiguous: {os.path.join(os.curdir, here)!r} and {str(in_folder)!r} differ, so name "
            f"one by its path"
        )


def pin(name: str) -> str:
    """A name for the same corpus from any working directory: its absolute path, or the name of a built-in text."""
    source = find(name)
    return source.name if source.path is None else str(source.path.resolve())


def texts_at(path: Path) -> Texts:
    """The files that a corpus at that path is read from: itself, or a folder's texts (`folders`).

    Raises `ValueError` for a folder without text files, and for one that cannot be read.
    """
    if not path.is_dir():
        return Texts((path,), ())
    texts = texts_in(path)
    if not texts.files:
        raise ValueError(f"folder {str(path)!r} has no text files{f' ({texts.left_out})' if texts.others else ''}")
    return texts


def listing() -> list[Entry]:
    """What is in the corpora folder and built in, sorted by name, then what can be fetched."""
    here = [
        Entry(name, text.title, text.licence, len(built_in(name).encode()), None, is_here=True)
        for name, text in BUILT_IN.items()
    ]
    place = folder()
    if os.path.isdir(place):
        here += [_entry(path) for path in _named_texts(place)]
        here += [entry for path in place.iterdir() if (entry := _folder_entry(path)) is not None]
    names = {entry.name for entry in here}
    away = [
        Entry(text.name, text.title, text.licence, text.size, None, is_here=False)
        for text in fetchable().values()
        if text.name not in names
    ]
    return sorted(here, key=lambda entry: entry.name) + away


def is_path(name: str) -> bool:
    """Whether a name is a path, and so stands for nothing in the corpora folder."""
    return os.sep in name or name in (os.curdir, os.pardir)


def check_kind(path: Path) -> None:
    """Raise `ValueError` for what is neither a regular file nor a folder."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ValueError(f"corpus {str(path)!r} cannot be read: {meaning(error)}") from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError(f"corpus {str(path)!r} is not a regular file: give a text file or a folder of them")


def _named_texts(path: Path) -> list[Path]:
    """The files of the corpora folder that are named as texts, and links to such: a link there is the user's own."""
    try:
        names = sorted(path.iterdir())
    except OSError as error:
        raise ValueError(f"folder {str(path)!r} cannot be read: {meaning(error)}") from None
    return [
        file
        for file in names
        if file.suffix.lower() in TEXT_SUFFIXES
        and not file.name.startswith(".")
        and file.name != README
        and os.path.isfile(file)
    ]


def _entry(path: Path) -> Entry:
    name = path.stem if path.suffix == ".txt" else path.name
    size = path.stat().st_size
    known = fetchable().get(name)
    if known is None or known.size != size:
        return Entry(name, None, None, size, path, is_here=True)
    return Entry(name, known.title, known.licence, size, path, is_here=True)


def _folder_entry(path: Path) -> Entry | None:
    """A folder of texts in the corpora folder; a file of its name comes first, and then it goes by its path."""
    if not os.path.isdir(path) or path.name.startswith(".") or not (files := texts_in(path).files):
        return None
    name = str(path) if os.path.isfile(path.with_name(f"{path.name}.txt")) else path.name
    return Entry(name, None, None, sum(file.stat().st_size for file in files), path, is_here=True)


def _unknown(name: str) -> str:
    if "://" in name:
        url = shlex.quote(without_password(name))
        return f"a corpus cannot be a URL: `rnntui corpora add NAME {url}` fetches it under that NAME"
    if name in fetchable():
        return f"corpus {name!r} is not in {place()} yet: `rnntui corpora get {name}` fetches it"
    said = without_password(name)
    if is_path(name):
        there = without_password(os.path.abspath(os.path.expanduser(name)))
        return f"no corpus {said!r}: there is no file or folder {there!r}, or its folder is not accessible"
    known = {entry.name for entry in listing()}
    near = nearest(name, known)
    return f"no corpus {said!r}{near} in {place()}: give a name that `rnntui corpora` lists, a file or a folder"
