"""The status of a run: one type for the list of runs, the comparison, a sweep, a headless run and the screen.

Whatever knows more about a run adds to its `RunStatus`. Standard library only: the first frame needs it.
"""

import math
from dataclasses import dataclass
from typing import Literal

from rnntui.config import LOST

RunState = Literal[
    "waiting",  # for its turn in a sweep
    "loading",
    "running",
    "paused",
    "stopped",  # it can be resumed
    "diverged",
    "finished",
    "failed",
    "refused",  # its settings or its folder will not do
    "dropped",  # by a sweep that needs it no more
    "lost",  # the process that trained it is gone
    "damaged",  # its files cannot be read
]


def is_fallen(solved_at: int | None, accuracy: float | None) -> bool:
    """Whether a run that had solved its task gives wrong answers by that accuracy: then it counts as unsolved."""
    return solved_at is not None and accuracy is not None and accuracy < LOST


@dataclass(frozen=True)
class RunStatus:
    """The last figures of a run. Losses are nats, accuracies shares; `None` is not known (yet).

    `loss` and `accuracy` are means over the last steps, in the list of runs those of the last logged step. `best_loss`
    is held-out for text, else smoothed, as `best_accuracy` is.
    """

    name: str
    state: RunState
    step: int = 0
    steps: int = 0
    loss: float | None = None
    accuracy: float | None = None
    steps_per_second: float | None = None
    held_out_loss: float | None = None
    best_loss: float | None = None
    best_accuracy: float | None = None
    solved_at: int | None = None
    best_step: int | None = None  # of the best checkpoint
    early_ending: str = ""  # why it is over before its last step, of text
    averaged_loss: float | None = None  # held-out, of the averaged weights
    seconds: float | None = None  # of training, over its whole life

    @property
    def is_fallen(self) -> bool:
        """Whether it had solved its task and has lost it again."""
        return is_fallen(self.solved_at, self.accuracy)

    @property
    def is_solved(self) -> bool:
        """Whether it has learned its task, and still has it."""
        return self.solved_at is not None and not self.is_fallen

    @property
    def seconds_left(self) -> float:
        """Seconds to the last step at this speed; NaN while the speed is not known."""
        return (self.steps - self.step) / self.steps_per_second if self.steps_per_second else math.nan
