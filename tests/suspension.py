"""The screens in a terminal of their own, stopped and let go on by a parent that is no shell.

A shell sets the terminal's modes when something stops; here the parent only waits, so that what is found is ours.
"""

import os
import random
import re
import select
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from test_end_to_end import TINY, Terminal

# The leader of the session: it puts what it runs into a group of its own, in front, and ends as that ends.
PARENT = """
import os, signal, sys
child = os.fork()
if not child:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
status = os.waitpid(child, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""
# Alternate screen, cursor, mouse, focus and paste: the letter that leaves each as a shell wants it.
LEFT = {"1049": "l", "25": "h", "1000": "l", "1003": "l", "1006": "l", "1004": "l", "2004": "l"}
PALETTE, PALETTE_SHOWN, ESCAPE, SUSPEND, QUIT = "\x10", "Search for commands", "\x1b", "\x1a", "\x11"


@dataclass(frozen=True)
class Place:
    """A screen: what is opened, what is then waited for and typed, in turn, and what it shows at last."""

    command: str
    way: tuple[tuple[str, str], ...]
    shown: str


LABORATORY = f"train palindrome {TINY} --name mine --steps 100000000"
TRAINS = "steps/s"  # in the heading once the first steps of a run are taken
SWEEP = f"sweep palindrome --name few --length 3,4 --steps 100000000 {TINY.replace('--length 3', '')} --workers 1"
PLACES = {
    "laboratory": Place(
        LABORATORY, ((TRAINS, "n"), ("start a run", "\x13"), ("beside it", "b"), ("2 runs", "")), "loss, nats"
    ),
    "form": Place(LABORATORY, ((TRAINS, "n"),), "start a run"),
    "compare": Place("compare tiny", (), "rnntui compare"),
    "sweep": Place(SWEEP, (), "0/2 runs"),
    "gate": Place("gate", (), "rnntui gate"),
    "writing room": Place("write tiny", (), "type a prompt"),
    "time machine": Place("write tiny", (("back to the keys", ESCAPE), ("m time machine", "m")), "← earlier"),
}


class Suspended(Terminal):
    """A screen of rnntui in the foreground of a terminal, to be stopped and let go on."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.command, under=(sys.executable, "-c", PARENT))
        self.shown_here = place.shown
        self.modes = termios.tcgetattr(self.master)
        self.until(lambda: "quit" in self.shown, "the first screen")
        parent = self.process.pid
        self.pid = int(Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0])
        for shown, keys in place.way:
            self.until(lambda shown=shown: shown in self.shown, shown)
            self.type(keys)
        self.until(self.is_here, place.shown)
        self.own_modes = termios.tcgetattr(self.master)

    def is_here(self) -> bool:
        return self.shown_here in self.shown

    @property
    def state(self) -> str:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2][0]

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/task"))

    @property
    def is_clean(self) -> bool:
        """Whether all modes of the terminal are as before, those of the system and those told in the output."""
        told = dict(re.findall(r"\x1b\[\?(\d+)([hl])", self.raw))
        return told | LEFT == told and termios.tcgetattr(self.master) == self.modes

    def is_there_more(self) -> bool:
        return bool(select.select([self.master], [], [], 0)[0])

    def stops(self, what: str) -> None:
        self.until(lambda: self.read() and self.state == "T", what)

    def go_on(self) -> None:
        """Let it go on, and see it drawn anew, in the modes that it set."""
        while self.is_there_more():
            self.read()
        self.screen.reset()
        self.raw = ""
        os.kill(self.pid, signal.SIGCONT)
        self.until(lambda: self.is_here() and termios.tcgetattr(self.master) == self.own_modes, "the screen again")

    def seconds_of_key(self) -> float:
        """From a key until it has acted: the palette of commands is there."""
        began = time.monotonic()
        self.type(PALETTE)
        self.until(lambda: PALETTE_SHOWN in self.shown, "the palette")
        seconds = time.monotonic() - began
        self.type(ESCAPE)
        self.until(lambda: PALETTE_SHOWN not in self.shown and self.is_here(), "the screen without the palette")
        return seconds

    def end(self) -> None:
        """Also what this began and did not end."""
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        super().end()


def freeze(terminal: Suspended) -> None:
    """SIGSTOP, of which the process is not told."""
    os.kill(terminal.pid, signal.SIGSTOP)
    terminal.stops("the stop by SIGSTOP")


def freeze_under_shell(terminal: Suspended) -> None:
    """As a shell has it, which takes the terminal, sets its own modes and leaves them."""
    freeze(terminal)
    termios.tcsetattr(terminal.master, termios.TCSANOW, terminal.modes)


def freeze_and_ask(terminal: Suspended) -> None:
    """While it is stopped it is asked to stop: nothing is left of that once it goes on."""
    freeze(terminal)
    os.kill(terminal.pid, signal.SIGTSTP)


def ask(terminal: Suspended) -> None:
    os.kill(terminal.pid, signal.SIGTSTP)
    _clean_stop(terminal, "the stop by SIGTSTP")


def ask_often(terminal: Suspended) -> None:
    for _ in range(3):
        os.killpg(terminal.pid, signal.SIGTSTP)
    _clean_stop(terminal, "the stop by SIGTSTP, asked for three times")


def type_suspend(terminal: Suspended) -> None:
    terminal.type(SUSPEND)
    _clean_stop(terminal, "the stop by Ctrl-Z")


def _clean_stop(terminal: Suspended, what: str) -> None:
    terminal.stops(what)
    terminal.until(lambda: terminal.is_clean, f"a clean terminal after {what}")


FREEZING: tuple[Callable[[Suspended], None], ...] = (freeze, freeze_under_shell, freeze_and_ask)
ASKING: tuple[Callable[[Suspended], None], ...] = (ask, type_suspend, type_suspend, ask_often)


def stops(cycles: int, draws: random.Random) -> Iterator[Callable[[Suspended], None]]:
    """`cycles` stops by SIGSTOP and as many that are asked for, mixed."""
    kinds = [FREEZING, ASKING] * cycles
    draws.shuffle(kinds)
    yield from (draws.choice(kind) for kind in kinds)


def cycle(terminal: Suspended, cycles: int, seed: int) -> None:
    """Stop and go on, with keys and further SIGCONTs between."""
    draws = random.Random(seed)
    for stop in stops(cycles, draws):
        stop(terminal)
        terminal.go_on()
        if draws.random() < 0.3:
            os.kill(terminal.pid, signal.SIGCONT)
        if stop is freeze_under_shell or draws.random() < 0.3:
            terminal.seconds_of_key()
