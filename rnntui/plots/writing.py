"""What keeps a figure from being written, in one plain sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Around what draws a figure. Raises `ValueError` where the system does not let it be written."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ValueError(f"--figure {str(file)!r} cannot be written: {reason}") from None
