"""What writing costs: characters per second over a loop that calls `nn.LSTM` once a character, and how soon a key acts.

`plain` is what `rnntui write --plain` streams; `pages` is the writing room's thread at its fastest pace, with surprisal
and memory meter; `screen` is the same with the writing room drawn beside it at 160 × 45; `keys` types into the real
command in a pseudo-terminal while it writes. Sizes are the text task's defaults. `python bench/writing.py
[plain|pages|screen|keys]`
"""

import asyncio
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, redirect_stdout
from pathlib import Path

import pexpect
import torch
from generation import plain, speed
from machine import write
from rows import corpus
from screen import echoes, typed

from rnntui.commands.write import WriteRequest, stream
from rnntui.config import default_threads, make_settings
from rnntui.core.generation.continuation import continuations, networks_of
from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run
from rnntui.runs.networks import NetworkSpec
from rnntui.runs.writers import Sampling, WriterSpec
from rnntui.tui.base.viewer import ViewerApp
from rnntui.tui.writing_room.prompts import Prompts
from rnntui.tui.writing_room.screen import WritingRoom
from rnntui.tui.writing_room.sources import checkpoint
from rnntui.tui.writing_room.writing_thread import WritingThread

TURNS, TURN_SECONDS, TEXT = 10, 0.6, 4_000
BARS = {"plain": 6.0, "pages": 4.0, "screen": 4.0}
PROMPT, HOW = "He did not really like", Sampling(0.5)
ENDLESS = 100_000_000


def main(wanted: list[str]) -> None:
    torch.set_num_threads(default_threads())
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        run = trained(root)
        measures = {"plain": streaming, "pages": pages, "screen": screen}
        for name, measure in measures.items():
            if name in wanted:
                ratios = sorted(measure(run))
                figures[name] = {"over the loop": statistics.median(ratios), "bar": BARS[name], "turns": ratios}
                print(f"{name}: {statistics.median(ratios):.2f} times the loop (bar {BARS[name]})")
        if "keys" in wanted:
            delays = sorted(key_delays(root))
            p99 = 1e3 * delays[int(0.99 * (len(delays) - 1))]
            figures["keys"] = {"median ms": 1e3 * statistics.median(delays), "99th percentile ms": p99, "bar ms": 100}
            print(f"keys: answered within {p99:.0f} ms at the 99th percentile (bar 100 ms)")
    write("writing", figures)


def trained(root: Path) -> Run:
    """A run of the text task's defaults that has begun to learn: what it writes does not matter here."""
    settings = make_settings("text", {"corpus": corpus(), "steps": 200, "validate_every": 0, "sample_every": 0})
    run = Run.create(root, "bench", settings)
    for _ in open_trainer(run):
        pass
    run.unlock()
    return run


def streaming(run: Run) -> Iterator[float]:
    """One text after the other as the command streams it, into nothing."""
    loop = plain()
    speed(loop)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        for _ in range(TURNS):
            writers = [WriterSpec(NetworkSpec(run), HOW)]
            (text,) = continuations(writers, networks_of(writers), PROMPT, 1)
            began = time.perf_counter()
            with redirect_stdout(nowhere):
                stream(text, WriteRequest(PROMPT, length=TEXT, sampling=HOW))
            yield TEXT / (time.perf_counter() - began) / speed(loop)


def pages(run: Run) -> Iterator[float]:
    """The writing room's thread, with nobody looking."""
    writing_thread = WritingThread([checkpoint(run)], [HOW])
    writing_thread.length, writing_thread.pace = ENDLESS, math.inf
    writing_thread.start()
    yield from turns(writing_thread)
    writing_thread.stop()
    writing_thread.join()


def screen(run: Run) -> list[float]:
    """The writing room as it is drawn; the loop has its turns while the networks are halted."""

    async def watched() -> list[float]:
        writing_room = WritingRoom([checkpoint(run)], [HOW], Prompts(run.path), prompt=PROMPT, length=ENDLESS)
        writing_room.writing_thread.pace = math.inf
        app = ViewerApp(writing_room)
        async with app.run_test(size=(160, 45)):
            return await asyncio.to_thread(lambda: list(turns(writing_room.writing_thread, begins=False)))

    return asyncio.run(watched())


def turns(writing_thread: WritingThread, *, begins: bool = True) -> Iterator[float]:
    """The thread's speed over the loop's, in turns, each text from its beginning."""
    loop = plain()
    speed(loop)
    while writing_thread.pages[0].recall.sentence or not writing_thread.pages[0].text:
        if begins and writing_thread.pages[0].phase != "loading" and not writing_thread.pages[0].text:
            writing_thread.begin(PROMPT)
        time.sleep(0.1)
    for _ in range(TURNS):
        writing_thread.begin(PROMPT)
        time.sleep(0.1)
        first, began = len(writing_thread.pages[0].text), time.perf_counter()
        time.sleep(TURN_SECONDS)
        written, seconds = len(writing_thread.pages[0].text) - first, time.perf_counter() - began
        writing_thread.halt()
        while writing_thread.is_writing:
            time.sleep(0.01)
        yield written / seconds / speed(loop)


def key_delays(root: Path) -> Iterator[float]:
    """Seconds from a key press to its echo in the prompt line while the network writes at its fastest."""
    with writing_room_in_terminal(root) as process:
        process.expect_exact("bits/char", timeout=60)
        process.send("gg")  # at once
        process.expect_exact("at once", timeout=10)
        process.send("/")
        yield from echoes(process)


def writing_room_in_terminal(root: Path) -> AbstractContextManager[pexpect.spawn]:
    """The real command, writing without end."""
    words = ["write", "bench", "--runs", str(root), "--prompt", PROMPT, "--length", str(10**6)]
    return typed(words, drained=False)


if __name__ == "__main__":
    main(sys.argv[1:] or [*BARS, "keys"])
