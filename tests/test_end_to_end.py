"""The real command in a pseudo-terminal that a terminal emulator reads: what a user sees, types and gets."""

import fcntl
import os
import pty
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyte
import pytest

from rnntui.runs import Run, folder

COLUMNS, ROWS = 100, 30
PATIENCE = 60.0  # seconds until a condition is given up
TINY = "--hidden 8 --layers 1 --length 3 --batch 4 --threads 1 --device cpu"
# Runs a command as a shell with job control does; a line typed while it is stopped brings it back.
SHELL = '"$@"; s=$?; ' + 200 * '[ -z "$(jobs -p)" ] && exit $s; read -r _; fg %%; s=$?; '  # a loop ends at a stop
ALTERNATE_SCREEN, CURSOR_SHOWN = "\x1b[?1049", "\x1b[?25"


class Terminal:
    """`rnntui COMMAND` as the foreground process of a terminal of its own."""

    def __init__(
        self,
        command: str,
        *,
        ignoring: tuple[signal.Signals, ...] = (),
        error: int | None = None,
        in_shell: bool = False,
        under: tuple[str, ...] = (),
        term: str = "xterm-256color",
    ) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = ""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

        def own_terminal() -> None:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN if number in ignoring else signal.SIG_DFL)

        plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        words = [sys.executable, "-m", "rnntui", *shlex.split(command)]
        self.process = subprocess.Popen(
            [*(("bash", "-mc", SHELL, "bash") if in_shell else under), *words],
            stdin=slave,
            stdout=slave,
            stderr=slave if error is None else error,
            env={**plain, "TERM": term, "COLORTERM": "truecolor"},
            preexec_fn=own_terminal,
            close_fds=True,
        )
        os.close(slave)

    def read(self) -> bool:
        """Take in what is there within a moment; whether the terminal is still held open."""
        if select.select([self.master], [], [], 0.05)[0]:
            try:
                piece = os.read(self.master, 65_536)
            except OSError:  # EIO: nobody holds the other side any more
                return False
            self.raw += piece.decode(errors="replace")
            # pyte takes the private mode of the keyboard protocol for a style.
            self._stream.feed(piece.replace(b"\x1b[>25u", b"").replace(b"\x1b[<u", b""))
        return True

    @property
    def shown(self) -> str:
        return "\n".join(self.screen.display)

    def until(self, condition: Callable[[], object], what: str = "it") -> None:
        """Read until the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.read() or condition(), f"ended before {what}:\n{self.shown}"
            assert time.monotonic() < deadline, f"{what} did not come about:\n{self.shown}"

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def hang_up(self) -> None:
        os.close(self.master)

    def status(self) -> int:
        """Read to the end; the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < deadline, self.shown
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        with suppress(OSError):
            os.close(self.master)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def open_terminal():
    """Opens terminals, and closes them at the end."""
    opened: list[Terminal] = []

    def open_one(command: str, **how: object) -> Terminal:
        opened.append(Terminal(command, **how))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.end()


def curve(terminal: Terminal) -> int:
    """How many cells hold braille dots."""
    return sum(0x2800 < ord(character) < 0x2900 for character in terminal.shown)


def saved(name: str) -> int:
    """The step of the run's newest checkpoint."""
    return Run(folder() / name).steps_saved(whole=True)[-1]


def left_clean(terminal: Terminal) -> bool:
    """Whether the last word on the alternate screen is that it is left, and on the cursor that it is shown."""
    last = [terminal.raw[terminal.raw.rindex(mode) :][len(mode)] for mode in (ALTERNATE_SCREEN, CURSOR_SHOWN)]
    return last == ["l", "h"]


def test_one_watches_asks_leaves_and_resumes(open_terminal: Callable[..., Terminal], corpus: Path) -> None:
    terminal = open_terminal(
        f"train text --preset report --corpus {corpus} {TINY} --name book --steps 100000000 --sample-every 500"
    )
    terminal.until(lambda: "loading PyTorch" in terminal.shown, "what it waits for")
    terminal.until(lambda: curve(terminal) > 40, "a curve")
    for words in ("bits per character", "accuracy", "generation", "type a prompt", "quit", "/100,000,000"):
        terminal.until(lambda words=words: words in terminal.shown, words)
    terminal.type("/green bottles\r")
    terminal.until(lambda: "  green bottles" in terminal.shown, "the answer")
    row = next(line for line in terminal.screen.display if "  green bottles" in line)
    terminal.until(lambda: len(answer_line(terminal).rstrip("▌ │")) > len("green bottles") + 20, "what it writes")
    step, *temperature = row.split("green")[0].strip(" │").split()  # those of the weights and of the answer
    assert (step.replace(",", "").isdigit(), temperature) == (True, ["answer", "at", "0.5"])
    terminal.type("\x1b")
    terminal.until(lambda: "save" in terminal.screen.display[-1], "the keys in the last line")
    terminal.type("q")
    assert terminal.status() == 0
    assert left_clean(terminal)
    assert "`rnntui resume book` resumes it" in terminal.shown
    assert "Traceback" not in terminal.raw
    step = saved("book")
    assert step > 0
    assert f"book: saved at step {step:,} of 100,000,000" in terminal.shown
    goes_on(open_terminal, step)


