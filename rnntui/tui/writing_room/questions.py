"""What the writing room asks: the words, what is known already, and how an answer is read. Standard library only."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from rnntui.runs.writers import LONGEST, Sampling

Value = TypeVar("Value")

_OF_SAMPLING: dict[str, tuple[str, Callable[[str], float]]] = {
    "temperature": ("temperature: 0 most likely, 1 as learned, inf uniform", float),
    "top_k": ("top-k: sample from the k most likely, 0 for all", int),
    "top_p": ("top-p: sample from the most likely up to this sum, 1 for all", float),
}


@dataclass(frozen=True)
class Question(Generic[Value]):
    """`read` makes a value of an answer, or raises `ValueError` with a sentence for one that will not do."""

    words: str
    known: str
    read: Callable[[str], Value]


def of_sampling(name: str, sampling: Sampling) -> Question[float]:
    """Asks for one number of a sampling, by its field's name."""
    words, kind = _OF_SAMPLING[name]

    def read(text: str) -> float:
        value = _number(text, kind)
        try:
            replace(sampling, **{name: value})  # type: ignore[arg-type]
        except ValueError as error:
            raise ValueError(str(error).removeprefix("--")) from None
        return value

    value = getattr(sampling, name)
    return Question(words, "inf" if math.isinf(value) else f"{value}".removesuffix(".0"), read)


def of_length(length: int) -> Question[int]:
    """Asks how many characters to write."""

    def read(text: str) -> int:
        value = int(_number(text, int))
        if not 0 <= value <= LONGEST:
            raise ValueError(f"a length is a whole number from 0 (read only) to {LONGEST:,}")
        return value

    return Question("characters to write; 0 only reads", f"{length}", read)


def of_stop(stop_at: str) -> Question[str]:
    """Asks for the text to stop at; what a line cannot hold is typed and shown as Python's escapes."""
    known = stop_at.encode("unicode_escape").decode("ascii")
    return Question("stop once a text ends with (\\n: new line; empty: never)", known, _unescaped)


def _number(text: str, kind: Callable[[str], float]) -> float:
    try:
        return kind(text.replace("∞", "inf"))
    except ValueError:
        raise ValueError(f"{text!r} is not a {'whole ' if kind is int else ''}number") from None


def _unescaped(text: str) -> str:
    try:
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
    except UnicodeDecodeError:
        raise ValueError("a backslash begins an escape such as \\n; write \\\\ for the character itself") from None
