"""What a corpus name stands for, and what corpora there are.

A name is a text in the corpora folder, a file, a folder of text files, or the built-in `pydoc`.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from rnntui.config import nearest
from rnntui.corpora.catalogue import CATALOGUE
from rnntui.corpora.decoding import decode

BUILT_IN = "pydoc"
BUILT_IN_TITLE = "Python's own documentation"
PREFERRED = "anna"  # where no corpus is named and this one was fetched
TEXT_SUFFIXES = (".txt", ".text", ".md", ".rst", ".tex", ".html", ".htm", ".xml")
README = "README.md"
MADE = (".tokens", ".tokens.json")  # how the names end of what rnntui itself puts beside a text
SNIFFED = 1 << 13  # first bytes of a file that tell whether it is binary


@dataclass(frozen=True)
class Source:
    """What a corpus name stands for: a file, a folder of text files, or the built-in (`path` is `None`)."""

    name: str
    path: Path | None


@dataclass(frozen=True)
class Entry:
    """One line of the list of corpora; `size` is in bytes, `path` is `None` where there is no file."""

    name: str
    title: str | None
    size: int
    path: Path | None
    is_here: bool


def folder() -> Path:
    """The corpora folder: `RNNTUI_CORPORA`, else `corpora/` in the working directory."""
    return Path(os.environ.get("RNNTUI_CORPORA") or "corpora")


def find(name: str) -> Source:
    """What `--corpus NAME` stands for; `""` is `anna` where it was fetched, else the built-in.

    Raises `ValueError` for a name that stands for nothing, with the nearest names or how to fetch it, and for
    what is neither a regular file nor a folder.
    """
    here = folder()
    if not name:
        preferred = here / f"{PREFERRED}.txt"
        return Source(PREFERRED, preferred) if os.path.isfile(preferred) else Source(BUILT_IN, None)
    if name == BUILT_IN:
        return Source(BUILT_IN, None)
    in_folder = [] if is_path(name) else [here / f"{name}.txt", here / name]
    for path in (*in_folder, Path(os.path.expanduser(name))):
        if os.path.lexists(path):
            check_kind(path)
            return Source(path.stem if path.is_file() else path.resolve().name, path)
    raise ValueError(_unknown(name))


def pin(name: str) -> str:
    """A name for the same corpus that holds from any working directory: its absolute path, or the built-in's name."""
    source = find(name)
    return source.name if source.path is None else str(source.path.resolve())


def files_of(path: Path) -> list[Path]:
    """The files that a corpus at that path is read from: itself, or a folder's texts.

    Raises `ValueError` for a folder without text files, and for one that cannot be read.
    """
    if not path.is_dir():
        return [path]
    files = text_files(path)
    if not files:
        linked = links(path)
        raise ValueError(f"folder {str(path)!r} has no text files{f' ({_links_left_out(linked)})' if linked else ''}")
    return files


def text_files(path: Path) -> list[Path]:
    """A folder's texts; where no file is named as a text, all that are not binary: source code, say.

    Hidden files, a README.md and what rnntui put there are none, nor are links: they may lead to what the user would
    not have read. Raises `ValueError` where the folder cannot be read.
    """
    candidates = [each for each in _candidates(path) if not each.is_symlink()]
    return _named_texts(candidates) or [each for each in candidates if not _is_binary(each)]


def _named_texts(files: list[Path]) -> list[Path]:
    return [each for each in files if each.suffix.lower() in TEXT_SUFFIXES]


def _candidates(path: Path) -> list[Path]:
    """Regular files, or links to such, that may be texts, sorted by their names."""
    try:
        found = sorted(path.iterdir())
    except OSError as error:
        raise ValueError(f"folder {str(path)!r} cannot be read: {error.strerror}") from None
    return [
        each
        for each in found
        if not each.name.startswith(".")
        and not each.name.endswith(MADE)
        and each.name != README
        and os.path.isfile(each)
    ]


def links(path: Path) -> int:
    """How many links a folder has."""
    return sum(each.is_symlink() for each in path.iterdir())


def left_out(path: Path, files: list[Path]) -> tuple[str, ...]:
    """What a folder has beside those files and what rnntui itself put there, counted in words."""
    linked = links(path)
    others = sum(not each.name.endswith(MADE) and not each.is_symlink() for each in path.iterdir()) - len(files)
    return (
        *([_links_left_out(linked)] if linked else []),
        *([f"{others} other entries left out (hidden, folders, or no text)"] if others else []),
    )


def _links_left_out(count: int) -> str:
    return f"{count:,} link{'' if count == 1 else 's'} left out"


def listing() -> list[Entry]:
    """What is in the corpora folder and built in, sorted by name, then what can be fetched."""
    here = [Entry(BUILT_IN, BUILT_IN_TITLE, len(built_in().encode()), None, is_here=True)]
    place = folder()
    if os.path.isdir(place):
        here += [_entry(path) for path in _named_texts(_candidates(place))]
        here += [_entry(path) for path in place.iterdir() if _is_folder_corpus(path)]
    names = {entry.name for entry in here}
    away = [
        Entry(text.name, text.title, text.size, None, is_here=False)
        for text in CATALOGUE.values()
        if text.name not in names
    ]
    return sorted(here, key=lambda entry: entry.name) + away


def built_in() -> str:
    """The documentation that comes with Python. Raises `ValueError` for a Python that comes without."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise ValueError("this Python comes without its documentation (pydoc_data): name a --corpus") from None
    return "\n".join(topics[topic] for topic in sorted(topics))


def is_path(name: str) -> bool:
    """Whether a name is a path, and so stands for nothing in the corpora folder."""
    return os.sep in name or name in (os.curdir, os.pardir)


def check_kind(path: Path) -> None:
    """Raise `ValueError` for what is neither a regular file nor a folder."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ValueError(f"corpus {str(path)!r} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError(f"corpus {str(path)!r} is no regular file: give a text file or a folder of them")


def _entry(path: Path) -> Entry:
    if path.is_dir():
        return Entry(path.name, None, sum(file.stat().st_size for file in text_files(path)), path, is_here=True)
    name = path.stem if path.suffix == ".txt" else path.name
    size = path.stat().st_size
    known = CATALOGUE.get(name)
    title = known.title if known and known.size == size else None
    return Entry(name, title, size, path, is_here=True)


def _is_folder_corpus(path: Path) -> bool:
    return os.path.isdir(path) and not path.name.startswith(".") and bool(text_files(path))


def _is_binary(path: Path) -> bool:
    """By its first bytes. A file that cannot be read is left for the reading to complain of."""
    try:
        with open(path, "rb") as file:
            decode(file.read(SNIFFED))
    except ValueError:
        return True
    except OSError:
        return False
    return False


def _unknown(name: str) -> str:
    if name in CATALOGUE:
        return f"corpus {name!r} is not there yet: fetch it with rnntui corpora get {name}"
    if is_path(name):
        return f"no corpus {name!r}: there is no such file or folder, or its folder may not be entered"
    known = {entry.name for entry in listing()}
    return f"no corpus {name!r}{nearest(name, known)}: give a name that rnntui corpora lists, a file or a folder"
