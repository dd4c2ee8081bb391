"""The thread in which networks write side by side: what the screen reads of them and the commands it accepts.

It is a thread so that keys are heard while a network writes. Invariant: the thread never touches a widget and the
screen never touches a network, so neither needs a lock. Pages are frozen and replaced as a whole, so that the screen
never sees one half-changed; commands go the other way through one queue of callables. Beside `session.py` the only
place of the screen that reaches `core`, and only inside its thread.
"""

import gc
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from rnntui.probes import UnitName, UnitRanking
from rnntui.runs.networks import Adaptation
from rnntui.runs.writers import Sampling
from rnntui.system.failures import explain
from rnntui.tui.writing_room.memories import Library
from rnntui.tui.writing_room.page import Glance, Page
from rnntui.tui.writing_room.page_writer import PageWriter
from rnntui.tui.writing_room.sources import NetworkSource

PACES = (60.0, 300.0, math.inf)  # characters per second of each page: to read along, faster, at once
PIECE = 16  # characters that one network writes before the next has its turn
PUBLISH_SECONDS = 0.05  # from one replacement of the pages to the next, at least
PUBLISH_SHARE = 0.1  # of the time that replacing them may take
RANKING_SECONDS = 0.03  # that ranking units may take at a time
IDLE_SECONDS = 0.05  # from one look at the queue to the next while nobody writes


class _Unwanted(Exception):
    """What is measured is no longer wanted: the thread is to end."""


