"""One trial: a damaged folder beside a healthy run and canaries, and what is wrong with what commands make of it."""

import os
import random
import resource
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import specimens
from answers import MOST_SECONDS, Answer, ask, faults
from mutations import mutate

ASKED = 4  # commands beside `runs`
GO_ON = specimens.STEPS + 3

MEMORY = 3 << 29  # bytes of address space beyond what is loaded

Listing = dict[str, tuple[object, ...]]


@dataclass(frozen=True)
class Place:
    """Where trials are held: `runs` of one working directory, the pristine folders, and canaries that links lead to."""

    pristine: Path
    work: Path
    outside: Path

    @classmethod
    def make(cls, root: Path) -> "Place":
        """Train what is damaged and lay out the canaries."""
        place = cls(specimens.make(root / "pristine"), root / "work", root / "outside")
        (place.work / "runs").mkdir(parents=True)
        (place.work / "results.csv").write_text("of the user\n")
        (place.work / "json.py").write_text("raise SystemExit('a module of the working directory was imported')\n")
        place.outside.mkdir()
        for name, text in (("canary.txt", "canary\n"), ("canary.json", '{"format": 1}\n'), ("step-00000001", "x\n")):
            (place.outside / name).write_text(text)
        for name in (".ssh", "checkpoints", "folder"):
            (place.outside / name).mkdir()
            (place.outside / name / "key").write_text("secret\n")
        shutil.copytree(place.pristine / specimens.HEALTHY, place.outside / "run")
        return place

    @property
    def runs(self) -> Path:
        return self.work / "runs"

    def canaries(self, damaged: Path) -> Listing:
        """All that no command may change."""
        text = str(self.pristine.parent / "latex.txt")  # what the runs learned
        return {**seen(str(self.outside)), **seen(str(self.work), leave_out=str(damaged)), text: look(text)}


@dataclass
class Outcome:
    """What was done to a folder, what was answered, and what is wrong, each with the command."""

    seed: int
    base: str
    done: list[str]
    answers: list[Answer] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        seconds = max((answer.seconds for answer in self.answers), default=0.0)
        return {
            "seed": self.seed,
            "base": self.base,
            "done": self.done,
            "faults": self.faults,
            "answers": len(self.answers),
            "seconds": seconds,
        }


def trial(place: Place, seed: int, most_seconds: float = MOST_SECONDS) -> Outcome:
    """Damage a folder as the seed says, and ask five commands about it."""
    rng = random.Random(seed)
    base = rng.choice(specimens.NAMES)
    clear(place)
    damaged = place.runs / base
    shutil.copytree(place.pristine / base, damaged)
    damaged, done = mutate(damaged, rng, place.outside)
    outcome, before = Outcome(seed, base, done), place.canaries(damaged)
    home = os.getcwd()
    os.chdir(place.work)
    try:
        for words in commands(damaged.name, base, rng):
            answer = ask(*words)
            outcome.answers.append(answer)
            told = "rnntui " + " ".join(words[:2] if words[0] == "runs" else words[:1])
            outcome.faults += [(told, fault) for fault in faults(answer, most_seconds)]
            if words[0] == "runs" and words[1:] in ((), ("--json",)) and specimens.HEALTHY not in answer.stdout:
                outcome.faults.append((told, f"hides the healthy run: {answer.text[:200]}"))
            if changed := differences(before, place.canaries(damaged)):
                outcome.faults.append((told, f"changed outside its folder: {', '.join(changed[:3])}"))
                before = place.canaries(damaged)
    finally:
        os.chdir(home)
    return outcome


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Let what takes memory without an end fail in here, instead of taking the machine's."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    loaded = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (loaded + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def commands(name: str, base: str, rng: random.Random) -> Iterator[tuple[str, ...]]:
    """`runs` and four others, in an order that deletes last."""
    one = f"{name}/{sorted(os.listdir(os.path.join('runs', name)))[0]}" if is_listable(name) else name
    run = rng.choice([one, name]) if base in ("sweep", "syntax") else name
    every = [
        ("runs", "show", name),
        ("runs", "show", run, "--json"),
        ("resume", run, "--headless", "--steps", str(GO_ON)),
        ("resume", run, "--json", "--steps", str(GO_ON)),
        ("sample", run, "--length", "20"),
        ("sample", "last", "--length", "20", "--json"),
        ("write", run, "--plain", "--length", "20"),
        ("score", run),
        ("score", run, "--json"),
        ("gradients", run),
        ("compare", name, "--headless"),
        ("compare", name, specimens.HEALTHY, "--json"),
        ("sweep", name, "--report"),
        ("sweep", name, "--report", "--json"),
        ("runs", "rm", name, "--yes"),
        ("runs", "rm", run, "--yes"),
    ]
    yield ("runs",) if rng.random() < 0.7 else ("runs", "--json")
    yield from sorted(rng.sample(every, ASKED), key=lambda words: "rm" in words)


def is_listable(name: str) -> bool:
    place = os.path.join("runs", name)
    return os.path.isdir(place) and not os.path.islink(place) and bool(os.listdir(place))


def clear(place: Place) -> None:
    """Remove what the trial before left, and lay the healthy run anew."""
    for entry in place.runs.iterdir():
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    shutil.copytree(place.pristine / specimens.HEALTHY, place.runs / specimens.HEALTHY)


def seen(root: str, leave_out: str = "") -> Listing:
    """What lies under a folder: kinds, times and bytes, links not followed."""
    found: Listing = {}
    for place, folders, files in os.walk(root):
        folders[:] = [name for name in folders if os.path.join(place, name) != leave_out]
        for path in (os.path.join(place, name) for name in (*folders, *files)):
            if path != leave_out:
                found[path] = look(path)
    return found


def look(path: str) -> tuple[object, ...]:
    """What can be told of an entry, and what a file holds."""
    status = os.lstat(path)
    if stat.S_ISDIR(status.st_mode):
        return ("folder", status.st_mode)
    content = b""
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            content = file.read()
    return (status.st_mode, status.st_size, status.st_mtime_ns, content)


def differences(before: Listing, after: Listing) -> list[str]:
    """What is new, gone or other."""
    return [
        f"{path} {'is new' if path not in before else 'is gone' if path not in after else 'is another'}"
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]
