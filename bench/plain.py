"""The plain PyTorch script one would write instead of rnntui: a module of `torch.nn`, one-hot, `.item()` each step.

Each function is a generator that trains one step at each `next` and gives its loss and accuracy, so that a benchmark
can take turns. With `captured` the step, from the batch to the new weights, is one CUDA graph.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, StepLR

MODULES = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
WARM_UP = 3  # steps before a graph is captured: what libraries make at their first call is not to be part of it

Drawn = Callable[[], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Place:
    """The device that a script trains on, and whether its step is a captured graph there."""

    device: torch.device | str = "cpu"
    captured: bool = False

    def train(
        self, model: "Network", make: Callable[..., Optimizer], lr: float, clip: float, draw: Drawn, decay: float = 1.0
    ) -> Iterator[tuple[float, float]]:
        """Train the model here with the optimizer that `make` makes; a graph leaves the decay each 5,000 steps out."""
        model.to(self.device)
        if self.captured:
            return train_captured(model, make(model.parameters(), lr=lr, capturable=True), clip, draw)
        optimizer = make(model.parameters(), lr=lr)
        return train(model, optimizer, clip, draw, StepLR(optimizer, 5_000, decay) if decay < 1 else None)


ON_CPU = Place()


class Network(nn.Module):
    """A recurrent module and a linear read-out, of every step or of the last."""

    def __init__(self, recurrent: nn.RNNBase, outputs: int, every: bool = False) -> None:
        super().__init__()
        self.recurrent, self.readout = recurrent, nn.Linear(recurrent.hidden_size, outputs)
        self.every = every

    def forward(self, x: Tensor) -> Tensor:
        h, _ = self.recurrent(x)
        return self.readout(h if self.every else h[-1])


def palindromes(
    cell: str, length: int = 10, batch: int = 128, hidden: int = 128, place: Place = ON_CPU
) -> Iterator[tuple[float, float]]:
    """Train on palindromes with the defaults of `docs/spec.md` 3."""
    model = Network(MODULES[cell](10, hidden), 10)
    return place.train(model, torch.optim.RMSprop, 0.001, 10.0, lambda: _palindrome(length, batch, place.device))


def noise(
    length: int = 10, spacing: int = 5, batch: int = 128, hidden: int = 128, place: Place = ON_CPU
) -> Iterator[tuple[float, float]]:
    """Train an LSTM on palindromes in noise with the defaults of `docs/spec.md` 3."""

    def draw() -> tuple[Tensor, Tensor]:
        signal, targets = _palindrome(length, batch, place.device)
        inputs = one_hot(torch.randint(0, 10, (length * spacing, batch), device=place.device), 10).float()
        inputs[spacing - 1 :: spacing] = signal
        return inputs, targets

    return place.train(Network(nn.LSTM(10, hidden), 10), torch.optim.RMSprop, 0.001, 10.0, draw)


def frequency(
    length: int = 500, batch: int = 32, hidden: int = 128, place: Place = ON_CPU
) -> Iterator[tuple[float, float]]:
    """Train an LSTM to tell frequencies apart, with the defaults of `docs/spec.md` 3."""
    times = torch.arange(1, length + 1, device=place.device).unsqueeze(1)

    def draw() -> tuple[Tensor, Tensor]:
        inside = torch.arange(batch, device=place.device) % 2
        x = torch.rand(batch, device=place.device) * math.log(5 * 200 / 60)
        outside = torch.where(x < math.log(5), 10 * x.exp(), 60 * x.exp() / 5)
        period = torch.where(inside == 1, 50 + 10 * torch.rand(batch, device=place.device), outside)
        phase = torch.rand(batch, device=place.device)
        return torch.sin(2 * math.pi * (times / period + phase)).unsqueeze(-1), inside

    return place.train(Network(nn.LSTM(1, hidden), 2), torch.optim.Adam, 0.001, 1.0, draw)


def text(
    characters: Tensor,
    vocabulary: int,
    cell: str = "lstm",
    length: int = 30,
    batch: int = 64,
    hidden: int = 128,
    place: Place = ON_CPU,
) -> Iterator[tuple[float, float]]:
    """Train on random windows of a text, `(N,)` indices on the same device, with the defaults of `docs/spec.md` 3."""
    model = Network(MODULES[cell](vocabulary, hidden, 2), vocabulary, every=True)

    def draw() -> tuple[Tensor, Tensor]:
        offsets = torch.randint(0, len(characters) - length, (batch,))
        window = torch.stack([characters[offset : offset + length + 1] for offset in offsets.tolist()], dim=1)
        return one_hot(window[:-1], vocabulary).float(), window[1:]

    return place.train(model, torch.optim.RMSprop, 0.002, 5.0, draw, decay=0.96)


def train(
    model: Network, optimizer: Optimizer, clip: float, draw: Drawn, scheduler: LRScheduler | None = None
) -> Iterator[tuple[float, float]]:
    """Train on the batches drawn, inputs `(T, B, d)`; targets `(T, B)` or `(B,)` as the read-out is."""
    while True:
        loss, accuracy = _step(model, optimizer, clip, *draw())
        if scheduler is not None:
            scheduler.step()
        yield loss.item(), accuracy.item()


def train_captured(model: Network, optimizer: Optimizer, clip: float, draw: Drawn) -> Iterator[tuple[float, float]]:
    """As `train`, the step a CUDA graph that reads each batch from the same place; the optimizer must be capturable.

    Raises what torch raises where it cannot be captured.
    """
    inputs, targets = (tensor.clone() for tensor in draw())
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            _step(model, optimizer, clip, inputs, targets)
    torch.cuda.current_stream().wait_stream(aside)
    optimizer.zero_grad()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss, accuracy = _step(model, optimizer, clip, inputs, targets)
    while True:
        for place, tensor in zip((inputs, targets), draw(), strict=True):
            place.copy_(tensor)
        graph.replay()
        yield loss.item(), accuracy.item()


def _step(model: Network, optimizer: Optimizer, clip: float, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """One step; the loss and the accuracy of its batch, on the device."""
    optimizer.zero_grad()
    logits = model(inputs)
    loss = cross_entropy(logits.flatten(0, -2), targets.flatten())
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return loss.detach(), (logits.argmax(-1) == targets).float().mean()


def _palindrome(length: int, batch: int, device: torch.device | str) -> tuple[Tensor, Tensor]:
    half = torch.randint(0, 10, ((length + 2) // 2, batch), device=device)
    digits = torch.cat([half, half[: (length + 1) // 2].flip(0)])
    return one_hot(digits[:-1], 10).float(), digits[-1]
