"""The best-known tutorial on character networks as the plain PyTorch script that its reader would write.

Two layers of `nn.LSTM` with 512 units, dropout 0.5 between them and before the read-out, 100 steps with carried state,
batches of 100, Adam at 0.001, clip 5, 20 epochs; one-hot inputs. Trains on the first nine tenths of a text.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

UNITS, LAYERS, STEPS, BATCH, DROPOUT, RATE, CLIP, EPOCHS = 512, 2, 100, 100, 0.5, 0.001, 5.0, 20
HELD_OUT_STREAMS = 64


@dataclass(frozen=True)
class Point:
    """How far a training had come: CPU seconds without scoring, characters trained on, held-out nats a character."""

    seconds: float
    characters: int
    nats: float


class Tutorial(nn.Module):
    """The network, from indices `(T, B)` to logits `(T, B, V)` and the state after them."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.lstm = nn.LSTM(vocabulary, UNITS, LAYERS, dropout=DROPOUT)
        self.dropout = nn.Dropout(DROPOUT)
        self.readout = nn.Linear(UNITS, vocabulary)

    def forward(
        self, indices: Tensor, state: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor] | None]:
        outputs, state = self.lstm(one_hot(indices, self.vocabulary).float(), state)
        return self.readout(self.dropout(outputs)), state


def train(text: str, seconds: float, seed: int = 0) -> Iterator[Point]:
    """Train for 20 epochs or so many CPU seconds, whichever ends first; a point at each half epoch and at the end."""
    torch.manual_seed(seed)
    symbols = {character: index for index, character in enumerate(sorted(set(text)))}
    indices = torch.tensor([symbols[character] for character in text])
    cut = len(text) - len(text) // 10
    training, held_out = _streams(indices[:cut], BATCH), _streams(indices[cut:], HELD_OUT_STREAMS)
    model = Tutorial(len(symbols))
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    used, characters = 0.0, 0
    for _epoch in range(EPOCHS):
        state = None
        starts = range(0, len(training) - STEPS, STEPS)
        for k, start in enumerate(starts):
            began = time.process_time()
            optimizer.zero_grad()
            logits, state = model(training[start : start + STEPS], state)
            state = tuple(part.detach() for part in state)
            cross_entropy(logits.flatten(0, 1), training[start + 1 : start + STEPS + 1].flatten()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            used, characters = used + time.process_time() - began, characters + BATCH * STEPS
            if k in (len(starts) // 2, len(starts) - 1) or used >= seconds:
                yield Point(used, characters, score(model, held_out))
            if used >= seconds:
                return


@torch.no_grad()
def score(model: Tutorial, held_out: Tensor) -> float:
    """Nats a character of held-out streams `(L, S)`, each read from its beginning to its end."""
    model.eval()
    state, total = None, 0.0
    for start in range(0, len(held_out) - 1, STEPS):
        window = held_out[start : start + STEPS + 1]
        logits, state = model(window[:-1], state)
        total += cross_entropy(logits.flatten(0, 1), window[1:].flatten(), reduction="sum").item()
    model.train()
    return total / (held_out.numel() - held_out.shape[1])


def _streams(indices: Tensor, count: int) -> Tensor:
    """Parallel streams of a text, `(N // count, count)`."""
    return indices[: len(indices) // count * count].view(count, -1).T.contiguous()
