"""Whether a loss is far above that of guessing: then the network knows nothing, and what it was is to be gone back to.

Losses are in the task's unit.
"""

from rnntui.runs.status import is_far_above, worst_guess
from rnntui.sessions.contract import Session


def recent_loss(session: Session) -> float | None:
    """The mean over the last batches; `None` while they are few."""
    recent = session.status.run.recent_loss
    return None if recent is None else session.spec.unit.of(recent)


def guess_far_below(session: Session, loss: float | None) -> float | None:
    """The loss of uniform guessing, the worst of the guessers, where this one is far above it."""
    guess = worst_guess(session.baselines)
    return guess if is_far_above(loss, guess) else None


def is_lost(session: Session) -> bool:
    """Whether the training diverged or has come far above guessing."""
    return session.status.run.state == "diverged" or guess_far_below(session, recent_loss(session)) is not None
