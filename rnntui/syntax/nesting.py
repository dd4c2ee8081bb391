"""What was opened and closed so far in a text that is being read, and the first thing that was wrong.

Invariant: reading goes on after a fault with what was most likely meant, so that every command is counted and the
places at the outermost level are found, in time that grows with the text's length.
"""

from collections import Counter
from collections.abc import Container, Set
from dataclasses import dataclass, field
from typing import Generic, TypeVar


@dataclass(frozen=True)
class Flaw:
    """Something that is wrong at a character of the text, in a short sentence."""

    position: int
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """What a text's syntax came to. `flaw` is the first of the `faults`; what the end cut off is none.

    `open` is what was still open at the end, outermost first; `closed` counts what was opened and closed properly;
    `words` are the commands or tags, and `known` those of them that the corpus has too.
    """

    flaw: Flaw | None
    open: tuple[str, ...]
    closed: int
    faults: int
    words: int
    known: int

    @property
    def is_valid(self) -> bool:
        return self.flaw is None


@dataclass(frozen=True)
class OpenElement:
    """Something open: its `name`, how it is `written`, and where it was opened."""

    name: str
    written: str
    position: int


AnyFrame = TypeVar("AnyFrame", bound=OpenElement)


@dataclass
class Nesting(Generic[AnyFrame]):
    """The constructs that are open while a text is read, and a tally of what there was."""

    wrappers: Container[str] = ()  # what holds a whole document: open around it, one is at the outermost level still
    frames: list[AnyFrame] = field(default_factory=list)
    closed: int = 0
    words: Counter[str] = field(default_factory=Counter)
    starts: list[int] = field(default_factory=list)  # where a paragraph or tag begins at the outermost level
    flaw: Flaw | None = None
    faults: int = 0
    _open: Counter[str] = field(default_factory=Counter)
    _depth: int = 0  # frames that are no wrappers

    @property
    def top(self) -> AnyFrame | None:
        return self.frames[-1] if self.frames else None

    def has(self, name: str) -> bool:
        """Whether something of that name is open."""
        return self._open[name] > 0

    def open(self, frame: AnyFrame) -> None:
        self.frames.append(frame)
        self._open[frame.name] += 1
        self._depth += frame.name not in self.wrappers

    def drop(self) -> AnyFrame:
        """Take off the innermost frame, as one that needs no closing or as part of a recovery."""
        frame = self.frames.pop()
        self._open[frame.name] -= 1
        self._depth -= frame.name not in self.wrappers
        return frame

    def close(self) -> None:
        """The innermost frame is closed as it should be."""
        self.drop()
        self.closed += 1

    def drop_through(self, name: str) -> None:
        """Recover: take off all frames up to the innermost of that name, where there is one."""
        while self.has(name) and self.drop().name != name:
            pass

    def fault(self, position: int, sentence: str) -> None:
        """Note what is wrong; of all but the first only that it was."""
        self.faults += 1
        self.flaw = self.flaw or Flaw(position, sentence)

    def start(self, position: int) -> None:
        """A paragraph or tag begins here."""
        if self._depth == 0:
            self.starts.append(position)

    def verdict(self, known: Set[str]) -> Verdict:
        """What it came to at the end of the text."""
        recognised = sum(count for word, count in self.words.items() if word in known)
        still_open = tuple(frame.written for frame in self.frames)
        return Verdict(self.flaw, still_open, self.closed, self.faults, self.words.total(), recognised)
