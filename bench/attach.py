"""What windows on a run in training cost it, and what a run goes through that is given away again and again.

    python bench/attach.py [speed|frozen|keys|curves|fuzz|cycles]… [--cycles 200] [--turns 8]

`speed`, `frozen`: steps per second of a text network with a window attached, or with one that was stopped (SIGSTOP),
over those without, in turns of some seconds in one run. `keys`: from a key typed in an attached window to its echo.
`curves`: from the beginning of a window to its having the curves of 1,000,000 steps. `fuzz`: 10,000 damaged lines sent
to a run, whose weights must be those of one left alone. `cycles`: a run given to a process of its own, and ended by
`rnntui stop` at a random moment, over and over; rows and weights must be those of one that was left alone.
"""

import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pexpect
import torch
from machine import write
from rows import corpus
from screen import echoes, last_step, typed

from rnntui.config import make_settings
from rnntui.core.training.trainer import Trainer
from rnntui.runs import Run, live
from rnntui.sessions import messages
from rnntui.sessions.attached import AttachedSession, connection_to
from rnntui.sessions.detaching import detach
from rnntui.sessions.training import TrainingSession

COMMAND = [sys.executable, "-m", "rnntui"]
TEXT = ["train", "text", "--preset", "report", "--corpus", corpus(), "--validate-every", "0", "--steps", "10000000"]
TURN_SECONDS, STOPPED_SECONDS = 6.0, 60.0
STEPS, LINES = 1_000_000, 10_000
CASES = ("speed", "frozen", "keys", "curves", "fuzz", "cycles")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=CASES, metavar="|".join(CASES))
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--turns", type=int, default=8)
    asked = parser.parse_args()
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as runs:
        if {"speed", "frozen", "keys"} & set(asked.cases):
            figures |= of_a_text(runs, asked.cases, asked.turns)
        if "curves" in asked.cases:
            seconds = seconds_to_curves(runs)
            figures["curves"] = {"seconds": seconds, "bar": 1.0}
            print(f"curves: those of {STEPS:,} steps are there after {seconds:.2f} s (bar 1 s)")
        if "fuzz" in asked.cases:
            is_same = fuzz(runs)
            figures["fuzz"] = {"lines": LINES, "weights equal to the bit": is_same}
            print(f"fuzz: after {LINES:,} damaged lines the weights are {'the same' if is_same else 'OTHERS'}")
        if "cycles" in asked.cases:
            figures["cycles"] = found = cycles(runs, asked.cycles)
            print(f"cycles: {found}")
    write("attach", figures, keeps_others=True)


# --- a text network with and without a window -----------------------------------------------------------------------


def of_a_text(runs: str, cases: list[str], turns: int) -> dict[str, object]:
    figures: dict[str, object] = {}
    subprocess.run([*COMMAND, *TEXT, "--runs", runs, "--name", "bench", "--detach"], check=True)
    run = Run(Path(runs) / "bench")
    try:
        while last_step(run) < 50:
            time.sleep(0.1)
        if "speed" in cases:
            ratios = [with_window(run, runs) / steps_per_second(run, TURN_SECONDS) for _ in range(turns)]
            figures["speed"] = {"with a window over without": statistics.median(ratios), "turns": ratios, "bar": 0.98}
            print(f"speed: {statistics.median(ratios):.3f} of that without a window (bar 0.98)")
        if "frozen" in cases:
            with window(run, runs) as process:
                time.sleep(5)
                os.kill(process.pid, signal.SIGSTOP)
                frozen = steps_per_second(run, STOPPED_SECONDS)
                os.kill(process.pid, signal.SIGCONT)
            ratio = frozen / steps_per_second(run, STOPPED_SECONDS)
            figures["frozen"] = {"with a stopped window over without": ratio}
            print(f"frozen: {ratio:.3f} of that without a window, over {STOPPED_SECONDS:.0f} s")
        if "keys" in cases:
            with window(run, runs, drained=False) as process:
                process.expect_exact("prompt", timeout=30)
                process.send("/")
                delays = sorted(echoes(process))
            p99 = delays[int(0.99 * (len(delays) - 1))]
            figures["keys"] = {"median ms": 1e3 * statistics.median(delays), "99th percentile ms": 1e3 * p99}
            print(f"keys: echoed within {1e3 * p99:.0f} ms at the 99th percentile (bar 100 ms)")
    finally:
        subprocess.run([*COMMAND, "stop", "bench", "--runs", runs], check=False)
    return figures


def with_window(run: Run, runs: str) -> float:
    with window(run, runs):
        time.sleep(3)  # until it draws
        return steps_per_second(run, TURN_SECONDS)


def steps_per_second(run: Run, seconds: float) -> float:
    first, began = last_step(run), time.perf_counter()
    time.sleep(seconds)
    return (last_step(run) - first) / (time.perf_counter() - began)


def window(run: Run, runs: str, *, drained: bool = True) -> AbstractContextManager[pexpect.spawn]:
    """`rnntui attach` in a pseudo-terminal."""
    return typed(["attach", run.name, "--runs", runs], drained=drained)


