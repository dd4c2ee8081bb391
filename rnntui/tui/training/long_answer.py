"""Which text stands on top of the pane that follows what a network writes: of an answer longer than it, the prompt."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from rnntui.sessions.contract import Answer, TrainingSample

READING_SECONDS = 60.0  # that a long answer keeps its place while newer texts come below it


@dataclass
class WrittenEntry:
    """A sample or an answer, wrapped to the present width."""

    source: TrainingSample | Answer
    lines: list[Text]
    revealed: int = 0


class LongAnswer:
    """Keeps the newest answer in its place once it is done and has no room.

    It does so until one scrolls to its end or, where there are newer texts, has had `READING_SECONDS` for it.
    """

    def __init__(self) -> None:
        self._read: Answer | None = None
        self._done_at = 0.0

    def note_read(self, entries: Sequence[WrittenEntry]) -> None:
        """Keep the newest answer no more."""
        self._read = next(_answers(entries), None)

    def lets_go(self, entries: Sequence[WrittenEntry]) -> bool:
        """Whether the newest answer has just had its time."""
        answer, now = next(_answers(entries), None), time.monotonic()
        if answer is None or answer is self._read or entries[-1].source is answer:
            self._done_at = now
            return False
        if now - self._done_at < READING_SECONDS:
            return False
        self._read = answer
        return True

    def place(self, entries: Sequence[WrittenEntry], height: int) -> int:
        """The row on top of so many: that of the answer that is kept, else the last from which they are full."""
        row, place = 0, None
        for entry in entries:
            if isinstance(entry.source, Answer):
                is_kept = entry.source.is_done and len(entry.lines) > height
                place = row if is_kept and entry.source is not self._read else None
            row += len(entry.lines)
        end = max(0, row - height)
        return end if place is None else min(place, end)


def _answers(entries: Sequence[WrittenEntry]) -> Iterator[Answer]:
    """Those that are done, the newest first."""
    sources = (entry.source for entry in reversed(entries))
    return (source for source in sources if isinstance(source, Answer) and source.is_done)
