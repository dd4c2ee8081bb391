"""Is this LaTeX or HTML well formed? A text in, a verdict out; nothing here knows of networks or corpora on disk.

What *valid* means: a text that a network wrote has a beginning, for its state starts fresh (or from a prompt, which is
then part of the text), and no end: it is cut off somewhere. So what is still open at the end is no fault, nor is
what the end cuts in two (`\\beg`, `<a hre`); both are counted by themselves. To close what was never opened is a fault.
Hence the beginning of a valid text is valid. What counts as a fault is told in `latex` and `html`.

Invariant: no text raises, and the time grows in proportion to its length.
"""

import random
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Literal, get_args

from rnntui.syntax.nesting import Flaw, Nesting, Verdict

__all__ = ["KINDS", "Flaw", "Kind", "SyntaxBaseline", "Verdict", "baseline", "check", "kind_of", "known", "pieces"]

Kind = Literal["latex", "html"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CUTS = 300  # pieces that a corpus is measured by


@dataclass(frozen=True)
class SyntaxBaseline:
    """The share of a text's own pieces that are valid, measured on so many."""

    share: float
    pieces: int


def check(kind: Kind, text: str, known: Set[str] = frozenset()) -> Verdict:
    """The verdict on a text; `known` are the commands or tags that count as known."""
    return _read(kind, text).verdict(known)


def known(kind: Kind, text: str) -> frozenset[str]:
    r"""The commands (`\frac`, `\begin{array}`) or tags (`td`) that a text has."""
    return frozenset(_read(kind, text).words)


def baseline(kind: Kind, text: str, length: int, most: int = CUTS) -> SyntaxBaseline | None:
    """How valid the pieces of a text are that a network learns, `length` characters each: what one can hope for.

    `None` where the text has no piece (see `pieces`).
    """
    chosen = pieces(kind, text, length, most)
    valid = sum(check(kind, piece).is_valid for piece in chosen)
    return SyntaxBaseline(valid / len(chosen), len(chosen)) if chosen else None


def pieces(kind: Kind, text: str, length: int, most: int, begin: int = 0) -> list[str]:
    """At most so many pieces of a text from `begin` on, `length` characters each, the same ones each time.

    They begin at random where a paragraph (LaTeX) or tag (HTML) begins with nothing open around it but the document.
    """
    starts = [start for start in _read(kind, text).starts if begin <= start <= len(text) - length]
    return [text[start : start + length] for start in random.Random(0).sample(starts, min(most, len(starts)))]


def kind_of(name: str, text: str) -> Kind:
    """What a corpus is, by its name where that has `html` or `tex`, else by what it has more of."""
    if "htm" in name.lower():
        return "html"
    if "tex" in name.lower():
        return "latex"
    return "html" if text.count("</") > text.count("\\") else "latex"


def _read(kind: Kind, text: str) -> Nesting[Any]:
    if kind == "html":
        from rnntui.syntax import html

        return html.read(text)
    from rnntui.syntax import latex

    return latex.read(text)
