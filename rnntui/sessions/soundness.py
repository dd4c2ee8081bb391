"""Whether a loss is far above that of guessing: then the network knows nothing, and what it was is to be gone back to.

Losses are in the task's unit.
"""

from rnntui.config import FAR_ABOVE, WINDOW
from rnntui.sessions.contract import Session


def recent_loss(session: Session) -> float | None:
    """The mean over the last batches; `None` while they are few."""
    run = session.status.run
    is_known = run.loss is not None and (run.step >= WINDOW or run.state == "finished")
    return session.spec.unit.of(run.loss) if is_known and run.loss is not None else None


def guess_far_below(session: Session, loss: float | None) -> float | None:
    """The loss of uniform guessing, the worst of the guessers, where this one is far above it."""
    guess = max((guess for guess, _ in session.baselines.values()), default=None)
    return guess if loss is not None and guess is not None and not loss <= FAR_ABOVE * guess else None


def is_lost(session: Session) -> bool:
    """Whether the training diverged or has come far above guessing."""
    return session.status.run.state == "diverged" or guess_far_below(session, recent_loss(session)) is not None
