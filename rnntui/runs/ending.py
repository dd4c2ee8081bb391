"""Whether a run is over by its newest checkpoint, and why: the same for every command and screen."""

from rnntui.config import Settings
from rnntui.schemas import CheckpointState
from rnntui.text.format import counted


def is_over(saved: CheckpointState, settings: Settings) -> bool:
    """Whether the last step is done, the task is solved, or nothing was gained for too long."""
    is_solved = 0 < settings.stop_at <= float(saved.over)
    return saved.step >= settings.steps or is_solved or has_lost_patience(saved.figures.without_gain, settings)


def has_lost_patience(without_gain: int, settings: Settings) -> bool:
    """Whether so many evaluations in a row without a gain end the run."""
    return 0 < settings.patience <= without_gain


def why_early(step: int, without_gain: int, settings: Settings) -> str:
    """`stopped early: no gain in 3 evaluations`; empty where it is not over, or for another reason."""
    if step >= settings.steps or not has_lost_patience(without_gain, settings):
        return ""
    return f"stopped early: no gain in {counted(without_gain, 'evaluation')}"


def early_ending(saved: CheckpointState | None, settings: Settings) -> str:
    """The same of a checkpoint."""
    return "" if saved is None else why_early(saved.step, saved.figures.without_gain, settings)
