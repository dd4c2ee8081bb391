"""What is counted over a page while it grows: how sure the network was, and what of its writing is copied.

Belongs to a `PageWriter`, and so to the writing thread.
"""

import math
from typing import TYPE_CHECKING

from rnntui.tui.writing_room.page import N_GRAMS, Recall

if TYPE_CHECKING:
    from rnntui.core.generation.memorization import Memory, Meter

BREAK = "\ud800"  # stands for what was given: no corpus holds a lone surrogate, so no run reaches over it


class MeanBits:
    """Mean bits of what was given and of what was written, kept up with a page that grows."""

    def __init__(self) -> None:
        self._done = 0
        self._sum, self._count = [0.0, 0.0], [0, 0]

    def follow(self, bits: list[float], given: bytearray) -> None:
        """Take in what is new."""
        for value, kind in zip(bits[self._done :], given[self._done :], strict=True):
            if not math.isnan(value):
                self._sum[kind] += value
                self._count[kind] += 1
        self._done = len(bits)

    @property
    def of_given(self) -> float:
        return self._mean(1)

    @property
    def of_written(self) -> float:
        return self._mean(0)

    def _mean(self, kind: int) -> float:
        return self._sum[kind] / self._count[kind] if self._count[kind] else math.nan


class CopiedPieces:
    """What of the writing stands in the corpus, kept up with a page that grows: n-grams of what was written alone."""

    def __init__(self) -> None:
        self._meter: Meter | None = None
        self._done = self._run = 0  # characters seen; of these the last so many in a row are the network's
        self._all, self._known = [0] * len(N_GRAMS), [0] * len(N_GRAMS)

    def follow(self, memory: "Memory", characters: list[str], given: bytearray) -> None:
        """Take in what is new; the memory is that of the first time."""
        if self._meter is None:
            from rnntui.core.generation.memorization import Meter

            self._meter = Meter(memory)
        new = zip(characters[self._done :], given[self._done :], strict=True)
        self._meter.feed("".join(BREAK if is_given else character for character, is_given in new))
        for match, is_given in zip(self._meter.matches[self._done :], given[self._done :], strict=True):
            self._run = 0 if is_given else self._run + 1
            for k, n in enumerate(N_GRAMS):
                self._all[k] += self._run >= n
                self._known[k] += match >= n
        self._done = len(characters)

    @property
    def recall(self) -> Recall:
        """What of the page is copied so far."""
        assert self._meter is not None
        pairs = zip(self._known, self._all, strict=True)
        shares = tuple(known / every if every else math.nan for known, every in pairs)
        return Recall("", self._meter.matches.tolist(), self._meter.longest, shares)
