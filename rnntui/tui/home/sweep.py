"""The screen of a sweep over the list of runs: Esc comes back to the list, and the sweep goes on."""

from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from rnntui.sweeps.folder import Sweep
from rnntui.sweeps.standing import WatchedPool
from rnntui.tui.base.grammar import bound
from rnntui.tui.sweep.screen import SweepScreen


class OpenedSweep(SweepScreen):
    """A sweep that was opened in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("sweep", "leave", "back", "runs", "Back to the list of runs; the sweep goes on", show=True),
    ]

    def action_back(self) -> None:
        self.close()


def opened_sweep(path: Path) -> WatchedPool:
    """The sweep of a folder as its files have it. Raises `ValueError` where they cannot be read."""
    return WatchedPool(Sweep.read(path.parent, path.name))
