"""Where a computation's time goes, line by line of some source files: tracing, with its own cost taken off.

A sampling profiler would not do: an assignment to an array is no call, and its time would be counted for the next one.
"""

import linecache
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

TRIED = 10_000  # empty lines traced to learn what tracing one costs
REPEATED = 5  # runs, of which each line's fastest counts


@dataclass(frozen=True)
class Line:
    """A line of source: its file, the function it is in, and its number."""

    path: str
    function: str
    number: int

    @property
    def text(self) -> str:
        """What the line says."""
        return linecache.getline(self.path, self.number).strip()


def seconds_by_line(work: Callable[[], object], folder: str) -> dict[Line, float]:
    """Seconds that `work` spends on each line of the files whose path has `folder` in it, and in what they call.

    CPU time; of several runs each line's fastest counts, for other processes slow any of them down.
    """
    cost = min(sum(empty.values()) / sum(visits.values()) for empty, visits in _repeat(_nothing, __file__))
    runs = _repeat(work, folder)
    return {
        line: max(0.0, min(seconds.get(line, 0.0) for seconds, _ in runs) - cost * visits)
        for line, visits in runs[0][1].items()
    }


def _repeat(work: Callable[[], object], folder: str) -> list[tuple[dict[Line, float], dict[Line, int]]]:
    return [_trace(work, folder) for _ in range(REPEATED)]


def _nothing() -> None:
    for _ in range(TRIED):
        pass


def _trace(work: Callable[[], object], folder: str) -> tuple[dict[Line, float], dict[Line, int]]:
    """Seconds and visits of each line, the cost of tracing within."""
    seconds: dict[Line, float] = {}
    visits: dict[Line, int] = {}
    now: list[Any] = [None, 0.0]  # the line that is running, and since when

    def turn(line: Line | None) -> None:
        last, began = now
        if last is not None:
            seconds[last] = seconds.get(last, 0.0) + time.thread_time() - began
            visits[last] = visits.get(last, 0) + 1
        now[0], now[1] = line, time.thread_time()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if folder not in frame.f_code.co_filename:
            return None
        if event == "return":
            caller = frame.f_back
            turn(_line(caller) if caller is not None and folder in caller.f_code.co_filename else None)
        else:
            turn(_line(frame))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return seconds, visits


def _line(frame: FrameType) -> Line:
    return Line(frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno or 0)
