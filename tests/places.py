"""Every kind of place where a string from outside is shown: typed, in names, in files, in texts, drawn, on terminals.

A place takes the stage and the strings, and yields what was looked at: where, for which string, and what is unsafe.
"""

import fcntl
import io
import json
import os
import pty
import select
import shutil
import signal
import struct
import sys
import termios
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import specimens
from answers import ask, faults
from hostile import unsafe_characters, unsafe_sequences
from typer.main import get_command

from rnntui.cli import app

Looked = tuple[str, str, list[str]]  # where, the string, what is unsafe
COMMANDS = get_command(app)
TINY = "--hidden 8 --length 3 --batch 4 --threads 1 --device cpu --steps 2 --headless"
ROWS, COLUMNS = 40, 120
SCREEN = b"\x1b[?1049h"  # it was opened
PATIENCE = 60.0  # seconds for one terminal
QUIET = 0.5  # seconds without output after which a screen is taken to be drawn
START, PACE = 4.0, 0.7  # seconds to the first key and from one to the next where a screen is never still
MOST_BYTES = 200  # of a file's name
AT_ONCE = 10  # runs on one screen

CELL = """
from pathlib import Path
from rnntui.core.cells.vanilla import Vanilla

class Fails(Vanilla):
    def step(self, x, state, t):
        raise ValueError(Path("message.txt").read_text(encoding="utf-8", errors="surrogatepass"))
"""


@dataclass(frozen=True)
class Stage:
    """A working directory with `runs`, `corpora`, a text and a cell of one's own; `pristine` runs to copy."""

    pristine: Path
    work: Path

    @classmethod
    def make(cls, root: Path) -> "Stage":
        """Train the runs, and go there."""
        stage = cls(specimens.make(root / "pristine"), root / "work")
        (stage.work / "corpora").mkdir(parents=True)
        (stage.work / "latex.txt").write_text(specimens.LATEX)
        (stage.work / "owncell.py").write_text(CELL)
        os.environ.update(RNNTUI_CORPORA="corpora")
        os.environ.pop("RNNTUI_RUNS", None)
        os.chdir(stage.work)
        sys.path.insert(0, str(stage.work))
        stage.fresh()
        return stage

    def fresh(self, *runs: str) -> Path:
        """An empty `runs` but for copies of these."""
        place = self.work / "runs"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name in runs:
            shutil.copytree(self.pristine / name, place / name)
        return place


def _asked(where: str, string: str, words: Iterable[str]) -> Looked:
    answer = ask(*words)
    return where, string, faults(answer)


# --- typed ----------------------------------------------------------------------------------------------------------

TYPED = [
    *("@", "runs show @", "runs --runs @", "runs rm @ --yes", "resume @ --headless", "sample @", "write @ --plain"),
    *("score @", "gradients @", "compare @ --headless", "compare text --metric @ --headless", "compare text --by @"),
    *("score text @", "write text --plain --length 5 --prompt @", "sample text --length 5 --prompt @"),
    *("write text --plain --length 5 --stop-at @", "write text --temperatures @", "write text --at @"),
    *("write text --check @", "gradients --cells @", "gate --headless --period @", "gate --headless --preset @"),
    *("ravine --figure @", "compare text --figure @", "write text --plain --length 5 --svg @", "train @ --headless"),
    *(
        f"train palindrome {TINY} --{option} @"
        for option in ("cell", "name", "preset", "optimizer", "kernel", "init", "lr")
    ),
    *(f"train palindrome {TINY} --device @", f"train palindrome {TINY} --@", f"train text {TINY} --encoding @"),
    *(f"train text {TINY} --corpus @", "sweep @ --headless", "sweep @ --report", "sweep lengths --length @ --headless"),
    *(
        "corpora get @",
        "corpora check @",
        "corpora add @ latex.txt",
        "corpora add other @",
        "corpora check latex.txt @",
    ),
]


def typed(stage: Stage, strings: Iterable[str], commands: Sequence[str] = TYPED) -> Iterator[Looked]:
    """As an argument of each command, its echo in a sentence or in Typer's own box."""
    for string in strings:
        if (word := _as_argument(string)) is not None:
            stage.fresh("text")
            for command in commands:
                yield _asked(command, string, [part.replace("@", word) for part in command.split()])


def _as_argument(string: str) -> str | None:
    """The string as a process can be given it; `None` for what it cannot."""
    try:
        return os.fsdecode(os.fsencode(string)) if "\0" not in string else None
    except UnicodeEncodeError:
        return None


# --- names ----------------------------------------------------------------------------------------------------------


def _as_name(string: str) -> str | None:
    """The string as a file's name, cut where it is too long; `None` for what cannot be one."""
    name = string.replace("/", "∕")
    with suppress(UnicodeEncodeError):
        while len(os.fsencode(name)) > MOST_BYTES:
            name = name[:-1]
        return name if name not in ("", ".", "..", specimens.HEALTHY) and "\0" not in name else None
    return None


