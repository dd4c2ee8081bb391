"""Writes `docs/keys.md`, the keys of every screen, from the bindings themselves: `python docs/keys.py`."""

from pathlib import Path

from rnntui.tui.actions import screens
from rnntui.tui.base.keys import table

PAGE = Path(__file__).with_name("keys.md")
HEADING = """# The keys of every screen

Made by `python docs/keys.py` from the bindings that the footer, the help (`?`) and the command palette (`Ctrl+P`) show.
`rnntui config set keys.ACTION KEY` gives an action another key ([config.md](config.md)).
"""


def page() -> str:
    """The whole page."""
    from rnntui.tui.base.application import Application
    from rnntui.tui.base.main_screen import MainScreen

    parts = [f"## {name}\n\n{table((kind, *kind.KEYS_OF), with_names=True)}\n" for name, kind in screens().items()]
    return "\n".join([HEADING, *parts, f"## On all of them\n\n{table((MainScreen, Application), with_names=True)}\n"])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
