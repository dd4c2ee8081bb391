"""What a command says: results on standard output, all else on standard error, never a reason to die.

Nothing that goes out here is markup, and nothing in it is obeyed by a terminal.
"""

import json
import math
import os
import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from rnntui.safe import shown_text

if TYPE_CHECKING:
    from rich.console import Console


class Steadfast:
    """A stream that loses what cannot be written instead of raising: a terminal that hung up, a pipe that closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or from the first failure on drop."""
        try:
            return self._stream.write(text)
        except OSError:
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        """Flush, or from the first failure on drop."""
        try:
            self._stream.flush()
        except OSError:
            silence(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def steadfast(stream: TextIO | None) -> TextIO:
    """A stream that never raises, also where the process was started with the stream closed."""
    return cast("TextIO", Steadfast(stream or open(os.devnull, "w", encoding="utf-8")))


def silence(stream: TextIO) -> None:
    """Let a stream's file lead nowhere, so that what it still holds does no harm at exit."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def prepare_streams() -> None:
    """Let characters that a stream's encoding lacks go out as escapes."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def is_terminal() -> bool:
    """Whether there is a terminal that a screen can be drawn on and that can be typed at."""
    streams = (sys.stdin, sys.stdout)
    return all(map(_is_terminal, streams)) and os.environ.get("TERM") != "dumb"


def has_bars() -> bool:
    """Whether standard error is a terminal, on which a line can be drawn again."""
    return _is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO | None) -> bool:
    with suppress(ValueError):  # it was closed
        return stream is not None and stream.isatty()
    return False


def say(sentence: str) -> None:
    """One line on standard error, at once."""
    print(shown_text(sentence), file=steadfast(sys.stderr), flush=True)


def as_json(content: Any) -> str:
    """The content as JSON; a number that is not finite is `null`."""
    return json.dumps(_finite(content), indent=1, allow_nan=False)


def columns() -> float:
    """The columns of the terminal; without end where standard output is none, so that lines stay whole."""
    return shutil.get_terminal_size().columns if _is_terminal(sys.stdout) else math.inf


def console() -> "Console":
    """Rich's console on standard output, without markup and guessing."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