class WritingThread:
    """Networks that write, one page each; `pages`, `glance` and `ranking` are read by the screen at any time.

    All are opened at the start, or with `opens_all=False` each by the first `write_alone`. Threads may share a library.
    """

    def __init__(
        self,
        sources: Sequence[NetworkSource],
        samplings: Sequence[Sampling],
        *,
        opens_all: bool = True,
        library: Library | None = None,
    ) -> None:
        self.samplings = list(samplings)  # as the screen last set them
        self.seed, self.length, self.stop_at, self.pace = 0, 400, "", PACES[0]
        self.adaptation: Adaptation | None = None  # how the networks adapt, where they do
        self.error: Exception | None = None
        self.library = library = library or Library()
        self._writers = [
            PageWriter(source, how, library, partial(self._tell_measured, k))
            for k, (source, how) in enumerate(zip(sources, samplings, strict=True))
        ]
        self.pages: list[Page] = [writer.page() for writer in self._writers]
        self.glance: Glance | None = None
        self._rankings = 0  # that were asked for or forgotten; what is not of the newest is nobody's
        self._ranked: tuple[int, UnitRanking | float] = 0, 0.0  # how far the one with that number is
        self._ranking: tuple[int, Iterator[float | UnitRanking]] | None = None  # that is being made
        self._opens_all = opens_all
        self._alone: int | None = None  # page that is to be written alone
        self._watched: tuple[int, int] | None = None  # page and position that are looked at
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._due = [0.0] * len(self._writers)  # when each wrote, or might have written, its last character
        self._publish_at = 0.0
        self._thread = threading.Thread(target=self._work, name="writing_thread", daemon=True)

    # --- the screen's side ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread: it loads torch and opens the networks."""
        self._thread.start()

    def stop(self) -> None:
        """Tell the thread to end."""
        self._stop.set()
        self._inbox.put(lambda: None)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the thread to end; whether it has."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def begin(self, prompt: str) -> None:
        """Let every network write a new text after a prompt, all from the same random numbers."""
        self._inbox.put(lambda: self._each(lambda writer: writer.begin(prompt, self.seed, self.length)))

    def write_alone(self, k: int, prompt: str) -> None:
        """Let one network write and all others wait: it is opened and begins, or goes on where it waited.

        Asked for another meanwhile, it is left out.
        """
        self._alone = k

        def deed() -> None:
            if self._alone == k:
                self._each(PageWriter.halt)
                self._writers[k].write_once(prompt, self.seed, self.length, self._is_wanted)

        self._inbox.put(deed)

    def halt(self) -> None:
        """Stop every network after this character."""
        self._inbox.put(lambda: self._each(PageWriter.halt))

    def go_on(self, *, more: bool = True) -> None:
        """Let every network go on with what it has not written yet, or where it has by another length if `more`."""
        self._inbox.put(lambda: self._each(lambda writer: writer.resume(self.length if more else 0)))

    def cut(self, k: int, position: int, edition: int) -> None:
        """Go back on a page; a position of an older edition is nothing any more."""
        self._inbox.put(lambda: self._cut(k, position, edition))

    def go_on_from(self, k: int, position: int, edition: int) -> None:
        """Go back on a page and write on from there."""

        def deed() -> None:
            self._cut(k, position, edition)
            self._writers[k].go_on(self.length)

        self._inbox.put(deed)

    def edit(self, k: int, text: str) -> None:
        """Make a page another text, and write on from there."""
        self._inbox.put(lambda: self._writers[k].edit(text, self.length))

    def sample(self, k: int, sampling: Sampling) -> None:
        """Draw a page's characters like this from the next on."""
        self.samplings[k] = sampling

        def deed() -> None:
            self._writers[k].sampling = sampling
            self.glance = None

        self._inbox.put(deed)

    def renew(self) -> None:
        """Take every network again from its source, since a run in training has continued meanwhile."""
        self._inbox.put(lambda: self._each(lambda writer: writer.open(self._is_wanted)))

    def adapt(self, how: Adaptation | None) -> None:
        """Let the networks that can adapt to their pages, or (`None`) take all as they were trained."""
        self.adaptation = how

        def deed() -> None:
            self.glance = None
            self._each(lambda writer: writer.adapt(how))

        self._inbox.put(deed)

    def look_at(self, unit: UnitName | None) -> None:
        """Tell on every page what this unit does, or (`None`) no more."""
        self._inbox.put(lambda: self._each(lambda writer: writer.look_at(unit)))

    def rank_units(self, k: int) -> None:
        """Let `ranking` become what the units of a page's network follow there."""
        self.forget_ranking()
        number = self._rankings

        def deed() -> None:
            if number == self._rankings:
                self._ranking = number, self._writers[k].rank_units()

        self._inbox.put(deed)

    def forget_ranking(self) -> None:
        """Rank no units any more: nobody waits for it."""
        self._rankings += 1

    @property
    def ranking(self) -> UnitRanking | float:
        """The units of the page that they were asked for; until they are ranked, the share of it that is read."""
        number, told = self._ranked
        return told if number == self._rankings else 0.0

    def watch(self, k: int, position: int | None) -> None:
        """Keep `glance` up to date with what may stand at a position of a page."""
        self._inbox.put(lambda: self._watch(k, position))

    @property
    def is_writing(self) -> bool:
        """Whether any network writes."""
        return any(page.phase == "writing" for page in self.pages)

    # --- the thread's side ------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            for writer in self._writers if self._opens_all else []:
                if not self._stop.is_set():
                    writer.open(self._is_wanted)
                    self._publish()
            gc.freeze()  # what torch brought stays: looking through it again and again would hold up the screen
            while not self._stop.is_set():
                self._drain(wait=self._ranking is None and not any(writer.is_writing for writer in self._writers))
                self._write_on()
                self._rank_on()
                self._publish(now=False)
        except _Unwanted:
            pass
        except Exception as error:
            self.error = error
            sentence = explain(error)
            self.pages = [Page(page.title, "failed", sentence, edition=-1) for page in self.pages]

    def _tell_measured(self, k: int, share: float) -> None:
        """Show on a page what its network is waited for. Raises `_Unwanted` where the thread is to end."""
        if self._stop.is_set():
            raise _Unwanted
        self.pages = [replace(page, measuring=share) if j == k else page for j, page in enumerate(self.pages)]

    def _is_wanted(self) -> bool:
        return not self._stop.is_set()

    def _each(self, deed: Callable[[PageWriter], None]) -> None:
        for writer in self._writers:
            deed(writer)

    def _cut(self, k: int, position: int, edition: int) -> None:
        if self._writers[k].edition == edition:
            self._writers[k].cut(position)

    def _drain(self, *, wait: bool) -> None:
        """Carry out the commands, and show their effect at once."""
        try:
            deed = self._inbox.get(timeout=IDLE_SECONDS) if wait else self._inbox.get_nowait()
            while True:
                deed()
                self._publish_at = 0.0
                deed = self._inbox.get_nowait()
        except queue.Empty:
            pass

    def _write_on(self) -> None:
        """Let each network write as many characters as its pace allows, some at a time."""
        now, wrote = time.monotonic(), 0
        for k, writer in enumerate(self._writers):
            since = now - self._due[k]
            if not writer.is_writing:
                self._due[k] = now
                continue
            count = PIECE if math.isinf(self.pace) else min(PIECE, int(since * self.pace))
            writer.write(count, self.stop_at)
            wrote += count
            time.sleep(0)  # lets the screen's thread have the interpreter, if it waits for it
            # What it could not write in time it need not make up for.
            self._due[k] = now if since > 1 or math.isinf(self.pace) else self._due[k] + count / self.pace
        if not wrote and not math.isinf(self.pace):
            self._stop.wait(0.5 / self.pace)

    def _rank_on(self) -> None:
        """Go on with the ranking of units for a moment."""
        until = time.monotonic() + RANKING_SECONDS
        while self._ranking is not None and time.monotonic() < until:
            number, steps = self._ranking
            told = next(steps, None) if number == self._rankings else None
            if told is None:
                self._ranking = None
            else:
                self._ranked = number, told

    def _publish(self, *, now: bool = True) -> None:
        """Replace the pages, if it is time to."""
        began = time.monotonic()
        if not now and began < self._publish_at:
            return
        self._look()
        self.pages = [writer.page() for writer in self._writers]
        took = time.monotonic() - began
        self._publish_at = began + max(PUBLISH_SECONDS, took / PUBLISH_SHARE)

    def _watch(self, k: int, position: int | None) -> None:
        self._watched = None if position is None else (k, position)
        self._look()

    def _look(self) -> None:
        if self._watched is None:
            self.glance = None
            return
        k, position = self._watched
        if self.glance is None or self.glance.edition != self._writers[k].edition or self.glance.position != position:
            self.glance = self._writers[k].glance(position)
