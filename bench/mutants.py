"""Lines broken one at a time, at random: does a test notice?  (needs `pip install coverage`)

    python bench/mutants.py --count 200 --seed 0 --json FILE
    python bench/mutants.py --only rnntui/sweeps/             # lines of these files alone
    python bench/mutants.py --only rnntui/runs/tail.py:131    # every change of one line
    python bench/mutants.py --again FILE                      # what survived there, once more

First the whole suite is run once, and it is written down which test runs which line (`mutant_coverage.py`); `--map`
keeps that for the next time. Drawn are lines that do something (`mutant_changes.py`), and one change of each. Each
broken line is shown to the tests that run it (`mutant_tests.py`), likeliest first, until one fails. A test that fails
on the healthy tree too, or passes when asked again, has noticed nothing and is left out. All of it happens in a copy of
the tree.
"""

import argparse
import ctypes
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TextIO

from mutant_changes import Change, changes
from mutant_coverage import Map, collect, read
from mutant_tests import ROOT, related

FOLDERS = ("rnntui/core", "rnntui/runs", "rnntui/sweeps")
PR_SET_CHILD_SUBREAPER = 36  # of <linux/prctl.h>
BATCH = 20  # tests that one pytest is asked for at first
FAST = "/dev/shm" if os.path.isdir("/dev/shm") else None


@dataclass
class Mutant:
    """A broken line, and what came of it: `killed`, `timed out` or `survived`."""

    file: str
    line: int
    change: str
    outcome: str = "survived"
    by: str = ""  # the test that noticed
    asked: int = 0  # tests that it was shown to at most,
    of: int = 0  # of all that run the line
    seconds: float = 0.0

    def __str__(self) -> str:
        by = self.by or (f"shown to {self.asked} of the {self.of} tests that run it" if self.of else "no test runs it")
        return f"{self.outcome:9} {self.file}:{self.line} {self.change}\n    {by}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="lines to draw")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="files whose path begins so, or FILE:LINE")
    parser.add_argument("--again", type=Path, help="the survivors of this file that --json wrote")
    parser.add_argument("--map", type=Path, help="which test runs which line; made where there is none")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=60, help="that one test may take")
    parser.add_argument("--patience", type=int, default=150, help="seconds of tests that a line is shown to")
    parser.add_argument("--minutes", type=float, default=1e9, help="after which no other line is broken")
    parser.add_argument(
        "--json", type=Path, help="a line of JSON for every mutant; those that it has are not asked again"
    )
    given = parser.parse_args()

    drawn = list(survivors(given.again) if given.again else draw(given.only, given.count, given.seed))
    with tempfile.TemporaryDirectory(prefix="rnntui-mutants-", dir=FAST) as folder:
        results = given.json or Path(folder) / "results"
        ended = {(result.file, result.line, result.change) for result in read_results(results)}
        left = [line for line in drawn if told(*line) not in ended]
        known = known_lines(given.map, Path(folder), given.processes)
        began = time.monotonic()
        until = began + given.minutes * 60
        children = [
            begin_process(partial(work, k, left, Path(folder), known, results, until, given))
            for k in range(given.processes)
        ]
        for child in children:
            os.waitpid(child, 0)
        summarize(read_results(results), time.monotonic() - began)


def told(file: str, change: Change) -> tuple[str, int, str]:
    return file, change.line, change.told((ROOT / file).read_bytes())


def known_lines(kept: Path | None, folder: Path, processes: int) -> Map:
    if kept and kept.exists():
        return read(kept)
    copy_tree(folder / "measured")
    known = collect(folder / "measured", processes)
    if kept:
        known.write(kept)
    return known


def begin_process(do: Callable[[], None]) -> int:
    """A fork that does it and ends, whatever comes; its number."""
    if process := os.fork():
        return process
    try:
        do()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(0)


def work(
    number: int,
    drawn: list[tuple[str, Change]],
    folder: Path,
    known: Map,
    results: Path,
    until: float,
    given: argparse.Namespace,
) -> None:
    """One process' part of the lines: each is written down as it is known."""
    laboratory = Laboratory(folder / f"tree{number}", known, given.seconds, given.patience)
    for place in range(number, len(drawn), given.processes):
        if time.monotonic() > until:
            break
        mutant = laboratory.examine(*drawn[place])
        print(f"{place + 1}/{len(drawn)} {mutant}", flush=True)
        with results.open("a") as out:
            out.write(json.dumps(asdict(mutant)) + "\n")


def read_results(file: Path) -> list[Mutant]:
    return [Mutant(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def survivors(file: Path) -> Iterator[tuple[str, Change]]:
    """Those of an earlier run, each at the nearest place where such a change can be made now."""
    for mutant in read_results(file):
        if mutant.outcome == "survived":
            source = (ROOT / mutant.file).read_bytes() if (ROOT / mutant.file).exists() else b""
            alike = [change for change in changes(source) if change.told(source) == mutant.change]
            if alike:
                yield mutant.file, min(alike, key=lambda change: abs(change.line - mutant.line))
            else:
                print(f"no longer there: {mutant}")


def draw(only: str, count: int, seed: int) -> Iterator[tuple[str, Change]]:
    """Lines that do something, each once, and a change of each; of a single line all its changes."""
    path, _, line = only.partition(":")
    files = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "rnntui").rglob("*.py"))
    files = [file for file in files if file.startswith(path or tuple(f"{folder}/" for folder in FOLDERS))]
    if line:
        yield from ((file, change) for file in files for change in changes_of(file) if change.line == int(line))
        return
    by_line: dict[tuple[str, int], list[Change]] = {}
    for file in files:
        for change in changes_of(file):
            by_line.setdefault((file, change.line), []).append(change)
    chance = random.Random(seed)
    for file, number in chance.sample(sorted(by_line), min(count, len(by_line))):
        yield file, chance.choice(by_line[file, number])


