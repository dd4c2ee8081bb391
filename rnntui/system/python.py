"""How another process of rnntui is started."""

import sys
from pathlib import Path

import rnntui


def module_command(module: str) -> tuple[str, ...]:
    """What runs a module of rnntui; files of the working directory must not stand before Python's own."""
    home = Path(rnntui.__file__).parents[1]
    where = () if Path.cwd() == home else ("-P",)  # there rnntui itself may be found by the directory alone
    return sys.executable, *where, "-m", module
