"""What the scripts of pictures share: options, the folder of runs on a screen, training, waiting, and taking one."""

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from svg import steady
from textual.app import App

from rnntui.core.training.trainer import open_trainer
from rnntui.runs import Run, folder, making

DOCS = Path(__file__).resolve().parent


def arguments(about: str | None, picture: str, size: str) -> argparse.ArgumentParser:
    """The options of every such script: its `size`, in columns and rows, and the `file` it writes."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=_size, default=size, metavar="COLUMNSxROWS")
    parser.add_argument("--file", type=lambda name: Path(name).absolute(), default=DOCS / picture)
    return parser


def _size(typed: str) -> tuple[int, int]:
    columns, rows = map(int, typed.split("x"))
    return columns, rows


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder of runs that no command which a screen shows has to name: the default one, somewhere else."""
    with tempfile.TemporaryDirectory() as place, chdir(place):
        yield folder()


def train(root: Path, name: str, task: str, given: Mapping[str, Any]) -> Run:
    """Train a network to its end, on one thread."""
    run = Run.create(root, name, making.settings(task, {**given, "threads": 1, "device": "cpu"}))
    for _ in open_trainer(run):
        pass
    run.unlock()
    return run


async def until(is_so: Callable[[], object]) -> None:
    """Wait for a thread of the screen's."""
    while not is_so():
        await asyncio.sleep(0.05)


def take(app: App[Any], file: Path) -> None:
    """Write what the screen shows."""
    file.write_text(steady(app.export_screenshot()), encoding="utf-8")
