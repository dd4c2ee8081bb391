"""Text: the next character at every step, from random windows or along parallel streams.

The corpus lies on the device as one integer tensor; the last tenth is held out and scored whole.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from rnntui import corpora
from rnntui.config import Settings
from rnntui.core.tasks import Batch, Ruler, Task, Validation
from rnntui.corpora.rulers import rulers

if TYPE_CHECKING:
    from rnntui.core.model import Model

STREAMS = 64  # held-out streams side by side, at most
PIECE = 64  # steps from one yield of the scoring to the next
SHORTEST_STREAM = 512  # characters: a shorter held-out part has fewer streams


class Text(Task):
    """Next-character prediction. `vocabulary` is the corpus's distinct characters, sorted; source: `SPEC.md` 3."""

    readout: ClassVar[Literal["last", "every"]] = "every"

    def __init__(self, settings: Settings, device: torch.device) -> None:
        super().__init__(settings, device)
        self.carries_state = settings.stateful
        self.corpus = corpora.load(settings.corpus)
        corpora.check_length(self.corpus, settings.length)
        self.vocabulary = self.corpus.vocabulary
        self.input_size = self.output_size = len(self.vocabulary)
        self.chance = 1 / len(self.vocabulary)
        training, held_out = corpora.split(self.corpus.text)
        self.training = encode(training, self.vocabulary).to(device)  # (N,)
        self.held_out = encode(held_out, self.vocabulary).to(device)
        self._stream = len(self.training) // settings.batch  # characters of each parallel stream
        if settings.stateful and self._stream <= settings.length:
            raise ValueError(
                f"--stateful with --batch {settings.batch} makes streams of {self._stream} characters, and --length "
                f"{settings.length} needs {settings.length + 1}: lower one of them"
            )
        self._window = torch.arange(settings.length + 1, device=device).unsqueeze(1)  # (T + 1, 1)
        self._position = 0  # of the parallel streams, in characters from their starts

    def batch(self, generator: torch.Generator) -> Batch:
        if self.settings.stateful:
            return self._next_of_streams()
        highest = len(self.training) - self.settings.length
        offsets = torch.randint(highest, (self.settings.batch,), generator=generator, device=self.device)
        characters = self.training[offsets + self._window]  # (T + 1, B)
        return Batch(characters[:-1], characters[1:])

    def _next_of_streams(self) -> Batch:
        T = self.settings.length
        if self._position + T + 1 > self._stream:
            self._position = 0
        starts = torch.arange(self.settings.batch, device=self.device) * self._stream + self._position
        characters = self.training[starts + self._window]
        times = times_from(self._position, T)
        fresh, self._position = self._position == 0, self._position + T
        return Batch(characters[:-1], characters[1:], times, fresh)

    def validate(self, model: "Model") -> Iterator[Validation]:
        """Score every held-out character but the first, the state carried along parallel streams."""
        inputs, targets = streams(self.held_out)  # (S, streams)
        state, loss, right, count = model.initial_state(inputs.shape[1]), 0.0, 0.0, 0
        for start in range(0, len(inputs), PIECE):
            with torch.inference_mode():
                piece = inputs[start : start + PIECE]
                logits, state = model(piece, state, times_from(start, len(piece)))
                wanted = targets[start : start + PIECE]
                known = wanted >= 0
                logits, wanted = logits[known], wanted[known]
                loss += float(torch.nn.functional.cross_entropy(logits, wanted, reduction="sum"))
                right += int((logits.argmax(-1) == wanted).sum())
            count += len(wanted)
            yield Validation(min(0.99, start / len(inputs)))
        yield Validation(1.0, loss / count, right / count)

    def rulers(self) -> dict[str, Ruler]:
        fitted = rulers(self.corpus.text)
        return {
            "uniform": Ruler(fitted.uniform * math.log(2), fitted.uniform_accuracy),
            "unigram": Ruler(fitted.unigram * math.log(2), fitted.unigram_accuracy),
            "bigram": Ruler(fitted.bigram * math.log(2), fitted.bigram_accuracy),
        }

    def position(self) -> int:
        return self._position

    def go_to(self, position: int) -> None:
        self._position = position

    def facts(self) -> dict[str, Any]:
        return {
            "corpus": self.corpus.name,
            "sha256": self.corpus.sha256,
            "characters": len(self.corpus.text),
            "notes": list(self.corpus.notes),
            "vocabulary": "".join(self.vocabulary),
        }


def times_from(position: int, count: int) -> Tensor:
    """The times of `count` characters after the first `position` of their stream, `(count,)`, float64."""
    return torch.arange(position + 1, position + count + 1, dtype=torch.float64)


def encode(text: str, vocabulary: tuple[str, ...]) -> Tensor:
    """The text as indices into the sorted vocabulary, `(N,)`, int64."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    known = np.array([ord(character) for character in vocabulary], dtype=np.uint32)
    return torch.from_numpy(np.searchsorted(known, points).astype(np.int64))


def streams(characters: Tensor) -> tuple[Tensor, Tensor]:
    """Inputs and targets `(S, streams)` that cover every character but the first once; targets past the end are -1."""
    predicted = len(characters) - 1
    count = max(1, min(STREAMS, predicted // SHORTEST_STREAM))
    length = -(-predicted // count)
    padding = count * length - predicted
    inputs = torch.nn.functional.pad(characters[:-1], (0, padding))
    targets = torch.nn.functional.pad(characters[1:], (0, padding), value=-1)
    return inputs.view(count, length).T.contiguous(), targets.view(count, length).T.contiguous()
