"""The front end that shows runs while they train: the screen where there is a terminal, else a line or a bar."""

from collections.abc import Sequence
from pathlib import Path

from rnntui.runs import Run
from rnntui.system import output


def show(all_runs: Sequence[Run], root: Path, *, headless: bool, wants_json: bool) -> int:
    """Train locked runs on the screen where there is a terminal, else without; the exit status."""
    if headless or wants_json or not output.is_terminal():
        from rnntui.commands.train import train

        return train(all_runs, wants_json=wants_json)
    from rnntui.tui.training.app import open_screen

    return open_screen(all_runs, root)
