"""Which test runs which line of rnntui: written down once by coverage.py (`pip install coverage`), test by test.

Loaded three times: by `mutants.py`, which asks for the map; as a plugin by each process of pytest, which tells
coverage.py the name of the test that begins; and by each process that a test starts, whose lines are that test's too.
"""

import atexit
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import coverage
import pytest

FOLDER = "COVERAGE_MUTANTS"  # the variable with the folder that data goes to; tests let names that begin so through
HERE = Path(__file__).resolve().parents[1]  # of a copy: the copy
# Python runs it first in every process that has the tree in its path.
FIRST = """\
import os, sys
if "PYTEST_CURRENT_TEST" in os.environ and {folder!r} in os.environ:
    sys.path += {paths!r}
    import mutant_coverage
    mutant_coverage.begin_process()
"""


@dataclass
class Map:
    """For each file and line the tests that run it, by their places in `tests`.

    `seconds` is what each took; `failed` are those that fail though nothing is broken.
    """

    tests: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    lines: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def of(self, file: str, line: int) -> set[int]:
        return set(self.lines.get(file, {}).get(str(line), ()))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))


def read(path: Path) -> Map:
    return Map(**json.loads(path.read_text()))


def collect(tree: Path, processes: int) -> Map:
    """Run the whole suite over a copy of the tree; what fails on the way has run its lines too."""
    data = tree.with_suffix(".coverage")
    data.mkdir()
    bench = str(tree / "bench")
    first = tree / "sitecustomize.py"
    first.write_text(FIRST.format(folder=FOLDER, paths=[bench, str(Path(coverage.__file__).parents[1])]))
    paths = os.pathsep.join([str(tree), bench, os.environ.get("PYTHONPATH", "")])
    options = ["-q", "-n", str(processes), "-p", "mutant_coverage", "-p", "no:cacheprovider", "--tb=line"]
    environment = {**os.environ, "PYTHONPATH": paths, FOLDER: str(data)}
    try:
        subprocess.run([sys.executable, "-m", "pytest", *options], cwd=tree, env=environment, check=False)
    finally:
        first.unlink()
    return _joined(tree, data)


def _joined(tree: Path, data: Path) -> Map:
    """The map of all that the processes left."""
    found = Map()
    for path in sorted(data.glob("*.tests")):
        seconds, failed = json.loads(path.read_text())
        found.tests += seconds
        found.seconds += seconds.values()
        found.failed += failed
    numbers = {test: number for number, test in enumerate(found.tests)}
    sets: dict[str, dict[str, set[int]]] = {}
    for path in sorted(data.glob("lines.*")):
        part = coverage.CoverageData(str(path))
        part.read()
        for file in part.measured_files():
            lines = sets.setdefault(os.path.relpath(file, os.path.realpath(tree)), {})
            for line, tests in part.contexts_by_lineno(file).items():
                lines.setdefault(str(line), set()).update(numbers[test] for test in tests if test in numbers)
    found.lines = {file: {line: sorted(tests) for line, tests in lines.items()} for file, lines in sets.items()}
    return found


def _begun(context: str | None) -> coverage.Coverage:
    data = Path(os.environ[FOLDER]) / "lines"
    measured = coverage.Coverage(
        data_file=str(data), data_suffix=True, source=[str(HERE / "rnntui")], config_file=False, context=context
    )
    measured.start()
    return measured


def begin_process() -> None:
    """In a process that a test has started: its lines are that test's, however it ends."""
    measured = _begun(os.environ["PYTEST_CURRENT_TEST"].rpartition(" (")[0])
    leave, own = os._exit, os.getpid()

    def end() -> None:
        if os.getpid() == own:
            measured.stop()
            measured.save()

    def end_at_once(status: int) -> None:
        end()
        leave(status)

    atexit.register(end)
    os._exit = end_at_once  # type: ignore[assignment]


class _Measured:
    """Names each test to coverage.py as it begins, and takes its time."""

    def __init__(self) -> None:
        self._coverage = _begun(None)
        self._seconds: dict[str, float] = {}
        self._failed: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        began = time.perf_counter()
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")
            self._seconds[item.nodeid] = round(time.perf_counter() - began, 3)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_unconfigure(self) -> None:
        self._coverage.stop()
        self._coverage.save()
        (Path(os.environ[FOLDER]) / f"{os.getpid()}.tests").write_text(json.dumps([self._seconds, self._failed]))


def pytest_configure(config: pytest.Config) -> None:
    if FOLDER in os.environ:
        config.pluginmanager.register(_Measured())
