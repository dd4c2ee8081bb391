"""A regular expression that somebody typed: which characters of a text its matches cover.

Invariant: whatever was typed, the answer comes or a sentence does. The search runs in a process of its own with a limit
of processor time, for an expression can backtrack longer than anybody lives, and nothing stops it within this one.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import suppress

from rnntui.text.sanitize import one_line

LIMIT = 5  # seconds of processor time
PATIENCE = 12 * LIMIT  # seconds on a clock, on a machine that has other things to do
MOST_TYPED = 1_000  # characters of an expression
# `^` and `$` are the ends of lines, as in grep. The marks are one byte a character.
_SEARCH = """
import json, re, sys
asked = json.load(sys.stdin)
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"],) * 2)
except (ImportError, ValueError, OSError):
    pass
marks = bytearray(len(asked["text"]))
for match in re.finditer(asked["pattern"], asked["text"], re.MULTILINE):
    marks[match.start():match.end()] = b"\\1" * (match.end() - match.start())
sys.stdout.buffer.write(marks)
"""


def check(pattern: str, option: str) -> None:
    """Raise `ValueError`, naming the option, for what is no regular expression."""
    if not pattern:
        raise ValueError(f"{option} is empty: give a regular expression, such as '[A-Z]+'")
    if len(pattern) > MOST_TYPED:
        raise ValueError(f"{option}: the regular expression has {len(pattern):,} characters: at most {MOST_TYPED:,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern, re.MULTILINE)
    except (re.error, ValueError) as error:
        raise ValueError(f"{option} '{one_line(pattern)}' is not a regular expression: {_in_words(error)}") from None
    except (RecursionError, OverflowError, MemoryError):
        raise ValueError(f"{option}: the regular expression is nested too deeply or repeats too often") from None


# By how what Python says begins; `{}` is the sign at which it stopped.
_MISTAKES = {
    "missing ), unterminated": "a ( has no )",
    "unbalanced parenthesis": "a ) has no (",
    "unterminated character set": "a [ has no ]",
    "nothing to repeat": "nothing stands before the {} that it could repeat",
    "multiple repeat": "two signs that repeat follow one another, the second is {}",
    "bad escape (end of pattern)": "the \\ at its end needs a character behind it",
    "bad escape": "\\ is followed by what it gives no meaning",
    "bad character range": "a range in [ ] runs backwards or ends in more than a character",
    "min repeat greater than max repeat": "in { } the first number is larger than the second",
    "look-behind requires fixed-width pattern": "what (?<= ) looks for must have one length",
    "invalid group reference": "it refers to a group that it does not have",
    "missing >, unterminated name": "the name of a group has no >",
    "missing -, : or )": "the flags behind (? need a : or )",
    "missing flag": "(? is followed by no flag",
    "missing :": "the flags behind (? need a :",
    "unknown flag": "(? is followed by what is no flag",
    "missing group name": "a group's name is empty",
    "incomplete escape": "the number behind \\ has too few digits",
    "missing {": "\\N needs the name of a character in { }",
    "missing }": "a { has no }",
    "missing character name": "\\N needs the name of a character in { }",
    "undefined character name": "there is no character of that name",
    "octal escape value": "the number behind \\ is larger than 377",
    "bad inline flags": "its flags contradict one another, or are not for text",
    "unknown extension": "(? is followed by what it gives no meaning",
    "unexpected end of pattern": "it ends within a ( )",
    "redefinition of group name": "two groups have one name",
    "unknown group name": "it refers to a group that it does not have",
    "bad character in group name": "a group is named by letters, digits and _, and first a letter",
    "global flags not at the start": "flags such as (?i) must stand at its beginning",
    "conditional backref": "(?( ) ) has more than two alternatives",
}


def _in_words(error: re.error | ValueError) -> str:
    """What is wrong with an expression, and where that is known at which of its characters."""
    if isinstance(error, ValueError):  # for flags alone
        return "its flags contradict one another"
    typed, place = str(error.pattern), error.pos or 0
    said = next((words for begin, words in _MISTAKES.items() if error.msg.startswith(begin)), error.msg)
    return f"{said.replace('{}', typed[place : place + 1])}, at character {place + 1}"


class PatternSearch:
    """A search that is under way. `marks` is `None` until it is done; `close` ends it."""

    def __init__(self, pattern: str, text: str, option: str) -> None:
        check(pattern, option)
        self._pattern, self._option, self._length = pattern, option, len(text)
        self._until = time.monotonic() + PATIENCE
        self._out = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-W", "ignore", "-c", _SEARCH],
            stdin=subprocess.PIPE,
            stdout=self._out,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as asked:  # the exit status says so
            asked.write(json.dumps({"pattern": pattern, "text": text, "seconds": LIMIT}).encode())

    def marks(self, wait: float = 0.0) -> bytes | None:
        """A byte for each character, 1 where a match covers it; `None` where the search takes longer than `wait`.

        Raises `ValueError` for an expression that takes too long.
        """
        try:
            status = self._process.wait(wait)
        except subprocess.TimeoutExpired:
            if time.monotonic() < self._until:
                return None
            self._process.kill()
            status = self._process.wait()
        self._out.seek(0)
        found = self._out.read()
        if status or len(found) != self._length:
            raise ValueError(
                f"{self._option} {self._pattern!r} takes too long on this text: it backtracks; write it so that each "
                "part can match in one way only"
            )
        return found

    def close(self) -> None:
        """End the search, done or not."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._out.close()


def covered(pattern: str, text: str, option: str) -> bytes:
    """A byte for each character of a text, 1 where a match of the pattern covers it.

    Raises `ValueError`, naming the option, for what is no regular expression and for one that takes too long.
    """
    search = PatternSearch(pattern, text, option)
    try:
        found = None
        while found is None:
            found = search.marks(1.0)
        return found
    finally:
        search.close()
