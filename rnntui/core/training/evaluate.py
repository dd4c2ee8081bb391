"""How well a network does on examples that it was not trained on (`docs/spec.md` 3)."""

from dataclasses import dataclass

import torch

from rnntui.config import spec
from rnntui.core.training.learner import Learner, stream


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
    generator = stream(learner.device, learner.settings.seed, "fresh examples")
    right, loss, left = 0.0, 0.0, examples
    with torch.inference_mode():
        while left:
            batch = learner.task.batch(generator)
            state = learner.model.initial_state(learner.settings.batch)
            logits, _ = learner.model(batch.inputs, state, batch.times)
            count = min(left, len(batch.targets))
            error, accuracy = learner.task.loss_and_accuracy(logits[:count], batch.targets[:count])
            right += float(accuracy) * count
            loss += float(error) * count
            left -= count
    if not spec(learner.settings).has_accuracy:
        return Evaluation(loss=loss / examples)
    return Evaluation(accuracy=round(right) / examples)
