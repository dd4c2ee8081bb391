"""Ctrl-Z and `fg` on each screen, in a pseudo-terminal: it stops, comes back, keeps its threads, and ends as ever.

`RNNTUI_CYCLES=50 pytest -n 0 tests/test_suspending.py` does it fifty times on each screen.
"""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_end_to_end import TINY, Terminal, left_clean

CYCLES = int(os.environ.get("RNNTUI_CYCLES", "2"))
LABORATORY = f"train palindrome {TINY} --name mine --steps 100000000"
# What is opened, what is typed to come to the screen, and what it shows then.
SCREENS = {
    "laboratory": (LABORATORY, "", "loss, nats"),
    "form": (LABORATORY, "n", "start a run"),
    "gate": ("gate", "", "rnntui gate"),
    "writing room": ("write tiny", "", "type a prompt"),
    "time machine": ("write tiny", "\x1bm", "time machine"),
    "compare": ("compare tiny", "", "rnntui compare"),
    "sweep": (f"sweep few --length 3,4 --steps 100000000 {TINY.replace('--length 3', '')} --workers 1", "", "0/2 runs"),
}
ALWAYS = ("laboratory", "gate")  # the others where more cycles are asked for: each starts a process


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.end()


PIDS: dict[int, int] = {}  # of the processes that shells run


def pid(terminal: Terminal) -> int:
    """The process that the shell runs; found while that is all that the shell has begun."""
    shell = terminal.process.pid
    if shell not in PIDS:
        PIDS[shell] = int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])
    return PIDS[shell]


def state(terminal: Terminal) -> str:
    return Path(f"/proc/{pid(terminal)}/stat").read_text().rpartition(") ")[2][0]


def threads(terminal: Terminal) -> int:
    return len(os.listdir(f"/proc/{pid(terminal)}/task"))


def stops(terminal: Terminal) -> bool:
    terminal.read()
    return state(terminal) == "T"


def come_back(terminal: Terminal, shown: str) -> None:
    """As `fg`: what the shell wrote is gone, and the screen is there again."""
    terminal.screen.reset()
    terminal.type("fg\n")
    terminal.until(lambda: shown in terminal.shown, "the screen again")


def suspend_by_key(terminal: Terminal, shown: str) -> None:
    terminal.type("\x1a")
    terminal.until(lambda: stops(terminal) and left_clean(terminal), "the stop")
    come_back(terminal, shown)


def suspend_by_signal(terminal: Terminal, shown: str) -> None:
    os.kill(pid(terminal), signal.SIGTSTP)
    terminal.until(lambda: stops(terminal), "the stop")
    come_back(terminal, shown)


WAYS: tuple[Callable[[Terminal, str], None], ...] = (suspend_by_key, suspend_by_signal)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
@pytest.mark.timeout(60 + 20 * CYCLES)
@pytest.mark.parametrize("name", SCREENS if CYCLES > 2 else ALWAYS)
def test_a_screen_stops_and_comes_back_and_ends_as_ever(name: str, terminals: list[Terminal], text_run: object) -> None:
    command, keys, shown = SCREENS[name]
    terminal = Terminal(command, in_shell=True)
    terminals.append(terminal)
    terminal.until(lambda: "quit" in terminal.shown, "the first screen")
    if name in ("laboratory", "form"):
        terminal.until(lambda: "steps/s" in terminal.shown and "/s ·" in terminal.shown, "training")
    for key in keys:
        terminal.type(key)
        terminal.until(lambda: True)
    terminal.until(lambda: shown in terminal.shown, shown)
    assert state(terminal) != "T"
    suspend_by_key(terminal, shown)
    before = threads(terminal)
    for _ in range(CYCLES):
        for way in WAYS:
            way(terminal, shown)
    assert threads(terminal) <= before + 1  # one may be on its way in or out
    terminal.type("\x11")
    assert terminal.status() == 0
    assert left_clean(terminal)
    assert "Traceback" not in terminal.raw