def named(stage: Stage, strings: Iterable[str]) -> Iterator[Looked]:
    """As the name of a run's folder, of a sweep's, of a run in one, and of a text."""
    for string in strings:
        if (name := _as_name(string)) is None:
            continue
        place = stage.fresh(specimens.HEALTHY, "sweep")
        shutil.copytree(stage.pristine / "text", place / name)
        one = ["--", f"./runs/{name}"]
        for words in (["runs"], ["runs", "--json"], ["runs", "show", *one], ["compare", "--headless", *one, "healthy"]):
            yield _asked(f"run: {' '.join(words[:2])}", string, words)
        for words in (["write", "--plain", "--length", "5", *one], ["score", *one], ["gradients", *one]):
            yield _asked(f"run: {words[0]}", string, words)
        (place / "sweep" / "length3").rename(place / "sweep" / name)
        for words in (["runs", "show", "sweep"], ["sweep", "sweep", "--report"], ["runs", "rm", "sweep", "--yes"]):
            yield _asked(f"run of a sweep: {' '.join(words[:2])}", string, words)
        place = stage.fresh()
        shutil.copytree(stage.pristine / "sweep", place / name)
        for words in (["runs"], ["runs", "show", "--", name], ["sweep", "--report", "--", name]):
            yield _asked(f"sweep: {' '.join(words[:2])}", string, words)
        text = stage.work / "corpora" / f"{name}.txt"
        text.write_text(specimens.LATEX)
        for words in (["corpora"], ["corpora", "check", "--", name], ["corpora", "check", "--", str(text)]):
            yield _asked(f"text: {' '.join(words[:2])}", string, words)
        text.unlink()


# --- files ----------------------------------------------------------------------------------------------------------

# Where a run's files hold words, by file and path; `None` of a row is each row.
SHOWN_OF_RUN = [
    *(("config.json", path) for path in ("device", "kernel", "versions/python", "versions/torch", "data/corpus")),
    *(("samples.jsonl", path) for path in ("text", "prompt")),
]
REFUSED_OF_RUN = [
    *(
        ("config.json", f"settings/{name}")
        for name in ("cell", "task", "optimizer", "corpus", "device", "kernel", "lr")
    ),
    *(("config.json", path) for path in ("settings/new", "format", "versions", "data/notes", "threads", "data/sha256")),
    *(("metrics.jsonl", path) for path in ("loss", "step")),
    *(("checkpoints/step-00000012/state.json", path) for path in ("format", "figures", "newest")),
]
OF_SWEEP = [
    *(("sweep.json", f"plan/{path}") for path in ("title", "name", "figure/kind", "figure/x", "base/task", "new")),
    *(("sweep.json", path) for path in ("plan/axes/length", "plan/variants", "format", "texts")),
    *(("length3/result.json", path) for path in ("state", "reason", "settings/cell", "format")),
    *(("failed.json", "failures/length3/reason"), ("failures.jsonl", "reason")),
]
JOURNAL = ["learning_rate", "clip", "temperature", "resumed", "@"]


def filed(stage: Stage, strings: Iterable[str]) -> Iterator[Looked]:
    """In the files of a run and of a sweep: where it is shown, and, in turn, where it has no place."""
    for number, string in enumerate(strings):
        run = stage.fresh("text", "sweep") / "text"
        for file, path in SHOWN_OF_RUN:
            put(run / file, path, string)
        event = JOURNAL[number % len(JOURNAL)].replace("@", string)
        (run / "journal.jsonl").write_text(json.dumps({"step": 4, "event": event, "value": string, "at": 0}) + "\n")
        yield from _read(stage, string, "shown")
        run = stage.fresh("text", "sweep") / "text"
        file, path = REFUSED_OF_RUN[number % len(REFUSED_OF_RUN)]
        put(run / file, path, string)
        yield from _read(stage, string, f"{file} {path}")
        place = stage.fresh("sweep", "text") / "sweep"
        (place / "failures.jsonl").write_text('{"run": "length3", "reason": "no luck"}\n')
        file, path = OF_SWEEP[number % len(OF_SWEEP)]
        put(place / file, path, string)
        for words in (["runs"], ["runs", "show", "sweep"], ["sweep", "sweep", "--report"], ["compare", "sweep"]):
            yield _asked(f"{file} {path}: {' '.join(words[:2])}", string, words)
        yield from drawn(f"{file} {path}", string, place / "figure.svg")


