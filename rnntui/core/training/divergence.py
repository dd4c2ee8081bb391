"""A run that diverged: which step did, and what is said of it."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Divergence:
    """The step whose loss or gradient norm is not finite; the trainer stands just before it."""

    step: int
    loss: float
    gradient_norm: float
    clip: float = 1.0  # in force at that step; 0 is none

    def __str__(self) -> str:
        what = "gradient" if math.isfinite(self.loss) else "loss"
        cure = "the learning rate or the clip" if self.clip else "the learning rate, or clip the gradient (--clip 1)"
        return f"the {what} of step {self.step:,} is not finite: lower {cure}"


def first_not_finite(rows: list[list[float]], first: int, clip: float) -> Divergence | None:
    """The first of these steps (loss, accuracy and gradient norm a row) that diverged; `first` is the step of row 0."""
    for step, (loss, _, norm) in enumerate(rows, first):
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return Divergence(step, loss, norm, clip)
    return None
