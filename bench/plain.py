"""The plain PyTorch script one would write instead of rnntui: a module of `torch.nn`, one-hot, `.item()` each step.

Each function is a generator that trains one step at each `next` and gives its loss and accuracy, so that a benchmark
can take turns.
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

MODULES = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class Network(nn.Module):
    """A recurrent module and a linear read-out, of every step or of the last."""

    def __init__(self, recurrent: nn.RNNBase, outputs: int, every: bool = False) -> None:
        super().__init__()
        self.recurrent, self.readout = recurrent, nn.Linear(recurrent.hidden_size, outputs)
        self.every = every

    def forward(self, x: Tensor) -> Tensor:
        h, _ = self.recurrent(x)
        return self.readout(h if self.every else h[-1])


def palindromes(cell: str, length: int = 10, batch: int = 128, hidden: int = 128) -> Iterator[tuple[float, float]]:
    """Train on palindromes with the defaults of `docs/spec.md` 3."""
    model = Network(MODULES[cell](10, hidden), 10)
    return train(model, torch.optim.RMSprop(model.parameters(), lr=0.001), 10.0, lambda: _palindrome(length, batch))


def noise(length: int = 10, spacing: int = 5, batch: int = 128, hidden: int = 128) -> Iterator[tuple[float, float]]:
    """Train an LSTM on palindromes in noise with the defaults of `docs/spec.md` 3."""
    model = Network(nn.LSTM(10, hidden), 10)

    def draw() -> tuple[Tensor, Tensor]:
        signal, targets = _palindrome(length, batch)
        inputs = one_hot(torch.randint(0, 10, (length * spacing, batch)), 10).float()
        inputs[spacing - 1 :: spacing] = signal
        return inputs, targets

    return train(model, torch.optim.RMSprop(model.parameters(), lr=0.001), 10.0, draw)


def frequency(length: int = 500, batch: int = 32, hidden: int = 128) -> Iterator[tuple[float, float]]:
    """Train an LSTM to tell frequencies apart, with the defaults of `docs/spec.md` 3."""
    model = Network(nn.LSTM(1, hidden), 2)
    times = torch.arange(1, length + 1).unsqueeze(1)

    def draw() -> tuple[Tensor, Tensor]:
        inside = torch.arange(batch) % 2
        x = torch.rand(batch) * math.log(5 * 200 / 60)
        outside = torch.where(x < math.log(5), 10 * x.exp(), 60 * x.exp() / 5)
        period = torch.where(inside == 1, 50 + 10 * torch.rand(batch), outside)
        return torch.sin(2 * math.pi * (times / period + torch.rand(batch))).unsqueeze(-1), inside

    return train(model, torch.optim.Adam(model.parameters(), lr=0.001), 1.0, draw)


def text(
    characters: Tensor, vocabulary: int, cell: str = "lstm", length: int = 30, batch: int = 64, hidden: int = 128
) -> Iterator[tuple[float, float]]:
    """Train on random windows of a text, `(N,)` indices, with the defaults of `docs/spec.md` 3."""
    model = Network(MODULES[cell](vocabulary, hidden, 2), vocabulary, every=True)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.002)

    def draw() -> tuple[Tensor, Tensor]:
        offsets = torch.randint(0, len(characters) - length, (batch,))
        window = torch.stack([characters[offset : offset + length + 1] for offset in offsets.tolist()], dim=1)
        return one_hot(window[:-1], vocabulary).float(), window[1:]

    return train(model, optimizer, 5.0, draw, torch.optim.lr_scheduler.StepLR(optimizer, 5_000, 0.96))


def train(
    model: Network,
    optimizer: torch.optim.Optimizer,
    clip: float,
    draw: Callable[[], tuple[Tensor, Tensor]],
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
) -> Iterator[tuple[float, float]]:
    """Train on the batches drawn, inputs `(T, B, d)`; targets `(T, B)` or `(B,)` as the read-out is."""
    while True:
        inputs, targets = draw()
        optimizer.zero_grad()
        logits = model(inputs)
        loss = cross_entropy(logits.flatten(0, -2), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        accuracy = (logits.argmax(-1) == targets).float().mean()
        yield loss.item(), accuracy.item()


def _palindrome(length: int, batch: int) -> tuple[Tensor, Tensor]:
    half = torch.randint(0, 10, ((length + 2) // 2, batch))
    digits = torch.cat([half, half[: (length + 1) // 2].flip(0)])
    return one_hot(digits[:-1], 10).float(), digits[-1]
