"""Whatever the disk does and whenever the process dies, nothing is lost: a fault at each file operation of a command.

    python bench/faults.py                 # every operation, every fault
    python bench/faults.py --every 20      # every twentieth case
    python bench/faults.py --only "train:17:EIO"

In a forked process the n-th operation fails (EIO, ENOSPC) or is the last (SIGKILL, also half-way through a write).
Afterwards the same work is asked for again as a user would, and then for some more; it must end as it does undisturbed:
rows and weights equal to the bit, the same files, no name that can neither be resumed nor taken, and nothing of the
user's changed.
"""

import argparse
import gc
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import specimens
from answers import PYTHONS_WORDS
from disk import FAULTS, Disk, Fault, is_worth
from typer.main import get_command

from rnntui.cli import app
from rnntui.system.failures import explain

COMMANDS = get_command(app)  # once: it takes longer than most of them
FAST = "/dev/shm" if os.path.isdir("/dev/shm") else None  # where a flush takes no time
PATIENCE = 60  # seconds for one command
TRAIN = (
    f"train palindrome --name one --cell lstm --hidden 8 --length 3 --batch 4 --threads 1 --device cpu --log-every 1 "
    f"--steps {specimens.STEPS} --save-every 4 --headless"
)
TEXT = (
    f"train text --name one --corpus latex.txt --layers 1 --hidden 8 --length 3 --batch 4 --threads 1 --device cpu "
    f"--log-every 1 --steps {specimens.STEPS} --save-every 4 --sample-every 6 --validate-every 4 --headless"
)
RESUME = f"resume one --steps {specimens.STEPS} --headless"
MORE = f"resume one --steps {specimens.STEPS + 4} --headless"


@dataclass(frozen=True)
class Scenario:
    """Work that is disturbed in a folder as `prepare` leaves it, and what is typed to have it done nevertheless.

    Of `again` the commands are tried in turn until one succeeds; `then` is done with what came out.
    """

    name: str
    prepare: Callable[[], object]
    work: Callable[[], int]
    again: tuple[Callable[[], int], ...]
    then: Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only each n-th case")
    parser.add_argument("--scenario", action="append", help="only this one; may be given again")
    parser.add_argument("--only", help="one case, scenario:operation:fault, told in full")
    given = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", COLUMNS="400", RNNTUI_CORPORA="corpora")
    os.environ.pop("RNNTUI_RUNS", None)
    wanted = given.scenario or ([given.only.partition(":")[0]] if given.only else None)
    with tempfile.TemporaryDirectory(prefix="rnntui-faults-", dir=FAST) as folder:
        warm_up(Path(folder), wanted)
        began, points, failures = time.monotonic(), 0, []
        for scenario in scenarios():
            if wanted is None or scenario.name in wanted:
                place = Place(Path(folder) / scenario.name, scenario)
                found = place.only(given.only) if given.only else place.try_all(given.every)
                points, failures = points + len(found), failures + [case for case in found if case.wrong]
        print(f"{points:,} cases, {len(failures):,} wrong; {time.monotonic() - began:,.0f} s")
    sys.exit(bool(failures))


def warm_up(place: Path, wanted: list[str] | None) -> None:
    """Load what the work loads, once for all children."""
    works = [typed(TEXT), typed(MORE)]
    if wanted is None or {"rm sweep", "sweep", "report"} & set(wanted):
        works += [sweep, typed("sweep two --report")]
    child = place / "warm"
    child.mkdir()
    (child / "latex.txt").write_text(specimens.LATEX)
    os.chdir(child)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        assert all(work() == 0 for work in works)
    os.chdir(place)
    gc.freeze()  # what is loaded by now is looked at by no child


def scenarios() -> Iterator[Scenario]:
    """What is disturbed: from the first folder of a run to its removal."""
    more, train, remove_sweep = typed(MORE), typed(TRAIN), typed("runs rm two --yes")
    yield Scenario("train", nothing, train, (typed(RESUME), train), more)
    yield Scenario("text", nothing, typed(TEXT), (typed(RESUME), typed(TEXT)), more)
    yield Scenario("resume", stopped_run, typed(RESUME), (typed(RESUME),), more)
    remove, add, report = typed("runs rm one --yes"), typed("corpora add mine latex.txt"), typed("sweep two --report")
    yield Scenario("rm", train, remove, (remove, gone("one")), train)
    yield Scenario("rm sweep", sweep, remove_sweep, (remove_sweep, gone("two")), sweep)
    yield Scenario("corpora add", nothing, add, (add,), nothing)
    yield Scenario("sweep", nothing, sweep, (sweep,), nothing)
    yield Scenario("report", sweep, report, (report,), nothing)


