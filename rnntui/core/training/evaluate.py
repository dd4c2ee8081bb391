"""How well a network does on examples that it was not trained on."""

import torch

from rnntui.config import spec
from rnntui.core.training.learner import Learner, stream


def test_accuracy(learner: Learner, examples: int) -> float | None:
    """Share of right answers on so many new examples; `None` for a task that holds data out instead.

    They are drawn from a generator of their own, by batches of the training's shape; the seed alone decides them.
    """
    if spec(learner.settings).holds_out:
        return None
    generator = stream(learner.device, learner.settings.seed, "fresh examples")
    right, left = 0.0, examples
    with torch.inference_mode():
        while left:
            batch = learner.task.batch(generator)
            state = learner.model.initial_state(learner.settings.batch)
            logits, _ = learner.model(batch.inputs, state, batch.times)
            count = min(left, len(batch.targets))
            _, accuracy = learner.task.loss_and_accuracy(logits[:count], batch.targets[:count])
            right += float(accuracy) * count
            left -= count
    return round(right) / examples
