"""What a task is: it draws batches on the training device, and says what a loss and an accuracy are.

To add one, subclass `Task` in a file of its own and name it in `specs/tasks.py`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from rnntui.config import Settings, spec
from rnntui.core import load_class
from rnntui.schemas import CorpusFacts

if TYPE_CHECKING:
    from rnntui.core.model import Model


@dataclass(frozen=True)
class Batch:
    """Inputs `(T, B)` as indices or `(T, B, d)` as values, targets `(B,)` or `(T, B)` as indices.

    `times` are the steps' times where they are not 1, 2, …, T: `(T,)`, or `(T, B)` where each sequence has its own,
    float64. `fresh`: start from the initial state, not the carried.
    """

    inputs: Tensor
    targets: Tensor
    times: Tensor | None = None
    fresh: bool = True

    def of(self, sequences: slice) -> "Batch":
        """The batch of some of its sequences."""
        times = self.times
        if times is not None and times.dim() == 2:  # each sequence has its own
            times = times[:, sequences].contiguous()
        inputs, targets = self.inputs[:, sequences], self.targets[..., sequences]
        return Batch(inputs.contiguous(), targets.contiguous(), times, self.fresh)


@dataclass(frozen=True)
class Validation:
    """A scoring of what was held out, or, with `done` below 1, how far it has come. Losses in nats.

    `averaged_loss` and `averaged_accuracy` are those of the averaged weights, where there are any.
    """

    done: float
    loss: float = float("nan")
    accuracy: float = float("nan")
    averaged_loss: float | None = None
    averaged_accuracy: float | None = None


@dataclass(frozen=True)
class Baseline:
    """What a simple guesser reaches: a line to draw beside the curves. Loss in nats."""

    loss: float
    accuracy: float


class Task:
    """A task on a device. `chance` is the accuracy of guessing; `carries_state` says that batches continue,
    `own_times` that each sequence of a batch has times of its own.
    """

    readout: ClassVar[Literal["last", "every"]] = "last"
    carries_state = False
    own_times = False
    input_size: int
    output_size: int
    chance: float

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings, self.device = settings, device

    @classmethod
    def resumed(cls, settings: Settings, device: torch.device, facts: CorpusFacts) -> "Task":
        """The task of a run that goes on, whose `config.json` keeps those facts of its data."""
        return cls(settings, device)

    def batch(self, generator: torch.Generator) -> Batch:
        """The next batch, drawn from the generator on the training device."""
        raise NotImplementedError

    def loss_and_accuracy(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats and the share of right arg-maxes, as scalars on the device."""
        logits, targets = logits.flatten(0, -2), targets.flatten()
        accuracy = (logits.detach().argmax(-1) == targets).to(logits.dtype).mean()
        return torch.nn.functional.cross_entropy(logits, targets), accuracy

    def validate(self, model: "Model") -> Iterator[Validation]:
        """Score what is held out, in pieces; a task that draws every batch fresh holds nothing out."""
        yield from ()

    def baselines(self) -> dict[str, Baseline]:
        """Simple guessers by name; they may take a second to fit."""
        return {"chance": self.guess}

    @property
    def guess(self) -> Baseline:
        """What an answer reaches that takes each for as likely."""
        return Baseline(-math.log(self.chance), self.chance)

    def position(self) -> int:
        """Where the next batch starts, in a task whose batches continue: all it depends on beside the generator."""
        return 0

    def seek(self, position: int) -> None:
        """Continue from such a position."""

    def facts(self) -> CorpusFacts:
        """What `config.json` keeps of the data, so that a checkpoint can be read without it."""
        return CorpusFacts()


class Regression(Task):
    """A task whose answer is a number: targets `(B,)` or `(T, B)` of the default type, one output.

    Its loss is the mean squared error; no answer is right or wrong. `variance` is that of the targets: the loss of
    always answering their mean.
    """

    output_size = 1
    variance: float

    def loss_and_accuracy(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Mean squared error, and NaN in place of an accuracy, as scalars on the device."""
        return torch.nn.functional.mse_loss(logits.squeeze(-1), targets), logits.new_full((), math.nan)

    @property
    def guess(self) -> Baseline:
        """What the mean of the targets reaches."""
        return Baseline(self.variance, math.nan)

    def baselines(self) -> dict[str, Baseline]:
        return {"mean": self.guess}


def load_task(settings: Settings, device: torch.device, facts: CorpusFacts | None = None) -> Task:
    """The task that the settings name, its data on the device: the same data that a run's `facts` were kept of."""
    kind: type[Task] = load_class(spec(settings).path, "task")
    return kind.resumed(settings, device, facts) if facts else kind(settings, device)