def nothing() -> None:
    pass


def typed(command: str) -> Callable[[], int]:
    """`rnntui COMMAND`; its exit status."""

    def run() -> int:
        try:
            COMMANDS(command.split(), prog_name="rnntui")
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return run


def gone(name: str) -> Callable[[], int]:
    return lambda: int(Path("runs", name).exists())


def stopped_run() -> None:
    """A run that died at step 10 or so: its newest checkpoint is of step 8, and there are rows past it."""
    from rnntui.config import make_settings
    from rnntui.core.training.trainer import open_trainer
    from rnntui.runs import Run

    given = {**specimens.OFTEN, "steps": 10**6, "cell": "lstm"}
    run = Run.create(Path("runs"), "one", make_settings("palindrome", given))
    for report in open_trainer(run):
        if report.step[-1] >= 10:
            break
    os._exit(0)


def sweep() -> int:
    """A sweep's runs, trained in this process; the exit status."""
    try:
        specimens.train_sweep(Path("runs"), "two", specimens.PLAN)
    except Exception as error:
        print(explain(error), file=sys.stderr)
        return 1
    return 0


# --- one case after the other ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """What became of one disturbance: exit status, what was said, and what is wrong."""

    scenario: str
    at: int
    operation: str
    fault: Fault
    status: int
    said: str
    wrong: str


class Place:
    """The folder of a scenario, and how it looks after the work when nothing disturbs it."""

    def __init__(self, root: Path, scenario: Scenario) -> None:
        self.scenario = scenario
        self._prepared, self._work = root / "prepared", root / "work"
        self._prepared.mkdir(parents=True)
        (self._prepared / "latex.txt").write_text(specimens.LATEX)
        (self._prepared / "results.csv").write_text("of the user\n")
        (self._prepared / "runs").mkdir()
        (self._prepared / "runs" / "notes").mkdir()
        (self._prepared / "runs" / "notes" / "mine.txt").write_text("of the user\n")
        self._do(scenario.prepare, self._prepared)
        self.operations = self._count()
        self._done = outcome(self._work)
        self._do(scenario.then, self._work)
        self._undisturbed = outcome(self._work)

    def try_all(self, every: int) -> list[Case]:
        """Each fault at each operation where it is one; of all, each n-th."""
        cases = [
            (at, fault)
            for at, operation in enumerate(self.operations, 1)
            for fault in FAULTS
            if is_worth(fault, operation)
        ]
        found = []
        for at, fault in cases[::every]:
            found.append(self.try_one(at, fault))
            if sys.stderr.isatty():
                print(f"\r{self.scenario.name}: {len(found):,} cases", end="\r", file=sys.stderr, flush=True)
        kinds = ", ".join(
            f"{times} {name}"
            for name, times in Counter(operation.split()[0] for operation in self.operations).most_common()
        )
        print(f"{self.scenario.name}: {len(self.operations):,} operations ({kinds}), {len(found):,} cases, ", end="")
        print(f"{sum(bool(case.wrong) for case in found):,} wrong", flush=True)
        summarize([case for case in found if case.wrong])
        return found

    def only(self, case: str) -> list[Case]:
        """One case, told in full; what it left is shown too."""
        _, at, fault = case.split(":")
        found = self.try_one(int(at), fault)  # type: ignore[arg-type]
        print(found.said, f"[{found.status}]\n{found.wrong}", sep="\n")
        for name, wanted in self._undisturbed.items():
            if wanted != (now := outcome(self._work).get(name)) and isinstance(wanted, list | dict):
                print(f"{name}\nwanted {wanted}\nfound  {now}")
        return [found]

    def try_one(self, at: int, fault: Fault) -> Case:
        self._fresh()
        status, said = self._do(self.scenario.work, self._work, at, fault)
        wrong = _wrong_end(status, said, fault)
        if not wrong and status == 0 and (words := differences(self._done, outcome(self._work))):
            wrong = f"ended with 0, and {words}"
        wrong = wrong or self._wrong_afterwards()
        return Case(self.scenario.name, at, self.operations[at - 1], fault, status, said, wrong)

    def _wrong_afterwards(self) -> str:
        said = ""
        for again in self.scenario.again:
            status, words = self._do(again, self._work)
            said += f" {' '.join(words.split())} [{status}]"
            if status == 0:
                self._do(self.scenario.then, self._work)
                return differences(self._undisturbed, outcome(self._work))
        return f"cannot be done again: {said}"

    def _count(self) -> list[str]:
        """The operations of the work when nothing disturbs it."""
        self._fresh()
        names = self._work.with_name("operations.json")

        def counted() -> int:
            disk = Disk(self._work).install()
            status = self.scenario.work()
            names.write_text(json.dumps(disk.operations))
            return status

        status, said = self._do(counted, self._work)
        assert status == 0, said
        return list(json.loads(names.read_text()))

    def _fresh(self) -> None:
        shutil.rmtree(self._work, ignore_errors=True)
        shutil.copytree(self._prepared, self._work)

    def _do(self, work: Callable[[], Any], place: Path, at: int = 0, fault: Fault = "EIO") -> tuple[int, str]:
        """Do it in a process of its own, in that folder; the exit status (below 0 a signal), and what was said."""
        words = place.with_name("words.txt")
        process = os.fork()
        if process == 0:
            _become(place, words)
            status = 1
            try:
                if at:
                    Disk(place, at, fault).install()
                status = int(work() or 0)
                sys.stdout.flush()
            except BaseException as error:
                os.write(2, f"raised {error!r}".encode())
            finally:
                os._exit(status)
        _, ended = os.waitpid(process, 0)
        return os.waitstatus_to_exitcode(ended), words.read_text(errors="replace")


