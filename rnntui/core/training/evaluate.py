"""How well a network does on examples that it was not trained on (`docs/spec.md` 3)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from rnntui.config import spec
from rnntui.core.tasks import Batch
from rnntui.core.training.learner import Learner, stream

STEPS_AT_ONCE = 16_384  # time steps of all sequences together


@dataclass(frozen=True)
class Evaluation:
    """What a network reaches on new examples: the share of right answers, of a regression the loss."""

    accuracy: float | None = None
    loss: float | None = None


def evaluate(learner: Learner, examples: int) -> Evaluation:
    """The score on so many new examples; empty for a task that holds data out instead.

    They are drawn from a generator of their own, by batches of the training's shape; the seed alone decides them.
    """
    if spec(learner.settings).holds_out:
        return Evaluation()
    right, loss, left = 0.0, 0.0, examples
    with torch.inference_mode():
        for batch in _joined(_drawn(learner, examples)):
            state = learner.model.initial_state(batch.inputs.shape[1])
            logits, _ = learner.model(batch.inputs, state, batch.times)
            count = min(left, len(batch.targets))
            error, accuracy = learner.task.loss_and_accuracy(logits[:count], batch.targets[:count])
            right += float(accuracy) * count
            loss += float(error) * count
            left -= count
    if not spec(learner.settings).has_accuracy:
        return Evaluation(loss=loss / examples)
    return Evaluation(accuracy=round(right) / examples)


def _drawn(learner: Learner, examples: int) -> Iterator[Batch]:
    generator = stream(learner.device, learner.settings.seed, "fresh examples")
    left = examples
    while left > 0:
        batch = learner.task.batch(generator)
        left -= len(batch.targets)
        yield batch


def _joined(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The same sequences, with several small batches as one: a step of many sequences costs little more than of few.

    Left as they are: batches of other lengths, and those with a target at each step.
    """
    waiting: list[Batch] = []
    for batch in batches:
        steps, sequences = batch.inputs.shape[:2]
        fits = batch.targets.dim() == 1 and (len(waiting) + 1) * steps * sequences <= STEPS_AT_ONCE
        if waiting and not (fits and _is_like(batch, waiting[0])):
            yield _join(waiting)
            waiting = []
        waiting.append(batch)
    if waiting:
        yield _join(waiting)


def _is_like(batch: Batch, other: Batch) -> bool:
    if batch.inputs.shape != other.inputs.shape or (batch.times is None) != (other.times is None):
        return False
    return batch.times is None or batch.times.dim() == 2 or torch.equal(batch.times, other.times)  # type: ignore[arg-type]


def _join(batches: list[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    times = batches[0].times
    if times is not None and times.dim() == 2:
        times = torch.cat([batch.times for batch in batches if batch.times is not None], dim=1)
    inputs = torch.cat([batch.inputs for batch in batches], dim=1)
    return Batch(inputs, torch.cat([batch.targets for batch in batches]), times, batches[0].fresh)
