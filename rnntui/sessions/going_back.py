"""The checkpoints that a run can go back to, the sensible one first, and what that costs.

The newest one may hold the weights that are to be undone: it was saved after the rate was changed, say.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from rnntui.sessions.contract import GONE, OVER, Session
from rnntui.sessions.marks import MARKED
from rnntui.sessions.soundness import guess_far_below, is_lost
from rnntui.text import format

UNDONE = tuple(f"{MARKED[event]} " for event in ("learning_rate", "clip"))  # how the marks of changes begin


@dataclass(frozen=True)
class WayBack:
    """A full checkpoint, and what it is: `newest`, `best`, or `before lr 0.002 → 1e+06`."""

    step: int
    what: str

    def __str__(self) -> str:
        return f"step {self.step:,}, {self.what}"


def ways_back(session: Session) -> list[WayBack]:
    """The newest checkpoint, the newest before the last change of rate or clip, and the best, of those that are behind
    where the run stands. Where it is lost the newest comes last; what was saved then is not taken for one from before.
    """
    now = session.status.run
    behind = now.step + 1 if now.state == "diverged" else now.step
    saved = session.run.steps_saved(whole=True)
    kept = [step for step in saved if step < behind]
    newest = [WayBack(step, "newest") for step in saved[-1:] if step in kept]
    before, best = list(_before_a_change(session, kept))[:1], list(_best(session, kept))
    known: dict[int, list[str]] = {}
    for way in (*before, *best, *newest) if is_lost(session) else (*newest, *before, *best):
        known.setdefault(way.step, []).append(way.what)
    return [WayBack(step, " and ".join(what)) for step, what in known.items()]


def _before_a_change(session: Session, kept: list[int]) -> Iterator[WayBack]:
    """For each change, the newest one first, the newest checkpoint before it, if that is sound."""
    for mark in reversed(session.marks):
        if mark.label.startswith(UNDONE):
            step = max((step for step in kept if step <= mark.step), default=None)
            if step is not None and _is_sound(session, step):
                yield WayBack(step, f"before {mark.label}")


def _best(session: Session, kept: list[int]) -> Iterator[WayBack]:
    with suppress(ValueError):  # a damaged state names none
        if (step := session.run.best_step()) in kept and step is not None:
            yield WayBack(step, "best")


def _is_sound(session: Session, step: int) -> bool:
    """Whether the batches before a checkpoint were not far above guessing."""
    try:
        losses = session.run.state(step).figures.recent_loss
    except ValueError:
        return False
    known = [session.spec.unit.of(loss) for loss in losses if loss is not None]
    return len(known) == len(losses) and (not known or guess_far_below(session, sum(known) / len(known)) is None)


def why_not_back(session: Session) -> str:
    """A sentence that says why going back is not possible; empty if it is."""
    name, now = session.run.name, session.status
    if now.run.state == "finished":
        return f"run {name} is finished: there is nothing to continue"
    if now.run.state in GONE:
        return f"run {name} {GONE[now.run.state]}: there is nothing to continue"
    if now.saved_step is None:
        return f"run {name} has no checkpoint to go back to yet"
    if not ways_back(session):
        return f"step {now.run.step:,} of run {name} is saved: there are no later steps to undo"
    return ""


def what_it_costs(session: Session, ways: list[WayBack]) -> str:
    """A question that says what going back discards: how many steps, where there is one checkpoint to go back to."""
    name, now = session.run.name, session.status.run
    is_idle = now.state in ("paused", "diverged", *OVER)
    more = "" if is_idle else ", and any steps it takes until you answer"
    if len(ways) == 1:
        lost = format.counted(now.step - ways[0].step, "step")
        return f"Go back to step {ways[0].step:,} of run {name}? Its last {lost} will be lost{more}."
    return f"Go back with run {name}? It is at step {now.step:,}; all steps after the checkpoint will be lost{more}."
