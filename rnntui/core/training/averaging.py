"""Averages of the weights over the steps (`docs/spec.md` 7), scored on the held-out data beside the weights themselves.

Invariant: an average reads θ and writes nothing but its own vectors, so training is the same to the bit with one and
without. A step costs one operation over θ, and reads nothing from the device.

θ  the weights as training has them, `(P,)`     φ  their average, `(P,)`
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor, nn

from rnntui.config import Settings
from rnntui.core.model import Model
from rnntui.core.tasks import Task, Validation


class Average(Protocol):
    """An average of θ. `settle` is told the losses of a scoring: of θ, and of each of `candidates`."""

    def follow(self) -> None:
        """Take in θ after a step."""

    def value(self) -> Tensor:
        """The average as it stands, `(P,)`."""

    def candidates(self) -> list[Tensor]:
        """What is to be scored, `(P,)` each."""

    def settle(self, raw: float, losses: Sequence[float]) -> int:
        """Draw the consequences of a scoring; the number of the candidate that is the average from now on."""

    def tensors(self) -> dict[str, Tensor]:
        """All that it is, by name."""

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Restore what `tensors` gave."""


class ExponentialAverage:
    """φ ← d φ + (1 - d) θ after step t, where d = min(decay, (1 + t)/(10 + t)): at first the average is short, so that
    the weights before the first step are soon forgotten.
    """

    def __init__(self, theta: Tensor, decay: float) -> None:
        self._theta, self._decay = theta, decay
        self._average, self._steps = theta.clone(), 0

    def follow(self) -> None:
        self._steps += 1
        t = self._steps
        self._average.lerp_(self._theta, 1 - min(self._decay, (1 + t) / (10 + t)))

    def value(self) -> Tensor:
        return self._average

    def candidates(self) -> list[Tensor]:
        return [self._average]

    def settle(self, raw: float, losses: Sequence[float]) -> int:
        return 0

    def tensors(self) -> dict[str, Tensor]:
        return {"ema": self._average, "steps": torch.tensor(self._steps)}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        self._average.copy_(tensors["ema"])
        self._steps = int(tensors["steps"])


class TailAverage:
    """The mean of θ over the last steps, of a length that follows the held-out loss (two-tailed averaging, Melis 2022).

    There are two means, a long and a short one, of which the short one has the newest of the long one's steps. At a
    scoring the short one takes the long one's place where it is at least as good, and a new short one begins. Where θ
    itself is better than both, both begin anew, which the paper has only until a mean is better for the first time. So
    while θ still gains faster than a mean can, hardly anything is averaged, and once it does not, the mean grows.
    """

    def __init__(self, theta: Tensor) -> None:
        self._theta = theta
        # The long mean is that of both, so that a step adds to one vector alone.
        self._older, self._older_steps = theta.clone(), 0
        self._short, self._short_steps = theta.clone(), 0

    def follow(self) -> None:
        self._short_steps += 1
        self._short.lerp_(self._theta, 1 / self._short_steps)

    def value(self) -> Tensor:
        if not self._short_steps:
            return self._older
        if not self._older_steps:
            return self._short
        return torch.lerp(self._older, self._short, self._short_steps / (self._older_steps + self._short_steps))

    def candidates(self) -> list[Tensor]:
        return [self.value(), self._short] if self._older_steps and self._short_steps else [self.value()]

    def settle(self, raw: float, losses: Sequence[float]) -> int:
        if not self._short_steps:
            return 0
        chosen = 1 if len(losses) == 2 and losses[1] <= losses[0] else 0
        is_short = chosen == 1 or len(losses) == 1
        if raw < losses[chosen]:
            self._begin_anew(self._short if is_short else self.value(), 0)
        elif is_short:
            self._begin_anew(self._short, self._short_steps)
        return chosen

    def _begin_anew(self, kept: Tensor, steps: int) -> None:
        """Begin a new short mean beside one of so many steps; of none, it stands only until the next step."""
        self._older.copy_(kept)
        self._older_steps, self._short_steps = steps, 0

    def tensors(self) -> dict[str, Tensor]:
        counts = torch.tensor([self._older_steps, self._short_steps])
        return {"older": self._older, "short": self._short, "steps": counts}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        self._older.copy_(tensors["older"])
        self._short.copy_(tensors["short"])
        self._older_steps, self._short_steps = tensors["steps"].tolist()


def make_average(theta: nn.Parameter, settings: Settings) -> Average | None:
    """The average that `--average` names; none where it names none."""
    match settings.average:
        case "ema":
            return ExponentialAverage(theta.detach(), settings.average_decay)
        case "tail":
            return TailAverage(theta.detach())
    return None


def with_weights(model: Model, theta: Tensor) -> Model:
    """A copy of a model whose parameters are views of θ `(P,)`, in the order of `optim.flatten`."""
    with model.own_code:
        copied = copy.deepcopy(model)
    nn.utils.vector_to_parameters(theta, copied.parameters())
    return copied


def validate(task: Task, model: Model, average: Average | None) -> Iterator[Validation]:
    """Score what is held out by θ, and by its average where there is one, in pieces."""
    if average is None:
        yield from task.validate(model)
        return
    candidates = average.candidates()
    whole: list[Validation] = []
    for network in (model, *(with_weights(model, theta) for theta in candidates)):
        for piece in task.validate(network):
            if piece.done == 1.0:
                whole.append(piece)
            else:
                yield Validation((len(whole) + piece.done) / (1 + len(candidates)))
    raw, *averaged = whole
    chosen = averaged[average.settle(raw.loss, [evaluation.loss for evaluation in averaged])]
    yield replace(raw, averaged_loss=chosen.loss, averaged_accuracy=chosen.accuracy)
