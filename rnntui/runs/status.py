"""Where a run stands: one type for the list of runs, the comparison, a sweep, a headless run and the screen.

Whoever knows more about a run has a `RunStatus` and adds to it. Standard library only: the first frame needs it.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rnntui.runs.record import Record
    from rnntui.schemas import CheckpointState

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
    "damaged",  # its files cannot be read
]


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

    @property
    def seconds_left(self) -> float:
        """Seconds to the last step at this speed; NaN while the speed is not known."""
        return (self.steps - self.step) / self.steps_per_second if self.steps_per_second else math.nan


def state_of(run: "Record", saved: "CheckpointState | None", steps: int, stop_at: float) -> RunState:
    """The state that a run's folder is in: running, finished, stopped or diverged.

    `saved` is the newest checkpoint's state, `steps` the total, `stop_at` the accuracy at which it ends (0 is none). A
    run that has reached its end is finished, though the screen that trained it may still be open.
    """
    if saved is not None and (saved.step >= steps or 0 < stop_at <= float(saved.over)):
        return "finished"
    if run.is_held():
        return "running"
    newest = run.newest_event()
    return "diverged" if newest is not None and newest.event == "diverged" else "stopped"
