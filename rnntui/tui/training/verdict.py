"""How a run stands in one line: the figure one came for, what it is better than, the best so far, and what is wrong.

The parts come in the order of their worth; those for which there is no room are left out. A loss above `FAR_ABOVE`
times that of uniform guessing is wrong, as it is for the trainer: the mean of the last `WINDOW` batches once there are
so many, and the held-out one. The batches come first: a network can be lost long before it is scored again. The figures
of a training that goes on are those at the ends of the lines that are drawn of it. Of one that is over they are the
means over the last `WINDOW` steps, as every list of runs has them, in a window of any size.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rnntui.config import WINDOW
from rnntui.runs.status import is_fallen
from rnntui.sessions.contract import OVER, Session
from rnntui.sessions.soundness import guess_far_below, recent_loss
from rnntui.text import format
from rnntui.tui.base.labels import Words, styled

GAP = " · "
OVERFIT = 0.01  # share of the best held-out loss by which later ones are worse where a network overfits
WARNS = ("warning", "wrong")
STYLES = {"": "", "first": "bold", "reached": "bold $success", "warning": "bold $warning", "wrong": "bold $error"}
ENDED_BADLY = {"diverged": "diverged", "failed": "failed", "refused": "refused", "lost": "lost its process"}


class VerdictPart(NamedTuple):
    """Words and what they mean: `first` is the figure, `reached`, `warning` and `wrong` have a colour and a sign."""

    words: str
    meaning: str = ""
    short: str = ""  # the same in fewer words, where a warning has no room else


class LineEnds(NamedTuple):
    """What stands at the ends of the lines of the training, as drawn; `None` where there is no line."""

    loss: float | None = None  # in the task's unit
    accuracy: float | None = None


NOT_DRAWN = LineEnds()


class RunVerdict(Words):
    """The line on top of a pane."""

    def __init__(self) -> None:
        super().__init__(classes="verdict")
        self._said: tuple[list[VerdictPart], int] | None = None

    def say(self, session: Session, drawn: LineEnds) -> None:
        """Say how the run stands now, as far as there is room."""
        said = verdict(session, drawn), self.size.width
        if said != self._said:
            self._said = said
            pieces: list[tuple[str, str]] = []
            for part in fitting(*said):
                pieces += [(GAP, "$text-muted")] if pieces else []
                pieces.append((part.words, STYLES[part.meaning]))
            self.update(styled(pieces), layout=False)


def fitting(parts: list[VerdictPart], width: int) -> list[VerdictPart]:
    """The first part and what warns, in fewer words where they have no room, and of the others those that still fit."""
    said, needed = list(parts), [k for k, part in enumerate(parts) if k == 0 or part.meaning in WARNS]
    for k in reversed(needed):  # the figure last
        if _length(said, needed) > width:
            said[k] = _shorter(said[k])
    kept: list[int] = []
    for k in (*needed, *(k for k in range(len(parts)) if k not in needed)):
        if not kept or _length(said, [*kept, k]) <= width:
            kept.append(k)
    return [said[k] for k in sorted(kept)]


def _shorter(part: VerdictPart) -> VerdictPart:
    return part._replace(words=part.short) if part.short else part


def _length(parts: list[VerdictPart], which: Iterable[int]) -> int:
    return sum(len(parts[k].words) + len(GAP) for k in which) - len(GAP)


def verdict(session: Session, drawn: LineEnds = NOT_DRAWN) -> list[VerdictPart]:
    """How a run stands, the most important part first; empty before its first step."""
    run = session.status.run
    if run.state in OVER:
        drawn = NOT_DRAWN
    parts = (
        [VerdictPart(f"✗ {ENDED_BADLY[run.state]} after step {run.step:,}", "wrong")]
        if run.state in ENDED_BADLY
        else []
    )
    if session.curves.loss.last is None:
        return parts
    spec = session.spec
    ways = _of_held_out if spec.holds_out else _of_accuracy if spec.has_accuracy else _of_regression
    return [*parts, *ways(session, drawn)]


def _of_held_out(session: Session, drawn: LineEnds) -> Iterator[VerdictPart]:
    """What is held out decides while the training is sound; before its first evaluation there is the training alone."""
    run, unit = session.status.run, session.spec.unit
    known = [loss for loss in (run.held_out_loss, run.averaged_loss) if loss is not None]
    guess = guess_far_below(session, recent_loss(session))
    if guess is not None or not known:
        loss = _training_loss(session, drawn, guess)
        yield VerdictPart(f"{format.decimals(loss, 2)} {unit.short} in training", "first" if guess is None else "wrong")
    if guess is not None:
        yield _worse(guess)
    if not known:
        every = session.settings.validate_every
        if run.step < every:
            yield VerdictPart(f"held out first at step {every:,}")
        return
    loss, of = unit.of(min(known)), "" if min(known) == run.held_out_loss else ", averaged"
    if guess is not None:
        yield VerdictPart(f"held out {format.decimals(loss, 2)}{_when_scored(session)}{of}")
        return
    guess = guess_far_below(session, loss)
    said, in_short = f"{format.decimals(loss, 2)} {unit.short} held out{of}", f"{format.decimals(loss, 2)} held out"
    if guess is not None:
        yield from (VerdictPart(said, "wrong", in_short), _worse(guess))
        return
    yield VerdictPart(said, "first", in_short)
    if run.best_loss is not None and run.best_step is not None:
        best = unit.of(run.best_loss)
        if _overfits(session, best):
            yield VerdictPart(
                f"▲ overfits: {loss - best:+.2f} since its best", "warning", f"▲ overfits {loss - best:+.2f}"
            )
        elif loss <= best:
            yield VerdictPart("✓ its best", "reached")
        if loss > best:
            yield VerdictPart(f"best {format.decimals(best, 2)} at {run.best_step:,}")
    yield from _than_baselines(session, loss)


def _when_scored(session: Session) -> str:
    """The step of the newest evaluation, where the curves have it."""
    bins = session.curves.held_out_loss.bins
    return f" at step {bins.step[bins.length - 1]:,.0f}" if bins.length else ""


def _overfits(session: Session, best: float) -> bool:
    """Whether the last two evaluations at least were worse than the best by more than chance."""
    column = session.curves.held_out_loss
    if session.status.run.averaged_loss is not None:
        column = session.curves.averaged_loss
    bins, at = column.bins, session.status.run.best_step or 0
    later = [bins.mean[k] for k in range(max(0, bins.length - 2), bins.length) if bins.step[k] > at]
    return len(later) == 2 and min(later) > best * (1 + OVERFIT)


def _of_accuracy(session: Session, drawn: LineEnds) -> Iterator[VerdictPart]:
    """A task that can be solved: whether it was, and whether it still is."""
    run = session.status.run
    accuracy = session.curves.accuracy.last if run.accuracy is None else run.accuracy
    guess = guess_far_below(session, recent_loss(session))
    if guess is not None:
        loss = _training_loss(session, drawn, guess)
        yield from (VerdictPart(f"loss {format.figure(loss)} {session.spec.unit.short}", "wrong"), _worse(guess))
    seen = accuracy if drawn.accuracy is None else drawn.accuracy
    yield VerdictPart(f"accuracy {format.share(seen)}", "first" if guess is None else "")
    if is_fallen(run.solved_at, accuracy):
        yield VerdictPart(f"▲ fell back: solved at {run.solved_at:,}", "warning", "▲ fell back")
    elif run.solved_at is not None:
        yield VerdictPart(f"✓ solved at {run.solved_at:,}", "reached")
    else:
        yield VerdictPart("not solved yet" if session.is_going else "not solved")
        if run.best_accuracy is not None and seen is not None and run.best_accuracy > seen:
            yield VerdictPart(f"best {format.share(run.best_accuracy)}")
    yield from (VerdictPart(f"{name} {format.figure(share)}") for name, (_, share) in session.baselines.items())
    if run.state in OVER and run.accuracy is not None and run.step >= WINDOW:
        yield VerdictPart(f"means of {WINDOW} steps")


def _of_regression(session: Session, drawn: LineEnds) -> Iterator[VerdictPart]:
    run, unit = session.status.run, session.spec.unit
    guess = guess_far_below(session, recent_loss(session))
    loss = _training_loss(session, drawn, guess)
    if guess is not None:
        yield from (VerdictPart(f"{unit.name} {format.figure(loss)}", "wrong"), _worse(guess))
        return
    yield VerdictPart(f"{unit.name} {format.figure(loss)}", "first")
    if run.best_loss is not None and unit.of(run.best_loss) < loss:
        yield VerdictPart(f"best {format.figure(unit.of(run.best_loss))}")
    yield from _than_baselines(session, loss)


def _training_loss(session: Session, drawn: LineEnds, guess: float | None) -> float:
    """The loss at the end of the line; far above a guess the mean over the last batches, where the line is not."""
    loss, mean = drawn.loss, session.status.run.loss
    if loss is not None and (guess is None or guess_far_below(session, loss) is not None):
        return loss
    last = session.curves.loss.last if mean is None else session.spec.unit.of(mean)
    assert last is not None
    return last


def _worse(guess: float) -> VerdictPart:
    return VerdictPart(f"✗ worse than guessing, {format.figure(guess)}", "wrong", "✗ worse than guessing")


def _than_baselines(session: Session, loss: float) -> Iterator[VerdictPart]:
    """The best of the simple guessers that it beats, and the next one that it does not."""
    guessers = sorted((guess, name) for name, (guess, _) in session.baselines.items())
    beaten = [f"{name} {format.figure(guess)}" for guess, name in guessers if loss < guess]
    if beaten:
        yield VerdictPart(f"✓ beats {beaten[0]}", "reached")
    if len(beaten) < len(guessers):
        guess, name = guessers[len(guessers) - len(beaten) - 1]
        yield VerdictPart(
            f"not yet {name} {format.figure(guess)}" if session.is_going else f"not {name} {format.figure(guess)}"
        )
