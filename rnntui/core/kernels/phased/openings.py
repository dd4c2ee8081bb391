"""Which units are open when: φ depends on the time and the gate alone, so it is known before the sequence is read.

Invariant: a unit that is left out at a step has k = 0 there and no gradient reaches its gate.

M  pairs of a step and a unit that is open at it     (T,) steps     (n,) units
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from rnntui.core.cells.phased import PhasedLSTM, openness, phase
from rnntui.core.kernels.phased.slots import Moves, arrange, moves


@dataclass(frozen=True)
class Openings:
    """The open pairs, step after step: `steps` and `units`, both `(M,)`, int64.

    Step t has the pairs `bounds[t]` … `bounds[t + 1]`; `arranged`, each unit stands where it did the step before, if
    it can; else they ascend.
    """

    steps: Tensor
    units: Tensor
    bounds: list[int]

    @cached_property
    def most(self) -> int:
        """The largest number of units that are open at once."""
        return int(np.diff(self.bounds).max())

    @cached_property
    def bounds_tensor(self) -> Tensor:
        """The bounds, `(T + 1,)`, int64."""
        return torch.tensor(self.bounds)

    @cached_property
    def moves(self) -> Moves:
        """Which units open and close between the steps."""
        return moves(self.units.numpy(), self.bounds)


def find(cell: PhasedLSTM, T: int, times: Tensor | None, *, arranged: bool = True) -> tuple[Openings, Tensor]:
    """The open pairs of a sequence and k of each, `(M,)` float64, with autograd through what is learned of the gate.

    `times` is `(T,)`, float64; `None` is 1, 2, …, T. A unit at φ = 0, where k = 0 but its slopes are not, is left out
    where period and shift are held fixed; with a leak no unit is.
    """
    if times is None and not cell.learned:
        gate = tuple(letter.numpy().tobytes() for letter in (cell.tau_0, cell.s_0, cell.r_0))
        return _fixed(arranged, T, cell.leak, *gate)
    times = _times(T, times, cell.tau)
    return _find(cell.tau, cell.s, cell.r_on, times, cell.leak, slopes_matter=_slopes_matter(cell), arranged=arranged)


@lru_cache(maxsize=8)
def _fixed(arranged: bool, T: int, leak: float, *gate: bytes) -> tuple[Openings, Tensor]:
    """Those of a gate whose values are these bytes: nothing else goes in, so what is remembered cannot be stale."""
    with torch.inference_mode(False), torch.no_grad():
        tau, s, r_on = (torch.from_numpy(np.frombuffer(letter).copy()) for letter in gate)
        return _find(tau, s, r_on, _times(T, None, tau), leak, slopes_matter=False, arranged=arranged)


def _find(
    tau: Tensor, s: Tensor, r_on: Tensor, times: Tensor, leak: float, *, slopes_matter: bool, arranged: bool
) -> tuple[Openings, Tensor]:
    opened = _opened(tau.detach(), s.detach(), r_on.detach(), times, leak, slopes_matter)  # (T, n)
    steps, units = opened.nonzero(as_tuple=True)
    bounds = [0, *opened.sum(1).cumsum(0).tolist()]
    if arranged:
        units = torch.from_numpy(arrange(opened.numpy(), units.numpy()))
    # a column of its own for each pair: with the letters gathered first, the cost of k and of its gradient follows M
    tau, s, r_on = (letter.index_select(0, units).unsqueeze(1) for letter in (tau, s, r_on))
    k = openness(phase(times.index_select(0, steps), tau, s), r_on, leak)
    return Openings(steps, units, bounds), k.squeeze(1)


def _opened(tau: Tensor, s: Tensor, r_on: Tensor, times: Tensor, leak: float, slopes_matter: bool) -> Tensor:
    """Where arithmetic is needed, `(T, n)`; a gate that is no number anywhere counts as open, so that it is seen."""
    phi = phase(times, tau, s)
    if leak:
        return torch.ones_like(phi, dtype=torch.bool)
    closed = phi >= r_on
    return ~closed if slopes_matter else ~(closed | (phi == 0))


def _slopes_matter(cell: PhasedLSTM) -> bool:
    """Whether k at φ = 0 has slopes that are asked for: ∂k/∂r_on is 0 there, those of period and shift are not."""
    return cell.log_tau is not None or cell.turn is not None


def _times(T: int, times: Tensor | None, like: Tensor) -> Tensor:
    if times is None:
        return torch.arange(1, T + 1, dtype=like.dtype, device=like.device)
    return times.to(like.device, like.dtype)
