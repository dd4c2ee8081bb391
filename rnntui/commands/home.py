"""`rnntui` alone: the list of all runs, where there is a terminal."""

from pathlib import Path

from rnntui.commands import front_end


def show(root: Path) -> int:
    """Open the list of runs; the exit status."""
    from rnntui.tui.home.app import open_home

    return open_home(root, front_end.alerts_of_user())
