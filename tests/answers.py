"""What a command answers, and what is wrong with an answer whatever it was asked.

An answer is wrong if it is a traceback or a Python error's own words, has an exit status that says nothing, takes
seconds, never comes, or holds a character that a terminal would obey or hide.
"""

import json
import re
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import FrameType

from typer import testing
from typer.testing import CliRunner

from rnntui.cli import app
from rnntui.text.sanitize import is_seen

# Typer puts all commands together anew for each call, which takes longer than most of them.
testing._get_command = cache(testing._get_command)  # type: ignore[assignment]

STATUSES = (0, 1, 2, 3)
MOST_SECONDS = 5.0  # of CPU
PATIENCE = 60.0  # seconds until an answer is given up
PYTHONS_WORDS = re.compile(
    "|".join(
        [
            "Traceback",
            r"\b(?:Key|Type|Value|Attribute|Index|Name|Lookup|Assertion|Overflow|Recursion|Import|OS|IO|Runtime|"
            r"NotADirectory|IsADirectory|FileNotFound|FileExists|Permission|Unicode\w*|JSONDecode|Safetensor|Memory|"
            r"ModuleNotFound|ZeroDivision|Struct|Decode|Encode|Toml\w*|TOML\w*|NotImplemented|StopIteration)Error\b",
            r"\bErrno\b|errno",
            "NoneType",
            "unsupported operand",
            "has no attribute",
            "object is not",
            "codec can't",
            "surrogates not allowed",
            "not subscriptable",
            "not iterable",
            "must be str",
            "must be real number",
            "must be a string",
            "string indices",
            "list indices",
            "not supported between",
            "unexpected keyword argument",
            "positional argument",
            "required argument",
            "got multiple values",
            "unhashable",
            "invalid literal for",
            "could not convert string",
            "cannot convert float",
            "integer string conversion",
            "int too large",
            "too large to convert",
            "out of range",
            "maximum recursion",
            "Expecting value",
            "Expecting property",
            "Extra data",
            "embedded null",
            "not enough values to unpack",
            "too many values to unpack",
            "missing key",
            "No such file or directory: '",
            "Is a directory",
            "Not a directory: '",
            r"<class '",
            r"<[\w.]+ object at 0x",
            "dictionary update sequence",
            "math domain error",
            "Numerical result",
            "buffer",
            r"torch\.\w+Error|aten::|c10::|at::|C\+\+",
            "Expected all tensors",
            "size mismatch",
            "dtype",
            "InvalidHeader|HeaderTooLarge|MetadataIncompleteBuffer",
        ]
    )
)


@dataclass(frozen=True)
class Answer:
    """What a command said, its exit status, and its CPU seconds; `error` is what no command may raise."""

    command: Sequence[str]
    stdout: str
    stderr: str
    status: int
    seconds: float
    error: str = ""

    @property
    def text(self) -> str:
        """Both streams, boxes taken off and lines joined."""
        return " ".join(line.strip(" │╭╮╰╯─") for line in (self.stdout + self.stderr).splitlines())


class Hung(BaseException):
    """No answer came in time."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise `Hung` where what is inside takes longer."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def ask(*words: str, columns: int = 400, typed: str = "") -> Answer:
    """What `rnntui WORDS` answers, in this process."""
    runner, began = CliRunner(env={"COLUMNS": str(columns)}), time.process_time()
    try:
        with patience(PATIENCE):
            result = runner.invoke(app, list(words), prog_name="rnntui", input=typed)
    except Hung:
        return Answer(words, "", "", -1, time.process_time() - began, "no answer came")
    error = result.exception
    wrong = "" if error is None or isinstance(error, SystemExit) else f"{type(error).__name__}: {error}"
    return Answer(words, result.stdout, result.stderr, result.exit_code, time.process_time() - began, wrong)


def faults(answer: Answer, most_seconds: float = MOST_SECONDS) -> list[str]:
    """What is wrong with an answer, a few words each."""
    found = []
    if answer.error:
        found.append(f"raised: {answer.error[:200]}")
    if answer.status not in STATUSES:
        found.append(f"exit status {answer.status}")
    if match := PYTHONS_WORDS.search(answer.text):
        found.append(f"Python's words {match[0]!r}: {answer.text[max(0, match.start() - 150) : match.end() + 100]}")
    if answer.seconds > most_seconds:
        found.append(f"seconds of CPU: {answer.seconds:.1f}")
    if unseen := sorted({hex(ord(c)) for c in answer.stdout + answer.stderr if not is_seen(c) and c not in "\n\t"}):
        found.append(f"unsafe characters: {', '.join(unseen[:5])}")
    if "--json" in answer.command and answer.status == 0:
        found += _json_faults(answer.stdout)
    if answer.status == 0 and not (answer.stdout + answer.stderr).strip() and "rm" not in answer.command:
        found.append("exit status 0 without a word")
    if answer.status in (1, 2) and not answer.stderr.strip():
        found.append(f"exit status {answer.status} without a sentence")
    return found


def _json_faults(text: str) -> list[str]:
    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError as error:
        return [f"no JSON: {error}"]
    return []
