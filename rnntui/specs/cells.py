"""What differs by cell: a new one is a file in `core/cells/` and an entry of `CELLS`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rnntui import gate


@dataclass(frozen=True)
class CellSpec:
    """A cell of ours. `path` is `module:Class`, `name` how people write it.

    `cost` is the arithmetic of a step, as many times that of an RNN of the same size. `forget_gate` says that it has a
    gate whose bias keeps the state, `closes` that its units are shut for part of the time, so that no latch holds,
    `has_one_matrix` that the state passes through `W_hh` alone, whose singular values say what becomes of it.
    `weights` are the trained parameters of a layer with d inputs and n units, counted without the
    network; `None`: not known before it is there. `normed` is the path of the same with layer normalisation, where
    there is one; `gains` are the numbers a unit that it has beside the weights.
    """

    path: str
    name: str
    cost: Callable[[Any], float]
    forget_gate: bool = True
    closes: bool = False
    has_one_matrix: bool = False
    weights: Callable[[Any, int, int], int] | None = None
    normed: str = ""
    gains: int = 0

    def path_of(self, layer_norm: bool) -> str:
        """That of the class, with layer normalisation or without."""
        return self.normed if layer_norm else self.path


def _lstm_weights(settings: Any, d: int, n: int) -> int:
    return 4 * n * (d + n + 1)


CELLS: dict[str, CellSpec] = {
    "rnn": CellSpec(
        "rnntui.core.cells.vanilla:VanillaRNN",
        "RNN",
        lambda settings: 1,
        forget_gate=False,
        has_one_matrix=True,
        weights=lambda settings, d, n: n * (d + n + 1),
        normed="rnntui.core.cells.layer_norm:LayerNormRNN",
        gains=2,
    ),
    "lstm": CellSpec(
        "rnntui.core.cells.lstm:LSTM",
        "LSTM",
        lambda settings: 4,
        weights=_lstm_weights,
        normed="rnntui.core.cells.layer_norm:LayerNormLSTM",
        gains=10,
    ),
    "gru": CellSpec(
        "rnntui.core.cells.gru:GRU",
        "GRU",
        lambda settings: 3,
        weights=lambda settings, d, n: n * (3 * d + 3 * n + 4),
        normed="rnntui.core.cells.layer_norm:LayerNormGRU",
        gains=6,
    ),
    "phased": CellSpec(
        "rnntui.core.cells.phased:PhasedLSTM",
        "Phased LSTM",
        lambda settings: 4 * min(1.0, settings.ratio + 0.2),  # closed units are skipped
        closes=True,
        weights=lambda settings, d, n: _lstm_weights(settings, d, n) + n * len(gate.read_learned(settings.learn)),
    ),
}
NORMED_COST = 1.2  # times as much with layer normalisation, by the compiled kernel of a wide LSTM
OWN_CELL_COST = 4.0  # of a user's own cell, which nobody knows


def cell_name(cell: str) -> str:
    """A cell as people write it: `Phased LSTM`; one of a user's own by its class."""
    return CELLS[cell].name if cell in CELLS else cell.rpartition(":")[2].rpartition(".")[2]


def cell_cost(settings: Any) -> float:
    """The arithmetic of a time step, as many times that of an RNN of the same size."""
    if settings.cell not in CELLS:
        return OWN_CELL_COST
    return CELLS[settings.cell].cost(settings) * (NORMED_COST if settings.layer_norm else 1.0)


def recurrent_products(settings: Any) -> float:
    """Multiplications of weights between units at a time step of one sequence, forward, in all layers: those of the
    first layer's input are few or looked up.
    """
    return float(cell_cost(settings) * settings.hidden**2 * (2 * settings.layers - 1))
