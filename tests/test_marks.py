"""What the curves mark of a journal: which events, and the values before and after each."""

from rnntui.config import make_settings
from rnntui.runs.history import CurveMark
from rnntui.schemas import JournalRow
from rnntui.sessions.marks import marks_of


def row(step: int, event: str, **more: float) -> JournalRow:
    return JournalRow(step=step, event=event, **more)


def test_a_change_is_marked_with_the_values_before_and_after() -> None:
    settings = make_settings("palindrome", {"lr": 0.001, "clip": 5.0})
    rows = [
        row(100, "learning_rate", value=0.0002),
        row(200, "clip", value=1.0),
        row(300, "learning_rate", value=0.5),
        row(300, "steps", value=9_000.0, before=5_000),
        row(400, "go_back", left=1_234),
        row(500, "diverged"),
    ]
    assert marks_of(rows, settings) == [
        CurveMark(100, "lr 0.001 → 0.0002"),
        CurveMark(200, "clip 5 → 1"),
        CurveMark(300, "lr 0.0002 → 0.5"),
        CurveMark(300, "steps 5,000 → 9,000"),
        CurveMark(400, "back from 1,234"),
        CurveMark(500, "diverged"),
    ]


def test_a_rate_that_has_fallen_meanwhile_is_that_of_its_step() -> None:
    settings = make_settings("palindrome", {"lr": 0.001, "schedule": "step", "lr_decay": 0.5, "lr_decay_every": 100})
    rows = [row(250, "learning_rate", value=0.1), row(450, "learning_rate", value=1.0)]
    assert [mark.label for mark in marks_of(rows, settings)] == ["lr 0.00025 → 0.1", "lr 0.025 → 1"]


def test_what_does_not_change_the_training_is_not_marked() -> None:
    rows = [row(10, "pause"), row(10, "go_on"), row(20, "save"), row(30, "temperature", value=1.0)]
    assert marks_of(rows, make_settings("palindrome", {})) == []