def changes_of(file: str) -> list[Change]:
    return changes((ROOT / file).read_bytes())


class Begun:
    """Tells pytest to write down each test that begins: the last one is that which failed or hung."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._lines.write(f"{nodeid}\n")


class Laboratory:
    """A copy of the tree in which one line at a time is broken, and tests are run by forked processes."""

    def __init__(self, folder: Path, known: Map, seconds: int, patience: int) -> None:
        self.folder, self._known, self._seconds, self._patience = folder, known, seconds, patience
        self._took = dict(zip(known.tests, known.seconds, strict=True))
        self._healthy = dict.fromkeys(known.failed, False)  # whether a test passes where nothing is broken
        self._clock = int(time.time())  # compiled files are known by the second and size of their source
        copy_tree(folder)
        adopt_orphans()
        for module in ("torch", "numpy", "textual.app", "textual.pilot", "typer", "pytest", "hypothesis"):
            __import__(module)  # once, and not for each fork; nothing of rnntui

    def examine(self, file: str, change: Change) -> Mutant:
        """Break a line, show it to the tests, and mend it."""
        source, began = (self.folder / file).read_bytes(), time.monotonic()
        mutant, tests = Mutant(file, change.line, change.told(source)), related(file, change.line, self._known)
        mutant.of = len(tests)
        try:
            for batch in self._batches(tests):
                mutant.asked += len(batch)
                mutant.outcome, mutant.by = self._ask(batch, file, source, change.of(source))
                if mutant.outcome != "survived":
                    break
        finally:
            self._write(file, source)
        mutant.seconds = round(time.monotonic() - began, 1)
        return mutant

    def _batches(self, tests: list[str]) -> Iterator[list[str]]:
        """The likeliest, then the others: as many as patience lasts for."""
        cost = accumulate(self._took[test] for test in tests)
        most = max(BATCH, sum(seconds < self._patience for seconds in cost))
        for first, last in pairwise([0, BATCH, 5 * BATCH, max(most, 5 * BATCH)]):
            if batch := tests[first : min(last, most)]:
                yield batch

    def _ask(self, tests: list[str], file: str, healthy: bytes, broken: bytes) -> tuple[str, str]:
        """The outcome, and by which test; one that a healthy tree fails, or that passes alone, is left out."""
        left = tests
        while left:
            self._write(file, broken)
            outcome, by = self._run(left)
            if outcome == "passed":
                break
            if outcome == "killed" and by in self._took:  # it passed as the map was made
                self._healthy.setdefault(by, True)
                outcome = self._run([by])[0]
            self._write(file, healthy)
            if outcome != "passed" and self._is_healthy(by):
                return outcome, by
            if by not in left:
                break
            left = left[left.index(by) + 1 :]  # those before it have passed
        return "survived", ""

    def _is_healthy(self, test: str) -> bool:
        if test not in self._healthy:
            self._healthy[test] = self._run([test])[0] == "passed"
        return self._healthy[test]

    def _write(self, file: str, content: bytes) -> None:
        (self.folder / file).write_bytes(content)
        self._clock += 1
        os.utime(self.folder / file, (self._clock, self._clock))

    def _run(self, asked: Sequence[str]) -> tuple[str, str]:
        """`passed`, `killed` or `timed out`, and the test at which that was."""
        said, begun = (self.folder.with_suffix(suffix) for suffix in (".said", ".begun"))
        begun.write_text("")
        process = os.fork()
        if not process:
            self._be_pytest(asked, said, begun)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        end_all_children()  # what a test has left running
        is_hung = status < 0 or "+ Timeout +" in said.read_text(errors="replace")
        last = begun.read_text().splitlines()[-1:]
        if status in (0, 5):  # 5: no test was left
            return "passed", ""
        return "timed out" if is_hung else "killed", last[0] if last else asked[0]

    def _be_pytest(self, asked: Sequence[str], said: Path, begun: Path) -> None:
        """Become a pytest over the copy, with its output in a file."""
        status = 3
        try:
            os.setsid()
            out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for descriptor in (1, 2):
                os.dup2(out, descriptor)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            limit = self._seconds * 5  # seconds of CPU: what no timeout of a test ends
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            os.chdir(self.folder)
            sys.path[:] = [str(self.folder), *(path for path in sys.path if Path(path or ".").resolve() != ROOT)]
            os.environ["PYTHONPATH"] = str(self.folder)
            import pytest

            options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--tb=line", f"--timeout={self._seconds}"]
            with begun.open("w", buffering=1) as lines:
                status = pytest.main([*asked, *options], plugins=[Begun(lines)])
        finally:
            sys.stdout.flush()
            os._exit(status)


def adopt_orphans() -> None:
    """Become the parent of what outlives its own parent below this process (Linux)."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_all_children() -> None:
    own = Path(f"/proc/self/task/{os.getpid()}/children")
    while children := own.read_text().split() if own.exists() else []:
        for child in map(int, children):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def copy_tree(folder: Path) -> None:
    """What git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, stdout=-1, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def summarize(ended: list[Mutant], seconds: float) -> None:
    """How many of each outcome, and the survivors once more."""
    counts = {
        outcome: sum(result.outcome == outcome for result in ended) for outcome in ("killed", "survived", "timed out")
    }
    for result in ended:
        if result.outcome == "survived":
            print(f"\n{result}")
    noticed = len(ended) - counts["survived"]
    share = noticed / len(ended) if ended else 0.0
    figures = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    print(f"\n{len(ended)} lines broken: {figures}; {share:.0%} noticed, in {seconds:,.0f} s")


if __name__ == "__main__":
    main()
