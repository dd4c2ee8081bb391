"""What the time gates of a network leave unheard, and where learning has driven them out of reason.

Everything here follows from the gates alone: it is known before the first batch.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from rnntui import wording
from rnntui.core.cells.phased import PhasedLSTM, openness, phase
from rnntui.core.model import Model

PIECE = 4_096  # time steps looked at in one go
NAMED = 5  # holes that a sentence names
SHORTEST = 1.0  # sane period in time steps: a faster gate turns more than once from one step to the next
LONGEST = 100.0  # sane period in sequences: a slower gate hardly moves
FARTHEST = 10.0  # sane shift in periods of its beginning, from where it began
NARROWEST, WIDEST = 0.001, 2.0  # sane open ratio: a narrower one is missed by the steps, a wider one never opens fully


def holes(cell: PhasedLSTM, times: Tensor) -> Tensor:
    """The times `(T,)` at which no unit of the cell is open (k > 0, the leak left out), `(T,)`, bool."""
    return (~_opened(cell, times).any(-1)).cpu()


def open_share(cell: PhasedLSTM, times: Tensor) -> float:
    """The mean share of units that are open at the times `(T,)`."""
    return float(_opened(cell, times).double().mean())


@torch.no_grad()
def _opened(cell: PhasedLSTM, times: Tensor) -> Tensor:
    """`(T, n)`, bool; in pieces, for float64 phases are eight times as large."""
    tau, s, r_on = cell.tau, cell.s, cell.r_on
    return torch.cat([openness(phase(t, tau, s), r_on) > 0 for t in torch.split(times, PIECE)])


def describe(model: Model, steps: int) -> list[str]:
    """A sentence for each layer with time gates, on a sequence of so many steps: what is open, and where none is."""
    times = torch.arange(1, steps + 1, dtype=torch.float64)
    return [_sentence(name, cell, times) for name, cell in _gated(model)]


def deaf_shares(model: Model, steps: int) -> list[float]:
    """The share of holes in a sequence of so many steps, for each layer with time gates."""
    times = torch.arange(1, steps + 1, dtype=torch.float64)
    return [float(holes(cell, times).double().mean()) for _, cell in _gated(model)]


def strays(model: Model, steps: int) -> dict[str, str]:
    """A sentence for each parameter of a gate that has left the sane region, by layer and parameter."""
    return {f"{name}{what}": sentence for name, cell in _gated(model) for what, sentence in _strays(name, cell, steps)}


def _gated(model: Model) -> Iterator[tuple[str, PhasedLSTM]]:
    """The cells with time gates, each with what to call its layer: nothing where there is one only."""
    for k, cell in enumerate(model.cells, 1):
        if isinstance(cell, PhasedLSTM):
            yield (f"layer {k}: " if len(model.cells) > 1 else ""), cell


def _sentence(name: str, cell: PhasedLSTM, times: Tensor) -> str:
    found = holes(cell, times)
    share = wording.share(open_share(cell, times))
    if not found.any():
        return f"{name}time gates: of {cell.n} units a share of {share} is open at a time, and some at every step"
    at = times[found].tolist()
    named = ", ".join(f"{t:g}" for t in at[:NAMED]) + (", …" if len(at) > NAMED else "")
    return (
        f"{name}time gates: no unit is open at {len(at):,} of {len(times):,} steps (t = {named}), and there the "
        "network is deaf: more --hidden units or a larger --ratio close these holes"
    )


def _strays(name: str, cell: PhasedLSTM, steps: int) -> Iterator[tuple[str, str]]:
    with torch.no_grad():
        tau, r_on = cell.tau, cell.r_on
        moved = (cell.s - cell.s_0).abs() / cell.tau_0
        for what, is_sane, values, right in (
            ("period", (tau >= SHORTEST) & (tau <= LONGEST * steps), tau, f"{SHORTEST:g} to {LONGEST * steps:,.0f}"),
            ("shift", moved <= FARTHEST, cell.s, f"within {FARTHEST:g} periods of where it began"),
            ("ratio", (r_on >= NARROWEST) & (r_on <= WIDEST), r_on, f"{NARROWEST:g} to {WIDEST:g}"),
        ):
            if not is_sane.all() and what in _moving(cell):
                yield what, _said(name, what, is_sane, values, right)


def _said(name: str, what: str, is_sane: Tensor, values: Tensor, right: str) -> str:
    worst: Sequence[float] = values[~is_sane].tolist()
    count = wording.counted(len(worst), "unit")
    return (
        f"{name}the {what} of {count} has left what makes sense ({right}), {worst[0]:.4g} for one: "
        f"a lower learning rate, or --learn without {what}, keeps it"
    )


def _moving(cell: PhasedLSTM) -> set[str]:
    learned = {"period": cell.log_tau, "shift": cell.turn, "ratio": cell.log_r_on}
    return {what for what, parameter in learned.items() if parameter is not None}
