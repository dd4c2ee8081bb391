"""What the curves mark: the events of a run's journal that change its training, with the values before and after."""

from collections.abc import Iterable

from msgspec import UNSET

from rnntui.config import Settings
from rnntui.runs.history import CurveMark
from rnntui.schemas import JournalRow

MARKED = {
    "learning_rate": "lr",
    "clip": "clip",
    "steps": "steps",
    "go_back": "back",
    "diverged": "diverged",
}  # events of the journal that change what a curve does next, and the first word of each mark


def marks_of(rows: Iterable[JournalRow], settings: Settings) -> list[CurveMark]:
    """The marks of a journal's rows, of which those that count no more were left out."""
    marked = [row for row in rows if row.event in MARKED]
    return [_mark(row, marked[:k], settings) for k, row in enumerate(marked)]


def changed(event: str, before: float | None, value: float) -> str:
    """What is said of a change: `lr 0.001 → 0.0002`."""
    style = ",.0f" if event == "steps" else ".3g"
    return f"{MARKED[event]} {'' if before is None else f'{before:{style}} → '}{value:{style}}"


def _mark(row: JournalRow, earlier: list[JournalRow], settings: Settings) -> CurveMark:
    if isinstance(row.value, float):
        return CurveMark(row.step, changed(row.event, _before(row, earlier, settings), row.value))
    left = f" from {row.left:,}" if row.left is not UNSET else ""
    return CurveMark(row.step, MARKED[row.event] + left)


def _before(row: JournalRow, earlier: list[JournalRow], settings: Settings) -> float | None:
    """What the value was until then, as the trainer works it out."""
    from rnntui.core.training.schedules import Dials

    if row.event == "steps":
        return None if row.before is UNSET else row.before
    dials = Dials(settings)
    dials.replay(earlier)
    return dials.learning_rate(row.step) if row.event == "learning_rate" else dials.clip(row.step)
