"""A run on disk: its folder, its rows, its checkpoints and its lock.

Invariant: whenever the process dies, the folder holds a whole checkpoint. What is written under a temporary name is
flushed to disk before it gets its own, so a name that can be seen is a file that can be read.
"""

import errno
import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from rnntui import corpora
from rnntui.config import Settings, as_dict, from_dict, nearest
from rnntui.lock import Lock

FORMAT = 1  # of config.json and state.json; a reader refuses another
KEPT = 3  # newest whole checkpoints
TAIL = 8_192  # bytes of a file of rows that are read for its newest
METRICS, SAMPLES, JOURNAL, CONFIG = "metrics.jsonl", "samples.jsonl", "journal.jsonl", "config.json"
RESULT = "result.json"  # of a sweep's run: what came out
SWEEP = "sweep.json"  # what a sweep's folder is known by
CHECKPOINT = re.compile(r"step-\d{8,}")

Row = dict[str, Any]


def folder() -> Path:
    """Where runs live: `RNNTUI_RUNS`, else `runs/` in the working directory."""
    return Path(os.environ.get("RNNTUI_RUNS") or "runs")


def is_milestone(step: int) -> bool:
    """Whether the weights of this step are kept for ever: 1, 2, 5 × 10^k from 100 on."""
    return step >= 100 and re.fullmatch("[125]0*", str(step)) is not None


def next_milestone(step: int) -> int:
    """The first milestone after a step."""
    power = 10 ** (len(str(step)) - 1)
    return next(n for n in (100, power, 2 * power, 5 * power, 10 * power) if n > step and is_milestone(n))


def check_name(name: str) -> str:
    """The name, if it can be a folder's. Raises `ValueError` for an empty name and for one with a path in it."""
    if not re.fullmatch(r"[\w][\w.+-]{0,99}", name) or name == "last":
        raise ValueError(
            f"--name {name!r} cannot be a run's name: take letters, digits, '-', '_' and '.', no path, and not 'last'"
        )
    return name


@dataclass(frozen=True)
class Summary:
    """One line of `rnntui runs`."""

    name: str
    task: str
    cell: str
    state: str  # running, finished, stopped or diverged
    step: int
    steps: int
    loss: float | None  # of the last logged row
    accuracy: float | None
    validation_loss: float | None  # newest, nats
    device: str
    changed: float  # seconds since the epoch


@dataclass(frozen=True)
class Damaged:
    """The line of a run that cannot be read: what is wrong with it, in a sentence."""

    name: str
    reason: str
    changed: float  # seconds since the epoch
    state: str = "damaged"


@dataclass(frozen=True)
class SweepFolder:
    """The line of a sweep: a folder of runs beside the plan that they follow."""

    name: str
    runs: int
    changed: float  # seconds since the epoch
    state: str = "sweep"


