"""The progress bar of every command: Rich's, on standard error, where what it says is never markup and cannot fail."""

import sys
from typing import Any

from rich.console import Console
from rich.progress import Progress, ProgressColumn, TextColumn

from rnntui.system.output import steadfast


def bar(*columns: ProgressColumn, **how: Any) -> Progress:
    """A bar with its description in front of the columns; `how` is as `rich.progress.Progress` takes it."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        *columns,
        console=Console(file=steadfast(sys.stderr), markup=False, highlight=False, emoji=False),
        redirect_stdout=False,
        redirect_stderr=False,
        **how,
    )


def figures() -> ProgressColumn:
    """A column of words that a task has as its field `figures`."""
    return TextColumn("{task.fields[figures]}", markup=False)
