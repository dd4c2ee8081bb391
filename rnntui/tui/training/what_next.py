"""What can be done with a run that goes no further: the card of a finished one, and the keys that help another."""

from collections.abc import Iterator

from rich.cells import cell_len

from rnntui.config import Settings, spec
from rnntui.runs import next_commands
from rnntui.runs.status import RunStatus
from rnntui.sessions.contract import Session, SessionStatus
from rnntui.sessions.soundness import guess_far_below, is_lost
from rnntui.specs.tasks import USUAL_STEPS
from rnntui.text import format
from rnntui.text.ellipsis import elided
from rnntui.tui.base import own_keys
from rnntui.tui.training.verdict import verdict

LONGEST_PLACE = 36  # cells of a folder, or that a name is shortened to
MOST_ROWS = 3  # of a card
GAP = " · "
IN_A_SHELL = "in a shell: "
QUIET = "$text-muted"

Pieces = list[tuple[str, str]]  # text and its style


def card(session: Session, width: int, rows: int) -> Pieces:
    """What is to be told of a finished run, where it is kept and what to press, in so many rows; what it came to, as
    far as it leaves room for that; then commands, as many as fit whole.
    """
    rows = max(1, min(rows, MOST_ROWS))
    remarks, outcome, told = (list(parts(session)) for parts in (_remarks, _outcome, _parts))
    tries = [_wrapped([*remarks, *outcome[:count], *told], GAP, width) for count in range(len(outcome), -1, -1)]
    lines = next((lines for lines in tries if len(lines) <= rows), tries[-1][:rows])
    commands = next_commands.next_of_finished(session.run).split("; ")
    parts = [[(f"{'' if k else IN_A_SHELL}{command}", QUIET)] for k, command in enumerate(commands)]
    if all(_cells(part) <= width for part in parts):
        lines += _wrapped(parts, "; ", width)[: rows - len(lines)]
    return [piece for line in lines for piece in (*line, ("\n", ""))][:-1]


def _wrapped(parts: list[Pieces], between: str, width: int) -> list[Pieces]:
    """Parts behind one another, in rows; none is divided."""
    rows = format.in_rows(parts, width, len(between), _cells)
    return [[piece for k, part in enumerate(row) for piece in ([(between, QUIET)] * bool(k) + part)] for row in rows]


def _cells(pieces: Pieces) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _remarks(session: Session) -> Iterator[Pieces]:
    """What is told before all else."""
    run, remark = session.status.run, session.status.remark
    if remark and all(part.meaning != "wrong" for part in verdict(session)):  # else that says it
        yield [(remark, "bold $error")]
    if run.early_ending:
        yield [(run.early_ending, "")]


def _outcome(session: Session) -> Iterator[Pieces]:
    """When it solved its task, and its best loss, which is that of a checkpoint where nothing is held out; not one that
    is worse than guessing. How long it took stands in the border below."""
    run, unit = session.status.run, session.spec.unit
    if run.is_solved:
        yield [(f"✓ solved at {run.solved_at:,}", "bold $success")]
    best = None if run.best_loss is None or run.best_step is None else unit.of(run.best_loss)
    if best is not None and guess_far_below(session, best) is None:
        loss = f"{format.figure(best)} {unit.short}".rstrip()
        yield [(f"best loss {loss} held out" if session.spec.holds_out else f"best checkpoint {loss}", "")]


def _parts(session: Session) -> Iterator[Pieces]:
    run = session.status.run
    if session.spec.holds_out and run.best_step not in (None, run.step):
        yield [(f"best at step {run.best_step:,}", "")]
    place = str(session.run.path)
    kept = f"kept in {place}" if len(place) <= LONGEST_PLACE else f"kept as {elided(session.run.name, LONGEST_PLACE)}"
    yield [(kept, "")]
    yield _key("new-run", "twice as long?" if harder(session) is not None else "another run")
    if session.views:
        yield _key("views", "views")
    if session.spec.generates:
        yield _key("prompt", "prompt")
    yield _key("compare", "compare")
    yield _key("quit", "quit")


def _key(action: str, words: str) -> Pieces:
    return [(own_keys.key(f"laboratory.{action}"), "bold $accent"), (f" {words}", "")]


def harder(session: Session) -> Settings | None:
    """The settings of a task twice as long, where this run has solved it and still has it, with the steps that it may
    take; `None` elsewhere.
    """
    return None if is_lost(session) else harder_than(session.settings, session.status.run)


def harder_than(settings: Settings, reached: RunStatus) -> Settings | None:
    """The same of a run that is not open."""
    if not spec(settings).can_be_solved or not reached.is_solved or reached.is_worse_than_guessing:
        return None
    steps = max(settings.steps, min(4 * settings.steps, USUAL_STEPS))
    return Settings(**{**vars(settings), "length": 2 * settings.length, "steps": steps})


def keys_that_help(status: SessionStatus, *, looks_only: bool = False) -> str:
    """What can be pressed where a run cannot go on, to stand behind the sentence that says so; empty elsewhere."""
    if status.run.state == "diverged" and status.saved_step is not None:
        goes_back = "; {laboratory.go-back} goes back to a checkpoint, then {laboratory.rate} or {laboratory.clip}"
        return own_keys.said(f"{goes_back}, then {{laboratory.pause}}")
    if status.run.state == "paused" and status.sentence != "paused":  # it went back
        return own_keys.said("; {laboratory.rate} sets the learning rate, {laboratory.pause} resumes")
    can_resume = status.run.state == "lost" and not looks_only
    return own_keys.said("; {laboratory.resume} resumes it") if can_resume else ""
