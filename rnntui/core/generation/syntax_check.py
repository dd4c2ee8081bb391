"""Texts that a network writes, checked for their syntax, and what its corpus says of that.

Invariant: a text follows from checkpoint, prompt, sampling and seed, and every other front end writes it with these.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rnntui import corpora
from rnntui.core.generation.continuation import Continuation
from rnntui.core.generation.loading import TextNetwork
from rnntui.runs.writers import WriterSpec
from rnntui.syntax import Kind, SyntaxBaseline, Verdict, baseline, check, known

MOST = 10_000_000  # characters of a corpus that are looked at


@dataclass(frozen=True)
class Standard:
    """What a network's texts are held against: the commands or tags of the text it learned, and that text's own pieces.

    `baseline` is `None` where the text has no place to begin a piece at.
    """

    kind: Kind
    known: frozenset[str]
    baseline: SyntaxBaseline | None


@dataclass(frozen=True)
class Checked:
    """A text with the prompt it began with, the seed that it was written with, and the verdict."""

    text: str
    seed: int
    verdict: Verdict


def standard(text: str, kind: Kind, length: int) -> Standard:
    """The standard that a training text sets for texts of that length."""
    return Standard(kind, known(kind, text), baseline(kind, text, length))


def checked(
    writer: WriterSpec,
    loaded: TextNetwork,
    held_against: Standard,
    beginnings: Iterable[tuple[str, int]],
    length: int,
    stop_at: str = "",
) -> Iterator[Checked]:
    """A text for each beginning, a prompt and a seed, as they are written: `length` characters after the prompt.

    Raises `ValueError` for a prompt that cannot be read.
    """
    for prompt, seed in beginnings:
        written = Continuation(writer, loaded, prompt, seed)
        deque(written.write(length, stop_at), maxlen=0)
        text = written.prompt + written.text
        yield Checked(text, seed, check(held_against.kind, text, held_against.known))


def trained_on(corpus: corpora.Corpus) -> str:
    """The training part of a corpus, of a large one its beginning."""
    most, text = min(MOST, corpus.trained_on), ""
    for piece in corpus.pieces():
        text += piece
        if len(text) >= most:
            break
    return text[:most]
