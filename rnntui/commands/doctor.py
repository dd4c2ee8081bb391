"""`rnntui doctor`: what rnntui runs on. Imported inside the command, since torch is slow to load."""

import os
import platform
import shutil
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rnntui import config, corpora, runs
from rnntui.commands.progress import waiting
from rnntui.commands.tables import print_facts
from rnntui.runs import folders
from rnntui.specs import CELLS
from rnntui.system import logout, user_config
from rnntui.system.errors import meaning
from rnntui.system.output import as_json, desktop_notification, draws_screens
from rnntui.system.signals import FAILED
from rnntui.text.format import counted
from rnntui.text.sanitize import shown_text

PACKAGES = ("rnntui", "torch", "numpy", "safetensors", "textual", "rich", "typer", "pooch", "matplotlib")


def tell(*, wants_json: bool) -> None:
    """Print what was found, as a table or as JSON."""
    with waiting.named("loading PyTorch and looking for devices"):
        facts = examine()
    if wants_json:
        print(as_json(facts))
        return
    print_facts(_lines(facts))


def test_alert() -> int:
    """Run the commands of the user's configuration as at the end of a training and in trouble, and say what came of it;
    the exit status. Raises `ValueError` for a configuration that will not do.
    """
    from rnntui.sessions.alerts import Course, run_command

    course, status = Course("finished", 1_000, "a test of `rnntui doctor --test-alert`"), 0
    for key in ("on-end", "on-trouble"):
        if (command := user_config.get(key)) is None:
            print(f"{key}: not set in {user_config.path()}")
            continue
        with waiting.named(f"{key}: waiting for the command"):
            wrong = run_command(command, "test", "test", os.getcwd(), course)
        print(shown_text(f"{key}: {wrong or 'the command succeeded'}"))
        status = FAILED if wrong else status
    how = user_config.get("notify") or "off"
    if how != "off" and sys.stdout.isatty():
        sys.stdout.write("\a" if how == "bell" else desktop_notification("test: finished"))
    print(f"notify: {how}")
    return status


def examine() -> dict[str, Any]:
    """What was found, as `--json` prints it."""
    return {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "platform": platform.platform(),
        **_torch(),
        "terminal": _terminal(),
        "logout": logout.warning() or None,
        "config": {"path": str(user_config.path()), "exists": user_config.path().exists()},
        "folders": {"runs": _folder(runs.folder()), "corpora": _folder(corpora.folder())},
    }


def _torch() -> dict[str, Any]:
    import torch

    from rnntui.core.device import describe, resolve

    device, has_cuda = resolve("auto"), torch.cuda.is_available()
    return {
        "device": describe(device),
        "cuda": {
            "built": torch.version.cuda,
            "devices": [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())] if has_cuda else [],
            "cudnn": torch.backends.cudnn.version() if has_cuda else None,  # type: ignore[no-untyped-call]
        },
        "mps": torch.backends.mps.is_available(),
        "onednn": torch.backends.mkldnn.is_available(),  # type: ignore[no-untyped-call]
        "cores": os.cpu_count(),
        "threads": config.default_threads(),
        "compiled": _compiled(),
        "kernels": {name: _kernel(name, device) for name in CELLS},
    }


def _compiled() -> dict[str, Any]:
    """The instruction sets with compiled kernels, the preferred one first; if there are none, the reason."""
    from rnntui.core.kernels import compiled

    return {"instructions": compiled.instruction_sets(), "why": compiled.missing()}


def _kernel(cell: str, device: Any) -> dict[str, str]:
    """The kernel that a cell would use on a device, and why no faster one."""
    from rnntui.core.cells import load_cell
    from rnntui.core.kernels.choice import choose
    from rnntui.core.kernels.phased import refuse_device

    made = load_cell(cell)(1, 1)
    try:
        refuse_device(made, device)
    except ValueError as error:
        return {"name": "none", "why": str(error)}
    kernel = choose(made.to(device), "auto")
    return {"name": kernel.name, "why": kernel.why}


def _terminal() -> dict[str, Any]:
    from rich.console import Console

    size = shutil.get_terminal_size()
    return {
        "gets_the_screen": draws_screens(),
        "columns": size.columns,
        "rows": size.lines,
        "colours": Console().color_system,
        "NO_COLOR": bool(os.environ.get("NO_COLOR")),
        "TERM": os.environ.get("TERM"),
        "encoding": sys.stdout.encoding,
        "braille": _can_encode("⣿"),
    }


def _can_encode(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _folder(path: Path) -> dict[str, Any]:
    """`problem` says why there can be no folder, or why the one there cannot be read."""
    there = next(parent for parent in (path.absolute(), *path.absolute().parents) if os.path.exists(parent))
    problem = _problem(path)
    return {
        "path": str(path.absolute()),
        "exists": os.path.isdir(path),
        "writable": not problem and there.is_dir() and os.access(there, os.W_OK),
        "problem": problem,
    }


def _problem(path: Path) -> str:
    try:
        folders.inside(path)
    except OSError as error:
        return meaning(error)
    return ""


def _lines(facts: dict[str, Any]) -> Iterable[list[str]]:
    cuda, terminal = facts["cuda"], facts["terminal"]
    yield ["versions", ", ".join(f"{name} {number}" for name, number in facts["versions"].items())]
    yield ["platform", facts["platform"]]
    yield ["device", f"{facts['device']} (what --device auto takes)"]
    yield ["CUDA", ", ".join(cuda["devices"]) or f"no device ({'built' if cuda['built'] else 'PyTorch built'} without)"]
    yield ["cuDNN", str(cuda["cudnn"] or "–")]
    yield ["MPS", _yes(facts["mps"])]
    yield ["oneDNN", _yes(facts["onednn"])]
    yield ["threads", f"{facts['threads']} of {counted(facts['cores'], 'core')}, unless --threads says otherwise"]
    compiled = facts["compiled"]
    yield ["compiled kernels", ", ".join(compiled["instructions"]) or f"none: {compiled['why']}"]
    for cell, kernel in facts["kernels"].items():
        yield [f"kernel of {cell}", kernel["name"] + (f" ({kernel['why']})" if kernel["why"] else "")]
    screen = "opens the screen" if terminal["gets_the_screen"] else "not a terminal: train runs headless"
    yield ["terminal", f"{screen}; {terminal['columns']} × {terminal['rows']}, TERM {terminal['TERM'] or '–'}"]
    yield ["colours", f"{terminal['colours'] or 'none'}{', NO_COLOR is set' if terminal['NO_COLOR'] else ''}"]
    yield ["encoding", f"{terminal['encoding']}, braille {_yes(terminal['braille'])}"]
    yield ["detached runs", facts["logout"] or "outlive the logout"]
    yield ["configuration", f"{facts['config']['path']}{'' if facts['config']['exists'] else ': does not exist yet'}"]
    for name, folder in facts["folders"].items():
        state = "" if folder["exists"] else "does not exist yet, "
        told = folder["problem"] or f"{state}{'writable' if folder['writable'] else 'not writable'}"
        yield [f"{name} folder", f"{folder['path']}: {told}"]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