def _read(stage: Stage, string: str, where: str) -> Iterator[Looked]:
    every = [
        *(["runs"], ["runs", "show", "text"], ["runs", "show", "text", "--json"], ["compare", "text", "--headless"]),
        *(["sample", "text", "--length", "5"], ["write", "text", "--plain", "--length", "5"], ["score", "text"]),
        *(["gradients", "text"], ["resume", "text", "--headless", "--steps", "14"]),
    ]
    for words in every:
        yield _asked(f"{where}: {' '.join(words[:2])}", string, words)


def put(file: Path, path: str, value: Any) -> None:
    """Set a value in a JSON file, or in each row of a file of rows; holders that are not there are made."""
    lines = file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text() if file.exists() else "{}"]
    rows = [json.loads(line) for line in lines]
    for row in rows:
        *holders, last = path.split("/")
        holder = row
        for name in holders:
            holder = holder.setdefault(name, {})
        holder[last] = value
    file.write_text("\n".join(map(json.dumps, rows)) + "\n")


# --- texts and cells of one's own -----------------------------------------------------------------------------------


def learned(stage: Stage, strings: Iterable[str]) -> Iterator[Looked]:
    """In a text: looked at, learned, written by a network, scored, told as a prompt."""
    for string in strings:
        stage.fresh()
        text = stage.work / "hostile.txt"
        text.write_bytes((specimens.LATEX + string * 20 + specimens.LATEX + string).encode(errors="surrogatepass"))
        train = f"train text {TINY} --layers 1 --name text --sample-every 2 --corpus hostile.txt".split()
        yield _asked("corpora check", string, ["corpora", "check", "hostile.txt"])
        yield _asked("train text", string, train)
        if not (stage.work / "runs" / "text" / "config.json").exists():
            continue
        for words in (
            ["runs", "show", "text"],
            ["sample", "text"],
            ["write", "text", "--plain", "--temperature", "inf"],
        ):
            yield _asked(f"learned: {' '.join(words[:2])}", string, words)
        for words in (["score", "text"], ["score", "text", "--per-character"], ["score", "text", "--json"]):
            yield _asked(f"learned: {' '.join(words)}", string, words)
        svg = stage.work / "score.svg"
        yield _asked("score --svg", string, ["score", "text", "hostile.txt", "--svg", str(svg)])
        yield from drawn("score --svg", string, svg)


def failed(stage: Stage, strings: Iterable[str]) -> Iterator[Looked]:
    """In what a user's own cell raises."""
    for string in strings:
        stage.fresh()
        (stage.work / "message.txt").write_text(string, encoding="utf-8", errors="surrogatepass")
        words = f"train palindrome --cell owncell:Fails --name own {TINY}".split()
        yield "train --cell", string, [fault for fault in faults(ask(*words)) if "Python's words" not in fault]
        for words in (["runs"], ["runs", "show", "own"], ["compare", "own"]):
            yield _asked(f"own cell: {' '.join(words[:2])}", string, words)


# --- drawings -------------------------------------------------------------------------------------------------------


def drawn(where: str, string: str, file: Path) -> Iterator[Looked]:
    """Whether a drawing is XML and draws nothing unsafe; nothing where none was drawn."""
    if not file.exists():
        return
    raw = file.read_bytes()
    file.unlink()
    found = unsafe_characters(raw.decode("utf-8", errors="surrogateescape"), "\n\t")
    try:
        for element in ElementTree.fromstring(raw).iter():
            told = "".join(filter(None, (element.text, element.tail, *element.attrib.values())))
            found += unsafe_characters(told, "\n\t")
            found += ["a script: it would run"] if "script" in str(element.tag) else []
    except ElementTree.ParseError as error:
        found.append(f"no XML: {error}")
    yield f"drawn, {where}", string, sorted(set(found))


def figures(stage: Stage, strings: Iterable[str]) -> Iterator[Looked]:
    """In curves, horizons and pages that are drawn: names of runs, prompts, titles."""
    file = stage.work / "drawn.svg"
    for string in strings:
        place = stage.fresh("text")
        prompts = [["write", "text", "--plain", "--length", "5", f"--prompt={_as_argument(string) or 'x'}"]]
        if (name := _as_name(string)) is not None:
            shutil.copytree(stage.pristine / "text", place / name)
            one = f"./runs/{name}"
            yield _asked("compare --figure", string, ["compare", one, "text", "--headless", "--figure", str(file)])
            yield from drawn("compare", string, file)
            yield _asked("gradients --figure", string, ["gradients", one, "--figure", str(file)])
            yield from drawn("gradients", string, file)
            prompts.append(["write", one, "--plain", "--length", "5"])
        for words in prompts:
            yield _asked("write --svg", string, [*words, "--svg", str(file)])
            yield from drawn("write", string, file)


# --- terminals ------------------------------------------------------------------------------------------------------


