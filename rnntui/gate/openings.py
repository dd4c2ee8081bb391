"""A gate over a stretch of time, in closed form: what it reaches, when it opens, and what whole steps see of it.

Nothing is sampled: however long the stretch and narrow the opening, it is found, at a cost that does not grow with
the number of periods. Standard library only.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from rnntui.gate import SAWTOOTH, Gate, Shape

STEPS = 1, 1000  # the whole steps that are looked at where nothing else is asked for
LEAST_DIGITS, MOST_DIGITS = 7, 17  # of a time; more than the latter no floating-point number has


@dataclass(frozen=True)
class GateOpening:
    """One opening, in time steps: when it begins, when k is greatest and when it ends, at the latest with its period.

    `steps` is the number of whole steps at which k > 0, `seen` the greatest k there.
    """

    opens: float
    peak: float
    closes: float
    steps: int
    seen: float


@dataclass(frozen=True)
class Seen:
    """What a network on steps sees of a gate: at how many of the steps k > 0, and the greatest k among these.

    `leaking` of them lie outside of every opening: there k > 0 through the leak alone.
    """

    first: int
    last: int
    number: int
    leaking: int
    greatest: float

    @property
    def misses_openings(self) -> bool:
        """Whether no step falls into an opening."""
        return self.number == self.leaking


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
    return math.floor((t - gate.s) / gate.tau - phi % 1)


def opening(gate: Gate, period: int) -> GateOpening:
    """The opening of a period; number 0 begins at the shift."""
    start, end = gate.start(period), gate.start(period + 1)
    peak = start + gate.tau * gate.r_on / 2 if gate.r_on < 2 else end
    closes = start + gate.tau * gate.r_on if gate.r_on < 1 else end
    steps = max(0, math.ceil(closes) - math.floor(start) - 1)
    beside = [t for t in (math.ceil(peak) - 1, math.floor(peak), math.ceil(peak)) if start < t < closes]
    return GateOpening(start, peak, closes, steps, max(map(gate.openness, beside), default=0.0))


def period_at(gate: Gate, t: float) -> int:
    """The number of the period that `t` lies in."""
    return round((t - gate.s) / gate.tau - gate.phase(t))


def number_of_openings(gate: Gate, low: float, high: float) -> int:
    """How many openings have a part between `low` and `high`."""
    return period_at(gate, high) - _first_period(gate, low) + 1


def openings(gate: Gate, low: float, high: float) -> Iterator[GateOpening]:
    """The openings that have a part between `low` and `high`, in order."""
    first = _first_period(gate, low)
    for period in range(first, first + number_of_openings(gate, low, high)):
        yield opening(gate, period)


def _first_period(gate: Gate, low: float) -> int:
    return period_at(gate, low) + (not gate.is_open(low))


def seen(gate: Gate, first: int, last: int) -> Seen:
    """What the whole steps from `first` to `last` see; where φ = 0 the gate is open, but k = 0."""
    openness_at = {t: k for t in range(first, last + 1) if (k := gate.openness(t)) > 0}
    leaking = sum(not gate.is_open(t) for t in openness_at)
    return Seen(first, last, len(openness_at), leaking, max(openness_at.values(), default=0.0))


def open_share(gate: Gate) -> float:
    """The share of time in which the gate is open."""
    return min(gate.r_on, 1.0)


# --- in words -------------------------------------------------------------------------------------------------------


def title(gate: Gate) -> str:
    """`τ = 5, s = 1, r_on = 0.5`, and the leak where there is one."""
    leak = f", α = {gate.leak:.6g}" if gate.leak else ""
    return f"τ = {gate.tau:.6g}, s = {gate.s:.6g}, r_on = {gate.r_on:.6g}{leak}"


def share_in_words(gate: Gate) -> str:
    """`open 5 % of the time`; closed means φ ≥ r_on, so a gate may have k = 0 and never be closed."""
    return "never closed" if gate.r_on >= 1 else f"open {100 * open_share(gate):.3g} % of the time"


def opening_in_words(gate: Gate, t: float) -> str:
    """The opening at `t` or the next one, and the one after it: `from t = 1 to 3.5, next from 6`.

    Of a gate that is never closed, when k is greatest.
    """
    period = _first_period(gate, t)
    if gate.r_on >= 1:
        period += opening(gate, period).peak < t
        first, second = opening(gate, period).peak, opening(gate, period + 1).peak
        at, next_at = times_in_words(first, second)
        return f"k = {gate.shape[-1][1] if gate.r_on >= 2 else 1:.3g} at t = {at}, next at {next_at}"
    opening_now = opening(gate, period)
    opens, closes, opens_next = times_in_words(opening_now.opens, opening_now.closes, gate.start(period + 1))
    return f"from t = {opens} to {closes}, next from {opens_next}"


def times_in_words(*times: float) -> list[str]:
    """Times in their order, with as many digits as tell them apart."""
    least_gap = min((after - one for one, after in itertools.pairwise(times) if after > one), default=math.inf)
    digits = math.ceil(math.log10(max(*map(abs, times), least_gap) / least_gap)) + 2 if least_gap < math.inf else 0
    return [f"{time:.{min(max(digits, LEAST_DIGITS), MOST_DIGITS)}g}" for time in times]


def steps_in_words(steps: Seen) -> str:
    """How much of the gate a network on steps sees."""
    if not steps.number:
        return f"k = 0 at every whole step from {steps.first:,} to {steps.last:,}: steps miss it"
    passing = f"k > 0 at {steps.number:,} of the whole steps {steps.first:,} to {steps.last:,}"
    if steps.misses_openings:
        return f"{passing} through the leak alone: steps miss the openings"
    leaking = f", through the leak alone at {steps.leaking:,}" if steps.leaking else ""
    return f"{passing}{leaking}; at most {steps.greatest:.3g}"
