"""What a large sweep asks of the process that drives it: `python bench/sweep_scale.py`.

Workers that only speak: each says what the real one says, that it is ready, how far its run is, and a result, and
trains nothing; so all that is measured is the pool, the sweep's folder and what carries the messages. The table gives,
for 1,000 and 10,000 runs, the processor time from the first hand-out to the last result, the memory of the process,
and the bytes that a run is sent and says. Then 1,000 runs side by side, in a sweep of 10,000, say how far they are: at
the pace that is asked of so many on a cluster, and at the four lines a second of a worker beside the driver; the share
of a core that the driver takes is measured.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from machine import write

from rnntui.config import as_dict
from rnntui.sweeps.folder import Result, Sweep
from rnntui.sweeps.places import WorkerEnd
from rnntui.sweeps.places.relay import gather_seconds
from rnntui.sweeps.plan import Job, Plan, checked
from rnntui.sweeps.pool import Pool

SIZES = (1_000, 10_000)
SIDE_BY_SIDE = 1_000
STEADY_SECONDS = 20.0
LOOK_SECONDS = 0.1  # from one poll to the next, as a screen does it
SAY_SECONDS = 0.25  # from line to line, of a worker process; that of `rnntui.core.worker`, which would load PyTorch
LINES = 20  # that a run says on its way
RESULT = Result("finished", 10_000, 0.0123456789, 0.98765432, 0.99, 0.9876, 5_000, 12.345, "", 66_048)


class Speaker:
    """A worker that trains nothing: a job given to it is over after so many lines, one each time that it is read."""

    def __init__(self, place: "Speakers") -> None:
        self.slots, self.most = 1, 1
        self.jobs: dict[str, Job] = {}
        self.device, self.node, self.refusal, self.is_leaving = "", "", None, False
        self._place, self._said, self._at = place, {}, 0.0

    def give(self, job: Job, folder: Path) -> None:
        self.jobs[job.name] = job
        sent = {"run": job.name, "folder": str(folder), "settings": as_dict(job.settings), "syntax": None}
        self._place.sent += len(json.dumps(sent)) + 1
        self._said[job.name] = 0

    def drop(self, name: str) -> None:
        raise AssertionError(name)

    def read(self) -> tuple[list[dict[str, Any]], bool]:
        if not self.device:
            return [{"device": "cpu"}], True
        if self.is_leaving:
            return [], False
        lines = []
        for name in list(self._said) if self._place.is_due(self) else ():
            self._said[name] += 1
            line: dict[str, Any] = {"run": name, "step": 500 * self._said[name], "accuracy": 0.98765432,
                                    "loss": 0.0123456789, "steps_per_second": 1234.5678}  # fmt: skip
            if self._said[name] > self._place.lines:
                line = {"run": name, "result": vars(RESULT), "traceback": ""}
                del self._said[name]
            lines.append(json.dumps(line).encode())
        self._place.heard += sum(map(len, lines)) + len(lines)
        self._place.messages += len(lines)
        return [json.loads(line) for line in lines], True

    def close(self) -> None:
        self.is_leaving = True

    def end(self) -> WorkerEnd:
        return WorkerEnd("")


class Speakers:
    """So many of them at a time; each says a line every `every` seconds, or whenever it is read."""

    def __init__(self, count: int, lines: int) -> None:
        self.lines, self.every = lines, 0.0
        self._count = count
        self.sent = self.heard = self.messages = 0

    def is_due(self, worker: Speaker) -> bool:
        now = time.monotonic()
        if now - worker._at < self.every:
            return False
        worker._at = now
        return True

    def room(self, workers: Sequence[Any], wanted: int) -> int:
        return min(self._count, wanted)

    def bears_no_more_than(self, workers: int) -> None:
        raise AssertionError(workers)

    def start(self, number: int, slots: int) -> Speaker:
        return Speaker(self)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def waiting(self) -> str:
        return ""

    def news(self) -> list[str]:
        return []

    def size(self) -> str:
        return ""

    def close(self) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, help="of one sweep, measured in this process")
    parser.add_argument("--side-by-side", type=int, help="runs at a time that only say how far they are")
    asked = parser.parse_args()
    if asked.runs:
        print(json.dumps(whole(asked.runs)))
        return
    if asked.side_by_side:
        print(json.dumps(steady(asked.side_by_side)))
        return
    figures = {f"{count:,} runs": _alone("--runs", count) for count in SIZES}
    figures[f"{SIDE_BY_SIDE:,} runs side by side"] = _alone("--side-by-side", SIDE_BY_SIDE)
    print(json.dumps(figures, indent=1))
    write("sweep_scale", figures)


def _alone(option: str, count: int) -> dict[str, Any]:
    """What this script finds in a process of its own, whose memory is that of one sweep."""
    command = [sys.executable, __file__, option, str(count)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def whole(count: int) -> dict[str, Any]:
    """A sweep of so many runs from its first to its last, 100 at a time."""
    with tempfile.TemporaryDirectory() as folder:
        before = _memory()
        began = time.process_time()
        sweep = Sweep.open(Path(folder), None, plan(count))
        opened = time.process_time()
        place = Speakers(100, LINES)
        pool = Pool(sweep, place=place)
        while not pool.is_over:
            pool.poll()
        ended = time.process_time()
        pool.close()
        sweep.close()
    return {
        "processor seconds to open": round(opened - began, 2),
        "processor milliseconds a run": round(1000 * (ended - opened) / count, 2),
        "messages a run": round(place.messages / count, 1),
        "bytes sent a run": round(place.sent / count),
        "bytes heard a run": round(place.heard / count),
        "MiB of memory, without what Python takes": round(_memory() - before, 1),
    }


def steady(count: int) -> list[dict[str, Any]]:
    """So many runs at a time in a sweep of ten times as many, none of which ends meanwhile, at each pace."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep.open(Path(folder), None, plan(10 * count))
        place = Speakers(count, 1_000_000)
        pool = Pool(sweep, place=place)
        for _ in range(3):  # until all are ready and at work
            pool.poll()
        for every in (gather_seconds(count), SAY_SECONDS):
            place.every = every
            heard, began, at = place.messages, time.process_time(), time.monotonic()
            while time.monotonic() - at < STEADY_SECONDS:
                pool.poll()
                pool.wait(min(every, LOOK_SECONDS))
            share = (time.process_time() - began) / (time.monotonic() - at)
            a_second = round((place.messages - heard) / (time.monotonic() - at))
            found.append({"seconds from line to line": every, "lines a second": a_second, "share of a core": share})
        pool.close()
        sweep.close()
    return found


def plan(count: int) -> Plan:
    base = {"task": "palindrome", "cell": "lstm", "hidden": 16, "steps": 10_000, "threads": 1, "device": "cpu"}
    return checked(Plan("bench", "bench", base, {"seed": list(range(count // 10)), "length": list(range(2, 12))}))


def _memory() -> float:
    """MiB that this process has taken at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
