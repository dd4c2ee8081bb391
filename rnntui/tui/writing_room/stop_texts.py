"""The texts at the stops of a run's training: a checkpoint's is written when one comes near it, and kept; a sample's
was recorded.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache

from rnntui.runs import Run
from rnntui.runs.writers import Sampling
from rnntui.tui.writing_room.memories import Library
from rnntui.tui.writing_room.page import Page
from rnntui.tui.writing_room.sources import checkpoint
from rnntui.tui.writing_room.stops import Stop
from rnntui.tui.writing_room.telling import is_settled
from rnntui.tui.writing_room.writing_thread import WritingThread

NOTHING = Page(phase="ready")


class StopTexts:
    """One prompt at every stop. The networks are the writing thread's, one a checkpoint."""

    def __init__(
        self, run: Run, stops: Sequence[Stop], sampling: Sampling, prompt: str, library: Library | None
    ) -> None:
        self._stops, self._prompt = stops, prompt
        steps = [stop.step for stop in stops if stop.is_checkpoint]
        self._number = {step: k for k, step in enumerate(steps)}  # of the writing thread's pages
        self._asked: int | None = None  # page that was asked for last
        sources = [checkpoint(run, step) for step in steps]
        self.writing_thread = WritingThread(sources, [sampling] * len(steps), opens_all=False, library=library)
        self.writing_thread.pace = math.inf

    def at(self, place: int | None) -> Page:
        """The text at a stop, as far as it is written."""
        if place is None:
            return NOTHING
        stop = self._stops[place]
        return self.writing_thread.pages[self._number[stop.step]] if stop.is_checkpoint else _recorded(stop)

    def ask_for(self, places: Iterable[int]) -> None:
        """Ask for the first of these texts that is not written yet."""
        for place in places:
            if self._stops[place].is_checkpoint and not is_settled(page := self.at(place)):
                number = self._number[self._stops[place].step]
                if page.phase != "writing" and number != self._asked:
                    self.writing_thread.write_alone(number, self._prompt)
                    self._asked = number
                return


@cache
def _recorded(stop: Stop) -> Page:
    """The page of a sample: all of it the network's."""
    assert stop.text is not None
    length = len(stop.text)
    return Page("", "done", "", stop.text, bytes(length), bytes(length), (math.nan,) * length)
