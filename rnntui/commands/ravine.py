"""`rnntui ravine`: the optimizers on a ravine, as a figure, a table or JSON. Imported inside the command, for torch."""

from pathlib import Path
from typing import Any

from rnntui.commands.tables import print_table
from rnntui.core.analysis.ravine import LOW, Descent, descents, f
from rnntui.system.output import as_json, say

SHOWN = (10, 30)  # steps after which the table gives the height
COLUMNS = ["optimizer", ">learning rate", *(f">f after {k}" for k in SHOWN), f">f < {LOW} at step", ">bounces"]


def tell(file: Path | None, steps: int, *, wants_json: bool) -> None:
    """Draw the figure where one is named; print the facts as JSON, or without a figure as a table."""
    paths = descents(steps)
    if file is not None:
        _draw(file, paths)
    if wants_json:
        print(as_json([_facts(path) for path in paths]))
    elif file is not None:
        say(f"drawn: {file}")
    else:
        print_table(COLUMNS, map(_row, paths), leave_out=[("bounces",)])


def _draw(file: Path, paths: list[Descent]) -> None:
    from rnntui.plots import ravine

    ravine.draw(file, f, {f"{path.optimizer}, lr {path.lr:g}": path.points for path in paths})


def _facts(path: Descent) -> dict[str, Any]:
    heights = {f"f_after_{k}": path.height(k) for k in SHOWN}
    summary = {"arrived_at": path.arrived_at, "bounces": path.bounces}
    return {"optimizer": path.optimizer, "lr": path.lr, **heights, **summary, "path": path.points}


def _row(path: Descent) -> list[str]:
    heights = [path.height(k) for k in SHOWN]
    arrived = "" if path.arrived_at is None else str(path.arrived_at)
    shown = ["" if height is None else f"{height:.2g}" for height in heights]
    return [path.optimizer, f"{path.lr:g}", *shown, arrived, str(path.bounces)]