class Run:
    """A run folder. Reading needs no lock; writing is for the one process that holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked_settings: Settings | None = None
        self.asked_dials: dict[str, float] = {}
        self._lock = Lock(path / "lock", f"run {path.name!r}")

    @property
    def name(self) -> str:
        return self.path.name

    # --- making and finding -------------------------------------------------------------------------------------

    @classmethod
    def create(cls, root: Path, name: str | None, settings: Settings) -> "Run":
        """A new, locked run folder with its settings; without a name it is `<task>-<cell>-<number>`.

        Raises `ValueError` for a name that is taken or no name, a folder that cannot be written, and a corpus that
        cannot be found.
        """
        if settings.task == "text":
            settings = replace(settings, corpus=corpora.pin(settings.corpus))
        try:
            root.mkdir(parents=True, exist_ok=True)
            path = _make_named(root, check_name(name)) if name is not None else _make_numbered(root, _stem(settings))
            run = cls(path)
            run.lock()
            run.write_config({"settings": as_dict(settings), "created": time.time()})
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise ValueError(f"--runs {str(root)!r} cannot be written: {error.strerror}") from None
        return run

    @classmethod
    def find(cls, root: Path, reference: str) -> "Run":
        """The run of that name under `root`, at that path, or the `last` one written to.

        Raises `ValueError` with the nearest names where there is none.
        """
        if reference == "last":
            newest = max(listed(root), key=lambda run: run.changed(), default=None)
            if newest is None:
                raise ValueError(f"there is no run in {str(root)!r} yet: `rnntui train` makes one")
            return newest
        for path in (root / reference, Path(reference)):
            if reference and is_run(path):
                return cls(path)
        known = [run.name for run in listed(root)]
        raise ValueError(f"no run {reference!r} in {str(root)!r}{nearest(reference, known)}: `rnntui runs` lists them")

    def ask(self, settings: Settings, **dials: float) -> None:
        """Have the next opening take these settings and turn these dials; nothing is on disk before the run is open."""
        self.asked_settings, self.asked_dials = settings, dials

    def settings(self) -> Settings:
        """The settings to go on with. Raises `ValueError` where `config.json` is damaged or of another version."""
        if self.asked_settings is not None:
            return self.asked_settings
        settings = self.config().get("settings")
        if not isinstance(settings, dict):
            raise ValueError(f"run {self.name!r} is damaged: {CONFIG} has no settings")
        return from_dict(settings)

    # --- the lock -----------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Own the run until `unlock` or the process ends. Raises `ValueError` with the holder's pid."""
        self._lock.take()

    def unlock(self) -> None:
        """Let another process own the run."""
        self._lock.release()

    def is_held(self) -> bool:
        """Whether some process owns the run now."""
        return self._lock.is_held()

    def remove(self) -> None:
        """Delete the folder. Raises `ValueError` while a process owns it."""
        self.lock()
        shutil.rmtree(self.path)
        self.unlock()

    def strangers(self) -> list[str]:
        """Names in the folder that are not a run's."""
        own = {METRICS, SAMPLES, JOURNAL, CONFIG, RESULT, "lock", "checkpoints"}
        return sorted(path.name for path in self.path.iterdir() if path.name not in own and path.name[0] != ".")

    # --- config and rows ----------------------------------------------------------------------------------------

    def write_config(self, config: Row) -> None:
        """Replace `config.json` as a whole."""
        write_json(self.path / CONFIG, {"format": FORMAT, **config})

    def config(self) -> Row:
        """What `config.json` holds. Raises `ValueError` where it is missing, torn or of another version."""
        return _read_json(self.path / CONFIG, f"run {self.name!r}")

    def append(self, file: str, *rows: Row) -> None:
        """Add rows to a file of rows; what is not finite becomes `null`."""
        with open(self.path / file, "a+b") as out:
            _add_lines(out, rows)

    def journal(self, step: int, event: str, **what: Any) -> None:
        """Record what was changed after `step`; it is on disk when this returns."""
        with open(self.path / JOURNAL, "a+b") as out:
            _add_lines(out, [{"step": step, "event": event, "at": time.time(), **what}])
            out.flush()
            os.fsync(out.fileno())
        _flush(self.path)

    def rows(self, file: str) -> Iterator[Row]:
        """The rows of a file, oldest first; a last line that was cut is left out."""
        with suppress(FileNotFoundError), open(self.path / file, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if row := as_row(line):
                    yield row

    def last_row(self, file: str) -> Row | None:
        """The newest row, read from the file's end."""
        return next(self.last_rows(file), None)

    def last_rows(self, file: str) -> Iterator[Row]:
        """The newest rows, newest first, read from the file's end: some forty of `metrics.jsonl`."""
        try:
            with open(f"{self.path}/{file}", "rb") as raw:
                raw.seek(max(0, raw.seek(0, os.SEEK_END) - TAIL))
                lines = raw.read().split(b"\n")
        except FileNotFoundError:
            return
        yield from (row for line in reversed(lines) if (row := as_row(line)))

    def cut_after(self, step: int) -> None:
        """Drop the metric and sample rows past a step: they will be written again."""
        for file in (METRICS, SAMPLES):
            if (self.path / file).exists():
                kept = [row for row in self.rows(file) if row["step"] <= step]
                _replace(self.path / file, "".join(json.dumps(row) + "\n" for row in kept))

    # --- checkpoints --------------------------------------------------------------------------------------------

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    def checkpoint(self, step: int) -> Path:
        """The folder of the checkpoint after `step`."""
        return self.checkpoints / f"step-{step:08d}"

    def steps_saved(self, *, whole: bool) -> list[int]:
        """Steps with a checkpoint, ascending; `whole` leaves out those that keep the weights alone."""
        with suppress(FileNotFoundError):
            return sorted(
                int(path.name.removeprefix("step-"))
                for path in self.checkpoints.iterdir()
                if CHECKPOINT.fullmatch(path.name) and (not whole or (path / "optimizer.safetensors").exists())
            )
        return []

    def newest_saved(self) -> int | None:
        """The newest step with a whole checkpoint; `None` where there is none."""
        try:
            names = os.listdir(self.checkpoints)
        except FileNotFoundError:
            return None
        steps = sorted((int(name.removeprefix("step-")) for name in names if CHECKPOINT.fullmatch(name)), reverse=True)
        folder = str(self.checkpoints)
        return next((s for s in steps if os.path.exists(f"{folder}/step-{s:08d}/optimizer.safetensors")), None)

    def newest_state(self) -> Row:
        """What `state.json` of the newest whole checkpoint holds, empty where there is none; raises as `state`."""
        saved = self.newest_saved()
        return {} if saved is None else {**self.state(saved), "step": saved}

    def write_checkpoint(self, step: int, write: Callable[[Path], None]) -> None:
        """Let `write` fill a folder and give it its name once all of it is on disk.

        A whole checkpoint of that step is kept as it is: the state after a step is what it is. Raises `OSError` where
        the disk is full, and then leaves nothing behind.
        """
        final = self.checkpoint(step)
        if (final / "optimizer.safetensors").exists():
            return
        temporary = self.checkpoints / f".{final.name}.{os.getpid()}"
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            temporary.mkdir(parents=True)
            write(temporary)
            for file in temporary.iterdir():
                _flush(file)
            _flush(temporary)
            if final.exists():  # weights alone: the new one holds them too
                final.rename(self.checkpoints / f".old-{final.name}")
            temporary.rename(final)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        shutil.rmtree(self.checkpoints / f".old-{final.name}", ignore_errors=True)
        _flush(self.checkpoints)

    def prune(self, best: int | None) -> None:
        """Keep the newest whole checkpoints, the best, and the weights alone at milestones."""
        for stale in self.checkpoints.glob(".*"):
            shutil.rmtree(stale, ignore_errors=True)
        for step in self.steps_saved(whole=True)[:-KEPT]:
            if step == best:
                continue
            if is_milestone(step):
                (self.checkpoint(step) / "optimizer.safetensors").unlink()
            else:
                shutil.rmtree(self.checkpoint(step).rename(self.checkpoints / f".old-{self.checkpoint(step).name}"))

    def state(self, step: int) -> Row:
        """What `state.json` of a checkpoint holds. Raises `ValueError` where it is torn or of another version."""
        return _read_json(self.checkpoint(step) / "state.json", f"checkpoint step-{step:08d} of run {self.name!r}")

    # --- looking on ---------------------------------------------------------------------------------------------

    def changed(self) -> float:
        """When the run was last written to, in seconds since the epoch."""
        for file in (METRICS, CONFIG):
            with suppress(FileNotFoundError):
                return os.stat(f"{self.path}/{file}").st_mtime
        return 0.0

    def summary(self) -> Summary:
        """Where the run stands, from a few small reads. Raises `ValueError` where its files cannot be read."""
        try:
            return self._summary(self.config())
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"run {self.name!r} is damaged: its files are not as rnntui writes them ({error})"
            ) from None

    def phase(self, saved: Row, steps: int) -> str:
        """Running, finished, stopped or diverged; `saved` is the newest state, `steps` the total."""
        if self.is_held():
            return "running"
        if saved and (saved["step"] >= steps or saved.get("over")):
            return "finished"
        event = (self.last_row(JOURNAL) or {}).get("event")
        return "diverged" if event == "diverged" else "stopped"

    def _summary(self, config: Row) -> Summary:
        settings, row, saved = config["settings"], self.last_row(METRICS) or {}, self.newest_state()
        return Summary(
            self.name,
            settings["task"],
            settings["cell"],
            self.phase(saved, settings["steps"]),
            max(row.get("step", 0), saved.get("step", 0)),
            settings["steps"],
            row.get("loss"),
            row.get("accuracy"),
            saved.get("figures", {}).get("validation_loss"),
            config.get("device", "?"),
            self.changed(),
        )


