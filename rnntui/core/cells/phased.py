"""The Phased LSTM of `docs/spec.md` 1 (Neil, Pfeiffer and Liu 2016): an LSTM whose units open and close with time.

x  input (B, d)     h  output (B, n)     c  cell state (B, n)     t  time
τ  period           s  shift             r_on  open ratio         α  leak
φ  phase in [0, 1)  k  openness: 0 is closed                      (n,) each
"""

import math
from collections.abc import Iterator
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from rnntui import gate
from rnntui.config import Settings, time_steps
from rnntui.core.cells import State, masked
from rnntui.core.cells.lstm import LSTM


class PhasedLSTM(LSTM):
    """c(t) = k ⊙ c̃ + (1 - k) ⊙ c(t-1),  h(t) = k ⊙ h̃ + (1 - k) ⊙ h(t-1),  c̃ and h̃ as the LSTM's

    The gate is kept in float64. `tau_0`, `s_0`, `r_0` are where it began; what is learned starts at zero beside it,
    τ = τ_0 exp(log_tau), s = s_0 + τ_0 turn, r_on = r_0 exp(log_r_on), so that τ and r_on stay positive.

    `learn` names what is trained, of `period`, `shift`, `ratio`. `period` is the lowest and the highest; `shift` of
    `None` is anywhere in the period.
    """

    latching = None  # a unit that is closed cannot take the first input's sign
    drawn_here: ClassVar[frozenset[str]] = frozenset({"tau_0", "s_0", "r_0", "log_tau", "turn", "log_r_on"})

    def __init__(
        self,
        d: int,
        n: int,
        *,
        learn: tuple[str, ...] = gate.PARAMETERS,
        period: tuple[float, float] = (10.0, 100.0),
        shift: float | None = None,
        ratio: float = 0.05,
        leak: float = 0.0,
    ) -> None:
        super().__init__(d, n)
        self.leak, self._period, self._shift, self._ratio = leak, period, shift, ratio
        self.tau_0: Tensor
        self.s_0: Tensor
        self.r_0: Tensor
        self.register_buffer("tau_0", torch.full((n,), math.sqrt(period[0] * period[1]), dtype=torch.float64))
        self.register_buffer("s_0", torch.full((n,), shift or 0.0, dtype=torch.float64))
        self.register_buffer("r_0", torch.full((n,), ratio, dtype=torch.float64))
        self.log_tau = nn.Parameter(torch.zeros(n)) if "period" in learn else None
        self.turn = nn.Parameter(torch.zeros(n)) if "shift" in learn else None
        self.log_r_on = nn.Parameter(torch.zeros(n)) if "ratio" in learn else None

    @classmethod
    def of(cls, settings: Settings, d: int, n: int) -> Self:
        return cls(
            d,
            n,
            learn=gate.read_learned(settings.learn),
            period=gate.read_periods(settings.period, time_steps(settings)),
            shift=gate.read_shift(settings.shift),
            ratio=settings.ratio,
            leak=settings.leak,
        )

    def draw(self, steps: int, generator: torch.Generator) -> None:
        """Periods log-uniformly between the lowest and the highest, shifts uniformly over each period."""
        low, high = self._period
        if low == high:
            self.tau_0.fill_(low)
        else:
            self.tau_0.uniform_(math.log(low), math.log(high), generator=generator).exp_()
        if self._shift is None:
            self.s_0.uniform_(generator=generator).mul_(self.tau_0)

    def letters(self) -> Iterator[tuple[str, Tensor]]:
        yield from super().letters()
        yield from self.named_buffers()

    @property
    def tau(self) -> Tensor:
        """Periods in time steps, `(n,)`, float64."""
        return self.tau_0 if self.log_tau is None else self.tau_0 * self.log_tau.double().exp()

    @property
    def s(self) -> Tensor:
        """Shifts in time steps, `(n,)`, float64."""
        return self.s_0 if self.turn is None else self.s_0 + self.tau_0 * self.turn.double()

    @property
    def r_on(self) -> Tensor:
        """Open ratios, `(n,)`, float64."""
        return self.r_0 if self.log_r_on is None else self.r_0 * self.log_r_on.double().exp()

    @property
    def learned(self) -> tuple[str, ...]:
        """What of the gate is trained, in the order of `gate.PARAMETERS`."""
        trained = zip(gate.PARAMETERS, (self.log_tau, self.turn, self.log_r_on), strict=True)
        return tuple(name for name, parameter in trained if parameter is not None)

    def step(
        self, x: Tensor, state: State, t: int | float | Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, State]:
        h_before, c_before = state
        i, f, g, o = self.gates(x, masked(state, mask)).values()
        k = openness(phase(t, self.tau, self.s), self.r_on, self.leak).to(x.dtype)
        c = g * i + c_before * f
        c = k * c + (1 - k) * c_before
        h = torch.tanh(c) * o
        h = k * h + (1 - k) * h_before
        return h, (h, c)

    @staticmethod
    def parameter_count(d: int, n: int) -> int:
        """With period, shift and ratio learned; n less for each that is held fixed."""
        return LSTM.parameter_count(d, n) + 3 * n


def phase(t: float | Tensor, tau: Tensor, s: Tensor) -> Tensor:
    """φ in [0, 1), `(n,)` at one time, `(…, n)` at times `(…)`; float64, a quotient that rounds to 1 counts as 0.

    ∂φ/∂τ = -(t - s)/τ²,  ∂φ/∂s = -1/τ, from the right where φ wraps.
    """
    if isinstance(t, Tensor):  # a number stays one: to make a tensor of it the host would wait for the device
        t = t.to(tau.device, tau.dtype).unsqueeze(-1)  # (…, 1)
    phi = torch.remainder(t - s, tau) / tau
    return phi - (phi >= 1).to(phi.dtype)


def openness(phi: Tensor, r_on: Tensor, leak: float = 0.0) -> Tensor:
    """k of the phases φ; at a joint the slope is that of the piece on its right.

    Closed units, φ ≥ r_on, are at αφ and hand no gradient to r_on.
    """
    half = 2 * phi / r_on
    k = torch.where(half < 1, half, 2 - half)
    return torch.where(phi < r_on, k, leak * phi)


def is_open(phi: Tensor, r_on: Tensor) -> Tensor:
    """Where a unit is not closed: φ < r_on. At φ = 0 it is open with k = 0, and k has slopes there."""
    return phi < r_on