def _become(place: Path, words: Path) -> None:
    """Let this process stand in a folder and write into a file, and not for ever."""
    signal.alarm(PATIENCE)
    os.chdir(place)
    out = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing_to_read = os.open(os.devnull, os.O_RDONLY)
    for descriptor, to in ((0, nothing_to_read), (1, out), (2, out)):
        os.dup2(to, descriptor)


def _wrong_end(status: int, said: str, fault: Fault) -> str:
    """What is wrong with how a disturbed process ended."""
    if fault.startswith("SIGKILL"):
        return "" if status == -signal.SIGKILL else f"ended with {status} where it was killed"
    if status not in (0, 1, 2):
        return f"ended with {status}"
    if match := PYTHONS_WORDS.search(said):
        return f"Python's words: {' '.join(said[max(0, match.start() - 200) : match.end() + 100].split())}"
    return "" if status == 0 or said.strip() else "ended without a word"


def outcome(place: Path) -> dict[str, Any]:
    """What must be the same however the work was disturbed: names, rows, weights, and all that is the user's."""
    found: dict[str, Any] = {}
    for path in sorted(path for path in place.rglob("*") if not path.is_dir()):
        name = str(path.relative_to(place))
        if path.name in ("metrics.jsonl", "samples.jsonl"):
            found[name] = [_timeless(json.loads(line)) for line in path.read_text().splitlines()]
        elif path.name == "result.json":
            found[name] = _timeless(json.loads(path.read_text()))
        elif path.suffix in (".safetensors", ".txt", ".csv") and path.name != "results.csv":
            found[name] = path.read_bytes()
        else:
            found[name] = "there"
    for path in (place / "results.csv", place / "runs" / "notes"):
        found[f"{path.name} of the user"] = path.read_bytes() if path.is_file() else path.is_dir()
    found["folders"] = sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_dir())
    return found


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("seconds", "at")}


def differences(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    """The first few, in words; empty where all is the same."""
    words = [
        f"{name} is {'left behind' if name not in wanted else 'gone' if name not in found else 'another'}"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]
    return "; ".join(words[:4])


def summarize(failures: list[Case]) -> None:
    """A line for each kind of what is wrong: how often, and one of the cases."""
    kinds: dict[str, list[Case]] = {}
    for case in failures:
        kinds.setdefault(f"{case.scenario}, {case.fault}: {case.wrong[:80]}", []).append(case)
    for cases in sorted(kinds.values(), key=len, reverse=True):
        first = cases[0]
        print(f"{len(cases):5,}  {first.scenario}:{first.at}:{first.fault} ({first.operation}) {first.wrong[:400]}")


if __name__ == "__main__":
    main()