# --- one process ----------------------------------------------------------------------------------------------------


def seconds_to_curves(runs: str) -> float:
    """From the beginning of a window to its having all curves of a paused run with that many steps."""
    training = TrainingSession(Run.create(Path(runs), "long", small(10**9)))
    training.pause(True)
    training.start()
    until(lambda: training.status.run.state == "paused")
    curves = training.curves
    for column in (curves.loss, curves.accuracy, curves.gradient_norm):
        column.extend(range(1, STEPS + 1), (random.random() for _ in range(STEPS)))
    attached = AttachedSession(Run(training.run.path))
    began = time.perf_counter()
    attached.start()
    until(lambda: attached.curves.gradient_norm.appended == STEPS)
    seconds = time.perf_counter() - began
    for session in (attached, training):
        session.stop()
        session.join()
    return seconds


def fuzz(runs: str) -> bool:
    """Whether a run at which damaged lines are thrown has the weights of one that was left alone."""
    settings = small(20_000)
    alone = Trainer(settings)
    for _ in alone:
        pass
    training = TrainingSession(Run.create(Path(runs), "fuzzed", settings))
    training.pause(True)
    training.start()
    until(lambda: live.address(training.run) is not None)
    found, seeds = live.address(training.run), [messages.line(each) for each in requests()]
    assert found is not None
    training.pause(False)
    for k in range(LINES // 10):
        connection = connection_to(found)
        if k == LINES // 20 or connection is None:
            until(lambda: training.status.run.state == "finished")  # the second half after the end
            connection = connection or connection_to(found)
        assert connection is not None
        with connection, suppress(OSError):
            connection.settimeout(0.05)
            connection.sendall(b"".join(damaged(random.choice(seeds)) for _ in range(10)))
            connection.recv(1 << 16)
    until(lambda: training.status.run.state == "finished")
    training.stop()
    training.join()
    run = Run(training.run.path)
    run.lock()
    is_same = torch.equal(Trainer(settings, run).learner.theta, alone.learner.theta)
    run.unlock()
    return is_same


def requests() -> list[messages.Request]:
    return [
        messages.Pause(paused=True),
        messages.Save(),
        messages.LearningRate(0.5),
        messages.Clip(0.1),
        messages.GoBack(),
        messages.Ask("a", 1.0),
        messages.Watch("horizon"),
        messages.End(),
    ]


def damaged(line: bytes) -> bytes:
    """A line that is certainly none of the requests any more."""
    raw = bytearray(line)
    for _ in range(random.randint(1, 8)):
        raw[random.randrange(len(raw))] = random.randrange(256)
    for part in bytes(raw).split(b"\n"):
        with suppress(ValueError):
            messages.request(part)
            return b"{]\n"
    return bytes(raw)


def small(steps: int, *, hidden: int = 16, batch: int = 8) -> object:
    given = {"hidden": hidden, "length": 5, "batch": batch, "threads": 1, "device": "cpu", "steps": steps}
    return make_settings("palindrome", given)


def until(condition: object, seconds: float = 600.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.002)


# --- given away again and again -------------------------------------------------------------------------------------


def cycles(runs: str, count: int) -> dict[str, object]:
    """Give a run to a process of its own and end it, so many times, at random moments; then let it end."""
    settings = small(400_000, hidden=96, batch=32)
    whole = Trainer(settings, Run.create(Path(runs), "whole", settings))
    for _ in whole:
        pass
    run = Run.create(Path(runs), "cycled", settings)
    run.unlock()
    took, at = [], []
    for _ in range(count):
        began = time.perf_counter()
        given = detach(run)
        took.append(time.perf_counter() - began)
        given.next(60)
        given.close()
        time.sleep(random.uniform(0, 0.1))
        found = live.address(run)
        if found is not None:
            subprocess.run([*COMMAND, "stop", run.name, "--runs", runs], check=False, capture_output=True)
        until(lambda: not run.is_held())
        at.append(last_step(run))
        if at[-1] >= settings.steps:  # type: ignore[attr-defined]
            break
    run.lock()
    rest = Trainer(settings, run)
    for _ in rest:
        pass
    rows, wanted = [strip(row) for row in run.metrics()], [strip(row) for row in Run(Path(runs) / "whole").metrics()]
    left = [name for name in os.listdir(run.path) if name == "live"]
    return {
        "cycles": len(at),
        "weights equal to the bit": torch.equal(rest.learner.theta, whole.learner.theta),
        "rows equal": rows == wanted,
        "rows": len(rows),
        "distinct steps it stood at": len(set(at)),
        "median seconds to hand over": statistics.median(took),
        "most seconds to hand over": max(took),
        "sockets and folders left": left,
        "processes left": children(),
    }


def strip(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in ("step", "loss", "accuracy", "gradient_norm", "learning_rate"))


def children() -> int:
    """Processes of this one that have not ended; ended ones are waited for."""
    count = 0
    with suppress(ChildProcessError):
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                count += 1
                time.sleep(0.5)
                if count > 10:
                    break
    return count if count > 10 else 0


if __name__ == "__main__":
    main()
