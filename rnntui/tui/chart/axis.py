"""Round numbers for the axes of a chart: bounds that sit still while data grows, ticks and their labels.

Bounds are multiples of 1, 2 or 5 × 10^k outside the data, so that they move seldom and by much.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_FILLED = 0.5  # share of the axis that data must fill for the axis to stay
OUTLIER = 3.0  # times the usual range: what lies further out is drawn at the border
NARROW = 1e-6  # of a value: a range below it is none
LEAST_LOG = 1e-300  # what a logarithmic axis can hold: below it powers of ten lose their digits
RARE = 0.02  # share of values that may be outliers


@dataclass(frozen=True)
class Axis:
    """An interval of values, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    def share(self, values: Floats) -> Floats:
        """Where values lie: 0 at `low`, 1 at `high`; NaN where there is none on this axis."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if not self.log:
                return (values - self.low) / (self.high - self.low)
            logs = np.log(np.where(values >= LEAST_LOG, values, np.nan))
        return np.asarray((logs - math.log(self.low)) / math.log(self.high / self.low), dtype=np.float64)


def round_up(number: float) -> float:
    """The smallest of 1, 2, 5 × 10^k that is not below a positive number."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= number * (1 - 1e-9))


def round_down(number: float) -> float:
    """The largest of 1, 2, 5 × 10^k that is not above a positive number."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(m * power for m in (10.0, 5.0, 2.0, 1.0) if m * power <= number * (1 + 1e-9))


def step_axis(first: float, last: float, zoom: float) -> Axis:
    """The steps to show. Ends move by a twentieth or so of the length: a curve that grows is not redrawn all over."""
    length = last - first
    begin = max(first, last - (zoom if zoom > 1 else zoom * length))
    unit = max(1.0, round_up(max(last - begin, 10.0) / 25))
    low = math.floor(begin / unit) * unit
    return Axis(low, max(math.ceil(last / unit) * unit, low + 10))


def value_axis(low: float, high: float, log: bool, before: Axis | None) -> Axis:
    """Round bounds around values, or the axis of `before` while it holds them without much waste."""
    if before is not None and before.log == log and _fits(low, high, before):
        return before
    if log and high / low >= 5:
        return Axis(round_down(low), round_up(high), log=True)
    if high - low < NARROW * max(abs(low), abs(high)) or high == low:
        room = 0.1 * abs(high) or 0.5
        low, high = max(low - room, min(low, 0.0)), high + room
    unit = round_up((high - low) / 6)
    bottom, top = math.floor(low / unit + 1e-9) * unit, math.ceil(high / unit - 1e-9) * unit
    return Axis(bottom if bottom > 0 or not log else round_down(low), top, log)


def _fits(low: float, high: float, axis: Axis) -> bool:
    ends = axis.share(np.array([low, high]))
    return bool(ends[0] >= -1e-9 and ends[1] <= 1 + 1e-9 and ends[1] - ends[0] >= LEAST_FILLED)


def usual_range(values: Floats, start: float) -> tuple[float, float]:
    """Minimum and maximum, less the few outliers that would flatten the rest; `start` is never one of them."""
    ordered = np.sort(values)
    rare = int(RARE * len(ordered))
    low, high = min(ordered[rare], start), max(ordered[-1 - rare], start)
    room = OUTLIER * (high - low)
    least, most = min(float(ordered[0]), start), max(float(ordered[-1]), start)
    return (least if least >= low - room else float(low)), (most if most <= high + room else float(high))


def ticks(axis: Axis, at_most: int) -> list[float]:
    """Round values on the axis, ascending."""
    if axis.log and axis.high / axis.low >= 5:
        return _log_ticks(axis, at_most)
    unit = round_up((axis.high - axis.low) / (at_most + 1))
    while len(multiples := _multiples(axis, unit)) > at_most:
        unit = round_up(1.5 * unit)
    return [k * unit for k in multiples]


def _multiples(axis: Axis, unit: float) -> range:
    return range(math.ceil(axis.low / unit - 1e-9), math.floor(axis.high / unit + 1e-9) + 1)


def _log_ticks(axis: Axis, at_most: int) -> list[float]:
    powers = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    choices = [[m * 10.0**k for k in powers for m in multiples] for multiples in ((1, 2, 5), (1, 3), (1,))]
    choices += [[10.0**k for k in powers if k % every == 0] for every in (2, 3, 5, 10, 20, 50)]
    for values in choices:
        inside = [v for v in values if axis.low * (1 - 1e-9) <= v <= axis.high * (1 + 1e-9)]
        if len(inside) <= at_most:
            return inside
    return []


def tick_labels(values: list[float]) -> list[str]:
    """Short labels that tell neighbours apart: `0.0` and `0.5`, `0.001` and `0.1`."""
    if len(values) < 2:
        return [f"{v:.4g}" for v in values]
    if values[0] > 0 and 10 * values[0] <= values[-1] < 10_000:
        return [f"{v:.12g}".replace("e-0", "e-") for v in values]
    gap = min(abs(b - a) for a, b in itertools.pairwise(values))
    if max(abs(v) for v in values) >= 10_000 or gap < 1e-4:
        return [shown(v) for v in values]
    decimals = max(0, -math.floor(math.log10(gap) + 1e-9))
    return [f"{v:.{decimals}f}" for v in values]


def step_labels(values: list[float]) -> list[str]:
    """Labels of steps: `0`, `500`, `1.2k`, `3k`, `1M`, with as many digits as neighbours need."""
    most = max((abs(v) for v in values), default=0.0)
    scale, letter = next(((s, n) for s, n in ((1e6, "M"), (1e3, "k")) if most >= s), (1.0, ""))
    return [f"{v / scale:.6g}{letter}" if v else "0" for v in values]


def second_labels(milliseconds: list[float]) -> list[str]:
    """Labels of times, in seconds: `0`, `50 s`, `2,000 s`."""
    return [f"{v / 1_000:,.12g} s" if v else "0" for v in milliseconds]


def shown(value: float) -> str:
    """A value to three significant digits."""
    if not math.isfinite(value):
        return "–"
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:#.3g}".rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"
