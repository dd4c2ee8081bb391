"""Texts that need no network: each is what a function returns, the same at every call.

A new one is a file with such a function and a line in `BUILT_IN`. Runs know a text by the hash of its bytes, so one
that changes is another text to them.
"""

import importlib
import sys
from dataclasses import dataclass
from functools import cache

DEFAULT = "pydoc"  # where no corpus is named and none was fetched


@dataclass(frozen=True)
class BuiltIn:
    """A text that `place`, a function `package.module:name`, returns."""

    place: str
    title: str
    licence: str


PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}"
BUILT_IN = {
    "pydoc": BuiltIn("rnntui.corpora.pydoc:text", f"The documentation that comes with {PYTHON}", "PSF-2.0"),
}


@cache
def built_in(name: str) -> str:
    """The text of that name. Raises `ValueError` where it cannot be made on this machine."""
    module, _, function = BUILT_IN[name].place.partition(":")
    text: str = getattr(importlib.import_module(module), function)()
    return text
