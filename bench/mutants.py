"""Lines broken one at a time, at random: does a test notice?

    python bench/mutants.py --count 200 --seed 0
    python bench/mutants.py --only rnntui/sweeps/          # lines of these files alone
    python bench/mutants.py --only rnntui/runs/tail.py:131   # every change of one line

Drawn are lines that do something (`mutant_changes.py`), and one change of each. Each broken line is shown to the test
files nearest to it (`mutant_tests.py`), one after the other until a test fails. A test that fails on the healthy tree
too, as one may on a busy machine, is left out and has noticed nothing. All of it happens in a copy of the tree.
"""

import argparse
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
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from mutant_changes import Change, changes
from mutant_tests import ROOT, related

FOLDERS = ("rnntui/core", "rnntui/runs", "rnntui/sweeps")
FAST = "/dev/shm" if os.path.isdir("/dev/shm") else None


@dataclass
class Mutant:
    """A broken line, and what came of it: `killed`, `timed out` or `survived`."""

    file: str
    line: int
    change: str
    outcome: str = "survived"
    by: str = ""  # the test that noticed
    tried: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="lines to draw")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="begin with this one of the lines that were drawn")
    parser.add_argument("--only", default="", help="files whose path begins so, or FILE:LINE")
    parser.add_argument("--files", type=int, default=4, help="test files that a line is shown to, at most")
    parser.add_argument("--seconds", type=int, default=60, help="that one test may take")
    parser.add_argument("--patience", type=int, default=300, help="seconds after which no other test file is asked")
    parser.add_argument("--minutes", type=float, default=1e9, help="after which no other line is broken")
    parser.add_argument("--json", type=Path, help="write every mutant as a line of JSON into this file")
    given = parser.parse_args()

    drawn = list(draw(given.only, given.count, given.seed))[given.first :]
    with tempfile.TemporaryDirectory(prefix="rnntui-mutants-", dir=FAST) as folder:
        laboratory = Laboratory(Path(folder) / "tree", given.seconds, given.patience)
        ended: list[Mutant] = []
        began = time.monotonic()
        for file, change in drawn:
            if time.monotonic() - began > given.minutes * 60:
                break
            mutant = laboratory.examine(file, change, given.files)
            ended.append(mutant)
            tell(mutant, len(ended), len(drawn))
            if given.json:
                with given.json.open("a") as out:
                    out.write(json.dumps(asdict(mutant)) + "\n")
        summarize(ended, time.monotonic() - began)


def draw(only: str, count: int, seed: int) -> Iterator[tuple[str, Change]]:
    """Lines that do something, each once, and a change of each; of a single line all its changes."""
    path, _, line = only.partition(":")
    files = sorted(str(each.relative_to(ROOT)) for each in (ROOT / "rnntui").rglob("*.py"))
    files = [file for file in files if file.startswith(path or tuple(f"{each}/" for each in FOLDERS))]
    if line:
        yield from ((file, each) for file in files for each in changes_of(file) if each.line == int(line))
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

    def __init__(self, folder: Path, seconds: int, patience: int) -> None:
        self.folder, self._seconds, self._patience = folder, seconds, patience
        self._healthy: dict[str, bool] = {}  # whether a test passes where nothing is broken
        self._clock = int(time.time())  # compiled files are known by the second and size of their source
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, stdout=-1, check=True
        )
        for name in listed.stdout.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        for module in ("torch", "numpy", "textual.app", "textual.pilot", "typer", "pytest", "hypothesis"):
            __import__(module)  # once, and not for each fork; nothing of rnntui

    def examine(self, file: str, change: Change, most: int) -> Mutant:
        """Break a line, show it to the tests, and mend it."""
        source, began = (self.folder / file).read_bytes(), time.monotonic()
        mutant = Mutant(file, change.line, change.told(source))
        try:
            self._write(file, change.of(source))
            for test in related(file, change.line, most):
                if time.monotonic() - began > self._patience:
                    break
                mutant.tried.append(test.name)
                outcome, by = self._ask(test.name, file, source, change.of(source))
                if outcome != "passed":
                    mutant.outcome, mutant.by = outcome, by
                    break
        finally:
            self._write(file, source)
        mutant.seconds = round(time.monotonic() - began, 1)
        return mutant

    def _ask(self, test: str, file: str, healthy: bytes, broken: bytes) -> tuple[str, str]:
        """`passed`, `killed` or `timed out`, and by which test; one that a healthy tree fails is left out."""
        left_out: list[str] = []
        while True:
            outcome, by = self._run([f"tests/{test}", *(f"--deselect={each}" for each in left_out)])
            if outcome == "passed":
                return outcome, ""
            self._write(file, healthy)
            is_healthy = self._is_healthy(by)
            self._write(file, broken)
            if is_healthy:
                return outcome, by
            if by in left_out or "::" not in by:
                return "passed", ""
            left_out.append(by)

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
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)  # what a test has left running
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


def tell(mutant: Mutant, number: int, of: int) -> None:
    by = f" by {mutant.by}" if mutant.by else f" {', '.join(mutant.tried)}"
    print(f"{number}/{of} {mutant.outcome:9} {mutant.file}:{mutant.line} {mutant.change}\n    {by}", flush=True)


def summarize(ended: list[Mutant], seconds: float) -> None:
    """How many of each outcome, and the survivors once more."""
    counts = {
        outcome: sum(each.outcome == outcome for each in ended) for outcome in ("killed", "survived", "timed out")
    }
    for each in ended:
        if each.outcome == "survived":
            print(f"\n{each.file}:{each.line}  {each.change}\n    tried: {', '.join(each.tried)}")
    noticed = len(ended) - counts["survived"]
    share = noticed / len(ended) if ended else 0.0
    figures = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    print(f"\n{len(ended)} lines broken: {figures}; {share:.0%} noticed, in {seconds:,.0f} s")


if __name__ == "__main__":
    main()
