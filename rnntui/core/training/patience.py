"""Early stopping (`docs/spec.md` 3): how many evaluations on the held-out text in a row brought no gain."""

import math


class Patience:
    """Follows the held-out losses of a run, from the first on.

    It is apart from the best checkpoint, which another takes the place of where its files are gone.
    """

    def __init__(self) -> None:
        self.lowest = math.inf  # nats
        self.without_gain = 0  # evaluations since the lowest loss

    def follow(self, loss: float) -> None:
        """Take in the loss of an evaluation, nats; one that is no number is no gain."""
        if loss < self.lowest:
            self.lowest, self.without_gain = loss, 0
        else:
            self.without_gain += 1

    def restore(self, lowest: float | None, without_gain: int) -> None:
        """Restore what was kept; `None`: there was no evaluation yet."""
        self.lowest, self.without_gain = math.inf if lowest is None else lowest, without_gain
