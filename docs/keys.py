"""Writes `docs/keys.md`, the keys of every screen, from the bindings themselves: `python docs/keys.py`."""

from pathlib import Path

from rnntui.tui.actions import screens
from rnntui.tui.base.grammar import GRAMMAR
from rnntui.tui.base.keys import shown, table
from rnntui.tui.dialogs.key_list import ORDER

_others = [f"number {k}" for k in range(2, 10)]  # are said with the first
PAGE = Path(__file__).with_name("keys.md")
HEADING = """# The keys of every screen

Made by `python docs/keys.py` from the bindings that the footer, the help (`?`) and the command palette (`Ctrl+P`) show.
`rnntui config set keys.ACTION KEY` gives an action another key ([config.md](config.md)).

## What each key means, on whatever screen

`?` lists the keys that do something where you are; type to find one, Enter runs it. `i` explains what is seen.
"""


def page() -> str:
    """The whole page."""
    from rnntui.tui.base.application import Application
    from rnntui.tui.base.main_screen import MainScreen

    columns = [f"| {name.lower()} | {_meanings(name)} |" for name in ORDER]
    grammar = "\n".join(["| for | keys |", "|---|---|", *columns, ""])
    parts = [f"## {name}\n\n{table((kind, *kind.KEYS_OF), with_names=True)}\n" for name, kind in screens().items()]
    return "\n".join(
        [HEADING, grammar, *parts, f"## On all of them\n\n{table((MainScreen, Application), with_names=True)}\n"]
    )


def _meanings(column: str) -> str:
    meanings = [meaning for name, meaning in GRAMMAR.items() if meaning.column == column and name not in _others]
    return " · ".join(f"{' '.join(f'`{key}`' for key in shown(meaning.keys))} {meaning.words}" for meaning in meanings)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
