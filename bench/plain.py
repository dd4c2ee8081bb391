"""The plain PyTorch script one would write instead of rnntui: `nn.LSTM` or `nn.RNN`, one-hot, `.item()` each step.

Each function is a generator that trains one step at each `next`, so that a benchmark can take turns.
"""

import math
from collections.abc import Callable, Iterator

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
    """Train on palindromes with the defaults of `docs/spec.md` 3."""
    model = Network({"lstm": nn.LSTM, "rnn": nn.RNN}[cell](10, hidden), hidden, 10)
    return _train(model, torch.optim.RMSprop(model.parameters(), lr=0.001), 10.0, lambda: _palindrome(length, batch))


def noise(length: int = 10, spacing: int = 5, batch: int = 128, hidden: int = 128) -> Iterator[float]:
    """Train an LSTM on palindromes in noise with the defaults of `docs/spec.md` 3."""
    model = Network(nn.LSTM(10, hidden), hidden, 10)

    def draw() -> tuple[Tensor, Tensor]:
        signal, targets = _palindrome(length, batch)
        inputs = one_hot(torch.randint(0, 10, (length * spacing, batch)), 10).float()
        inputs[spacing - 1 :: spacing] = signal
        return inputs, targets

    return _train(model, torch.optim.RMSprop(model.parameters(), lr=0.001), 10.0, draw)


def frequency(length: int = 500, batch: int = 32, hidden: int = 128) -> Iterator[float]:
    """Train an LSTM to tell frequencies apart, with the defaults of `docs/spec.md` 3."""
    model = Network(nn.LSTM(1, hidden), hidden, 2)
    times = torch.arange(1, length + 1).unsqueeze(1)

    def draw() -> tuple[Tensor, Tensor]:
        inside = torch.arange(batch) % 2
        x = torch.rand(batch) * math.log(5 * 200 / 60)
        outside = torch.where(x < math.log(5), 10 * x.exp(), 60 * x.exp() / 5)
        period = torch.where(inside == 1, 50 + 10 * torch.rand(batch), outside)
        return torch.sin(2 * math.pi * (times / period + torch.rand(batch))).unsqueeze(-1), inside

    return _train(model, torch.optim.Adam(model.parameters(), lr=0.001), 1.0, draw)


def _palindrome(length: int, batch: int) -> tuple[Tensor, Tensor]:
    half = torch.randint(0, 10, ((length + 2) // 2, batch))
    digits = torch.cat([half, half[: (length + 1) // 2].flip(0)])
    return one_hot(digits[:-1], 10).float(), digits[-1]


def _train(
    model: Network, optimizer: torch.optim.Optimizer, clip: float, draw: Callable[[], tuple[Tensor, Tensor]]
) -> Iterator[float]:
    """Train on batches whose target follows the last step."""
    while True:
        inputs, targets = draw()
        optimizer.zero_grad()
        logits = model(inputs)[-1]
        loss = cross_entropy(logits, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        accuracy = (logits.argmax(-1) == targets).float().mean()
        yield loss.item() + accuracy.item()


def text(characters: Tensor, vocabulary: int, length: int = 30, batch: int = 64, hidden: int = 128) -> Iterator[float]:
    """Train on random windows of a text, `(N,)` indices, with the defaults of `docs/spec.md` 3."""
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
