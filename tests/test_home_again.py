"""A run twice as long, offered in the list of runs and in a run that was opened there, as on the training screen."""

import pytest
from test_home import home, of_several_tasks
from textual.widgets import Input

from rnntui.runs import folder, overview
from rnntui.tui.home import opening
from rnntui.tui.home.laboratory import OpenedRuns
from rnntui.tui.training.form import NewRunForm

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")


@pytest.mark.parametrize("opens", [True, False], ids=["opened", "in the list"])
async def test_a_solved_run_is_offered_twice_as_long(opens: bool) -> None:
    of_several_tasks()
    async with home() as seen:
        await seen.shows("solved at step 101")
        known = seen.home.glance_here().settings
        if opens:
            await seen.press("enter")
            opened = await seen.opened(OpenedRuns)
            await seen.until(lambda: opened.is_whole)
        await seen.press("n")
        form = await seen.opened(NewRunForm)
        await seen.until(lambda: form.query("#length"))
        assert form.query_one("#length", Input).value == str(2 * known.length)


def test_a_run_that_is_opened_is_known_to_be_solved_before_its_files_are_followed() -> None:
    of_several_tasks()
    found = {each.name: each for each in overview.found_in(folder())}
    chosen = opening.to_open([found["solved"], found["burst"]])
    solved, burst = (opening.look_at(run, glance) for run, glance in chosen.runs)
    assert solved.status.run.solved_at == 101
    assert solved.status.run.is_solved
    assert burst.status.run.solved_at is None
