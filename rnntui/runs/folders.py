"""Folders that runs live in: where they are, which are runs' and which sweeps', how a new one gets its name."""

import os
import re
from pathlib import Path

from rnntui.config import Settings
from rnntui.runs.files import CONFIG, LOCK, SWEEP


def folder() -> Path:
    """Where runs live: `RNNTUI_RUNS`, else `runs/` in the working directory."""
    return Path(os.environ.get("RNNTUI_RUNS") or "runs")


def place(root: Path) -> str:
    """A folder of runs as a sentence names it: where that is, and how another one is named."""
    return f"{str(root.absolute())!r} (--runs or RNNTUI_RUNS names another folder)"


def inside(root: Path) -> list[Path]:
    """The folders in a folder, by name; none where there is no such folder."""
    try:
        with os.scandir(root) as entries:
            return [root / name for name in sorted(entry.name for entry in entries if entry.is_dir())]
    except FileNotFoundError:
        return []


def is_run(path: Path) -> bool:
    """Whether a folder is a run's."""
    return os.path.isfile(f"{path}/{CONFIG}") or os.path.isfile(f"{path}/{LOCK}")


def runs(root: Path) -> list[Path]:
    """The runs' folders under a folder, by name."""
    return [path for path in inside(root) if is_run(path)]


def is_sweep(path: Path) -> bool:
    """Whether a folder is a sweep's."""
    return os.path.isfile(f"{path}/{SWEEP}")


def sweeps(root: Path) -> list[Path]:
    """The sweeps' folders under a folder, by name."""
    return [path for path in inside(root) if is_sweep(path)]


def name_of(path: Path) -> str:
    """What a run is called, and found by: its folder's name, behind that of its sweep where it has one."""
    path = path.absolute()
    return f"{path.parent.name}/{path.name}" if is_sweep(path.parent) else path.name


def at(root: Path, reference: str) -> Path | None:
    """The folder of the run or sweep that is called that under a folder of runs, or lies at that path."""
    beside = [root.absolute().parent / reference] if is_sweep(root) else []  # there it is called sweep/run too
    places = [root / reference, Path(reference), *beside] if reference else []
    return next((path for path in places if is_run(path) or is_sweep(path)), None)


def sweep_at(root: Path, reference: str) -> Path | None:
    """The folder of the sweep that is called that, as `at`; `None` where there is a run or nothing."""
    path = at(root, reference)
    return path if path is not None and not is_run(path) else None


def check_name(name: str) -> str:
    """The name, if it can be a folder's. Raises `ValueError` for an empty name and for one with a path in it."""
    if not re.fullmatch(r"[\w][\w.+-]{0,99}", name) or name == "last":
        raise ValueError(
            f"--name {name!r} cannot be a run's name: take letters, digits, '-', '_' and '.', no path, and not 'last'"
        )
    return name


def make(root: Path, name: str | None, settings: Settings) -> Path:
    """A new folder under `root`; without a name it is `<task>-<cell>-<number>`.

    Raises `ValueError` for a name that is taken or no name, `OSError` for a folder that cannot be written.
    """
    root.mkdir(parents=True, exist_ok=True)
    return _make_named(root, check_name(name)) if name is not None else _make_numbered(root, _stem(settings))


def _make_named(root: Path, name: str) -> Path:
    path = root / name
    try:
        path.mkdir()
    except FileExistsError:
        raise ValueError(f"--name {name!r} is {_taken(path)}, another name starts a new run") from None
    return path


def _taken(path: Path) -> str:
    """By what a name is taken, and how to go on with that."""
    if is_sweep(path):
        return f"taken by a sweep: `rnntui sweep {path.name}` resumes it"
    return f"taken: `rnntui resume {path.name}` resumes that run" if is_run(path) else "taken by something else"


def _stem(settings: Settings) -> str:
    cell = re.sub(r"\W+", "-", settings.cell.rpartition(":")[2]).lower()
    return f"{settings.task}-{cell}"


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
