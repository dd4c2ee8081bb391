"""One network and its page: it reads a prompt, writes, goes back, and reports which passages occur in its corpus.

Belongs to the `WritingThread`; nothing here is called from the screen.
"""

import math
from typing import TYPE_CHECKING

from rnntui.probes import UnitRanking
from rnntui.runs.writers import Sampling
from rnntui.system.user_code import UserCodeError
from rnntui.text.sanitize import shown_text
from rnntui.tui.writing_room.memories import Library
from rnntui.tui.writing_room.page import Choice, Glance, Page, Phase, Recall
from rnntui.tui.writing_room.page_measures import CopiedPieces, MeanBits
from rnntui.tui.writing_room.sources import NetworkSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rnntui.core.generation.draft import Draft
    from rnntui.core.generation.loading import TextNetwork
    from rnntui.core.generation.memorization import Memory
    from rnntui.core.generation.unit_trace import WatchedUnit
    from rnntui.probes import UnitName, UnitStates
    from rnntui.runs.networks import Adaptation

CHOICES = 24  # that a glance has
NO_TEXT = "nothing is written yet that a unit could follow"


class PageWriter:
    """A source's network and its page. `left` is how many characters it has yet to write; `measured` is told how much
    of what a network measures before it adapts is done.
    """

    def __init__(
        self,
        source: NetworkSource,
        sampling: Sampling,
        library: Library,
        measured: "Callable[[float], object]" = lambda share: None,
    ) -> None:
        self.source, self.sampling, self._measured = source, sampling, measured
        self.left = 0
        self.edition = 0
        self._library = library
        self._phase: Phase = "loading"
        self._sentence = "loading PyTorch"
        self._loaded: TextNetwork | None = None
        self._adaptation: Adaptation | None = None  # how it adapts, where it does
        self._adapting: TextNetwork | None = None
        self._seed = 0
        self._text: Draft | None = None
        self._as_trained: Draft | None = None  # while it adapts, the same text read without
        self._drawn: Sampling | None = None  # how the newest character was
        self._copied = CopiedPieces()
        self._means = MeanBits()
        self._unit: UnitName | None = None  # whose states the page tells
        self._watched: WatchedUnit | None = None
        self._page = Page()
        self._state: tuple[object, ...] = ()  # what the page was made of

    # --- what it does -----------------------------------------------------------------------------------------------

    def open(self, is_wanted: "Callable[[], bool]") -> None:
        """Take the source's network, again if it already has one. An error becomes the sentence on its page."""
        try:
            self._loaded = self.source.network(is_wanted)
            if self._adaptation is not None:
                self._adapting = self.source.adapting(self._adaptation, self._measured)
        except (ValueError, UserCodeError) as error:
            self._fail(error)
        else:
            self._phase, self._sentence = "ready", ""

    def begin(self, prompt: str, seed: int, length: int) -> None:
        """Write a new text after a prompt, if it can read it."""
        if self._loaded is None:
            return
        from rnntui.core.generation.draft import Draft

        self._renew()
        loaded, self._seed = self._adapting or self._loaded, seed
        self._text = Draft(loaded.network, loaded.vocabulary, seed, lower=self.source.lower)
        self._as_trained = None
        self._drawn = None
        self._change(lambda text: text.read(prompt), length)

    def adapt(self, how: "Adaptation | None") -> None:
        """Let the network adapt to its page from the first character on, or take it as it was trained (`None`)."""
        if how == self._adaptation or not self.source.can_adapt:
            return
        self._adaptation = how
        if self._loaded is None:
            return
        try:
            self._adapting = self.source.adapting(how, self._measured) if how is not None else None
            if self._adapting is not None and self._adapting.checkpoints != self._loaded.checkpoints:
                self._loaded = self.source.network(lambda: True)  # the run has gone on since the page was opened
            self._read_again()
            if self._phase == "failed":
                self._phase, self._sentence = "stopped" if self.left else "done", ""
        except (ValueError, UserCodeError) as error:
            self._fail(error)

    def _read_again(self) -> None:
        """Let the network, which is another now, read the page."""
        self._renew()
        self._as_trained = None
        loaded = self._adapting or self._loaded
        if self._text is not None and loaded is not None:
            self._text = self._text.read_by(loaded.network, self._seed)

    def write_once(self, prompt: str, seed: int, length: int, is_wanted: "Callable[[], bool]") -> None:
        """Write one text after a prompt, from a network that is opened for it; halted before, go on with the rest."""
        if self._phase == "loading":
            self.open(is_wanted)
            self.begin(prompt, seed, length)
        elif self._phase == "stopped":
            self.resume(0)

    def go_on(self, length: int) -> None:
        """Write so many characters more."""
        if self._text is not None:
            self.left, self._phase = length, "writing" if length else "done"

    def halt(self) -> None:
        """Stop for now; `resume` continues with the rest."""
        if self._phase == "writing":
            self._phase = "stopped"

    def resume(self, length: int) -> None:
        """Continue with the rest; if nothing is left, write `length` more characters."""
        self.go_on(self.left or length)

    def cut(self, position: int) -> None:
        """Go back to a position: only the text before it remains."""
        if self._text is not None and position < len(self._text):
            self.halt()
            self.left = 0
            self._renew()
            self._text.cut(position)

    def edit(self, text: str, length: int) -> None:
        """Make it another text, and write on from there."""
        if self._text is not None:
            self._renew()
            self._change(lambda draft: draft.edit(text), length)

    def write(self, count: int, stop_at: str) -> None:
        """Write at most so many characters of what is left."""
        try:
            self._write(count, stop_at)
        except (ValueError, UserCodeError) as error:  # adapted weights that left all bounds, or a cell that fails
            self._fail(error)
        else:
            self._phase = self._phase if self.left else "done"

    def _write(self, count: int, stop_at: str) -> None:
        from rnntui.core.generation.draft import ends

        assert self._text is not None
        for _ in range(min(count, self.left)):
            self._text.write(self.sampling)
            self._drawn = self.sampling
            self.left -= 1
            if ends(self._text, stop_at):
                self.left = 0
                break

    def look_at(self, unit: "UnitName | None") -> None:
        """Tell on the page what this unit does, or (`None`) no more."""
        if unit != self._unit:
            self._unit, self._watched = unit, None

    def rank_units(self) -> "Iterator[float | UnitRanking]":
        """The share of its page that was read, now and then, and finally the units of the network, as it was trained,
        by what they follow there.
        """
        if self._loaded is None or self._text is None:
            yield UnitRanking(problem=self._sentence if self._loaded is None else NO_TEXT)
            return
        from rnntui.core.generation.unit_ranking import rank_units

        try:
            yield from rank_units(self._loaded.network, self._text.text, tuple(self._text.indices))
        except UserCodeError as error:
            yield UnitRanking(problem=str(error))

    @property
    def is_writing(self) -> bool:
        return self._phase == "writing"

    def glance(self, position: int) -> Glance | None:
        """What may stand at a position of the page."""
        if self._text is None or position > len(self._text):
            return None
        alternatives = self._text.alternatives(position, CHOICES, self.sampling)
        choices = tuple(Choice(other.character, other.probability, other.drawn) for other in alternatives)
        return Glance(position, self.edition, choices, self.sampling.in_words())

    def _change(self, deed: "Callable[[Draft], None]", length: int) -> None:
        assert self._text is not None
        try:
            deed(self._text)
        except ValueError as error:
            self.left, self._phase, self._sentence = 0, "ready", str(error).removeprefix("--prompt: ")
        except UserCodeError as error:
            self._fail(error)
        else:
            self._sentence = ""
            self.go_on(length)

    def _fail(self, error: Exception) -> None:
        """Stop and say why; the other pages continue."""
        self.left, self._phase, self._sentence = 0, "failed", str(error)

    def _renew(self) -> None:
        """What follows is another edition of the page."""
        self.edition += 1
        self._copied, self._means = CopiedPieces(), MeanBits()
        self._watched = None

    # --- its page ---------------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The run, the step of the weights, and how it draws: where that changed, as it did and as it will."""
        adapts = self._adaptation.in_words() if self._adaptation is not None else ""
        how = self.sampling.in_words()
        if self._drawn is not None and self._drawn != self.sampling:
            how = f"{self._drawn.in_words()} → {how}"
        return " · ".join(part for part in (shown_text(self.source.title(self._loaded)), adapts, how) if part)

    def page(self) -> Page:
        """What it has written so far, with its measures; the same object until something changes."""
        if self._text is None:
            return Page(self.title, self._phase, self._sentence, edition=self.edition)
        memory = self._library.memory(self.source.run)
        state = (self.title, self._phase, self._sentence, len(self._text), self.edition, memory, self._unit)
        if state != self._state:
            self._state, self._page = state, self._new_page(self._text, memory)
        return self._page

    def _new_page(self, text: "Draft", memory: "Memory | str") -> Page:
        bits = text.surprisal
        self._means.follow(bits, text.given)
        left_out = bytes(index < 0 for index in text.indices) if min(text.indices, default=0) < 0 else bytes(len(text))
        return Page(
            self.title,
            self._phase,
            self._sentence,
            text.text,
            bytes(text.given),
            left_out,
            tuple(bits),
            self._states(text),
            self.edition,
            self._recall(text, memory),
            self._means.of_given,
            self._means.of_written,
            self._gain(text),
        )

    def _states(self, text: "Draft") -> "UnitStates | None":
        """What the unit that was chosen did, in the network as it was trained."""
        if self._unit is None or self._loaded is None:
            return None
        from rnntui.core.generation.unit_trace import WatchedUnit

        self._watched = self._watched or WatchedUnit(self._loaded.network, self._unit)
        return self._watched.follow(text.indices)

    def _gain(self, text: "Draft") -> float:
        """The mean bits of a character that adapting saves so far; NaN where it does not adapt or nothing is read."""
        if self._adapting is None or self._loaded is None:
            return math.nan
        if self._as_trained is None:
            self._as_trained = text.read_by(self._loaded.network, self._seed)
        self._as_trained.follow(text)
        pairs = zip(self._as_trained.surprisal, text.surprisal, strict=True)
        gains = [before - after for before, after in pairs if not math.isnan(after)]
        return sum(gains) / len(gains) if gains else math.nan

    def _recall(self, text: "Draft", memory: "Memory | str") -> Recall:
        if isinstance(memory, str):
            return Recall(memory)
        self._copied.follow(memory, text.characters, text.given)
        return self._copied.recall
