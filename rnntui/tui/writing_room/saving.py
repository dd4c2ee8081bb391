"""A text that was written goes into a file of its own; none is overwritten. Standard library only."""

import os
import re
from itertools import chain, count
from pathlib import Path

from rnntui.system.errors import meaning


def save_as(name: str, text: str) -> None:
    """Write a text into a new file. Raises `ValueError` with a sentence where that cannot be."""
    if not name:
        raise ValueError("a file needs a name, such as text.txt")
    try:
        with open(Path(os.path.expanduser(name)), "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ValueError(f"{name} exists already: choose another name") from None
    except OSError as error:
        raise ValueError(f"{name} cannot be written: {meaning(error)}") from None


def free_name(title: str, seed: int) -> str:
    """An unused file name that identifies the text: `odyssey-step-20000-temp-0.5-seed-1.txt`."""
    words = re.sub(r"[^\w.]+", "-", f"{title.replace(',', '')} seed {seed}").strip("-.")
    names = chain([words], (f"{words}-{number}" for number in count(2)))
    return next(f"{name}.txt" for name in names if not Path(f"{name}.txt").exists())
