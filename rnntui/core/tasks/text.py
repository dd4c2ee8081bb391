"""Text: the next character at every step, from random windows or along parallel streams.

The corpus lies on the device as one integer tensor, in narrow integers where it is long, and on disk where it is
large; the last tenth is held out and scored whole.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from rnntui import corpora
from rnntui.config import Settings
from rnntui.core.tasks import Baseline, Batch, Task, Validation
from rnntui.core.tasks.characters import Mapped, Packed, narrowest
from rnntui.corpora import baselines
from rnntui.schemas import CorpusFacts

if TYPE_CHECKING:
    from rnntui.core.model import Model

STREAMS = 64  # held-out streams side by side, unless they would be longer than the longest
SHORTEST_STREAM = 512  # characters: a shorter held-out part has fewer streams
LONGEST_STREAM = 65_536  # characters: a longer held-out part has more
LONG = 1 << 24  # characters: a longer corpus is packed, for as int64 it would take 8 bytes a character
PIECE = 64  # steps from one yield of the scoring to the next, at most
LOGITS = 1 << 23  # of a piece, where there are more streams than usual: 32 MB

Part = Tensor | Packed | Mapped


class TextTask(Task):
    """Next-character prediction. `vocabulary` is the corpus's distinct characters, sorted; see `docs/spec.md` 3."""

    readout: ClassVar[Literal["last", "every"]] = "every"

    def __init__(self, settings: Settings, device: torch.device, corpus: corpora.Corpus | None = None) -> None:
        super().__init__(settings, device)
        self.carries_state = settings.stateful
        self.corpus = corpus or corpora.load(settings.corpus, settings.lower, encoding=settings.encoding)
        corpora.check_length(self.corpus, settings.length)
        self.vocabulary = self.corpus.vocabulary
        self.input_size = self.output_size = len(self.vocabulary)
        self.chance = 1 / len(self.vocabulary)
        self.training, self.held_out = parts(self.corpus, device)
        self._stream = len(self.training) // settings.batch  # characters of each parallel stream
        if settings.stateful and self._stream <= settings.length:
            raise ValueError(
                f"--stateful with --batch {settings.batch} makes streams of {self._stream} characters, and --length "
                f"{settings.length} needs {settings.length + 1}: lower one of them"
            )
        self._window = torch.arange(settings.length + 1, device=device).unsqueeze(1)  # (T + 1, 1)
        self._position = 0  # of the parallel streams, in characters from their starts

    @classmethod
    def resumed(cls, settings: Settings, device: torch.device, facts: CorpusFacts) -> "TextTask":
        return cls(settings, device, corpora.of_data(settings.corpus, settings, facts))

    def batch(self, generator: torch.Generator) -> Batch:
        if self.settings.stateful:
            return self._next_of_streams()
        highest = len(self.training) - self.settings.length
        offsets = torch.randint(highest, (self.settings.batch,), generator=generator, device=self.device)
        characters = self.training[offsets + self._window]  # (T + 1, B)
        return Batch(characters[:-1], characters[1:])

    def _next_of_streams(self) -> Batch:
        """The next window of each stream. What is left at their ends is too short for one, and never trained on."""
        T = self.settings.length
        if self._position + T + 1 > self._stream:
            self._position = 0
        starts = torch.arange(self.settings.batch, device=self.device) * self._stream + self._position
        characters = self.training[starts + self._window]
        times = times_from(self._position, T, self.device)
        fresh, self._position = self._position == 0, self._position + T
        return Batch(characters[:-1], characters[1:], times, fresh)

    def validate(self, model: "Model") -> Iterator[Validation]:
        """Score every held-out character but the first, the state carried along parallel streams.

        With `validate_on` the held-out text ends, as far as that goes, after so many characters.
        """
        most = self.settings.validate_on or len(self.held_out)
        layout = Streams.of(max(2, min(most, len(self.held_out))))
        state, loss, right, count = model.initial_state(layout.count), 0.0, 0.0, 0
        for start in range(0, layout.length, layout.piece(len(self.vocabulary))):
            with torch.inference_mode():
                inputs, wanted = layout.read(self.held_out, start, layout.piece(len(self.vocabulary)), self.device)
                logits, state = model(inputs, state, times_from(start, len(inputs), self.device))
                known = wanted >= 0
                logits, wanted = logits[known], wanted[known]
                loss += float(torch.nn.functional.cross_entropy(logits, wanted, reduction="sum"))
                right += int((logits.argmax(-1) == wanted).sum())
            count += len(wanted)
            yield Validation(min(0.99, start / layout.length))
        yield Validation(1.0, loss / count, right / count)

    def baselines(self) -> dict[str, Baseline]:
        fitted = baselines.of(self.corpus)
        return {
            "uniform": Baseline(fitted.uniform * math.log(2), fitted.uniform_accuracy),
            "unigram": Baseline(fitted.unigram * math.log(2), fitted.unigram_accuracy),
            "bigram": Baseline(fitted.bigram * math.log(2), fitted.bigram_accuracy),
        }

    def position(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        self._position = position

    def facts(self) -> CorpusFacts:
        return CorpusFacts(
            corpus=self.corpus.name,
            sha256=self.corpus.sha256,
            size=self.corpus.size,
            characters=self.corpus.length,
            notes=tuple(self.corpus.notes),
            vocabulary="".join(self.vocabulary),
            encoding=self.corpus.encoding,
            guesses=dict(self.corpus.guesses),
        )


def times_from(position: int, count: int, device: torch.device) -> Tensor:
    """The times of `count` characters after the first `position` of their stream, `(count,)`, float64."""
    where = "cpu" if device.type == "mps" else device  # MPS has no float64, and no cell that asks for times
    return torch.arange(position + 1, position + count + 1, dtype=torch.float64, device=where)


def encode(text: str, vocabulary: tuple[str, ...]) -> Tensor:
    """The text as indices into the sorted vocabulary, `(N,)`, int64."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    known = np.array([ord(character) for character in vocabulary], dtype=np.uint32)
    return torch.from_numpy(np.searchsorted(known, points).astype(np.int64))


def parts(corpus: corpora.Corpus, device: torch.device) -> tuple[Part, Part]:
    """The training and the held-out part as indices `(N,)`: int64 on the device, packed where the corpus is long, or on
    disk where the corpus is.
    """
    if isinstance(corpus, corpora.Large):
        file, kept = (corpus.tokens, corpus.width), corpus.trained_on
        count = len(corpus.vocabulary)
        return Mapped(*file, 0, kept, device, count), Mapped(*file, kept, corpus.length, device, count)
    if corpus.length > LONG:
        tokens = packed(corpus).to(device)
        return Packed(tokens[: corpus.trained_on]), Packed(tokens[corpus.trained_on :])
    training, held_out = corpora.split(corpus.text)
    return encode(training, corpus.vocabulary).to(device), encode(held_out, corpus.vocabulary).to(device)


def packed(corpus: corpora.Corpus) -> Tensor:
    """The whole of a corpus as indices in narrow integers, `(N,)`, with little memory beside them."""
    tokens = torch.empty(corpus.length, dtype=narrowest(len(corpus.vocabulary)))
    at = 0
    for piece in corpus.pieces():
        tokens[at : at + len(piece)] = encode(piece, corpus.vocabulary)
        at += len(piece)
    return tokens


@dataclass(frozen=True)
class Streams:
    """How a held-out part is read: `count` streams side by side, one behind the other in the text, of `length` steps.

    They cover each of the `predicted` characters, all but the part's first, once.
    """

    predicted: int
    count: int
    length: int

    @classmethod
    def of(cls, characters: int) -> "Streams":
        """The streams of a part of so many characters."""
        predicted = characters - 1
        most = max(STREAMS, predicted // LONGEST_STREAM)
        count = max(1, min(most, predicted // SHORTEST_STREAM))
        return cls(predicted, count, -(-predicted // count))

    def piece(self, vocabulary: int) -> int:
        """Steps to be scored in one go, so that the logits of many streams fit into memory."""
        return PIECE if self.count <= STREAMS else max(1, min(PIECE, LOGITS // (self.count * vocabulary)))

    def read(self, part: Part, start: int, steps: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Inputs and targets `(S, streams)` of at most `steps` steps from `start` on; targets past the end are -1."""
        steps = min(steps, self.length - start)
        first = torch.arange(self.count, device=device) * self.length
        at = first + torch.arange(start, start + steps + 1, device=device).unsqueeze(1)  # (S + 1, streams)
        characters = part[at.clamp(max=self.predicted)]
        past = at[:-1] >= self.predicted
        return characters[:-1].masked_fill(past, 0), characters[1:].masked_fill(past, -1)


def streams(part: Tensor) -> tuple[Tensor, Tensor]:
    """All inputs and targets of a held-out part's streams, `(S, streams)`."""
    layout = Streams.of(len(part))
    return layout.read(part, 0, layout.length, part.device)
