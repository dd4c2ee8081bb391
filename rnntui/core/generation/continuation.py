"""What a network writes after a prompt, from beginning to end.

Invariant: it follows from the checkpoint, the prompt, the sampling and the seed alone, so that every
front end gets the same text.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rnntui.core.generation.draft import Draft, ends
from rnntui.core.generation.loading import TextNetwork, read_predictor
from rnntui.core.generation.telling import Tell, of_part, silence
from rnntui.runs.networks import NetworkSpec
from rnntui.runs.writers import WriterSpec

PIECE = 1024  # characters of a prompt from one word about how far it is read to the next


@dataclass(frozen=True)
class GeneratedCharacter:
    """A character of a text, its surprisal in bits (NaN: nobody expected it), and whether it was given to be read.

    One that is not `known` was left out: the network's corpus lacks it.
    """

    character: str
    bits: float
    given: bool
    known: bool = True


class Continuation:
    """A network's text after a prompt; the prompt stands in `draft` from the start. `checkpoints` are the steps of its
    members and which weights they have (`runs.weights`).

    `tell` hears the share of the prompt that is read, rising to 1. Raises `ValueError` for a prompt of which the
    network's corpus has no character.
    """

    def __init__(self, writer: WriterSpec, loaded: TextNetwork, prompt: str, seed: int, tell: Tell = silence) -> None:
        self.writer, self.network, self.checkpoints = writer, writer.network, loaded.checkpoints
        self.draft = Draft(loaded.network, loaded.vocabulary, seed, lower=self.network.lower)
        try:
            self._read(prompt, tell)
        except ValueError as error:
            raise ValueError(f"{error} (run {self.network.name!r})") from None
        self._begin = len(self.draft)  # of its own characters
        self.stopped = False  # by what it was to stop at

    def _read(self, prompt: str, tell: Tell) -> None:
        """Read it in pieces; the first goes up to a character that is known, lest the prompt be refused for it."""
        text = self.draft.as_learned(prompt)
        known = set(self.draft.vocabulary)
        first = next((k for k, character in enumerate(text) if character in known), len(text))
        ends_at = first + PIECE
        self.draft.read(text[:ends_at])
        for start in range(ends_at, len(text), PIECE):
            tell(start / len(text))
            self.draft.read(text[start : start + PIECE])
        tell(1.0)

    def never_writes(self, stop_at: str) -> str:
        """The characters of a text to stop at that the network cannot write, each once."""
        known, wanted = set(self.draft.vocabulary), self.draft.as_learned(stop_at)
        return "".join(dict.fromkeys(character for character in wanted if character not in known))

    def write(self, length: int, stop_at: str = "") -> Iterator[str]:
        """Its characters as it writes them: `length`, or fewer where the text ends with `stop_at` before."""
        for _ in range(length):
            character = self.draft.write(self.writer.sampling)
            self.stopped = ends(self.draft, stop_at)
            yield character
            if self.stopped:
                return

    @property
    def prompt(self) -> str:
        """What was read of the prompt: what the corpus lacks is left out."""
        known = zip(self.draft.characters[: self._begin], self.draft.indices, strict=False)
        return "".join(character for character, index in known if index >= 0)

    @property
    def text(self) -> str:
        """What it has written by itself."""
        return "".join(self.draft.characters[self._begin :])

    @property
    def bits(self) -> list[float]:
        """The surprisal of each character of `text`."""
        return self.draft.surprisal[self._begin :]

    @property
    def prompt_bits(self) -> list[float]:
        """The surprisal of each character of `prompt`."""
        known = zip(self.draft.surprisal[: self._begin], self.draft.indices, strict=False)
        return [bits for bits, index in known if index >= 0]

    @property
    def bits_per_character(self) -> float:
        """The mean surprisal of what it has written by itself; NaN where nothing was expected."""
        return _mean(self.bits)

    @property
    def prompt_bits_per_character(self) -> float:
        """The mean surprisal of what it was given to read; NaN where nothing was expected."""
        return _mean(self.prompt_bits)

    def characters(self) -> Iterator[GeneratedCharacter]:
        """Prompt and text, without what was left out."""
        draft = self.draft
        written = zip(draft.characters, draft.indices, draft.surprisal, draft.given, strict=True)
        for character, index, bits, given in written:
            if index >= 0:
                yield GeneratedCharacter(character, bits, bool(given))


def _mean(bits: list[float]) -> float:
    told = [known for known in bits if not math.isnan(known)]
    return sum(told) / len(told) if told else math.nan


def networks_of(writers: Sequence[WriterSpec], tell: Tell = silence) -> dict[NetworkSpec, TextNetwork]:
    """The network of each writer, each read once; raises as `read_predictor`.

    `tell` hears how much of what adapting ones measure first is done.
    """
    specs = list(dict.fromkeys(writer.network for writer in writers))
    return {spec: read_predictor(spec, tell=of_part(tell, k, len(specs))) for k, spec in enumerate(specs)}


def continuations(
    writers: Sequence[WriterSpec],
    networks: Mapping[NetworkSpec, TextNetwork],
    prompt: str,
    seed: int,
    tell: Tell = silence,
) -> list[Continuation]:
    """One for each writer, with the prompt read.

    Raises `ValueError` for a prompt that one of them cannot read. `tell` hears how much of the prompt all of them
    together have read.
    """
    return [
        Continuation(writer, networks[writer.network], prompt, seed, of_part(tell, number, len(writers)))
        for number, writer in enumerate(writers)
    ]
