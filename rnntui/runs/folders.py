"""Folders of runs: where they are, which are runs and which are sweeps, how a new one gets its name."""

import errno
import itertools
import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from rnntui.config import Settings
from rnntui.runs import contents
from rnntui.runs.files import CONFIG, LOCK, SWEEP
from rnntui.system import user_config
from rnntui.system.errors import LeadsNowhere, sentence
from rnntui.system.folder import Folder
from rnntui.system.lock import Lock


def folder() -> Path:
    """The folder of runs: `RNNTUI_RUNS`, else that of the user's configuration, else `runs/` in the working directory.

    Raises `ValueError` for a configuration that will not do.
    """
    if named := os.environ.get("RNNTUI_RUNS"):
        return Path(named)
    return Path(user_config.get("runs") or "runs").expanduser()


def place(root: Path) -> str:
    """A folder of runs as a sentence names it: where that is, and how another one is named."""
    return f"{str(root.absolute())!r} (--runs or RNNTUI_RUNS names another folder)"


def option_for(root: Path) -> str:
    """What a command needs beside it to look in that folder of runs: `` --runs FOLDER``, or nothing where it does."""
    return "" if root.resolve() == folder().resolve() else f" --runs {shlex.quote(str(root))}"


def called(path: Path) -> str:
    """What a command calls a run by from here: its name, and its path where the name would find another or none."""
    same_name = at(folder(), name_of(path))
    is_found = same_name is not None and same_name.resolve() == path.resolve()
    return shlex.quote(name_of(path) if is_found else str(path))


def sweep_called(path: Path) -> str:
    """What `rnntui sweep` takes for the sweep in that folder."""
    return f"{shlex.quote(path.name)}{option_for(path.parent)}"


def inside(root: Path) -> list[Path]:
    """The folders in a folder, by name, without those that are being made or deleted; none where there is no folder.

    Raises `OSError` for what is no folder, cannot be read, or is a link that leads nowhere.
    """
    try:
        with os.scandir(root) as entries:
            names = [
                entry.name for entry in entries if _is_folder(entry) and not contents.PASSING.fullmatch(entry.name)
            ]
            return [root / name for name in sorted(names)]
    except FileNotFoundError:
        check_leads(root)
        return []


def check_leads(path: Path) -> None:
    """Raise `LeadsNowhere` where a path that is not there ends in a link, or leads through one."""
    for part in (path, *path.parents):
        if part.is_symlink() and not os.path.exists(part):
            raise LeadsNowhere(errno.ENOENT, os.strerror(errno.ENOENT), str(part))


def make_root(root: Path) -> None:
    """Make a folder of runs where it is not there. Raises `OSError`, by what stands in its place."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        with suppress(FileNotFoundError):
            os.scandir(root).close()  # a file, a loop of links
        check_leads(root)
        raise


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a folder, or a link to one; a link that leads in a circle is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_run(path: Path) -> bool:
    """Whether a folder is a run's."""
    return os.path.isfile(f"{path}/{CONFIG}") or os.path.isfile(f"{path}/{LOCK}")


def why_closed(path: Path) -> str:
    """A sentence that says why it cannot be known whether a folder is a run's; empty where it can."""
    try:
        os.stat(f"{path}/{CONFIG}")
    except PermissionError as error:
        return sentence(error)
    except OSError:
        pass
    return ""


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
    """The name of a run: its folder's name, preceded by its sweep's if it belongs to one: `lengths/rnn-5`."""
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


def make(
    root: Path, name: str | None, settings: Settings, fill: Callable[[Folder], None], *, follow: bool = True
) -> tuple[Path, Lock]:
    """A new folder under `root` with what `fill` puts into it, held; without a name it is `<task>-<cell>-<number>`.

    With `follow`, for a `root` that a user named, it may be a link, and is made where it is not there.
    Raises `ValueError` for a name that is taken or no name, `OSError` for a folder that cannot be written.
    """
    if name is not None:
        check_name(name)
    if follow:
        make_root(root)
    with Folder(root, f"--runs {str(root)!r}", follow=follow) as beside:
        contents.remove_left(beside)
        if name is not None and beside.kind(name) is not None:
            raise _taken(root / name)
        held = contents.begin(beside, LOCK, "a new run")
        try:
            fill(held.folder)
            path = root / _publish(beside, held, name, _stem(settings))
        except BaseException:
            with suppress(OSError, ValueError):
                contents.discard(beside, held)
            held.release()
            raise
    return path, held


def _publish(beside: Folder, held: Lock, name: str | None, stem: str) -> str:
    """Give a new folder its name, or the next number that is free; its name."""
    for candidate in (name,) if name is not None else _numbered(beside, stem):
        if contents.publish(beside, held, candidate, f"run {name_of(beside.path / candidate)!r}"):
            return candidate
    raise _taken(beside.path / str(name))


def _numbered(beside: Folder, stem: str) -> Iterator[str]:
    taken = [int(m[1]) for name in beside.names() if (m := re.fullmatch(re.escape(stem) + r"-(\d+)", name))]
    return (f"{stem}-{number}" for number in itertools.count(max(taken, default=0) + 1))


def _taken(path: Path) -> ValueError:
    """The message that a name is taken, with the command that resumes that run."""
    by = "taken by something else"
    if is_sweep(path):
        by = f"taken by a sweep: `rnntui sweep {sweep_called(path)}` resumes it"
    elif is_run(path):
        by = f"taken: `rnntui resume {called(path)}` resumes that run"
    return ValueError(f"--name {path.name!r} is {by}; another name starts a new run")


def _stem(settings: Settings) -> str:
    cell = re.sub(r"\W+", "-", settings.cell.rpartition(":")[2]).lower()
    return f"{settings.task}-{cell}"