def answer_line(terminal: Terminal) -> str:
    line = next((line for line in terminal.screen.display if "  green bottles" in line), "")
    return line[line.find("green bottles") :]


def goes_on(open_terminal: Callable[..., Terminal], step: int) -> None:
    run = Run(folder() / "book")
    samples = list(run.samples())
    again = open_terminal(f"resume book --steps {step + 400}")
    again.until(lambda: f"{step + 400:,}/{step + 400:,} · finished" in again.shown, "the end")
    if samples:
        again.until(lambda: f"{samples[-1].step:,}  " in again.shown, "an earlier sample")
    again.type("\x03")
    assert again.status() == 0
    assert left_clean(again)
    assert f"book: finished after {step + 400:,} steps" in again.shown
    assert saved("book") == step + 400
    logged = [row.step for row in run.metrics()]
    assert logged == sorted(set(logged))
    assert set(range(10, step + 400, 10)) <= set(logged)


def test_keys_pressed_while_it_saves_are_not_echoed_and_the_terminal_is_as_before(
    open_terminal: Callable[..., Terminal],
) -> None:
    terminal = open_terminal(f"train palindrome {TINY} --name mine --steps 100000000")
    before = termios.tcgetattr(terminal.master)
    terminal.until(lambda: curve(terminal) > 10, "the curve")
    terminal.type("q")

    def is_left() -> bool:
        terminal.type("Z")
        return "resumes it" in terminal.raw

    terminal.until(is_left, "the farewell")
    assert "Z" not in terminal.raw.rpartition(f"{ALTERNATE_SCREEN}l")[2].partition("resumes it")[0]
    assert terminal.status() == 0
    assert termios.tcgetattr(terminal.master) == before


def test_a_signal_saves_and_leaves_the_terminal_clean(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(f"train palindrome {TINY} --name mine --steps 100000000")
    terminal.until(lambda: curve(terminal) > 40, "a curve")
    terminal.process.send_signal(signal.SIGTERM)
    terminal.process.send_signal(signal.SIGTERM)  # a second one must not cut the saving short
    assert terminal.status() == 143
    assert left_clean(terminal)
    assert "Traceback" not in terminal.raw
    assert saved("mine") > 0
    assert f"mine: saved at step {saved('mine'):,}" in terminal.shown


def test_a_signal_while_torch_loads_is_heeded(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(f"train palindrome {TINY} --name mine")
    terminal.until(lambda: "loading PyTorch" in terminal.shown, "what it waits for")
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.status() == 129
    assert left_clean(terminal)
    assert "mine: waiting for PyTorch to finish loading" in terminal.shown
    assert saved("mine") == 0


def test_a_terminal_that_goes_away_without_a_signal_saves_and_ends(open_terminal: Callable[..., Terminal]) -> None:
    terminal = open_terminal(f"train palindrome {TINY} --name mine --steps 100000000", ignoring=(signal.SIGHUP,))
    terminal.until(lambda: curve(terminal) > 40, "a curve")
    terminal.hang_up()
    assert terminal.process.wait(PATIENCE) == 129
    assert saved("mine") > 0
    assert not Run(folder() / "mine").is_held()


def test_the_screen_is_drawn_on_the_terminal_where_standard_error_is_a_file(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    with open(tmp_path / "errors", "wb") as errors:
        terminal = open_terminal(f"train palindrome {TINY} --device cuda:99 --name mine", error=errors.fileno())
        terminal.until(lambda: "loading PyTorch" in terminal.shown, "the screen")
        assert terminal.status() == 2
    assert left_clean(terminal)
    assert "--device cuda:99" in (tmp_path / "errors").read_text()
    assert not (folder() / "mine").exists()


def test_one_opens_the_writing_room_types_a_prompt_reads_and_leaves(open_terminal, text_run: Run) -> None:
    terminal = open_terminal("write tiny --temperatures 0.5,2 --length 40")
    terminal.until(lambda: "type a prompt" in terminal.shown, "the prompt line")
    terminal.until(lambda: terminal.shown.count("loading PyTorch") == 2, "what both pages wait for")
    terminal.type("9 green bottles\r")
    terminal.until(lambda: terminal.shown.count("bits/char") == 2, "what the networks write")
    terminal.type("q")
    assert terminal.status() == 0
    assert left_clean(terminal)
    assert (folder() / ".prompts.json").read_text().count("9 green bottles") == 1


def test_what_cannot_be_written_is_said_before_the_writing_room_opens(open_terminal, text_run: Run) -> None:
    terminal = open_terminal("write tiny --prompt ☃☃")
    assert terminal.status() == 2
    assert "none of its characters" in terminal.shown
    assert ALTERNATE_SCREEN not in terminal.raw
