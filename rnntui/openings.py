"""A gate over a stretch of time, in closed form: what it reaches, when it opens, and what whole steps see of it.

Nothing is sampled: however long the stretch and narrow the opening, it is found, at a cost that does not grow with
the number of periods. Standard library only.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from rnntui.gate import SAWTOOTH, Gate, Shape


@dataclass(frozen=True)
class Opening:
    """One opening, in time steps: when it begins, when k = 1 and when it ends.

    `full` is `None` where the period is over before k = 1; one that never closes ends with its period.
    """

    opens: float
    full: float | None
    closes: float


@dataclass(frozen=True)
class Seen:
    """What a network on steps sees of a gate: how many of the steps are open, and the greatest k among these."""

    first: int
    last: int
    number: int
    greatest: float


def reach_of_openness(gate: Gate, low: float, high: float) -> tuple[float, float]:
    """The least and the greatest k from `low` to `high`; at a jump both of its ends count."""
    return _reach(gate, gate.shape, (gate.openness(low), gate.openness(high)), low, high)


def reach_of_phase(gate: Gate, low: float, high: float) -> tuple[float, float]:
    """The least and the greatest φ from `low` to `high`, 1 where a period ends in between."""
    return _reach(gate, SAWTOOTH, (gate.phase(low), gate.phase(high)), low, high)


def opens_within(gate: Gate, low: float, high: float) -> bool:
    """Whether the gate is open at any time from `low` to `high`."""
    return gate.is_open(low) or gate.is_open(high) or _passes(gate, 0.0, low, high)


def _reach(gate: Gate, shape: Shape, ends: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    """Between two corners lies a straight piece, so the ends and the corners in between are all there is."""
    values = [*ends, *(value for phi, value in shape if _passes(gate, phi, low, high))]
    return min(values), max(values)


def _passes(gate: Gate, phi: float, low: float, high: float) -> bool:
    """Whether the phase φ comes after `low` and up to `high`.

    Both are counted by one monotone formula, so of stretches that lie side by side exactly one has it.
    """
    return _turns(gate, phi, high) > _turns(gate, phi, low)


def _turns(gate: Gate, phi: float, t: float) -> int:
    return math.floor((t - gate.s) / gate.tau - phi)


def opening(gate: Gate, period: int) -> Opening:
    """The opening of a period; number 0 begins at the shift."""
    start, end = gate.start(period), gate.start(period + 1)
    full = start + gate.tau * gate.r_on / 2 if gate.r_on < 2 else None
    return Opening(start, full, end if gate.r_on >= 1 else start + gate.tau * gate.r_on)


def period_at(gate: Gate, t: float) -> int:
    """The number of the period that `t` lies in."""
    return round((t - gate.s) / gate.tau - gate.phase(t))


def number_of_openings(gate: Gate, low: float, high: float) -> int:
    """How many openings have a part between `low` and `high`."""
    return period_at(gate, high) - _first_period(gate, low) + 1


def openings(gate: Gate, low: float, high: float) -> Iterator[Opening]:
    """The openings that have a part between `low` and `high`, in order."""
    first = _first_period(gate, low)
    for period in range(first, first + number_of_openings(gate, low, high)):
        yield opening(gate, period)


def _first_period(gate: Gate, low: float) -> int:
    return period_at(gate, low) + (not gate.is_open(low))


def seen(gate: Gate, first: int, last: int) -> Seen:
    """What the whole steps from `first` to `last` see: where φ = 0 nothing passes, so that counts as closed."""
    found = [gate.openness(t) for t in range(first, last + 1) if gate.is_open(t)]
    return Seen(first, last, sum(k > 0 for k in found), max(found, default=0.0))


def open_share(gate: Gate) -> float:
    """The share of time in which the gate is open."""
    return min(gate.r_on, 1.0)
