"""What many verdicts come to. The counts of texts that were judged apart can be put together."""

from collections.abc import Iterable
from dataclasses import dataclass

from rnntui.syntax.nesting import Verdict


@dataclass(frozen=True)
class SyntaxTally:
    """Counts over texts: the valid ones, what was closed properly, faults, what was still open at the ends, commands or
    tags, and those of them that the corpus has.
    """

    texts: int
    valid: int
    closed: int
    faults: int
    open: int
    words: int
    known: int

    @property
    def share_valid(self) -> float:
        return self.valid / self.texts

    @property
    def share_closed(self) -> float | None:
        """What was closed properly, of that and all faults; `None` where there was neither."""
        return self.closed / (self.closed + self.faults) if self.closed + self.faults else None

    @property
    def share_known(self) -> float | None:
        """Of the commands or tags, those that the corpus has; `None` where there are none."""
        return self.known / self.words if self.words else None


def tally(verdicts: Iterable[Verdict]) -> SyntaxTally:
    """The counts over some verdicts."""
    judged = list(verdicts)
    return SyntaxTally(
        len(judged),
        sum(verdict.is_valid for verdict in judged),
        sum(verdict.closed for verdict in judged),
        sum(verdict.faults for verdict in judged),
        sum(len(verdict.open) for verdict in judged),
        sum(verdict.words for verdict in judged),
        sum(verdict.known for verdict in judged),
    )
