"""The styles of a screen or widget lie in the file beside its module: an application parses those of what it shows."""

from pathlib import Path


def styles_of(module: str) -> str:
    """What `DEFAULT_CSS` is: the `.tcss` beside a module, given as its `__file__`."""
    return Path(module).with_suffix(".tcss").read_text(encoding="utf-8")
