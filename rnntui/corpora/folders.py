"""Which files of a folder are a corpus: one rule for `--corpus FOLDER`, `corpora check FOLDER` and `corpora add`.

They are all files in it, and in the folders in it, that are texts by their first bytes, in order of their paths. Hidden
ones, links and what rnntui puts beside texts are none: a link may lead to what the user would not have read.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rnntui.corpora.formats import described
from rnntui.system.errors import meaning
from rnntui.text.format import counted

MADE = (".tokens", ".tokens.json")  # how the names end of what rnntui itself puts beside a text
MOST_FILES = 100_000
SNIFFED = 1 << 13  # first bytes of a file that tell whether it is binary
MOST_CONTROLS = 0.01  # of these bytes
TEXT_SUFFIXES = (".txt", ".text", ".md", ".rst", ".tex", ".html", ".htm", ".xml")  # of texts in the corpora folder
README = "README.md"
_CONTROLS = re.compile(rb"[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")  # without those of a text, and the escape character


@dataclass(frozen=True)
class Texts:
    """The texts of a folder, and how many of what else it has; `binary` is the first file that is no text."""

    files: tuple[Path, ...]
    others: tuple[tuple[str, int], ...]
    binary: str = ""

    @property
    def left_out(self) -> str:
        """What was left out, in words; empty where nothing was."""
        if not self.others:
            return ""
        return f"left out: {', '.join(self._words())}"

    def _words(self) -> Iterator[str]:
        for kind, number in self.others:
            words = counted(number, kind) if kind == "link" else f"{number:,} {kind}"
            yield f"{words} ({self.binary!r}{', …' if number > 1 else ''})" if kind == "binary" else words


def texts_in(path: Path) -> Texts:
    """The texts of a folder. Raises `ValueError` where it cannot be read, or has too many files."""
    try:
        os.scandir(path).close()
    except OSError as error:
        raise ValueError(f"folder {str(path)!r} cannot be read: {meaning(error)}") from None
    texts: list[Path] = []
    others: Counter[str] = Counter()
    binary: list[str] = []
    for file in sorted(_files(path, others), key=lambda file: file.relative_to(path).as_posix()):
        fault = _fault(file)
        if not fault:
            texts.append(file)
            continue
        others[fault] += 1
        if fault == "binary":
            binary.append(file.relative_to(path).as_posix())
    return Texts(tuple(texts), tuple(sorted((+others).items())), binary[0] if binary else "")


def flat_texts_in(path: Path) -> tuple[Path, ...]:
    """What earlier versions took of a folder: the files in it alone that are named as texts, else those that are."""
    try:
        names = sorted(path.iterdir())
    except OSError as error:
        raise ValueError(f"folder {str(path)!r} cannot be read: {meaning(error)}") from None
    files = [
        file
        for file in names
        if not file.name.startswith(".")
        and not file.name.endswith(MADE)
        and file.name != README
        and not file.is_symlink()
        and file.is_file()
    ]
    named = [file for file in files if file.suffix.lower() in TEXT_SUFFIXES]
    return tuple(named or [file for file in files if _fault(file) != "binary"])


def _fault(path: Path) -> Literal["", "binary", "unreadable"]:
    """Why a file is left out, by its first bytes; empty for a text."""
    try:
        with open(path, "rb") as file:
            head = file.read(SNIFFED)
    except OSError:
        return "unreadable"
    is_odd = not _is_wide(head) if b"\0" in head else len(_CONTROLS.findall(head)) > MOST_CONTROLS * len(head)
    return "binary" if is_odd or described(head) else ""


def _is_wide(head: bytes) -> bool:
    """Whether NULs stand as in a text of two or four bytes a character."""
    from rnntui.corpora.detection import Wide

    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        return True
    wide = Wide()
    wide.feed(head[: len(head) // 4 * 4])
    return bool(wide.codec)


def _files(path: Path, others: Counter[str]) -> Iterator[Path]:
    """The files in a folder and the folders in it that may be texts; what is left out is counted."""
    number = 0

    def unreadable(error: OSError) -> None:
        others["unreadable"] += 1

    for place, folders, files in os.walk(path, onerror=unreadable):
        seen = [name for name in (*folders, *files) if not name.startswith(".")]
        others["hidden"] += len(folders) + len(files) - len(seen)
        linked = [name for name in seen if os.path.islink(Path(place, name))]
        others["link"] += len(linked)
        folders[:] = [name for name in folders if name in seen and name not in linked]
        for name in (name for name in files if name in seen and name not in linked and not name.endswith(MADE)):
            if os.path.isfile(file := Path(place, name)):
                yield file
                number += 1
            else:
                others["not a regular file"] += 1
            if number > MOST_FILES:
                raise ValueError(
                    f"folder {str(path)!r} has more than {MOST_FILES:,} files: name the one with the texts"
                )
