"""What a voice writes after a prompt, once, from beginning to end.

Invariant: it follows from the checkpoint, the prompt, the sampling and the seed alone, so that every
front end gets the same text.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rnntui.core.manuscript import Manuscript, ends
from rnntui.core.reading import Reading, read_network
from rnntui.corpora.decoding import lowered
from rnntui.writing import Voice


@dataclass(frozen=True)
class Written:
    """A character of a text, its surprise in bits (NaN: nobody expected it), and whether it was given to be read."""

    character: str
    bits: float
    given: bool


class Continuation:
    """A network's text after a prompt; the prompt stands in `manuscript` from the start. `step` is the checkpoint's.

    Raises `ValueError` for a prompt of which the network's corpus has no character.
    """

    def __init__(self, voice: Voice, reading: Reading, prompt: str, seed: int) -> None:
        self.voice, self.step = voice, reading.step
        self._lower = voice.run.settings().lower
        self.manuscript = Manuscript(reading.network, reading.vocabulary, seed, lower=self._lower)
        try:
            self.manuscript.read(prompt)
        except ValueError as error:
            raise ValueError(f"{error} (run {voice.run.name!r})") from None
        self._begin = len(self.manuscript)  # of its own characters
        self.stopped = False  # by what it was to stop at

    def write(self, length: int, stop_at: str = "") -> Iterator[str]:
        """Its characters as it writes them: `length`, or fewer where the text ends with `stop_at` before."""
        stop_at = lowered(stop_at) if self._lower else stop_at
        for _ in range(length):
            character = self.manuscript.write(self.voice.sampling)
            self.stopped = ends(self.manuscript, stop_at)
            yield character
            if self.stopped:
                return

    @property
    def prompt(self) -> str:
        """What was read of the prompt: what the corpus lacks is left out."""
        known = zip(self.manuscript.characters[: self._begin], self.manuscript.indices, strict=False)
        return "".join(character for character, index in known if index >= 0)

    @property
    def text(self) -> str:
        """What it has written by itself."""
        return "".join(self.manuscript.characters[self._begin :])

    @property
    def bits(self) -> list[float]:
        """The surprise of each character of `text`."""
        return self.manuscript.surprise[self._begin :]

    @property
    def prompt_bits(self) -> list[float]:
        """The surprise of each character of `prompt`."""
        known = zip(self.manuscript.surprise[: self._begin], self.manuscript.indices, strict=False)
        return [bits for bits, index in known if index >= 0]

    @property
    def bits_per_character(self) -> float:
        """The mean surprise of what it has written by itself; NaN where nothing was expected."""
        return _mean(self.bits)

    @property
    def prompt_bits_per_character(self) -> float:
        """The mean surprise of what it was given to read; NaN where nothing was expected."""
        return _mean(self.prompt_bits)

    def characters(self) -> Iterator[Written]:
        """Prompt and text, without what was left out."""
        manuscript = self.manuscript
        each = zip(manuscript.characters, manuscript.indices, manuscript.surprise, manuscript.given, strict=True)
        for character, index, bits, given in each:
            if index >= 0:
                yield Written(character, bits, bool(given))


def _mean(bits: list[float]) -> float:
    told = [each for each in bits if not math.isnan(each)]
    return sum(told) / len(told) if told else math.nan


def continuations(voices: Sequence[Voice], prompt: str, seed: int, step_option: str = "--at") -> list[Continuation]:
    """One for each voice, with the prompt read; those of one checkpoint share its weights.

    Raises `ValueError` as `read_network` does, and for a prompt that one of them cannot read. `step_option` is what
    chose their steps.
    """
    readings: dict[tuple[str, int | None], Reading] = {}
    found = []
    for voice in voices:
        where = str(voice.run.path), voice.step
        if where not in readings:
            readings[where] = read_network(voice.run, voice.step, step_option)
        found.append(Continuation(voice, readings[where], prompt, seed))
    return found
