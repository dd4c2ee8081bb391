"""Project Gutenberg's markers, found and cut by in a text that comes in pieces.

Invariant: however the text is cut into pieces, what is found and what is kept are the same. Positions are in
characters from the beginning of the text.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Literal

Span = tuple[int, int]

_HEAD = re.compile(r"\*\*\* ?(?P<kind>START|END) OF (?:THE|THIS) PROJECT GUTENBERG E(?:BOOK|TEXT)")
_TAIL = re.compile(r"[^*]{0,300}\*\*\*")
_LONGEST = 400  # characters of a head and a tail, at most


@dataclass
class Marker:
    """The lines that a marker stands on, from `start` to `end`; what follows `at` ends the marker itself."""

    kind: Literal["START", "END"]
    start: int
    at: int
    end: int | None = None


class MarkerSearch:
    """Finds the markers of a text that is fed in pieces."""

    def __init__(self) -> None:
        self.length = 0  # characters fed so far
        self._found: list[Marker] = []
        self._window = ""  # the newest characters, in which a head could still be without its tail
        self._line = 0  # where the line begins that the window begins in

    def feed(self, piece: str) -> None:
        """Look at the next piece."""
        self._window += piece
        self.length += len(piece)
        self._look(max(0, len(self._window) - _LONGEST))

    def markers(self) -> list[Marker]:
        """All markers, after the last piece. Of several on a line the last counts, and none within another's."""
        self._look(len(self._window))
        chosen: list[Marker] = []
        for marker in self._found:
            marker.end = self.length if marker.end is None else marker.end
            if chosen and marker.start == chosen[-1].start:
                chosen[-1] = marker
            elif not chosen or marker.start >= (chosen[-1].end or 0):
                chosen.append(marker)
        return chosen

    def _look(self, upto: int) -> None:
        """Take the heads that begin before `upto` in the window, then forget the window up to there."""
        window, offset = self._window, self.length - len(self._window)
        for marker in reversed(self._found):  # whose lines end beyond what had been seen
            if marker.end is not None:
                break
            marker.end = _line_end(window, max(0, marker.at - offset), offset)
        for head in _HEAD.finditer(window):
            tail = _TAIL.match(window, head.end()) if head.start() < upto else None
            if tail is not None:
                kind: Literal["START", "END"] = "START" if head["kind"] == "START" else "END"
                end = _line_end(window, tail.end(), offset)
                self._found.append(Marker(kind, self._line_of(head.start()), offset + tail.end(), end))
        self._line = self._line_of(upto)
        self._window = window[upto:]

    def _line_of(self, index: int) -> int:
        """Where the line begins that the window's `index` is in."""
        newline = self._window.rfind("\n", 0, index)
        return self._line if newline < 0 else self.length - len(self._window) + newline + 1


def _line_end(window: str, index: int, offset: int) -> int | None:
    newline = window.find("\n", index)
    return None if newline < 0 else offset + newline


def books(markers: list[Marker]) -> list[Span]:
    """What stands between a start and the end right after it; LaTeX books hold their markers nested."""
    return [
        (start.end or 0, end.start) for start, end in pairwise(markers) if (start.kind, end.kind) == ("START", "END")
    ]


def cut(pieces: Iterable[str], spans: list[Span]) -> Iterator[str]:
    """What stands in the spans, each without newlines at its ends but with one newline behind it."""
    waiting = deque(spans)
    at, is_begun, held = 0, False, 0  # held: newlines that are kept if more follows in their span
    for piece in chain(pieces, [""]):
        upto = at + len(piece)
        while waiting and waiting[0][0] <= upto:
            begin, end = waiting[0]
            part = piece[max(begin - at, 0) : max(end - at, 0)]
            part = part if is_begun else part.lstrip("\n")
            is_begun = is_begun or bool(part)
            kept = part.rstrip("\n")
            if kept:
                yield "\n" * held + kept
                held = 0
            held += len(part) - len(kept)
            if end > upto:
                break
            yield "\n"
            is_begun, held = False, 0
            waiting.popleft()
        at = upto
