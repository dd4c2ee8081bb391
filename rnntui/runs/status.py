"""The status of a run: one type for the list of runs, the comparison, a sweep, a headless run and the screen.

Whatever knows more about a run adds to its `RunStatus`. Standard library only: the first frame needs it.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from rnntui.config import FAR_ABOVE, LOST, WINDOW
from rnntui.specs import TaskSpec

RunState = Literal[
    "waiting",  # for its turn in a sweep
    "loading",
    "running",
    "paused",
    "stopped",  # what trained it has saved it and let go: it can be resumed
    "diverged",
    "finished",
    "failed",  # as what trains it, and is still there, says
    "refused",  # its settings or its folder will not do
    "dropped",  # by a sweep that needs it no more
    "lost",  # what trained it is gone, and has not let go: it was killed, or its folder was moved
    "damaged",  # its files cannot be read
]


RESUMABLE = ("stopped", "diverged", "lost")  # states of runs that nobody trains and that can be trained on
WORSE = "worse"  # how a finished run stands that is `WORSE_IN_WORDS`
WORSE_IN_WORDS = "worse than guessing"


def in_full(stands: str) -> str:
    """How a run stands, in words that need no explanation."""
    return WORSE_IN_WORDS if stands == WORSE else stands


def worst_guess(baselines: Mapping[str, tuple[float, float | None]]) -> float | None:
    """The loss of the worst of simple guessers, given loss and accuracy of each; `None` where there are none."""
    return max((loss for loss, _ in baselines.values()), default=None)


def is_far_above(loss: float | None, guess: float | None) -> bool:
    """Whether a loss is far above that of guessing, or no number at all; both in the same unit."""
    return loss is not None and guess is not None and not loss <= FAR_ABOVE * guess


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of those that are finite; `None` where none is."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return sum(finite) / len(finite) if finite else None


def is_fallen(solved_at: int | None, accuracy: float | None) -> bool:
    """Whether a run that had solved its task gives wrong answers by that accuracy: then it counts as unsolved."""
    return solved_at is not None and accuracy is not None and accuracy < LOST


@dataclass(frozen=True)
class RunStatus:
    """The last figures of a run. Losses are nats, accuracies shares; `None` is not known (yet).

    `loss` and `accuracy` are means over the last steps. `best_loss` is held-out for text, else smoothed, as
    `best_accuracy` is.
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
    guess: float | None = None  # loss of uniform guessing, the worst of the guessers, where it was read
    is_left_diverged: bool = False  # of a running one: it diverged, and what trained it waits for what to do

    @property
    def is_fallen(self) -> bool:
        """Whether it had solved its task and has lost it again."""
        return is_fallen(self.solved_at, self.accuracy)

    @property
    def is_solved(self) -> bool:
        """Whether it has learned its task, and still has it."""
        return self.solved_at is not None and not self.is_fallen

    @property
    def recent_loss(self) -> float | None:
        """The mean over the last batches; `None` while they are few."""
        return self.loss if self.step >= WINDOW or self.state == "finished" else None

    @property
    def is_worse_than_guessing(self) -> bool:
        """Whether its last batches, or what is held out, have a loss far above that of guessing."""
        held_out = [loss for loss in (self.held_out_loss, self.averaged_loss) if loss is not None]
        return any(is_far_above(loss, self.guess) for loss in (self.recent_loss, min(held_out, default=None)))

    def stands(self, about: TaskSpec) -> str:
        """Its state; of a finished run what it came to: worse than guessing, solved, fallen back, or just finished."""
        if self.state != "finished":
            return "diverged" if self.is_left_diverged else self.state
        if self.is_worse_than_guessing:
            return WORSE
        if about.can_be_solved and self.solved_at is not None:
            return "fallen" if self.is_fallen else "solved"
        return self.state

    @property
    def seconds_left(self) -> float:
        """Seconds to the last step at this speed; NaN while the speed is not known."""
        return (self.steps - self.step) / self.steps_per_second if self.steps_per_second else math.nan
