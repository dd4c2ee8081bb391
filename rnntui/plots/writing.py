"""What keeps a figure from being written, in one plain sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnntui.system.errors import meaning


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Around what draws a figure on a screen. Raises `ValueError` where the system does not let it be written."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"--figure {str(file)!r} cannot be written: {meaning(error)}") from None
