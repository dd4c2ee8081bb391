"""What is told for a few seconds: how much at once, and over what it stands."""

import pytest
import screen_text
from textual.notifications import Notification
from textual.pilot import Pilot
from textual.widgets._toast import Toast
from tiny import wait_for_screen

from rnntui.gate import Gate
from rnntui.gate.stretch import Stretch
from rnntui.tui.base import notes
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.gate.screen import GateScreen


def app() -> ViewerApp:
    return ViewerApp(GateScreen(Gate(5, 1, 0.5), Stretch(0, 20)))


async def told(pilot: Pilot[int], *words: str, severity: str = "information") -> list[str]:
    """What is shown once all this was told."""
    for sentence in words:
        pilot.app.notify(sentence, severity=severity)  # type: ignore[arg-type]
    await wait_for_screen(pilot, lambda: words[-1] in screen_text.notices(pilot.app))
    await pilot.pause(0.1)
    return screen_text.notices(pilot.app)


async def test_of_one_kind_the_newest_note_alone_is_shown() -> None:
    async with app().run_test(notifications=True) as pilot:
        assert await told(pilot, "saved step 10", "saved step 1,200", "saved step 30") == ["saved step 30"]
        assert len(pilot.app.screen.query(Toast)) == 1


async def test_no_more_than_a_few_notes_are_shown_and_the_oldest_goes() -> None:
    async with app().run_test(notifications=True) as pilot:
        assert await told(pilot, "saved", "copied", "drawn", "resumed") == ["drawn", "resumed"]
        assert len(pilot.app.screen.query(Toast)) == notes.MOST


async def test_what_went_wrong_outlasts_what_was_done_and_no_failure_is_taken_for_another() -> None:
    async with app().run_test(notifications=True) as pilot:
        assert await told(pilot, "run-1 is gone", "run-2 is gone", severity="error") == [
            "run-1 is gone",
            "run-2 is gone",
        ]
        assert await told(pilot, "saved") == ["run-2 is gone", "saved"]
        assert await told(pilot, "copied") == ["run-2 is gone", "copied"]


def test_a_note_gives_way_to_its_own_kind_before_any_other_does() -> None:
    old, other, new = Notification("step 1"), Notification("another"), Notification("step 2")
    assert notes.giving_way([old, other], new) == [old]


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 60)])
async def test_notes_stand_over_the_heading_and_cover_neither_footer_nor_what_is_typed(size: tuple[int, int]) -> None:
    async with app().run_test(size=size, notifications=True) as pilot:
        await told(pilot, "saved: text-1.txt", "copied: 1,200 characters")
        assert [toast.region.y for toast in pilot.app.screen.query(Toast)] == [0, 1]
        assert all(toast.region.right <= size[0] for toast in pilot.app.screen.query(Toast))
