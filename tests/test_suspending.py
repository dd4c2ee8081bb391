"""Ctrl-Z and `fg`, and each signal that stops and lets go on: a screen comes back and ends as ever.

`python bench/job_control.py` does it fifty times on each screen.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from suspension import PLACES, QUIT, Suspended, ask, ask_often, freeze_and_ask, freeze_under_shell, type_suspend
from test_end_to_end import Terminal, left_clean

from rnntui.core.worker import Wire
from rnntui.tui.base import job_control
from rnntui.tui.base.job_control import JobControl

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="states are read in /proc")
SHOWN = PLACES["gate"].shown


@pytest.fixture
def kept() -> Iterator[Callable[[Terminal], Terminal]]:
    opened: list[Terminal] = []

    def keep(terminal: Terminal) -> Terminal:
        opened.append(terminal)
        return terminal

    yield keep
    for terminal in opened:
        terminal.end()


@needs_proc
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["form", "gate"])
def test_a_screen_stops_comes_back_hears_keys_and_ends_as_ever(name: str, kept: Callable) -> None:
    terminal = kept(Suspended(PLACES[name]))
    ask(terminal)
    terminal.go_on()
    before = terminal.threads
    for stop in (type_suspend, freeze_under_shell, ask_often, freeze_and_ask):
        stop(terminal)
        terminal.go_on()
        os.kill(terminal.pid, signal.SIGCONT)  # not needed
        if stop is freeze_under_shell:
            terminal.seconds_of_key()
    assert terminal.threads <= before + 1  # one may be on its way in or out
    terminal.type(QUIT)
    assert terminal.status() == 0
    assert terminal.is_clean
    assert "Traceback" not in terminal.raw


@needs_proc
@pytest.mark.timeout(180)
def test_a_shell_stops_it_by_ctrl_z_and_fg_brings_it_back(kept: Callable) -> None:
    terminal = kept(Terminal("gate", in_shell=True))
    terminal.until(lambda: SHOWN in terminal.shown, "the screen")
    shell = terminal.process.pid
    pid = int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])
    for _ in range(2):
        terminal.type("\x1a")
        terminal.until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "T", "the stop")
        terminal.until(lambda: terminal.read() and left_clean(terminal), "a clean terminal")
        terminal.screen.reset()
        terminal.raw = ""
        terminal.type("fg\n")
        terminal.until(lambda: SHOWN in terminal.shown, "the screen again")
    terminal.type(QUIT)
    assert terminal.status() == 0
    assert left_clean(terminal)


class Noting:
    """A driver that notes what is asked of it."""

    can_suspend = True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def suspend_application_mode(self) -> None:
        self.asked.append("suspend")

    def resume_application_mode(self) -> None:
        self.asked.append("resume")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    """What job control asks of a driver once it was sent signals, all before the loop hears of any.

    Where the process would stop, that is noted, and it goes on at once.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    driver = Noting()

    def stop(thread: int, number: int) -> None:
        driver.asked.append("stop")
        signal.raise_signal(signal.SIGCONT)

    async def given(signals: tuple[signal.Signals, ...]) -> None:
        JobControl(lambda: None).begin(driver)  # type: ignore[arg-type]
        for number in signals:
            signal.raise_signal(number)
        for _ in range(10):
            await asyncio.sleep(0)

    def hear(*signals: signal.Signals) -> list[str]:
        asyncio.run(given(signals))
        return driver.asked

    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    monkeypatch.setattr(signal, "pthread_kill", stop)
    monkeypatch.setattr(job_control, "is_in_front", lambda: True)
    monkeypatch.setattr(job_control, "terminal_modes", lambda: None)
    yield hear
    for number, handler in before.items():
        signal.signal(number, handler)


def test_asked_to_stop_several_times_it_stops_once(heard: Callable[..., list[str]]) -> None:
    assert heard(signal.SIGTSTP, signal.SIGTSTP, signal.SIGTSTP) == ["suspend", "stop", "resume"]


def test_a_stop_that_was_taken_back_before_it_was_heard_is_none(heard: Callable[..., list[str]]) -> None:
    assert heard(signal.SIGTSTP, signal.SIGCONT) == []


# Asked to stop from outside at the very moment at which the action of a stop is the system's again.
ASKED_BETWEEN = """
import asyncio, os, signal, threading, time
from rnntui.tui.base import job_control

os.setpgid(0, 0)
threading.Thread(target=time.sleep, args=(100,), daemon=True).start()  # takes what the main thread holds back
job_control.is_in_front = lambda: True
set_action = signal.signal

def set_and_be_asked(number, action):
    before = set_action(number, action)
    if action is signal.SIG_DFL and number == signal.SIGTSTP:
        os.kill(os.getpid(), signal.SIGTSTP)
        time.sleep(0.1)  # it stops here
    return before

class Driver:
    can_suspend = True
    suspend_application_mode = resume_application_mode = lambda self: None

async def stop():
    signal.signal = set_and_be_asked
    control = job_control.JobControl(lambda: print("redrawn"))
    control.begin(Driver())
    control.suspend()
    await asyncio.sleep(1)

asyncio.run(stop())
"""


@needs_proc
@pytest.mark.timeout(60)
def test_asked_to_stop_while_it_stops_it_still_goes_on_at_one_sigcont() -> None:
    with subprocess.Popen([sys.executable, "-c", ASKED_BETWEEN], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
            os.kill(process.pid, signal.SIGCONT)
            assert process.communicate(timeout=20)[0].startswith("redrawn")
        finally:
            process.kill()


def test_a_worker_of_a_sweep_trains_on_unheard_while_its_parent_is_stopped() -> None:
    out, into = os.pipe()
    os.set_blocking(into, False)
    with os.fdopen(out, "rb", buffering=0) as parent, os.fdopen(into, "wb", buffering=0) as child:
        wire = Wire(child)
        assert wire.is_heard
        while child.write(b"." * 4096):
            pass
        assert not wire.is_heard
        parent.read(65_536)
        assert wire.is_heard
