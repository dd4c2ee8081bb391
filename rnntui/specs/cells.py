"""What differs by cell: a new one is a file in `core/cells/` and an entry of `CELLS`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CellSpec:
    """A cell of ours. `path` is `module:Class`, `name` how people write it.

    `cost` is the arithmetic of a step, as many times that of an RNN of the same size. `forget_gate` says that it has a
    gate whose bias keeps the state, `closes` that its units are shut for part of the time, so that no latch holds,
    `has_one_matrix` that the state passes through `W_hh` alone, whose singular values say what becomes of it.
    """

    path: str
    name: str
    cost: Callable[[Any], float]
    forget_gate: bool = True
    closes: bool = False
    has_one_matrix: bool = False


CELLS: dict[str, CellSpec] = {
    "rnn": CellSpec(
        "rnntui.core.cells.vanilla:VanillaRNN", "RNN", lambda settings: 1, forget_gate=False, has_one_matrix=True
    ),
    "lstm": CellSpec("rnntui.core.cells.lstm:LSTM", "LSTM", lambda settings: 4),
    "gru": CellSpec("rnntui.core.cells.gru:GRU", "GRU", lambda settings: 3),
    "phased": CellSpec(
        "rnntui.core.cells.phased:PhasedLSTM",
        "Phased LSTM",
        lambda settings: 4 * min(1.0, settings.ratio + 0.2),  # closed units are skipped
        closes=True,
    ),
}
OWN_CELL_COST = 4.0  # of a user's own cell, which nobody knows


def cell_name(cell: str) -> str:
    """A cell as people write it: `Phased LSTM`; one of a user's own by its class."""
    return CELLS[cell].name if cell in CELLS else cell.rpartition(":")[2].rpartition(".")[2]


def cell_cost(settings: Any) -> float:
    """The arithmetic of a time step, as many times that of an RNN of the same size."""
    return CELLS[settings.cell].cost(settings) if settings.cell in CELLS else OWN_CELL_COST
