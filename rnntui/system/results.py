"""Files that a user asked for: figures, pictures and tables. Nothing is written through a link."""

import os
from pathlib import Path

from rnntui.system.folder import Folder


def check(path: Path, option: str) -> None:
    """Raise `ValueError`, naming the option, where a file cannot be written: before anything is computed."""
    where = f"{option} {str(path)!r}"
    if path.is_symlink():
        raise ValueError(f"{where} is a link, and rnntui never writes through a link: name the file itself")
    if path.is_dir():
        raise ValueError(f"{where} is a folder: name a file in it")
    if path.exists() and not path.is_file():
        raise ValueError(f"{where} is not a file: name one")
    if not path.parent.is_dir():
        raise ValueError(f"{where}: there is no folder {str(path.parent)!r}")
    if not os.access(path.parent, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise ValueError(f"{where} cannot be written: permission denied")


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole, or leave what is there. Raises `ValueError` for a link, and `OSError`."""
    with Folder(path.parent, f"the file {path.name!r}", follow=True) as folder:
        folder.remove_left(path.name)
        folder.replace(path.name, content)
