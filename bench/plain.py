"""The plain PyTorch script one would write instead of rnntui: `nn.LSTM` or `nn.RNN`, one-hot, `.item()` each step.

Each function is a generator that trains one step at each `next`, so that a benchmark can take turns.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot


class Network(nn.Module):
    """A recurrent module and a linear read-out."""

    def __init__(self, recurrent: nn.Module, hidden: int, outputs: int) -> None:
        super().__init__()
        self.recurrent, self.readout = recurrent, nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        h, _ = self.recurrent(x)
        return self.readout(h)


def palindromes(cell: str, length: int = 10, batch: int = 128, hidden: int = 128) -> Iterator[float]:
    """Train on palindromes with the defaults of `SPEC.md` 3."""
    recurrent = {"lstm": nn.LSTM, "rnn": nn.RNN}[cell](10, hidden)
    model = Network(recurrent, hidden, 10)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
    while True:
        half = torch.randint(0, 10, ((length + 2) // 2, batch))
        digits = torch.cat([half, half[: (length + 1) // 2].flip(0)])
        inputs, targets = one_hot(digits[:-1], 10).float(), digits[-1]
        optimizer.zero_grad()
        logits = model(inputs)[-1]
        loss = cross_entropy(logits, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        accuracy = (logits.argmax(-1) == targets).float().mean()
        yield loss.item() + accuracy.item()


def text(characters: Tensor, vocabulary: int, length: int = 30, batch: int = 64, hidden: int = 128) -> Iterator[float]:
    """Train on random windows of a text, `(N,)` indices, with the defaults of `SPEC.md` 3."""
    model = Network(nn.LSTM(vocabulary, hidden, 2), hidden, vocabulary)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.002)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 5_000, 0.96)
    while True:
        offsets = torch.randint(0, len(characters) - length, (batch,))
        window = torch.stack([characters[offset : offset + length + 1] for offset in offsets.tolist()], dim=1)
        inputs, targets = one_hot(window[:-1], vocabulary).float(), window[1:]
        optimizer.zero_grad()
        logits = model(inputs)
        loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        scheduler.step()
        accuracy = (logits.argmax(-1) == targets).float().mean()
        yield loss.item() + accuracy.item()
