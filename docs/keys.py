"""Writes `docs/keys.md`, the keys of every screen, from the bindings themselves: `python docs/keys.py`."""

from pathlib import Path

from rnntui.tui.base.keys import table
from rnntui.tui.base.main_screen import MainScreen

PAGE = Path(__file__).with_name("keys.md")
HEADING = """# The keys of every screen

Made by `python docs/keys.py` from the bindings that the footer, the help (`?`) and the command palette (`Ctrl+P`) show.
"""


def screens() -> dict[str, type[MainScreen]]:
    """Every screen by what it is called."""
    from rnntui.tui.compare.screen import CompareScreen
    from rnntui.tui.gate.screen import GateScreen
    from rnntui.tui.home.screen import HomeScreen
    from rnntui.tui.sweep.screen import SweepScreen
    from rnntui.tui.training.screen import Laboratory
    from rnntui.tui.writing_room.screen import WritingRoom
    from rnntui.tui.writing_room.time_machine import TimeMachine

    return {
        "All runs (`rnntui` alone)": HomeScreen,
        "Training (`rnntui train`, `rnntui resume`)": Laboratory,
        "The writing room (`rnntui write`, `W` while training)": WritingRoom,
        "The time machine (`m` in the writing room)": TimeMachine,
        "Runs over each other (`rnntui compare`)": CompareScreen,
        "A sweep (`rnntui sweep`)": SweepScreen,
        "The gate studio (`rnntui gate`)": GateScreen,
    }


def page() -> str:
    """The whole page."""
    from rnntui.tui.base.application import Application

    parts = [f"## {name}\n\n{table((kind, *kind.KEYS_OF))}\n" for name, kind in screens().items()]
    return "\n".join([HEADING, *parts, f"## On all of them\n\n{table((Application,))}\n"])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
