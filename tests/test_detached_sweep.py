"""A sweep that outlives its terminal: driven by a process of its own, looked at by its files, ended and resumed."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from command import done, refused
from test_end_to_end import Terminal, left_clean, open_terminal
from tiny import wait_for_screen

from rnntui.runs import folder
from rnntui.sweeps import standing
from rnntui.sweeps.folder import STANDING, Sweep
from rnntui.sweeps.pool import Pool
from rnntui.sweeps.standing import StandingWriter, WatchedPool, is_driven
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.sweep.screen import SweepScreen, heading

__all__ = ["open_terminal"]  # the fixture
SMALL = "--hidden 8 --batch 4 --threads 1 --device cpu --workers 1"
ENDLESS = f"sweep --cell rnn,lstm --length 3 --steps 100000000 {SMALL} --name mine"
PATIENCE = 60.0


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def mine() -> Sweep:
    return Sweep.read(folder(), "mine")


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    yield
    lock = folder() / "mine" / "sweep.lock"
    if lock.exists() and is_driven(mine()):
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(lock.read_text()), signal.SIGKILL)


def running(pool: WatchedPool) -> list[str]:
    pool._read_at = 0.0
    pool.poll()
    return [name for name, status in pool.statuses.items() if status.run.state == "running" and status.run.step]


def test_a_sweep_goes_on_in_a_process_of_its_own_and_is_seen_and_ended() -> None:
    said = done(f"{ENDLESS} --detach")
    assert "mine: it goes on in process" in said
    found = standing.read(mine())
    until(lambda: standing.read(mine()) is not None)
    found = standing.read(mine())
    assert found is not None
    assert f"process {found.pid};" in said
    assert os.getsid(found.pid) == found.pid
    pool = WatchedPool(mine())
    until(lambda: running(pool) == ["rnn"])
    assert pool.statuses["lstm"].run.state == "waiting"
    assert pool.device == "cpu"
    assert not pool.is_over
    assert "in use by process" in refused("sweep mine --headless")
    assert "attach needs a terminal" in refused("attach mine")
    assert "mine: ended, 0 of 2 runs done" in done("stop mine")
    assert not is_driven(mine())
    assert not (folder() / "mine" / STANDING).exists()
    pool._read_at = 0.0
    pool.poll()
    assert not pool.is_driven
    assert pool.news() == ["the process that drove the sweep has ended: its runs are saved"]
    assert "no process drives it: `rnntui sweep mine` resumes it" in heading(pool)
    assert "no process drives sweep 'mine' now" in refused("attach mine")
    assert "driven by no process now" in refused("stop mine")
    done("runs rm mine --yes")
    assert not (folder() / "mine").exists()


def test_what_comes_of_it_is_what_comes_without() -> None:
    plan = f"sweep --cell rnn,lstm --length 3 --steps 300 {SMALL}"
    done(f"{plan} --name alone --headless")
    done(f"{plan} --name mine --detach")
    until(lambda: not mine().wanted() and not is_driven(mine()))
    until(lambda: all((folder() / "mine" / file).exists() for file in ("results.csv", "table.md", "figure.svg")))
    for file in ("results.csv", "table.md"):
        rows = [(folder() / name / file).read_text() for name in ("alone", "mine")]
        if file == "results.csv":
            rows = [_without_seconds(text) for text in rows]
            assert rows[0] == rows[1]
        else:
            assert all(rows)
    assert "Traceback" not in (folder() / "mine" / "output.log").read_text()


def _without_seconds(table: str) -> str:
    lines = [line.split(",") for line in table.splitlines()]
    column = lines[0].index("seconds")
    return "\n".join(",".join(line[:column] + line[column + 1 :]) for line in lines)


def test_what_cannot_be_is_one_sentence() -> None:
    assert "nothing for --headless to show" in refused(f"{ENDLESS} --detach --headless")
    assert "nothing for --json to show" in refused(f"{ENDLESS} --detach --json")
    assert "no run 'mine'" in refused("attach mine")


def test_a_killed_process_leaves_a_sweep_that_nobody_drives() -> None:
    done(f"{ENDLESS} --detach")
    until(lambda: standing.read(mine()) is not None)
    pool = WatchedPool(mine())
    until(lambda: running(pool))
    found = standing.read(mine())
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    until(lambda: not is_driven(mine()))
    assert (folder() / "mine" / STANDING).exists()
    assert standing.read(mine()) is None
    assert running(pool) == []
    assert not pool.is_driven
    until(lambda: not any(mine().run(job).is_held() for job in mine().jobs()))  # its workers save and end
    done("runs rm mine --yes")


def test_who_looks_on_sees_what_who_drives_it_sees(sweep_of_two: Sweep) -> None:
    pool = Pool(sweep_of_two, 1)
    writer, watched = StandingWriter(pool), WatchedPool(Sweep.read(folder(), sweep_of_two.name))
    try:
        until(lambda: pool.poll() or any(status.run.steps_per_second for status in pool.statuses.values()))
        writer._write_at = 0.0
        writer.tell(["a node came", "a node left"])
        watched._read_at = 0.0
        watched.poll()
        assert watched.statuses == pool.statuses
        assert (watched.doing, watched.device, watched.size) == (pool.doing, pool.device, pool.size)
        assert watched.steps_per_second == pytest.approx(pool.steps_per_second)
        assert watched.news() == []  # what happened before one looked
        writer._write_at = 0.0
        writer.tell(["another node came"])
        watched._read_at = 0.0
        watched.poll()
        assert watched.news() == ["another node came"]
    finally:
        pool.close()
        writer.close()


@pytest.fixture
def sweep_of_two() -> Iterator[Sweep]:
    from rnntui.sweeps import adhoc

    given = {"cell": ["rnn", "lstm"], "hidden": [8], "batch": [4], "length": [3], "steps": [100_000_000]}
    sweep = Sweep.open(folder(), "two", adhoc.planned("palindrome", given))
    yield sweep
    sweep.close()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": 99}', b'{"pid": "x"}', b"\xff"])
def test_a_damaged_file_is_no_standing(sweep_of_two: Sweep, damage: bytes) -> None:
    (sweep_of_two.path / STANDING).write_bytes(damage)
    assert standing.read(sweep_of_two) is None
    pool = WatchedPool(Sweep.read(folder(), "two"))
    pool.poll()
    assert pool.is_driven
    assert pool.doing == "waiting for the process that drives it"


async def test_the_screen_of_a_sweep_shows_one_that_another_process_drives(sweep_of_two: Sweep) -> None:
    pool = Pool(sweep_of_two, 1)
    writer = StandingWriter(pool)
    screen = SweepScreen(WatchedPool(Sweep.read(folder(), "two")))
    app = ViewerApp(screen)
    try:
        async with app.run_test(size=(100, 30)) as pilot:
            until(lambda: pool.poll() or any(status.run.steps_per_second for status in pool.statuses.values()))
            writer.tell(["a node left"])
            await wait_for_screen(pilot, lambda: any(s.run.state == "running" for s in screen.pool.statuses.values()))
            await pilot.press("q")
        assert app.failure is None
        assert json.loads((sweep_of_two.path / STANDING).read_text())["pid"] == os.getpid()  # it is not the looker's
    finally:
        pool.close()
        writer.close()


def test_attach_shows_a_sweep_and_leaves_it(open_terminal: Callable[..., Terminal]) -> None:
    done(f"{ENDLESS} --detach")
    window = open_terminal("attach")
    window.until(lambda: "0/2 runs" in window.shown and "steps/s" in window.shown, "the sweep")
    window.type("q")
    assert window.status() == 0
    assert left_clean(window)
    assert "it goes on" in window.shown
    assert is_driven(mine())
    done("stop mine")