def on_terminals(stage: Stage, strings: Iterable[str]) -> Iterator[Looked]:
    """What commands print where the output is a terminal, in colours: names, files and echoes."""
    for string in strings:
        place = stage.fresh("text", "sweep")
        for file, path in SHOWN_OF_RUN:
            put(place / "text" / file, path, string)
        put(place / "sweep" / "sweep.json", "plan/title", string)
        name = _as_name(string)
        if name is not None:
            shutil.copytree(place / "text", place / name)
        one = f"./runs/{name}" if name else "text"
        every = [
            *(["runs"], ["runs", "show", one], ["runs", "show", "sweep"], ["write", one, "--plain", "--length", "5"]),
            *(["compare", one, "text", "--headless"], ["sweep", "sweep", "--report"], ["runs", "show", f"{string}x"]),
            *(
                ["resume", one, "--headless", "--steps", "14"],
                ["train", "palindrome", f"--cell={_as_argument(string) or 1}"],
            ),
        ]
        raw = on_terminal(every, [])
        yield "commands", string, [] if raw else ["nothing was printed"]
        yield "commands", string, unsafe_sequences(raw)


# Screens, and the keys that are pressed on each; @ is where a string is pasted.
KEYS = {
    "train": ["?", "\x1b", "r", "j", "j", "\r", "\x1b", "n", "\x1b", "/", "@", "\r", "\x1b", "t", "@", "\x1b", "w"],
    "compare": ["?", "\x1b", "j", "j", "k", "\t", "s", "d", "\r", "\x1b"],
    "write": ["?", "\x1b", "\r", "j", "e", "@", "\x1b", "\t", "\x1b"],
    "sweep": ["?", "\x1b", "j", "f", "\x1b", "\r", "\x1b"],
}


def on_screens(stage: Stage, strings: Iterable[str]) -> Iterator[Looked]:
    """What the screens draw: ten hostile runs, a sweep, and what is pasted, at each of them."""
    every = list(strings)
    for first in range(0, len(every), AT_ONCE):
        some = every[first : first + AT_ONCE]
        place = stage.fresh("sweep")
        names = []
        for number, string in enumerate(some):
            name = _as_name(f"{number}{string}") or str(number)
            shutil.copytree(stage.pristine / "text", place / name)
            for file, path in SHOWN_OF_RUN:
                put(place / name / file, path, string)
            put(place / "sweep" / "sweep.json", "plan/title", string)
            names.append(f"./runs/{name}")
        told = " | ".join(some)
        screens = {
            "train": ["resume", names[0], "--steps", "1000000"],
            "compare": ["compare", *names],
            "write": ["write", names[0], names[-1], "--length", "5", f"--prompt=Let {_as_argument(some[0]) or ''}"],
            "sweep": ["sweep", "sweep"],
        }
        for screen, words in screens.items():
            pasted = some[first // AT_ONCE % len(some)].encode(errors="ignore")
            keys = [key.encode().replace(b"@", b"\x1b[200~" + pasted + b"\x1b[201~") for key in KEYS[screen]]
            raw = on_terminal([words], [*keys, b"\x11"])
            yield screen, told, unsafe_sequences(raw) if SCREEN in raw else [f"no screen: {raw[-300:]!r}"]


def on_terminal(commands: Sequence[Sequence[str]], keys: Sequence[bytes]) -> bytes:
    """What a terminal is sent by these commands, one after the other; keys are pressed as it falls silent."""
    process, master = pty.fork()
    if process == 0:
        _be_child(commands)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    raw, presses, deadline = io.BytesIO(), list(keys), time.monotonic() + PATIENCE
    pressed = time.monotonic() + START
    while time.monotonic() < deadline:
        if select.select([master], [], [], QUIET)[0]:
            try:
                piece = os.read(master, 1 << 16)
            except OSError:  # EIO: nobody holds the other side any more
                break
            raw.write(piece)
            if time.monotonic() < pressed + PACE:
                continue
        if presses and SCREEN in raw.getvalue():  # before that the terminal itself would show what is typed
            os.write(master, presses.pop(0))
            pressed = time.monotonic()
    else:
        os.kill(process, signal.SIGKILL)
    os.close(master)
    os.waitpid(process, 0)
    return raw.getvalue()


def _be_child(commands: Sequence[Sequence[str]]) -> None:
    """Do the commands on the terminal that is this process's own, and end."""
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    os.environ.pop("COLUMNS", None)
    sys.stdin = sys.__stdin__ = os.fdopen(0, "r", closefd=False)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", buffering=1, closefd=False)
    try:
        for words in commands:
            try:
                COMMANDS(list(words), prog_name="rnntui")
            except SystemExit:
                sys.stdout.flush()
    finally:
        os._exit(0)


PLACES: dict[str, Callable[[Stage, Iterable[str]], Iterator[Looked]]] = {
    "typed": typed,
    "named": named,
    "filed": filed,
    "learned": learned,
    "failed": failed,
    "figures": figures,
    "on terminals": on_terminals,
    "on screens": on_screens,
}
