"""What a command says: results on standard output, all else on standard error, never a reason to die.

Nothing that goes out here is markup, and nothing in it is obeyed by a terminal.
"""

import errno
import io
import json
import math
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from rnntui.system.errors import Unwritable
from rnntui.text.sanitize import shown_text

PAGE_DRIVER = "rnntui.browser.driver:PageDriver"  # as Textual has it named in the environment of a page's process


class Results:
    """Standard output: what cannot be written there is told from all else that cannot be written, and not forgotten."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost: OSError | None = None

    def write(self, text: str) -> int:
        with self._told():
            return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._told():
            self._stream.flush()

    def deliver(self) -> None:
        """Flush, and raise for what was lost before, though it stopped nothing then."""
        self.flush()
        if self._lost is not None:
            raise self._lost

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError as error:  # the reader has seen enough: no failure
            self._lost = error
            raise
        except OSError as error:
            self._lost = Unwritable(*error.args)
            raise self._lost from None
        except ValueError:
            if not self._stream.closed:
                raise
            self._lost = Unwritable(errno.EBADF, os.strerror(errno.EBADF))
            raise self._lost from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Steadfast:
    """A stream that loses what cannot be written instead of raising: a terminal that hung up, a pipe that closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or from the first failure on drop."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):  # the latter where it was closed
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        """Flush, or from the first failure on drop."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
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


@contextmanager
def safe_streams() -> Iterator[Results]:
    """While open, results that cannot be written raise `Unwritable`, and all else that is said never fails.

    Characters that a stream's encoding lacks go out as escapes.
    """
    before = sys.stdout, sys.stderr
    for stream in before:
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    results = Results(_closed() if sys.stdout is None else sys.stdout)
    sys.stdout, sys.stderr = cast("TextIO", results), steadfast(sys.stderr)
    try:
        yield results
    finally:
        sys.stdout, sys.stderr = before


def is_terminal() -> bool:
    """Whether there is a terminal that a screen can be drawn on and that can be typed at; says so where it is dumb."""
    if draws_screens():
        return True
    if is_dumb() and is_typed_at():
        say("no screen can be drawn on a terminal whose TERM is 'dumb'; continuing without one, as with --headless")
    return False


def draws_screens() -> bool:
    """The same, without a word."""
    return is_in_browser() or (is_typed_at() and not is_dumb())


def is_in_browser() -> bool:
    """Whether what is drawn goes to a page of `rnntui serve`, which needs no terminal."""
    return os.environ.get("TEXTUAL_DRIVER") == PAGE_DRIVER


def has_bars() -> bool:
    """Whether standard error is a terminal on which a line can be drawn again."""
    return _is_terminal(sys.stderr) and not is_dumb()


def _closed() -> TextIO:
    """In the place of a standard output that was closed: `entry.main` saw to it that writing there fails."""
    return open(1, "w", encoding="utf-8", closefd=False)


def is_typed_at() -> bool:
    """Whether there is a terminal, of any kind, to write on and to type at."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stdout)


def is_dumb() -> bool:
    """Whether the terminal moves no cursor."""
    return os.environ.get("TERM") == "dumb"


def _is_terminal(stream: TextIO | None) -> bool:
    with suppress(ValueError):  # it was closed
        return stream is not None and stream.isatty()
    return False


def say(sentence: str) -> None:
    """One line on standard error, at once."""
    print(shown_text(commands_whole(sentence, sys.stderr)), file=steadfast(sys.stderr), flush=True)


def commands_whole(sentence: str, stream: TextIO | None) -> str:
    """The sentence; where it is longer than a terminal's line, each command in it begins one, and is not broken."""
    if not _is_terminal(stream) or len(sentence) <= shutil.get_terminal_size().columns:
        return sentence
    return re.sub(r";? (?=`rnntui )", "\n  ", sentence)


def desktop_notification(words: str) -> str:
    """What has a terminal that knows OSC 9 (iTerm2, Ghostty, WezTerm, Windows Terminal) notify the desktop."""
    return f"\x1b]9;{shown_text(words)}\x07"


def as_json(content: Any) -> str:
    """The content as JSON; a number that is not finite is `null`."""
    return json.dumps(_finite(content), indent=1, allow_nan=False)


def columns() -> float:
    """The columns of the terminal; without end where standard output is none, so that lines stay whole."""
    return shutil.get_terminal_size().columns if _is_terminal(sys.stdout) else math.inf


def styled(text: str, style: str) -> str:
    """The text as Rich styles it for standard output; as it is where that is no terminal."""
    from rich.console import Console
    from rich.text import Text

    # Not written by Rich, which ends the process where a pipe is closed.
    drawn = io.StringIO()
    out = Console(file=drawn, force_terminal=_is_terminal(sys.stdout), markup=False, highlight=False, emoji=False)
    out.print(Text(text, style=style), soft_wrap=True, end="")
    return drawn.getvalue()


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
