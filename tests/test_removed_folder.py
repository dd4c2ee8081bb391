"""Each screen while the folder of its run is removed beneath it: what it says is never in Python's words."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import screen_text
from textual.app import App
from textual.pilot import Pilot
from tiny import new_run, palindrome, text, wait_for_screen

from rnntui.runs import Run, folder
from rnntui.runs.writers import Sampling
from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.plan import find
from rnntui.sweeps.pool import Pool
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.compare.screen import CompareScreen
from rnntui.tui.sweep.screen import SweepScreen
from rnntui.tui.training.app import RnntuiApp
from rnntui.tui.writing_room.prompts import Prompts
from rnntui.tui.writing_room.screen import WritingRoom
from rnntui.tui.writing_room.sources import checkpoint
from rnntui.tui.writing_room.telling import is_settled
from rnntui.tui.writing_room.time_machine import TimeMachine

pytestmark = pytest.mark.usefixtures("no_waiting_for_idleness")
OF_TRAINING = ("pause", "views", "prompt", "temperature", "write")
PYTHONS = re.compile(r"Errno|Traceback|\w+Error\b|None\b|PosixPath")


def remove(path: Path) -> None:
    """Remove a folder in which others write: what they made in the meantime goes the next time."""
    while path.exists():
        shutil.rmtree(path, ignore_errors=True)


def footer(app: App[int]) -> list[str]:
    return screen_text.rows(app.screen)[-1].split()


def dump(app: App[int]) -> str:
    return "\n".join([*screen_text.rows(app.screen), *screen_text.notices(app)])


async def looked_at(app: App[int], pilot: Pilot[int], *keys: str) -> str:
    """What the screen shows after each key, a moment later."""
    shown = []
    for key in keys:
        await pilot.press(key)
        for _ in range(20):
            await pilot.pause(0.02)
        shown.append(dump(app))
        assert app.is_running, shown[-1]
    return "\n".join(shown)


@pytest.mark.parametrize("task", ["palindrome", "text"])
async def test_a_run_in_training_says_that_its_folder_is_gone(task: str, make_corpus: Callable[..., object]) -> None:
    settings = palindrome() if task == "palindrome" else text(make_corpus(), sample_every=10)
    app = RnntuiApp([new_run(settings, "mine")], folder())
    (session,) = app.laboratory.sessions
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            await wait_for_screen(pilot, lambda: session.status.run.step > 5)
            remove(session.run.path)
            await wait_for_screen(pilot, lambda: session.status.run.state == "failed")
            # While the footer is made anew it has no keys at all.
            await wait_for_screen(pilot, lambda: "zoom" in footer(app) and not {*OF_TRAINING} & {*footer(app)})
            shown = ""
            if task == "text":
                shown = await looked_at(app, pilot, "slash", "W")
                assert "there is no network to answer" in shown
                assert "there is no network to write with" in shown
            shown += await looked_at(app, pilot, "s", "g", "G", "b", "l", "escape", "space", "w")
            assert "mine" in shown
            assert "was removed or moved while in use" in " ".join(shown.replace("│", " ").split())
            assert not PYTHONS.findall(shown)
    finally:
        session.stop()
        assert session.join(30)


async def test_the_time_machine_says_that_a_checkpoint_is_gone(text_run: Run) -> None:
    screen = TimeMachine(text_run, Sampling(0.0), "so", 0, 20)
    app = ViewerApp(screen)
    async with app.run_test(size=(120, 36)) as pilot:
        shutil.rmtree(text_run.path)
        shown = await looked_at(app, pilot, "left", "left", "home", "d", "s", "v", "right")
        await wait_for_screen(pilot, lambda: is_settled(screen.page_at(screen.at)))
        shown += dump(app)
        assert not PYTHONS.findall(shown), shown


async def test_a_comparison_goes_on_with_what_it_has_read(text_run: Run) -> None:
    app = ViewerApp(CompareScreen([text_run]))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        shutil.rmtree(text_run.path)
        shown = await looked_at(app, pilot, "m", "x", "z", "enter", "enter", "m", "m")
        assert not PYTHONS.findall(shown), shown


async def test_the_writing_room_says_that_the_network_is_gone(text_run: Run) -> None:
    screen = WritingRoom([checkpoint(text_run, 3)], [Sampling(0.5)], Prompts(folder()), prompt="so", length=60)
    app = ViewerApp(screen)
    async with app.run_test(size=(120, 36)) as pilot:
        shutil.rmtree(text_run.path)
        await wait_for_screen(pilot, lambda: screen.page.phase not in ("loading", "writing"))
        shown = await looked_at(app, pilot, "space", "r", "m", "left", "escape")
        assert not PYTHONS.findall(shown), shown


async def test_a_sweep_says_that_a_run_is_gone(text_run: Run) -> None:
    pool = Pool(Sweep.open(folder(), "s", find("lengths")), 1)
    pool.poll = lambda: None
    app = ViewerApp(SweepScreen(pool))
    async with app.run_test(size=(120, 36)) as pilot:
        remove(pool.sweep.path)
        shown = await looked_at(app, pilot, "enter", "f", "right", "enter")
        assert not PYTHONS.findall(shown), shown
