"""What the screen costs: steps per second with it over those without, and how soon a key is echoed.

The real command runs in a pseudo-terminal of 160 × 45, in turns with the headless one, each for some seconds once it
trains; then keys are typed into the seed line while it trains. `python bench/screen.py [text|rnn|keys]…`
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pexpect
from machine import write
from rows import corpus

from rnntui.runs import METRICS, Run

TURNS, TURN_SECONDS, KEYS = 5, 8.0, 200
LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
CASES = {
    "text": (["text", "--preset", "report", "--corpus", corpus(), "--validate-every", "0", "--steps", "1000000"], 0.95),
    "rnn": (["palindrome", "--cell", "rnn", "--steps", "10000000"], 0.85),
}


def main(wanted: list[str]) -> None:
    figures: dict[str, object] = {}
    for name, (options, bar) in CASES.items():
        if name in wanted:
            ratios = [speed(options, screen=True) / speed(options, screen=False) for _ in range(TURNS)]
            figures[name] = {
                "with screen over headless": statistics.median(ratios),
                "bar": bar,
                "turns": sorted(ratios),
            }
            print(f"{name}: {statistics.median(ratios):.3f} of headless speed (bar {bar})")
    if "keys" in wanted:
        delays = sorted(key_delays())
        p99 = delays[int(0.99 * (len(delays) - 1))]
        figures["keys"] = {"median ms": 1e3 * statistics.median(delays), "99th percentile ms": 1e3 * p99, "bar ms": 100}
        print(f"keys: echoed within {1e3 * p99:.0f} ms at the 99th percentile (bar 100 ms)")
    write("screen", figures)


def speed(options: list[str], *, screen: bool) -> float:
    """Steps per second of the command while it trains."""
    with tempfile.TemporaryDirectory() as runs, running(options, runs, screen=screen) as process:
        run = Run(Path(runs) / "bench")
        wait_for_rows(run, process)
        first, began = last_step(run), time.perf_counter()
        time.sleep(TURN_SECONDS)
        steps, seconds = last_step(run) - first, time.perf_counter() - began
    return steps / seconds


def key_delays() -> Iterator[float]:
    """Seconds from a key press to its echo, each key another letter than those that stand in the line."""
    options, _ = CASES["text"]
    with tempfile.TemporaryDirectory() as runs, running(options, runs, screen=True, drained=False) as process:
        wait_for_rows(Run(Path(runs) / "bench"), process, drain=True)
        process.send("/")
        yield from echoes(process)


def echoes(process: pexpect.spawn) -> Iterator[float]:
    """Seconds from a key press to its echo in the line that has the focus, for one letter after the other."""
    for k in range(KEYS):
        letter = LETTERS[k % len(LETTERS)]
        began = time.perf_counter()
        process.send(letter)
        process.expect_exact(letter, timeout=10)
        yield time.perf_counter() - began
        if letter == LETTERS[-1]:
            process.send("\x15")  # clears the line
        until = time.perf_counter() + 0.05
        while time.perf_counter() < until:
            drain_once(process)


@contextmanager
def running(options: list[str], runs: str, *, screen: bool, drained: bool = True) -> Iterator[pexpect.spawn]:
    """The training in a pseudo-terminal."""
    with typed(
        ["train", *options, "--runs", runs, "--name", "bench", *([] if screen else ["--headless"])], drained=drained
    ) as process:
        yield process


def typed(words: list[str], *, drained: bool = True) -> AbstractContextManager[pexpect.spawn]:
    """The real command in a pseudo-terminal, which a thread reads so that it never blocks."""
    return in_terminal(["-m", "rnntui", *words], drained=drained)


@contextmanager
def in_terminal(words: list[str], *, drained: bool = False) -> Iterator[pexpect.spawn]:
    """What Python does with these words, in a pseudo-terminal; where it is `drained`, a thread reads what it draws."""
    process = pexpect.spawn(
        sys.executable,
        words,
        dimensions=(45, 160),
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        encoding="utf-8",
    )
    process.delaybeforesend = None  # by default pexpect waits 50 ms before each key
    over = Event()
    reader = Thread(target=lambda: [drain_once(process) for _ in iter(over.is_set, True)], daemon=True)
    if drained:
        reader.start()
    try:
        yield process
    finally:
        over.set()
        if drained:
            reader.join()
        process.close(force=True)


def drain_once(process: pexpect.spawn) -> None:
    """Read what there is, as a terminal does."""
    with suppress(pexpect.TIMEOUT, pexpect.EOF):
        process.read_nonblocking(65536, timeout=0.02)


def wait_for_rows(run: Run, process: pexpect.spawn, *, drain: bool = False) -> None:
    """Wait until the run has logged rows for some seconds of training."""
    while last_step(run) < 50:
        drain_once(process) if drain else time.sleep(0.05)
        assert process.isalive(), "the command ended early"


def last_step(run: Run) -> int:
    """The newest logged step; 0 before the first."""
    return run.newest_step(METRICS)


if __name__ == "__main__":
    main(sys.argv[1:] or [*CASES, "keys"])
