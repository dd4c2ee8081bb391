"""Which checkpoint `--at STEP|best|newest` means, and what is deleted where training resumes from an earlier one."""

from dataclasses import dataclass

from rnntui.runs.record import Record

BEST, NEWEST = "best", "newest"
NAMED = (BEST, NEWEST)
OPTION = "--at"

At = int | str | None  # a step, `best`, `newest`, or none named


def read_at(text: str | None, option: str = OPTION) -> At:
    """The step that was typed, `best` or `newest`. Raises `ValueError` for what is none of them."""
    if text is None or text in NAMED:
        return text
    try:
        step = int(text)
    except ValueError:
        raise ValueError(f"{option} must be a step, {BEST} or {NEWEST}, not {text!r}") from None
    if step < 0:
        raise ValueError(f"{option} {text}: a step is at least 0")
    return step


def step_at(run: Record, at: At, option: str = OPTION) -> int | None:
    """The step of a kept checkpoint, the weights alone being enough; `None` is the newest.

    Raises `ValueError`, naming those there are, where it is not kept.
    """
    return _step_at(run, at, option, whole=False)


def whole_step_at(run: Record, at: At, option: str = OPTION) -> int | None:
    """The step of a full checkpoint, which training can resume from; else as `step_at`."""
    return _step_at(run, None if at == NEWEST else at, option, whole=True)


def none_kept(run: Record) -> str:
    """Why a run has no checkpoint, a sentence: its folder may have been removed under a screen."""
    return f"run {run.name!r} has no checkpoint yet" if run.path.is_dir() else f"the folder of run {run.name!r} is gone"


def _step_at(run: Record, at: At, option: str, *, whole: bool) -> int | None:
    if at is None:
        return None
    saved = run.steps_saved(whole=whole)
    if not saved:
        raise ValueError(none_kept(run))
    if at == NEWEST:
        return saved[-1]
    best = run.best_step()
    if at == BEST and not option.endswith(f"@{BEST}"):
        option = f"{option} {BEST}".strip()
    where = f"{option}: " if option else ""
    if at == BEST and best is None:
        raise ValueError(f"{where}no checkpoint of run {run.name!r} is marked as its best yet: take {NEWEST} or a step")
    step = best if at == BEST else at
    if step not in saved:
        kept = ", ".join(f"{kept_step:,}{f' ({BEST})' if kept_step == best else ''}" for kept_step in saved)
        kind = "full checkpoint" if whole else "checkpoint"
        raise ValueError(f"{where}run {run.name!r} has no {kind} of step {step:,}; it has {kept}")
    return int(step)


@dataclass(frozen=True)
class Behind:
    """What a run's folder holds after a step, which is deleted if training resumes from there."""

    run: str
    step: int
    newest: int  # the step of the newest full checkpoint
    checkpoints: tuple[int, ...]
    rows: int  # of metrics and samples

    def __str__(self) -> str:
        steps = ", ".join(f"{step:,}" for step in self.checkpoints)
        of = "the checkpoint of step" if len(self.checkpoints) == 1 else "the checkpoints of steps"
        rows = f" and {self.rows:,} later rows of metrics and samples" if self.rows else ""
        return f"run {self.run!r} from step {self.newest:,} back to step {self.step:,}: {of} {steps}{rows} are deleted"


def behind(run: Record, step: int) -> Behind | None:
    """What is stored after a full checkpoint; `None` if it is the newest."""
    newest = max(run.steps_saved(whole=True), default=step)
    if step >= newest:
        return None
    later = tuple(saved for saved in run.steps_saved(whole=False) if saved > step)
    rows = sum(row.step > step for row in run.metrics()) + sum(row.step > step for row in run.samples())
    return Behind(run.name, step, newest, later, rows)
