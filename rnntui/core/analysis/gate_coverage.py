"""Which time steps no time gate is open for, and which gates training has driven out of their sensible range.

Everything here follows from the gates alone, so it is known, and the user warned, before the first batch.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from rnntui.core.cells.phased import PhasedLSTM, openness, phase
from rnntui.core.model import Model
from rnntui.core.training.warnings import Alarm
from rnntui.text import format

PIECE = 4_096  # time steps looked at in one go
NAMED = 5  # holes that a sentence names
SHORTEST = 1.0  # sane period in time steps: a faster gate turns more than once from one step to the next
LONGEST = 100.0  # sane period in sequences: a slower gate hardly moves
FARTHEST = 10.0  # sane shift in periods, from where it began
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


def describe(model: Model, steps: int, along: str = "steps") -> list[str]:
    """What is open and where nothing is, of each layer with time gates, and what of a gate makes no sense.

    On a sequence of so many steps, which the sentences call by `along`.
    """
    times = torch.arange(1, steps + 1, dtype=torch.float64)
    said = [f"{name}{_coverage(cell, times, along)}" for name, cell in _gated(model)]
    odd = [
        f"{name}the {what} of {outside} makes no sense on {steps:,} steps: {right} does"
        for name, cell in _gated(model)
        for what, outside, right, _ in _outside(cell, steps)
    ]
    return said + odd


def uncovered_shares(model: Model, steps: int) -> list[float]:
    """The share of holes in a sequence of so many steps, for each layer with time gates."""
    times = torch.arange(1, steps + 1, dtype=torch.float64)
    return [float(holes(cell, times).double().mean()) for _, cell in _gated(model)]


def strays(model: Model, steps: int) -> list[Alarm]:
    """An alarm for each learned parameter of a gate outside its sane region, by layer and parameter."""
    return [
        Alarm(
            f"{name}{what}",
            excess,
            f"{name}the {what} of {outside} has left its sensible range, {right}: a lower learning rate, or --learn "
            f"without {what}, holds it",
        )
        for name, cell in _gated(model)
        for what, outside, right, excess in _outside(cell, steps)
        if what in cell.learned
    ]


def _gated(model: Model) -> Iterator[tuple[str, PhasedLSTM]]:
    """The cells with time gates, each with what to call its layer: nothing where there is one only."""
    for k, cell in enumerate(model.cells, 1):
        if isinstance(cell, PhasedLSTM):
            yield (f"layer {k}: " if len(model.cells) > 1 else ""), cell


def _coverage(cell: PhasedLSTM, times: Tensor, along: str) -> str:
    gaps = holes(cell, times)
    if not gaps.any():
        share = open_share(cell, times)
        return f"time gates: on average {share:.1%} of the {cell.n} units are open, and at every step one or more"
    at = times[gaps].tolist()
    named = ", ".join(f"{t:g}" for t in at[:NAMED]) + (", …" if len(at) > NAMED else "")
    where = f"at {len(at):,} of {len(times):,} {along} (t = {named})"
    if cell.leak:
        return f"time gates: {where} no unit is open except through its leak"
    return f"time gates: no unit is open {where}, so the network ignores its input there: {_cure(cell)}"


def _cure(cell: PhasedLSTM) -> str:
    """What would close the holes."""
    tau, s = cell.tau.detach(), cell.s.detach()
    if cell.n > 1 and (tau == tau[0]).all() and (s == s[0]).all():
        return "all units share one gate: spread them with --period LOW:HIGH, or leave out --shift"
    return "more --hidden units or a larger --ratio close these gaps"


Outside = tuple[str, str, str, float]  # parameter; of how many units, and what it is; sane region; times beyond it


@torch.no_grad()
def _outside(cell: PhasedLSTM, steps: int) -> Iterator[Outside]:
    """Each parameter that is outside its sane region."""
    tau, s, r_on = cell.tau, cell.s, cell.r_on
    moved = (s - cell.s_0).abs() / cell.tau_0
    far = torch.maximum(s.abs() / torch.clamp(tau, min=float(steps)), moved) / FARTHEST
    yield from _told("period", _times_beyond(tau, SHORTEST, LONGEST * steps), tau, SHORTEST, LONGEST * steps)
    yield from _told("shift", far, s, -FARTHEST, FARTHEST, " periods from its start")
    yield from _told("ratio", _times_beyond(r_on, NARROWEST, WIDEST), r_on, NARROWEST, WIDEST)


def _times_beyond(values: Tensor, least: float, most: float) -> Tensor:
    """How many times values are below the least or above the most, `(n,)`; at most 1 within."""
    return torch.maximum(least / values, values / most)


def _told(what: str, beyond: Tensor, values: Tensor, least: float, most: float, unit: str = "") -> Iterator[Outside]:
    """The units that are beyond a bound, the farthest named."""
    beyond = beyond.nan_to_num(nan=torch.inf)
    count = int((beyond > 1).sum())
    if count:
        farthest = int(beyond.argmax())
        named = f"{format.counted(count, 'unit')} ({float(values[farthest]):.4g}{' is one' if count > 1 else ''})"
        yield what, named, f"{least:g} to {most:g}{unit}", float(beyond[farthest])