def listed(root: Path) -> list[Run]:
    """The runs under a folder, by name."""
    return [Run(path) for path in _folders(root) if is_run(path)]


def sweeps(root: Path) -> list[Path]:
    """The sweeps' folders under a folder, by name."""
    return [path for path in _folders(root) if _is_sweep(path)]


def survey(root: Path) -> Iterator[Summary | Damaged | SweepFolder]:
    """Where the runs under a folder stand, by name; one that cannot be read does not hide the others.

    A sweep is one line: its runs are those under its own folder.
    """
    for path in _folders(root):
        if is_run(path):
            yield _stand(Run(path))
        elif _is_sweep(path):
            inside = listed(path)
            yield SweepFolder(path.name, len(inside), max((run.changed() for run in inside), default=0.0))


def _stand(run: Run) -> Summary | Damaged:
    try:
        return run.summary()
    except (ValueError, OSError) as error:
        return Damaged(run.name, str(error), run.changed())


def _folders(root: Path) -> list[Path]:
    try:
        with os.scandir(root) as entries:
            return [root / name for name in sorted(entry.name for entry in entries if entry.is_dir())]
    except FileNotFoundError:
        return []


def is_run(path: Path) -> bool:
    """Whether a folder is a run's."""
    return os.path.isfile(f"{path}/{CONFIG}") or os.path.isfile(f"{path}/lock")


def _is_sweep(path: Path) -> bool:
    return os.path.isfile(f"{path}/{SWEEP}")


def course(rows: Iterable[Row], event: str) -> list[tuple[int, float]]:
    """What the journal says of one setting: the steps after which it was changed, ascending, and its new values.

    A row supersedes the rows above it that name a later step: they belong to a course that was left.
    """
    changes: list[tuple[int, float]] = []
    for row in rows:
        if row.get("event") == event:
            changes = [change for change in changes if change[0] < row["step"]] + [(row["step"], row["value"])]
    return changes


def write_json(path: Path, content: Row) -> None:
    """Replace a JSON file as a whole; what is not finite becomes `null`."""
    _replace(path, json.dumps(_finite(content), indent=1) + "\n")


def _stem(settings: Settings) -> str:
    cell = re.sub(r"\W+", "-", settings.cell.rpartition(":")[2]).lower()
    return f"{settings.task}-{cell}"


def _make_named(root: Path, name: str) -> Path:
    path = root / name
    try:
        path.mkdir()
    except FileExistsError:
        raise ValueError(
            f"--name {name!r} is taken: `rnntui resume {name}` goes on with that run, another name starts a new one"
        ) from None
    return path


def _make_numbered(root: Path, stem: str) -> Path:
    taken = [int(m[1]) for path in root.iterdir() if (m := re.fullmatch(re.escape(stem) + r"-(\d+)", path.name))]
    number = max(taken, default=0) + 1
    while True:
        path = root / f"{stem}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1  # another process was faster
        else:
            return path


def _read_json(path: Path, what: str) -> Row:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError(f"{what} is damaged: {path.name} cannot be read") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else None
        raise ValueError(f"{what} is of another version: {path.name} has format {found}, this rnntui reads {FORMAT}")
    return content


def as_row(line: str | bytes) -> Row | None:
    """The row that a line holds; `None` for one that was cut or is no row."""
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    return row if isinstance(row, dict) and isinstance(row.get("step"), int) else None


def _add_lines(out: IO[bytes], rows: Iterable[Row]) -> None:
    """Write rows at a file's end, on lines of their own even where a process died within the last one."""
    end = out.seek(0, os.SEEK_END)
    if end:
        out.seek(end - 1)
        out.write(b"" if out.read(1) == b"\n" else b"\n")
    out.write("".join(json.dumps(_finite(row)) + "\n" for row in rows).encode())


def _finite(row: Row) -> Row:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    _flush(temporary)
    temporary.rename(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    """Flush a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
